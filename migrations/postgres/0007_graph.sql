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

-- What entered and left a party's site, by the account it came from or went to; grain and first day (days since 1970) of the sum.
create table stock_bucket (
    party         text not null,
    site          uuid not null,
    code          text not null,
    against       text not null,
    grain         text not null check (grain in ('day', 'month', 'year')),
    start         bigint not null,
    in_g          bigint not null,
    out_g         bigint not null,
    primary key (site, party, code, grain, start, against)
);

-- A migration after which the log must be folded again; `liandan rebuild` does it and forgets it.
create table refold_due (
    migration     bigint primary key
);
insert into refold_due (migration) select 7 where exists (select 1 from log_entry);
