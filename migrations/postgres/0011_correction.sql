-- Corrections: what was asked for, proposed, agreed and ordered, and which of them count. Derived: a ledger that holds entries must be
-- folded again before it is served.

create table correction (
    correction    uuid primary key,
    event_id      bytea not null,
    first_idx     bigint not null,
    stage         text not null check (stage in ('requested', 'proposed', 'refused', 'in-force')),
    settled_idx   bigint,
    snapshot      text not null
);
create index correction_event on correction (event_id, settled_idx);

-- Whom a correction concerns: who asked, proposed, ordered, agreed, refused, or has still to answer.
create table correction_party (
    party         text not null,
    first_idx     bigint not null,
    correction    uuid not null,
    primary key (party, first_idx, correction)
);

insert into refold_due (migration) select 11 where exists (select 1 from log_entry);
