//! The main job: a feature from nothing to the end of its last phase.

use std::collections::{BTreeMap, BTreeSet};

use sluice_domain::{
    access::Role,
    audit::Verb,
    gate::Blocker,
    ids::FeatureKey,
    lifecycle::{Progress, Refusal},
    policy::Tier,
};
use sluice_service::{
    Error,
    features::{FeatureFilter, Included, PhaseState},
    history::HistoryEntry,
    new_form_id,
};

use crate::support::{
    TestResult, World,
    steps::{request, threat_form},
};

const PHASES: [&str; 6] = ["requirements", "design", "development", "testing", "release", "post-release"];

#[tokio::test]
async fn a_low_risk_feature_walks_the_whole_line() -> TestResult {
    walk(Tier::Low, BTreeMap::from([(Role::SecurityReviewer, 6)])).await
}

#[tokio::test]
async fn a_medium_risk_feature_walks_the_whole_line() -> TestResult {
    walk(Tier::Medium, BTreeMap::from([(Role::SecurityReviewer, 6), (Role::ReleaseManager, 1)])).await
}

#[tokio::test]
async fn a_high_risk_feature_walks_the_whole_line_with_a_second_reviewer() -> TestResult {
    walk(Tier::High, BTreeMap::from([(Role::SecurityReviewer, 9), (Role::ReleaseManager, 1)])).await
}

/// Walks a feature from creation to the end, meeting and clearing each blocker of each gate, and reads in the history
/// how it went. `seats` is how many approvals it takes, by role.
async fn walk(tier: Tier, seats: BTreeMap<Role, usize>) -> TestResult {
    let world = World::new().await?;
    let key = world.feature(tier).await?;
    let mut codes = BTreeSet::new();
    for (position, phase) in PHASES.iter().enumerate() {
        let summary = world.service.feature_page(&world.cast.manager, &key).await?.summary;
        let attempt = summary.progress.attempt()?;
        assert_eq!(
            (attempt.phase.as_str(), attempt.cycle),
            (*phase, 1),
            "phases come in order, none is skipped"
        );
        for (step, other) in summary.steps.iter().enumerate() {
            let state = matches!(
                (&other.state, step.cmp(&position)),
                (PhaseState::Passed { cycle: 1, .. }, std::cmp::Ordering::Less)
                    | (PhaseState::Here { .. }, std::cmp::Ordering::Equal)
                    | (PhaseState::Todo, std::cmp::Ordering::Greater)
            );
            assert!(state, "in {phase} step {step} shows {:?}", other.state);
        }
        if *phase == "design" {
            world.service.add_threat(&world.cast.developer, &key, threat_form(&new_form_id())?).await?;
        }
        codes.extend(world.clear(&key).await?);
        let missing = world.blockers(&key).await?;
        assert!(!missing.is_empty() && missing.iter().all(Blocker::is_for_reviewers), "{missing:?}");
        codes.extend(missing.iter().map(Blocker::code));

        request(&world.service, &world.cast.manager, &key).await?;
        let again = request(&world.service, &world.cast.manager, &key).await;
        assert!(matches!(again, Err(Error::Refused(Refusal::AlreadyInReview))), "{again:?}");
        let progress = world.approve(&key).await?;
        match PHASES.get(position + 1) {
            Some(next) => assert_eq!(progress.attempt()?.phase.as_str(), *next),
            None => assert!(matches!(progress, Progress::Finished { .. }), "{progress:?}"),
        }
    }
    let mut every_code = BTreeSet::from([
        "control.evidence-missing",
        "control.open",
        "control.records-short",
        "sign-off.missing",
        "threat-model.question-open",
        "threat.untreated",
    ]);
    if tier == Tier::High {
        every_code.insert("record.not-archived");
    }
    assert_eq!(codes, every_code, "each kind of blocker was met and cleared");

    let page = world.service.feature_page(&world.cast.manager, &key).await?;
    assert!(page.summary.decision.blockers.is_empty());
    assert!(page.summary.steps.iter().all(|step| matches!(step.state, PhaseState::Passed { .. })));
    let refused = request(&world.service, &world.cast.manager, &key).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::Finished))), "{refused:?}");

    the_history_tells_it(&world, &key, &seats).await?;
    the_projection_says_so(&world, &key).await
}

/// The whole story of a feature, oldest first.
pub(crate) async fn story(world: &World, key: &FeatureKey) -> TestResult<Vec<HistoryEntry>> {
    let (mut entries, mut after) = (Vec::new(), None);
    loop {
        let page = world.service.feature_history(&world.cast.auditor, key, after.as_deref()).await?;
        entries.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    entries.reverse();
    Ok(entries)
}

/// The new value of one field of an event.
pub(crate) fn new_value<'a>(entry: &'a HistoryEntry, field: &str) -> Option<&'a str> {
    entry.changes.iter().find(|change| change.field == field)?.new.as_deref()
}

async fn the_history_tells_it(world: &World, key: &FeatureKey, seats: &BTreeMap<Role, usize>) -> TestResult {
    let story = story(world, key).await?;
    let of = |verb: Verb| story.iter().filter(move |entry| entry.verb == Some(verb)).collect::<Vec<_>>();
    assert_eq!(story.first().and_then(|entry| entry.verb), Some(Verb::FeatureCreated));
    assert_eq!(of(Verb::FeatureCreated).len(), 1);
    assert_eq!(of(Verb::ReviewRequested).len(), PHASES.len());
    assert!(!of(Verb::ControlMarked).is_empty() && !of(Verb::EvidenceAdded).is_empty());
    assert_eq!((of(Verb::ThreatAdded).len(), of(Verb::ThreatModelAnswered).len()), (1, 1));

    let mut signed: BTreeMap<Role, usize> = BTreeMap::new();
    for entry in of(Verb::GateSigned) {
        *signed.entry(entry.role.ok_or("a sign-off without a role")?).or_default() += 1;
        assert_eq!(new_value(entry, "verdict"), Some("approve"));
        assert_eq!(new_value(entry, "printed-name"), Some(entry.actor_name.as_str()));
        assert!(new_value(entry, "meaning").is_some_and(|meaning| !meaning.is_empty()));
    }
    assert_eq!(&signed, seats, "as many sign-offs as the policy asks for");

    // Each gate opened in the act of its last sign-off, over the dossier that was signed.
    let opened = of(Verb::GateOpened);
    let ways: Vec<_> = opened.iter().map(|entry| new_value(entry, "phase").unwrap_or_default()).collect();
    let named = ["Design", "Development", "Testing", "Release and monitoring", "Post-release", "finished"];
    assert_eq!(ways, named);
    for entry in &opened {
        let with_it: Vec<_> = of(Verb::GateSigned)
            .into_iter()
            .filter(|sign_off| sign_off.at == entry.at && sign_off.actor == entry.actor)
            .collect();
        assert_eq!(with_it.len(), 1, "the transition commits with its last sign-off");
        assert_eq!(new_value(entry, "dossier"), new_value(with_it[0], "dossier"));
        assert_eq!(entry.object_name, with_it[0].object_name);
    }

    // The sign-offs that the review page shows carry the digests of the events, and every manifest is kept.
    let page = world.service.review_page(&world.cast.auditor, key).await?;
    assert!(page.attempt.is_none());
    let mut of_events: Vec<_> = of(Verb::GateSigned)
        .iter()
        .map(|entry| new_value(entry, "dossier").unwrap_or_default().to_owned())
        .collect();
    let mut of_page: Vec<_> = page.sign_offs.iter().map(|sign_off| sign_off.dossier.to_string()).collect();
    of_events.sort();
    of_page.sort();
    assert_eq!(of_events, of_page);
    let kept = world
        .count(
            "select count(*) from sign_off s join dossier d on d.digest = s.dossier
             where d.phase = s.phase and d.cycle = s.cycle and sha256(convert_to(d.manifest, 'UTF8')) = d.digest",
        )
        .await?;
    assert_eq!(
        usize::try_from(kept)?,
        of_page.len(),
        "the manifest of each signed digest is kept and hashes to it"
    );
    Ok(())
}

/// The row that lists read agrees with the decision, at the end as on the way.
async fn the_projection_says_so(world: &World, key: &FeatureKey) -> TestResult {
    let filter = FeatureFilter { included: Included::All, ..Default::default() };
    let list = world.service.features(&world.cast.manager, &filter).await?;
    let item = list.items.iter().find(|item| item.key == *key).ok_or("not in the list")?;
    assert_eq!((item.blockers, item.team_blockers, item.phase.clone()), (0, 0, None));
    Ok(())
}

#[tokio::test]
async fn lists_and_inboxes_follow_the_decision() -> TestResult {
    use sluice_service::work::Task;

    let world = World::new().await?;
    let key = world.feature(Tier::Low).await?;
    let cast = world.cast;
    let tasks = async |actor| -> TestResult<Vec<Task>> {
        Ok(world.service.my_work(actor).await?.mine.into_iter().map(|item| item.what).collect())
    };
    assert_eq!(tasks(&cast.manager).await?, [Task::Clear { blockers: 3 }]);
    assert_eq!(tasks(&cast.first).await?, []);
    world.clear(&key).await?;
    assert_eq!(tasks(&cast.manager).await?, [Task::RequestReview]);
    request(&world.service, &cast.manager, &key).await?;
    assert_eq!(tasks(&cast.manager).await?, []);
    assert_eq!(
        world.service.my_work(&cast.manager).await?.waiting.len(),
        1,
        "the manager waits for the reviewers"
    );
    assert_eq!(tasks(&cast.first).await?, [Task::Sign]);
    assert_eq!(tasks(&cast.second).await?, [Task::Sign]);
    world.approve(&key).await?;
    assert_eq!(tasks(&cast.first).await?, []);
    let filter = FeatureFilter::default();
    for actor in [&cast.manager, &cast.auditor] {
        let list = world.service.features(actor, &filter).await?;
        let blockers = i32::try_from(world.blockers(&key).await?.len())?;
        assert_eq!(list.items.first().map(|item| item.blockers), Some(blockers));
    }
    Ok(())
}
