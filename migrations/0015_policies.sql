-- Policies as people run them: which version is active, which policy a product follows, runs that look at what another
-- version would decide, and every table as it was at an instant.

-- A version that was imported binds nobody. The latest activation of a policy's key says under which version new
-- features start; only added to.
create table policy_activation (
    id uuid primary key,                -- made with the form: sent twice, it activates once
    policy_key text not null,
    version_id uuid not null references policy_version,
    activated_by uuid references person,-- null: Sluice itself, on first start
    activated_at timestamptz not null,
    reason text not null default ''
);
call history.track('policy_activation', 'policy_key');
create index policy_activation_latest on policy_activation (policy_key, activated_at desc, id desc);
grant select, insert on policy_activation to sluice_runtime;

-- The policy whose active version new features of a product start under.
alter table product add column policy_key text not null default 'sdl';
alter table history.product add column policy_key text not null default 'sdl';

create index feature_by_policy on feature (policy_version_id, id) where status = 'active';

-- What a version would decide about the features that follow its policy: now, before it is activated, or at an instant
-- of the past. It follows from the rest, so it is not tracked. A process works on a run while its lease lasts; another
-- one goes on from `place` when it ended.
create table policy_run (
    id uuid primary key,
    kind text not null check (kind in ('impact', 'replay')),
    version_id uuid not null references policy_version,
    at timestamptz not null,            -- the instant that is decided about
    state text not null default 'running' check (state in ('running', 'finished', 'cancelled', 'broken')),
    started_by uuid not null references person,
    started_at timestamptz not null,
    ended_at timestamptz,
    total int not null default 0,
    done int not null default 0,
    more int not null default 0,        -- features of which it asks something more
    less int not null default 0,        -- features of which it asks something less
    gone int not null default 0,        -- features whose phase it does not have
    causes jsonb not null default '[]', -- what is asked more or less, and of how many features
    place uuid,                         -- the last feature that was looked at
    worker uuid,
    lease_until timestamptz,
    constraint policy_run_ended check ((state = 'running') = (ended_at is null))
);
create index policy_run_by_version on policy_run (version_id, started_at desc, id desc);
create index policy_run_running on policy_run (started_at) where state = 'running';
grant select, insert, update on policy_run to sluice_runtime;

-- The features about which it decides otherwise.
create table policy_run_row (
    run_id uuid not null references policy_run,
    feature_id uuid not null references feature,
    phase text not null,
    before int not null,                -- how many things block
    after int,                          -- how many would; null where the version does not have the phase
    appears jsonb not null,
    vanishes jsonb not null,
    primary key (run_id, feature_id)
);
grant select, insert on policy_run_row to sluice_runtime;

-- Schema `asof`: views with the names and columns of the tracked tables, whose rows are those of the instant in the
-- setting `sluice.as_of`. A transaction that puts the schema first in its search path asks the past by the same queries
-- that ask the present.
create schema asof;
grant usage on schema asof to sluice_runtime;

create function asof.instant() returns timestamptz language sql stable as $$
    select current_setting('sluice.as_of')::timestamptz
$$;
grant execute on function asof.instant() to sluice_runtime;

-- A row belongs to an instant when the event that wrote it had happened, and the one that ended it had not. Whoever
-- tracks a table, or adds a column to a tracked one, in a later file, calls this again for it.
create procedure asof.cover(name text) language plpgsql as $$
declare
    columns text;
begin
    select string_agg(format('r.%I', a.attname), ', ' order by a.attnum) into columns
    from pg_attribute a
    where a.attrelid = format('public.%I', name)::regclass and a.attnum > 0 and not a.attisdropped;
    execute format('create or replace view asof.%1$I with (security_invoker = true) as
        select %2$s from public.%1$I r
        join audit.event e on e.id = r.event_id
        where e.at <= asof.instant()
        union all
        select %2$s from history.%1$I r
        join audit.event e on e.id = r.event_id
        join audit.event u on u.id = r.until_event
        where e.at <= asof.instant() and u.at > asof.instant()', name, columns);
    execute format('grant select on asof.%I to sluice_runtime', name);
end
$$;

do $$
declare name text;
begin
    for name in
        select c.relname from pg_class c
        join pg_class h on h.relname = c.relname and h.relnamespace = 'history'::regnamespace
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
        order by 1
    loop
        call asof.cover(name);
    end loop;
end
$$;

-- Contributions are only added to, so they have no history of their own. Some are older than their event's record.
create view asof.contribution with (security_invoker = true) as
    select r.feature_id, r.kind, r.part, r.person_id, r.first_event from public.contribution r
    left join audit.event e on e.id = r.first_event
    where coalesce(e.at, '-infinity') <= asof.instant();
grant select on asof.contribution to sluice_runtime;
