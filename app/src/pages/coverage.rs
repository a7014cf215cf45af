//! How far a policy covers a framework: practice by practice, with the controls that put each into effect.

use std::sync::Arc;

use leptos::prelude::*;
use sluice_domain::{
    policy::{Coverage, CoverageCount, CoverageEntry, PlacedControl, Policy, Tier, coverage},
    words::{self, Label},
};
use sluice_service::policies::LoadedPolicy;

use crate::components::{
    Badge, Breadcrumb, ButtonKind, Card, Column, EmptyState, Fact, FactList, LinkButton, PageHead, TableHead,
    TableWrap, Tone, counted,
};

/// The address of a policy version.
fn policy_path(policy: &Policy) -> String {
    format!("/policies/{}/{}", policy.key, policy.version)
}

/// The address of a framework's coverage by a policy version.
pub(super) fn framework_path(policy: &Policy, framework: &str) -> String {
    format!("{}/frameworks/{framework}", policy_path(policy))
}

/// The frameworks that a policy may be held against, each with how far it is covered: for the page of the policy.
pub(super) fn frameworks_card(policy: &Policy) -> AnyView {
    let rows = policy
        .known_frameworks()
        .map(|framework| {
            let href = framework_path(policy, &framework.key);
            let count = coverage(policy, framework).count;
            view! {
                <tr>
                    <th scope="row">
                        <a href=href>{framework.title.clone()}</a>
                    </th>
                    <td>{covered(count)}</td>
                    <td>{gaps(count)}</td>
                </tr>
            }
        })
        .collect_view();
    let columns = ["Framework", "Covered", "Left"].map(Column::text).to_vec();
    view! {
        <Card id="frameworks" title="Frameworks" flush=true>
            <TableWrap id="framework-list" caption="How far this version covers each framework">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}

/// How far one policy version covers one framework.
#[component]
pub fn CoveragePage(
    /// The version.
    loaded: Arc<LoadedPolicy>,
    /// How far it covers the framework.
    coverage: Coverage,
    /// Show only practices without a control.
    gaps_only: bool,
) -> impl IntoView {
    let policy = &loaded.policy;
    let at = policy_path(policy);
    let here = framework_path(policy, &coverage.key);
    let named = format!("{} {}", policy.title, policy.version);
    let trail = vec![("Policies".to_owned(), "/policies".to_owned()), (named.clone(), at.clone())];
    let lead = format!(
        "Which controls of {named} serve which practice. That a control serves it is the policy’s word; whether it suffices, people judge."
    );
    let csv = format!("{here}/coverage.csv");
    let action = view! {
        <LinkButton href=csv kind=ButtonKind::Quiet>
            "Download as CSV"
        </LinkButton>
    }
    .into_any();
    let (title, facts) = (coverage.title.clone(), facts(&coverage));
    view! {
        <Breadcrumb trail here=title.clone() />
        <PageHead title lead action />
        <div class="stack">
            <Card title="How far">
                <FactList facts />
            </Card>
            {practices(&coverage, &at, &here, gaps_only)}
            {without(&coverage, &at)}
        </div>
    }
}

fn facts(coverage: &Coverage) -> Vec<Fact> {
    let mut facts = vec![
        Fact::text("Practices covered", covered(coverage.count)),
        Fact::text("Without a control", gaps(coverage.count)),
    ];
    for tier in Tier::ALL.iter().copied() {
        facts.push(Fact::text(format!("{} risk", tier.title()), covered(coverage.count_for(tier))));
    }
    facts
}

/// `33 of 42 practices, 78 %`.
fn covered(count: CoverageCount) -> String {
    format!("{} of {}, {} %", count.covered, counted(count.of, "practice"), count.percent())
}

fn gaps(count: CoverageCount) -> String {
    match count.gaps() {
        0 => "none".to_owned(),
        gaps => counted(gaps, "practice"),
    }
}

fn practices(coverage: &Coverage, at: &str, here: &str, gaps_only: bool) -> AnyView {
    let filter = filter(coverage.count, here, gaps_only);
    let shown: Vec<&CoverageEntry> =
        if gaps_only { coverage.gaps().collect() } else { coverage.entries.iter().collect() };
    if shown.is_empty() {
        return view! {
            <Card title="Practices">
                {filter}
                <EmptyState
                    title="No gap"
                    why="Every practice of this framework has at least one control in this version."
                />
            </Card>
        }
        .into_any();
    }
    let rows = shown.into_iter().map(|entry| row(entry, at)).collect_view();
    let columns = ["Practice", "Controls", "Owed by"].map(Column::text).to_vec();
    view! {
        <Card title="Practices" flush=true>
            <div class="pad">{filter}</div>
            <TableWrap id="practices" caption="Practices, each with the controls that serve it">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}

/// All practices, or those without a control.
fn filter(count: CoverageCount, here: &str, gaps_only: bool) -> AnyView {
    let link = |label: &'static str, count: usize, href: String, current: bool| {
        view! {
            <li>
                <a href=href aria-current=current.then_some("true")>
                    {label}
                    " "
                    <span>{count}</span>
                </a>
            </li>
        }
    };
    let all = link("All", count.of, here.to_owned(), !gaps_only);
    let gaps = link("Without a control", count.gaps(), format!("{here}?show=gaps"), gaps_only);
    view! {
        <nav class="state-filter" aria-label="Practices shown">
            <ul>{all} {gaps}</ul>
        </nav>
    }
    .into_any()
}

fn row(entry: &CoverageEntry, at: &str) -> AnyView {
    let CoverageEntry { practice, heads, controls } = entry;
    let (id, title) = (practice.id.clone(), practice.title.clone());
    let controls = (!controls.is_empty()).then(|| control_list(controls, at));
    if let Some(count) = heads {
        return view! {
            <tr>
                <th scope="row">
                    <strong>{format!("{id} {title}")}</strong>
                </th>
                <td>{covered(*count)} {controls}</td>
                <td></td>
            </tr>
        }
        .into_any();
    }
    let tiers = controls.is_some().then(|| words::tiers(entry.tiers()));
    let controls =
        controls.unwrap_or_else(|| view! { <Badge text="No control" tone=Tone::Waiting /> }.into_any());
    view! {
        <tr>
            <th scope="row">
                <span class="mono">{id}</span>
                <small>{title}</small>
            </th>
            <td>{controls}</td>
            <td>{tiers}</td>
        </tr>
    }
    .into_any()
}

fn control_list(controls: &[PlacedControl], at: &str) -> AnyView {
    let lines = controls
        .iter()
        .map(|placed| {
            view! {
                <li>
                    <a href=phase_href(at, placed)>{placed.title.clone()}</a>
                    " "
                    <span class="muted">{placed.phase_name.clone()}</span>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="plain">{lines}</ul> }.into_any()
}

fn phase_href(at: &str, placed: &PlacedControl) -> String {
    format!("{at}#{}", placed.phase)
}

/// The controls that serve no practice of this framework: work of the policy's own, or a reference that was forgotten.
fn without(coverage: &Coverage, at: &str) -> Option<AnyView> {
    if coverage.without.is_empty() {
        return None;
    }
    let rows = coverage
        .without
        .iter()
        .map(|placed| {
            view! {
                <tr>
                    <th scope="row">
                        <a href=phase_href(at, placed)>{placed.title.clone()}</a>
                    </th>
                    <td>{placed.phase_name.clone()}</td>
                    <td>{words::tiers(placed.tiers)}</td>
                </tr>
            }
        })
        .collect_view();
    let columns = ["Control", "Phase", "Owed by"].map(Column::text).to_vec();
    let side = view! { <span class="muted">{counted(coverage.without.len(), "control")}</span> }.into_any();
    Some(
        view! {
            <Card title="Controls without a reference" side flush=true>
                <TableWrap id="without" caption="Controls that name no practice of this framework">
                    <TableHead columns />
                    <tbody>{rows}</tbody>
                </TableWrap>
            </Card>
        }
        .into_any(),
    )
}

#[cfg(test)]
mod tests {
    use sluice_domain::{canonical::Digest, policy};
    use time::macros::datetime;

    use super::*;

    fn page(change: impl FnOnce(&mut Policy, &mut Coverage), gaps_only: bool) -> String {
        let mut policy = policy::parse(policy::BUILT_IN).unwrap();
        let framework = policy.framework("ssdf").unwrap().clone();
        let mut coverage = coverage(&policy, &framework);
        change(&mut policy, &mut coverage);
        let loaded = Arc::new(LoadedPolicy {
            id: "0190b7d4-0000-7000-8000-000000000001".parse().unwrap(),
            policy,
            digest: Digest::of(policy::BUILT_IN.as_bytes()),
            source: policy::BUILT_IN.to_owned(),
            imported_at: datetime!(2026-11-20 12:00 UTC),
        });
        view! { <CoveragePage loaded coverage gaps_only /> }.to_html()
    }

    #[test]
    fn practices_controls_and_figures_are_told() {
        let html = page(|_, _| (), false);
        for words in [
            "NIST SSDF 1.1 (SP 800-218)",
            "of 42 practices, ",
            "PW.7.2",
            "Every change was reviewed by others than its author",
            "#development\"",
            "No control",
            "Controls without a reference",
            "/frameworks/ssdf/coverage.csv",
            "?show=gaps",
        ] {
            assert!(html.contains(words), "{words}: {html}");
        }
    }

    #[test]
    fn gaps_leave_out_what_is_covered() {
        let html = page(|_, _| (), true);
        assert!(html.contains("PO.5.2") && !html.contains("PW.7.2"), "{html}");
        // Headings stay where something below them is missing, and go where nothing is.
        assert!(html.contains("PO.5 ") && !html.contains("PW.9 "), "{html}");
        let none = page(|_, coverage| coverage.entries.retain(|entry| entry.practice.id == "PW.7.2"), true);
        assert!(none.contains("No gap"), "{none}");
    }

    #[test]
    fn neither_policy_nor_framework_can_bring_markup() {
        let evil = "<script>alert(1)</script>";
        let html = page(
            |policy, coverage| {
                evil.clone_into(&mut policy.title);
                evil.clone_into(&mut coverage.title);
                for placed in &mut coverage.without {
                    evil.clone_into(&mut placed.title);
                    evil.clone_into(&mut placed.phase_name);
                }
                for entry in &mut coverage.entries {
                    evil.clone_into(&mut entry.practice.title);
                    for placed in &mut entry.controls {
                        evil.clone_into(&mut placed.title);
                        evil.clone_into(&mut placed.phase_name);
                    }
                }
            },
            false,
        );
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn a_policy_links_to_its_frameworks() {
        let policy = policy::parse(policy::BUILT_INS[1]).unwrap();
        let html = frameworks_card(&policy).to_html();
        for key in ["ssdf", "samm", "idsa"] {
            assert!(html.contains(&format!("/policies/connector/2026.1/frameworks/{key}\"")), "{html}");
        }
        assert!(html.contains("20 of 20 practices, 100 %</td><td>none"), "{html}");
    }
}
