//! Sign-offs whose seat is gone: the role in which they were given was taken away, or the account disabled. The facts
//! leave them out at once; here they are ended, so that the record says so.

use sluice_domain::{
    audit::{Actor as AuditActor, Authentication, Event},
    ids::{FeatureId, Id, PersonId},
    lifecycle::{Attempt, Turn},
    notification::{Because, Gate, Notice},
    policy::PhaseKey,
};

use uuid::Uuid;

use super::settle::end_sign_offs;
use crate::{
    Service,
    actor::Origin,
    db::{
        permit::{InFeature, Permit},
        write::{Write, uncancelled},
    },
    error::{Error, Result},
    features::row::Feature,
    notifications::{To, notify},
};

const REASON: &str = "The role in which it was given was taken away, or the account disabled.";

/// Ends the sign-offs of a feature whose seat is gone, as Sluice's own doing, and tells who gave them. The seats of the
/// others are held until the transaction ends: whoever takes one away waits, and is later than the gate that opens by it.
pub(super) async fn end_unseated(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    attempt: &Attempt,
) -> Result<Vec<Event>> {
    if attempt.turn == Turn::Team && feature.owed.is_empty() {
        return Ok(Vec::new());
    }
    sqlx::query_scalar!(
        "select g.role from sign_off s
         join product_grant g on g.product_id = $2 and g.person_id = coalesce(s.on_behalf_of, s.person_id)
                             and g.role = s.role
         join person holder on holder.id = g.person_id
         join person signer on signer.id = s.person_id
         where s.feature_id = $1 and s.ended is null
         order by g.person_id, g.role
         for share of g, holder, signer",
        permit.feature().uuid(),
        feature.product.uuid()
    )
    .fetch_all(write.connection())
    .await?;
    let unseated = sqlx::query!(
        r#"select phase as "phase!", cycle as "cycle!", person_id as "person!", on_behalf_of
           from unseated_sign_off where feature_id = $1 order by phase, person_id"#,
        permit.feature().uuid()
    )
    .fetch_all(write.connection())
    .await?;
    let mut events = Vec::new();
    for row in unseated {
        let key: PhaseKey = row.phase.parse().map_err(|_| Error::internal("unknown phase"))?;
        let person: PersonId = Id::new(row.person);
        let ended = end_sign_offs(write, permit, feature, (&key, row.cycle), &[person], REASON).await?;
        // It is nobody's doing who happens to write next.
        events.extend(ended.into_iter().map(|event| Event {
            actor: AuditActor::System,
            role: None,
            workspace_role: None,
            authentication: Authentication::None,
            ..event
        }));
        if let Some(phase) = feature.policy.policy.phase(&key) {
            let people = [Some(person), row.on_behalf_of.map(Id::new)];
            let to: Vec<To> =
                people.into_iter().flatten().map(|person| To::person(person, Because::Signer)).collect();
            let notice = Notice::SignOffVoided { gate: Gate::from(phase), changed: Vec::new(), more: 0 };
            notify(write, permit, to, &notice).await?;
        }
    }
    Ok(events)
}

/// Whether a sign-off of a feature stands in a seat that is gone.
pub(super) async fn any_unseated(write: &mut Write, feature: FeatureId) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from unseated_sign_off where feature_id = $1) as "any!""#,
        feature.uuid()
    )
    .fetch_one(write.connection())
    .await?)
}

impl Service {
    /// Makes features due to be decided anew by the job that does so.
    async fn make_due(&self, features: &[Uuid]) -> Result<()> {
        let (service, features) = (self.clone(), features.to_vec());
        uncancelled(|token| async move {
            let begun = service.db.begin(&token, &Origin::default()).await?;
            let mut write = begun.at_now().await?;
            let now = write.now;
            sqlx::query!(
                "update gate_state set changes_at = $2
                 where feature_id = any($1) and (changes_at is null or changes_at > $2)",
                &features,
                now
            )
            .execute(write.connection())
            .await?;
            write.commit_unrecorded().await
        })
        .await
    }

    /// Settles the features on which a sign-off of somebody, or for somebody, has lost its seat. Nothing relies on it:
    /// such a sign-off counts nowhere, and the next write to the feature settles it as well.
    pub(crate) async fn settle_unseated(&self, person: PersonId) {
        let features = sqlx::query_scalar!(
            r#"select distinct feature_id as "feature_id!" from unseated_sign_off
               where person_id = $1 or on_behalf_of = $1 order by 1"#,
            person.uuid()
        )
        .fetch_all(self.db.reads())
        .await;
        let features = match features {
            Ok(features) => features,
            Err(error) => {
                tracing::error!(%error, "sign-offs without a seat were not looked up");
                return;
            }
        };
        // Where somebody is at work on a feature at this moment, a job comes back to it.
        if let Err(error) = self.make_due(&features).await {
            tracing::error!(%error, "features with sign-offs without a seat were not made due");
        }
        for feature in features {
            if let Err(error) = self.decide_anew(Id::new(feature)).await {
                tracing::error!(%error, %feature, "sign-offs without a seat were not ended");
            }
        }
    }
}
