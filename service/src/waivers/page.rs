use sluice_domain::{
    access::{Action, Role},
    gate::Blocker,
    ids::FeatureKey,
    place::Place,
    policy::Waivers,
    waiver::{Person, Scene, WaiverRefusal, WaiverState, approving_role, latest},
    words,
};
use time::Date;

use super::row::{self, WaiverItem};
use crate::{
    Service,
    actor::Actor,
    error::Result,
    features::{
        FeatureSummary,
        page::{Opened, open},
    },
};

/// The waivers of a feature.
#[derive(Clone, Debug)]
pub struct WaiversPage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// One page of them, the newest first.
    pub items: Vec<WaiverItem>,
    /// Where the next page begins: below the waiver with this number.
    pub next: Option<i32>,
    /// The terms of the policy; nothing where it has no waivers.
    pub terms: Option<Waivers>,
    /// Numbers of those that were approved on terms which the policy no longer allows: they let nothing pass.
    pub outgrown: Vec<i32>,
}

/// One waiver.
#[derive(Clone, Debug)]
pub struct WaiverPage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// The waiver.
    pub waiver: WaiverItem,
    /// Name of the phase in which it was asked for.
    pub phase: String,
    /// Whether it was approved on terms that the policy no longer allows: it lets nothing pass.
    pub outgrown: bool,
    /// Where the thing is cleared that it names, while it is missing.
    pub place: Option<Place>,
    /// What the reader can do with it.
    pub steps: WaiverSteps,
}

/// What a reader can do with a waiver.
#[derive(Clone, Debug)]
pub struct WaiverSteps {
    /// Decide about it, in this role; or why not.
    pub decide: Result<Role, WaiverRefusal>,
    /// Whether an approval would still bring anything about; or why not.
    pub approve: Result<(), WaiverRefusal>,
    /// Take the request back.
    pub withdraw: bool,
    /// End it before its time.
    pub end: bool,
    /// Ask for its renewal.
    pub renew: bool,
}

/// The form that asks for a waiver.
#[derive(Clone, Debug)]
pub struct NewWaiverPage {
    /// The feature's header.
    pub summary: FeatureSummary,
    /// What can be waived now.
    pub choices: Vec<WaiverChoice>,
    /// The waiver that is to be renewed.
    pub renewing: Option<WaiverItem>,
    /// The terms of the policy; nothing where it has no waivers.
    pub terms: Option<Waivers>,
    /// The last day that can be asked for.
    pub latest: Option<Date>,
}

/// Something that can be waived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaiverChoice {
    /// The blocker's subject.
    pub subject: String,
    /// What it says.
    pub sentence: String,
}

impl Service {
    /// The waivers of a feature, the newest first, from below a number on.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when there is no feature that the actor may see.
    pub async fn waivers_page(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        below: Option<i32>,
    ) -> Result<WaiversPage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, .. } = open(self, &mut connection, actor, key).await?;
        let (items, next) = row::page(&mut connection, feature.id, below, summary.now).await?;
        let policy = &feature.policy.policy;
        let outgrown = items.iter().filter(|item| item.is_outgrown(policy)).map(|item| item.number).collect();
        Ok(WaiversPage { summary, items, next, terms: policy.terms.waivers.clone(), outgrown })
    }

    /// One waiver, with what the actor can do about it.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when there is none that the actor may see.
    pub async fn waiver_page(&self, actor: &Actor, key: &FeatureKey, number: i32) -> Result<WaiverPage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, gathered } = open(self, &mut connection, actor, key).await?;
        let item = row::one(&mut connection, feature.id, number, summary.now).await?;
        let policy = &feature.policy.policy;
        let phase = policy.phases.iter().find(|phase| phase.key.as_str() == item.phase);
        let phase = phase.map_or_else(|| item.phase.clone(), |phase| phase.name.clone());
        let steps = match &gathered {
            None => WaiverSteps {
                decide: Err(WaiverRefusal::Decided),
                approve: Err(WaiverRefusal::Decided),
                withdraw: false,
                end: false,
                renew: false,
            },
            Some(gathered) => {
                let waiver = item.waiver();
                let roles: Vec<Role> = summary.grants.product.iter().copied().collect();
                let person = Person { id: actor.person, roles: &roles };
                let scene = Scene {
                    policy,
                    decision: &summary.decision,
                    waivers: &gathered.waivers,
                    now: summary.now,
                };
                let may_end = approving_role(policy, &roles).is_ok()
                    || (feature.owner == actor.person && summary.may(Action::RequestWaiver));
                WaiverSteps {
                    decide: waiver.may_decide(policy, &gathered.situation, &summary.decision, person),
                    approve: waiver.may_approve(&scene),
                    withdraw: waiver.may_withdraw(actor.person).is_ok() && summary.may(Action::RequestWaiver),
                    end: may_end && waiver.may_end(summary.now).is_ok(),
                    renew: summary.may(Action::RequestWaiver)
                        && scene.may_request(&item.subject, Some(number)).is_ok(),
                }
            }
        };
        let place = missing(&summary, &item.subject).map(Blocker::place);
        let outgrown = item.is_outgrown(policy);
        Ok(WaiverPage { summary, waiver: item, phase, outgrown, place, steps })
    }

    /// The form that asks for a waiver: what can be waived now. With `renews` it prolongs the waiver with that number.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] when there is no feature that the actor may see, or no such waiver.
    pub async fn new_waiver_page(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        renews: Option<i32>,
    ) -> Result<NewWaiverPage> {
        let mut connection = self.db.reads().acquire().await?;
        let Opened { feature, summary, .. } = open(self, &mut connection, actor, key).await?;
        let renewing = match renews {
            Some(number) => Some(row::one(&mut connection, feature.id, number, summary.now).await?),
            None => None,
        };
        let terms = feature.policy.policy.terms.waivers.clone();
        let choices = match &renewing {
            Some(item) => {
                vec![WaiverChoice { subject: item.subject.clone(), sentence: item.blocker.clone() }]
            }
            None => choices(&summary),
        };
        let latest = terms.as_ref().map(|terms| latest(terms, &summary.calendar, summary.now));
        Ok(NewWaiverPage { summary, choices, renewing, terms, latest })
    }
}

/// The blocker with this subject, waived or not, while it is one.
fn missing<'a>(summary: &'a FeatureSummary, subject: &str) -> Option<&'a Blocker> {
    let waived = summary.decision.waived.iter().map(|waived| &waived.blocker);
    summary.decision.blockers.iter().chain(waived).find(|blocker| blocker.subject() == subject)
}

/// What blocks, may be waived, and was not asked for yet.
fn choices(summary: &FeatureSummary) -> Vec<WaiverChoice> {
    let asked = |subject: &str| {
        summary
            .waivers
            .iter()
            .any(|waiver| waiver.state == WaiverState::Requested && waiver.subject == subject)
    };
    let decision = &summary.decision;
    let open = decision.blockers.iter().filter(|blocker| decision.may_waive(blocker));
    open.map(|blocker| WaiverChoice { subject: blocker.subject(), sentence: words::waivable(blocker) })
        .filter(|choice| !asked(&choice.subject))
        .collect()
}
