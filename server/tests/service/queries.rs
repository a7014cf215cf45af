//! How many statements a page takes. A list must not ask once per row; what a page asks is written down here, so that
//! one more is a decision.

use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use sluice_domain::{
    canonical::Digest,
    gate::Verdict,
    policy::{EvidenceKind, Tier},
};
use sluice_service::{
    evidence::Target, features::FeatureFilter, find::SearchQuery, history::HistoryFilter, new_form_id,
    policies::Compared, talk::CommentAt,
};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
};

use crate::{
    policies::renamed,
    support::{
        TestResult, World,
        steps::{answers_form, phase_key, threat_form},
    },
};

/// Writes down every statement that the driver logs.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<Vec<String>>>);

impl Statements {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        struct Summary(String);
        impl Visit for Summary {
            fn record_str(&mut self, field: &Field, value: &str) {
                if field.name() == "summary" {
                    value.clone_into(&mut self.0);
                }
            }
            fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
        }
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        let mut summary = Summary(String::new());
        event.record(&mut summary);
        // The pool makes sure that no transaction is open when a connection comes back; that is not the page's doing.
        if summary.0 != "rollback" {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(summary.0);
        }
    }
}

/// Counts on this thread only: the other tests of this process do not disturb it.
pub(crate) struct Counter {
    statements: Statements,
    _listening: tracing::subscriber::DefaultGuard,
}

impl Counter {
    pub(crate) fn start() -> Self {
        let statements = Statements::default();
        let subscriber = tracing_subscriber::registry().with(statements.clone());
        Self { statements, _listening: tracing::subscriber::set_default(subscriber) }
    }

    /// What a page asks when it is read for the second time: policies and prepared statements are there by then.
    pub(crate) async fn of<T, E, F, R>(&self, page: F) -> TestResult<Vec<String>>
    where
        F: Fn() -> R,
        R: Future<Output = Result<T, E>>,
        E: std::error::Error + Send + Sync + 'static,
    {
        page().await?;
        self.statements.take();
        page().await?;
        Ok(self.statements.take())
    }
}

/// A feature with something of everything.
async fn busy(world: &World) -> TestResult<sluice_domain::ids::FeatureKey> {
    let key = world.in_phase(Tier::Low, "design").await?;
    world.service.answer_threat_model(&world.cast.developer, &key, answers_form("Links.", 0)?).await?;
    for _ in 0..5 {
        let number =
            world.service.add_threat(&world.cast.developer, &key, threat_form(&new_form_id())?).await?;
        world.prove(&world.cast.developer, &key, EvidenceKind::Design, &[Target::Threat(number)]).await?;
    }
    world.hand_over(&key).await?;
    world.sign(&world.cast.first, &key, sluice_domain::access::Role::SecurityReviewer, Verdict::Deny).await?;
    Ok(key)
}

#[tokio::test]
async fn each_page_asks_as_often_as_it_did() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = busy(&world).await?;
    let (phase, passed) = (phase_key("design")?, phase_key("requirements")?);
    let product = "PAY".parse()?;
    let (everything, features) = (HistoryFilter::default(), FeatureFilter::default());
    // Misspelt, so that every step of the search is taken.
    let words = SearchQuery { text: "paymnet".to_owned(), page: 1, ..SearchQuery::default() };
    let counter = Counter::start();
    let asked = [
        ("feature", 22, counter.of(|| service.feature_page(&cast.manager, &key)).await?),
        ("phase", 20, counter.of(|| service.phase_page(&cast.manager, &key, &phase)).await?),
        ("review", 28, counter.of(|| service.review_page(&cast.second, &key)).await?),
        ("threat model", 19, counter.of(|| service.threat_model_page(&cast.manager, &key)).await?),
        ("evidence", 19, counter.of(|| service.evidence_list(&cast.manager, &key)).await?),
        ("relations", 18, counter.of(|| service.relations_page(&cast.manager, &key)).await?),
        ("archives", 18, counter.of(|| service.archive_page(&cast.manager, &key, None)).await?),
        ("feature's history", 19, counter.of(|| service.feature_history(&cast.manager, &key, None)).await?),
        ("drift", 28, counter.of(|| service.drift_page(&cast.second, &key, &passed)).await?),
        ("manifest", 35, counter.of(|| service.manifest_page(&cast.second, &key, &passed, 1, None)).await?),
        ("handed-on seats", 6, counter.of(|| service.delegations(&cast.first, &key.product, None)).await?),
        ("history", 3, counter.of(|| service.history(&cast.auditor, &everything)).await?),
        ("my work", 11, counter.of(|| service.my_work(&cast.second)).await?),
        ("comments", 22, counter.of(|| service.comments_page(&cast.manager, &key, CommentAt::Newest)).await?),
        ("features", 4, counter.of(|| service.features(&cast.manager, &features)).await?),
        ("board", 5, counter.of(|| service.feature_board(&cast.manager, &features)).await?),
        ("search", 5, counter.of(|| service.search(&cast.manager, &words)).await?),
        ("waivers", 18, counter.of(|| service.waivers_page(&cast.manager, &key, None)).await?),
        (
            "product's waivers",
            4,
            counter.of(|| service.product_waivers(&cast.manager, &product, None)).await?,
        ),
        ("saved views", 1, counter.of(|| service.saved_views(&cast.manager)).await?),
        ("products", 1, counter.of(|| service.products(&cast.manager, None)).await?),
        ("product", 6, counter.of(|| service.product(&cast.manager, &key.product)).await?),
        ("risk", 19, counter.of(|| service.risk_page(&cast.manager, &key)).await?),
        ("standards", 6, counter.of(|| service.standards(&cast.manager, &key.product)).await?),
        ("lists", 3, counter.of(|| service.product_lists(&cast.manager, &key.product)).await?),
        ("standards to attest", 1, counter.of(|| service.standards_to_attest(&cast.developer)).await?),
    ];
    for (page, ceiling, statements) in &asked {
        println!("{page}: {} statements", statements.len());
        assert!(!statements.is_empty(), "{page}: the driver's statements are not heard");
        assert!(
            statements.len() <= *ceiling,
            "{page} asks {} times, not {ceiling}: {statements:#?}",
            statements.len()
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_list_asks_as_often_for_fifty_rows_as_for_five() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let (everything, filter) = (HistoryFilter::default(), FeatureFilter::default());
    let (words, typo) = ("pay by link", "pay by lnik");
    let [words, typo] =
        [words, typo].map(|text| SearchQuery { text: text.to_owned(), page: 1, ..SearchQuery::default() });
    for _ in 0..5 {
        world.feature(Tier::Low).await?;
    }
    let counter = Counter::start();
    let candidate = sluice_domain::policy::parse(&renamed("2027.0"))?;
    let digest = Digest::of(b"another text");
    let replay = async || {
        let at = world.clock.now();
        service.replay_policy(&candidate, digest, at, &mut |_: &Compared| ()).await
    };
    let ask = async || -> TestResult<[usize; 7]> {
        Ok([
            counter.of(&replay).await?.len(),
            counter.of(|| service.features(&cast.manager, &filter)).await?.len(),
            counter.of(|| service.feature_board(&cast.manager, &filter)).await?.len(),
            counter.of(|| service.search(&cast.manager, &typo)).await?.len(),
            counter.of(|| service.my_work(&cast.manager)).await?.len(),
            counter.of(|| service.products(&cast.manager, None)).await?.len(),
            counter.of(|| service.history(&cast.auditor, &everything)).await?.len(),
        ])
    };
    let few = ask().await?;
    for _ in 0..50 {
        world.feature(Tier::Low).await?;
    }
    assert_eq!(service.features(&cast.manager, &filter).await?.items.len(), 50, "one page");
    assert_eq!(service.my_work(&cast.manager).await?.mine.len(), 55);
    assert_eq!(service.search(&cast.manager, &words).await?.hits.len(), 20, "one page");
    assert_eq!(ask().await?, few);
    Ok(())
}

#[tokio::test]
async fn paging_shows_each_feature_once() -> TestResult {
    let world = World::new().await?;
    // All at one instant: only the second part of the cursor tells them apart.
    for _ in 0..120 {
        world.feature(Tier::Low).await?;
    }
    let (mut numbers, mut pages, mut after) = (Vec::new(), 0, None);
    loop {
        let filter = FeatureFilter { after, ..Default::default() };
        let list = world.service.features(&world.cast.manager, &filter).await?;
        numbers.extend(list.items.iter().map(|item| item.key.number));
        pages += 1;
        after = list.next;
        if after.is_none() {
            break;
        }
    }
    numbers.sort_unstable();
    assert_eq!(pages, 3);
    assert_eq!(numbers, (1..=120).collect::<Vec<_>>());
    Ok(())
}
