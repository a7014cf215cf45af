-- Gates: attempts, dossiers, sign-offs, and the projection that lists read.

create table gate_attempt (
    feature_id uuid not null references feature,
    phase text not null,
    cycle int not null check (cycle > 0),
    started_at timestamptz not null,
    requested_at timestamptz,
    requested_by uuid references person,
    ended_at timestamptz,
    outcome text check (outcome in ('opened', 'returned')),
    tier text check (tier in ('low', 'medium', 'high')),    -- the tier under which it opened
    ended_by uuid references person,
    reason text not null default '',
    primary key (feature_id, phase, cycle),
    constraint gate_attempt_ended check ((outcome is null) = (ended_at is null)),
    constraint gate_attempt_tier check ((outcome = 'opened') is not true or tier is not null)
);
call history.track('gate_attempt', 'feature_id');
-- One attempt is under way at a time, and a gate opens once.
create unique index gate_attempt_under_way on gate_attempt (feature_id) where outcome is null;
create unique index gate_attempt_opened on gate_attempt (feature_id, phase) where outcome = 'opened';
grant select, insert, update on gate_attempt to sluice_runtime;

-- The manifest of exactly what a sign-off covers, by its digest.
create table dossier (
    digest bytea primary key check (octet_length(digest) = 32),
    feature_id uuid not null references feature,
    phase text not null,
    cycle int not null,
    manifest text not null,
    created_at timestamptz not null
);
call history.track('dossier', 'feature_id');
grant select, insert on dossier to sluice_runtime;

create table sign_off (
    id uuid primary key,
    feature_id uuid not null,
    phase text not null,
    cycle int not null,
    person_id uuid not null references person,
    role text not null,
    verdict text not null check (verdict in ('approve', 'deny')),
    printed_name text not null,
    meaning text not null,
    reason text not null default '',
    dossier bytea not null references dossier,
    authentication text not null,
    signed_at timestamptz not null,
    ended text check (ended in ('withdrawn', 'voided')),
    ended_at timestamptz,
    ended_reason text not null default '',
    foreign key (feature_id, phase, cycle) references gate_attempt,
    constraint sign_off_denial_says_why check (verdict = 'approve' or reason <> ''),
    constraint sign_off_ended check ((ended is null) = (ended_at is null))
);
call history.track('sign_off', 'feature_id');
-- A person has at most one standing sign-off per gate and cycle.
create unique index sign_off_standing on sign_off (feature_id, phase, cycle, person_id) where ended is null;
grant select, insert, update on sign_off to sluice_runtime;

-- A sign-off's record is never rewritten: only its end is added, once. And who contributed does not approve, whatever
-- the code above believes: whoever wrote the feature's scope, a control of the phase, or evidence attached to one is
-- refused here as well, earlier versions included. (Threats count too, where the policy's gate looks at them; that the
-- use case knows.)
create function sign_off_guard() returns trigger language plpgsql set search_path = '' as $$
begin
    if tg_op = 'UPDATE' then
        if old.ended is not null
           or (old.id, old.feature_id, old.phase, old.cycle, old.person_id, old.role, old.verdict, old.printed_name,
               old.meaning, old.reason, old.dossier, old.authentication, old.signed_at)
              is distinct from
              (new.id, new.feature_id, new.phase, new.cycle, new.person_id, new.role, new.verdict, new.printed_name,
               new.meaning, new.reason, new.dossier, new.authentication, new.signed_at) then
            raise exception 'a sign-off is never rewritten' using errcode = 'SLA04';
        end if;
    elsif new.person_id in (
        select scope_author from public.feature where id = new.feature_id
        union all select scope_author from history.feature where id = new.feature_id
        union all select author_id from public.control where feature_id = new.feature_id and phase = new.phase
        union all select author_id from history.control where feature_id = new.feature_id and phase = new.phase
        union all select u.author_id from public.evidence_use u
                  where u.feature_id = new.feature_id and u.target_kind = 'control' and u.phase = new.phase
        union all select v.author_id from public.evidence_use u
                  join public.evidence_version v on v.evidence_id = u.evidence_id
                  where u.feature_id = new.feature_id and u.target_kind = 'control' and u.phase = new.phase
    ) then
        raise exception 'who contributed does not approve' using errcode = 'SLA05';
    end if;
    return new;
end
$$;
create trigger guard before insert or update on sign_off for each row execute function sign_off_guard();

-- What the decision last said, for lists and inboxes. Written only together with the decision.
create table gate_state (
    feature_id uuid primary key references feature,
    blockers int not null,              -- all of them
    team_blockers int not null,         -- those that the team clears
    team_roles text[] not null,         -- roles that can clear one of those
    sign_roles text[] not null,         -- roles whose sign-off is missing
    contributors uuid[] not null,
    signed uuid[] not null,             -- people with a standing sign-off
    decided_at timestamptz not null
);
grant select, insert, update on gate_state to sluice_runtime;
