use leptos::prelude::*;
use sluice_domain::{
    access::{Role, WorkspaceRole},
    audit::{Authentication, Verb},
    ids::Id,
};
use sluice_service::history::{FeatureHistory, HistoryChange, HistoryPage};

use super::*;
use crate::{
    form::Form,
    pages::threats::fixture::{HOSTILE, NOW, html, key, person, summary},
};

fn entry(text: &str) -> HistoryEntry {
    HistoryEntry {
        id: Id::new(person(7).uuid()),
        at: NOW,
        actor: Some(person(1)),
        actor_name: text.to_owned(),
        role: Some(Role::Developer),
        workspace_role: Some(WorkspaceRole::Auditor),
        authentication: Some(Authentication::Session),
        verb: Some(Verb::ThreatEdited),
        verb_code: Verb::ThreatEdited.code().to_owned(),
        object_kind: Some(ObjectKind::Threat),
        object_kind_code: ObjectKind::Threat.code().to_owned(),
        object_id: text.to_owned(),
        object_name: "T-4".to_owned(),
        product: "PAY".parse().ok(),
        feature: Some(key()),
        changes: vec![HistoryChange {
            field: "title".to_owned(),
            old: Some(text.to_owned()),
            new: Some(text.to_owned()),
        }],
        reason: Some(text.to_owned()),
        request: Some(Id::new(person(8).uuid())),
        address: Some(text.to_owned()),
    }
}

fn hostile() -> Vec<HistoryEntry> {
    vec![
        entry(HOSTILE),
        HistoryEntry { object_name: HOSTILE.to_owned(), ..entry(HOSTILE) },
        HistoryEntry { verb: None, verb_code: HOSTILE.to_owned(), object_kind: None, ..entry(HOSTILE) },
        HistoryEntry { feature: None, object_kind: Some(ObjectKind::Person), ..entry(HOSTILE) },
    ]
}

#[test]
fn events_are_text_on_both_pages() {
    let page =
        FeatureHistory { summary: summary(&[Role::Qa]), items: hostile(), next: Some(HOSTILE.to_owned()) };
    let shown = html(|| view! { <FeatureHistoryScreen page later=true /> });
    assert!(!shown.contains("<script>alert") && !shown.contains("<img"), "{shown}");

    let page = HistoryPage { items: hostile(), next: Some(HOSTILE.to_owned()), now: NOW };
    let form = Form::new().with("object", HOSTILE).fail("object", HOSTILE);
    let people = vec![(person(1), HOSTILE.to_owned())];
    let shown = html(|| view! { <HistoryScreen page=Some(page) people form /> });
    assert!(!shown.contains("<script>alert") && !shown.contains("<img"), "{shown}");
}

#[test]
fn the_next_page_and_the_export_keep_the_filter() {
    let page = HistoryPage { items: vec![entry("Ana Diaz")], next: Some("2026:x".to_owned()), now: NOW };
    let form = Form::new().with("object", "PAY-12").with("verb", "threat.edited").with("after", "old");
    let shown = html(|| view! { <HistoryScreen page=Some(page) people=Vec::new() form /> });
    assert!(
        shown.contains("href=\"/history?verb=threat.edited&amp;object=PAY-12&amp;after=2026%3Ax\""),
        "{shown}"
    );
    assert!(shown.contains("type=\"hidden\" name=\"object\" value=\"PAY-12\""), "{shown}");
    assert!(!shown.contains("name=\"after\""), "{shown}");
    assert!(shown.contains("The export itself is recorded"), "{shown}");
}

#[test]
fn an_event_says_who_as_what_and_where() {
    let page = FeatureHistory { summary: summary(&[Role::Qa]), items: vec![entry("Ana Diaz")], next: None };
    let shown = html(|| view! { <FeatureHistoryScreen page /> });
    assert!(shown.contains("<b>Ana Diaz</b> edited threat T-4"), "{shown}");
    assert!(shown.contains("as developer"), "{shown}");
    assert!(shown.contains("<a href=\"/features/PAY-12/threats/4\">PAY-12, T-4</a>"), "{shown}");
}

#[test]
fn nothing_of_a_value_acts_within_an_address() {
    assert_eq!(query([("a", "1&b=2"), ("c", "é #")]), "a=1%26b%3D2&c=%C3%A9%20%23");
}
