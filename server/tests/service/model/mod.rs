//! The lifecycle on a real Postgres against the reference model that the domain's tests use: the same sequences of
//! commands by the same people, of which the domain's tests tell the first 2,000. What the service does and refuses, and
//! where the feature stands afterwards, has to be what the model says; and what is in the database has to hold by itself.
//!
//! `SLUICE_MODEL_SEQUENCES` says how many sequences there are, `SLUICE_MODEL_SEED` which one is the first. A sequence
//! is made from its seed alone, so the one that a failure names can be told again by itself.

mod ground;
mod real;
#[path = "../../../../domain/tests/support/reference/mod.rs"]
mod reference;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use sluice_domain::{access::Role, form::Problem};
use sluice_service::{Actor, Error, Service};
use time::{Duration, Time, macros::time};
use tokio_postgres::Client;
use uuid::Uuid;

use self::{
    real::Real,
    reference::{Command, PEOPLE, Reference, Seen, State, Tally, sequence},
};
use crate::support::{TestResult, World, cast::join};

/// How many sequences are told, unless `SLUICE_MODEL_SEQUENCES` says otherwise.
const SEQUENCES: u64 = 60;
/// How often a sequence that fails is told again with parts left out.
const TRIES: usize = 80;
/// When each sequence begins: waivers end with the day, so the hour matters.
const MORNING: Time = time!(8:00);

/// A number from the environment.
fn setting(name: &str, default: u64) -> TestResult<u64> {
    match std::env::var(name) {
        Ok(number) => Ok(number.parse()?),
        Err(_) => Ok(default),
    }
}

/// Fails with what is said unless it holds.
fn demand(holds: bool, what: impl FnOnce() -> String) -> TestResult {
    if holds { Ok(()) } else { Err(what().into()) }
}

/// A database with the model's policy in force and the model's people.
struct Stage {
    world: World,
    /// In the order of [`PEOPLE`].
    people: Vec<Actor>,
    /// Looks at the tables.
    raw: Client,
    /// Roles as the database has them.
    grants: BTreeSet<(Uuid, String)>,
}

impl Stage {
    async fn set() -> TestResult<Self> {
        let world = World::new().await?;
        world.put_in_force("model", &reference::policy()).await?;
        // Every second step takes a password: theirs cost nothing to check.
        let service: Service = world.service.clone().with_published_passwords()?;
        let (admin, product) = (&world.cast.admin, world.cast.product);
        let mut people = Vec::new();
        for (number, codes) in PEOPLE.iter().enumerate() {
            let roles: Vec<Role> = codes.iter().filter_map(|code| Role::from_code(code)).collect();
            let name = format!("Person {number}");
            people.push(join(&service, admin, &name, &[], Some(product), &roles).await?);
        }
        let raw = world.as_superuser().await?;
        let granted = raw.query("select person_id, role from product_grant", &[]).await?;
        let grants = granted.iter().map(|row| (row.get(0), row.get(1))).collect();
        Ok(Self { world, people, raw, grants })
    }

    /// Which of the model's people somebody is.
    fn number(&self, person: Uuid) -> TestResult<usize> {
        let found = self.people.iter().position(|actor| actor.person.uuid() == person);
        Ok(found.ok_or("somebody who is not in the model")?)
    }

    /// How many events there are.
    async fn events(&self) -> TestResult<i64> {
        Ok(self.raw.query_one("select count(*) from audit.event", &[]).await?.get(0))
    }

    fn tomorrow_morning(&self) -> TestResult {
        let now = self.world.clock.now();
        let morning = now.date().next_day().ok_or("the last day")?.with_time(MORNING).assume_utc();
        self.world.clock.advance(morning - now);
        Ok(())
    }
}

/// A feature, and the model beside it.
struct Pair<'a> {
    stage: &'a Stage,
    real: Real<'a>,
    reference: Reference,
    seen: Seen,
}

impl<'a> Pair<'a> {
    async fn begin(stage: &'a Stage, tier: usize) -> TestResult<Self> {
        stage.tomorrow_morning()?;
        let real = Real::begin(stage, tier).await?;
        let reference = Reference::new(tier, stage.world.clock.now().unix_timestamp());
        let seen = real.seen().await?;
        demand(seen == reference.seen(), || format!("at first: {seen:#?}"))?;
        Ok(Self { stage, real, reference, seen })
    }

    /// Tries what four numbers stand for.
    async fn step(&mut self, command: &Command) -> TestResult {
        let expected = self.reference.run(command);
        let events = self.stage.events().await?;
        // Two things at one instant have no order; no hour of the model is as short.
        self.stage.world.clock.advance(Duration::MICROSECOND);
        let told = match self.real.run(command).await {
            Ok(()) => None,
            Err(error) => Some(kind_of(error)?),
        };
        let written = self.stage.events().await? - events;
        let seen = self.real.seen().await?;
        match told {
            None => {
                demand(expected.is_empty(), || format!("{command:?} was done in spite of {expected:?}"))?;
                let waited = matches!(command, Command::Wait { .. });
                let changed = seen != self.seen && seen.state == State::Active;
                demand(written > 0 || waited && !changed, || format!("{command:?} left no event"))?;
            }
            Some(told) => {
                demand(expected.contains(told.as_str()), || {
                    format!("{command:?} was refused: {told}, which is none of {expected:?}")
                })?;
                demand(written == 0, || format!("{command:?} was refused and left {written} events"))?;
                demand(seen == self.seen, || {
                    format!("{command:?} was refused and did something: {seen:#?}")
                })?;
                *self.reference.tally.reasons.entry(told).or_default() += 1;
            }
        }
        let model = self.reference.seen();
        demand(seen == model, || format!("after {command:?}: {seen:#?}\nand the model says {model:#?}"))?;
        let lists = self.real.projected().await?;
        demand(lists == seen.blockers, || format!("after {command:?} lists say {lists:?}, not {seen:?}"))?;
        self.real.stands_on_firm_ground(&seen).await?;
        self.seen = seen;
        Ok(())
    }
}

/// The kind of a refusal, in the words of the model.
fn kind_of(error: Error) -> TestResult<String> {
    use sluice_domain::lifecycle::Refusal;
    Ok(match error {
        Error::Denied(_) | Error::Refused(Refusal::NotAnApprover) => "permission".to_owned(),
        Error::Refused(Refusal::Waiver(_)) => "waiver".to_owned(),
        Error::Refused(refusal) => refusal.to_string(),
        Error::Invalid(problems)
            if problems.iter().any(|problem| problem.problem == Problem::TierLowered) =>
        {
            "tier lowered".to_owned()
        }
        Error::NotFound => "nothing".to_owned(),
        Error::Stale => "stale".to_owned(),
        other => return Err(other.into()),
    })
}

/// What a sequence came to.
struct Told {
    tally: Tally,
    signed: BTreeMap<&'static str, usize>,
}

/// A sequence that fails: why, and what was tried up to there.
struct Broken {
    why: String,
    tried: Vec<Command>,
}

/// Tells one sequence, with a feature of its own.
async fn tell(stage: &Stage, tier: usize, numbers: &[[u16; 4]]) -> Result<Told, Broken> {
    let mut tried = Vec::new();
    match try_all(stage, tier, numbers, &mut tried).await {
        Ok(told) => Ok(told),
        Err(error) => Err(Broken { why: error.to_string(), tried }),
    }
}

async fn try_all(
    stage: &Stage,
    tier: usize,
    numbers: &[[u16; 4]],
    tried: &mut Vec<Command>,
) -> TestResult<Told> {
    let mut pair = Pair::begin(stage, tier).await?;
    let mut finished = 0;
    for numbers in numbers {
        // Nothing moves any more; a few tries are enough.
        finished += usize::from(pair.seen.state == State::Finished);
        if finished > 3 {
            break;
        }
        let command = pair.reference.choose(*numbers);
        tried.push(command.clone());
        pair.step(&command).await?;
    }
    let signed = pair.reference.signed();
    pair.real.is_on_record(&signed, &pair.reference.tally).await?;
    Ok(Told { tally: std::mem::take(&mut pair.reference.tally), signed })
}

/// Leaves out what is not needed to fail, in ever smaller pieces, and says what is left.
async fn shrink(stage: &Stage, tier: usize, mut numbers: Vec<[u16; 4]>, mut broken: Broken) -> Broken {
    numbers.truncate(broken.tried.len());
    let (mut tries, mut piece) = (TRIES, numbers.len() / 2);
    while piece > 0 {
        let mut at = 0;
        while at < numbers.len() && tries > 0 {
            let shorter = [&numbers[..at], &numbers[numbers.len().min(at + piece)..]].concat();
            tries -= 1;
            match tell(stage, tier, &shorter).await {
                Ok(_) => at += piece,
                Err(again) => {
                    numbers = shorter;
                    numbers.truncate(again.tried.len());
                    broken = again;
                }
            }
        }
        piece /= 2;
    }
    broken
}

/// Tells sequences until there are none left.
async fn tell_many(next: &AtomicU64, end: u64) -> TestResult<(Tally, BTreeMap<&'static str, usize>)> {
    let stage = Stage::set().await?;
    let (mut all, mut signed) = (Tally::default(), BTreeMap::new());
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            return Ok((all, signed));
        }
        let (tier, numbers) = sequence(seed);
        match tell(&stage, tier, &numbers).await {
            Ok(told) => {
                all.add(told.tally);
                for (how, count) in told.signed {
                    *signed.entry(how).or_default() += count;
                }
            }
            Err(broken) => {
                let first = broken.why.clone();
                let Broken { why, tried } = shrink(&stage, tier, numbers, broken).await;
                return Err(format!(
                    "SLUICE_MODEL_SEED={seed}, tier {tier}: {first}\nand as short as it gets: {why}\nafter {tried:#?}"
                )
                .into());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_tried_the_service_does_what_the_model_says() -> TestResult {
    let sequences = setting("SLUICE_MODEL_SEQUENCES", SEQUENCES)?;
    let first = setting("SLUICE_MODEL_SEED", 0)?;
    let (begun, next, end) = (Instant::now(), AtomicU64::new(first), first + sequences);
    // Two at a time, each with a database of its own: a clock is everybody's who is in one.
    let ((mut all, mut signed), (other, other_signed)) =
        tokio::try_join!(tell_many(&next, end), tell_many(&next, end))?;
    all.sequences += other.sequences;
    let sequences_told = all.sequences;
    all.add(other);
    all.sequences = sequences_told;
    for (how, count) in other_signed {
        *signed.entry(how).or_default() += count;
    }
    println!("sign-offs, by how they ended: {signed:?}");
    println!(
        "{} sequences, {} commands done, {} refused, in {:.1} s: {all:#?}",
        all.sequences,
        all.done.values().sum::<usize>(),
        all.refused.values().sum::<usize>(),
        begun.elapsed().as_secs_f64()
    );
    if sequences >= SEQUENCES {
        assert_covered(&all);
    }
    Ok(())
}

/// A service that refuses everything would agree with a model that does: the sequences go everywhere.
fn assert_covered(all: &Tally) {
    let tried: BTreeSet<&str> = all.done.keys().chain(all.refused.keys()).copied().collect();
    assert_eq!(tried.len(), 21, "{tried:?}");
    for command in tried.iter().filter(|command| **command != "wait") {
        assert!(all.done.contains_key(command) && all.refused.contains_key(command), "{command}: {all:?}");
    }
    assert!(all.happened().iter().all(|count| *count > 0), "{all:?}");
}
