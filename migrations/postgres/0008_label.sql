-- Labels of containers.

-- Blocks of serial numbers lent to devices. No part of the log, and not computed from it: kept beside both.
create table label_block (
    n             bigint not null check (n > 0),
    party         text not null,
    lease         uuid not null,
    code          text not null,
    on_day        bigint not null,
    first_serial  bigint not null check (first_serial between 1 and 999),
    last_serial   bigint not null check (last_serial between first_serial and 999),
    at_ms         bigint not null,
    kid           bytea not null,
    primary key (party, n),
    unique (party, lease),
    unique (party, code, on_day, first_serial)
);
create index label_block_lent on label_block (party, at_ms);

-- Computed from the log, like all of 0002. A container is a row for each time an event fills it; a label is what was seen under it, whatever
-- its spelling, with its parts where it is a label code.
create table container (
    container     uuid not null,
    idx           bigint not null,
    label         uuid,
    lot           uuid not null,
    party         text not null,
    site          uuid not null,
    mass_g        bigint,
    litres        bigint,
    primary key (container, idx)
);
create index container_lot on container (lot, idx);
create index container_label on container (label, idx) where label is not null;
create index container_label_party on container (label, party, idx) where label is not null;

create table label (
    label         uuid primary key,
    first_idx     bigint not null,
    text          text not null,
    party         text,
    code          text,
    on_day        bigint,
    serial        bigint,
    snapshot      text not null
);
create index label_code on label (party, code, on_day, serial);

insert into refold_due (migration) select 8 where exists (select 1 from log_entry);
