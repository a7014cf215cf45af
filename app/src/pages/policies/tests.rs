use std::sync::Arc;

use sluice_domain::{
    canonical::Digest,
    form::{FieldProblem, Fields},
    ids::Id,
    policy::{
        self, EvidenceKind, Framework, Policy, Practice, Proof, Quorum, RecordsSubject, RunKind, RunState,
        Tiers,
    },
    record::Rule,
    threat::Severity,
};
use sluice_service::{
    gates::VoidedSignOff,
    policies::{
        ActivationPage, Cause, CauseCount, ImportPolicy, MigrationEffect, MigrationPage, MigrationTarget,
        PolicyChoice, PolicyComparison, PolicyRunPage, ProductPolicyPage, RunRow,
    },
};
use time::macros::datetime;

use super::*;
use crate::{
    document::{Frame, render},
    form::Form,
};

const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);
const EVIL: &str = "\"><script>alert(1)</script>";

fn loaded(number: u128, change: impl FnOnce(&mut Policy)) -> Arc<LoadedPolicy> {
    let mut policy = policy::parse(policy::BUILT_IN).unwrap();
    change(&mut policy);
    Arc::new(LoadedPolicy {
        id: id(number),
        policy,
        digest: Digest::of(policy::BUILT_IN.as_bytes()),
        source: policy::BUILT_IN.to_owned(),
        imported_at: NOW,
    })
}

fn id<K>(number: u128) -> Id<K> {
    format!("0190b7d4-0000-7000-8000-{number:012x}").parse().unwrap()
}

/// A policy whose author wishes nobody well.
fn hostile(number: u128) -> Arc<LoadedPolicy> {
    loaded(number, |policy| {
        policy.title = EVIL.to_owned();
        policy.summary = EVIL.to_owned();
        let practice = Practice { id: "1".to_owned(), title: EVIL.to_owned() };
        let (key, title) = ("own".to_owned(), EVIL.to_owned());
        policy.frameworks = vec![Framework { key, title, practices: vec![practice] }];
        for phase in &mut policy.phases {
            phase.name = EVIL.to_owned();
            phase.purpose = EVIL.to_owned();
            for control in &mut phase.controls {
                control.title = EVIL.to_owned();
                control.guidance = EVIL.to_owned();
                control.source = EVIL.to_owned();
            }
            for rule in &mut phase.gate.sign_offs {
                rule.meaning = EVIL.to_owned();
            }
        }
    })
}

fn version(loaded: Arc<LoadedPolicy>) -> Version {
    Version {
        loaded,
        is_active: false,
        active: Some("2026.1".to_owned()),
        others: vec!["2026.1".to_owned()],
        activations: vec![Activation { at: NOW, by: Some(EVIL.to_owned()), reason: EVIL.to_owned() }],
        runs: vec![run(RunState::Finished)],
        may_manage: true,
        now: NOW,
    }
}

fn run(state: RunState) -> PolicyRun {
    PolicyRun {
        id: id(77),
        kind: RunKind::Impact,
        at: NOW,
        state,
        started_by: EVIL.to_owned(),
        started_at: NOW,
        ended_at: (state != RunState::Running).then_some(NOW),
        total: 1_200,
        done: 500,
        more: 12,
        less: 3,
        gone: 1,
    }
}

fn run_page(state: RunState) -> PolicyRunPage {
    let cause = Cause { code: "control.open".to_owned(), words: EVIL.to_owned() };
    PolicyRunPage {
        run: run(state),
        loaded: hostile(1),
        causes: vec![CauseCount { cause: cause.clone(), more: 12, less: 0 }],
        rows: vec![
            RunRow {
                held: true,
                feature: "PAY-1".parse().unwrap(),
                may_open: true,
                phase: EVIL.to_owned(),
                before: 3,
                after: Some(4),
                appears: vec![cause],
                vanishes: Vec::new(),
            },
            RunRow {
                held: false,
                feature: "OPS-2".parse().unwrap(),
                may_open: false,
                phase: "gone".to_owned(),
                before: 3,
                after: None,
                appears: Vec::new(),
                vanishes: Vec::new(),
            },
        ],
        next: Some("place".to_owned()),
        may_manage: true,
        now: NOW,
    }
}

#[test]
fn a_policy_cannot_bring_markup() {
    let item = PolicyListItem { loaded: hostile(1), is_active: true };
    let list = PolicyList { items: vec![item], may_manage: true, now: NOW };
    let html = view! { <PolicyListPage list /> }.to_html();
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("href=\"/policies/import\""), "{html}");
    let html = view! { <PolicyPage page=version(hostile(1)) /> }.to_html();
    assert!(!html.contains("<script"), "{html}");
}

#[test]
fn a_policy_is_told_in_full() {
    let loaded = loaded(1, |_| ());
    let digest = loaded.digest.to_string();
    let html = view! { <PolicyPage page=version(loaded) /> }.to_html();
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
        "Not active",
        "/difference?from=2026.1",
        "/activate\"",
        "/policy-runs/",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
}

#[test]
fn who_may_not_manage_policies_is_offered_nothing_to_manage() {
    let mut page = version(loaded(1, |_| ()));
    (page.may_manage, page.runs) = (false, Vec::new());
    let html = view! { <PolicyPage page /> }.to_html();
    assert!(!html.contains("/activate") && !html.contains("/replay"), "{html}");
    let list = PolicyList { items: Vec::new(), may_manage: false, now: NOW };
    let html = view! { <PolicyListPage list /> }.to_html();
    assert!(!html.contains("/policies/import"), "{html}");
}

#[test]
fn a_refused_policy_keeps_its_text_and_shows_each_line_that_is_wrong() {
    let source = format!("key = \"sdl\"\ntitle = {EVIL}\n</textarea><script>alert(2)</script>");
    let fields = Fields::new(vec![("source".into(), source.clone())]);
    let problems: Vec<FieldProblem> = ImportPolicy::parse(&fields).map(drop).unwrap_err();
    assert!(!problems.is_empty());
    let form = Form::refused(&fields, &problems);
    let html = render(&Frame::for_tests("Import"), move || view! { <ImportPolicyPage form problems /> });
    assert!(!html.contains("<script>alert"), "{html}");
    assert_eq!(html.matches("</textarea>").count(), 1, "{html}");
    assert!(html.contains("key = \"sdl\"\ntitle ="), "what was typed is kept: {html}");
    assert!(html.contains("Line 2, column "), "{html}");
    assert!(html.contains("href=\"#source\""), "{html}");
    assert!(html.contains("What is wrong, line by line"), "{html}");
    assert!(html.contains("enctype=\"multipart/form-data\""), "{html}");
}

#[test]
fn a_difference_says_what_asks_more_and_cannot_bring_markup() {
    let (from, to) = (loaded(1, |_| ()), hostile(2));
    let page = PolicyComparison {
        difference: from.policy.difference(&to.policy),
        versions: vec![to.policy.version.clone(), "2026.1<b>".to_owned()],
        active: Some("2026.1<b>".to_owned()),
        from,
        to,
    };
    let html = view! { <PolicyDifferencePage page /> }.to_html();
    assert!(!html.contains("<script") && !html.contains("2026.1<b>"), "{html}");
    let same = loaded(1, |_| ());
    let page = PolicyComparison {
        difference: same.policy.difference(&same.policy),
        versions: Vec::new(),
        active: None,
        from: Arc::clone(&same),
        to: same,
    };
    let html = view! { <PolicyDifferencePage page /> }.to_html();
    assert!(html.contains("There is no other version yet") && !html.contains("<select"), "{html}");
    let (from, to) = (loaded(1, |_| ()), loaded(1, |policy| policy.version = "2026.2".to_owned()));
    let page = PolicyComparison {
        difference: from.policy.difference(&from.policy),
        versions: vec![from.policy.version.clone(), to.policy.version.clone()],
        active: None,
        from,
        to,
    };
    assert!(view! { <PolicyDifferencePage page /> }.to_html().contains("No difference"));
    let (from, to) = (loaded(1, |_| ()), loaded(2, |policy| drop(policy.phases[0].controls.remove(0))));
    let page = PolicyComparison {
        difference: from.policy.difference(&to.policy),
        versions: vec!["2026.2".to_owned()],
        active: None,
        from,
        to,
    };
    let html = view! { <PolicyDifferencePage page /> }.to_html();
    assert!(html.contains("Asks less") && !html.contains("Asks more"), "{html}");
}

#[test]
fn a_run_shows_its_progress_and_leads_only_where_the_reader_may_go() {
    let html = view! { <PolicyRunScreen page=run_page(RunState::Running) /> }.to_html();
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("max=\"1200\"") && html.contains("value=\"500\""), "{html}");
    assert!(html.contains("Call it off") && !html.contains("Go on to the activation"), "{html}");
    assert!(
        html.contains("href=\"/features/PAY-1\"") && !html.contains("href=\"/features/OPS-2\""),
        "{html}"
    );
    assert!(html.contains("the phase is not there"), "{html}");
    let html = view! { <PolicyRunScreen page=run_page(RunState::Finished) /> }.to_html();
    assert!(!html.contains("<progress") && html.contains("Go on to the activation"), "{html}");
    let mut page = run_page(RunState::Finished);
    page.may_manage = false;
    assert!(!view! { <PolicyRunScreen page /> }.to_html().contains("Go on to the activation"));
}

fn activation(is_known: bool) -> ActivationPage {
    let (active, candidate) = (loaded(1, |_| ()), hostile(2));
    ActivationPage {
        difference: Some(active.policy.difference(&candidate.policy)),
        active: Some((active, NOW)),
        loaded: candidate,
        run: is_known.then(|| run(RunState::Finished)),
        known: is_known.then(|| run(RunState::Finished)),
        now: NOW,
    }
}

#[test]
fn a_version_is_activated_only_after_its_impact_was_looked_at() {
    let form = || Form::new().with("id", "a").with("run", "b").with("from", "c").with("reason", EVIL);
    let html = view! { <ActivatePolicyPage page=activation(false) form=form() /> }.to_html();
    assert!(html.contains("Look at the impact") && !html.contains("name=\"reason\""), "{html}");
    let html = view! { <ActivatePolicyPage page=activation(true) form=form() /> }.to_html();
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("name=\"reason\"") && html.contains("12 features under way"), "{html}");
    // A look that was begun since, and has come to nothing so far, is not what is activated on.
    let begun = PolicyRun { id: id(78), done: 0, more: 0, less: 0, gone: 0, ..run(RunState::Running) };
    let page = ActivationPage { run: Some(begun), ..activation(true) };
    let html = view! { <ActivatePolicyPage page form=form() /> }.to_html();
    assert!(html.contains("12 features under way") && !html.contains("decide the same"), "{html}");
    assert!(html.contains("By the last look that is finished"), "{html}");
    let html = view! { <ActivatePolicyPage page=activation(true) form=form() conflict=true /> }.to_html();
    assert!(html.contains("Another version became active"), "{html}");
}

#[test]
fn a_product_shows_its_policy_and_lets_administrators_choose() {
    let page = |may_choose| ProductPolicyPage {
        product: "PAY".parse().unwrap(),
        name: EVIL.to_owned(),
        version: 1,
        choices: vec![PolicyChoice { active: hostile(1), is_chosen: true }],
        may_choose,
    };
    let form = || Form::new().with("policy", "sdl").with("version", "1");
    let html = view! { <ProductPolicyScreen page=page(true) form=form() /> }.to_html();
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("Choose this policy"), "{html}");
    let html = view! { <ProductPolicyScreen page=page(false) form=form() /> }.to_html();
    assert!(!html.contains("<form") && html.contains("An administrator chooses"), "{html}");
}

fn voided(name: &str) -> VoidedSignOff {
    let role = sluice_domain::access::Role::SecurityReviewer;
    VoidedSignOff { gate: EVIL.to_owned(), name: name.to_owned(), role }
}

fn migration(effect: bool) -> MigrationPage {
    let (current, to) = (loaded(1, |_| ()), hostile(2));
    let blocker = sluice_domain::gate::Blocker::Vetoed {
        name: EVIL.to_owned(),
        role: sluice_domain::access::Role::SecurityReviewer,
    };
    let change = sluice_domain::gate::DecisionChange { appears: vec![blocker], vanishes: Vec::new() };
    MigrationPage {
        key: "PAY-1".parse().unwrap(),
        summary: None,
        phase: Some(EVIL.to_owned()),
        is_active: false,
        target: Some(MigrationTarget { id: to.id, version: EVIL.to_owned(), obstacle: None }),
        effect: effect.then(|| MigrationEffect {
            difference: current.policy.difference(&to.policy),
            to: Arc::clone(&to),
            before: sluice_domain::gate::Decision::default(),
            after: sluice_domain::gate::Decision::default(),
            change,
            voids: [EVIL, "Rhea"].map(voided).to_vec(),
            calls_off: true,
            seen: Digest::of(b"effect"),
            confirmation: Digest::of(b"both"),
        }),
        current,
        may_migrate: true,
        now: NOW,
    }
}

#[test]
fn a_move_to_another_version_says_first_what_it_brings_about() {
    let html = view! { <MigrationScreen page=migration(false) form=Form::new() /> }.to_html();
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("/features/PAY-1/policy?to="), "{html}");
    let mut page = migration(false);
    let obstacle = sluice_domain::lifecycle::Refusal::GateSkipped(EVIL.to_owned());
    page.target = page.target.map(|target| MigrationTarget { obstacle: Some(obstacle), ..target });
    let html = view! { <MigrationScreen page form=Form::new() /> }.to_html();
    assert!(!html.contains("<script") && !html.contains("policy?to="), "{html}");
    assert!(html.contains("this feature has never passed its gate"), "{html}");
    for (is_active, why) in
        [(true, "It follows the active version"), (false, "No version of this policy is active")]
    {
        let page = MigrationPage { is_active, target: None, ..migration(false) };
        let form = Form::new().with("reason", EVIL);
        let html = view! { <MigrationScreen page form notice=Some(EVIL.to_owned()) /> }.to_html();
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains(why) && html.contains("What you wrote was not sent"), "{html}");
    }
    let form = Form::new().with("reason", EVIL);
    let html = view! { <MigrationScreen page=migration(true) form /> }.to_html();
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("Moving it voids 2 sign-offs"), "{html}");
    assert!(html.contains(&format!("value=\"{}\"", Digest::of(b"both"))), "{html}");
    assert!(html.contains(&format!("name=\"seen\" value=\"{}\"", Digest::of(b"effect"))), "{html}");
    assert!(html.contains("Moving it calls off the release in an emergency"), "{html}");
    // Without the right to read the feature: what is asked, not who said what.
    assert!(html.contains("A security reviewer denied the gate"), "{html}");
    assert!(html.contains("name=\"reason\""), "{html}");
    let mut page = migration(true);
    page.may_migrate = false;
    assert!(!view! { <MigrationScreen page form=Form::new() /> }.to_html().contains("name=\"reason\""));
}

#[test]
fn all_that_a_policy_can_ask_is_told() {
    let loaded = loaded(1, |policy| {
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
            condition(Wanted::DocumentsPresent { kinds: vec![EvidenceKind::Plan, EvidenceKind::Runbook] }),
            Condition { before_production: true, ..condition(Wanted::RecordArchived) },
        ];
    });
    let html = view! { <PolicyPage page=version(loaded) /> }.to_html();
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
