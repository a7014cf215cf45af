//! Seats that are handed on for a while: one seat for two people, both names on the record, and nobody signs what either
//! of the two wrote.

use sluice_domain::{
    access::{Action, Role},
    audit::Verb,
    form::Problem,
    gate::Verdict,
    ids::FeatureKey,
    lifecycle::{Progress, Refusal, SignedOwed},
    policy::Tier,
    text::ProductKey,
};
use sluice_service::{
    Actor, Error,
    delegations::{DelegateSeat, EndDelegation},
    gates::SignGate,
    new_form_id,
    work::{Task, Why},
};
use time::Duration;

use crate::{
    line::{new_value, story},
    support::{
        TestResult, World,
        cast::PASSWORD,
        fields,
        steps::{parsed, phase_key, sign_form},
    },
};

const REVIEWER: Role = Role::SecurityReviewer;

pub(crate) fn seat_form(to: &Actor, role: Role, first: &str, last: &str) -> TestResult<DelegateSeat> {
    let to = to.person.to_string();
    parsed(DelegateSeat::parse(&fields(&[
        ("id", &new_form_id()),
        ("to", &to),
        ("role", role.code()),
        ("first", first),
        ("last", last),
        ("reason", "On leave."),
        ("password", PASSWORD),
    ])))
}

async fn hand_on(world: &World, from: &Actor, to: &Actor) -> Result<(), Error> {
    let product: ProductKey = "PAY".parse().map_err(Error::internal)?;
    let command = seat_form(to, REVIEWER, "", "2026-11-20").map_err(Error::internal)?;
    world.service.delegate_seat(from, &product, command).await
}

/// Signs in the seat of somebody else.
async fn sign_for(
    world: &World,
    by: &Actor,
    whose: &Actor,
    key: &FeatureKey,
) -> TestResult<Result<Progress, Error>> {
    let covers = world.dossier(key).await?;
    let command =
        SignGate { on_behalf_of: Some(whose.person), ..sign_form(Verdict::Approve, REVIEWER, covers) };
    Ok(world.service.sign_gate(by, key, command).await)
}

#[tokio::test]
async fn a_seat_that_was_handed_on_is_signed_from_with_both_names() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_phase(Tier::High, "design").await?;
    world.hand_over(&key).await?;
    let refused = sign_for(&world, &cast.releaser, &cast.first, &key).await?;
    assert!(
        matches!(&refused, Err(Error::Invalid(problems)) if problems[0].problem == Problem::NotAChoice),
        "{refused:?}"
    );
    hand_on(&world, &cast.first, &cast.releaser).await?;
    let page = service.review_page(&cast.releaser, &key).await?.attempt.ok_or("no attempt")?;
    assert_eq!(page.delegated.len(), 1);
    assert!(page.delegated[0].name == cast.first.name && page.delegated[0].seats.is_ok());

    let waits = service.my_work(&cast.releaser).await?.mine;
    assert!(
        waits.iter().any(|item| matches!(&item.why, Why::SignsFor { name, .. } if *name == cast.first.name)),
        "{waits:?}"
    );
    sign_for(&world, &cast.releaser, &cast.first, &key).await??;
    world.tick();
    let page = service.review_page(&cast.first, &key).await?;
    let signed = &page.sign_offs[0];
    assert_eq!(signed.name, cast.releaser.name);
    assert_eq!(signed.on_behalf_of.as_deref(), Some(cast.first.name.as_str()));
    let event = story(&world, &key).await?;
    let event = event.iter().rfind(|entry| entry.verb == Some(Verb::GateSigned)).ok_or("no event")?;
    assert!(new_value(event, "on-behalf-of").is_some());
    // The seat is taken: neither of the two signs again, in whatever seat.
    let own = world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await;
    assert!(matches!(own, Err(Error::Refused(Refusal::AlreadySigned))), "{own:?}");
    hand_on(&world, &cast.second, &cast.releaser).await?;
    let twice = sign_for(&world, &cast.releaser, &cast.second, &key).await?;
    assert!(matches!(twice, Err(Error::Refused(Refusal::AlreadySigned))), "{twice:?}");
    // Who signed takes it back, and the seat is free again.
    world.withdraw(&cast.releaser, &key).await?;
    world.tick();
    world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await?;
    let progress = world.sign(&cast.second, &key, REVIEWER, Verdict::Approve).await?;
    assert_eq!(progress.attempt()?.phase.as_str(), "development");
    Ok(())
}

#[tokio::test]
async fn a_seat_that_was_handed_on_signs_what_an_emergency_left_owed_by_the_same_rules() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_phase(Tier::Low, "testing").await?;
    world.release(&key).await?;
    world.catch_up(&key, "testing").await?;
    let phase = phase_key("testing")?;
    let sign_owed = async |by: &Actor, whose: &Actor| -> TestResult<Result<SignedOwed, Error>> {
        world.tick();
        let page = service.owed_page(by, &key, &phase).await?;
        let covers = page.owed.ok_or("nothing is owed")?.dossier;
        let form =
            SignGate { on_behalf_of: Some(whose.person), ..sign_form(Verdict::Approve, REVIEWER, covers) };
        Ok(service.sign_owed(by, &key, &phase, form).await)
    };
    let stand_in = &cast.stakeholder;
    let refused = sign_owed(stand_in, &cast.first).await?;
    assert!(
        matches!(&refused, Err(Error::Invalid(problems)) if problems[0].problem == Problem::NotAChoice),
        "{refused:?}"
    );
    // Never what one of the two wrote: the tester wrote a part of it.
    hand_on(&world, &cast.second, &cast.tester).await?;
    let page = service.owed_page(&cast.tester, &key, &phase).await?.owed.ok_or("nothing is owed")?;
    assert!(matches!(page.delegated[0].seats, Err(Refusal::Contributor)), "{:?}", page.delegated);
    let wrote = sign_owed(&cast.tester, &cast.second).await?;
    assert!(matches!(wrote, Err(Error::Refused(Refusal::Contributor))), "{wrote:?}");

    hand_on(&world, &cast.first, stand_in).await?;
    let page = service.owed_page(stand_in, &key, &phase).await?.owed.ok_or("nothing is owed")?;
    assert!(page.delegated[0].name == cast.first.name && page.delegated[0].seats.is_ok());
    let mine = service.my_work(stand_in).await?.mine;
    assert!(
        mine.iter().any(|item| matches!(
            (&item.what, &item.why),
            (Task::SignOwed { .. }, Why::SignsFor { name, .. }) if *name == cast.first.name
        )),
        "{mine:?}"
    );
    assert_eq!(sign_owed(stand_in, &cast.first).await??, SignedOwed::Pays);
    let page = service.owed_page(&cast.first, &key, &phase).await?;
    assert!(page.paid_at.is_some());
    assert_eq!(page.sign_offs[0].name, stand_in.name);
    assert_eq!(page.sign_offs[0].on_behalf_of.as_deref(), Some(cast.first.name.as_str()));
    let event = story(&world, &key).await?;
    let event = event.iter().rfind(|entry| entry.verb == Some(Verb::GateSigned)).ok_or("no event")?;
    assert!(new_value(event, "on-behalf-of").is_some());
    Ok(())
}

#[tokio::test]
async fn nobody_signs_for_another_what_either_of_them_wrote() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_review(Tier::Low).await?;
    // The manager wrote the scope.
    hand_on(&world, &cast.first, &cast.manager).await?;
    let refused = sign_for(&world, &cast.manager, &cast.first, &key).await?;
    assert!(matches!(refused, Err(Error::Refused(Refusal::Contributor))), "{refused:?}");
    let page = world.service.review_page(&cast.manager, &key).await?.attempt.ok_or("no attempt")?;
    assert!(matches!(page.delegated[0].seats, Err(Refusal::Contributor)), "the page says so before");
    Ok(())
}

#[tokio::test]
async fn a_delegation_counts_for_its_time_and_as_long_as_its_ground_holds() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let product: ProductKey = "PAY".parse()?;
    let key = world.in_phase(Tier::High, "design").await?;
    world.hand_over(&key).await?;
    let stand_in = &cast.stakeholder;
    let today = world.clock.now().date();
    let (tomorrow, after) =
        (today.next_day().ok_or("no day")?, today.next_day().and_then(time::Date::next_day).ok_or("no day")?);
    let later = seat_form(stand_in, REVIEWER, &tomorrow.to_string(), &after.to_string())?;
    service.delegate_seat(&cast.first, &product, later).await?;
    let seats = async || -> TestResult<usize> {
        Ok(service.review_page(stand_in, &key).await?.attempt.ok_or("no attempt")?.delegated.len())
    };
    assert_eq!(seats().await?, 0, "not yet");
    world.clock.advance(Duration::DAY);
    assert_eq!(seats().await?, 1);
    // Without the role, there is no seat to sign from.
    let change = sluice_service::products::RoleChange { person: cast.first.person, role: REVIEWER };
    service.revoke_role(&cast.admin, &product, change).await?;
    assert_eq!(seats().await?, 0);
    service.grant_role(&cast.admin, &product, change).await?;
    assert_eq!(seats().await?, 1);
    world.clock.advance(Duration::days(2));
    assert_eq!(seats().await?, 0, "over");
    let over = sign_for(&world, stand_in, &cast.first, &key).await?;
    assert!(matches!(over, Err(Error::Invalid(_))), "{over:?}");

    // Taken back before its time, by nobody but whose seat it is.
    hand_on(&world, &cast.first, stand_in).await?;
    assert_eq!(seats().await?, 1);
    let page = service.delegations(&cast.first, &product, None).await?;
    let newest = &page.items[0];
    assert!(newest.mine && newest.is_open(page.now) && newest.to == stand_in.name);
    let end = EndDelegation { id: newest.id };
    let others = service.end_delegation(&cast.second, &product, end).await;
    assert!(matches!(others, Err(Error::NotFound)), "{others:?}");
    service.end_delegation(&cast.first, &product, end).await?;
    assert_eq!(seats().await?, 0);
    let again = service.end_delegation(&cast.first, &product, end).await;
    assert!(matches!(again, Err(Error::NotFound)), "{again:?}");
    Ok(())
}

#[tokio::test]
async fn a_seat_is_handed_on_by_who_has_it_to_somebody_of_the_product_for_ninety_days_at_most() -> TestResult
{
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let product: ProductKey = "PAY".parse()?;
    let hand =
        async |from: &Actor, command: DelegateSeat| service.delegate_seat(from, &product, command).await;
    let problem = |outcome: Result<(), Error>| match outcome {
        Err(Error::Invalid(problems)) => Some((problems[0].field, problems[0].problem.clone())),
        _ => None,
    };
    let last = "2026-11-20";
    let none = hand(&cast.developer, seat_form(&cast.tester, REVIEWER, "", last)?).await;
    assert!(matches!(none, Err(Error::Denied(Action::DelegateSeat))), "{none:?}");
    let other = hand(&cast.first, seat_form(&cast.tester, Role::ReleaseManager, "", last)?).await;
    assert!(matches!(other, Err(Error::Denied(Action::DelegateSeat))), "{other:?}");
    for outsider in [&cast.stranger, &cast.auditor, &cast.first] {
        let found = problem(hand(&cast.first, seat_form(outsider, REVIEWER, "", last)?).await);
        assert_eq!(found, Some(("to", Problem::NotInProduct)), "{}", outsider.name);
    }
    let past = problem(hand(&cast.first, seat_form(&cast.tester, REVIEWER, "2026-11-01", last)?).await);
    assert_eq!(past, Some(("first", Problem::DayOver)));
    let long = problem(hand(&cast.first, seat_form(&cast.tester, REVIEWER, "", "2027-02-28")?).await);
    assert!(matches!(long, Some(("last", Problem::DayTooLate { .. }))), "{long:?}");
    let unheard = service.delegations(&cast.stranger, &product, None).await;
    assert!(matches!(unheard, Err(Error::NotFound)), "{unheard:?}");
    // Sent twice, it is one.
    let form = new_form_id();
    for _ in 0..2 {
        let mut command = seat_form(&cast.tester, REVIEWER, "", last)?;
        command.id = form.parse()?;
        hand(&cast.first, command).await?;
    }
    assert_eq!(world.count("select count(*) from delegation").await?, 1);
    assert_eq!(world.count("select count(*) from audit.event where verb = 'seat.delegated'").await?, 1);
    Ok(())
}
