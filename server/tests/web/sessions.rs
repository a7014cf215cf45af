//! Sessions: their cookie, their beginning, their end.

use sluice_domain::access::{Role, WorkspaceRole};
use sluice_service::{
    people::{AccountChange, WorkspaceRoleChange},
    products::RoleChange,
};
use time::Duration;

use crate::support::{
    Answer, Browser, PASSWORD, TestResult, Who, World,
    browser::SID,
    seed::{ADMIN, DEVELOPER, MANAGER},
};

/// Whether somebody is signed in here.
async fn is_in(browser: &mut Browser) -> TestResult<bool> {
    let answer = browser.get("/account").await?;
    let is_in = answer.code() == 200;
    assert!(is_in || answer.location().starts_with("/sign-in"), "{}", answer.status);
    Ok(is_in)
}

/// The same browser with this session.
fn with_session(browser: &Browser, id: &str) -> Browser {
    let mut other = browser.clone();
    other.jar.insert(SID.to_owned(), id.to_owned());
    other
}

fn session_cookie(answer: &Answer) -> Option<String> {
    answer.cookies().iter().find(|cookie| cookie.starts_with(SID)).map(ToString::to_string)
}

#[tokio::test]
async fn the_cookie_has_exactly_these_attributes() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::new(&world);
    for path in ["/sign-in", "/healthz", "/nothing", "/join/x"] {
        assert!(
            browser.get(path).await?.cookies().is_empty(),
            "{path}: no session before there is need for one"
        );
    }
    let answer = browser.sign_in(&MANAGER.email(), PASSWORD).await?;
    let cookie = session_cookie(&answer).ok_or("no cookie")?;
    let (pair, attributes) = cookie.split_once("; ").ok_or("no attributes")?;
    let mut attributes: Vec<&str> = attributes.split("; ").collect();
    attributes.sort_unstable();
    assert_eq!(attributes, ["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Lax", "Secure"]);
    assert!(pair.len() >= SID.len() + 1 + 22, "at least 128 bits: {pair}");
    assert_eq!(answer.cookies().len(), 1);
    assert!(browser.get("/account").await?.cookies().is_empty(), "it is set once");
    // Stored is a digest, from which nobody gets back to the cookie.
    let id = browser.session();
    let stored = world
        .text("select string_agg(encode(id_hash, 'escape') || data::text || user_agent, ' ') from session")
        .await?;
    assert!(!stored.contains(&id));
    let answer = browser.post("/preferences/theme", &[("theme", "dark")]).await?;
    let theme = answer.cookies().first().map(ToString::to_string).unwrap_or_default();
    assert!(
        theme.contains("Secure") && theme.contains("SameSite=Lax") && theme.contains("HttpOnly"),
        "{theme}"
    );
    Ok(())
}

#[tokio::test]
async fn an_id_that_was_planted_is_not_adopted() -> TestResult {
    let world = World::new().await?;
    for planted in ["AAAAAAAAAAAAAAAAAAAAAA", "x", "", "%00", "\u{7f}"] {
        let mut victim = Browser::new(&world);
        victim.jar.insert(SID.to_owned(), planted.to_owned());
        if planted == "\u{7f}" {
            continue;
        }
        let answer = victim.sign_in(&MANAGER.email(), PASSWORD).await?;
        assert_eq!(answer.code(), 303, "{planted:?}");
        assert_ne!(victim.session(), planted);
        assert!(!is_in(&mut with_session(&victim, planted)).await?, "{planted:?}");
    }
    // The attacker's own session, planted in the victim's browser, does not become the victim's.
    let attacker = Browser::signed_in(&world, Who::Nobody).await?;
    let mut victim = attacker.clone();
    assert_eq!(victim.sign_in(&MANAGER.email(), PASSWORD).await?.code(), 303);
    assert_ne!(victim.session(), attacker.session());
    let mut attacker = attacker;
    let answer = attacker.get("/account").await?;
    assert!(!answer.text().contains(&MANAGER.email()), "the attacker is not the victim now");
    assert!(!is_in(&mut attacker).await?, "the old id opens nothing");
    Ok(())
}

#[tokio::test]
async fn the_id_changes_with_the_password_and_the_others_end() -> TestResult {
    let world = World::new().await?;
    let mut here = Browser::signed_in(&world, MANAGER).await?;
    let mut there = Browser::signed_in(&world, MANAGER).await?;
    let before = here.session();
    let next = "eleven swans on a lake";
    let form = [("password", PASSWORD), ("new-password", next), ("new-password-again", next)];
    assert_eq!(here.post("/account", &form).await?.code(), 303);
    assert_ne!(here.session(), before);
    assert!(is_in(&mut here).await?);
    assert!(!is_in(&mut with_session(&here, &before)).await?, "the id from before");
    assert!(!is_in(&mut there).await?, "the other session");
    assert_eq!(Browser::new(&world).sign_in(&MANAGER.email(), PASSWORD).await?.code(), 422);
    assert_eq!(Browser::new(&world).sign_in(&MANAGER.email(), next).await?.code(), 303);
    Ok(())
}

#[tokio::test]
async fn signing_out_ends_the_session_on_the_server() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::signed_in(&world, MANAGER).await?;
    let id = browser.session();
    let answer = browser.post("/sign-out", &[]).await?;
    assert_eq!((answer.code(), answer.location()), (303, "/sign-in"));
    let removal = session_cookie(&answer).ok_or("no removal")?;
    for needed in ["Max-Age=0", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
        assert!(removal.split("; ").any(|attribute| attribute == needed), "{needed}: {removal}");
    }
    assert!(!browser.jar.contains_key(SID), "a browser takes the removal in");
    assert!(!is_in(&mut with_session(&browser, &id)).await?, "the id opens nothing");
    assert_eq!(world.text("select count(*)::text from session").await?, "0");
    // A link cannot do it, and twice is not worse than once.
    assert_eq!(browser.get("/sign-out").await?.code(), 405);
    assert_eq!(browser.post("/sign-out", &[]).await?.code(), 303);
    Ok(())
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one() -> TestResult {
    let world = World::new().await?;
    let mut here = Browser::signed_in(&world, MANAGER).await?;
    let mut there = Browser::signed_in(&world, MANAGER).await?;
    let mut elsewhere = Browser::signed_in(&world, DEVELOPER).await?;
    let handle = |answer: &Answer| -> TestResult<String> {
        let page = answer.page();
        let handles = page.hidden("session");
        assert_eq!(handles.len(), 1, "the other one can be ended, this one is signed out of");
        Ok(handles[0].to_owned())
    };
    let answer = here.get("/account").await?;
    for id in [here.session(), there.session()] {
        assert!(!answer.text().contains(&id), "what is listed opens nothing");
    }
    let theirs = handle(&answer)?;
    assert_eq!(
        elsewhere.post("/account/sessions/end", &[("session", &theirs)]).await?.code(),
        404,
        "of somebody else"
    );
    assert!(is_in(&mut there).await?);
    for nonsense in ["", "x", &"0".repeat(64), &there.session()] {
        let answer = here.post("/account/sessions/end", &[("session", nonsense)]).await?;
        assert_eq!(answer.code(), 404, "{nonsense}");
    }
    assert_eq!(here.post("/account/sessions/end", &[("session", &theirs)]).await?.code(), 303);
    assert!(!is_in(&mut there).await? && is_in(&mut here).await?);
    Ok(())
}

#[tokio::test]
async fn a_session_ends_when_it_idles_and_in_any_case_at_last() -> TestResult {
    let world = World::new().await?;
    let mut idle = Browser::signed_in(&world, MANAGER).await?;
    world.clock.advance(Duration::hours(2) - Duration::seconds(1));
    assert!(is_in(&mut idle).await?, "used in time");
    world.clock.advance(Duration::hours(2));
    assert!(!is_in(&mut idle).await?, "idle");

    let mut busy = Browser::signed_in(&world, MANAGER).await?;
    for _ in 0..11 {
        world.clock.advance(Duration::hours(1));
        assert!(is_in(&mut busy).await?);
        // Other writes to the session do not prolong it.
        busy.post("/preferences/theme", &[("theme", "dark")]).await?;
    }
    world.clock.advance(Duration::hours(1));
    assert!(!is_in(&mut busy).await?, "after twelve hours, used or not");
    Ok(())
}

#[tokio::test]
async fn who_is_disabled_is_out_at_the_next_request() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::signed_in(&world, MANAGER).await?;
    let (admin, person) = (world.actor(ADMIN).await?, world.seed.person(MANAGER)?);
    let change =
        |version| -> TestResult<AccountChange> { Ok(AccountChange { version, reason: "".parse()? }) };
    world.service.disable_person(&admin, person, change(1)?).await?;
    assert!(!is_in(&mut browser).await?);
    assert_eq!(browser.post("/features/PAY-1/review/request", &[]).await?.code(), 401);
    world.service.enable_person(&admin, person, change(2)?).await?;
    assert!(!is_in(&mut browser).await?, "the session is gone for good");
    assert!(is_in(&mut Browser::signed_in(&world, MANAGER).await?).await?);
    Ok(())
}

#[tokio::test]
async fn a_change_of_roles_counts_at_the_next_request() -> TestResult {
    let world = World::new().await?;
    let (admin, person) = (world.actor(ADMIN).await?, world.seed.person(Who::Nobody)?);
    let mut browser = Browser::signed_in(&world, Who::Nobody).await?;
    assert_eq!(browser.get("/features/PAY-1").await?.code(), 404);
    let key = "PAY".parse()?;
    let change = RoleChange { person, role: Role::Qa };
    world.service.grant_role(&admin, &key, change).await?;
    assert_eq!(browser.get("/features/PAY-1").await?.code(), 200);
    world.service.revoke_role(&admin, &key, change).await?;
    assert_eq!(browser.get("/features/PAY-1").await?.code(), 404);
    assert_eq!(
        browser.post("/features/PAY-1/threat-model", &[("version", "0"), ("scope", "A")]).await?.code(),
        404
    );

    assert_eq!(browser.get("/history").await?.code(), 403);
    let change = WorkspaceRoleChange { role: WorkspaceRole::Auditor };
    world.service.grant_workspace_role(&admin, person, change).await?;
    assert_eq!(browser.get("/history").await?.code(), 200);
    world.service.revoke_workspace_role(&admin, person, change).await?;
    assert_eq!(browser.get("/history").await?.code(), 403);
    Ok(())
}

#[tokio::test]
async fn a_cookie_that_is_none_is_nobody() -> TestResult {
    let world = World::new().await?;
    let real = Browser::signed_in(&world, MANAGER).await?;
    let id = real.session();
    let shorter = &id[..id.len() - 1];
    let longer = format!("{id}A");
    for wrong in
        ["", "x", "null", shorter, &longer, &id.to_uppercase(), &"A".repeat(5_000), "\"quoted\"", "a=b"]
    {
        if wrong == id {
            continue;
        }
        let answer = with_session(&real, wrong).get("/account").await?;
        assert_eq!(answer.code(), 303, "{wrong:.30}");
        assert!(answer.location().starts_with("/sign-in"));
    }
    let mut twice = Browser::new(&world);
    twice.jar.insert("__Host-sidekick".to_owned(), id.clone());
    twice.jar.insert("sid".to_owned(), id);
    assert!(!is_in(&mut twice).await?, "another name is another cookie");
    Ok(())
}
