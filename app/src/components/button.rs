//! Buttons do something, links that look like buttons go somewhere. The words say what happens.

use leptos::prelude::*;

/// How much a button asks for attention.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// The one primary action of the screen.
    #[default]
    Primary,
    /// Any other action.
    Quiet,
    /// An action that voids or takes something away.
    Danger,
    /// An action within a sentence or a row, drawn as a link.
    Link,
}

impl ButtonKind {
    const fn class(self) -> &'static str {
        match self {
            Self::Primary => "button",
            Self::Quiet => "button quiet",
            Self::Danger => "button danger",
            Self::Link => "button link",
        }
    }

    const fn small_class(self) -> &'static str {
        match self {
            Self::Primary => "button small",
            Self::Quiet => "button quiet small",
            Self::Danger => "button danger small",
            Self::Link => "button link small",
        }
    }
}

/// Submits the form it is in.
#[component]
pub fn Button(
    /// How much it asks for attention.
    #[prop(optional)]
    kind: ButtonKind,
    /// For rows of a table.
    #[prop(optional)]
    small: bool,
    /// The field that tells several buttons of one form apart.
    #[prop(optional, into)]
    name: Option<String>,
    /// The value of that field.
    #[prop(optional, into)]
    value: Option<String>,
    /// The words, and a sign before them when it helps.
    children: Children,
) -> impl IntoView {
    let class = if small { kind.small_class() } else { kind.class() };
    view! {
        <button type="submit" class=class name=name value=value>
            {children()}
        </button>
    }
}

/// Goes to a page, and looks like a button.
#[component]
pub fn LinkButton(
    /// Where it goes.
    #[prop(into)]
    href: String,
    /// How much it asks for attention.
    #[prop(optional)]
    kind: ButtonKind,
    /// For rows of a table.
    #[prop(optional)]
    small: bool,
    /// The words.
    children: Children,
) -> impl IntoView {
    let class = if small { kind.small_class() } else { kind.class() };
    view! {
        <a class=class href=href>
            {children()}
        </a>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_without_a_name_sends_none() {
        let html = view! { <Button>"Save the requirement"</Button> }.to_html();
        assert_eq!(html, "<button type=\"submit\" class=\"button\">Save the requirement</button>");
    }

    #[test]
    fn a_value_stays_within_its_attribute() {
        let html =
            view! { <Button name="act" value="\"><script>" kind=ButtonKind::Quiet small=true>"Go"</Button> }
                .to_html();
        assert!(!html.contains("\"><script>"), "{html}");
        assert!(html.contains("class=\"button quiet small\""), "{html}");
    }
}
