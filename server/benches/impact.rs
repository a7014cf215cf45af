//! How long it takes to see the impact of a policy version before it is activated, and to replay one.
//!
//! `cargo bench -p sluice --bench impact -- --features 100000`. It fills a throwaway database, imports a version of the
//! built-in policy that asks for one control more, and looks at every feature under way through the use case that the
//! page begins; then it replays the same version at this instant, which reads every row as it was. It prints Markdown:
//! features, seconds, features a second. The first page about the run is opened while it is under way, so that the
//! progress is known to show.

#[path = "../tests/scale/workload/mod.rs"]
#[expect(dead_code, reason = "shared with the bench of pages, which opens pages and reads plans")]
mod workload;

use std::time::{Duration, Instant};

use clap::Parser;
use sluice_domain::{
    canonical::Digest,
    form::Fields,
    policy::{self, BUILT_IN, RunState},
};
use sluice_service::{
    Actor, Origin, Service, new_form_id,
    people::NewPassword,
    policies::{ImportPolicy, StartPolicyRun},
};

use self::workload::{TestResult, place::Cluster};

/// The version that is looked at.
const VERSION: &str = "2099.1";

/// How often the page about the run is opened.
const PACE: Duration = Duration::from_millis(100);

/// How long it takes to see the impact of a policy version, and to replay one.
#[derive(Parser)]
struct Options {
    /// How many features, one or two numbers.
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 100_000])]
    features: Vec<u32>,
    /// What Cargo says to every bench.
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> TestResult {
    let options = Options::parse();
    println!("| Features | What | Looked at | Seconds | Features a second | Steps seen |");
    println!("| --: | --- | --: | --: | --: | --: |");
    for features in &options.features {
        let cluster = Cluster::start().await?;
        let workspace = cluster.workspace(*features).await?;
        let service = workspace.service().await?;
        let admin = administrator(&service).await?;
        let source = stricter();
        let form = Fields::new(vec![("source".to_owned(), source.clone())]);
        let command = ImportPolicy::parse(&form).map_err(|problems| format!("{problems:?}"))?;
        service.import_policy(&admin, command).await?;

        let begun = Instant::now();
        let (looked, steps) = impact(&service, &admin).await?;
        print(*features, "impact", looked, begun.elapsed(), steps);

        let begun = Instant::now();
        let parsed = policy::parse(&source)?;
        let digest = Digest::of(source.as_bytes());
        let at = service.now().await?;
        let totals = service.replay_policy(&parsed, digest, at, &mut |_| ()).await?;
        print(*features, "replay", totals.total, begun.elapsed(), 0);
        if totals.total != looked {
            return Err(format!("{looked} features now, {} at this very instant", totals.total).into());
        }
        service.close().await;
    }
    Ok(())
}

/// Looks at the impact as the page does. Returns how many features were looked at, and how many times the progress was
/// another one when it was asked for.
async fn impact(service: &Service, admin: &Actor) -> TestResult<(i32, usize)> {
    let form = Fields::new(vec![("id".to_owned(), new_form_id())]);
    let command = StartPolicyRun::parse(&form).map_err(|problems| format!("{problems:?}"))?;
    let run = service.start_policy_run(admin, "sdl", VERSION, command).await?;
    let (mut steps, mut done) = (0, -1);
    loop {
        let page = service.policy_run_page(admin, run, None).await?;
        if page.run.done != done {
            (steps, done) = (steps + 1, page.run.done);
        }
        match page.run.state {
            RunState::Running => tokio::time::sleep(PACE).await,
            RunState::Finished => return Ok((page.run.total, steps)),
            state => return Err(format!("the run is {state:?}").into()),
        }
    }
}

async fn administrator(service: &Service) -> TestResult<Actor> {
    let password =
        NewPassword::new("seven herons over a slow river").map_err(|problem| format!("{problem:?}"))?;
    let admin = service.create_admin("bench@example.org".parse()?, "Ada Admin".parse()?, password).await?;
    Ok(service.actor(admin, Origin::default()).await?.ok_or("no administrator")?)
}

/// The built-in policy as another version, with a control more in its first phase that everybody owes.
fn stricter() -> String {
    let own = BUILT_IN.lines().find(|line| line.starts_with("version = ")).unwrap_or_default();
    let control = "[[phases.controls]]\nkey = \"sponsor\"\ntitle = \"A sponsor is named\"\n\
                   guidance = \"Write who pays for it.\"\nsource = \"Product\"\ndone_by = [\"product-manager\"]\n\
                   proof = \"statement\"\ntiers = [\"low\", \"medium\", \"high\"]\n\n[[phases.controls]]";
    BUILT_IN.replacen(own, &format!("version = \"{VERSION}\""), 1).replacen("[[phases.controls]]", control, 1)
}

fn print(features: u32, what: &str, looked: i32, took: Duration, steps: usize) {
    let seconds = took.as_secs_f64();
    println!(
        "| {features} | {what} | {looked} | {seconds:.1} | {:.0} | {steps} |",
        f64::from(looked) / seconds
    );
}
