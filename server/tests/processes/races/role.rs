//! An approval, and the revocation of the role that it takes.

use http::StatusCode;
use sluice_domain::policy::Tier;
use sluice_service::products::RoleChange;

use super::{AT_ONCE, Arena, Balance, REVIEWER, approve};
use crate::support::TestResult;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_gate_opens_on_a_role_that_was_revoked() -> TestResult {
    let arena = Arena::open().await?;
    let (world, cast) = (&arena.world, arena.world.cast);
    let admin = arena.browser(&cast.admin).await?;
    let before = arena.reviewer("Quinn Before").await?;
    // One of their own for each lane: what is revoked in one of them is revoked in all.
    let mut signers = Vec::new();
    for lane in 0..AT_ONCE {
        signers.push(arena.reviewer(&format!("Lane {lane}")).await?);
    }
    let balance = Balance::default();
    arena
        .race("approve and revoke", async |lane, number| {
            let signer = &signers[lane];
            // Every other time the approval is the second of two.
            let second = number % 2 == 1;
            let key = arena.in_review(if second { Tier::High } else { Tier::Low }).await?;
            if second {
                arena.sign_before(&before, &key).await?;
            }
            let dossier = world.dossier(&key).await?.to_string();
            let (mine, theirs) = arena.ports(number / 2);
            let person = signer.actor.person.to_string();
            let revocation = [("person", person.as_str()), ("role", REVIEWER.code())];
            let path = format!("/products/{}/grants/revoke", key.product);
            let (approved, revoked) = arena
                .meet(
                    &balance,
                    approve(&signer.browser, mine, &key, &dossier),
                    admin.post(theirs, &path, &revocation),
                )
                .await?;
            assert_eq!(revoked.status, StatusCode::SEE_OTHER, "{key}: {}", revoked.body);
            let row = arena
                .watcher
                .query_one(
                    "select f.phase = 'run',
                            (select count(*) from sign_off s where s.feature_id = f.id and s.person_id = $2),
                            (select count(*) from sign_off s where s.feature_id = f.id and s.ended is null)
                     from feature f where f.number = $1",
                    &[&key.number, &signer.actor.person.uuid()],
                )
                .await?;
            let (opened, mine, standing): (bool, i64, i64) = (row.get(0), row.get(1), row.get(2));
            let earlier = i64::from(second);
            if opened {
                assert_eq!(approved.status, StatusCode::SEE_OTHER, "{key}");
                assert_eq!((mine, standing), (1, 1 + earlier), "{key}");
            } else {
                let refused = [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND].contains(&approved.status);
                assert!(refused, "{key}: {} {}", approved.status, approved.body);
                assert_eq!((mine, standing), (0, earlier), "{key}");
            }
            balance.note(opened);
            let change = RoleChange { person: signer.actor.person, role: REVIEWER };
            Ok(world.service.grant_role(&cast.admin, &key.product, change).await?)
        })
        .await?;
    arena.stands_on_firm_ground().await?;
    let (approvals, revocations) = balance.both_won()?;
    println!("the approval was first {approvals} times, the revocation {revocations} times");
    arena.close().await
}
