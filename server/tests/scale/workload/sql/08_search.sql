-- The search index, as its triggers would make it row by row; the test compares the two. In two parts, for two
-- connections.
insert into public.search_entry (feature_id, product_id, kind, number, title, words, changed_at)
select e.feature_id, f.product_id, e.kind, e.number, e.title,
       setweight(to_tsvector('english', e.title), 'A') || setweight(e.rest, 'B')
       || array_to_tsvector(array['product ' || p.key, 'kind ' || e.kind]), e.at
from (
    select id as feature_id, 'feature' as kind, number, title, to_tsvector('english', description) as rest,
           created_at as at
    from public.feature where $part = 1
    union all
    select feature_id, 'threat', number, title,
           to_tsvector('english', element || ' ' || description || ' ' || countermeasure), changed_at
    from public.threat where $part = 1
    union all
    select e.feature_id, 'evidence', e.number, e.title,
           to_tsvector('english', e.kind || ' ' || v.file_name || ' ' || v.note), v.uploaded_at
    from public.evidence e join public.evidence_version v on v.evidence_id = e.id and v.version = e.version
    where $part = 1
    union all
    select r.feature_id, r.kind, r.number, r.title, jsonb_to_tsvector('english', r.fields, '["string"]'), r.changed_at
    from public.record r join scale.kind k on k.kind = r.kind and k.part = $part
) e
join public.feature f on f.id = e.feature_id
join public.product p on p.id = f.product_id;
