//! Waivers: asking for one, deciding about it, ending it, and the pages that show them.

mod decide;
mod end;
mod lapse;
mod page;
mod product;
mod request;
mod row;

pub use decide::{DecideWaiver, WaiverVerdict};
pub use end::{EndWaiver, WithdrawWaiver};
pub(crate) use lapse::{any_over, lapse_waivers, note_lapsed};
pub use page::{NewWaiverPage, WaiverChoice, WaiverPage, WaiverSteps, WaiversPage};
pub use product::{ProductWaiver, ProductWaivers};
pub use request::RequestWaiver;
pub(crate) use row::all as all_waivers;
pub use row::{WaiverDecision, WaiverEnd, WaiverItem};

use sluice_domain::{
    audit::{Object, ObjectKind},
    gate::{Decision, decide as decide_gate},
    ids::WaiverId,
    waiver::Scene,
};
use time::OffsetDateTime;

use crate::{
    db::write::Write,
    error::{Error, Result},
    features::row::Feature,
    gates::{Gathered, gather_in},
};

/// What the rules of waivers look at: the current gate of a feature, and the decision about it.
struct Standing {
    gathered: Gathered,
    decision: Decision,
}

impl Standing {
    /// Reads it for a feature whose row is locked.
    ///
    /// # Errors
    /// [`Error::Refused`] when the feature stands at no gate.
    async fn of(write: &mut Write, feature: &Feature) -> Result<Self> {
        let attempt = feature.progress.attempt()?.clone();
        let policy = &feature.policy.policy;
        let phase = policy.phase(&attempt.phase).ok_or(Error::NotFound)?;
        let gathered = gather_in(write, feature, phase, &attempt).await?;
        let decision = decide_gate(policy, phase, &gathered.situation, write.now);
        Ok(Self { gathered, decision })
    }

    fn scene<'a>(&'a self, feature: &'a Feature, now: OffsetDateTime) -> Scene<'a> {
        Scene {
            policy: &feature.policy.policy,
            decision: &self.decision,
            waivers: &self.gathered.waivers,
            now,
        }
    }
}

/// A waiver as an object of events.
pub(crate) fn object(id: WaiverId, number: i32) -> Object {
    Object::new(ObjectKind::Waiver, id, format!("W-{number}"))
}
