use sluice_domain::{
    access::{Action, Role},
    audit::{Authentication, Value, Verb},
    delegation::may_sign_for,
    form::{Check, FieldProblem, Fields},
    gate::decide,
    ids::FeatureKey,
    lifecycle::Progress,
    text::Reason,
};

use super::{
    Gathered, SignGate, WithdrawSignOff, gather_in,
    settle::{Ending, end_attempt, gate_object, settle, settle_time, start_attempt, store_dossier},
    sign_off,
    told::{tell_requested, tell_returned},
};
use crate::{
    Service,
    actor::Actor,
    db::write::uncancelled,
    error::{Error, Result},
    features::row::{self, store_progress},
};

/// Ends the cycle and hands the turn back to the team.
#[derive(Debug)]
pub struct ReturnForChanges {
    /// What has to change.
    pub reason: Reason,
    /// The cycle that was on screen.
    pub cycle: i32,
}

impl ReturnForChanges {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let reason = check.text(fields, "reason", "The reason");
        let cycle = check.choice(fields, "cycle", "The cycle", |text| text.parse().ok());
        let command = reason.zip(cycle).map(|(reason, cycle)| Self { reason, cycle });
        check.finish(command)
    }
}

impl Service {
    /// Hands the turn to the reviewers.
    ///
    /// # Errors
    /// [`Error::Refused`] with the team's blockers while there are any.
    pub async fn request_review(&self, actor: &Actor, key: &FeatureKey) -> Result<()> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let mut feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::RequestReview, feature.id, feature.product).await?;
            let attempt = feature.progress.attempt()?.clone();
            let phase = feature.policy.policy.phase(&attempt.phase).ok_or(Error::NotFound)?;
            let gathered = gather_in(&mut write, &feature, phase, &attempt).await?;
            let decision = decide(&feature.policy.policy, phase, &gathered.situation, write.now);
            let next = attempt.clone().request_review(actor.person, &decision, write.now)?;
            feature.progress = Progress::Active(next);
            store_progress(write.connection(), &permit, &feature.progress).await?;
            let now = write.now;
            sqlx::query!(
                "update gate_attempt set requested_at = $4, requested_by = $5
                 where feature_id = $1 and phase = $2 and cycle = $3",
                permit.feature().uuid(),
                attempt.phase.as_str(),
                attempt.cycle,
                now,
                actor.person.uuid()
            )
            .execute(write.connection())
            .await?;
            store_dossier(&mut write, &feature, &gathered.dossier).await?;
            let mut event = write.event(&permit, Verb::ReviewRequested, gate_object(&feature, &attempt));
            event
                .change("turn", Value::code("team"), Value::code("reviewers"))
                .change("cycle", Value::None, Value::Number(attempt.cycle.into()))
                .change("dossier", Value::None, Value::Digest(gathered.dossier.digest()));
            let settled = settle(&mut write, &permit, &feature).await?;
            tell_requested(&mut write, &permit, phase, attempt.cycle).await?;
            write.commit(event, settled.consequences).await
        })
        .await
    }

    /// Signs the gate. The last sign-off and the transition commit together. Returns where the feature stands.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a wrong password, [`Error::Refused`] when the actor may not sign, or the dossier
    /// changed since it was shown.
    pub async fn sign_gate(&self, actor: &Actor, key: &FeatureKey, command: SignGate) -> Result<Progress> {
        // The costly part comes first and outside of the transaction, or the lock would be held for its time.
        self.check_step_up(actor, &command.password).await?;
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                sign_off::authorize(&mut write, &actor, &feature, &command, Action::SignGate).await?;
            let mut events = settle_time(&mut write, &permit, &feature).await?;
            let attempt = feature.progress.attempt()?.clone();
            let policy = &feature.policy.policy;
            let phase = policy.phase(&attempt.phase).ok_or(Error::NotFound)?;
            let Gathered { situation, dossier, .. } =
                gather_in(&mut write, &feature, phase, &attempt).await?;
            if let Some(principal) = command.on_behalf_of {
                let people = (principal, actor.person);
                may_sign_for(&attempt, policy, &situation, people, command.role, write.now)?;
            }
            attempt.sign(policy, situation, command.fact(&actor), &feature.cycles, write.now)?;
            let event = sign_off::give(&mut write, &permit, &feature, &actor, &dossier, command).await?;
            let settled = settle(&mut write, &permit, &feature).await?;
            events.extend(settled.consequences);
            write.commit(event, events).await?;
            Ok(settled.progress)
        })
        .await
    }

    /// Ends the cycle and hands the gate back to the team.
    ///
    /// # Errors
    /// [`Error::Refused`] when the reviewers do not have the turn, [`Error::Stale`] for another cycle.
    pub async fn return_for_changes(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        command: ReturnForChanges,
    ) -> Result<()> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let mut feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit = write
                .authorize_feature(&actor, Action::ReturnForChanges, feature.id, feature.product)
                .await?;
            let attempt = feature.progress.attempt()?.clone();
            if attempt.cycle != command.cycle {
                return Err(Error::Stale);
            }
            let next = attempt.clone().return_for_changes(write.now)?;
            // It takes a seat at this gate.
            let phase = feature.policy.policy.phase(&attempt.phase).ok_or(Error::NotFound)?;
            let seats: Vec<Role> = phase.gate.sign_offs_for(feature.tier).map(|rule| rule.role).collect();
            let role = write.one_role_of(&actor, feature.product, &seats, Action::ReturnForChanges).await?;
            let permit = permit.acting_as(role);
            let facts = gather_in(&mut write, &feature, phase, &attempt).await?.situation.facts;
            attempt.may_return(&facts, actor.person)?;
            let reason = command.reason.as_str();
            end_attempt(&mut write, &permit, &attempt, Ending::Returned(actor.person, reason)).await?;
            start_attempt(&mut write, &permit, &next).await?;
            feature.progress = Progress::Active(next.clone());
            store_progress(write.connection(), &permit, &feature.progress).await?;
            let mut event = write.event(&permit, Verb::ReturnedForChanges, gate_object(&feature, &attempt));
            event.change("turn", Value::code("reviewers"), Value::code("team")).change(
                "cycle",
                Value::Number(attempt.cycle.into()),
                Value::Number(next.cycle.into()),
            );
            event.reason = Some(reason.to_owned());
            let settled = settle(&mut write, &permit, &feature).await?;
            tell_returned(&mut write, &permit, &feature, &attempt).await?;
            write.commit(event, settled.consequences).await
        })
        .await
    }

    /// Takes the actor's standing sign-off of the current attempt back. A withdrawn denial may open the gate, when
    /// nothing else was missing.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none, [`Error::Stale`] when it is another than the one that was on screen,
    /// [`Error::Invalid`] for a wrong password.
    pub async fn withdraw_sign_off(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        command: WithdrawSignOff,
    ) -> Result<Progress> {
        self.check_step_up(actor, &command.password).await?;
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit = write
                .authorize_feature(&actor, Action::SignForAnother, feature.id, feature.product)
                .await?
                .authenticated_by(Authentication::Password);
            let attempt = feature.progress.attempt()?;
            let gate = (&attempt.phase, attempt.cycle);
            let (permit, event) =
                sign_off::take_back(&mut write, permit, &feature, &actor, gate, &command).await?;
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await?;
            Ok(settled.progress)
        })
        .await
    }
}
