use sluice_domain::{
    access::Role,
    canonical::Digest,
    gate::{Blocker, Debt, Verdict},
    lifecycle::Refusal,
    policy::Emergency,
};
use sluice_service::{
    course::Resting,
    course::{BackEffect, CourseChange, CourseKind, EmergencyView, SkippedGate},
};

use super::*;
use crate::pages::features::sample::{NOW, policy, summary};

const HOSTILE: &str = "<script>alert(1)</script>";

fn page() -> CoursePage {
    let phases = policy().phases;
    CoursePage {
        summary: summary(HOSTILE),
        today: NOW.date(),
        earlier: vec![(phases[0].key.clone(), HOSTILE.to_owned())],
        back: None,
        emergency: Some(EmergencyView {
            terms: Emergency {
                approvers: vec![Role::ProductManager, Role::IncidentManager],
                people: 2,
                owed_days: 5,
            },
            skipped: Ok(vec![SkippedGate { name: HOSTILE.to_owned(), missing: vec![Blocker::NotArchived] }]),
            due: NOW,
            open: None,
            seat: Ok(Role::ProductManager),
        }),
        changes: vec![CourseChange {
            kind: CourseKind::MovedBack,
            phase: HOSTILE.to_owned(),
            to: Some(HOSTILE.to_owned()),
            until: None,
            reason: HOSTILE.to_owned(),
            by: HOSTILE.to_owned(),
            at: NOW,
        }],
        emergencies: Vec::new(),
    }
}

fn render(page: CoursePage, step: Option<CourseStep>, form: Form) -> String {
    let html = view! { <CourseScreen page step form notice=None /> }.to_html();
    assert!(!html.contains("<script"), "{html}");
    html
}

#[test]
fn everything_that_can_be_done_says_its_effect_first() {
    let html = render(page(), None, Form::new());
    for words in [
        "until somebody resumes it",
        "no sign-off is voided",
        "sign-offs of the attempt under way are voided",
        "owed within 5 working days",
        "?do=hold",
        "?do=cancel",
        "?do=back",
        "?do=emergency",
        "Moved back from &lt;script&gt;",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(!html.contains("?do=resume") && !html.contains("?do=reopen"), "{html}");
}

#[test]
fn whoever_may_not_is_told_who_can() {
    let mut page = page();
    page.summary.grants.product = [Role::Developer].into();
    let html = render(page, Some(CourseStep::Hold), Form::new().with("reason", HOSTILE));
    assert!(html.contains("Any product manager of this product can do it."), "{html}");
    assert!(!html.contains("?do="), "{html}");
    // What was typed before the role was lost is there to copy.
    assert!(html.contains("was not sent"), "{html}");
}

#[test]
fn a_move_back_names_what_it_voids() {
    let mut page = page();
    page.back = Some(Ok(BackEffect {
        to: page.earlier[0].0.clone(),
        name: "Design".to_owned(),
        from: "Testing".to_owned(),
        cycle: 2,
        voided: vec![
            ("Ben Ode".to_owned(), Role::SecurityReviewer, Verdict::Approve),
            (HOSTILE.to_owned(), Role::SecurityReviewer, Verdict::Deny),
        ],
        undone: vec!["Design".to_owned(), "Development".to_owned()],
        seen: Digest::of(b"seen"),
    }));
    let html = render(page.clone(), Some(CourseStep::Back), Form::new().with("id", "1"));
    for words in [
        "begins cycle 2 of Design",
        "2 sign-offs are voided: Ben Ode, security reviewer; &lt;script&gt;",
        "who denied",
        "The gates of Design and Development are closed again",
        "Move back to Design and void 2 sign-offs",
        "name=\"seen\"",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    page.back = Some(Err(Refusal::DeniedByOther));
    let html = render(page, Some(CourseStep::Back), Form::new());
    assert!(html.contains("Another reviewer denied this gate") && !html.contains("name=\"seen\""), "{html}");
}

#[test]
fn an_emergency_names_the_gates_and_what_is_missing_there() {
    let html = render(page(), Some(CourseStep::Emergency), Form::new().with("id", "1"));
    for words in ["1 thing missing", "Ask for the release", "type=\"password\"", "name=\"cycle\" value=\"1\""]
    {
        assert!(html.contains(words), "{words}: {html}");
    }
    let mut no = page();
    if let Some(emergency) = &mut no.emergency {
        emergency.skipped = Err(Refusal::Denied);
    }
    let html = render(no, Some(CourseStep::Emergency), Form::new());
    assert!(html.contains("a denial holds in an emergency") && !html.contains("type=\"password\""), "{html}");
}

#[test]
fn a_feature_that_rests_says_so_on_every_page_and_offers_the_way_out() {
    let mut page = page();
    let attempt = page.summary.progress.stands_in().cloned().unwrap();
    page.summary.progress = Progress::Held { attempt: attempt.clone(), since: NOW, until: Some(NOW.date()) };
    page.summary.resting = Some(Resting { by: HOSTILE.to_owned(), reason: HOSTILE.to_owned() });
    let html = render(page.clone(), None, Form::new());
    for words in ["This feature is on hold", "On hold", "?do=resume", "?do=cancel"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(!html.contains("?do=hold") && !html.contains("?do=back"), "{html}");
    page.summary.progress = Progress::Cancelled { attempt, at: NOW };
    let html = render(page.clone(), None, Form::new());
    assert!(html.contains("This feature is cancelled") && html.contains("?do=reopen"), "{html}");
    page.summary.progress = Progress::Finished { at: NOW };
    let html = render(page, None, Form::new());
    assert!(html.contains("Its record is complete") && !html.contains("?do="), "{html}");
}

#[test]
fn what_is_owed_is_loud() {
    let mut page = page();
    page.summary.decision.debts = vec![Debt {
        phase: page.earlier[0].0.clone(),
        name: HOSTILE.to_owned(),
        due: NOW,
        missing: vec![Blocker::NotArchived],
    }];
    let html = render(page.clone(), None, Form::new());
    for words in ["Emergency: sign-offs owed", "are overdue", "role=\"alert\"", "/owed/requirements"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    page.summary.decision.debts[0].due = NOW + time::Duration::HOUR;
    assert!(render(page, None, Form::new()).contains("1 gate are owed"));
}

#[test]
fn a_step_reads_back_from_its_name() {
    for step in CourseStep::ALL {
        assert_eq!(CourseStep::from_code(step.code()), Some(step));
    }
    assert_eq!(CourseStep::from_code("finish"), None);
}
