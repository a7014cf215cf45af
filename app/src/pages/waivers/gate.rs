//! What of waivers is shown at the gate: in its panel, and on the phase line.

use sluice_domain::{
    access::Action,
    gate::{Blocker, Waived},
    place::Place,
    waiver::{WaiverState, last_day},
    words,
};
use sluice_service::features::{FeatureSummary, PhaseStep};

use crate::{
    components::{BlockerLine, time_words::date_words},
    pages::history::query,
};

/// What is let pass, below what blocks.
pub(in crate::pages) fn waived_lines(summary: &FeatureSummary) -> Vec<BlockerLine> {
    summary.decision.waived.iter().map(|waived| waived_line(summary, waived)).collect()
}

fn waived_line(summary: &FeatureSummary, Waived { blocker, waiver }: &Waived) -> BlockerLine {
    BlockerLine {
        sentence: words::blocker(blocker),
        who: String::new(),
        link: Some((
            format!("Read waiver W-{}", waiver.number),
            Place::Waiver(waiver.number).path(&summary.key),
        )),
        also: None,
        waived: Some(format!("until the end of {}", date_words(last_day(waiver.until, &summary.calendar)))),
        later: false,
        since: None,
    }
}

/// The way to a waiver of a blocker: the one that was asked for, or the form that asks, for those who may.
pub(in crate::pages) fn waiver_link(summary: &FeatureSummary, blocker: &Blocker) -> Option<(String, String)> {
    let subject = blocker.subject();
    let asked = |waiver: &&sluice_domain::waiver::Waiver| {
        waiver.state == WaiverState::Requested && waiver.subject == subject
    };
    if let Some(waiver) = summary.waivers.iter().find(asked) {
        let number = waiver.number;
        return Some((format!("Waiver W-{number} is asked for"), Place::Waiver(number).path(&summary.key)));
    }
    let may = summary.may(Action::RequestWaiver) && summary.decision.may_waive(blocker);
    may.then(|| ("Ask for a waiver".to_owned(), ask_href(summary, &subject)))
}

/// The form that asks for a waiver of this.
pub(in crate::pages) fn ask_href(summary: &FeatureSummary, subject: &str) -> String {
    format!("{}?{}", Place::NewWaiver.path(&summary.key), query([("subject", subject)]))
}

/// How many things are let pass at a phase's gate: of one that was passed, what it asks for and no longer holds.
pub(in crate::pages) fn waived_at(summary: &FeatureSummary, step: &PhaseStep, here: bool) -> usize {
    let of_step = |waived: &&Waived| match &waived.blocker {
        Blocker::Earlier { name, .. } => *name == step.name,
        Blocker::Drifted { phase, .. } | Blocker::TierRaised { phase, .. } => *phase == step.key,
        _ => here,
    };
    summary.decision.waived.iter().filter(of_step).count()
}
