-- A feature's course: holds, cancellations, moves back, and releases in an emergency.

alter table feature
    add column held_since timestamptz,
    -- On which day somebody will look at the hold again; nothing happens by itself.
    add column held_until date,
    add column cancelled_at timestamptz;
alter table history.feature
    add column held_since timestamptz, add column held_until date, add column cancelled_at timestamptz;
alter table feature
    add constraint feature_held check ((status = 'held') = (held_since is not null)),
    add constraint feature_held_until check (held_until is null or held_since is not null),
    add constraint feature_cancelled check ((status = 'cancelled') = (cancelled_at is not null));
-- What is under way, whether or not it rests: the list of features without a filter.
create index feature_under_way on feature (created_at desc, id desc) where status in ('active', 'held');
-- Waiting for the reviewers is what is active only.
drop index feature_by_requester;
create index feature_by_requester on feature (requested_by, turn_since) where turn = 'reviewers' and status = 'active';

-- Each step of the course, with who took it and why. Only added to.
create table course_change (
    id uuid primary key,                -- made with the form: sent twice, it is one step
    feature_id uuid not null references feature,
    kind text not null check (kind in ('held', 'resumed', 'cancelled', 'reopened', 'moved-back')),
    -- Where the feature stood, and for a move back where it went.
    phase text not null,
    cycle int not null,
    to_phase text,
    until date,
    reason text not null default '',
    author_id uuid not null references person,
    at timestamptz not null,
    constraint course_change_to check ((kind = 'moved-back') = (to_phase is not null)),
    constraint course_change_until check (until is null or kind = 'held'),
    constraint course_change_says_why check (reason <> '' or kind = 'resumed')
);
call history.track('course_change', 'feature_id');
create index course_change_by_feature on course_change (feature_id, at desc, id desc);
grant select, insert on course_change to sluice_runtime;

-- A release in an emergency: asked for with reasons, agreed to by several people, released or called off.
create table emergency (
    id uuid primary key,                -- made with the form, like the steps above
    feature_id uuid not null references feature,
    -- The attempt that it was asked for in: it counts for no other.
    phase text not null,
    cycle int not null,
    through text not null,              -- the phase of the last gate that it goes through
    reason text not null check (reason <> ''),
    state text not null check (state in ('proposed', 'released', 'called-off')),
    proposed_by uuid not null references person,
    proposed_at timestamptz not null,
    ended_by uuid references person,
    ended_at timestamptz,
    ended_reason text not null default '',
    constraint emergency_ended check ((state = 'proposed') = (ended_at is null)),
    foreign key (feature_id, phase, cycle) references gate_attempt
);
call history.track('emergency', 'feature_id');
create unique index emergency_open on emergency (feature_id) where state = 'proposed';
create index emergency_by_feature on emergency (feature_id, proposed_at desc, id desc);
grant select, insert, update on emergency to sluice_runtime;

-- Who agreed: each person once, whatever the program does, and in a role of the policy.
create table emergency_consent (
    id uuid primary key,
    emergency_id uuid not null references emergency,
    feature_id uuid not null references feature,
    person_id uuid not null references person,
    role text not null,
    printed_name text not null,
    reason text not null check (reason <> ''),
    -- Whether the person contributed to what was skipped: allowed, and part of the record.
    contributed boolean not null,
    authentication text not null,
    consented_at timestamptz not null,
    constraint emergency_consent_once unique (emergency_id, person_id)
);
call history.track('emergency_consent', 'feature_id');
grant select, insert on emergency_consent to sluice_runtime;

-- What is owed, for whoever can sign it.
create index gate_attempt_owed_by_date on gate_attempt (owed_until, feature_id)
    where outcome = 'owed' and paid_at is null and undone_at is null;
