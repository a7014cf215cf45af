-- Evidence: files by their SHA-256, stored once however often they are uploaded.

create table blob (
    digest bytea primary key check (octet_length(digest) = 32),
    size bigint not null check (size >= 0),
    created_at timestamptz not null
);
grant select, insert on blob to sluice_runtime;

-- In pieces, so that neither side ever holds a whole file in memory. Reports compress well, but a server-wide CPU cost
-- at upload is not worth the disk: stored as they are.
create table blob_chunk (
    digest bytea not null references blob,
    position int not null check (position >= 0),
    bytes bytea not null,
    primary key (digest, position)
);
alter table blob_chunk alter column bytes set storage external;
grant select, insert on blob_chunk to sluice_runtime;

do $$
declare name text;
begin
    foreach name in array array['blob', 'blob_chunk'] loop
        execute format('create trigger append_only before update or delete on public.%I
                        for each row execute function audit.refuse()', name);
        execute format('create trigger never_truncated before truncate on public.%I
                        for each statement execute function audit.refuse()', name);
        execute format('create constraint trigger demand_event after insert on public.%I
                        deferrable initially deferred for each row execute function history.demand_event()', name);
    end loop;
end
$$;

create table evidence (
    id uuid primary key,
    feature_id uuid not null references feature,
    number int not null check (number > 0),
    title text not null,
    kind text not null,
    version int not null default 1,
    created_at timestamptz not null,
    constraint evidence_number_unique unique (feature_id, number)
);
call history.track('evidence', 'feature_id');
grant select, insert, update (version) on evidence to sluice_runtime;

create table evidence_version (
    evidence_id uuid not null references evidence,
    version int not null check (version > 0),
    digest bytea not null references blob,
    file_name text not null,
    media_type text,
    note text not null default '',
    salt bytea not null check (octet_length(salt) = 32),
    author_id uuid not null references person,
    uploaded_at timestamptz not null,
    primary key (evidence_id, version)
);
call history.track('evidence_version', 'evidence_id');
create index evidence_version_by_digest on evidence_version (digest);
grant select, insert on evidence_version to sluice_runtime;

-- What a piece of evidence proves: controls and threats.
create table evidence_use (
    evidence_id uuid not null references evidence,
    feature_id uuid not null references feature,
    target_kind text not null check (target_kind in ('control', 'threat')),
    phase text not null default '',     -- of a control
    target text not null,               -- the control's key, or the threat's number
    author_id uuid not null references person,
    attached_at timestamptz not null,
    primary key (evidence_id, target_kind, phase, target)
);
call history.track('evidence_use', 'feature_id');
create index evidence_use_by_feature on evidence_use (feature_id, target_kind, phase, target);
grant select, insert, delete on evidence_use to sluice_runtime;
