use secrecy::SecretString;
use sluice_domain::{
    access::{Action, Role},
    audit::{Authentication, Object, ObjectKind, Value, Verb},
    canonical::Digest,
    delegation::may_sign_for,
    form::{Check, FieldProblem, Fields, Problem},
    gate::{SignOffFact, Verdict, decide},
    ids::{FeatureKey, PersonId, SignOffId},
    lifecycle::{Progress, Refusal},
    text::{Note, Reason, TextError},
};

use super::{
    gather,
    settle::{Ending, end_attempt, gate_object, settle, start_attempt, store_dossier},
    told::{tell_requested, tell_returned},
};
use crate::{
    Service,
    actor::Actor,
    clock::fresh_id,
    db::write::uncancelled,
    delegations,
    error::{Error, Result, violates},
    features::row::{self, store_progress},
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

/// Takes one's own standing sign-off back.
#[derive(Debug)]
pub struct WithdrawSignOff {
    /// Why.
    pub reason: Reason,
    /// The password: a withdrawn denial may open the gate, so it takes the same step-up as signing.
    pub password: SecretString,
}

impl WithdrawSignOff {
    /// Parses the form.
    ///
    /// # Errors
    /// Every problem of the form.
    pub fn parse(fields: &Fields) -> Result<Self, Vec<FieldProblem>> {
        let mut check = Check::default();
        let reason = check.text(fields, "reason", "The reason");
        let password = demand_password(&mut check, fields);
        check.finish(reason.map(|reason| Self { reason, password }))
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
            let gathered = gather(write.connection(), &feature, phase, &attempt).await?;
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
    #[expect(clippy::too_many_lines, reason = "one transaction, told from its lock to its commit")]
    pub async fn sign_gate(&self, actor: &Actor, key: &FeatureKey, command: SignGate) -> Result<Progress> {
        // The costly part comes first and outside of the transaction, or the lock would be held for its time.
        self.check_step_up(actor, &command.password).await?;
        let (service, actor, key) = (self.clone(), actor.clone(), key.clone());
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &actor.origin).await?;
            let feature = row::lock(begun.connection(), &service.policies, &key).await?;
            let mut write = begun.at_now().await?;
            // In whose seat decides what it takes: a role of one's own, or a delegation of just this seat.
            let action = match command.on_behalf_of {
                None => Action::SignGate,
                Some(_) => Action::SignForAnother,
            };
            let permit = write
                .authorize_feature(&actor, action, feature.id, feature.product)
                .await?
                .authenticated_by(Authentication::Password);
            let permit = match command.on_behalf_of {
                None => {
                    let roles = [command.role];
                    let role = write.one_role_of(&actor, feature.product, &roles, Action::SignGate).await?;
                    permit.acting_as(role)
                }
                Some(principal) => {
                    let (now, people) = (write.now, (principal, actor.person));
                    let product = permit.product();
                    if !delegations::hold(write.connection(), product, people, command.role, now).await? {
                        return Err(invalid("role", "The seat", Problem::NotAChoice));
                    }
                    permit.acting_as(command.role)
                }
            };
            let attempt = feature.progress.attempt()?.clone();
            let policy = &feature.policy.policy;
            let phase = policy.phase(&attempt.phase).ok_or(Error::NotFound)?;
            let gathered = gather(write.connection(), &feature, phase, &attempt).await?;
            let dossier = gathered.dossier.digest();
            let sign_off = SignOffFact {
                person: actor.person,
                name: actor.name.clone(),
                role: command.role,
                verdict: command.verdict,
                covers: command.covers,
                on_behalf_of: command.on_behalf_of,
            };
            if let Some(principal) = command.on_behalf_of {
                let people = (principal, actor.person);
                may_sign_for(&attempt, policy, &gathered.situation, people, command.role, write.now)?;
            }
            attempt.sign(policy, gathered.situation, sign_off, &feature.cycles, write.now)?;

            store_dossier(&mut write, &feature, &gathered.dossier).await?;
            let meaning = phase
                .gate
                .sign_offs
                .iter()
                .find(|rule| rule.role == command.role)
                .map(|rule| rule.meaning.clone())
                .unwrap_or_default();
            let id: SignOffId = fresh_id(write.now);
            let now = write.now;
            let inserted = sqlx::query!(
                "insert into sign_off (id, feature_id, phase, cycle, person_id, role, verdict, printed_name, meaning,
                                       reason, dossier, authentication, signed_at, on_behalf_of)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
                id.uuid(),
                permit.feature().uuid(),
                attempt.phase.as_str(),
                attempt.cycle,
                actor.person.uuid(),
                command.role.code(),
                command.verdict.code(),
                actor.name,
                meaning,
                command.reason,
                dossier.as_bytes().as_slice(),
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
            let object = Object::new(ObjectKind::SignOff, id, gate_object(&feature, &attempt).name);
            let mut event = write.event(&permit, Verb::GateSigned, object);
            event
                .change("verdict", Value::None, Value::code(command.verdict.code()))
                .change("cycle", Value::None, Value::Number(attempt.cycle.into()))
                .change("printed-name", Value::None, Value::text(&actor.name))
                .change("meaning", Value::None, Value::text(meaning))
                .change("dossier", Value::None, Value::Digest(dossier));
            if let Some(principal) = command.on_behalf_of {
                event.change("on-behalf-of", Value::None, Value::code(principal));
            }
            event.reason = (!command.reason.is_empty()).then_some(command.reason);
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await?;
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
            let facts = gather(write.connection(), &feature, phase, &attempt).await?.situation.facts;
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
    /// [`Error::NotFound`] when there is none, [`Error::Invalid`] for a wrong password.
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
            // Whoever could give it can take it back: in a seat of their own or in one that was handed to them, even when
            // that delegation is over by now.
            let permit = write
                .authorize_feature(&actor, Action::SignForAnother, feature.id, feature.product)
                .await?
                .authenticated_by(Authentication::Password);
            let attempt = feature.progress.attempt()?.clone();
            let now = write.now;
            let withdrawn = sqlx::query!(
                "update sign_off set ended = 'withdrawn', ended_at = $5, ended_reason = $6
                 where feature_id = $1 and phase = $2 and cycle = $3 and person_id = $4 and ended is null
                 returning id, role, verdict",
                permit.feature().uuid(),
                attempt.phase.as_str(),
                attempt.cycle,
                actor.person.uuid(),
                now,
                command.reason.as_str()
            )
            .fetch_optional(write.connection())
            .await?
            .ok_or(Error::NotFound)?;
            // Taken back in the role in which it was given, unless that role was lost since.
            let given = Role::from_code(&withdrawn.role);
            let roles = write.roles_in(&actor, feature.product).await?;
            let permit = match given.filter(|role| roles.contains(role)) {
                Some(role) => permit.acting_as(role),
                None => permit,
            };
            let object = Object::new(ObjectKind::SignOff, withdrawn.id, gate_object(&feature, &attempt).name);
            let mut event = write.event(&permit, Verb::SignOffWithdrawn, object);
            event.change("verdict", Value::code(withdrawn.verdict), Value::None);
            event.reason = Some(command.reason.to_string());
            let settled = settle(&mut write, &permit, &feature).await?;
            write.commit(event, settled.consequences).await?;
            Ok(settled.progress)
        })
        .await
    }
}
