use std::collections::BTreeSet;

use sluice_domain::{
    access::Role,
    audit::Authentication,
    canonical::Digest,
    dossier::ItemKind,
    gate::Verdict,
    lifecycle::{Attempt, Progress, Seats},
    place::Place,
    policy::{Gate, Phase, Quorum, SignOffRule},
};
use sluice_service::gates::{
    ChangedField, ChangedItem, Compared, DelegatedSeat, DossierLine, MySeat, ReturnedAttempt,
};

use super::*;
use crate::pages::threats::fixture::{HOSTILE, NOW, html, person, summary};

const ROLES: &[Role] = &[Role::SecurityReviewer];

fn attempt(turn: Turn, seat: MySeat, text: &str) -> ReviewedAttempt {
    let phase = Phase {
        key: "design".parse().unwrap(),
        name: text.to_owned(),
        purpose: String::new(),
        controls: Vec::new(),
        gate: Gate {
            conditions: Vec::new(),
            sign_offs: vec![SignOffRule {
                role: Role::SecurityReviewer,
                quorum: Quorum { low: 1, medium: 1, high: 2 },
                meaning: text.to_owned(),
            }],
            review_days: 3,
            team_days: None,
        },
    };
    ReviewedAttempt {
        attempt: Attempt { phase: phase.key.clone(), cycle: 2, turn, since: NOW },
        phase,
        next: Some("Development".to_owned()),
        requested_by: Some(text.to_owned()),
        dossier: Digest::of(b"now"),
        items: vec![DossierLine {
            kind: ItemKind::Evidence,
            key: "E-3".to_owned(),
            label: text.to_owned(),
            detail: text.to_owned(),
            version: 2,
            place: Place::Evidence(3),
        }],
        changes: vec![ChangedItem {
            kind: ItemKind::Threat,
            key: text.to_owned(),
            place: Place::Threat(4),
            then: Some(1),
            now: None,
            expired: None,
            fields: Vec::new(),
        }],
        compared: Some(Compared { digest: Digest::of(b"then"), at: NOW, signed_by_reader: false }),
        has_manifest: true,
        delegated: Vec::new(),
        seat,
    }
}

fn reviewers() -> Turn {
    Turn::Reviewers { requested_by: person(1) }
}

fn own(text: &str) -> PastSignOff {
    PastSignOff {
        id: "00000000-0000-0000-0000-000000000009".parse().unwrap(),
        phase: text.to_owned(),
        cycle: 2,
        manifest: Place::Manifest("design".parse().unwrap(), 2),
        name: text.to_owned(),
        on_behalf_of: Some(text.to_owned()),
        mine: true,
        role: Role::SecurityReviewer,
        verdict: Verdict::Approve,
        meaning: text.to_owned(),
        reason: text.to_owned(),
        dossier: Digest::of(b"now"),
        authentication: Some(Authentication::Password),
        signed_at: NOW,
        ended: None,
        current: true,
    }
}

fn page(turn: Turn, seat: MySeat, text: &str) -> ReviewPage {
    let mut summary = summary(ROLES);
    let attempt = attempt(turn, seat, text);
    summary.progress = Progress::Active(attempt.attempt.clone());
    summary.decision.blockers.push(Blocker::SignOffsMissing {
        role: Role::SecurityReviewer,
        have: 1,
        need: 2,
    });
    ReviewPage {
        summary,
        attempt: Some(attempt),
        sign_offs: vec![
            own(text),
            PastSignOff { ended: Some(("voided".into(), NOW, text.to_owned())), current: false, ..own(text) },
        ],
        returned: vec![ReturnedAttempt {
            phase: text.to_owned(),
            cycle: 1,
            by: text.to_owned(),
            at: NOW,
            reason: text.to_owned(),
        }],
    }
}

fn seats() -> MySeat {
    MySeat::Sign(Seats { held: ROLES.to_vec(), free: ROLES.to_vec() })
}

fn draw(page: ReviewPage, forms: ReviewForms, notice: Option<String>) -> String {
    html(|| view! { <ReviewScreen page viewer="Ben Ode".to_owned() forms notice /> })
}

/// Ids that stand on the page more than once.
fn doubled(html: &str) -> Vec<&str> {
    let mut seen = BTreeSet::new();
    html.split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|id| !seen.insert(*id))
        .collect()
}

#[test]
fn what_people_wrote_is_text_in_every_state() {
    let states = [
        (Turn::Team, MySeat::No(Refusal::NotInReview)),
        (reviewers(), seats()),
        (reviewers(), MySeat::No(Refusal::Contributor)),
        (reviewers(), MySeat::Reader),
    ];
    for (turn, seat) in states {
        let forms = ReviewForms {
            sign: Form::new().with("reason", HOSTILE).fail("reason", HOSTILE),
            give_back: Form::new().with(RETURN_REASON, HOSTILE),
            withdraw: Form::new().with(WITHDRAW_REASON, HOSTILE),
        };
        let html = draw(page(turn, seat, HOSTILE), forms, Some(HOSTILE.to_owned()));
        assert!(!html.contains("<script>alert") && !html.contains("<img"), "{html}");
        assert_eq!(doubled(&html), Vec::<&str>::new());
    }
}

#[test]
fn a_reviewer_is_asked_to_sign_the_dossier_on_the_page() {
    let html = draw(page(reviewers(), seats(), "Design"), ReviewForms::default(), None);
    let digest = Digest::of(b"now").to_string();
    assert!(html.contains(&format!("name=\"dossier\" value=\"{digest}\"")), "{html}");
    assert!(html.contains("I, Ben Ode, security reviewer for"), "{html}");
    assert!(
        html.contains("reviewed the 1 item of this dossier and approve the move from Design to Development."),
        "{html}"
    );
    assert!(html.contains("type=\"password\""), "{html}");
    assert!(html.contains("1 of 2"), "{html}");
    assert!(html.contains("action=\"/features/PAY-12/review/return\""), "{html}");
    assert!(!html.contains("action=\"/features/PAY-12/review/withdraw\""), "{html}");
}

#[test]
fn who_signed_can_withdraw_and_proves_who_they_are() {
    let html =
        draw(page(reviewers(), MySeat::No(Refusal::AlreadySigned), "Design"), ReviewForms::default(), None);
    assert!(html.contains("action=\"/features/PAY-12/review/withdraw\""), "{html}");
    assert!(html.contains("name=\"sign-off\" value=\"00000000-0000-0000-0000-000000000009\""), "{html}");
    assert_eq!(html.matches("type=\"password\"").count(), 1, "{html}");
    assert!(html.contains(", authenticated by password"), "{html}");
    let mut unknown = page(reviewers(), MySeat::No(Refusal::AlreadySigned), "Design");
    for sign_off in &mut unknown.sign_offs {
        sign_off.authentication = None;
    }
    let html = draw(unknown, ReviewForms::default(), None);
    assert!(!html.contains("authenticated by"), "{html}");
}

#[test]
fn besides_sign_offs_it_says_since_when_the_gate_is_closed() {
    let mut shown = page(reviewers(), seats(), "Design");
    let blocker = Blocker::ThreatModelStale { scope: 2 };
    shown.summary.blocked_since.insert(blocker.subject(), NOW - time::Duration::days(3));
    shown.summary.decision.blockers.push(blocker);
    let html = draw(shown, ReviewForms::default(), None);
    assert!(
        html.contains("title=\"Since 31 Jan 2026, 14:02 UTC\" class=\"since\">blocking for 3 days</time>"),
        "{html}"
    );
}

#[test]
fn a_form_that_was_sent_for_another_dossier_says_so_and_carries_the_new_one() {
    let sign = Form::new().with("dossier", Digest::of(b"then").to_string()).with("reason", "I read it");
    let html =
        draw(page(reviewers(), seats(), "Design"), ReviewForms { sign, ..ReviewForms::default() }, None);
    assert!(html.contains("The dossier changed while you were reading"), "{html}");
    assert!(html.contains(&format!("name=\"dossier\" value=\"{}\"", Digest::of(b"now"))), "{html}");
    assert!(html.contains(">\nI read it</textarea>"), "{html}");
}

#[test]
fn a_contributor_learns_why_not_and_who_can() {
    let html =
        draw(page(reviewers(), MySeat::No(Refusal::Contributor), "Design"), ReviewForms::default(), None);
    assert!(html.contains("You wrote part of this dossier, so someone else has to approve it."), "{html}");
    assert!(html.contains("Any security reviewer of this product can sign"), "{html}");
    assert!(!html.contains("name=\"verdict\""), "{html}");
}

#[test]
fn what_was_typed_is_shown_when_its_form_is_gone() {
    let give_back = Form::new().with(RETURN_REASON, "Add a test for key rotation");
    let forms = ReviewForms { give_back, ..ReviewForms::default() };
    let html = draw(page(Turn::Team, MySeat::No(Refusal::NotInReview), "Design"), forms, None);
    assert!(html.contains("<p class=\"pre\">Add a test for key rotation</p>"), "{html}");
}

#[test]
fn a_second_reading_shows_the_difference_and_folds_the_rest_away() {
    let mut shown = page(reviewers(), seats(), "Design");
    let attempt = shown.attempt.as_mut().unwrap();
    attempt.compared = Some(Compared { digest: Digest::of(b"then"), at: NOW, signed_by_reader: true });
    attempt.changes[0].fields = vec![ChangedField {
        field: "title".to_owned(),
        then: Some("A key leaks".to_owned()),
        now: Some(HOSTILE.to_owned()),
    }];
    let html = draw(shown, ReviewForms::default(), None);
    assert!(html.contains("the dossier that you signed last at this gate"), "{html}");
    assert!(html.contains("A key leaks") && !html.contains("<script>alert"), "{html}");
    assert!(html.contains("<summary>All 1 item"), "{html}");
    assert!(html.contains("href=\"/features/PAY-12/dossiers/design/2\""), "{html}");
    let first = draw(page(reviewers(), seats(), "Design"), ReviewForms::default(), None);
    assert!(!first.contains("<summary>All"), "a first reading is of everything");
}

#[test]
fn a_seat_that_was_handed_on_is_signed_from_with_both_names() {
    let handed = |seats| DelegatedSeat {
        from: person(7),
        name: HOSTILE.to_owned(),
        role: Role::SecurityReviewer,
        seats,
    };
    let mut shown = page(reviewers(), MySeat::Reader, "Design");
    shown.attempt.as_mut().unwrap().delegated =
        vec![handed(Ok(Seats { held: ROLES.to_vec(), free: ROLES.to_vec() }))];
    let html = draw(shown, ReviewForms::default(), None);
    assert!(html.contains(&format!("value=\"security-reviewer/{}\"", person(7))), "{html}");
    assert!(html.contains("I, Ben Ode, in the seat of") && !html.contains("<script>alert"), "{html}");
    let mut shown = page(reviewers(), MySeat::Reader, "Design");
    shown.attempt.as_mut().unwrap().delegated = vec![handed(Err(Refusal::Contributor))];
    let html = draw(shown, ReviewForms::default(), None);
    assert!(html.contains("handed you a seat, but you cannot sign in it."), "{html}");
    assert!(!html.contains("name=\"verdict\""), "{html}");
}
