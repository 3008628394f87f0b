-- The graph of lots with repackings and treatments as nodes of their own, what a lot's sums say without its snapshot, and stock by
-- site, code and day. All derived: a ledger that holds entries must be folded again before it is served.

drop table lot_edge;
create table lot_edge (
    child         blob not null,
    parent        blob not null,
    idx           integer not null,
    how           text not null check (how in ('drawn', 'rejected', 'fed', 'made')),
    mass_g        integer not null,
    primary key (child, parent, idx)
) strict, without rowid;
create index lot_edge_parent on lot_edge (parent, child);

create table mix (
    mix           blob primary key,
    event_id      blob not null,
    idx           integer not null,
    how           text not null check (how in ('used', 'disposed', 'repacked')),
    in_g          integer not null,
    out_g         integer not null
) strict;

alter table lot add column unproven_g integer not null default 0;
alter table lot add column transit_g integer not null default 0;
alter table lot add column opened_g integer not null default 0;
alter table lot add column generated_g integer not null default 0;
alter table lot add column variance_g integer not null default 0;
alter table lot add column unexplained_g integer not null default 0;

-- What entered and left a party's site, by the account it came from or went to; grain and first day (days since 1970) of the sum.
create table stock_bucket (
    party         text not null,
    site          blob not null,
    code          text not null,
    against       text not null,
    grain         text not null check (grain in ('day', 'month', 'year')),
    start         integer not null,
    in_g          integer not null,
    out_g         integer not null,
    primary key (site, party, code, grain, start, against)
) strict, without rowid;

-- A migration after which the log must be folded again; `liandan rebuild` does it and forgets it.
create table refold_due (
    migration     integer primary key
) strict;
insert into refold_due (migration) select 7 where exists (select 1 from log_entry);
