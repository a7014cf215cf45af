//! What a sign-off covers, and what of it is new to the reader.

use leptos::prelude::*;
use sluice_domain::{canonical::Digest, dossier::Difference, ids::FeatureKey, words::Label};
use sluice_service::{
    features::FeatureSummary,
    gates::{DossierLine, ReviewedAttempt},
};

use crate::components::{Card, Column, TableHead, TableWrap, counted};

/// Everything in the dossier, with a link to each item.
pub(super) fn items(
    summary: &FeatureSummary,
    attempt: &ReviewedAttempt,
    title: &'static str,
    lead: &'static str,
) -> AnyView {
    card(&summary.key, &attempt.items, attempt.dossier, title, lead)
}

/// The items of a dossier, with its digest.
pub(in crate::pages) fn card(
    key: &FeatureKey,
    items: &[DossierLine],
    dossier: Digest,
    title: &'static str,
    lead: &'static str,
) -> AnyView {
    let rows = items.iter().map(|item| item_row(key, item)).collect_view();
    let count = counted(items.len(), "item");
    let side = view! { <span class="muted small">{count}</span> }.into_any();
    let digest = format!("Dossier {dossier}");
    let columns = vec![Column::text("Item"), Column::text("What proves it"), Column::number("Version")];
    view! {
        <Card title id="dossier-items" side>
            <div class="stack">
                <p class="muted">{lead}</p>
                <TableWrap id="dossier-table" caption="Items of the dossier">
                    <TableHead columns />
                    <tbody>{rows}</tbody>
                </TableWrap>
                <p class="muted small mono">{digest}</p>
            </div>
        </Card>
    }
    .into_any()
}

fn item_row(key: &FeatureKey, item: &DossierLine) -> AnyView {
    let href = item.place.path(key);
    view! {
        <tr>
            <th scope="row">
                <a href=href>{item.label.clone()}</a>
                <span class="muted small">{format!(" {}", item.kind.label())}</span>
            </th>
            <td>{item.detail.clone()}</td>
            <td class="num">{version_words(item.version)}</td>
        </tr>
    }
    .into_any()
}

/// What is new since the reader signed last, or since the cycle before ended; nothing where there is no earlier one.
pub(super) fn changes(summary: &FeatureSummary, attempt: &ReviewedAttempt) -> Option<AnyView> {
    if !attempt.compared {
        return None;
    }
    let lead = "Compared with the dossier that you signed last at this gate, or else with the last one of the cycle before.";
    let body = if attempt.changes.is_empty() {
        view! { <p>"Nothing changed since."</p> }.into_any()
    } else {
        let rows =
            attempt.changes.iter().map(|change| change_row(&summary.key, attempt, change)).collect_view();
        let columns = vec![Column::text("Item"), Column::text("Then"), Column::text("Now")];
        view! {
            <TableWrap id="changes-table" caption="What changed in the dossier">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        }
        .into_any()
    };
    let card = view! {
        <Card title="What changed">
            <div class="stack">
                <p class="muted">{lead}</p>
                {body}
            </div>
        </Card>
    };
    Some(card.into_any())
}

fn change_row(key: &FeatureKey, attempt: &ReviewedAttempt, change: &Difference) -> AnyView {
    let found = attempt.items.iter().find(|item| item.kind == change.kind && item.key == change.key);
    let name = match found {
        Some(item) => {
            let href = item.place.path(key);
            view! { <a href=href>{item.label.clone()}</a> }.into_any()
        }
        None => change.key.clone().into_any(),
    };
    let (then, now) = versions(change);
    view! {
        <tr>
            <th scope="row">
                {name}
                <span class="muted small">{format!(" {}", change.kind.label())}</span>
            </th>
            <td>{then}</td>
            <td>{now}</td>
        </tr>
    }
    .into_any()
}

/// The version of an item. A control of which nothing was said, only proved, has none of its own.
fn version_words(version: i32) -> String {
    if version == 0 { "–".to_owned() } else { version.to_string() }
}

fn versions(change: &Difference) -> (String, String) {
    let version = |number: i32| format!("Version {number}");
    let then = change.then.map_or_else(|| "Not there".to_owned(), version);
    let now = match (change.then, change.now) {
        (_, None) => "Removed".to_owned(),
        (Some(then), Some(now)) if then == now => format!("Version {now}, other content"),
        (_, Some(now)) => version(now),
    };
    (then, now)
}

#[cfg(test)]
mod tests {
    use sluice_domain::dossier::ItemKind;

    use super::*;

    #[test]
    fn a_difference_reads_as_a_sentence_of_versions() {
        let change =
            |then, now| versions(&Difference { kind: ItemKind::Evidence, key: "E-1".into(), then, now });
        let words = |then: &str, now: &str| (then.to_owned(), now.to_owned());
        assert_eq!(change(None, Some(1)), words("Not there", "Version 1"));
        assert_eq!(change(Some(1), Some(2)), words("Version 1", "Version 2"));
        assert_eq!(change(Some(2), Some(2)), words("Version 2", "Version 2, other content"));
        assert_eq!(change(Some(2), None), words("Version 2", "Removed"));
    }
}
