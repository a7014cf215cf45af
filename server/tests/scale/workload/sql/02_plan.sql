-- Who and what there is, worked out before any of it is stored: each row points to events, and the events to the rows.
-- `scale.size` and `scale.phase` are filled by the program.

-- A fifth of the features is in the first product, one in a thousand in the last.
create table scale.product as
select place, key, initcap(scale.pick(scale.nouns(), place, 1)) || ' platform' as name, at,
       scale.id(at, place, 'product') as id, scale.id(at, place, 'product created') as event
from unnest(string_to_array('PAY OPS WEB APP DATA AUTH MAIL SHOP BILL DOCS RISK LOGS MAPS CHAT SYNC PRINT VAULT EDGE LABS TINY',
                            ' ')) with ordinality as p (key, place)
cross join lateral (select (select now from scale.size) - interval '1900 days' + place * interval '1 hour' as at) t;

create table scale.person as
select place, first || ' ' || last as name,
       coalesce((array['member', 'newcomer', 'auditor', 'administrator'])[place],
                lower(first || '.' || last || '.' || place)) || '@example.org' as email, at,
       scale.id(at, place, 'person') as id, scale.id(at, place, 'person joined') as event
from generate_series(1, 400) place
cross join lateral (
    select scale.pick(array['Ada','Ben','Chi','Dan','Eva','Fei','Gil','Hana','Ines','Jo','Kim','Lea','Mo','Nia','Otto',
                            'Pia','Quin','Rosa','Sam','Tara'], place, 2) as first,
           initcap(scale.codename(place)) as last,
           (select now from scale.size) - interval '1890 days' + place * interval '1 hour' as at
) p;

-- The first works on three products, one of them large and one tiny; the second on the tiny one only; the third is the
-- auditor, the fourth the administrator. Everybody else holds two roles in each of two products.
create table scale.seat as
select p.place as person, pr.place as product, role
from scale.person p
join scale.product pr on pr.place in (1, 4, 20)
cross join unnest(array['product-manager', 'developer', 'security-reviewer']) as role
where p.place = 1
union
select 2, 20, role from unnest(array['product-manager', 'developer']) as role
union
select p.place, 1 + scale.draw(p.place, 4 + turn, 20),
       scale.pick(array['product-manager', 'designer', 'developer', 'developer', 'qa', 'security-reviewer',
                        'release-manager', 'incident-manager', 'stakeholder'], p.place, 6 + turn * 2 + seat)
from scale.person p cross join generate_series(0, 1) turn cross join generate_series(0, 1) seat
where p.place > 4;

-- The features, oldest first. Most of the old ones are finished. The first two are the ones that tests compare: one with
-- very much in it, and one with little, alike in everything else. The title of the third has a word that no other has.
create table scale.feature as
select f.n, f.id, f.product, pr.id as product_id, pr.key as product_key,
       row_number() over (partition by f.product order by f.n)::int as number,
       f.created_at, f.step,
       array(select scale.id(f.created_at + k * f.step, f.n * 32 + k, 'event') from generate_series(1, 20) k) as events,
       case when f.n <= 2 then 'high'
            else (array['low','low','low','low','low','medium','medium','medium','high','high'])[1 + scale.draw(f.n, 3, 10)]
       end as tier,
       f.finished,
       case when f.n <= 2 then 4
            when f.finished then (select max(position) from scale.phase)
            else 1 + scale.draw(f.n, 5, (select count(*)::int from scale.phase)) end as position,
       case when f.n <= 2 then true else not f.finished and scale.draw(f.n, 6, 4) = 0 end as in_review,
       -- Who wrote most of it.
       o.id as owner_id, d.id as developer_id, q.id as tester_id
from (
    select n, case when n <= 2 then 1 when n = 3 or d = 999 then 20 when d < 200 then 1 when d < 350 then 2
                else 3 + d % 17 end as product,
           n > 2 and scale.draw(n, 8, 100) < case when n < s.features * 0.7 then 70 else 5 end as finished,
           created_at, least(interval '6 days', (s.now - created_at) / 21) as step,
           scale.id(created_at, n, 'feature') as id
    from scale.size s
    cross join lateral generate_series(1::bigint, s.features) n
    cross join lateral (
        select scale.draw(n, 1, 1000) as d,
               s.now - interval '1800 days' * (1 - (n - 1)::float8 / s.features) + scale.draw(n, 2, 3600) * interval '1 second'
                   - interval '2 hours' as created_at
    ) c
) f
join scale.product pr on pr.place = f.product
join scale.person o on o.place = case when f.product in (1, 4, 20) and scale.draw(f.n, 9, 60) = 0 then 1
                                      else 5 + scale.draw(f.n, 10, 396) end
join scale.person d on d.place = 5 + scale.draw(f.n, 11, 396)
join scale.person q on q.place = 5 + scale.draw(f.n, 12, 396);
alter table scale.feature add primary key (n);

-- How often each gate was tried: one in seven was returned once.
create table scale.attempt as
select f.n, p.position, p.key as phase, c.cycle, c.cycles,
       p.position = f.position and not f.finished and c.cycle = c.cycles as under_way,
       f.created_at + (p.position * 2 + c.cycle) * f.step as started_at
from scale.feature f
join scale.phase p on p.position <= f.position
cross join lateral (
    select cycles, generate_series(1, cycles) as cycle
    from (select case when f.n > 2 and scale.draw(f.n, 20 + p.position, 7) = 0 then 2 else 1 end as cycles) t
) c;

analyze scale.product; analyze scale.person; analyze scale.feature; analyze scale.attempt;
