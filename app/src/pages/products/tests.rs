//! The pages of products, as readers with and without rights see them.

use sluice_domain::record::ListKind;
use sluice_service::products::{PhaseCount, StandardsSummary};
use time::macros::datetime;

use super::*;
use crate::document::{self, Frame};

const NOW: OffsetDateTime = datetime!(2027-02-03 14:00 UTC);

fn product(manager: bool) -> ProductPage {
    ProductPage {
        id: "0197a3f0-0000-7000-8000-000000000001".parse().expect("an id"),
        key: "PAY".parse().expect("a key"),
        name: "Payments <x>".to_owned(),
        description: "One\nTwo".to_owned(),
        created_at: NOW,
        version: 3,
        features: Some(FeatureCounts { active: 3, in_review: 1, finished: 2 }),
        phases: vec![PhaseCount {
            phase: "design".to_owned(),
            name: "Design <x>".to_owned(),
            features: 3,
            in_review: 1,
        }],
        standards: StandardsSummary { in_force: 2, unattested: vec!["Ana <x>".to_owned()] },
        lists: vec![(ListKind::Hardening, 7)],
        grants: vec![ProductGrant {
            person: "0197a3f0-0000-7000-8000-000000000002".parse().expect("an id"),
            name: "Ana".to_owned(),
            disabled: false,
            roles: vec![Role::Designer, Role::Qa],
        }],
        my_roles: vec![Role::Qa],
        may_edit: manager,
        may_manage_people: manager,
        may_create_feature: false,
    }
}

#[test]
fn who_may_not_grant_is_told_who_can() {
    let html =
        view! { <ProductDetails page=product(false) form=Form::new() people=Vec::new() links=false now=NOW /> }
            .to_html();
    assert!(!html.contains("<form"), "{html}");
    assert!(html.contains("it takes the role of administrator."), "{html}");
    assert!(html.contains("3 on the way, 1 in review"), "{html}");
    assert!(!html.contains("href=\"/people/"), "{html}");
    assert!(!html.contains("Payments <x>"), "{html}");
}

#[test]
fn a_product_shows_where_its_features_stand_and_what_people_go_by() {
    let html =
        view! { <ProductDetails page=product(false) form=Form::new() people=Vec::new() links=false now=NOW /> }
            .to_html();
    for words in [
        "href=\"/features?product=PAY&amp;phase=design\"",
        "2 features went through their whole lifecycle.",
        "href=\"/products/PAY/standards\"",
        "1 person has not attested",
        "href=\"/products/PAY/lists#hardening\"",
        "7 points",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(!html.contains("Design <x>"), "{html}");
    let mut none = product(true);
    (none.features, none.phases) = (None, Vec::new());
    none.standards = StandardsSummary::default();
    let html = view! { <ProductDetails page=none form=Form::new() people=Vec::new() links=true now=NOW /> }
        .to_html();
    assert!(!html.contains("Features by phase") && html.contains("None is published yet"), "{html}");
}

#[test]
fn each_role_can_be_revoked_by_itself() {
    let html =
        view! { <ProductDetails page=product(true) form=Form::new() people=Vec::new() links=true now=NOW /> }
            .to_html();
    assert_eq!(html.matches("/products/PAY/grants/revoke").count(), 2, "{html}");
    assert!(html.contains(" the role designer of Ana"), "{html}");
    assert!(html.contains("href=\"/people/0197a3f0-0000-7000-8000-000000000002\""), "{html}");
}

#[test]
fn a_conflict_shows_both_versions_and_keeps_what_was_typed() {
    let form = Form::new().with("name", "Mine").with("description", "One\r\nTwo").with("version", "3");
    let frame = Frame::for_tests("Edit the product");
    let html =
        document::render(&frame, || view! { <EditProductPage page=product(true) form conflict=true /> });
    assert!(html.contains("Payments &lt;x&gt;") && html.contains("value=\"Mine\""), "{html}");
    assert_eq!(html.matches("class=\"differs\"").count(), 1, "only the name differs: {html}");
    assert!(html.contains("Save mine over theirs"), "{html}");
    assert!(html.contains("name=\"version\" value=\"3\""), "{html}");
}
