use sluice_domain::{
    audit::{Actor as AuditActor, Authentication, Event, Object, ObjectKind, Verb},
    waiver::WaiverState,
};

use crate::{
    db::{
        permit::{InFeature, Permit},
        write::Write,
    },
    error::Result,
};

/// Notes which waivers of a feature have lapsed by now. The decision knows it without: it counts none beyond its last
/// instant. Noted, they leave the dossier, and approvals that relied on them are voided.
///
/// It is time that does it, not whoever happens to write next, so the events are Sluice's own.
pub(crate) async fn lapse_waivers(write: &mut Write, permit: &Permit<InFeature>) -> Result<Vec<Event>> {
    let now = write.now;
    let mut lapsed = sqlx::query!(
        "update waiver set state = $3, ended_at = until, version = version + 1
         where feature_id = $1 and state = 'approved' and until <= $2
         returning id, number",
        permit.feature().uuid(),
        now,
        WaiverState::Lapsed.code()
    )
    .fetch_all(write.connection())
    .await?;
    lapsed.sort_by_key(|row| row.number);
    Ok(lapsed
        .into_iter()
        .map(|row| {
            let object = Object::new(ObjectKind::Waiver, row.id, format!("W-{}", row.number));
            Event {
                actor: AuditActor::System,
                role: None,
                workspace_role: None,
                authentication: Authentication::None,
                ..write.consequence(permit, Verb::WaiverLapsed, object)
            }
        })
        .collect())
}
