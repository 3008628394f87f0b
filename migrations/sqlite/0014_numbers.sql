-- Numbers of other systems and the manifests they are bound to, the local day a manifest's waste leaves, and mandates. Derived: a
-- ledger that holds entries must be folded again before it is served.

-- One number of one system is one manifest's.
create table external_number (
    system        text not null,
    number        text not null,
    manifest      blob not null,
    idx           integer not null,
    primary key (system, number)
) strict, without rowid;
create index external_number_manifest on external_number (manifest);
create index external_number_number on external_number (number);

-- In days since 1970-01-01 of the profile's zone: at the first collection, before one as planned.
alter table manifest add column leaves_day integer;
create index manifest_leaves on manifest (leaves_day, manifest) where leaves_day is not null;

create table mandate (
    mandate       blob primary key,
    party         text not null,
    mandatary     text not null,
    body          text not null,
    idx           integer not null
) strict;
create index mandate_party on mandate (party, idx);
create index mandate_mandatary on mandate (mandatary, idx);

insert into refold_due (migration) select 14 where exists (select 1 from log_entry);
