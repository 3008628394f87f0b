-- Everything below is computed from the log, can be dropped, and is rebuilt identically.

create table party (
    party         text primary key,
    name          text not null,
    name_en       text,
    kinds         text not null,
    division      text not null,
    idx           integer not null
) strict;

create table site (
    site          blob primary key,
    party         text not null,
    name          text not null,
    division      text not null,
    idx           integer not null
) strict;
create index site_party on site (party, idx);

create table signing_key (
    kid           blob primary key,
    public_key    blob not null,
    party         text not null,
    role          text not null,
    invitation    blob unique,
    enrolled_idx  integer not null,
    revoked_idx   integer,
    revoked_at_ms integer,
    suspected_from_idx integer
) strict;
create index signing_key_party on signing_key (party, enrolled_idx);

create table profile_adoption (
    idx           integer primary key,
    body          text not null
) strict;

create table permit (
    permit        blob primary key,
    party         text not null,
    number        text not null,
    body          text not null,
    idx           integer not null
) strict;
create index permit_party on permit (party, idx);

create table assignment (
    carrier       text not null,
    vehicle       text not null,
    manifest      blob not null,
    from_ms       integer not null,
    until_ms      integer not null,
    primary key (carrier, vehicle, manifest, from_ms)
) strict, without rowid;

create table counter (
    name          text primary key,
    value         integer not null check (value > 0)
) strict, without rowid;

-- Events in the order of each subject: 1 manifest, 2 lot, 3 document, 4 party.
create table timeline (
    subject_kind  integer not null,
    subject       blob not null,
    event_id      blob not null,
    eff_ms        integer not null,
    depth         integer not null,
    kind_rank     integer not null,
    idx           integer not null,
    verdict       text not null,
    primary key (subject_kind, subject, event_id)
) strict, without rowid;

create index timeline_idx on timeline (idx);

-- Predecessors nobody has seen yet, and the manifest that waits for them.
create table awaited (
    event_id      blob not null,
    manifest      blob not null,
    primary key (event_id, manifest)
) strict, without rowid;

create table manifest (
    manifest      blob primary key,
    first_idx     integer not null,
    number        text unique,
    status        text not null,
    consignor     text,
    consignee     text,
    division      text,
    erp_no        text,
    updated_idx   integer not null,
    snapshot      text not null
) strict;
create index manifest_first on manifest (first_idx);
create index manifest_division on manifest (division, first_idx);

create table manifest_party (
    party         text not null,
    first_idx     integer not null,
    manifest      blob not null,
    primary key (party, first_idx, manifest)
) strict, without rowid;

create table lot (
    lot           blob primary key,
    first_idx     integer not null,
    lot_code      text,
    waste_code    text,
    held_g        integer not null,
    snapshot      text not null
) strict;

create table lot_party (
    party         text not null,
    first_idx     integer not null,
    lot           blob not null,
    primary key (party, first_idx, lot)
) strict, without rowid;

create table lot_edge (
    child         blob not null,
    parent        blob not null,
    idx           integer not null,
    mass_g        integer not null,
    primary key (child, parent, idx)
) strict, without rowid;
create index lot_edge_parent on lot_edge (parent, child);

create table document (
    document      blob primary key,
    idx           integer not null,
    importer      text not null,
    profile       text not null,
    source        text not null,
    number        text not null
) strict;

create table document_line (
    document      blob not null,
    row           integer not null,
    line          integer,
    unit          text not null,
    quantity_milli integer,
    mass_g        integer,
    volume_ml     integer,
    primary key (document, row)
) strict, without rowid;

-- Double entry: the postings of one log entry sum to zero.
create table posting (
    idx           integer not null,
    n             integer not null,
    lot           blob not null,
    account       text not null,
    party         text,
    site          blob,
    manifest      blob,
    line          integer,
    eff_day       integer not null,
    mass_g        integer not null check (mass_g <> 0),
    primary key (idx, n)
) strict, without rowid;
create index posting_lot on posting (lot, idx);

-- Findings and, while `life` is armed, the obligations they come from.
create table finding (
    finding       blob primary key,
    rule          text not null,
    severity      text not null,
    subject_kind  text not null,
    subject       text not null,
    manifest      blob,
    life          text not null check (life in ('armed', 'open', 'closed')),
    due_ms        integer,
    opened_at_ms  integer,
    closed_at_ms  integer,
    body          text not null
) strict;
create index finding_armed on finding (due_ms) where life = 'armed';
create index finding_open on finding (life, rule, finding);
create index finding_manifest on finding (manifest);
create index finding_subject on finding (subject);

create table finding_party (
    party         text not null,
    finding       blob not null,
    primary key (party, finding)
) strict, without rowid;

create table finding_step (
    finding       blob not null,
    n             integer not null,
    idx           integer,
    at_ms         integer not null,
    step          text not null,
    body          text not null,
    primary key (finding, n)
) strict, without rowid;
create index finding_step_idx on finding_step (idx);
