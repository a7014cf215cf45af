use std::{collections::BTreeSet, sync::Arc};

use serde_json::json;
use sluice_domain::{
    access::{Action, Role, allowed},
    audit::{Object, ObjectKind, Value, Verb},
    canonical::{self, Digest},
    form::{Check, FieldProblem, Fields, Problem},
    gate::{Blocker, Decision, DecisionChange},
    ids::{EmergencyId, FeatureId, FeatureKey, PolicyVersionId},
    lifecycle::{Attempt, Refusal},
    notification::Notice,
    policy::{PhaseKey, PolicyDifference},
    text::Reason,
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    LoadedPolicy, active,
    replay::{Compared, compare},
};
use crate::{
    Service,
    actor::Actor,
    course::{end_with_policy, open_emergency},
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
    gates::{VoidedSignOff, confirmation, settle},
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
    /// What was on screen: what the move would bring about.
    pub seen: Digest,
}

impl MigrateFeature {
    /// Parses the fields `from`, `to`, `seen` and `reason`.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let from = check.choice(fields, "from", "The version before", |text| text.parse().ok());
        let to = check.choice(fields, "to", "Version", |text| text.parse().ok());
        let seen = check.choice(fields, "seen", "What it does", |text| text.parse().ok());
        let reason = check.text(fields, "reason", "Reason");
        let command = (|| Some(Self { from: from?, to: to?, reason: reason?, seen: seen? }))();
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
    /// Whether that version is the active one: there is nothing to move to then.
    pub is_active: bool,
    /// The version that it can move to: the active one of its policy, where it follows another.
    pub target: Option<MigrationTarget>,
    /// What a move to the chosen version would bring about.
    pub effect: Option<MigrationEffect>,
    /// Whether the actor may move it.
    pub may_migrate: bool,
    /// The instant of reading.
    pub now: OffsetDateTime,
}

/// The active version of the policy that a feature follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationTarget {
    /// The version's id.
    pub id: PolicyVersionId,
    /// The version.
    pub version: String,
    /// Why the feature cannot move there from where it stands.
    pub obstacle: Option<Refusal>,
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
    /// Approvals that would be voided, of the current gate and of gates that are owed: given under the present version.
    pub voids: Vec<VoidedSignOff>,
    /// Whether a release in an emergency was asked for, which the move calls off.
    pub calls_off: bool,
    /// Stands for exactly these sign-offs: sent with the form, it says that they were named.
    pub confirmation: Digest,
    /// What was shown: the move is made for this and nothing else.
    pub seen: Digest,
}

impl MigrationEffect {
    /// What would be voided, called off and asked for, as a digest.
    fn digest(
        feature: &Feature,
        to: &LoadedPolicy,
        (sign_offs, emergency): (&[Uuid], Option<EmergencyId>),
        change: &DecisionChange,
    ) -> Digest {
        let said = |blockers: &[Blocker]| -> Vec<[String; 2]> {
            blockers.iter().map(|blocker| [blocker.subject(), blocker.code().to_owned()]).collect()
        };
        let stands = feature.progress.stands_in().map(|at| (at.phase.to_string(), at.cycle));
        let content = json!({
            "from": feature.policy.digest.to_string(),
            "to": to.digest.to_string(),
            "stands": stands,
            "sign-offs": sign_offs,
            "emergency": emergency.map(|id| id.to_string()),
            "appears": said(&change.appears),
            "vanishes": said(&change.vanishes),
        });
        Digest::of(canonical::to_string(&content).as_bytes())
    }
}

impl Service {
    /// The version that a feature follows and, for the version that is chosen, what a move to it would bring about.
    ///
    /// An administrator may move features without reading them: their page has the key and the policy's words only.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no feature that the actor may know of, or no such version of its policy;
    /// [`Error::Refused`] when the chosen version is not the active one, or the feature cannot follow it from where it
    /// stands.
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
        let (is_active, target) = self.ahead(&mut connection, &feature).await?;
        let effect = match to.filter(|to| *to != feature.policy.id) {
            Some(to) => {
                feature.progress.attempt()?;
                let to = self.target(&mut connection, &feature, to).await?.ok_or(Error::NotFound)?;
                Some(self.effect(&mut connection, &feature, to, now).await?)
            }
            None => None,
        };
        let attempt = feature.progress.attempt().ok();
        let phase = attempt.and_then(|attempt| feature.policy.policy.phase(&attempt.phase));
        Ok(MigrationPage {
            key: feature.key.clone(),
            summary,
            phase: phase.map(|phase| phase.name.clone()),
            is_active,
            target,
            effect,
            may_migrate: allowed(&grants, Action::MigrateFeature),
            current: feature.policy,
            now,
        })
    }

    /// Whether a feature follows the active version of its policy and, where it does not, that version.
    async fn ahead(
        &self,
        connection: &mut PgConnection,
        feature: &Feature,
    ) -> Result<(bool, Option<MigrationTarget>)> {
        let active = active(connection, &feature.policy.policy.key).await?.map(|(id, _)| id);
        let is_active = active == Some(feature.policy.id);
        let Some(id) = active.filter(|_| !is_active) else { return Ok((is_active, None)) };
        let to = self.policies.load(connection, id).await?;
        let obstacle = match feature.progress.attempt() {
            Ok(attempt) => {
                let passed = passed(connection, feature.id).await?;
                attempt.may_follow(&feature.policy.policy, &to.policy, &passed).err()
            }
            Err(_) => None,
        };
        Ok((is_active, Some(MigrationTarget { id, version: to.policy.version.clone(), obstacle })))
    }

    async fn effect(
        &self,
        connection: &mut PgConnection,
        feature: &Feature,
        to: Arc<LoadedPolicy>,
        now: OffsetDateTime,
    ) -> Result<MigrationEffect> {
        let attempt = feature.progress.attempt()?;
        let ids = [feature.id.uuid()];
        let compared = compare(connection, &self.policies, (&*to).into(), &ids, now).await?.pop();
        let Some(Compared { before, after: Some(after), change, .. }) = compared else {
            return Err(Error::Refused(Refusal::PhaseMissing(attempt.phase.clone())));
        };
        let standing = standing_approvals(connection, feature, attempt).await?;
        let emergency = open_emergency(connection, feature.id).await?;
        let difference = feature.policy.policy.difference(&to.policy);
        let (ids, voids): (Vec<Uuid>, Vec<VoidedSignOff>) = standing.into_iter().unzip();
        Ok(MigrationEffect {
            seen: MigrationEffect::digest(feature, &to, (&ids, emergency), &change),
            calls_off: emergency.is_some(),
            to,
            difference,
            before,
            after,
            change,
            voids,
            confirmation: confirmation(&ids),
        })
    }

    /// The version of the policy that a feature moves to; nothing for a version of another policy.
    ///
    /// # Errors
    /// [`Error::Refused`] for any but the active version, and where the feature cannot follow it from where it stands.
    async fn target(
        &self,
        connection: &mut PgConnection,
        feature: &Feature,
        to: PolicyVersionId,
    ) -> Result<Option<Arc<LoadedPolicy>>> {
        let (key, attempt) = (&feature.policy.policy.key, feature.progress.attempt()?);
        let there = sqlx::query_scalar!(
            r#"select exists (select from policy_version where id = $1 and key = $2) as "there!""#,
            to.uuid(),
            key
        )
        .fetch_one(&mut *connection)
        .await?;
        if !there {
            return Ok(None);
        }
        // What was imported and not activated was looked at by nobody, and what was left behind binds nobody any more.
        if active(connection, key).await?.is_none_or(|(active, _)| active != to) {
            return Err(Refusal::NotActive.into());
        }
        let to = self.policies.load(connection, to).await?;
        let passed = passed(connection, feature.id).await?;
        attempt.may_follow(&feature.policy.policy, &to.policy, &passed)?;
        Ok(Some(to))
    }

    /// Moves a feature to the active version of its policy. The policy's text is part of every dossier, so approvals of the
    /// current gate and of gates that are owed are voided in the same transaction, once they are confirmed; a denial stands. A release in an
    /// emergency that was asked for is called off: whoever agreed to it had other gates in mind.
    ///
    /// # Errors
    /// [`Error::Stale`] when it was moved meanwhile or would bring about something else than was shown,
    /// [`Error::Invalid`] for a version of another policy, [`Error::Refused`] for any but the active one, for one that
    /// does not agree about the gates that were passed, and when all gates are open.
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
            feature.progress.attempt()?;
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
            let now = write.now;
            let effect = service.effect(write.connection(), &feature, Arc::clone(&to), now).await?;
            if effect.seen != command.seen {
                return Err(Error::Stale);
            }
            let called_off = end_with_policy(&mut write, &permit, &feature, actor.person).await?;
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
            write.commit(event, called_off.into_iter().chain(settled.consequences).collect()).await
        })
        .await
    }
}

/// The approvals that stand at the current gate and, after it, at gates that are owed.
async fn standing_approvals(
    connection: &mut PgConnection,
    feature: &Feature,
    attempt: &Attempt,
) -> Result<Vec<(Uuid, VoidedSignOff)>> {
    let owed = feature.owed.iter().map(|owed| (owed.phase.to_string(), owed.cycle));
    let (phases, cycles): (Vec<String>, Vec<i32>) =
        std::iter::once((attempt.phase.to_string(), attempt.cycle)).chain(owed).unzip();
    let rows = sqlx::query!(
        "select s.id, s.phase, s.printed_name, s.role
         from unnest($2::text[], $3::int[]) with ordinality as gate (phase, cycle, place)
         join sign_off s on s.feature_id = $1 and s.phase = gate.phase and s.cycle = gate.cycle
         where s.ended is null and s.verdict = 'approve'
         order by gate.place, s.printed_name, s.id",
        feature.id.uuid(),
        &phases,
        &cycles
    )
    .fetch_all(connection)
    .await?;
    let named = |phase: &str| feature.policy.policy.phases.iter().find(|it| it.key.as_str() == phase);
    rows.into_iter()
        .map(|row| {
            let role = Role::from_code(&row.role).ok_or_else(|| Error::internal("unknown role"))?;
            let gate = named(&row.phase).map_or(row.phase, |phase| phase.name.clone());
            Ok((row.id, VoidedSignOff { gate, name: row.printed_name, role }))
        })
        .collect()
}

async fn store(write: &mut Write, permit: &Permit<InFeature>, to: PolicyVersionId) -> Result<()> {
    let feature: FeatureId = permit.feature();
    sqlx::query!("update feature set policy_version_id = $2 where id = $1", feature.uuid(), to.uuid())
        .execute(write.connection())
        .await?;
    Ok(())
}

/// The phases whose gates a feature passed, those that are owed among them.
async fn passed(connection: &mut PgConnection, feature: FeatureId) -> Result<BTreeSet<PhaseKey>> {
    let phases = sqlx::query_scalar!(
        "select distinct phase from gate_attempt
         where feature_id = $1 and outcome in ('opened', 'owed') and undone_at is null",
        feature.uuid()
    )
    .fetch_all(connection)
    .await?;
    phases.iter().map(|phase| phase.parse().map_err(Error::internal)).collect()
}
