use secrecy::SecretString;
use sluice_domain::{
    access::{Action, Role},
    audit::{Authentication, Object, ObjectKind, Value, Verb},
    delegation::{PeriodProblem, has_seats, period},
    form::{Check, FieldProblem, Fields, Problem},
    ids::{DelegationId, PersonId},
    notification::{Because, Notice},
    text::{ProductKey, Reason},
};
use time::Date;

use crate::{
    Service,
    actor::Actor,
    db::write::uncancelled,
    error::{Error, Result, violates},
    gates::demand_password,
    notifications::{To, notify},
    people::invalid,
    products::find,
};

/// Hands one's own seat to somebody else.
#[derive(Debug)]
pub struct DelegateSeat {
    /// Made with the form: the same form sent twice is one delegation.
    pub id: DelegationId,
    /// To whom.
    pub to: PersonId,
    /// The seat.
    pub role: Role,
    /// The first day; today where it is left empty.
    pub first: Option<Date>,
    /// The last day.
    pub last: Date,
    /// Why.
    pub reason: Reason,
    /// The password: it gives a signature away.
    pub password: SecretString,
}

impl DelegateSeat {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let id = check.choice(fields, "id", "The form", |text| text.parse().ok());
        let role = check
            .choice(fields, "role", "The seat", |code| Role::from_code(code).filter(|role| has_seats(*role)));
        let to = check.choice(fields, "to", "Who signs for you", |text| text.parse().ok());
        let first = check.optional_day(fields, "first", "The first day");
        let last = check.optional_day(fields, "last", "The last day");
        if last.is_none() {
            check.note_once("last", "The last day", Problem::NotADay);
        }
        let reason = check.text(fields, "reason", "The reason");
        let password = demand_password(&mut check, fields);
        let command =
            (|| Some(Self { id: id?, to: to?, role: role?, first, last: last?, reason: reason?, password }))(
            );
        check.finish(command)
    }
}

/// Takes a seat back before its time.
#[derive(Clone, Copy, Debug)]
pub struct EndDelegation {
    /// Which delegation.
    pub id: DelegationId,
}

/// What is wrong with a period, beside its field.
fn period_problem(problem: PeriodProblem) -> Error {
    match problem {
        PeriodProblem::BeginsInThePast => invalid("first", "The first day", Problem::DayOver),
        PeriodProblem::EndsBeforeItBegins => invalid("last", "The last day", Problem::DayOver),
        PeriodProblem::TooLong { last } => invalid("last", "The last day", Problem::DayTooLate { last }),
    }
}

impl Service {
    /// Hands the actor's seat at the gates of a product to somebody else for a while.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a wrong password, a period that is none, and a person without a role in the product;
    /// [`Error::Denied`] for a seat that the actor does not have.
    pub async fn delegate_seat(
        &self,
        actor: &Actor,
        product: &ProductKey,
        command: DelegateSeat,
    ) -> Result<()> {
        self.check_step_up(actor, &command.password).await?;
        let (service, actor, key) = (self.clone(), actor.clone(), product.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let product = find(begun.connection(), &key).await?;
            let mut write = begun.at_now().await?;
            let permit = write
                .authorize_product(&actor, Action::DelegateSeat, product)
                .await?
                .authenticated_by(Authentication::Password);
            write.one_role_of(&actor, product, &[command.role], Action::DelegateSeat).await?;
            let policy = service.policies.current(write.connection(), product).await?;
            let calendar = &policy.policy.terms.calendar;
            let (from, until) =
                period(command.first, command.last, calendar, write.now).map_err(period_problem)?;
            let may_take = sqlx::query_scalar!(
                "select p.id from person p
                 where p.id = $1 and p.disabled_at is null and p.id <> $3
                   and exists (select from product_grant g where g.person_id = p.id and g.product_id = $2)
                 for share of p",
                command.to.uuid(),
                permit.product().uuid(),
                actor.person.uuid()
            )
            .fetch_optional(write.connection())
            .await?;
            if may_take.is_none() {
                return Err(invalid("to", "Who signs for you", Problem::NotInProduct));
            }
            let now = write.now;
            let inserted = sqlx::query!(
                "insert into delegation (id, product_id, from_id, to_id, role, reason, from_at, until_at, created_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                command.id.uuid(),
                permit.product().uuid(),
                actor.person.uuid(),
                command.to.uuid(),
                command.role.code(),
                command.reason.as_str(),
                from,
                until,
                now
            )
            .execute(write.connection())
            .await;
            if let Err(error) = inserted {
                // The form was sent before: what it made is there.
                return if violates(&error, "delegation_pkey") { Ok(()) } else { Err(error.into()) };
            }
            let object = Object::new(ObjectKind::Delegation, command.id, key.as_str());
            let mut event = write.event(&permit, Verb::SeatDelegated, object);
            event
                .change("person", Value::None, Value::code(command.to))
                .change("role", Value::None, Value::code(command.role.code()))
                .change("from", Value::None, Value::Day(calendar.date(from)))
                .change("until", Value::None, Value::Day(command.last));
            event.reason = Some(command.reason.to_string());
            let told = Notice::SeatDelegated { role: command.role, until: command.last };
            notify(&mut write, &permit, [To::person(command.to, Because::Seat)], &told).await?;
            write.commit(event, Vec::new()).await
        })
        .await
    }

    /// Takes back a seat that the actor handed on. What was signed in it stands.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the actor handed no such seat on, or it is over.
    pub async fn end_delegation(
        &self,
        actor: &Actor,
        product: &ProductKey,
        command: EndDelegation,
    ) -> Result<()> {
        let (db, actor, key) = (self.db.clone(), actor.clone(), product.clone());
        uncancelled(|token| async move {
            let mut begun = db.begin(&token, &actor.origin).await?;
            let product = find(begun.connection(), &key).await?;
            // Before the clock is read: what is signed in this seat under a lock of it comes before this, in the record as
            // well.
            sqlx::query_scalar!("select id from delegation where id = $1 for update", command.id.uuid())
                .fetch_optional(begun.connection())
                .await?;
            let mut write = begun.at_now().await?;
            let permit = write.authorize_product(&actor, Action::DelegateSeat, product).await?;
            let now = write.now;
            let ended = sqlx::query!(
                "update delegation set ended_at = $4, ended_by = $3
                 where id = $1 and product_id = $2 and from_id = $3 and ended_at is null and until_at > $4
                 returning to_id, role",
                command.id.uuid(),
                permit.product().uuid(),
                actor.person.uuid(),
                now
            )
            .fetch_optional(write.connection())
            .await?
            .ok_or(Error::NotFound)?;
            let object = Object::new(ObjectKind::Delegation, command.id, key.as_str());
            let mut event = write.event(&permit, Verb::DelegationEnded, object);
            event.change("person", Value::code(ended.to_id), Value::None).change(
                "role",
                Value::code(&ended.role),
                Value::None,
            );
            let role = Role::from_code(&ended.role).ok_or_else(|| Error::internal("unknown role"))?;
            let to = To::person(PersonId::new(ended.to_id), Because::Seat);
            notify(&mut write, &permit, [to], &Notice::DelegationEnded { role }).await?;
            write.commit(event, Vec::new()).await
        })
        .await
    }
}
