-- Running totals that rules hold against a limit, and which finding stands on which. Derived: a ledger that holds entries must be folded
-- again before it is served.

create table tally (
    tally         uuid not null primary key,
    party         text not null,
    site          uuid,
    year          bigint,
    first_idx     bigint not null,
    "of"          text not null,
    snapshot      text not null
);
create index tally_party on tally (party, year);

alter table finding add column tally uuid;
create index finding_tally on finding (tally) where tally is not null;

insert into refold_due (migration) select 15 where exists (select 1 from log_entry);
