-- The database's own guard over the acceptance of drift, as 0014 has one over sign-offs: what counts as signed at a gate
-- that opened changes by an acceptance and in no other way, and an acceptance comes from somebody of that gate's roles who
-- contributed to nothing that it covers. And what else came with it: delegations that end with a day of the policy's
-- zone, what is owed as somebody's work, features on hold in what a policy would do.
--
-- A program of before this file accepts drift by rewriting the attempt. While both run, that is refused, and tried anew
-- under the new one.

-- The seats of a gate besides what it looks at: a role a row, of kind 'seat'. Versions that were imported before are
-- filled in when the program starts; until then nobody accepts drift under them.
alter table gate_part drop constraint gate_part_kind_check;
alter table gate_part add constraint gate_part_kind_check
    check (kind in ('gate', 'threat', 'record', 'evidence', 'seat')) not valid;
alter table gate_part validate constraint gate_part_kind_check;

-- A person says that a change made after a gate opened is as good as what was signed there.
create table drift_acceptance (
    id uuid primary key,
    feature_id uuid not null,
    phase text not null,
    cycle int not null,
    person_id uuid not null references person,
    role text not null,
    printed_name text not null,
    reason text not null check (reason <> ''),
    signed bytea not null references dossier,       -- what counted as signed until then
    dossier bytea not null references dossier,      -- what does from then on
    authentication text not null,
    accepted_at timestamptz not null,
    foreign key (feature_id, phase, cycle) references gate_attempt,
    constraint drift_acceptance_of_a_change check (dossier <> signed)
);
call history.track('drift_acceptance', 'feature_id');
call asof.cover('drift_acceptance');
create index drift_acceptance_of_gate on drift_acceptance (feature_id, phase, cycle);
grant select, insert on drift_acceptance to sluice_runtime;

-- An acceptance is refused, whatever the code above believes, that
-- - is of a gate that did not open, or where the sign-offs of an emergency are owed still (SLA07);
-- - begins at anything but what counts as signed now: so the same change is accepted once, by one person (SLA07);
-- - covers what is no dossier of its gate and cycle, or not the bytes that its digest names (SLA07);
-- - comes from somebody without the role, or in a role that has no seat at the gate (SLA07);
-- - comes from somebody who contributed to what the gate covers (SLA05).
create function drift_guard() returns trigger language plpgsql set search_path = '' as $$
declare
    f record;
    gate record;
    covered record;
begin
    if tg_op = 'UPDATE' then
        raise exception 'an acceptance is never rewritten' using errcode = 'SLA04';
    end if;
    -- Under a snapshot from before the lock, what others committed meanwhile would not be seen.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'drift is accepted at isolation level read committed' using errcode = 'SLA07';
    end if;
    select product_id, policy_version_id, tier into f from public.feature where id = new.feature_id for no key update;

    select a.dossier, a.undone_at,
           a.outcome = 'opened' or a.outcome = 'owed' and a.paid_at is not null as opened into gate
    from public.gate_attempt a
    where a.feature_id = new.feature_id and a.phase = new.phase and a.cycle = new.cycle;
    if gate.opened is not true or gate.undone_at is not null or gate.dossier is distinct from new.signed then
        raise exception 'an acceptance begins at what counts as signed' using errcode = 'SLA07';
    end if;

    select d.feature_id, d.phase, d.cycle, d.digest = sha256(convert_to(d.manifest, 'UTF8')) as genuine into covered
    from public.dossier d where d.digest = new.dossier;
    if covered.genuine is not true
       or (covered.feature_id, covered.phase, covered.cycle) is distinct from (new.feature_id, new.phase, new.cycle) then
        raise exception 'an acceptance covers a dossier of its own gate and cycle' using errcode = 'SLA07';
    end if;

    if not exists (
        select from public.gate_part g
        where g.policy_version_id = f.policy_version_id and g.phase = new.phase and g.tier = f.tier
          and g.kind = 'seat' and g.part = new.role
    ) or not exists (
        select from public.product_grant g
        where g.product_id = f.product_id and g.person_id = new.person_id and g.role = new.role
    ) then
        raise exception 'drift is accepted by somebody who has a seat at the gate' using errcode = 'SLA07';
    end if;

    if public.contributed_to_gate(new.feature_id, new.phase, f.policy_version_id, f.tier, new.person_id) then
        raise exception 'who contributed does not accept' using errcode = 'SLA05';
    end if;
    return new;
end
$$;
create trigger guard before insert or update on drift_acceptance for each row execute function drift_guard();

-- From an acceptance on, its dossier is what counts as signed.
create function drift_accepted() returns trigger language plpgsql set search_path = '' as $$
begin
    update public.gate_attempt set dossier = new.dossier
    where feature_id = new.feature_id and phase = new.phase and cycle = new.cycle;
    return null;
end
$$;
create trigger accepted after insert on drift_acceptance for each row execute function drift_accepted();

-- In any other way it changes once: when what an emergency left owed is paid.
create function gate_attempt_guard() returns trigger language plpgsql set search_path = '' as $$
begin
    if not (old.outcome = 'owed' and old.paid_at is null and new.paid_at is not null)
       and not exists (
            select from public.drift_acceptance a
            where a.feature_id = new.feature_id and a.phase = new.phase and a.cycle = new.cycle
              and a.signed = old.dossier and a.dossier = new.dossier and a.event_id = audit.current_event())
    then
        raise exception 'what was signed at a gate is never rewritten' using errcode = 'SLA04';
    end if;
    return new;
end
$$;
create trigger guard before update on gate_attempt for each row
    when (old.dossier is not null and new.dossier is distinct from old.dossier)
    execute function gate_attempt_guard();

-- Ninety days of a zone in which the clocks are set back meanwhile are longer than ninety times a day.
alter table delegation drop constraint delegation_for_a_while;
alter table delegation add constraint delegation_for_a_while
    check (until_at > from_at and until_at <= from_at + interval '2162 hours') not valid;
alter table delegation validate constraint delegation_for_a_while;

-- What is owed, the most urgent first: it is somebody's work from the moment an emergency leaves it.
create index gate_attempt_owing on gate_attempt (owed_until)
    where outcome = 'owed' and paid_at is null and undone_at is null;

-- Features on hold are looked at together with those under way when a policy is: they are blocked by it once they go on.
create index feature_held_by_policy on feature (policy_version_id, id) where status = 'held';
alter table policy_run_row add column held boolean not null default false;
