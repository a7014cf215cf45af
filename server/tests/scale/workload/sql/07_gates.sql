-- What the decision last said. With triggers, because what is made from it is theirs to make.
set session_replication_role = origin;
insert into public.gate_state (feature_id, blockers, team_blockers, team_roles, team_role_blockers, sign_roles,
                               contributors, signed, decided_at)
select f.id, case when f.finished then 0 else team + cardinality(sign) end, case when f.finished then 0 else team end,
       case when f.finished or team = 0 then '{}' else roles end,
       case when f.finished or team = 0 then '{}' else array_fill(team, array[cardinality(roles)]) end, case when f.finished then '{}' else sign end,
       case when f.finished then '{}' else array[f.owner_id, f.developer_id, f.tester_id] end, '{}',
       f.created_at + 19 * f.step
from scale.feature f
cross join lateral (
    select case when f.in_review then 0 else scale.draw(f.n, 30, 9) end as team,
           (array['{developer}', '{developer,qa}', '{product-manager}', '{designer,developer}', '{release-manager}',
                  '{qa}'])[1 + scale.draw(f.n, 31, 6)]::text[] as roles,
           (array['{security-reviewer}', '{security-reviewer}', '{security-reviewer,release-manager}',
                  '{release-manager}'])[1 + scale.draw(f.n, 32, 4)]::text[] as sign
) s
order by f.n;
set session_replication_role = replica;
