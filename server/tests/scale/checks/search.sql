-- The search index as its triggers make it: everything is written once more, with no other trigger.
begin;
create temporary table made on commit preserve rows as table search_entry;
create temporary table made_words on commit preserve rows as table search_word;
truncate search_entry, search_word;
do $$
declare name text;
begin
    foreach name in array array['feature', 'threat', 'record', 'evidence_version'] loop
        execute format('alter table %I disable trigger all', name);
        execute format('alter table %I enable trigger search', name);
    end loop;
end
$$;
update feature set title = title;
update threat set title = title;
update record set title = title;
create temporary table version on commit preserve rows as table evidence_version;
delete from evidence_version;
insert into evidence_version select * from version order by version.version;
commit;
