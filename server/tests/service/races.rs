//! Requests that meet: signing while the role is revoked, and several sign-offs at once.

use std::sync::atomic::{AtomicU32, Ordering};

use sluice_domain::{access::Role, gate::Verdict, ids::FeatureKey, lifecycle::Refusal, policy::Tier};
use sluice_service::{Error, products::RoleChange};
use tokio_postgres::Client;

use crate::support::{TestResult, World, steps::sign_form, until};

const REVIEWER: Role = Role::SecurityReviewer;

/// How many sessions of the application wait for a lock.
async fn waiting(raw: &Client) -> TestResult<i64> {
    let row = raw
        .query_one(
            "select count(*) from pg_stat_activity
             where datname = current_database() and application_name = 'sluice' and wait_event_type = 'Lock'",
            &[],
        )
        .await?;
    Ok(row.get(0))
}

/// How many sign-offs were given on a feature, and how many of them stand.
async fn given(raw: &Client, key: &FeatureKey) -> TestResult<(i64, i64)> {
    let row = raw
        .query_one(
            "select count(*), count(*) filter (where s.ended is null)
             from sign_off s join feature f on f.id = s.feature_id where f.number = $1",
            &[&key.number],
        )
        .await?;
    Ok((row.get(0), row.get(1)))
}

/// Signs with the password checked and the feature's row not yet locked, so that what comes next is the race itself.
struct Race<'a> {
    world: &'a World,
    key: &'a FeatureKey,
    /// Holds locks against the application.
    gatekeeper: Client,
    /// Looks on.
    watcher: Client,
    change: RoleChange,
}

impl<'a> Race<'a> {
    async fn on(world: &'a World, key: &'a FeatureKey) -> TestResult<Self> {
        Ok(Self {
            world,
            key,
            gatekeeper: world.as_superuser().await?,
            watcher: world.as_superuser().await?,
            change: RoleChange { person: world.cast.first.person, role: REVIEWER },
        })
    }

    /// Starts signing and returns when it waits for what `lock` holds.
    async fn sign_up_to(&self, lock: &str) -> TestResult<tokio::task::JoinHandle<Result<(), Error>>> {
        let covers = self.world.dossier(self.key).await?;
        self.gatekeeper.batch_execute(&format!("begin; {lock}")).await?;
        let (service, actor, key) =
            (self.world.service.clone(), self.world.cast.first.clone(), self.key.clone());
        let signing = tokio::spawn(async move {
            service.sign_gate(&actor, &key, sign_form(Verdict::Deny, REVIEWER, covers)).await.map(drop)
        });
        until("the signature waits for its lock", async || Ok(waiting(&self.watcher).await? == 1)).await?;
        Ok(signing)
    }

    async fn revoke(&self) -> Result<(), Error> {
        let product = self.key.product.clone();
        self.world.service.revoke_role(&self.world.cast.admin, &product, self.change).await
    }

    /// Puts everything back for another round: a sign-off that was given fell with the role.
    async fn again(&self) -> TestResult {
        Ok(self.world.service.grant_role(&self.world.cast.admin, &self.key.product, self.change).await?)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_revocation_is_acknowledged_nobody_signs() -> TestResult {
    let world = World::new().await?;
    let key = world.in_review(Tier::Low).await?;
    let race = Race::on(&world, &key).await?;
    let lock_feature = format!("select from feature where number = {} for update", key.number);

    for round in 0..50_u32 {
        let (before, _) = given(&race.watcher, &key).await?;
        let signing = race.sign_up_to(&lock_feature).await?;
        // Both start at once; the head start changes from round to round, a round trip or so at a time.
        let revoking = async {
            for _ in 0..round % 5 {
                race.watcher.simple_query("select 1").await.map_err(Error::internal)?;
            }
            race.revoke().await
        };
        let (released, revoked) = tokio::join!(race.gatekeeper.batch_execute("commit"), revoking);
        released?;
        revoked?;
        let at_acknowledgement = given(&race.watcher, &key).await?;
        let signed = signing.await?;
        assert_eq!(
            given(&race.watcher, &key).await?,
            at_acknowledgement,
            "round {round}: a sign-off came after the revocation was acknowledged: {signed:?}"
        );
        let (now, standing) = at_acknowledgement;
        assert_eq!((signed.is_ok(), standing), (now == before + 1, 0), "round {round}: {signed:?}");
        assert!(
            matches!(signed, Ok(()) | Err(Error::Denied(_) | Error::NotFound)),
            "round {round}: the loser is told why: {signed:?}"
        );
        race.again().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_waits_for_the_signature_under_way() -> TestResult {
    let world = World::new().await?;
    let key = world.in_review(Tier::Low).await?;
    let race = Race::on(&world, &key).await?;

    // Past its authorization, the signature waits to be stored. The revocation has to wait for it.
    let signing = race.sign_up_to("lock table sign_off in share mode").await?;
    let revoking = {
        let (service, admin, product, change) =
            (world.service.clone(), world.cast.admin.clone(), key.product.clone(), race.change);
        tokio::spawn(async move { service.revoke_role(&admin, &product, change).await })
    };
    until("the revocation waits, or is done", async || {
        Ok(waiting(&race.watcher).await? == 2 || revoking.is_finished())
    })
    .await?;
    assert!(!revoking.is_finished(), "the revocation did not wait for the signature that the role allowed");
    race.gatekeeper.batch_execute("commit").await?;
    signing.await??;
    revoking.await??;
    assert_eq!(given(&race.watcher, &key).await?, (1, 0), "it was given, and fell with the role");
    race.again().await?;

    // The other way round: revoked first, and the signature that was on its way is denied.
    let lock_feature = format!("select from feature where number = {} for update", key.number);
    let signing = race.sign_up_to(&lock_feature).await?;
    race.revoke().await?;
    race.gatekeeper.batch_execute("commit").await?;
    let signed = signing.await?;
    assert!(matches!(signed, Err(Error::Denied(_) | Error::NotFound)), "{signed:?}");
    assert_eq!(given(&race.watcher, &key).await?, (1, 0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_approvals_at_once_one_opens_the_gate() -> TestResult {
    let world = World::new().await?;
    let opened = AtomicU32::new(0);
    for _ in 0..10 {
        let key = world.in_review(Tier::Low).await?;
        let covers = world.dossier(&key).await?;
        let sign = async |actor| {
            let outcome =
                world.service.sign_gate(actor, &key, sign_form(Verdict::Approve, REVIEWER, covers)).await;
            match outcome {
                Ok(_) => drop(opened.fetch_add(1, Ordering::Relaxed)),
                Err(Error::Refused(Refusal::NotInReview)) => {}
                Err(other) => return Err(other),
            }
            Ok(())
        };
        // The same person from two windows, and another one.
        tokio::try_join!(sign(&world.cast.first), sign(&world.cast.first), sign(&world.cast.second))?;
    }
    assert_eq!(opened.into_inner(), 10);
    assert_eq!(world.count("select count(*) from audit.event where verb = 'gate.opened'").await?, 10);
    assert_eq!(world.count("select count(*) from audit.event where verb = 'gate.signed'").await?, 10);
    assert_eq!(world.count("select count(*) from sign_off").await?, 10);
    assert_eq!(world.count("select count(*) from feature where phase = 'design' and cycle = 1").await?, 10);
    Ok(())
}
