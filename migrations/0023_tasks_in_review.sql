-- What comes to block while the reviewers have the turn is the team's to clear all the same, and in nobody's list it would
-- wait unseen: evidence that expires, a waiver that lapses, a finding that comes in. So who clears something has it among
-- their work in either turn; the team's part of it is due when the feature is, since the turn's end is the reviewers'.
create or replace function gate_tasks() returns trigger language plpgsql set search_path = '' as $$
declare
    turn_due date := (new.due_at at time zone 'UTC')::date;
begin
    delete from public.gate_task where feature_id = new.feature_id;
    insert into public.gate_task (feature_id, act, role, product_id, due, since, blockers)
    select f.id, t.act, t.role, f.product_id, t.due, f.turn_since, t.blockers
    from public.feature f
    cross join lateral (
        select 'sign' as act, s.role, null::int as blockers, coalesce(turn_due, 'infinity') as due
        from unnest(new.sign_roles) as s (role)
        where f.turn = 'reviewers'
        union all
        select 'clear', c.role, c.blockers,
               coalesce(case when f.turn = 'team' then least(f.target_date, turn_due) else f.target_date end, 'infinity')
        from unnest(new.team_roles, new.team_role_blockers) as c (role, blockers)
        where new.team_blockers > 0 and c.role is not null
        union all
        select 'request', '', null, coalesce(least(f.target_date, turn_due), 'infinity')
        where f.turn = 'team' and new.team_blockers = 0
    ) t
    where f.id = new.feature_id and f.status = 'active';
    return null;
end
$$;

-- Features that are in review at this moment follow with their next decision; the trigger is asked once for them.
update gate_state set decided_at = decided_at
where team_blockers > 0 and feature_id in (select id from feature where turn = 'reviewers');
