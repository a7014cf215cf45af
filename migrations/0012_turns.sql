-- Turns and time: who had the turn when, what people are told, and what Sluice does by itself when its time comes.

-- Who had the turn at a gate, and when. A feature that rests or ended has no row without an end.
create table turn (
    feature_id uuid not null references feature,
    number int not null check (number > 0),
    phase text not null,
    cycle int not null check (cycle > 0),
    side text not null check (side in ('team', 'reviewers')),
    began_at timestamptz not null,
    ended_at timestamptz,
    primary key (feature_id, number),
    constraint turn_ends_later check (ended_at >= began_at)
);
call history.track('turn', 'feature_id');
create unique index turn_running on turn (feature_id) where ended_at is null;
grant select, insert, update on turn to sluice_runtime;

-- What was there before this file follows from the attempts, and belongs to the events that wrote those.
alter table turn disable trigger user;
insert into turn (feature_id, number, phase, cycle, side, began_at, ended_at, event_id)
select t.feature_id, row_number() over (partition by t.feature_id order by t.began_at, t.ended_at, t.side desc), t.phase,
       t.cycle, t.side, t.began_at, t.ended_at, t.event_id
from (
    select feature_id, phase, cycle, 'team' as side, started_at as began_at,
           greatest(started_at, coalesce(requested_at, ended_at)) as ended_at, event_id
    from gate_attempt
    union all
    select feature_id, phase, cycle, 'reviewers', requested_at, greatest(requested_at, ended_at), event_id
    from gate_attempt where requested_at is not null
) t;
alter table turn enable trigger user;

-- What people are told in the application. Not tracked: it follows from events, and what somebody has read is theirs.
create table notification (
    id uuid primary key,
    person_id uuid not null references person,
    product_id uuid not null references product,
    feature_id uuid references feature,
    kind text not null,
    args jsonb,
    because text not null,
    role text,
    by_id uuid references person,       -- whose doing it was; nobody's where time alone brought it about
    created_at timestamptz not null,
    read_at timestamptz
);
create index notification_unread on notification (person_id, id desc) where read_at is null;
create index notification_read on notification (person_id, id desc) where read_at is not null;
create index notification_old on notification (read_at) where read_at is not null;
grant select, insert, update, delete on notification to sluice_runtime;

-- What is to be done when its time comes. Written in the transaction that makes it due, done once by whichever server
-- comes first, and dropped when what it is about has passed. Not tracked: it follows from the rest.
create table job (
    id uuid primary key,
    feature_id uuid not null references feature,
    kind text not null,
    args jsonb not null,
    run_at timestamptz not null,
    created_at timestamptz not null,
    attempts int not null default 0,
    done_at timestamptz,
    outcome text check (outcome in ('done', 'dropped')),
    failure text,                       -- of the last attempt that failed
    constraint job_once unique (feature_id, kind, args),
    constraint job_ended check ((done_at is null) = (outcome is null))
);
create index job_due on job (run_at) where done_at is null;
create index job_old on job (done_at) where done_at is not null;
grant select, insert, update, delete on job to sluice_runtime;

-- When the turn that runs is due by its clock; nothing while it is paused, or where the policy sets no time.
alter table gate_state add column due_at timestamptz;

-- A reviewer's work is due when the reviewers' turn is; the team's when its turn or the feature is, whichever comes first.
create or replace function gate_tasks() returns trigger language plpgsql set search_path = '' as $$
declare
    turn_due date := (new.due_at at time zone 'UTC')::date;
begin
    delete from public.gate_task where feature_id = new.feature_id;
    insert into public.gate_task (feature_id, act, role, product_id, due, since, blockers)
    select f.id, t.act, t.role, f.product_id, t.due, f.turn_since, t.blockers
    from public.feature f
    cross join lateral (
        select 'sign' as act, s.role, null::int as blockers, coalesce(turn_due, 'infinity') as due
        from unnest(new.sign_roles) as s (role)
        where f.turn = 'reviewers'
        union all
        select 'clear', c.role, c.blockers, coalesce(least(f.target_date, turn_due), 'infinity')
        from unnest(new.team_roles, new.team_role_blockers) as c (role, blockers)
        where f.turn = 'team' and new.team_blockers > 0 and c.role is not null
        union all
        select 'request', '', null, coalesce(least(f.target_date, turn_due), 'infinity')
        where f.turn = 'team' and new.team_blockers = 0
    ) t
    where f.id = new.feature_id and f.status = 'active';
    return null;
end
$$;
