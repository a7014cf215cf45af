use sluice_domain::{
    audit::{Actor as AuditActor, Authentication, Event, Verb},
    ids::{Id, PersonId, WaiverId},
    notification::{Because, Notice},
    waiver::WaiverState,
};

use super::object;
use crate::{
    db::{
        permit::{InFeature, Permit},
        write::Write,
    },
    error::Result,
    features::row::Feature,
    notifications::{To, notify},
};

/// A waiver whose time is over, and that was noted as lapsed.
pub(crate) struct Lapsed {
    pub(crate) id: WaiverId,
    pub(crate) number: i32,
}

/// Whether a waiver of the feature is over that nobody has noted as lapsed.
pub(crate) async fn any_over(write: &mut Write, permit: &Permit<InFeature>) -> Result<bool> {
    let now = write.now;
    Ok(sqlx::query_scalar!(
        r#"select exists (select from waiver where feature_id = $1 and state = 'approved' and until <= $2) as "any!""#,
        permit.feature().uuid(),
        now
    )
    .fetch_one(write.connection())
    .await?)
}

/// Notes which waivers of a feature have lapsed by now, and tells the people whose they are. The decision knows it
/// without: it counts none beyond its last instant. Noted, they leave the dossier, and approvals that relied on them are
/// voided.
pub(crate) async fn note_lapsed(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
) -> Result<Vec<Lapsed>> {
    let now = write.now;
    let mut rows = sqlx::query!(
        "update waiver set state = $3, ended_at = until, version = version + 1
         where feature_id = $1 and state = 'approved' and until <= $2
         returning id, number, requested_by, decided_by",
        permit.feature().uuid(),
        now,
        WaiverState::Lapsed.code()
    )
    .fetch_all(write.connection())
    .await?;
    rows.sort_by_key(|row| row.number);
    let mut lapsed = Vec::with_capacity(rows.len());
    for row in rows {
        let to = whose(Id::new(row.requested_by), row.decided_by.map(Id::new), feature.owner);
        notify(write, permit, to, &Notice::WaiverLapsed { number: row.number }).await?;
        lapsed.push(Lapsed { id: Id::new(row.id), number: row.number });
    }
    Ok(lapsed)
}

/// The same on the way of another write. It is time that does it, not whoever happens to write next, so the events are
/// Sluice's own.
pub(crate) async fn lapse_waivers(
    write: &mut Write,
    permit: &Permit<InFeature>,
    feature: &Feature,
) -> Result<Vec<Event>> {
    let lapsed = note_lapsed(write, permit, feature).await?;
    let event = |waiver: Lapsed| Event {
        actor: AuditActor::System,
        role: None,
        workspace_role: None,
        authentication: Authentication::None,
        ..write.consequence(permit, Verb::WaiverLapsed, object(waiver.id, waiver.number))
    };
    Ok(lapsed.into_iter().map(event).collect())
}

/// The people whose waiver it is: who asked for it, who decided about it, and who owns the feature.
pub(super) fn whose(asker: PersonId, decider: Option<PersonId>, owner: PersonId) -> impl Iterator<Item = To> {
    let decider = decider.map(|person| To::person(person, Because::Decider));
    [To::person(asker, Because::Asker), To::person(owner, Because::Owner)].into_iter().chain(decider)
}
