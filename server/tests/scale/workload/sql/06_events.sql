-- Twenty events for each feature, in the order of time, in the form in which the program seals them.
create table scale.step (k int, verb text, kind text);
insert into scale.step
select k, verb, case when split_part(verb, '.', 1) = 'sign-off' then 'sign-off' else split_part(verb, '.', 1) end
from unnest(array['feature.created', 'control.marked', 'record.added', 'record.added', 'threat-model.answered',
                  'threat.added', 'threat.edited', 'evidence.added', 'evidence.attached', 'comment.written',
                  'record.edited', 'control.marked', 'gate.review-requested', 'gate.signed', 'gate.opened',
                  'feature.edited', 'record.added', 'gate.returned', 'record.edited', 'comment.written'])
     with ordinality as s (verb, k);
analyze scale.step;

insert into audit.event (id, at, actor, role, authentication, verb, object_kind, object_id, object_name, product_id,
                         feature_id, request_id, body)
select e.id, e.at, e.actor, 'developer', 'session', s.verb, s.kind, f.id::text, f.product_key || '-' || f.number,
       f.product_id, f.id, e.id,
       format('{"actor":"%s","address":{"commitment":"%s"},"at":"%s","authentication":"session","changes":[{"field":"state","new":{"value":"done"},"old":{"value":"open"}},{"field":"title","new":{"commitment":"%s"},"old":null}],"feature":"%s","form":1,"id":"%s","object":{"id":"%s","kind":"%s","name":"%s-%s"},"product":"%s","request":"%s","role":"developer","verb":"%s"}',
              e.actor, h.hash, to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), h.hash, f.id, e.id, f.id,
              s.kind, f.product_key, f.number, f.product_id, e.id, s.verb)
from scale.feature f
cross join scale.step s
cross join lateral (
    select f.events[s.k] as id, f.created_at + s.k * f.step as at,
           case s.k % 3 when 0 then f.owner_id when 1 then f.developer_id else f.tester_id end as actor
) e
cross join lateral (select md5(e.id::text) || md5(f.id::text) as hash) h
order by e.at;

insert into audit.event (id, at, authentication, verb, object_kind, object_id, object_name, product_id, body)
select event, at, 'none', verb, kind, id::text, name, product,
       format('{"actor":"system","at":"%s","authentication":"none","form":1,"id":"%s","object":{"id":"%s","kind":"%s","name":"%s"},"verb":"%s"}',
              to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), event, id, kind, name, verb)
from (
    select event, at, 'product.created' as verb, 'product' as kind, id, key as name, id as product from scale.product
    union all
    select event, at, 'person.joined', 'person', id, '', null from scale.person
) e
order by at;

insert into audit.event_text (event_id, part, salt, text)
select e.id, part, uuid_send(e.id) || uuid_send(e.id), case part when 'address' then '192.0.2.7' else scale.title(f.n * 32) end
from scale.feature f
cross join unnest(f.events) with ordinality as e (id, k)
cross join unnest(array['address', 'title.new']) as part
where part = 'address' or e.k % 4 = 0
order by e.id;
