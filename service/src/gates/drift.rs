//! What changed after a gate opened: how it read when it was signed, how it reads now, and a person who says that it is
//! as good.

use secrecy::SecretString;
use sluice_domain::{
    access::{Action, Role},
    audit::{Authentication, Object, ObjectKind, Value, Verb},
    canonical::Digest,
    dossier::Difference,
    form::{Check, FieldProblem, Fields},
    gate::Passed,
    ids::FeatureKey,
    lifecycle::{Attempt, Refusal, Turn},
    policy::{Phase, PhaseKey},
    text::Reason,
};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{
    ChangedItem, Gathered,
    content::compare,
    demand_password, gather, gather_in,
    settle::{settle, settle_time, store_dossier},
    told::tell_accepted,
};
use crate::{
    Service,
    actor::Actor,
    clock::fresh_id,
    db::{
        permit::{InFeature, Permit},
        write::{Write, uncancelled},
    },
    error::{Error, Result},
    features::{
        FeatureSummary,
        page::{Opened, open},
        row::{self, Feature, digest},
    },
};

/// What drifted at one gate.
#[derive(Clone, Debug)]
pub struct DriftPage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// The phase whose gate it is.
    pub phase: Phase,
    /// At which attempt it opened, and when; `None` where it did not, or before manifests were kept.
    pub opened: Option<(i32, OffsetDateTime)>,
    /// What was signed and reads differently now.
    pub items: Vec<ChangedItem>,
    /// The dossier of that gate as it is now: accepting the change signs it. Nothing where the gate is not open.
    pub dossier: Option<Digest>,
    /// Who accepted earlier changes, newest first: the name, when, and why.
    pub accepted: Vec<(String, OffsetDateTime, String)>,
    /// In which of the gate's roles the reader may accept it, or why they may not; `None` where none of their roles
    /// signs that gate.
    pub seat: Option<Result<Vec<Role>, Refusal>>,
}

/// Says that a change made after a gate opened is as good as what was signed.
#[derive(Debug)]
pub struct AcceptDrift {
    /// The seat.
    pub role: Role,
    /// Why it is as good.
    pub reason: Reason,
    /// The dossier that was on screen.
    pub covers: Digest,
    /// The password: it is a signature.
    pub password: SecretString,
}

impl AcceptDrift {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let role = check.choice(fields, "role", "Your role", Role::from_code);
        let covers = check.choice(fields, "dossier", "The dossier", |code| code.parse::<Digest>().ok());
        let reason = check.text(fields, "reason", "The reason");
        let password = demand_password(&mut check, fields);
        let command = (|| Some(Self { role: role?, reason: reason?, covers: covers?, password }))();
        check.finish(command)
    }
}

/// A gate that opened, as it is now.
struct OpenedGate {
    attempt: Attempt,
    at: OffsetDateTime,
    /// The dossier that it opened on, or that was accepted since, and when that was written down.
    signed: (Digest, OffsetDateTime),
    gathered: Gathered,
}

impl OpenedGate {
    async fn find(
        connection: &mut PgConnection,
        feature: &Feature,
        phase: &Phase,
        now: OffsetDateTime,
    ) -> Result<Option<Self>> {
        let row = sqlx::query!(
            r#"select a.cycle, a.ended_at as "ended_at!", d.digest, d.created_at
               from gate_attempt a join dossier d on d.digest = a.dossier
               where a.feature_id = $1 and a.phase = $2 and a.outcome in ('opened', 'owed') and a.undone_at is null"#,
            feature.id.uuid(),
            phase.key.as_str()
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let attempt =
            Attempt { phase: phase.key.clone(), cycle: row.cycle, turn: Turn::Team, since: row.ended_at };
        let gathered = gather(connection, feature, phase, &attempt, now).await?;
        let signed = (digest(&row.digest)?, row.created_at);
        Ok(Some(Self { attempt, at: row.ended_at, signed, gathered }))
    }

    /// The roles among these in which a person may accept what changed.
    fn may_accept(
        &self,
        feature: &Feature,
        phase: &Phase,
        actor: &Actor,
        roles: &[Role],
    ) -> Result<Vec<Role>, Refusal> {
        let held: Vec<Role> = phase
            .gate
            .sign_offs_for(feature.tier)
            .map(|rule| rule.role)
            .filter(|role| roles.contains(role))
            .collect();
        if held.is_empty() {
            Err(Refusal::RoleNotAsked)
        } else if self.gathered.situation.facts.contributors.include(actor.person) {
            Err(Refusal::Contributor)
        } else {
            Ok(held)
        }
    }
}

/// What drifted at a gate before the one that the feature stands at, as the decision about that one sees it.
fn drift_of(current: &Gathered, phase: &PhaseKey) -> Vec<Difference> {
    let gate = current.situation.earlier.iter().find(|gate| gate.phase == *phase);
    match gate.map(|gate| &gate.passed) {
        Some(Passed::Opened { drift, .. }) => drift.clone(),
        _ => Vec::new(),
    }
}

/// Stores an acceptance. From then on the dossier that it covers counts as signed: the database sees to that, and to who
/// accepts.
async fn store(
    write: &mut Write,
    permit: &Permit<InFeature>,
    actor: &Actor,
    gate: &OpenedGate,
    command: &AcceptDrift,
) -> Result<()> {
    let (id, now) = (fresh_id::<()>(write.now).uuid(), write.now);
    sqlx::query!(
        "insert into drift_acceptance (id, feature_id, phase, cycle, person_id, role, printed_name, reason, signed,
                                       dossier, authentication, accepted_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        id,
        permit.feature().uuid(),
        gate.attempt.phase.as_str(),
        gate.attempt.cycle,
        actor.person.uuid(),
        command.role.code(),
        actor.name,
        command.reason.as_str(),
        gate.signed.0.as_bytes().as_slice(),
        command.covers.as_bytes().as_slice(),
        Authentication::Password.code(),
        now
    )
    .execute(write.connection())
    .await?;
    Ok(())
}

impl Service {
    /// What changed after the gate of a phase opened.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no feature that the actor may see, or no such phase.
    pub async fn drift_page(&self, actor: &Actor, key: &FeatureKey, phase: &PhaseKey) -> Result<DriftPage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, gathered } = open(self, &mut connection, actor, key).await?;
        let phase = feature.policy.policy.phase(phase).ok_or(Error::NotFound)?.clone();
        let gate = OpenedGate::find(&mut connection, &feature, &phase, summary.now).await?;
        let (mut items, mut seat) = (Vec::new(), None);
        if let (Some(gate), Some(current)) = (&gate, &gathered) {
            let drift = drift_of(current, &phase.key);
            items = compare(&mut connection, &feature, &phase, &drift, gate.signed.1, summary.now).await?;
            let roles: Vec<Role> = summary.grants.product.iter().copied().collect();
            seat = summary.may(Action::AcceptDrift).then(|| gate.may_accept(&feature, &phase, actor, &roles));
        }
        let object = format!("{}/{}", feature.id, phase.key);
        let accepted = sqlx::query!(
            r#"select p.name as "name?", e.at, t.text as "reason?" from audit.event e
               left join person p on p.id = e.actor
               left join audit.event_text t on t.event_id = e.id and t.part = 'reason'
               where e.feature_id = $1 and e.verb = 'gate.drift-accepted' and e.object_kind = 'gate'
                 and e.object_id = $2
               order by e.at desc limit 50"#,
            feature.id.uuid(),
            object
        )
        .fetch_all(&mut *connection)
        .await?;
        Ok(DriftPage {
            summary,
            opened: gate.as_ref().map(|gate| (gate.attempt.cycle, gate.at)),
            items,
            dossier: gate.as_ref().map(|gate| gate.gathered.dossier.digest()),
            accepted: accepted
                .into_iter()
                .map(|row| (row.name.unwrap_or_default(), row.at, row.reason.unwrap_or_default()))
                .collect(),
            seat,
            phase,
        })
    }

    /// Accepts what changed after the gate of a phase opened: from now on that is what counts as signed there.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a wrong password, [`Error::Refused`] for who contributed, a role that the gate does not
    /// ask for, and a dossier that changed since it was shown; [`Error::Stale`] when nothing drifted.
    pub async fn accept_drift(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        phase: &PhaseKey,
        command: AcceptDrift,
    ) -> Result<()> {
        self.check_step_up(actor, &command.password).await?;
        let (service, actor, key, phase) = (self.clone(), actor.clone(), key.clone(), phase.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit = write
                .authorize_feature(&actor, Action::AcceptDrift, feature.id, feature.product)
                .await?
                .authenticated_by(Authentication::Password);
            let roles = [command.role];
            let role = write.one_role_of(&actor, feature.product, &roles, Action::AcceptDrift).await?;
            let permit = permit.acting_as(role);
            let mut events = settle_time(&mut write, &permit, &feature).await?;
            let policy = &feature.policy.policy;
            let current = feature.progress.attempt()?.clone();
            let here = policy.phase(&current.phase).ok_or(Error::NotFound)?;
            let phase = policy.phase(&phase).ok_or(Error::NotFound)?;
            let now = write.now;
            let gate =
                OpenedGate::find(write.connection(), &feature, phase, now).await?.ok_or(Error::Stale)?;
            let situation = gather_in(&mut write, &feature, here, &current).await?;
            let drift = drift_of(&situation, &phase.key);
            if drift.is_empty() {
                return Err(Error::Stale);
            }
            gate.may_accept(&feature, phase, &actor, &[command.role])?;
            let dossier = gate.gathered.dossier.digest();
            if command.covers != dossier {
                return Err(Refusal::DossierChanged.into());
            }
            store_dossier(&mut write, &feature, &gate.gathered.dossier).await?;
            store(&mut write, &permit, &actor, &gate, &command).await?;
            let object =
                Object::new(ObjectKind::Gate, format!("{}/{}", feature.id, phase.key), phase.name.clone());
            let mut event = write.event(&permit, Verb::DriftAccepted, object);
            let keys: Vec<String> = drift.into_iter().map(|difference| difference.key).collect();
            event
                .change("dossier", Value::Digest(gate.signed.0), Value::Digest(dossier))
                .change("items", Value::None, Value::code(keys.join(", ")))
                .change("printed-name", Value::None, Value::text(&actor.name));
            event.reason = Some(command.reason.to_string());
            tell_accepted(&mut write, &permit, &feature, phase).await?;
            let settled = settle(&mut write, &permit, &feature).await?;
            events.extend(settled.consequences);
            write.commit(event, events).await
        })
        .await
    }
}
