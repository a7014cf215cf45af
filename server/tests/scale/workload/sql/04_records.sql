-- Requirements, findings, changes, decisions and notices. `scale.kind` is filled by the program: how many of each kind.
insert into public.record (id, feature_id, kind, number, title, state, severity, owner_id, due, fields, state_by, state_at,
                           salt, author_id, changed_at, created_at, event_id)
select r.id, f.id, k.kind, r.number, scale.title(r.seed), k.states[1 + scale.draw(r.seed, 1, cardinality(k.states))],
       case k.kind when 'finding' then r.severity end,
       case k.kind when 'finding' then case when scale.draw(f.n, 17, 50) = 0 then f.owner_id else f.developer_id end end,
       case k.kind when 'finding' then (r.at + interval '30 days')::date end,
       case k.kind
           when 'requirement' then jsonb_build_object(
               'class', case when r.number % 3 = 0 then 'security' else 'functional' end, 'priority', 'must',
               'acceptance', scale.sentence(r.seed))
           when 'finding' then jsonb_build_object(
               'severity', r.severity, 'description', scale.sentence(r.seed) || ' ' || scale.sentence(r.seed + 1),
               'source', jsonb_build_array('E-2'), 'fix', scale.sentence(r.seed + 2), 'owner', f.developer_id)
           when 'change' then jsonb_build_object(
               'link', 'https://git.example.org/changes/' || r.seed, 'author', f.developer_id,
               'reviewers', jsonb_build_array(f.tester_id, f.owner_id),
               'implements', jsonb_build_array('R-1', 'R-2', 'T-1'))
           when 'decision' then jsonb_build_object(
               'context', scale.sentence(r.seed), 'decision', scale.sentence(r.seed + 1),
               'requirements', jsonb_build_array('R-1', 'T-1'))
           else jsonb_build_object('audience', 'support', 'text', scale.sentence(r.seed))
       end,
       f.developer_id, r.at, uuid_send(r.id) || uuid_send(r.id), f.developer_id, r.at, r.at, f.events[3 + r.number % 2]
from scale.feature f
join scale.kind k on k.part = $part
cross join lateral (
    select number, (f.n * 8 + k.place) * 4096 + number as seed, f.created_at + 3 * f.step as at,
           scale.id(f.created_at + 3 * f.step, (f.n * 8 + k.place) * 4096 + number, 'record') as id,
           (array['low','medium','high','critical'])[1 + scale.draw(number + f.n, 18, 4)] as severity
    from generate_series(1, case f.n when 1 then k.many when 2 then k.few else k.usual end) number
) r
order by f.n;
insert into history.record
select s.events[11], r.*
from public.record r
join scale.feature s on s.id = r.feature_id
join scale.kind k on k.kind = r.kind and k.part = $part
where r.number % 5 = 0;
