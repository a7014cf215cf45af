use sluice_domain::{
    access::Action,
    audit::{Value, Verb},
    ids::{EvidenceId, FeatureKey, Id},
};
use sqlx::PgConnection;

use super::{
    evidence_object,
    store::insert_uses,
    target::{Target, demand_open, demand_targets},
};
use crate::{
    Service,
    actor::Actor,
    db::{
        permit::{InFeature, Permit},
        write::uncancelled,
    },
    error::{Error, Result},
    features::row,
    gates::settle,
};

impl Service {
    /// Attaches evidence to a control or threat. Attached already, it stays so.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a target that is not offered, [`Error::Refused`] for a control of a passed phase and
    /// for a finished feature.
    pub async fn attach_evidence(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        number: i32,
        target: Target,
    ) -> Result<()> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::AddEvidence, feature.id, feature.product).await?;
            feature.progress.attempt()?;
            let id = find(write.connection(), &permit, number).await?;
            let targets = [target];
            demand_targets(write.connection(), &feature, &targets).await?;
            if insert_uses(&mut write, &permit, id, &targets, actor.person).await? == 0 {
                return Ok(());
            }
            let [target] = targets;
            let mut event = write.event(&permit, Verb::EvidenceAttached, evidence_object(id, number));
            event.change("attached-to", Value::None, Value::code(target.code()));
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await
        })
        .await
    }

    /// Detaches evidence from a control or threat; the evidence itself stays. Detached already, it stays so.
    ///
    /// # Errors
    /// [`Error::Refused`] for a control of a passed phase and for a finished feature.
    pub async fn detach_evidence(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        number: i32,
        target: Target,
    ) -> Result<()> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::AddEvidence, feature.id, feature.product).await?;
            feature.progress.attempt()?;
            let id = find(write.connection(), &permit, number).await?;
            demand_open(&feature, &target)?;
            let (kind, phase, key) = target.columns();
            let deleted = sqlx::query!(
                "delete from evidence_use
                 where evidence_id = $1 and target_kind = $2 and phase = $3 and target = $4",
                id.uuid(),
                kind,
                phase,
                key
            )
            .execute(write.connection())
            .await?;
            if deleted.rows_affected() == 0 {
                return Ok(());
            }
            let mut event = write.event(&permit, Verb::EvidenceDetached, evidence_object(id, number));
            event.change("attached-to", Value::code(target.code()), Value::None);
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await
        })
        .await
    }
}

/// The id of an item of the feature that the permit names.
async fn find(connection: &mut PgConnection, permit: &Permit<InFeature>, number: i32) -> Result<EvidenceId> {
    sqlx::query_scalar!(
        "select id from evidence where feature_id = $1 and number = $2",
        permit.feature().uuid(),
        number
    )
    .fetch_optional(connection)
    .await?
    .map(Id::new)
    .ok_or(Error::NotFound)
}
