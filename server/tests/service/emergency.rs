//! Release in an emergency: two people, every gate in order, and what is owed afterwards.

use sluice_domain::{
    access::{Action, Role},
    audit::Verb,
    form::Fields,
    gate::{Blocker, Verdict},
    ids::{EmergencyId, FeatureKey},
    lifecycle::{Progress, Refusal, SignedOwed},
    policy::Tier,
    record::RecordKind,
};
use sluice_service::{
    Actor, Error, Voids,
    course::{AgreeToEmergency, CallOffEmergency, Consented, EmergencyEnd, ProposeEmergency},
    features::{FeatureFilter, PhaseState},
    gates::{MySeat, WithdrawSignOff},
    new_form_id,
    products::RoleChange,
};
use time::Duration;

use crate::{
    course::{Step, back_form},
    line::{new_value, story},
    support::{
        TestResult, World,
        cast::{PASSWORD, answering, asked},
        fields,
        steps::{parsed, phase_key, sign_form},
    },
};

const REVIEWER: Role = Role::SecurityReviewer;

impl World {
    pub(crate) async fn propose(&self, actor: &Actor, key: &FeatureKey, id: &str) -> Result<(), Error> {
        // The history is in order of time: two things at one instant have none.
        self.tick();
        let summary = self.service.feature_page(&self.cast.auditor, key).await?.summary;
        let attempt = summary.progress.attempt()?;
        let cycle = attempt.cycle.to_string();
        let form = [
            ("id", id),
            ("phase", attempt.phase.as_str()),
            ("cycle", &cycle),
            ("reason", "Cards are charged twice."),
            ("password", PASSWORD),
        ];
        self.service.propose_emergency(actor, key, ProposeEmergency::parse(&fields(&form))?).await
    }

    pub(crate) async fn agree(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        emergency: &str,
        id: &str,
    ) -> Result<Consented, Error> {
        let form = [
            ("id", id),
            ("emergency", emergency),
            ("reason", "The fix was read by two."),
            ("password", PASSWORD),
        ];
        self.service.agree_to_emergency(actor, key, AgreeToEmergency::parse(&fields(&form))?).await
    }

    /// Releases a feature as two people of the policy's roles.
    pub(crate) async fn release(&self, key: &FeatureKey) -> TestResult {
        let id = new_form_id();
        self.propose(&self.cast.releaser, key, &id).await?;
        self.tick();
        let released = self.agree(&self.cast.first, key, &id, &new_form_id()).await?;
        assert_eq!(released, Consented::Released);
        self.tick();
        Ok(())
    }

    async fn stands(&self, key: &FeatureKey) -> TestResult<(String, i32)> {
        let progress = self.service.feature_page(&self.cast.auditor, key).await?.summary.progress;
        let attempt = progress.attempt()?;
        Ok((attempt.phase.to_string(), attempt.cycle))
    }

    /// Signs an owed gate after reading its dossier.
    pub(crate) async fn pay(
        &self,
        actor: &Actor,
        key: &FeatureKey,
        phase: &str,
        verdict: Verdict,
        role: Role,
    ) -> Result<SignedOwed, Error> {
        self.tick();
        let phase = phase_key(phase)?;
        let page = self.service.owed_page(&self.cast.auditor, key, &phase).await?;
        let covers = page.owed.ok_or(Error::NotFound)?.dossier;
        self.service.sign_owed(actor, key, &phase, sign_form(verdict, role, covers)).await
    }

    /// Does the team's part of an owed gate.
    pub(crate) async fn catch_up(&self, key: &FeatureKey, phase: &str) -> TestResult {
        let phase = phase_key(phase)?;
        loop {
            self.tick();
            let page = self.service.owed_page(&self.cast.auditor, key, &phase).await?;
            let owed = page.owed.ok_or("nothing is owed")?;
            let Some(blocker) = owed.decision.for_team().next().cloned() else { return Ok(()) };
            self.clear_one(key, &blocker).await?;
        }
    }
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> TestResult<Refusal> {
    match result {
        Err(Error::Refused(refusal)) => Ok(refusal),
        other => Err(format!("not refused: {other:?}").into()),
    }
}

#[tokio::test]
async fn two_people_release_and_every_gate_on_the_way_is_owed() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_phase(Tier::Medium, "development").await?;
    let id = new_form_id();
    world.propose(&cast.releaser, &key, &id).await?;
    let page = world.service.course_page(&cast.auditor, &key, &Fields::default()).await?;
    let emergency = page.emergency.ok_or("the policy has an emergency path")?;
    let gates: Vec<String> = emergency
        .skipped
        .map_err(|refusal| format!("{refusal}"))?
        .into_iter()
        .map(|gate| {
            assert!(!gate.missing.is_empty(), "{gate:?}");
            gate.name
        })
        .collect();
    assert_eq!(gates.len(), 3, "{gates:?}");
    let open = emergency.open.ok_or("nothing waits")?;
    assert_eq!((open.consents.len(), open.end), (1, EmergencyEnd::Open));

    // One person twice is one person, whatever roles they hold and however often the form is sent.
    assert_eq!(
        refusal(world.agree(&cast.releaser, &key, &id, &new_form_id()).await)?,
        Refusal::AlreadyAgreed
    );
    assert_eq!(world.stands(&key).await?.0, "development");
    let wrong = AgreeToEmergency::parse(&fields(&[
        ("id", &new_form_id()),
        ("emergency", &id),
        ("reason", "The fix was read."),
        ("password", "nine herons over a slow river"),
    ]));
    let wrong = world.service.agree_to_emergency(&cast.first, &key, parsed(wrong)?).await;
    assert!(matches!(wrong, Err(Error::Invalid(_))), "{wrong:?}");

    world.tick();
    let consent = new_form_id();
    assert_eq!(world.agree(&cast.first, &key, &id, &consent).await?, Consented::Released);
    let events = world.events().await?;
    assert_eq!(world.agree(&cast.first, &key, &id, &consent).await?, Consented::Released, "sent twice");
    assert_eq!(world.events().await?, events);
    assert_eq!(world.stands(&key).await?, ("post-release".to_owned(), 1));

    let summary = world.service.feature_page(&cast.auditor, &key).await?.summary;
    let owed: Vec<&str> = summary
        .steps
        .iter()
        .filter(|step| matches!(step.state, PhaseState::Owed { cycle: 1, .. }))
        .map(|step| step.key.as_str())
        .collect();
    assert_eq!(owed, ["development", "testing", "release"]);
    let debts: Vec<&str> = summary.decision.debts.iter().map(|debt| debt.phase.as_str()).collect();
    assert_eq!(debts, owed);
    // Tuesday morning plus five working days.
    assert!(summary.decision.debts.iter().all(|debt| debt.due.date().to_string() == "2026-11-10"));
    let list = world.service.features(&cast.manager, &FeatureFilter::default()).await?;
    assert_eq!(list.items[0].owed, 3, "lists say it too");

    let told = story(&world, &key).await?;
    let verbs: Vec<_> = told.iter().filter_map(|entry| entry.verb).collect();
    let tail = &verbs[verbs.len() - 5..];
    let owed = Verb::GateOwed;
    assert_eq!(tail, [Verb::EmergencyProposed, Verb::EmergencyReleased, owed, owed, owed]);
    let released = told.iter().find(|entry| entry.verb == Some(Verb::EmergencyReleased)).ok_or("no event")?;
    assert_eq!(released.reason.as_deref(), Some("The fix was read by two."));
    assert_eq!(new_value(released, "people"), Some("2"));
    assert_eq!(new_value(released, "contributed"), None);
    Ok(())
}

#[tokio::test]
async fn who_releases_is_said_by_the_policy_and_a_contributor_is_named_as_one() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_phase(Tier::Low, "design").await?;
    let propose = async |actor: &Actor| world.propose(actor, &key, &new_form_id()).await;
    assert_eq!(refusal(propose(&cast.manager).await)?, Refusal::NotAnApprover);
    assert!(matches!(propose(&cast.tester).await, Err(Error::Denied(Action::ReleaseInEmergency))));
    assert!(matches!(propose(&cast.auditor).await, Err(Error::Denied(_))));
    assert!(matches!(propose(&cast.stranger).await, Err(Error::NotFound)));

    // The developer, who is incident manager, worked on the feature: allowed, and on the record.
    world
        .service
        .add_threat(&cast.developer, &key, crate::support::steps::threat_form(&new_form_id())?)
        .await?;
    let id = new_form_id();
    world.propose(&cast.first, &key, &id).await?;
    for actor in [&cast.manager, &cast.stranger, &cast.tester] {
        let refused = world.agree(actor, &key, &id, &new_form_id()).await;
        assert!(
            matches!(
                refused,
                Err(Error::NotFound | Error::Denied(_) | Error::Refused(Refusal::NotAnApprover))
            ),
            "{}: {refused:?}",
            actor.name
        );
    }
    world.tick();
    assert_eq!(world.agree(&cast.developer, &key, &id, &new_form_id()).await?, Consented::Released);
    let told = story(&world, &key).await?;
    let released = told.iter().find(|entry| entry.verb == Some(Verb::EmergencyReleased)).ok_or("no event")?;
    assert_eq!(new_value(released, "contributed"), Some("yes"));
    let page = world.service.course_page(&cast.auditor, &key, &Fields::default()).await?;
    let contributed: Vec<bool> =
        page.emergencies[0].consents.iter().map(|consent| consent.contributed).collect();
    assert_eq!(contributed, [false, true]);
    Ok(())
}

#[tokio::test]
async fn an_agreement_counts_for_one_attempt_and_while_the_role_is_held() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_review(Tier::Low).await?;
    // Whoever lost the role since counts no more.
    let id = new_form_id();
    world.propose(&cast.releaser, &key, &id).await?;
    let revoke = RoleChange { person: cast.releaser.person, role: Role::ReleaseManager };
    world.service.revoke_role(&cast.admin, &"PAY".parse()?, revoke).await?;
    world.tick();
    assert_eq!(world.agree(&cast.first, &key, &id, &new_form_id()).await?, Consented::Waits);
    assert_eq!(world.stands(&key).await?.0, "requirements");

    // Returned for changes, it was asked for in another attempt.
    world.hand_back(&cast.first, &key, 1).await?;
    let stale = world.agree(&cast.second, &key, &id, &new_form_id()).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    let page = world.service.course_page(&cast.auditor, &key, &Fields::default()).await?;
    assert_eq!(page.emergencies[0].end, EmergencyEnd::Outdated);

    // Asked for anew, the outdated one is called off in the same breath; a second one beside it is refused.
    let again = new_form_id();
    world.propose(&cast.second, &key, &again).await?;
    let events = world.events().await?;
    world.propose(&cast.second, &key, &again).await?;
    assert_eq!(world.events().await?, events, "sent twice");
    let other = world.propose(&cast.developer, &key, &new_form_id()).await;
    assert!(matches!(other, Err(Error::Stale)), "{other:?}");
    let stolen = world.propose(&cast.first, &key, &again).await;
    assert!(matches!(stolen, Err(Error::NotFound)), "{stolen:?}");
    let page = world.service.course_page(&cast.auditor, &key, &Fields::default()).await?;
    let ends: Vec<EmergencyEnd> = page.emergencies.iter().map(|it| it.end).collect();
    assert_eq!(ends, [EmergencyEnd::Open, EmergencyEnd::CalledOff]);

    // Called off, nobody agrees any more.
    let emergency: EmergencyId = again.parse()?;
    let off = || CallOffEmergency { emergency, reason: "Rolled back instead.".parse().expect("a reason") };
    let denied = world.service.call_off_emergency(&cast.tester, &key, off()).await;
    assert!(matches!(denied, Err(Error::Denied(_))), "{denied:?}");
    world.service.call_off_emergency(&cast.first, &key, off()).await?;
    let twice = world.service.call_off_emergency(&cast.first, &key, off()).await;
    assert!(matches!(twice, Err(Error::Stale)), "{twice:?}");
    let late = world.agree(&cast.first, &key, &again, &new_form_id()).await;
    assert!(matches!(late, Err(Error::Stale)), "{late:?}");
    Ok(())
}

#[tokio::test]
async fn a_veto_a_hold_and_the_end_of_the_path_stop_an_emergency() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_review(Tier::Low).await?;
    world.sign(&cast.first, &key, REVIEWER, Verdict::Deny).await?;
    let id = new_form_id();
    assert_eq!(refusal(world.propose(&cast.second, &key, &id).await)?, Refusal::Denied);
    world.withdraw(&cast.first, &key).await?;
    world.propose(&cast.second, &key, &id).await?;
    world.sign(&cast.first, &key, REVIEWER, Verdict::Deny).await?;
    let late = world.agree(&cast.developer, &key, &id, &new_form_id()).await;
    assert_eq!(refusal(late)?, Refusal::Denied, "the veto came after the question");
    world.withdraw(&cast.first, &key).await?;

    world.rest(&cast.manager, &key, Step::Hold, &new_form_id()).await?;
    assert_eq!(refusal(world.agree(&cast.first, &key, &id, &new_form_id()).await)?, Refusal::OnHold);
    let off = CallOffEmergency { emergency: id.parse()?, reason: "Not now.".parse()? };
    assert_eq!(refusal(world.service.call_off_emergency(&cast.first, &key, off).await)?, Refusal::OnHold);
    world.rest(&cast.manager, &key, Step::Resume, &new_form_id()).await?;
    assert_eq!(world.agree(&cast.first, &key, &id, &new_form_id()).await?, Consented::Released);
    world.tick();
    let beyond = world.propose(&cast.second, &key, &new_form_id()).await;
    assert_eq!(refusal(beyond)?, Refusal::NothingToSkip);
    Ok(())
}

#[tokio::test]
async fn what_is_owed_is_signed_by_the_same_rules_and_paid_once() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_phase(Tier::Medium, "testing").await?;
    world.release(&key).await?;
    let phase = phase_key("testing")?;

    // Before the team has done its part there is nothing to approve.
    let early = world.pay(&cast.first, &key, "testing", Verdict::Approve, REVIEWER).await;
    assert!(matches!(early, Err(Error::Refused(Refusal::Blocked(_)))), "{early:?}");
    world.catch_up(&key, "testing").await?;

    let no_signer = world.pay(&cast.tester, &key, "testing", Verdict::Approve, Role::Qa).await;
    assert!(matches!(no_signer, Err(Error::Denied(Action::SignOwed))), "{no_signer:?}");
    let not_asked =
        world.pay(&cast.developer, &key, "testing", Verdict::Approve, Role::IncidentManager).await;
    assert_eq!(refusal(not_asked)?, Refusal::RoleNotAsked);
    let nothing = world.pay(&cast.stranger, &key, "testing", Verdict::Approve, REVIEWER).await;
    assert!(matches!(nothing, Err(Error::NotFound)), "{nothing:?}");
    let design = phase_key("design")?;
    let elsewhere = world.service.sign_owed(
        &cast.first,
        &key,
        &design,
        sign_form(Verdict::Approve, REVIEWER, world.dossier(&key).await?),
    );
    assert_eq!(refusal(elsewhere.await)?, Refusal::NotOwed);
    let other = sign_form(Verdict::Approve, REVIEWER, world.dossier(&key).await?);
    assert_eq!(
        refusal(world.service.sign_owed(&cast.first, &key, &phase, other).await)?,
        Refusal::DossierChanged,
        "the dossier of another gate"
    );

    // A veto holds here as well, and ends with its author.
    let denied = world.pay(&cast.second, &key, "testing", Verdict::Deny, REVIEWER).await?;
    assert!(matches!(denied, SignedOwed::Stands(_)), "{denied:?}");
    let approved = world.pay(&cast.first, &key, "testing", Verdict::Approve, REVIEWER).await?;
    assert!(matches!(approved, SignedOwed::Stands(_)), "{approved:?}");
    let twice = world.pay(&cast.first, &key, "testing", Verdict::Approve, REVIEWER).await;
    assert_eq!(refusal(twice)?, Refusal::AlreadySigned);

    // An edit voids what stands at an owed gate, as it does at any, and whoever edits confirms it first.
    let form = crate::support::forms::filled(RecordKind::Finding, world.named(), "Read by hand.");
    let finding = || crate::support::forms::command(RecordKind::Finding, form.clone());
    let tester = cast.holding(RecordKind::Finding.spec().editors)?;
    let events = world.events().await?;
    let asked = world.service.add_record(&asked(tester), &key, finding()?).await;
    let Err(Error::WouldVoid(voiding)) = asked else {
        return Err(format!("nobody was asked: {asked:?}").into());
    };
    let voids: Vec<_> = voiding.sign_offs.iter().map(|it| (it.name.as_str(), it.gate.as_str())).collect();
    assert_eq!(voids, [(cast.first.name.as_str(), "Testing")]);
    assert_eq!(world.events().await?, events, "nothing is saved before it is confirmed");
    let confirmed = answering(tester, Voids::Confirmed(voiding.confirmation));
    world.service.add_record(&confirmed, &key, finding()?).await?;
    let page = world.service.owed_page(&cast.first, &key, &phase).await?;
    let ended: Vec<bool> = page.sign_offs.iter().map(|sign_off| sign_off.ended.is_some()).collect();
    assert_eq!(ended, [true, false], "the approval is void, the denial stands");
    world.catch_up(&key, "testing").await?;
    let approved = world.pay(&cast.first, &key, "testing", Verdict::Approve, REVIEWER).await?;
    assert!(matches!(approved, SignedOwed::Stands(_)), "{approved:?}");
    let events = world.events().await?;
    world.tick();
    let taking_back = |id: &str| {
        let form = [("sign-off", id), ("reason", "It was read again."), ("password", PASSWORD)];
        parsed(WithdrawSignOff::parse(&fields(&form)))
    };
    // The form names the sign-off that it shows: any other one stays.
    let own = async |actor: &Actor| -> TestResult<String> {
        let owed = world.service.owed_page(actor, &key, &phase).await?.owed;
        Ok(owed.and_then(|owed| owed.own).ok_or("they signed nothing")?.id.to_string())
    };
    let others = taking_back(&own(&cast.first).await?)?;
    let stale = world.service.withdraw_owed(&cast.second, &key, &phase, others).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    assert_eq!(world.events().await?, events);
    let id = own(&cast.second).await?;
    world.service.withdraw_owed(&cast.second, &key, &phase, taking_back(&id)?).await?;
    assert_eq!(world.events().await?, events + 2, "withdrawn, and with that paid");
    let page = world.service.owed_page(&cast.first, &key, &phase).await?;
    assert!(page.owed.is_none() && page.paid_at.is_some());
    let again = world.service.withdraw_owed(&cast.second, &key, &phase, taking_back(&id)?);
    assert_eq!(refusal(again.await)?, Refusal::NotOwed);

    let summary = world.service.feature_page(&cast.auditor, &key).await?.summary;
    let step = summary.steps.iter().find(|step| step.key == phase).map(|step| step.state.clone());
    assert!(matches!(step, Some(PhaseState::Passed { .. })), "{step:?}");
    assert_eq!(summary.decision.debts.len(), 1, "release is owed still");
    let paid = story(&world, &key).await?;
    assert_eq!(paid.last().and_then(|entry| entry.verb), Some(Verb::GatePaid));
    Ok(())
}

#[tokio::test]
async fn who_contributed_does_not_sign_what_is_owed() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_phase(Tier::Low, "testing").await?;
    world.release(&key).await?;
    world.catch_up(&key, "testing").await?;
    // A reviewer who becomes a tester for a moment has written part of it.
    let grant = RoleChange { person: cast.first.person, role: Role::Qa };
    world.service.grant_role(&cast.admin, &"PAY".parse()?, grant).await?;
    let form = crate::support::forms::filled(RecordKind::Finding, world.named(), "Read by hand.");
    let check = crate::support::forms::command(RecordKind::Finding, form)?;
    world.service.add_record(&cast.first, &key, check).await?;
    world.catch_up(&key, "testing").await?;
    let refused = world.pay(&cast.first, &key, "testing", Verdict::Approve, REVIEWER).await;
    assert_eq!(refusal(refused)?, Refusal::Contributor);
    let page = world.service.owed_page(&cast.first, &key, &phase_key("testing")?).await?;
    let seat = page.owed.ok_or("nothing is owed")?.seat;
    assert!(matches!(seat, MySeat::No(Refusal::Contributor)), "{seat:?}");
    let paid = world.pay(&cast.second, &key, "testing", Verdict::Approve, REVIEWER).await?;
    assert_eq!(paid, SignedOwed::Pays);
    Ok(())
}

#[tokio::test]
async fn what_is_owed_blocks_the_last_gate_and_everything_once_it_is_overdue() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_phase(Tier::Low, "release").await?;
    world.release(&key).await?;
    assert_eq!(world.stands(&key).await?.0, "post-release");
    let codes = async || -> TestResult<Vec<&'static str>> {
        let blockers = world.blockers(&key).await?;
        Ok(blockers.iter().map(Blocker::code).filter(|code| code.starts_with("gate.")).collect())
    };
    assert_eq!(codes().await?, ["gate.owed"]);
    world.clock.advance(Duration::days(10));
    assert_eq!(codes().await?, ["gate.owed-overdue"]);

    // The last gate is signed and stays shut until the debt is paid, which opens it.
    world.catch_up(&key, "release").await?;
    world.hand_over(&key).await?;
    let progress = world.sign(&cast.first, &key, REVIEWER, Verdict::Approve).await?;
    assert!(matches!(progress, Progress::Active(_)), "{progress:?}");
    assert_eq!(codes().await?, ["gate.owed-overdue"]);
    let mut paid = SignedOwed::Pays;
    for (actor, role) in [(&cast.second, REVIEWER), (&cast.releaser, Role::ReleaseManager)] {
        let page = world.service.owed_page(actor, &key, &phase_key("release")?).await?;
        let Some(owed) = page.owed else { break };
        let missing = owed.decision.blockers.iter().any(
            |blocker| matches!(blocker, Blocker::SignOffsMissing { role: missing, .. } if *missing == role),
        );
        if missing {
            paid = world.pay(actor, &key, "release", Verdict::Approve, role).await?;
        }
    }
    assert_eq!(paid, SignedOwed::Pays);
    let progress = world.service.feature_page(&cast.auditor, &key).await?.summary.progress;
    assert!(matches!(progress, Progress::Finished { .. }), "{progress:?}");
    Ok(())
}

#[tokio::test]
async fn no_move_back_takes_a_debt_with_it_nor_anybody_s_denial() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.in_phase(Tier::Low, "testing").await?;
    world.release(&key).await?;
    world.pay(&cast.first, &key, "testing", Verdict::Deny, Role::SecurityReviewer).await?;
    let events = world.events().await?;
    for to in ["testing", "requirements"] {
        let page = world.service.course_page(&cast.manager, &key, &fields(&[("to", to)])).await?;
        assert_eq!(page.back.ok_or("no answer")?.map(drop), Err(Refusal::Owed), "{to}");
        let form = back_form(&new_form_id(), to, &"0".repeat(64))?;
        let moved = world.service.move_back(&cast.manager, &key, form).await;
        assert!(matches!(moved, Err(Error::Refused(Refusal::Owed))), "{to}: {moved:?}");
    }
    assert_eq!(world.events().await?, events);
    let summary = world.service.feature_page(&cast.auditor, &key).await?.summary;
    let missing = summary.decision.debts.iter().flat_map(|debt| &debt.missing);
    assert!(
        missing.into_iter().any(|blocker| matches!(blocker, Blocker::Vetoed { .. })),
        "the denial stands"
    );
    Ok(())
}

/// The last two agreements at once: one of them releases, whoever comes first.
#[tokio::test]
async fn of_agreements_at_the_same_instant_one_releases() -> TestResult {
    let world = World::new().await?;
    let cast = world.cast;
    let key = world.feature(Tier::Low).await?;
    let id = new_form_id();
    world.propose(&cast.releaser, &key, &id).await?;
    let (one, other) = (new_form_id(), new_form_id());
    let (first, second) =
        tokio::join!(world.agree(&cast.first, &key, &id, &one), world.agree(&cast.second, &key, &id, &other));
    let outcomes = [first, second];
    let released = outcomes.iter().filter(|it| matches!(it, Ok(Consented::Released))).count();
    let stale = outcomes.iter().filter(|it| matches!(it, Err(Error::Stale))).count();
    assert_eq!((released, stale), (1, 1), "{outcomes:?}");
    assert_eq!(world.count("select count(*) from gate_attempt where outcome = 'owed'").await?, 5);
    Ok(())
}
