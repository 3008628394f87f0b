-- What parties are found by: their names as people type them, also in short, and the initials of Chinese ones; for authorities besides what they are
-- called in other systems. Derived: a ledger that holds entries must be folded again before it is served.
alter table party add column sought text not null default '';
alter table party add column sought_by_authorities text not null default '';

insert into refold_due (migration) select 39 where exists (select 1 from log_entry);
