use sluice_domain::{access::Role, place::Place, policy::Tier, record::RecordKind, threat::Severity};
use sluice_service::work::{MentionItem, Task, Why};
use time::macros::{date, datetime};

use super::*;

const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

fn item(what: Task, why: Why, place: Place) -> WorkItem {
    WorkItem {
        key: "PAY-12".parse().unwrap(),
        title: "<script>alert(1)</script>".to_owned(),
        product_name: "Payments <script>".to_owned(),
        tier: Tier::High,
        phase: "Design".to_owned(),
        what,
        why,
        place,
        since: datetime!(2026-11-17 12:00 UTC),
        due: Some(date!(2026 - 11 - 18)),
    }
}

fn work(mine: Vec<WorkItem>) -> MyWork {
    MyWork {
        mine,
        more: false,
        mentions: Vec::new(),
        waiting: Vec::new(),
        watched: Vec::new(),
        has_role: true,
        now: NOW,
    }
}

fn mention(number: i32) -> MentionItem {
    MentionItem {
        comment: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
        number,
        author: "<script>Eve".to_owned(),
        excerpt: "@Ana </p><script>alert(3)".to_owned(),
        key: "PAY-12".parse().unwrap(),
        title: "<script>alert(4)".to_owned(),
        at: NOW,
    }
}

fn render(work: MyWork, workspace: Option<WorkspaceRole>) -> String {
    view! { <WorkPage work workspace /> }.to_html()
}

#[test]
fn titles_stay_text_and_a_row_says_what_why_and_when() {
    let treat = Task::Treat { number: 4, title: "<script>alert(2)".to_owned(), severity: Severity::High };
    let awaits = Why::Awaits { roles: vec![Role::SecurityReviewer], requested: true };
    let work = MyWork {
        waiting: vec![item(Task::AwaitReview, awaits, Place::Review)],
        mentions: vec![mention(3), mention(5)],
        more: true,
        ..work(vec![
            item(treat, Why::OwnsIt, Place::Threat(4)),
            item(Task::Clear { blockers: 3 }, Why::OwnsFeature, Place::Feature),
        ])
    };
    let html = render(work, None);
    assert!(!html.contains("<script"), "{html}");
    for words in [
        "href=\"/features/PAY-12/threats/4\"",
        "Treat threat T-4 (high)",
        "Clear what blocks the Design gate: 3 things",
        "You own this feature and 3 things block its gate",
        "the 2 most urgent",
        ">3 days</time>",
        "2 days overdue",
        "You wait for others",
        "You requested it; security reviewer has to sign",
        "href=\"/features/PAY-12/review\"",
        "&lt;script&gt;Eve mentioned you in a comment on PAY-12",
        "href=\"/features/PAY-12/comments?at=3#comment-3\"",
        "value=\"01890a5d-ac96-774b-bcce-b302099a8057\"",
        "Mark all as seen",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
}

#[test]
fn why_something_is_with_somebody_is_said_in_words() {
    let why = |what: Task, why: Why| words::why(&item(what, why, Place::Review));
    let signs = |role, colleagues, others| why(Task::Sign, Why::Signs { role, colleagues, others });
    let reviewer = Role::SecurityReviewer;
    assert_eq!(signs(reviewer, 0, 0), "You are the only security reviewer of Payments <script>");
    assert_eq!(signs(reviewer, 2, 0), "You are the only security reviewer who has not contributed or signed");
    assert_eq!(signs(reviewer, 2, 2), "You are one of 3 security reviewers who can sign it");
    let clears = |role, blockers| why(Task::Clear { blockers: 3 }, Why::Clears { role, blockers });
    assert_eq!(
        clears(Role::Developer, Some(2)),
        "You are a developer; 2 blockers can be cleared by developers"
    );
    assert_eq!(clears(Role::Qa, Some(1)), "You are in QA; 1 blocker can be cleared by QA people");
    assert_eq!(
        clears(Role::IncidentManager, None),
        "You are an incident manager, and incident managers can clear something of it"
    );
    assert_eq!(
        why(Task::Clear { blockers: 1 }, Why::OwnsFeature),
        "You own this feature and 1 thing blocks its gate"
    );
    let title = "<b>".to_owned();
    let finding = Task::SeeTo { kind: RecordKind::Finding, number: 2, title, state: "Open" };
    assert_eq!(why(finding.clone(), Why::OwnsIt), "You own this finding");
    assert_eq!(words::what(&item(finding, Why::OwnsIt, Place::Feature)), "See to finding F-2 (open): <b>");
    let notice = Task::Acknowledge { number: 1, title: "Marketing".to_owned() };
    let informed = Why::Informed { role: Role::Stakeholder };
    assert_eq!(
        why(notice.clone(), informed.clone()),
        "You are a stakeholder of Payments <script>, and nobody has answered it yet"
    );
    assert_eq!(words::what(&item(notice, informed, Place::Feature)), "Acknowledge notice N-1: Marketing");
    let waiver = Task::DecideWaiver { number: 3, blocker: "<i>No plan</i>".to_owned() };
    let decides = Why::DecidesWaivers { role: reviewer };
    assert_eq!(
        why(waiver.clone(), decides.clone()),
        "You are a security reviewer of Payments <script> and neither asked for it nor contributed"
    );
    assert_eq!(
        words::what(&item(waiver, decides, Place::Waiver(3))),
        "Decide about waiver W-3: <i>No plan</i>"
    );
    let sign = |left| Task::SignOwed { gate: "Testing".to_owned(), left };
    let owed = |ready| Why::SignsOwed { role: reviewer, ready };
    for (left, words) in [
        (Some(3), "3 working days left"),
        (Some(1), "1 working day left"),
        (Some(0), "due today"),
        (None, "overdue"),
    ] {
        let said = words::what(&item(sign(left), owed(true), Place::Review));
        assert_eq!(said, format!("Sign the Testing gate, which an emergency went through: {words}"));
    }
    assert_eq!(
        why(sign(None), owed(true)),
        "You are a security reviewer, and neither contributed to it nor signed"
    );
    assert!(why(sign(None), owed(false)).contains("the team has to catch up first"));
    let catch_up = |blockers| Task::CatchUp { gate: "Testing".to_owned(), blockers, left: Some(2) };
    assert_eq!(
        words::what(&item(catch_up(2), Why::OwnsFeature, Place::Feature)),
        "Catch up on Testing after the emergency: 2 things, 2 working days left"
    );
    assert_eq!(why(catch_up(1), Why::OwnsFeature), "You own this feature, and 1 thing is missing there");
    assert!(why(Task::RequestReview, Why::OwnsFeature).contains("nothing blocks"));
    assert!(why(Task::RequestReview, Why::Requests { role: Role::Designer }).contains("You are a designer"));
    let denied = Why::Awaits { roles: Vec::new(), requested: false };
    assert_eq!(why(Task::AwaitReview, denied), "You own this feature; a reviewer denied it");
}

#[test]
fn an_empty_inbox_teaches_everybody_something_else() {
    let work = |has_role| MyWork { has_role, ..work(Vec::new()) };
    let html = render(work(true), None);
    assert!(html.contains("Nothing waits for you") && html.contains("commenting on a feature"), "{html}");
    assert!(!html.contains("Mentions"), "{html}");
    assert!(render(work(false), None).contains("Ask an administrator"));
    assert!(render(work(false), Some(WorkspaceRole::Auditor)).contains("href=\"/history\""));
    assert!(render(work(false), Some(WorkspaceRole::Administrator)).contains("href=\"/products\""));
}
