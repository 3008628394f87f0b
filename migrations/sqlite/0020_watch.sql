-- What the ledger waits for where no manifest tells of it, and which finding stands on which. An open finding may rise at a moment: from
-- here on due_ms says when time alone next changes a row, an obligation that opens or a finding that rises. What lots keep beside their sums
-- is derived too: a ledger that holds entries must be folded again before it is served.

create table watch (
    watch         blob not null primary key,
    "of"          text not null,
    snapshot      text not null
) strict;

alter table finding add column watch blob;

drop index finding_armed;
create index finding_due on finding (due_ms) where due_ms is not null;

insert into refold_due (migration) select 20 where exists (select 1 from log_entry);
