//! The plans by which PostgreSQL answered, from its log: module `auto_explain` writes them there.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio_postgres::Client;

use super::{TestResult, place::Workspace};

/// Tables that grow with the number of features. Versions of their rows in schema `history` have the same names.
const LARGE: [&str; 24] = [
    "attestation",
    "comment",
    "control",
    "dossier",
    "event",
    "event_text",
    "evidence",
    "evidence_use",
    "evidence_version",
    "feature",
    "feature_link",
    "gate_attempt",
    "gate_state",
    "gate_task",
    "leaf",
    "mention",
    "mention_seen",
    "record",
    "search_entry",
    "search_word",
    "sign_off",
    "threat",
    "threat_model",
    "watch",
];

/// How long the log may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// How PostgreSQL answered one statement.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The statement.
    pub(crate) statement: String,
    plan: Value,
}

impl Plan {
    /// The large tables that it reads from end to end.
    pub(crate) fn whole_tables(&self) -> Vec<String> {
        let mut found = Vec::new();
        walk(&self.plan, &mut |node| {
            let table = node["Relation Name"].as_str().unwrap_or_default();
            if node["Node Type"] == "Seq Scan" && LARGE.contains(&table) {
                found.push(table.to_owned());
            }
        });
        found
    }

    /// How many rows its scans looked at, those included that were not wanted.
    pub(crate) fn rows(&self) -> u64 {
        let mut rows = 0.0;
        walk(&self.plan, &mut |node| {
            if node["Relation Name"].is_string() {
                let number = |name: &str| node[name].as_f64().unwrap_or_default();
                let each = number("Actual Rows")
                    + number("Rows Removed by Filter")
                    + number("Rows Removed by Index Recheck");
                rows += each * number("Actual Loops");
            }
        });
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of rows")]
        {
            rows as u64
        }
    }

    /// The plan, for people.
    pub(crate) fn shown(&self) -> String {
        serde_json::to_string_pretty(&self.plan).unwrap_or_default()
    }
}

fn walk(node: &Value, each: &mut impl FnMut(&Value)) {
    each(node);
    for below in node["Plans"].as_array().into_iter().flatten() {
        walk(below, each);
    }
}

/// Reads the log from where it ended the last time.
pub(crate) struct Log {
    client: Client,
    read: i64,
}

impl Log {
    /// Has the plan of each statement logged, on connections that are opened from now on.
    pub(crate) async fn start(workspace: &Workspace) -> TestResult<Self> {
        let client = workspace.as_superuser().await?;
        for (name, value) in [
            ("session_preload_libraries", "auto_explain"),
            ("auto_explain.log_min_duration", "0"),
            ("auto_explain.log_format", "json"),
            ("auto_explain.log_nested_statements", "on"),
            // The rows, not the time: reading the clock at each row would cost more than the row.
            ("auto_explain.log_analyze", "on"),
            ("auto_explain.log_timing", "off"),
        ] {
            client
                .batch_execute(&format!(
                    "alter role sluice_runtime in database {} set {name} = '{value}'",
                    workspace.name
                ))
                .await?;
        }
        let read = size(&client).await?;
        Ok(Self { client, read })
    }

    /// The plans since the last call: as many as there were statements, and those of functions that they call.
    pub(crate) async fn take(&mut self, statements: &[String]) -> TestResult<Vec<Plan>> {
        let begun = Instant::now();
        loop {
            let text: String = self
                .client
                .query_one("select pg_read_file(pg_current_logfile(), $1, 1000000000)", &[&self.read])
                .await?
                .get(0);
            let plans = parse(&text);
            if plans.len() >= statements.len() {
                self.read += i64::try_from(text.len())?;
                return Ok(plans);
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("{} plans of {statements:#?}", plans.len()).into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn size(client: &Client) -> TestResult<i64> {
    Ok(client.query_one("select size from pg_stat_file(pg_current_logfile())", &[]).await?.get(0))
}

/// The entries of a log that are plans. The lines of one entry begin with a tabulator, but for the first.
fn parse(log: &str) -> Vec<Plan> {
    let mut plans = Vec::new();
    for entry in log.split("\n2").filter(|entry| entry.contains("  plan:\n")) {
        let Some((_, json)) = entry.split_once("  plan:\n") else { continue };
        // The last one may not be there in full yet.
        let Ok(value) = serde_json::from_str::<Value>(json) else { continue };
        plans.push(Plan {
            statement: value["Query Text"].as_str().unwrap_or_default().to_owned(),
            plan: value["Plan"].clone(),
        });
    }
    plans
}
