//! Products are closed to people without a role in them; administrators manage without reading; auditors read without
//! writing.

use sluice_domain::{
    access::Role,
    gate::{Mark, Verdict},
    ids::FeatureKey,
    policy::{EvidenceKind, Tier},
    relation::RelationEnd,
};
use sluice_service::{
    Actor, Error,
    archive::MakeArchive,
    evidence::{SupersedeEvidence, Target},
    features::FeatureFilter,
    history::HistoryFilter,
    new_form_id,
    people::{AccountChange, Invite, PeopleFilter},
    products::{CreateProduct, RoleChange},
    relations::RelateFeatures,
};

use crate::{
    stale::rename,
    support::{
        TestResult, World, fields,
        steps::{
            answers_form, evidence_form, mark_form, parsed, phase_key, request, sign_form, threat_form,
            treat_form, upload,
        },
    },
};

/// A feature in review with one of everything.
async fn furnished(world: &World) -> TestResult<FeatureKey> {
    let key = world.in_review(Tier::Low).await?;
    world.service.add_threat(&world.cast.developer, &key, threat_form(&new_form_id())?).await?;
    world.service.answer_threat_model(&world.cast.developer, &key, answers_form("Links.", 0)?).await?;
    world.prove(&world.cast.developer, &key, EvidenceKind::Plan, &[Target::Threat(1)]).await?;
    Ok(key)
}

/// What every read of a feature answers to somebody.
async fn reads(
    world: &World,
    actor: &Actor,
    key: &FeatureKey,
) -> TestResult<Vec<(&'static str, Result<(), Error>)>> {
    let service = &world.service;
    let phase = phase_key("requirements")?;
    Ok(vec![
        ("feature", service.feature_page(actor, key).await.map(drop)),
        ("phase", service.phase_page(actor, key, &phase).await.map(drop)),
        ("threat model", service.threat_model_page(actor, key).await.map(drop)),
        ("threat", service.threat_page(actor, key, Some(1)).await.map(drop)),
        ("evidence list", service.evidence_list(actor, key).await.map(drop)),
        ("evidence", service.evidence_item(actor, key, 1).await.map(drop)),
        ("download", service.download(actor, key, 1, 1).await.map(drop)),
        ("review", service.review_page(actor, key).await.map(drop)),
        ("relations", service.relations_page(actor, key).await.map(drop)),
        ("archives", service.archive_page(actor, key, None).await.map(drop)),
        ("history", service.feature_history(actor, key, None).await.map(drop)),
    ])
}

/// What every write to a feature answers to somebody. The forms are right, so only who sends them can be wrong.
async fn writes(
    world: &World,
    actor: &Actor,
    key: &FeatureKey,
) -> TestResult<Vec<(&'static str, Result<(), Error>)>> {
    let service = &world.service;
    let phase = phase_key("requirements")?;
    let mark = mark_form("scope-and-goals", Mark::Done, "Mine.", 1)?;
    let evidence = evidence_form(&new_form_id(), EvidenceKind::Plan, &[Target::Threat(1)])?;
    let next = parsed(SupersedeEvidence::parse(&fields(&[("version", "1"), ("note", "")])))?;
    let covers = world.dossier(key).await?;
    let target = Target::Control(phase.clone(), "scope-and-goals".parse()?);
    Ok(vec![
        ("create", service.create_feature(actor, world.feature_form(Tier::Low)?).await.map(drop)),
        ("edit", service.edit_feature(actor, key, rename(world, "Mine", 1)?).await),
        ("mark", service.mark_control(actor, key, &phase, mark).await),
        ("answer", service.answer_threat_model(actor, key, answers_form("Mine.", 1)?).await),
        ("add threat", service.add_threat(actor, key, threat_form(&new_form_id())?).await.map(drop)),
        ("edit threat", service.edit_threat(actor, key, 1, treat_form(1, "planned")?).await),
        (
            "add evidence",
            service.add_evidence(actor, key, evidence, upload("a.md", b"a").await?).await.map(drop),
        ),
        (
            "supersede",
            service.supersede_evidence(actor, key, 1, next, upload("b.md", b"b").await?).await.map(drop),
        ),
        ("attach", service.attach_evidence(actor, key, 1, target).await),
        ("detach", service.detach_evidence(actor, key, 1, Target::Threat(1)).await),
        ("request", request(service, actor, key).await),
        (
            "sign",
            service
                .sign_gate(actor, key, sign_form(Verdict::Approve, Role::SecurityReviewer, covers))
                .await
                .map(drop),
        ),
        ("return", world.hand_back(actor, key, 1).await),
        (
            "relate",
            service
                .relate_features(actor, key, RelateFeatures { end: RelationEnd::Follows, other: key.clone() })
                .await,
        ),
        (
            "archive",
            service.make_archive(actor, key, MakeArchive { id: new_form_id().parse()? }).await.map(drop),
        ),
        ("withdraw", world.withdraw(actor, key).await.map(drop)),
    ])
}

#[tokio::test]
async fn another_products_feature_does_not_exist() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = furnished(&world).await?;
    for (what, outcome) in reads(&world, &cast.manager, &key).await? {
        assert!(outcome.is_ok(), "{what} is there for who may see it: {outcome:?}");
    }
    let events = world.events().await?;

    // The stranger holds every role that there is, in the other product.
    let stranger = &cast.stranger;
    for (what, outcome) in
        reads(&world, stranger, &key).await?.into_iter().chain(writes(&world, stranger, &key).await?)
    {
        assert!(matches!(outcome, Err(Error::NotFound)), "{what}: {outcome:?}");
    }
    // A feature that never was answers the same.
    let never = FeatureKey { number: 404, ..key.clone() };
    for (what, outcome) in reads(&world, stranger, &never).await? {
        assert!(matches!(outcome, Err(Error::NotFound)), "{what}: {outcome:?}");
    }

    let product = service.product(stranger, &key.product).await.map(drop);
    assert!(matches!(product, Err(Error::NotFound)), "{product:?}");
    let people = service.people_in_product(stranger, cast.product).await.map(drop);
    assert!(matches!(people, Err(Error::NotFound)), "{people:?}");
    let list = service.features(stranger, &FeatureFilter::default()).await?;
    assert!(list.items.is_empty());
    assert_eq!(list.choices.products.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["OPS"]);
    let work = service.my_work(stranger).await?;
    assert!(work.mine.is_empty() && work.waiting.is_empty());
    let products = service.products(stranger, None).await?.items;
    assert_eq!(products.iter().map(|product| product.key.as_str()).collect::<Vec<_>>(), ["OPS"]);
    assert_eq!(world.events().await?, events, "nothing was written");
    Ok(())
}

#[tokio::test]
async fn an_owner_or_a_threats_owner_comes_from_the_product() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = furnished(&world).await?;
    let mut edit = rename(&world, "Pay by link", 1)?;
    edit.owner = cast.stranger.person;
    let edited = service.edit_feature(&cast.manager, &key, edit).await;
    assert!(matches!(edited, Err(Error::Invalid(_))), "{edited:?}");
    let mut threat = treat_form(1, "planned")?;
    threat.owner = Some(cast.stranger.person);
    let edited = service.edit_threat(&cast.developer, &key, 1, threat).await;
    assert!(matches!(edited, Err(Error::Invalid(_))), "{edited:?}");
    // A product manager of one product does not create in another.
    let mut create = world.feature_form(Tier::Low)?;
    create.product = cast.other_product;
    let created = service.create_feature(&cast.manager, create).await;
    assert!(matches!(created, Err(Error::NotFound)), "{created:?}");
    Ok(())
}

#[tokio::test]
async fn an_administrator_manages_products_without_reading_their_features() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = furnished(&world).await?;
    let events = world.events().await?;
    for (what, outcome) in reads(&world, &cast.admin, &key).await? {
        assert!(matches!(outcome, Err(Error::NotFound)), "{what}: {outcome:?}");
    }
    for (what, outcome) in writes(&world, &cast.admin, &key).await? {
        assert!(matches!(outcome, Err(Error::NotFound | Error::Denied(_))), "{what}: {outcome:?}");
    }
    assert!(service.features(&cast.admin, &FeatureFilter::default()).await?.items.is_empty());
    let product = service.product(&cast.admin, &key.product).await?;
    assert_eq!(product.features, None, "how many there are is not told either");
    assert_eq!(product.grants.len(), 7);
    let history = service.history(&cast.admin, &HistoryFilter::default()).await;
    assert!(matches!(history, Err(Error::Denied(_))), "{:?}", history.map(drop));
    assert_eq!(world.events().await?, events);
    Ok(())
}

#[tokio::test]
async fn an_auditor_reads_everything_and_writes_nothing() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = furnished(&world).await?;
    let auditor = &cast.auditor;
    for (what, outcome) in reads(&world, auditor, &key).await? {
        assert!(outcome.is_ok(), "{what}: {outcome:?}");
    }
    assert_eq!(service.features(auditor, &FeatureFilter::default()).await?.items.len(), 1);
    assert!(!service.history(auditor, &HistoryFilter::default()).await?.items.is_empty());
    assert!(service.people(auditor, &PeopleFilter::default()).await?.items.len() > 5);
    assert!(service.product(auditor, &key.product).await?.grants.len() > 5);

    let events = world.events().await?;
    let mut outcomes = writes(&world, auditor, &key).await?;
    let change = RoleChange { person: auditor.person, role: Role::SecurityReviewer };
    let product = parsed(CreateProduct::parse(&fields(&[
        ("id", &service.fresh_product_id().to_string()),
        ("key", "AUD"),
        ("name", "Audits"),
    ])))?;
    let invite = Invite {
        email: "friend@example.org".parse()?,
        name: "A Friend".parse()?,
        workspace_roles: [].into(),
        product: None,
        product_roles: [].into(),
    };
    let account = parsed(AccountChange::parse(&fields(&[("version", "1"), ("reason", "")])))?;
    outcomes.extend([
        ("grant", service.grant_role(auditor, &key.product, change).await),
        ("revoke", service.revoke_role(auditor, &key.product, change).await),
        ("create product", service.create_product(auditor, product).await.map(drop)),
        ("invite", service.invite(auditor, invite).await.map(drop)),
        ("disable", service.disable_person(auditor, cast.first.person, account).await),
    ]);
    for (what, outcome) in outcomes {
        assert!(matches!(outcome, Err(Error::Denied(_))), "{what}: {outcome:?}");
    }
    assert_eq!(world.events().await?, events);
    Ok(())
}
