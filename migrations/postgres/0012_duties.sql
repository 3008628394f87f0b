-- What sites are by class and year, and where they store. Derived: a ledger that holds entries must be folded again before it is
-- served.

alter table site add column classes text not null default '[]';
alter table site add column facilities text not null default '[]';

insert into refold_due (migration) select 12 where exists (select 1 from log_entry);
