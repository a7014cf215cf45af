//! How long each page takes, in workspaces of different size side by side.
//!
//! `cargo bench -p sluice --bench pages -- --features 1000,100000`. It fills a throwaway database for each size, opens
//! every list, search and page about a feature through the use cases, and prints Markdown: the median and the 95th
//! percentile, the statements, the rows that `PostgreSQL` looked at. What it measures is what a request costs below the
//! web server: the queries, the decision, the read model. It then opens every page once more with its plans logged, and
//! fails when one of them reads a large table from end to end.

#[path = "../tests/scale/workload/mod.rs"]
mod workload;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use clap::Parser;

use self::workload::{
    TestResult,
    pages::{Ask, Opening, all, openings},
    place::{Cast, Cluster, Workspace},
    plans::Log,
    statements::Listener,
};

/// Before a page is measured it is opened so often: `PostgreSQL` has settled on its plans then.
const WARM_UP: usize = 7;

/// How long each page takes, in workspaces of different size side by side.
#[derive(Parser)]
struct Options {
    /// How many features, one or two numbers.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 100_000])]
    features: Vec<u32>,
    /// How often each page is opened.
    #[arg(long, default_value_t = 100)]
    rounds: usize,
    /// Only pages with this in their name.
    #[arg(long, default_value = "")]
    page: String,
    /// What Cargo says to every bench.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What a page came to in a workspace of one size.
#[derive(Default)]
struct Figures {
    median: Duration,
    slow: Duration,
    statements: usize,
    rows: u64,
}

/// What all of them came to, by size and page.
type Results = BTreeMap<String, BTreeMap<u32, Figures>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> TestResult {
    let options = Options::parse();
    let mut results = Results::new();
    let mut whole = BTreeSet::new();
    let mut names = Vec::new();
    for features in &options.features {
        let cluster = Cluster::start().await?;
        let begun = Instant::now();
        let workspace = cluster.workspace(*features).await?;
        let took = begun.elapsed();
        let client = workspace.as_superuser().await?;
        let about = client.query_one(include_str!("workspace.sql"), &[]).await?;
        println!("{}; filled in {} s", about.get::<_, &str>(0), took.as_secs());
        drop(client);
        let cast = workspace.cast().await?;
        names = measure(&workspace, &cast, &options, *features, &mut results).await?;
        look_at_plans(&workspace, &cast, &options, *features, &mut results, &mut whole).await?;
    }
    print(&options.features, &names, &results);
    if whole.is_empty() {
        println!("\nNo page reads a large table from end to end.");
        return Ok(());
    }
    Err(whole.into_iter().collect::<Vec<_>>().join("\n\n").into())
}

/// Opens every page many times. Returns the names in the order of the table.
async fn measure(
    workspace: &Workspace,
    cast: &Cast,
    options: &Options,
    features: u32,
    results: &mut Results,
) -> TestResult<Vec<String>> {
    let service = workspace.service().await?;
    let mut names = Vec::new();
    for page in all() {
        for Opening { name, reader, key, much } in openings(&page, cast) {
            if !name.contains(&options.page) {
                continue;
            }
            let ask = Ask { service: &service, actor: reader.of(cast), key, cast };
            for _ in 0..WARM_UP {
                (page.open)(ask).await?;
            }
            // Pages with very much in them take long; a fifth of the rounds says as much of them.
            let rounds = if much { options.rounds / 5 } else { options.rounds };
            let mut times = Vec::with_capacity(rounds);
            for _ in 0..rounds.max(1) {
                let begun = Instant::now();
                (page.open)(ask).await?;
                times.push(begun.elapsed());
            }
            times.sort_unstable();
            let figures = results.entry(name.clone()).or_default().entry(features).or_default();
            figures.median = times[times.len() / 2];
            figures.slow = times[times.len() * 95 / 100];
            names.push(name);
        }
    }
    service.close().await;
    Ok(names)
}

/// Opens every page as often as makes its plans those of every day, and reads them.
async fn look_at_plans(
    workspace: &Workspace,
    cast: &Cast,
    options: &Options,
    features: u32,
    results: &mut Results,
    whole: &mut BTreeSet<String>,
) -> TestResult {
    let mut log = Log::start(workspace).await?;
    let service = workspace.service().await?;
    let listener = Listener::start();
    for page in all() {
        for Opening { name, reader, key, much } in openings(&page, cast) {
            if !name.contains(&options.page) {
                continue;
            }
            let ask = Ask { service: &service, actor: reader.of(cast), key, cast };
            // Much in it: the same statements once more, by whatever plans they have come to.
            for _ in 0..if much { 1 } else { WARM_UP } {
                (page.open)(ask).await?;
                let statements = listener.take();
                let plans = log.take(&statements).await?;
                let figures = results.entry(name.clone()).or_default().entry(features).or_default();
                figures.statements = statements.len();
                figures.rows = plans.iter().map(workload::plans::Plan::rows).sum();
                // A small workspace is read from end to end with good reason.
                for plan in plans.iter().filter(|_| features >= 10_000) {
                    for table in plan.whole_tables() {
                        whole.insert(format!(
                            "{name} reads all of {table}:\n{}\n{}",
                            plan.statement,
                            plan.shown()
                        ));
                    }
                }
            }
        }
    }
    service.close().await;
    Ok(())
}

fn print(sizes: &[u32], names: &[String], results: &Results) {
    let columns: Vec<String> = sizes.iter().map(|size| format!(" {size}: median | 95 % | rows |")).collect();
    println!("\n| Page (reader) | statements |{}", columns.join(""));
    println!("| --- | --: |{}", " --: | --: | --: |".repeat(sizes.len()));
    for name in names {
        let Some(figures) = results.get(name) else { continue };
        let statements: BTreeSet<String> =
            figures.values().map(|figures| figures.statements.to_string()).collect();
        let statements: Vec<String> = statements.into_iter().collect();
        let cells: Vec<String> = sizes
            .iter()
            .filter_map(|size| figures.get(size))
            .map(|figures| format!(" {} | {} | {} |", ms(figures.median), ms(figures.slow), figures.rows))
            .collect();
        println!("| {name} | {} |{}", statements.join(" or "), cells.join(""));
    }
    println!("\nTimes in milliseconds.");
}

fn ms(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1_000.0)
}
