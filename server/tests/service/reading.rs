//! What reviewers read: manifests of what was signed, the difference since they signed last, and drift after a gate
//! opened, which a person of that gate accepts.

use sluice_domain::{
    access::Role,
    audit::Verb,
    canonical::Digest,
    dossier::ItemKind,
    gate::{Blocker, Verdict},
    ids::FeatureKey,
    lifecycle::Refusal,
    policy::{EvidenceKind, PhaseKey, Tier},
};
use sluice_service::{
    Actor, Error,
    evidence::{SupersedeEvidence, Target},
    gates::{AcceptDrift, ChangedItem, DriftPage},
    new_form_id,
};

use crate::{
    line::story,
    stale::rename,
    support::{
        TestResult, World,
        cast::password,
        fields,
        steps::{parsed, phase_key, threat_form, treat_form, upload},
    },
};

const REVIEWER: Role = Role::SecurityReviewer;

pub(crate) fn said<'a>(item: &'a ChangedItem, field: &str) -> Option<(&'a str, &'a str)> {
    let field = item.fields.iter().find(|changed| changed.field == field)?;
    Some((field.then.as_deref().unwrap_or_default(), field.now.as_deref().unwrap_or_default()))
}

async fn changes(world: &World, actor: &Actor, key: &FeatureKey) -> TestResult<Vec<ChangedItem>> {
    Ok(world.service.review_page(actor, key).await?.attempt.ok_or("no attempt")?.changes)
}

#[tokio::test]
async fn who_signs_again_sees_what_changed_since_and_in_which_words() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_phase(Tier::High, "design").await?;
    let threat = service.add_threat(&cast.developer, &key, threat_form(&new_form_id())?).await?;
    let file = world.prove(&cast.developer, &key, EvidenceKind::Plan, &[]).await?;
    world.hand_over(&key).await?;
    let page = service.review_page(&cast.first, &key).await?.attempt.ok_or("no attempt")?;
    assert_eq!((page.compared, page.changes.len()), (None, 0), "a first reading is of everything");
    assert!(page.has_manifest);
    world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await?;
    world.tick();

    // Words, evidence and a new thing change; the rest stays as it was.
    let version = service.feature_page(&cast.manager, &key).await?.version;
    service.edit_feature(&cast.manager, &key, rename(&world, "Pay by any link", version)?).await?;
    world.tick();
    service.attach_evidence(&cast.developer, &key, file, Target::Threat(threat)).await?;
    let version =
        service.threat_page(&cast.developer, &key, Some(threat)).await?.threat.ok_or("gone")?.version;
    let mut other = treat_form(version, "verified")?;
    other.title = "A payment is replayed at night".parse()?;
    service.edit_threat(&cast.developer, &key, threat, other).await?;
    let added = service.add_threat(&cast.developer, &key, threat_form(&new_form_id())?).await?;
    world.tick();

    let page = service.review_page(&cast.first, &key).await?.attempt.ok_or("no attempt")?;
    let compared = page.compared.ok_or("there is an earlier dossier")?;
    assert!(compared.signed_by_reader && compared.digest != page.dossier);
    let found: Vec<(ItemKind, &str)> =
        page.changes.iter().map(|item| (item.kind, item.key.as_str())).collect();
    let (old, new, file) = (format!("T-{threat}"), format!("T-{added}"), format!("E-{file}"));
    assert_eq!(
        found,
        [
            (ItemKind::Scope, "scope"),
            (ItemKind::Threat, old.as_str()),
            (ItemKind::Threat, new.as_str()),
            (ItemKind::Evidence, file.as_str())
        ]
    );
    assert_eq!(said(&page.changes[0], "title"), Some(("Pay by link", "Pay by any link")));
    assert_eq!(said(&page.changes[0], "description"), None, "what stayed is not shown");
    assert_eq!(
        said(&page.changes[1], "title"),
        Some(("A payment is replayed", "A payment is replayed at night"))
    );
    assert_eq!(said(&page.changes[1], "evidence"), Some(("", file.as_str())));
    assert_eq!((page.changes[2].then, page.changes[2].now), (None, Some(1)));
    assert_eq!(said(&page.changes[2], "severity"), Some(("", "high")), "a new thing is shown in full");
    // Who reads for the first time has nothing to compare with, nor who may only read.
    assert!(changes(&world, &cast.second, &key).await?.is_empty());

    // Signed again, nothing is left to read; back at the team, the next cycle is compared with this one.
    world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await?;
    assert!(changes(&world, &cast.first, &key).await?.is_empty());
    world.hand_back(&cast.second, &key, 1).await?;
    world.tick();
    service.detach_evidence(&cast.developer, &key, 1, Target::Threat(threat)).await?;
    let page = service.review_page(&cast.manager, &key).await?.attempt.ok_or("no attempt")?;
    assert!(page.compared.is_some_and(|compared| !compared.signed_by_reader));
    let detached = page.changes.iter().find(|item| item.key == old).ok_or("the link is gone")?;
    assert_eq!(said(detached, "evidence"), Some((file.as_str(), "")));
    Ok(())
}

#[tokio::test]
async fn a_manifest_holds_the_very_bytes_that_were_signed() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_phase(Tier::Low, "design").await?;
    let requirements = phase_key("requirements")?;
    let page = service.manifest_page(&cast.stakeholder, &key, &requirements, 1, None).await?;
    assert!(page.opened, "the one that the gate opened on is shown first");
    assert_eq!(Digest::of(page.text.as_bytes()), page.digest);
    assert!(!page.items.is_empty() && page.text.contains("\"phase\":\"requirements\""));
    let signers: Vec<&str> = page.signed.iter().map(|signed| signed.name.as_str()).collect();
    assert_eq!(signers, [cast.first.name.as_str()]);
    for other in &page.others {
        let page = service.manifest_page(&cast.auditor, &key, &requirements, 1, Some(other.0)).await?;
        assert_eq!(Digest::of(page.text.as_bytes()), other.0);
    }
    // Nobody learns of a product in which they hold no role, and made-up digests and cycles are not there.
    let stranger = service.manifest_page(&cast.stranger, &key, &requirements, 1, None).await;
    assert!(matches!(stranger, Err(Error::NotFound)), "{stranger:?}");
    let made_up = Some(Digest::of(b"made up"));
    for (cycle, digest) in [(2, None), (1, made_up)] {
        let none = service.manifest_page(&cast.manager, &key, &requirements, cycle, digest).await;
        assert!(matches!(none, Err(Error::NotFound)), "{none:?}");
    }
    Ok(())
}

pub(crate) fn accepting(page: &DriftPage, role: Role) -> TestResult<AcceptDrift> {
    Ok(AcceptDrift {
        role,
        reason: "The new title says the same.".parse()?,
        covers: page.dossier.ok_or("the gate is not open")?,
        password: password(),
    })
}

pub(crate) async fn drifts(world: &World, key: &FeatureKey) -> TestResult<bool> {
    Ok(world.blockers(key).await?.iter().any(|blocker| matches!(blocker, Blocker::Drifted { .. })))
}

#[tokio::test]
async fn drift_is_shown_then_and_now_and_accepted_by_a_person_of_that_gate() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_phase(Tier::Low, "design").await?;
    let phase: PhaseKey = phase_key("requirements")?;
    let page = async |actor: &Actor| service.drift_page(actor, &key, &phase).await;
    assert!(page(&cast.first).await?.items.is_empty() && !drifts(&world, &key).await?);
    let nothing = accepting(&page(&cast.first).await?, REVIEWER)?;
    let refused = service.accept_drift(&cast.first, &key, &phase, nothing).await;
    assert!(matches!(refused, Err(Error::Stale)), "{refused:?}");

    world.tick();
    let version = service.feature_page(&cast.manager, &key).await?.version;
    service.edit_feature(&cast.manager, &key, rename(&world, "Pay by post", version)?).await?;
    assert!(drifts(&world, &key).await?);
    let before = page(&cast.first).await?;
    assert_eq!(before.items.len(), 1);
    assert_eq!(said(&before.items[0], "title"), Some(("Pay by link", "Pay by post")));
    assert!(matches!(&before.seat, Some(Ok(roles)) if roles == &[REVIEWER]));
    assert!(matches!(page(&cast.stranger).await, Err(Error::NotFound)));
    assert!(page(&cast.tester).await?.seat.is_none());
    // Incident managers sign where the policy asks for them, and here it does not.
    assert!(matches!(page(&cast.developer).await?.seat, Some(Err(Refusal::RoleNotAsked))));

    // Neither somebody without that seat, nor a contributor, nor for something that was not on screen.
    let accept = async |actor: &Actor, command| service.accept_drift(actor, &key, &phase, command).await;
    let denied = accept(&cast.tester, accepting(&before, REVIEWER)?).await;
    assert!(matches!(denied, Err(Error::Denied(_))), "{denied:?}");
    let denied = accept(&cast.releaser, accepting(&before, REVIEWER)?).await;
    assert!(matches!(denied, Err(Error::Denied(_))), "{denied:?}");
    let unasked = accept(&cast.releaser, accepting(&before, Role::ReleaseManager)?).await;
    assert!(matches!(unasked, Err(Error::Refused(Refusal::RoleNotAsked))), "{unasked:?}");
    let mut other = accepting(&before, REVIEWER)?;
    other.covers = Digest::of(b"something else");
    let changed = accept(&cast.first, other).await;
    assert!(matches!(changed, Err(Error::Refused(Refusal::DossierChanged))), "{changed:?}");
    let mut wrong = accepting(&before, REVIEWER)?;
    wrong.password = "not their password".to_owned().into();
    let wrong = accept(&cast.first, wrong).await;
    assert!(matches!(wrong, Err(Error::Invalid(_))), "{wrong:?}");
    assert!(drifts(&world, &key).await?);

    accept(&cast.first, accepting(&before, REVIEWER)?).await?;
    assert!(!drifts(&world, &key).await?);
    let after = page(&cast.first).await?;
    assert!(after.items.is_empty());
    assert_eq!(after.accepted.len(), 1);
    assert_eq!(after.accepted[0].0, cast.first.name);
    let manifest = service.manifest_page(&cast.first, &key, &phase, 1, None).await?;
    assert_eq!(Some(manifest.digest), before.dossier, "what was accepted counts as signed");
    assert!(story(&world, &key).await?.iter().any(|entry| entry.verb == Some(Verb::DriftAccepted)));
    // A further change drifts away from what was accepted.
    world.tick();
    service.edit_feature(&cast.manager, &key, rename(&world, "Pay by pigeon", version + 1)?).await?;
    let again = page(&cast.second).await?;
    assert_eq!(said(&again.items[0], "title"), Some(("Pay by post", "Pay by pigeon")));
    Ok(())
}

#[tokio::test]
async fn evidence_that_replaces_what_expired_is_drift_and_says_that_it_is_a_renewal() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let phase: PhaseKey = phase_key("requirements")?;
    let on = [Target::Control(phase.clone(), "security-requirements".parse()?)];
    let scanned = world.prove(&cast.developer, &key, EvidenceKind::DependencyScan, &on).await?;
    world.hand_over(&key).await?;
    world.approve(&key).await?;
    let supersede = async || -> TestResult {
        let version = service.evidence_item(&cast.developer, &key, scanned).await?.item.version.to_string();
        let command = parsed(SupersedeEvidence::parse(&fields(&[("version", &version), ("note", "")])))?;
        let file = upload("scan.json", format!("{{\"after\": {version}}}").as_bytes()).await?;
        service.supersede_evidence(&cast.developer, &key, scanned, command, file).await?;
        Ok(())
    };
    let items = async || -> TestResult<Vec<ChangedItem>> {
        Ok(service.drift_page(&cast.first, &key, &phase).await?.items)
    };
    let signed_at = world.clock.now();
    supersede().await?;
    assert_eq!(items().await?.iter().map(|item| item.expired).collect::<Vec<_>>(), [None], "it held still");
    // The version that was signed has expired since: the newer one is what the policy asks for.
    world.clock.advance(time::Duration::days(31));
    let expired = items().await?[0].expired.ok_or("the signed version has expired")?;
    assert!((expired - signed_at.date()).whole_days() <= 30, "{expired}");
    assert!(drifts(&world, &key).await?, "somebody reads it all the same");
    Ok(())
}
