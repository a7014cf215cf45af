-- Waivers as products list them and as sign-offs cover them.

-- The product, so that its waivers are listed without looking at every feature; and the key of the commitment to what
-- people wrote, which is part of the dossier.
alter table waiver
    add column product_id uuid not null references product,
    add column salt bytea not null check (octet_length(salt) = 32);
alter table history.waiver add column product_id uuid, add column salt bytea;

create index waiver_of_product on waiver (product_id, until, id) where state = 'approved';
create index waiver_asked_in_product on waiver (product_id, requested_at, id) where state = 'requested';

-- Who asked for a waiver that was approved wrote a part of the dossier, and does not sign it.
alter table contribution drop constraint contribution_kind_check;
alter table contribution add constraint contribution_kind_check
    check (kind in ('scope', 'control', 'threat-model', 'threat', 'evidence', 'record', 'waiver'));

create function waiver_contribution_recorded() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform public.contributes(new.feature_id, 'waiver', new.number::text, new.requested_by);
    return null;
end
$$;
create trigger contributes after insert or update on waiver
    for each row when (new.state = 'approved') execute function waiver_contribution_recorded();

-- A waiver goes through its states and is otherwise never rewritten: what was approved is what was asked for.
create function waiver_guard() returns trigger language plpgsql set search_path = '' as $$
begin
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
    return new;
end
$$;
create trigger guard before update on waiver for each row execute function waiver_guard();
