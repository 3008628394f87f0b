-- People who leave: who takes over, and the revocation that was signed for the day. No part of the log before that day.
create table departure (
    kid           bytea not null primary key,
    party         text not null,
    successor     bytea not null,
    ends_at_ms    bigint not null,
    revocation    text not null,
    by_kid        bytea not null,
    made_at_ms    bigint not null,
    stage         text not null check (stage in ('waits', 'done', 'refused')),
    ended_at_ms   bigint,
    refused_for   text
);
create index departure_of_party on departure (party, kid);
create index departure_due on departure (ends_at_ms, kid) where stage = 'waits';
