//! Pages at scale: every list, search and page about a feature is served from indexes, with a number of statements that
//! does not depend on how much there is. The figures at 100,000 features are those of the bench `pages`.

mod workload;

use std::collections::{BTreeMap, BTreeSet};

use sluice_domain::ids::FeatureKey;

use self::workload::{
    TestResult,
    pages::{Ask, Page, Reader, all},
    place::{Cast, Cluster, Workspace},
    plans::{Log, Plan},
    statements::Listener,
};

/// Enough features that the planner has a reason to use an index.
const FEATURES: u32 = 3_000;
/// A third of them, to compare with.
const FEWER: u32 = 1_000;
/// How often each page is opened before its plans count as those of every day: after five times PostgreSQL may take a
/// plan that does not look at the parameters any more.
const TIMES: usize = 7;
/// So many rows more may be looked at among three times as many features, beyond twice as many: a page of a list that
/// was not full before.
const SLACK: u64 = 600;

const LITTLE: &str = ", little in it";
const MUCH: &str = ", much in it";

/// What a page came to, by its name and who read what.
type Asked = BTreeMap<String, Opened>;

/// What opening a page once came to.
struct Opened {
    statements: Vec<String>,
    rows: u64,
}

/// Opens every page as everybody who may, and reports each plan.
async fn open_all(workspace: &Workspace, mut report: impl FnMut(&str, &Plan)) -> TestResult<Asked> {
    let cast = workspace.cast().await?;
    // Before the connections that it is about.
    let mut log = Log::start(workspace).await?;
    let service = workspace.service().await?;
    let listener = Listener::start();
    let mut asked = Asked::new();
    for page in all() {
        for Opening { name, reader, key, times } in openings(&page, &cast) {
            let ask = Ask { service: &service, actor: reader.of(&cast), key, cast: &cast };
            for time in 1..=times {
                let opened = (page.open)(ask).await;
                opened.map_err(|error| format!("{name}: {error}"))?;
                let statements = listener.take();
                let plans = log.take(statements.len()).await?;
                plans.iter().for_each(|plan| report(&name, plan));
                if time == times {
                    let rows = plans.iter().map(Plan::rows).sum();
                    asked.insert(name.clone(), Opened { statements, rows });
                }
            }
        }
    }
    service.close().await;
    Ok(asked)
}

/// One way to open a page.
struct Opening<'a> {
    name: String,
    reader: Reader,
    key: &'a FeatureKey,
    times: usize,
}

/// A page as each of its readers opens it; one about a feature with little in it and with much.
fn openings<'a>(page: &Page, cast: &'a Cast) -> Vec<Opening<'a>> {
    let mut openings = Vec::new();
    for reader in page.readers {
        let name = |size: &str| format!("{} ({reader:?}){size}", page.name);
        if page.about_feature {
            openings.push(Opening { name: name(LITTLE), reader: *reader, key: &cast.small, times: TIMES });
            // The same statements once more, by whatever plan they have come to.
            openings.push(Opening { name: name(MUCH), reader: *reader, key: &cast.large, times: 1 });
        } else {
            openings.push(Opening { name: name(""), reader: *reader, key: &cast.small, times: TIMES });
        }
    }
    openings
}

#[tokio::test]
async fn pages_are_served_from_indexes_with_a_constant_number_of_statements() -> TestResult {
    let cluster = Cluster::start().await?;
    let mut wrong = BTreeSet::new();
    let fewer = open_all(&cluster.workspace(FEWER).await?, |_, _| {}).await?;
    let more = open_all(&cluster.workspace(FEATURES).await?, |page, plan| {
        for table in plan.whole_tables() {
            wrong.insert(format!("{page} reads all of {table}:\n{}\n{}", plan.statement, plan.shown()));
        }
    })
    .await?;
    for (page, opened) in &more {
        let before = &fewer[page];
        println!(
            "{page}: {} statements, {} rows; of {FEWER}: {}, {}",
            opened.statements.len(),
            opened.rows,
            before.statements.len(),
            before.rows
        );
        if opened.statements != before.statements {
            wrong.insert(format!(
                "{page} asks differently of {FEATURES} features than of {FEWER}: {:#?}, {:#?}",
                opened.statements, before.statements
            ));
        }
        if opened.rows > before.rows * 2 + SLACK {
            wrong.insert(format!(
                "{page} looks at {} rows of {FEATURES} features and at {} of {FEWER}",
                opened.rows, before.rows
            ));
        }
        if let Some(with_little) = page.strip_suffix(MUCH).and_then(|name| more.get(&format!("{name}{LITTLE}")))
            && opened.statements != with_little.statements
        {
            wrong.insert(format!(
                "{page} asks differently than of a feature with little in it: {:#?}, {:#?}",
                opened.statements, with_little.statements
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n\n"));
    Ok(())
}

/// The workspace goes around every trigger, so what they would have made or refused is looked at here.
#[tokio::test]
async fn the_workspace_is_as_the_program_would_have_made_it() -> TestResult {
    let cluster = Cluster::start().await?;
    let client = cluster.workspace(200).await?.as_superuser().await?;
    for row in client.query(include_str!("checks/dangling.sql"), &[]).await? {
        let (what, sql): (String, String) = (row.get(0), row.get(1));
        let dangling: i64 = client.query_one(&sql, &[]).await?.get(0);
        assert_eq!(dangling, 0, "{what}: rows that refer to nothing");
    }
    client.batch_execute(include_str!("checks/search.sql")).await?;
    for (made, by_triggers) in [("made", "search_entry"), ("made_words", "search_word")] {
        let sql = format!(
            "select (select count(*) from (table {made} except table {by_triggers}) a),
                    (select count(*) from (table {by_triggers} except table {made}) b),
                    (select count(*) from {by_triggers})"
        );
        let counts = client.query_one(&sql, &[]).await?;
        let [wrong, missing, all]: [i64; 3] = [counts.get(0), counts.get(1), counts.get(2)];
        assert!(all > 200, "{all} rows in {by_triggers}");
        assert_eq!((wrong, missing), (0, 0), "{by_triggers}: rows that triggers would not make, and missing ones");
    }
    Ok(())
}
