//! Days are those of the policy's zone: what ends with a day ends when that day is over there.

use sluice_domain::{access::Role, notification::Notice, policy::Tier, text::ProductKey};
use sluice_service::new_form_id;
use time::{
    Duration, OffsetDateTime,
    macros::{date, datetime},
};

use crate::{
    delegation::seat_form,
    policies::renamed,
    support::{TestResult, World},
    waivers::{approve, ask, blocks, missing},
};

/// The first place on earth where a day ends, fourteen hours before it does in UTC.
const ZONE: &str = "Pacific/Kiritimati";
/// When 20 November is over there.
const UNTIL: OffsetDateTime = datetime!(2026-11-20 10:00 UTC);

/// Activates the built-in policy with another zone.
async fn moved(world: &World) -> TestResult {
    let text = renamed("2027.7").replacen("zone = \"UTC\"", &format!("zone = \"{ZONE}\""), 1);
    let from = world.active().await?;
    world.imported("2027.7", &text).await?;
    world.look("2027.7", "").await?;
    let command = World::activation(&new_form_id(), Some(from))?;
    world.service.activate_policy(&world.cast.admin, "sdl", "2027.7", command).await?;
    world.tick();
    Ok(())
}

#[tokio::test]
async fn a_waiver_and_a_seat_end_with_their_day_in_the_zone_of_the_policy() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    moved(&world).await?;
    let key = world.feature(Tier::Low).await?;
    let subject = missing(&world, &key).await?.subject();
    ask(&world, &cast.developer, &key, &subject).await?;
    approve(&world, &cast.first, &key, 1).await?;
    let page = service.waiver_page(&cast.manager, &key, 1).await?;
    assert_eq!(page.waiver.until, UNTIL);
    assert_eq!(page.summary.calendar.zone(), ZONE);
    let of_product = service.product_waivers(&cast.manager, &key.product, None).await?;
    assert_eq!(of_product.in_force[0].last_day, date!(2026 - 11 - 20));
    let told = service.notifications(&cast.developer, None).await?.items;
    let approved = Notice::WaiverApproved { number: 1, until: date!(2026 - 11 - 20) };
    assert!(told.iter().any(|item| item.notice == approved), "{told:?}");

    let product: ProductKey = "PAY".parse()?;
    let handed = seat_form(&cast.releaser, Role::SecurityReviewer, "", "2026-11-20")?;
    service.delegate_seat(&cast.first, &product, handed).await?;
    let page = service.delegations(&cast.first, &product, None).await?;
    assert_eq!((page.zone.as_str(), page.items[0].until_at), (ZONE, UNTIL));

    world.clock.advance(UNTIL - world.clock.now() - Duration::SECOND);
    assert!(!blocks(&world, &key, &subject).await?);
    assert!(service.delegations(&cast.first, &product, None).await?.items[0].is_open(world.clock.now()));
    world.clock.advance(Duration::SECOND);
    assert!(blocks(&world, &key, &subject).await?);
    assert!(!service.delegations(&cast.first, &product, None).await?.items[0].is_open(world.clock.now()));
    Ok(())
}
