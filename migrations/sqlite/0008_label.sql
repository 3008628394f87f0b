-- Labels of containers.

-- Blocks of serial numbers lent to devices. No part of the log, and not computed from it: kept beside both.
create table label_block (
    n             integer not null check (n > 0),
    party         text not null,
    lease         blob not null,
    code          text not null,
    on_day        integer not null,
    first_serial  integer not null check (first_serial between 1 and 999),
    last_serial   integer not null check (last_serial between first_serial and 999),
    at_ms         integer not null,
    kid           blob not null,
    primary key (party, n),
    unique (party, lease),
    unique (party, code, on_day, first_serial)
) strict;
create index label_block_lent on label_block (party, at_ms);

-- Computed from the log, like all of 0002. A container is a row for each time an event fills it; a label is what was seen under it, whatever
-- its spelling, with its parts where it is a label code.
create table container (
    container     blob not null,
    idx           integer not null,
    label         blob,
    lot           blob not null,
    party         text not null,
    site          blob not null,
    mass_g        integer,
    litres        integer,
    primary key (container, idx)
) strict, without rowid;
create index container_lot on container (lot, idx);
create index container_label on container (label, idx) where label is not null;
create index container_label_party on container (label, party, idx) where label is not null;

create table label (
    label         blob primary key,
    first_idx     integer not null,
    text          text not null,
    party         text,
    code          text,
    on_day        integer,
    serial        integer,
    snapshot      text not null
) strict;
create index label_code on label (party, code, on_day, serial);

insert into refold_due (migration) select 8 where exists (select 1 from log_entry);
