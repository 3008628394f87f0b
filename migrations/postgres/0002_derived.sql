-- Everything below is computed from the log, can be dropped, and is rebuilt identically.

create table party (
    party         text primary key,
    name          text not null,
    name_en       text,
    kinds         text not null,
    division      text not null,
    idx           bigint not null
);

create table site (
    site          uuid primary key,
    party         text not null,
    name          text not null,
    division      text not null,
    idx           bigint not null
);
create index site_party on site (party, idx);

create table signing_key (
    kid           bytea primary key,
    public_key    bytea not null,
    party         text not null,
    role          text not null,
    invitation    uuid unique,
    enrolled_idx  bigint not null,
    revoked_idx   bigint,
    revoked_at_ms bigint,
    suspected_from_idx bigint
);
create index signing_key_party on signing_key (party, enrolled_idx);

create table profile_adoption (
    idx           bigint primary key,
    body          text not null
);

create table permit (
    permit        uuid primary key,
    party         text not null,
    number        text not null,
    body          text not null,
    idx           bigint not null
);
create index permit_party on permit (party, idx);

create table assignment (
    carrier       text not null,
    vehicle       text not null,
    manifest      uuid not null,
    from_ms       bigint not null,
    until_ms      bigint not null,
    primary key (carrier, vehicle, manifest, from_ms)
);

create table counter (
    name          text primary key,
    value         bigint not null check (value > 0)
);

-- Events in the order of each subject: 1 manifest, 2 lot, 3 document, 4 party.
create table timeline (
    subject_kind  smallint not null,
    subject       uuid not null,
    event_id      bytea not null,
    eff_ms        bigint not null,
    depth         bigint not null,
    kind_rank     bigint not null,
    idx           bigint not null,
    verdict       text not null,
    primary key (subject_kind, subject, event_id)
);

create index timeline_idx on timeline (idx);

-- Predecessors nobody has seen yet, and the manifest that waits for them.
create table awaited (
    event_id      bytea not null,
    manifest      uuid not null,
    primary key (event_id, manifest)
);

create table manifest (
    manifest      uuid primary key,
    first_idx     bigint not null,
    number        text unique,
    status        text not null,
    consignor     text,
    consignee     text,
    division      text,
    erp_no        text,
    updated_idx   bigint not null,
    snapshot      text not null
);
create index manifest_first on manifest (first_idx);
create index manifest_division on manifest (division, first_idx);

create table manifest_party (
    party         text not null,
    first_idx     bigint not null,
    manifest      uuid not null,
    primary key (party, first_idx, manifest)
);

create table lot (
    lot           uuid primary key,
    first_idx     bigint not null,
    lot_code      text,
    waste_code    text,
    held_g        bigint not null,
    snapshot      text not null
);

create table lot_party (
    party         text not null,
    first_idx     bigint not null,
    lot           uuid not null,
    primary key (party, first_idx, lot)
);

create table lot_edge (
    child         uuid not null,
    parent        uuid not null,
    idx           bigint not null,
    mass_g        bigint not null,
    primary key (child, parent, idx)
);
create index lot_edge_parent on lot_edge (parent, child);

create table document (
    document      uuid primary key,
    idx           bigint not null,
    importer      text not null,
    profile       text not null,
    source        text not null,
    number        text not null
);

create table document_line (
    document      uuid not null,
    row           bigint not null,
    line          bigint,
    unit          text not null,
    quantity_milli bigint,
    mass_g        bigint,
    volume_ml     bigint,
    primary key (document, row)
);

-- Double entry: the postings of one log entry sum to zero.
create table posting (
    idx           bigint not null,
    n             bigint not null,
    lot           uuid not null,
    account       text not null,
    party         text,
    site          uuid,
    manifest      uuid,
    line          bigint,
    eff_day       bigint not null,
    mass_g        bigint not null check (mass_g <> 0),
    primary key (idx, n)
);
create index posting_lot on posting (lot, idx);

-- Findings and, while `life` is armed, the obligations they come from.
create table finding (
    finding       uuid primary key,
    rule          text not null,
    severity      text not null,
    subject_kind  text not null,
    subject       text not null,
    manifest      uuid,
    life          text not null check (life in ('armed', 'open', 'closed')),
    due_ms        bigint,
    opened_at_ms  bigint,
    closed_at_ms  bigint,
    body          text not null
);
create index finding_armed on finding (due_ms) where life = 'armed';
create index finding_open on finding (life, rule, finding);
create index finding_manifest on finding (manifest);
create index finding_subject on finding (subject);

create table finding_party (
    party         text not null,
    finding       uuid not null,
    primary key (party, finding)
);

create table finding_step (
    finding       uuid not null,
    n             bigint not null,
    idx           bigint,
    at_ms         bigint not null,
    step          text not null,
    body          text not null,
    primary key (finding, n)
);
create index finding_step_idx on finding_step (idx);
