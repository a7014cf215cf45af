//! Coding standards, who attested them, and the lists of a product.

use std::collections::BTreeSet;

use sluice_domain::{
    access::{Action, Role},
    audit::Verb,
    form::Problem,
    ids::StandardId,
    record::ListKind,
};
use sluice_service::{
    Actor, Error,
    guides::{EditList, Edition, PublishStandard, StandardsPage},
    history::HistoryFilter,
    new_form_id,
    products::RoleChange,
};

use crate::support::{TestResult, World, fields, steps::parsed};

fn standard(id: &str, more: &[(&str, &str)]) -> TestResult<PublishStandard> {
    let mut form = vec![
        ("id", id),
        ("title", "Secure coding"),
        ("edition", "2026"),
        ("link", "https://example.org/secure-coding"),
        ("summary", "Validate input, encode output."),
    ];
    for (name, value) in more {
        form.retain(|(key, _)| key != name);
        form.push((name, value));
    }
    parsed(PublishStandard::parse(&fields(&form)))
}

impl World {
    async fn publish(&self, more: &[(&str, &str)]) -> TestResult<StandardId> {
        let command = standard(&new_form_id(), more)?;
        Ok(self.service.publish_standard(&self.cast.manager, &"PAY".parse()?, command).await?)
    }

    async fn standards(&self) -> TestResult<StandardsPage> {
        Ok(self.service.standards(&self.cast.manager, &"PAY".parse()?).await?)
    }

    async fn attest(&self, actor: &Actor, standard: StandardId) -> Result<(), Error> {
        let key = "PAY".parse().map_err(Error::internal)?;
        self.service.attest_standard(actor, &key, standard).await
    }

    async fn lists(&self, points: &str, version: i32) -> Result<(), Error> {
        let version = version.to_string();
        let command = EditList::parse(&fields(&[("version", &version), ("points", points)]))?;
        let key = "PAY".parse().map_err(Error::internal)?;
        self.service.edit_product_list(&self.cast.manager, &key, ListKind::Hardening, command).await
    }
}

fn problem<T: std::fmt::Debug>(outcome: Result<T, Error>) -> TestResult<Problem> {
    match outcome {
        Err(Error::Invalid(mut problems)) if problems.len() == 1 => {
            Ok(problems.pop().map(|problem| problem.problem).ok_or("a problem")?)
        }
        other => Err(format!("not one problem: {other:?}").into()),
    }
}

fn missing(edition: &Edition) -> BTreeSet<&str> {
    edition.missing.iter().map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn each_person_attests_an_edition_once_and_the_next_one_anew() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let first = world.publish(&[]).await?;
    let everybody = BTreeSet::from(["Devi Developer", "Mara Manager", "Rita Release", "Tess Tester"]);
    assert_eq!(missing(&world.standards().await?.in_force[0]), everybody);
    world.tick();
    world.attest(&cast.developer, first).await?;
    let events = world.events().await?;
    world.tick();
    world.attest(&cast.developer, first).await?;
    assert_eq!(world.events().await?, events, "attesting twice is attesting once");

    let page = service.standard(&cast.developer, &"PAY".parse()?, first).await?;
    assert_eq!(page.edition.attested.len(), 1);
    let said = &page.edition.attested[0];
    assert_eq!((said.name.as_str(), Some(said.at)), ("Devi Developer", page.edition.mine));
    assert_eq!(said.statement, page.statement, "what was shown is what is kept");
    assert_eq!(
        said.statement,
        "I have read edition 2026 of “Secure coding” and follow it in my work on Payments."
    );
    assert!(!missing(&page.edition).contains("Devi Developer"));
    assert!(service.standards_to_attest(&cast.developer).await?.is_empty());
    let waiting = service.standards_to_attest(&cast.tester).await?;
    assert_eq!((waiting.len(), waiting[0].standard), (1, first));
    assert_eq!(waiting[0].path(), format!("/products/PAY/standards/{first}"));
    for actor in [&cast.stakeholder, &cast.first, &cast.auditor, &cast.admin, &cast.stranger] {
        assert!(service.standards_to_attest(actor).await?.is_empty(), "{}", actor.name);
    }

    world.tick();
    let second = world.publish(&[("replaces", &first.to_string()), ("edition", "2027")]).await?;
    let page = world.standards().await?;
    assert_eq!((page.in_force.len(), page.superseded.len()), (1, 1));
    assert_eq!((page.in_force[0].id, page.in_force[0].title.as_str()), (second, "Secure coding"));
    assert_eq!(missing(&page.in_force[0]), everybody, "everybody is asked anew");
    assert_eq!((page.superseded[0].id, page.superseded[0].attested.len()), (first, 1));
    assert_eq!(service.standards_to_attest(&cast.developer).await?[0].edition, "2027");
    let old = service.standard(&cast.tester, &"PAY".parse()?, first).await?;
    assert_eq!(old.successor, Some((second, "2027".to_owned())));

    let events = world.events().await?;
    assert_eq!(problem(world.attest(&cast.tester, first).await)?, Problem::Superseded);
    world.attest(&cast.developer, first).await?;
    assert_eq!(
        world.events().await?,
        events,
        "who attested the old edition has done so, and nothing is written"
    );
    Ok(())
}

#[tokio::test]
async fn the_history_tells_what_was_published_and_what_was_said() -> TestResult {
    let world = World::new().await?;
    let first = world.publish(&[]).await?;
    world.attest(&world.cast.tester, first).await?;
    world.publish(&[("replaces", &first.to_string()), ("edition", "2027")]).await?;
    world.lists("One point\nAnother point", 0).await?;
    let history = world.service.history(&world.cast.auditor, &HistoryFilter::default()).await?;
    let told = |verb: Verb| history.items.iter().filter(move |entry| entry.verb == Some(verb));
    assert_eq!(told(Verb::StandardPublished).count(), 2);
    let attested = told(Verb::StandardAttested).next().ok_or("the attestation")?;
    let said = attested.changes.iter().find(|change| change.field == "statement").ok_or("the statement")?;
    assert!(said.new.as_deref().is_some_and(|text| text.starts_with("I have read edition 2026")), "{said:?}");
    let listed = told(Verb::ProductListEdited).next().ok_or("the list")?;
    assert_eq!(listed.changes[0].new.as_deref(), Some("One point\nAnother point"));
    // Titles, names and statements are people's words: the log itself holds commitments to them only.
    let clear = "select count(*) from audit.event where body ~ 'Secure coding|Tess Tester|Another point'";
    assert_eq!(world.count(clear).await?, 0);
    Ok(())
}

#[tokio::test]
async fn who_may_not_is_refused_and_strangers_learn_nothing() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let pay = "PAY".parse()?;
    let id = world.publish(&[]).await?;
    // An administrator publishes too, and does not attest.
    let other = standard(&new_form_id(), &[("title", "Another"), ("link", "")])?;
    service.publish_standard(&cast.admin, &pay, other).await?;
    let events = world.events().await?;
    for actor in [&cast.developer, &cast.first, &cast.stakeholder, &cast.auditor] {
        let published =
            service.publish_standard(actor, &pay, standard(&new_form_id(), &[("title", "Mine")])?).await;
        assert!(matches!(published, Err(Error::Denied(Action::ManageGuides))), "{published:?}");
        let command = parsed(EditList::parse(&fields(&[("version", "0"), ("points", "My point")])))?;
        let edited = service.edit_product_list(actor, &pay, ListKind::Principles, command).await;
        assert!(matches!(edited, Err(Error::Denied(Action::ManageGuides))), "{edited:?}");
        assert!(
            service.standards(actor, &pay).await.is_ok() && service.product_lists(actor, &pay).await.is_ok()
        );
    }
    for actor in [&cast.first, &cast.stakeholder, &cast.auditor, &cast.admin] {
        let attested = world.attest(actor, id).await;
        assert!(
            matches!(attested, Err(Error::Denied(Action::AttestStandard))),
            "{}: {attested:?}",
            actor.name
        );
    }
    let stranger = &cast.stranger;
    assert!(matches!(world.attest(stranger, id).await, Err(Error::NotFound)));
    assert!(matches!(service.standards(stranger, &pay).await, Err(Error::NotFound)));
    assert!(matches!(service.standard(stranger, &pay, id).await, Err(Error::NotFound)));
    assert!(matches!(service.product_lists(stranger, &pay).await, Err(Error::NotFound)));
    let form = standard(&new_form_id(), &[])?;
    assert!(matches!(service.publish_standard(stranger, &pay, form).await, Err(Error::NotFound)));
    // Through the stranger's own product nothing of this one can be reached.
    let ops = "OPS".parse()?;
    assert!(matches!(service.standard(stranger, &ops, id).await, Err(Error::NotFound)));
    assert!(matches!(service.attest_standard(stranger, &ops, id).await, Err(Error::NotFound)));
    let form = standard(&new_form_id(), &[("replaces", &id.to_string()), ("edition", "2027")])?;
    assert!(matches!(service.publish_standard(stranger, &ops, form).await, Err(Error::NotFound)));
    assert_eq!(world.events().await?, events, "nothing was written");
    Ok(())
}

#[tokio::test]
async fn one_edition_is_in_force_and_a_form_publishes_once() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let pay = "PAY".parse()?;
    let form_id = new_form_id();
    let first = service.publish_standard(&cast.manager, &pay, standard(&form_id, &[])?).await?;
    let again = service.publish_standard(&cast.manager, &pay, standard(&form_id, &[])?).await?;
    assert_eq!(first, again, "the same form is the same edition");
    let other =
        service.publish_standard(&cast.manager, &pay, standard(&form_id, &[("edition", "2028")])?).await;
    assert_eq!(problem(other)?, Problem::SentBefore);
    let same_title = standard(&new_form_id(), &[("title", "SECURE coding")])?;
    assert_eq!(problem(service.publish_standard(&cast.manager, &pay, same_title).await)?, Problem::Taken);
    let same_edition = standard(&new_form_id(), &[("replaces", &first.to_string())])?;
    assert_eq!(problem(service.publish_standard(&cast.manager, &pay, same_edition).await)?, Problem::Taken);
    assert!(world.standards().await?.superseded.is_empty(), "a refused edition supersedes nothing");
    world.publish(&[("replaces", &first.to_string()), ("edition", "2027")]).await?;
    let late = standard(&new_form_id(), &[("replaces", &first.to_string()), ("edition", "2028")])?;
    assert_eq!(problem(service.publish_standard(&cast.manager, &pay, late).await)?, Problem::Superseded);
    assert_eq!(world.count("select count(*) from coding_standard where superseded_at is null").await?, 1);
    Ok(())
}

#[tokio::test]
async fn attesting_and_superseding_at_once_leaves_no_attestation_behind_the_edition() -> TestResult {
    let world = World::new().await?;
    for round in 0..8 {
        let title = format!("Standard {round}");
        let first = world.publish(&[("title", &title)]).await?;
        let replaced = first.to_string();
        let next = [("replaces", replaced.as_str()), ("edition", "2027")];
        let (published, attested) =
            tokio::join!(world.publish(&next), world.attest(&world.cast.tester, first));
        published?;
        match attested {
            Ok(()) => {}
            Err(Error::Invalid(problems)) => assert_eq!(problems[0].problem, Problem::Superseded),
            other => return Err(format!("{other:?}").into()),
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_product_page_counts_who_is_behind() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let pay = "PAY".parse()?;
    let page = service.product(&cast.manager, &pay).await?;
    assert_eq!((page.standards.in_force, page.standards.unattested.len()), (0, 0));
    let first = world.publish(&[]).await?;
    let second = world.publish(&[("title", "Another")]).await?;
    for actor in [&cast.manager, &cast.tester, &cast.releaser] {
        world.attest(actor, first).await?;
        world.attest(actor, second).await?;
    }
    world.attest(&cast.developer, first).await?;
    let page = service.product(&cast.manager, &pay).await?;
    assert_eq!(page.standards.in_force, 2);
    assert_eq!(page.standards.unattested, ["Devi Developer"], "one of two is not all");
    // Who loses the role is asked no more; what they attested stays.
    for role in [Role::Developer, Role::Designer] {
        let change = RoleChange { person: cast.developer.person, role };
        service.revoke_role(&cast.admin, &pay, change).await?;
    }
    let page = service.product(&cast.manager, &pay).await?;
    assert!(page.standards.unattested.is_empty(), "{:?}", page.standards);
    assert_eq!(world.count("select count(*) from attestation").await?, 7);
    Ok(())
}

#[tokio::test]
async fn the_product_page_counts_features_by_phase() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    for _ in 0..3 {
        world.feature(sluice_domain::policy::Tier::Low).await?;
    }
    world.in_review(sluice_domain::policy::Tier::Low).await?;
    world.in_phase(sluice_domain::policy::Tier::Low, "design").await?;
    let page = service.product(&cast.manager, &"PAY".parse()?).await?;
    let phases: Vec<_> =
        page.phases.iter().map(|phase| (phase.phase.as_str(), phase.features, phase.in_review)).collect();
    assert_eq!(phases, [("requirements", 4, 1), ("design", 1, 0)]);
    let counts = page.features.ok_or("the manager reads them")?;
    assert_eq!((counts.active, counts.in_review, counts.finished), (5, 1, 0));
    let admin = service.product(&cast.admin, &"PAY".parse()?).await?;
    assert!(admin.features.is_none() && admin.phases.is_empty(), "administrators read no features");
    Ok(())
}

#[tokio::test]
async fn a_list_is_sluices_own_until_the_product_has_one() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let pay = "PAY".parse()?;
    let before = service.product_lists(&cast.manager, &pay).await?;
    assert_eq!(before.lists.len(), ListKind::ALL.len());
    for list in &before.lists {
        assert!(list.points.iter().eq(list.kind.defaults()), "{:?}", list.points);
        assert_eq!(list.version, 0);
        assert!(list.written.is_none());
    }
    let events = world.events().await?;
    world.lists(&ListKind::Hardening.defaults().join("\r\n"), 0).await?;
    assert_eq!(world.events().await?, events, "the same points are no change");
    world.lists("Ports are closed\nSecrets are kept", 0).await?;
    assert!(matches!(world.lists("Somebody else's point", 0).await, Err(Error::Stale)));
    world.lists("Ports are closed", 1).await?;
    let after = service.product_lists(&cast.manager, &pay).await?;
    let hardening = after.lists.iter().find(|list| list.kind == ListKind::Hardening).ok_or("the list")?;
    assert_eq!(
        (hardening.points.as_slice(), hardening.version),
        (["Ports are closed".to_owned()].as_slice(), 2)
    );
    assert_eq!(hardening.written.as_ref().map(|(name, _)| name.as_str()), Some("Mara Manager"));
    let page = service.product(&cast.manager, &pay).await?;
    assert!(page.lists.contains(&(ListKind::Hardening, 1)), "{:?}", page.lists);
    // The other product's lists are its own.
    let other = service.product_lists(&cast.stranger, &"OPS".parse()?).await?;
    assert!(other.lists.iter().all(|list| list.version == 0));
    Ok(())
}

#[tokio::test]
async fn attestations_and_editions_are_not_rewritten() -> TestResult {
    let world = World::new().await?;
    let id = world.publish(&[]).await?;
    world.attest(&world.cast.tester, id).await?;
    let runtime = world.as_runtime().await?;
    for sql in [
        "update attestation set statement = 'I said nothing'",
        "delete from attestation",
        "update coding_standard set summary = 'Anything goes'",
        "delete from coding_standard",
    ] {
        assert!(runtime.batch_execute(sql).await.is_err(), "{sql}");
    }
    Ok(())
}
