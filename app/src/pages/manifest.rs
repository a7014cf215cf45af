//! The manifest of an attempt at a gate: exactly what its sign-offs cover, to read, to print and to check.

use leptos::prelude::*;
use sluice_domain::{ids::FeatureKey, place::Place, words::Label};
use sluice_service::gates::{DossierLine, ManifestPage, ManifestSignOff};
use time::OffsetDateTime;

use crate::{
    components::{
        Badge, Card, Column, Fact, FactList, IconName, TableHead, TableWrap, Timestamp, Tone, counted,
    },
    pages::{FeatureFrame, FeatureSection},
};

/// One manifest, and the way to the others of its attempt.
#[component]
pub fn ManifestScreen(
    /// The manifest.
    page: ManifestPage,
) -> impl IntoView {
    let now = page.summary.now;
    let here = format!("Manifest: {} gate, cycle {}", page.phase.name, page.cycle);
    let facts = facts(&page);
    let rows = page.items.iter().map(|item| item_row(&page.summary.key, item)).collect_view();
    let columns = vec![Column::text("Item"), Column::text("Kind"), Column::number("Version")];
    let count = counted(page.items.len(), "item");
    let signed = signed(&page.signed, now);
    let others = others(&page);
    let check = format!("printf %s \"$(cat manifest.json)\" | sha256sum  # {}", page.digest);
    let text = page.text.clone();
    let via = ("Review and sign-offs".to_owned(), Place::Review.path(&page.summary.key));
    view! {
        <FeatureFrame summary=page.summary section=FeatureSection::Review here via>
            {facts}
            <Card title=format!("What it covers: {count}") id="items">
                <div class="stack-s">
                    <p class="muted small">
                        "Items are covered in these versions. They are called here what they are called now."
                    </p>
                    <TableWrap id="manifest-items" caption="Items of the manifest">
                        <TableHead columns />
                        <tbody>{rows}</tbody>
                    </TableWrap>
                </div>
            </Card>
            {signed}
            <Card title="Check it yourself" id="check">
                <div class="stack-s">
                    <p>
                        "The digest is the SHA-256 of the bytes below: canonical JSON (RFC 8785), in UTF-8, without a line end. \
                         Texts are in it as commitments, so that it proves them without showing them. Save the bytes as \
                         manifest.json, then:"
                    </p>
                    <pre class="mono small">{check}</pre>
                    <pre class="mono small" id="manifest">{text}</pre>
                </div>
            </Card>
            {others}
        </FeatureFrame>
    }
}

fn facts(page: &ManifestPage) -> AnyView {
    let (at, now) = (page.at, page.summary.now);
    let digest = page.digest.to_string();
    let state = if page.opened {
        view! { <Badge text="The gate stands open on it" tone=Tone::Open icon=IconName::Check /> }.into_any()
    } else {
        view! { <Badge text="An earlier or a present state" tone=Tone::Neutral /> }.into_any()
    };
    let facts = vec![
        Fact::view("Digest", view! { <span class="mono">{digest}</span> }),
        Fact::view("Written down", view! { <Timestamp at now /> }),
        Fact::text("Risk tier", page.tier.title()),
        Fact::view("Policy, SHA-256", view! { <span class="mono">{page.policy.clone()}</span> }),
        Fact::view("State", state),
    ];
    view! { <FactList facts /> }.into_any()
}

fn item_row(key: &FeatureKey, item: &DossierLine) -> AnyView {
    let href = item.place.path(key);
    let version = if item.version == 0 { "–".to_owned() } else { item.version.to_string() };
    view! {
        <tr>
            <th scope="row">
                <a href=href>{item.label.clone()}</a>
            </th>
            <td>{item.kind.label()}</td>
            <td class="num">{version}</td>
        </tr>
    }
    .into_any()
}

/// Who signed exactly this.
fn signed(sign_offs: &[ManifestSignOff], now: OffsetDateTime) -> AnyView {
    let body = if sign_offs.is_empty() {
        view! { <p>"Nobody signed exactly this."</p> }.into_any()
    } else {
        let rows = sign_offs.iter().map(|sign_off| sign_off_row(sign_off, now)).collect_view();
        let columns = vec![
            Column::text("Who"),
            Column::text("Decision"),
            Column::text("What it says"),
            Column::text("When"),
        ];
        view! {
            <TableWrap id="manifest-sign-offs" caption="Sign-offs over this manifest">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        }
        .into_any()
    };
    view! {
        <Card title="Who signed it" id="signed">
            {body}
        </Card>
    }
    .into_any()
}

fn sign_off_row(sign_off: &ManifestSignOff, now: OffsetDateTime) -> AnyView {
    let at = sign_off.at;
    let behalf = sign_off.on_behalf_of.as_ref().map(|name| format!(", for {name}"));
    let ended = sign_off
        .ended
        .as_ref()
        .map(|how| view! { <span class="muted small">{format!(" ({how} since)")}</span> });
    view! {
        <tr>
            <th scope="row">
                {sign_off.name.clone()}
                {behalf}
                <span class="muted small">{format!(" {}", sign_off.role.label())}</span>
            </th>
            <td>
                {sign_off.verdict.title()}
                {ended}
            </td>
            <td>{sign_off.meaning.clone()}</td>
            <td>
                <Timestamp at now />
            </td>
        </tr>
    }
    .into_any()
}

/// The other manifests of the attempt: a change makes another one.
fn others(page: &ManifestPage) -> Option<AnyView> {
    if page.others.len() < 2 {
        return None;
    }
    let now = page.summary.now;
    let base = Place::Manifest(page.phase.key.clone(), page.cycle).path(&page.summary.key);
    let lines = page
        .others
        .iter()
        .filter(|(digest, _)| *digest != page.digest)
        .map(|(digest, at)| {
            let (href, at) = (format!("{base}?digest={digest}"), *at);
            view! {
                <li>
                    <a class="mono" href=href>{digest.short()}</a>
                    ", "
                    <Timestamp at now />
                </li>
            }
        })
        .collect_view();
    let card = view! {
        <Card title="Other manifests of this cycle">
            <ul>{lines}</ul>
        </Card>
    };
    Some(card.into_any())
}

#[cfg(test)]
mod tests {
    use sluice_domain::{
        access::Role,
        canonical::Digest,
        dossier::ItemKind,
        gate::Verdict,
        policy::{Gate, Phase, Tier},
    };

    use super::*;
    use crate::pages::threats::fixture::{HOSTILE, NOW, html, summary};

    fn page() -> ManifestPage {
        let gate = Gate { conditions: Vec::new(), sign_offs: Vec::new(), team_days: None, review_days: 3 };
        ManifestPage {
            summary: summary(&[Role::Developer]),
            phase: Phase {
                key: "design".parse().unwrap(),
                name: HOSTILE.to_owned(),
                purpose: String::new(),
                controls: Vec::new(),
                gate,
            },
            cycle: 2,
            digest: Digest::of(b"this"),
            text: format!("{{\"format\":\"{HOSTILE}\"}}"),
            tier: Tier::High,
            policy: HOSTILE.to_owned(),
            at: NOW,
            opened: true,
            items: vec![DossierLine {
                kind: ItemKind::Threat,
                key: "T-4".to_owned(),
                label: HOSTILE.to_owned(),
                detail: HOSTILE.to_owned(),
                version: 2,
                place: Place::Threat(4),
            }],
            signed: vec![ManifestSignOff {
                name: HOSTILE.to_owned(),
                on_behalf_of: Some("Ben Ode".to_owned()),
                role: Role::SecurityReviewer,
                verdict: Verdict::Approve,
                meaning: HOSTILE.to_owned(),
                at: NOW,
                ended: Some("voided".to_owned()),
            }],
            others: vec![(Digest::of(b"this"), NOW), (Digest::of(b"other"), NOW)],
        }
    }

    #[test]
    fn it_shows_digest_items_signers_and_the_bytes_and_markup_stays_text() {
        let html = html(|| view! { <ManifestScreen page=page() /> });
        assert!(html.contains(&Digest::of(b"this").to_string()) && html.contains("sha256sum"), "{html}");
        assert!(html.contains("for Ben Ode") && html.contains("voided since"), "{html}");
        let other = format!("dossiers/design/2?digest={}", Digest::of(b"other"));
        assert!(html.contains(&other), "{html}");
        assert!(!html.contains("<script>alert"), "{html}");
    }

    #[test]
    fn without_signers_it_says_so() {
        let html = html(|| view! { <ManifestScreen page=ManifestPage { signed: Vec::new(), ..page() } /> });
        assert!(html.contains("Nobody signed exactly this."), "{html}");
    }
}
