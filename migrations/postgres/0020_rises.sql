-- An open finding may rise at a moment: from here on due_ms says when time alone next changes a row, an obligation that opens or a
-- finding that rises. What the lots keep beside their sums is derived, so a ledger that holds entries must be folded again before it
-- is served.

drop index finding_armed;
create index finding_due on finding (due_ms) where due_ms is not null;

insert into refold_due (migration) select 20 where exists (select 1 from log_entry);
