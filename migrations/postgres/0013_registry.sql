-- What becomes of permits, sites that close, and papers: licences, qualifications, plans, approvals, contracts, holds, inspections,
-- penalties. Derived: a ledger that holds entries must be folded again before it is served.

alter table site add column closed_day bigint;

-- `party` is in whose record it stands, `other` the other side, `division` whose authorities see it, `to_day` its last day, in days
-- since 1970-01-01. `body` is the whole paper.
create table paper (
    kind          text not null check (kind in ('vehicle', 'person', 'plan', 'approval', 'contract', 'hold', 'inspection', 'penalty')),
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

insert into refold_due (migration) select 13 where exists (select 1 from log_entry);
