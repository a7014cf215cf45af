//! Sign-offs whose seat is gone: they count for nothing from that moment on, whether or not anything has noted it.

use sluice_domain::{
    access::Role,
    gate::{Blocker, Verdict},
    ids::FeatureKey,
    policy::Tier,
    text::ProductKey,
};
use sluice_service::{Actor, new_form_id, people::AccountChange, products::RoleChange};

use crate::{
    course::Step,
    support::{TestResult, World, fields, steps::parsed},
};

const REVIEWER: Role = Role::SecurityReviewer;

impl World {
    /// A feature whose gate waits for two security reviewers.
    async fn for_two(&self) -> TestResult<FeatureKey> {
        let key = self.in_phase(Tier::High, "design").await?;
        self.hand_over(&key).await?;
        Ok(key)
    }

    /// How many security reviewers still have to sign.
    async fn missing(&self, key: &FeatureKey) -> TestResult<u8> {
        let blockers = self.blockers(key).await?;
        Ok(blockers
            .iter()
            .find_map(|blocker| match blocker {
                Blocker::SignOffsMissing { role: REVIEWER, have, need } => Some(need - have),
                _ => None,
            })
            .unwrap_or_default())
    }

    /// How many sign-offs of somebody were voided for want of a seat, by Sluice itself.
    async fn fallen(&self, who: &Actor) -> TestResult<i64> {
        let person = who.person;
        self.count(&format!(
            "select count(*) from sign_off s join audit.event e on e.object_id = s.id::text
             where s.person_id = '{person}' and s.ended = 'voided' and s.ended_reason like 'The role%'
               and e.verb = 'sign-off.voided' and e.actor is null"
        ))
        .await
    }

    async fn is_in_design(&self, key: &FeatureKey) -> TestResult<bool> {
        let progress = self.service.feature_page(&self.cast.manager, key).await?.summary.progress;
        Ok(progress.attempt()?.phase.as_str() == "design")
    }
}

/// Nor does a hold keep it: the role that is given back while the feature rests brings back nothing.
#[tokio::test]
async fn a_sign_off_falls_with_its_role_while_the_feature_is_on_hold() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.for_two().await?;
    let product: ProductKey = "PAY".parse()?;
    let change = || RoleChange { person: cast.first.person, role: REVIEWER };
    world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await?;
    world.rest(&cast.manager, &key, Step::Hold, &new_form_id()).await?;
    world.tick();
    service.revoke_role(&cast.admin, &product, change()).await?;
    assert_eq!(world.fallen(&cast.first).await?, 1);
    world.tick();
    service.grant_role(&cast.admin, &product, change()).await?;
    world.rest(&cast.manager, &key, Step::Resume, &new_form_id()).await?;
    assert_eq!((world.missing(&key).await?, world.fallen(&cast.first).await?), (2, 1));
    Ok(())
}

#[tokio::test]
async fn a_sign_off_falls_with_the_role_in_which_it_was_given() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.for_two().await?;
    let product: ProductKey = "PAY".parse()?;
    let change = RoleChange { person: cast.first.person, role: REVIEWER };
    world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await?;
    assert_eq!(world.missing(&key).await?, 1);
    world.tick();
    service.revoke_role(&cast.admin, &product, change).await?;
    assert_eq!((world.missing(&key).await?, world.fallen(&cast.first).await?), (2, 1));
    let told = service.notifications(&cast.first, None).await?;
    assert!(told.items.is_empty(), "of a product without a role in it nobody is told: {told:?}");
    world.tick();
    world.sign(&cast.second, &key, REVIEWER, Verdict::Approve).await?;
    assert!(world.is_in_design(&key).await?, "one of two is not enough");
    // The role back does not bring the sign-off back: it is given anew.
    service.grant_role(&cast.admin, &product, change).await?;
    assert_eq!(world.missing(&key).await?, 1);
    world.tick();
    world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await?;
    assert!(!world.is_in_design(&key).await?);
    Ok(())
}

/// As after a server that stopped between the change of roles and what follows it: the sign-off of the role that is gone
/// ends before the next one is looked at, so it neither stands in its way nor counts beside it.
#[tokio::test]
async fn who_has_another_seat_by_now_signs_in_that_one() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_phase(Tier::High, "release").await?;
    world.hand_over(&key).await?;
    world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await?;
    let database = world.as_superuser().await?;
    database
        .batch_execute(&format!(
            "set session_replication_role = replica;
             update product_grant set role = 'release-manager'
             where person_id = '{}' and role = 'security-reviewer'",
            cast.first.person
        ))
        .await?;
    world.tick();
    world.sign(&cast.first, &key, Role::ReleaseManager, Verdict::Approve).await?;
    assert_eq!((world.missing(&key).await?, world.fallen(&cast.first).await?), (1, 1));
    world.tick();
    world.sign(&cast.second, &key, REVIEWER, Verdict::Approve).await?;
    let progress = world.service.feature_page(&cast.manager, &key).await?.summary.progress;
    assert_eq!(progress.attempt()?.phase.as_str(), "post-release");
    Ok(())
}

/// As after a server that stopped between the revocation and what follows it.
#[tokio::test]
async fn nothing_counts_on_a_seat_that_is_gone_before_anybody_noted_it() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.for_two().await?;
    world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await?;
    let person = cast.first.person;
    // Around the history too, which only the program's own transactions can write.
    let database = world.as_superuser().await?;
    database
        .batch_execute(&format!(
            "set session_replication_role = replica;
             delete from product_grant where person_id = '{person}' and role = 'security-reviewer'"
        ))
        .await?;
    assert_eq!(
        (world.missing(&key).await?, world.fallen(&cast.first).await?),
        (2, 0),
        "not noted, not counted"
    );
    world.tick();
    world.sign(&cast.second, &key, REVIEWER, Verdict::Approve).await?;
    assert!(world.is_in_design(&key).await?, "one of two is not enough");
    assert_eq!((world.missing(&key).await?, world.fallen(&cast.first).await?), (1, 1), "noted on the way");
    Ok(())
}

#[tokio::test]
async fn the_veto_of_a_disabled_account_holds_nobody_up() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.for_two().await?;
    world.sign(&cast.first, &key, REVIEWER, Verdict::Deny).await?;
    let vetoed = async || -> TestResult<bool> {
        Ok(world.blockers(&key).await?.iter().any(|blocker| matches!(blocker, Blocker::Vetoed { .. })))
    };
    assert!(vetoed().await?);
    world.tick();
    let version = service.person(&cast.admin, cast.first.person).await?.version;
    let form = fields(&[("version", &version.to_string()), ("reason", "Left the company.")]);
    let change = parsed(AccountChange::parse(&form))?;
    service.disable_person(&cast.admin, cast.first.person, change).await?;
    assert!(!vetoed().await?);
    assert_eq!((world.missing(&key).await?, world.fallen(&cast.first).await?), (2, 1));
    Ok(())
}
