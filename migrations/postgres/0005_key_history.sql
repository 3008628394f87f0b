-- Which key took whose place, and what parties last said of their own earlier events. Computed from the log, like all of 0002.

alter table signing_key add column replaces bytea;
alter table signing_key add column replaced_by bytea;

create table last_word (
    event_id      bytea primary key,
    stance        text not null check (stance in ('reaffirmed', 'disavowed')),
    by_event      bytea not null,
    by_idx        bigint not null,
    by_kid        bytea not null,
    first_verdict text not null,
    steps         bigint not null check (steps >= 1)
);

-- Every entry that ended a key, or said later that the suspicion of it goes further back.
create table key_end (
    kid           bytea not null,
    idx           bigint not null,
    primary key (kid, idx)
);
