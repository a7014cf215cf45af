use sluice_domain::{access::Role, canonical::Digest, ids::Id, policy::EvidenceKind};
use sluice_service::evidence::{
    EvidenceItem, EvidenceList, EvidencePage, EvidenceUse, EvidenceVersion, Target,
};

use super::*;
use crate::pages::threats::fixture::{HOSTILE, NOW, html, person, summary};

const LIMIT: u64 = 100 * 1024 * 1024;

fn item(text: &str) -> EvidenceItem {
    EvidenceItem {
        number: 3,
        title: text.to_owned(),
        kind: EvidenceKind::TestReport,
        version: 2,
        file_name: text.to_owned(),
        size: 1536,
        digest: Digest::of(b"file"),
        author_name: text.to_owned(),
        uploaded_at: NOW,
        uses: vec![
            EvidenceUse { target: Target::Threat(4), label: text.to_owned(), open: true },
            EvidenceUse {
                target: Target::parse("control:design/tests").unwrap(),
                label: text.to_owned(),
                open: false,
            },
        ],
    }
}

fn options(text: &str) -> Vec<TargetOption> {
    vec![
        TargetOption {
            target: Target::parse("control:design/review").unwrap(),
            label: text.to_owned(),
            phase: Some(text.to_owned()),
            kinds: vec![EvidenceKind::Design],
        },
        TargetOption { target: Target::Threat(5), label: text.to_owned(), phase: None, kinds: Vec::new() },
    ]
}

fn list(roles: &[Role], text: &str) -> EvidenceList {
    EvidenceList {
        summary: summary(roles),
        items: vec![item(text)],
        targets: options(text),
        may_add: true,
        new_id: Id::new(person(9).uuid()),
    }
}

fn page(roles: &[Role], text: &str) -> EvidencePage {
    let version = EvidenceVersion {
        version: 2,
        file_name: text.to_owned(),
        media_type: Some(text.to_owned()),
        size: 1536,
        digest: Digest::of(b"file"),
        note: text.to_owned(),
        author_name: text.to_owned(),
        uploaded_at: NOW,
    };
    EvidencePage {
        summary: summary(roles),
        item: item(text),
        versions: vec![version],
        targets: options(text),
        may_change: true,
    }
}

#[test]
fn names_of_files_and_people_are_text_in_every_state() {
    for roles in [&[Role::Qa], &[Role::Stakeholder]] {
        let shown = list(roles, HOSTILE);
        let form =
            evidence_form(&shown, "").with("note", HOSTILE).with("title", HOSTILE).fail("file", HOSTILE);
        let html = html(|| view! { <EvidenceListScreen page=shown form limit=LIMIT /> });
        assert!(!html.contains("<script>alert") && !html.contains("<img"), "{html}");
    }
    for roles in [&[Role::Qa], &[Role::Stakeholder]] {
        let shown = page(roles, HOSTILE);
        let forms = ItemForms { supersede: Form::new().with("note", HOSTILE), ..ItemForms::default() };
        let html = html(|| view! { <EvidenceItemScreen page=shown forms limit=LIMIT conflict=true /> });
        assert!(!html.contains("<script>alert") && !html.contains("<img"), "{html}");
    }
}

#[test]
fn a_link_from_a_control_brings_the_target_and_the_only_kind_along() {
    let page = list(&[Role::Qa], "Design");
    let form = evidence_form(&page, "control:design/review");
    assert!(form.is("target", "control:design/review") && form.is("kind", "design"));
    let form = evidence_form(&page, "control:design/unknown");
    assert_eq!((form.value("target"), form.value("kind")), (String::new(), String::new()));
    assert!(!form.value("id").is_empty());
}

#[test]
fn the_form_sends_a_file_and_keeps_what_was_typed() {
    let shown = list(&[Role::Qa], "Design");
    let form = evidence_form(&shown, "threat:5").with("title", "Nightly run");
    let html = html(|| view! { <EvidenceListScreen page=shown form limit=LIMIT /> });
    assert!(html.contains("enctype=\"multipart/form-data\""), "{html}");
    assert!(html.contains("type=\"file\" id=\"file\" name=\"file\""), "{html}");
    assert!(html.contains("value=\"Nightly run\""), "{html}");
    assert!(html.contains("value=\"threat:5\" checked"), "{html}");
    assert!(html.contains("Up to 100 MiB."), "{html}");
}

#[test]
fn downloads_are_not_fetched_ahead() {
    let shown = page(&[Role::Stakeholder], "report.xml");
    let html = html(|| view! { <EvidenceItemScreen page=shown forms=ItemForms::default() limit=LIMIT /> });
    assert!(
        html.contains("href=\"/features/PAY-12/evidence/3/versions/2/download\" data-no-prefetch=\"true\""),
        "{html}"
    );
    assert!(!html.contains("Add the new version") && !html.contains("/detach"), "{html}");
}

#[test]
fn only_what_is_open_can_be_detached() {
    let shown = page(&[Role::Qa], "report.xml");
    let html = html(|| view! { <EvidenceItemScreen page=shown forms=ItemForms::default() limit=LIMIT /> });
    assert_eq!(html.matches("/evidence/3/detach\"").count(), 1, "{html}");
    assert!(html.contains("stays: its phase is passed"), "{html}");
    assert!(html.contains("action=\"/features/PAY-12/evidence/3/attach\""), "{html}");
}
