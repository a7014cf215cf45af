//! Lifecycle policies, read: what each phase asks, of whom, and what opens its gate.

use std::sync::Arc;

use leptos::prelude::*;
use sluice_domain::{
    gate::Met,
    policy::{Condition, Control, Gate, Phase, Tier, Tiers, Wanted},
    words::{self, Label},
};
use sluice_service::policies::LoadedPolicy;
use time::OffsetDateTime;

use super::{coverage::frameworks_card, phases::proof};
use crate::components::{
    Badge, Breadcrumb, Card, Column, Columns, EmptyState, Fact, FactList, NavLink, PageHead, Rail, TableHead,
    TableWrap, Timestamp, Tone, counted,
};

const LIST: &str = "/policies";

/// Every policy version, the newest first.
#[component]
pub fn PolicyListPage(
    /// The versions.
    policies: Vec<Arc<LoadedPolicy>>,
    /// Now, as the page's data knows it.
    now: OffsetDateTime,
) -> impl IntoView {
    let body = if policies.is_empty() {
        view! {
            <EmptyState
                title="No policy yet"
                why="A policy says which phases a feature passes and what opens each gate. Sluice brings one, which is imported when it starts."
            />
        }
        .into_any()
    } else {
        list(policies, now)
    };
    view! {
        <PageHead
            title="Policies"
            lead="A policy says which phases a feature passes, what is owed in each, and what opens its gate. A feature keeps the version that it started under."
        />
        {body}
    }
}

fn list(policies: Vec<Arc<LoadedPolicy>>, now: OffsetDateTime) -> AnyView {
    let columns =
        ["Policy", "Version", "Phases", "Controls", "SHA-256", "Imported"].map(Column::text).to_vec();
    let rows = policies
        .into_iter()
        .enumerate()
        .map(|(index, loaded)| {
            let policy = &loaded.policy;
            let href = format!("{LIST}/{}/{}", policy.key, policy.version);
            let current = (index == 0).then(|| view! { <small>"New features start under this one"</small> });
            let names = policy.phases.iter().map(|phase| phase.name.as_str()).collect::<Vec<_>>().join(" → ");
            let controls: usize = policy.phases.iter().map(|phase| phase.controls.len()).sum();
            let at = loaded.imported_at;
            view! {
                <tr>
                    <th scope="row">
                        <a href=href>{policy.title.clone()}</a>
                        {current}
                    </th>
                    <td>{policy.version.clone()}</td>
                    <td>{names}</td>
                    <td>{controls}</td>
                    <td class="mono">{loaded.digest.short()}</td>
                    <td>
                        <Timestamp at now />
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Card flush=true>
            <TableWrap id="policies" caption="Policy versions, the newest first">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </TableWrap>
        </Card>
    }
    .into_any()
}

/// One policy version.
#[component]
pub fn PolicyPage(
    /// The version.
    loaded: Arc<LoadedPolicy>,
    /// Now, as the page's data knows it.
    now: OffsetDateTime,
) -> impl IntoView {
    let policy = &loaded.policy;
    let trail = vec![("Policies".to_owned(), LIST.to_owned())];
    let here = format!("{} {}", policy.title, policy.version);
    let links: Vec<NavLink> =
        policy.phases.iter().map(|phase| NavLink::new(&phase.name, format!("#{}", phase.key))).collect();
    let rail = view! { <Rail label="Phases" links /> }.into_any();
    let (title, version, summary) = (policy.title.clone(), policy.version.clone(), policy.summary.clone());
    let facts = origin(&loaded, now);
    view! {
        <Breadcrumb trail here />
        <PageHead title key=version lead=summary />
        <Columns rail>
            <Card title="This version">
                <FactList facts />
            </Card>
            {frameworks_card(&loaded.policy)}
            {loaded.policy.phases.iter().map(phase_card).collect_view()}
        </Columns>
    }
}

fn origin(loaded: &LoadedPolicy, now: OffsetDateTime) -> Vec<Fact> {
    let at = loaded.imported_at;
    let controls: usize = loaded.policy.phases.iter().map(|phase| phase.controls.len()).sum();
    let size =
        format!("{} with {}", counted(loaded.policy.phases.len(), "phase"), counted(controls, "control"));
    vec![
        Fact::text("Key and version", format!("{} {}", loaded.policy.key, loaded.policy.version)),
        Fact::text("Size", size),
        Fact::view("Imported", view! { <Timestamp at now /> }),
        Fact::view("SHA-256 of its text", view! { <code>{loaded.digest.to_string()}</code> }),
    ]
}

fn phase_card(phase: &Phase) -> AnyView {
    let Phase { key, name, purpose, controls, gate } = phase;
    let side = view! { <span class="muted">{counted(controls.len(), "control")}</span> }.into_any();
    let purpose = purpose.clone();
    let days = review_days(gate);
    let controls = controls_table(&format!("{key}-controls"), name, controls);
    let gate = gate_table(&format!("{key}-gate"), name, gate);
    view! {
        <Card id=key.to_string() title=name.clone() side>
            <p class="measure">{purpose}</p>
            <h3>"Controls"</h3>
            {controls}
            <h3>"Gate"</h3>
            <p class="measure">{days}</p>
            {gate}
        </Card>
    }
    .into_any()
}

fn review_days(gate: &Gate) -> String {
    let days = counted(usize::from(gate.review_days), "working day");
    format!("The gate opens when all of this holds. When it is their turn, reviewers have {days}.")
}

fn controls_table(id: &str, phase: &str, controls: &[Control]) -> AnyView {
    let columns = ["Control", "Who", "Proof", "Owed by", "Source"].map(Column::text).to_vec();
    let rows = controls.iter().map(control_row).collect_view();
    view! {
        <TableWrap id=id.to_owned() caption=format!("Controls of the phase {phase}")>
            <TableHead columns />
            <tbody>{rows}</tbody>
        </TableWrap>
    }
    .into_any()
}

fn control_row(control: &Control) -> AnyView {
    let set_aside =
        control.can_be_not_applicable.then(|| view! { <small>"Or a reason why it does not apply"</small> });
    let early = control.before_production.then(|| {
        view! {
            <small>
                <Badge text="Before production" tone=Tone::Accent />
            </small>
        }
    });
    let (title, guidance) = (control.title.clone(), control.guidance.clone());
    let who = words::who_can(&control.done_by);
    let proof = proof(&control.proof);
    let tiers = tier_words(control.tiers);
    let source = control.source.clone();
    view! {
        <tr>
            <th scope="row">
                {title}
                <small>{guidance}</small>
                {early}
            </th>
            <td>{who}</td>
            <td>
                {proof}
                {set_aside}
            </td>
            <td>{tiers}</td>
            <td>{source}</td>
        </tr>
    }
    .into_any()
}

/// Which features owe it: `every feature`, `medium and high risk`.
pub(super) fn tier_words(tiers: Tiers) -> String {
    if tiers == Tiers::ALL {
        return "every feature".to_owned();
    }
    let names: Vec<String> = tiers.iter().map(|tier| Tier::label(tier).to_lowercase()).collect();
    format!("{} risk", words::join(&names, "and"))
}

/// What opens a gate, by tier: its conditions, then who signs.
fn gate_table(id: &str, phase: &str, gate: &Gate) -> AnyView {
    let tiers = Tier::ALL.iter().map(|tier| Column::text(tier.title()));
    let columns: Vec<Column> = std::iter::once(Column::text("What has to hold")).chain(tiers).collect();
    let controls = gate_row("Every control that is owed is met".to_owned(), None, |_| "asked".to_owned());
    let conditions = gate
        .conditions
        .iter()
        .map(|condition| {
            let asked = |tier| if condition.applies_to(tier) { "asked" } else { "not asked" };
            gate_row(condition_words(condition), None, |tier| asked(tier).to_owned())
        })
        .collect_view();
    let sign_offs = gate
        .sign_offs
        .iter()
        .map(|rule| {
            let title = format!("Sign-off by {}", rule.role.label());
            gate_row(title, Some(rule.meaning.clone()), |tier| match rule.quorum.for_tier(tier) {
                0 => "not asked".to_owned(),
                1 => "1 person".to_owned(),
                count => format!("{count} people"),
            })
        })
        .collect_view();
    view! {
        <TableWrap id=id.to_owned() caption=format!("What opens the gate of the phase {phase}, by risk tier")>
            <TableHead columns />
            <tbody>
                {controls}
                {conditions}
                {sign_offs}
            </tbody>
        </TableWrap>
    }
    .into_any()
}

fn gate_row(title: String, more: Option<String>, cell: impl Fn(Tier) -> String) -> AnyView {
    let more = more.map(|more| view! { <small>{more}</small> });
    let cells = Tier::ALL.iter().map(|tier| view! { <td>{cell(*tier)}</td> }).collect_view();
    view! {
        <tr>
            <th scope="row">
                {title}
                {more}
            </th>
            {cells}
        </tr>
    }
    .into_any()
}

pub(crate) fn condition_words(condition: &Condition) -> String {
    match &condition.wanted {
        Wanted::ThreatModelComplete => "The threat model answers all four questions".to_owned(),
        Wanted::ThreatModelCurrent => words::met(&Met::ThreatModelCurrent),
        Wanted::NoUntreatedThreat { at_least, needs } => {
            words::met(&Met::Threats { at_least: *at_least, needs: *needs })
        }
        Wanted::NoOpenFinding { at_least } => words::met(&Met::Findings { at_least: *at_least }),
        Wanted::EvidencePresent { kinds } | Wanted::DocumentsPresent { kinds } => {
            words::met(&Met::Evidence { kinds: kinds.clone() })
        }
        Wanted::Records { subject, .. } => words::met(&Met::Records(*subject)),
        Wanted::RecordArchived => words::met(&Met::Archived),
    }
}

#[cfg(test)]
mod tests {
    use sluice_domain::{
        canonical::Digest,
        policy::{self, Policy},
    };
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

    fn loaded(change: impl FnOnce(&mut Policy)) -> Arc<LoadedPolicy> {
        let mut policy = policy::parse(policy::BUILT_IN).unwrap();
        change(&mut policy);
        Arc::new(LoadedPolicy {
            id: "0190b7d4-0000-7000-8000-000000000001".parse().unwrap(),
            policy,
            digest: Digest::of(policy::BUILT_IN.as_bytes()),
            source: policy::BUILT_IN.to_owned(),
            imported_at: NOW,
        })
    }

    #[test]
    fn a_policy_cannot_bring_markup() {
        let evil = "<script>alert(1)</script>";
        let loaded = loaded(|policy| {
            policy.title = evil.to_owned();
            policy.summary = evil.to_owned();
            for phase in &mut policy.phases {
                phase.name = evil.to_owned();
                phase.purpose = evil.to_owned();
                for control in &mut phase.controls {
                    control.title = evil.to_owned();
                    control.guidance = evil.to_owned();
                    control.source = evil.to_owned();
                }
                for rule in &mut phase.gate.sign_offs {
                    rule.meaning = evil.to_owned();
                }
            }
        });
        let policies = vec![Arc::clone(&loaded)];
        let html = view! { <PolicyListPage policies now=NOW /> }.to_html();
        assert!(!html.contains("<script"), "{html}");
        let html = view! { <PolicyPage loaded now=NOW /> }.to_html();
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn a_policy_is_told_in_full() {
        let loaded = loaded(|_| ());
        let digest = loaded.digest.to_string();
        let html = view! { <PolicyPage loaded now=NOW /> }.to_html();
        for words in [
            digest.as_str(),
            "Scope and goals are written down",
            "a note that says what was done",
            "every feature",
            "high risk",
            "The threat model answers all four questions",
            "Sign-off by security reviewer",
            "id=\"design\"",
            "href=\"#design\"",
        ] {
            assert!(html.contains(words), "{words}: {html}");
        }
    }
}
