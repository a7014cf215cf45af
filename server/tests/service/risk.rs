//! The risk questionnaire: what the answers change, and that they set the tier.

use sluice_domain::{
    access::{Action, Role},
    audit::Verb,
    form::Problem,
    gate::{Blocker, Verdict},
    ids::FeatureKey,
    lifecycle::Refusal,
    policy::Tier,
    record::risk::questions,
};
use sluice_service::{
    Actor, Error,
    features::{CreateFeature, FeaturePage},
    new_form_id,
    risk::{RateFeature, RiskEffect},
};

use crate::support::{
    TestResult, World, fields,
    steps::{parsed, request},
};

/// Answers of yes to these questions, given on a feature of this tier whose questionnaire has this version.
fn answers(yes: &[&str], from: Tier, version: i32, more: &[(&str, &str)]) -> TestResult<RateFeature> {
    let version = version.to_string();
    let mut form: Vec<(&str, &str)> = questions()
        .map(|question| (question.key, if yes.contains(&question.key) { "yes" } else { "no" }))
        .collect();
    form.extend([("from", from.code()), ("version", version.as_str())]);
    form.extend(more);
    parsed(RateFeature::parse(&fields(&form)))
}

impl World {
    async fn rate(&self, key: &FeatureKey, command: RateFeature) -> Result<(), Error> {
        self.service.rate_feature(&self.cast.manager, key, command).await
    }

    async fn effect(&self, key: &FeatureKey, command: &RateFeature) -> Result<RiskEffect, Error> {
        self.service.risk_effect(&self.cast.manager, key, command).await
    }

    async fn page(&self, key: &FeatureKey) -> TestResult<FeaturePage> {
        Ok(self.service.feature_page(&self.cast.manager, key).await?)
    }
}

fn lowered<T: std::fmt::Debug>(outcome: &Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::Invalid(problems)) if problems[0].problem == Problem::TierLowered)
}

#[tokio::test]
async fn a_title_and_a_product_make_a_feature_and_the_answers_set_its_tier() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let form =
        fields(&[("id", &new_form_id()), ("product", &cast.product.to_string()), ("title", "Pay by link")]);
    let key = service.create_feature(&cast.manager, parsed(CreateFeature::parse(&form))?).await?;
    let page = world.page(&key).await?;
    assert_eq!((page.summary.tier, page.rated), (Tier::Low, None));

    world.tick();
    let reason = [("reason", "It moves money of others.")];
    world.rate(&key, answers(&["money", "code"], Tier::Low, 0, &reason)?).await?;
    let page = world.page(&key).await?;
    let rated = page.rated.ok_or("it is rated")?;
    assert_eq!((page.summary.tier, rated.assessment.tier, rated.version), (Tier::High, Tier::High, 1));
    assert_eq!(rated.assessment.because, ["Does it move money, or decide about rights of people?"]);
    assert_eq!((rated.author.as_str(), rated.answers.text("code")), ("Mara Manager", "yes"));

    let entry = page.latest.first().ok_or("an event")?;
    assert_eq!(entry.verb, Some(Verb::FeatureRated));
    let changed = |field: &str| {
        let change = entry.changes.iter().find(|change| change.field == field)?;
        Some((change.old.clone(), change.new.clone()))
    };
    assert_eq!(changed("tier"), Some((Some("low".into()), Some("high".into()))));
    assert_eq!(changed("money"), Some((None, Some("yes".into()))));
    assert_eq!(changed("reason"), Some((None, Some("It moves money of others.".into()))));
    assert_eq!(world.count("select count(*) from audit.event where body ~ 'money of others'").await?, 0);

    // The same answers again are no change; others at the same time are.
    let events = world.events().await?;
    world.rate(&key, answers(&["money", "code"], Tier::Low, 0, &reason)?).await?;
    assert_eq!(world.events().await?, events);
    let stale = world.rate(&key, answers(&["code"], Tier::Low, 0, &[])?).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    let stale = world.effect(&key, &answers(&["code"], Tier::High, 0, &[])?).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    world.rate(&key, answers(&["code"], Tier::High, 1, &[])?).await?;
    let page = world.page(&key).await?;
    assert_eq!(page.summary.tier, Tier::Medium, "before the first gate the tier may fall");
    assert_eq!(world.count("select count(*) from record where kind = 'risk'").await?, 1);
    Ok(())
}

#[tokio::test]
async fn the_effect_is_what_saving_does() -> TestResult {
    let world = World::new().await?;
    let key = world.feature(Tier::Low).await?;
    world.rate(&key, answers(&["money"], Tier::Low, 0, &[])?).await?;
    world.hand_over(&key).await?;
    // A denial keeps the gate closed while an approval stands.
    world.sign(&world.cast.second, &key, Role::SecurityReviewer, Verdict::Deny).await?;
    world.sign(&world.cast.first, &key, Role::SecurityReviewer, Verdict::Approve).await?;
    world.tick();

    let same = answers(&["money"], Tier::High, 1, &[])?;
    let effect = world.effect(&key, &same).await?;
    assert!(effect.ahead.is_empty() && effect.behind.is_empty() && effect.voids.is_empty(), "{effect:?}");

    let down = answers(&["code"], Tier::High, 1, &[])?;
    let events = world.events().await?;
    let effect = world.effect(&key, &down).await?;
    assert_eq!(world.events().await?, events, "looking changes nothing");
    assert_eq!(
        (effect.tier, effect.voids.as_slice()),
        (Tier::Medium, ["Rhea Reviewer".to_owned()].as_slice())
    );
    let dropped: usize = effect.ahead.iter().map(|change| change.dropped.len()).sum();
    assert!(dropped > 0 && effect.ahead.iter().all(|change| !change.asks_more()), "{:?}", effect.ahead);
    world.rate(&key, down).await?;
    assert_eq!(world.count("select count(*) from sign_off where ended = 'voided'").await?, 1);
    Ok(())
}

#[tokio::test]
async fn sign_offs_of_owed_gates_are_named_as_well() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_phase(Tier::Medium, "testing").await?;
    world.release(&key).await?;
    world.catch_up(&key, "testing").await?;
    // A denial keeps the gate owed while an approval stands.
    for (actor, verdict) in [(&cast.second, Verdict::Deny), (&cast.first, Verdict::Approve)] {
        world.pay(actor, &key, "testing", verdict, Role::SecurityReviewer).await?;
    }
    let version = world.page(&key).await?.rated.map_or(0, |rated| rated.version);
    let up = answers(&["money", "code"], Tier::Medium, version, &[])?;
    let voids = world.effect(&key, &up).await?.voids;
    assert_eq!(voids, std::slice::from_ref(&cast.first.name));
    world.rate(&key, up).await?;
    assert_eq!(world.count("select count(*) from sign_off where ended = 'voided'").await?, 1);
    Ok(())
}

#[tokio::test]
async fn after_an_opened_gate_the_tier_rises_only_and_says_what_is_short() -> TestResult {
    let world = World::new().await?;
    let key = world.feature(Tier::Medium).await?;
    world.hand_over(&key).await?;
    world.approve(&key).await?;
    let down = answers(&[], Tier::Medium, 1, &[])?;
    assert!(lowered(&world.effect(&key, &down).await) && lowered(&world.rate(&key, down).await));
    // The answers give less, the tier stays: that is a choice with a reason.
    let keep = answers(&[], Tier::Medium, 1, &[("tier", "medium"), ("reason", "It was promised so.")])?;
    world.rate(&key, keep).await?;
    assert_eq!(world.page(&key).await?.summary.tier, Tier::Medium);

    let up = answers(&["money"], Tier::Medium, 2, &[])?;
    let effect = world.effect(&key, &up).await?;
    let behind: Vec<_> =
        effect.behind.iter().map(|(under, change)| (*under, change.phase.as_str())).collect();
    assert_eq!(behind, [(Tier::Medium, "requirements")]);
    assert!(effect.ahead.iter().all(|change| change.phase.as_str() != "requirements"));
    assert!(effect.ahead.iter().any(|change| !change.added.is_empty()), "{:?}", effect.ahead);
    world.rate(&key, up).await?;
    let page = world.page(&key).await?;
    assert_eq!(page.summary.tier, Tier::High);
    assert_eq!(page.summary.progress.attempt()?.phase.as_str(), "design", "an opened gate stays open");
    Ok(())
}

/// One reviewer signed for little risk. At high risk the gate asks for more, and nobody has signed that: whatever the
/// team fills in afterwards, the feature goes back to the gate and is signed there as what it is now.
#[tokio::test]
async fn what_was_signed_for_a_lower_tier_closes_the_gate_until_it_is_signed_anew() -> TestResult {
    let world = World::new().await?;
    let key = world.in_phase(Tier::Low, "development").await?;
    let raised = async || -> TestResult<Vec<String>> {
        let subjects: Vec<String> = world.blockers(&key).await?.iter().map(Blocker::subject).collect();
        Ok(subjects.into_iter().filter(|subject| subject.starts_with("tier:")).collect())
    };
    assert_eq!(raised().await?, [""; 0]);
    let version = world.page(&key).await?.rated.map_or(0, |rated| rated.version);
    world.rate(&key, answers(&["money"], Tier::Low, version, &[])?).await?;
    let both = ["tier:requirements/high", "tier:design/high"];
    assert_eq!(raised().await?, both);
    // Everything that the team can do is done: it does not help.
    for _ in 0..200 {
        let blockers = world.blockers(&key).await?;
        let mine =
            |blocker: &&Blocker| !blocker.is_for_reviewers() && !blocker.subject().starts_with("tier:");
        let Some(blocker) = blockers.iter().find(mine) else { break };
        let blocker = match blocker {
            Blocker::Earlier { what, .. } => what,
            other => other,
        };
        world.clear_one(&key, blocker).await?;
    }
    assert_eq!(raised().await?, both);
    let asked = request(&world.service, &world.cast.manager, &key).await;
    assert!(asked.is_err(), "a review is not requested past it");

    world.move_back(&world.cast.manager, &key, "requirements").await?;
    assert_eq!(raised().await?, [""; 0]);
    for next in ["design", "development"] {
        world.hand_over(&key).await?;
        world.approve(&key).await?;
        assert_eq!(world.page(&key).await?.summary.progress.attempt()?.phase.as_str(), next);
    }
    assert_eq!(raised().await?, [""; 0]);
    let signed = "select count(distinct person_id) from sign_off where phase = 'design' and cycle = 2";
    assert_eq!(world.count(signed).await?, 2, "as many as high risk asks for");
    Ok(())
}

#[tokio::test]
async fn who_may_not_edit_the_feature_does_not_rate_it() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let events = world.events().await?;
    let command = || answers(&["money"], Tier::Low, 0, &[]);
    let others: [&Actor; 4] = [&cast.developer, &cast.first, &cast.stakeholder, &cast.auditor];
    for actor in others {
        let rated = service.rate_feature(actor, &key, command()?).await;
        assert!(matches!(rated, Err(Error::Denied(Action::EditFeature))), "{}: {rated:?}", actor.name);
        let effect = service.risk_effect(actor, &key, &command()?).await;
        assert!(matches!(effect, Err(Error::Denied(Action::EditFeature))), "{}", actor.name);
        assert!(service.risk_page(actor, &key).await.is_ok(), "{} reads it", actor.name);
    }
    for actor in [&cast.stranger, &cast.admin] {
        assert!(matches!(service.risk_page(actor, &key).await, Err(Error::NotFound)));
        assert!(matches!(service.risk_effect(actor, &key, &command()?).await, Err(Error::NotFound)));
    }
    assert!(matches!(service.rate_feature(&cast.stranger, &key, command()?).await, Err(Error::NotFound)));
    assert_eq!(world.events().await?, events);
    Ok(())
}

#[tokio::test]
async fn a_finished_feature_keeps_its_answers() -> TestResult {
    let world = World::new().await?;
    let key = world.feature(Tier::Low).await?;
    while world.page(&key).await?.summary.progress.attempt().is_ok() {
        world.hand_over(&key).await?;
        world.approve(&key).await?;
    }
    let rated = world.rate(&key, answers(&["money"], Tier::Low, 0, &[])?).await;
    assert!(matches!(rated, Err(Error::Refused(Refusal::Finished))), "{rated:?}");
    let effect = world.effect(&key, &answers(&["money"], Tier::Low, 0, &[])?).await;
    assert!(matches!(effect, Err(Error::Refused(Refusal::Finished))), "{effect:?}");
    Ok(())
}
