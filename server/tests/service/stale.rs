//! Two people at once, and forms that are sent twice.

use sluice_domain::{
    form::Problem,
    gate::Mark,
    policy::{EvidenceKind, Tier},
};
use sluice_service::{
    Error,
    evidence::SupersedeEvidence,
    features::{CreateFeature, EditFeature},
    new_form_id,
    products::{CreateProduct, EditProduct},
};

use crate::support::{
    TestResult, World, fields,
    steps::{answers_form, evidence_form, mark_form, parsed, phase_key, threat_form, treat_form, upload},
};

/// The command that gives a feature another title.
pub(crate) fn rename(world: &World, title: &str, version: i32) -> TestResult<EditFeature> {
    let (owner, version) = (world.cast.manager.person.to_string(), version.to_string());
    let form = [
        ("version", version.as_str()),
        ("title", title),
        ("description", "A link that asks for a payment."),
        ("owner", &owner),
    ];
    parsed(EditFeature::parse(&fields(&form)))
}

#[tokio::test]
async fn an_edit_of_what_somebody_else_changed_is_stale_and_changes_nothing() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let phase = phase_key("requirements")?;

    service.edit_feature(&cast.manager, &key, rename(&world, "Pay by code", 1)?).await?;
    world.mark(&cast.manager, &key, "requirements", "scope-and-goals").await?;
    service.answer_threat_model(&cast.developer, &key, answers_form("Links.", 0)?).await?;
    let threat = service.add_threat(&cast.developer, &key, threat_form(&new_form_id())?).await?;
    service.edit_threat(&cast.developer, &key, threat, treat_form(1, "planned")?).await?;
    let evidence = world.prove(&cast.developer, &key, EvidenceKind::Plan, &[]).await?;
    let next =
        |version: &str| parsed(SupersedeEvidence::parse(&fields(&[("version", version), ("note", "")])));
    service
        .supersede_evidence(&cast.developer, &key, evidence, next("1")?, upload("plan.md", b"second").await?)
        .await?;
    let product = "PAY".parse()?;
    let edit = |name: &str| {
        parsed(EditProduct::parse(&fields(&[
            ("name", name),
            ("description", "All of it."),
            ("version", "1"),
        ])))
    };
    service.edit_product(&cast.admin, &product, edit("Payments and refunds")?).await?;

    // Everybody below read the versions from before.
    let events = world.events().await?;
    let outcomes = [
        ("feature", service.edit_feature(&cast.manager, &key, rename(&world, "Pay", 1)?).await),
        (
            "control",
            service
                .mark_control(
                    &cast.manager,
                    &key,
                    &phase,
                    mark_form("scope-and-goals", Mark::Open, "Mine.", 0)?,
                )
                .await,
        ),
        (
            "control of the future",
            service
                .mark_control(
                    &cast.manager,
                    &key,
                    &phase,
                    mark_form("scope-and-goals", Mark::Open, "Mine.", 7)?,
                )
                .await,
        ),
        ("threat model", service.answer_threat_model(&cast.developer, &key, answers_form("Mine.", 0)?).await),
        ("threat", service.edit_threat(&cast.developer, &key, threat, treat_form(1, "treated")?).await),
        (
            "evidence",
            service
                .supersede_evidence(
                    &cast.developer,
                    &key,
                    evidence,
                    next("1")?,
                    upload("plan.md", b"third").await?,
                )
                .await
                .map(drop),
        ),
        ("product", service.edit_product(&cast.admin, &product, edit("Mine")?).await),
    ];
    for (what, outcome) in outcomes {
        assert!(matches!(outcome, Err(Error::Stale)), "{what}: {outcome:?}");
    }
    assert_eq!(world.events().await?, events, "nothing was written");
    assert_eq!(service.feature_page(&cast.manager, &key).await?.summary.title, "Pay by code");
    Ok(())
}

#[tokio::test]
async fn of_two_edits_of_one_version_at_once_one_wins() -> TestResult {
    let world = World::new().await?;
    let key = world.feature(Tier::Low).await?;
    for round in 0..10 {
        let edit = async |title: &str| {
            let command = rename(&world, title, 1 + round).map_err(Error::internal)?;
            world.service.edit_feature(&world.cast.manager, &key, command).await
        };
        let (one, other) = (format!("One {round}"), format!("Other {round}"));
        let outcomes = tokio::join!(edit(&one), edit(&other));
        let won = match outcomes {
            (Ok(()), Err(Error::Stale)) => one,
            (Err(Error::Stale), Ok(())) => other,
            both => return Err(format!("round {round}: {both:?}").into()),
        };
        let page = world.service.feature_page(&world.cast.manager, &key).await?;
        assert_eq!((page.summary.title, page.version), (won, 2 + round));
    }
    Ok(())
}

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_thing() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let other = world.feature(Tier::Low).await?;

    let (first, second) = (world.feature_form(Tier::Low)?, world.feature_form(Tier::Low)?);
    let second = CreateFeature { id: first.id, ..second };
    let third = CreateFeature { id: first.id, ..world.feature_form(Tier::Low)? };
    let mut other_title = CreateFeature { id: first.id, ..world.feature_form(Tier::Low)? };
    other_title.title = "Pay by post".parse()?;
    let id = first.id;
    let (one, two) = tokio::join!(
        service.create_feature(&cast.manager, first),
        service.create_feature(&cast.manager, second)
    );
    let key = one?;
    assert_eq!((&two?, &service.create_feature(&cast.manager, third).await?), (&key, &key));
    assert_eq!(world.count(&format!("select count(*) from feature where id = '{id}'")).await?, 1);
    assert_eq!(world.count("select count(*) from feature").await?, 2);

    let id = new_form_id();
    let id_of_threat = id.clone();
    let (one, two) = tokio::join!(
        service.add_threat(&cast.developer, &key, threat_form(&id)?),
        service.add_threat(&cast.developer, &key, threat_form(&id)?)
    );
    assert_eq!((one?, two?), (1, 1));
    assert_eq!(service.add_threat(&cast.developer, &key, threat_form(&id)?).await?, 1);
    assert_eq!(world.count("select count(*) from threat").await?, 1);
    let elsewhere = service.add_threat(&cast.developer, &other, threat_form(&id)?).await;
    assert!(matches!(elsewhere, Err(Error::NotFound)), "{elsewhere:?}");

    let id = new_form_id();
    let add = async |key| {
        let command = evidence_form(&id, EvidenceKind::Plan, &[]).map_err(Error::internal)?;
        let upload = upload("plan.md", b"The plan.").await.map_err(Error::internal)?;
        service.add_evidence(&cast.developer, key, command, upload).await
    };
    let (one, two) = tokio::join!(add(&key), add(&key));
    assert_eq!((one?, two?, add(&key).await?), (1, 1, 1));
    assert_eq!(world.count("select count(*) from evidence_version").await?, 1);
    let elsewhere = add(&other).await;
    assert!(matches!(elsewhere, Err(Error::NotFound)), "{elsewhere:?}");

    // What is sent under the same id with other content is not taken for the first one.
    let mut other_words = threat_form(&id_of_threat)?;
    other_words.title = "A payment is lost".parse()?;
    let sent_before = [
        service.add_threat(&cast.developer, &key, other_words).await.map(drop),
        service
            .add_evidence(
                &cast.developer,
                &key,
                evidence_form(&id, EvidenceKind::Plan, &[])?,
                upload("plan.md", b"Another plan.").await?,
            )
            .await
            .map(drop),
        service.create_feature(&cast.manager, other_title).await.map(drop),
    ];
    for outcome in sent_before {
        assert!(
            matches!(&outcome, Err(Error::Invalid(problems)) if problems[0].problem == Problem::SentBefore),
            "{outcome:?}"
        );
    }

    let id = service.fresh_product_id();
    let make = || {
        let form = [("id", id.to_string()), ("key", "NEW".into()), ("name", "New".into())];
        let form = form.map(|(name, value): (&str, String)| (name.to_owned(), value));
        parsed(CreateProduct::parse(&sluice_domain::form::Fields::new(form.into())))
    };
    let (one, two) = tokio::join!(
        service.create_product(&cast.admin, make()?),
        service.create_product(&cast.admin, make()?)
    );
    assert_eq!(one?, two?);
    assert_eq!(world.count("select count(*) from product where key = 'NEW'").await?, 1);

    for verb in ["feature.created", "threat.added", "evidence.added", "product.created"] {
        let events = world
            .count(&format!(
                "select count(*) - count(distinct object_id) from audit.event where verb = '{verb}'"
            ))
            .await?;
        assert_eq!(events, 0, "{verb} is told once a thing");
    }
    Ok(())
}

#[tokio::test]
async fn evidence_sent_twice_as_a_new_version_is_one_version() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let number = world.prove(&cast.developer, &key, EvidenceKind::Plan, &[]).await?;
    let send = async || {
        let form = fields(&[("version", "1"), ("note", "")]);
        let command = SupersedeEvidence::parse(&form)?;
        let upload = upload("plan.md", b"The next plan.").await.map_err(Error::internal)?;
        service.supersede_evidence(&cast.developer, &key, number, command, upload).await
    };
    let (one, two) = tokio::join!(send(), send());
    assert_eq!((one?, two?), (2, 2));
    assert_eq!(world.count("select count(*) from evidence_version").await?, 2);
    let form = fields(&[("version", "2"), ("note", "")]);
    let same = service
        .supersede_evidence(
            &cast.developer,
            &key,
            number,
            parsed(SupersedeEvidence::parse(&form))?,
            upload("plan.md", b"The next plan.").await?,
        )
        .await;
    assert!(
        matches!(&same, Err(Error::Invalid(problems)) if problems[0].problem == Problem::SameFile),
        "the same bytes are no new version: {same:?}"
    );
    Ok(())
}
