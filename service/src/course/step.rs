use sluice_domain::{
    ids::{CourseChangeId, PersonId},
    lifecycle::Attempt,
    policy::PhaseKey,
};
use time::Date;

use super::page::CourseKind;
use crate::{
    db::{
        permit::{InFeature, Permit},
        write::Write,
    },
    error::{Error, Result},
};

/// A step of a feature's course, to be stored.
pub(super) struct Step<'a> {
    pub(super) id: CourseChangeId,
    pub(super) kind: CourseKind,
    /// Where the feature stands before it.
    pub(super) attempt: &'a Attempt,
    /// Where it moves back to.
    pub(super) to: Option<&'a PhaseKey>,
    pub(super) until: Option<Date>,
    pub(super) reason: &'a str,
}

/// Whether this very step was taken before: the form was sent twice.
pub(super) async fn taken_before(
    write: &mut Write,
    permit: &Permit<InFeature>,
    id: CourseChangeId,
    kind: CourseKind,
    author: PersonId,
) -> Result<bool> {
    let earlier =
        sqlx::query!("select feature_id, kind, author_id from course_change where id = $1", id.uuid())
            .fetch_optional(write.connection())
            .await?;
    match earlier {
        None => Ok(false),
        Some(row) => {
            let same = row.feature_id == permit.feature().uuid()
                && row.kind == kind.code()
                && row.author_id == author.uuid();
            if same { Ok(true) } else { Err(Error::NotFound) }
        }
    }
}

/// Stores a step.
pub(super) async fn store(
    write: &mut Write,
    permit: &Permit<InFeature>,
    author: PersonId,
    step: &Step<'_>,
) -> Result<()> {
    let now = write.now;
    sqlx::query!(
        "insert into course_change (id, feature_id, kind, phase, cycle, to_phase, until, reason, author_id, at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        step.id.uuid(),
        permit.feature().uuid(),
        step.kind.code(),
        step.attempt.phase.as_str(),
        step.attempt.cycle,
        step.to.map(PhaseKey::as_str),
        step.until,
        step.reason,
        author.uuid(),
        now
    )
    .execute(write.connection())
    .await?;
    Ok(())
}
