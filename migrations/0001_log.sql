-- The log and the wall around business rows.
--
-- Every transaction that writes a business row names one audit event before it writes, and stores that event before it
-- commits. Rows carry the event that wrote them; the version before goes to a table of the same name in schema
-- `history`, by trigger, so no code can forget it. "As it was at event n" is then a query.

create schema audit;
create schema history;

-- The role that the server uses at run time (ASVS 13.2.2). It owns nothing. Roles belong to the whole cluster, so it
-- may exist already: made by hand for an owner without CREATEROLE, or by another database's migration this very moment.
do $$
begin
    if not exists (select from pg_roles where rolname = 'sluice_runtime') then
        create role sluice_runtime login noinherit;
    end if;
exception when duplicate_object or unique_violation then
    null;
end
$$;
-- Where migrations and the server share one login, that login has to be able to take the lesser role.
do $$
begin
    if not pg_has_role(current_user, 'sluice_runtime', 'member') then
        execute format('grant sluice_runtime to %I', current_user);
    end if;
exception when insufficient_privilege or invalid_grant_operation or unique_violation then
    null;
end
$$;
grant usage on schema public, audit, history to sluice_runtime;
revoke create on schema public from public;
-- Functions are for triggers and for who is named; a table of one's own could borrow a trigger's rights.
alter default privileges revoke execute on routines from public;
do $$
begin
    execute format('revoke temporary on database %I from public', current_database());
end
$$;

-- What happened. `body` is the canonical form that a log leaf hashes; the columns repeat of it what people search by.
create table audit.event (
    id uuid primary key,
    at timestamptz not null,
    actor uuid,                         -- null: Sluice itself
    role text,
    workspace_role text,
    authentication text not null,
    verb text not null,
    object_kind text not null,
    object_id text not null,
    object_name text not null,
    product_id uuid,
    feature_id uuid,
    request_id uuid,
    body text not null,
    xid xid8 not null default pg_current_xact_id()
);
create index event_by_time on audit.event (at desc, id desc);
create index event_by_actor on audit.event (actor, at desc, id desc);
create index event_by_verb on audit.event (verb, at desc, id desc);
create index event_by_object on audit.event (object_kind, object_id, at desc, id desc);
create index event_by_product on audit.event (product_id, at desc, id desc);
create index event_by_feature on audit.event (feature_id, at desc, id desc);

-- Free text and personal data that an event commits to. Kept apart so that they can be erased one by one while the
-- event's hash still holds.
create table audit.event_text (
    event_id uuid not null references audit.event,
    part text not null,
    salt bytea not null check (octet_length(salt) = 32),
    text text not null,
    primary key (event_id, part)
);

-- The order of events in the tamper-evident log, and what was signed over it. Sequencing only inserts.
create table audit.leaf (
    sequence bigint primary key check (sequence >= 0),
    event_id uuid not null unique references audit.event,
    hash bytea not null check (octet_length(hash) = 32)
);
create table audit.checkpoint (
    size bigint primary key check (size >= 0),
    root bytea not null check (octet_length(root) = 32),
    note text not null,
    at timestamptz not null
);

create function audit.refuse() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: % is refused', tg_table_name, lower(tg_op) using errcode = 'SLA01';
end
$$;

do $$
declare name text;
begin
    foreach name in array array['event', 'event_text', 'leaf', 'checkpoint'] loop
        execute format('create trigger append_only before update or delete on audit.%I
                        for each row execute function audit.refuse()', name);
        execute format('create trigger never_truncated before truncate on audit.%I
                        for each statement execute function audit.refuse()', name);
    end loop;
end
$$;

-- The runtime role appends and reads, nothing else.
grant select, insert on audit.event, audit.event_text to sluice_runtime;
grant select on audit.leaf, audit.checkpoint to sluice_runtime;

-- The event that the current transaction writes under; null outside of one.
create function audit.current_event() returns uuid language sql stable as $$
    select nullif(current_setting('sluice.event', true), '')::uuid
$$;
grant execute on function audit.current_event() to sluice_runtime;

-- Before a write: the row carries its event.
create function history.stamp() returns trigger language plpgsql as $$
begin
    new.event_id := audit.current_event();
    if new.event_id is null then
        raise exception 'a row of % was written outside of an event', tg_table_name using errcode = 'SLA02';
    end if;
    return new;
end
$$;

-- After a write: the version before is kept. It runs with the owner's rights, so the runtime role needs none on the
-- history and cannot change it.
create function history.keep() returns trigger language plpgsql security definer set search_path = '' as $$
begin
    if tg_table_schema <> 'public' then
        raise exception '%.% is not a tracked table', tg_table_schema, tg_table_name using errcode = 'SLA06';
    end if;
    execute format('insert into history.%I select $1, ($2).*', tg_table_name) using audit.current_event(), old;
    return null;
end
$$;

-- At commit: the event was stored by this same transaction.
create function history.demand_event() returns trigger language plpgsql as $$
begin
    if not exists (
        select from audit.event where id = audit.current_event() and xid = pg_current_xact_id()
    ) then
        raise exception 'rows of % were written without their audit event', tg_table_name using errcode = 'SLA03';
    end if;
    return null;
end
$$;

-- The same for a row that carries its event: that very event was stored, whatever the setting says by now.
create function history.demand_own_event() returns trigger language plpgsql as $$
begin
    if not exists (
        select from audit.event
        where id = case when tg_op = 'DELETE' then audit.current_event() else new.event_id end
          and xid = pg_current_xact_id()
    ) then
        raise exception 'rows of % were written without their audit event', tg_table_name using errcode = 'SLA03';
    end if;
    return null;
end
$$;

-- Puts a table under the wall: `event_id`, history, and an event per transaction. The history table begins with the
-- event that ended the version, so that columns added later are last in both tables. `lookup` is the column by which
-- earlier versions are looked up.
create procedure history.track(name text, lookup text default 'id') language plpgsql as $$
begin
    execute format('alter table public.%I add column event_id uuid not null', name);
    execute format('create table history.%I (until_event uuid not null, like public.%I)', name, name);
    execute format('create index on history.%I (%I)', name, lookup);
    execute format('create trigger stamp before insert or update on public.%I
                    for each row execute function history.stamp()', name);
    execute format('create trigger keep after update or delete on public.%I
                    for each row execute function history.keep()', name);
    execute format('create constraint trigger demand_event after insert or update or delete on public.%I
                    deferrable initially deferred for each row execute function history.demand_own_event()', name);
    execute format('create trigger append_only before update or delete on history.%I
                    for each row execute function audit.refuse()', name);
    execute format('create trigger never_truncated before truncate on history.%I
                    for each statement execute function audit.refuse()', name);
    execute format('create trigger never_truncated before truncate on public.%I
                    for each statement execute function audit.refuse()', name);
    execute format('grant select on history.%I to sluice_runtime', name);
end
$$;
