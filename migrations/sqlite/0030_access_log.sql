-- Which authority read what of whom, one row for each party it is a record of. No part of the log, and not computed from it: kept beside both.
create table access_read (
    owner         text not null,
    access_read   blob not null,
    at_ms         integer not null,
    reader        text not null,
    kid           blob not null,
    role          text not null,
    operation     text not null,
    subject_kind  text not null,
    subject       text not null,
    sealed_read   blob,
    primary key (owner, access_read)
) strict, without rowid;
create index access_read_reader on access_read (reader, access_read);

-- Readings that their owner is not told of until a day: asked for by one officer, agreed to by another.
create table sealed_read (
    sealed_read   blob not null primary key,
    owner         text not null,
    authority     text not null,
    reason        text not null,
    days          integer not null,
    asked_by      blob not null,
    asked_at_ms   integer not null,
    agreed_by     blob,
    agreed_at_ms  integer,
    discloses_at_ms integer
) strict;
create index sealed_read_owner on sealed_read (owner);
create index sealed_read_authority on sealed_read (authority, sealed_read);
