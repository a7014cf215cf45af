use leptos::prelude::*;
use sluice_domain::{
    access::Role,
    policy::{self, Tier},
    record::{
        Values,
        risk::{assess, questions},
    },
};
use sluice_service::risk::{Rated, RiskEffect, RiskPage};

use super::{RiskEffectScreen, RiskScreen, RiskStepScreen, STEPS, risk_form, why_words};
use crate::{
    form::Form,
    pages::threats::fixture::{HOSTILE, NOW, html, summary},
};

fn answers(yes: &[&str]) -> Values {
    questions()
        .fold(Values::default(), |values, question| {
            values.with(question.key, if yes.contains(&question.key) { "yes" } else { "no" })
        })
        .with("reason", HOSTILE)
}

fn rated(yes: &[&str]) -> Rated {
    let answers = answers(yes);
    let assessment = assess(&answers);
    Rated { answers, assessment, version: 4, author: HOSTILE.to_owned(), at: NOW }
}

fn page(roles: &[Role], rated: Option<Rated>) -> RiskPage {
    RiskPage { summary: summary(roles), rated }
}

#[test]
fn the_form_shows_the_answers_and_carries_what_it_was_made_of() {
    let page = page(&[Role::ProductManager], Some(rated(&["code"])));
    let form = risk_form(&page).fail("reason", HOSTILE);
    let html = html(|| view! { <RiskScreen page form /> });
    assert!(!html.contains("<script>alert"), "{html}");
    assert_eq!(html.matches("</textarea>").count(), 1, "{html}");
    assert_eq!(html.matches("type=\"radio\"").count(), 12, "{html}");
    assert!(
        html.contains("name=\"version\" value=\"4\"") && html.contains("name=\"from\" value=\"high\""),
        "{html}"
    );
    // The feature is high-risk, the answers give medium: the higher tier was chosen.
    assert!(html.contains("<option value=\"high\" selected>"), "{html}");
    assert!(html.contains("name=\"code\" value=\"yes\" checked"), "{html}");
}

#[test]
fn readers_see_the_answers_and_who_gives_them() {
    for rated in [Some(rated(&["money"])), None] {
        let page = page(&[Role::Developer], rated);
        let form = risk_form(&page);
        let html = html(|| view! { <RiskScreen page form /> });
        assert!(!html.contains("<form class") && !html.contains("<script>alert"), "{html}");
        assert!(html.contains("The product manager of"), "{html}");
    }
}

#[test]
fn two_people_who_answer_see_both() {
    let page = page(&[Role::ProductManager], Some(rated(&["money"])));
    let form = risk_form(&page).set("money", "no").set("reason", "Mine");
    let html = html(|| view! { <RiskScreen page form conflict=true /> });
    assert!(html.contains("<td>Yes</td><td>No</td>") && html.contains("<td>Mine</td>"), "{html}");
    assert!(!html.contains("<script>alert"), "{html}");
}

#[test]
fn one_question_at_a_time_carries_the_answers_both_ways() {
    let form = Form::new()
        .with("personal-data", "yes")
        .with("money", HOSTILE)
        .with("version", "0")
        .with("from", "low");
    let html = html(
        || view! { <RiskStepScreen page=page(&[Role::ProductManager], None) form=form.clone() step=3 /> },
    );
    assert!(html.contains("method=\"get\"") && html.contains("name=\"step\" value=\"4\""), "{html}");
    assert!(html.contains("name=\"personal-data\" value=\"yes\""), "{html}");
    assert!(html.contains("/risk?step=2&amp;personal-data=yes\""), "{html}");
    assert!(!html.contains("<script>alert"), "{html}");
}

#[test]
fn the_last_step_posts_everything() {
    let form = risk_form(&page(&[Role::ProductManager], Some(rated(&["money"]))));
    let html = html(|| view! { <RiskStepScreen page=page(&[Role::ProductManager], None) form step=STEPS /> });
    assert!(html.contains("method=\"post\"") && html.contains("name=\"money\" value=\"yes\""), "{html}");
    assert!(html.contains("name=\"version\"") && html.contains("Show what this changes"), "{html}");
    assert_eq!(questions().count() + 1, STEPS);
}

fn effect(from: Tier, to: Tier) -> String {
    let policy = policy::parse(policy::BUILT_IN).unwrap();
    let mut page = page(&[Role::ProductManager], None);
    page.summary.tier = from;
    let mut phases = policy.phases.iter();
    let behind = phases.next().and_then(|phase| phase.retiered(from, to)).map(|change| (from, change));
    let effect = RiskEffect {
        assessment: assess(&answers(if to == Tier::High { &["money"] } else { &[] })),
        tier: to,
        ahead: phases.filter_map(|phase| phase.retiered(from, to)).collect(),
        behind: behind.into_iter().filter(|_| to > from).collect(),
        voids: vec![HOSTILE.to_owned(), "Ben Ode".to_owned()],
        page,
    };
    let form = Form::new()
        .with("money", "yes")
        .with("reason", HOSTILE)
        .with("tier", "")
        .with("version", "0")
        .with("from", from.code());
    html(|| view! { <RiskEffectScreen effect form /> })
}

#[test]
fn the_effect_is_told_before_it_is_saved() {
    let up = effect(Tier::Low, Tier::High);
    assert!(!up.contains("<script>alert"), "{up}");
    for words in [
        "Raise to high risk and save",
        "Does it move money",
        "Saving this voids 2 sign-offs",
        "and Ben Ode",
        "1 gate that is open is passed anew",
        "More sign-offs",
        "name=\"go\" value=\"save\"",
        "name=\"go\" value=\"edit\"",
        "name=\"money\" value=\"yes\"",
    ] {
        assert!(up.contains(words), "{words}: {up}");
    }
    let down = effect(Tier::High, Tier::Low);
    assert!(down.contains("Lower to low risk and save") && down.contains("No longer owed"), "{down}");
    let same = effect(Tier::Low, Tier::Low);
    assert!(same.contains("Save the answers") && same.contains("stays the same"), "{same}");
}

#[test]
fn a_tier_says_why_it_is_so() {
    assert!(why_words(Tier::Low, None).starts_with("Tier not assessed yet"));
    assert_eq!(why_words(Tier::High, Some(&rated(&["money"]))), "One answer of yes sets it:");
    assert!(why_words(Tier::High, Some(&rated(&[]))).ends_with("raised by hand."));
    assert_eq!(why_words(Tier::Low, Some(&rated(&[]))), "No question was answered with yes.");
}
