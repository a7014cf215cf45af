//! What the lifecycle refuses: the wrong role, one's own dossier, a phase out of turn, a wrong password.

use secrecy::SecretString;
use sluice_domain::{
    access::{Action, Role},
    form::Problem,
    gate::{Blocker, Mark, Verdict},
    ids::FeatureKey,
    lifecycle::Refusal,
    policy::{EvidenceKind, Tier},
    record::RecordKind,
};
use sluice_service::{
    Actor, Error, evidence::Target, new_form_id, people::AccountChange, products::RoleChange,
};

use crate::{
    stale::rename,
    support::{
        TestResult, World, fields,
        forms::with,
        steps::{answers_form, mark_form, parsed, phase_key, request, sign_form, threat_form},
    },
};

/// Gives somebody one more role in `PAY`.
async fn grant(world: &World, actor: &Actor, role: Role) -> TestResult {
    let change = RoleChange { person: actor.person, role };
    Ok(world.service.grant_role(&world.cast.admin, &"PAY".parse()?, change).await?)
}

#[tokio::test]
async fn a_role_that_the_matrix_or_the_policy_does_not_name_is_denied() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_review(Tier::Low).await?;
    let events = world.events().await?;
    let denied = |outcome: Result<(), Error>, action: Action| match outcome {
        Err(Error::Denied(found)) => assert_eq!(found, action),
        other => panic!("{action:?} is not denied: {other:?}"),
    };

    denied(
        service.create_feature(&cast.developer, world.feature_form(Tier::Low)?).await.map(drop),
        Action::CreateFeature,
    );
    denied(
        service.edit_feature(&cast.developer, &key, rename(&world, "Mine", 1)?).await,
        Action::EditFeature,
    );
    denied(world.mark(&cast.first, &key, "requirements", "scope-and-goals").await, Action::DoControl);
    // The matrix lets developers do controls, the policy names product managers for this one.
    denied(world.mark(&cast.developer, &key, "requirements", "scope-and-goals").await, Action::DoControl);
    denied(
        service.answer_threat_model(&cast.first, &key, answers_form("Mine.", 0)?).await,
        Action::EditThreatModel,
    );
    denied(
        service.add_threat(&cast.releaser, &key, threat_form(&new_form_id())?).await.map(drop),
        Action::EditThreatModel,
    );
    let uploaded = world.prove(&cast.stakeholder, &key, EvidenceKind::Plan, &[]).await;
    let uploaded = uploaded.err().and_then(|error| error.downcast::<Error>().ok()).map(|error| *error);
    denied(uploaded.map_or(Ok(()), Err), Action::AddEvidence);
    denied(request(service, &cast.first, &key).await, Action::RequestReview);
    for actor in [&cast.manager, &cast.developer, &cast.tester, &cast.stakeholder] {
        denied(
            world.sign(actor, &key, Role::SecurityReviewer, Verdict::Approve).await.map(drop),
            Action::SignGate,
        );
        denied(world.hand_back(actor, &key, 1).await, Action::ReturnForChanges);
        // Whoever was handed a seat signs as well, so what is missing is a sign-off of theirs.
        let withdrawn = world.withdraw(actor, &key).await;
        assert!(matches!(withdrawn, Err(Error::NotFound)), "{withdrawn:?}");
    }
    // A release manager signs gates, but does not sit in a reviewer's seat.
    denied(
        world.sign(&cast.releaser, &key, Role::SecurityReviewer, Verdict::Approve).await.map(drop),
        Action::SignGate,
    );
    let not_asked = world.sign(&cast.releaser, &key, Role::ReleaseManager, Verdict::Approve).await;
    assert!(matches!(not_asked, Err(Error::Refused(Refusal::RoleNotAsked))), "{not_asked:?}");
    assert_eq!(world.events().await?, events, "nothing was written");
    Ok(())
}

#[tokio::test]
async fn who_contributed_does_not_approve() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    grant(&world, &cast.first, Role::Developer).await?;
    grant(&world, &cast.second, Role::Developer).await?;
    let phase = phase_key("requirements")?;

    // The first reviewer wrote a version that the manager replaced: a contribution all the same. The second uploaded a
    // file that proves something.
    world.mark(&cast.first, &key, "requirements", "security-requirements").await?;
    let again = mark_form("security-requirements", Mark::Open, "Written anew.", 1)?;
    service.mark_control(&cast.manager, &key, &phase, again).await?;
    let target = Target::Control(phase, "security-requirements".parse()?);
    world.prove(&cast.second, &key, EvidenceKind::Plan, &[target]).await?;
    world.hand_over(&key).await?;

    for actor in [&cast.first, &cast.second] {
        for verdict in [Verdict::Approve, Verdict::Deny] {
            let signed = world.sign(actor, &key, Role::SecurityReviewer, verdict).await;
            assert!(
                matches!(signed, Err(Error::Refused(Refusal::Contributor))),
                "{}: {signed:?}",
                actor.name
            );
        }
        let returned = world.hand_back(actor, &key, 1).await;
        assert!(matches!(returned, Err(Error::Refused(Refusal::Contributor))), "{returned:?}");
    }
    assert_eq!(world.count("select count(*) from sign_off").await?, 0);

    // What somebody did in the phase before is no contribution to this one.
    let third = crate::support::cast::join(
        service,
        &cast.admin,
        "Theo Third",
        &[],
        Some(cast.product),
        &[Role::SecurityReviewer],
    )
    .await?;
    world.sign(&third, &key, Role::SecurityReviewer, Verdict::Approve).await?;
    world.hand_over(&key).await?;
    world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Approve).await?;
    Ok(())
}

#[tokio::test]
async fn taking_evidence_away_is_a_contribution_too() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    grant(&world, &cast.first, Role::Developer).await?;
    let target = Target::Control(phase_key("requirements")?, "security-requirements".parse()?);
    let number =
        world.prove(&cast.developer, &key, EvidenceKind::Plan, std::slice::from_ref(&target)).await?;
    world.tick();
    service.detach_evidence(&cast.first, &key, number, target).await?;
    world.hand_over(&key).await?;
    let signed = world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Approve).await;
    assert!(matches!(signed, Err(Error::Refused(Refusal::Contributor))), "{signed:?}");
    Ok(())
}

#[tokio::test]
async fn no_phase_is_skipped() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let out_of_turn = |outcome: Result<(), Error>, refusal: Refusal| match outcome {
        Err(Error::Refused(found)) => assert_eq!(found, refusal),
        other => panic!("{refusal:?} does not refuse it: {other:?}"),
    };

    // Before its time: the work of a later phase, a signature, a return.
    let early = world.mark(&cast.developer, &key, "design", "feature-description").await;
    out_of_turn(early, Refusal::NotCurrentPhase);
    let early = world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Approve).await;
    out_of_turn(early.map(drop), Refusal::NotInReview);
    out_of_turn(world.hand_back(&cast.first, &key, 1).await, Refusal::NotInReview);
    let no_such_phase = world.mark(&cast.developer, &key, "afterlife", "rest").await;
    out_of_turn(no_such_phase, Refusal::NotCurrentPhase);

    // After it: the form that opened the first gate, sent again while the second is closed, and while it is in review.
    world.hand_over(&key).await?;
    let covers = world.dossier(&key).await?;
    world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Approve).await?;
    let replay = || sign_form(Verdict::Approve, Role::SecurityReviewer, covers);
    out_of_turn(service.sign_gate(&cast.second, &key, replay()).await.map(drop), Refusal::NotInReview);
    world.hand_over(&key).await?;
    out_of_turn(service.sign_gate(&cast.second, &key, replay()).await.map(drop), Refusal::DossierChanged);

    // What was signed can be put right later, but not unseen: evidence taken away afterwards blocks the current gate.
    let target = Target::Control(phase_key("requirements")?, "security-requirements".parse()?);
    let number =
        world.prove(&cast.developer, &key, EvidenceKind::Plan, std::slice::from_ref(&target)).await?;
    let drifted = |blockers: Vec<Blocker>| blockers.iter().any(|b| matches!(b, Blocker::Drifted { .. }));
    assert!(!drifted(world.blockers(&key).await?), "more evidence is no drift");
    service.detach_evidence(&cast.developer, &key, number, target).await?;
    assert!(!drifted(world.blockers(&key).await?), "nor is it to take away what nobody signed");
    let plan = (RecordKind::Plan, 1);
    let other = "Another scope than the one that was signed.";
    world
        .change_record(&key, plan, RecordKind::Plan.spec().editors, |form| with(form, "scope", other))
        .await?;
    assert!(drifted(world.blockers(&key).await?), "{:?}", world.blockers(&key).await?);
    let progress = service.feature_page(&cast.manager, &key).await?.summary.progress;
    assert_eq!(progress.attempt()?.phase.as_str(), "design");
    let opened = world.count("select count(*) from gate_attempt where outcome = 'opened'").await?;
    assert_eq!(opened, 1);
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_signs_nothing() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_review(Tier::Low).await?;
    let events = world.events().await?;
    let mut command = sign_form(Verdict::Approve, Role::SecurityReviewer, world.dossier(&key).await?);
    command.password = SecretString::from("nine herons over a slow river");
    let signed = service.sign_gate(&cast.first, &key, command).await;
    assert!(
        matches!(&signed, Err(Error::Invalid(problems)) if problems[0].problem == Problem::WrongPassword),
        "{signed:?}"
    );
    assert_eq!((world.events().await?, world.count("select count(*) from sign_off").await?), (events, 0));

    // Guessing at the step-up runs into the throttle of the door, which the right password does not lift either.
    for guess in 0..20 {
        let mut command = sign_form(Verdict::Approve, Role::SecurityReviewer, world.dossier(&key).await?);
        command.password = SecretString::from(format!("{guess} herons over a slow river"));
        if matches!(service.sign_gate(&cast.first, &key, command).await, Err(Error::Throttled(_))) {
            let right = world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Approve).await;
            assert!(matches!(right, Err(Error::Throttled(_))), "{right:?}");
            return Ok(());
        }
    }
    Err("twenty guesses were not throttled".into())
}

#[tokio::test]
async fn an_account_that_was_disabled_does_nothing_more() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_review(Tier::Low).await?;
    let covers = world.dossier(&key).await?;
    let form = fields(&[("version", "1"), ("reason", "Left the company.")]);
    service.disable_person(&cast.admin, cast.first.person, parsed(AccountChange::parse(&form))?).await?;
    let events = world.events().await?;
    // The actor is the one of a request that began before.
    let signed = service
        .sign_gate(&cast.first, &key, sign_form(Verdict::Approve, Role::SecurityReviewer, covers))
        .await;
    assert!(signed.is_err(), "{signed:?}");
    let returned = world.hand_back(&cast.first, &key, 1).await;
    assert!(matches!(returned, Err(Error::NotFound)), "{returned:?}");
    assert_eq!(world.events().await?, events);
    Ok(())
}

#[tokio::test]
async fn a_revoked_role_is_gone_at_the_next_act_and_a_granted_one_is_there() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key: FeatureKey = world.in_review(Tier::Low).await?;
    let change = RoleChange { person: cast.first.person, role: Role::SecurityReviewer };
    let product = "PAY".parse()?;
    service.revoke_role(&cast.admin, &product, change).await?;
    let signed = service
        .sign_gate(
            &cast.first,
            &key,
            sign_form(Verdict::Approve, Role::SecurityReviewer, world.dossier(&key).await?),
        )
        .await;
    assert!(matches!(signed, Err(Error::NotFound)), "without a role there is no product: {signed:?}");
    service.grant_role(&cast.admin, &product, change).await?;
    world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Approve).await?;
    Ok(())
}
