-- Who signs: the database's own guard over sign-offs, seats that were handed on for a while, and what a gate covers as
-- far as the database has to know it.

-- What a gate looks at, by phase and tier, as its policy version says: threats, kinds of record, kinds of evidence. Of
-- each phase and tier there is a row of kind 'gate', so that a version whose parts were never written down is told from
-- one whose gates look at nothing. Follows from the policy's text, is only added to, and is therefore not tracked.
create table gate_part (
    policy_version_id uuid not null references policy_version,
    phase text not null,
    tier text not null,
    kind text not null check (kind in ('gate', 'threat', 'record', 'evidence')),
    part text not null default '',
    primary key (policy_version_id, phase, tier, kind, part)
);
create trigger append_only before update or delete on gate_part for each row execute function audit.refuse();
create trigger never_truncated before truncate on gate_part for each statement execute function audit.refuse();
grant select, insert on gate_part to sluice_runtime;

-- A seat at the gates of a product, handed to somebody else for a while.
create table delegation (
    id uuid primary key,
    product_id uuid not null references product,
    from_id uuid not null references person,
    to_id uuid not null references person,
    role text not null,
    reason text not null,
    from_at timestamptz not null,
    until_at timestamptz not null,
    created_at timestamptz not null,
    ended_at timestamptz,
    ended_by uuid references person,
    constraint delegation_to_another check (to_id <> from_id),
    constraint delegation_for_a_while check (until_at > from_at and until_at <= from_at + interval '2160 hours'),
    constraint delegation_ended check ((ended_at is null) = (ended_by is null))
);
call history.track('delegation', 'product_id');
create index delegation_in_force on delegation (product_id, to_id, until_at) where ended_at is null;
create index delegation_by_age on delegation (product_id, created_at desc, id desc);
grant select, insert, update on delegation to sluice_runtime;

-- A delegation is never rewritten: only its end is added, once.
create function delegation_guard() returns trigger language plpgsql set search_path = '' as $$
begin
    if old.ended_at is not null
       or (old.id, old.product_id, old.from_id, old.to_id, old.role, old.reason, old.from_at, old.until_at, old.created_at)
          is distinct from
          (new.id, new.product_id, new.from_id, new.to_id, new.role, new.reason, new.from_at, new.until_at, new.created_at)
    then
        raise exception 'a delegation is never rewritten' using errcode = 'SLA04';
    end if;
    return new;
end
$$;
create trigger guard before update on delegation for each row execute function delegation_guard();

-- One seat a person, gate and cycle, for whomever they sign. That nobody signs for another and for themselves as well,
-- or is signed for twice over two people, the guard sees to; this index holds the half that an index can.
create unique index sign_off_standing_for on sign_off (feature_id, phase, cycle, on_behalf_of)
    where ended is null and on_behalf_of is not null;
alter table sign_off
    add constraint sign_off_for_another check (on_behalf_of is null or on_behalf_of <> person_id) not valid;
alter table sign_off validate constraint sign_off_for_another;

-- A contribution and a sign-off of one feature come one after the other, whatever connection they come over: both take
-- the feature's row first.
create or replace function contributes(feature uuid, kind text, part text, person uuid) returns void
language plpgsql security definer set search_path = '' as $$
begin
    perform from public.feature f where f.id = contributes.feature for no key update;
    insert into public.contribution (feature_id, kind, part, person_id, first_event)
    values (feature, kind, part, person, coalesce(audit.current_event(), '00000000-0000-0000-0000-000000000000'))
    on conflict do nothing;
end
$$;

-- Whether a person contributed to what the gate of a phase covers, for a feature of this tier under this policy version.
-- It asks nothing of the program: neither which items a dossier lists, nor what the row of a thing says by now.
create function contributed_to_gate(feature uuid, at_phase text, policy uuid, at_tier text, who uuid) returns boolean
language sql stable set search_path = '' as $$
    with parts as materialized (
        select g.kind, g.part from public.gate_part g
        where g.policy_version_id = policy and g.phase = at_phase and g.tier = at_tier
    ), done as materialized (
        select c.kind, c.part from public.contribution c where c.feature_id = feature and c.person_id = who
    )
    select exists (
        select from done d
        where d.kind = 'scope'
           or d.kind = 'control' and d.part = at_phase
           or d.kind in ('threat', 'threat-model') and exists (select from parts p where p.kind = 'threat')
           or d.kind = 'record' and exists (select from parts p where p.kind = 'record' and p.part = d.part)
           or d.kind = 'waiver' and exists (
                select from public.waiver w
                where w.feature_id = feature and w.number::text = d.part and w.state = 'approved')
           or d.kind = 'evidence' and exists (
                select from public.evidence e
                where e.feature_id = feature and e.number::text = d.part
                  and (exists (select from parts p where p.kind = 'evidence' and p.part = e.kind)
                       or exists (
                            select from public.evidence_use u
                            where u.evidence_id = e.id
                              and (u.target_kind = 'control' and u.phase = at_phase
                                   or u.target_kind = 'threat' and exists (select from parts p where p.kind = 'threat')))
                       or exists (
                            select from public.record r join parts p on p.kind = 'record' and p.part = r.kind
                            where r.feature_id = feature
                              and jsonb_path_exists(r.fields,
                                    'strict $.* ? (@.type() == "array")[*] ? (@ == $key)',
                                    jsonb_build_object('key', 'E-' || d.part))))))
$$;
grant execute on function contributed_to_gate(uuid, text, uuid, text, uuid) to sluice_runtime;

-- Takes the place of the guard of 0006. A sign-off's record is never rewritten: only its end is added, once. And a
-- sign-off is refused, whatever the code above believes, that
-- - covers what is no dossier of its gate and cycle, or not the bytes that its digest names (SLA07);
-- - is given for somebody who did not hand this seat on, or not for now (SLA07);
-- - comes from, or is given for, somebody who contributed to what the gate covers (SLA05);
-- - takes a second seat for one of the two (unique violation of `sign_off_standing`).
create or replace function sign_off_guard() returns trigger language plpgsql set search_path = '' as $$
declare
    f record;
    covered record;
    taken boolean;
begin
    if tg_op = 'UPDATE' then
        if old.ended is not null
           or (old.id, old.feature_id, old.phase, old.cycle, old.person_id, old.on_behalf_of, old.role, old.verdict,
               old.printed_name, old.meaning, old.reason, old.dossier, old.authentication, old.signed_at)
              is distinct from
              (new.id, new.feature_id, new.phase, new.cycle, new.person_id, new.on_behalf_of, new.role, new.verdict,
               new.printed_name, new.meaning, new.reason, new.dossier, new.authentication, new.signed_at) then
            raise exception 'a sign-off is never rewritten' using errcode = 'SLA04';
        end if;
        return new;
    end if;

    -- Under a snapshot from before the lock, what others committed meanwhile would not be seen.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'sign-offs are given at isolation level read committed' using errcode = 'SLA07';
    end if;
    select product_id, policy_version_id, tier into f from public.feature where id = new.feature_id for no key update;

    select d.feature_id, d.phase, d.cycle, d.digest = sha256(convert_to(d.manifest, 'UTF8')) as genuine into covered
    from public.dossier d where d.digest = new.dossier;
    if covered.genuine is not true
       or (covered.feature_id, covered.phase, covered.cycle) is distinct from (new.feature_id, new.phase, new.cycle) then
        raise exception 'a sign-off covers a dossier of its own gate and cycle' using errcode = 'SLA07';
    end if;
    if not exists (
        select from public.gate_part g
        where g.policy_version_id = f.policy_version_id and g.phase = new.phase and g.tier = f.tier and g.kind = 'gate'
    ) then
        raise exception 'what this gate covers is not known' using errcode = 'SLA07';
    end if;
    if new.on_behalf_of is not null and not exists (
        select from public.delegation d
        where d.product_id = f.product_id and d.from_id = new.on_behalf_of and d.to_id = new.person_id
          and d.role = new.role and d.ended_at is null and d.from_at <= new.signed_at and new.signed_at < d.until_at
    ) then
        raise exception 'the seat was not handed on' using errcode = 'SLA07';
    end if;

    if public.contributed_to_gate(new.feature_id, new.phase, f.policy_version_id, f.tier, new.person_id)
       or new.on_behalf_of is not null
          and public.contributed_to_gate(new.feature_id, new.phase, f.policy_version_id, f.tier, new.on_behalf_of) then
        raise exception 'who contributed does not approve' using errcode = 'SLA05';
    end if;

    select exists (
        select from public.sign_off s
        where s.feature_id = new.feature_id and s.phase = new.phase and s.cycle = new.cycle and s.ended is null
          and (s.person_id in (new.person_id, new.on_behalf_of) or s.on_behalf_of in (new.person_id, new.on_behalf_of))
    ) into taken;
    if taken then
        raise exception 'one seat a person, gate and cycle'
            using errcode = 'unique_violation', constraint = 'sign_off_standing';
    end if;
    return new;
end
$$;
