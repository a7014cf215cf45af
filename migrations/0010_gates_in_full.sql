-- Gates in full: what an attempt can come to, what was signed when it opened, who contributed, waivers, the kept
-- record, and what a decision says about time.

-- A feature can rest and end in other ways than by its last gate.
alter table feature drop constraint feature_status_check;
alter table feature add constraint feature_status_check
    check (status in ('active', 'held', 'cancelled', 'finished'));

alter table gate_attempt drop constraint gate_attempt_outcome_check;
alter table gate_attempt add constraint gate_attempt_outcome_check
    check (outcome in ('opened', 'returned', 'owed', 'moved-back', 'cancelled', 'migrated'));
alter table gate_attempt
    -- The dossier that the gate opened on, or that a person accepted since: what changed afterwards is drift.
    add column dossier bytea references dossier,
    -- Of a gate that the emergency path went through: until when its sign-offs are owed, and since when they are there.
    add column owed_until timestamptz,
    add column paid_at timestamptz,
    -- Since when a move back undid it.
    add column undone_at timestamptz;
alter table history.gate_attempt
    add column dossier bytea, add column owed_until timestamptz, add column paid_at timestamptz,
    add column undone_at timestamptz;
alter table gate_attempt
    add constraint gate_attempt_owed check ((outcome = 'owed') is not true or owed_until is not null),
    add constraint gate_attempt_passed_tier check ((outcome = 'owed') is not true or tier is not null);
-- A gate is passed once, until a move back undoes it.
drop index gate_attempt_opened;
create unique index gate_attempt_passed on gate_attempt (feature_id, phase)
    where outcome in ('opened', 'owed') and undone_at is null;

-- For whom, where a seat was delegated.
alter table sign_off add column on_behalf_of uuid references person;
alter table history.sign_off add column on_behalf_of uuid;

-- The version of the scope that the threat model is about; null where nobody said.
alter table threat_model add column for_scope int;
alter table history.threat_model add column for_scope int;

-- A blocker that the team may live with for a while.
create table waiver (
    id uuid primary key,
    feature_id uuid not null references feature,
    number int not null check (number > 0),
    phase text not null,                -- in which it was asked for
    subject text not null,              -- what is waived: the subject of a blocker
    code text not null,                 -- the blocker's code
    blocker text not null,              -- the blocker as it read when the waiver was asked for
    reason text not null,
    compensation text not null,         -- the compensating control
    until timestamptz not null,
    renews int,                         -- number of the waiver that this one prolongs
    state text not null check (state in ('requested', 'approved', 'refused', 'withdrawn', 'ended', 'lapsed')),
    requested_by uuid not null references person,
    requested_at timestamptz not null,
    decided_by uuid references person,
    decided_role text,
    decided_at timestamptz,
    decision text not null default '',
    ended_by uuid references person,
    ended_at timestamptz,
    ended_reason text not null default '',
    version int not null default 1,
    constraint waiver_number_unique unique (feature_id, number),
    constraint waiver_by_another check (state <> 'approved' or decided_by <> requested_by),
    constraint waiver_decided check ((state in ('approved', 'refused', 'ended', 'lapsed')) = (decided_at is not null))
);
call history.track('waiver', 'feature_id');
create unique index waiver_open on waiver (feature_id, subject) where state = 'requested';
create index waiver_in_force on waiver (feature_id, until) where state = 'approved';
create index waiver_running_out on waiver (until) where state = 'approved';
create index waiver_waiting on waiver (requested_at) where state = 'requested';
grant select, insert, update on waiver to sluice_runtime;

-- The whole record of a feature, exported and kept; `covers` is the dossier that was in force.
create table archive (
    id uuid primary key,
    feature_id uuid not null references feature,
    number int not null check (number > 0),
    digest bytea not null references blob,
    covers bytea not null,
    author_id uuid not null references person,
    created_at timestamptz not null,
    constraint archive_number_unique unique (feature_id, number)
);
call history.track('archive', 'feature_id');
grant select, insert on archive to sluice_runtime;

-- Since when something has blocked a feature's gate: a projection, written together with the decision and, like
-- `gate_state`, not tracked.
create table gate_blocker (
    feature_id uuid not null references feature,
    subject text not null,
    code text not null,
    since timestamptz not null,
    primary key (feature_id, subject)
);
grant select, insert, update, delete on gate_blocker to sluice_runtime;

alter table gate_state
    add column waived int not null default 0,
    add column debts int not null default 0,
    add column drifted int not null default 0,
    -- The next instant at which time alone changes the decision.
    add column changes_at timestamptz;
create index gate_state_by_change on gate_state (changes_at) where changes_at is not null;

-- Who contributed to which part of a feature. Kept by trigger, so that no code can forget it, and only added to. The
-- part is as fine as gates look: the scope, the controls of one phase, the records of one kind, one item of evidence.
create table contribution (
    feature_id uuid not null references feature,
    kind text not null check (kind in ('scope', 'control', 'threat-model', 'threat', 'evidence', 'record')),
    part text not null default '',
    person_id uuid not null references person,
    first_event uuid not null,
    primary key (feature_id, kind, part, person_id)
);
grant select on contribution to sluice_runtime;
create trigger append_only before update or delete on contribution for each row execute function audit.refuse();
create trigger never_truncated before truncate on contribution for each statement execute function audit.refuse();

-- The person who acts in this transaction, where there is one.
create function audit.current_actor() returns uuid language sql stable as $$
    select nullif(current_setting('sluice.actor', true), '')::uuid
$$;
grant execute on function audit.current_actor() to sluice_runtime;

-- With the owner's rights: the run-time role cannot write contributions, so it can neither forge nor forget one.
create function contributes(feature uuid, kind text, part text, person uuid) returns void
language sql security definer set search_path = '' as $$
    insert into public.contribution (feature_id, kind, part, person_id, first_event)
    values (feature, kind, part, person, coalesce(audit.current_event(), '00000000-0000-0000-0000-000000000000'))
    on conflict do nothing
$$;

create function contribution_recorded() returns trigger language plpgsql security definer set search_path = '' as $$
declare
    item record;
begin
    case tg_table_name
    when 'feature' then
        if tg_op = 'INSERT' or new.scope_version <> old.scope_version then
            perform public.contributes(new.id, 'scope', '', new.scope_author);
        end if;
    when 'control' then
        perform public.contributes(new.feature_id, 'control', new.phase, new.author_id);
    when 'threat_model' then
        perform public.contributes(new.feature_id, 'threat-model', '', new.author_id);
    when 'threat' then
        perform public.contributes(new.feature_id, 'threat', '', new.author_id);
    when 'record' then
        perform public.contributes(new.feature_id, 'record', new.kind, new.author_id);
        -- Whoever wrote the code of a change contributed, whoever put it on record.
        if new.kind = 'change' and new.fields ? 'author' then
            perform public.contributes(new.feature_id, 'record', new.kind, (new.fields ->> 'author')::uuid);
        end if;
    when 'evidence_version' then
        select e.feature_id, e.number into item from public.evidence e where e.id = new.evidence_id;
        perform public.contributes(item.feature_id, 'evidence', item.number::text, new.author_id);
    when 'evidence_use' then
        -- Attaching and detaching both change what the control or threat rests on.
        if tg_op = 'DELETE' then
            if audit.current_actor() is not null then
                perform public.contributes(old.feature_id, old.target_kind,
                    case when old.target_kind = 'control' then old.phase else '' end, audit.current_actor());
            end if;
        else
            perform public.contributes(new.feature_id, new.target_kind,
                case when new.target_kind = 'control' then new.phase else '' end, new.author_id);
        end if;
    end case;
    return null;
end
$$;
create trigger contributes after insert or update on feature for each row execute function contribution_recorded();
create trigger contributes after insert or update on control for each row execute function contribution_recorded();
create trigger contributes after insert or update on threat_model for each row execute function contribution_recorded();
create trigger contributes after insert or update on threat for each row execute function contribution_recorded();
create trigger contributes after insert or update on record for each row execute function contribution_recorded();
create trigger contributes after insert on evidence_version for each row execute function contribution_recorded();
create trigger contributes after insert or delete on evidence_use for each row execute function contribution_recorded();

-- What was there before this file, earlier versions included.
insert into contribution (feature_id, kind, part, person_id, first_event)
select distinct on (feature_id, kind, part, person_id) * from (
    select id as feature_id, 'scope' as kind, '' as part, scope_author as person_id, event_id from feature
    union all select id, 'scope', '', scope_author, event_id from history.feature
    union all select feature_id, 'control', phase, author_id, event_id from control
    union all select feature_id, 'control', phase, author_id, event_id from history.control
    union all select feature_id, 'threat-model', '', author_id, event_id from threat_model
    union all select feature_id, 'threat-model', '', author_id, event_id from history.threat_model
    union all select feature_id, 'threat', '', author_id, event_id from threat
    union all select feature_id, 'threat', '', author_id, event_id from history.threat
    union all select feature_id, 'record', kind, author_id, event_id from record
    union all select feature_id, 'record', kind, author_id, event_id from history.record
    union all select feature_id, 'record', kind, (fields ->> 'author')::uuid, event_id from record
              where kind = 'change' and fields ? 'author'
    union all select e.feature_id, 'evidence', e.number::text, v.author_id, v.event_id
              from evidence_version v join evidence e on e.id = v.evidence_id
    union all select feature_id, target_kind, case when target_kind = 'control' then phase else '' end, author_id,
                     event_id from evidence_use
    union all select feature_id, target_kind, case when target_kind = 'control' then phase else '' end, author_id,
                     event_id from history.evidence_use
    union all select h.feature_id, h.target_kind, case when h.target_kind = 'control' then h.phase else '' end,
                     e.actor, h.until_event
              from history.evidence_use h join audit.event e on e.id = h.until_event where e.actor is not null
) earlier
order by feature_id, kind, part, person_id, event_id;
