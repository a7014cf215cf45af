use std::sync::Arc;

use sluice_domain::{
    access::{Action, allowed},
    audit::{Object, ObjectKind, Value, Verb},
    canonical::Digest,
    form::{Check, FieldProblem, Fields, Problem},
    gate::{Decision, DecisionChange},
    ids::{FeatureId, FeatureKey, Id, PolicyVersionId},
    lifecycle::{Attempt, Refusal},
    notification::Notice,
    policy::PolicyDifference,
    text::Reason,
};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{
    LoadedPolicy, active,
    replay::{Compared, compare},
};
use crate::{
    Service,
    actor::Actor,
    db::{
        permit::{InFeature, Permit},
        read::read_grants,
        write::{Write, uncancelled},
    },
    error::{Error, Result},
    features::{
        FeatureSummary,
        page::open,
        row::{self, Feature},
    },
    gates::{confirmation, settle},
    notifications::{concerned, notify},
    people::invalid,
};

/// Moves a feature to another version of its policy.
#[derive(Clone, Debug)]
pub struct MigrateFeature {
    /// The version that it followed when the form was made.
    pub from: PolicyVersionId,
    /// The version that it is to follow.
    pub to: PolicyVersionId,
    /// Why.
    pub reason: Reason,
}

impl MigrateFeature {
    /// Parses the fields `from`, `to` and `reason`.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let from = check.choice(fields, "from", "The version before", |text| text.parse().ok());
        let to = check.choice(fields, "to", "Version", |text| text.parse().ok());
        let reason = check.text(fields, "reason", "Reason");
        let command = (|| Some(Self { from: from?, to: to?, reason: reason? }))();
        check.finish(command)
    }
}

/// The version that a feature follows, and where it can move.
#[derive(Clone, Debug)]
pub struct MigrationPage {
    /// The feature.
    pub key: FeatureKey,
    /// What every page about the feature begins with; nothing for somebody who may not read features.
    pub summary: Option<FeatureSummary>,
    /// The version that it follows.
    pub current: Arc<LoadedPolicy>,
    /// What that version calls the phase that the feature is in; nothing when all gates are open.
    pub phase: Option<String>,
    /// The other versions of its policy, newest first.
    pub targets: Vec<MigrationTarget>,
    /// What a move to the chosen version would bring about.
    pub effect: Option<MigrationEffect>,
    /// Whether the actor may move it.
    pub may_migrate: bool,
    /// The instant of reading.
    pub now: OffsetDateTime,
}

/// A version that a feature can move to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationTarget {
    /// The version's id.
    pub id: PolicyVersionId,
    /// The version.
    pub version: String,
    /// Whether new features start under it.
    pub is_active: bool,
    /// Whether it has the phase that the feature is in.
    pub has_phase: bool,
}

/// What a move to another version would bring about.
#[derive(Clone, Debug)]
pub struct MigrationEffect {
    /// The version.
    pub to: Arc<LoadedPolicy>,
    /// What it says otherwise than the present one.
    pub difference: PolicyDifference,
    /// What is decided now.
    pub before: Decision,
    /// What it would decide, were what is signed now signed under it.
    pub after: Decision,
    /// What would block besides, and what would block no more.
    pub change: DecisionChange,
    /// Names of those whose approval of the current gate would be voided: they signed under the present version.
    pub voids: Vec<String>,
    /// Stands for exactly these sign-offs: sent with the form, it says that they were named.
    pub confirmation: Digest,
}

impl Service {
    /// The version that a feature follows and, for the version that is chosen, what a move to it would bring about.
    ///
    /// An administrator may move features without reading them: their page has the key and the policy's words only.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no feature that the actor may know of, or no such version of its policy;
    /// [`Error::Refused`] when the chosen version does not have the phase that the feature is in.
    pub async fn migration_page(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        to: Option<PolicyVersionId>,
    ) -> Result<MigrationPage> {
        let mut connection = self.db.reads().acquire().await?;
        let feature = row::find(&mut connection, &self.policies, key).await?;
        let grants = read_grants(&mut connection, actor, feature.product).await?;
        if !allowed(&grants, Action::ReadFeaturePolicy) {
            return Err(Error::NotFound);
        }
        let now = self.db.now_on(&mut connection).await?;
        let summary = if allowed(&grants, Action::ReadProduct) {
            Some(open(self, &mut connection, actor, key).await?.summary)
        } else {
            None
        };
        let attempt = feature.progress.attempt().ok();
        let targets = self.targets(&mut connection, &feature, attempt).await?;
        let effect = match to {
            Some(to) => Some(self.effect(&mut connection, &feature, to, now).await?),
            None => None,
        };
        let phase = attempt.and_then(|attempt| feature.policy.policy.phase(&attempt.phase));
        Ok(MigrationPage {
            key: feature.key.clone(),
            summary,
            phase: phase.map(|phase| phase.name.clone()),
            targets,
            effect,
            may_migrate: allowed(&grants, Action::MigrateFeature),
            current: feature.policy,
            now,
        })
    }

    async fn targets(
        &self,
        connection: &mut PgConnection,
        feature: &Feature,
        attempt: Option<&Attempt>,
    ) -> Result<Vec<MigrationTarget>> {
        let key = &feature.policy.policy.key;
        let active = active(connection, key).await?.map(|(id, _)| id);
        let ids = sqlx::query_scalar!(
            "select id from policy_version where key = $1 and id <> $2 order by created_at desc, id desc limit 50",
            key,
            feature.policy.id.uuid()
        )
        .fetch_all(&mut *connection)
        .await?;
        let mut targets = Vec::with_capacity(ids.len());
        for id in ids {
            let loaded = self.policies.load(connection, Id::new(id)).await?;
            targets.push(MigrationTarget {
                id: loaded.id,
                version: loaded.policy.version.clone(),
                is_active: active == Some(loaded.id),
                has_phase: attempt.is_none_or(|attempt| loaded.policy.phase(&attempt.phase).is_some()),
            });
        }
        Ok(targets)
    }

    async fn effect(
        &self,
        connection: &mut PgConnection,
        feature: &Feature,
        to: PolicyVersionId,
        now: OffsetDateTime,
    ) -> Result<MigrationEffect> {
        let attempt = feature.progress.attempt()?;
        let to = self.target(connection, feature, to).await?.ok_or(Error::NotFound)?;
        let ids = [feature.id.uuid()];
        let compared = compare(connection, &self.policies, (&*to).into(), &ids, now).await?.pop();
        let Some(Compared { before, after: Some(after), change, .. }) = compared else {
            return Err(Error::Refused(Refusal::PhaseMissing(attempt.phase.clone())));
        };
        let voids = sqlx::query!(
            "select id, printed_name from sign_off
             where feature_id = $1 and phase = $2 and cycle = $3 and ended is null and verdict = 'approve'
             order by signed_at, id",
            feature.id.uuid(),
            attempt.phase.as_str(),
            attempt.cycle
        )
        .fetch_all(connection)
        .await?;
        let difference = feature.policy.policy.difference(&to.policy);
        let ids: Vec<uuid::Uuid> = voids.iter().map(|row| row.id).collect();
        Ok(MigrationEffect {
            to,
            difference,
            before,
            after,
            change,
            voids: voids.into_iter().map(|row| row.printed_name).collect(),
            confirmation: confirmation(&ids),
        })
    }

    /// Another version of the policy that a feature follows.
    async fn target(
        &self,
        connection: &mut PgConnection,
        feature: &Feature,
        to: PolicyVersionId,
    ) -> Result<Option<Arc<LoadedPolicy>>> {
        let there = sqlx::query_scalar!(
            r#"select exists (select from policy_version where id = $1 and key = $2) as "there!""#,
            to.uuid(),
            feature.policy.policy.key
        )
        .fetch_one(&mut *connection)
        .await?;
        if there { Ok(Some(self.policies.load(connection, to).await?)) } else { Ok(None) }
    }

    /// Moves a feature to another version of its policy. The policy's text is part of every dossier, so approvals of the
    /// current gate are voided in the same transaction, once they are confirmed; a denial stands.
    ///
    /// # Errors
    /// [`Error::Stale`] when it was moved meanwhile, [`Error::Invalid`] for a version of another policy,
    /// [`Error::Refused`] for one without the phase that the feature is in, and when all gates are open.
    pub async fn migrate_feature(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        command: MigrateFeature,
    ) -> Result<()> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let mut feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::MigrateFeature, feature.id, feature.product).await?;
            let phase = feature.progress.attempt()?.phase.clone();
            if feature.policy.id == command.to {
                return Ok(());
            }
            if feature.policy.id != command.from {
                return Err(Error::Stale);
            }
            let to = service
                .target(write.connection(), &feature, command.to)
                .await?
                .ok_or_else(|| invalid("to", "Version", Problem::NotAChoice))?;
            if to.policy.phase(&phase).is_none() {
                return Err(Error::Refused(Refusal::PhaseMissing(phase)));
            }
            let object = Object::new(ObjectKind::Feature, feature.id, feature.key.to_string());
            let mut event = write.event(&permit, Verb::FeatureMigrated, object);
            event
                .change(
                    "version",
                    Value::code(&feature.policy.policy.version),
                    Value::code(&to.policy.version),
                )
                .change("policy", Value::Digest(feature.policy.digest), Value::Digest(to.digest));
            event.reason = Some(command.reason.to_string());
            store(&mut write, &permit, to.id).await?;
            feature.policy = to;
            let settled = settle(&mut write, &permit, &feature).await?;
            let to = concerned(&mut write, &feature).await?;
            let notice = Notice::PolicyMigrated { version: feature.policy.policy.version.clone() };
            notify(&mut write, &permit, to, &notice).await?;
            write.commit(event, settled.consequences).await
        })
        .await
    }
}

async fn store(write: &mut Write, permit: &Permit<InFeature>, to: PolicyVersionId) -> Result<()> {
    let feature: FeatureId = permit.feature();
    sqlx::query!("update feature set policy_version_id = $2 where id = $1", feature.uuid(), to.uuid())
        .execute(write.connection())
        .await?;
    Ok(())
}
