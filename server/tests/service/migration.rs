//! What a move to another version of the policy may not do: skip a gate, lose one, or carry along what was agreed to under
//! other terms.

use sluice_domain::{
    access::Role, audit::Verb, form::Fields, gate::Verdict, ids::FeatureKey, lifecycle::Refusal,
    policy::Tier, waiver::WaiverRefusal,
};
use sluice_service::{Error, Voids, gates::WithdrawSignOff, new_form_id};

use crate::{
    policies::renamed,
    support::{
        TestResult, World,
        cast::{PASSWORD, answering, asked},
        fields,
        steps::{parsed, request},
    },
    waivers::{approve, ask, blocks, missing, waived},
};

/// The built-in policy as another version, with its phases in this order; `legal` is one that it does not have.
fn with_phases(version: &str, order: &[&str]) -> TestResult<String> {
    let text = renamed(version);
    let mut parts = text.split("[[phases]]");
    let mut all = parts.next().ok_or("no text")?.to_owned();
    let phases: Vec<&str> = parts.collect();
    for key in order {
        let phase = match *key {
            "legal" => LEGAL,
            key => {
                phases.iter().find(|part| part.contains(&format!("\nkey = \"{key}\"\n"))).ok_or("no phase")?
            }
        };
        all = format!("{}\n\n[[phases]]{phase}", all.trim_end());
    }
    Ok(all)
}

const LEGAL: &str = r#"
key = "legal"
name = "Legal review"
purpose = "Lawyers look at it."

[[phases.controls]]
key = "contract"
title = "The contract covers it"
guidance = "Write which clause does."
source = "Product"
done_by = ["product-manager"]
proof = "statement"
tiers = ["low", "medium", "high"]

[phases.gate]
review_days = 2

[[phases.gate.sign_offs]]
role = "security-reviewer"
quorum = { low = 1, medium = 1, high = 1 }
meaning = "read the contract"
"#;

const REST: [&str; 3] = ["testing", "release", "post-release"];

async fn phase(world: &World, key: &FeatureKey) -> TestResult<String> {
    let summary = world.service.feature_page(&world.cast.auditor, key).await?.summary;
    Ok(summary.progress.attempt()?.phase.to_string())
}

#[tokio::test]
async fn a_move_neither_skips_a_gate_nor_loses_one_that_was_passed() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let from = world.active().await?;
    let key = world.in_phase(Tier::Low, "development").await?;
    let move_to = async |version: &str, order: &[&str]| -> TestResult<Result<(), Error>> {
        world.put_in_force(version, &with_phases(version, &[order, &REST].concat())?).await?;
        let to = world.active().await?;
        let events = world.events().await?;
        let moved = world.migrate(&key, from, to).await;
        let offered = world.service.migration_page(&cast.manager, &key, None).await?.target;
        if let Err(Error::Refused(refusal)) = &moved {
            assert_eq!(offered.and_then(|target| target.obstacle).as_ref(), Some(refusal), "{version}");
            assert_eq!(world.events().await?, events, "{version}: nothing was written");
        }
        Ok(moved)
    };
    let refused = |outcome: Result<(), Error>| match outcome {
        Err(Error::Refused(refusal)) => Ok(refusal),
        other => Err(format!("not refused: {other:?}")),
    };
    let gone = move_to("2027.1", &["requirements", "development"]).await?;
    assert_eq!(refused(gone)?, Refusal::GateGone("Design".to_owned()));
    let later = move_to("2027.2", &["requirements", "development", "design"]).await?;
    assert_eq!(refused(later)?, Refusal::GateLater("Design".to_owned()));
    let order = ["requirements", "legal", "design", "development"];
    let skipped = move_to("2027.3", &order).await?;
    assert_eq!(refused(skipped)?, Refusal::GateSkipped("Legal review".to_owned()));

    // Back before the phase in question, the feature can move, and comes to that gate.
    world.tick();
    world.move_back(&cast.manager, &key, "requirements").await?;
    world.tick();
    world.migrate(&key, from, world.active().await?).await?;
    world.tick();
    world.clear(&key).await?;
    request(&world.service, &cast.manager, &key).await?;
    world.approve(&key).await?;
    assert_eq!(phase(&world, &key).await?, "legal");
    Ok(())
}

#[tokio::test]
async fn what_is_owed_is_not_lost_and_an_older_loss_breaks_no_page() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let from = world.active().await?;
    let key = world.in_phase(Tier::Low, "development").await?;
    world.release(&key).await?;
    let order = ["requirements", "design", "development", "release", "post-release"];
    world.put_in_force("2027.1", &with_phases("2027.1", &order)?).await?;
    let moved = world.migrate(&key, from, world.active().await?).await;
    let lost = matches!(&moved, Err(Error::Refused(Refusal::GateGone(name))) if name == "Testing");
    assert!(lost, "{moved:?}");
    let owed = async || -> TestResult<usize> {
        let mine = world.service.my_work(&cast.first).await?.mine;
        Ok(mine.iter().filter(|item| item.key == key).count())
    };
    assert_eq!(owed().await?, 3);
    world.follow_anyway("2027.1").await?;
    assert_eq!(owed().await?, 2, "the gate that the policy does not have is nobody's work");
    Ok(())
}

#[tokio::test]
async fn a_gate_that_a_feature_never_came_to_blocks_until_it_is_back_there() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_phase(Tier::Low, "development").await?;
    let order = ["requirements", "legal", "design", "development", "testing", "release", "post-release"];
    world.imported("2027.1", &with_phases("2027.1", &order)?).await?;
    world.follow_anyway("2027.1").await?;
    let subject = "never-passed:legal";
    assert!(blocks(&world, &key, subject).await?);
    let requested = request(&world.service, &cast.manager, &key).await;
    assert!(matches!(requested, Err(Error::Refused(Refusal::Blocked(_)))), "{requested:?}");
    world.tick();
    world.move_back(&cast.manager, &key, "legal").await?;
    assert!(!blocks(&world, &key, subject).await?);
    world.tick();
    world.clear(&key).await?;
    request(&world.service, &cast.manager, &key).await?;
    world.approve(&key).await?;
    assert_eq!(phase(&world, &key).await?, "design");
    assert!(!blocks(&world, &key, subject).await?);
    Ok(())
}

#[tokio::test]
async fn a_release_that_was_asked_for_ends_with_the_move() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let from = world.active().await?;
    let key = world.in_phase(Tier::Low, "development").await?;
    let id = new_form_id();
    world.propose(&cast.releaser, &key, &id).await?;
    world.put_in_force("2027.1", &renamed("2027.1")).await?;
    let to = world.active().await?;
    let page = service.migration_page(&cast.manager, &key, Some(to)).await?;
    assert!(page.effect.ok_or("no effect")?.calls_off);
    let events = world.events().await?;
    world.migrate(&key, from, to).await?;
    assert_eq!(world.events().await?, events + 2, "the move, and the end of what was asked for");
    let history = service.feature_history(&cast.manager, &key, None).await?.items;
    assert!(history.iter().any(|entry| entry.verb == Some(Verb::EmergencyCalledOff)));
    world.tick();
    let late = world.agree(&cast.first, &key, &id, &new_form_id()).await;
    assert!(matches!(late, Err(Error::Stale)), "{late:?}");
    let page = service.course_page(&cast.auditor, &key, &Fields::default()).await?;
    assert!(page.emergency.is_some_and(|emergency| emergency.open.is_none()));
    assert_eq!(phase(&world, &key).await?, "development");
    Ok(())
}

#[tokio::test]
async fn nobody_agrees_to_a_release_on_another_path() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_phase(Tier::Low, "development").await?;
    let id = new_form_id();
    world.propose(&cast.releaser, &key, &id).await?;
    // As one that was asked for before moves ended it.
    let order = ["requirements", "design", "development", "testing", "post-release"];
    world.imported("2027.1", &with_phases("2027.1", &order)?).await?;
    world.follow_anyway("2027.1").await?;
    world.tick();
    let events = world.events().await?;
    let agreed = world.agree(&cast.first, &key, &id, &new_form_id()).await;
    assert!(matches!(agreed, Err(Error::Refused(Refusal::OtherPath))), "{agreed:?}");
    assert_eq!(world.events().await?, events);
    assert_eq!(phase(&world, &key).await?, "development");
    Ok(())
}

#[tokio::test]
async fn a_move_is_made_for_what_was_shown() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let from = world.active().await?;
    let key = world.in_phase(Tier::High, "design").await?;
    world.hand_over(&key).await?;
    world.put_in_force("2027.1", &renamed("2027.1")).await?;
    let command = world.migration(&cast.manager, &key, from, world.active().await?).await?;
    // Somebody signs after the page was read: it named a move that voids nothing.
    world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Approve).await?;
    let events = world.events().await?;
    let stale = service.migrate_feature(&cast.manager, &key, command).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    assert_eq!(world.events().await?, events);
    let standing = "select count(*) from sign_off where ended is null and verdict = 'approve'
                    and phase = 'design'";
    assert_eq!(world.count(standing).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_move_names_what_it_voids_at_owed_gates_as_well() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let from = world.active().await?;
    let key = world.in_phase(Tier::Medium, "testing").await?;
    world.release(&key).await?;
    world.catch_up(&key, "testing").await?;
    // A denial keeps the gate owed while an approval stands.
    for (actor, verdict) in [(&cast.second, Verdict::Deny), (&cast.first, Verdict::Approve)] {
        world.pay(actor, &key, "testing", verdict, Role::SecurityReviewer).await?;
    }
    world.put_in_force("2027.1", &renamed("2027.1")).await?;
    let to = world.active().await?;
    let effect =
        service.migration_page(&cast.manager, &key, Some(to)).await?.effect.ok_or("nothing is shown")?;
    let voids: Vec<_> = effect.voids.iter().map(|it| (it.name.as_str(), it.gate.as_str())).collect();
    assert_eq!(voids, [(cast.first.name.as_str(), "Testing")]);
    let command = world.migration(&cast.manager, &key, from, to).await?;
    let told = service.migrate_feature(&asked(&cast.manager), &key, command.clone()).await;
    assert!(matches!(&told, Err(Error::WouldVoid(it)) if it.confirmation == effect.confirmation), "{told:?}");
    let confirmed = answering(&cast.manager, Voids::Confirmed(effect.confirmation));
    service.migrate_feature(&confirmed, &key, command).await?;
    let ended = "select count(*) from sign_off where ended = 'voided' and phase = 'testing'";
    assert_eq!(world.count(ended).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_waiver_counts_on_no_other_terms_than_those_in_force() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let from = world.active().await?;
    let (key, subject) = waived(&world).await?;
    let waiting = world.feature(Tier::Low).await?;
    let asked = missing(&world, &waiting).await?.subject();
    ask(&world, &cast.developer, &waiting, &asked).await?;
    assert!(!blocks(&world, &key, &subject).await?);
    let shown = async || -> TestResult<[bool; 3]> {
        let one = service.waiver_page(&cast.auditor, &key, 1).await?.outgrown;
        let list = service.waivers_page(&cast.auditor, &key, None).await?.outgrown == [1];
        let product = service.product_waivers(&cast.auditor, &key.product, None).await?.in_force;
        Ok([one, list, product.iter().all(|waiver| waiver.outgrown)])
    };
    assert_eq!(shown().await?, [false; 3]);

    let shorter = |version: &str| renamed(version).replacen("max_days = 90", "max_days = 10", 1);
    world.put_in_force("2027.1", &shorter("2027.1")).await?;
    let to = world.active().await?;
    let page = service.migration_page(&cast.manager, &key, Some(to)).await?;
    let appears = page.effect.ok_or("no effect")?.change.appears;
    assert!(appears.iter().any(|blocker| blocker.subject() == subject), "{appears:?}");
    world.migrate(&key, from, to).await?;
    assert!(blocks(&world, &key, &subject).await?, "the blocker is back");
    assert_eq!(shown().await?, [true; 3]);

    // What was asked for on the terms of before is approved on those of now, or not at all.
    world.migrate(&waiting, from, to).await?;
    let late = approve(&world, &cast.first, &waiting, 1).await;
    let too_long = matches!(&late, Err(Error::Refused(Refusal::Waiver(WaiverRefusal::TermTooLong(10)))));
    assert!(too_long, "{late:?}");

    // Other approvers do as other days.
    let approvers = "approvers = [\"security-reviewer\"]\nmax_days = 90";
    let other = renamed("2027.2").replacen(approvers, "approvers = [\"product-manager\"]\nmax_days = 90", 1);
    assert!(other.contains("product-manager\"]\nmax_days = 90"));
    world.put_in_force("2027.2", &other).await?;
    world.migrate(&key, to, world.active().await?).await?;
    assert!(blocks(&world, &key, &subject).await?);
    // And on terms that allow it again, it counts again until its last day.
    let last = world.active().await?;
    world.put_in_force("2027.3", &renamed("2027.3")).await?;
    world.migrate(&key, last, world.active().await?).await?;
    assert!(!blocks(&world, &key, &subject).await?);
    assert_eq!(shown().await?, [false; 3]);
    Ok(())
}

#[tokio::test]
async fn a_form_withdraws_the_sign_off_that_it_shows_and_no_other() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_phase(Tier::High, "design").await?;
    world.hand_over(&key).await?;
    let seat = Role::SecurityReviewer;
    let own = async || -> TestResult<String> {
        let past = service.review_page(&cast.first, &key).await?.sign_offs;
        let own = past.iter().find(|past| past.mine && past.current && past.ended.is_none());
        Ok(own.ok_or("they signed nothing")?.id.to_string())
    };
    let taking_back = |id: &str| {
        let form = [("sign-off", id), ("reason", "I read it again."), ("password", PASSWORD)];
        parsed(WithdrawSignOff::parse(&fields(&form)))
    };
    world.sign(&cast.first, &key, seat, Verdict::Approve).await?;
    let approval = own().await?;
    world.withdraw(&cast.first, &key).await?;
    world.tick();
    world.sign(&cast.first, &key, seat, Verdict::Deny).await?;
    let events = world.events().await?;
    let stale = service.withdraw_sign_off(&cast.first, &key, taking_back(&approval)?).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    assert_eq!(world.events().await?, events, "the veto stands");
    let veto = own().await?;
    // Nobody takes back what somebody else said.
    let theirs = service.withdraw_sign_off(&cast.second, &key, taking_back(&veto)?).await;
    assert!(matches!(theirs, Err(Error::NotFound)), "{theirs:?}");
    service.withdraw_sign_off(&cast.first, &key, taking_back(&veto)?).await?;
    Ok(())
}
