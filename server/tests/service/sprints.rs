//! Sprints: planning data of a feature, which nobody signs.

use sluice_domain::{
    access::Role,
    audit::Verb,
    form::{Fields, Problem},
    gate::Verdict,
    ids::FeatureKey,
    policy::Tier,
    text::TextError,
};
use sluice_service::{Error, features::EditFeature};

use crate::{
    line::story,
    support::{TestResult, World, fields, steps::parsed},
};

/// The form that plans a feature for a sprint, and leaves all else as it is.
async fn form(world: &World, key: &FeatureKey, sprint: &str) -> TestResult<Fields> {
    let page = world.service.feature_page(&world.cast.manager, key).await?;
    Ok(fields(&[
        ("version", &page.version.to_string()),
        ("title", &page.summary.title),
        ("description", &page.description),
        ("owner", &page.summary.owner.to_string()),
        ("sprint", sprint),
    ]))
}

async fn plan(world: &World, key: &FeatureKey, sprint: &str) -> TestResult {
    world.tick();
    let command = parsed(EditFeature::parse(&form(world, key, sprint).await?))?;
    Ok(world.service.edit_feature(&world.cast.manager, key, command).await?)
}

/// The sprint is on the page and on paper, its event names it, and neither the dossier nor a sign-off notices.
#[tokio::test]
async fn a_sprint_is_planned_in_review_and_voids_nothing() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_review(Tier::High).await?;
    world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Approve).await?;
    let dossier = world.dossier(&key).await?;

    plan(&world, &key, "  2026-W48 ").await?;
    assert_eq!(world.dossier(&key).await?, dossier);
    let summary = world.service.feature_page(&cast.manager, &key).await?.summary;
    assert_eq!(summary.sprint.map(|sprint| sprint.to_string()).as_deref(), Some("2026-W48"));
    assert_eq!(world.count("select count(*) from sign_off where ended is null").await?, 1);
    let told = story(&world, &key).await?;
    let edited = told.iter().filter(|entry| entry.verb == Some(Verb::FeatureEdited)).collect::<Vec<_>>();
    let fields: Vec<&str> =
        edited.iter().flat_map(|entry| &entry.changes).map(|change| change.field.as_str()).collect();
    assert_eq!(fields, ["sprint"]);

    // The same again is no change; taken away it is gone, and the past keeps it.
    plan(&world, &key, "2026-W48").await?;
    plan(&world, &key, " ").await?;
    let summary = world.service.feature_page(&cast.manager, &key).await?.summary;
    assert_eq!(summary.sprint, None);
    let edits = world.count("select count(*) from audit.event where verb = 'feature.edited'").await?;
    assert_eq!(edits, 2);
    assert_eq!(world.count("select count(*) from history.feature where sprint = '2026-W48'").await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_sprint_is_one_short_line() -> TestResult {
    let world = World::new().await?;
    let key = world.feature(Tier::Low).await?;
    for (text, wrong) in [
        ("x".repeat(41), TextError::TooLong { max: 40 }),
        ("Sprint\u{7}14".to_owned(), TextError::ControlCharacter),
        ("Sprint\n14".to_owned(), TextError::ControlCharacter),
    ] {
        let Err(problems) = EditFeature::parse(&form(&world, &key, &text).await?) else {
            return Err(format!("{text:?} is taken").into());
        };
        assert_eq!((problems[0].field, &problems[0].problem), ("sprint", &Problem::Text(wrong)));
    }
    plan(&world, &key, &"ß".repeat(40)).await?;

    // The database takes nothing else either.
    let database = world.as_superuser().await?;
    database.batch_execute("set session_replication_role = replica").await?;
    for text in ["", " x", "x ", "a\tb", &"x".repeat(41)] {
        let refused = database.execute("update feature set sprint = $1", &[&text]).await;
        let code = refused.err().and_then(|error| error.code().map(|code| code.code().to_owned()));
        assert_eq!(code.as_deref(), Some("23514"), "{text:?}");
    }
    let foreign = plan_as_stranger(&world, &key).await?;
    assert!(matches!(foreign, Err(Error::NotFound)), "{foreign:?}");
    Ok(())
}

async fn plan_as_stranger(world: &World, key: &FeatureKey) -> TestResult<Result<(), Error>> {
    let command = parsed(EditFeature::parse(&form(world, key, "Sprint 14").await?))?;
    Ok(world.service.edit_feature(&world.cast.stranger, key, command).await)
}
