//! At a browser: before sign-offs are voided the page asks, with everything that was typed; and what drifted is accepted
//! with a form that loses nothing.

use sluice_domain::{access::Role, gate::Verdict, ids::FeatureKey};
use sluice_service::{gates::SignGate, products::RoleChange};

use crate::support::{
    Browser, HOSTILE, PASSWORD, Part, TestResult, Who, World,
    seed::{ADMIN, DEVELOPER, MANAGER, REVIEWER},
};

/// `PAY-2` with a veto of the reviewer, and an approval of somebody else that stands because of it.
async fn approved_once(world: &World) -> TestResult<FeatureKey> {
    let key: FeatureKey = "PAY-2".parse()?;
    let other = Who::In(Role::Stakeholder);
    let change = RoleChange { person: world.seed.person(other)?, role: Role::SecurityReviewer };
    world.service.grant_role(&world.actor(ADMIN).await?, &"PAY".parse()?, change).await?;
    sign(world, REVIEWER, &key, Verdict::Deny).await?;
    sign(world, other, &key, Verdict::Approve).await?;
    Ok(key)
}

async fn sign(world: &World, who: Who, key: &FeatureKey, verdict: Verdict) -> TestResult {
    let actor = world.actor(who).await?;
    let covers = world.service.review_page(&actor, key).await?.attempt.ok_or("no attempt")?.dossier;
    let command = SignGate {
        verdict,
        role: Role::SecurityReviewer,
        on_behalf_of: None,
        reason: "As the dossier says.".to_owned(),
        covers,
        password: PASSWORD.to_owned().into(),
    };
    world.service.sign_gate(&actor, key, command).await?;
    Ok(())
}

const VOIDED: &str = "select count(*)::text from sign_off where ended = 'voided'";

#[tokio::test]
async fn an_edit_asks_first_keeps_what_was_typed_and_is_done_when_confirmed() -> TestResult {
    let world = World::new().await?;
    let key = approved_once(&world).await?;
    let mut manager = Browser::signed_in(&world, MANAGER).await?;
    let at = format!("/features/{key}/edit");
    let form = manager.get(&at).await?.page();
    let version = form.hidden("version").first().map(ToString::to_string).unwrap_or_default();
    let owner = world.seed.person(MANAGER)?.to_string();
    let title = format!("{HOSTILE} b");
    let title = title.get(..100.min(title.len())).unwrap_or("b").to_owned();
    let fields = [
        ("version", version.as_str()),
        ("title", title.as_str()),
        ("description", HOSTILE),
        ("owner", owner.as_str()),
        ("confirm-void", "0000"),
    ];
    let answer = manager.post(&at, &fields).await?;
    assert_eq!(answer.code(), 409, "{}", answer.text());
    assert!(answer.text().contains("This voids 1 sign-off"), "{}", answer.text());
    let page = answer.page();
    for (name, value) in fields.iter().filter(|(name, _)| *name != "confirm-void") {
        assert!(page.holds(name, value), "{name} is lost");
    }
    assert_eq!(world.text(VOIDED).await?, "0", "nothing was saved");
    let confirm = page.hidden("confirm-void").first().map(ToString::to_string).ok_or("no answer to give")?;
    let mut confirmed = fields.to_vec();
    confirmed.retain(|(name, _)| *name != "confirm-void");
    confirmed.push(("confirm-void", &confirm));
    let answer = manager.post(&at, &confirmed).await?;
    assert_eq!(answer.code(), 303, "{}", answer.text());
    assert_eq!(world.text(VOIDED).await?, "1");
    Ok(())
}

#[tokio::test]
async fn an_upload_asks_first_and_wants_the_file_again() -> TestResult {
    let world = World::new().await?;
    let key = approved_once(&world).await?;
    let mut developer = Browser::signed_in(&world, DEVELOPER).await?;
    let at = format!("/features/{key}/evidence");
    let parts = |confirm: &str| {
        vec![
            Part::field("id", "01890a5d-ac96-774b-bcce-b302099a8057"),
            Part::field("kind", "plan"),
            Part::field("title", HOSTILE.get(..60).unwrap_or("A plan")),
            Part::field("target", "control:requirements/security-requirements"),
            Part::field("confirm-void", confirm),
            Part::file("a.txt", "a plan"),
        ]
    };
    let answer = developer.upload(&at, &parts("")).await?;
    assert_eq!(answer.code(), 409, "{}", answer.text());
    let page = answer.page();
    assert!(page.holds("target", "control:requirements/security-requirements"), "{}", answer.text());
    assert!(answer.text().contains("multipart/form-data") && answer.text().contains("type=\"file\""));
    let confirm = page.hidden("confirm-void").first().map(ToString::to_string).ok_or("no answer to give")?;
    let answer = developer.upload(&at, &parts(&confirm)).await?;
    assert_eq!(answer.code(), 303, "{}", answer.text());
    assert_eq!(world.text(VOIDED).await?, "1");
    Ok(())
}

#[tokio::test]
async fn drift_is_accepted_with_a_form_that_keeps_what_was_typed() -> TestResult {
    let world = World::new().await?;
    // `PAY-3` goes through its first gate, and is renamed afterwards.
    let key: FeatureKey = "PAY-3".parse()?;
    let mut manager = Browser::signed_in(&world, MANAGER).await?;
    assert_eq!(manager.post(&format!("/features/{key}/review/request"), &[]).await?.code(), 303);
    sign(&world, REVIEWER, &key, Verdict::Approve).await?;
    let at = format!("/features/{key}/edit");
    let version =
        manager.get(&at).await?.page().hidden("version").first().map(ToString::to_string).unwrap_or_default();
    let owner = world.seed.person(MANAGER)?.to_string();
    let fields = [("version", version.as_str()), ("title", "Another title"), ("owner", &owner)];
    assert_eq!(manager.post(&at, &fields).await?.code(), 303, "after the gate opened nobody is asked");
    let overview = manager.get(&format!("/features/{key}")).await?.text();
    assert!(overview.contains("What was signed at an open gate has changed since"), "{overview}");

    let mut reviewer = Browser::signed_in(&world, REVIEWER).await?;
    let at = format!("/features/{key}/drift/requirements");
    let page = reviewer.get(&at).await?;
    assert!(page.text().contains("Another title"), "{}", page.text());
    let dossier = page.page().hidden("dossier").first().map(ToString::to_string).ok_or("no form")?;
    let form = |password: &'static str| {
        vec![
            ("role", "security-reviewer"),
            ("dossier", dossier.as_str()),
            ("reason", HOSTILE),
            ("password", password),
        ]
    };
    let refused = reviewer.post(&at, &form("not the password")).await?;
    assert_eq!(refused.code(), 422, "{}", refused.text());
    assert!(refused.page().holds("reason", HOSTILE) && !refused.text().contains("not the password"));
    assert!(refused.page().missing_of_error("password").is_empty());
    let accepted = reviewer.post(&at, &form(PASSWORD)).await?;
    assert_eq!((accepted.code(), accepted.location()), (303, at.as_str()));
    assert!(!manager.get(&format!("/features/{key}")).await?.text().contains("has changed since"));
    Ok(())
}
