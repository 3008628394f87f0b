-- What was known when the log was shorter: every word of a party on an event of its own, as what a lot counted before an entry gave it
-- another code, and from which entry to which a count stood. Derived: a ledger that holds entries must be folded again before it is
-- served.

drop table last_word;
create table word (
    event_id      blob not null,
    by_idx        integer not null,
    by_event      blob not null,
    by_kid        blob not null,
    stance        text not null check (stance in ('reaffirmed', 'disavowed')),
    first_verdict text not null,
    steps         integer not null check (steps >= 1),
    primary key (event_id, by_idx)
) strict, without rowid;

create table lot_recoded (
    lot           blob not null,
    idx           integer not null,
    code          text not null,
    primary key (lot, idx)
) strict, without rowid;
create index lot_recoded_idx on lot_recoded (idx);

-- A count stands from the entry `idx` on until the entry `until_idx`; lots is 0 where the code was counted as a whole.
drop table stock_count;
create table stock_count (
    party         text not null,
    site          blob not null,
    code          text not null,
    at_ms         integer not null,
    event_id      blob not null,
    idx           integer not null,
    until_idx     integer,
    mass_g        integer not null,
    differs_g     integer not null,
    lots          integer not null,
    primary key (party, site, code, at_ms, event_id, idx)
) strict, without rowid;

create index posting_site on posting (party, site, idx) where account = 'held';

insert into refold_due (migration) select 16 where exists (select 1 from log_entry);
