-- What manifests are looked up by: one row for each thing that is true of one, for everybody (`*`) and for each party with a role on it, so that a
-- search reads no more than its own. Derived: a ledger that holds entries must be folded again before it is served.
create table manifest_term (
    scope         text not null,
    term          text not null,
    first_idx     integer not null,
    manifest      blob not null,
    primary key (scope, term, first_idx, manifest)
) strict, without rowid;
create index manifest_term_manifest on manifest_term (manifest);
create index manifest_party_manifest on manifest_party (manifest);

-- Lists go by both, as two manifests may begin with one event.
drop index manifest_first;
create index manifest_first on manifest (first_idx, manifest);

-- Where it leaves and where it goes, as registered.
alter table manifest add column from_site blob;
alter table manifest add column to_site blob;

insert into refold_due (migration) select 28 where exists (select 1 from log_entry);
