//! What happened, in order.

use leptos::prelude::*;
use time::OffsetDateTime;

use super::{
    feedback::Tone,
    icons::{Icon, IconName},
    time_words::Timestamp,
};

/// A field that changed.
#[derive(Clone, Debug)]
pub struct FieldChange {
    /// The field.
    pub field: String,
    /// What it was; nothing when it is new.
    pub old: Option<String>,
    /// What it is; nothing when it was taken away.
    pub new: Option<String>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct TimelineEntry {
    /// When.
    pub at: OffsetDateTime,
    /// Who: a person or a pipeline.
    pub who: String,
    /// The role in which they did it.
    pub role: Option<String>,
    /// What they did, as the rest of a sentence that begins with who.
    pub sentence: String,
    /// Where to read more: words and address.
    pub link: Option<(String, String)>,
    /// What changed.
    pub changes: Vec<FieldChange>,
    /// The colour of the sign.
    pub tone: Tone,
    /// The sign.
    pub icon: IconName,
}

impl TimelineEntry {
    /// An entry with nothing but who, what and when.
    #[must_use]
    pub fn new(at: OffsetDateTime, who: impl Into<String>, sentence: impl Into<String>) -> Self {
        Self {
            at,
            who: who.into(),
            role: None,
            sentence: sentence.into(),
            link: None,
            changes: Vec::new(),
            tone: Tone::Neutral,
            icon: IconName::Dot,
        }
    }
}

/// What happened, in the order in which it is given.
#[component]
pub fn Timeline(
    /// The entries.
    entries: Vec<TimelineEntry>,
    /// Now, as the page's data knows it.
    now: OffsetDateTime,
) -> impl IntoView {
    let entries = entries.into_iter().map(|entry| line(entry, now)).collect_view();
    view! { <ol class="timeline">{entries}</ol> }
}

fn line(entry: TimelineEntry, now: OffsetDateTime) -> AnyView {
    let TimelineEntry { at, who, role, sentence, link, changes, tone, icon } = entry;
    view! {
        <li>
            <Icon name=icon tone />
            <div class="what">
                <b>{who}</b>
                {format!(" {sentence} ")}
                {link.map(|(label, href)| view! { <a href=href>{label}</a> })}
                {role.map(|role| view! { <span class="muted small">{format!(" {role}")}</span> })}
                {field_changes(changes)}
            </div>
            <div class="when">
                <Timestamp at now />
            </div>
        </li>
    }
    .into_any()
}

/// The changed fields, old → new. Shared with tables of the history.
pub(crate) fn field_changes(changes: Vec<FieldChange>) -> Option<AnyView> {
    if changes.is_empty() {
        return None;
    }
    let rows = changes
        .into_iter()
        .map(|change| {
            let arrow = (change.old.is_some() && change.new.is_some()).then_some(" → ");
            view! {
                <div>
                    <dt>{change.field}</dt>
                    <dd>
                        {change.old.map(|old| view! { <del>{old}</del> })}
                        {arrow}
                        {change.new.map(|new| view! { <ins>{new}</ins> })}
                    </dd>
                </div>
            }
        })
        .collect_view();
    Some(view! { <dl class="changes">{rows}</dl> }.into_any())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn an_entry_says_who_what_and_what_changed_and_escapes_all_of_it() {
        let at = datetime!(2026-02-03 14:02 UTC);
        let entry = TimelineEntry {
            role: Some("developer".to_owned()),
            changes: vec![
                FieldChange { field: "Title".into(), old: Some("<a>".into()), new: Some("<b>".into()) },
                FieldChange { field: "Owner".into(), old: None, new: Some("Ana Diaz".into()) },
            ],
            ..TimelineEntry::new(at, "<i>Eve</i>", "renamed \"<script>\"")
        };
        let html = view! { <Timeline entries=vec![entry] now=at /> }.to_html();
        assert!(!html.contains("<script") && !html.contains("<i>Eve"), "{html}");
        assert!(html.contains("<del>&lt;a&gt;</del>") && html.contains("<ins>&lt;b&gt;</ins>"), "{html}");
        assert_eq!(html.matches('→').count(), 1, "{html}");
        assert!(html.contains("just now"), "{html}");
    }

    #[test]
    fn an_entry_without_changes_has_no_list_of_them() {
        let at = datetime!(2026-02-03 14:02 UTC);
        let html =
            view! { <Timeline entries=vec![TimelineEntry::new(at, "Ana", "looked")] now=at /> }.to_html();
        assert!(!html.contains("<dl"), "{html}");
    }
}
