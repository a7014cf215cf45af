-- Products, who holds which role in them, and the lifecycle policies that features follow.

create table policy_version (
    id uuid primary key,
    key text not null,
    version text not null,
    title text not null,
    source text not null,
    digest bytea not null check (octet_length(digest) = 32),
    created_at timestamptz not null,
    constraint policy_version_unique unique (key, version)
);
call history.track('policy_version');
-- A version is never changed: a change inserts the next version.
grant select, insert on policy_version to sluice_runtime;

create table product (
    id uuid primary key,
    key text not null check (key ~ '^[A-Z][A-Z0-9]{1,7}$'),
    name text not null,
    description text not null default '',
    version int not null default 1,
    created_at timestamptz not null,
    constraint product_key_unique unique (key)
);
call history.track('product');
grant select, insert, update on product to sluice_runtime;

create table product_grant (
    person_id uuid not null references person,
    product_id uuid not null references product,
    role text not null check (role in ('product-manager', 'designer', 'developer', 'qa', 'security-reviewer',
                                       'release-manager', 'incident-manager', 'stakeholder')),
    primary key (person_id, product_id, role)
);
call history.track('product_grant', 'person_id');
create index product_grant_by_product on product_grant (product_id, role);
grant select, insert, update, delete on product_grant to sluice_runtime;

alter table invitation add constraint invitation_product foreign key (product_id) references product;
