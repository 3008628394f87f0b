-- What people say of findings, cases, and what a check at the road looks up. Derived: a ledger that holds entries must be folded again before it is served.

alter table finding add column gauge integer not null default 0;

-- `stage` is where the finding stands while its gauge is no larger than `quoted`, that of the figures it was closed with; else it stands
-- at `undecided`.
create table finding_answer (
    finding       blob not null primary key,
    subject_kind  text not null,
    subject       text not null,
    stage         text not null check (stage in ('open', 'explained', 'closed', 'upheld')),
    undecided     text not null check (undecided in ('open', 'explained')),
    quoted        integer,
    snapshot      text not null
) strict;
create index finding_answer_subject on finding_answer (subject);

create view finding_seen as
select f.finding, f.rule, f.severity, f.subject_kind, f.subject, f.manifest, f.life, f.opened_at_ms, f.closed_at_ms, f.body,
       case when a.stage = 'closed' and f.gauge > a.quoted then a.undecided else coalesce(a.stage, 'open') end as stage
  from finding f left join finding_answer a on a.finding = f.finding;

-- `due_day` in days since 1970-01-01.
create table case_file (
    case_id       blob not null primary key,
    party         text not null,
    division      text,
    owner         blob not null,
    site          blob,
    stage         text not null check (stage in ('open', 'answered', 'closed')),
    due_day       integer,
    first_idx     integer not null,
    snapshot      text not null
) strict;
create index case_file_idx on case_file (first_idx);
create index case_file_division on case_file (division, first_idx);
create index case_file_party on case_file (party, first_idx);
create index case_file_owner on case_file (owner, first_idx);
create index case_file_due on case_file (due_day) where stage = 'open';

-- Every vehicle that was named for a manifest.
create table manifest_plate (
    plate         text not null,
    manifest      blob not null,
    primary key (plate, manifest)
) strict, without rowid;
create index manifest_plate_manifest on manifest_plate (manifest);

insert into refold_due (migration) select 19 where exists (select 1 from log_entry);
