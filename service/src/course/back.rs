use sluice_domain::{
    access::Action,
    audit::{Object, ObjectKind, Value, Verb},
    canonical::Digest,
    form::{Check, FieldProblem, Fields},
    ids::{CourseChangeId, FeatureKey},
    lifecycle::Progress,
    policy::PhaseKey,
    text::Reason,
};

use super::{
    BackEffect,
    page::CourseKind,
    step::{Step, store, taken_before},
    told::tell_moved_back,
};
use crate::{
    Service,
    actor::Actor,
    db::write::uncancelled,
    error::{Error, Result},
    features::row::{self, store_progress},
    gates::{Ending, end_attempt, gather_in, settle, start_attempt, undo_gates, void_attempt},
};

/// Moves a feature back to an earlier phase.
#[derive(Debug)]
pub struct MoveBack {
    /// Made with the form.
    pub id: CourseChangeId,
    /// The phase.
    pub to: PhaseKey,
    /// Why.
    pub reason: Reason,
    /// What was on screen: which sign-offs it voids and which gates it closes.
    pub seen: Digest,
}

impl MoveBack {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let id = check.choice(fields, "id", "The form", |text| text.parse().ok());
        let to = check.choice(fields, "to", "The phase", |text| text.parse().ok());
        let seen = check.choice(fields, "seen", "What it does", |text| text.parse().ok());
        let reason = check.text(fields, "reason", "The reason");
        let command = (|| Some(Self { id: id?, to: to?, reason: reason?, seen: seen? }))();
        check.finish(command)
    }
}

impl Service {
    /// Moves a feature back to an earlier phase: the attempt under way ends with its sign-offs, and the gates from that
    /// phase on are closed again.
    ///
    /// # Errors
    /// [`Error::Stale`] when it would do something else than what was shown, [`Error::Refused`] for a phase that is not
    /// earlier, past a gate that an emergency left owed, and past somebody else's denial.
    pub async fn move_back(&self, actor: &Actor, key: &FeatureKey, command: MoveBack) -> Result<()> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let mut feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::MoveBack, feature.id, feature.product).await?;
            if taken_before(&mut write, &permit, command.id, CourseKind::MovedBack, actor.person).await? {
                return Ok(());
            }
            let attempt = feature.progress.attempt()?.clone();
            let phase = feature.policy.policy.phase(&attempt.phase).ok_or(Error::NotFound)?;
            let situation = gather_in(&mut write, &feature, phase, &attempt).await?.situation;
            let (effect, moved) =
                BackEffect::of(&feature, &attempt, &situation, &command.to, actor.person, write.now)?;
            if effect.seen != command.seen {
                return Err(Error::Stale);
            }
            let reason = command.reason.as_str();
            let voided = void_attempt(
                &mut write,
                &permit,
                &feature,
                &attempt,
                &situation.facts.sign_offs,
                "The feature was moved back.",
            )
            .await?;
            let ending = Ending::MovedBack(actor.person, reason);
            end_attempt(&mut write, &permit, &attempt, ending).await?;
            undo_gates(&mut write, &permit, &moved.undone).await?;
            start_attempt(&mut write, &permit, &moved.attempt).await?;
            let step = Step {
                id: command.id,
                kind: CourseKind::MovedBack,
                attempt: &attempt,
                to: Some(&command.to),
                until: None,
                reason,
            };
            store(&mut write, &permit, actor.person, &step).await?;
            let object = Object::new(ObjectKind::Feature, feature.id, feature.key.to_string());
            let mut event = write.event(&permit, Verb::FeatureMovedBack, object);
            event.change("phase", Value::code(&attempt.phase), Value::code(&moved.attempt.phase)).change(
                "cycle",
                Value::Number(attempt.cycle.into()),
                Value::Number(moved.attempt.cycle.into()),
            );
            event.reason = Some(reason.to_owned());
            feature.progress = Progress::Active(moved.attempt);
            store_progress(write.connection(), &permit, &feature.progress).await?;
            let settled = settle(&mut write, &permit, &feature).await?;
            let to = feature.policy.policy.phase(&command.to).ok_or(Error::NotFound)?;
            tell_moved_back(&mut write, &permit, &feature, to, &situation.facts.sign_offs).await?;
            write.commit(event, voided.into_iter().chain(settled.consequences).collect()).await
        })
        .await
    }
}
