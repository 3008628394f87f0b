-- Corrections: what was asked for, proposed, agreed and ordered, and which of them count. Derived: a ledger that holds entries must be
-- folded again before it is served.

create table correction (
    correction    blob primary key,
    event_id      blob not null,
    first_idx     integer not null,
    stage         text not null check (stage in ('requested', 'proposed', 'refused', 'in-force')),
    settled_idx   integer,
    snapshot      text not null
) strict;
create index correction_event on correction (event_id, settled_idx);

-- Whom a correction concerns: who asked, proposed, ordered, agreed, refused, or has still to answer.
create table correction_party (
    party         text not null,
    first_idx     integer not null,
    correction    blob not null,
    primary key (party, first_idx, correction)
) strict, without rowid;

insert into refold_due (migration) select 11 where exists (select 1 from log_entry);
