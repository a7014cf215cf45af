-- What was promised is kept: waivers are decided in the database's sight, whatever connection they come over; what
-- drifted is known whether or not it is waived; and an archive is measured by everything that happened since.

-- A waiver begins as a request that nobody has decided, goes through its states, and is otherwise never rewritten: what
-- was approved is what was asked for. And it is refused, whatever the code above believes, that
-- - one begins in any other state, or decided (SLA08);
-- - whoever asked approves it, or nobody does (SLA05);
-- - somebody decides who contributed to what the gate covers at which the feature stands, or approves who contributed to
--   what the gate covers whose drift or whose control it lets pass (SLA05).
create or replace function waiver_guard() returns trigger language plpgsql set search_path = '' as $$
declare
    f record;
    named text;
begin
    if tg_op = 'INSERT' then
        if new.state <> 'requested' or new.version <> 1 or new.decided_by is not null or new.decided_role is not null
           or new.decided_at is not null or new.ended_by is not null or new.ended_at is not null then
            raise exception 'waiver W-% begins as a request that nobody has decided', new.number using errcode = 'SLA08';
        end if;
        return new;
    end if;

    if (new.id, new.feature_id, new.product_id, new.number, new.phase, new.subject, new.code, new.blocker, new.reason,
        new.compensation, new.until, new.requested_by, new.requested_at, new.salt)
       is distinct from
       (old.id, old.feature_id, old.product_id, old.number, old.phase, old.subject, old.code, old.blocker, old.reason,
        old.compensation, old.until, old.requested_by, old.requested_at, old.salt)
       or new.renews is distinct from old.renews
       or not (old.state = 'requested' and new.state in ('approved', 'refused', 'withdrawn')
               or old.state = 'approved' and new.state in ('ended', 'lapsed')) then
        raise exception 'waiver W-% goes from % to %, or was rewritten', old.number, old.state, new.state
            using errcode = 'SLA08';
    end if;
    -- Who decided, in which role and what they said stays as it was.
    if old.state <> 'requested'
       and (new.decided_by, new.decided_role, new.decided_at, new.decision)
           is distinct from (old.decided_by, old.decided_role, old.decided_at, old.decision) then
        raise exception 'the decision about waiver W-% is never rewritten', old.number using errcode = 'SLA08';
    end if;
    if old.state <> 'requested' or new.state not in ('approved', 'refused') then
        return new;
    end if;

    -- Under a snapshot from before the lock, what others committed meanwhile would not be seen.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'waivers are decided at isolation level read committed' using errcode = 'SLA07';
    end if;
    select policy_version_id, tier, phase into f from public.feature where id = new.feature_id for no key update;
    if new.decided_by is null or new.decided_at is null or new.decided_role is null
       or new.decided_by = new.requested_by then
        raise exception 'a waiver is decided by somebody else than who asked for it'
            using errcode = 'SLA05', constraint = 'waiver_by_another';
    end if;
    if not exists (
        select from public.gate_part g
        where g.policy_version_id = f.policy_version_id and g.phase = f.phase and g.tier = f.tier and g.kind = 'gate'
    ) then
        raise exception 'what this gate covers is not known' using errcode = 'SLA07';
    end if;
    -- The gate that the subject names, where it names one: `drift:design/…`, `control:design/…`. Who has a part in that
    -- one only may refuse what blocks no longer.
    named := substring(new.subject from '^(?:drift|control|tier):([^/]+)/');
    if public.contributed_to_gate(new.feature_id, f.phase, f.policy_version_id, f.tier, new.decided_by)
       or new.state = 'approved' and named is not null
          and public.contributed_to_gate(new.feature_id, named, f.policy_version_id, f.tier, new.decided_by) then
        raise exception 'who contributed does not decide about a waiver' using errcode = 'SLA05';
    end if;
    return new;
end
$$;
drop trigger guard on waiver;
create trigger guard before insert or update on waiver for each row execute function waiver_guard();

-- Nobody approves by being nobody: a comparison with null is no refusal.
alter table waiver drop constraint waiver_by_another;
alter table waiver add constraint waiver_by_another
    check (state not in ('approved', 'ended', 'lapsed') or decided_by is not null and decided_by <> requested_by) not valid;
alter table waiver validate constraint waiver_by_another;

-- What drifted at earlier gates, waived or not, by the subjects of its blockers: so that more of it is news.
alter table gate_state add column drift text[] not null default '{}';

-- What happened to features, for decisions that ask whether anything did: now, and at an instant that is looked at.
create view feature_event with (security_invoker = true) as
    select e.feature_id, e.at, e.verb, e.object_id from audit.event e where e.feature_id is not null;
grant select on feature_event to sluice_runtime;
create view asof.feature_event with (security_invoker = true) as
    select e.feature_id, e.at, e.verb, e.object_id from audit.event e
    where e.feature_id is not null and e.at <= asof.instant();
grant select on asof.feature_event to sluice_runtime;
