-- Search: one entry for everything that has a title, kept by triggers so that no code can forget it. It is a
-- projection, made again from its sources at any time, and not tracked.

create extension if not exists pg_trgm;

create table search_entry (
    feature_id uuid not null references feature,
    product_id uuid not null references product,
    kind text not null,                 -- feature, threat, evidence, or the kind of a record
    number int not null,                -- within the feature; of a feature, within its product
    title text not null,
    words tsvector not null,
    changed_at timestamptz not null,
    primary key (feature_id, kind, number)
);
create index search_entry_words on search_entry using gin (words);
create index search_entry_title on search_entry using gin (title gin_trgm_ops);
grant select, insert, update on search_entry to sluice_runtime;

create function search_put(feature uuid, kind text, number int, title text, rest tsvector, at timestamptz)
returns void language sql as $$
    insert into public.search_entry (feature_id, product_id, kind, number, title, words, changed_at)
    select f.id, f.product_id, kind, number, title,
           setweight(to_tsvector('english', title), 'A') || setweight(rest, 'B'), at
    from public.feature f where f.id = feature
    on conflict (feature_id, kind, number) do update
        set title = excluded.title, words = excluded.words, changed_at = excluded.changed_at
$$;

create function search_feature() returns trigger language plpgsql as $$
begin
    perform public.search_put(new.id, 'feature', new.number, new.title, to_tsvector('english', new.description),
                              new.created_at);
    return null;
end
$$;
create trigger search after insert or update of title, description on feature
for each row execute function search_feature();

create function search_threat() returns trigger language plpgsql as $$
begin
    perform public.search_put(new.feature_id, 'threat', new.number, new.title,
                              to_tsvector('english', new.element || ' ' || new.description || ' ' ||
                                                     new.countermeasure), new.changed_at);
    return null;
end
$$;
create trigger search after insert or update on threat for each row execute function search_threat();

create function search_record() returns trigger language plpgsql as $$
begin
    perform public.search_put(new.feature_id, new.kind, new.number, new.title,
                              jsonb_to_tsvector('english', new.fields, '["string"]'), new.changed_at);
    return null;
end
$$;
create trigger search after insert or update on record for each row execute function search_record();

create function search_evidence() returns trigger language plpgsql as $$
begin
    perform public.search_put(e.feature_id, 'evidence', e.number, e.title,
                              to_tsvector('english', e.kind || ' ' || new.file_name || ' ' || new.note),
                              new.uploaded_at)
    from public.evidence e where e.id = new.evidence_id;
    return null;
end
$$;
create trigger search after insert on evidence_version for each row execute function search_evidence();

grant execute on function search_put(uuid, text, int, text, tsvector, timestamptz) to sluice_runtime;

-- What was there before this file.
select search_put(id, 'feature', number, title, to_tsvector('english', description), created_at) from feature;
select search_put(feature_id, 'threat', number, title,
                  to_tsvector('english', element || ' ' || description || ' ' || countermeasure), changed_at)
from threat;
select search_put(e.feature_id, 'evidence', e.number, e.title,
                  to_tsvector('english', e.kind || ' ' || v.file_name || ' ' || v.note), v.uploaded_at)
from evidence e join evidence_version v on v.evidence_id = e.id and v.version = e.version;

-- Lists of features at a hundred thousand: by product, owner, date and turn.
create index feature_by_product on feature (product_id, created_at desc, id desc);
create index feature_by_phase on feature (phase, created_at desc, id desc) where status = 'active';
create index feature_by_target on feature (target_date, id) where status = 'active' and target_date is not null;
create index gate_state_team_roles on gate_state using gin (team_roles);
create index gate_state_sign_roles on gate_state using gin (sign_roles);
-- How many features of a product stand where: counted from the index alone.
create index feature_by_standing on feature (product_id, status, phase, turn) include (policy_version_id);
-- What was signed for a feature: the index of standing sign-offs does not have those that ended.
create index sign_off_by_feature on sign_off (feature_id, phase, cycle);
create index dossier_by_feature on dossier (feature_id, phase, cycle);
