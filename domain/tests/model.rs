//! The whole lifecycle against a reference model: whatever is tried, by whomever, in whatever order, a feature is where
//! the model says, and what is refused is refused for a reason that the model knows.
#![expect(clippy::expect_used, clippy::panic, reason = "a test says what it expected")]

#[path = "support/lived/mod.rs"]
mod lived;
#[path = "support/reference/mod.rs"]
mod reference;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    thread,
};

use lived::Lived;
use proptest::{collection::vec, prelude::*, test_runner::TestCaseResult};
use reference::{Command, Reference, Seen, State, Tally, sequence};
use sluice_domain::policy::Tier;
use time::{Duration, OffsetDateTime, macros::datetime};

/// A Wednesday, in the morning.
const START: OffsetDateTime = datetime!(2026-11-18 08:00 UTC);
/// How many sequences are told; the service tells the first of them on Postgres (server/tests/service/model).
const SEQUENCES: u64 = 2_000;

/// A feature, and the model beside it.
struct Pair {
    lived: Lived,
    seen: Seen,
    reference: Reference,
}

impl Pair {
    fn new(tier: usize) -> Self {
        let lived = Lived::new(Tier::ALL[tier], START);
        let seen = lived.seen();
        Self { lived, seen, reference: Reference::new(tier, START.unix_timestamp()) }
    }

    fn run(&mut self, numbers: [u16; 4]) -> TestCaseResult {
        let command = self.reference.choose(numbers);
        let expected = self.reference.run(&command);
        match self.lived.run(&command) {
            Ok(()) => prop_assert!(expected.is_empty(), "{:?} was done in spite of {:?}", command, expected),
            Err(told) => {
                prop_assert!(
                    expected.contains(told.as_str()),
                    "{:?} was refused: {}, which is none of {:?}",
                    command,
                    told,
                    expected
                );
                let now = self.lived.seen();
                prop_assert_eq!(&self.seen, &now, "{:?} was refused and did something", command);
                *self.reference.tally.reasons.entry(told).or_default() += 1;
            }
        }
        self.check(&command)
    }

    fn check(&mut self, command: &Command) -> TestCaseResult {
        let seen = self.lived.seen();
        prop_assert_eq!(&seen, &self.reference.seen(), "after {:?}", command);
        let people: BTreeSet<_> = seen.standing.iter().map(|it| (it.0, it.1, it.2)).collect();
        prop_assert_eq!(people.len(), seen.standing.len(), "one standing sign-off a person and gate");
        self.seen = seen;
        self.check_time()
    }

    /// Until the instant that a decision names, time changes nothing of it; from then on something may be another.
    fn check_time(&self) -> TestCaseResult {
        let now = self.lived.now();
        let Some(decision) = self.lived.decide_at(&[now]).map(|mut decided| decided.remove(0)) else {
            return Ok(());
        };
        let until = decision.changes_at.unwrap_or(now + Duration::days(4_000));
        prop_assert!(until > now);
        let before = [until - Duration::SECOND, until - Duration::NANOSECOND, now + (until - now) / 2];
        let before: Vec<OffsetDateTime> = before.into_iter().filter(|at| *at > now).collect();
        for then in self.lived.decide_at(&before).unwrap_or_default() {
            prop_assert_eq!(&then, &decision, "before {}", until);
        }
        Ok(())
    }
}

fn sequences() -> impl Strategy<Value = (usize, Vec<[u16; 4]>)> {
    (0..3_usize, vec(any::<[u16; 4]>(), 30..70))
}

/// One run for the property and for the numbers: thousands of sequences, each from the start of a feature. What fails is
/// shrunk by hand: the shortest beginning that fails is the message.
#[test]
fn whatever_is_tried_the_feature_is_where_the_model_says() {
    let halves: Vec<_> =
        [0..SEQUENCES / 2, SEQUENCES / 2..SEQUENCES].map(|seeds| thread::spawn(|| run_many(seeds))).into();
    let mut all = Tally::default();
    let mut signed: BTreeMap<&str, usize> = BTreeMap::new();
    for half in halves {
        for (tally, ended) in half.join().expect("a half that holds") {
            all.add(tally);
            for (how, count) in ended {
                *signed.entry(how).or_default() += count;
            }
        }
    }
    println!("sign-offs, by how they ended: {signed:?}");
    println!(
        "{} sequences, {} commands done, {} refused: {all:#?}",
        all.sequences,
        all.done.values().sum::<usize>(),
        all.refused.values().sum::<usize>()
    );
    assert_covered(&all);
}

type Ran = (Tally, BTreeMap<&'static str, usize>);

/// Half of the sequences.
fn run_many(seeds: Range<u64>) -> Vec<Ran> {
    let mut ran = Vec::new();
    for seed in seeds {
        let (tier, numbers) = sequence(seed);
        let mut pair = Pair::new(tier);
        let mut tried = Vec::new();
        let mut finished = 0;
        for numbers in numbers {
            // Nothing moves any more; a few tries are enough.
            finished += usize::from(pair.seen.state == State::Finished);
            if finished > 3 {
                break;
            }
            tried.push(pair.reference.choose(numbers));
            if let Err(error) = pair.run(numbers) {
                panic!("sequence {seed}, tier {tier}: {error}\nafter {tried:#?}");
            }
        }
        ran.push((std::mem::take(&mut pair.reference.tally), pair.reference.signed()));
    }
    ran
}

/// The property would hold of features that never move, too: the sequences go everywhere.
fn assert_covered(all: &Tally) {
    let commands = [
        "mark",
        "prove",
        "request",
        "sign",
        "withdraw",
        "return",
        "hold",
        "resume",
        "cancel",
        "reopen",
        "move back",
        "accept drift",
        "rate",
        "propose emergency",
        "agree to emergency",
        "sign owed",
        "withdraw owed",
        "ask for waiver",
        "decide waiver",
        "end waiver",
    ];
    for command in commands {
        let (done, refused) = (all.done.get(command), all.refused.get(command));
        assert!(done.is_some_and(|count| *count >= 10), "{command} done: {done:?}");
        assert!(refused.is_some_and(|count| *count >= 10), "{command} refused: {refused:?}");
    }
    let reasons = [
        "already agreed",
        "already in review",
        "already signed",
        "blocked",
        "cancelled",
        "contributor",
        "denied",
        "denied by somebody else",
        "dossier changed",
        "finished",
        "not an earlier phase",
        "not cancelled",
        "not in review",
        "not on hold",
        "not owed",
        "nothing",
        "nothing to skip",
        "on hold",
        "owed",
        "permission",
        "role not asked for",
        "seats filled",
        "stale",
        "tier lowered",
        "waiver",
    ];
    let told: Vec<&str> = all.reasons.keys().map(String::as_str).collect();
    assert_eq!(told, reasons);
    assert!(all.happened().iter().all(|count| *count >= 10), "{all:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// The same with other sequences each time, shrunk where one fails; and phase by phase, none is skipped.
    #[test]
    fn no_phase_is_skipped((tier, numbers) in sequences()) {
        let mut pair = Pair::new(tier);
        let mut furthest = 0;
        for numbers in numbers {
            pair.run(numbers)?;
            let seen = &pair.seen;
            let phase = seen.stands.map_or(reference::PHASES.len(), |(phase, ..)| phase);
            let owed = seen.owed.iter().filter(|(at, ..)| *at >= furthest).count();
            prop_assert!(phase <= furthest + 1 + owed, "from {} to {}", furthest, phase);
            prop_assert!(seen.state != State::Finished || seen.owed.is_empty());
            furthest = furthest.max(phase);
        }
    }
}
