//! Decisions that change without a write to their feature: evidence and waivers expire, deadlines pass, and what the
//! product goes by is another.

use sluice_domain::{
    audit::{Event, Value, Verb},
    ids::{FeatureId, Id},
};

use super::{MOST, Ran};
use crate::{
    Service,
    actor::Origin,
    db::write::{Write, uncancelled},
    error::Result,
    features::row,
    gates::{gate_object, settle},
    turns::Turns,
    waivers::{self, note_lapsed},
};

impl Service {
    /// Decides every gate anew whose decision time has changed.
    pub(super) async fn decide_what_is_due(&self, ran: &mut Ran) -> Result<()> {
        let now = self.db.now().await?;
        let due = sqlx::query_scalar!(
            r#"select feature_id as "feature_id!" from (
                   (select feature_id, changes_at as at from gate_state where changes_at <= $1
                    order by changes_at limit $2)
                   union all
                   (select feature_id, until from waiver where state = 'approved' and until <= $1
                    order by until limit $2)
               ) due group by feature_id order by min(at) limit $2"#,
            now,
            i64::try_from(MOST).unwrap_or(i64::MAX)
        )
        .fetch_all(self.db.reads())
        .await?;
        for feature in due {
            match self.decide_anew(Id::new(feature)).await {
                Ok(decided) => ran.decided += usize::from(decided),
                Err(error) => {
                    tracing::error!(target: "job", %error, %feature, "a gate was not decided anew");
                    ran.failed += 1;
                }
            }
        }
        Ok(())
    }

    /// Decides the gate of one feature anew. False where somebody else has done so, or is at work on the feature and
    /// will.
    pub(crate) async fn decide_anew(&self, id: FeatureId) -> Result<bool> {
        let service = self.clone();
        uncancelled(|token| async move {
            let mut begun = service.db.begin(&token, &Origin::default()).await?;
            let Some(feature) = row::lock_if_free(begun.connection(), &service.policies, id).await? else {
                return Ok(false);
            };
            let mut write = begun.at_now().await?;
            let permit = Write::authorize_time(feature.id, feature.product);
            if !is_due(&mut write, id).await? {
                return Ok(false);
            }
            let before = blocking(&mut write, id).await?;
            // Settling begins to keep the turns of a feature that nobody kept them of, which belongs to an event.
            let kept = Turns::of(write.connection(), id).await?.running.is_some();
            let lapsed = note_lapsed(&mut write, &permit, &feature).await?;
            let settled = settle(&mut write, &permit, &feature).await?;
            let after = blocking(&mut write, id).await?;
            // Of what rests, only a sign-off that lost its seat is news.
            let is_active = feature.progress.attempt().is_ok();
            let is_news = !settled.consequences.is_empty() || is_active && (!kept || before != after);
            let decided =
                feature.progress.stands_in().filter(|_| is_news).map(|attempt| {
                    (gate_object(&feature, attempt), number(before.len()), number(after.len()))
                });
            // The first event is the one that the rows point to; what else happened follows it.
            let mut events: Vec<Event> = Vec::new();
            let describe = |events: &[Event], verb, object| {
                if events.is_empty() {
                    write.event(&permit, verb, object)
                } else {
                    write.consequence(&permit, verb, object)
                }
            };
            for waiver in lapsed {
                let mut event =
                    describe(&events, Verb::WaiverLapsed, waivers::object(waiver.id, waiver.number));
                event.change("state", Value::code("approved"), Value::code("lapsed"));
                events.push(event);
            }
            if let Some((object, before, after)) = decided {
                let mut event = describe(&events, Verb::GateDecidedAnew, object);
                event.change("blockers", Value::Number(before), Value::Number(after));
                events.push(event);
            }
            if events.is_empty() {
                write.commit_unrecorded().await?;
            } else {
                let event = events.remove(0);
                events.extend(settled.consequences);
                write.commit(event, events).await?;
            }
            Ok(true)
        })
        .await
    }
}

/// Whether time, or a role that was taken away, has changed what is stored of the feature, now that its row is locked.
async fn is_due(write: &mut Write, feature: FeatureId) -> Result<bool> {
    let now = write.now;
    Ok(sqlx::query_scalar!(
        r#"select exists (select from gate_state where feature_id = $1 and changes_at <= $2)
               or exists (select from waiver where feature_id = $1 and state = 'approved' and until <= $2)
               or exists (select from unseated_sign_off where feature_id = $1) as "due!""#,
        feature.uuid(),
        now
    )
    .fetch_one(write.connection())
    .await?)
}

/// What blocks the gate, as it was projected last.
async fn blocking(write: &mut Write, feature: FeatureId) -> Result<Vec<String>> {
    Ok(sqlx::query_scalar!(
        "select subject from gate_blocker where feature_id = $1 order by subject",
        feature.uuid()
    )
    .fetch_all(write.connection())
    .await?)
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
