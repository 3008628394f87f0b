-- Manifests keep what else rules look at: lots drawn from, places by satellite, times as stated; and papers name what a hold is on. Derived: a
-- ledger that holds entries must be folded again before it is served.

insert into refold_due (migration) select 22 where exists (select 1 from log_entry);
