//! The signs of Sluice: one small sprite, drawn for it. A sign never stands alone; a word is beside it.

use leptos::prelude::*;

use super::feedback::Tone;

/// A sign in the sprite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IconName {
    /// Done, passed, met.
    Check,
    /// Blocks, failed.
    Cross,
    /// Waits for somebody.
    Clock,
    /// A gate.
    Gate,
    /// Security, a waiver.
    Shield,
    /// A file.
    File,
    /// Onwards.
    Arrow,
    /// Look here.
    Warning,
    /// A person.
    Person,
    /// Take it away.
    Download,
    /// Search.
    Search,
    /// Add.
    Plus,
    /// A connection.
    Link,
    /// Closed to somebody.
    Lock,
    /// Plain.
    Dot,
}

impl IconName {
    /// Every sign, for the style guide.
    pub const ALL: [Self; 15] = [
        Self::Check,
        Self::Cross,
        Self::Clock,
        Self::Gate,
        Self::Shield,
        Self::File,
        Self::Arrow,
        Self::Warning,
        Self::Person,
        Self::Download,
        Self::Search,
        Self::Plus,
        Self::Link,
        Self::Lock,
        Self::Dot,
    ];

    /// The place of the sign within the page.
    #[must_use]
    pub const fn href(self) -> &'static str {
        match self {
            Self::Check => "#i-check",
            Self::Cross => "#i-cross",
            Self::Clock => "#i-clock",
            Self::Gate => "#i-gate",
            Self::Shield => "#i-shield",
            Self::File => "#i-file",
            Self::Arrow => "#i-arrow",
            Self::Warning => "#i-warning",
            Self::Person => "#i-person",
            Self::Download => "#i-download",
            Self::Search => "#i-search",
            Self::Plus => "#i-plus",
            Self::Link => "#i-link",
            Self::Lock => "#i-lock",
            Self::Dot => "#i-dot",
        }
    }
}

/// One sign, as large as the text around it and hidden from screen readers: the word beside it says the same.
#[component]
pub fn Icon(
    /// Which sign.
    name: IconName,
    /// The colour of a state; without it, the colour of the text.
    #[prop(optional)]
    tone: Option<Tone>,
) -> impl IntoView {
    let class = tone.map_or_else(|| "icon".to_owned(), |tone| format!("icon {}", tone.text_class()));
    view! {
        <svg class=class viewBox="0 0 16 16" aria-hidden="true">
            <use href=name.href()></use>
        </svg>
    }
}

/// All signs and the three positions of a gate, once per page. [`super::Shell`] puts it in.
#[component]
pub fn Sprite() -> impl IntoView {
    view! {
        <svg class="sprite" aria-hidden="true" width="0" height="0">
            <symbol id="i-check" viewBox="0 0 16 16"><path d="M3 8.5l3.25 3.25L13 5" /></symbol>
            <symbol id="i-cross" viewBox="0 0 16 16"><path d="M4 4l8 8M12 4l-8 8" /></symbol>
            <symbol id="i-clock" viewBox="0 0 16 16">
                <circle cx="8" cy="8" r="6.25" />
                <path d="M8 4.5V8l2.25 1.75" />
            </symbol>
            <symbol id="i-gate" viewBox="0 0 16 16">
                <path d="M2.5 14V2h11v12M2.5 4.5h11M5.5 4.5V10h5V4.5" />
            </symbol>
            <symbol id="i-shield" viewBox="0 0 16 16">
                <path d="M8 1.75l5.25 2v4c0 3.25-2.25 5.5-5.25 6.5-3-1-5.25-3.25-5.25-6.5v-4z" />
            </symbol>
            <symbol id="i-file" viewBox="0 0 16 16">
                <path d="M9.5 1.75H4.25a1 1 0 0 0-1 1v10.5a1 1 0 0 0 1 1h7.5a1 1 0 0 0 1-1V5zM9.5 1.75V5h3.25" />
            </symbol>
            <symbol id="i-arrow" viewBox="0 0 16 16"><path d="M2.5 8h11M9.5 4l4 4-4 4" /></symbol>
            <symbol id="i-warning" viewBox="0 0 16 16">
                <path d="M8 2l6.5 11.5h-13zM8 6.5v3M8 11.6v.1" />
            </symbol>
            <symbol id="i-person" viewBox="0 0 16 16">
                <circle cx="8" cy="5" r="3" />
                <path d="M2.25 14c.5-3 2.75-4.5 5.75-4.5s5.25 1.5 5.75 4.5" />
            </symbol>
            <symbol id="i-download" viewBox="0 0 16 16">
                <path d="M8 2v8.5M4.5 7.25L8 10.75l3.5-3.5M2.5 14h11" />
            </symbol>
            <symbol id="i-search" viewBox="0 0 16 16">
                <circle cx="7" cy="7" r="4.75" />
                <path d="M10.5 10.5L14 14" />
            </symbol>
            <symbol id="i-plus" viewBox="0 0 16 16"><path d="M8 3v10M3 8h10" /></symbol>
            <symbol id="i-link" viewBox="0 0 16 16">
                <path d="M6.75 9.25l2.5-2.5M5.5 7L3.25 9.25a2.475 2.475 0 0 0 3.5 3.5L9 10.5M7 5.5l2.25-2.25a2.475 2.475 0 0 1 3.5 3.5L10.5 9" />
            </symbol>
            <symbol id="i-lock" viewBox="0 0 16 16">
                <path d="M3.25 7.25h9.5v6.5h-9.5zM5.25 7.25V5a2.75 2.75 0 0 1 5.5 0v2.25" />
            </symbol>
            <symbol id="i-dot" viewBox="0 0 16 16"><circle cx="8" cy="8" r="2.5" fill="currentColor" /></symbol>
            <symbol id="gate-open" viewBox="0 0 22 36">
                <path class="post" d="M2 0h3v30H2zM17 0h3v30h-3zM0 0h22v3H0z" />
                <path fill="currentColor" d="M6 4.5h10V12H6z" />
            </symbol>
            <symbol id="gate-half" viewBox="0 0 22 36">
                <path class="post" d="M2 0h3v30H2zM17 0h3v30h-3zM0 0h22v3H0z" />
                <path fill="currentColor" d="M6 8h10v11H6z" />
            </symbol>
            <symbol id="gate-shut" viewBox="0 0 22 36">
                <path class="post" d="M2 0h3v30H2zM17 0h3v30h-3zM0 0h22v3H0z" />
                <path fill="currentColor" d="M6 11h10v18.5H6z" />
            </symbol>
            <symbol id="brand" viewBox="0 0 32 32">
                <path
                    class="w"
                    d="M2 17c2.2-1.6 4.4-1.6 6.5 0s4.3 1.6 6.5 0v8c0 1-.8 2-2 2H4c-1.2 0-2-.8-2-2zM19 22h11v3c0 1.2-.8 2-2 2h-9z"
                />
                <path
                    fill="currentColor"
                    d="M14.5 3h5A1.5 1.5 0 0 1 21 4.5V26h-2.5V12h-3v14H13V4.5A1.5 1.5 0 0 1 14.5 3z"
                />
            </symbol>
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_is_in_the_sprite() {
        let sprite = view! { <Sprite /> }.to_html();
        for name in IconName::ALL {
            let id = format!("id=\"{}\"", name.href().trim_start_matches('#'));
            assert!(sprite.contains(&id), "{id} is missing");
        }
    }

    #[test]
    fn a_sign_is_hidden_from_screen_readers() {
        let html = view! { <Icon name=IconName::Check tone=Tone::Open /> }.to_html();
        assert!(html.contains("aria-hidden=\"true\""), "{html}");
        assert!(html.contains("class=\"icon tone-open\""), "{html}");
        assert!(html.contains("<use href=\"#i-check\">"), "{html}");
    }
}
