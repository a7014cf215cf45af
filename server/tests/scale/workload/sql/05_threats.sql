-- Threats, evidence, comments, and what people arrange for themselves.
insert into public.threat_model (feature_id, scope, threats, response, review, salt, author_id, changed_at, event_id)
select f.id, scale.sentence(f.n), scale.sentence(f.n + 1), scale.sentence(f.n + 2), scale.sentence(f.n + 3),
       uuid_send(f.id) || uuid_send(f.id), f.developer_id, f.created_at + 5 * f.step, f.events[5]
from scale.feature f;
insert into history.threat_model
select s.events[5], m.* from public.threat_model m join scale.feature s on s.id = m.feature_id where s.n % 2 = 0;

insert into public.threat (id, feature_id, number, title, element, stride, description, severity, treatment,
                           countermeasure, owner_id, status, salt, author_id, changed_at, event_id)
select t.id, f.id, t.number, scale.title(t.seed), scale.pick(scale.nouns(), t.seed, 2),
       (array['spoofing','tampering','repudiation','information-disclosure','denial-of-service',
              'elevation-of-privilege'])[1 + scale.draw(t.seed, 3, 6)],
       scale.sentence(t.seed), (array['low','medium','high','critical'])[1 + scale.draw(t.seed, 4, 4)],
       case when t.status <> 'open' then 'mitigate' end,
       case when t.status <> 'open' then scale.sentence(t.seed + 1) else '' end,
       case when scale.draw(t.seed, 5, 3) = 0 then f.owner_id else f.developer_id end, t.status,
       uuid_send(t.id) || uuid_send(t.id), f.developer_id, f.created_at + 6 * f.step, f.events[6 + t.number % 2]
from scale.feature f
cross join lateral (
    select number, f.n * 512 + number as seed, scale.id(f.created_at + 6 * f.step, f.n * 512 + number, 'threat') as id,
           case when f.finished then 'verified'
                else (array['open','planned','treated','treated','verified'])[1 + scale.draw(f.n * 512 + number, 6, 5)]
           end as status
    from generate_series(1, case f.n when 1 then 300 when 2 then 5 else 10 end) number
) t
order by f.n;
insert into history.threat
select s.events[7], t.* from public.threat t join scale.feature s on s.id = t.feature_id where t.number % 4 = 0;

-- The files are few: what matters is how many items name them.
insert into public.blob (digest, size, created_at)
select sha256(convert_to('file ' || k, 'UTF8')), 6, now() from generate_series(1, 100) k;
insert into public.blob_chunk (digest, position, bytes)
select digest, 0, 'report'::bytea from public.blob;

insert into public.evidence (id, feature_id, number, title, kind, version, created_at, event_id)
select scale.id(f.created_at + 8 * f.step, f.n * 256 + k, 'evidence'), f.id, k, scale.title(f.n * 256 + k + 7),
       (array['test-report', 'static-analysis', 'code-review'])[1 + (k - 1) % 3],
       case when scale.draw(f.n * 256 + k, 7, 4) = 0 then 2 else 1 end, f.created_at + 8 * f.step, f.events[8]
from scale.feature f cross join lateral generate_series(1, case f.n when 1 then 200 else 3 end) k
order by f.n;
insert into history.evidence
select s.events[8], e.* from public.evidence e join scale.feature s on s.id = e.feature_id where e.version = 2;

insert into public.evidence_version (evidence_id, version, digest, file_name, media_type, note, salt, author_id,
                                     uploaded_at, event_id)
select e.id, k, sha256(convert_to('file ' || 1 + scale.draw(f.n, 19, 100), 'UTF8')), e.kind || '.json',
       'application/json', scale.sentence(f.n + e.number), uuid_send(e.id) || uuid_send(e.id), f.tester_id,
       e.created_at + k * f.step, f.events[8]
from scale.feature f
join public.evidence e on e.feature_id = f.id
cross join lateral generate_series(1, e.version) k
order by f.n;

insert into public.evidence_use (evidence_id, feature_id, target_kind, phase, target, author_id, attached_at, event_id)
select e.id, f.id, case e.number when 2 then 'threat' else 'control' end, case e.number when 2 then '' else p.key end,
       case e.number when 2 then '1' else p.controls[1] end, f.tester_id, e.created_at, f.events[9]
from scale.feature f
join public.evidence e on e.feature_id = f.id
join scale.phase p on p.position = least(e.number, f.position)
order by f.n;
insert into history.evidence_use
select s.events[9], u.* from public.evidence_use u join scale.feature s on s.id = u.feature_id where s.n % 10 = 0;

insert into public.comment (id, feature_id, number, text, author_id, written_at, event_id)
select scale.id(f.created_at + 10 * f.step, f.n * 256 + k, 'comment'), f.id, k, scale.sentence(f.n * 256 + k),
       case when k % 2 = 0 then f.tester_id else f.developer_id end, f.created_at + (9 + k % 10) * f.step,
       f.events[case when k % 2 = 0 then 10 else 20 end]
from scale.feature f
cross join lateral generate_series(1, case f.n when 1 then 200 else 3 end) k
order by f.n;
insert into public.mention (comment_id, person_id, feature_id, mentioned_at, event_id)
select c.id, f.owner_id, f.id, c.written_at, c.event_id
from scale.feature f join public.comment c on c.feature_id = f.id
where c.number = 1;
-- Whoever works here reads what they are mentioned in; the latest ones are still to be read.
insert into public.mention_seen (comment_id, person_id, seen_at)
select m.comment_id, m.person_id, m.mentioned_at + interval '1 day'
from public.mention m where m.mentioned_at < (select now from scale.size) - interval '20 days';
insert into public.watch (person_id, feature_id, since)
select distinct person, f.id, f.created_at
from scale.feature f cross join lateral unnest(array[f.owner_id, f.developer_id, f.tester_id]) as person;
insert into public.saved_view (id, owner_id, name, query, created_at)
select scale.id(p.at, p.place * 16 + k, 'view'), p.id, 'View ' || k, 'phase=design', p.at
from scale.person p cross join generate_series(1, 8) k;
