use sluice_domain::{
    access::Action,
    audit::{Object, ObjectKind, Value, Verb},
    form::{Check, FieldProblem, Fields, Problem},
    ids::{CourseChangeId, FeatureKey},
    lifecycle::{Progress, Refusal},
    notification::Notice,
    text::{Note, Reason},
};
use sqlx::PgConnection;
use time::Date;

use super::{
    page::CourseKind,
    step::{Step, store, taken_before},
    told::tell_rest,
};
use crate::{
    Service,
    actor::Actor,
    db::write::uncancelled,
    error::{Error, Result},
    features::row::{self, Feature, store_progress},
    gates::settle,
};

/// Puts a feature on hold.
#[derive(Debug)]
pub struct HoldFeature {
    /// Made with the form.
    pub id: CourseChangeId,
    /// Why.
    pub reason: Reason,
    /// On which day somebody looks at it again.
    pub until: Option<Date>,
}

impl HoldFeature {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let id = check.choice(fields, "id", "The form", |text| text.parse().ok());
        let reason = check.text(fields, "reason", "The reason");
        let until = check.optional_day(fields, "until", "The day");
        check.finish(id.zip(reason).map(|(id, reason)| Self { id, reason, until }))
    }
}

/// Lets a feature that is on hold go on.
#[derive(Debug)]
pub struct ResumeFeature {
    /// Made with the form.
    pub id: CourseChangeId,
    /// What there is to say about it.
    pub note: Note,
}

impl ResumeFeature {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let id = check.choice(fields, "id", "The form", |text| text.parse().ok());
        let note = check.text(fields, "reason", "Note");
        check.finish(id.zip(note).map(|(id, note)| Self { id, note }))
    }
}

/// Gives a feature up.
#[derive(Debug)]
pub struct CancelFeature {
    /// Made with the form.
    pub id: CourseChangeId,
    /// Why.
    pub reason: Reason,
}

impl CancelFeature {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let (id, reason) = id_and_reason(fields)?;
        Ok(Self { id, reason })
    }
}

/// Takes a cancellation back.
#[derive(Debug)]
pub struct ReopenFeature {
    /// Made with the form.
    pub id: CourseChangeId,
    /// Why.
    pub reason: Reason,
}

impl ReopenFeature {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let (id, reason) = id_and_reason(fields)?;
        Ok(Self { id, reason })
    }
}

fn id_and_reason(fields: &Fields) -> Result<(CourseChangeId, Reason), Vec<FieldProblem>> {
    let mut check = Check::default();
    let id = check.choice(fields, "id", "The form", |text| text.parse().ok());
    let reason = check.text(fields, "reason", "The reason");
    check.finish(id.zip(reason))
}

/// Why nothing moves on a feature, and who said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resting {
    /// Who put it on hold, or cancelled it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Who put a feature to rest and why; nothing for one that is active or finished.
pub(crate) async fn resting(connection: &mut PgConnection, feature: &Feature) -> Result<Option<Resting>> {
    let kind = match &feature.progress {
        Progress::Held { .. } => CourseKind::Held,
        Progress::Cancelled { .. } => CourseKind::Cancelled,
        Progress::Active(_) | Progress::Finished { .. } => return Ok(None),
    };
    Ok(sqlx::query_as!(
        Resting,
        "select p.name as by, c.reason from course_change c join person p on p.id = c.author_id
         where c.feature_id = $1 and c.kind = $2 order by c.at desc, c.id desc limit 1",
        feature.id.uuid(),
        kind.code()
    )
    .fetch_optional(connection)
    .await?)
}

/// What a step that begins or ends a rest does.
struct Rest {
    id: CourseChangeId,
    kind: CourseKind,
    verb: Verb,
    notice: Notice,
    action: Action,
    until: Option<Date>,
    reason: String,
}

impl Service {
    /// Puts a feature on hold: whoever has the turn keeps it, sign-offs stand, and nothing can be written before
    /// somebody resumes it.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is not active, [`Error::Invalid`] for a day that is over.
    pub async fn hold_feature(&self, actor: &Actor, key: &FeatureKey, command: HoldFeature) -> Result<()> {
        let rest = Rest {
            id: command.id,
            kind: CourseKind::Held,
            verb: Verb::FeatureHeld,
            notice: Notice::Held {},
            action: Action::HoldFeature,
            until: command.until,
            reason: command.reason.to_string(),
        };
        self.rest(actor, key, rest).await
    }

    /// Lets a feature that is on hold go on where it was.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is not on hold.
    pub async fn resume_feature(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        command: ResumeFeature,
    ) -> Result<()> {
        let rest = Rest {
            id: command.id,
            kind: CourseKind::Resumed,
            verb: Verb::FeatureResumed,
            notice: Notice::Resumed {},
            action: Action::HoldFeature,
            until: None,
            reason: command.note.to_string(),
        };
        self.rest(actor, key, rest).await
    }

    /// Gives a feature up. Everything of it stays, and it can be reopened where it was.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is cancelled or finished.
    pub async fn cancel_feature(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        command: CancelFeature,
    ) -> Result<()> {
        let rest = Rest {
            id: command.id,
            kind: CourseKind::Cancelled,
            verb: Verb::FeatureCancelled,
            notice: Notice::Cancelled {},
            action: Action::CancelFeature,
            until: None,
            reason: command.reason.to_string(),
        };
        self.rest(actor, key, rest).await
    }

    /// Takes a cancellation back: the feature goes on where it was.
    ///
    /// # Errors
    /// [`Error::Refused`] when it is not cancelled.
    pub async fn reopen_feature(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        command: ReopenFeature,
    ) -> Result<()> {
        let rest = Rest {
            id: command.id,
            kind: CourseKind::Reopened,
            verb: Verb::FeatureReopened,
            notice: Notice::Reopened {},
            action: Action::CancelFeature,
            until: None,
            reason: command.reason.to_string(),
        };
        self.rest(actor, key, rest).await
    }

    async fn rest(&self, actor: &Actor, key: &FeatureKey, rest: Rest) -> Result<()> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let mut feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit = write.authorize_feature(&actor, rest.action, feature.id, feature.product).await?;
            if taken_before(&mut write, &permit, rest.id, rest.kind, actor.person).await? {
                return Ok(());
            }
            let (now, before) = (write.now, feature.progress.clone());
            let attempt = before.stands_in().cloned().ok_or(Refusal::Finished)?;
            feature.progress = match rest.kind {
                CourseKind::Held => before.clone().hold(rest.until, now)?,
                CourseKind::Resumed => before.clone().resume(now)?,
                CourseKind::Cancelled => before.clone().cancel(now)?,
                CourseKind::Reopened => before.clone().reopen(now)?,
                CourseKind::MovedBack => return Err(Error::internal("a move back is no rest")),
            };
            let today = feature.policy.policy.terms.calendar.date(now);
            if rest.until.is_some_and(|until| until < today) {
                let problem = FieldProblem { field: "until", label: "The day", problem: Problem::DayPassed };
                return Err(Error::Invalid(vec![problem]));
            }
            let step = Step {
                id: rest.id,
                kind: rest.kind,
                attempt: &attempt,
                to: None,
                until: rest.until,
                reason: &rest.reason,
            };
            store(&mut write, &permit, actor.person, &step).await?;
            store_progress(write.connection(), &permit, &feature.progress).await?;
            let object = Object::new(ObjectKind::Feature, feature.id, feature.key.to_string());
            let mut event = write.event(&permit, rest.verb, object);
            event
                .change("state", Value::code(status(&before)), Value::code(status(&feature.progress)))
                .change("until", Value::None, rest.until.map_or(Value::None, Value::Day));
            event.reason = Some(rest.reason.clone()).filter(|reason| !reason.is_empty());
            let settled = settle(&mut write, &permit, &feature).await?;
            tell_rest(&mut write, &permit, &feature, &rest.notice).await?;
            write.commit(event, settled.consequences).await
        })
        .await
    }
}

/// The code of where a feature stands, in events.
const fn status(progress: &Progress) -> &'static str {
    match progress {
        Progress::Active(_) => "active",
        Progress::Held { .. } => "held",
        Progress::Cancelled { .. } => "cancelled",
        Progress::Finished { .. } => "finished",
    }
}
