//! Files: taken in piece by piece, stored once, given back as they came, or not at all.

use futures::TryStreamExt as _;
use sluice_domain::{
    canonical::Digest,
    form::Problem,
    gate::Mark,
    ids::FeatureKey,
    policy::{EvidenceKind, Proof, Tier},
};
use sluice_service::{
    Actor, Error,
    evidence::{Spool, SpoolError, SupersedeEvidence, Target, Upload},
    new_form_id,
};

use crate::support::{
    TestResult, World, fields,
    steps::{evidence_form, mark_form, parsed, phase_key, upload},
};

/// A report that a tool wrote, unchanged; the README beside it says where it is from.
const SAMPLE: &[u8] = include_bytes!("../../src/demo/evidence/eslint-9.26.0-suppressions-insource.sarif");
/// What its digest is, by another program.
const SAMPLE_SHA256: &str = "2ce05e42a6784f4f71b0b646975ea9b5ddf3a8600a9a85510eb092f7ec372628";

/// A file of several stored pieces in which no two are alike.
fn large() -> Vec<u8> {
    (0..200_000_u32).flat_map(u32::to_le_bytes).collect()
}

async fn add(world: &World, key: &FeatureKey, name: &str, bytes: &[u8]) -> TestResult<i32> {
    let command = evidence_form(&new_form_id(), EvidenceKind::StaticAnalysis, &[])?;
    let upload = upload(name, bytes).await?;
    Ok(world.service.add_evidence(&world.cast.developer, key, command, upload).await?)
}

async fn download(
    world: &World,
    actor: &Actor,
    key: &FeatureKey,
    number: i32,
    version: i32,
) -> Result<Vec<u8>, Error> {
    let file = world.service.download(actor, key, number, version).await?;
    let pieces: Vec<_> = file.stream.try_collect().await?;
    Ok(pieces.concat())
}

#[tokio::test]
async fn an_upload_beyond_the_limit_is_refused_mid_stream_and_nothing_is_kept() -> TestResult {
    let world = World::new().await?;
    let key = world.feature(Tier::Low).await?;
    let mut spool = Spool::begin(1024).await?;
    spool.write(&[1; 1000]).await?;
    let refused = spool.write(&[1; 25]).await;
    assert!(matches!(refused, Err(SpoolError::TooLarge { limit: 1024 })), "{refused:?}");
    drop(spool);
    let Err(error) = refused else { return Err("not refused".into()) };
    let told = Error::from(error);
    assert!(
        matches!(&told, Error::Invalid(problems) if problems[0].problem == Problem::FileTooLarge { limit: 1024 }),
        "{told:?}"
    );

    let empty = world
        .service
        .add_evidence(
            &world.cast.developer,
            &key,
            evidence_form(&new_form_id(), EvidenceKind::Plan, &[])?,
            upload("empty.md", b"").await?,
        )
        .await;
    assert!(
        matches!(&empty, Err(Error::Invalid(problems)) if problems[0].problem == Problem::FileEmpty),
        "{empty:?}"
    );
    assert_eq!(world.count("select (select count(*) from blob) + (select count(*) from evidence)").await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_file_comes_back_byte_for_byte_under_its_digest() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let number = add(&world, &key, "../reports/eslint.sarif", SAMPLE).await?;
    let item = service.evidence_item(&cast.first, &key, number).await?;
    assert_eq!(item.item.digest.to_string(), SAMPLE_SHA256, "as another program counts it");
    assert_eq!((item.item.size, item.item.file_name.as_str()), (SAMPLE.len() as u64, "eslint.sarif"));
    assert_eq!(download(&world, &cast.first, &key, number, 1).await?, SAMPLE);

    // Several pieces, and a new version: the one before stays what it was.
    let form = fields(&[("version", "1"), ("note", "The whole scan.")]);
    let command = parsed(SupersedeEvidence::parse(&form))?;
    let version = service
        .supersede_evidence(&cast.developer, &key, number, command, upload("b.bin", &large()).await?)
        .await?;
    assert_eq!(version, 2);
    assert!(world.count("select count(*) from blob_chunk").await? > 3);
    assert_eq!(download(&world, &cast.auditor, &key, number, 2).await?, large());
    assert_eq!(download(&world, &cast.auditor, &key, number, 1).await?, SAMPLE);
    let none = download(&world, &cast.auditor, &key, number, 3).await;
    assert!(matches!(none, Err(Error::NotFound)), "{none:?}");
    let told = world
        .count(&format!(
            "select count(*) from audit.event where verb = 'evidence.superseded' and body like '%{SAMPLE_SHA256}%' and body like '%{}%'",
            Digest::of(&large())
        ))
        .await?;
    assert_eq!(told, 1, "the event names the digest before and after");
    Ok(())
}

#[tokio::test]
async fn the_same_bytes_are_stored_once() -> TestResult {
    let world = World::new().await?;
    let (one, other) = (world.feature(Tier::Low).await?, world.feature(Tier::Low).await?);
    let bytes = large();
    // At the same time, into two features.
    let (first, second) =
        tokio::join!(add(&world, &one, "a.bin", &bytes), add(&world, &other, "b.bin", &bytes));
    let third = add(&world, &one, "c.bin", &bytes).await?;
    assert_eq!((first?, second?, third), (1, 1, 2));
    assert_eq!(world.count("select count(*) from blob").await?, 1);
    assert_eq!(world.count("select count(*) from evidence_version").await?, 3);
    let stored = world.count("select sum(octet_length(bytes)) from blob_chunk").await?;
    assert_eq!(usize::try_from(stored)?, bytes.len());
    for (key, number) in [(&one, 1), (&other, 1), (&one, 2)] {
        assert_eq!(download(&world, &world.cast.first, key, number, 1).await?, bytes);
    }
    Ok(())
}

#[tokio::test]
async fn stored_bytes_that_were_changed_never_pass_for_the_file() -> TestResult {
    let world = World::new().await?;
    let key = world.feature(Tier::Low).await?;
    let number = add(&world, &key, "scan.bin", &large()).await?;
    let superuser = world.as_superuser().await?;
    let reader = &world.cast.first;
    let corrupt = async |statement: &str| -> TestResult {
        // What an attacker on the database server can do, and a failing disk.
        let sql = format!(
            "set session_replication_role = replica; {statement}; set session_replication_role = origin"
        );
        Ok(superuser.batch_execute(&sql).await?)
    };
    superuser.batch_execute("create table safe as select * from blob_chunk").await?;
    for statement in [
        "update blob_chunk set bytes = set_byte(bytes, 7, get_byte(bytes, 7) # 1) where position = 0",
        "update blob_chunk set bytes = set_byte(bytes, 7, get_byte(bytes, 7) # 1) where position = 2",
        "update blob_chunk set bytes = substring(bytes from 2) where position = 1",
        "update blob_chunk set bytes = bytes || '\\x00' where position = 3",
        "delete from blob_chunk where position = 3",
        "update blob_chunk set position = case position when 0 then 7 else position end;
         update blob_chunk set position = 0 where position = 1; update blob_chunk set position = 1 where position = 7",
    ] {
        corrupt(statement).await?;
        let mut file = world.service.download(reader, &key, number, 1).await?;
        let (mut got, mut failed) = (Vec::new(), false);
        loop {
            match file.stream.try_next().await {
                Ok(Some(piece)) => got.extend_from_slice(&piece),
                Ok(None) => break,
                Err(_) => {
                    failed = true;
                    break;
                }
            }
        }
        assert!(failed, "the stream came to its end after {statement}");
        assert!(got.len() < large().len(), "a whole file was given before the error: {statement}");
        corrupt("delete from blob_chunk; insert into blob_chunk select * from safe").await?;
        assert_eq!(download(&world, reader, &key, number, 1).await?, large(), "and is whole again");
    }
    Ok(())
}

#[tokio::test]
async fn evidence_proves_what_it_is_attached_to_and_no_more() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_phase(Tier::High, "development").await?;
    let phase = phase_key("development")?;
    let control = |key: &str| -> TestResult<Target> { Ok(Target::Control(phase.clone(), key.parse()?)) };
    let missing = async || -> TestResult<Vec<String>> {
        let page = service.phase_page(&cast.manager, &key, &phase).await?;
        let by_evidence = page.controls.iter().filter(|c| matches!(c.control.proof, Proof::Evidence(_)));
        Ok(by_evidence.filter(|c| !c.met).map(|c| c.control.key.to_string()).collect())
    };
    assert_eq!(missing().await?, ["dependency-check"]);
    world.prove(&cast.developer, &key, EvidenceKind::CodeReview, &[control("dependency-check")?]).await?;
    assert_eq!(missing().await?, ["dependency-check"], "a review record is no scan");
    let number = world.prove(&cast.developer, &key, EvidenceKind::Vex, &[]).await?;
    service.attach_evidence(&cast.developer, &key, number, control("dependency-check")?).await?;
    assert_eq!(missing().await?, Vec::<String>::new());
    service.detach_evidence(&cast.developer, &key, number, control("dependency-check")?).await?;
    assert_eq!(missing().await?, ["dependency-check"]);
    // A control or threat that is not there is not offered.
    for target in [control("no-such-control")?, Target::Threat(9)] {
        let attached = service.attach_evidence(&cast.developer, &key, number, target).await;
        assert!(matches!(attached, Err(Error::Invalid(_))), "{attached:?}");
    }
    // Saying so is no proof where evidence is asked for.
    let done = mark_form("dependency-check", Mark::Done, "Done.", 0)?;
    let said = service.mark_control(&cast.developer, &key, &phase, done).await;
    assert!(matches!(said, Err(Error::Invalid(_))), "{said:?}");
    Ok(())
}

#[tokio::test]
async fn an_upload_is_only_what_its_name_says_after_cleaning() -> TestResult {
    let mut spool = Spool::begin(64).await?;
    spool.write(b"<script>").await?;
    let upload =
        Upload::new("..\\..\\evil\u{202E}.html\r\n", Some("text/html; charset=\"x"), spool.finish().await?);
    let world = World::new().await?;
    let key = world.feature(Tier::Low).await?;
    let command = evidence_form(&new_form_id(), EvidenceKind::Other, &[])?;
    let number = world.service.add_evidence(&world.cast.developer, &key, command, upload).await?;
    let item = world.service.evidence_item(&world.cast.first, &key, number).await?;
    let name = item.item.file_name;
    assert!(name.starts_with("evil") && !name.chars().any(|c| c.is_control() || c == '\u{202E}'), "{name:?}");
    assert_eq!(item.versions[0].media_type, None, "a malformed media type is left out");
    Ok(())
}
