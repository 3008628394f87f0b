-- Where a site lies, as it was registered: its place as JSON (docs/formats.md, `place`). Derived: a ledger that holds entries must be folded again
-- before it is served.
alter table site add column place text;

insert into refold_due (migration) select 40 where exists (select 1 from log_entry);
