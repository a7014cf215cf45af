use leptos::prelude::*;
use sluice_domain::{
    access::{Grants, Role},
    ids::Id,
    record::ListKind,
};
use sluice_service::guides::{
    Attested, Edition, GuidedProduct, ListsPage, ProductListItem, StandardPage, StandardsPage,
};
use time::OffsetDateTime;

use super::{ListsScreen, PublishScreen, StandardScreen, StandardsScreen, list_form, publish_form};
use crate::{
    form::Form,
    pages::threats::fixture::{HOSTILE, NOW, html, person},
};

fn product(roles: &[Role]) -> GuidedProduct {
    GuidedProduct {
        id: Id::new(person(201).uuid()),
        key: "PAY".parse().unwrap(),
        name: HOSTILE.to_owned(),
        grants: Grants { product: roles.iter().copied().collect(), ..Grants::default() },
    }
}

fn edition(mine: Option<OffsetDateTime>, superseded: bool) -> Edition {
    Edition {
        id: Id::new(person(7).uuid()),
        title: HOSTILE.to_owned(),
        edition: HOSTILE.to_owned(),
        link: "https://example.org/standard?a=1&b=2".to_owned(),
        summary: format!("**Validate** input. {HOSTILE}"),
        publisher: HOSTILE.to_owned(),
        published_at: NOW,
        superseded_at: superseded.then_some(NOW),
        attested: vec![Attested {
            name: HOSTILE.to_owned(),
            at: NOW,
            statement: format!("I said {HOSTILE}"),
        }],
        missing: if superseded {
            Vec::new()
        } else {
            vec![(HOSTILE.to_owned(), vec![Role::Developer, Role::Qa])]
        },
        mine,
    }
}

fn standards(roles: &[Role], mine: Option<OffsetDateTime>) -> String {
    let page = StandardsPage {
        product: product(roles),
        in_force: vec![edition(mine, false)],
        superseded: vec![edition(None, true)],
        more: true,
        now: NOW,
    };
    html(|| view! { <StandardsScreen page /> })
}

fn standard(roles: &[Role], mine: Option<OffsetDateTime>, superseded: bool, form: Form) -> String {
    let page = StandardPage {
        product: product(roles),
        edition: edition(mine, superseded),
        statement: format!("I have read {HOSTILE}."),
        successor: superseded.then(|| (Id::new(person(8).uuid()), HOSTILE.to_owned())),
        now: NOW,
    };
    html(|| view! { <StandardScreen page form /> })
}

#[test]
fn nothing_that_people_wrote_becomes_markup() {
    for roles in [&[Role::ProductManager] as &[Role], &[Role::Stakeholder]] {
        let html = standards(roles, None);
        assert!(!html.contains("<script>alert") && !html.contains("<img"), "{html}");
        for superseded in [true, false] {
            let html = standard(roles, None, superseded, Form::new().fail("", HOSTILE));
            assert!(!html.contains("<script>alert") && !html.contains("<img"), "{html}");
        }
    }
}

#[test]
fn who_has_to_attest_is_led_there_and_who_manages_can_publish() {
    let both = standards(&[Role::ProductManager], None);
    assert!(both.contains("Read and attest") && both.contains("Waits for you"), "{both}");
    assert!(both.contains("/products/PAY/standards/new?replaces="), "{both}");
    assert!(both.contains("href=\"/products/PAY/standards/new\" class=\"button quiet\""), "{both}");
    assert!(both.contains("Attested (1 of 2)") && both.contains("developer, QA"), "{both}");
    let done = standards(&[Role::Developer], Some(NOW));
    assert!(done.contains("You attested it") && !done.contains("Read and attest"), "{done}");
    assert!(!done.contains("/standards/new"), "{done}");
    assert!(done.contains("Publishing standards: it takes the role of product manager"), "{done}");
}

#[test]
fn an_edition_is_attested_by_one_button_under_what_it_says() {
    let open = standard(&[Role::Qa], None, false, Form::new());
    assert!(open.contains("I have read ") && open.contains("Attest this edition"), "{open}");
    assert!(open.contains("href=\"https://example.org/standard?a=1&amp;b=2\""), "{open}");
    let said = standard(&[Role::Qa], Some(NOW), false, Form::new());
    assert!(said.contains("I said ") && !said.contains("<form"), "{said}");
    let reader = standard(&[Role::Stakeholder], None, false, Form::new());
    assert!(!reader.contains("<form") && reader.contains("Attesting it is for people who work"), "{reader}");
}

#[test]
fn a_superseded_edition_leads_to_the_one_in_force() {
    let html = standard(&[Role::Qa], None, true, Form::new().fail("", "A newer edition is in force by now."));
    assert!(!html.contains("<form"), "{html}");
    assert!(html.contains("A newer edition is in force by now."), "{html}");
    assert!(html.contains(&format!("/products/PAY/standards/{}", person(8))), "{html}");
}

#[test]
fn publishing_says_what_it_supersedes() {
    let before = edition(None, false);
    let form = publish_form("an-id", Some(&before)).fail("edition", HOSTILE);
    let html = html(
        || view! { <PublishScreen product=product(&[Role::ProductManager]) before=Some(before) form /> },
    );
    assert!(!html.contains("<script>alert"), "{html}");
    assert_eq!(html.matches("</textarea>").count(), 1, "{html}");
    assert!(html.contains("1 attestation of edition"), "{html}");
    assert!(html.contains("name=\"replaces\"") && !html.contains("name=\"title\""), "{html}");
}

fn lists(roles: &[Role], edited: bool, conflict: bool) -> String {
    let list =
        |kind, written| ProductListItem { kind, points: vec![HOSTILE.to_owned()], version: 3, written };
    let own = list(ListKind::Hardening, Some((HOSTILE.to_owned(), NOW)));
    let form = list_form(&own).set("version", "2").set("points", "Mine");
    let edited = edited.then_some((ListKind::Hardening, form));
    let lists = vec![own, list(ListKind::Principles, None)];
    let page = ListsPage { product: product(roles), lists, now: NOW };
    html(|| view! { <ListsScreen page edited conflict /> })
}

#[test]
fn a_list_is_read_by_all_and_edited_by_those_who_may() {
    let reader = lists(&[Role::Qa], true, false);
    assert!(!reader.contains("<form") && !reader.contains("edit="), "{reader}");
    assert!(reader.contains("Editing these lists: it takes the role of product manager"), "{reader}");
    assert!(reader.contains("uses Sluice's own list until it has one of its own"), "{reader}");
    let manager = lists(&[Role::ProductManager], true, false);
    assert!(!manager.contains("<script>alert") && manager.contains(">\nMine</textarea>"), "{manager}");
    assert!(manager.contains("action=\"/products/PAY/lists/hardening\""), "{manager}");
    assert!(manager.contains("/products/PAY/lists?edit=principles#principles"), "{manager}");
}

#[test]
fn a_conflict_shows_both_lists_and_carries_the_new_version() {
    let html = lists(&[Role::ProductManager], true, true);
    assert!(html.contains("<td>Mine</td>") && html.contains("Save mine over theirs"), "{html}");
    assert!(html.contains("name=\"version\" value=\"3\""), "{html}");
    assert!(!html.contains("<script>alert"), "{html}");
}
