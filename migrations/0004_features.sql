-- Features and the work of their phases.

create table feature (
    id uuid primary key,
    product_id uuid not null references product,
    number int not null check (number > 0),
    title text not null,
    description text not null default '',
    owner_id uuid not null references person,
    target_date date,
    tier text not null check (tier in ('low', 'medium', 'high')),
    policy_version_id uuid not null references policy_version,

    -- Where it stands. Written by the lifecycle's transitions only.
    status text not null check (status in ('active', 'finished')),
    phase text not null,
    cycle int not null check (cycle > 0),
    turn text not null check (turn in ('team', 'reviewers')),
    turn_since timestamptz not null,
    requested_by uuid references person,
    finished_at timestamptz,

    -- For edits: the version people saw; and what of it the dossier covers (title, description, tier).
    version int not null default 1,
    scope_version int not null default 1,
    scope_salt bytea not null check (octet_length(scope_salt) = 32),
    scope_author uuid not null references person,

    created_at timestamptz not null,
    constraint feature_number_unique unique (product_id, number),
    constraint feature_turn check ((turn = 'reviewers') = (requested_by is not null)),
    constraint feature_finished check ((status = 'finished') = (finished_at is not null))
);
call history.track('feature');
create index feature_by_owner on feature (owner_id) where status = 'active';
create index feature_by_age on feature (created_at desc, id desc);
grant select, insert, update on feature to sluice_runtime;

create table control (
    feature_id uuid not null references feature,
    phase text not null,
    control text not null,
    mark text not null check (mark in ('open', 'done', 'not-applicable')),
    note text not null default '',
    version int not null default 1,
    salt bytea not null check (octet_length(salt) = 32),
    author_id uuid not null references person,
    changed_at timestamptz not null,
    primary key (feature_id, phase, control),
    constraint control_says_why check (mark = 'open' or note <> '')
);
call history.track('control', 'feature_id');
grant select, insert, update on control to sluice_runtime;

create table threat_model (
    feature_id uuid primary key references feature,
    scope text not null default '',
    threats text not null default '',
    response text not null default '',
    review text not null default '',
    version int not null default 1,
    salt bytea not null check (octet_length(salt) = 32),
    author_id uuid not null references person,
    changed_at timestamptz not null
);
call history.track('threat_model', 'feature_id');
grant select, insert, update on threat_model to sluice_runtime;

create table threat (
    id uuid primary key,
    feature_id uuid not null references feature,
    number int not null check (number > 0),
    title text not null,
    element text not null default '',
    stride text not null check (stride in ('spoofing', 'tampering', 'repudiation', 'information-disclosure',
                                           'denial-of-service', 'elevation-of-privilege')),
    description text not null default '',
    severity text not null check (severity in ('low', 'medium', 'high', 'critical')),
    treatment text check (treatment in ('mitigate', 'accept', 'transfer', 'avoid')),
    countermeasure text not null default '',
    owner_id uuid references person,
    status text not null check (status in ('open', 'planned', 'treated', 'verified')),
    version int not null default 1,
    salt bytea not null check (octet_length(salt) = 32),
    author_id uuid not null references person,
    changed_at timestamptz not null,
    constraint threat_number_unique unique (feature_id, number),
    constraint threat_treated_by_something check (status = 'open' or (treatment is not null and countermeasure <> ''))
);
call history.track('threat', 'feature_id');
create index threat_by_owner on threat (owner_id) where status in ('open', 'planned');
grant select, insert, update on threat to sluice_runtime;
