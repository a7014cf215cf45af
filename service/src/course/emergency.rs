use std::collections::BTreeSet;

use secrecy::SecretString;
use sluice_domain::{
    access::{Action, Role},
    audit::{Authentication, Event, Object, ObjectKind, Value, Verb},
    form::{Check, FieldProblem, Fields},
    ids::{EmergencyId, FeatureId, FeatureKey, Id, PersonId},
    lifecycle::{Agreed, Attempt, Consent, Refusal, may_consent},
    policy::{Phase, PhaseKey},
    text::Reason,
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::told::{tell_called_off, tell_proposed, tell_released};
use crate::{
    Service,
    actor::Actor,
    db::{
        permit::{InFeature, Permit},
        write::{Write, uncancelled},
    },
    error::{Error, Result, violates},
    features::row::{self, Feature},
    gates::{Gate, Gathered, demand_password, gather_many, pass_owed, settle},
};

/// Asks for a release in an emergency. Whoever asks is the first who agrees.
#[derive(Debug)]
pub struct ProposeEmergency {
    /// Made with the form.
    pub id: EmergencyId,
    /// The phase that was on screen.
    pub phase: PhaseKey,
    /// The cycle that was on screen.
    pub cycle: i32,
    /// Why it cannot wait.
    pub reason: Reason,
    /// The password, given anew: it passes gates.
    pub password: SecretString,
}

impl ProposeEmergency {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let id = check.choice(fields, "id", "The form", |text| text.parse().ok());
        let phase = check.choice(fields, "phase", "The phase", |text| text.parse().ok());
        let cycle = check.choice(fields, "cycle", "The cycle", |text| text.parse().ok());
        let reason = check.text(fields, "reason", "The reason");
        let password = demand_password(&mut check, fields);
        let command = (|| Some(Self { id: id?, phase: phase?, cycle: cycle?, reason: reason?, password }))();
        check.finish(command)
    }
}

/// Agrees to a release in an emergency.
#[derive(Debug)]
pub struct AgreeToEmergency {
    /// Made with the form.
    pub id: Uuid,
    /// The release that was on screen.
    pub emergency: EmergencyId,
    /// Why it cannot wait, in this person's words.
    pub reason: Reason,
    /// The password, given anew: the last agreement passes gates.
    pub password: SecretString,
}

impl AgreeToEmergency {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let id = check.choice(fields, "id", "The form", |text| text.parse().ok());
        let emergency = check.choice(fields, "emergency", "The release", |text| text.parse().ok());
        let reason = check.text(fields, "reason", "The reason");
        let password = demand_password(&mut check, fields);
        let command = (|| Some(Self { id: id?, emergency: emergency?, reason: reason?, password }))();
        check.finish(command)
    }
}

/// Calls a release off that was asked for.
#[derive(Debug)]
pub struct CallOffEmergency {
    /// The release that was on screen.
    pub emergency: EmergencyId,
    /// Why.
    pub reason: Reason,
}

impl CallOffEmergency {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let emergency = check.choice(fields, "emergency", "The release", |text| text.parse().ok());
        let reason = check.text(fields, "reason", "The reason");
        check.finish(emergency.zip(reason).map(|(emergency, reason)| Self { emergency, reason }))
    }
}

/// What an agreement came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consented {
    /// It stands; more people have to agree.
    Waits,
    /// The feature is released.
    Released,
}

/// The gates that an emergency would go through from an attempt, with the facts about each.
pub(super) async fn path<'a>(
    connection: &mut PgConnection,
    feature: &'a Feature,
    attempt: &Attempt,
    now: OffsetDateTime,
) -> Result<Vec<(&'a Phase, Gathered)>> {
    let policy = &feature.policy.policy;
    let phases = attempt.emergency_path(policy)?;
    let gates: Vec<Gate<'_>> = phases
        .iter()
        .map(|phase| Gate {
            feature,
            policy,
            policy_digest: feature.policy.digest,
            phase,
            cycle: if phase.key == attempt.phase { attempt.cycle } else { feature.cycles.next(&phase.key) },
        })
        .collect();
    Ok(phases.iter().zip(gather_many(connection, &gates, now).await?).collect())
}

/// A release that was asked for, as its row says.
struct Asked {
    feature_id: Uuid,
    phase: String,
    cycle: i32,
    through: String,
    state: String,
    proposed_by: Uuid,
}

impl Asked {
    fn is_open(&self, attempt: &Attempt) -> bool {
        self.state == "proposed" && self.phase == attempt.phase.as_str() && self.cycle == attempt.cycle
    }
}

async fn asked(write: &mut Write, id: EmergencyId) -> Result<Option<Asked>> {
    Ok(sqlx::query_as!(
        Asked,
        "select feature_id, phase, cycle, through, state, proposed_by from emergency where id = $1",
        id.uuid()
    )
    .fetch_optional(write.connection())
    .await?)
}

/// The release of this feature that a form names; one that is not there any more is stale.
async fn asked_here(write: &mut Write, permit: &Permit<InFeature>, id: EmergencyId) -> Result<Asked> {
    let asked = asked(write, id).await?;
    asked.filter(|asked| asked.feature_id == permit.feature().uuid()).ok_or(Error::Stale)
}

/// Everybody who agreed, and those of them whose agreement still counts: they hold the role in which they gave it, and
/// keep it until this transaction ends.
async fn consents(
    write: &mut Write,
    permit: &Permit<InFeature>,
    id: EmergencyId,
) -> Result<(Vec<Consent>, Vec<Consent>)> {
    let given = sqlx::query!(
        "select person_id, role from emergency_consent where emergency_id = $1 order by consented_at, id",
        id.uuid()
    )
    .fetch_all(write.connection())
    .await?;
    let held = sqlx::query!(
        "select g.person_id, g.role from emergency_consent c
         join person p on p.id = c.person_id
         join product_grant g on g.person_id = c.person_id and g.product_id = $2 and g.role = c.role
         where c.emergency_id = $1 and p.disabled_at is null
         for share of p, g",
        id.uuid(),
        permit.product().uuid()
    )
    .fetch_all(write.connection())
    .await?;
    let consent = |person: Uuid, role: &str| {
        let role = Role::from_code(role).ok_or_else(|| Error::internal("unknown role"))?;
        Ok::<_, Error>(Consent { person: Id::new(person), role })
    };
    let all = given.iter().map(|row| consent(row.person_id, &row.role)).collect::<Result<_>>()?;
    let counting = held.iter().map(|row| consent(row.person_id, &row.role)).collect::<Result<_>>()?;
    Ok((all, counting))
}

/// An agreement, to be stored.
struct NewConsent<'a> {
    id: Uuid,
    emergency: EmergencyId,
    role: Role,
    reason: &'a str,
    contributed: bool,
}

async fn store_consent(
    write: &mut Write,
    permit: &Permit<InFeature>,
    actor: &Actor,
    consent: &NewConsent<'_>,
) -> Result<()> {
    let now = write.now;
    let inserted = sqlx::query!(
        "insert into emergency_consent (id, emergency_id, feature_id, person_id, role, printed_name, reason,
                                        contributed, authentication, consented_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        consent.id,
        consent.emergency.uuid(),
        permit.feature().uuid(),
        actor.person.uuid(),
        consent.role.code(),
        actor.name,
        consent.reason,
        consent.contributed,
        Authentication::Password.code(),
        now
    )
    .execute(write.connection())
    .await;
    match inserted {
        Err(error) if violates(&error, "emergency_consent_once") => Err(Refusal::AlreadyAgreed.into()),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}

/// Ends a release that was asked for: released, or called off.
async fn end(
    write: &mut Write,
    permit: &Permit<InFeature>,
    id: EmergencyId,
    state: &str,
    by: PersonId,
    reason: &str,
) -> Result<()> {
    let now = write.now;
    let done = sqlx::query!(
        "update emergency set state = $3, ended_by = $4, ended_at = $5, ended_reason = $6
         where id = $1 and feature_id = $2 and state = 'proposed'",
        id.uuid(),
        permit.feature().uuid(),
        state,
        by.uuid(),
        now,
        reason
    )
    .execute(write.connection())
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// A release that was asked for and waits for agreement.
struct Open {
    id: EmergencyId,
    phase: String,
    cycle: i32,
}

async fn open(connection: &mut PgConnection, feature: FeatureId) -> Result<Option<Open>> {
    let row = sqlx::query!(
        "select id, phase, cycle from emergency where feature_id = $1 and state = 'proposed'",
        feature.uuid()
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Open { id: Id::new(row.id), phase: row.phase, cycle: row.cycle }))
}

/// The release that was asked for and waits for agreement.
pub(crate) async fn open_emergency(
    connection: &mut PgConnection,
    feature: FeatureId,
) -> Result<Option<EmergencyId>> {
    Ok(open(connection, feature).await?.map(|open| open.id))
}

/// Calls a release off that was asked for under another version of the policy: whoever agreed had the gates of that one
/// in mind.
pub(crate) async fn end_with_policy(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    by: PersonId,
) -> Result<Option<Event>> {
    let Some(open) = open(write.connection(), permit.feature()).await? else { return Ok(None) };
    let reason = "The feature was moved to another version of its policy.";
    end(write, permit, open.id, "called-off", by, reason).await?;
    tell_called_off(write, permit, feature, open.id).await?;
    Ok(Some(write.consequence(permit, Verb::EmergencyCalledOff, object(feature))))
}

/// Calls a release off that was asked for in an attempt that is over: it counts for no other.
async fn end_outdated(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    attempt: &Attempt,
    by: PersonId,
) -> Result<Option<Event>> {
    let Some(open) = open(write.connection(), permit.feature()).await? else { return Ok(None) };
    if open.phase == attempt.phase.as_str() && open.cycle == attempt.cycle {
        // Somebody else asked meanwhile: that one is to be agreed to.
        return Err(Error::Stale);
    }
    end(write, permit, open.id, "called-off", by, "The attempt that it was asked for in is over.").await?;
    Ok(Some(write.consequence(permit, Verb::EmergencyCalledOff, object(feature))))
}

fn object(feature: &Feature) -> Object {
    Object::new(ObjectKind::Feature, feature.id, feature.key.to_string())
}

/// Whether a person contributed to what one of these gates looks at.
fn contributed(path: &[(&Phase, Gathered)], person: PersonId) -> bool {
    path.iter().any(|(_, gathered)| gathered.situation.facts.contributors.include(person))
}

/// Says in the record that whoever agreed had a part in what is skipped. It is allowed, and nobody has to find out.
fn note_contribution(event: &mut Event, contributed: bool) {
    if contributed {
        event.change("contributed", Value::None, Value::code("yes"));
    }
}

impl Service {
    /// Asks for a release in an emergency, and agrees to it as the first.
    ///
    /// # Errors
    /// [`Error::Refused`] when the policy has no emergency path, the feature is past it, the gate is denied, or the actor
    /// is not among those who release; [`Error::Stale`] for another attempt, or when somebody else asked meanwhile.
    pub async fn propose_emergency(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        command: ProposeEmergency,
    ) -> Result<()> {
        self.check_step_up(actor, &command.password).await?;
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit = write
                .authorize_feature(&actor, Action::ReleaseInEmergency, feature.id, feature.product)
                .await?
                .authenticated_by(Authentication::Password);
            // The form was sent twice; nobody else has this id.
            if let Some(asked) = asked(&mut write, command.id).await? {
                let same = asked.feature_id == permit.feature().uuid()
                    && asked.proposed_by == actor.person.uuid();
                return if same { Ok(()) } else { Err(Error::NotFound) };
            }
            let attempt = feature.progress.attempt()?.clone();
            if attempt.phase != command.phase || attempt.cycle != command.cycle {
                return Err(Error::Stale);
            }
            let policy = &feature.policy.policy;
            let roles = roles(write.roles_in(&actor, feature.product).await?);
            let role = may_consent(policy, &[], actor.person, &roles)?;
            let permit = permit.acting_as(role);
            let now = write.now;
            let path = path(write.connection(), &feature, &attempt, now).await?;
            let (_, here) = path.first().ok_or(Refusal::NothingToSkip)?;
            attempt.may_release(policy, &here.situation.facts)?;
            let (last, _) = path.last().ok_or(Refusal::NothingToSkip)?;
            let outdated = end_outdated(&mut write, &permit, &feature, &attempt, actor.person).await?;
            sqlx::query!(
                "insert into emergency (id, feature_id, phase, cycle, through, reason, state, proposed_by, proposed_at)
                 values ($1, $2, $3, $4, $5, $6, 'proposed', $7, $8)",
                command.id.uuid(),
                permit.feature().uuid(),
                attempt.phase.as_str(),
                attempt.cycle,
                last.key.as_str(),
                command.reason.as_str(),
                actor.person.uuid(),
                now
            )
            .execute(write.connection())
            .await?;
            let consent = NewConsent {
                id: command.id.uuid(),
                emergency: command.id,
                role,
                reason: command.reason.as_str(),
                contributed: contributed(&path, actor.person),
            };
            store_consent(&mut write, &permit, &actor, &consent).await?;
            let mut event = write.event(&permit, Verb::EmergencyProposed, object(&feature));
            event
                .change("from-phase", Value::None, Value::code(&attempt.phase))
                .change("through-phase", Value::None, Value::code(&last.key))
                .change("printed-name", Value::None, Value::text(&actor.name));
            note_contribution(&mut event, consent.contributed);
            event.reason = Some(command.reason.to_string());
            let settled = settle(&mut write, &permit, &feature).await?;
            tell_proposed(&mut write, &permit, &feature).await?;
            write.commit(event, outdated.into_iter().chain(settled.consequences).collect()).await
        })
        .await
    }

    /// Agrees to a release in an emergency. With the last agreement that the policy asks for, the feature goes through
    /// every gate up to production, and each of them is owed.
    ///
    /// # Errors
    /// [`Error::Stale`] when it was called off, made, or asked for in another attempt; [`Error::Refused`] when the actor
    /// agreed already or is not among those who release, and when it would go through other gates than it was asked for.
    pub async fn agree_to_emergency(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        command: AgreeToEmergency,
    ) -> Result<Consented> {
        self.check_step_up(actor, &command.password).await?;
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let mut feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit = write
                .authorize_feature(&actor, Action::ReleaseInEmergency, feature.id, feature.product)
                .await?
                .authenticated_by(Authentication::Password);
            let asked = asked_here(&mut write, &permit, command.emergency).await?;
            if given_before(&mut write, &command, actor.person).await? {
                let released = asked.state == "released";
                return Ok(if released { Consented::Released } else { Consented::Waits });
            }
            let attempt = feature.progress.attempt()?.clone();
            if !asked.is_open(&attempt) {
                return Err(Error::Stale);
            }
            let (all, mut counting) = consents(&mut write, &permit, command.emergency).await?;
            let roles = roles(write.roles_in(&actor, feature.product).await?);
            let role = may_consent(&feature.policy.policy, &all, actor.person, &roles)?;
            let permit = permit.acting_as(role);
            let now = write.now;
            let path = path(write.connection(), &feature, &attempt, now).await?;
            let (_, here) = path.first().ok_or(Refusal::NothingToSkip)?;
            if path.last().is_none_or(|(last, _)| last.key.as_str() != asked.through) {
                return Err(Refusal::OtherPath.into());
            }
            let facts = here.situation.facts.clone();
            attempt.may_release(&feature.policy.policy, &facts)?;
            let contributed = contributed(&path, actor.person);
            let consent = NewConsent {
                id: command.id,
                emergency: command.emergency,
                role,
                reason: command.reason.as_str(),
                contributed,
            };
            store_consent(&mut write, &permit, &actor, &consent).await?;
            counting.push(Consent { person: actor.person, role });
            let describe = |mut event: Event| {
                event.change("printed-name", Value::None, Value::text(&actor.name));
                note_contribution(&mut event, contributed);
                event.reason = Some(command.reason.to_string());
                event
            };
            let agreed = match Agreed::by(&feature.policy.policy, &counting) {
                Ok(agreed) => agreed,
                Err(Refusal::NotAgreed) => {
                    let event = describe(write.event(&permit, Verb::EmergencyAgreed, object(&feature)));
                    let settled = settle(&mut write, &permit, &feature).await?;
                    write.commit(event, settled.consequences).await?;
                    return Ok(Consented::Waits);
                }
                Err(refusal) => return Err(refusal.into()),
            };
            let released =
                attempt.release(&feature.policy.policy, &facts, &agreed, &feature.cycles, write.now)?;
            end(&mut write, &permit, command.emergency, "released", actor.person, "").await?;
            let mut event = describe(write.event(&permit, Verb::EmergencyReleased, object(&feature)));
            event.change("phase", Value::code(&attempt.phase), Value::code(&released.attempt.phase)).change(
                "people",
                Value::None,
                Value::Number(agreed.people().len().try_into().unwrap_or(i64::MAX)),
            );
            let owed = pass_owed(&mut write, &permit, &mut feature, &released).await?;
            let settled = settle(&mut write, &permit, &feature).await?;
            tell_released(&mut write, &permit, &feature, command.emergency, &released.owed).await?;
            write.commit(event, owed.into_iter().chain(settled.consequences).collect()).await?;
            Ok(Consented::Released)
        })
        .await
    }

    /// Calls a release off that was asked for.
    ///
    /// # Errors
    /// [`Error::Stale`] when it was made or called off already.
    pub async fn call_off_emergency(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        command: CallOffEmergency,
    ) -> Result<()> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit = write
                .authorize_feature(&actor, Action::ReleaseInEmergency, feature.id, feature.product)
                .await?;
            feature.progress.attempt()?;
            asked_here(&mut write, &permit, command.emergency).await?;
            let reason = command.reason.as_str();
            end(&mut write, &permit, command.emergency, "called-off", actor.person, reason).await?;
            let mut event = write.event(&permit, Verb::EmergencyCalledOff, object(&feature));
            event.reason = Some(reason.to_owned());
            let settled = settle(&mut write, &permit, &feature).await?;
            tell_called_off(&mut write, &permit, &feature, command.emergency).await?;
            write.commit(event, settled.consequences).await
        })
        .await
    }
}

fn roles(held: BTreeSet<Role>) -> Vec<Role> {
    held.into_iter().collect()
}

/// Whether this very agreement was given before: the form was sent twice.
async fn given_before(write: &mut Write, command: &AgreeToEmergency, person: PersonId) -> Result<bool> {
    let earlier =
        sqlx::query!("select emergency_id, person_id from emergency_consent where id = $1", command.id)
            .fetch_optional(write.connection())
            .await?;
    match earlier {
        None => Ok(false),
        Some(row) if row.emergency_id == command.emergency.uuid() && row.person_id == person.uuid() => {
            Ok(true)
        }
        Some(_) => Err(Error::NotFound),
    }
}
