-- What a product goes by, its lists and coding standards, is part of what gates look at, so it is part of what is signed.
-- Dossiers commit to it, as to all text of people, under a salt. Texts from before get one here: no dossier of theirs is
-- older. The history has its own, because the past is asked by the same queries.
alter table product_list
    add column salt bytea not null default sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
        check (octet_length(salt) = 32);
alter table history.product_list
    add column salt bytea not null default sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
call asof.cover('product_list');

alter table coding_standard
    add column salt bytea not null default sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
        check (octet_length(salt) = 32);
alter table history.coding_standard
    add column salt bytea not null default sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
call asof.cover('coding_standard');

-- A change of what a product goes by, while its features are being made due. Whoever changes it only adds a row here; the
-- features follow one at a time, in the order of their numbers, and then the row goes. It follows from the record and is
-- not part of it, so it is not tracked.
create table ground_change (
    id uuid primary key,
    product_id uuid not null references product,
    author_id uuid references person,   -- where only features with changes of this person are concerned
    changed_at timestamptz not null,
    reached int not null default 0      -- the number of the feature that was made due last
);
create index ground_change_by_age on ground_change (changed_at, id);
grant select, insert, update (reached), delete on ground_change to sluice_runtime;

-- What was signed before commits to none of this. Every feature is looked at once.
insert into ground_change (id, product_id, changed_at) select gen_random_uuid(), id, now() from product;
