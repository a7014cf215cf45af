use std::sync::Arc;

use sluice_domain::{
    access::Action,
    audit::{Object, ObjectKind, Value, Verb},
    form::{Check, FieldProblem, Fields, Problem},
    ids::{Id, PersonId, PolicyActivationId, PolicyVersionId},
    policy::{PolicyDifference, RunKind},
    text::Reason,
};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use super::{
    LoadedPolicy, PolicyRun, active, lock_policies, name_of,
    replay::{latest_finished, latest_run},
};
use crate::{
    Service,
    actor::Actor,
    db::{
        permit::{InWorkspace, Permit},
        write::{Write, uncancelled},
    },
    error::{Error, Result},
    people::invalid,
};

/// For how long an impact that was computed says something about the features that are under way.
const FRESH: Duration = Duration::DAY;

/// Makes a version the one that new features start under.
#[derive(Clone, Debug)]
pub struct ActivatePolicy {
    /// Id of the activation, made with the form: sending the form twice activates once.
    pub id: PolicyActivationId,
    /// Why.
    pub reason: Reason,
    /// The version that was active when the form was made; none where none was.
    pub from: Option<PolicyVersionId>,
}

impl ActivatePolicy {
    /// Parses the fields `id`, `reason` and `from`.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let id = check.choice(fields, "id", "The form", |text| text.parse().ok());
        let reason = check.text(fields, "reason", "Reason");
        let from = check.optional_choice(fields, "from", "The active version", |text| text.parse().ok());
        let command = (|| Some(Self { id: id?, reason: reason?, from }))();
        check.finish(command)
    }
}

/// A version that somebody thinks of activating.
#[derive(Clone, Debug)]
pub struct ActivationPage {
    /// The version.
    pub loaded: Arc<LoadedPolicy>,
    /// The version that is active now, and since when.
    pub active: Option<(Arc<LoadedPolicy>, OffsetDateTime)>,
    /// What is different from the active version.
    pub difference: Option<PolicyDifference>,
    /// The latest look at its impact, however it went.
    pub run: Option<PolicyRun>,
    /// The latest that is finished and recent: what somebody who activates the version has seen. Nothing where nobody has.
    pub known: Option<PolicyRun>,
    /// The instant of reading.
    pub now: OffsetDateTime,
}

impl Service {
    /// What there is to know before a version is activated.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such version, [`Error::Denied`] for anybody but an administrator.
    pub async fn activation_page(&self, actor: &Actor, key: &str, version: &str) -> Result<ActivationPage> {
        Self::demand_workspace(actor, Action::ManagePolicies)?;
        let mut connection = self.db.reads().acquire().await?;
        let now = self.db.now_on(&mut connection).await?;
        let loaded = self.policies.named(&mut connection, key, version).await?;
        let active = match active(&mut connection, key).await? {
            Some((id, since)) => Some((self.policies.load(&mut connection, id).await?, since)),
            None => None,
        };
        let run = latest_run(&mut connection, loaded.id, RunKind::Impact).await?;
        let since = active.as_ref().map(|(_, since)| *since);
        let known = known_impact(&mut connection, loaded.id, since, now).await?;
        let difference = active.as_ref().map(|(active, _)| active.policy.difference(&loaded.policy));
        Ok(ActivationPage { loaded, active, difference, run, known, now })
    }

    /// Makes a version the one that new features start under. Features that are under way stay on theirs.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is active already, or nobody has looked at its impact; [`Error::Stale`] when another
    /// version became active meanwhile; [`Error::Denied`] for anybody but an administrator.
    pub async fn activate_policy(
        &self,
        actor: &Actor,
        key: &str,
        version: &str,
        command: ActivatePolicy,
    ) -> Result<()> {
        let (service, actor) = (self.clone(), actor.clone());
        let (key, version) = (key.to_owned(), version.to_owned());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            lock_policies(begun.connection()).await?;
            let mut write = begun.at_now().await?;
            let permit = write.authorize_workspace(&actor, Action::ManagePolicies).await?;
            let loaded = service.policies.named(write.connection(), &key, &version).await?;
            let sent_before = sqlx::query_scalar!(
                "select version_id from policy_activation where id = $1",
                command.id.uuid()
            )
            .fetch_optional(write.connection())
            .await?;
            match sent_before {
                Some(version) if version == loaded.id.uuid() => return Ok(()),
                Some(_) => return Err(invalid("", "The form", Problem::SentBefore)),
                None => {}
            }
            let before = active(write.connection(), &key).await?;
            if before.is_some_and(|(id, _)| id == loaded.id) {
                return Err(invalid("", "The version", Problem::AlreadyActive));
            }
            if before.map(|(id, _)| id) != command.from {
                return Err(Error::Stale);
            }
            let since = before.map(|(_, since)| since);
            let now = write.now;
            let seen = known_impact(write.connection(), loaded.id, since, now)
                .await?
                .ok_or_else(|| invalid("", "The impact", Problem::ImpactNeeded))?;
            let from = match before {
                Some((id, _)) => {
                    Value::code(&service.policies.load(write.connection(), id).await?.policy.version)
                }
                None => Value::None,
            };
            let by = Some(actor.person);
            store(&mut write, &permit, command.id, &loaded, by, command.reason.as_str()).await?;
            let object = Object::new(ObjectKind::Policy, loaded.id, name_of(&loaded.policy));
            let mut event = write.event(&permit, Verb::PolicyActivated, object);
            event
                .change("version", from, Value::code(&loaded.policy.version))
                .change("impact", Value::None, Value::code(seen.id))
                .change("features-looked-at", Value::None, Value::Number(seen.total.into()))
                .change("features-asked-more", Value::None, Value::Number(seen.more.into()))
                .change("features-asked-less", Value::None, Value::Number(seen.less.into()))
                .change("features-without-their-phase", Value::None, Value::Number(seen.gone.into()));
            event.reason = Some(command.reason.to_string());
            write.commit(event, Vec::new()).await
        })
        .await
    }
}

/// The latest look at what a version changes, if it is finished, was begun since the active one became so, and lately.
async fn known_impact(
    connection: &mut PgConnection,
    version: PolicyVersionId,
    active_since: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Result<Option<PolicyRun>> {
    let recent = now - FRESH;
    let since = active_since.map_or(recent, |active| active.max(recent));
    latest_finished(connection, version, RunKind::Impact, since).await
}

/// Stores an activation.
pub(super) async fn store(
    write: &mut Write,
    _: &Permit<InWorkspace>,
    id: PolicyActivationId,
    loaded: &LoadedPolicy,
    by: Option<PersonId>,
    reason: &str,
) -> Result<()> {
    let now = write.now;
    sqlx::query!(
        "insert into policy_activation (id, policy_key, version_id, activated_by, activated_at, reason)
         values ($1, $2, $3, $4, $5, $6)",
        id.uuid(),
        loaded.policy.key,
        loaded.id.uuid(),
        by.map(Id::uuid),
        now,
        reason
    )
    .execute(write.connection())
    .await?;
    Ok(())
}
