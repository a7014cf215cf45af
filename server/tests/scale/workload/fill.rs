//! Fills a database, set by set: some tens of thousands of rows a second.
//!
//! Triggers do not run meanwhile, and indexes are made at the end. What triggers would have made is made here too: the
//! events that rows name, earlier versions, the search index. A test looks whether that holds.

use std::fmt::Write as _;

use sluice_domain::{
    policy,
    record::{RecordKind, State},
};
use tokio_postgres::Client;

use super::{TestResult, place::Workspace};

/// Address of who works on three products.
pub(crate) const MEMBER: &str = "member@example.org";
/// Address of who works on the tiny product.
pub(crate) const NEWCOMER: &str = "newcomer@example.org";
/// Address of the auditor.
pub(crate) const AUDITOR: &str = "auditor@example.org";
/// Key of the feature with very much in it.
pub(crate) const LARGE: &str = "PAY-1";
/// Key of the feature with little in it.
pub(crate) const SMALL: &str = "PAY-2";

/// A word that is in one title, in the tiny product.
pub(crate) const RARE: &str = "zephyrine";

const WORDS: &str = include_str!("sql/01_words.sql");
const PLAN: &str = include_str!("sql/02_plan.sql");
const FEATURES: &str = include_str!("sql/03_features.sql");
const RECORDS: &str = include_str!("sql/04_records.sql");
const THREATS: &str = include_str!("sql/05_threats.sql");
const EVENTS: &str = include_str!("sql/06_events.sql");
const GATES: &str = include_str!("sql/07_gates.sql");
const SEARCH: &str = include_str!("sql/08_search.sql");
const FOUND_WORDS: &str = include_str!("sql/09_words.sql");

/// How many records of a kind there are, and who of two connections stores them.
struct Filling {
    kind: RecordKind,
    part: u8,
    /// In the feature with very much in it.
    many: u16,
    /// In the one with little.
    few: u16,
    /// In any other.
    usual: u16,
    /// States, as often as they occur.
    states: &'static [&'static str],
}

/// Ten requirements and ten findings a feature, beside ten threats: at 100,000 features that makes 3,000,000 of them.
const KINDS: [Filling; 5] = [
    Filling {
        kind: RecordKind::Requirement,
        part: 1,
        many: 500,
        few: 3,
        usual: 10,
        states: &["accepted", "accepted", "accepted", "proposed"],
    },
    Filling {
        kind: RecordKind::Finding,
        part: 2,
        many: 2_000,
        few: 3,
        usual: 10,
        states: &["open", "fixed", "validated", "validated", "validated", "dismissed"],
    },
    Filling { kind: RecordKind::Change, part: 1, many: 2, few: 2, usual: 2, states: &["merged"] },
    Filling {
        kind: RecordKind::Decision,
        part: 2,
        many: 1,
        few: 1,
        usual: 1,
        states: &["accepted", "proposed"],
    },
    Filling {
        kind: RecordKind::Notice,
        part: 1,
        many: 1,
        few: 1,
        usual: 1,
        states: &["sent", "acknowledged"],
    },
];

/// Fills an empty, migrated database that has the built-in policy.
pub(crate) async fn fill(workspace: &Workspace, features: u32) -> TestResult {
    let (one, two) = (workspace.as_superuser().await?, workspace.as_superuser().await?);
    for client in [&one, &two] {
        client
            .batch_execute(
                "set session_replication_role = replica; set work_mem = '128MB';
                 set maintenance_work_mem = '512MB'; set client_min_messages = warning",
            )
            .await?;
    }
    one.batch_execute(WORDS).await?;
    one.batch_execute(&settings(features)?).await?;
    one.batch_execute(PLAN).await?;
    let indexes = drop_indexes(&one).await?;
    one.batch_execute(FEATURES).await?;
    let part = |sql: &str, number: u8| sql.replace("$part", &number.to_string());
    tokio::try_join!(
        async {
            one.batch_execute(&part(RECORDS, 1)).await?;
            one.batch_execute(THREATS).await
        },
        async {
            two.batch_execute(&part(RECORDS, 2)).await?;
            two.batch_execute(EVENTS).await
        },
    )?;
    let (first, second) = (part(SEARCH, 1), part(SEARCH, 2));
    tokio::try_join!(one.batch_execute(&first), two.batch_execute(&second))?;
    one.batch_execute(FOUND_WORDS).await?;
    make_indexes(&one, &two, &indexes).await?;
    one.batch_execute(GATES).await?;
    one.batch_execute("drop schema scale cascade").await?;
    // What the statistics and the visibility map say after a night of a real server.
    one.batch_execute("vacuum (freeze, analyze)").await?;
    Ok(())
}

/// What is asked for, and what comes from the program: the phases of its policy, the kinds of its records.
fn settings(features: u32) -> TestResult<String> {
    let policy = policy::parse(policy::BUILT_IN)?;
    let mut sql = format!(
        "create table scale.size as select {features} as features, date_trunc('second', now()) as now;
         create table scale.phase (position int, key text, controls text[]);
         create table scale.kind (kind text, place int, part int, many int, few int, usual int, states text[]);"
    );
    for (place, phase) in policy.phases.iter().enumerate() {
        let controls: Vec<&str> = phase.controls.iter().map(|control| control.key.as_str()).collect();
        write!(
            sql,
            "insert into scale.phase values ({}, '{}', '{{{}}}');",
            place + 1,
            phase.key,
            controls.join(",")
        )?;
    }
    for (place, Filling { kind, part, many, few, usual, states }) in KINDS.iter().enumerate() {
        let known = |code: &&str| kind.spec().state(code).map(|state: &State| state.code);
        let states: Vec<&str> = states.iter().filter_map(known).collect();
        write!(
            sql,
            "insert into scale.kind values ('{}', {place}, {part}, {many}, {few}, {usual}, '{{{}}}');",
            kind.code(),
            states.join(",")
        )?;
    }
    Ok(sql)
}

/// Drops the indexes that hold no constraint, of tables that grow, and returns how each is made.
async fn drop_indexes(client: &Client) -> TestResult<Vec<String>> {
    let rows = client
        .query(
            "select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
             from pg_index i
             join pg_class c on c.oid = i.indrelid
             where c.relnamespace in ('public'::regnamespace, 'audit'::regnamespace, 'history'::regnamespace)
               and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
             order by c.relname, 1",
            &[],
        )
        .await?;
    let mut made = Vec::with_capacity(rows.len());
    for row in rows {
        client.batch_execute(&format!("drop index {}", row.get::<_, &str>(0))).await?;
        made.push(row.get(1));
    }
    Ok(made)
}

/// Makes them again, two at a time.
async fn make_indexes(one: &Client, two: &Client, indexes: &[String]) -> TestResult {
    let every_other = async |client: &Client, first: usize| {
        for index in indexes.iter().skip(first).step_by(2) {
            client.batch_execute(index).await?;
        }
        Ok::<(), tokio_postgres::Error>(())
    };
    tokio::try_join!(every_other(one, 0), every_other(two, 1))?;
    Ok(())
}
