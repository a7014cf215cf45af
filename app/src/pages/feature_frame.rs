//! What every page about a feature begins with.

use leptos::prelude::*;
use sluice_domain::{
    gate::{Blocker, Clearance, Decision},
    lifecycle::{Progress, Turn as DomainTurn},
    place::Place,
    policy::Tier,
    text::Sprint,
    words::{self, Label},
};
use sluice_service::{
    features::{FeatureFilter, FeatureSummary, PhaseState as StepState},
    views::ViewAddress,
};

use super::{
    course, drift::drift_flag, records::shortfall_verb, threats::at_rest, turn_words,
    waivers::gate as waivers,
};
use crate::components::{
    Badge, BlockerLine, Breadcrumb, ClearanceLine, Columns, DueDate, Fact, GatePanel, GateState, NavLink,
    PageHead, PhaseLine, PhaseState, PhaseStep, Rail, Standing, Tone, Turn, counted,
};

/// The pages about a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureSection {
    /// Overview.
    Overview,
    /// Work of a phase.
    Phase,
    /// Threat model.
    ThreatModel,
    /// Evidence.
    Evidence,
    /// Everything on record, and each record.
    Record,
    /// What answers what.
    Trace,
    /// Review and sign-offs.
    Review,
    /// Waivers.
    Waivers,
    /// Comments.
    Comments,
    /// Hold, cancel, move back, emergency.
    Course,
    /// History.
    History,
    /// Related features.
    Relations,
    /// Archives of the whole record.
    Archive,
}

/// What every page about a feature begins with: its name, its facts, the phase line with the gate that it stands at,
/// and the way to its other pages. `action` is the one primary action of the page.
#[component]
pub fn FeatureFrame(
    /// The feature.
    summary: FeatureSummary,
    /// Which of its pages this is.
    section: FeatureSection,
    /// What this page is called where it is not the overview.
    #[prop(optional, into)]
    here: Option<String>,
    /// The page between the overview and this one: its name and its address.
    #[prop(optional)]
    via: Option<(String, String)>,
    /// The one primary action of the page.
    #[prop(optional)]
    action: Option<AnyView>,
    /// Show the whole gate panel, with everything that blocks; otherwise one line says how the gate stands.
    #[prop(optional)]
    with_gate: bool,
    /// The page's own content.
    children: Children,
) -> impl IntoView {
    let key = summary.key.clone();
    let mut trail = vec![
        ("Features".to_owned(), "/features".to_owned()),
        (format!("{key} {}", summary.title), Place::Feature.path(&key)),
    ];
    trail.extend(via);
    let breadcrumb = here.map(|here| view! { <Breadcrumb trail here /> });
    let facts = facts(&summary);
    let chips = view! {
        <Badge text=summary.tier.title() tone=tier_tone(summary.tier) />
        {course::chips(&summary)}
    }
    .into_any();
    let banner = course::banner(&summary);
    let steps = steps(&summary);
    let rail = view! { <Rail label="Feature" links=links(&summary, section) /> }.into_any();
    let panel = with_gate.then(|| gate_panel(&summary));
    let drift = drift_flag(&summary);
    let status = (!with_gate).then(|| gate_line(&summary));
    let title = summary.title.clone();
    view! {
        {breadcrumb}
        <PageHead title key=key.to_string() chips facts nostrip:action=action />
        {banner}
        <PhaseLine steps />
        {drift}
        {status}
        <Columns rail>
            {panel}
            {children()}
        </Columns>
    }
}

fn tier_tone(tier: Tier) -> Tone {
    match tier {
        Tier::Low => Tone::Neutral,
        Tier::Medium => Tone::Waiting,
        Tier::High => Tone::Blocked,
    }
}

fn facts(summary: &FeatureSummary) -> Vec<Fact> {
    let mut facts = vec![
        Fact::text("Product", summary.product_name.clone()),
        Fact::text("Owner", summary.owner_name.clone()),
    ];
    if let Some(date) = summary.target_date {
        let today = summary.now.date();
        facts.push(Fact::view("Due", view! { <DueDate date today /> }.into_any()));
    }
    if let Some(sprint) = &summary.sprint {
        let href = sprint_address(sprint);
        facts.push(Fact::view("Sprint", view! { <a href=href>{sprint.to_string()}</a> }.into_any()));
    }
    let policy = format!("{} {}", summary.policy_title, summary.policy_version);
    let href = Place::Policy.path(&summary.key);
    facts.push(Fact::view("Policy", view! { <a href=href>{policy}</a> }.into_any()));
    facts
}

/// The features of a sprint.
fn sprint_address(sprint: &Sprint) -> String {
    let filter = FeatureFilter { sprint: Some(sprint.clone()), ..FeatureFilter::default() };
    ViewAddress::Features(Box::new(filter)).path()
}

fn steps(summary: &FeatureSummary) -> Vec<PhaseStep> {
    summary
        .steps
        .iter()
        .map(|step| {
            let href = Place::Phase(step.key.clone()).path(&summary.key);
            let waived = waivers::waived_at(summary, step, matches!(step.state, StepState::Here { .. }));
            let state = match &step.state {
                StepState::Passed { at, .. } if waived > 0 => {
                    PhaseState::PassedWithWaiver { at: Some(*at), waivers: waived }
                }
                StepState::Passed { at, .. } => PhaseState::Passed { at: Some(*at) },
                StepState::Owed { due, .. } => PhaseState::Owed { until: *due },
                StepState::Here { .. } => PhaseState::Here(standing(summary)),
                StepState::Todo => PhaseState::Todo,
            };
            PhaseStep::new(step.name.clone(), href, state).waived(waived)
        })
        .collect()
}

fn standing(summary: &FeatureSummary) -> Standing {
    let decision = &summary.decision;
    if let Some(why) = course::rests(&summary.progress) {
        return Standing::Resting { why: why.to_owned() };
    }
    match (decision.things_in_the_way(), in_review(&summary.progress)) {
        (0, true) => Standing::Waiting { on: "the reviewers".to_owned() },
        (0, false) => Standing::Ready,
        (blockers, _) => Standing::Blocked { blockers, met: decision.met.len() },
    }
}

fn in_review(progress: &Progress) -> bool {
    progress.attempt().is_ok_and(|attempt| attempt.turn != DomainTurn::Team)
}

fn links(summary: &FeatureSummary, section: FeatureSection) -> Vec<NavLink> {
    let key = &summary.key;
    let current_phase = summary
        .current()
        .map_or_else(|| summary.steps.last().map(|step| step.key.clone()), |step| Some(step.key.clone()));
    let work = current_phase.map_or_else(|| Place::Feature.path(key), |phase| Place::Phase(phase).path(key));
    [
        (FeatureSection::Overview, "Overview", Place::Feature.path(key)),
        (FeatureSection::Phase, "Phase work", work),
        (FeatureSection::ThreatModel, "Threat model", Place::ThreatModel.path(key)),
        (FeatureSection::Evidence, "Evidence", Place::EvidenceList.path(key)),
        (FeatureSection::Record, "Everything on record", Place::Dossier.path(key)),
        (FeatureSection::Trace, "What answers what", Place::Trace.path(key)),
        (FeatureSection::Review, "Review and sign-offs", Place::Review.path(key)),
        (FeatureSection::Waivers, "Waivers", Place::Waivers.path(key)),
        (FeatureSection::Course, "Hold, move back, emergency", Place::Course.path(key)),
        (FeatureSection::Comments, "Comments", Place::Comments.path(key)),
        (FeatureSection::History, "History", Place::History.path(key)),
        (FeatureSection::Relations, "Relations", Place::Relations.path(key)),
        (FeatureSection::Archive, "Archives", Place::Archive.path(key)),
    ]
    .into_iter()
    .map(|(target, label, href)| {
        let count = match target {
            FeatureSection::Comments => summary.comments,
            FeatureSection::Waivers => summary.decision.waived.len(),
            _ => 0,
        };
        NavLink::new(label, href).current(target == section).count(count)
    })
    .collect()
}

/// What is said of the gate of a feature that rests.
const GATE_RESTS: &str = "nobody works on it for now";

/// How the gate stands, in one line with a link to the whole panel.
fn gate_line(summary: &FeatureSummary) -> AnyView {
    let href = format!("{}#gate", Place::Feature.path(&summary.key));
    let text = match summary.current() {
        None => "Every gate of this feature is open.".to_owned(),
        Some(step) if !summary.progress.is_active() => {
            format!("{} gate: {}", step.name, GATE_RESTS)
        }
        Some(step) => {
            let how = match (summary.decision.things_in_the_way(), in_review(&summary.progress)) {
                (0, true) => "the reviewers have the turn".to_owned(),
                (0, false) => "nothing blocks a review".to_owned(),
                (1, _) => "1 thing blocks it".to_owned(),
                (count, _) => format!("{count} things block it"),
            };
            format!("{} gate: {how}", step.name)
        }
    };
    let text = match turn_words::left(summary) {
        Some(left) => format!("{text}; {left}"),
        None => text,
    };
    view! { <p class="muted"><a href=href>{text}</a></p> }.into_any()
}

/// The gate panel: what blocks, who can clear it and where, whose turn it is and since when.
pub(crate) fn gate_panel(summary: &FeatureSummary) -> AnyView {
    let Some(attempt) = summary.progress.stands_in() else {
        let passed = summary.steps.iter().map(|step| format!("{} is passed", step.name)).collect::<Vec<_>>();
        return view! {
            <GatePanel
                title="All gates"
                cycle=1
                state=GateState::Open
                now=summary.now
                met=passed
                footer="This feature went through its whole lifecycle. Its record stays."
            />
        }
        .into_any();
    };
    let reviewing = attempt.turn != DomainTurn::Team;
    let decision = &summary.decision;
    let rests = course::rests(&summary.progress);
    let state = if rests.is_some() {
        GateState::Resting
    } else if decision.things_in_the_way() > 0 {
        GateState::Blocked
    } else if reviewing {
        GateState::Waiting
    } else {
        GateState::Ready
    };
    let whose = if reviewing { "The reviewers have the turn" } else { "The team has the turn" };
    let turn = rests.is_none().then(|| Turn {
        whose: whose.to_owned(),
        since: attempt.since,
        left: turn_words::left(summary),
    });
    let name = summary.current().map_or_else(|| attempt.phase.to_string(), |step| step.name.clone());
    let cycle = u32::try_from(attempt.cycle).unwrap_or(1);
    let met = decision.met.iter().map(words::met).collect::<Vec<_>>();
    let mut blockers = blocker_lines(summary, &summary.decision, reviewing);
    blockers.extend(waivers::waived_lines(summary));
    let action = panel_action(summary, reviewing);
    view! {
        <GatePanel
            title=format!("{name} gate")
            cycle
            state
            now=summary.now
            turn
            blockers
            met
            clearance=clearance_line(summary)
            footer=panel_footer(summary, reviewing)
            nostrip:action=action
        />
    }
    .into_any()
}

/// Whether the feature may go to production, and what keeps it from that.
fn clearance_line(summary: &FeatureSummary) -> Option<ClearanceLine> {
    let key = &summary.key;
    let (gates, things) = match summary.clearance.as_ref()? {
        Clearance::Cleared => {
            let sentence = if summary.decision.debts.is_empty() {
                "Cleared for production".to_owned()
            } else {
                "Cleared for production; what an emergency skipped is still to be signed".to_owned()
            };
            return Some(ClearanceLine { sentence, left: Vec::new() });
        }
        Clearance::NotCleared { gates, things } => (gates, things),
    };
    let why = match (gates.len(), things.len()) {
        (1, 0) => "1 gate comes first".to_owned(),
        (gates, 0) => format!("{} come first", counted(gates, "gate")),
        (0, things) => format!("{} to put right", counted(things, "thing")),
        (gates, things) => {
            format!("{} to put right, {} to open", counted(things, "thing"), counted(gates, "gate"))
        }
    };
    let gate = |name: &String| {
        let step = summary.steps.iter().find(|step| step.name == *name);
        let href =
            step.map_or_else(|| Place::Feature.path(key), |step| Place::Phase(step.key.clone()).path(key));
        (format!("The {name} gate has to open"), href)
    };
    let thing = |blocker: &Blocker| (words::blocker(blocker), blocker.place().path(key));
    let left = things.iter().map(thing).chain(gates.iter().map(gate)).collect();
    Some(ClearanceLine { sentence: format!("Not cleared for production: {why}"), left })
}

fn panel_footer(summary: &FeatureSummary, reviewing: bool) -> String {
    if let Some(why) = at_rest(summary) {
        return why;
    }
    if reviewing {
        return "Reviewers sign or return it for changes. A change to the dossier voids sign-offs already given.".into();
    }
    if summary.decision.is_ready_for_review() {
        let roles = sluice_domain::access::Action::RequestReview.product_roles();
        let left = if summary.may(sluice_domain::access::Action::RequestReview) {
            "Nothing is left for the team. Request the review to hand the turn to the reviewers.".to_owned()
        } else {
            format!("Nothing is left for the team. A {} can request the review.", words::who_can(roles))
        };
        return with_signatures(left, &summary.decision);
    }
    let left = "The review can be requested when nothing above is left for the team.".to_owned();
    with_signatures(left, &summary.decision)
}

/// A sentence, followed by what the reviewers owe once they have the turn.
fn with_signatures(sentence: String, decision: &Decision) -> String {
    let owed = decision.blockers.iter().filter(|blocker| blocker.is_to_come());
    let sentences: Vec<String> = std::iter::once(sentence)
        .chain(owed.map(|blocker| format!("{}.", words::blocker(blocker))))
        .collect();
    sentences.join(" ")
}

fn panel_action(summary: &FeatureSummary, reviewing: bool) -> Option<AnyView> {
    use sluice_domain::access::Action;
    if !summary.progress.is_active() {
        return None;
    }
    let href = Place::Review.path(&summary.key);
    if reviewing {
        return Some(view! { <a href=href>"Open the review"</a> }.into_any());
    }
    (summary.decision.is_ready_for_review() && summary.may(Action::RequestReview)).then(|| {
        let action = format!("{href}/request");
        view! {
            <crate::components::PostForm action>
                <crate::components::Button>"Request review"</crate::components::Button>
            </crate::components::PostForm>
        }
        .into_any()
    })
}

/// The blockers for people. While the team has the turn, missing sign-offs block nobody: the foot of the panel names
/// them.
pub(super) fn blocker_lines(
    summary: &FeatureSummary,
    decision: &Decision,
    reviewing: bool,
) -> Vec<BlockerLine> {
    decision
        .things()
        .into_iter()
        .filter(|blocker| reviewing || !blocker.is_to_come())
        .map(|blocker| BlockerLine {
            also: waivers::waiver_link(summary, blocker),
            ..blocker_line(summary, decision, blocker)
        })
        .collect()
}

/// One blocker for people: what it is, who clears it, and the way there.
pub(in crate::pages) fn blocker_line(
    summary: &FeatureSummary,
    decision: &Decision,
    blocker: &Blocker,
) -> BlockerLine {
    BlockerLine {
        sentence: words::blocker(blocker),
        who: format!("Cleared by: {}", words::who_can(&decision.cleared_by(blocker))),
        link: Some((verb(blocker), blocker.place().path(&summary.key))),
        also: None,
        waived: None,
        later: blocker.is_to_come(),
        since: summary.since(blocker),
    }
}

/// What the link to the place where a blocker is cleared says.
fn verb(blocker: &Blocker) -> String {
    match blocker {
        Blocker::ControlOpen { .. } => "Open the checklist".to_owned(),
        Blocker::EvidenceMissing { .. } | Blocker::EvidenceWanted { .. } => "Add evidence".to_owned(),
        Blocker::EvidenceExpired { .. } => "Renew the evidence".to_owned(),
        Blocker::RecordsShort { shortfall, .. } | Blocker::ConditionShort { shortfall, .. } => {
            shortfall_verb(shortfall)
        }
        Blocker::FindingOpen { .. } => "Open the finding".to_owned(),
        Blocker::NotArchived => "Archive the record".to_owned(),
        Blocker::ThreatModelStale { .. } => "Confirm the threat model".to_owned(),
        Blocker::Earlier { what, .. } => verb(what),
        Blocker::Drifted { .. } => "See what changed".to_owned(),
        Blocker::TierRaised { .. } => "Move the feature back".to_owned(),
        Blocker::OwedOverdue { .. } | Blocker::Owed { .. } => "Open what is owed".to_owned(),
        Blocker::NeverPassed { .. } => "Move it back".to_owned(),
        Blocker::QuestionOpen { .. } => "Answer it".to_owned(),
        Blocker::ThreatUntreated { .. } => "Open the threat".to_owned(),
        Blocker::Vetoed { .. } | Blocker::SignOffsMissing { .. } => "Open the review".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use sluice_domain::{access::Role, threat::Question};

    use super::*;
    use crate::pages::features::sample;

    fn shown(clearance: Option<Clearance>) -> String {
        gate_panel(&FeatureSummary { clearance, ..sample::summary("Card tokenisation") }).to_html()
    }

    /// The panel and the line above other pages, in the turn of the team or of the reviewers.
    fn told(turn: DomainTurn, blockers: Vec<Blocker>) -> String {
        let mut summary = sample::summary("Card tokenisation");
        let attempt = summary.progress.attempt().unwrap().clone();
        summary.progress = Progress::Active(sluice_domain::lifecycle::Attempt { turn, ..attempt });
        summary.decision.blockers = blockers;
        format!("{}{}", gate_panel(&summary).to_html(), gate_line(&summary).to_html())
    }

    #[test]
    fn nothing_blocks_only_where_nothing_does() {
        let reviewers = || DomainTurn::Reviewers { requested_by: sample::summary("").owner };
        let unsigned = || Blocker::SignOffsMissing { role: Role::SecurityReviewer, have: 0, need: 1 };
        let html = told(DomainTurn::Team, vec![unsigned()]);
        assert!(
            html.contains("Nothing blocks this gate") && html.contains("nothing blocks a review"),
            "{html}"
        );
        let html = told(reviewers(), vec![unsigned()]);
        assert!(html.contains("Nothing blocks; the reviewers decide"), "{html}");
        let phase = || "requirements".parse().unwrap();
        let roles = || vec![Role::SecurityReviewer];
        for blocker in [
            Blocker::QuestionOpen { question: Question::Scope },
            Blocker::Vetoed { name: "Ben Ode".to_owned(), role: Role::SecurityReviewer },
            Blocker::Drifted {
                phase: phase(),
                name: "Requirements".to_owned(),
                items: 1,
                mark: "a".to_owned(),
                roles: roles(),
            },
            Blocker::OwedOverdue {
                phase: phase(),
                name: "Requirements".to_owned(),
                since: sample::NOW,
                roles: roles(),
            },
        ] {
            for turn in [DomainTurn::Team, reviewers()] {
                let html = told(turn, vec![blocker.clone(), unsigned()]);
                assert!(
                    html.contains("1 thing blocks this gate") && html.contains("1 thing blocks it"),
                    "{html}"
                );
                assert!(html.contains(&words::blocker(&blocker)), "{html}");
                assert!(!html.to_lowercase().contains("nothing blocks"), "{html}");
            }
        }
    }

    fn left(gates: &[&str], things: Vec<Blocker>) -> Clearance {
        let gates = gates.iter().map(|name| (*name).to_owned()).collect();
        Clearance::NotCleared { gates, things }
    }

    #[test]
    fn the_panel_says_whether_the_feature_may_go_to_production() {
        assert!(!shown(None).contains("for production"));
        let html = shown(Some(Clearance::Cleared));
        assert!(html.contains("<span>Cleared for production</span>"), "{html}");

        let question = || Blocker::QuestionOpen { question: Question::Scope };
        let named = |words: &str| format!("<span>Not cleared for production: {words}</span>");
        let html = shown(Some(left(&[], vec![question()])));
        assert!(html.contains(&named("1 thing to put right")), "{html}");
        let sentence = words::blocker(&question());
        let href = question().place().path(&"PAY-12".parse().unwrap());
        assert!(html.contains(&format!("<a href=\"{href}\">{sentence}</a>")), "{html}");

        let html = shown(Some(left(&["Design"], Vec::new())));
        assert!(html.contains(&named("1 gate comes first")), "{html}");
        assert!(
            html.contains("href=\"/features/PAY-12/phases/design\">The Design gate has to open</a>"),
            "{html}"
        );
        let html = shown(Some(left(&["Design", "<b>Build"], Vec::new())));
        assert!(html.contains(&named("2 gates come first")), "{html}");
        assert!(html.contains("The &lt;b&gt;Build gate has to open"), "{html}");
        let html = shown(Some(left(&["Design"], vec![question()])));
        assert!(html.contains(&named("1 thing to put right, 1 gate to open")), "{html}");
    }

    #[test]
    fn a_release_in_an_emergency_is_cleared_with_a_word_on_what_is_owed() {
        let debt = sluice_domain::gate::Debt {
            phase: "design".parse().unwrap(),
            name: "Design".to_owned(),
            due: sample::NOW,
            missing: Vec::new(),
        };
        let mut summary = sample::summary("Card tokenisation");
        summary.clearance = Some(Clearance::Cleared);
        summary.decision.debts.push(debt);
        let html = gate_panel(&summary).to_html();
        assert!(html.contains("what an emergency skipped is still to be signed"), "{html}");
    }

    #[test]
    fn each_blocker_says_since_when() {
        let stale = || Blocker::ThreatModelStale { scope: 2 };
        let mut summary = sample::summary("Card tokenisation");
        summary.decision.blockers = vec![stale(), Blocker::NotArchived];
        summary.blocked_since.insert(stale().subject(), sample::NOW - time::Duration::days(20));
        let html = gate_panel(&summary).to_html();
        assert!(
            html.contains(
                "title=\"Since 31 Oct 2026, 12:00 UTC\" class=\"since\">blocking for 2 weeks</time>"
            ),
            "{html}"
        );
        assert_eq!(html.matches("class=\"since\"").count(), 1, "of what is new nothing is said: {html}");
    }
}
