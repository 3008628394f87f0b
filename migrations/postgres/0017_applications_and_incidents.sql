-- Applications for interprovincial transfers are papers too, and incidents are listed. Derived: a ledger that holds entries must be folded again before it is
-- served, so the table is made anew.

drop table paper;
create table paper (
    kind          text not null check (kind in ('vehicle', 'person', 'plan', 'application', 'approval', 'contract', 'hold', 'inspection', 'penalty')),
    id            uuid not null,
    party         text,
    other         text,
    site          uuid,
    division      text,
    to_day        bigint,
    idx           bigint not null,
    ended_idx     bigint,
    body          text not null,
    primary key (kind, id)
);
create index paper_id on paper (id);
create index paper_idx on paper (kind, idx);
create index paper_party on paper (party, kind, idx);
create index paper_other on paper (other, kind, idx) where other is not null;
create index paper_site on paper (site, kind) where site is not null;
create index paper_expiring on paper (party, to_day) where ended_idx is null;
create index paper_going_on on paper (idx) where kind = 'application' and ended_idx is null;

-- Accidents on the way, in log order.
create table incident (
    event_id      bytea primary key,
    idx           bigint not null,
    manifest      uuid not null
);
create index incident_idx on incident (idx);
create index incident_manifest on incident (manifest);

insert into refold_due (migration) select 17 where exists (select 1 from log_entry);
