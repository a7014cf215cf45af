//! Who is told of what happens to a feature's course, once the feature is settled.

use sluice_domain::{
    access::Role,
    gate::SignOffFact,
    ids::{EmergencyId, Id},
    lifecycle::OwedGate,
    notification::{Because, Gate, Notice},
    policy::Phase,
};

use crate::{
    db::{
        permit::{InFeature, Permit},
        write::Write,
    },
    error::{Error, Result},
    features::row::Feature,
    notifications::{To, concerned, holders, notify, watchers},
};

/// Tells whom it concerns that a feature rests, or goes on.
pub(super) async fn tell_rest(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    notice: &Notice,
) -> Result<()> {
    let to = concerned(write, feature).await?;
    notify(write, permit, to, notice).await
}

/// Tells whom it concerns that a feature was moved back, and first of all those whose sign-offs that ended.
pub(super) async fn tell_moved_back(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    to: &Phase,
    ended: &[SignOffFact],
) -> Result<()> {
    let signers = ended.iter().flat_map(SignOffFact::people);
    let mut people: Vec<To> = signers.map(|person| To::person(person, Because::Signer)).collect();
    people.extend(concerned(write, feature).await?);
    notify(write, permit, people, &Notice::MovedBack { gate: Gate::from(to) }).await
}

/// Tells the people who can agree, and who owns the feature, that somebody asked for a release in an emergency.
pub(super) async fn tell_proposed(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
) -> Result<()> {
    let to = approvers(write, feature).await?;
    notify(write, permit, to, &Notice::EmergencyProposed {}).await
}

/// Tells those who agreed, the people who could, and who owns the feature, that a release was called off.
pub(super) async fn tell_called_off(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    emergency: EmergencyId,
) -> Result<()> {
    let mut to = agreed(write, emergency).await?;
    to.extend(approvers(write, feature).await?);
    notify(write, permit, to, &Notice::EmergencyCalledOff {}).await
}

/// Tells everybody that a feature was released in an emergency who has a part in it from now on: who owns it, who agreed,
/// who can sign what is owed, whose work comes next, and who watches it.
pub(super) async fn tell_released(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    emergency: EmergencyId,
    owed: &[OwedGate],
) -> Result<()> {
    let policy = &feature.policy.policy;
    let phases: Vec<&Phase> = owed.iter().filter_map(|gate| policy.phase(&gate.phase)).collect();
    let due = owed.iter().map(|gate| gate.due).min();
    let until = due.ok_or_else(|| Error::internal("an emergency that leaves nothing owed"))?;
    let seats: Vec<Role> = phases
        .iter()
        .flat_map(|phase| phase.gate.sign_offs_for(feature.tier).map(|rule| rule.role))
        .collect();
    let mut to = vec![To::person(feature.owner, Because::Owner)];
    to.extend(agreed(write, emergency).await?);
    to.extend(holders(write, feature.product, &seats).await?);
    to.extend(concerned(write, feature).await?);
    let notice = Notice::EmergencyReleased {
        owed: phases.iter().map(|phase| phase.name.clone()).collect(),
        until: policy.terms.calendar.date(until),
    };
    notify(write, permit, to, &notice).await
}

/// Tells who owns a feature, who signed and who watches it that nothing is owed at a gate any more.
pub(crate) async fn tell_paid(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    phase: &Phase,
    sign_offs: &[SignOffFact],
) -> Result<()> {
    let mut to = vec![To::person(feature.owner, Because::Owner)];
    let signers = sign_offs.iter().flat_map(SignOffFact::people);
    to.extend(signers.map(|person| To::person(person, Because::Signer)));
    to.extend(watchers(write, feature.id).await?);
    notify(write, permit, to, &Notice::GatePaid { gate: Gate::from(phase) }).await
}

/// The people who can agree to a release in an emergency, and who owns the feature.
async fn approvers(write: &mut Write, feature: &Feature) -> Result<Vec<To>> {
    let roles = feature.policy.policy.terms.emergency.as_ref().map(|terms| terms.approvers.as_slice());
    let mut to = holders(write, feature.product, roles.unwrap_or_default()).await?;
    to.push(To::person(feature.owner, Because::Owner));
    Ok(to)
}

/// Who agreed to a release, whoever asked for it first.
async fn agreed(write: &mut Write, emergency: EmergencyId) -> Result<Vec<To>> {
    let people = sqlx::query_scalar!(
        "select person_id from emergency_consent where emergency_id = $1 order by consented_at, id",
        emergency.uuid()
    )
    .fetch_all(write.connection())
    .await?;
    let because = |place: usize| if place == 0 { Because::Asker } else { Because::Decider };
    Ok(people
        .into_iter()
        .enumerate()
        .map(|(place, person)| To::person(Id::new(person), because(place)))
        .collect())
}
