-- Lots keep what moved of them by month and measure, manifests where they were on their way, and running totals more of both: beside what was filed, by vehicle and
-- by size of loads. Derived: a ledger that holds entries must be folded again before it is served.

insert into refold_due (migration) select 23 where exists (select 1 from log_entry);
