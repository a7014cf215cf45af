use sluice_domain::{
    access::Action,
    audit::{Value, Verb},
    calendar::Calendar,
    form::{Check, FieldProblem, Fields, Problem},
    gate::Blocker,
    ids::{FeatureKey, WaiverId},
    notification::Notice,
    text::{Reason, TextError},
    waiver::{TermError, Waiver, WaiverState, last_day, term, terms},
    words,
};
use time::{Date, OffsetDateTime};

use super::{Standing, object};
use crate::{
    Service,
    actor::Actor,
    clock::fresh_salt,
    db::{
        permit::{InFeature, Permit},
        write::{Write, uncancelled},
    },
    error::{Error, Result},
    features::row::{self, Feature},
    gates::settle,
    notifications::{holders, notify},
};

/// The longest subject of a blocker that is looked for; what blocks says none that is longer.
const LONGEST_SUBJECT: usize = 2_000;

/// A request for a waiver.
#[derive(Debug)]
pub struct RequestWaiver {
    /// Id made with the form: sending it twice asks once.
    pub id: WaiverId,
    /// The blocker, by its subject.
    pub subject: String,
    /// Why the team cannot clear it in time.
    pub reason: Reason,
    /// What keeps the risk down meanwhile.
    pub compensation: Reason,
    /// The last day on which it shall hold.
    pub until: Date,
    /// Number of the waiver that it prolongs.
    pub renews: Option<i32>,
}

impl RequestWaiver {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let id = check.choice(fields, "id", "The form", |text| text.parse().ok());
        let subject = check.choice(fields, "subject", "What is waived", |text| {
            (1..=LONGEST_SUBJECT).contains(&text.len()).then(|| text.to_owned())
        });
        let reason = check.text(fields, "reason", "The reason");
        let compensation = check.text(fields, "compensation", "The compensating control");
        let until = check.optional_day(fields, "until", "The last day");
        if until.is_none() {
            check.note_once("until", "The last day", Problem::Text(TextError::Empty));
        }
        let renews = check.optional_choice(fields, "renews", "The waiver to renew", |text| text.parse().ok());
        let command = (|| {
            Some(Self {
                id: id?,
                subject: subject?,
                reason: reason?,
                compensation: compensation?,
                until: until?,
                renews,
            })
        })();
        check.finish(command)
    }
}

/// A day that is no last day of a waiver, as a problem beside its field.
fn day_refused(error: TermError) -> Error {
    let problem = match error {
        TermError::Over => Problem::DayOver,
        TermError::TooLate { last } => Problem::DayTooLate { last },
    };
    Error::Invalid(vec![FieldProblem { field: "until", label: "The last day", problem }])
}

impl Service {
    /// Asks for a waiver of something that blocks the current gate. Returns its number.
    ///
    /// # Errors
    /// [`Error::Refused`] when this may not be waived, or was asked for already; [`Error::Invalid`] for a day that is
    /// over, or later than the policy allows.
    pub async fn request_waiver(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        command: RequestWaiver,
    ) -> Result<i32> {
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit =
                write.authorize_feature(&actor, Action::RequestWaiver, feature.id, feature.product).await?;
            let (policy, calendar) = (&feature.policy.policy, &feature.policy.policy.terms.calendar);
            if let Some(number) = sent_before(&mut write, &permit, &actor, &command, calendar).await? {
                return Ok(number);
            }
            let standing = Standing::of(&mut write, &feature).await?;
            let scene = standing.scene(&feature, write.now);
            let blocker = scene.may_request(&command.subject, command.renews)?;
            let until = term(terms(policy)?, calendar, command.until, write.now).map_err(day_refused)?;
            let phase = feature.progress.attempt()?.phase.to_string();
            let waiver =
                insert(&mut write, &permit, &actor, &command, Asked { phase, blocker, until }).await?;
            let mut event = write.event(&permit, Verb::WaiverRequested, object(command.id, waiver.number));
            event
                .change("waived", Value::None, Value::text(words::blocker(blocker)))
                .change("compensating-control", Value::None, Value::text(command.compensation.as_str()))
                .change("last-day", Value::None, Value::Day(command.until));
            if let Some(renewed) = command.renews {
                event.change("renews", Value::None, Value::code(format!("W-{renewed}")));
            }
            event.reason = Some(command.reason.to_string());
            let settled = settle(&mut write, &permit, &feature).await?;
            tell_approvers(&mut write, &permit, &feature, &standing, waiver.number).await?;
            write.commit(event, settled.consequences).await?;
            Ok(waiver.number)
        })
        .await
    }
}

/// Tells the people who can decide about it: of a role that approves, and none of those who contributed.
async fn tell_approvers(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    standing: &Standing,
    number: i32,
) -> Result<()> {
    let mut to = holders(write, feature.product, &terms(&feature.policy.policy)?.approvers).await?;
    to.retain(|to| !standing.gathered.situation.facts.contributors.include(to.person));
    notify(write, permit, to, &Notice::WaiverRequested { number }).await
}

/// The number of the waiver that this form made before.
async fn sent_before(
    write: &mut Write,
    permit: &Permit<InFeature>,
    actor: &Actor,
    command: &RequestWaiver,
    calendar: &Calendar,
) -> Result<Option<i32>> {
    let earlier = sqlx::query!(
        "select feature_id, number, subject, reason, compensation, until, requested_by from waiver where id = $1",
        command.id.uuid()
    )
    .fetch_optional(write.connection())
    .await?;
    let Some(earlier) = earlier else { return Ok(None) };
    if earlier.feature_id != permit.feature().uuid() || earlier.requested_by != actor.person.uuid() {
        return Err(Error::NotFound);
    }
    let same = earlier.subject == command.subject
        && earlier.reason == command.reason.as_str()
        && earlier.compensation == command.compensation.as_str()
        && last_day(earlier.until, calendar) == command.until;
    if same {
        return Ok(Some(earlier.number));
    }
    let problem = FieldProblem { field: "reason", label: "The reason", problem: Problem::SentBefore };
    Err(Error::Invalid(vec![problem]))
}

/// What is asked for, as the decision names it.
struct Asked<'a> {
    phase: String,
    blocker: &'a Blocker,
    until: OffsetDateTime,
}

async fn insert(
    write: &mut Write,
    permit: &Permit<InFeature>,
    actor: &Actor,
    command: &RequestWaiver,
    asked: Asked<'_>,
) -> Result<Waiver> {
    let number = sqlx::query_scalar!(
        r#"select coalesce(max(number), 0) + 1 as "number!" from waiver where feature_id = $1"#,
        permit.feature().uuid()
    )
    .fetch_one(write.connection())
    .await?;
    let (now, salt) = (write.now, fresh_salt());
    sqlx::query!(
        "insert into waiver (id, feature_id, product_id, number, phase, subject, code, blocker, reason, compensation,
                             until, renews, state, requested_by, requested_at, salt)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        command.id.uuid(),
        permit.feature().uuid(),
        permit.product().uuid(),
        number,
        asked.phase,
        command.subject,
        asked.blocker.code(),
        words::blocker(asked.blocker),
        command.reason.as_str(),
        command.compensation.as_str(),
        asked.until,
        command.renews,
        WaiverState::Requested.code(),
        actor.person.uuid(),
        now,
        salt.0.as_slice()
    )
    .execute(write.connection())
    .await?;
    Ok(Waiver {
        number,
        subject: command.subject.clone(),
        state: WaiverState::Requested,
        until: asked.until,
        requested_by: actor.person,
    })
}
