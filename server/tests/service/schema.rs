//! The schema as a whole: no business table without its walls, the history behind each row, and migrations.

use std::time::Duration;

use secrecy::SecretString;
use sluice_domain::{
    gate::Mark,
    policy::{EvidenceKind, Tier},
};
use sluice_service::{Error, evidence::Target, migrate};
use tokio_postgres::Client;

use crate::{
    stale::rename,
    support::{
        TestResult, World,
        cluster::connect,
        steps::{mark_form, phase_key},
    },
};

/// Tables without `event_id`, and why they may be: what is not listed here has to be tracked.
const UNTRACKED: [&str; 22] = [
    "_sqlx_migrations", // the migrator's own
    "blob",             // never changes; demands an event
    "blob_chunk",       // never changes; demands an event
    "contribution",     // only added to, by trigger
    "gate_blocker",     // follows from the rest
    "gate_part",        // follows from the text of a policy
    "gate_state",       // follows from the rest
    "gate_task",        // follows from the gate's state
    "ground_change",    // follows from the rest
    "job",              // follows from the rest
    "mention_seen",     // what somebody has seen is theirs
    "notice_waiting",   // follows from the notices
    "notification",     // follows from events; what somebody has read is theirs
    "password",         // an old hash is of use to an attacker only; demands an event
    "policy_run",       // follows from the rest
    "policy_run_row",   // follows from the rest
    "saved_view",       // a person's own arrangement
    "search_entry",     // follows from the rest
    "search_word",      // follows from the rest
    "session",          // comes and goes; what is done with it is audited
    "sign_in_throttle", // counters
    "watch",            // a person's own arrangement
];

async fn names(client: &Client, sql: &str) -> TestResult<Vec<String>> {
    Ok(client.query(sql, &[]).await?.iter().map(|row| row.get(0)).collect())
}

#[tokio::test]
async fn every_business_table_has_its_walls() -> TestResult {
    let world = World::new().await?;
    let owner = world.as_owner().await?;
    let without_event = names(
        &owner,
        "select c.relname from pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
           and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'event_id')
         order by 1",
    )
    .await?;
    assert_eq!(
        without_event, UNTRACKED,
        "a table that is new here has to be tracked, or listed with its reason"
    );

    // What `history.track` brings: the same columns in the history, and every trigger, enabled.
    let unprotected = names(
        &owner,
        "select c.relname || ' misses ' || wanted.what
         from pg_class c
         join pg_attribute a on a.attrelid = c.oid and a.attname = 'event_id'
         left join pg_class h on h.relname = c.relname and h.relnamespace = 'history'::regnamespace
         cross join lateral (values
             ('a mandatory event', a.attnotnull),
             ('its history', h.oid is not null),
             ('the same columns in its history',
              (select array_agg(x.attname || ' ' || x.atttypid::regtype order by x.attnum) from pg_attribute x
               where x.attrelid = c.oid and x.attnum > 0 and not x.attisdropped)
              = (select array_agg(x.attname || ' ' || x.atttypid::regtype order by x.attnum) from pg_attribute x
                 where x.attrelid = h.oid and x.attnum > 1 and not x.attisdropped)),
             ('until_event first in its history',
              (select x.attname = 'until_event' and x.attnotnull from pg_attribute x
               where x.attrelid = h.oid and x.attnum = 1))
         ) as wanted (what, there)
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and wanted.there is not true
         union all
         select c.relname || ' misses trigger ' || wanted.name
         from pg_class c
         join pg_attribute a on a.attrelid = c.oid and a.attname = 'event_id'
         cross join lateral (values
             -- name, table, function, and the bits of pg_trigger: 1 row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate
             ('stamp', c.oid, 'history.stamp', 1 + 2 + 4 + 16),
             ('keep', c.oid, 'history.keep', 1 + 8 + 16),
             ('demand_event', c.oid, 'history.demand_own_event', 1 + 4 + 8 + 16),
             ('never_truncated', c.oid, 'audit.refuse', 2 + 32),
             ('append_only', to_regclass('history.' || quote_ident(c.relname)), 'audit.refuse', 1 + 2 + 8 + 16),
             ('never_truncated', to_regclass('history.' || quote_ident(c.relname)), 'audit.refuse', 2 + 32)
         ) as wanted (name, on_table, function, bits)
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
           and not exists (
               select from pg_trigger t
               where t.tgrelid = wanted.on_table and t.tgname = wanted.name and t.tgenabled = 'O'
                 and t.tgfoid = wanted.function::regproc and t.tgtype = wanted.bits
                 and (wanted.name <> 'demand_event' or (t.tgdeferrable and t.tginitdeferred)))",
    )
    .await?;
    assert_eq!(unprotected, Vec::<String>::new());

    let undemanding = names(
        &owner,
        "select name from unnest(array['blob', 'blob_chunk', 'password']) as name
         where not exists (select from pg_trigger t where t.tgrelid = name::regclass and t.tgname = 'demand_event')",
    )
    .await?;
    assert_eq!(undemanding, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn every_tracked_table_can_be_asked_as_it_was() -> TestResult {
    let world = World::new().await?;
    let owner = world.as_owner().await?;
    let missing = names(
        &owner,
        "select c.relname || ' misses its view in asof: call asof.cover' from pg_class c
         join pg_class h on h.relname = c.relname and h.relnamespace = 'history'::regnamespace
         left join pg_class v on v.relname = c.relname and v.relnamespace = 'asof'::regnamespace
         where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
           and (v.oid is null
                or not has_table_privilege('sluice_runtime', v.oid, 'select')
                or (select array_agg(a.attname || ' ' || a.atttypid::regtype order by a.attname) from pg_attribute a
                    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
                   <> (select array_agg(a.attname || ' ' || a.atttypid::regtype order by a.attname) from pg_attribute a
                       where a.attrelid = v.oid and a.attnum > 0 and not a.attisdropped))
         order by 1",
    )
    .await?;
    assert_eq!(missing, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn the_application_may_do_what_it_needs_and_no_more() -> TestResult {
    let world = World::new().await?;
    let owner = world.as_owner().await?;
    let deletes = names(
        &owner,
        "select c.oid::regclass::text from pg_class c
         where c.relnamespace in ('public'::regnamespace, 'audit'::regnamespace, 'history'::regnamespace)
           and c.relkind in ('r', 'p') and has_table_privilege('sluice_runtime', c.oid, 'delete')
         order by 1",
    )
    .await?;
    // Of these, what has a history keeps what it deletes.
    assert_eq!(
        deletes,
        [
            "evidence_use",
            "gate_blocker",
            "gate_task",
            "ground_change",
            "job",
            "mention",
            "notice_waiting",
            "notification",
            "product_grant",
            "relation",
            "saved_view",
            "session",
            "sign_in_throttle",
            "watch",
            "workspace_grant"
        ]
    );
    let more = names(
        &owner,
        "select c.oid::regclass || ' ' || wanted.name from pg_class c
         cross join unnest(array['truncate', 'trigger', 'references']) as wanted (name)
         where c.relnamespace in ('public'::regnamespace, 'audit'::regnamespace, 'history'::regnamespace)
           and c.relkind in ('r', 'p') and has_table_privilege('sluice_runtime', c.oid, wanted.name)
         union all
         select c.oid::regclass || ' is written' from pg_class c
         where c.relkind in ('r', 'p')
           and (c.relnamespace = 'history'::regnamespace
                and (has_table_privilege('sluice_runtime', c.oid, 'insert')
                     or has_table_privilege('sluice_runtime', c.oid, 'update'))
                or c.relnamespace = 'audit'::regnamespace and has_table_privilege('sluice_runtime', c.oid, 'update')
                or c.relname = '_sqlx_migrations'
                   and (has_table_privilege('sluice_runtime', c.oid, 'insert')
                        or has_table_privilege('sluice_runtime', c.oid, 'update')))
         union all
         select 'owns ' || c.oid::regclass from pg_class c where c.relowner = 'sluice_runtime'::regrole",
    )
    .await?;
    assert_eq!(more, Vec::<String>::new());
    let rights = owner
        .query_one(
            "select rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls or rolinherit,
                    exists (select from pg_auth_members where member = 'sluice_runtime'::regrole)
             from pg_roles where rolname = 'sluice_runtime'",
            &[],
        )
        .await?;
    assert_eq!(
        (rights.get::<_, bool>(0), rights.get::<_, bool>(1)),
        (false, false),
        "attributes, memberships"
    );
    Ok(())
}

#[tokio::test]
async fn what_a_row_was_stays_with_the_event_that_ended_it() -> TestResult {
    let world = World::new().await?;
    let (service, cast) = (&world.service, world.cast);
    let key = world.feature(Tier::Low).await?;
    let phase = phase_key("requirements")?;
    let owner = world.as_owner().await?;
    world.tick();
    service.edit_feature(&cast.manager, &key, rename(&world, "Second title", 1)?).await?;
    world.tick();
    service.edit_feature(&cast.manager, &key, rename(&world, "Third title", 2)?).await?;

    // Each title with the verbs that began and ended it.
    let titles = |sql: &'static str| names(&owner, sql);
    let kept = titles(
        "select h.title || ': ' || began.verb || ' to ' || ended.verb
         from history.feature h
         join audit.event began on began.id = h.event_id join audit.event ended on ended.id = h.until_event
         order by began.at",
    )
    .await?;
    assert_eq!(
        kept,
        ["Pay by link: feature.created to feature.edited", "Second title: feature.edited to feature.edited"]
    );

    // As of each event: the rows that began at or before it and had not ended.
    let rows = owner
        .query(
            "with version as (
                 select event_id, until_event, title from history.feature
                 union all select event_id, null, title from feature
             )
             select v.title from audit.event n
             join lateral (
                 select version.title from version
                 join audit.event began on began.id = version.event_id
                 left join audit.event ended on ended.id = version.until_event
                 where began.at <= n.at and (ended.at is null or ended.at > n.at)
             ) v on true
             where n.feature_id is not null order by n.at",
            &[],
        )
        .await?;
    let as_of: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(as_of, ["Pay by link", "Second title", "Third title"], "one row at each event");

    // A deleted row is kept whole, with the event that deleted it.
    let target = Target::Control(phase.clone(), "scope-and-goals".parse()?);
    let number =
        world.prove(&cast.developer, &key, EvidenceKind::Plan, std::slice::from_ref(&target)).await?;
    world.tick();
    service.detach_evidence(&cast.developer, &key, number, target).await?;
    let kept = titles(
        "select h.target || ': ' || began.verb || ' to ' || ended.verb || ', ' ||
                (select count(*) from evidence_use) || ' left'
         from history.evidence_use h
         join audit.event began on began.id = h.event_id join audit.event ended on ended.id = h.until_event",
    )
    .await?;
    assert_eq!(kept, ["scope-and-goals: evidence.added to evidence.detached, 0 left"]);

    // The note before stays readable.
    world.mark(&cast.manager, &key, "requirements", "scope-and-goals").await?;
    world.tick();
    service
        .mark_control(
            &cast.manager,
            &key,
            &phase,
            mark_form("scope-and-goals", Mark::Open, "Better words.", 1)?,
        )
        .await?;
    let kept = titles("select note || ' ' || version from history.control").await?;
    assert_eq!(kept, ["Done as the guidance asks. 1"]);
    // Nothing has ended under an event that does not exist.
    let loose = world
        .count(
            "select count(*) from history.feature h where not exists (select from audit.event e where e.id = h.until_event)",
        )
        .await?;
    assert_eq!(loose, 0);
    Ok(())
}

#[tokio::test]
async fn migrations_run_once_whoever_starts_them() -> TestResult {
    let url = World::empty_database().await?;
    let secret = SecretString::from(url.clone());
    // Two servers start on an empty database at once, and both again later.
    let (one, other) = tokio::join!(migrate(&secret), migrate(&secret));
    one?;
    other?;
    let owner = connect(&url).await?;
    let applied = "select count(*) from _sqlx_migrations where success";
    let first: i64 = owner.query_one(applied, &[]).await?.get(0);
    assert!(first >= 9);
    migrate(&secret).await?;
    assert_eq!(owner.query_one(applied, &[]).await?.get::<_, i64>(0), first);
    // Rights on a database as a whole do not come along when it is copied, so they are looked at here.
    let temporary = "select has_database_privilege('sluice_runtime', current_database(), 'temporary')";
    assert!(
        !owner.query_one(temporary, &[]).await?.get::<_, bool>(0),
        "the application makes no tables, not even for itself"
    );
    // A migration that was applied and has another text by now is refused.
    owner.batch_execute("update _sqlx_migrations set checksum = '\\x00' where version = 2").await?;
    assert!(migrate(&secret).await.is_err(), "a changed migration went unnoticed");
    Ok(())
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_cancelled_and_leaves_nothing() -> TestResult {
    let world = World::new().await?;
    let superuser = world.as_superuser().await?;
    superuser
        .batch_execute(
            "create function public.slow() returns trigger language plpgsql as
                 $$ begin perform pg_sleep(60); return new; end $$;
             create trigger slow before insert on audit.event for each row execute function public.slow()",
        )
        .await?;
    let events = world.events().await?;
    let form = world.feature_form(Tier::Low)?;
    // The deadline of the test is far beyond the one of the statement and far below the function's own.
    let creating = world.service.create_feature(&world.cast.manager, form);
    let outcome = tokio::time::timeout(Duration::from_secs(30), creating).await?;
    assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    superuser.batch_execute("drop trigger slow on audit.event; drop function public.slow()").await?;
    assert_eq!((world.events().await?, world.count("select count(*) from feature").await?), (events, 0));
    world.feature(Tier::Low).await?;
    Ok(())
}

#[tokio::test]
async fn a_lock_that_is_held_too_long_is_no_reason_to_wait_for_ever() -> TestResult {
    let world = World::new().await?;
    let key = world.feature(Tier::Low).await?;
    let superuser = world.as_superuser().await?;
    superuser.batch_execute("begin; select from feature for update").await?;
    let command = rename(&world, "Late", 1)?;
    let editing = world.service.edit_feature(&world.cast.manager, &key, command);
    let outcome = tokio::time::timeout(Duration::from_secs(30), editing).await?;
    assert!(matches!(outcome, Err(Error::Unavailable(_))), "{outcome:?}");
    superuser.batch_execute("rollback").await?;
    world.service.edit_feature(&world.cast.manager, &key, rename(&world, "In time", 1)?).await?;
    Ok(())
}
