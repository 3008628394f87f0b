-- Running totals that rules hold against a limit, and which finding stands on which. Derived: a ledger that holds entries must be folded
-- again before it is served.

create table tally (
    tally         uuid not null primary key,
    "of"          text not null,
    snapshot      text not null
);

alter table finding add column tally uuid;

insert into refold_due (migration) select 15 where exists (select 1 from log_entry);
