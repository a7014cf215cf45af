-- People, how they prove who they are, and what they may do.

create table person (
    id uuid primary key,
    email text not null,
    name text not null,
    disabled_at timestamptz,
    version int not null default 1,
    created_at timestamptz not null,
    constraint person_email_unique unique (email)
);
call history.track('person');
grant select, insert, update on person to sluice_runtime;

-- Apart from the person and without history: an old password hash is of use to an attacker only.
create table password (
    person_id uuid primary key references person,
    hash text not null,
    changed_at timestamptz not null
);
create constraint trigger demand_event after insert or update on password
    deferrable initially deferred for each row execute function history.demand_event();
grant select, insert, update on password to sluice_runtime;

create table workspace_grant (
    person_id uuid not null references person,
    role text not null check (role in ('auditor', 'administrator')),
    primary key (person_id, role)
);
call history.track('workspace_grant', 'person_id');
grant select, insert, update, delete on workspace_grant to sluice_runtime;

-- A one-time link. Only its SHA-256 is stored. Without an inviter it is the set-up link of a fresh workspace.
create table invitation (
    id uuid primary key,
    token_hash bytea not null unique check (octet_length(token_hash) = 32),
    email text,
    name text not null default '',
    workspace_roles text[] not null default '{}',
    product_id uuid,
    product_roles text[] not null default '{}',
    invited_by uuid references person,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    accepted_at timestamptz,
    withdrawn_at timestamptz
);
call history.track('invitation');
create index invitation_open on invitation (created_at) where accepted_at is null and withdrawn_at is null;
grant select, insert, update on invitation to sluice_runtime;

-- Sessions. The id is stored as its SHA-256, so a copy of the table opens no session.
create table session (
    id_hash bytea primary key check (octet_length(id_hash) = 32),
    person_id uuid references person,
    data jsonb not null,
    user_agent text not null default '',
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null
);
create index session_by_person on session (person_id);
create index session_by_expiry on session (expires_at);
grant select, insert, update, delete on session to sluice_runtime;

-- Failed sign-ins by account and by address (both hashed), counted before any password is hashed (ASVS 6.3.1).
create table sign_in_throttle (
    key bytea primary key check (octet_length(key) = 32),
    failures int not null,
    since timestamptz not null
);
create index sign_in_throttle_by_age on sign_in_throttle (since);
grant select, insert, update, delete on sign_in_throttle to sluice_runtime;
