-- Relations between features: duplicates, parts, follow-ups. One row, at the feature that says it; both ends show it.

create table relation (
    feature_id uuid not null references feature,
    other_id uuid not null references feature,
    kind text not null check (kind in ('duplicate-of', 'child-of', 'follows')),
    author_id uuid not null references person,
    created_at timestamptz not null,
    primary key (feature_id, kind, other_id),
    constraint relation_is_of_two check (feature_id <> other_id)
);
call history.track('relation', 'feature_id');
call asof.cover('relation');
create index relation_by_other on relation (other_id, kind);
-- A feature is the duplicate of one thing and part of one whole.
create unique index relation_single on relation (feature_id, kind) where kind in ('duplicate-of', 'child-of');
grant select, insert, delete on relation to sluice_runtime;

-- Nothing is part of itself, in however many steps, and the same with duplicates and follow-ups. Whoever adds a
-- relation waits for whoever adds another: two that are made at once could close a circle that neither of them sees.
create function relation_guard() returns trigger language plpgsql set search_path = '' as $$
begin
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('sluice.relation'));
    if exists (
        with recursive beyond (id) as (
            select new.other_id
            union
            select r.other_id from beyond b join public.relation r on r.feature_id = b.id and r.kind = new.kind
        )
        select from beyond where id = new.feature_id
    ) then
        raise exception 'a relation closes a circle' using errcode = 'SLA16', constraint = 'relation_no_circle';
    end if;
    return new;
end
$$;
create trigger guard before insert or update on relation for each row execute function relation_guard();
