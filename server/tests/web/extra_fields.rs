//! Fields that a form does not have change nothing (ASVS 15.3.3), and names of other things open nothing.

use sluice_service::new_form_id;

use crate::support::{
    Browser, HOSTILE, PASSWORD, Part, TestResult, Who, World,
    seed::{ADMIN, DEVELOPER, MANAGER, REVIEWER},
};

/// Columns, roles and states that somebody might hope to set.
const EXTRA: [(&str, &str); 24] = [
    ("status", "finished"),
    ("phase", "release"),
    ("cycle", "9"),
    ("turn", "reviewers"),
    ("number", "77"),
    ("key", "EVIL"),
    ("product_id", "00000000-0000-7000-8000-000000000000"),
    ("policy_version_id", "00000000-0000-7000-8000-000000000000"),
    ("finished_at", "2026-01-01"),
    ("created_at", "2020-01-01"),
    ("scope_author", "00000000-0000-7000-8000-000000000000"),
    ("author", "00000000-0000-7000-8000-000000000000"),
    ("actor", "00000000-0000-7000-8000-000000000000"),
    ("person", "00000000-0000-7000-8000-000000000000"),
    ("email", "evil@example.org"),
    ("workspace-role", "administrator"),
    ("product-role", "security-reviewer"),
    ("is_admin", "true"),
    ("disabled_at", ""),
    ("met", "true"),
    ("digest", "00"),
    ("feature", "OPS-1"),
    ("_method", "DELETE"),
    ("__proto__", "x"),
];

fn with_extra<'a>(form: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let own: Vec<&str> = form.iter().map(|(name, _)| *name).collect();
    form.iter().copied().chain(EXTRA.iter().copied().filter(|(name, _)| !own.contains(name))).collect()
}

#[tokio::test]
async fn fields_that_a_form_does_not_have_change_nothing() -> TestResult {
    let world = World::new().await?;
    let manager = world.seed.person(MANAGER)?.to_string();
    let mut browser = Browser::signed_in(&world, MANAGER).await?;
    let feature = "select concat_ws(' ', product_id, number, owner_id, policy_version_id, status, phase, cycle, turn,
                   finished_at, scope_author, created_at) from feature f where number = 1 and product_id = (select id from product where key = 'PAY')";
    let before = world.text(feature).await?;
    let form = with_extra(&[("version", "1"), ("title", "A"), ("owner", &manager)]);
    let answer = browser.post("/features/PAY-1/edit", &form).await?;
    assert_eq!(answer.code(), 303, "{}", answer.text());
    assert_eq!(world.text(feature).await?, before, "only what the form edits is edited");

    let form = with_extra(&[("version", "0"), ("scope", "A")]);
    assert_eq!(browser.post("/features/PAY-1/threat-model", &form).await?.code(), 303);
    let form =
        with_extra(&[("control", "scope-and-goals"), ("mark", "open"), ("note", "Soon."), ("version", "0")]);
    assert_eq!(browser.post("/features/PAY-1/phases/requirements", &form).await?.code(), 303);
    let authors = "select string_agg(distinct author_id::text, ' ') from
                   (select author_id from control union all select author_id from threat_model) a";
    assert_eq!(world.text(authors).await?, manager, "the author is who sent it");

    let id = new_form_id();
    let form = with_extra(&[
        ("id", &id),
        ("version", "0"),
        ("title", "A"),
        ("stride", "spoofing"),
        ("severity", "low"),
        ("status", "open"),
    ]);
    let answer = browser.post("/features/PAY-1/threats/new", &form).await?;
    assert_eq!(
        (answer.code(), answer.location()),
        (303, "/features/PAY-1/threats/2"),
        "it gets the next number"
    );

    let mut admin = Browser::signed_in(&world, ADMIN).await?;
    let form = with_extra(&[("name", "A"), ("version", "1")]);
    assert_eq!(admin.post("/products/PAY/edit", &form).await?.code(), 303);
    assert_eq!(world.text("select string_agg(key, ' ' order by key) from product").await?, "OPS PAY");
    assert_eq!(admin.post("/account/name", &form).await?.code(), 303);
    assert_eq!(world.text("select count(*)::text from person where email like 'evil%'").await?, "0");
    Ok(())
}

#[tokio::test]
async fn an_invited_person_chooses_name_and_password_and_nothing_else() -> TestResult {
    let world = World::new().await?;
    let grants = "select concat_ws(' ', (select string_agg(role, ' ' order by role) from product_grant g where g.person_id = p.id),
                  (select string_agg(role, ' ') from workspace_grant g where g.person_id = p.id)) from person p where email = 'invited@example.org'";
    let form = with_extra(&[("name", "Ivy"), ("new-password", PASSWORD), ("new-password-again", PASSWORD)]);
    let answer = Browser::new(&world).post(&format!("/join/{}", world.seed.token), &form).await?;
    assert_eq!(answer.code(), 303, "{}", answer.text());
    assert_eq!(world.text(grants).await?, "qa", "the roles are those of the invitation");
    assert_eq!(world.text("select count(*)::text from person where email like 'evil%'").await?, "0");
    Ok(())
}

#[tokio::test]
async fn names_of_what_is_elsewhere_open_nothing() -> TestResult {
    let world = World::new().await?;
    let (other, stranger) =
        (world.seed.other_product.to_string(), world.seed.person(Who::Stranger)?.to_string());
    let mut browser = Browser::signed_in(&world, MANAGER).await?;
    let before = world.digest().await?;
    let form = [("version", "1"), ("title", "A"), ("owner", stranger.as_str())];
    let answer = browser.post("/features/PAY-1/edit", &form).await?;
    assert_eq!(answer.code(), 422, "an owner from elsewhere");
    assert_eq!(answer.page().missing_of_error("owner"), Vec::<String>::new());
    let id = new_form_id();
    let form = [("id", id.as_str()), ("product", other.as_str()), ("title", "A")];
    assert_eq!(browser.post("/features/new", &form).await?.code(), 404, "a product that is not theirs");
    let form = [
        ("id", id.as_str()),
        ("version", "0"),
        ("title", "A"),
        ("stride", "spoofing"),
        ("severity", "low"),
        ("owner", stranger.as_str()),
        ("status", "open"),
    ];
    assert_eq!(
        browser.post("/features/PAY-1/threats/new", &form).await?.code(),
        422,
        "an owner from elsewhere"
    );
    assert_eq!(world.digest().await?, before);

    // An id that is taken, by something that the sender cannot see, is no way to it.
    let taken = world
        .text("select id::text from feature where product_id = (select id from product where key = 'OPS')")
        .await?;
    let product = world.seed.product.to_string();
    let form = [("id", taken.as_str()), ("product", product.as_str()), ("title", "A")];
    let answer = browser.post("/features/new", &form).await?;
    assert!([404, 409, 422].contains(&answer.code()), "{}", answer.code());
    assert!(!answer.text().contains("OPS-1"));

    let mut other = Browser::signed_in(&world, Who::Stranger).await?;
    let threat = world.text("select id::text from threat").await?;
    let form = [
        ("id", threat.as_str()),
        ("version", "0"),
        ("title", "A"),
        ("stride", "spoofing"),
        ("severity", "low"),
        ("status", "open"),
    ];
    let answer = other.post("/features/OPS-1/threats/new", &form).await?;
    assert!(!answer.status.is_server_error() && answer.code() != 303, "{}", answer.status);
    let evidence = world.text("select id::text from evidence").await?;
    let parts = [Part::field("id", evidence), Part::field("kind", "plan"), Part::file("a.txt", "a")];
    let answer = other.upload("/features/OPS-1/evidence", &parts).await?;
    assert!(!answer.status.is_server_error() && answer.code() != 303, "{}", answer.status);
    assert_eq!(
        world.digest().await?.iter().find(|(name, _)| name == "public.threat"),
        before.iter().find(|(name, _)| name == "public.threat")
    );
    Ok(())
}

#[tokio::test]
async fn nobody_signs_for_somebody_else() -> TestResult {
    let world = World::new().await?;
    let mut browser = Browser::signed_in(&world, REVIEWER).await?;
    let page = browser.get("/features/PAY-2/review").await?.page();
    let dossier = page.hidden("dossier").first().ok_or("no form to sign with")?.to_string();
    let developer = world.seed.person(DEVELOPER)?.to_string();
    let mut form = vec![
        ("verdict", "approve"),
        ("role", "release-manager"),
        ("dossier", dossier.as_str()),
        ("password", PASSWORD),
        ("person", developer.as_str()),
        ("printed-name", "Somebody else"),
        ("meaning", "Nothing"),
    ];
    assert_eq!(
        browser.post("/features/PAY-2/review", &form).await?.code(),
        403,
        "in a role that they do not hold"
    );
    form[1].1 = "security-reviewer";
    assert_eq!(browser.post("/features/PAY-2/review", &form).await?.code(), 303);
    let reviewer = world.seed.person(REVIEWER)?.to_string();
    assert_eq!(
        world.text("select person_id::text || ' ' || printed_name from sign_off").await?,
        format!("{reviewer} {HOSTILE}")
    );
    Ok(())
}
