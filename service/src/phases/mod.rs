//! The work of a phase: its checklist, control by control.

use std::collections::BTreeMap;

use sluice_domain::{
    access::{Action, allowed},
    audit::{Object, ObjectKind, Value, Verb},
    form::{Check, FieldProblem, Fields, Problem},
    gate::{Blocker, Mark, control_blockers},
    ids::FeatureKey,
    lifecycle::{Attempt, Refusal, Turn},
    policy::{Control, ControlKey, Phase, PhaseKey, Proof},
    record::Shortfall,
    text::{Note, Reason},
};
use time::OffsetDateTime;

use crate::{
    Service,
    actor::Actor,
    clock::fresh_salt,
    db::write::uncancelled,
    error::{Error, Result},
    features::{
        FeatureSummary,
        page::{Opened, open},
        row::{self, Feature},
    },
    gates::{gather, settle},
    records::{KindSummary, kind_summaries},
};

/// The work of one phase of a feature.
#[derive(Clone, Debug)]
pub struct PhasePage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// The phase.
    pub phase: Phase,
    /// The controls that the feature's tier owes.
    pub controls: Vec<ControlState>,
    /// The records whose work is done in this phase.
    pub work: Vec<KindSummary>,
    /// How many controls of the phase other tiers owe.
    pub not_owed: usize,
}

/// One control of the checklist.
#[derive(Clone, Debug)]
pub struct ControlState {
    /// What the policy says of it.
    pub control: Control,
    /// What the team said of it.
    pub mark: Mark,
    /// What was done, or why it does not apply.
    pub note: String,
    /// The version, for edits; 0 while nothing was said.
    pub version: i32,
    /// Who said it, and when.
    pub by: Option<(String, OffsetDateTime)>,
    /// Evidence attached to it.
    pub evidence: Vec<AttachedEvidence>,
    /// What its records still lack, where records prove it.
    pub lacks: Vec<Shortfall>,
    /// Whether the gate counts it as met.
    pub met: bool,
    /// Whether the reader may work on it.
    pub may_do: bool,
}

/// Evidence attached to a control or a threat.
#[derive(Clone, Debug)]
pub struct AttachedEvidence {
    /// Number, as in `E-3`.
    pub number: i32,
    /// What it is called.
    pub title: String,
    /// The label of its kind.
    pub kind: &'static str,
}

/// What the team says of a control.
#[derive(Debug)]
pub struct MarkControl {
    /// The control.
    pub control: ControlKey,
    /// What is said.
    pub mark: Mark,
    /// What was done, or why it does not apply.
    pub note: Note,
    /// The version that was on screen.
    pub version: i32,
}

impl MarkControl {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let control = check.choice(fields, "control", "Control", |text| text.parse().ok());
        let mark = check.choice(fields, "mark", "State", Mark::from_code);
        let version = check.choice(fields, "version", "The version", |text| text.parse().ok());
        let note = check.text::<Note>(fields, "note", "Note");
        if let (Some(mark), Some(note)) = (mark, &note)
            && mark != Mark::Open
            && note.as_str().parse::<Reason>().is_err()
        {
            let label = if mark == Mark::Done { "What was done" } else { "The reason" };
            check.note("note", label, Problem::ReasonNeeded);
        }
        let command = (|| Some(Self { control: control?, mark: mark?, note: note?, version: version? }))();
        check.finish(command)
    }
}

impl Service {
    /// The work of one phase.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the feature's policy has no such phase.
    pub async fn phase_page(&self, actor: &Actor, key: &FeatureKey, phase: &PhaseKey) -> Result<PhasePage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, gathered } = open(self, &mut connection, actor, key).await?;
        let phase = feature.policy.policy.phase(phase).ok_or(Error::NotFound)?.clone();
        let rows = sqlx::query!(
            "select c.control, c.mark, c.note, c.version, c.changed_at, a.name as author
             from control c join person a on a.id = c.author_id
             where c.feature_id = $1 and c.phase = $2",
            feature.id.uuid(),
            phase.key.as_str()
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut rows: BTreeMap<String, _> = rows.into_iter().map(|row| (row.control.clone(), row)).collect();
        let mut evidence = attached(&mut connection, feature.id, "control", phase.key.as_str()).await?;
        let is_here = feature.progress.stands_in().is_some_and(|attempt| attempt.phase == phase.key);
        let gathered = if let Some(gathered) = gathered.filter(|_| is_here) {
            gathered
        } else {
            // Of another phase the checklist shows how it stands as well; no sign-off counts here.
            let attempt =
                Attempt { phase: phase.key.clone(), cycle: 1, turn: Turn::Team, since: summary.now };
            gather(&mut connection, &feature, &phase, &attempt, summary.now).await?
        };
        let team = is_reached(&feature, &phase.key) && allowed(&summary.grants, Action::DoControl);
        let mut controls = Vec::new();
        for control in phase.controls_for(feature.tier) {
            let row = rows.remove(control.key.as_str());
            let evidence = evidence.remove(control.key.as_str()).unwrap_or_default();
            let mark = row.as_ref().and_then(|row| Mark::from_code(&row.mark)).unwrap_or(Mark::Open);
            let blockers = control_blockers(&phase, control, &gathered.situation.facts, summary.now);
            controls.push(ControlState {
                met: blockers.is_empty(),
                lacks: blockers
                    .into_iter()
                    .filter_map(|blocker| match blocker {
                        Blocker::RecordsShort { shortfall, .. } => Some(shortfall),
                        _ => None,
                    })
                    .collect(),
                may_do: team && control.done_by.iter().any(|role| summary.grants.product.contains(role)),
                control: control.clone(),
                mark,
                version: row.as_ref().map_or(0, |row| row.version),
                note: row.as_ref().map(|row| row.note.clone()).unwrap_or_default(),
                by: row.map(|row| (row.author, row.changed_at)),
                evidence,
            });
        }
        let not_owed = phase.controls.len() - controls.len();
        let work = kind_summaries(&mut connection, feature.id, &summary, &phase.record_kinds()).await?;
        Ok(PhasePage { summary, phase, controls, work, not_owed })
    }

    /// Marks a control of the current phase, or of one before it: what an earlier gate asks for and no longer holds is
    /// put right where it belongs.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody else marked it meanwhile, [`Error::Refused`] in a phase that is still to come.
    pub async fn mark_control(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        phase: &PhaseKey,
        command: MarkControl,
    ) -> Result<()> {
        let (service, actor, key, phase) = (self.clone(), actor.clone(), key.clone(), phase.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::DoControl, feature.id, feature.product).await?;
            feature.progress.attempt()?;
            if !is_reached(&feature, &phase) {
                return Err(Refusal::NotCurrentPhase.into());
            }
            let control = feature
                .policy
                .policy
                .control(&phase, &command.control)
                .filter(|control| control.tiers.contains(feature.tier))
                .ok_or(Error::NotFound)?;
            let role =
                write.one_role_of(&actor, feature.product, &control.done_by, Action::DoControl).await?;
            let permit = permit.acting_as(role);
            check_mark(control, command.mark)?;

            let before = sqlx::query!(
                "select mark, note, version from control
                 where feature_id = $1 and phase = $2 and control = $3",
                permit.feature().uuid(),
                phase.as_str(),
                control.key.as_str()
            )
            .fetch_optional(write.connection())
            .await?;
            let version = before.as_ref().map_or(0, |row| row.version);
            if version != command.version {
                return Err(Error::Stale);
            }
            let (old_mark, old_note) =
                before.map_or((Mark::Open.code().to_owned(), String::new()), |row| (row.mark, row.note));
            let object = Object::new(
                ObjectKind::Control,
                format!("{}/{phase}/{}", feature.id, control.key),
                control.key.as_str(),
            );
            let mut event = write.event(&permit, Verb::ControlMarked, object);
            event.change("state", Value::code(old_mark), Value::code(command.mark.code())).change(
                "note",
                Value::text(old_note),
                Value::text(command.note.as_str()),
            );
            if event.changes.is_empty() {
                return Ok(());
            }
            let (now, salt) = (write.now, fresh_salt());
            let done = sqlx::query!(
                "insert into control (feature_id, phase, control, mark, note, version, salt, author_id,
                                      changed_at)
                 values ($1, $2, $3, $4, $5, 1, $6, $7, $8)
                 on conflict (feature_id, phase, control) do update set
                     mark = excluded.mark, note = excluded.note, version = control.version + 1,
                     salt = excluded.salt, author_id = excluded.author_id, changed_at = excluded.changed_at
                 where control.version = $9",
                permit.feature().uuid(),
                phase.as_str(),
                control.key.as_str(),
                command.mark.code(),
                command.note.as_str(),
                salt.0.as_slice(),
                actor.person.uuid(),
                now,
                version
            )
            .execute(write.connection())
            .await?;
            if done.rows_affected() != 1 {
                return Err(Error::Stale);
            }
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await
        })
        .await
    }
}

/// Whether the feature has come to this phase: its checklist is open for work from then on.
fn is_reached(feature: &Feature, phase: &PhaseKey) -> bool {
    let policy = &feature.policy.policy;
    let Ok(attempt) = feature.progress.attempt() else { return false };
    policy.position(phase).is_some_and(|position| Some(position) <= policy.position(&attempt.phase))
}

/// Whether the policy lets the control be marked so.
fn check_mark(control: &Control, mark: Mark) -> Result<()> {
    let problem = match (mark, &control.proof) {
        (Mark::NotApplicable, _) if !control.can_be_not_applicable => Problem::MustApply,
        // What wants evidence or records is proved by them, not by saying so.
        (Mark::Done, Proof::Evidence(_) | Proof::Records { .. }) => Problem::NotAChoice,
        _ => return Ok(()),
    };
    Err(Error::Invalid(vec![FieldProblem { field: "mark", label: "State", problem }]))
}

/// Evidence attached to the controls of a phase (`kind` "control") or to threats (`kind` "threat"), by target.
pub(crate) async fn attached(
    connection: &mut sqlx::PgConnection,
    feature: sluice_domain::ids::FeatureId,
    kind: &str,
    phase: &str,
) -> Result<BTreeMap<String, Vec<AttachedEvidence>>> {
    let rows = sqlx::query!(
        "select u.target, e.number, e.title, e.kind
         from evidence_use u join evidence e on e.id = u.evidence_id
         where u.feature_id = $1 and u.target_kind = $2 and u.phase = $3
         order by e.number",
        feature.uuid(),
        kind,
        phase
    )
    .fetch_all(connection)
    .await?;
    let mut found: BTreeMap<String, Vec<AttachedEvidence>> = BTreeMap::new();
    for row in rows {
        let kind = sluice_domain::policy::EvidenceKind::from_code(&row.kind)
            .ok_or_else(|| Error::internal("unknown evidence kind"))?;
        found.entry(row.target).or_default().push(AttachedEvidence {
            number: row.number,
            title: row.title,
            kind: kind.label(),
        });
    }
    Ok(found)
}
