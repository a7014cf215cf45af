use secrecy::SecretString;
use sluice_domain::{
    access::Action,
    audit::{Authentication, Value, Verb},
    form::{Check, FieldProblem, Fields, Problem},
    ids::FeatureKey,
    notification::Notice,
    text::{Note, Reason},
    waiver::{Person, WaiverState, last_day, terms},
};
use time::OffsetDateTime;

use super::{Standing, lapse::whose, object, row};
use crate::{
    Service,
    actor::Actor,
    db::{
        permit::{InFeature, Permit},
        write::{Write, uncancelled},
    },
    error::{Error, Result},
    features,
    gates::{demand_password, settle},
    notifications::notify,
};

pub use sluice_domain::waiver::WaiverVerdict;

/// A decision about a request for a waiver.
#[derive(Debug)]
pub struct DecideWaiver {
    /// Approve or refuse.
    pub verdict: WaiverVerdict,
    /// What is said to it; needed to refuse.
    pub reason: String,
    /// The version that was on screen.
    pub version: i32,
    /// The password: to let something pass is a sign-off, and takes the same step-up.
    pub password: SecretString,
}

impl DecideWaiver {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let verdict = check.choice(fields, "verdict", "Your decision", WaiverVerdict::from_code);
        let version = check.choice(fields, "version", "The version", |text| text.parse().ok());
        let reason = check.text::<Note>(fields, "reason", "Reason");
        if verdict == Some(WaiverVerdict::Refuse)
            && let Some(reason) = &reason
            && reason.as_str().parse::<Reason>().is_err()
        {
            check.note("reason", "A reason", Problem::ReasonNeeded);
        }
        let password = demand_password(&mut check, fields);
        let command =
            (|| Some(Self { verdict: verdict?, reason: reason?.to_string(), version: version?, password }))();
        check.finish(command)
    }
}

impl Service {
    /// Approves or refuses a request for a waiver. From the approval on the blocker is let pass, and approvals of the
    /// gate that stand are voided: what they cover is another dossier by then.
    ///
    /// # Errors
    /// [`Error::Denied`] for roles that the policy does not name, [`Error::Refused`] for who asked or contributed, or
    /// when nothing is left to decide, [`Error::Stale`] for another version, [`Error::Invalid`] for a wrong password.
    pub async fn decide_waiver(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        number: i32,
        command: DecideWaiver,
    ) -> Result<()> {
        // The costly part comes first and outside of the transaction, or the lock would be held for its time.
        self.check_step_up(actor, &command.password).await?;
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = features::row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            let permit = write
                .authorize_feature(&actor, Action::ApproveWaiver, feature.id, feature.product)
                .await?
                .authenticated_by(Authentication::Password);
            let policy = &feature.policy.policy;
            let approvers = &terms(policy)?.approvers;
            let role = write.one_role_of(&actor, feature.product, approvers, Action::ApproveWaiver).await?;
            let now = write.now;
            let item = row::one(write.connection(), permit.feature(), number, now).await?;
            if item.version != command.version {
                return Err(Error::Stale);
            }
            let standing = Standing::of(&mut write, &feature).await?;
            let waiver = item.waiver();
            let person = Person { id: actor.person, roles: &[role] };
            let role = waiver.may_decide(policy, &standing.gathered.situation, &standing.decision, person)?;
            let (state, verb) = match command.verdict {
                WaiverVerdict::Approve => {
                    waiver.may_approve(&standing.scene(&feature, now))?;
                    (WaiverState::Approved, Verb::WaiverApproved)
                }
                WaiverVerdict::Refuse => (WaiverState::Refused, Verb::WaiverRefused),
            };
            let permit = permit.acting_as(role);
            let last = last_day(item.until, &policy.terms.calendar);
            let decided = Decided { state, by: &actor, role: role.code(), reason: &command.reason };
            store(&mut write, &permit, number, &decided).await?;
            let mut event = write.event(&permit, verb, object(item.id, number));
            event
                .change("waived", Value::None, Value::text(item.blocker))
                .change("last-day", Value::None, Value::Day(last))
                .change("printed-name", Value::None, Value::text(&actor.name));
            event.reason = (!command.reason.is_empty()).then_some(command.reason);
            let settled = settle(&mut write, &permit, &feature).await?;
            let notice = match command.verdict {
                WaiverVerdict::Approve => Notice::WaiverApproved { number, until: last },
                WaiverVerdict::Refuse => Notice::WaiverRefused { number },
            };
            notify(&mut write, &permit, whose(item.requested_by, None, feature.owner), &notice).await?;
            write.commit(event, settled.consequences).await
        })
        .await
    }
}

/// What was decided.
struct Decided<'a> {
    state: WaiverState,
    by: &'a Actor,
    role: &'a str,
    reason: &'a str,
}

async fn store(
    write: &mut Write,
    permit: &Permit<InFeature>,
    number: i32,
    decided: &Decided<'_>,
) -> Result<()> {
    let now: OffsetDateTime = write.now;
    let done = sqlx::query!(
        "update waiver set state = $3, decided_by = $4, decided_role = $5, decided_at = $6, decision = $7,
                version = version + 1
         where feature_id = $1 and number = $2 and state = 'requested'",
        permit.feature().uuid(),
        number,
        decided.state.code(),
        decided.by.person.uuid(),
        decided.role,
        now,
        decided.reason
    )
    .execute(write.connection())
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::Stale) }
}
