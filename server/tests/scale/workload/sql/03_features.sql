-- Products, people, features and their gates.
insert into public.product (id, key, name, description, created_at, event_id)
select id, key, name, scale.sentence(place), at, event from scale.product;

insert into public.person (id, email, name, created_at, event_id)
select id, email, name, at, event from scale.person;

insert into public.workspace_grant (person_id, role, event_id)
select id, case place when 3 then 'auditor' else 'administrator' end, event from scale.person where place in (3, 4);

insert into public.product_grant (person_id, product_id, role, event_id)
select p.id, pr.id, s.role, p.event
from scale.seat s
join scale.person p on p.place = s.person
join scale.product pr on pr.place = s.product;

insert into public.product_list (product_id, list, points, author_id, changed_at, event_id)
select pr.id, list, array(select scale.sentence(pr.place * 100 + k) from generate_series(1, 8) k), p.id, pr.at, pr.event
from scale.product pr
cross join unnest(array['definition-of-ready', 'hardening', 'principles']) as list
join scale.person p on p.place = 4;

insert into public.coding_standard (id, product_id, title, edition, summary, published_by, published_at, event_id)
select scale.id(pr.at, pr.place * 10 + k, 'standard'), pr.id, 'Standard ' || k, '2026', scale.sentence(k), p.id, pr.at,
       pr.event
from scale.product pr cross join generate_series(1, 2) k join scale.person p on p.place = 4;

insert into public.attestation (standard_id, person_id, printed_name, statement, attested_at, event_id)
select distinct on (s.id, p.id) s.id, p.id, p.name, 'I have read it and follow it.', p.at, p.event
from public.coding_standard s
join scale.product pr on pr.id = s.product_id
join scale.seat seat on seat.product = pr.place
join scale.person p on p.place = seat.person;

insert into public.feature (id, product_id, number, title, description, owner_id, target_date, tier, policy_version_id,
                            status, phase, cycle, turn, turn_since, requested_by, finished_at, scope_salt, scope_author,
                            created_at, event_id, sprint)
select f.id, f.product_id, f.number, case f.n when 3 then 'Replace zephyrine scanners' else scale.title(f.n) end, scale.sentence(f.n) || ' ' || scale.sentence(f.n + 1), f.owner_id,
       case when scale.draw(f.n, 13, 10) < 7
            then (f.created_at + (60 + scale.draw(f.n, 14, 400)) * interval '1 day')::date end,
       f.tier, (select id from public.policy_version order by created_at desc limit 1),
       case when f.finished then 'finished' else 'active' end, a.phase, a.cycle,
       case when f.in_review then 'reviewers' else 'team' end, f.created_at + 18 * f.step,
       case when f.in_review then f.owner_id end,
       case when f.finished then f.created_at + 20 * f.step end,
       uuid_send(f.id) || uuid_send(f.id), f.owner_id, f.created_at, f.events[16],
       case when scale.draw(f.n, 15, 10) < 6 then 'Sprint ' || (1 + f.n * 40 / (select count(*) from scale.feature)) end
from scale.feature f
join scale.attempt a on a.n = f.n and a.position = f.position and a.cycle = a.cycles
order by f.n;
insert into history.feature
select s.events[16], f.* from public.feature f join scale.feature s on s.id = f.id;

insert into public.gate_attempt (feature_id, phase, cycle, started_at, requested_at, requested_by, ended_at, outcome, tier,
                                 ended_by, reason, event_id)
select f.id, a.phase, a.cycle, a.started_at,
       case when not a.under_way or f.in_review then a.started_at + f.step / 2 end,
       case when not a.under_way or f.in_review then f.owner_id end,
       case when not a.under_way then a.started_at + f.step end,
       case when not a.under_way then case when a.cycle = a.cycles then 'opened' else 'returned' end end,
       case when not a.under_way and a.cycle = a.cycles then f.tier end,
       case when not a.under_way and a.cycle < a.cycles then f.tester_id end,
       case when not a.under_way and a.cycle < a.cycles then scale.sentence(f.n) else '' end,
       f.events[13]
from scale.attempt a join scale.feature f on f.n = a.n
order by a.n;
insert into history.gate_attempt
select s.events[13], a.*
from public.gate_attempt a join scale.feature s on s.id = a.feature_id where a.outcome is not null;

-- What was signed: one or two sign-offs at each opened gate, one at some that are being reviewed.
create table scale.signing as
select a.n, f.id as feature_id, a.phase, a.cycle, a.under_way, a.started_at + f.step as at, f.events,
       uuid_send(f.id) || decode(lpad(to_hex(a.position * 256 + a.cycle), 32, '0'), 'hex') as dossier, seat
from scale.attempt a
join scale.feature f on f.n = a.n
cross join generate_series(1, 2) seat
where a.cycle = a.cycles and (not a.under_way or f.in_review and f.n % 2 = 0 and f.n > 2)
  and (seat = 1 or not a.under_way and f.tier = 'high');

insert into public.dossier (digest, feature_id, phase, cycle, manifest, created_at, event_id)
select dossier, feature_id, phase, cycle,
       format('{"cycle":%s,"feature":"F-%s","format":"sluice-dossier-1","items":[{"digest":"%s","key":"scope","kind":"scope","version":1}],"phase":"%s"}',
              cycle, n, encode(dossier, 'hex'), phase),
       at, events[14]
from scale.signing where seat = 1
order by n;

insert into public.sign_off (id, feature_id, phase, cycle, person_id, role, verdict, printed_name, meaning, dossier,
                             authentication, signed_at, event_id)
select scale.id(s.at, s.n * 64 + s.cycle * 2 + s.seat, s.phase), s.feature_id, s.phase, s.cycle, p.id,
       case s.seat when 1 then 'security-reviewer' else 'release-manager' end, 'approve', p.name,
       'I reviewed the items and approve.', s.dossier, 'password', s.at, s.events[14]
from scale.signing s
join scale.person p on p.place = 5 + (scale.draw(s.n, 15, 396) + s.seat) % 396
order by s.n;
insert into history.sign_off
select s.events[14], o.* from public.sign_off o join scale.feature s on s.id = o.feature_id where s.n % 20 = 0;

insert into public.control (feature_id, phase, control, mark, note, salt, author_id, changed_at, event_id)
select f.id, a.phase, c.control, case when a.under_way and c.place = 2 then 'open' else 'done' end, scale.sentence(f.n + c.place),
       uuid_send(f.id) || uuid_send(f.id), f.developer_id, a.started_at, f.events[12]
from scale.attempt a
join scale.feature f on f.n = a.n
join scale.phase p on p.key = a.phase
cross join unnest(p.controls) with ordinality as c (control, place)
where a.cycle = 1 and c.place <= 3
order by a.n;
insert into history.control
select s.events[12], c.* from public.control c join scale.feature s on s.id = c.feature_id where s.n % 3 = 0;

insert into public.feature_link (feature_id, origin_id, created_at, author_id, event_id)
select f.id, o.id, f.created_at, f.owner_id, f.events[1]
from scale.feature f join scale.feature o on o.n = f.n / 2
where f.n % 20 = 0;
