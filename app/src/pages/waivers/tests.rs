use sluice_domain::{
    access::Role,
    gate::{Blocker, Decision, Waived, WaiverFact},
    ids::{Id, WaiverId},
    place::Place,
    policy::Waivers,
    threat::Question,
    waiver::{Waiver, WaiverRefusal},
};
use sluice_service::{
    features::{FeatureSummary, PhaseState},
    waivers::{
        NewWaiverPage, ProductWaiver, ProductWaivers, WaiverChoice, WaiverDecision, WaiverEnd, WaiverItem,
        WaiverPage, WaiverSteps, WaiversPage,
    },
};
use time::macros::{date, datetime};

use super::*;
use crate::{
    form::Form,
    pages::{
        feature_frame::gate_panel,
        threats::fixture::{HOSTILE, NOW, html, key, person, summary},
    },
};

const UNTIL: OffsetDateTime = datetime!(2026-02-11 0:00 UTC);
const SUBJECT: &str = "threat-model:scope";

fn blocker() -> Blocker {
    Blocker::QuestionOpen { question: Question::Scope }
}

fn terms() -> Waivers {
    Waivers { approvers: vec![Role::SecurityReviewer], max_days: 90 }
}

/// A feature with one thing missing that may be waived.
fn blocked(roles: &[Role]) -> FeatureSummary {
    let decision =
        Decision { blockers: vec![blocker()], waivable: [SUBJECT.to_owned()].into(), ..Decision::default() };
    FeatureSummary { decision, ..summary(roles) }
}

/// The same, waived.
fn waived(roles: &[Role]) -> FeatureSummary {
    let (subject, role) = (SUBJECT.to_owned(), Role::SecurityReviewer);
    let waiver = WaiverFact { number: 2, subject, until: UNTIL, role, approved_at: NOW };
    let decision = Decision { waived: vec![Waived { blocker: blocker(), waiver }], ..Decision::default() };
    FeatureSummary { decision, ..summary(roles) }
}

fn item(state: WaiverState) -> WaiverItem {
    let id: WaiverId = Id::new(person(9).uuid());
    let by = |name: &str| WaiverDecision {
        person: person(2),
        name: name.to_owned(),
        role: Role::SecurityReviewer,
        at: NOW,
        reason: HOSTILE.to_owned(),
    };
    let end = WaiverEnd { name: Some(HOSTILE.to_owned()), at: NOW, reason: HOSTILE.to_owned() };
    WaiverItem {
        id,
        number: 2,
        phase: "design".to_owned(),
        subject: SUBJECT.to_owned(),
        blocker: HOSTILE.to_owned(),
        reason: HOSTILE.to_owned(),
        compensation: HOSTILE.to_owned(),
        until: UNTIL,
        renews: Some(1),
        renewed_by: Some(3),
        state,
        requested_by: person(1),
        requester: HOSTILE.to_owned(),
        requested_at: NOW,
        decided: (state != WaiverState::Requested).then(|| by(HOSTILE)),
        ended: (state == WaiverState::Ended).then_some(end),
        version: 7,
    }
}

fn page(roles: &[Role], state: WaiverState, steps: WaiverSteps) -> WaiverPage {
    WaiverPage {
        summary: blocked(roles),
        waiver: item(state),
        phase: HOSTILE.to_owned(),
        outgrown: false,
        place: Some(Place::ThreatModel),
        steps,
    }
}

fn no_steps() -> WaiverSteps {
    WaiverSteps {
        decide: Err(WaiverRefusal::OwnRequest),
        approve: Ok(()),
        withdraw: false,
        end: false,
        renew: false,
    }
}

fn shown(page: WaiverPage, forms: WaiverForms) -> String {
    let viewer = HOSTILE.to_owned();
    html(|| view! { <WaiverScreen page viewer forms notice=Some(HOSTILE.to_owned()) /> })
}

fn harmless(html: &str) {
    assert!(!html.contains("<script>alert"), "{html}");
    assert!(!html.contains("<img"), "{html}");
}

#[test]
fn what_people_wrote_is_text_on_every_page_in_every_state() {
    let all = WaiverSteps {
        decide: Ok(Role::SecurityReviewer),
        withdraw: true,
        end: true,
        renew: true,
        ..no_steps()
    };
    for state in WaiverState::ALL {
        for steps in [no_steps(), all.clone()] {
            let form = Form::new().with("reason", HOSTILE).fail("reason", HOSTILE);
            let forms = WaiverForms { decide: form.clone(), end: form };
            harmless(&shown(page(&[Role::Developer], *state, steps), forms));
        }
    }
    let list = WaiversPage {
        summary: blocked(&[Role::Developer]),
        items: WaiverState::ALL.iter().map(|state| item(*state)).collect(),
        next: Some(2),
        terms: Some(terms()),
        outgrown: vec![2],
    };
    let list = html(|| view! { <WaiversScreen page=list /> });
    harmless(&list);
    assert!(list.contains("href=\"/features/PAY-12/waivers?below=2\""), "{list}");

    let new = new_page(vec![WaiverChoice { subject: HOSTILE.to_owned(), sentence: HOSTILE.to_owned() }]);
    let form = ["subject", "reason", "compensation", "until"]
        .iter()
        .fold(Form::new(), |form, name| form.with(name, HOSTILE).fail(name, HOSTILE));
    harmless(&html(|| view! { <NewWaiverScreen page=new form notice=Some(HOSTILE.to_owned()) /> }));

    let of_product = ProductWaiver {
        feature: key(),
        title: HOSTILE.to_owned(),
        number: 2,
        blocker: HOSTILE.to_owned(),
        compensation: HOSTILE.to_owned(),
        until: UNTIL,
        last_day: date!(2026 - 02 - 10),
        today: NOW.date(),
        requester: HOSTILE.to_owned(),
        requested_at: NOW,
        approver: Some(HOSTILE.to_owned()),
        renewed_by: Some(3),
        outgrown: true,
    };
    let product = ProductWaivers {
        key: "PAY".parse().unwrap(),
        name: HOSTILE.to_owned(),
        asked: vec![of_product.clone()],
        more_asked: true,
        in_force: vec![of_product.clone(), ProductWaiver { outgrown: false, ..of_product }],
        next: Some(HOSTILE.to_owned()),
        further: true,
        now: NOW,
    };
    let product = html(|| view! { <ProductWaiversScreen page=product /> });
    harmless(&product);
    for words in
        ["PAY-12 W-2", "7 days left", "Renewal W-3", "Waiting to be decided", "/products/PAY/waivers?after="]
    {
        assert!(product.contains(words), "{words}: {product}");
    }
}

fn new_page(choices: Vec<WaiverChoice>) -> NewWaiverPage {
    NewWaiverPage {
        summary: blocked(&[Role::Developer]),
        choices,
        renewing: None,
        terms: Some(terms()),
        latest: Some(date!(2026 - 05 - 04)),
    }
}

#[test]
fn an_approver_signs_and_everybody_else_reads_why_not() {
    let may = WaiverSteps { decide: Ok(Role::SecurityReviewer), ..no_steps() };
    let deciding =
        shown(page(&[Role::SecurityReviewer], WaiverState::Requested, may.clone()), WaiverForms::default());
    for words in [
        "let the gate pass over this until the end of 10 Feb 2026",
        "value=\"approve\"",
        "value=\"refuse\"",
        "name=\"version\" value=\"7\"",
        "type=\"password\"",
        "action=\"/features/PAY-12/waivers/2\"",
    ] {
        assert!(deciding.contains(words), "{words}: {deciding}");
    }
    let over = WaiverSteps { approve: Err(WaiverRefusal::TermOver), ..may };
    let over = shown(page(&[Role::SecurityReviewer], WaiverState::Requested, over), WaiverForms::default());
    assert!(!over.contains("value=\"approve\"") && over.contains("value=\"refuse\""), "{over}");
    assert!(over.contains("The last day that was asked for is over"), "{over}");

    let own = shown(page(&[Role::Developer], WaiverState::Requested, no_steps()), WaiverForms::default());
    assert!(
        own.contains("someone else has to decide about it") && !own.contains("type=\"password\""),
        "{own}"
    );
}

#[test]
fn what_was_typed_is_not_lost_when_the_step_is_over() {
    let forms =
        WaiverForms { decide: Form::new().with("reason", "Typed at length"), ..WaiverForms::default() };
    let html = shown(page(&[Role::SecurityReviewer], WaiverState::Refused, no_steps()), forms);
    assert!(html.contains("What you wrote was not sent") && html.contains("Typed at length"), "{html}");
}

#[test]
fn the_gate_says_what_is_waived_and_where_to_ask() {
    let html = gate_panel(&blocked(&[Role::Developer])).to_html();
    let ask = "href=\"/features/PAY-12/waivers/new?subject=threat-model%3Ascope\">Ask for a waiver</a>";
    assert!(html.contains(ask), "{html}");
    let html = gate_panel(&blocked(&[Role::SecurityReviewer])).to_html();
    assert!(!html.contains("Ask for a waiver"), "who may not ask is not sent there: {html}");
    let never = FeatureSummary {
        decision: Decision { blockers: vec![blocker()], ..Decision::default() },
        ..summary(&[Role::Developer])
    };
    assert!(!gate_panel(&never).to_html().contains("Ask for a waiver"));

    let asked = Waiver {
        number: 5,
        subject: SUBJECT.to_owned(),
        state: WaiverState::Requested,
        until: UNTIL,
        requested_by: person(1),
    };
    let asked = FeatureSummary { waivers: vec![asked], ..blocked(&[Role::Developer]) };
    let html = gate_panel(&asked).to_html();
    assert!(html.contains("Waiver W-5 is asked for") && !html.contains("Ask for a waiver"), "{html}");

    let html = gate_panel(&waived(&[Role::Developer])).to_html();
    for words in [
        "Waived until the end of 10 Feb 2026",
        "href=\"/features/PAY-12/waivers/2\"",
        "Nothing blocks this gate",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
}

#[test]
fn the_phase_line_counts_what_is_waived_here_and_at_gates_that_were_passed() {
    let list = |summary| WaiversPage {
        summary,
        items: Vec::new(),
        next: None,
        terms: Some(terms()),
        outgrown: Vec::new(),
    };
    let page = list(waived(&[Role::Developer]));
    let html = html(|| view! { <WaiversScreen page /> });
    assert!(html.contains("class=\"tone-waived\">, 1 waived"), "{html}");

    let mut passed = waived(&[Role::Developer]);
    passed.steps[0].state = PhaseState::Passed { at: NOW, cycle: 1 };
    passed.steps[1].state = PhaseState::Here { cycle: 1, blockers: 0, in_review: false };
    let earlier = Blocker::Earlier { name: "Design".to_owned(), what: Box::new(blocker()) };
    passed.decision.waived[0].blocker = earlier;
    let page = list(passed);
    let html = crate::pages::threats::fixture::html(|| view! { <WaiversScreen page /> });
    assert!(html.contains("class=\"passed-waived\"") && html.contains(", 1 waived"), "{html}");
}

#[test]
fn a_waiver_that_counts_no_more_says_why() {
    let why = "approved under terms that the policy of this feature no longer allows";
    let one = |outgrown| {
        let page = WaiverPage { outgrown, ..page(&[Role::Developer], WaiverState::Approved, no_steps()) };
        shown(page, WaiverForms::default())
    };
    assert!(one(true).contains(why) && !one(false).contains(why));
    let list = |outgrown| {
        let (summary, items) = (blocked(&[Role::Developer]), vec![item(WaiverState::Approved)]);
        let page = WaiversPage { summary, items, next: None, terms: Some(terms()), outgrown };
        html(|| view! { <WaiversScreen page /> })
    };
    assert!(list(vec![2]).contains(why) && !list(vec![3]).contains(why));
}

#[test]
fn an_empty_list_teaches_and_who_cannot_ask_reads_why() {
    let page = |summary| WaiversPage {
        summary,
        items: Vec::new(),
        next: None,
        terms: Some(terms()),
        outgrown: Vec::new(),
    };
    let able = page(blocked(&[Role::Developer]));
    let html_of = |page| html(|| view! { <WaiversScreen page /> });
    let able = html_of(able);
    assert!(able.contains("No waivers") && able.contains("at most 90 days"), "{able}");
    assert!(able.contains("href=\"/features/PAY-12/waivers/new\""), "{able}");
    let reader = html_of(page(blocked(&[Role::Stakeholder])));
    assert!(
        !reader.contains("/waivers/new") && reader.contains("of this product can ask for a waiver"),
        "{reader}"
    );
    let clear = html_of(page(summary(&[Role::Developer])));
    assert!(clear.contains("Nothing blocks the gate now that can be waived"), "{clear}");
    let none = WaiversPage { terms: None, ..page(blocked(&[Role::Developer])) };
    assert!(html_of(none).contains("has no waivers"));
}

#[test]
fn a_request_begins_with_what_was_come_from_and_a_renewal_with_what_is_in_force() {
    let choice =
        |subject: &str| WaiverChoice { subject: subject.to_owned(), sentence: "It is missing".to_owned() };
    let several = new_page(vec![choice("a"), choice("b")]);
    assert_eq!(new_waiver_form("id", &several, "b").value("subject"), "b");
    assert_eq!(new_waiver_form("id", &new_page(vec![choice("a")]), "").value("subject"), "a");
    let renewal =
        NewWaiverPage { renewing: Some(item(WaiverState::Approved)), ..new_page(vec![choice(SUBJECT)]) };
    let form = new_waiver_form("id", &renewal, "");
    assert_eq!((form.value("renews"), form.value("compensation")), ("2".to_owned(), HOSTILE.to_owned()));
    let html = html(|| view! { <NewWaiverScreen page=renewal form notice=None /> });
    assert!(html.contains("name=\"renews\" value=\"2\"") && html.contains("Ask for the renewal"), "{html}");
    assert!(html.contains("W-2 stays in force until the end of 10 Feb 2026"), "{html}");

    let nothing = new_page(Vec::new());
    let html = crate::pages::threats::fixture::html(
        || view! { <NewWaiverScreen page=nothing form=Form::new() notice=None /> },
    );
    assert!(html.contains("There is nothing to waive") && !html.contains("name=\"reason\""), "{html}");
}
