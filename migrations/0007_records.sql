-- Records: what the phases write down besides controls, threats and evidence.
--
-- One table for every kind, because every kind has the same life: it is numbered within its feature, has a state, is
-- edited by version, enters dossiers, and is found by search. What a kind asks is described in the domain crate, which
-- checks every value before it is stored (docs/adr/0010). Columns are what lists sort and filter by; `fields` holds
-- all that the form says, as a JSON object of texts and lists of texts.

create table record (
    id uuid primary key,
    feature_id uuid not null references feature,
    kind text not null,
    number int not null check (number > 0),
    title text not null,
    state text not null,
    severity text check (severity in ('low', 'medium', 'high', 'critical')),
    owner_id uuid references person,
    due date,
    fields jsonb not null check (jsonb_typeof(fields) = 'object'),
    -- Who brought it into its state, and when: who sent, acknowledged, tested, validated, promoted.
    state_by uuid not null references person,
    state_at timestamptz not null,
    version int not null default 1,
    salt bytea not null check (octet_length(salt) = 32),
    author_id uuid not null references person,
    changed_at timestamptz not null,
    created_at timestamptz not null,
    constraint record_number_unique unique (feature_id, kind, number)
);
call history.track('record', 'feature_id');
create index record_by_owner on record (owner_id, due) where owner_id is not null;
create index record_by_due on record (due) where due is not null;
grant select, insert, update on record to sluice_runtime;

-- Features that came out of others: a defect or wish found after release, a follow-up.
create table feature_link (
    feature_id uuid not null references feature,        -- the later one
    origin_id uuid not null references feature,         -- where it came from
    feedback int,                                       -- number of the feedback that it answers
    created_at timestamptz not null,
    author_id uuid not null references person,
    primary key (feature_id, origin_id),
    constraint feature_link_is_no_loop check (feature_id <> origin_id)
);
call history.track('feature_link', 'feature_id');
create index feature_link_by_origin on feature_link (origin_id);
grant select, insert on feature_link to sluice_runtime;

-- The coding standards of a product, by edition. A person attests an edition once, for every feature.
create table coding_standard (
    id uuid primary key,
    product_id uuid not null references product,
    title text not null,
    edition text not null,
    link text not null default '',
    summary text not null default '',
    published_by uuid not null references person,
    published_at timestamptz not null,
    superseded_at timestamptz,
    constraint coding_standard_edition_unique unique (product_id, title, edition)
);
call history.track('coding_standard', 'product_id');
-- One edition of a standard is in force at a time.
create unique index coding_standard_in_force on coding_standard (product_id, title) where superseded_at is null;
grant select, insert, update (superseded_at) on coding_standard to sluice_runtime;

create table attestation (
    standard_id uuid not null references coding_standard,
    person_id uuid not null references person,
    printed_name text not null,
    statement text not null,
    attested_at timestamptz not null,
    primary key (standard_id, person_id)
);
call history.track('attestation', 'person_id');
grant select, insert on attestation to sluice_runtime;

-- The lists that a product goes through: its definition of ready, its hardening, its engineering principles. A product
-- without a row of its own uses the list that the domain crate brings.
create table product_list (
    product_id uuid not null references product,
    list text not null check (list in ('definition-of-ready', 'hardening', 'principles')),
    points text[] not null check (cardinality(points) between 1 and 50),
    version int not null default 1,
    author_id uuid not null references person,
    changed_at timestamptz not null,
    primary key (product_id, list)
);
call history.track('product_list', 'product_id');
grant select, insert, update on product_list to sluice_runtime;
