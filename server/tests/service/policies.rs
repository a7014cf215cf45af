//! Policies as administrators run them: imported, looked at, activated; chosen by product; and features that move from
//! one version to another.

use sluice_domain::{
    access::Role,
    audit::Verb,
    canonical::Digest,
    form::Problem,
    gate::Verdict,
    ids::{FeatureKey, PolicyVersionId},
    lifecycle::Refusal,
    policy::{BUILT_IN, RunKind, RunState, Tier},
};
use sluice_service::{
    Error, Voids,
    features::CreateFeature,
    new_form_id,
    policies::{ChoosePolicy, MigrateFeature, StartPolicyRun},
};

use crate::support::{
    TestResult, World, fields,
    policy::import,
    steps::{parsed, request},
};

/// The built-in policy as the next version, with a control more in its first phase that everybody owes.
pub(crate) fn stricter(version: &str) -> String {
    let control = "[[phases.controls]]\nkey = \"sponsor\"\ntitle = \"A sponsor is named\"\n\
                   guidance = \"Write who pays for it.\"\nsource = \"Product\"\ndone_by = [\"product-manager\"]\n\
                   proof = \"statement\"\ntiers = [\"low\", \"medium\", \"high\"]\n\n[[phases.controls]]";
    renamed(version).replacen("[[phases.controls]]", control, 1)
}

/// The same without its first control: it asks less.
pub(crate) fn looser(version: &str) -> String {
    let text = renamed(version);
    let mut starts = text.match_indices("[[phases.controls]]").map(|(at, _)| at);
    match (starts.next(), starts.next()) {
        (Some(first), Some(second)) => format!("{}{}", &text[..first], &text[second..]),
        _ => text,
    }
}

/// The built-in policy as another version that says the same.
pub(crate) fn renamed(version: &str) -> String {
    let own = BUILT_IN.lines().find(|line| line.starts_with("version = ")).unwrap_or_default();
    BUILT_IN.replacen(own, &format!("version = \"{version}\""), 1)
}

/// The same without its second phase.
fn without_design(version: &str) -> String {
    let text = renamed(version);
    let mut starts = text.match_indices("[[phases]]").map(|(at, _)| at).skip(1);
    match (starts.next(), starts.next()) {
        (Some(second), Some(third)) => format!("{}{}", &text[..second], &text[third..]),
        _ => text,
    }
}

#[tokio::test]
async fn a_version_is_imported_once_and_binds_nobody() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let before = world.active().await?;
    let events = world.events().await?;
    let imported = world.import_policy(&cast.admin, &stricter("2027.1")).await?;
    assert_eq!((imported.version.as_str(), imported.is_new), ("2027.1", true));
    assert_eq!(world.events().await?, events + 1);
    assert_eq!(world.active().await?, before, "it is not active");
    let key = world.feature(Tier::Low).await?;
    let page = service.feature_page(&cast.manager, &key).await?;
    assert_eq!(
        page.summary.policy_version,
        service.policy(&cast.admin, "sdl", "2026.3").await?.policy.version
    );

    // The same text again, with the line ends of a browser, is there already.
    let again = world.import_policy(&cast.admin, &stricter("2027.1").replace('\n', "\r\n")).await?;
    assert!(!again.is_new);
    // Another text under the same name is refused: what was signed under it would mean something else.
    let other = world.import_policy(&cast.admin, &renamed("2027.1")).await;
    let Err(Error::Invalid(problems)) = other else { return Err(format!("{other:?}").into()) };
    assert_eq!(problems[0].problem, Problem::OtherText);
    assert_eq!(world.count("select count(*) from policy_version where version = '2027.1'").await?, 1);

    // A text that is wrong says where.
    let wrong = import(&stricter("2027.2").replacen("tiers =", "tires =", 1)).err().unwrap_or_default();
    assert!(wrong.iter().any(|problem| matches!(&problem.problem, Problem::InPolicy(e) if e.line > 1)));
    Ok(())
}

#[tokio::test]
async fn administrators_alone_run_policies_and_auditors_read_what_they_looked_at() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    world.imported("2027.1", &stricter("2027.1")).await?;
    world.feature(Tier::Low).await?;
    let run = world.look("2027.1", "").await?.id;
    let events = world.events().await?;
    let active = world.active().await?;
    let product = "PAY".parse()?;
    let choice = parsed(ChoosePolicy::parse(&fields(&[("policy", "connector"), ("version", "1")])))?;
    for actor in [&cast.manager, &cast.auditor, &cast.first, &cast.stakeholder] {
        let form = parsed(StartPolicyRun::parse(&fields(&[("id", &new_form_id())])))?;
        let outcomes = [
            ("import", world.import_policy(actor, &renamed("2027.9")).await.map(drop)),
            ("look", service.start_policy_run(actor, "sdl", "2027.1", form).await.map(drop)),
            ("cancel", service.cancel_policy_run(actor, run).await),
            ("page", service.activation_page(actor, "sdl", "2027.1").await.map(drop)),
            (
                "activate",
                service
                    .activate_policy(actor, "sdl", "2027.1", World::activation(&new_form_id(), Some(active))?)
                    .await,
            ),
            ("choose", service.choose_policy(actor, &product, choice.clone()).await),
        ];
        for (what, outcome) in outcomes {
            assert!(matches!(outcome, Err(Error::Denied(_))), "{what} by {}: {outcome:?}", actor.name);
        }
        let read = service.policy_run_page(actor, run, None).await;
        if actor.person == cast.auditor.person {
            assert!(read?.rows[0].may_open, "an auditor reads every feature");
        } else {
            assert!(matches!(read, Err(Error::Denied(_))), "{:?}", read.map(drop));
        }
    }
    let chosen = service.choose_policy(&cast.stranger, &product, choice).await;
    assert!(matches!(chosen, Err(Error::NotFound)), "{chosen:?}");
    assert_eq!(world.events().await?, events, "nothing was written");
    let seen = service.policy_run_page(&cast.admin, run, None).await?;
    assert!(!seen.rows[0].may_open, "an administrator learns the key and what is asked, no more");
    let text = format!("{:?}", seen.rows);
    assert!(!text.contains("Pay by link"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_version_is_activated_once_and_only_by_who_has_seen_its_impact() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let first = world.active().await?;
    let old = world.feature(Tier::Low).await?;
    let candidate = world.imported("2027.1", &stricter("2027.1")).await?;
    let activate = async |id: &str, from: Option<PolicyVersionId>| {
        let command = World::activation(id, from).map_err(Error::internal)?;
        service.activate_policy(&cast.admin, "sdl", "2027.1", command).await
    };
    let problem = |outcome: Result<(), Error>| match outcome {
        Err(Error::Invalid(problems)) => problems.into_iter().next().map(|problem| problem.problem),
        _ => None,
    };
    world.tick();
    assert_eq!(problem(activate(&new_form_id(), Some(first)).await), Some(Problem::ImpactNeeded));
    let run = world.look("2027.1", "").await?;
    assert_eq!(
        (run.kind, run.state, run.total, run.more, run.less),
        (RunKind::Impact, RunState::Finished, 1, 1, 0)
    );

    // A day later it says nothing any more.
    world.clock.advance(time::Duration::hours(25));
    assert!(service.activation_page(&cast.admin, "sdl", "2027.1").await?.known.is_none());
    assert_eq!(problem(activate(&new_form_id(), Some(first)).await), Some(Problem::ImpactNeeded));
    world.look("2027.1", "").await?;
    world.tick();

    let stale = activate(&new_form_id(), None).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    let id = new_form_id();
    let events = world.events().await?;
    activate(&id, Some(first)).await?;
    activate(&id, Some(first)).await?;
    assert_eq!(world.events().await?, events + 1, "the same form activates once");
    assert_eq!(world.active().await?, candidate);
    assert_eq!(problem(activate(&new_form_id(), Some(candidate)).await), Some(Problem::AlreadyActive));

    // New features start under it, the old one stays.
    world.tick();
    let new = world.feature(Tier::Low).await?;
    let version = async |key: &FeatureKey| -> TestResult<String> {
        Ok(service.feature_page(&cast.manager, key).await?.summary.policy_version)
    };
    assert_eq!((version(&old).await?.as_str(), version(&new).await?.as_str()), ("2026.3", "2027.1"));
    let page = service.policy_page(&cast.auditor, "sdl", "2027.1").await?;
    assert_eq!((page.is_active, page.activations.len()), (true, 1));
    assert_eq!(page.activations[0].reason, "Reviewed.");

    // An impact of before does not do for going back.
    let back = World::activation(&new_form_id(), Some(candidate))?;
    let back = service.activate_policy(&cast.admin, "sdl", "2026.3", back).await;
    assert_eq!(problem(back), Some(Problem::ImpactNeeded));
    Ok(())
}

#[tokio::test]
async fn a_run_names_what_would_block_goes_on_after_a_stop_and_can_be_called_off() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    world.imported("2027.1", &stricter("2027.1")).await?;
    let key = world.feature(Tier::Low).await?;
    world.feature(Tier::High).await?;
    let run = world.look("2027.1", "").await?;
    let page = service.policy_run_page(&cast.admin, run.id, None).await?;
    assert_eq!((page.run.total, page.run.done, page.rows.len()), (2, 2, 2));
    assert_eq!(page.causes.len(), 1, "{:?}", page.causes);
    assert_eq!(page.causes[0].cause.words, "“A sponsor is named” is not done");
    assert_eq!((page.causes[0].more, page.causes[0].less), (2, 0));
    assert_eq!(page.rows[0].feature, key);
    assert_eq!(page.rows[0].after, Some(page.rows[0].before + 1));

    // As after a stop: the run is under way, looked at one feature, and its process says nothing any more.
    let owner = world.as_owner().await?;
    owner
        .execute(
            "update policy_run set state = 'running', ended_at = null, done = 1, total = 2, more = 1,
                    place = (select min(id::text)::uuid from feature),
                    worker = gen_random_uuid(), lease_until = $2 where id = $1",
            &[
                &run.id.uuid(),
                &(std::time::SystemTime::from(world.clock.now()) + std::time::Duration::from_secs(20)),
            ],
        )
        .await?;
    owner
        .execute(
            "delete from policy_run_row where run_id = $1
               and feature_id > (select min(id::text)::uuid from feature)",
            &[&run.id.uuid()],
        )
        .await?;
    assert_eq!(service.resume_policy_runs().await?, 0, "it belongs to a process while its lease lasts");
    world.tick();
    assert_eq!(service.resume_policy_runs().await?, 1);
    let page = service.policy_run_page(&cast.admin, run.id, None).await?;
    assert_eq!((page.run.state, page.run.total, page.run.done, page.run.more), (RunState::Finished, 2, 2, 2));
    assert_eq!(page.rows.len(), 2);

    // Called off while nobody works on it, it stays so.
    owner
        .execute(
            "update policy_run set state = 'running', ended_at = null, lease_until = null where id = $1",
            &[&run.id.uuid()],
        )
        .await?;
    service.cancel_policy_run(&cast.admin, run.id).await?;
    service.cancel_policy_run(&cast.admin, run.id).await?;
    assert_eq!(service.resume_policy_runs().await?, 0);
    let page = service.policy_run_page(&cast.admin, run.id, None).await?;
    assert_eq!(page.run.state, RunState::Cancelled);
    let never = service.cancel_policy_run(&cast.admin, new_form_id().parse()?).await;
    assert!(matches!(never, Err(Error::NotFound)), "{never:?}");

    // What is activated on is the latest that was finished, whatever was begun since and came to nothing.
    let finished = world.look("2027.1", "").await?;
    world.tick();
    let other = world.look("2027.1", "").await?;
    owner.execute("update policy_run set state = 'cancelled' where id = $1", &[&other.id.uuid()]).await?;
    let page = service.activation_page(&cast.admin, "sdl", "2027.1").await?;
    let ids = [page.run, page.known].map(|run| run.map(|run| run.id));
    assert_eq!(ids, [Some(other.id), Some(finished.id)]);

    // The future cannot be replayed.
    let form = parsed(StartPolicyRun::parse(&fields(&[("id", &new_form_id()), ("at", "2099-01-01")])))?;
    let future = service.start_policy_run(&cast.admin, "sdl", "2027.1", form).await;
    assert!(matches!(&future, Err(Error::Invalid(p)) if p[0].problem == Problem::NotYetPast), "{future:?}");
    Ok(())
}

#[tokio::test]
async fn a_product_chooses_the_policy_of_its_new_features() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let product = "PAY".parse()?;
    let old = world.feature(Tier::Low).await?;
    let page = service.product_policy_page(&cast.manager, &product).await?;
    let names: Vec<(&str, bool)> =
        page.choices.iter().map(|c| (c.active.policy.key.as_str(), c.is_chosen)).collect();
    assert_eq!((names, page.may_choose), (vec![("connector", false), ("sdl", true)], false));

    let choose = async |policy: &str, version: i32| {
        let version = version.to_string();
        let form = fields(&[("policy", policy), ("version", &version)]);
        service.choose_policy(&cast.admin, &product, ChoosePolicy::parse(&form)?).await
    };
    let unknown = choose("nobodys", page.version).await;
    assert!(matches!(&unknown, Err(Error::Invalid(p)) if p[0].problem == Problem::NotAChoice), "{unknown:?}");
    let stale = choose("connector", page.version + 1).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    let events = world.events().await?;
    choose("connector", page.version).await?;
    choose("connector", page.version).await?;
    assert_eq!(world.events().await?, events + 1, "chosen twice is chosen once");
    let form: CreateFeature = world.feature_form(Tier::Low)?;
    let new = service.create_feature(&cast.manager, form).await?;
    let policy = async |key: &FeatureKey| -> TestResult<String> {
        Ok(service.feature_page(&cast.manager, key).await?.summary.policy_key)
    };
    assert_eq!((policy(&old).await?.as_str(), policy(&new).await?.as_str()), ("sdl", "connector"));
    let board = sluice_service::features::FeatureFilter { board: true, ..Default::default() };
    assert_eq!(
        service.feature_board(&cast.manager, &board).await?.columns.iter().map(|c| c.count).sum::<i64>(),
        2
    );
    Ok(())
}

#[tokio::test]
async fn a_feature_moves_after_its_effect_was_shown_and_what_was_signed_is_voided() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let from = world.active().await?;
    let key = world.in_phase(Tier::High, "design").await?;
    world.hand_over(&key).await?;
    // Of two that the gate asks for.
    world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Approve).await?;

    // Nothing is newer yet.
    let page = service.migration_page(&cast.manager, &key, None).await?;
    assert!(page.is_active && page.target.is_none(), "{:?}", page.target);
    world.put_in_force("2027.2", &without_design("2027.2")).await?;
    let gone = world.active().await?;
    let refused = world.migrate(&key, from, gone).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::PhaseMissing(_)))), "{refused:?}");
    let shown = service.migration_page(&cast.manager, &key, Some(gone)).await;
    assert!(matches!(shown, Err(Error::Refused(Refusal::PhaseMissing(_)))), "{:?}", shown.map(drop));
    let offered = service.migration_page(&cast.manager, &key, None).await?.target.ok_or("no version")?;
    assert!(matches!(offered.obstacle, Some(Refusal::PhaseMissing(_))), "{offered:?}");
    let connector = service.policy(&cast.admin, "connector", "2026.1").await?.id;
    let other = world.migrate(&key, from, connector).await;
    assert!(matches!(&other, Err(Error::Invalid(p)) if p[0].problem == Problem::NotAChoice), "{other:?}");

    // What was imported binds nobody, and what is no longer active binds nobody any more.
    let to = world.imported("2027.1", &stricter("2027.1")).await?;
    let refused = world.migrate(&key, from, to).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::NotActive))), "{refused:?}");
    world.put_in_force("2027.1", &stricter("2027.1")).await?;
    for version in [gone, world.imported("2027.3", &renamed("2027.3")).await?] {
        let refused = world.migrate(&key, from, version).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::NotActive))), "{refused:?}");
        let shown = service.migration_page(&cast.manager, &key, Some(version)).await;
        assert!(matches!(shown, Err(Error::Refused(Refusal::NotActive))), "{:?}", shown.map(drop));
    }
    let offered = service.migration_page(&cast.manager, &key, None).await?.target.ok_or("no version")?;
    assert_eq!((offered.id, offered.obstacle), (to, None));

    let page = service.migration_page(&cast.manager, &key, Some(to)).await?;
    let effect = page.effect.ok_or("no effect")?;
    let voids: Vec<_> = effect.voids.iter().map(|it| (it.name.as_str(), it.gate.as_str())).collect();
    assert_eq!(voids, [("Rhea Reviewer", "Design")]);
    let subjects: Vec<String> =
        effect.change.appears.iter().map(sluice_domain::gate::Blocker::subject).collect();
    assert_eq!(subjects, ["control:requirements/sponsor"]);
    assert!(effect.change.vanishes.is_empty(), "{:?}", effect.change);
    // An administrator moves features without reading them; a stranger learns nothing.
    let page = service.migration_page(&cast.admin, &key, Some(to)).await?;
    assert!(page.summary.is_none() && page.may_migrate);
    let page = service.migration_page(&cast.stranger, &key, None).await;
    assert!(matches!(page, Err(Error::NotFound)), "{:?}", page.map(drop));
    for actor in [&cast.auditor, &cast.first, &cast.developer] {
        assert!(!service.migration_page(actor, &key, Some(to)).await?.may_migrate);
        let moved = service.migrate_feature(actor, &key, world.migration(actor, &key, from, to).await?).await;
        assert!(matches!(moved, Err(Error::Denied(_))), "{moved:?}");
    }

    world.tick();
    let events = world.events().await?;
    let mut manager = cast.manager.clone();
    manager.origin.voids = Voids::Ask;
    let command = world.migration(&manager, &key, from, to).await?;
    let asked = service.migrate_feature(&manager, &key, command.clone()).await;
    assert!(matches!(&asked, Err(Error::WouldVoid(v)) if v.confirmation == effect.confirmation), "{asked:?}");
    assert_eq!(world.events().await?, events, "nothing is voided before it is confirmed");
    manager.origin.voids = Voids::Confirmed(effect.confirmation);
    // For what was shown and nothing else.
    let unread = MigrateFeature { seen: Digest::of(b"unread"), ..command.clone() };
    let unread = service.migrate_feature(&manager, &key, unread).await;
    assert!(matches!(unread, Err(Error::Stale)), "{unread:?}");
    assert_eq!(world.events().await?, events);
    service.migrate_feature(&manager, &key, command.clone()).await?;
    service.migrate_feature(&manager, &key, command.clone()).await?;
    // The move, and the sign-off that it voids.
    assert_eq!(world.events().await?, events + 2, "moved twice is moved once");
    let stale = service.migrate_feature(&cast.manager, &key, MigrateFeature { to: from, ..command }).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    let sign_offs = service.review_page(&cast.first, &key).await?.sign_offs;
    assert_eq!(
        world.count("select count(*) from sign_off where ended = 'voided'").await?,
        1,
        "{sign_offs:?}"
    );
    let blockers = world.blockers(&key).await?;
    assert!(
        blockers.iter().any(|blocker| blocker.subject() == "control:requirements/sponsor"),
        "{blockers:?}"
    );
    let history = service.feature_history(&cast.manager, &key, None).await?;
    assert!(history.items.iter().any(|entry| entry.verb == Some(Verb::FeatureMigrated)));

    // The turn stayed with the reviewers: they hand it back, the team does what the version asks, and it goes on.
    world.hand_back(&cast.second, &key, 1).await?;
    world.clear(&key).await?;
    request(service, &cast.manager, &key).await?;
    world.approve(&key).await?;
    Ok(())
}
