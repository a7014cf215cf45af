//! What kinds of record, their states and the ways to them are called on pages.

use leptos::prelude::*;
use sluice_domain::{
    record::{RecordKind, Shortfall, State, Tone as StateTone},
    words,
};
use sluice_service::features::FeatureSummary;

use crate::{
    components::{Badge, IconName, Tone},
    pages::threats::at_rest,
};

/// A word at the start of a sentence.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The heading of a kind: "Requirements", "Plan".
pub(in crate::pages) fn kind_title(kind: RecordKind) -> String {
    capital(kind.spec().plural)
}

/// One of a kind, as a sentence names something new: "a requirement", "an artefact"; "feedback" has no number.
pub(super) fn one(kind: RecordKind) -> String {
    let spec = kind.spec();
    if spec.name == spec.plural {
        return spec.name.to_owned();
    }
    let article = if spec.name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {}", spec.name)
}

/// What the button says that begins a record: "Add a requirement", "Write the plan".
pub(in crate::pages) fn add_words(kind: RecordKind) -> String {
    match kind {
        RecordKind::Risk => "Answer the questionnaire".to_owned(),
        _ if kind.is_single() => format!("Write the {}", kind.spec().name),
        _ => format!("Add {}", one(kind)),
    }
}

/// What a link to the page of a kind says: "Open the requirements".
pub(in crate::pages) fn open_words(kind: RecordKind) -> String {
    format!("Open the {}", kind.spec().plural)
}

/// What a link says to the place where a shortfall is put right.
pub(in crate::pages) fn shortfall_verb(shortfall: &Shortfall) -> String {
    match shortfall {
        Shortfall::Nothing { kind, .. } => add_words(*kind),
        Shortfall::Unsaid { kind, number, .. }
        | Shortfall::Waits { kind, number, .. }
        | Shortfall::NoEvidence { kind, number, .. } => open_one(*kind, *number),
        Shortfall::Unconfirmed { kind, .. } => open_words(*kind),
        Shortfall::Unanswered { by, .. } => open_words(*by),
        Shortfall::Reviewers { number, .. } => open_one(RecordKind::Change, *number),
        Shortfall::NoStandard | Shortfall::NotAttested { .. } => "Open the standards".to_owned(),
    }
}

fn open_one(kind: RecordKind, number: i32) -> String {
    if kind.is_single() { open_words(kind) } else { format!("Open {}", kind.key(number)) }
}

/// Why the reader may not write records of a kind, and who can.
pub(in crate::pages) fn closed_words(summary: &FeatureSummary, kind: RecordKind) -> String {
    if let Some(why) = at_rest(summary) {
        return why;
    }
    let spec = kind.spec();
    let what = if kind.is_single() { format!("the {}", spec.name) } else { spec.plural.to_owned() };
    format!("Any {} of this product can write {what}.", words::who_can(spec.editors))
}

/// The first sentence of a kind's purpose, for places that have no room for all of it.
pub(in crate::pages) fn gist(kind: RecordKind) -> &'static str {
    let purpose = kind.spec().purpose;
    purpose.find(". ").map_or(purpose, |end| &purpose[..=end])
}

/// A state as a chip: colour, sign and word.
pub(in crate::pages) fn state_badge(state: &'static State) -> AnyView {
    let (tone, icon) = match state.tone {
        StateTone::Neutral => (Tone::Neutral, IconName::Dot),
        StateTone::Good => (Tone::Open, IconName::Check),
        StateTone::Waiting => (Tone::Waiting, IconName::Clock),
        StateTone::Bad => (Tone::Blocked, IconName::Warning),
    };
    view! { <Badge text=state.label tone icon /> }.into_any()
}

#[cfg(test)]
mod tests {
    use sluice_domain::record::ListKind;

    use super::*;

    #[test]
    fn kinds_are_named_as_people_speak() {
        assert_eq!(add_words(RecordKind::Requirement), "Add a requirement");
        assert_eq!(add_words(RecordKind::Check), "Add an automated check");
        assert_eq!(add_words(RecordKind::Feedback), "Add feedback");
        assert_eq!(add_words(RecordKind::Plan), "Write the plan");
        assert_eq!(open_words(RecordKind::Change), "Open the changes");
        assert_eq!(kind_title(RecordKind::SecurityTest), "Security tests");
    }

    #[test]
    fn the_gist_is_one_sentence() {
        assert_eq!(gist(RecordKind::Risk), RecordKind::Risk.spec().purpose);
        assert_eq!(
            gist(RecordKind::Requirement),
            "What the feature has to do, and what it must never allow."
        );
    }

    #[test]
    fn a_link_says_where_it_leads() {
        let unsaid = |kind| Shortfall::Unsaid { kind, number: 2, field: "Goals" };
        assert_eq!(shortfall_verb(&unsaid(RecordKind::Plan)), "Open the plan");
        assert_eq!(shortfall_verb(&unsaid(RecordKind::Decision)), "Open D-2");
        let none = Shortfall::Nothing { kind: RecordKind::Requirement, what: "functional requirement" };
        assert_eq!(shortfall_verb(&none), "Add a requirement");
        assert_eq!(shortfall_verb(&Shortfall::Reviewers { number: 2, have: 0, need: 2 }), "Open C-2");
        let points = Shortfall::Unconfirmed {
            kind: RecordKind::Design,
            list: ListKind::DefinitionOfReady,
            points: vec![String::new(); 2],
        };
        assert_eq!(shortfall_verb(&points), "Open the feature description");
        assert_eq!(shortfall_verb(&Shortfall::NoStandard), "Open the standards");
    }
}
