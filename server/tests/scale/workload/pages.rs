//! The pages: every list, search and page about a feature, as its handler asks for it. A new page is a new line.

use std::{future::Future, pin::Pin};

use sluice_domain::{form::Fields, ids::FeatureKey, record::RecordKind};
use sluice_service::{
    Actor, Error, Service,
    features::FeatureFilter,
    find::SearchQuery,
    history::HistoryFilter,
    paper::{TraceQuery, TraceSide},
    people::PeopleFilter,
    talk::CommentAt,
};

use super::{fill::RARE, place::Cast};

/// Who opens a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Works on three products.
    Member,
    /// Works on the tiny one.
    Newcomer,
    /// Reads everything.
    Auditor,
}

impl Reader {
    /// The person.
    pub(crate) fn of(self, cast: &Cast) -> &Actor {
        match self {
            Self::Member => &cast.member,
            Self::Newcomer => &cast.newcomer,
            Self::Auditor => &cast.auditor,
        }
    }
}

/// Everybody: lists differ by who reads them.
const ALL: &[Reader] = &[Reader::Member, Reader::Newcomer, Reader::Auditor];
/// Those who may open the features that are compared.
const OF_PAY: &[Reader] = &[Reader::Member, Reader::Auditor];
/// Pages of the auditor's own.
const AUDITOR: &[Reader] = &[Reader::Auditor];
/// Pages about what somebody does themselves.
const WORKERS: &[Reader] = &[Reader::Member, Reader::Newcomer];

/// What a page is opened with.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    /// The use cases.
    pub(crate) service: &'a Service,
    /// Who reads.
    pub(crate) actor: &'a Actor,
    /// The feature, for pages about one.
    pub(crate) key: &'a FeatureKey,
    /// What else there is.
    pub(crate) cast: &'a Cast,
}

/// What opening a page comes to.
type Answer<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>>;

/// A page.
pub(crate) struct Page {
    /// Its name.
    pub(crate) name: &'static str,
    /// Who opens it.
    pub(crate) readers: &'static [Reader],
    /// Whether it is about one feature.
    pub(crate) about_feature: bool,
    /// Opens it.
    pub(crate) open: for<'a> fn(Ask<'a>) -> Answer<'a>,
}

/// What the name of a page about a feature with little in it ends in.
pub(crate) const LITTLE: &str = ", little in it";
/// The same for one with very much in it.
pub(crate) const MUCH: &str = ", much in it";

/// One way to open a page.
pub(crate) struct Opening<'a> {
    /// The page, who reads it, and how much there is in it.
    pub(crate) name: String,
    /// Who reads.
    pub(crate) reader: Reader,
    /// The feature.
    pub(crate) key: &'a FeatureKey,
    /// Whether it has very much in it.
    pub(crate) much: bool,
}

/// A page as each of its readers opens it; one about a feature with little in it and with much.
pub(crate) fn openings<'a>(page: &Page, cast: &'a Cast) -> Vec<Opening<'a>> {
    let sizes: &[(&str, &FeatureKey, bool)] = if page.about_feature {
        &[(LITTLE, &cast.small, false), (MUCH, &cast.large, true)]
    } else {
        &[("", &cast.small, false)]
    };
    page.readers
        .iter()
        .flat_map(|reader| {
            sizes.iter().map(move |(size, key, much)| Opening {
                name: format!("{} ({reader:?}){size}", page.name),
                reader: *reader,
                key,
                much: *much,
            })
        })
        .collect()
}

/// A query string, as a form or a link sends it.
fn query(pairs: &[(&str, &str)]) -> Fields {
    Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

/// The features that these filters leave.
async fn features(ask: Ask<'_>, filter: &[(&str, &str)]) -> Result<(), Error> {
    ask.service.features(ask.actor, &FeatureFilter::parse(&query(filter))).await.map(drop)
}

/// The second page of these.
async fn more_features(ask: Ask<'_>) -> Result<(), Error> {
    let first = ask.service.features(ask.actor, &FeatureFilter::default()).await?;
    let after = first.next.unwrap_or_default();
    features(ask, &[("after", &after)]).await
}

/// The features that these filters leave, as a board.
async fn board(ask: Ask<'_>, filter: &[(&str, &str)]) -> Result<(), Error> {
    ask.service.feature_board(ask.actor, &FeatureFilter::parse(&query(filter))).await.map(drop)
}

/// What is found.
async fn search(ask: Ask<'_>, asked: &[(&str, &str)]) -> Result<(), Error> {
    ask.service.search(ask.actor, &SearchQuery::parse(&query(asked))).await.map(drop)
}

/// The history that these filters leave.
async fn history(ask: Ask<'_>, filter: &[(&str, &str)]) -> Result<(), Error> {
    let filter = HistoryFilter::parse(&query(filter)).unwrap_or_default();
    ask.service.history(ask.actor, &filter).await.map(drop)
}

/// The records of a kind.
async fn records(ask: Ask<'_>, kind: RecordKind, filter: &[(&str, &str)]) -> Result<(), Error> {
    ask.service.records_page(ask.actor, ask.key, kind, &query(filter)).await.map(drop)
}

fn wrong(_: impl Sized) -> Error {
    Error::NotFound
}

/// `page!("name", READERS, |ask| call)` for a list, `page!(feature "name", |ask| call)` for a page about a feature.
macro_rules! page {
    (feature $name:literal, |$ask:ident| $call:expr) => {
        Page {
            name: $name,
            readers: OF_PAY,
            about_feature: true,
            open: |$ask| Box::pin(async move { $call.await.map(drop) }),
        }
    };
    ($name:literal, $readers:expr, |$ask:ident| $call:expr) => {
        Page {
            name: $name,
            readers: $readers,
            about_feature: false,
            open: |$ask| Box::pin(async move { $call.await.map(drop) }),
        }
    };
}

/// All of them.
pub(crate) fn all() -> Vec<Page> {
    let mut pages = lists();
    pages.extend(about_a_feature());
    pages
}

fn lists() -> Vec<Page> {
    vec![
        page!("features", ALL, |ask| features(ask, &[])),
        page!("board", ALL, |ask| board(ask, &[])),
        page!("board of a product", ALL, |ask| board(ask, &[("product", "TINY")])),
        page!("board of a tier", ALL, |ask| board(ask, &[("tier", "high")])),
        page!("my board", WORKERS, |ask| board(ask, &[("mine", "yes")])),
        page!("search for a common word", ALL, |ask| search(ask, &[("q", "payment")])),
        page!("search for words", ALL, |ask| search(ask, &[("q", "encrypt payment suppliers")])),
        page!("search for a rare word", ALL, |ask| search(ask, &[("q", RARE)])),
        page!("search for a mistyped word", ALL, |ask| search(ask, &[("q", "subscirption")])),
        page!("search for a key", ALL, |ask| search(ask, &[("q", "PAY-1")])),
        page!("search for a key within a feature", ALL, |ask| search(ask, &[("q", "PAY-1 T-4")])),
        page!("search for what is not there", ALL, |ask| search(ask, &[("q", "xylophone")])),
        page!("search in a product", ALL, |ask| search(ask, &[("q", "payment"), ("product", "TINY")])),
        page!("search for findings", ALL, |ask| search(ask, &[("q", "payment"), ("kind", "finding")])),
        page!("features, next page", ALL, |ask| more_features(ask)),
        page!("features of a product", ALL, |ask| features(ask, &[("product", "TINY")])),
        page!("features in a phase", ALL, |ask| features(ask, &[("phase", "design")])),
        page!("my features", WORKERS, |ask| features(ask, &[("mine", "yes")])),
        page!("finished features too", ALL, |ask| features(ask, &[("finished", "yes")])),
        page!("finished features", ALL, |ask| features(ask, &[("finished", "only")])),
        page!("features of a tier", ALL, |ask| features(ask, &[("tier", "high")])),
        page!("features in review", ALL, |ask| features(ask, &[("gate", "in-review")])),
        page!("features that wait for a role", ALL, |ask| features(ask, &[("role", "qa")])),
        page!("overdue features", ALL, |ask| features(ask, &[("overdue", "yes")])),
        page!("features of a sprint", ALL, |ask| features(ask, &[("sprint", "Sprint 7")])),
        page!("board of a sprint", ALL, |ask| board(ask, &[("sprint", "Sprint 7")])),
        page!("features of an owner", ALL, |ask| features(
            ask,
            &[("owner", &ask.cast.member.person.to_string())]
        )),
        page!("features by a common word", ALL, |ask| features(ask, &[("q", "payment")])),
        page!("features by a rare word", ALL, |ask| features(ask, &[("q", RARE)])),
        page!("features by key", ALL, |ask| features(ask, &[("q", "PAY-1")])),
        page!("my work", ALL, |ask| ask.service.my_work(ask.actor)),
        page!("notifications", ALL, |ask| ask.service.notifications(ask.actor, None)),
        page!("saved views", WORKERS, |ask| ask.service.saved_views(ask.actor)),
        page!("standards to attest", WORKERS, |ask| ask.service.standards_to_attest(ask.actor)),
        page!("standards of a product", OF_PAY, |ask| async move {
            ask.service.standards(ask.actor, &"PAY".parse().map_err(wrong)?).await
        }),
        page!("handed-on seats of a product", OF_PAY, |ask| async move {
            ask.service.delegations(ask.actor, &"PAY".parse().map_err(wrong)?, None).await
        }),
        page!("waivers of a product", OF_PAY, |ask| async move {
            ask.service.product_waivers(ask.actor, &"PAY".parse().map_err(wrong)?, None).await
        }),
        page!("lists of a product", OF_PAY, |ask| async move {
            ask.service.product_lists(ask.actor, &"PAY".parse().map_err(wrong)?).await
        }),
        page!("products", ALL, |ask| ask.service.products(ask.actor, None)),
        page!("product", OF_PAY, |ask| async move {
            ask.service.product(ask.actor, &"PAY".parse().map_err(wrong)?).await
        }),
        page!("people", AUDITOR, |ask| ask.service.people(ask.actor, &PeopleFilter::default())),
        page!("people by name", AUDITOR, |ask| ask
            .service
            .people(ask.actor, &PeopleFilter::parse(&query(&[("q", "ada")])))),
        page!("person", ALL, |ask| ask.service.person(ask.actor, ask.actor.person)),
        page!("policies", ALL, |ask| ask.service.policies(ask.actor)),
        page!("policy", ALL, |ask| ask.service.policy_page(ask.actor, "sdl", "2026.3")),
        page!("coverage of a framework", ALL, |ask| ask.service.policy_coverage(
            ask.actor,
            "connector",
            "2026.1",
            "samm"
        )),
        page!("history", AUDITOR, |ask| history(ask, &[])),
        page!("history of a person", AUDITOR, |ask| history(
            ask,
            &[("person", &ask.cast.member.person.to_string())]
        )),
        page!("history of a kind of event", AUDITOR, |ask| history(ask, &[("verb", "gate.opened")])),
        page!("history of a kind of event that never was", AUDITOR, |ask| history(
            ask,
            &[("verb", "sign-off.voided")]
        )),
        page!("history of a product", AUDITOR, |ask| history(ask, &[("object", "TINY")])),
        page!("history of a feature, by key", AUDITOR, |ask| history(ask, &[("object", "PAY-1")])),
        page!("history of a period", AUDITOR, |ask| history(
            ask,
            &[("from", &ask.cast.month.0), ("to", &ask.cast.month.1)]
        )),
        page!("history of a person in a product", AUDITOR, |ask| history(
            ask,
            &[("person", &ask.cast.member.person.to_string()), ("object", "TINY")]
        )),
        page!("people who acted", AUDITOR, |ask| ask.service.people_who_acted(ask.actor)),
    ]
}

fn about_a_feature() -> Vec<Page> {
    vec![
        page!(feature "feature", |ask| ask.service.feature_page(ask.actor, ask.key)),
        page!(feature "phase: requirements", |ask| async move {
            ask.service.phase_page(ask.actor, ask.key, &"requirements".parse().map_err(wrong)?).await
        }),
        page!(feature "phase: testing", |ask| async move {
            ask.service.phase_page(ask.actor, ask.key, &"testing".parse().map_err(wrong)?).await
        }),
        page!(feature "drift", |ask| async move {
            ask.service.drift_page(ask.actor, ask.key, &"requirements".parse().map_err(wrong)?).await
        }),
        page!(feature "requirements", |ask| records(ask, RecordKind::Requirement, &[])),
        page!(feature "requirements of a state", |ask| records(
            ask,
            RecordKind::Requirement,
            &[("state", "proposed")]
        )),
        page!(feature "findings", |ask| records(ask, RecordKind::Finding, &[])),
        page!(feature "findings, next page", |ask| records(ask, RecordKind::Finding, &[("after", "100")])),
        page!(feature "requirement", |ask| ask.service.record_page(
            ask.actor,
            ask.key,
            RecordKind::Requirement,
            Some(1)
        )),
        page!(feature "new change", |ask| ask.service.record_page(ask.actor, ask.key, RecordKind::Change, None)),
        page!(feature "new test summary", |ask| ask.service.record_page(
            ask.actor,
            ask.key,
            RecordKind::TestSummary,
            None
        )),
        page!(feature "requirements to begin with", |ask| ask.service.starters_page(ask.actor, ask.key)),
        page!(feature "threat model", |ask| ask.service.threat_model_page(ask.actor, ask.key)),
        page!(feature "threat", |ask| ask.service.threat_page(ask.actor, ask.key, Some(1))),
        page!(feature "evidence", |ask| ask.service.evidence_list(ask.actor, ask.key)),
        page!(feature "item of evidence", |ask| ask.service.evidence_item(ask.actor, ask.key, 1)),
        page!(feature "policy", |ask| ask.service.migration_page(ask.actor, ask.key, None)),
        page!(feature "review", |ask| ask.service.review_page(ask.actor, ask.key)),
        page!(feature "course", |ask| ask.service.course_page(ask.actor, ask.key, &Fields::default())),
        page!(feature "waivers", |ask| ask.service.waivers_page(ask.actor, ask.key, None)),
        page!(feature "form for a waiver", |ask| ask.service.new_waiver_page(ask.actor, ask.key, None)),
        page!(feature "risk questionnaire", |ask| ask.service.risk_page(ask.actor, ask.key)),
        page!(feature "trace", |ask| ask.service.trace_page(ask.actor, ask.key, TraceQuery::default())),
        page!(feature "trace of changes", |ask| ask.service.trace_page(
            ask.actor,
            ask.key,
            TraceQuery { side: TraceSide::Changes, ..TraceQuery::default() }
        )),
        page!(feature "record to print", |ask| ask.service.feature_record(ask.actor, ask.key)),
        page!(feature "comments", |ask| ask.service.comments_page(ask.actor, ask.key, CommentAt::Newest)),
        page!(feature "comments around one", |ask| ask.service.comments_page(
            ask.actor,
            ask.key,
            CommentAt::Around(2)
        )),
        page!(feature "relations", |ask| ask.service.relations_page(ask.actor, ask.key)),
        page!(feature "archives", |ask| ask.service.archive_page(ask.actor, ask.key, None)),
        page!(feature "feature's history", |ask| ask.service.feature_history(ask.actor, ask.key, None)),
    ]
}
