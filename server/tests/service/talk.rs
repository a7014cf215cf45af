//! Comments, whom they mention, and who watches; and that all of it leaves the record alone.

use sluice_domain::{
    access::{Action, Role},
    audit::Verb,
    form::{Fields, Problem},
    ids::FeatureKey,
    lifecycle::Progress,
    policy::Tier,
};
use sluice_service::{
    Actor, Error, new_form_id,
    products::RoleChange,
    talk::{CommentAt, CommentsPage, EditComment, WriteComment},
};

use crate::support::{
    TestResult, World,
    cast::{actor, join},
    fields,
    steps::parsed,
};

/// The command of a form that was made with this id.
fn comment_form(id: &str, text: &str, watch: bool) -> TestResult<WriteComment> {
    let mut form = vec![("id", id), ("text", text)];
    if watch {
        form.push(("watch", "yes"));
    }
    parsed(WriteComment::parse(&fields(&form)))
}

fn edit_form(text: &str, version: i32) -> TestResult<EditComment> {
    let version = version.to_string();
    parsed(EditComment::parse(&fields(&[("text", text), ("version", &version)])))
}

impl World {
    /// Writes a comment, without a watch.
    async fn say(&self, actor: &Actor, key: &FeatureKey, text: &str) -> TestResult<i32> {
        self.tick();
        Ok(self.service.write_comment(actor, key, comment_form(&new_form_id(), text, false)?).await?)
    }

    async fn comments(&self, actor: &Actor, key: &FeatureKey) -> TestResult<CommentsPage> {
        Ok(self.service.comments_page(actor, key, CommentAt::Newest).await?)
    }
}

#[tokio::test]
async fn everybody_with_a_role_comments_and_edits_their_own() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let people =
        [&cast.manager, &cast.developer, &cast.tester, &cast.stakeholder, &cast.first, &cast.releaser];
    for (number, somebody) in (1..).zip(people) {
        assert_eq!(world.say(somebody, &key, "I have **read** it.").await?, number);
    }
    let page = world.comments(&cast.first, &key).await?;
    assert_eq!(page.summary.comments, people.len());
    assert_eq!(page.items.iter().map(|item| item.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(page.items.iter().filter(|item| item.mine).count(), 1);
    assert!(page.items.iter().all(|item| item.edited_at.is_none()));

    world.tick();
    service.edit_comment(&cast.developer, &key, 2, edit_form("I have read it *twice*.", 1)?).await?;
    let edited = &world.comments(&cast.auditor, &key).await?.items[1];
    assert_eq!((edited.text.as_str(), edited.version), ("I have read it *twice*.", 2));
    assert!(edited.edited_at.is_some_and(|at| at > edited.written_at));
    // The same words again are no edit.
    let events = world.events().await?;
    service.edit_comment(&cast.developer, &key, 2, edit_form("I have read it *twice*.", 2)?).await?;
    assert_eq!(world.events().await?, events);

    // The history has both: the row before, and the event with the words.
    let owner = world.as_owner().await?;
    let kept: String = owner.query_one("select text from history.comment", &[]).await?.get(0);
    assert_eq!(kept, "I have **read** it.");
    let latest = service.feature_history(&cast.manager, &key, None).await?.items.swap_remove(0);
    assert_eq!(latest.verb, Some(Verb::CommentEdited));
    let change = &latest.changes[0];
    assert_eq!(
        (change.old.as_deref(), change.new.as_deref()),
        (Some("I have **read** it."), Some("I have read it *twice*."))
    );

    // Nobody edits the words of others, and nobody's that are not there.
    let others = service.edit_comment(&cast.manager, &key, 2, edit_form("Mine.", 2)?).await;
    assert!(matches!(others, Err(Error::Denied(Action::WriteComment))), "{others:?}");
    let form = service.comment_page(&cast.manager, &key, 2).await.map(drop);
    assert!(matches!(form, Err(Error::Denied(Action::WriteComment))), "{form:?}");
    let never = service.edit_comment(&cast.manager, &key, 7, edit_form("Mine.", 1)?).await;
    assert!(matches!(never, Err(Error::NotFound)), "{never:?}");
    let form = service.comment_page(&cast.manager, &key, 7).await.map(drop);
    assert!(matches!(form, Err(Error::NotFound)), "{form:?}");
    Ok(())
}

#[tokio::test]
async fn a_stale_edit_changes_nothing_and_a_form_sent_twice_writes_once() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let id = new_form_id();
    let first = service.write_comment(&cast.tester, &key, comment_form(&id, "Ready?", false)?).await?;
    let events = world.events().await?;
    let second = service.write_comment(&cast.tester, &key, comment_form(&id, "Ready?", false)?).await?;
    assert_eq!((first, second), (1, 1));
    let other = service.write_comment(&cast.tester, &key, comment_form(&id, "Not ready?", false)?).await;
    assert!(
        matches!(&other, Err(Error::Invalid(problems)) if problems[0].problem == Problem::SentBefore),
        "{other:?}"
    );
    // Somebody else's id, or one that belongs to another feature, opens nothing.
    let stolen = service.write_comment(&cast.manager, &key, comment_form(&id, "Ready?", false)?).await;
    assert!(matches!(stolen, Err(Error::NotFound)), "{stolen:?}");
    assert_eq!(world.events().await?, events);

    service.edit_comment(&cast.tester, &key, 1, edit_form("Theirs", 1)?).await?;
    let events = world.events().await?;
    let stale = service.edit_comment(&cast.tester, &key, 1, edit_form("Mine", 1)?).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    assert_eq!(world.events().await?, events);
    assert_eq!(world.comments(&cast.tester, &key).await?.items[0].text, "Theirs");

    // Of two people who write at once both get a number of their own.
    let (one, another) = tokio::join!(
        service.write_comment(&cast.tester, &key, comment_form(&new_form_id(), "One", false)?),
        service.write_comment(&cast.manager, &key, comment_form(&new_form_id(), "Another", false)?)
    );
    let mut numbers = [one?, another?];
    numbers.sort_unstable();
    assert_eq!(numbers, [2, 3]);
    for text in ["", "  \n ", "bell \u{7}", &"x".repeat(10_001)] {
        assert!(WriteComment::parse(&fields(&[("id", &id), ("text", text)])).is_err(), "{text:?}");
    }
    assert!(WriteComment::parse(&Fields::default()).is_err());
    Ok(())
}

#[tokio::test]
async fn another_products_talk_does_not_exist_and_auditors_only_read() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    world.say(&cast.manager, &key, "Between us.").await?;
    let events = world.events().await?;
    for (who, closed) in [(&cast.stranger, true), (&cast.admin, true), (&cast.auditor, false)] {
        let writes = [
            (
                "write",
                service.write_comment(who, &key, comment_form(&new_form_id(), "A", true)?).await.map(drop),
            ),
            ("edit", service.edit_comment(who, &key, 1, edit_form("A", 1)?).await),
            ("form", service.comment_page(who, &key, 1).await.map(drop)),
            ("watch", service.watch(who, &key, true).await),
            ("stop", service.watch(who, &key, false).await),
        ];
        for (what, outcome) in writes {
            let right = matches!(
                (closed, &outcome),
                (true, Err(Error::NotFound)) | (false, Err(Error::Denied(Action::WriteComment)))
            ) || who.person == cast.admin.person && matches!(outcome, Err(Error::Denied(_)));
            assert!(right, "{what} by {}: {outcome:?}", who.name);
        }
        let read = service.comments_page(who, &key, CommentAt::Newest).await.map(drop);
        assert_eq!(matches!(read, Err(Error::NotFound)), closed, "{read:?}");
        assert!(closed || read.is_ok());
    }
    assert_eq!(world.events().await?, events);
    assert_eq!(world.count("select count(*) from watch").await?, 0);
    let never = FeatureKey { number: 404, ..key };
    let watch = service.watch(&cast.manager, &never, true).await;
    assert!(matches!(watch, Err(Error::NotFound)), "{watch:?}");
    Ok(())
}

#[tokio::test]
async fn who_is_mentioned_finds_it_in_their_work_until_it_is_seen_or_answered() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    world
        .say(&cast.manager, &key, "@Rhea Reviewer and @rolf.reviewer, @Nobody Else, look. @Mara Manager")
        .await?;
    let item = &world.comments(&cast.tester, &key).await?.items[0];
    let named: Vec<&str> = item.mentions.iter().map(|mention| mention.name.as_str()).collect();
    assert_eq!(named, ["Rhea Reviewer", "Rolf Reviewer", "Mara Manager"]);

    let mentions = async |who: &Actor| -> TestResult<Vec<i32>> {
        Ok(service.my_work(who).await?.mentions.into_iter().map(|mention| mention.number).collect())
    };
    assert!(mentions(&cast.manager).await?.is_empty(), "nobody is told of their own words");
    assert!(mentions(&cast.tester).await?.is_empty());
    assert_eq!(mentions(&cast.first).await?, [1]);
    world.say(&cast.tester, &key, "@Rhea Reviewer, this as well.").await?;
    assert_eq!(mentions(&cast.first).await?, [2, 1], "the newest first");

    // Seen, one by one; somebody else's list is their own.
    let work = service.my_work(&cast.first).await?;
    assert_eq!(
        (work.mentions[0].author.as_str(), work.mentions[0].key.clone()),
        ("Tess Tester", key.clone())
    );
    service.see_mentions(&cast.second, Some(work.mentions[1].comment)).await?;
    service.see_mentions(&cast.second, Some(work.mentions[1].comment)).await?;
    assert!(mentions(&cast.second).await?.is_empty());
    assert_eq!(mentions(&cast.first).await?, [2, 1]);
    service.see_mentions(&cast.tester, Some(work.mentions[0].comment)).await?;
    service.see_mentions(&cast.first, Some(work.mentions[0].comment)).await?;
    assert_eq!(mentions(&cast.first).await?, [1]);
    // An answer has seen what it answers.
    world.say(&cast.first, &key, "I looked.").await?;
    assert!(mentions(&cast.first).await?.is_empty());

    // An edit mentions anew, and takes back.
    world.tick();
    service.edit_comment(&cast.tester, &key, 2, edit_form("@Rolf Reviewer, this as well.", 1)?).await?;
    assert_eq!(mentions(&cast.second).await?, [2]);
    let history = service.feature_history(&cast.manager, &key, None).await?.items.swap_remove(0);
    let changes: Vec<_> = history
        .changes
        .iter()
        .filter(|change| change.field == "mentioned")
        .map(|change| (change.old.as_deref(), change.new.as_deref()))
        .collect();
    assert_eq!(changes, [(Some("Rhea Reviewer"), None), (None, Some("Rolf Reviewer"))]);
    service.see_mentions(&cast.second, None).await?;
    assert!(mentions(&cast.second).await?.is_empty());
    assert_eq!(world.count("select count(*) from mention_seen where person_id is null").await?, 0);
    Ok(())
}

#[tokio::test]
async fn who_is_outside_of_the_product_is_not_mentioned() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let outsiders = "@Stan Strange @stan.strange @Ada Admin @Audrey Audit";
    world.say(&cast.manager, &key, outsiders).await?;
    assert_eq!(world.count("select count(*) from mention").await?, 0);
    let page = world.comments(&cast.manager, &key).await?;
    assert!(page.items[0].mentions.is_empty());
    let listed: Vec<&str> = page.people.iter().map(|person| person.name.as_str()).collect();
    assert_eq!(
        listed,
        [
            "Devi Developer",
            "Mara Manager",
            "Mark Market",
            "Rhea Reviewer",
            "Rita Release",
            "Rolf Reviewer",
            "Tess Tester"
        ]
    );
    assert!(!page.more_people);
    assert!(page.people.iter().all(|person| !person.handle.contains('@')), "no whole address is shown");
    assert!(service.my_work(&cast.stranger).await?.mentions.is_empty());

    // Who leaves is no longer shown what mentioned them, nor what they watch; their name stays where it was.
    let leaver = join(service, &cast.admin, "Lea O'Leaver", &[], Some(cast.product), &[Role::Qa]).await?;
    service.watch(&leaver, &key, true).await?;
    world.say(&cast.manager, &key, "@lea o'leaver, what do you say?").await?;
    let work = service.my_work(&leaver).await?;
    assert_eq!((work.mentions.len(), work.watched.len()), (1, 3));
    let form = [("person", leaver.person.to_string()), ("role", "qa".to_owned())];
    let form = Fields::new(form.map(|(name, value)| (name.to_owned(), value)).into());
    let revoke = parsed(RoleChange::parse(&form))?;
    service.revoke_role(&cast.admin, &key.product, revoke).await?;
    let work = service.my_work(&actor(service, leaver.person).await?).await?;
    assert!(work.mentions.is_empty() && work.watched.is_empty() && !work.has_role);
    let item = &world.comments(&cast.manager, &key).await?.items[1];
    assert_eq!(item.mentions[0].name, "Lea O'Leaver");
    Ok(())
}

#[tokio::test]
async fn who_watches_sees_what_others_do() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let other = world.feature(Tier::Low).await?;
    assert!(service.my_work(&cast.manager).await?.watched.is_empty(), "an owner watches when they say so");
    service.watch(&cast.tester, &key, true).await?;
    service.watch(&cast.tester, &key, true).await?;
    assert!(world.comments(&cast.tester, &key).await?.watching);
    assert!(service.feature_page(&cast.tester, &key).await?.watching);
    assert!(!service.feature_page(&cast.manager, &key).await?.watching);
    world.tick();
    world.mark(&cast.manager, &key, "requirements", "scope-and-goals").await?;
    world.say(&cast.developer, &other, "Not here.").await?;
    world.say(&cast.tester, &key, "My own words.").await?;
    let told = service.my_work(&cast.tester).await?.watched;
    let verbs: Vec<_> = told.iter().filter_map(|event| event.verb).collect();
    assert_eq!(
        verbs,
        [Verb::ControlMarked, Verb::FeatureCreated],
        "of others, on this one, the newest first"
    );
    assert_ne!(told[0].object_name, "scope-and-goals", "a control is called by its title");
    assert!(told.iter().all(|event| event.address.is_none() && event.request.is_none()));

    service.watch(&cast.tester, &key, false).await?;
    service.watch(&cast.tester, &key, false).await?;
    assert!(service.my_work(&cast.tester).await?.watched.is_empty());
    // Commenting watches where the tick stands.
    let form = comment_form(&new_form_id(), "I stay here.", true)?;
    service.write_comment(&cast.tester, &key, form).await?;
    assert!(world.comments(&cast.tester, &key).await?.watching);
    // Whoever writes much does not hide what others do.
    for _ in 0..25 {
        world.say(&cast.developer, &key, "More.").await?;
    }
    assert_eq!(service.my_work(&cast.tester).await?.watched.len(), 20);
    Ok(())
}

#[tokio::test]
async fn talk_is_no_contribution_and_goes_on_when_the_feature_is_finished() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.in_review(Tier::Low).await?;
    let dossier = world.dossier(&key).await?;
    let decided =
        "select count(*) from gate_state where decided_at = (select max(decided_at) from gate_state)";
    let before = world.count(decided).await?;
    world.say(&cast.first, &key, "@Mara Manager: fine.").await?;
    service.edit_comment(&cast.first, &key, 1, edit_form("Very fine.", 1)?).await?;
    assert_eq!(world.dossier(&key).await?, dossier, "what is signed does not change");
    assert_eq!(world.count(decided).await?, before);
    // The reviewer who talked still approves.
    world.approve(&key).await?;
    loop {
        world.hand_over(&key).await?;
        if matches!(world.approve(&key).await?, Progress::Finished { .. }) {
            break;
        }
    }
    let number = world.say(&cast.stakeholder, &key, "Customers like it.").await?;
    service.edit_comment(&cast.stakeholder, &key, number, edit_form("Customers love it.", 1)?).await?;
    let page = world.comments(&cast.auditor, &key).await?;
    assert_eq!(page.items.last().map(|item| item.text.as_str()), Some("Customers love it."));
    service.watch(&cast.stakeholder, &key, true).await?;
    assert!(world.comments(&cast.stakeholder, &key).await?.watching);
    Ok(())
}

#[tokio::test]
async fn a_long_thread_is_read_in_pages_that_show_each_comment_once() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    for number in 1..=120 {
        world.say(&cast.manager, &key, &format!("Number {number}")).await?;
    }
    let read = async |at| service.comments_page(&cast.tester, &key, at).await;
    let span = |page: &CommentsPage| {
        (page.items.first().map(|item| item.number), page.items.last().map(|item| item.number))
    };
    let newest = read(CommentAt::Newest).await?;
    assert_eq!((span(&newest), newest.earlier, newest.later), ((Some(71), Some(120)), Some(71), None));
    let middle = read(CommentAt::Before(71)).await?;
    assert_eq!((span(&middle), middle.earlier, middle.later), ((Some(21), Some(70)), Some(21), Some(71)));
    let oldest = read(CommentAt::Before(21)).await?;
    assert_eq!((span(&oldest), oldest.earlier, oldest.later), ((Some(1), Some(20)), None, Some(21)));
    let on = read(CommentAt::From(21)).await?;
    assert_eq!((span(&on), on.earlier, on.later), ((Some(21), Some(70)), Some(21), Some(71)));
    for number in [1, 3, 50, 70, 71, 120] {
        let page = read(CommentAt::Around(number)).await?;
        assert!(page.items.iter().any(|item| item.number == number), "{number}");
        assert!(page.items.windows(2).all(|pair| pair[0].number + 1 == pair[1].number));
    }
    // What is no page of it is empty or the newest, and no fault.
    for at in
        [CommentAt::From(999), CommentAt::Before(1), CommentAt::Around(999), CommentAt::Around(i32::MAX)]
    {
        read(at).await?;
    }
    Ok(())
}
