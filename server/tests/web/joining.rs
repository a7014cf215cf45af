//! One-time links: invitations, and the set-up of a fresh workspace.

use secrecy::ExposeSecret as _;
use sluice_service::people::AccountChange;
use time::Duration;

use crate::support::{
    Browser, PASSWORD, TestResult, World,
    seed::{ADMIN, MANAGER},
};

const FORM: [(&str, &str); 3] =
    [("name", "Ivy"), ("new-password", PASSWORD), ("new-password-again", PASSWORD)];

/// A link that does not work says so, the same whatever the reason, and makes no account.
async fn is_over(world: &World, at: &str) -> TestResult<String> {
    let page = Browser::new(world).get(at).await?;
    assert_eq!(page.code(), 404, "{at}");
    let answer = Browser::new(world).post(at, &FORM).await?;
    assert_eq!(answer.code(), 404, "{at}");
    assert!(answer.cookies().is_empty(), "{at}");
    let nonce = crate::pages::nonce(page.header("content-security-policy")).ok_or("no nonce")?.to_owned();
    Ok(page.text().replace(&nonce, "(nonce)").replace(at, "(address)"))
}

async fn people(world: &World) -> TestResult<String> {
    world.text("select count(*)::text from person").await
}

#[tokio::test]
async fn an_invitation_works_once() -> TestResult {
    let world = World::new().await?;
    let at = format!("/join/{}", world.seed.token);
    let mut browser = Browser::new(&world);
    let page = browser.get(&at).await?;
    assert_eq!((page.code(), page.header("referrer-policy")), (200, "same-origin"));
    let many = people(&world).await?;
    let refused = browser
        .post(&at, &[("name", "Ivy"), ("new-password", "password"), ("new-password-again", "password")])
        .await?;
    assert_eq!((refused.code(), people(&world).await?), (422, many), "a refusal does not use it up");
    let answer = browser.post(&at, &FORM).await?;
    assert_eq!((answer.code(), answer.location()), (303, "/"));
    assert_eq!(browser.get("/account").await?.code(), 200, "and one is signed in");
    let many = people(&world).await?;
    let used = is_over(&world, &at).await?;
    let never = is_over(&world, &format!("/join/{}", "0".repeat(64))).await?;
    assert_eq!(used, never, "nobody learns that there was such a link");
    is_over(&world, "/join/x").await?;
    is_over(&world, "/join/%00").await?;
    is_over(&world, &format!("/join/{}", world.seed.token.to_uppercase())).await?;
    assert_eq!(people(&world).await?, many);
    Ok(())
}

#[tokio::test]
async fn two_who_open_it_at_once_are_one_account() -> TestResult {
    let world = World::new().await?;
    let at = format!("/join/{}", world.seed.token);
    let (mut first, mut second) = (Browser::new(&world), Browser::new(&world));
    let (one, two) = tokio::join!(first.post(&at, &FORM), second.post(&at, &FORM));
    let mut codes = [one?.code(), two?.code()];
    codes.sort_unstable();
    assert!(codes == [303, 404] || codes == [303, 422], "{codes:?}");
    assert_eq!(
        world.text("select count(*)::text from person where email = 'invited@example.org'").await?,
        "1"
    );
    Ok(())
}

#[tokio::test]
async fn an_invitation_ends_with_its_time_its_withdrawal_and_its_author() -> TestResult {
    let world = World::new().await?;
    let at = format!("/join/{}", world.seed.token);
    world.clock.advance(Duration::days(7));
    is_over(&world, &at).await?;

    let world = World::new().await?;
    let mut admin = Browser::signed_in(&world, ADMIN).await?;
    let withdraw = format!("/people/invitations/{}/withdraw", world.seed.invitation);
    assert_eq!(admin.post(&withdraw, &[]).await?.code(), 303);
    is_over(&world, &at).await?;
    assert_eq!(admin.post(&withdraw, &[]).await?.code(), 404);

    // The link is shown once, and a new one for the same address takes its place.
    let form = [("email", "second@example.org"), ("name", "Sec Ond"), ("workspace-role", "administrator")];
    let mut links = Vec::new();
    for _ in 0..2 {
        let answer = admin.post("/people/invite", &form).await?;
        assert_eq!(answer.code(), 200);
        let page = answer.page();
        let link = page.all("input").find(|input| input.attribute("id") == Some("link"));
        let link = link.and_then(|input| input.attribute("value")).ok_or("no link")?.to_owned();
        links.push(
            link.strip_prefix("https://sluice.example.org").ok_or("not at the public address")?.to_owned(),
        );
        assert!(!admin.get("/people").await?.text().contains(links.last().ok_or("none")?.as_str()));
    }
    is_over(&world, &links[0]).await?;
    assert_eq!(Browser::new(&world).get(&links[1]).await?.code(), 200);
    assert_eq!(Browser::new(&world).post(&links[1], &FORM).await?.code(), 303);

    // Whose author is disabled meanwhile, the invitation is no way in.
    let world = World::new().await?;
    let (first, manager) = (world.actor(ADMIN).await?, world.seed.person(MANAGER)?);
    let change = sluice_service::people::WorkspaceRoleChange {
        role: sluice_domain::access::WorkspaceRole::Administrator,
    };
    world.service.grant_workspace_role(&first, manager, change).await?;
    let second = world.actor(MANAGER).await?;
    let change = AccountChange { version: 1, reason: "".parse()? };
    world.service.disable_person(&second, world.seed.person(ADMIN)?, change).await?;
    is_over(&world, &at).await?;
    Ok(())
}

#[tokio::test]
async fn the_set_up_link_dies_with_the_first_account() -> TestResult {
    let world = World::empty().await?;
    let first = world.service.set_up_link().await?.ok_or("nobody is there yet")?;
    let second = world.service.set_up_link().await?.ok_or("nobody is there yet")?;
    let (first, second) = (first.token.expose_secret().to_owned(), second.token.expose_secret().to_owned());
    is_over(&world, &format!("/join/{first}")).await?;
    let at = format!("/join/{second}");
    let mut browser = Browser::new(&world);
    assert_eq!(browser.get(&at).await?.code(), 200);
    assert_eq!(browser.post(&at, &FORM).await?.code(), 422, "an address is needed");
    let mut form = FORM.to_vec();
    form.push(("email", "ada@example.org"));
    let answer = browser.post(&at, &form).await?;
    assert_eq!(answer.code(), 303, "{}", answer.text());
    assert_eq!(browser.get("/people").await?.code(), 200, "an administrator");
    is_over(&world, &at).await?;
    assert!(world.service.set_up_link().await?.is_none(), "there is no second one");

    let world = World::empty().await?;
    let link = world.service.set_up_link().await?.ok_or("nobody is there yet")?;
    world.clock.advance(Duration::hours(24));
    is_over(&world, &format!("/join/{}", link.token.expose_secret())).await?;
    Ok(())
}
