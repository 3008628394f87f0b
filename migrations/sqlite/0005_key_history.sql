-- Which key took whose place, and what parties last said of their own earlier events. Computed from the log, like all of 0002.

alter table signing_key add column replaces blob;
alter table signing_key add column replaced_by blob;

create table last_word (
    event_id      blob primary key,
    stance        text not null check (stance in ('reaffirmed', 'disavowed')),
    by_event      blob not null,
    by_idx        integer not null,
    by_kid        blob not null,
    first_verdict text not null,
    steps         integer not null check (steps >= 1)
) strict, without rowid;

-- Every entry that ended a key, or said later that the suspicion of it goes further back.
create table key_end (
    kid           blob not null,
    idx           integer not null,
    primary key (kid, idx)
) strict, without rowid;
