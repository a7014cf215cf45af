//! What people are told of a feature's course: that it rests and goes on, that it moved back, that an emergency released
//! it, that its policy is another.

use sluice_domain::{
    access::Role,
    gate::Verdict,
    ids::FeatureKey,
    notification::{Because, Notice},
    policy::Tier,
};
use sluice_service::{Actor, course::CallOffEmergency, new_form_id};

use crate::{
    course::Step,
    policies::renamed,
    support::{
        TestResult, World,
        steps::{phase_key, sign_form},
    },
};

const REVIEWER: Role = Role::SecurityReviewer;

impl World {
    /// Why somebody was told this, the newest first.
    async fn told_why(&self, who: &Actor, code: &str) -> TestResult<Vec<Because>> {
        let told = self.service.notifications(who, None).await?.items;
        Ok(told.iter().filter(|told| told.notice.code() == code).map(|told| told.because).collect())
    }

    async fn watched(&self, who: &Actor, key: &FeatureKey) -> TestResult {
        Ok(self.service.watch(who, key, true).await?)
    }
}

#[tokio::test]
async fn whoever_has_the_turn_and_whoever_watches_is_told_of_a_rest() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_review(Tier::Low).await?;
    world.watched(&cast.tester, &key).await?;
    for (step, code) in [
        (Step::Hold, "held"),
        (Step::Resume, "resumed"),
        (Step::Cancel, "cancelled"),
        (Step::Reopen, "reopened"),
    ] {
        world.tick();
        world.rest(&cast.manager, &key, step, &new_form_id()).await?;
        for reviewer in [&cast.first, &cast.second] {
            assert_eq!(world.told_why(reviewer, code).await?, [Because::Role], "{code}");
        }
        assert_eq!(world.told_why(&cast.tester, code).await?, [Because::Watcher], "{code}");
        for other in [&cast.manager, &cast.stakeholder, &cast.releaser, &cast.stranger, &cast.auditor] {
            assert!(world.told_why(other, code).await?.is_empty(), "{code}: {}", other.name);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_move_back_is_told_to_those_whose_sign_offs_it_ends_and_to_the_team() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_phase(Tier::High, "design").await?;
    world.hand_over(&key).await?;
    world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await?;
    world.watched(&cast.stakeholder, &key).await?;
    world.tick();
    world.move_back(&cast.manager, &key, "requirements").await?;
    let code = "moved-back";
    assert_eq!(world.told_why(&cast.first, code).await?, [Because::Signer]);
    assert_eq!(world.told_why(&cast.stakeholder, code).await?, [Because::Watcher]);
    assert!(world.told_why(&cast.second, code).await?.is_empty(), "they had no part in it");
    let told = world.service.notifications(&cast.first, None).await?.items;
    assert!(
        matches!(&told[0].notice, Notice::MovedBack { gate } if gate.phase.as_str() == "requirements"),
        "{:?}",
        told[0]
    );
    Ok(())
}

#[tokio::test]
async fn an_emergency_is_told_to_who_can_agree_and_then_to_who_has_to_sign() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_phase(Tier::Low, "testing").await?;
    world.watched(&cast.stakeholder, &key).await?;
    let id = new_form_id();
    world.propose(&cast.releaser, &key, &id).await?;
    for (actor, why) in [
        (&cast.first, Because::Role),
        (&cast.second, Because::Role),
        (&cast.developer, Because::Role),
        (&cast.manager, Because::Owner),
    ] {
        assert_eq!(world.told_why(actor, "emergency-proposed").await?, [why], "{}", actor.name);
    }
    assert!(world.told_why(&cast.releaser, "emergency-proposed").await?.is_empty(), "they know");
    let off = CallOffEmergency { emergency: id.parse()?, reason: "Rolled back instead.".parse()? };
    service.call_off_emergency(&cast.second, &key, off).await?;
    assert_eq!(world.told_why(&cast.releaser, "emergency-called-off").await?, [Because::Asker]);
    assert_eq!(world.told_why(&cast.manager, "emergency-called-off").await?, [Because::Owner]);

    world.tick();
    world.release(&key).await?;
    let code = "emergency-released";
    for (actor, why) in [
        (&cast.manager, Because::Owner),
        (&cast.releaser, Because::Asker),
        (&cast.second, Because::Role),
        (&cast.stakeholder, Because::Watcher),
    ] {
        let told = world.told_why(actor, code).await?;
        assert_eq!(told, [why], "{}", actor.name);
    }
    let told = service.notifications(&cast.manager, None).await?.items;
    let released = told.iter().find(|told| told.notice.code() == code).ok_or("not told")?;
    assert!(
        matches!(&released.notice, Notice::EmergencyReleased { owed, .. } if owed.len() == 2),
        "{released:?}"
    );

    // Signed afterwards, its owner and who watches it hear that nothing is owed there any more.
    world.catch_up(&key, "testing").await?;
    let phase = phase_key("testing")?;
    let covers = service.owed_page(&cast.second, &key, &phase).await?.owed.ok_or("nothing is owed")?.dossier;
    service.sign_owed(&cast.second, &key, &phase, sign_form(Verdict::Approve, REVIEWER, covers)).await?;
    assert_eq!(world.told_why(&cast.manager, "gate-paid").await?, [Because::Owner]);
    assert_eq!(world.told_why(&cast.stakeholder, "gate-paid").await?, [Because::Watcher]);
    assert!(world.told_why(&cast.second, "gate-paid").await?.is_empty(), "they know");
    Ok(())
}

#[tokio::test]
async fn another_version_of_the_policy_is_told_to_whoever_has_the_turn() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_review(Tier::Low).await?;
    world.watched(&cast.stakeholder, &key).await?;
    let from = world.active().await?;
    world.put_in_force("2027.3", &renamed("2027.3")).await?;
    let to = world.active().await?;
    let command = world.migration(&cast.admin, &key, from, to).await?;
    service.migrate_feature(&cast.admin, &key, command).await?;
    let code = "policy-migrated";
    assert_eq!(world.told_why(&cast.manager, code).await?, [Because::Owner]);
    assert_eq!(world.told_why(&cast.first, code).await?, [Because::Role]);
    assert_eq!(world.told_why(&cast.stakeholder, code).await?, [Because::Watcher]);
    assert!(world.told_why(&cast.tester, code).await?.is_empty());
    Ok(())
}
