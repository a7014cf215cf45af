//! What the database has to show by itself, whatever the service and the model say.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{
    demand,
    real::{Real, index},
    reference::{PHASES, Seen, Tally},
};
use crate::support::TestResult;

/// Who has to sign, by tier: of the policy of the model.
const QUORUMS: [(&str, [usize; 3]); 2] = [("security-reviewer", [1, 1, 2]), ("release-manager", [0, 1, 1])];
/// Who releases in an emergency, and how many of them it takes.
const RELEASERS: [&str; 3] = ["security-reviewer", "release-manager", "incident-manager"];
const RELEASING: usize = 2;

/// A row of `sign_off`: what nobody may change, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SignedRow {
    record: String,
    phase: String,
    cycle: i32,
    person: Uuid,
    role: String,
    is_approval: bool,
    dossier: Vec<u8>,
    ended: Option<String>,
}

/// A row of `gate_attempt`.
#[derive(Debug)]
struct Attempt {
    phase: String,
    cycle: i32,
    outcome: Option<String>,
    is_paid: bool,
    is_undone: bool,
    dossier: Option<Vec<u8>>,
    /// How many people agreed to the release that passed it.
    agreed: i64,
}

impl Attempt {
    fn is_passed(&self) -> bool {
        matches!(self.outcome.as_deref(), Some("opened" | "owed")) && !self.is_undone
    }

    fn is_signed(&self) -> bool {
        self.outcome.as_deref() == Some("opened") || self.is_paid
    }
}

impl Real<'_> {
    /// Nothing that was signed is lost, no phase was skipped, and every gate that opened since had its people.
    pub(super) async fn stands_on_firm_ground(&mut self, seen: &Seen) -> TestResult {
        self.keep_signed().await?;
        let attempts = self.attempts().await?;
        let reached = seen.stands.map_or(PHASES.len(), |(phase, ..)| phase);
        let mut passed = BTreeSet::new();
        for attempt in attempts.iter().filter(|attempt| attempt.is_passed()) {
            let twice = !passed.insert(index(&attempt.phase)?);
            demand(!twice, || format!("{} is passed twice", attempt.phase))?;
            if attempt.outcome.as_deref() == Some("owed") {
                let enough = usize::try_from(attempt.agreed)? >= RELEASING;
                demand(enough, || format!("{attempt:?} was passed by too few"))?;
            }
        }
        let before: BTreeSet<usize> = (0..reached).collect();
        demand(passed == before, || format!("at phase {reached} what is passed is {passed:?}"))?;
        for attempt in attempts.iter().filter(|attempt| attempt.is_signed()) {
            if self.opened.insert((attempt.phase.clone(), attempt.cycle)) {
                self.is_well_signed(attempt).await?;
            }
        }
        Ok(())
    }

    /// Each sign-off of before is still there, word for word; the end of one is added once.
    async fn keep_signed(&mut self) -> TestResult {
        let rows = self
            .rows(
                "select id, phase, cycle, person_id, role, verdict = 'approve', dossier, ended,
                        (to_jsonb(s) - 'ended' - 'ended_at' - 'ended_reason' - 'event_id')::text
                 from sign_off s where feature_id = $1",
            )
            .await?;
        let now: BTreeMap<Uuid, SignedRow> = rows
            .iter()
            .map(|row| {
                let signed = SignedRow {
                    phase: row.get(1),
                    cycle: row.get(2),
                    person: row.get(3),
                    role: row.get(4),
                    is_approval: row.get(5),
                    dossier: row.get(6),
                    ended: row.get(7),
                    record: row.get(8),
                };
                (row.get(0), signed)
            })
            .collect();
        for (id, before) in &self.signed {
            let after = now.get(id).ok_or_else(|| format!("a sign-off is lost: {before:?}"))?;
            demand(after.record == before.record, || format!("{before:?} was rewritten: {after:?}"))?;
            let ended = before.ended.is_none() || before.ended == after.ended;
            demand(ended, || format!("the end of {before:?} was rewritten: {after:?}"))?;
        }
        self.signed = now;
        Ok(())
    }

    async fn attempts(&self) -> TestResult<Vec<Attempt>> {
        let rows = self
            .stage
            .raw
            .query(
                "select phase, cycle, outcome, paid_at is not null, undone_at is not null, dossier,
                        (select count(distinct c.person_id) from emergency e
                         join emergency_consent c on c.emergency_id = e.id and c.role = any($2)
                         where e.feature_id = a.feature_id and e.state = 'released' and e.ended_at = a.ended_at)
                 from gate_attempt a where feature_id = $1",
                &[&self.id, &RELEASERS.as_slice()],
            )
            .await?;
        let attempt = |row: &tokio_postgres::Row| Attempt {
            phase: row.get(0),
            cycle: row.get(1),
            outcome: row.get(2),
            is_paid: row.get(3),
            is_undone: row.get(4),
            dossier: row.get(5),
            agreed: row.get(6),
        };
        Ok(rows.iter().map(attempt).collect())
    }

    /// A gate that opened just now has its quorum: of each role so many people, each of them once, who hold the role,
    /// wrote nothing of it, and signed the very dossier on which it opened. Nobody denies it.
    async fn is_well_signed(&self, attempt: &Attempt) -> TestResult {
        let phase = index(&attempt.phase)?;
        let askers =
            self.rows("select requested_by from waiver where feature_id = $1 and state = 'approved'");
        let askers: BTreeSet<Uuid> = askers.await?.iter().map(|row| row.get(0)).collect();
        let standing = self.signed.values().filter(|signed| {
            signed.ended.is_none() && (&signed.phase, signed.cycle) == (&attempt.phase, attempt.cycle)
        });
        let mut people = BTreeSet::new();
        let mut signed_as: BTreeMap<&str, usize> = BTreeMap::new();
        for signed in standing {
            let number = self.stage.number(signed.person)?;
            let held = self.stage.grants.contains(&(signed.person, signed.role.clone()));
            let wrote =
                number == 0 || self.wrote.contains(&(phase, number)) || askers.contains(&signed.person);
            let covers = attempt.dossier.as_ref() == Some(&signed.dossier);
            let counts = signed.is_approval && held && !wrote && covers && people.insert(signed.person);
            demand(counts, || format!("{attempt:?} opened with {signed:?} of person {number}"))?;
            *signed_as.entry(&signed.role).or_default() += 1;
        }
        for (role, quorum) in QUORUMS {
            let signed = signed_as.get(role).copied().unwrap_or_default();
            demand(signed >= quorum[self.tier], || format!("{attempt:?} opened with {signed} as {role}"))?;
        }
        Ok(())
    }

    /// At the end: as many sign-offs as the model remembers, by how they ended, and each step of the line in the log.
    pub(super) async fn is_on_record(
        &self,
        signed: &BTreeMap<&'static str, usize>,
        tally: &Tally,
    ) -> TestResult {
        let mut ended: BTreeMap<&str, usize> = BTreeMap::new();
        for row in self.signed.values() {
            *ended.entry(row.ended.as_deref().unwrap_or("stands")).or_default() += 1;
        }
        demand(ended == *signed, || format!("signed: {ended:?}, and the model says {signed:?}"))?;
        let voided = signed.get("voided").copied().unwrap_or_default();
        let withdrawn = signed.get("withdrawn").copied().unwrap_or_default();
        let told =
            self.rows("select verb, count(*) from audit.event where feature_id = $1 group by verb").await?;
        let told: BTreeMap<&str, i64> = told.iter().map(|row| (row.get(0), row.get(1))).collect();
        for (verb, count) in [
            ("gate.signed", self.signed.len()),
            ("gate.opened", tally.opened),
            ("gate.owed", tally.passed_owed),
            ("sign-off.voided", voided),
            ("sign-off.withdrawn", withdrawn),
        ] {
            let events = usize::try_from(told.get(verb).copied().unwrap_or_default())?;
            demand(events == count, || format!("{events} events say {verb}, it happened {count} times"))?;
        }
        Ok(())
    }
}
