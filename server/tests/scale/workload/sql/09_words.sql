-- The words that occur: those of the lists do among the first features already, names of projects in any title.
insert into public.search_word (word)
select word
from (
    select unnest(tsvector_to_array(e.words)) as word
    from public.search_entry e join scale.feature f on f.id = e.feature_id
    where f.n <= 2000
    union
    select unnest(tsvector_to_array(to_tsvector('english', second)))
    from (select distinct split_part(title, ' ', 2) as second from public.search_entry) t
) w
where word ~ '^[[:alpha:]]{4,30}$';
