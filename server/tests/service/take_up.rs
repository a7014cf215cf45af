//! Feedback becomes a feature: in one transaction, once, and only by those who may.

use sluice_domain::{
    audit::Verb,
    form::Problem,
    ids::FeatureKey,
    policy::Tier,
    record::{RecordForm, RecordKind},
};
use sluice_service::{Error, features::Relative, new_form_id, records::TakeUpFeedback};

use crate::support::{TestResult, World, fields, steps::parsed};

const KIND: RecordKind = RecordKind::Feedback;

/// The stakeholder writes down what a user said. Returns its number.
pub(crate) async fn feedback(world: &World, key: &FeatureKey) -> TestResult<i32> {
    let form = fields(&[
        ("id", &new_form_id()),
        ("version", "0"),
        ("state", "new"),
        ("title", "The link expires too soon"),
        ("source", "Ticket 4711"),
        ("text", "An hour is not enough.\nOurs is a slow business."),
        ("class", "wish"),
    ]);
    let form = parsed(RecordForm::parse(KIND, &form))?;
    Ok(world.service.add_record(&world.cast.stakeholder, key, form).await?)
}

fn take_up(id: &str, title: &str) -> TestResult<TakeUpFeedback> {
    parsed(TakeUpFeedback::parse(&fields(&[("id", id), ("title", title)])))
}

/// What a feedback says of its state, its analysis and the feature that it became.
async fn says(world: &World, key: &FeatureKey, number: i32) -> TestResult<(String, String, String)> {
    let page = world.service.record_page(&world.cast.manager, key, KIND, Some(number)).await?;
    let item = page.item.ok_or("no feedback")?;
    let text = |field: &str| item.values.text(field).to_owned();
    Ok((item.state.code.to_owned(), text("analysis"), text("feature")))
}

#[tokio::test]
async fn feedback_becomes_a_feature_and_both_say_so() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::High).await?;
    world.tick();
    let number = feedback(&world, &key).await?;
    let events = world.events().await?;
    world.tick();
    let made = service
        .take_up_feedback(&cast.manager, &key, number, take_up(&new_form_id(), "Longer links")?)
        .await?;
    assert_eq!((made.product.as_str(), made.number), ("PAY", 2));

    let (state, analysis, feature) = says(&world, &key, number).await?;
    assert_eq!((state.as_str(), feature.as_str()), ("taken-up", "PAY-2"));
    assert_eq!(analysis, "Taken up as PAY-2: Longer links");

    let page = service.feature_page(&cast.manager, &made).await?;
    assert_eq!(page.summary.title, "Longer links");
    assert_eq!(page.summary.owner, cast.manager.person);
    assert_eq!(page.summary.tier, Tier::Low, "as of any new feature");
    assert!(page.description.contains("feedback FB-1 of PAY-1 (wish)"), "{}", page.description);
    assert!(page.description.contains("Source: Ticket 4711"), "{}", page.description);
    assert!(page.description.contains("> An hour is not enough.\n> Ours"), "{}", page.description);
    let origin = Relative { key: key.clone(), title: "Pay by link".to_owned(), feedback: Some(number) };
    assert_eq!(page.lineage.origins, [origin]);
    assert!(page.lineage.successors.is_empty());
    let before = service.feature_page(&cast.auditor, &key).await?;
    assert_eq!(before.lineage.successors.iter().map(|led| &led.key).collect::<Vec<_>>(), [&made]);

    // One commit, three events, each in the story of its own feature.
    let verbs = |history: sluice_service::history::FeatureHistory| {
        history.items.into_iter().filter_map(|entry| entry.verb).collect::<Vec<_>>()
    };
    let story = verbs(service.feature_history(&cast.manager, &made, None).await?);
    assert_eq!(story, [Verb::FeatureLinked, Verb::FeatureCreated]);
    let story = verbs(service.feature_history(&cast.manager, &key, None).await?);
    assert_eq!(story, [Verb::RecordEdited, Verb::RecordAdded, Verb::FeatureCreated]);
    assert_eq!(world.events().await?, events + 3);
    assert_eq!(world.count("select count(*) from gate_state").await?, 2, "both are settled");
    Ok(())
}

#[tokio::test]
async fn what_was_analysed_stays_as_it_was_said() -> TestResult {
    let world = World::new().await?;
    let key = world.feature(Tier::Low).await?;
    let number = feedback(&world, &key).await?;
    let form = fields(&[
        ("version", "1"),
        ("state", "analysed"),
        ("title", "The link expires too soon"),
        ("source", "Ticket 4711"),
        ("text", "An hour is not enough."),
        ("class", "wish"),
        ("analysis", "Every large customer asks for it."),
    ]);
    let form = parsed(RecordForm::parse(KIND, &form))?;
    world.service.edit_record(&world.cast.manager, &key, number, form).await?;
    let command = take_up(&new_form_id(), "Longer links")?;
    world.service.take_up_feedback(&world.cast.manager, &key, number, command).await?;
    let (state, analysis, _) = says(&world, &key, number).await?;
    assert_eq!((state.as_str(), analysis.as_str()), ("taken-up", "Every large customer asks for it."));
    Ok(())
}

#[tokio::test]
async fn sending_the_form_twice_makes_one_feature() -> TestResult {
    let world = World::new().await?;
    let (service, manager) = (&world.service, &world.cast.manager);
    let key = world.feature(Tier::Low).await?;
    let number = feedback(&world, &key).await?;
    let id = new_form_id();
    let (first, second) = tokio::join!(
        service.take_up_feedback(manager, &key, number, take_up(&id, "Longer links")?),
        service.take_up_feedback(manager, &key, number, take_up(&id, "Longer links")?),
    );
    assert_eq!(first?, second?);
    assert_eq!(world.count("select count(*) from feature").await?, 2);
    assert_eq!(world.count("select count(*) from feature_link").await?, 1);

    // With another title, or for another feedback, it is not the same form.
    let other = feedback(&world, &key).await?;
    for (number, title) in [(number, "Other words"), (other, "Longer links")] {
        let again = service.take_up_feedback(manager, &key, number, take_up(&id, title)?).await;
        let Err(Error::Invalid(problems)) = again else { return Err(format!("{again:?}").into()) };
        assert_eq!(problems[0].problem, Problem::SentBefore);
    }
    Ok(())
}

#[tokio::test]
async fn of_two_tabs_one_makes_the_feature() -> TestResult {
    let world = World::new().await?;
    let (service, manager) = (&world.service, &world.cast.manager);
    let key = world.feature(Tier::Low).await?;
    let number = feedback(&world, &key).await?;
    let (first, second) = tokio::join!(
        service.take_up_feedback(manager, &key, number, take_up(&new_form_id(), "Longer links")?),
        service.take_up_feedback(manager, &key, number, take_up(&new_form_id(), "Longer links")?),
    );
    let refused = match (first, second) {
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
        both => return Err(format!("{both:?}").into()),
    };
    let Error::Invalid(problems) = refused else { return Err(refused.into()) };
    assert_eq!((problems[0].field, &problems[0].problem), ("", &Problem::IsAlready("Became a feature")));
    assert_eq!(world.count("select count(*) from feature").await?, 2);
    Ok(())
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_behind() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let number = feedback(&world, &key).await?;
    let events = world.events().await?;
    for (who, denied) in
        [(&cast.developer, true), (&cast.stakeholder, true), (&cast.auditor, true), (&cast.stranger, false)]
    {
        let outcome = service.take_up_feedback(who, &key, number, take_up(&new_form_id(), "Mine")?).await;
        let right = match &outcome {
            Err(Error::Denied(_)) => denied,
            Err(Error::NotFound) => !denied,
            _ => false,
        };
        assert!(right, "{}: {outcome:?}", who.name);
    }
    let missing = service.take_up_feedback(&cast.manager, &key, 9, take_up(&new_form_id(), "Mine")?).await;
    assert!(matches!(missing, Err(Error::NotFound)), "{missing:?}");

    // Nobody sets the state by hand, not even who may create features.
    let form = fields(&[
        ("version", "1"),
        ("state", "taken-up"),
        ("title", "The link expires too soon"),
        ("source", "Ticket 4711"),
        ("text", "An hour is not enough."),
        ("class", "wish"),
        ("analysis", "So be it."),
        ("feature", "PAY-1"),
    ]);
    let form = parsed(RecordForm::parse(KIND, &form))?;
    let by_hand = service.edit_record(&cast.manager, &key, number, form).await;
    let Err(Error::Invalid(problems)) = by_hand else { return Err(format!("{by_hand:?}").into()) };
    assert!(problems.iter().any(|problem| problem.problem == Problem::SetByStep("Became a feature")));

    assert_eq!(world.events().await?, events, "nothing was written");
    assert_eq!(world.count("select count(*) from feature").await?, 1);
    assert_eq!(says(&world, &key, number).await?.0, "new");
    Ok(())
}

#[tokio::test]
async fn a_closed_feedback_stays_closed() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let number = feedback(&world, &key).await?;
    let form = fields(&[
        ("version", "1"),
        ("state", "closed"),
        ("title", "The link expires too soon"),
        ("source", "Ticket 4711"),
        ("text", "An hour is not enough."),
        ("class", "wish"),
        ("analysis", "An hour it stays."),
    ]);
    service.edit_record(&cast.manager, &key, number, parsed(RecordForm::parse(KIND, &form))?).await?;
    let outcome =
        service.take_up_feedback(&cast.manager, &key, number, take_up(&new_form_id(), "Mine")?).await;
    let Err(Error::Invalid(problems)) = outcome else { return Err(format!("{outcome:?}").into()) };
    assert_eq!(problems[0].problem, Problem::IsAlready("Closed"));
    Ok(())
}

#[tokio::test]
async fn a_relative_in_a_closed_product_is_not_named() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let number = feedback(&world, &key).await?;
    let made = service
        .take_up_feedback(&cast.manager, &key, number, take_up(&new_form_id(), "Longer links")?)
        .await?;
    // As if the later feature had been moved: its readers change, the link stays.
    let moved = "set session_replication_role = replica;
                 update feature set product_id = (select id from product where key = 'OPS') where number = 2";
    world.as_superuser().await?.batch_execute(moved).await?;
    let seen = async |who| -> TestResult<usize> {
        Ok(service.feature_page(who, &key).await?.lineage.successors.len())
    };
    assert_eq!(seen(&cast.manager).await?, 0, "who has no role there learns nothing");
    assert_eq!(seen(&cast.auditor).await?, 1);
    let hidden = service.feature_page(&cast.manager, &FeatureKey { product: "OPS".parse()?, ..made }).await;
    assert!(matches!(hidden, Err(Error::NotFound)), "{:?}", hidden.map(drop));
    Ok(())
}
