//! What a sign-off covers, and what of it is new to the reader.

use leptos::prelude::*;
use sluice_domain::{canonical::Digest, ids::FeatureKey, place::Place, words::Label};
use sluice_service::{
    features::FeatureSummary,
    gates::{DossierLine, ReviewedAttempt},
};

use crate::{
    components::{Card, Column, TableHead, TableWrap, Timestamp, counted},
    pages::changes::changed_items,
};

/// Everything in the dossier, with a link to each item.
pub(super) fn items(
    summary: &FeatureSummary,
    attempt: &ReviewedAttempt,
    title: &'static str,
    lead: &'static str,
) -> AnyView {
    // Who reads a second time has read the rest: it waits behind one line.
    let read_before = attempt.compared.is_some_and(|compared| compared.signed_by_reader);
    let manifest = Place::Manifest(attempt.phase.key.clone(), attempt.attempt.cycle).path(&summary.key);
    let manifest = attempt.has_manifest.then(|| {
        view! {
            " "
            <a href=manifest>"Manifests of this cycle"</a>
        }
        .into_any()
    });
    card(&summary.key, (&attempt.items, attempt.dossier), (title, lead), read_before, manifest)
}

/// The items of a dossier, with its digest. `folded` puts them behind one line; `more` follows the digest.
pub(in crate::pages) fn card(
    key: &FeatureKey,
    (items, dossier): (&[DossierLine], Digest),
    (title, lead): (&'static str, &'static str),
    folded: bool,
    more: Option<AnyView>,
) -> AnyView {
    let rows = items.iter().map(|item| item_row(key, item)).collect_view();
    let count = counted(items.len(), "item");
    let side = view! { <span class="muted small">{count}</span> }.into_any();
    let digest = format!("Dossier {dossier}");
    let columns = vec![Column::text("Item"), Column::text("What proves it"), Column::number("Version")];
    let table = view! {
        <TableWrap id="dossier-table" caption="Items of the dossier">
            <TableHead columns />
            <tbody>{rows}</tbody>
        </TableWrap>
    };
    let table = if folded {
        let all = format!("All {}, those that you signed before included", counted(items.len(), "item"));
        view! {
            <details class="more">
                <summary>{all}</summary>
                {table}
            </details>
        }
        .into_any()
    } else {
        table.into_any()
    };
    view! {
        <Card title id="dossier-items" side>
            <div class="stack">
                <p class="muted">{lead}</p>
                {table}
                <p class="muted small">
                    <span class="mono">{digest}</span>
                    {more}
                </p>
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
    let compared = attempt.compared?;
    let (at, now) = (compared.at, summary.now);
    let since = if compared.signed_by_reader {
        "Compared with the dossier that you signed last at this gate, from "
    } else {
        "Compared with the last dossier of the cycle before, from "
    };
    let body = if attempt.changes.is_empty() {
        view! { <p>"Nothing changed since."</p> }.into_any()
    } else {
        changed_items(&summary.key, &attempt.changes)
    };
    let count = counted(attempt.changes.len(), "item");
    let side = view! { <span class="muted small">{count}</span> }.into_any();
    let card = view! {
        <Card title="What changed" id="changes" side>
            <div class="stack">
                <p class="muted">
                    {since}
                    <Timestamp at now />
                    "."
                </p>
                {body}
            </div>
        </Card>
    };
    Some(card.into_any())
}

/// The version of an item. A control of which nothing was said, only proved, has none of its own.
fn version_words(version: i32) -> String {
    if version == 0 { "–".to_owned() } else { version.to_string() }
}
