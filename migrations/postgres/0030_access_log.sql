-- Which authority read what of whom, one row for each party it is a record of. No part of the log, and not computed from it: kept beside both.
create table access_read (
    owner         text not null,
    access_read   uuid not null,
    at_ms         bigint not null,
    reader        text not null,
    kid           bytea not null,
    role          text not null,
    operation     text not null,
    subject_kind  text not null,
    subject       text not null,
    sealed_read   uuid,
    primary key (owner, access_read)
);
create index access_read_reader on access_read (reader, access_read);

-- Readings that their owner is not told of until a day: asked for by one officer, agreed to by another.
create table sealed_read (
    sealed_read   uuid not null primary key,
    owner         text not null,
    authority     text not null,
    reason        text not null,
    days          bigint not null,
    asked_by      bytea not null,
    asked_at_ms   bigint not null,
    agreed_by     bytea,
    agreed_at_ms  bigint,
    discloses_at_ms bigint
);
create index sealed_read_owner on sealed_read (owner);
create index sealed_read_authority on sealed_read (authority, sealed_read);
