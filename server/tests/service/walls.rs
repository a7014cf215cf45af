//! The walls in the schema, against somebody who has the application's connection and writes SQL: what code cannot
//! forget, and what an injected statement cannot do.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio_postgres::{Client, error::SqlState};
use uuid::Uuid;

use sluice_domain::{
    access::Role,
    gate::Verdict,
    policy::{EvidenceKind, Tier},
};
use sluice_service::evidence::Target;

use crate::support::{TestResult, World, steps::phase_key};

const APPEND_ONLY: &str = "SLA01";
const NO_EVENT: &str = "SLA02";
const EVENT_MISSING: &str = "SLA03";
const REWRITTEN: &str = "SLA04";
const CONTRIBUTED: &str = "SLA05";

/// A statement that has to be refused, with this error.
async fn refused(client: &Client, sql: &str, code: &str) -> TestResult {
    match client.batch_execute(sql).await {
        Ok(()) => Err(format!("was not refused: {sql}").into()),
        Err(error) if error.code() == Some(&SqlState::from_code(code)) => {
            // Whatever transaction the statement was in, it is over.
            client.batch_execute("rollback").await?;
            Ok(())
        }
        Err(error) => Err(format!("{sql}: {error:?}, not {code}").into()),
    }
}

/// An id that no other row has.
fn fresh() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u64_pair(0x5a11, NEXT.fetch_add(1, Ordering::Relaxed))
}

fn denied() -> &'static str {
    SqlState::INSUFFICIENT_PRIVILEGE.code()
}

/// Names of the tables of a schema.
async fn tables(client: &Client, schema: &str) -> TestResult<Vec<String>> {
    let rows = client
        .query(
            "select c.relname from pg_class c where c.relnamespace = $1::text::regnamespace and c.relkind = 'r'
             order by 1",
            &[&schema],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Statements that store an event of this id in the current transaction, as the application does.
fn event(id: Uuid) -> String {
    format!(
        "insert into audit.event (id, at, authentication, verb, object_kind, object_id, object_name, body)
         values ('{id}', now(), 'none', 'product.created', 'product', 'x', 'X', '{{}}')"
    )
}

fn product(id: Uuid) -> String {
    format!("insert into product (id, key, name, created_at) values ('{id}', 'WALL', 'Wall', now())")
}

fn under(event: Uuid) -> String {
    format!("set local sluice.event = '{event}'")
}

#[tokio::test]
async fn the_record_can_only_be_added_to() -> TestResult {
    let world = World::new().await?;
    world.in_review(Tier::Low).await?;
    let (runtime, owner) = (world.as_runtime().await?, world.as_owner().await?);
    let mut record: Vec<String> = Vec::new();
    record.extend(tables(&owner, "audit").await?.into_iter().map(|name| format!("audit.{name}")));
    record.extend(tables(&owner, "history").await?.into_iter().map(|name| format!("history.{name}")));
    record.extend(["public.blob".to_owned(), "public.blob_chunk".to_owned()]);
    assert!(record.len() > 15, "{record:?}");
    for table in &record {
        let column = owner
            .query_one(
                "select attname from pg_attribute where attrelid = $1::text::regclass and attnum = 1",
                &[table],
            )
            .await?
            .get::<_, String>(0);
        for statement in [
            format!("update {table} set {column} = {column}"),
            format!("delete from {table}"),
            format!("truncate {table} cascade"),
        ] {
            refused(&runtime, &statement, denied()).await?;
        }
        // Migrations own the tables; the triggers stop them too. Row triggers need a row.
        refused(&owner, &format!("truncate {table} cascade"), APPEND_ONLY).await?;
        if owner.query_opt(&format!("select from {table} limit 1"), &[]).await?.is_some() {
            refused(&owner, &format!("update {table} set {column} = {column}"), APPEND_ONLY).await?;
            refused(&owner, &format!("delete from {table}"), APPEND_ONLY).await?;
        }
    }
    for table in ["audit.event", "audit.event_text", "history.feature"] {
        assert!(
            owner.query_opt(&format!("select from {table} limit 1"), &[]).await?.is_some(),
            "{table} has rows, or the above would prove little"
        );
    }
    // History and log are written by triggers and by sequencing, not by the application.
    refused(&runtime, "insert into history.feature select gen_random_uuid(), * from feature", denied())
        .await?;
    refused(&runtime, "insert into audit.checkpoint values (1, '\\x00', '', now())", denied()).await?;
    refused(&runtime, "insert into audit.leaf select 1, id, '\\x00' from audit.event limit 1", denied()).await
}

#[tokio::test]
async fn blobs_are_never_changed_even_by_their_owner() -> TestResult {
    let world = World::new().await?;
    let key = world.feature(Tier::Low).await?;
    world.prove(&world.cast.developer, &key, EvidenceKind::Plan, &[]).await?;
    let owner = world.as_owner().await?;
    for statement in
        ["update blob set size = 1", "delete from blob_chunk", "update blob_chunk set bytes = ''"]
    {
        refused(&owner, statement, APPEND_ONLY).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_business_row_belongs_to_an_event_of_its_own_transaction() -> TestResult {
    let world = World::new().await?;
    let key = world.feature(Tier::Low).await?;
    let runtime = world.as_runtime().await?;
    let (events, products) = (world.events().await?, world.count("select count(*) from product").await?);

    // Without naming an event.
    refused(&runtime, &product(fresh()), NO_EVENT).await?;
    refused(&runtime, &format!("update feature set title = 'x' where number = {}", key.number), NO_EVENT)
        .await?;
    refused(&runtime, "delete from product_grant", SqlState::NOT_NULL_VIOLATION.code()).await?;

    // With an event that was named but not stored: the commit is refused, whatever the row.
    let named = fresh();
    for statement in [
        product(fresh()),
        "update feature set title = 'x'".to_owned(),
        "delete from product_grant".to_owned(),
        "insert into blob values (sha256('x'), 1, now())".to_owned(),
        "update password set changed_at = now()".to_owned(),
    ] {
        refused(&runtime, &format!("begin; {}; {statement}; commit", under(named)), EVENT_MISSING).await?;
    }
    // Not even where no event is named at all and the table has none to carry.
    refused(&runtime, "insert into blob values (sha256('x'), 1, now())", EVENT_MISSING).await?;
    refused(&runtime, "update password set hash = 'x'", EVENT_MISSING).await?;

    // Nor when another event is named, and stored, afterwards.
    let (carried, other) = (fresh(), fresh());
    let swap = format!(
        "begin; {}; {}; {}; {}; commit",
        under(carried),
        product(fresh()),
        under(other),
        event(other)
    );
    refused(&runtime, &swap, EVENT_MISSING).await?;

    // With an event that another transaction stored: somebody else's, or one's own from before.
    let stored = fresh();
    runtime.batch_execute(&format!("begin; {}; commit", event(stored))).await?;
    for earlier in [
        stored,
        runtime.query_one("select id from audit.event where id <> $1 limit 1", &[&stored]).await?.get(0),
    ] {
        let statement = format!("begin; {}; {}; commit", under(earlier), product(fresh()));
        refused(&runtime, &statement, EVENT_MISSING).await?;
    }
    assert_eq!(world.count("select count(*) from product").await?, products);
    assert_eq!(world.events().await?, events + 1);

    // As the application does it, it works.
    let (id, named) = (fresh(), fresh());
    runtime
        .batch_execute(&format!("begin; {}; {}; {}; commit", under(named), product(id), event(named)))
        .await?;
    let row = runtime.query_one("select event_id from product where id = $1", &[&id]).await?;
    assert_eq!(row.get::<_, Uuid>(0), named, "the row carries its event");
    // The event of a transaction that is over does not stay with the connection.
    refused(&runtime, &product(fresh()), NO_EVENT).await
}

#[tokio::test]
async fn a_sign_off_is_never_rewritten() -> TestResult {
    let world = World::new().await?;
    let key = world.in_review(Tier::Low).await?;
    let cast = world.cast;
    world.sign(&cast.first, &key, Role::SecurityReviewer, Verdict::Deny).await?;
    world.sign(&cast.second, &key, Role::SecurityReviewer, Verdict::Approve).await?;
    world.withdraw(&cast.second, &key).await?;
    let runtime = world.as_runtime().await?;
    let rewrite = |change: &str, whose: &str| {
        let id = fresh();
        format!("begin; {}; {}; update sign_off set {change} where {whose}; commit", under(id), event(id))
    };
    for change in [
        "verdict = 'approve'",
        "person_id = (select id from person where id <> person_id limit 1)",
        "role = 'release-manager'",
        "printed_name = 'Somebody Else'",
        "meaning = 'looked at it'",
        "reason = 'never mind'",
        "authentication = 'session'",
        "signed_at = now()",
        "cycle = 2",
        "id = gen_random_uuid()",
        // Ending it is allowed, but not together with a change.
        "ended = 'withdrawn', ended_at = now(), verdict = 'approve'",
    ] {
        refused(&runtime, &rewrite(change, "ended is null"), REWRITTEN).await?;
    }
    for change in ["ended = null, ended_at = null", "ended_reason = 'for a better reason'"] {
        refused(&runtime, &rewrite(change, "ended is not null"), REWRITTEN).await?;
    }
    refused(&runtime, "delete from sign_off", denied()).await
}

/// A sign-off of the gate under way, by the person whose id this expression gives.
fn sign_off_of(person: &str) -> String {
    format!(
        "insert into sign_off (id, feature_id, phase, cycle, person_id, role, verdict, printed_name, meaning, dossier,
                               authentication, signed_at)
         select gen_random_uuid(), f.id, f.phase, f.cycle, {person}, 'security-reviewer', 'approve', 'X', 'x',
                (select digest from dossier limit 1), 'password', now()
         from public.feature f"
    )
}

#[tokio::test]
async fn the_database_refuses_a_contributors_sign_off() -> TestResult {
    let world = World::new().await?;
    let (cast, key) = (world.cast, world.feature(Tier::Low).await?);
    world.mark(&cast.developer, &key, "requirements", "security-requirements").await?;
    let target = Target::Control(phase_key("requirements")?, "security-requirements".parse()?);
    world.prove(&cast.tester, &key, EvidenceKind::Plan, &[target]).await?;
    world.hand_over(&key).await?;
    let runtime = world.as_runtime().await?;
    let begin = || {
        let id = fresh();
        format!("begin; {}; {}", under(id), event(id))
    };
    // Who wrote the feature's text, a control, a file.
    for contributor in [&cast.manager, &cast.developer, &cast.tester] {
        let sign_off = sign_off_of(&format!("'{}'", contributor.person));
        refused(&runtime, &format!("{}; {sign_off}", begin()), CONTRIBUTED).await?;
        // Nor when somebody else has written over it since.
        let over = format!(
            "update feature set scope_author = '{0}'; update control set author_id = '{0}'",
            cast.stakeholder.person
        );
        refused(&runtime, &format!("{}; {over}; {sign_off}", begin()), CONTRIBUTED).await?;
    }
    // A temporary table of the same name does not stand in for the real one.
    let shadow = format!(
        "{}; create temporary table feature on commit drop as select * from public.feature limit 0;
         create temporary table control on commit drop as select * from public.control limit 0; {}",
        begin(),
        sign_off_of("f.scope_author")
    );
    refused(&runtime, &shadow, CONTRIBUTED).await?;
    // Somebody who wrote nothing may sign, or the above would prove little; once.
    let other = sign_off_of(&format!("'{}'", cast.first.person));
    runtime.batch_execute(&format!("{}; {other}; commit", begin())).await?;
    refused(&runtime, &format!("{}; {other}", begin()), SqlState::UNIQUE_VIOLATION.code()).await
}

#[tokio::test]
async fn the_application_cannot_take_the_walls_down() -> TestResult {
    let world = World::new().await?;
    let runtime = world.as_runtime().await?;
    for statement in [
        "create table public.mine (id int)",
        "create table audit.mine (id int)",
        "create schema mine",
        "create function public.mine() returns int language sql as 'select 1'",
        "create or replace function history.stamp() returns trigger language plpgsql as 'begin return new; end'",
        "alter table feature add column mine int",
        "alter table feature disable trigger all",
        "alter table audit.event disable trigger append_only",
        "drop trigger append_only on audit.event",
        "drop trigger guard on sign_off",
        "drop table sign_off",
        "set session_replication_role = replica",
        "set role sluice_owner",
        "alter role sluice_runtime superuser",
        "create role mine",
        "copy feature to program 'true'",
        "select pg_read_file('/etc/passwd')",
        "call history.track('session')",
        "update policy_version set title = 'x'",
        "update evidence set title = 'x'",
        "update evidence_version set note = 'x'",
    ] {
        let code = match runtime.batch_execute(statement).await {
            Ok(()) => return Err(format!("was not refused: {statement}").into()),
            Err(error) => error.code().map(|code| code.code().to_owned()).unwrap_or_default(),
        };
        assert_eq!(code, denied(), "{statement}");
    }
    Ok(())
}
