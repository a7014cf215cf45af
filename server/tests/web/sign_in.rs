//! The way in: what it tells strangers, how many guesses it takes, and where it leads.

use crate::support::{
    Browser, PASSWORD, Page, TestResult, Who, World,
    browser::SID,
    seed::{ADMIN, DEVELOPER, MANAGER},
};

/// A page without what differs from one request to the next.
fn shape(text: &str, email: &str, nonce: &str) -> String {
    text.replace(email, "(address)").replace(nonce, "(nonce)")
}

#[tokio::test]
async fn an_unknown_account_answers_like_a_known_one() -> TestResult {
    let world = World::new().await?;
    let disabled = world.seed.person(DEVELOPER)?;
    let admin = world.actor(ADMIN).await?;
    let change = sluice_service::people::AccountChange { version: 1, reason: "".parse()? };
    world.service.disable_person(&admin, disabled, change).await?;
    let mut answers = Vec::new();
    let unknown = "not-at-all@example.org".to_owned();
    for (email, password) in [
        (MANAGER.email(), "wrong password of somebody"),
        (unknown.clone(), "wrong password of somebody"),
        (unknown, PASSWORD),
        // Disabled, with the right password.
        (DEVELOPER.email(), PASSWORD),
        ("no address".to_owned(), PASSWORD),
        (MANAGER.email(), ""),
    ] {
        let answer = Browser::new(&world).sign_in(&email, password).await?;
        let nonce =
            crate::pages::nonce(answer.header("content-security-policy")).ok_or("no nonce")?.to_owned();
        let names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        assert!(answer.cookies().is_empty(), "{email}: no session before the sign-in");
        answers.push((answer.code(), names, shape(&answer.text(), &email, &nonce)));
    }
    assert_eq!(answers[0].0, 422);
    for answer in &answers[1..] {
        assert_eq!(*answer, answers[0]);
    }
    Ok(())
}

#[tokio::test]
async fn ten_guesses_and_no_more() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::new(&world);
    for guess in 0..10 {
        let answer = browser.sign_in(&MANAGER.email(), &format!("guess number {guess}")).await?;
        assert_eq!(answer.code(), 422, "guess {guess}");
    }
    // Whoever has the password by now is kept out too, so nothing is learnt from it. Another spelling is the same
    // account.
    for email in [MANAGER.email(), MANAGER.email().to_uppercase(), format!(" {} ", MANAGER.email())] {
        let answer = Browser::new(&world).sign_in(&email, PASSWORD).await?;
        assert_eq!(answer.code(), 429, "{email:?}");
        let after: u64 = answer.header("retry-after").parse()?;
        assert!((1..=900).contains(&after), "{after}");
        assert!(answer.cookies().is_empty());
        assert!(answer.page().holds("email", &email), "what was typed is kept");
        assert!(!answer.text().contains(PASSWORD));
    }
    Browser::signed_in(&world, DEVELOPER).await?;
    world.clock.advance(time::Duration::minutes(16));
    Browser::signed_in(&world, MANAGER).await?;
    Ok(())
}

#[tokio::test]
async fn an_unknown_account_is_throttled_like_a_known_one() -> TestResult {
    let world = World::new().await?;
    let mut codes = Vec::new();
    for _ in 0..12 {
        codes.push(Browser::new(&world).sign_in("not-at-all@example.org", "a guess").await?.code());
    }
    assert_eq!(codes, [422, 422, 422, 422, 422, 422, 422, 422, 422, 422, 429, 429]);
    Ok(())
}

#[tokio::test]
async fn guesses_within_a_session_are_counted_apart_from_the_door() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::signed_in(&world, MANAGER).await?;
    let form = [
        ("password", "a guess"),
        ("new-password", "eleven swans on a lake"),
        ("new-password-again", "eleven swans on a lake"),
    ];
    let mut codes = Vec::new();
    for _ in 0..11 {
        codes.push(browser.post("/account", &form).await?.code());
    }
    assert_eq!(codes, [422, 422, 422, 422, 422, 422, 422, 422, 422, 422, 429]);
    // Another session of theirs is no way around.
    let mut again = Browser::signed_in(&world, MANAGER).await?;
    assert_eq!(again.post("/account", &form).await?.code(), 429);
    world.clock.advance(time::Duration::minutes(16));
    assert_eq!(again.post("/account", &form).await?.code(), 422);

    // Whoever knows an address keeps nobody who is in from proving who they are.
    for _ in 0..11 {
        Browser::new(&world).sign_in(&MANAGER.email(), "a guess at the door").await?;
    }
    assert_eq!(Browser::new(&world).sign_in(&MANAGER.email(), PASSWORD).await?.code(), 429);
    assert_eq!(again.post("/account", &form).await?.code(), 422);
    Ok(())
}

#[tokio::test]
async fn an_address_that_guesses_many_accounts_is_slowed_down() -> TestResult {
    let world = World::new().await?;
    let mut last = 0;
    for guess in 0..51 {
        last = Browser::new(&world).sign_in(&format!("guess-{guess}@example.org"), "a guess").await?.code();
        assert!(guess == 50 || last == 422, "guess {guess}: {last}");
    }
    assert_eq!(last, 429);
    Ok(())
}

#[tokio::test]
async fn a_sign_in_leads_to_pages_of_ours_only() -> TestResult {
    let world = World::new().await?;
    let foreign = [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "https://evil.example/",
        "HTTPS:evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example/%2f..",
        "/..//evil.example",
        "/%09/evil.example/\u{0}",
        "/work\r\nSet-Cookie: a=b",
        ".evil.example",
        "@evil.example",
        "/\u{202E}/evil",
    ];
    let mut inside = Browser::signed_in(&world, MANAGER).await?;
    for next in foreign {
        let query = serde_urlencoded::to_string([("next", next)])?;
        let answer = inside.get(&format!("/sign-in?{query}")).await?;
        assert_eq!((answer.code(), answer.location()), (303, "/"), "{next:?}");
        let page: Page = Browser::new(&world).get(&format!("/sign-in?{query}")).await?.page();
        // The form that chooses colours leads back to this very page.
        let back = |next: &&str| !next.starts_with("/sign-in");
        assert_eq!(page.hidden("next").into_iter().filter(back).collect::<Vec<_>>(), ["/"], "{next:?}");
        let answer = inside.post("/preferences/theme", &[("theme", "dark"), ("next", next)]).await?;
        // NUL is in no form at all.
        let fine = (answer.code() == 303 && answer.location() == "/")
            || (next.contains('\0') && answer.code() == 400);
        assert!(fine, "{next:?}: {} {}", answer.code(), answer.location());
    }
    let form = [
        ("email", MANAGER.email()),
        ("password", PASSWORD.to_owned()),
        ("next", "//evil.example".to_owned()),
    ];
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = Browser::new(&world).post("/sign-in", &form).await?;
    assert_eq!((answer.code(), answer.location()), (303, "/"));
    let next = "/features?q=a%20b&product=PAY";
    let answer = Browser::new(&world).get(next).await?;
    assert!(answer.location().starts_with("/sign-in?next="));
    let page = Browser::new(&world).get(answer.location()).await?.page();
    assert!(page.hidden("next").contains(&next), "people come back to where they were going");
    let form = [("email", form[0].1), ("password", PASSWORD), ("next", next)];
    assert_eq!(Browser::new(&world).post("/sign-in", &form).await?.location(), next);
    Ok(())
}

#[tokio::test]
async fn a_long_password_is_neither_cut_nor_a_fault() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::signed_in(&world, Who::Nobody).await?;
    let long = format!("{}!", "an owl and 250 mice ".repeat(12));
    assert!(long.len() > 240 && long.len() <= 256);
    let form =
        [("password", PASSWORD), ("new-password", long.as_str()), ("new-password-again", long.as_str())];
    assert_eq!(browser.post("/account", &form).await?.code(), 303);
    let email = Who::Nobody.email();
    assert_eq!(
        Browser::new(&world).sign_in(&email, &long[..long.len() - 1]).await?.code(),
        422,
        "each byte counts"
    );
    assert_eq!(Browser::new(&world).sign_in(&email, &"x".repeat(100_000)).await?.code(), 422);
    let mut again = Browser::new(&world);
    assert_eq!(again.sign_in(&email, &long).await?.code(), 303);
    assert!(again.jar.contains_key(SID));
    Ok(())
}
