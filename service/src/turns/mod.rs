//! Whose turn it was and is: kept in step with where features stand, and what clocks are read from.

use sluice_domain::{
    calendar::{Clock, Reading},
    ids::FeatureId,
    lifecycle::{Attempt, Progress},
    turn::{Side, Spell, clock},
};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};

use crate::{
    db::{
        permit::{InFeature, Permit},
        write::Write,
    },
    error::{Error, Result},
    features::row::Feature,
};

/// The clock of whoever has the turn, as pages show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnClock {
    /// Whose turn it is.
    pub side: Side,
    /// How it stands.
    pub reading: Reading,
    /// The day on which it is due, in the zone of the policy; none while it is paused.
    pub due: Option<Date>,
}

/// The turns of a feature, in order.
pub(crate) struct Turns {
    spells: Vec<Spell>,
    /// The number of the one that runs.
    pub(crate) running: Option<i32>,
}

impl Turns {
    /// Reads the turns of a feature.
    pub(crate) async fn of(connection: &mut PgConnection, feature: FeatureId) -> Result<Self> {
        let rows = sqlx::query!(
            "select number, phase, cycle, side, began_at, ended_at from turn where feature_id = $1 order by number",
            feature.uuid()
        )
        .fetch_all(connection)
        .await?;
        let running = rows.iter().find(|row| row.ended_at.is_none()).map(|row| row.number);
        let spells = rows
            .into_iter()
            .map(|row| {
                Ok(Spell {
                    phase: row.phase.parse().map_err(Error::internal)?,
                    cycle: row.cycle,
                    side: Side::from_code(&row.side).ok_or_else(|| Error::internal("unknown side"))?,
                    began: row.began_at,
                    ended: row.ended_at,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self { spells, running })
    }

    /// Reads the turns of a feature and brings them in step with where it stands: the turn that is over ends, the one
    /// that began is begun. Whatever moved the feature, and however often this is asked, it comes out the same.
    pub(crate) async fn follow(
        write: &mut Write,
        permit: &Permit<InFeature>,
        progress: &Progress,
    ) -> Result<Self> {
        let mut turns = Self::of(write.connection(), permit.feature()).await?;
        let wanted = match progress {
            Progress::Active(attempt) => Some(attempt),
            // What rests has no turn: its clocks stand still.
            Progress::Held { .. } | Progress::Cancelled { .. } | Progress::Finished { .. } => None,
        };
        let runs = |spell: &Spell| {
            spell.ended.is_none()
                && wanted.is_some_and(|attempt| {
                    (&spell.phase, spell.cycle, spell.side)
                        == (&attempt.phase, attempt.cycle, Side::from(&attempt.turn))
                })
        };
        if turns.spells.iter().any(runs) {
            return Ok(turns);
        }
        let now = write.now;
        if turns.running.take().is_some() {
            for spell in turns.spells.iter_mut().filter(|spell| spell.ended.is_none()) {
                spell.ended = Some(now.max(spell.began));
            }
            sqlx::query!(
                "update turn set ended_at = greatest(began_at, $2) where feature_id = $1 and ended_at is null",
                permit.feature().uuid(),
                now
            )
            .execute(write.connection())
            .await?;
        }
        if let Some(attempt) = wanted {
            turns.begin(write, permit, attempt).await?;
        }
        Ok(turns)
    }

    async fn begin(
        &mut self,
        write: &mut Write,
        permit: &Permit<InFeature>,
        attempt: &Attempt,
    ) -> Result<()> {
        // A feature that nobody kept turns of has had this one since it got where it is.
        let began = if self.spells.is_empty() { attempt.since.min(write.now) } else { write.now };
        let number = i32::try_from(self.spells.len() + 1).map_err(Error::internal)?;
        let side = Side::from(&attempt.turn);
        sqlx::query!(
            "insert into turn (feature_id, number, phase, cycle, side, began_at) values ($1, $2, $3, $4, $5, $6)",
            permit.feature().uuid(),
            number,
            attempt.phase.as_str(),
            attempt.cycle,
            side.code(),
            began
        )
        .execute(write.connection())
        .await?;
        let phase = attempt.phase.clone();
        self.spells.push(Spell { phase, cycle: attempt.cycle, side, began, ended: None });
        self.running = Some(number);
        Ok(())
    }

    /// The clock of whoever has the turn in an attempt; none where the policy sets no time.
    pub(crate) fn clock(&self, feature: &Feature, attempt: &Attempt) -> Option<Clock> {
        let policy = &feature.policy.policy;
        let phase = policy.phase(&attempt.phase)?;
        if self.spells.is_empty() {
            let side = Side::from(&attempt.turn);
            let (phase_key, began) = (attempt.phase.clone(), attempt.since);
            let spell = Spell { phase: phase_key, cycle: attempt.cycle, side, began, ended: None };
            return clock(phase, attempt, &[spell], &policy.terms.calendar);
        }
        clock(phase, attempt, &self.spells, &policy.terms.calendar)
    }

    /// The same, as pages show it.
    pub(crate) fn shown(
        &self,
        feature: &Feature,
        attempt: &Attempt,
        now: OffsetDateTime,
    ) -> Option<TurnClock> {
        let calendar = &feature.policy.policy.terms.calendar;
        let clock = self.clock(feature, attempt)?;
        Some(TurnClock {
            side: Side::from(&attempt.turn),
            reading: clock.reading(calendar, now),
            due: clock.due(calendar).map(|due| calendar.date(due)),
        })
    }
}
