-- Comments and mentions; what people arrange for themselves: watched features, saved views, what they have seen; and
-- what "My work" is read from.

create table comment (
    id uuid primary key,
    feature_id uuid not null references feature,
    number int not null check (number > 0),
    text text not null check (text <> ''),
    author_id uuid not null references person,
    written_at timestamptz not null,
    edited_at timestamptz,
    version int not null default 1,
    constraint comment_number_unique unique (feature_id, number)
);
call history.track('comment', 'feature_id');
create index comment_by_author on comment (author_id, written_at desc);
grant select, insert, update on comment to sluice_runtime;

create table mention (
    comment_id uuid not null references comment,
    person_id uuid not null references person,
    feature_id uuid not null references feature,
    mentioned_at timestamptz not null,
    primary key (comment_id, person_id)
);
call history.track('mention', 'feature_id');
create index mention_by_person on mention (person_id, mentioned_at desc);
-- An edit may take a mention out of the text; the history keeps that it was there.
grant select, insert, delete on mention to sluice_runtime;

-- Not tracked, because they are a person's own arrangement and no part of a feature's record: like sessions, they
-- come and go without an event.

create table mention_seen (
    comment_id uuid not null references comment,
    person_id uuid not null references person,
    seen_at timestamptz not null,
    primary key (comment_id, person_id)
);
grant select, insert on mention_seen to sluice_runtime;

create table watch (
    person_id uuid not null references person,
    feature_id uuid not null references feature,
    since timestamptz not null,
    primary key (person_id, feature_id)
);
create index watch_by_feature on watch (feature_id);
grant select, insert, delete on watch to sluice_runtime;

create table saved_view (
    id uuid primary key,
    owner_id uuid not null references person,
    name text not null,
    query text not null check (length(query) <= 2000),
    created_at timestamptz not null,
    constraint saved_view_name_unique unique (owner_id, name)
);
grant select, insert, update, delete on saved_view to sluice_runtime;

-- What each role could do next, feature by feature: a projection of `gate_state` that "My work" walks in due order, so
-- that the first hundred are found without looking at the rest. Made again whenever the gate's state is written, by
-- trigger, so that no code can forget it; not tracked, like the state itself.

-- For each of `team_roles`, how many of the team's blockers it can clear.
alter table gate_state add column team_role_blockers int[] not null default '{}';

create table gate_task (
    feature_id uuid not null references feature,
    act text not null check (act in ('sign', 'clear', 'request')),
    -- Who can do it; empty for `request`, which the permission matrix gives to some roles.
    role text not null,
    product_id uuid not null references product,
    due date not null,                  -- the feature's; `infinity` where it has none, so that such come last
    since timestamptz not null,
    blockers int,                       -- how many the role can clear; null where nobody counted
    primary key (feature_id, act, role)
);
create index gate_task_by_due on gate_task (product_id, act, role, due, since, feature_id);
-- A reviewer's turn has a deadline of its own, which counts from its beginning.
create index gate_task_by_age on gate_task (product_id, act, role, since, feature_id);
grant select, insert, update, delete on gate_task to sluice_runtime;

create function gate_tasks() returns trigger language plpgsql set search_path = '' as $$
begin
    delete from public.gate_task where feature_id = new.feature_id;
    insert into public.gate_task (feature_id, act, role, product_id, due, since, blockers)
    select f.id, t.act, t.role, f.product_id, coalesce(f.target_date, 'infinity'), f.turn_since, t.blockers
    from public.feature f
    cross join lateral (
        select 'sign' as act, s.role, null::int as blockers from unnest(new.sign_roles) as s (role)
        where f.turn = 'reviewers'
        union all
        select 'clear', c.role, c.blockers from unnest(new.team_roles, new.team_role_blockers) as c (role, blockers)
        where f.turn = 'team' and new.team_blockers > 0 and c.role is not null
        union all
        select 'request', '', null where f.turn = 'team' and new.team_blockers = 0
    ) t
    where f.id = new.feature_id and f.status = 'active';
    return null;
end
$$;
create trigger tasks after insert or update on gate_state for each row execute function gate_tasks();
-- What was there before this file.
update gate_state set feature_id = feature_id;

-- Notices that were sent and that nobody has acknowledged, by product, kept in the same way.
create table notice_waiting (
    feature_id uuid not null references feature,
    number int not null,
    product_id uuid not null references product,
    since timestamptz not null,
    primary key (feature_id, number)
);
create index notice_waiting_by_age on notice_waiting (product_id, since, feature_id, number);
grant select, insert, update, delete on notice_waiting to sluice_runtime;

create function notice_waits() returns trigger language plpgsql set search_path = '' as $$
begin
    if new.state = 'sent' then
        insert into public.notice_waiting (feature_id, number, product_id, since)
        select f.id, new.number, f.product_id, new.state_at from public.feature f where f.id = new.feature_id
        on conflict (feature_id, number) do update set since = excluded.since;
    else
        delete from public.notice_waiting where feature_id = new.feature_id and number = new.number;
    end if;
    return null;
end
$$;
create trigger waits after insert or update on record for each row when (new.kind = 'notice')
execute function notice_waits();

-- The other ways to one's work: what one owns or handed over.
create index feature_by_owner_and_date on feature (owner_id, target_date, id) where status = 'active';
create index feature_by_requester on feature (requested_by, turn_since) where turn = 'reviewers';
create index threat_by_owner_and_age on threat (owner_id, changed_at) where status in ('open', 'planned');
