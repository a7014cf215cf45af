//! Lifecycle policies, read: what each phase asks, of whom, and what opens its gate.

use std::sync::Arc;

use leptos::prelude::*;
use sluice_domain::{
    policy::{Condition, Control, Gate, Phase, Policy, Tier, Wanted},
    words::{self, Label},
};
use sluice_service::policies::LoadedPolicy;
use time::OffsetDateTime;

mod terms;

use self::terms::terms_card;
use super::coverage::{framework_path, frameworks_card};
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
    let phases = policy.phases.iter().map(|phase| NavLink::new(&phase.name, format!("#{}", phase.key)));
    let parts = [("Terms", "#terms"), ("Frameworks", "#frameworks")].map(|(name, at)| NavLink::new(name, at));
    let links: Vec<NavLink> = parts.into_iter().chain(phases).collect();
    let rail = view! { <Rail label="Parts of the policy" links /> }.into_any();
    let (title, version, summary) = (policy.title.clone(), policy.version.clone(), policy.summary.clone());
    let facts = origin(&loaded, now);
    view! {
        <Breadcrumb trail here />
        <PageHead title key=version lead=summary />
        <Columns rail>
            <Card title="This version">
                <FactList facts />
            </Card>
            {terms_card(&loaded.policy)}
            {frameworks_card(&loaded.policy)}
            {loaded.policy.phases.iter().map(|phase| phase_card(&loaded.policy, phase)).collect_view()}
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

fn phase_card(policy: &Policy, phase: &Phase) -> AnyView {
    let Phase { key, name, purpose, controls, gate } = phase;
    let side = view! { <span class="muted">{counted(controls.len(), "control")}</span> }.into_any();
    let purpose = purpose.clone();
    let days = days(gate);
    let controls = controls_table(policy, &format!("{key}-controls"), name, controls);
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

fn days(gate: &Gate) -> String {
    let reviewers = counted(usize::from(gate.review_days), "working day");
    let team = gate.team_days.map_or_else(String::new, |days| {
        format!(" The team has {} for the phase.", counted(usize::from(days), "working day"))
    });
    format!("The gate opens when all of this holds.{team} When it is their turn, reviewers have {reviewers}.")
}

fn controls_table(policy: &Policy, id: &str, phase: &str, controls: &[Control]) -> AnyView {
    let columns = ["Control", "Who", "Proof", "Owed by", "Source"].map(Column::text).to_vec();
    let rows = controls.iter().map(|control| control_row(policy, control)).collect_view();
    view! {
        <TableWrap id=id.to_owned() caption=format!("Controls of the phase {phase}")>
            <TableHead columns />
            <tbody>{rows}</tbody>
        </TableWrap>
    }
    .into_any()
}

fn control_row(policy: &Policy, control: &Control) -> AnyView {
    let set_aside =
        control.can_be_not_applicable.then(|| view! { <small>"Or a reason why it does not apply"</small> });
    let badges = badges(control.before_production, control.waivable);
    let (title, guidance) = (control.title.clone(), control.guidance.clone());
    let who = words::who_can(&control.done_by);
    let proof = words::proof(&control.proof);
    let tiers = words::tiers(control.tiers);
    let source = control.source.clone();
    let practices = practices(policy, control);
    view! {
        <tr>
            <th scope="row">
                {title}
                <small>{guidance}</small>
                {badges}
            </th>
            <td>{who}</td>
            <td>
                {proof}
                {set_aside}
            </td>
            <td>{tiers}</td>
            <td>
                {source}
                {practices}
            </td>
        </tr>
    }
    .into_any()
}

/// What is special about a control or a condition.
fn badges(before_production: bool, waivable: bool) -> Option<AnyView> {
    let early = before_production.then(|| view! { <Badge text="Before production" tone=Tone::Accent /> });
    let hard = (!waivable).then(|| view! { <Badge text="Never waived" tone=Tone::Neutral /> });
    (early.is_some() || hard.is_some()).then(|| {
        view! {
            <small>
                {early} " " {hard}
            </small>
        }
        .into_any()
    })
}

/// The practices that a control puts into effect, each with the way to its framework.
fn practices(policy: &Policy, control: &Control) -> Option<AnyView> {
    let links: Vec<AnyView> = control
        .frameworks
        .iter()
        .map(|practice| {
            let href = framework_path(policy, &practice.framework);
            let name = practice.to_string();
            view! {
                <a class="mono" href=href>
                    {name}
                </a>
                " "
            }
            .into_any()
        })
        .collect();
    (!links.is_empty()).then(|| view! { <small>{links}</small> }.into_any())
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
            let more = badges(condition.before_production, condition.waivable);
            gate_row(words::condition(&condition.wanted), more, |tier| asked(condition, tier))
        })
        .collect_view();
    let sign_offs = gate
        .sign_offs
        .iter()
        .map(|rule| {
            let title = format!("Sign-off by {}", rule.role.label());
            let meaning = rule.meaning.clone();
            let meaning = view! { <small>{meaning}</small> }.into_any();
            gate_row(title, Some(meaning), |tier| match rule.quorum.for_tier(tier) {
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

/// What a condition asks of a tier.
fn asked(condition: &Condition, tier: Tier) -> String {
    if !condition.applies_to(tier) {
        return "not asked".to_owned();
    }
    match &condition.wanted {
        Wanted::Records { reviewers: Some(reviewers), .. } => {
            counted(usize::from(reviewers.for_tier(tier)), "reviewer")
        }
        _ => "asked".to_owned(),
    }
}

fn gate_row(title: String, more: Option<AnyView>, cell: impl Fn(Tier) -> String) -> AnyView {
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

#[cfg(test)]
mod tests {
    use sluice_domain::{
        canonical::Digest,
        policy::{self, EvidenceKind, Framework, Practice, Proof, Quorum, RecordsSubject, Tiers},
        record::Rule,
        threat::Severity,
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
            let practice = Practice { id: "1".to_owned(), title: evil.to_owned() };
            let (key, title) = ("own".to_owned(), evil.to_owned());
            policy.frameworks = vec![Framework { key, title, practices: vec![practice] }];
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
            "href=\"#terms\"",
            "href=\"#frameworks\"",
        ] {
            assert!(html.contains(words), "{words}: {html}");
        }
    }

    #[test]
    fn all_that_a_policy_can_ask_is_told() {
        let loaded = loaded(|policy| {
            let phase = &mut policy.phases[0];
            phase.gate.team_days = Some(12);
            phase.controls[0].waivable = false;
            phase.controls[0].frameworks = vec!["ssdf:PW.4.1".parse().unwrap()];
            phase.controls[0].proof =
                Proof::Records { rule: Rule::ChangesReviewed, reviewers: Some(quorum(0, 1, 2)) };
            let subject = RecordsSubject::ReviewersPerChange;
            phase.gate.conditions = vec![
                condition(Wanted::Records { subject, reviewers: Some(quorum(1, 1, 3)) }),
                condition(Wanted::NoOpenFinding { at_least: Severity::Medium }),
                condition(Wanted::DocumentsPresent {
                    kinds: vec![EvidenceKind::Plan, EvidenceKind::Runbook],
                }),
                Condition { before_production: true, ..condition(Wanted::RecordArchived) },
            ];
        });
        let html = view! { <PolicyPage loaded now=NOW /> }.to_html();
        for words in [
            "The team has 12 working days for the phase.",
            "Never waived",
            "Before production",
            "ssdf:PW.4.1",
            "/frameworks/ssdf\"",
            "0 for low, 1 for medium and 2 for high risk",
            "Every change has its reviewers",
            "3 reviewers",
            "No finding of severity medium or above is open",
            "Evidence of each of these kinds holds: plan and runbook",
            "archived",
        ] {
            assert!(html.contains(words), "{words}: {html}");
        }
    }

    fn quorum(low: u8, medium: u8, high: u8) -> Quorum {
        Quorum { low, medium, high }
    }

    fn condition(wanted: Wanted) -> Condition {
        Condition { wanted, tiers: Tiers::ALL, before_production: false, waivable: true }
    }
}
