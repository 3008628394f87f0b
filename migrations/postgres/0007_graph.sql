-- The graph of lots with repackings and treatments as nodes of their own, what a lot's sums say without its snapshot, and stock by
-- site, code and day. All derived: a ledger that holds entries must be folded again before it is served.

drop table lot_edge;
create table lot_edge (
    child         uuid not null,
    parent        uuid not null,
    idx           bigint not null,
    how           text not null check (how in ('drawn', 'rejected', 'fed', 'made')),
    mass_g        bigint not null,
    primary key (child, parent, idx)
);
create index lot_edge_parent on lot_edge (parent, child);

create table mix (
    mix           uuid primary key,
    event_id      bytea not null,
    idx           bigint not null,
    how           text not null check (how in ('used', 'disposed', 'repacked')),
    in_g          bigint not null,
    out_g         bigint not null
);

alter table lot add column unproven_g bigint not null default 0;
alter table lot add column transit_g bigint not null default 0;
alter table lot add column opened_g bigint not null default 0;
alter table lot add column generated_g bigint not null default 0;
alter table lot add column variance_g bigint not null default 0;
alter table lot add column unexplained_g bigint not null default 0;

-- What entered and left a party's site as waste of a code, by the account it came from or went to: the sum of a day, a month or a
-- year, from its first day on (days since 1970). The sums of nothing have no row.
create table stock_bucket (
    party         text not null,
    site          uuid not null,
    grain         text not null check (grain in ('day', 'month', 'year')),
    start         bigint not null,
    code          text not null,
    against       text not null,
    in_g          bigint not null,
    out_g         bigint not null,
    primary key (party, site, grain, start, code, against)
);
create index stock_bucket_nothing on stock_bucket (party) where in_g = 0 and out_g = 0;

-- Lots of which something is at a party's site now.
create table stock_lot (
    party         text not null,
    site          uuid not null,
    lot           uuid not null,
    code          text not null,
    first_idx     bigint not null,
    balance_g     bigint not null check (balance_g <> 0),
    primary key (party, site, lot)
);
create index stock_lot_code on stock_lot (party, site, code, first_idx, lot);

-- Counts of stock in force; lots is 0 where the code was counted as a whole.
create table stock_count (
    party         text not null,
    site          uuid not null,
    code          text not null,
    at_ms         bigint not null,
    event_id      bytea not null,
    mass_g        bigint not null,
    differs_g     bigint not null,
    lots          bigint not null,
    primary key (party, site, code, at_ms, event_id)
);

-- A migration after which the log must be folded again; `liandan rebuild` does it and forgets it.
create table refold_due (
    migration     bigint primary key
);
insert into refold_due (migration) select 7 where exists (select 1 from log_entry);
