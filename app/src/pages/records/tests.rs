//! Pages of records, with hostile text in every field.

use std::collections::BTreeMap;

use leptos::prelude::*;
use sluice_domain::{
    access::Role,
    form::Fields,
    record::{Input, ListKind, RecordKind, RecordRef, State, TitleFrom, Values},
};
use sluice_service::records::{RecordItem, RecordPage, RecordsPage, Referrer, StartersPage};

use super::{RecordScreen, RecordsScreen, StartersScreen, new_record_form, record_form};
use crate::{
    form::Form,
    pages::threats::fixture::{HOSTILE, NOW, html, person, summary},
};

/// Values with something hostile, or something chosen, in every field.
fn values(kind: RecordKind) -> Values {
    kind.spec().fields.iter().fold(Values::default(), |values, field| match field.input {
        Input::Line | Input::Note | Input::Body | Input::Set => values.with(field.key, HOSTILE),
        Input::Link => values.with(field.key, format!("https://example.org/?a={HOSTILE}")),
        Input::Digest => values.with(field.key, "7f".repeat(32)),
        Input::Day => values.with(field.key, "2026-02-03"),
        Input::Choice(choices) => values.with(field.key, choices[0].code),
        Input::Person => values.with(field.key, person(1).to_string()),
        Input::People => values.with_many(field.key, [person(2).to_string(), person(3).to_string()]),
        Input::Points(_) => values.with_many(field.key, [HOSTILE, "Least privilege"]),
        Input::References { .. } => values.with_many(field.key, ["R-1", "T-1", "E-1"]),
    })
}

fn item(kind: RecordKind, state: &'static State) -> RecordItem {
    let title = match kind.spec().title {
        TitleFrom::Asked { .. } => HOSTILE,
        TitleFrom::Choice(_) | TitleFrom::Kind => "From the form",
    };
    RecordItem {
        kind,
        number: if kind.is_single() { 1 } else { 3 },
        title: title.to_owned(),
        state,
        severity: None,
        owner: Some(HOSTILE.to_owned()),
        due: None,
        values: values(kind),
        state_by: HOSTILE.to_owned(),
        state_at: NOW,
        version: 7,
        author: HOSTILE.to_owned(),
        changed_at: NOW,
    }
}

fn page(kind: RecordKind, item: Option<RecordItem>, roles: &[Role]) -> RecordPage {
    let spec = kind.spec();
    let summary = summary(roles);
    let may_write = spec.editors.iter().any(|role| roles.contains(role));
    let states = spec
        .states
        .iter()
        .filter(|state| spec.who_may_enter(state).iter().any(|role| roles.contains(role)))
        .filter(|state| {
            let from = item.as_ref().map(|item| item.state.code);
            from == Some(state.code) || spec.leads_to(from, state)
        })
        .collect();
    let points = ListKind::ALL
        .iter()
        .map(|list| (*list, vec!["Least privilege".to_owned(), format!("Of the list {HOSTILE}")]));
    let candidates = [
        RecordRef::Record(RecordKind::Requirement, 1),
        RecordRef::Record(RecordKind::Change, 1),
        RecordRef::Record(RecordKind::Artefact, 1),
        RecordRef::Threat(1),
        RecordRef::Evidence(1),
    ];
    RecordPage {
        summary,
        kind,
        item,
        draft: values(kind),
        people: vec![(person(1), HOSTILE.to_owned()), (person(2), "Ben Ode".to_owned())],
        names: BTreeMap::from([(person(1), HOSTILE.to_owned()), (person(3), "Left Long".to_owned())]),
        points: points.collect(),
        candidates: candidates.map(|what| (what, HOSTILE.to_owned())).into(),
        referrers: vec![Referrer {
            what: RecordRef::Record(RecordKind::Change, 9),
            title: HOSTILE.to_owned(),
            state: RecordKind::Change.spec().first_state(),
            field: "Implements",
        }],
        states,
        may_write,
    }
}

fn first(kind: RecordKind) -> &'static State {
    kind.spec().first_state()
}

fn state(kind: RecordKind, code: &str) -> &'static State {
    kind.spec().state(code).unwrap()
}

fn screen(page: RecordPage, form: Form, conflict: bool) -> String {
    html(move || view! { <RecordScreen page form conflict /> })
}

fn list(kind: RecordKind, roles: &[Role], items: Vec<RecordItem>) -> RecordsPage {
    let counts = kind
        .spec()
        .states
        .iter()
        .map(|state| {
            let count = items.iter().filter(|item| item.state.code == state.code).count();
            (state, i64::try_from(count).unwrap())
        })
        .collect();
    RecordsPage {
        summary: summary(roles),
        kind,
        items,
        counts,
        state: None,
        next: None,
        names: BTreeMap::from([(person(1), HOSTILE.to_owned())]),
        may_write: kind.spec().editors.iter().any(|role| roles.contains(role)),
    }
}

fn list_html(page: RecordsPage) -> String {
    html(move || view! { <RecordsScreen page /> })
}

fn kinds() -> impl Iterator<Item = RecordKind> {
    RecordKind::ALL.iter().copied().filter(|kind| *kind != RecordKind::Risk)
}

fn fields(pairs: &[(&str, &str)]) -> Fields {
    Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

#[test]
fn text_stays_text_in_every_kind_read_edited_in_conflict_and_new() {
    for kind in kinds() {
        for roles in [&[][..], kind.spec().editors, &[Role::Stakeholder], &[Role::Qa]] {
            let stored = item(kind, first(kind));
            let form = record_form(&stored).fail("title", HOSTILE).fail("state", HOSTILE);
            let html = screen(page(kind, Some(stored), roles), form, true);
            assert!(!html.contains("<script>alert"), "{}: {html}", kind.code());
            assert!(!html.contains("javascript:"), "{}: {html}", kind.code());
            let fresh = page(kind, None, roles);
            let query =
                fields(&[("title", HOSTILE), ("text", HOSTILE), ("method", HOSTILE), ("state", HOSTILE)]);
            let form = new_record_form(&fresh, "01890a5d-ac96-774b-bcce-b302099a8057", person(1), &query);
            let html = screen(fresh, form, false);
            assert!(!html.contains("<script>alert"), "{}: {html}", kind.code());
        }
    }
}

#[test]
fn text_stays_text_in_every_list() {
    for kind in kinds().filter(|kind| !kind.is_single()) {
        let items = kind.spec().states.iter().map(|state| item(kind, state)).collect();
        let html = list_html(list(kind, kind.spec().editors, items));
        assert!(!html.contains("<script>alert"), "{}: {html}", kind.code());
    }
}

#[test]
fn what_a_form_sends_is_what_is_stored() {
    for kind in kinds() {
        let stored = item(kind, first(kind));
        let html = screen(page(kind, Some(stored.clone()), kind.spec().editors), record_form(&stored), false);
        assert!(html.contains("name=\"version\" value=\"7\""), "{}: {html}", kind.code());
        for field in kind.spec().fields.iter().filter(|field| !matches!(field.input, Input::Set)) {
            assert!(
                html.contains(&format!("name=\"{}\"", field.key)),
                "{} {}: {html}",
                kind.code(),
                field.key
            );
        }
        assert_eq!(html.contains("name=\"state\""), kind.spec().states.len() > 1, "{}", kind.code());
    }
}

#[test]
fn a_form_fits_what_its_fields_take() {
    let stored = item(RecordKind::Change, first(RecordKind::Change));
    let html = screen(
        page(RecordKind::Change, Some(stored.clone()), &[Role::Developer]),
        record_form(&stored),
        false,
    );
    assert!(html.contains("type=\"url\" id=\"link\""), "{html}");
    assert!(html.contains("Left Long (no longer in this product)"), "who left stays chosen: {html}");
    assert_eq!(html.matches("name=\"reviewers\"").count(), 3, "{html}");
    assert!(html.contains("name=\"implements\" value=\"R-1\" checked"), "{html}");
    assert!(html.contains("E-1 (not found)"), "what cannot be referred to is not lost: {html}");
    assert!(html.contains("Needs “Note”."), "a state says what it asks for: {html}");

    let stored = item(RecordKind::Plan, first(RecordKind::Plan));
    let html =
        screen(page(RecordKind::Plan, Some(stored.clone()), &[Role::Designer]), record_form(&stored), false);
    assert!(html.contains("1 of 2 are confirmed. The list was changed since"), "{html}");
    assert!(html.contains("data-for=\"scope\"") && !html.contains("data-for=\"market\""), "{html}");
    assert!(html.contains("action=\"/features/PAY-12/records/plan\""), "{html}");
}

#[test]
fn many_things_are_typed_instead_of_ticked() {
    let stored = item(RecordKind::Change, first(RecordKind::Change));
    let mut page = page(RecordKind::Change, Some(stored), &[Role::Developer]);
    page.candidates = (1..=13)
        .map(|number| (RecordRef::Record(RecordKind::Requirement, number), HOSTILE.to_owned()))
        .collect();
    let form = Form::new().with("implements", "r-1; R-2").with("implements", "T-1");
    let html = screen(page, form.fail("implements", "No such thing"), false);
    assert!(html.contains("value=\"R-1, R-2, T-1\""), "{html}");
    assert!(html.contains("<details") && html.contains("id=\"implements-error\""), "{html}");
    assert!(!html.contains("<script>alert"), "{html}");
}

#[test]
fn without_anything_to_name_the_form_says_where_to_begin() {
    let mut page = page(RecordKind::Promotion, None, &[Role::ReleaseManager]);
    page.candidates.clear();
    page.draft = Values::default();
    let form =
        new_record_form(&page, "x", person(1), &Fields::default()).fail("artefacts", "Artefacts is empty.");
    let html = screen(page, form, false);
    assert!(html.contains("There is no artefact to name yet."), "{html}");
    assert!(html.contains("href=\"/features/PAY-12/records/artefact/new\""), "{html}");
    assert!(html.contains("id=\"artefacts\"") && html.contains("id=\"artefacts-error\""), "{html}");
    assert!(html.contains("There is no evidence to name yet."), "{html}");
}

#[test]
fn a_new_record_begins_with_the_draft_and_what_the_address_asks_for() {
    let mut fresh = page(RecordKind::SecurityTest, None, &[Role::Qa]);
    fresh.draft = Values::default();
    let query =
        fields(&[("method", "penetration-test"), ("version", "9"), ("id", "other"), ("nothing", "x")]);
    let form = new_record_form(&fresh, "mine", person(1), &query);
    assert_eq!(form.values("id"), ["mine"]);
    assert_eq!(form.values("version"), ["0"]);
    assert!(form.values("nothing").is_empty());
    let html = screen(fresh, form, false);
    assert!(html.contains("<option value=\"penetration-test\" selected>Penetration test</option>"), "{html}");
    assert!(html.contains("value=\"promised\" checked"), "{html}");
    assert!(html.contains(">Add a security test</button>"), "{html}");

    let change = page(RecordKind::Change, None, &[Role::Developer]);
    let form = new_record_form(&change, "mine", person(2), &Fields::default());
    assert_eq!(form.value("author"), person(2).to_string(), "who writes it wrote the change, as a rule");
    let form = new_record_form(&change, "mine", person(9), &Fields::default());
    assert_eq!(form.value("author"), person(1).to_string(), "but only with a role in the product");

    let feedback = page(RecordKind::Feedback, None, &[Role::Stakeholder]);
    let form = new_record_form(&feedback, "mine", person(1), &fields(&[("feature", "PAY-1")]));
    assert!(form.value("feature").is_empty(), "what a step sets is nobody's to fill in");
}

#[test]
fn who_may_only_take_a_step_reads_the_record_and_sends_the_rest_unchanged() {
    let kind = RecordKind::Notice;
    let stored = item(kind, state(kind, "sent"));
    let html = screen(page(kind, Some(stored.clone()), &[Role::Stakeholder]), record_form(&stored), false);
    assert!(html.contains(">Acknowledge it</button>"), "{html}");
    assert!(html.contains("name=\"state\" value=\"acknowledged\""), "{html}");
    assert!(html.contains("id=\"answer\" name=\"answer\" rows="), "{html}");
    assert_eq!(html.matches(" rows=").count(), 1, "only what belongs to the step is asked: {html}");
    for hidden in ["type=\"hidden\" name=\"text\"", "type=\"hidden\" name=\"audience\" value=\"marketing\""] {
        assert!(html.contains(hidden), "{hidden}: {html}");
    }
    assert!(html.contains("Any product manager of this product can write notices."), "{html}");

    let kind = RecordKind::Promotion;
    let stored = item(kind, first(kind));
    let html = screen(page(kind, Some(stored.clone()), &[Role::Qa]), record_form(&stored), false);
    assert!(html.contains(">Confirm that it works</button>"), "{html}");
    assert_eq!(
        html.matches("type=\"hidden\" name=\"artefacts\"").count(),
        3,
        "each reference goes along: {html}"
    );
}

#[test]
fn who_may_do_nothing_reads() {
    let kind = RecordKind::Finding;
    let stored = item(kind, first(kind));
    let html = screen(page(kind, Some(stored.clone()), &[]), record_form(&stored), false);
    assert!(!html.contains("action=\"/features"), "{html}");
    assert!(html.contains("can write findings."), "{html}");
    assert!(html.contains("href=\"/features/PAY-12/evidence/1\">E-1"), "references are links: {html}");
    assert!(html.contains("href=\"/features/PAY-12/records/change/9\">Change C-9"), "and back: {html}");
    assert!(html.contains("3 Feb 2026"), "{html}");

    let html = screen(page(RecordKind::Plan, None, &[]), Form::new(), false);
    assert!(html.contains("There is no plan yet") && html.contains("can write the plan."), "{html}");
    assert!(!html.contains("action=\"/features"), "{html}");
}

#[test]
fn a_finished_feature_is_read_only_and_says_so() {
    let kind = RecordKind::Plan;
    let stored = item(kind, first(kind));
    let mut page = page(kind, Some(stored.clone()), &[]);
    page.summary.progress = sluice_domain::lifecycle::Progress::Finished { at: NOW };
    let html = screen(page, record_form(&stored), false);
    assert!(html.contains("its record is complete and no longer changes"), "{html}");
}

#[test]
fn others_bring_a_record_into_the_other_states() {
    let kind = RecordKind::Notice;
    let stored = item(kind, first(kind));
    let html = screen(page(kind, Some(stored.clone()), &[Role::ProductManager]), record_form(&stored), false);
    assert!(html.contains("“Acknowledged” comes after “Sent”, by a stakeholder."), "{html}");
    let stored = item(kind, state(kind, "acknowledged"));
    let html = screen(page(kind, Some(stored.clone()), &[Role::ProductManager]), record_form(&stored), false);
    assert!(
        html.contains("It is “Acknowledged” now, by a stakeholder. To change it, bring it back"),
        "{html}"
    );
    let kind = RecordKind::Feedback;
    let stored = item(kind, first(kind));
    let html = screen(page(kind, Some(stored.clone()), &[Role::Stakeholder]), record_form(&stored), false);
    assert!(html.contains("“Became a feature” comes about by its own step"), "{html}");
}

#[test]
fn both_versions_are_in_words() {
    let kind = RecordKind::Change;
    let stored = item(kind, first(kind));
    let form = record_form(&stored)
        .set("author", person(2).to_string())
        .set("implements", "r-1, t-1")
        .set("state", "open")
        .set("note", " Mine\r\nand more ");
    let html = screen(page(kind, Some(stored), &[Role::Developer]), form, true);
    assert!(html.contains("<td>Ben Ode</td>"), "{html}");
    assert!(html.contains("<td>R-1, T-1, E-1</td><td>R-1, T-1</td>"), "{html}");
    assert!(html.contains("<td>Merged</td><td>Open</td>"), "{html}");
    assert!(html.contains("<td>Mine\nand more</td>"), "{html}");
    assert!(html.contains("Save mine over theirs"), "{html}");
}

#[test]
fn an_empty_list_teaches_and_names_who_can_begin() {
    let html = list_html(list(RecordKind::Requirement, &[Role::Designer], Vec::new()));
    assert!(
        html.contains("No requirements yet") && html.contains("tester can answer with yes or no"),
        "{html}"
    );
    assert!(html.contains("href=\"/features/PAY-12/records/requirement/new\""), "{html}");
    assert!(html.contains("href=\"/features/PAY-12/starters\""), "{html}");
    let html = list_html(list(RecordKind::Requirement, &[Role::Stakeholder], Vec::new()));
    assert!(!html.contains("/new\""), "{html}");
    assert!(
        html.contains(
            "Any product manager, designer, developer or QA of this product can write requirements."
        ),
        "{html}"
    );
}

#[test]
fn states_narrow_a_list_and_go_along_to_its_next_page() {
    let kind = RecordKind::Finding;
    let items = vec![item(kind, first(kind)), item(kind, state(kind, "validated"))];
    let mut page = list(kind, &[Role::Qa], items);
    page.state = Some(first(kind));
    page.next = Some(3);
    let html = list_html(page.clone());
    assert!(
        html.contains("href=\"/features/PAY-12/records/finding?state=open\" aria-current=\"true\""),
        "{html}"
    );
    assert!(html.contains("href=\"/features/PAY-12/records/finding?state=validated\""), "{html}");
    assert!(!html.contains("?state=fixed"), "a state that nothing is in narrows to nothing: {html}");
    assert!(html.contains("href=\"/features/PAY-12/records/finding?state=open&amp;after=3\""), "{html}");
    page.items.clear();
    page.next = None;
    let html = html_later(page);
    assert!(html.contains("Nothing here is “Open”.") && html.contains("Back to the first ones"), "{html}");
}

fn html_later(page: RecordsPage) -> String {
    html(move || view! { <RecordsScreen page later=true /> })
}

#[test]
fn a_list_shows_the_columns_of_its_kind() {
    let kind = RecordKind::Finding;
    let mut stored = item(kind, first(kind));
    stored.title = "Key in the log".to_owned();
    let html = list_html(list(kind, &[Role::Qa], vec![stored]));
    for head in ["Finding", "State", "Severity", "Owner", "Due"] {
        assert!(html.contains(&format!(">{head}</th>")), "{head}: {html}");
    }
    assert!(html.contains(">F-3</span> Key in the log"), "{html}");
    assert!(html.contains("Critical"), "{html}");
}

#[test]
fn what_is_not_decided_yet_leads_to_its_form() {
    let kind = RecordKind::SecurityTest;
    // The first method is static analysis.
    let html = list_html(list(kind, &[Role::Qa], vec![item(kind, first(kind))]));
    assert!(!html.contains("?method=static-analysis"), "{html}");
    assert!(html.contains("/records/security-test/new?method=dynamic-scan\">Dynamic scan</a>"), "{html}");
    assert!(html.contains("?method=penetration-test") && !html.contains("?method=fuzzing"), "{html}");
    let html = list_html(list(kind, &[Role::Stakeholder], vec![item(kind, first(kind))]));
    assert!(!html.contains("?method="), "who cannot write is not asked to: {html}");
    let html = list_html(list(RecordKind::Notice, &[Role::ProductManager], Vec::new()));
    assert!(html.contains("?audience=marketing") && html.contains("?audience=support"), "{html}");
}

#[test]
fn starters_that_are_taken_are_not_offered_again() {
    let taken = ["throttle"].into();
    let page = StartersPage { summary: summary(&[Role::Qa]), taken, may_write: true };
    let form = Form::new().with("starter", "no-enumeration").fail("starter", HOSTILE);
    let html = html(move || view! { <StartersScreen page form /> });
    assert!(html.contains("On record already") && !html.contains("value=\"throttle\""), "{html}");
    assert!(html.contains("id=\"starter\" name=\"starter\" value=\"no-enumeration\" checked"), "{html}");
    assert!(!html.contains("<script>alert"), "{html}");
    let page = StartersPage { summary: summary(&[]), taken: [].into(), may_write: false };
    let html = self::html(move || view! { <StartersScreen page form=Form::new() /> });
    assert!(!html.contains("type=\"checkbox\"") && html.contains("can write requirements."), "{html}");
}

#[test]
fn feedback_that_is_undecided_can_become_a_feature() {
    let kind = RecordKind::Feedback;
    let take_up = "href=\"/features/PAY-12/records/feedback/3/take-up\"";
    for (code, roles, offered) in [
        ("new", Role::ProductManager, true),
        ("analysed", Role::ProductManager, true),
        ("closed", Role::ProductManager, false),
        ("analysed", Role::Developer, false),
    ] {
        let stored = item(kind, state(kind, code));
        let html = screen(page(kind, Some(stored.clone()), &[roles]), record_form(&stored), false);
        assert_eq!(html.contains(take_up), offered, "{code} {roles:?}: {html}");
    }
}
