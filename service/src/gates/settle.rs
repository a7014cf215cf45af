use sluice_domain::{
    access::Role,
    audit::{Event, Object, ObjectKind, Value, Verb},
    gate::{Decision, decide},
    ids::PersonId,
    lifecycle::{Attempt, Progress, Turn},
    policy::Tier,
};
use uuid::Uuid;

use super::{Gathered, gather};
use crate::{
    db::{
        permit::{InFeature, Permit},
        write::Write,
    },
    error::{Error, Result},
    features::row::{Feature, store_progress},
};

/// What settling a feature came to.
pub(crate) struct Settled {
    /// Where the feature stands now.
    pub(crate) progress: Progress,
    /// Voided sign-offs and opened gates, as events of the same transaction.
    pub(crate) consequences: Vec<Event>,
}

/// Settles a feature after a write, in the same transaction: sign-offs that the write voids are voided, a gate whose
/// last condition came true opens, and the projection that lists read follows the decision.
///
/// Every use case that writes to a feature ends here; there is no other way for a gate to open.
pub(crate) async fn settle(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
) -> Result<Settled> {
    let mut consequences = Vec::new();
    let Progress::Active(attempt) = &feature.progress else {
        project_finished(write, permit).await?;
        return Ok(Settled { progress: feature.progress.clone(), consequences });
    };
    let (mut gathered, mut decision) = decide_attempt(write, feature, attempt).await?;
    let voided = void_sign_offs(write, permit, feature, attempt, &gathered, &mut consequences).await?;
    if voided {
        (gathered, decision) = decide_attempt(write, feature, attempt).await?;
    }
    if attempt.turn == Turn::Team || !decision.is_open() {
        project(write, permit, &gathered, &decision).await?;
        return Ok(Settled { progress: feature.progress.clone(), consequences });
    }

    let progress = attempt.open(&feature.policy.policy, &decision, write.now)?;
    end_attempt(write, permit, attempt, Ending::Opened(feature.tier)).await?;
    store_progress(write.connection(), permit, &progress).await?;
    let mut event = write.consequence(permit, Verb::GateOpened, gate_object(feature, attempt));
    event.change(
        "phase",
        Value::code(&attempt.phase),
        match &progress {
            Progress::Active(next) => Value::code(&next.phase),
            Progress::Finished { .. } => Value::code("finished"),
        },
    );
    event.change("dossier", Value::None, Value::Digest(gathered.facts.dossier));
    consequences.push(event);

    let feature = Feature { progress: progress.clone(), ..feature.clone() };
    match &progress {
        Progress::Active(next) => {
            start_attempt(write, permit, next).await?;
            let (gathered, decision) = decide_attempt(write, &feature, next).await?;
            project(write, permit, &gathered, &decision).await?;
        }
        Progress::Finished { .. } => project_finished(write, permit).await?,
    }
    Ok(Settled { progress, consequences })
}

/// The gate of an attempt, as an object of events: its key is for people, its id is unique for ever.
pub(crate) fn gate_object(feature: &Feature, attempt: &Attempt) -> Object {
    let id = format!("{}/{}/{}", feature.id, attempt.phase, attempt.cycle);
    let name = feature
        .policy
        .policy
        .phase(&attempt.phase)
        .map_or_else(|| attempt.phase.to_string(), |p| p.name.clone());
    Object::new(ObjectKind::Gate, id, name)
}

async fn decide_attempt(
    write: &mut Write,
    feature: &Feature,
    attempt: &Attempt,
) -> Result<(Gathered, Decision)> {
    let phase =
        feature.policy.policy.phase(&attempt.phase).ok_or_else(|| Error::internal("phase not in policy"))?;
    let gathered = gather(write.connection(), feature, phase, attempt).await?;
    let decision = decide(phase, &gathered.facts);
    Ok((gathered, decision))
}

async fn void_sign_offs(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    attempt: &Attempt,
    gathered: &Gathered,
    consequences: &mut Vec<Event>,
) -> Result<bool> {
    let dossier = gathered.facts.dossier;
    let void: Vec<PersonId> = gathered
        .facts
        .sign_offs
        .iter()
        .filter(|sign_off| sign_off.is_voided_by(dossier))
        .map(|sign_off| sign_off.person)
        .collect();
    if void.is_empty() {
        return Ok(false);
    }
    let people: Vec<Uuid> = void.iter().map(|person| person.uuid()).collect();
    let now = write.now;
    let ids = sqlx::query_scalar!(
        "update sign_off set ended = 'voided', ended_at = $5, ended_reason = 'The dossier changed.'
         where feature_id = $1 and phase = $2 and cycle = $3 and person_id = any($4) and ended is null
         returning id",
        permit.feature().uuid(),
        attempt.phase.as_str(),
        attempt.cycle,
        &people,
        now
    )
    .fetch_all(write.connection())
    .await?;
    let name = gate_object(feature, attempt).name;
    for id in ids {
        let object = Object::new(ObjectKind::SignOff, id, name.clone());
        let mut event = write.consequence(permit, Verb::SignOffVoided, object);
        event.change("dossier", Value::None, Value::Digest(dossier));
        consequences.push(event);
    }
    Ok(true)
}

/// Begins an attempt at a gate.
pub(crate) async fn start_attempt(
    write: &mut Write,
    permit: &Permit<InFeature>,
    attempt: &Attempt,
) -> Result<()> {
    sqlx::query!(
        "insert into gate_attempt (feature_id, phase, cycle, started_at) values ($1, $2, $3, $4)",
        permit.feature().uuid(),
        attempt.phase.as_str(),
        attempt.cycle,
        attempt.since
    )
    .execute(write.connection())
    .await?;
    Ok(())
}

/// How an attempt ends.
pub(crate) enum Ending<'a> {
    /// The gate opened, under this tier.
    Opened(Tier),
    /// A person returned it, for this reason.
    Returned(PersonId, &'a str),
}

/// Ends the attempt under way; it is an error when there is none, so no attempt ends twice.
pub(crate) async fn end_attempt(
    write: &mut Write,
    permit: &Permit<InFeature>,
    attempt: &Attempt,
    ending: Ending<'_>,
) -> Result<()> {
    let now = write.now;
    let (outcome, tier, by, reason) = match ending {
        Ending::Opened(tier) => ("opened", Some(tier.code()), None, ""),
        Ending::Returned(by, reason) => ("returned", None, Some(by.uuid()), reason),
    };
    let done = sqlx::query!(
        "update gate_attempt set ended_at = $4, outcome = $5, ended_by = $6, reason = $7, tier = $8
         where feature_id = $1 and phase = $2 and cycle = $3 and outcome is null",
        permit.feature().uuid(),
        attempt.phase.as_str(),
        attempt.cycle,
        now,
        outcome,
        by,
        reason,
        tier
    )
    .execute(write.connection())
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::internal("the attempt has ended already")) }
}

async fn project(
    write: &mut Write,
    permit: &Permit<InFeature>,
    gathered: &Gathered,
    decision: &Decision,
) -> Result<()> {
    let codes = |blockers: &mut dyn Iterator<Item = &sluice_domain::gate::Blocker>| {
        let roles: std::collections::BTreeSet<Role> =
            blockers.flat_map(sluice_domain::gate::Blocker::cleared_by).collect();
        roles.into_iter().map(|role| role.code().to_owned()).collect::<Vec<String>>()
    };
    let team_roles = codes(&mut decision.for_team());
    let cleared_by = |role: &String| {
        let blockers = decision.for_team();
        blockers
            .filter(|blocker| blocker.cleared_by().iter().any(|other| other.code() == role.as_str()))
            .count()
    };
    let sign_roles = codes(&mut decision.blockers.iter().filter(|blocker| blocker.is_for_reviewers()));
    let contributors: Vec<Uuid> = gathered.facts.contributors.0.iter().map(|person| person.uuid()).collect();
    let signed: Vec<Uuid> = gathered.facts.sign_offs.iter().map(|sign_off| sign_off.person.uuid()).collect();
    let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let role_blockers: Vec<i32> = team_roles.iter().map(|role| count(cleared_by(role))).collect();
    store_projection(
        write,
        permit,
        count(decision.blockers.len()),
        count(decision.things_for_team()),
        &team_roles,
        &role_blockers,
        &sign_roles,
        &contributors,
        &signed,
    )
    .await
}

async fn project_finished(write: &mut Write, permit: &Permit<InFeature>) -> Result<()> {
    store_projection(write, permit, 0, 0, &[], &[], &[], &[], &[]).await
}

#[expect(clippy::too_many_arguments, reason = "one argument a column of one row")]
async fn store_projection(
    write: &mut Write,
    permit: &Permit<InFeature>,
    blockers: i32,
    team_blockers: i32,
    team_roles: &[String],
    role_blockers: &[i32],
    sign_roles: &[String],
    contributors: &[Uuid],
    signed: &[Uuid],
) -> Result<()> {
    let now = write.now;
    sqlx::query!(
        "insert into gate_state (feature_id, blockers, team_blockers, team_roles, team_role_blockers, sign_roles,
                                 contributors, signed, decided_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (feature_id) do update set
             blockers = excluded.blockers, team_blockers = excluded.team_blockers,
             team_roles = excluded.team_roles, team_role_blockers = excluded.team_role_blockers,
             sign_roles = excluded.sign_roles, contributors = excluded.contributors, signed = excluded.signed,
             decided_at = excluded.decided_at",
        permit.feature().uuid(),
        blockers,
        team_blockers,
        team_roles,
        role_blockers,
        sign_roles,
        contributors,
        signed,
        now
    )
    .execute(write.connection())
    .await?;
    Ok(())
}
