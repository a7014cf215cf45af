//! Lifecycle policies: what each phase asks, of whom, and what opens its gate; and the pages by which administrators
//! import, compare and activate them.

pub mod activate;
pub mod choose;
pub mod difference;
pub mod import;
pub mod migrate;
pub mod run;
mod terms;
#[cfg(test)]
mod tests;

use leptos::prelude::*;
use sluice_domain::{
    policy::{Condition, Control, Gate, Phase, Policy, Tier, Wanted},
    words::{self, Label},
};
use sluice_service::policies::{
    Activation, LoadedPolicy, PolicyList, PolicyListItem, PolicyPage as Version, PolicyRun,
};
use time::OffsetDateTime;

pub use activate::ActivatePolicyPage;
pub use choose::ProductPolicyScreen;
pub use difference::PolicyDifferencePage;
pub use import::ImportPolicyPage;
pub use migrate::MigrationScreen;
pub use run::{PolicyRunScreen, ReplayPolicyPage};

use self::terms::terms_card;
use super::coverage::{framework_path, frameworks_card};
use crate::components::{
    Badge, Breadcrumb, ButtonKind, Card, Column, Columns, EmptyState, Fact, FactList, LinkButton, NavLink,
    PageHead, Rail, TableHead, TableWrap, Timestamp, Tone, counted,
};

const LIST: &str = "/policies";

/// The address of a version.
fn version_path(policy: &Policy) -> String {
    format!("{LIST}/{}/{}", policy.key, policy.version)
}

/// Every policy version, the newest first.
#[component]
pub fn PolicyListPage(
    /// The versions.
    list: PolicyList,
) -> impl IntoView {
    let action = list
        .may_manage
        .then(|| view! { <LinkButton href="/policies/import">"Import a policy"</LinkButton> }.into_any());
    let body = if list.items.is_empty() {
        view! {
            <EmptyState
                title="No policy yet"
                why="A policy says which phases a feature passes and what opens each gate. Sluice brings two, which are imported when it starts."
            />
        }
        .into_any()
    } else {
        versions_table(list.items, list.now)
    };
    view! {
        <PageHead
            title="Policies"
            lead="A policy says which phases a feature passes, what is owed in each, and what opens its gate. A feature keeps the version that it started under."
            nostrip:action=action
        />
        {body}
    }
}

fn versions_table(items: Vec<PolicyListItem>, now: OffsetDateTime) -> AnyView {
    let columns =
        ["Policy", "Version", "Phases", "Controls", "SHA-256", "Imported"].map(Column::text).to_vec();
    let rows = items
        .into_iter()
        .map(|PolicyListItem { loaded, is_active }| {
            let policy = &loaded.policy;
            let href = version_path(policy);
            let standing = if is_active {
                view! { <small>"Active: new features start under this one"</small> }.into_any()
            } else {
                view! { <small>"Not active"</small> }.into_any()
            };
            let names = policy.phases.iter().map(|phase| phase.name.as_str()).collect::<Vec<_>>().join(" → ");
            let controls: usize = policy.phases.iter().map(|phase| phase.controls.len()).sum();
            let at = loaded.imported_at;
            view! {
                <tr>
                    <th scope="row">
                        <a href=href>{policy.title.clone()}</a>
                        {standing}
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
    /// The version, and how it stands among the others.
    page: Version,
) -> impl IntoView {
    let policy = &page.loaded.policy;
    let trail = vec![("Policies".to_owned(), LIST.to_owned())];
    let here = format!("{} {}", policy.title, policy.version);
    let phases = policy.phases.iter().map(|phase| NavLink::new(&phase.name, format!("#{}", phase.key)));
    let parts = [("Terms", "#terms"), ("Frameworks", "#frameworks")].map(|(name, at)| NavLink::new(name, at));
    let links: Vec<NavLink> = parts.into_iter().chain(phases).collect();
    let rail = view! { <Rail label="Parts of the policy" links /> }.into_any();
    let (title, version, summary) = (policy.title.clone(), policy.version.clone(), policy.summary.clone());
    let facts = origin(&page.loaded, page.now);
    let (text, tone) = if page.is_active { ("Active", Tone::Open) } else { ("Not active", Tone::Neutral) };
    let chips = view! { <Badge text tone /> }.into_any();
    let action = (page.may_manage && !page.is_active).then(|| {
        let href = format!("{}/activate", version_path(policy));
        view! { <LinkButton href>"Activate this version"</LinkButton> }.into_any()
    });
    let standing = standing_card(&page);
    view! {
        <Breadcrumb trail here />
        <PageHead title key=version lead=summary chips nostrip:action=action />
        <Columns rail>
            <Card title="This version">
                <FactList facts />
            </Card>
            {standing}
            {terms_card(&page.loaded.policy)}
            {frameworks_card(&page.loaded.policy)}
            {page.loaded.policy.phases.iter().map(|phase| phase_card(&page.loaded.policy, phase)).collect_view()}
        </Columns>
    }
}

/// What was done with the version, and what can be done with it.
fn standing_card(page: &Version) -> AnyView {
    let policy = &page.loaded.policy;
    let here = version_path(policy);
    let activations = if page.activations.is_empty() {
        view! { <p>"It was never active: no feature has started under it."</p> }.into_any()
    } else {
        let items = page.activations.iter().map(|activation| activation_line(activation, page.now));
        view! { <ul>{items.collect_view()}</ul> }.into_any()
    };
    let with = page.active.clone().filter(|_| !page.is_active).or_else(|| page.others.first().cloned());
    // A version is made of letters, digits, dots and hyphens, which stand for themselves in an address.
    let compare = with.map(|with| {
        view! {
            <LinkButton href=format!("{here}/difference?from={with}") kind=ButtonKind::Quiet small=true>
                {format!("Compare with {with}")}
            </LinkButton>
        }
    });
    let replay = page.may_manage.then(|| {
        view! {
            <LinkButton href=format!("{here}/replay") kind=ButtonKind::Quiet small=true>
                "Replay it on a day"
            </LinkButton>
        }
    });
    let runs = (!page.runs.is_empty()).then(|| {
        let lines = page.runs.iter().map(|run| run_line(run, page.now)).collect_view();
        view! {
            <h3>"What it would decide"</h3>
            <ul>{lines}</ul>
        }
    });
    view! {
        <Card title="Standing">
            {activations}
            <div class="form-actions">{compare} {replay}</div>
            {runs}
        </Card>
    }
    .into_any()
}

fn activation_line(activation: &Activation, now: OffsetDateTime) -> AnyView {
    let at = activation.at;
    let by = activation.by.as_ref().map(|by| format!(" by {by}"));
    let reason = (!activation.reason.is_empty()).then(|| format!(": {}", activation.reason));
    view! {
        <li>
            "Activated " <Timestamp at now /> {by} {reason}
        </li>
    }
    .into_any()
}

fn run_line(run: &PolicyRun, now: OffsetDateTime) -> AnyView {
    let (at, words) = (run.started_at, run::run_words(run));
    let href = format!("/policy-runs/{}", run.id);
    let kind = match run.kind {
        sluice_domain::policy::RunKind::Impact => "Impact",
        sluice_domain::policy::RunKind::Replay => "Replay",
    };
    view! {
        <li>
            <a href=href>{kind}</a> ", begun " <Timestamp at now /> ": " {words}
        </li>
    }
    .into_any()
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
