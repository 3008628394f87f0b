-- Lots keep what moved of them by month and measure, and running totals add it up beside what was filed; vehicles have running totals too. Derived: a
-- ledger that holds entries must be folded again before it is served.

insert into refold_due (migration) select 23 where exists (select 1 from log_entry);
