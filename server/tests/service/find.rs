//! Finding things: filters and board of the features, search, saved views; and that nobody finds what is not theirs.

use sluice_domain::{
    access::Role,
    form::{Fields, Problem},
    ids::{FeatureKey, SavedViewId},
    policy::{EvidenceKind, Tier},
    record::{RecordForm, RecordKind},
};
use sluice_service::{
    Actor, Error,
    evidence::Target,
    features::{CreateFeature, EditFeature, FeatureFilter},
    find::{EntryKind, FoundBy, Hit, SearchQuery},
    new_form_id,
    threats::EditThreat,
    views::{MOST, RenameView, SaveView, ViewAddress},
};

use crate::support::{
    TestResult, World, fields,
    steps::{parsed, threat_fields},
};

/// A feature of `PAY`, or of the stranger's product.
async fn feature(world: &World, actor: &Actor, title: &str, description: &str) -> TestResult<FeatureKey> {
    let product = if actor.person == world.cast.stranger.person {
        world.cast.other_product
    } else {
        world.cast.product
    };
    world.tick();
    let form = fields(&[
        ("id", &new_form_id()),
        ("product", &product.to_string()),
        ("title", title),
        ("description", description),
        ("tier", "low"),
    ]);
    Ok(world.service.create_feature(actor, parsed(CreateFeature::parse(&form))?).await?)
}

/// A threat with this title.
async fn threat(world: &World, key: &FeatureKey, title: &str) -> TestResult<i32> {
    let mut form = threat_fields(&new_form_id(), "0");
    form.retain(|(name, _)| name != "title");
    form.push(("title".to_owned(), title.to_owned()));
    let command = parsed(EditThreat::parse(&Fields::new(form)))?;
    Ok(world.service.add_threat(&world.cast.developer, key, command).await?)
}

async fn search(world: &World, actor: &Actor, query: &[(&str, &str)]) -> TestResult<Vec<Hit>> {
    Ok(world.service.search(actor, &SearchQuery::parse(&fields(query))).await?.hits)
}

/// The keys that a search finds, in order: `PAY-1`, `PAY-1 T-1`.
async fn keys(world: &World, actor: &Actor, text: &str) -> TestResult<Vec<String>> {
    let hits = search(world, actor, &[("q", text)]).await?;
    Ok(hits
        .into_iter()
        .map(|hit| match (hit.feature_title, hit.key) {
            (None, _) => hit.feature.to_string(),
            (Some(_), Some(key)) => format!("{} {key}", hit.feature),
            (Some(_), None) => format!("{} {}", hit.feature, hit.kind.code()),
        })
        .collect())
}

/// Filters, and the keys that they leave.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

#[tokio::test]
async fn search_finds_keys_then_titles_then_texts_then_what_is_spelt_alike() -> TestResult {
    let world = World::new().await?;
    let manager = &world.cast.manager;
    let one = feature(&world, manager, "Card tokenisation", "Cards become tokens.").await?;
    let two = feature(&world, manager, "Refunds", "A refund needs the tokenisation of its card.").await?;
    threat(&world, &two, "Tokenisation is bypassed").await?;
    world.prove(&world.cast.developer, &one, EvidenceKind::Plan, &[Target::Threat(9)]).await.ok();

    assert_eq!(
        keys(&world, manager, "tokenisation").await?,
        ["PAY-1", "PAY-2 T-1", "PAY-2"],
        "title before text"
    );
    assert_eq!(keys(&world, manager, "tokenised cards").await?[0], "PAY-1", "words in another form");
    assert_eq!(keys(&world, manager, "pay-2").await?, ["PAY-2"], "a key alone finds one thing");
    assert_eq!(keys(&world, manager, "PAY-2 t-1").await?, ["PAY-2 T-1"]);
    assert_eq!(keys(&world, manager, "PAY-2 tokenisation").await?[0], "PAY-2", "the key comes first");
    for typo in ["tokenistion", "tokeniation", "tokenisaton", "tokenization"] {
        let found = keys(&world, manager, typo).await?;
        assert!(found.contains(&"PAY-1".to_owned()), "{typo}: {found:?}");
    }
    assert_eq!(keys(&world, manager, "refnuds").await?, ["PAY-2"]);
    let similar = search(&world, manager, &[("q", "tokenistion")]).await?;
    assert!(similar.iter().all(|hit| hit.found == FoundBy::Similar), "{similar:?}");
    assert!(similar[0].title.iter().any(|piece| piece.hit && piece.text == "tokenisation"), "{similar:?}");
    for nothing in
        ["\"tokenistion\"", "the of", "", "'", "\\", "!&|<->:*", "zzzzzzzz", "'product PAY'", "product"]
    {
        assert_eq!(keys(&world, manager, nothing).await?, Vec::<String>::new(), "{nothing}");
    }
    assert_eq!(keys(&world, manager, "tokenisation -refund").await?, ["PAY-1", "PAY-2 T-1"]);
    let threats = search(&world, manager, &[("q", "tokenisation"), ("kind", "threat")]).await?;
    assert_eq!(threats.len(), 1);
    assert_eq!((threats[0].path.as_str(), threats[0].kind), ("/features/PAY-2/threats/1", EntryKind::Threat));
    Ok(())
}

#[tokio::test]
async fn search_follows_edits_and_finds_evidence() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = feature(&world, &cast.manager, "Card tokenisation", "").await?;
    let target = Target::Control("requirements".parse()?, "scope-and-goals".parse()?);
    world.prove(&cast.developer, &key, EvidenceKind::Plan, &[target]).await?;
    assert_eq!(keys(&world, &cast.manager, "nightly run").await?, ["PAY-1 E-1"], "by its note");
    let form = fields(&[
        ("version", "1"),
        ("title", "Vault"),
        ("owner", &cast.manager.person.to_string()),
        ("tier", "low"),
    ]);
    service.edit_feature(&cast.manager, &key, parsed(EditFeature::parse(&form))?).await?;
    assert_eq!(keys(&world, &cast.manager, "vault").await?, ["PAY-1"]);
    assert_eq!(keys(&world, &cast.manager, "tokenisation").await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn records_are_found_by_title_text_and_key() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = feature(&world, &cast.manager, "Card tokenisation", "").await?;
    let form = fields(&[
        ("id", &new_form_id()),
        ("version", "0"),
        ("state", "accepted"),
        ("title", "Tokens cannot be turned back"),
        ("class", "functional"),
        ("priority", "must"),
        ("acceptance", "A vault refuses to reveal the card."),
    ]);
    let record = parsed(RecordForm::parse(RecordKind::Requirement, &form))?;
    service.add_record(&cast.manager, &key, record).await?;
    for text in ["turned back", "vault reveals", "PAY-1 R-1", "pay-1/r-1", "valut"] {
        assert_eq!(keys(&world, &cast.manager, text).await?, ["PAY-1 R-1"], "{text}");
    }
    let hits = search(&world, &cast.manager, &[("q", "vault"), ("kind", "requirement")]).await?;
    assert_eq!(hits[0].path, "/features/PAY-1/records/requirement/1");
    assert!(search(&world, &cast.manager, &[("q", "vault"), ("kind", "finding")]).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn nobody_finds_what_is_not_theirs() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    feature(&world, &cast.manager, "Card tokenisation", "").await?;
    feature(&world, &cast.stranger, "Tokenisation of logs", "").await?;
    assert_eq!(keys(&world, &cast.manager, "tokenisation").await?, ["PAY-1"]);
    assert_eq!(keys(&world, &cast.stranger, "tokenisation").await?, ["OPS-1"]);
    assert_eq!(keys(&world, &cast.auditor, "tokenisation").await?.len(), 2);
    assert_eq!(keys(&world, &cast.admin, "tokenisation").await?, Vec::<String>::new());
    for text in ["OPS-1", "ops-1", "logs", "lgos", "'product OPS' tokenisation"] {
        assert_eq!(keys(&world, &cast.manager, text).await?, Vec::<String>::new(), "{text}");
    }
    let asked = [("q", "tokenisation"), ("product", "OPS")];
    assert!(search(&world, &cast.manager, &asked).await?.is_empty());
    assert_eq!(search(&world, &cast.auditor, &asked).await?.len(), 1);
    assert_eq!(search(&world, &cast.stranger, &asked).await?.len(), 1);

    for (actor, count) in [(&cast.manager, 1), (&cast.stranger, 1), (&cast.auditor, 2), (&cast.admin, 0)] {
        let filter = FeatureFilter::default();
        assert_eq!(service.features(actor, &filter).await?.items.len(), count, "{}", actor.name);
        let board = service.feature_board(actor, &filter).await?;
        assert_eq!(board.columns.iter().map(|column| column.cards.len()).sum::<usize>(), count);
    }
    let theirs = FeatureFilter { product: Some("OPS".to_owned()), ..FeatureFilter::default() };
    assert!(service.features(&cast.manager, &theirs).await?.items.is_empty());
    // Names of people who have nothing to do with the reader's products stay unknown.
    let owner = FeatureFilter { owner: Some(cast.stranger.person), ..FeatureFilter::default() };
    let owners = service.features(&cast.manager, &owner).await?.choices.owners;
    assert!(owners.iter().all(|(id, _)| *id != cast.stranger.person), "{owners:?}");
    assert!(owners.iter().any(|(id, _)| *id == cast.developer.person));
    Ok(())
}

/// The keys that a filter leaves, newest first: in the table, and on the board where it shows the same.
async fn listed(world: &World, actor: &Actor, query: &[(&str, &str)]) -> TestResult<Vec<String>> {
    let filter = FeatureFilter::parse(&fields(query));
    let list = world.service.features(actor, &filter).await?;
    let keys: Vec<String> = list.items.iter().map(|item| item.key.to_string()).collect();
    if !query.iter().any(|(name, _)| *name == "finished") {
        let board = FeatureFilter { board: true, ..filter };
        let board = world.service.feature_board(actor, &board).await?;
        let mut cards: Vec<String> =
            board.columns.iter().flat_map(|column| &column.cards).map(|item| item.key.to_string()).collect();
        let mut sorted = keys.clone();
        sorted.sort();
        cards.sort();
        assert_eq!(cards, sorted, "{query:?}: the board shows the same");
    }
    Ok(keys)
}

#[tokio::test]
async fn each_filter_leaves_what_it_says() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let manager = &cast.manager;
    feature(&world, manager, "First of all", "").await?;
    let in_review = world.in_review(Tier::High).await?;
    world.tick();
    let in_design = world.in_phase(Tier::Medium, "design").await?;
    world.tick();
    let done = world.in_phase(Tier::Low, "requirements").await?;
    assert_eq!([&in_review, &in_design, &done].map(|key| key.number), [2, 3, 4]);
    let edit = async |key: &FeatureKey, owner: &Actor, day: &str, sprint: &str| -> TestResult {
        let page = service.feature_page(manager, key).await?;
        let form = fields(&[
            ("version", &page.version.to_string()),
            ("title", &page.summary.title),
            ("description", &page.description),
            ("owner", &owner.person.to_string()),
            ("tier", page.summary.tier.code()),
            ("target-date", day),
            ("sprint", sprint),
        ]);
        Ok(service.edit_feature(manager, key, parsed(EditFeature::parse(&form))?).await?)
    };
    // The clock shows November 2026.
    edit(&in_design, &cast.developer, "2026-10-01", " Sprint 14 ").await?;
    edit(&done, &cast.developer, "2026-12-24", "").await?;

    let all: &[Case<'_>] = &[
        (&[], &["PAY-4", "PAY-3", "PAY-2", "PAY-1"]),
        (&[("q", "first")], &["PAY-1"]),
        (&[("q", "pay-2")], &["PAY-2"]),
        (&[("q", "2")], &["PAY-2"]),
        (&[("q", "ops-2")], &[]),
        (&[("q", "100%_")], &[]),
        (&[("product", "PAY"), ("phase", "design")], &["PAY-3"]),
        (&[("product", "NONE")], &[]),
        (&[("tier", "high")], &["PAY-2"]),
        (&[("mine", "yes")], &["PAY-2", "PAY-1"]),
        (&[("overdue", "yes")], &["PAY-3"]),
        (&[("sprint", "Sprint 14")], &["PAY-3"]),
        (&[("sprint", "sprint 14")], &[]),
        (&[("sprint", "Sprint 1")], &[]),
        (&[("sprint", "Sprint 14"), ("tier", "high")], &[]),
        (&[("gate", "in-review")], &["PAY-2"]),
        (&[("gate", "blocked")], &["PAY-4", "PAY-3", "PAY-1"]),
        (&[("gate", "ready")], &[]),
        (&[("role", "security-reviewer")], &["PAY-2"]),
        (&[("tier", "high"), ("overdue", "yes")], &[]),
        (&[("finished", "only")], &[]),
        (&[("finished", "yes")], &["PAY-4", "PAY-3", "PAY-2", "PAY-1"]),
    ];
    for (query, expected) in all {
        assert_eq!(listed(&world, manager, query).await?, *expected, "{query:?}");
    }
    let developer = cast.developer.person.to_string();
    assert_eq!(listed(&world, manager, &[("owner", &developer)]).await?, ["PAY-4", "PAY-3"]);
    assert_eq!(listed(&world, &cast.developer, &[("mine", "yes")]).await?, ["PAY-4", "PAY-3"]);
    let waits = listed(&world, manager, &[("role", Role::ProductManager.code())]).await?;
    assert!(waits.contains(&"PAY-1".to_owned()) && !waits.contains(&"PAY-2".to_owned()), "{waits:?}");

    let board = service.feature_board(manager, &FeatureFilter::default()).await?;
    let columns: Vec<&str> = board.columns.iter().map(|column| column.phase.as_str()).collect();
    assert_eq!(columns.len(), 6, "{columns:?}");
    let first: Vec<String> = board.columns[0].cards.iter().map(|card| card.key.to_string()).collect();
    assert_eq!(first, ["PAY-4", "PAY-1", "PAY-2"], "by target date, then by age");
    let one = FeatureFilter { phase: Some("design".to_owned()), ..FeatureFilter::default() };
    assert_eq!(service.feature_board(manager, &one).await?.columns.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_column_shows_twenty_cards_and_counts_the_rest() -> TestResult {
    let world = World::new().await?;
    for _ in 0..25 {
        world.feature(Tier::Low).await?;
    }
    let board = world.service.feature_board(&world.cast.manager, &FeatureFilter::default()).await?;
    assert_eq!((board.columns[0].cards.len(), board.columns[0].count), (20, 25));
    assert_eq!(board.columns[0].cards[0].key.number, 1, "the oldest first");
    assert_eq!(board.columns[1].count, 0);
    Ok(())
}

fn view(name: &str, of: &str, query: &[(&str, &str)]) -> TestResult<SaveView> {
    let form = fields(&[("id", &new_form_id()), ("name", name), ("of", of)]);
    parsed(SaveView::parse(&form, &fields(query)))
}

fn problem<T>(outcome: Result<T, Error>) -> Option<Problem> {
    match outcome {
        Err(Error::Invalid(problems)) => problems.into_iter().next().map(|problem| problem.problem),
        _ => None,
    }
}

#[tokio::test]
async fn a_saved_view_is_its_owners_to_change_and_anybodys_to_open() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let events = world.events().await?;
    let asked = [("q", "<b>"), ("mine", "yes"), ("after", "1~x"), ("next", "//evil.example")];
    let id = service.save_view(&cast.manager, view("Mine", "features", &asked)?).await?;
    service
        .save_view(&cast.manager, view("A search", "search", &[("q", "card"), ("kind", "threat")])?)
        .await?;

    let own = service.saved_views(&cast.manager).await?;
    let shown: Vec<(&str, String)> =
        own.iter().map(|view| (view.name.as_str(), view.address.path())).collect();
    assert_eq!(
        shown,
        [
            ("A search", "/search?q=card&kind=threat".to_owned()),
            ("Mine", "/features?q=%3Cb%3E&mine=yes".to_owned())
        ]
    );
    assert!(service.saved_views(&cast.stranger).await?.is_empty());

    let opened = service.saved_view(&cast.stranger, id).await?;
    assert_eq!((opened.owner_name.as_str(), opened.mine), ("Mara Manager", false));
    assert!(service.saved_view(&cast.manager, id).await?.mine);
    // What it shows is what the reader may see.
    feature(&world, &cast.manager, "A <b> feature", "").await?;
    let ViewAddress::Features(filter) = opened.view.address.clone() else {
        return Err("another page".into());
    };
    assert_eq!(service.features(&cast.manager, &filter).await?.items.len(), 1);
    assert!(service.features(&cast.stranger, &filter).await?.items.is_empty());
    let copy = SaveView { id: new_form_id().parse()?, name: "Mine".parse()?, address: opened.view.address };
    service.save_view(&cast.stranger, copy).await?;

    let name = RenameView { name: "Stolen".parse()? };
    for who in [&cast.stranger, &cast.admin, &cast.auditor] {
        assert!(matches!(service.rename_view(who, id, &name).await, Err(Error::NotFound)), "{}", who.name);
        assert!(matches!(service.delete_view(who, id).await, Err(Error::NotFound)), "{}", who.name);
    }
    let taken = RenameView { name: "A search".parse()? };
    assert_eq!(problem(service.rename_view(&cast.manager, id, &taken).await), Some(Problem::Taken));
    service.rename_view(&cast.manager, id, &RenameView { name: "Ours".parse()? }).await?;
    assert_eq!(service.saved_view(&cast.stranger, id).await?.view.name, "Ours");
    service.delete_view(&cast.manager, id).await?;
    assert!(matches!(service.saved_view(&cast.stranger, id).await, Err(Error::NotFound)));
    assert_eq!(world.events().await?, events + 1, "views are no part of the record; the feature is");
    Ok(())
}

#[tokio::test]
async fn views_are_limited_and_saved_once() -> TestResult {
    let world = World::new().await?;
    let (service, manager) = (&world.service, &world.cast.manager);
    let id: SavedViewId = new_form_id().parse()?;
    let sent = |name: &str| -> TestResult<SaveView> {
        Ok(SaveView { id, ..view(name, "features", &[("tier", "low")])? })
    };
    assert_eq!(service.save_view(manager, sent("Low")?).await?, id);
    assert_eq!(service.save_view(manager, sent("Low")?).await?, id, "the same form twice is one view");
    assert_eq!(problem(service.save_view(manager, sent("Lower")?).await), Some(Problem::SentBefore));
    let again = service.save_view(manager, view("Low", "features", &[])?).await;
    assert_eq!(problem(again), Some(Problem::Taken));
    // Another person's form with the same id saves nothing over it.
    let stolen = service.save_view(&world.cast.stranger, sent("Mine now")?).await;
    assert!(matches!(stolen, Err(Error::Invalid(_))), "{stolen:?}");
    assert!(service.saved_view(manager, id).await?.mine);
    for number in 1..MOST {
        service.save_view(manager, view(&format!("View {number}"), "features", &[])?).await?;
    }
    let more = service.save_view(manager, view("One more", "features", &[])?).await;
    assert_eq!(problem(more), Some(Problem::TooMany { most: MOST }));
    assert_eq!(service.saved_views(manager).await?.len(), MOST);

    let form = |name: &str, of: &str| fields(&[("id", &new_form_id()), ("name", name), ("of", of)]);
    for (name, of) in [("", "features"), ("A", "people"), ("A", ""), (&"a".repeat(121), "features")] {
        assert!(SaveView::parse(&form(name, of), &Fields::default()).is_err(), "{name} {of}");
    }
    let long = "ß".repeat(200);
    let query = fields(&[("q", &long), ("product", &long), ("phase", &"ß".repeat(100))]);
    let saved = parsed(SaveView::parse(&form("Long", "features"), &query))?;
    assert!(saved.address.path().len() <= 2_000);
    Ok(())
}
