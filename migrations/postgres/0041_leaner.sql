-- Snapshots that are written anew with every event are packed. Derived: a ledger that holds entries must be folded again before it is served.
alter table manifest drop column snapshot;
alter table manifest add column snapshot bytea not null default ''::bytea;
alter table manifest alter column snapshot set storage external;
alter table lot drop column snapshot;
alter table lot add column snapshot bytea not null default ''::bytea;
alter table lot alter column snapshot set storage external;
alter table tally drop column snapshot;
alter table tally add column snapshot bytea not null default ''::bytea;
alter table tally alter column snapshot set storage external;

-- Terms are found by what is asked for; those of an erased manifest follow from its snapshot.
drop index manifest_term_manifest;

-- Acts are looked up with the party whose they are.
drop index act_key_act;

insert into refold_due (migration) select 41 where exists (select 1 from log_entry);
