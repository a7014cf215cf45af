//! A sign-off as it is given and taken back: the same at the gate that a feature stands at and at one that is owed.

use secrecy::SecretString;
use sluice_domain::{
    access::{Action, Role},
    audit::{Authentication, Event, Object, ObjectKind, Value, Verb},
    canonical::Digest,
    dossier::Dossier,
    form::{Check, FieldProblem, Fields, Problem},
    gate::{SignOffFact, Verdict},
    ids::{PersonId, SignOffId},
    lifecycle::Refusal,
    policy::PhaseKey,
    text::{Note, Reason, TextError},
};

use super::settle::{gate_object_of, store_dossier};
use crate::{
    actor::Actor,
    clock::fresh_id,
    db::{
        permit::{InFeature, Permit},
        write::Write,
    },
    delegations,
    error::{Error, Result, violates},
    features::row::Feature,
    people::invalid,
};

/// A sign-off: what is said, from which seat, of which dossier, with the password given anew.
#[derive(Debug)]
pub struct SignGate {
    /// Approve or deny.
    pub verdict: Verdict,
    /// The seat.
    pub role: Role,
    /// Whose seat it is, where somebody handed theirs to the signer.
    pub on_behalf_of: Option<PersonId>,
    /// Why; needed to deny.
    pub reason: String,
    /// The dossier that was on screen.
    pub covers: Digest,
    /// The password: signing takes a step-up of its own (ASVS 7.5.3), bound to this dossier by being one request.
    pub password: SecretString,
}

impl SignGate {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let verdict = check.choice(fields, "verdict", "Your decision", Verdict::from_code);
        let (role, on_behalf_of) = seat(&mut check, fields);
        let covers = check.choice(fields, "dossier", "The dossier", |code| code.parse::<Digest>().ok());
        let reason = check.text::<Note>(fields, "reason", "Reason");
        if verdict == Some(Verdict::Deny)
            && let Some(reason) = &reason
            && reason.as_str().parse::<Reason>().is_err()
        {
            check.note("reason", "A reason", Problem::ReasonNeeded);
        }
        let password = demand_password(&mut check, fields);
        let command = (|| {
            Some(Self {
                verdict: verdict?,
                role: role?,
                on_behalf_of,
                reason: reason?.to_string(),
                covers: covers?,
                password,
            })
        })();
        check.finish(command)
    }

    /// The sign-off as the rules see it.
    pub(super) fn fact(&self, actor: &Actor) -> SignOffFact {
        SignOffFact {
            person: actor.person,
            name: actor.name.clone(),
            role: self.role,
            verdict: self.verdict,
            covers: self.covers,
            on_behalf_of: self.on_behalf_of,
        }
    }
}

/// The seat: one's own role, or `role/person` where that person handed theirs on.
fn seat(check: &mut Check, fields: &Fields) -> (Option<Role>, Option<PersonId>) {
    let chosen = check.choice(fields, "role", "Your role", |text| match text.split_once('/') {
        None => Some((Role::from_code(text)?, None)),
        Some((role, person)) => Some((Role::from_code(role)?, Some(person.parse().ok()?))),
    });
    (chosen.map(|(role, _)| role), chosen.and_then(|(_, person)| person))
}

/// The password of a step-up; an empty one is noted.
pub(crate) fn demand_password(check: &mut Check, fields: &Fields) -> SecretString {
    let password = fields.get("password");
    if password.is_empty() {
        check.note("password", "Password", Problem::Text(TextError::Empty));
    }
    SecretString::from(password)
}

/// Takes one's own standing sign-off back.
#[derive(Debug)]
pub struct WithdrawSignOff {
    /// The sign-off that was on screen: another one that stands by now stays.
    pub sign_off: SignOffId,
    /// Why.
    pub reason: Reason,
    /// The password: a withdrawn denial may open or pay the gate, so it takes the same step-up as signing.
    pub password: SecretString,
}

impl WithdrawSignOff {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let sign_off = check.choice(fields, "sign-off", "The sign-off", |text| text.parse().ok());
        let reason = check.text(fields, "reason", "The reason");
        let password = demand_password(&mut check, fields);
        check.finish(sign_off.zip(reason).map(|(sign_off, reason)| Self { sign_off, reason, password }))
    }
}

/// The permit to sign. In whose seat decides what it takes: a role of one's own, for which `own` is the action, or a
/// delegation of just this seat.
pub(super) async fn authorize(
    write: &mut Write,
    actor: &Actor,
    feature: &Feature,
    command: &SignGate,
    own: Action,
) -> Result<Permit<InFeature>> {
    let action = if command.on_behalf_of.is_some() { Action::SignForAnother } else { own };
    let permit = write
        .authorize_feature(actor, action, feature.id, feature.product)
        .await?
        .authenticated_by(Authentication::Password);
    let role = match command.on_behalf_of {
        None => write.one_role_of(actor, feature.product, &[command.role], own).await?,
        Some(principal) => {
            let (now, people) = (write.now, (principal, actor.person));
            if !delegations::hold(write.connection(), permit.product(), people, command.role, now).await? {
                return Err(invalid("role", "The seat", Problem::NotAChoice));
            }
            command.role
        }
    };
    Ok(permit.acting_as(role))
}

/// Stores a sign-off that the rules allow, with the dossier that it covers. Returns its event.
pub(super) async fn give(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    actor: &Actor,
    dossier: &Dossier,
    command: SignGate,
) -> Result<Event> {
    store_dossier(write, feature, dossier).await?;
    let phase = feature.policy.policy.phase(&dossier.phase).ok_or(Error::NotFound)?;
    let rule = phase.gate.sign_offs.iter().find(|rule| rule.role == command.role);
    let meaning = rule.ok_or(Refusal::RoleNotAsked)?.meaning.clone();
    let id: SignOffId = fresh_id(write.now);
    let (now, digest) = (write.now, dossier.digest());
    let inserted = sqlx::query!(
        "insert into sign_off (id, feature_id, phase, cycle, person_id, role, verdict, printed_name, meaning,
                               reason, dossier, authentication, signed_at, on_behalf_of)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        id.uuid(),
        permit.feature().uuid(),
        dossier.phase.as_str(),
        dossier.cycle,
        actor.person.uuid(),
        command.role.code(),
        command.verdict.code(),
        actor.name,
        meaning,
        command.reason,
        digest.as_bytes().as_slice(),
        Authentication::Password.code(),
        now,
        command.on_behalf_of.map(PersonId::uuid)
    )
    .execute(write.connection())
    .await;
    if let Err(error) = inserted {
        let taken = ["sign_off_standing", "sign_off_standing_for"];
        return Err(if taken.iter().any(|name| violates(&error, name)) {
            Error::Refused(Refusal::AlreadySigned)
        } else {
            error.into()
        });
    }
    let name = gate_object_of(feature, &dossier.phase, dossier.cycle).name;
    let mut event = write.event(permit, Verb::GateSigned, Object::new(ObjectKind::SignOff, id, name));
    event
        .change("verdict", Value::None, Value::code(command.verdict.code()))
        .change("cycle", Value::None, Value::Number(dossier.cycle.into()))
        .change("printed-name", Value::None, Value::text(&actor.name))
        .change("meaning", Value::None, Value::text(meaning))
        .change("dossier", Value::None, Value::Digest(digest));
    if let Some(principal) = command.on_behalf_of {
        event.change("on-behalf-of", Value::None, Value::code(principal));
    }
    event.reason = (!command.reason.is_empty()).then_some(command.reason);
    Ok(event)
}

/// Takes the actor's standing sign-off of a gate back. Whoever could give it can take it back: in a seat of their own or in
/// one that was handed to them, even when that delegation is over by now. Returns the permit and the event.
///
/// # Errors
/// [`Error::NotFound`] when none of theirs stands, [`Error::Stale`] when it is another than the one that was on screen.
pub(super) async fn take_back(
    write: &mut Write,
    permit: Permit<InFeature>,
    feature: &Feature,
    actor: &Actor,
    (phase, cycle): (&PhaseKey, i32),
    command: &WithdrawSignOff,
) -> Result<(Permit<InFeature>, Event)> {
    let (now, reason) = (write.now, &command.reason);
    let withdrawn = sqlx::query!(
        "update sign_off set ended = 'withdrawn', ended_at = $5, ended_reason = $6
         where feature_id = $1 and phase = $2 and cycle = $3 and person_id = $4 and ended is null and id = $7
         returning id, role, verdict",
        permit.feature().uuid(),
        phase.as_str(),
        cycle,
        actor.person.uuid(),
        now,
        reason.as_str(),
        command.sign_off.uuid()
    )
    .fetch_optional(write.connection())
    .await?;
    let Some(withdrawn) = withdrawn else {
        let other = sqlx::query_scalar!(
            r#"select exists (select from sign_off where feature_id = $1 and phase = $2 and cycle = $3
                              and person_id = $4 and ended is null) as "any!""#,
            permit.feature().uuid(),
            phase.as_str(),
            cycle,
            actor.person.uuid()
        )
        .fetch_one(write.connection())
        .await?;
        return Err(if other { Error::Stale } else { Error::NotFound });
    };
    // Taken back in the role in which it was given, unless that role was lost since.
    let given = Role::from_code(&withdrawn.role);
    let roles = write.roles_in(actor, feature.product).await?;
    let permit = match given.filter(|role| roles.contains(role)) {
        Some(role) => permit.acting_as(role),
        None => permit,
    };
    let name = gate_object_of(feature, phase, cycle).name;
    let object = Object::new(ObjectKind::SignOff, withdrawn.id, name);
    let mut event = write.event(&permit, Verb::SignOffWithdrawn, object);
    event.change("verdict", Value::code(withdrawn.verdict), Value::None);
    event.reason = Some(reason.to_string());
    Ok((permit, event))
}
