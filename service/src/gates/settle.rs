use std::collections::{BTreeMap, BTreeSet};

use sluice_domain::{
    access::Role,
    audit::{Event, Object, ObjectKind, Value, Verb},
    canonical::Digest,
    dossier::{Dossier, items_of},
    gate::{Blocker, Decision, Facts, Passed, SignOffFact, Situation, decide},
    ids::PersonId,
    lifecycle::{Attempt, Progress, Turn},
    notification::Gate,
    policy::{PhaseKey, Tier},
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    Gathered, gather_in,
    owed::settle_owed,
    seats::{any_unseated, end_unseated},
    told::{tell_drifted, tell_opened, tell_voided},
    voiding::{ToConfirm, VoidedSignOff},
};
use crate::{
    db::{
        permit::{InFeature, Permit},
        write::Write,
    },
    error::{Error, Result},
    features::row::{Feature, digest, store_progress},
    jobs::enqueue,
    turns::Turns,
    waivers::{any_over, lapse_waivers},
};

/// What settling a feature came to.
pub(crate) struct Settled {
    /// Where the feature stands now.
    pub(crate) progress: Progress,
    /// Voided sign-offs and opened gates, as events of the same transaction.
    pub(crate) consequences: Vec<Event>,
}

/// Settles a feature after a write, in the same transaction: waivers whose time is over lapse, sign-offs whose seat is
/// gone end, those that the write voids are voided, a gate whose last condition came true opens, and the projection that
/// lists read follows the decision.
///
/// Every use case that writes to a feature ends here; there is no other way for a gate to open.
pub(crate) async fn settle(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
) -> Result<Settled> {
    let mut consequences = lapse_waivers(write, permit, feature).await?;
    let turns = Turns::follow(write, permit, &feature.progress).await?;
    let Progress::Active(attempt) = &feature.progress else {
        // What rests is only shown: no gate of it opens, and nothing of it can change. But a seat that is gone is gone,
        // or the sign-off would count again if the role came back before the feature goes on.
        match feature.progress.stands_in() {
            None => project_finished(write, permit).await?,
            Some(attempt) => {
                consequences.extend(end_unseated(write, permit, feature, attempt).await?);
                let (gathered, decision) = decide_attempt(write, feature, attempt).await?;
                project(write, permit, (feature, attempt, &turns), &gathered, &decision).await?;
            }
        }
        return Ok(Settled { progress: feature.progress.clone(), consequences });
    };
    consequences.extend(end_unseated(write, permit, feature, attempt).await?);
    let (mut gathered, mut decision) = decide_attempt(write, feature, attempt).await?;
    let mut asked = ToConfirm::default();
    let mut came = Came { consequences: &mut consequences, asked: &mut asked };
    let gate = Standing { attempt, facts: &gathered.situation.facts, dossier: &gathered.dossier };
    let voided = void_sign_offs(write, permit, feature, &gate, &mut came).await?;
    let owed_changed = settle_owed(write, permit, feature, &gathered, &decision, &mut came).await?;
    // The transaction is rolled back with everything that the write did, so nothing is voided before it is confirmed.
    asked.ask(&feature.key, write.voids())?;
    if voided || owed_changed {
        (gathered, decision) = decide_attempt(write, feature, attempt).await?;
    }
    consequences.extend(drift_events(write, permit, feature, &decision).await?);
    if attempt.turn == Turn::Team || !decision.is_open() {
        project(write, permit, (feature, attempt, &turns), &gathered, &decision).await?;
        return Ok(Settled { progress: feature.progress.clone(), consequences });
    }

    let progress = attempt.open(&feature.policy.policy, &decision, &feature.cycles, write.now)?;
    store_dossier(write, feature, &gathered.dossier).await?;
    let ending = Ending::Opened(feature.tier, gathered.dossier.digest());
    end_attempt(write, permit, attempt, ending).await?;
    store_progress(write.connection(), permit, &progress).await?;
    let mut event = write.consequence(permit, Verb::GateOpened, gate_object(feature, attempt));
    let next = progress.stands_in();
    let to = next.map_or_else(|| Value::code("finished"), |next| Value::code(&next.phase));
    event.change("phase", Value::code(&attempt.phase), to);
    event.change("dossier", Value::None, Value::Digest(gathered.dossier.digest()));
    consequences.push(event);
    tell_opened(write, permit, feature, attempt, &gathered).await?;

    let feature = Feature { progress: progress.clone(), ..feature.clone() };
    let turns = Turns::follow(write, permit, &progress).await?;
    match next {
        Some(next) => {
            start_attempt(write, permit, next).await?;
            let (gathered, decision) = decide_attempt(write, &feature, next).await?;
            project(write, permit, (&feature, next, &turns), &gathered, &decision).await?;
        }
        None => project_finished(write, permit).await?,
    }
    Ok(Settled { progress, consequences })
}

/// Settles what came about before this write and nobody has noted yet: waivers that are over lapse, sign-offs that relied
/// on them are voided, and so are those that the product took the ground from; those whose seat is gone end. Whoever signs
/// begins with it, so that the rules and the database's guard look at the ground on which the write is settled in the end:
/// no signature is recorded that falls in the same breath.
///
/// # Errors
/// [`Error::Stale`] where that moves the feature on: nothing was decided about where it stands then.
pub(super) async fn settle_time(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
) -> Result<Vec<Event>> {
    let due = any_over(write, permit).await?
        || any_unseated(write, permit.feature()).await?
        || any_uncovered(write, feature).await?;
    if !due {
        return Ok(Vec::new());
    }
    let settled = settle(write, permit, feature).await?;
    if settled.progress == feature.progress { Ok(settled.consequences) } else { Err(Error::Stale) }
}

/// Whether a sign-off stands that no longer covers what is there: what the product goes by changed, and no job has settled
/// the feature since.
async fn any_uncovered(write: &mut Write, feature: &Feature) -> Result<bool> {
    let Progress::Active(attempt) = &feature.progress else { return Ok(false) };
    let (gathered, _) = decide_attempt(write, feature, attempt).await?;
    let Situation { facts, earlier, .. } = &gathered.situation;
    // Of gates that were passed only those that are still owed: what opened stays as it was signed.
    let owed = earlier.iter().filter(|gate| matches!(gate.passed, Passed::Owed { .. }));
    let mut standing = std::iter::once(facts).chain(owed.map(|gate| &gate.facts));
    Ok(standing.any(|facts| facts.sign_offs.iter().any(|sign_off| sign_off.is_voided_by(facts.dossier))))
}

/// The gate of an attempt, as an object of events: its key is for people, its id is unique for ever.
pub(crate) fn gate_object(feature: &Feature, attempt: &Attempt) -> Object {
    gate_object_of(feature, &attempt.phase, attempt.cycle)
}

/// The gate of a phase in one of its cycles.
pub(super) fn gate_object_of(feature: &Feature, phase: &PhaseKey, cycle: i32) -> Object {
    Object::new(ObjectKind::Gate, format!("{}/{phase}/{cycle}", feature.id), phase_name(feature, phase))
}

fn phase_name(feature: &Feature, phase: &PhaseKey) -> String {
    feature.policy.policy.phase(phase).map_or_else(|| phase.to_string(), |phase| phase.name.clone())
}

async fn decide_attempt(
    write: &mut Write,
    feature: &Feature,
    attempt: &Attempt,
) -> Result<(Gathered, Decision)> {
    let phase =
        feature.policy.policy.phase(&attempt.phase).ok_or_else(|| Error::internal("phase not in policy"))?;
    let gathered = gather_in(write, feature, phase, attempt).await?;
    let decision = decide(&feature.policy.policy, phase, &gathered.situation, write.now);
    Ok((gathered, decision))
}

/// A gate at which sign-offs may stand.
pub(super) struct Standing<'a> {
    /// The attempt in which they were given.
    pub(super) attempt: &'a Attempt,
    /// What is known about the gate.
    pub(super) facts: &'a Facts,
    /// Its dossier as it is now.
    pub(super) dossier: &'a Dossier,
}

/// What a write came to, gate by gate.
pub(super) struct Came<'a> {
    /// Events of the same transaction.
    pub(super) consequences: &'a mut Vec<Event>,
    /// Sign-offs that whoever writes confirms first.
    pub(super) asked: &'a mut ToConfirm,
}

/// A sign-off that was voided.
struct VoidedRow {
    id: Uuid,
    printed_name: String,
    role: String,
    dossier: Vec<u8>,
    manifest: Option<String>,
}

/// Voids the sign-offs of a gate that no longer cover what is there.
pub(super) async fn void_sign_offs(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    gate: &Standing<'_>,
    came: &mut Came<'_>,
) -> Result<bool> {
    let Standing { attempt, facts, dossier: manifest } = *gate;
    let dossier = facts.dossier;
    let void: Vec<&SignOffFact> =
        facts.sign_offs.iter().filter(|sign_off| sign_off.is_voided_by(dossier)).collect();
    if void.is_empty() {
        return Ok(false);
    }
    let people: Vec<Uuid> = void.iter().map(|sign_off| sign_off.person.uuid()).collect();
    let now = write.now;
    let voided = sqlx::query_as!(
        VoidedRow,
        "update sign_off set ended = 'voided', ended_at = $5, ended_reason = 'The dossier changed.'
         where feature_id = $1 and phase = $2 and cycle = $3 and person_id = any($4) and ended is null
         returning id, printed_name, role, dossier,
                   (select d.manifest from dossier d where d.digest = sign_off.dossier) as manifest",
        permit.feature().uuid(),
        attempt.phase.as_str(),
        attempt.cycle,
        &people,
        now
    )
    .fetch_all(write.connection())
    .await?;
    let name = gate_object(feature, attempt).name;
    let differences = |covered: Option<&str>| {
        let covered = covered.and_then(items_of).unwrap_or_default();
        manifest.difference(&covered)
    };
    // What lapsed by now, or what the product goes by now, voids them whoever writes next: there is nothing to confirm.
    let anyway = came.consequences.iter().any(|event| event.verb == Verb::WaiverLapsed)
        || voided
            .iter()
            .all(|row| differences(row.manifest.as_deref()).iter().any(|it| it.kind.is_of_product()));
    if !permit.is_system() && !anyway {
        let named = |row: &VoidedRow| {
            let role = Role::from_code(&row.role).ok_or_else(|| Error::internal("unknown role"))?;
            Ok((row.id, VoidedSignOff { gate: name.clone(), name: row.printed_name.clone(), role }))
        };
        came.asked.add(voided.iter().map(named).collect::<Result<Vec<_>>>()?);
    }
    for row in voided {
        let object = Object::new(ObjectKind::SignOff, row.id, name.clone());
        let mut event = write.consequence(permit, Verb::SignOffVoided, object);
        event.change("dossier", Value::Digest(digest(&row.dossier)?), Value::Digest(dossier));
        // What changed, by key: the signers are told, and find it in the history.
        let changed: Vec<String> =
            differences(row.manifest.as_deref()).into_iter().map(|difference| difference.key).collect();
        event.change("items", Value::None, Value::code(changed.join(", ")));
        came.consequences.push(event);
    }
    tell_voided(write, permit, feature, attempt, manifest, &void).await?;
    Ok(true)
}

/// Voids the standing sign-offs of these people at a gate, for a reason of Sluice's own.
pub(super) async fn end_sign_offs(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    (phase, cycle): (&PhaseKey, i32),
    people: &[PersonId],
    reason: &str,
) -> Result<Vec<Event>> {
    let people: Vec<Uuid> = people.iter().map(|person| person.uuid()).collect();
    let now = write.now;
    let ids = sqlx::query_scalar!(
        "update sign_off set ended = 'voided', ended_at = $5, ended_reason = $6
         where feature_id = $1 and phase = $2 and cycle = $3 and person_id = any($4) and ended is null
         returning id",
        permit.feature().uuid(),
        phase.as_str(),
        cycle,
        &people,
        now,
        reason
    )
    .fetch_all(write.connection())
    .await?;
    let name = phase_name(feature, phase);
    let event = |id| {
        write.consequence(permit, Verb::SignOffVoided, Object::new(ObjectKind::SignOff, id, name.clone()))
    };
    Ok(ids.into_iter().map(event).collect())
}

/// The gates that this write made drift, each an event: what was signed there says something else from now on, whether
/// or not a waiver lets it pass. What only comes back because time went by, as when a waiver lapses, drifted before; and
/// more of what blocks already is no news. Where a waiver let pass what drifted until now, more of it is.
async fn drift_events(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
    decision: &Decision,
) -> Result<Vec<Event>> {
    let drifted: Vec<&Blocker> = drift_in(decision).collect();
    if drifted.is_empty() || permit.is_system() {
        return Ok(Vec::new());
    }
    let known = sqlx::query_scalar!(
        r#"select unnest(drift) as "subject!" from gate_state where feature_id = $1"#,
        permit.feature().uuid()
    )
    .fetch_all(write.connection())
    .await?;
    let blocks = sqlx::query_scalar!(
        "select subject from gate_blocker where feature_id = $1 and code = 'gate.drifted'",
        permit.feature().uuid()
    )
    .fetch_all(write.connection())
    .await?;
    let mut events = Vec::new();
    for blocker in drifted.into_iter().filter(|blocker| !known.contains(&blocker.subject())) {
        if let Blocker::Drifted { phase, name, items, roles, .. } = blocker {
            let here = format!("{}/", Blocker::drift_of(phase));
            if blocks.iter().any(|subject| subject.starts_with(&here)) {
                continue;
            }
            let object = Object::new(ObjectKind::Gate, format!("{}/{phase}", feature.id), name.clone());
            let mut event = write.consequence(permit, Verb::GateDrifted, object);
            let items = i64::try_from(*items).unwrap_or(i64::MAX);
            event.change("items", Value::None, Value::Number(items));
            events.push(event);
            let gate = Gate { phase: phase.clone(), name: name.clone() };
            tell_drifted(write, permit, feature, gate, roles).await?;
        }
    }
    Ok(events)
}

/// What drifted, waived or not.
fn drift_in(decision: &Decision) -> impl Iterator<Item = &Blocker> {
    let waived = decision.waived.iter().map(|waived| &waived.blocker);
    decision.blockers.iter().chain(waived).filter(|blocker| matches!(blocker, Blocker::Drifted { .. }))
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
    /// The gate opened, under this tier and on this dossier.
    Opened(Tier, Digest),
    /// A person returned it, for this reason.
    Returned(PersonId, &'a str),
    /// A person moved the feature back, for this reason.
    MovedBack(PersonId, &'a str),
    /// An emergency went through it, under this tier and with this dossier; its sign-offs are owed until then.
    Owed(Tier, Digest, OffsetDateTime),
}

/// Ends the attempt under way; it is an error when there is none, so no attempt ends twice.
pub(crate) async fn end_attempt(
    write: &mut Write,
    permit: &Permit<InFeature>,
    attempt: &Attempt,
    ending: Ending<'_>,
) -> Result<()> {
    let now = write.now;
    let mut owed_until = None;
    let (outcome, tier, dossier, by, reason) = match ending {
        Ending::Opened(tier, dossier) => ("opened", Some(tier.code()), Some(dossier), None, ""),
        Ending::Returned(by, reason) => ("returned", None, None, Some(by.uuid()), reason),
        Ending::MovedBack(by, reason) => ("moved-back", None, None, Some(by.uuid()), reason),
        Ending::Owed(tier, dossier, until) => {
            owed_until = Some(until);
            ("owed", Some(tier.code()), Some(dossier), None, "")
        }
    };
    let dossier = dossier.map(|dossier| dossier.as_bytes().to_vec());
    let done = sqlx::query!(
        "update gate_attempt set ended_at = $4, outcome = $5, ended_by = $6, reason = $7, tier = $8, dossier = $9,
                                 owed_until = $10
         where feature_id = $1 and phase = $2 and cycle = $3 and outcome is null",
        permit.feature().uuid(),
        attempt.phase.as_str(),
        attempt.cycle,
        now,
        outcome,
        by,
        reason,
        tier,
        dossier,
        owed_until
    )
    .execute(write.connection())
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(Error::internal("the attempt has ended already")) }
}

/// What lists read of a decision.
#[derive(Default)]
struct Projection {
    blockers: i32,
    team_blockers: i32,
    team_roles: Vec<String>,
    role_blockers: Vec<i32>,
    sign_roles: Vec<String>,
    contributors: Vec<Uuid>,
    signed: Vec<Uuid>,
    waived: i32,
    debts: i32,
    drifted: i32,
    /// Subjects of what drifted, waived or not.
    drift: Vec<String>,
    changes_at: Option<OffsetDateTime>,
    due_at: Option<OffsetDateTime>,
    /// Subject, stem and code of each blocker.
    subjects: Vec<[String; 3]>,
}

impl Projection {
    fn of(facts: &Facts, decision: &Decision) -> Self {
        let codes = |blockers: &mut dyn Iterator<Item = &Blocker>| {
            let roles: BTreeSet<Role> = blockers.flat_map(Blocker::cleared_by).collect();
            roles.into_iter().map(|role| role.code().to_owned()).collect::<Vec<String>>()
        };
        let team_roles = codes(&mut decision.for_team());
        let mut by_role: BTreeMap<&'static str, usize> = BTreeMap::new();
        for role in
            decision.for_team().flat_map(|blocker| blocker.cleared_by().into_iter().collect::<BTreeSet<_>>())
        {
            *by_role.entry(role.code()).or_default() += 1;
        }
        let cleared_by = |role: &String| by_role.get(role.as_str()).copied().unwrap_or_default();
        let people = |sign_off: &SignOffFact| sign_off.people().map(PersonId::uuid).collect::<Vec<_>>();
        Self {
            blockers: count(decision.blockers.len()),
            team_blockers: count(decision.things_for_team()),
            role_blockers: team_roles.iter().map(|role| count(cleared_by(role))).collect(),
            team_roles,
            sign_roles: codes(&mut decision.blockers.iter().filter(|blocker| blocker.is_for_reviewers())),
            contributors: facts.contributors.0.iter().map(|person| person.uuid()).collect(),
            signed: facts.sign_offs.iter().flat_map(people).collect(),
            waived: count(decision.waived.len()),
            debts: count(decision.debts.len()),
            drifted: count(
                decision.blockers.iter().filter(|blocker| matches!(blocker, Blocker::Drifted { .. })).count(),
            ),
            drift: drift_in(decision).map(Blocker::subject).collect(),
            changes_at: decision.changes_at,
            due_at: None,
            subjects: decision
                .blockers
                .iter()
                .map(|blocker| [blocker.subject(), blocker.stem(), blocker.code().to_owned()])
                .collect(),
        }
    }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

async fn project(
    write: &mut Write,
    permit: &Permit<InFeature>,
    (feature, attempt, turns): (&Feature, &Attempt, &Turns),
    gathered: &Gathered,
    decision: &Decision,
) -> Result<()> {
    let clock = turns.clock(feature, attempt);
    let due_at = clock.and_then(|clock| clock.due(&feature.policy.policy.terms.calendar));
    let says = Projection { due_at, ..Projection::of(&gathered.situation.facts, decision) };
    store_projection(write, permit, says).await?;
    let turn = turns.running.zip(clock);
    enqueue(write, permit, feature, turn, &decision.debts, &gathered.situation.waivers).await
}

async fn project_finished(write: &mut Write, permit: &Permit<InFeature>) -> Result<()> {
    store_projection(write, permit, Projection::default()).await
}

async fn store_projection(write: &mut Write, permit: &Permit<InFeature>, says: Projection) -> Result<()> {
    let now = write.now;
    let [mut subjects, mut stems, mut codes] = [const { Vec::new() }; 3];
    for [subject, stem, code] in says.subjects {
        subjects.push(subject);
        stems.push(stem);
        codes.push(code);
    }
    sqlx::query!(
        "insert into gate_state (feature_id, blockers, team_blockers, team_roles, team_role_blockers, sign_roles,
                                 contributors, signed, decided_at, waived, debts, drifted, changes_at,
                                 due_at, drift)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         on conflict (feature_id) do update set
             blockers = excluded.blockers, team_blockers = excluded.team_blockers,
             team_roles = excluded.team_roles, team_role_blockers = excluded.team_role_blockers,
             sign_roles = excluded.sign_roles, contributors = excluded.contributors, signed = excluded.signed,
             decided_at = excluded.decided_at, waived = excluded.waived, debts = excluded.debts,
             drifted = excluded.drifted, changes_at = excluded.changes_at, due_at = excluded.due_at,
             drift = excluded.drift",
        permit.feature().uuid(),
        says.blockers,
        says.team_blockers,
        &says.team_roles,
        &says.role_blockers,
        &says.sign_roles,
        &says.contributors,
        &says.signed,
        now,
        says.waived,
        says.debts,
        says.drifted,
        says.changes_at,
        says.due_at,
        &says.drift
    )
    .execute(write.connection())
    .await?;
    // Since when each thing blocks: what is gone goes, what was there keeps its date, and so does what more came to.
    sqlx::query!(
        "with gone as (
             delete from gate_blocker where feature_id = $1 and not subject = any($2) returning subject, code, since
         )
         insert into gate_blocker (feature_id, subject, code, since)
         select $1, b.subject, b.code,
                coalesce((select min(g.since) from gone g
                          where g.code = b.code and starts_with(g.subject, b.stem || '/')), $5)
         from unnest($2::text[], $3::text[], $4::text[]) as b (subject, stem, code)
         on conflict (feature_id, subject) do nothing",
        permit.feature().uuid(),
        &subjects,
        &stems,
        &codes,
        now
    )
    .execute(write.connection())
    .await?;
    Ok(())
}

/// Keeps the manifest that a digest stands for.
pub(crate) async fn store_dossier(write: &mut Write, feature: &Feature, dossier: &Dossier) -> Result<()> {
    let (now, digest) = (write.now, dossier.digest());
    sqlx::query!(
        "insert into dossier (digest, feature_id, phase, cycle, manifest, created_at)
         values ($1, $2, $3, $4, $5, $6) on conflict (digest) do nothing",
        digest.as_bytes().as_slice(),
        feature.id.uuid(),
        dossier.phase.as_str(),
        dossier.cycle,
        dossier.manifest(),
        now
    )
    .execute(write.connection())
    .await?;
    Ok(())
}
