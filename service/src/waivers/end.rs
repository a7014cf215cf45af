use sluice_domain::{
    access::{Action, Role},
    audit::{Value, Verb},
    form::{Check, FieldProblem, Fields},
    ids::FeatureKey,
    notification::Notice,
    text::Reason,
    waiver::{WaiverState, approving_role, last_day},
};

use super::{lapse::whose, object, row};
use crate::{
    Service,
    actor::Actor,
    db::{
        permit::{InFeature, Permit},
        write::{Write, uncancelled},
    },
    error::{Error, Result},
    features::row::{Feature, lock},
    gates::settle,
    notifications::notify,
};

/// Takes one's own request for a waiver back.
#[derive(Debug)]
pub struct WithdrawWaiver {
    /// The version that was on screen.
    pub version: i32,
}

impl WithdrawWaiver {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let version = check.choice(fields, "version", "The version", |text| text.parse().ok());
        check.finish(version.map(|version| Self { version }))
    }
}

/// Ends a waiver before its time: the blocker is back.
#[derive(Debug)]
pub struct EndWaiver {
    /// The version that was on screen.
    pub version: i32,
    /// Why.
    pub reason: Reason,
}

impl EndWaiver {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let version = check.choice(fields, "version", "The version", |text| text.parse().ok());
        let reason = check.text(fields, "reason", "The reason");
        check.finish(version.zip(reason).map(|(version, reason)| Self { version, reason }))
    }
}

impl Service {
    /// Takes the actor's own request back.
    ///
    /// # Errors
    /// [`Error::Refused`] for the request of somebody else or one that was decided, [`Error::Stale`] for another version.
    pub async fn withdraw_waiver(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        number: i32,
        command: WithdrawWaiver,
    ) -> Result<()> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::RequestWaiver, feature.id, feature.product).await?;
            feature.progress.attempt()?;
            let now = write.now;
            let item = row::one(write.connection(), permit.feature(), number, now).await?;
            if item.version != command.version {
                return Err(Error::Stale);
            }
            let waiver = item.waiver();
            waiver.may_withdraw(actor.person)?;
            let to = WaiverState::Withdrawn;
            close(
                &mut write,
                &permit,
                &actor,
                number,
                Closing { from: WaiverState::Requested, to, reason: "" },
            )
            .await?;
            let event = write.event(&permit, Verb::WaiverWithdrawn, object(item.id, number));
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await
        })
        .await
    }

    /// Ends a waiver before its time, as one of its approvers or as the feature's owner.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is not in force, [`Error::Denied`] for others, [`Error::Stale`] for another version.
    pub async fn end_waiver(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        number: i32,
        command: EndWaiver,
    ) -> Result<()> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit = authorize(&mut write, &actor, &feature).await?;
            feature.progress.attempt()?;
            let now = write.now;
            let item = row::one(write.connection(), permit.feature(), number, now).await?;
            if item.version != command.version {
                return Err(Error::Stale);
            }
            let waiver = item.waiver();
            waiver.may_end(now)?;
            let reason = command.reason.as_str();
            let to = WaiverState::Ended;
            close(&mut write, &permit, &actor, number, Closing { from: WaiverState::Approved, to, reason })
                .await?;
            let mut event = write.event(&permit, Verb::WaiverEnded, object(item.id, number));
            event.change("waived", Value::text(item.blocker), Value::None).change(
                "last-day",
                Value::Day(last_day(item.until, &feature.policy.policy.terms.calendar)),
                Value::None,
            );
            event.reason = Some(reason.to_owned());
            let settled = settle(&mut write, &permit, &feature).await?;
            let decider = item.decided.as_ref().map(|decided| decided.person);
            let to = whose(item.requested_by, decider, feature.owner);
            notify(&mut write, &permit, to, &Notice::WaiverEnded { number }).await?;
            write.commit(event, settled.consequences).await
        })
        .await
    }
}

/// An approver ends a waiver in that role; the feature's owner in whichever role of the team they hold.
async fn authorize(write: &mut Write, actor: &Actor, feature: &Feature) -> Result<Permit<InFeature>> {
    let roles: Vec<Role> = write.roles_in(actor, feature.product).await?.into_iter().collect();
    let approves = approving_role(&feature.policy.policy, &roles).ok();
    let owns = feature.owner == actor.person;
    let action = if approves.is_none() && owns { Action::RequestWaiver } else { Action::ApproveWaiver };
    let permit = write.authorize_feature(actor, action, feature.id, feature.product).await?;
    match approves {
        Some(role) => Ok(permit.acting_as(role)),
        None if owns => Ok(permit),
        None => Err(Error::Denied(Action::ApproveWaiver)),
    }
}

/// A step that closes a waiver.
struct Closing<'a> {
    from: WaiverState,
    to: WaiverState,
    reason: &'a str,
}

async fn close(
    write: &mut Write,
    permit: &Permit<InFeature>,
    actor: &Actor,
    number: i32,
    closing: Closing<'_>,
) -> Result<()> {
    let now = write.now;
    let done = sqlx::query!(
        "update waiver set state = $4, ended_by = $5, ended_at = $6, ended_reason = $7, version = version + 1
         where feature_id = $1 and number = $2 and state = $3",
        permit.feature().uuid(),
        number,
        closing.from.code(),
        closing.to.code(),
        actor.person.uuid(),
        now,
        closing.reason
    )
    .execute(write.connection())
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}
