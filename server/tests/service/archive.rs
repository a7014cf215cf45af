//! Archives: whole, canonical, the same for the same record, and enough to check every digest that was signed.

use std::collections::BTreeSet;

use futures::TryStreamExt as _;
use serde_json::{Value, json};
use sluice_domain::{
    access::Role,
    canonical::{self, Digest, Salt},
    gate::Verdict,
    ids::FeatureKey,
    lifecycle::Progress,
    policy::{EvidenceKind, Tier},
};
use sluice_service::{
    Actor, Error,
    archive::{MakeArchive, TABLES},
    evidence::Target,
    new_form_id,
};

use crate::support::{
    TestResult, World, fields,
    steps::{answers_form, parsed, threat_form, treat_form},
};

/// Tables with a feature's rows that no archive holds, and why.
const LEFT_OUT: [&str; 9] = [
    "gate_blocker",   // follows from the rest
    "gate_state",     // follows from the rest
    "gate_task",      // follows from the gate's state
    "job",            // what Sluice has still to do
    "notice_waiting", // follows from the notices
    "notification",   // a person's own
    "policy_run_row", // what a policy would decide, for the time being
    "search_entry",   // follows from the rest
    "watch",          // a person's own arrangement
];

/// The bytes of an archive.
pub(crate) async fn bytes(
    world: &World,
    actor: &Actor,
    key: &FeatureKey,
    number: i32,
) -> TestResult<Vec<u8>> {
    let file = world.service.download_archive(actor, key, number).await?;
    assert_eq!(file.file_name, format!("{key}-archive-{number}.json"));
    let (size, digest) = (file.size, file.digest);
    let bytes: Vec<u8> = file
        .stream
        .try_fold(Vec::new(), |mut all, piece| async move {
            all.extend_from_slice(&piece);
            Ok(all)
        })
        .await?;
    assert_eq!((u64::try_from(bytes.len())?, Digest::of(&bytes)), (size, digest));
    Ok(bytes)
}

pub(crate) async fn read(world: &World, key: &FeatureKey, number: i32) -> TestResult<Value> {
    Ok(serde_json::from_slice(&bytes(world, &world.cast.auditor, key, number).await?)?)
}

fn text<'a>(row: &'a Value, name: &str) -> TestResult<&'a str> {
    row[name].as_str().ok_or_else(|| format!("{name} is no text in {row}").into())
}

fn rows<'a>(archive: &'a Value, table: &str) -> TestResult<&'a Vec<Value>> {
    archive["now"][table].as_array().ok_or_else(|| format!("{table} is not archived").into())
}

/// A feature with something of everything, in review.
async fn full(world: &World) -> TestResult<FeatureKey> {
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    service.answer_threat_model(&cast.developer, &key, answers_form("Links \u{1f600}.", 0)?).await?;
    let threat = service.add_threat(&cast.developer, &key, threat_form(&new_form_id())?).await?;
    service.edit_threat(&cast.developer, &key, threat, treat_form(1, "planned")?).await?;
    world.prove(&cast.developer, &key, EvidenceKind::Design, &[Target::Threat(threat)]).await?;
    world.hand_over(&key).await?;
    world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Deny).await?;
    Ok(key)
}

#[tokio::test]
async fn an_archive_is_whole_and_canonical() -> TestResult {
    let world = World::new().await?;
    let key = full(&world).await?;
    let cast = world.cast;
    assert_eq!(world.archive(&cast.manager, &key).await?, 1);
    let written = bytes(&world, &cast.developer, &key, 1).await?;
    let archive: Value = serde_json::from_slice(&written)?;
    assert_eq!(canonical::to_string(&archive).as_bytes(), written, "RFC 8785, byte for byte");
    assert_eq!(archive["format"], "sluice-archive-1");
    assert_eq!(archive["product"]["key"], "PAY");

    // Every table that has rows of a feature is there, or is left out for a reason.
    let there: Vec<&str> = archive["now"].as_object().ok_or("no rows")?.keys().map(String::as_str).collect();
    assert_eq!(there, TABLES);
    let owner = world.as_owner().await?;
    let of_features = owner
        .query(
            "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
             where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attname = 'feature_id'
             order by 1",
            &[],
        )
        .await?;
    let known: BTreeSet<&str> = TABLES.into_iter().chain(LEFT_OUT).collect();
    for row in of_features {
        let table: String = row.get(0);
        assert!(known.contains(&*table), "{table} has rows of a feature: archive it, or say why not");
    }

    // Every event but that of the archive itself is there, with its texts; addresses of clients are not.
    let events = archive["events"].as_array().ok_or("no events")?;
    let stored = world.count("select count(*) from audit.event where feature_id is not null").await?;
    assert_eq!(i64::try_from(events.len())?, stored - 1);
    for event in events {
        let body: Value = serde_json::from_str(text(event, "body")?)?;
        for (part, kept) in event["texts"].as_object().ok_or("no texts")? {
            assert_ne!(part, "address");
            let commitment = salt(text(kept, "salt")?)?.commit(text(kept, "text")?.as_bytes()).to_string();
            assert!(body.to_string().contains(&commitment), "{part} of {body}");
        }
    }
    assert_eq!(archive["earlier"]["threat"].as_array().map(Vec::len), Some(1), "the threat as it was first");

    // Names of all who did something; of nobody else.
    let who = archive["who"].as_object().ok_or("no people")?;
    assert_eq!(who[&cast.first.person.to_string()], json!(cast.first.name));
    assert!(!who.contains_key(&cast.stranger.person.to_string()));
    let policy = text(&archive["policy"], "source")?;
    assert_eq!(Digest::of(policy.as_bytes()).to_string(), text(&archive["policy"], "digest")?);
    Ok(())
}

fn salt(hexadecimal: &str) -> TestResult<Salt> {
    Ok(Salt(*hexadecimal.parse::<Digest>()?.as_bytes()))
}

#[tokio::test]
async fn what_was_signed_can_be_computed_from_it() -> TestResult {
    let world = World::new().await?;
    let key = full(&world).await?;
    world.archive(&world.cast.releaser, &key).await?;
    let archive = read(&world, &key, 1).await?;
    let sign_off = rows(&archive, "sign_off")?.first().ok_or("a denial")?;
    let dossiers = rows(&archive, "dossier")?;
    let signed = dossiers.iter().find(|row| row["digest"] == sign_off["dossier"]).ok_or("its manifest")?;
    let manifest = text(signed, "manifest")?;
    assert_eq!(Digest::of(manifest.as_bytes()).to_string(), text(signed, "digest")?);

    let feature = &rows(&archive, "feature")?[0];
    let scope =
        json!({"title": feature["title"], "description": feature["description"], "tier": feature["tier"]});
    let commitment = salt(text(feature, "scope_salt")?)?.commit(canonical::to_string(&scope).as_bytes());
    assert!(manifest.contains(&commitment.to_string()), "the scope that was signed");
    Ok(())
}

#[tokio::test]
async fn the_same_record_gives_the_same_bytes() -> TestResult {
    let world = World::new().await?;
    let key = full(&world).await?;
    let dossier = world.dossier(&key).await?;
    let standing = world.count("select count(*) from sign_off where ended is null").await?;
    for _ in 0..2 {
        world.tick();
        world.archive(&world.cast.manager, &key).await?;
    }
    assert_eq!(world.dossier(&key).await?, dossier, "archiving changes nothing that is signed");
    assert_eq!(world.count("select count(*) from sign_off where ended is null").await?, standing);

    let (first, mut second) = (read(&world, &key, 1).await?, read(&world, &key, 2).await?);
    // The second tells of the first one; otherwise they are one.
    second["now"]["archive"] = json!([]);
    let told = second["events"].as_array_mut().and_then(Vec::pop).ok_or("no event")?;
    assert_eq!(told["verb"], "feature.archived");
    assert_eq!(canonical::to_string(&first), canonical::to_string(&second));
    Ok(())
}

#[tokio::test]
async fn a_form_makes_one_archive_and_a_page_says_how_new_it_is() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = full(&world).await?;
    let before = service.archive_page(&cast.developer, &key, None).await?;
    assert_eq!((before.items.len(), before.since, before.covers_gate), (0, None, Some(false)));

    let id = new_form_id();
    let command = parsed(MakeArchive::parse(&fields(&[("id", &id)])))?;
    for _ in 0..2 {
        assert_eq!(service.make_archive(&cast.manager, &key, command.clone()).await?, 1);
    }
    let page = service.archive_page(&cast.developer, &key, None).await?;
    assert_eq!((page.items.len(), page.since, page.covers_gate), (1, Some(0), Some(true)));
    assert_eq!(page.items[0].covers, world.dossier(&key).await?);
    // A form that went to another feature, or that somebody else sent, makes none.
    let other = world.feature(Tier::Low).await?;
    for (actor, key) in [(&cast.manager, &other), (&cast.releaser, &key)] {
        let again = service.make_archive(actor, key, command.clone()).await;
        assert!(matches!(again, Err(Error::NotFound)), "{again:?}");
    }

    world.tick();
    service.add_threat(&cast.developer, &key, threat_form(&new_form_id())?).await?;
    let page = service.archive_page(&cast.developer, &key, None).await?;
    assert_eq!(page.since, Some(1));
    Ok(())
}

#[tokio::test]
async fn archives_are_listed_page_by_page() -> TestResult {
    let world = World::new().await?;
    let key = world.feature(Tier::Low).await?;
    for _ in 0..51 {
        world.archive(&world.cast.manager, &key).await?;
    }
    let page = world.service.archive_page(&world.cast.auditor, &key, None).await?;
    assert_eq!((page.items.len(), page.items[0].number, page.next), (50, 51, Some(2)));
    let page = world.service.archive_page(&world.cast.auditor, &key, page.next).await?;
    assert_eq!((page.items.len(), page.items[0].number, page.next), (1, 1, None));
    Ok(())
}

#[tokio::test]
async fn a_finished_feature_is_archived_with_its_last_sign_offs() -> TestResult {
    let world = World::new().await?;
    let key = world.in_phase(Tier::High, "post-release").await?;
    world.hand_over(&key).await?;
    let progress = world.approve(&key).await?;
    assert!(matches!(progress, Progress::Finished { .. }), "{progress:?}");
    let number = world.archive(&world.cast.manager, &key).await?;
    assert_eq!(number, 2, "the first one let the last gate open");
    let count = |archive: &Value| archive["now"]["sign_off"].as_array().map(Vec::len);
    let (before, after) = (read(&world, &key, 1).await?, read(&world, &key, 2).await?);
    assert!(count(&before) < count(&after));
    let page = world.service.archive_page(&world.cast.manager, &key, None).await?;
    assert_eq!((page.covers_gate, page.since), (None, Some(0)));
    assert_eq!(page.items[0].covers, page.items[1].covers, "the last gate's dossier");
    Ok(())
}

#[tokio::test]
async fn only_who_may_archives_and_only_who_may_see_it_reads() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let events = world.events().await?;
    for actor in [&cast.developer, &cast.auditor, &cast.first] {
        let refused = world.archive(actor, &key).await;
        let error = refused.err().ok_or("it was archived")?;
        assert!(matches!(error.downcast_ref(), Some(Error::Denied(_))), "{error:?}");
    }
    let refused = world.archive(&cast.stranger, &key).await.err().ok_or("it was archived")?;
    assert!(matches!(refused.downcast_ref(), Some(Error::NotFound)), "{refused:?}");
    assert_eq!(world.events().await?, events, "nothing was written");

    world.archive(&cast.releaser, &key).await?;
    let page = service.archive_page(&cast.stranger, &key, None).await.map(drop);
    assert!(matches!(page, Err(Error::NotFound)), "{page:?}");
    let file = service.download_archive(&cast.stranger, &key, 1).await.map(drop);
    assert!(matches!(file, Err(Error::NotFound)), "{file:?}");
    let file = service.download_archive(&cast.auditor, &key, 2).await.map(drop);
    assert!(matches!(file, Err(Error::NotFound)), "there is no second one: {file:?}");
    Ok(())
}
