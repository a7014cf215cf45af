//! Pages at scale: every list, search and page about a feature is served from indexes, with a number of statements that
//! does not depend on how much there is. The figures at 100,000 features are those of the bench `pages`, which fails
//! there as this fails here.

mod workload;

use std::collections::{BTreeMap, BTreeSet};

use self::workload::{
    TestResult,
    pages::{Ask, LITTLE, MUCH, Opening, all, openings},
    place::{Cluster, Workspace},
    plans::{Log, Plan},
    statements::Listener,
};

/// Enough features that the planner has a reason to use an index.
const FEATURES: u32 = 3_000;
/// A third of them, to compare with.
const FEWER: u32 = 1_000;
/// How often each page is opened before its plans count as those of every day: after five times `PostgreSQL` may take a
/// plan that does not look at the parameters any more.
const TIMES: usize = 7;
/// So many rows more may be looked at among three times as many features, beyond twice as many: a page of a list that
/// was not full before.
const SLACK: u64 = 600;

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
        for Opening { name, reader, key, much } in openings(&page, &cast) {
            let ask = Ask { service: &service, actor: reader.of(&cast), key, cast: &cast };
            // Much in it: the same statements once more, by whatever plan they have come to.
            let times = if much { 1 } else { TIMES };
            for time in 1..=times {
                let opened = (page.open)(ask).await;
                opened.map_err(|error| format!("{name}: {error}"))?;
                let statements = listener.take();
                let plans = log.take(&statements).await?;
                for plan in &plans {
                    report(&name, plan);
                }
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

/// Pages that look at more rows among more features, up to a bound of their own: the beginning of their names, and the
/// bound. The bench says that it holds at 100,000.
const BOUNDED: [(&str, u64); 2] = [
    // Counts up to 200 features in each column.
    ("board", 30_000),
    // Ranks the newest 400 entries with a word; where many have it they are found from the end of an index by time.
    ("search for", 25_000),
];

/// Pages and tables of which they need most rows, as long as these are few: with some hundred features in a phase the
/// board looks at nearly each.
const NEEDED: [(&str, &str); 1] = [("board", "gate_state")];

/// How many rows a page may look at, after what it looked at among fewer features.
fn most_rows(page: &str, before: u64) -> u64 {
    let bound = BOUNDED.iter().find(|(name, _)| page.starts_with(name));
    bound.map_or(before * 2 + SLACK, |(_, rows)| *rows)
}

/// What every page about a feature with much in it is called, beside the same with little in it.
fn with_little(page: &str) -> Option<String> {
    page.strip_suffix(MUCH).map(|name| format!("{name}{LITTLE}"))
}

#[tokio::test]
async fn pages_are_served_from_indexes_with_a_constant_number_of_statements() -> TestResult {
    let cluster = Cluster::start().await?;
    let mut wrong = BTreeSet::new();
    let fewer = open_all(&cluster.workspace(FEWER).await?, |_, _| {}).await?;
    let more = open_all(&cluster.workspace(FEATURES).await?, |page, plan| {
        let needed = |table: &String| NEEDED.iter().any(|(name, one)| page.starts_with(name) && one == table);
        for table in plan.whole_tables().into_iter().filter(|table| !needed(table)) {
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
        if opened.rows > most_rows(page, before.rows) {
            wrong.insert(format!(
                "{page} looks at {} rows of {FEATURES} features and at {} of {FEWER}",
                opened.rows, before.rows
            ));
        }
        if let Some(with_little) = with_little(page).and_then(|name| more.get(&name))
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
        assert_eq!(
            (wrong, missing),
            (0, 0),
            "{by_triggers}: rows that triggers would not make, and missing ones"
        );
    }
    Ok(())
}
