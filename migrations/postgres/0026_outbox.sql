-- What happened, in the order in which it was committed, for those whom it concerns: the feed and its webhooks read it. Beside the log: a refold
-- writes nothing here, and a restored ledger begins a new one.
create table outbox (
    seq           bigint not null primary key,
    at_ms         bigint not null,
    what          text not null,
    idx           bigint,
    event         bytea,
    finding       uuid,
    rule          text,
    severity      text,
    subject_kind  text not null,
    subject       text not null,
    divisions     text not null
);
create index outbox_subject on outbox (subject);

-- The parties it concerned when it happened.
create table outbox_reader (
    reader        text not null,
    seq           bigint not null,
    primary key (reader, seq)
);

create table webhook (
    webhook          uuid not null primary key,
    party            text not null,
    kid              bytea not null,
    url              text not null,
    whats            text not null,
    reads_all        bigint not null,
    state            text not null check (state in ('active', 'parked')),
    parked_for       text,
    delivered        bigint not null,
    made_at_ms       bigint not null,
    attempts         bigint not null,
    failing_since_ms bigint,
    failures         bigint not null,
    next_at_ms       bigint not null,
    leased_until_ms  bigint not null
);
create index webhook_party on webhook (party);
create index webhook_next on webhook (next_at_ms) where state = 'active';

create table webhook_attempt (
    webhook       uuid not null,
    n             bigint not null,
    seq           bigint not null,
    at_ms         bigint not null,
    status        bigint,
    error         text,
    primary key (webhook, n)
);
