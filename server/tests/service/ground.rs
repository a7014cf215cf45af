//! What a product goes by, its lists and coding standards, is part of what is signed: a change of it voids approvals, is
//! told, and reaches every feature under way.

use sluice_domain::{
    access::Role,
    canonical::{self, Digest, Salt},
    dossier::ItemKind,
    gate::{Blocker, Verdict},
    ids::{FeatureKey, StandardId},
    lifecycle::{Progress, Refusal},
    notification::Notice,
    policy::Tier,
    record::ListKind,
};
use sluice_service::{
    Actor, Error,
    guides::{EditList, PublishStandard},
    new_form_id,
};

use crate::{
    archive::read as archived,
    support::{
        TestResult, World,
        cast::asked,
        fields,
        steps::{parsed, sign_form},
    },
};

const REVIEWER: Role = Role::SecurityReviewer;

impl World {
    /// A new version of one of the lists of `PAY`.
    async fn relist(&self, list: ListKind, points: &[&str]) -> TestResult {
        self.tick();
        let page = self.service.product_lists(&self.cast.manager, &"PAY".parse()?).await?;
        let version = page.lists.iter().find(|item| item.kind == list).ok_or("no list")?.version.to_string();
        let points = points.join("\n");
        let command = parsed(EditList::parse(&fields(&[("version", &version), ("points", &points)])))?;
        Ok(self.service.edit_product_list(&self.cast.manager, &"PAY".parse()?, list, command).await?)
    }

    /// The first points of a list that Sluice brings: who confirmed all of them confirmed these.
    async fn shorten(&self, list: ListKind, by: usize) -> TestResult {
        let points = list.defaults();
        self.relist(list, &points[..points.len() - by]).await
    }

    /// An edition of a coding standard of `PAY`: the next one of `replaces`, or the first of a new one.
    async fn edition(&self, replaces: Option<StandardId>, edition: &str) -> TestResult<StandardId> {
        self.tick();
        let (id, replaces) = (new_form_id(), replaces.map(|id| id.to_string()).unwrap_or_default());
        let form = [
            ("id", id.as_str()),
            ("replaces", &replaces),
            ("title", "Logging"),
            ("edition", edition),
            ("summary", "Log decisions, no secrets."),
        ];
        let command = parsed(PublishStandard::parse(&fields(&form)))?;
        Ok(self.service.publish_standard(&self.cast.manager, &"PAY".parse()?, command).await?)
    }

    /// The developer, who wrote every change, attests what waits.
    async fn attest_all(&self) -> TestResult {
        self.tick();
        for waiting in self.service.standards_to_attest(&self.cast.developer).await? {
            let actor = &self.cast.developer;
            self.service.attest_standard(actor, &waiting.product, waiting.standard).await?;
        }
        Ok(())
    }

    /// Runs the jobs a minute later; nothing is left to follow then.
    async fn follow(&self) -> TestResult {
        self.tick();
        assert_eq!(self.service.run_due_jobs().await?.failed, 0);
        assert_eq!(self.count("select count(*) from ground_change").await?, 0);
        Ok(())
    }

    async fn signed_designs(&self) -> TestResult<i64> {
        self.count("select count(*) from sign_off where ended is null and phase = 'design'").await
    }

    async fn voided(&self) -> TestResult<i64> {
        self.count("select count(*) from audit.event where verb = 'sign-off.voided'").await
    }

    async fn phase_of(&self, key: &FeatureKey) -> TestResult<String> {
        let summary = self.service.feature_page(&self.cast.auditor, key).await?.summary;
        Ok(summary.progress.attempt()?.phase.to_string())
    }

    /// What somebody was told of voided sign-offs: the names of what changed.
    async fn told_of_voided(&self, actor: &Actor) -> TestResult<Vec<Vec<String>>> {
        let told = self.service.notifications(actor, None).await?.items.into_iter();
        Ok(told
            .filter_map(|item| match item.notice {
                Notice::SignOffVoided { changed, .. } => Some(changed),
                _ => None,
            })
            .collect())
    }

    /// What the lists show: the number of blockers, and when that was decided.
    async fn listed(&self, key: &FeatureKey) -> TestResult<(i32, std::time::SystemTime)> {
        let row = self
            .as_superuser()
            .await?
            .query_one(
                "select s.blockers, s.decided_at from gate_state s join feature f on f.id = s.feature_id
                 join product p on p.id = f.product_id where p.key = $1 and f.number = $2",
                &[&key.product.as_str(), &key.number],
            )
            .await?;
        Ok((row.get(0), row.get(1)))
    }
}

/// A high-risk feature whose design waits for its second approval.
async fn half_approved(world: &World) -> TestResult<FeatureKey> {
    let key = world.in_phase(Tier::High, "design").await?;
    world.hand_over(&key).await?;
    world.sign(&world.cast.first, &key, REVIEWER, Verdict::Approve).await?;
    Ok(key)
}

#[tokio::test]
async fn a_new_list_voids_what_was_signed_on_the_old_one() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let passed = world.in_phase(Tier::High, "development").await?;
    let key = half_approved(&world).await?;
    world.follow().await?;
    // Those of other products are left alone.
    let mut form = world.feature_form(Tier::High)?;
    form.product = cast.other_product;
    let other = service.create_feature(&cast.stranger, form).await?;
    let (voided, untouched) = (world.voided().await?, world.listed(&other).await?);

    world.shorten(ListKind::DefinitionOfReady, 1).await?;
    // From that moment on the approval counts for nothing, though nobody has noted it yet.
    assert_eq!((world.signed_designs().await?, world.voided().await?), (3, voided));
    let missing = |blockers: &[Blocker]| {
        blockers.iter().find_map(|blocker| match blocker {
            Blocker::SignOffsMissing { have, need, .. } => Some((*have, *need)),
            _ => None,
        })
    };
    assert_eq!(missing(&world.blockers(&key).await?), Some((0, 2)));

    world.follow().await?;
    assert_eq!((world.signed_designs().await?, world.voided().await?), (2, voided + 1));
    assert_eq!(world.told_of_voided(&cast.first).await?, [["Definition of ready"]]);
    let by = "select count(*) from audit.event where verb = 'sign-off.voided' and actor is null";
    assert_eq!(world.count(by).await?, 1, "it is nobody's doing but Sluice's");
    world.follow().await?;
    assert_eq!(world.voided().await?, voided + 1, "once");

    // The reviewer reads what changed, in words.
    let page = service.review_page(&cast.first, &key).await?.attempt.ok_or("no attempt")?;
    let [list] = page.changes.as_slice() else { return Err(format!("{:?}", page.changes).into()) };
    assert_eq!((list.kind, list.then, list.now), (ItemKind::List, Some(0), Some(1)));
    let lines = |text: &Option<String>| text.as_deref().map(|text| text.lines().count());
    assert_eq!((lines(&list.fields[0].then), lines(&list.fields[0].now)), (Some(6), Some(5)));
    assert_eq!(list.place.path(&key), "/products/PAY/lists#definition-of-ready");
    assert!(page.items.iter().any(|item| item.label == "Definition of ready" && item.detail == "Points: 5"));

    world.sign(&cast.second, &key, REVIEWER, Verdict::Approve).await?;
    assert_eq!(world.phase_of(&key).await?, "design", "the second approval alone opens nothing");
    world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await?;
    assert_eq!(world.phase_of(&key).await?, "development");

    // What was signed at a gate that opened stays as it was signed.
    let drifted = world.blockers(&passed).await?;
    assert!(!drifted.iter().any(|blocker| matches!(blocker, Blocker::Drifted { .. })), "{drifted:?}");
    assert_eq!(world.count("select count(*) from gate_state where drifted > 0").await?, 0);
    assert_eq!(world.listed(&other).await?, untouched);
    Ok(())
}

/// Between the new list and the job that follows it, whoever signs settles it first.
#[tokio::test]
async fn approvals_of_two_lists_are_never_counted_together() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = half_approved(&world).await?;
    let old = world.dossier(&key).await?;
    world.shorten(ListKind::DefinitionOfReady, 1).await?;
    // Who is shown what a write voids is not asked: it is void whatever they do.
    let second = asked(&cast.second);
    let late = service.sign_gate(&second, &key, sign_form(Verdict::Approve, REVIEWER, old)).await;
    assert!(matches!(late, Err(Error::Refused(Refusal::DossierChanged))), "{late:?}");
    let standing = world.signed_designs().await?;
    let progress = world.sign(&second, &key, REVIEWER, Verdict::Approve).await?;
    assert!(matches!(progress, Progress::Active(attempt) if attempt.phase.as_str() == "design"));
    assert_eq!(
        (world.signed_designs().await?, world.voided().await?),
        (standing, 1),
        "one came, the other is voided"
    );
    assert_eq!(world.told_of_voided(&cast.first).await?, [["Definition of ready"]]);
    let events = world.events().await?;
    world.follow().await?;
    assert_eq!(world.events().await?, events, "nothing is left for the job");
    // Whose own approval fell may give it anew without waiting for the job.
    world.shorten(ListKind::DefinitionOfReady, 2).await?;
    world.sign(&second, &key, REVIEWER, Verdict::Approve).await?;
    assert_eq!((world.phase_of(&key).await?.as_str(), world.voided().await?), ("design", 2));
    Ok(())
}

#[tokio::test]
async fn a_new_edition_voids_approvals_and_the_attestation_opens_the_gate() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_phase(Tier::High, "development").await?;
    world.hand_over(&key).await?;
    world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await?;
    world.follow().await?;
    let (blockers, _) = world.listed(&key).await?;

    world.edition(None, "1").await?;
    world.follow().await?;
    assert_eq!(world.voided().await?, 1);
    assert_eq!(world.told_of_voided(&cast.first).await?, [["Coding standards"]]);
    assert_eq!(world.listed(&key).await?.0, blockers + 1, "lists know that an attestation is missing");
    let page = world.service.review_page(&cast.first, &key).await?.attempt.ok_or("no attempt")?;
    let [standards] = page.changes.as_slice() else { return Err(format!("{:?}", page.changes).into()) };
    assert_eq!((standards.kind, standards.then, standards.now), (ItemKind::Standards, Some(1), Some(2)));
    let field = &standards.fields[0];
    assert_eq!(
        (field.then.as_deref(), field.now.as_deref()),
        (Some("Secure coding, edition 2026"), Some("Logging, edition 1\nSecure coding, edition 2026"))
    );

    // Both sign what is in force now; the gate waits for the attestation, and for nothing else.
    for actor in [&cast.first, &cast.second] {
        world.sign(actor, &key, REVIEWER, Verdict::Approve).await?;
    }
    assert!(matches!(world.blockers(&key).await?.as_slice(), [Blocker::RecordsShort { .. }]));
    let dossier = world.dossier(&key).await?;
    world.attest_all().await?;
    assert_eq!(world.dossier(&key).await?, dossier, "an attestation completes what was signed");
    world.follow().await?;
    assert_eq!((world.phase_of(&key).await?.as_str(), world.voided().await?), ("testing", 1));
    Ok(())
}

/// Whatever these rules read of the product is in the digest; what they do not read is not.
#[tokio::test]
async fn every_fact_of_the_product_enters_the_digest() -> TestResult {
    let world = World::new().await?;
    let key = world.in_phase(Tier::Medium, "design").await?;
    let mut last = world.dossier(&key).await?;
    let mut moved = async |what: &str, changes: bool| -> TestResult {
        let now = world.dossier(&key).await?;
        assert_eq!(now != last, changes, "{what}");
        last = now;
        Ok(())
    };
    world.relist(ListKind::Hardening, &["Ports are closed"]).await?;
    world.relist(ListKind::Principles, &["Keep it simple"]).await?;
    world.edition(None, "1").await?;
    moved("what the design does not read", false).await?;
    world.relist(ListKind::DefinitionOfReady, &["It can be built"]).await?;
    moved("the product's first own list", true).await?;
    world.relist(ListKind::DefinitionOfReady, &["It can be tested"]).await?;
    moved("another point", true).await?;
    // By the content and not only by the version: what is altered behind the program's back is another ground as well.
    let superuser = world.as_superuser().await?;
    let alter = async |what: &str| -> TestResult {
        let sql = format!("set session_replication_role = replica; update {what}");
        Ok(superuser.batch_execute(&sql).await?)
    };
    alter("product_list set points = '{It is small}' where list = 'definition-of-ready'").await?;
    moved("the points themselves", true).await?;

    world.relist(ListKind::DefinitionOfReady, ListKind::DefinitionOfReady.defaults()).await?;
    world.hand_over(&key).await?;
    world.approve(&key).await?;
    assert_eq!(world.phase_of(&key).await?, "development");
    moved("another phase", true).await?;
    let standard = world.edition(None, "of another title").await;
    assert!(standard.is_err(), "there is such a standard already");
    let first = world.service.standards(&world.cast.manager, &"PAY".parse()?).await?.in_force[0].id;
    let second = world.edition(Some(first), "2").await?;
    moved("another edition", true).await?;
    world.edition(Some(second), "3").await?;
    moved("the next one", true).await?;
    world.attest_all().await?;
    moved("an attestation", false).await?;
    for column in ["title", "edition", "link", "summary"] {
        alter(&format!("coding_standard set {column} = {column} || '!'")).await?;
        moved(column, true).await?;
    }
    world.relist(ListKind::DefinitionOfReady, &["It can be built"]).await?;
    moved("the list that an earlier gate read", false).await?;
    Ok(())
}

#[tokio::test]
async fn the_hardening_list_is_part_of_the_release() -> TestResult {
    let world = World::new().await?;
    let key = world.in_phase(Tier::Medium, "release").await?;
    let before = world.dossier(&key).await?;
    world.shorten(ListKind::Hardening, 1).await?;
    assert_ne!(world.dossier(&key).await?, before);
    Ok(())
}

/// Whoever has the archive computes what was signed, the product's own lists and those that Sluice brings.
#[tokio::test]
async fn the_archive_has_what_the_product_goes_by() -> TestResult {
    let world = World::new().await?;
    let key = world.in_phase(Tier::High, "design").await?;
    world.hand_over(&key).await?;
    world.shorten(ListKind::DefinitionOfReady, 1).await?;
    world.sign(&world.cast.first, &key, REVIEWER, Verdict::Approve).await?;
    world.archive(&world.cast.manager, &key).await?;
    let archive = archived(&world, &key, 1).await?;
    let list = &archive["now"]["product_list"][0];
    let salt = Salt(*list["salt"].as_str().ok_or("no salt")?.parse::<Digest>()?.as_bytes());
    let committed = salt.commit(canonical::to_string(&list["points"]).as_bytes()).to_string();
    let signed =
        &archive["now"]["sign_off"].as_array().and_then(|rows| rows.last()).ok_or("none")?["dossier"];
    let dossiers = archive["now"]["dossier"].as_array().ok_or("no dossiers")?;
    let manifest = dossiers.iter().find(|row| row["digest"] == *signed).ok_or("no manifest")?;
    assert!(manifest["manifest"].as_str().is_some_and(|text| text.contains(&committed)), "{manifest}");
    assert_eq!(archive["lists"]["hardening"], serde_json::json!(ListKind::Hardening.defaults()));
    Ok(())
}
