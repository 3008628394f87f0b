-- Running totals that rules hold against a limit, and which finding stands on which. Derived: a ledger that holds entries must be folded
-- again before it is served.

create table tally (
    tally         blob not null primary key,
    party         text not null,
    site          blob,
    year          integer,
    first_idx     integer not null,
    "of"          text not null,
    snapshot      text not null
) strict;
create index tally_party on tally (party, year);

alter table finding add column tally blob;
create index finding_tally on finding (tally) where tally is not null;

insert into refold_due (migration) select 15 where exists (select 1 from log_entry);
