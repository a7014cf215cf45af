-- Search: one entry for everything that has a title, kept by triggers so that no code can forget it. It is a
-- projection, made again from its sources at any time, and not tracked.
--
-- Two more lexemes stand in the words of each entry: its product and its kind. With them one index answers "these
-- words, within the products that somebody may read", however common the words are and however small the product is.
-- They hold a space, which no word that people type can, and have no position, so that they never count for the rank.

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
-- Of common words the newest entries are looked at, and these are found from the end of this index.
create index search_entry_latest on search_entry (changed_at desc);
grant select, insert, update on search_entry to sluice_runtime;

-- The words that occur, each once: what a mistyped word is compared with. There are as many as a language has, not as
-- many as there are entries, so looking for similar ones stays quick. Words are never taken out: one that occurs no
-- more finds nothing.
create table search_word (word text primary key);
create index search_word_similar on search_word using gin (word gin_trgm_ops);
grant select, insert on search_word to sluice_runtime;

-- The arguments have names that no column of a feature or product has: in a query the column would win.
create function search_put(of_feature uuid, entry_kind text, entry_number int, entry_title text, rest tsvector,
                           entry_changed timestamptz)
returns void language sql as $$
    insert into public.search_entry (feature_id, product_id, kind, number, title, words, changed_at)
    select f.id, f.product_id, entry_kind, entry_number, entry_title,
           setweight(to_tsvector('english', entry_title), 'A') || setweight(rest, 'B')
           || array_to_tsvector(array['product ' || p.key, 'kind ' || entry_kind]),
           entry_changed
    from public.feature f join public.product p on p.id = f.product_id where f.id = of_feature
    on conflict (feature_id, kind, number) do update
        set title = excluded.title, words = excluded.words, changed_at = excluded.changed_at;

    -- In one order, so that two writers of the same new words wait for each other instead of for ever; and those that
    -- are there already, almost all, without trying.
    insert into public.search_word (word)
    select found.lexeme
    from unnest(tsvector_to_array(to_tsvector('english', entry_title) || rest)) as found (lexeme)
    where found.lexeme ~ '^[[:alpha:]]{4,30}$'
      and not exists (select from public.search_word w where w.word = found.lexeme)
    order by found.lexeme
    on conflict do nothing
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

-- Lists of features at a hundred thousand: by product, owner, phase, date, turn and title.
create index feature_by_product on feature (product_id, created_at desc, id desc);
create index feature_by_phase on feature (phase, created_at desc, id desc) where status = 'active';
create index feature_of_owner on feature (owner_id, created_at desc, id desc);
create index feature_by_target on feature (target_date, id) where status = 'active' and target_date is not null;
create index feature_finished on feature (created_at desc, id desc) where status = 'finished';
create index feature_title on feature using gin (title gin_trgm_ops);
-- The columns of the board.
create index feature_board on feature (phase, target_date, created_at, id) where status = 'active';
create index gate_state_team_roles on gate_state using gin (team_roles);
create index gate_state_sign_roles on gate_state using gin (sign_roles);
-- How many features of a product stand where: counted from the index alone.
create index feature_by_standing on feature (product_id, status, phase, turn) include (policy_version_id);
-- What was signed for a feature: the index of standing sign-offs does not have those that ended.
create index sign_off_by_feature on sign_off (feature_id, phase, cycle);
create index dossier_by_feature on dossier (feature_id, phase, cycle);
