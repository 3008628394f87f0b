-- The manifest whose rejected waste a manifest carries on, so that its follow-ups are found. Derived: a ledger that holds entries must be
-- folded again before it is served.

alter table manifest add column follows blob;
create index manifest_follows on manifest (follows, first_idx) where follows is not null;

insert into refold_due (migration) select 9 where exists (select 1 from log_entry);
