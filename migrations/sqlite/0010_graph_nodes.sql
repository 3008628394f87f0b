-- The graph of lots as it is read: which lots went into which as sums, so that what is taken back leaves no row, and beside it what
-- every node needs for a trace, in rows so small that a walk reads them as fast as the edges. Derived: a ledger that holds entries
-- must be folded again before it is served.

drop table lot_edge;
create table lot_edge (
    child         blob not null,
    parent        blob not null,
    mass_g        integer not null,
    primary key (child, parent)
) strict, without rowid;
create index lot_edge_parent on lot_edge (parent, child);
create index lot_edge_nothing on lot_edge (child) where mass_g = 0;

-- A lot's accounts, and what went through a mix, in grams. Anybody may state a lot by the id of a mix, so the two never share a row.
create table lot_node (
    node          blob not null,
    is_mix        integer not null,
    masses        text not null,
    primary key (node, is_mix)
) strict, without rowid;
drop table mix;
alter table lot drop column unproven_g;
alter table lot drop column transit_g;
alter table lot drop column opened_g;
alter table lot drop column generated_g;
alter table lot drop column variance_g;
alter table lot drop column unexplained_g;

create index lot_first on lot (first_idx desc, lot);

insert into refold_due (migration) select 10 where exists (select 1 from log_entry);
