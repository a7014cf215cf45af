//! Relations: both ends show them, nothing goes in a circle, and nobody learns of what they may not see.

use std::{collections::BTreeMap, sync::Arc};

use sluice_domain::{
    access::Role,
    form::Problem,
    ids::FeatureKey,
    lifecycle::{Progress, Refusal},
    policy::Tier,
    relation::{
        ELSEWHERE,
        RelationEnd::{self, ChildOf, DuplicateOf, DuplicatedBy, FollowedBy, Follows, ParentOf},
    },
};
use sluice_service::{
    Actor, Error,
    features::CreateFeature,
    new_form_id,
    products::RoleChange,
    relations::{RelateFeatures, Relations, Standing, UnrelateFeatures},
};
use tokio::{sync::Barrier, task::JoinSet};

use crate::{
    archive::bytes as archived,
    support::{TestResult, World, cast::actor, fields, steps::parsed},
};

async fn relate(
    world: &World,
    actor: &Actor,
    key: &FeatureKey,
    end: RelationEnd,
    other: &FeatureKey,
) -> Result<(), Error> {
    let command = RelateFeatures { end, other: other.clone() };
    world.service.relate_features(actor, key, command).await
}

async fn unrelate(
    world: &World,
    actor: &Actor,
    key: &FeatureKey,
    end: RelationEnd,
    other: &FeatureKey,
) -> Result<(), Error> {
    let command = UnrelateFeatures { end, other: other.clone() };
    world.service.unrelate_features(actor, key, command).await
}

/// What somebody reads of a feature's relations: on their page, and the same on the feature's own.
async fn read(world: &World, actor: &Actor, key: &FeatureKey) -> TestResult<Relations> {
    let relations = world.service.relations_page(actor, key).await?.relations;
    assert_eq!(world.service.feature_page(actor, key).await?.relations, relations);
    Ok(relations)
}

fn keys(relations: &Relations) -> BTreeMap<RelationEnd, Vec<FeatureKey>> {
    let of = |others: &Vec<sluice_service::relations::Related>| {
        others.iter().map(|related| related.key.clone()).collect()
    };
    relations.ends.iter().map(|(end, others)| (*end, of(others))).collect()
}

/// The problem of the field of the other feature.
fn problem(outcome: Result<(), Error>) -> TestResult<Problem> {
    match outcome {
        Err(Error::Invalid(problems)) if problems.len() == 1 && problems[0].field == "other" => {
            Ok(problems[0].problem.clone())
        }
        other => Err(format!("{other:?}").into()),
    }
}

/// A feature of the other product, where the stranger holds every role.
async fn elsewhere(world: &World) -> TestResult<FeatureKey> {
    let (id, product) = (new_form_id(), world.cast.other_product.to_string());
    let form = [("id", id.as_str()), ("product", &product), ("title", "Ledger"), ("tier", Tier::Low.code())];
    let command = parsed(CreateFeature::parse(&fields(&form)))?;
    Ok(world.service.create_feature(&world.cast.stranger, command).await?)
}

/// The manager, who may read the other product from now on, in this role.
async fn manager_of_both(world: &World, role: Role) -> TestResult<Actor> {
    let change = RoleChange { person: world.cast.manager.person, role };
    world.service.grant_role(&world.cast.admin, &"OPS".parse()?, change).await?;
    actor(&world.service, world.cast.manager.person).await
}

#[tokio::test]
async fn both_ends_show_a_relation() -> TestResult {
    let world = World::new().await?;
    let manager = &world.cast.manager;
    let (whole, part, later) =
        (world.feature(Tier::Low).await?, world.feature(Tier::Low).await?, world.feature(Tier::Low).await?);
    relate(&world, manager, &part, ChildOf, &whole).await?;
    // From the other end, and twice: it is one relation.
    for _ in 0..2 {
        relate(&world, manager, &whole, ParentOf, &part).await?;
    }
    relate(&world, manager, &whole, FollowedBy, &later).await?;
    relate(&world, manager, &later, DuplicateOf, &part).await?;

    let reader = &world.cast.auditor;
    let seen = read(&world, reader, &whole).await?;
    assert_eq!(
        keys(&seen),
        BTreeMap::from([(ParentOf, vec![part.clone()]), (FollowedBy, vec![later.clone()])])
    );
    let parts = seen.parts.ok_or("it has a part")?;
    assert_eq!((parts.open, parts.total), (1, 1));
    let seen = read(&world, reader, &part).await?;
    assert_eq!(
        keys(&seen),
        BTreeMap::from([(ChildOf, vec![whole.clone()]), (DuplicatedBy, vec![later.clone()])])
    );
    assert_eq!(seen.ends[&ChildOf][0].standing, Standing::Under("Requirements and planning".to_owned()));
    let seen = read(&world, reader, &later).await?;
    assert_eq!(seen.original().map(|original| &original.key), Some(&part));
    assert_eq!(keys(&seen)[&Follows], std::slice::from_ref(&whole));

    // Both histories tell it; a relation that was there already is no event.
    for (key, end, other) in [(&part, "child-of", &whole), (&whole, "parent-of", &part)] {
        let history = world.service.feature_history(reader, key, None).await?.items;
        let told: Vec<_> = history
            .iter()
            .flat_map(|entry| &entry.changes)
            .filter(|change| change.field == end)
            .map(|change| change.new.clone())
            .collect();
        assert_eq!(told, [Some(other.to_string())], "{key}");
    }

    // Taken back from either end, once or twice.
    for _ in 0..2 {
        unrelate(&world, manager, &whole, ParentOf, &part).await?;
    }
    assert!(!keys(&read(&world, reader, &part).await?).contains_key(&ChildOf));
    assert_eq!(read(&world, reader, &whole).await?.parts, None);
    Ok(())
}

#[tokio::test]
async fn a_whole_says_how_many_of_its_parts_are_open() -> TestResult {
    let world = World::new().await?;
    let manager = &world.cast.manager;
    let done = world.in_phase(Tier::Low, "post-release").await?;
    world.hand_over(&done).await?;
    let whole = world.feature(Tier::Low).await?;
    let open = world.feature(Tier::Low).await?;
    for part in [&done, &open] {
        relate(&world, manager, part, ChildOf, &whole).await?;
    }
    let progress = world.approve(&done).await?;
    assert!(matches!(progress, Progress::Finished { .. }));
    let seen = read(&world, manager, &whole).await?;
    let parts = seen.parts.ok_or("it has parts")?;
    assert_eq!((parts.open, parts.total), (1, 2));
    assert_eq!(seen.ends[&ParentOf][0].standing, Standing::Finished);

    // What is finished says nothing new, and takes nothing back; others may still say something of it.
    let refused = unrelate(&world, manager, &whole, ParentOf, &done).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::Finished))), "{refused:?}");
    relate(&world, manager, &open, Follows, &done).await?;
    Ok(())
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_beside_the_field() -> TestResult {
    let world = World::new().await?;
    let manager = &world.cast.manager;
    let (one, two, three) =
        (world.feature(Tier::Low).await?, world.feature(Tier::Low).await?, world.feature(Tier::Low).await?);
    let events = world.events().await?;
    assert_eq!(problem(relate(&world, manager, &one, ChildOf, &one).await)?, Problem::Itself);
    let never = FeatureKey { number: 404, ..one.clone() };
    assert_eq!(problem(relate(&world, manager, &one, ChildOf, &never).await)?, Problem::NoSuchFeature);
    assert_eq!(world.events().await?, events, "nothing was written");

    for end in [ChildOf, DuplicateOf, Follows] {
        relate(&world, manager, &one, end, &two).await?;
        relate(&world, manager, &two, end, &three).await?;
        assert_eq!(problem(relate(&world, manager, &three, end, &one).await)?, Problem::Circle);
        assert_eq!(problem(relate(&world, manager, &one, end.other(), &three).await)?, Problem::Circle);
    }
    for end in [ChildOf, DuplicateOf] {
        assert_eq!(problem(relate(&world, manager, &one, end, &three).await)?, Problem::HasOne);
    }
    relate(&world, manager, &one, Follows, &three).await?;
    Ok(())
}

#[tokio::test]
async fn the_database_itself_refuses_a_circle() -> TestResult {
    let world = World::new().await?;
    let manager = &world.cast.manager;
    let (one, two) = (world.feature(Tier::Low).await?, world.feature(Tier::Low).await?);
    relate(&world, manager, &one, ChildOf, &two).await?;
    let refused = world
        .as_superuser()
        .await?
        .batch_execute(&format!(
            "begin;
             select set_config('sluice.event', gen_random_uuid()::text, true);
             insert into relation (feature_id, other_id, kind, author_id, created_at)
             select a.id, b.id, 'child-of', a.owner_id, a.created_at from feature a, feature b
             where a.number = {} and b.number = {}",
            two.number, one.number
        ))
        .await;
    let code = refused.err().and_then(|error| error.code().map(|code| code.code().to_owned()));
    assert_eq!(code.as_deref(), Some("SLA16"));
    Ok(())
}

#[tokio::test]
async fn relations_made_at_once_close_no_circle() -> TestResult {
    const FEATURES: usize = 4;
    let world = World::new().await?;
    let manager = &world.cast.manager;
    let mut ring = Vec::new();
    for _ in 0..FEATURES {
        ring.push(world.feature(Tier::Low).await?);
    }
    // Each says that it follows the next one: the last of them to come would close the ring.
    let together = Arc::new(Barrier::new(FEATURES));
    let mut tasks = JoinSet::new();
    for (place, key) in ring.iter().enumerate() {
        let (service, manager, key) = (world.service.clone(), manager.clone(), key.clone());
        let command = RelateFeatures { end: Follows, other: ring[(place + 1) % FEATURES].clone() };
        let together = Arc::clone(&together);
        tasks.spawn(async move {
            together.wait().await;
            service.relate_features(&manager, &key, command).await
        });
    }
    let outcomes = tasks.join_all().await;
    let made = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(made, FEATURES - 1, "{outcomes:?}");
    assert_eq!(world.count("select count(*) from relation").await?, 3);
    Ok(())
}

#[tokio::test]
async fn another_product_stays_closed() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let (here, there) = (world.feature(Tier::Low).await?, elsewhere(&world).await?);
    // Who may not read the other one is told that it is not there; who may not see this one finds nothing.
    for end in [ChildOf, ParentOf] {
        let refused = relate(&world, &cast.manager, &here, end, &there).await;
        assert_eq!(problem(refused)?, Problem::NoSuchFeature, "{end:?}");
    }
    let refused = relate(&world, &cast.stranger, &here, ChildOf, &there).await;
    assert!(matches!(refused, Err(Error::NotFound)), "{refused:?}");
    let page = world.service.relations_page(&cast.stranger, &here).await.map(drop);
    assert!(matches!(page, Err(Error::NotFound)), "{page:?}");

    // To say something of one's own feature it is enough to read the other one, but not the other way round.
    let both = manager_of_both(&world, Role::Stakeholder).await?;
    let refused = relate(&world, &both, &here, ParentOf, &there).await;
    assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    relate(&world, &both, &here, ChildOf, &there).await?;
    assert_eq!(keys(&read(&world, &both, &here).await?)[&ChildOf], std::slice::from_ref(&there));
    assert_eq!(keys(&read(&world, &both, &there).await?)[&ParentOf], std::slice::from_ref(&here));

    // Readers of one of the two products see nothing of the other: neither in relations and their count, nor in history.
    assert!(read(&world, &cast.developer, &here).await?.is_empty());
    let at_the_other_end = read(&world, &cast.stranger, &there).await?;
    assert!(at_the_other_end.is_empty() && at_the_other_end.parts.is_none());
    let history = world.service.feature_history(&cast.developer, &here, None).await?;
    assert!(!format!("{:?}", history.items).contains(&there.to_string()));
    // Nor does its id show: not in an event, and not in an archive, which everybody who reads this product may have.
    let database = world.as_superuser().await?;
    let id: uuid::Uuid = database
        .query_one(
            "select f.id from feature f join product p on p.id = f.product_id where p.key = $1 and f.number = $2",
            &[&there.product.as_str(), &there.number],
        )
        .await?
        .get(0);
    assert!(!format!("{:?}", history.items).contains(&id.to_string()));
    let told =
        history.items.iter().flat_map(|entry| &entry.changes).find(|change| change.field == "child-of");
    assert_eq!(told.and_then(|change| change.new.as_deref()), Some(ELSEWHERE));
    assert_eq!(
        world
            .count(&format!(
                "select count(*) from audit.event where body like '%{id}%' and verb like 'feature.relation%'"
            ))
            .await?,
        0
    );
    world.tick();
    unrelate(&world, &both, &here, ChildOf, &there).await?;
    relate(&world, &both, &here, DuplicateOf, &there).await?;
    let number = world.archive(&cast.manager, &here).await?;
    let archive = String::from_utf8(archived(&world, &cast.developer, &here, number).await?)?;
    assert!(!archive.contains(&id.to_string()));
    let archive: serde_json::Value = serde_json::from_str(&archive)?;
    for (when, kind) in [("now", "duplicate-of"), ("earlier", "child-of")] {
        let rows = archive[when]["relation"].as_array().ok_or("no relations")?;
        assert_eq!(rows.len(), 1, "{when}");
        assert_eq!((&rows[0]["kind"], rows[0].get("other_id")), (&kind.into(), None), "{when}");
    }
    unrelate(&world, &both, &here, DuplicateOf, &there).await?;
    let history = world.service.feature_history(&cast.stranger, &there, None).await?;
    assert!(!history.items.iter().any(|entry| entry.verb_code.starts_with("feature.relation")));
    Ok(())
}

#[tokio::test]
async fn only_who_manages_the_product_relates() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let (one, two) = (world.feature(Tier::Low).await?, world.feature(Tier::Low).await?);
    for actor in [&cast.developer, &cast.first, &cast.auditor] {
        for outcome in [
            relate(&world, actor, &one, Follows, &two).await,
            unrelate(&world, actor, &one, FollowedBy, &two).await,
        ] {
            assert!(matches!(outcome, Err(Error::Denied(_))), "{outcome:?}");
        }
    }
    Ok(())
}
