-- Comments and mentions, and what people arrange for themselves: watched features, saved views, what they have seen.

create table comment (
    id uuid primary key,
    feature_id uuid not null references feature,
    number int not null check (number > 0),
    text text not null check (text <> ''),
    author_id uuid not null references person,
    written_at timestamptz not null,
    edited_at timestamptz,
    version int not null default 1,
    constraint comment_number_unique unique (feature_id, number)
);
call history.track('comment', 'feature_id');
create index comment_by_author on comment (author_id, written_at desc);
grant select, insert, update on comment to sluice_runtime;

create table mention (
    comment_id uuid not null references comment,
    person_id uuid not null references person,
    feature_id uuid not null references feature,
    mentioned_at timestamptz not null,
    primary key (comment_id, person_id)
);
call history.track('mention', 'feature_id');
create index mention_by_person on mention (person_id, mentioned_at desc);
grant select, insert on mention to sluice_runtime;

-- Not tracked, because they are a person's own arrangement and no part of a feature's record: like sessions, they
-- come and go without an event.

create table mention_seen (
    comment_id uuid not null references comment,
    person_id uuid not null references person,
    seen_at timestamptz not null,
    primary key (comment_id, person_id)
);
grant select, insert on mention_seen to sluice_runtime;

create table watch (
    person_id uuid not null references person,
    feature_id uuid not null references feature,
    since timestamptz not null,
    primary key (person_id, feature_id)
);
create index watch_by_feature on watch (feature_id);
grant select, insert, delete on watch to sluice_runtime;

create table saved_view (
    id uuid primary key,
    owner_id uuid not null references person,
    name text not null,
    query text not null check (length(query) <= 2000),
    created_at timestamptz not null,
    constraint saved_view_name_unique unique (owner_id, name)
);
grant select, insert, update, delete on saved_view to sluice_runtime;
