-- What happened, in the order in which it was committed, for those whom it concerns: the feed and its webhooks read it. Beside the log: a refold
-- writes nothing here, and a restored ledger begins a new one.
create table outbox (
    seq           integer not null primary key,
    at_ms         integer not null,
    what          text not null,
    idx           integer,
    event         blob,
    finding       blob,
    rule          text,
    severity      text,
    subject_kind  text not null,
    subject       text not null,
    divisions     text not null
) strict;
create index outbox_subject on outbox (subject);

-- The parties it concerned when it happened.
create table outbox_reader (
    reader        text not null,
    seq           integer not null,
    primary key (reader, seq)
) strict, without rowid;

create table webhook (
    webhook          blob not null primary key,
    party            text not null,
    kid              blob not null,
    url              text not null,
    whats            text not null,
    reads_all        integer not null,
    state            text not null check (state in ('active', 'parked')),
    parked_for       text,
    delivered        integer not null,
    made_at_ms       integer not null,
    attempts         integer not null,
    failing_since_ms integer,
    failures         integer not null,
    next_at_ms       integer not null,
    leased_until_ms  integer not null
) strict;
create index webhook_party on webhook (party);
create index webhook_next on webhook (next_at_ms) where state = 'active';

create table webhook_attempt (
    webhook       blob not null,
    n             integer not null,
    seq           integer not null,
    at_ms         integer not null,
    status        integer,
    error         text,
    primary key (webhook, n)
) strict, without rowid;
