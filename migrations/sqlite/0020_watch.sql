-- What the ledger waits for where no manifest tells of it, and which finding stands on which. An open finding may rise at a moment: from
-- here on due_ms says when time alone next changes a row. Derived: a ledger that holds entries must be folded again before it is served.

create table watch (
    watch         blob not null primary key,
    "of"          text not null,
    snapshot      text not null
) strict;

alter table finding add column watch blob;

drop index if exists finding_armed;
create index if not exists finding_due on finding (due_ms) where due_ms is not null;

insert into refold_due (migration) select 20 where exists (select 1 from log_entry);
