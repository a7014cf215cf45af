-- For each reference of the schema, and for each event that a row names: what it is, and how to count what leads nowhere.
select k.conrelid::regclass || ', ' || k.conname as what,
       format('select count(*) from %s c where %s and not exists (select from %s p where %s)', k.conrelid::regclass,
              string_agg(format('c.%I is not null', child.attname), ' and '), k.confrelid::regclass,
              string_agg(format('p.%I = c.%I', parent.attname, child.attname), ' and ')) as count
from pg_constraint k
cross join lateral unnest(k.conkey, k.confkey) as pair (child, parent)
join pg_attribute child on child.attrelid = k.conrelid and child.attnum = pair.child
join pg_attribute parent on parent.attrelid = k.confrelid and parent.attnum = pair.parent
where k.contype = 'f'
group by k.oid, k.conrelid, k.confrelid, k.conname
union all
select c.oid::regclass || ', ' || a.attname,
       format('select count(*) from %s c where not exists (select from audit.event e where e.id = c.%I)', c.oid::regclass,
              a.attname)
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attname in ('event_id', 'until_event')
where c.relkind = 'r' and c.relnamespace in ('public'::regnamespace, 'history'::regnamespace)
order by 1
