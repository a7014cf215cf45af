//! A record to read: its fields as facts, people by name, references as links.

use std::collections::BTreeMap;

use leptos::prelude::*;
use sluice_domain::{
    ids::{FeatureKey, PersonId},
    place::Place,
    record::{Field, Input, ListKind, RecordRef, Tone as StateTone, Values},
    threat::Severity,
};
use sluice_service::records::{RecordItem, RecordPage, RecordsPage};
use time::{Date, format_description::BorrowedFormatItem, macros::format_description};

use crate::{
    components::{
        DueDate, Fact, FactList, Icon, IconName, Prose, Tone,
        time_words::{date_words, iso_date},
    },
    pages::threats::severity_badge,
};

/// What a page knows of what its records name.
pub(super) struct Known<'a> {
    key: &'a FeatureKey,
    names: &'a BTreeMap<PersonId, String>,
    people: &'a [(PersonId, String)],
    candidates: &'a [(RecordRef, String)],
    points: Option<&'a BTreeMap<ListKind, Vec<String>>>,
    today: Date,
}

impl<'a> Known<'a> {
    /// Of the page of one record.
    pub(super) fn of(page: &'a RecordPage) -> Self {
        Self {
            key: &page.summary.key,
            names: &page.names,
            people: &page.people,
            candidates: &page.candidates,
            points: Some(&page.points),
            today: page.summary.now.date(),
        }
    }

    /// Of a list.
    pub(super) fn of_list(page: &'a RecordsPage) -> Self {
        Self {
            key: &page.summary.key,
            names: &page.names,
            people: &[],
            candidates: &[],
            points: None,
            today: page.summary.now.date(),
        }
    }

    fn name(&self, id: &str) -> String {
        let id: Option<PersonId> = id.parse().ok();
        let named = id.and_then(|id| {
            let person = self.people.iter().find(|(person, _)| *person == id).map(|(_, name)| name);
            self.names.get(&id).or(person)
        });
        named.cloned().unwrap_or_else(|| "Somebody".to_owned())
    }

    /// Some values of a field in words without markup: for two versions side by side.
    pub(super) fn plain(&self, field: &Field, values: &[String]) -> String {
        let words = values.iter().filter(|value| !value.is_empty()).map(|value| match field.input {
            Input::Choice(choices) => {
                let choice = choices.iter().find(|choice| choice.code == value);
                choice.map_or_else(|| value.clone(), |choice| choice.label.to_owned())
            }
            Input::Person | Input::People => self.name(value),
            Input::Day => day(value).map_or_else(|| value.clone(), date_words),
            _ => value.clone(),
        });
        let words: Vec<String> = words.collect();
        match words.as_slice() {
            [] => "Left empty".to_owned(),
            _ if matches!(field.input, Input::Points(_)) => words.join("\n"),
            _ => words.join(", "),
        }
    }

    /// A field as a cell of a list.
    pub(super) fn cell(&self, item: &RecordItem, field: &Field) -> AnyView {
        let text = item.values.text(field.key);
        match field.input {
            Input::Digest if text.len() > 12 => {
                let short = text.chars().take(12).chain(['…']).collect::<String>();
                view! { <span class="mono" title=text.to_owned()>{short}</span> }.into_any()
            }
            Input::Day if field.key == "due" => {
                let waits = matches!(item.state.tone, StateTone::Waiting | StateTone::Bad);
                match day(text) {
                    Some(date) if waits => view! { <DueDate date today=self.today /> }.into_any(),
                    _ => self.value(field, &item.values),
                }
            }
            Input::References { .. } => {
                let links = item.values.many(field.key).iter().map(|text| {
                    view! { <li>{self.reference(text, false)}</li> }
                });
                view! { <ul class="plain cluster">{links.collect_view()}</ul> }.into_any()
            }
            Input::People => {
                let names = item.values.many(field.key).iter().map(|id| self.name(id));
                names.collect::<Vec<_>>().join(", ").into_any()
            }
            _ => self.value(field, &item.values),
        }
    }

    /// A field to read.
    fn value(&self, field: &Field, values: &Values) -> AnyView {
        let text = values.text(field.key);
        let many = values.many(field.key);
        match field.input {
            Input::Line => text.to_owned().into_any(),
            Input::Note | Input::Body => view! { <Prose markdown=text /> }.into_any(),
            Input::Link => outside(text),
            Input::Digest => view! { <span class="mono wrap">{text.to_owned()}</span> }.into_any(),
            Input::Day => match day(text) {
                Some(date) => view! { <time datetime=iso_date(date)>{date_words(date)}</time> }.into_any(),
                None => text.to_owned().into_any(),
            },
            Input::Choice(choices) => match (field.key, Severity::from_code(text)) {
                ("severity", Some(severity)) => severity_badge(severity),
                _ => {
                    let choice = choices.iter().find(|choice| choice.code == text);
                    choice.map_or("", |choice| choice.label).into_any()
                }
            },
            Input::Person if text.is_empty() => ().into_any(),
            Input::Person => self.name(text).into_any(),
            Input::People => {
                let names = many.iter().map(|id| view! { <li>{self.name(id)}</li> }).collect_view();
                view! { <ul class="plain">{names}</ul> }.into_any()
            }
            Input::Points(list) => self.points(list, many),
            Input::References { .. } => {
                let links = many.iter().map(|text| view! { <li>{self.reference(text, true)}</li> });
                view! { <ul class="plain">{links.collect_view()}</ul> }.into_any()
            }
            Input::Set => self.set(text),
        }
    }

    /// Each point of the list, and whether it is confirmed; points that the list no longer has come last.
    fn points(&self, list: ListKind, confirmed: &[String]) -> AnyView {
        let listed = self.points.and_then(|points| points.get(&list)).map(Vec::as_slice).unwrap_or_default();
        let older = confirmed.iter().filter(|point| !listed.contains(point));
        let lines = listed.iter().chain(older).map(|point| {
            let (name, tone, word) = if confirmed.contains(point) {
                (IconName::Check, Tone::Open, "Confirmed: ")
            } else {
                (IconName::Dot, Tone::Neutral, "Not confirmed: ")
            };
            view! {
                <li>
                    <Icon name tone />
                    <span>
                        <span class="visually-hidden">{word}</span>
                        {point.clone()}
                    </span>
                </li>
            }
        });
        view! { <ul class="plain signed-lines">{lines.collect_view()}</ul> }.into_any()
    }

    /// What a record refers to, as a link.
    fn reference(&self, text: &str, titled: bool) -> AnyView {
        let Ok(reference) = text.parse::<RecordRef>() else { return text.to_owned().into_any() };
        let title = self.candidates.iter().find(|(other, _)| titled && *other == reference);
        let words = title.map_or_else(|| reference.to_string(), |(_, title)| format!("{reference} {title}"));
        view! { <a href=reference.place().path(self.key)>{words}</a> }.into_any()
    }

    /// What a step of Sluice set: the key of a feature.
    pub(super) fn set(&self, text: &str) -> AnyView {
        match text.parse::<FeatureKey>() {
            Ok(key) => view! { <a href=Place::Feature.path(&key)>{text.to_owned()}</a> }.into_any(),
            Err(_) => text.to_owned().into_any(),
        }
    }

    /// The whole record: short fields as facts, texts with a heading each, and what was left empty in one line.
    pub(super) fn record(&self, item: &RecordItem) -> AnyView {
        let spec = item.kind.spec();
        let (filled, empty): (Vec<&Field>, Vec<&Field>) = spec
            .fields
            .iter()
            .partition(|field| item.values.has(field.key) || matches!(field.input, Input::Points(_)));
        let is_long = |field: &&&Field| matches!(field.input, Input::Note | Input::Body | Input::Points(_));
        let facts: Vec<Fact> = filled
            .iter()
            .filter(|field| !is_long(field))
            .map(|field| Fact::view(field.label, self.value(field, &item.values)))
            .collect();
        let facts = (!facts.is_empty()).then(|| view! { <FactList facts /> });
        let texts = filled
            .iter()
            .filter(is_long)
            .map(|field| {
                view! {
                    <section class="stack-s">
                        <h3>{field.label}</h3>
                        {self.value(field, &item.values)}
                    </section>
                }
            })
            .collect_view();
        let empty: Vec<&str> = empty
            .iter()
            .filter(|field| !matches!(field.input, Input::Set))
            .map(|field| field.label)
            .collect();
        let empty = (!empty.is_empty())
            .then(|| view! { <p class="muted small">{format!("Left empty: {}.", empty.join("; "))}</p> });
        view! {
            <div class="stack">
                {facts}
                {texts}
                {empty}
            </div>
        }
        .into_any()
    }
}

/// A day as forms send it.
fn day(text: &str) -> Option<Date> {
    const FORM: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
    Date::parse(text, FORM).ok()
}

/// An address elsewhere: a link where it leads to a web page, else its text. The link reads as the address without its
/// scheme, cut where it is long.
fn outside(text: &str) -> AnyView {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return text.to_owned().into_any();
    };
    let words = match rest.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &rest[..end]),
        None => rest.to_owned(),
    };
    view! {
        <a class="wrap" href=text.to_owned() rel="nofollow noopener">
            {words}
        </a>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_pages_become_links() {
        assert!(!outside("javascript:alert(1)").to_html().contains("<a"));
        assert!(!outside("").to_html().contains("<a"));
        let html = outside("https://ci.example.org/run/1?a=\"><script>").to_html();
        assert!(html.contains("rel=\"nofollow noopener\"") && !html.contains("<script"), "{html}");
        let long = outside(&format!("https://ci.example.org/{}", "é".repeat(80))).to_html();
        assert!(long.contains('…'), "{long}");
    }
}
