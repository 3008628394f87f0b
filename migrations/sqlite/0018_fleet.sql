-- Which vehicle or person a paper is for, so that a handover finds its licences; and manifests and lots keep more of what rules look at:
-- codes as found, drivers and escorts, refusals. Derived: a ledger that holds entries must be folded again before it is served.

alter table paper add column carries text;
create index paper_carries on paper (carries) where carries is not null;

insert into refold_due (migration) select 18 where exists (select 1 from log_entry);
