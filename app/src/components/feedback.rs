//! How Sluice tells: chips, notices, empty states. Colour never alone: a sign and a word carry the same.

use leptos::prelude::*;

use super::icons::{Icon, IconName};

/// The colour of a state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Not started, plain.
    #[default]
    Neutral,
    /// The colour of water: worth noticing, neither good nor bad.
    Accent,
    /// Open, passed, met.
    Open,
    /// Closed, failed, overdue.
    Blocked,
    /// Waits for somebody.
    Waiting,
    /// Waived for a time.
    Waived,
}

impl Tone {
    /// The class of a surface in this colour.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Accent => "accent",
            Self::Open => "open",
            Self::Blocked => "blocked",
            Self::Waiting => "waiting",
            Self::Waived => "waived",
        }
    }

    /// The class of text and signs in this colour.
    #[must_use]
    pub const fn text_class(self) -> &'static str {
        match self {
            Self::Neutral => "tone-neutral",
            Self::Accent => "tone-accent",
            Self::Open => "tone-open",
            Self::Blocked => "tone-blocked",
            Self::Waiting => "tone-waiting",
            Self::Waived => "tone-waived",
        }
    }
}

/// A state in a word or two, as a chip.
#[component]
pub fn Badge(
    /// The word.
    #[prop(into)]
    text: String,
    /// The colour of the state.
    #[prop(optional)]
    tone: Tone,
    /// The sign before the word.
    #[prop(optional)]
    icon: Option<IconName>,
) -> impl IntoView {
    view! {
        <span class=format!("chip {}", tone.class())>
            {icon.map(|name| view! { <Icon name /> })}
            {text}
        </span>
    }
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoticeKind {
    /// It was done.
    Success,
    /// Good to know.
    #[default]
    Info,
    /// Take care.
    Warning,
    /// It was refused or went wrong.
    Danger,
}

impl NoticeKind {
    const fn tone(self) -> Tone {
        match self {
            Self::Success => Tone::Open,
            Self::Info => Tone::Accent,
            Self::Warning => Tone::Waiting,
            Self::Danger => Tone::Blocked,
        }
    }

    const fn icon(self) -> IconName {
        match self {
            Self::Success => IconName::Check,
            Self::Info => IconName::Dot,
            Self::Warning => IconName::Warning,
            Self::Danger => IconName::Cross,
        }
    }

    const fn role(self) -> &'static str {
        match self {
            Self::Success | Self::Info | Self::Warning => "status",
            Self::Danger => "alert",
        }
    }
}

/// A message about the page or about what was just done.
#[component]
pub fn Notice(
    /// What it is about.
    #[prop(optional)]
    kind: NoticeKind,
    /// What happened, in one sentence.
    #[prop(into)]
    title: String,
    /// What follows from it and what to do.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class=format!("notice {}", kind.tone().class()) role=kind.role()>
            <Icon name=kind.icon() />
            <div>
                <strong>{title}</strong>
                {children.map(|children| children())}
            </div>
        </div>
    }
}

/// An empty place that teaches: what belongs here, why it matters for the gate, and the first step.
#[component]
pub fn EmptyState(
    /// What is not there yet.
    #[prop(into)]
    title: String,
    /// What belongs here and why it matters.
    #[prop(into)]
    why: String,
    /// The sign of what is missing.
    #[prop(default = IconName::Gate)]
    icon: IconName,
    /// The first step: a button or a link. Leave it out for somebody who may not take it, and say in `why` who can.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <Icon name=icon />
            <strong>{title}</strong>
            <p>{why}</p>
            {children.map(|children| view! { <div class="form-actions">{children()}</div> })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chip_escapes_its_word() {
        let html =
            view! { <Badge text="<script>alert(1)</script>" tone=Tone::Blocked icon=IconName::Cross /> }
                .to_html();
        assert!(!html.contains("<script"), "{html}");
        assert!(html.starts_with("<span class=\"chip blocked\"><svg"), "{html}");
    }

    #[test]
    fn only_a_danger_interrupts() {
        let html = view! { <Notice title="Saved" kind=NoticeKind::Success /> }.to_html();
        assert!(html.contains("role=\"status\""), "{html}");
        let html = view! { <Notice title="Refused" kind=NoticeKind::Danger><p>"Why"</p></Notice> }.to_html();
        assert!(html.contains("role=\"alert\"") && html.contains("<p>Why</p>"), "{html}");
    }

    #[test]
    fn an_empty_state_without_a_first_step_shows_no_empty_row() {
        let html = view! { <EmptyState title="No threats yet" why="They belong here." /> }.to_html();
        assert!(!html.contains("form-actions"), "{html}");
    }
}
