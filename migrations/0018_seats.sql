-- Sign-offs that stand in a seat that is gone: whoever gave one, or for whom it was given, no longer holds the role, or
-- has no account that is enabled. They count for nothing from that moment on, and are ended when their feature is
-- settled. Only attempts that can still open, or be paid: what opened before stays as it was signed.
create view unseated_sign_off with (security_invoker = true) as
    select s.feature_id, s.phase, s.cycle, s.person_id, s.on_behalf_of
    from sign_off s
    join gate_attempt a on a.feature_id = s.feature_id and a.phase = s.phase and a.cycle = s.cycle
    join feature f on f.id = s.feature_id
    where s.ended is null
      and (a.outcome is null or a.outcome = 'owed' and a.paid_at is null and a.undone_at is null)
      and not exists (
          select from product_grant g
          join person holder on holder.id = g.person_id and holder.disabled_at is null
          join person signer on signer.id = s.person_id and signer.disabled_at is null
          where g.product_id = f.product_id and g.role = s.role
            and g.person_id = coalesce(s.on_behalf_of, s.person_id)
      );
grant select on unseated_sign_off to sluice_runtime;

-- Whose sign-offs stand, and for whom: looked up when somebody loses a role.
create index sign_off_standing_of on sign_off (person_id) where ended is null;
create index sign_off_standing_on_behalf_of on sign_off (on_behalf_of) where ended is null and on_behalf_of is not null;
