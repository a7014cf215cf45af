//! What items of a dossier said then and say now, side by side: for a second reading, and for what drifted.

use leptos::prelude::*;
use sluice_domain::{
    dossier::ItemKind,
    ids::FeatureKey,
    record::{ListKind, RecordKind},
    words::{self, Label},
};
use sluice_service::gates::{ChangedField, ChangedItem};

use crate::components::{Column, TableHead, TableWrap, time_words::date_words};

/// Each item that differs, with its fields then and now.
pub(super) fn changed_items(key: &FeatureKey, items: &[ChangedItem]) -> AnyView {
    items.iter().enumerate().map(|(place, item)| changed_item(key, place, item)).collect_view().into_any()
}

fn changed_item(key: &FeatureKey, place: usize, item: &ChangedItem) -> AnyView {
    let record = record_of(item);
    let name = item_name(item);
    let heading = if item.now.is_some() {
        let href = item.place.path(key);
        view! { <a href=href>{name.clone()}</a> }.into_any()
    } else {
        name.clone().into_any()
    };
    let renewed = item.expired.map(|day| {
        let words = format!("Renewed, because the version before it expired on {}.", date_words(day));
        view! { <p>{words}</p> }
    });
    let state = item.fields.iter().find(|field| field.field == "state");
    let taken_back = record.zip(state).and_then(|(kind, field)| {
        let (then, now) = (field.then.as_deref()?, field.now.as_deref()?);
        words::taken_back(kind, then, now).map(|words| view! { <p>{words}</p> })
    });
    let rows = item.fields.iter().map(|field| field_row(record, field)).collect_view();
    let body = if item.fields.is_empty() {
        view! { <p class="muted">"Nothing that can be read differs: it was saved anew as it was."</p> }
            .into_any()
    } else {
        let columns = vec![Column::text("What"), Column::text("Then"), Column::text("Now")];
        let caption = format!("{name}, then and now");
        view! {
            <TableWrap id=format!("change-{place}") caption>
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        }
        .into_any()
    };
    view! {
        <section class="stack-s">
            <h3>
                {heading}
                " "
                <span class="muted small">{versions(item)}</span>
            </h3>
            {renewed}
            {taken_back}
            {body}
        </section>
    }
    .into_any()
}

fn record_of(item: &ChangedItem) -> Option<RecordKind> {
    (item.kind == ItemKind::Record).then(|| RecordKind::from_key(&item.key).map(|(kind, _)| kind)).flatten()
}

/// What an item is called: by its key where people know it, else by what it is.
fn item_name(item: &ChangedItem) -> String {
    match item.kind {
        ItemKind::Scope => "Title, description and risk tier".to_owned(),
        ItemKind::ThreatModel => "Answers to the four questions".to_owned(),
        ItemKind::Control => format!("Control “{}”", words::field(&item.key)),
        ItemKind::List => {
            ListKind::from_code(&item.key).map_or_else(|| item.key.clone(), |list| list.title().to_owned())
        }
        ItemKind::Standards => item.kind.title(),
        kind => format!("{} {}", kind.title(), item.key),
    }
}

/// In which versions it stands against itself.
fn versions(item: &ChangedItem) -> String {
    match (item.then, item.now) {
        (None, _) => "new".to_owned(),
        (Some(_), None) => "removed".to_owned(),
        (Some(then), Some(now)) if then == now => format!("version {now}, other evidence"),
        (Some(then), Some(now)) => format!("version {then} → {now}"),
    }
}

fn field_row(record: Option<RecordKind>, field: &ChangedField) -> AnyView {
    let label =
        record.map_or_else(|| words::field(&field.field), |kind| words::record_field(kind, &field.field));
    let text = |value: &Option<String>| match value {
        Some(value) => {
            let value = words::value(record, &field.field, value);
            view! { <span class="pre">{value}</span> }.into_any()
        }
        None => view! { <span class="muted">"Nothing"</span> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{label}</th>
            <td>{text(&field.then)}</td>
            <td>{text(&field.now)}</td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use sluice_domain::place::Place;

    use super::*;
    use crate::pages::threats::fixture::HOSTILE;

    fn item(kind: ItemKind, key: &str, then: Option<i32>, now: Option<i32>, text: &str) -> ChangedItem {
        ChangedItem {
            kind,
            key: key.to_owned(),
            place: Place::Threat(4),
            then,
            now,
            expired: None,
            fields: vec![
                ChangedField { field: "severity".to_owned(), then: Some("high".to_owned()), now: None },
                ChangedField {
                    field: text.to_owned(),
                    then: Some(text.to_owned()),
                    now: Some(text.to_owned()),
                },
            ],
        }
    }

    #[test]
    fn then_and_now_stand_side_by_side_and_markup_stays_text() {
        let key: FeatureKey = "PAY-12".parse().expect("a key");
        let items = [
            item(ItemKind::Threat, "T-4", Some(1), Some(3), HOSTILE),
            item(ItemKind::Evidence, "E-9", Some(1), None, "file"),
            item(ItemKind::Scope, "scope", None, Some(1), "title"),
        ];
        let html = changed_items(&key, &items).to_html();
        assert!(!html.contains("Renewed"), "{html}");
        assert!(html.contains("href=\"/features/PAY-12/threats/4\""), "{html}");
        assert!(html.contains("Threat T-4") && html.contains("version 1 → 3"), "{html}");
        assert!(html.contains("removed") && html.contains("new"), "{html}");
        assert!(html.contains(">High<") && html.contains("Nothing"), "{html}");
        assert!(!html.contains("<script"), "{html}");
        assert_eq!(html.matches("id=\"change-").count(), 3, "{html}");
    }

    #[test]
    fn evidence_that_replaces_what_expired_is_called_a_renewal() {
        let mut renewed = item(ItemKind::Evidence, "E-9", Some(1), Some(2), "file");
        renewed.expired = Some(time::macros::date!(2026 - 11 - 20));
        let html = changed_items(&"PAY-12".parse().expect("a key"), &[renewed]).to_html();
        assert!(html.contains("Renewed, because the version before it expired on 20 Nov 2026."), "{html}");
    }

    #[test]
    fn a_record_calls_its_fields_as_its_form_does() {
        let mut changed = item(ItemKind::Record, "R-3", Some(1), Some(2), "x");
        changed.fields = vec![ChangedField {
            field: "state".to_owned(),
            then: Some("proposed".to_owned()),
            now: Some("accepted".to_owned()),
        }];
        let html = changed_items(&"PAY-12".parse().expect("a key"), &[changed]).to_html();
        assert!(html.contains("Proposed") && html.contains("Accepted"), "{html}");
    }

    #[test]
    fn a_record_that_is_set_aside_says_what_it_was_and_one_that_goes_on_does_not() {
        let key: FeatureKey = "PAY-12".parse().expect("a key");
        let page = |then: &str, now: &str| {
            let field =
                ChangedField { field: "state".to_owned(), then: Some(then.into()), now: Some(now.into()) };
            let fields = vec![field];
            let item = ChangedItem { fields, ..item(ItemKind::Record, "S-3", Some(1), Some(2), "note") };
            changed_items(&key, &[item]).to_html()
        };
        let html = page("promised", "not-needed");
        assert!(html.contains("It was promised, and is now not needed."), "{html}");
        let html = page("promised", "passed");
        assert!(!html.contains("It was"), "{html}");
        let html = page(HOSTILE, "promised");
        assert!(html.contains("and is now promised.") && !html.contains("<script>"), "{html}");
    }
}
