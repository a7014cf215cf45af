//! The sluice line: the phases of a feature as reaches of water with gates between them.

use leptos::prelude::*;
use time::OffsetDateTime;

use super::{
    counted,
    feedback::Tone,
    icons::{Icon, IconName},
    time_words::{day_words, iso_moment, moment_words},
};

/// How it stands at the gate of the phase that a feature is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Something blocks the gate.
    Blocked {
        /// How many things block.
        blockers: usize,
        /// How many conditions are met; the water rises with them.
        met: usize,
    },
    /// Somebody else has the turn.
    Waiting {
        /// Who, in words: "Two reviewers".
        on: String,
    },
    /// Nothing blocks; the next step can be taken.
    Ready,
    /// Nobody works here for now.
    Resting {
        /// Why, in a word or two: "On hold".
        why: String,
    },
}

/// How it stands with a phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhaseState {
    /// Its gate opened.
    Passed {
        /// When.
        at: Option<OffsetDateTime>,
    },
    /// Its gate opened with something waived.
    PassedWithWaiver {
        /// When.
        at: Option<OffsetDateTime>,
        /// How many things were waived.
        waivers: usize,
    },
    /// An emergency went through its gate: its sign-offs are owed.
    Owed {
        /// Until when.
        until: OffsetDateTime,
    },
    /// The feature is here.
    Here(Standing),
    /// Not started.
    Todo,
}

/// A phase on the line.
#[derive(Clone, Debug)]
pub struct PhaseStep {
    /// Its name.
    pub name: String,
    /// Its page.
    pub href: Option<String>,
    /// How it stands.
    pub state: PhaseState,
    /// How many things its gate passes over.
    pub waived: usize,
}

impl PhaseStep {
    /// A phase with a page of its own.
    #[must_use]
    pub fn new(name: impl Into<String>, href: impl Into<String>, state: PhaseState) -> Self {
        Self { name: name.into(), href: Some(href.into()), state, waived: 0 }
    }

    /// The same phase, whose gate passes over so many things.
    #[must_use]
    pub fn waived(self, waived: usize) -> Self {
        Self { waived, ..self }
    }
}

/// How a state is drawn.
struct Drawn {
    class: String,
    gate: &'static str,
    icon: Option<IconName>,
    words: AnyView,
}

impl Drawn {
    fn new(class: &str, gate: &'static str, icon: Option<IconName>, words: AnyView) -> Self {
        Self { class: class.to_owned(), gate, icon, words }
    }
}

/// How full the reach is, in tenths: a share of the conditions is met. Never empty, because work has begun, and
/// never full while something blocks.
fn tenths(met: usize, blockers: usize) -> usize {
    let all = met.saturating_add(blockers).max(1);
    (met.saturating_mul(10) / all).clamp(1, 9)
}

fn draw(state: PhaseState) -> Drawn {
    match state {
        PhaseState::Passed { at } => {
            Drawn::new("passed", "#gate-open", Some(IconName::Check), passed_words(at, None))
        }
        PhaseState::PassedWithWaiver { at, waivers } => Drawn::new(
            "passed-waived",
            "#gate-open",
            Some(IconName::Shield),
            passed_words(at, Some(format!(", {waivers} waived"))),
        ),
        PhaseState::Owed { until } => Drawn::new(
            "passed-owed",
            "#gate-open",
            Some(IconName::Warning),
            view! {
                "Emergency: sign-offs owed until "
                <time datetime=iso_moment(until) title=moment_words(until)>
                    {day_words(until.date())}
                </time>
            }
            .into_any(),
        ),
        PhaseState::Here(Standing::Resting { why }) => {
            Drawn::new("resting fill-5", "#gate-shut", Some(IconName::Clock), why.into_any())
        }
        PhaseState::Here(Standing::Blocked { blockers, met }) => {
            let words = match blockers {
                1 => "1 thing blocks".to_owned(),
                _ => format!("{} block", counted(blockers, "thing")),
            };
            Drawn {
                class: format!("blocked fill-{}", tenths(met, blockers)),
                gate: "#gate-shut",
                icon: Some(IconName::Cross),
                words: words.into_any(),
            }
        }
        PhaseState::Here(Standing::Waiting { on }) => Drawn::new(
            "waiting fill-10",
            "#gate-half",
            Some(IconName::Clock),
            format!("Waiting: {on}").into_any(),
        ),
        PhaseState::Here(Standing::Ready) => {
            Drawn::new("ready fill-10", "#gate-half", Some(IconName::Arrow), "Nothing blocks".into_any())
        }
        PhaseState::Todo => Drawn::new("todo", "#gate-shut", None, "Not started".into_any()),
    }
}

fn passed_words(at: Option<OffsetDateTime>, more: Option<String>) -> AnyView {
    let Some(at) = at else {
        return format!("Passed{}", more.unwrap_or_default()).into_any();
    };
    view! {
        "Passed "
        <time datetime=iso_moment(at) title=moment_words(at)>
            {day_words(at.date())}
        </time>
        {more}
    }
    .into_any()
}

/// The phases as one line: where the feature stands, which gates are open, closed, waived.
#[component]
pub fn PhaseLine(
    /// The phases in order.
    steps: Vec<PhaseStep>,
) -> impl IntoView {
    let steps = steps
        .into_iter()
        .map(|step| {
            let here = matches!(step.state, PhaseState::Here(_)).then_some("step");
            // Of a gate that was passed the state itself says so.
            let waived = (here.is_some() && step.waived > 0)
                .then(|| view! { <span class="tone-waived">{format!(", {} waived", step.waived)}</span> });
            let Drawn { class, gate, icon, words } = draw(step.state);
            let name = match step.href {
                Some(href) => view! { <a class="phase" href=href>{step.name}</a> }.into_any(),
                None => view! { <span class="phase">{step.name}</span> }.into_any(),
            };
            view! {
                <li class=class aria-current=here>
                    <svg class="gate-mark" viewBox="0 0 22 36" aria-hidden="true">
                        <use href=gate></use>
                    </svg>
                    {name}
                    <span class="state">
                        {icon.map(|name| view! { <Icon name /> })}
                        <span>{words} {waived}</span>
                    </span>
                </li>
            }
        })
        .collect_view();
    view! {
        <div class="basin">
            <ol class="sluice" aria-label="Phases">
                {steps}
            </ol>
        </div>
    }
    .into_any()
}

/// The line in small, for a row of a list: a picture, then the name of the phase.
#[component]
pub fn PhaseMini(
    /// The name of the phase that the feature is in.
    #[prop(into)]
    name: String,
    /// How many phases are behind it.
    passed: usize,
    /// How many phases there are.
    of: usize,
    /// How it stands at the gate of this phase.
    #[prop(optional)]
    tone: Tone,
) -> impl IntoView {
    let here = match tone {
        Tone::Blocked => "blocked",
        Tone::Waiting => "waiting",
        Tone::Open => "ready",
        Tone::Waived => "passed-waived",
        Tone::Neutral | Tone::Accent => "passed",
    };
    let reaches = (0..of)
        .map(|index| {
            let class = match index.cmp(&passed) {
                std::cmp::Ordering::Less => Some("passed"),
                std::cmp::Ordering::Equal => Some(here),
                std::cmp::Ordering::Greater => None,
            };
            view! { <i class=class></i> }
        })
        .collect_view();
    view! {
        <span class="nowrap">
            <span class="mini" aria-hidden="true">
                {reaches}
            </span>
            {name}
        </span>
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn every_state_has_a_word_and_the_current_phase_is_marked() {
        let at = Some(datetime!(2025-11-04 09:15 UTC));
        let steps = vec![
            PhaseStep::new("Requirements", "/r", PhaseState::Passed { at }),
            PhaseStep::new("Design", "/d", PhaseState::PassedWithWaiver { at, waivers: 2 }),
            PhaseStep::new("Development", "/v", PhaseState::Here(Standing::Blocked { blockers: 3, met: 11 }))
                .waived(4),
            PhaseStep { name: "<Testing>".to_owned(), href: None, state: PhaseState::Todo, waived: 0 },
        ];
        let html = view! { <PhaseLine steps /> }.to_html();
        for words in [
            "Passed ",
            "4 Nov</time>",
            ", 2 waived",
            "3 things block",
            ", 4 waived",
            "Not started",
            "&lt;Testing&gt;",
        ] {
            assert!(html.contains(words), "{words}: {html}");
        }
        assert_eq!(html.matches("aria-current=\"step\"").count(), 1, "{html}");
        assert!(html.contains("class=\"blocked fill-7\""), "{html}");
    }

    #[test]
    fn a_blocked_reach_is_never_empty_and_never_full() {
        assert_eq!(tenths(0, 5), 1);
        assert_eq!(tenths(0, 0), 1);
        assert_eq!(tenths(5, 5), 5);
        assert_eq!(tenths(1000, 1), 9);
    }

    #[test]
    fn the_small_line_names_its_phase() {
        let html = view! { <PhaseMini name="Testing" passed=3 of=6 tone=Tone::Waiting /> }.to_html();
        assert_eq!(html.matches("class=\"passed\"").count(), 3, "{html}");
        assert_eq!(html.matches("<i").count(), 6, "{html}");
        assert!(html.contains("Testing"), "{html}");
    }
}
