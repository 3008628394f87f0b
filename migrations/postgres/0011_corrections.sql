-- Corrections change what is derived: a ledger that holds entries must be folded again before it is served.

insert into refold_due (migration) select 11 where exists (select 1 from log_entry);
