-- Who lets the ledger tell which platform of the state of its manifests, since when and until when. Beside the log: an arrangement with the operator.
create table push_consent (
    party          text not null,
    platform       text not null,
    since_ms       bigint not null,
    kid            bytea not null,
    plan_number    text,
    ended_at_ms    bigint,
    ended_by_kid   bytea,
    primary key (party, platform, since_ms)
);

-- What a platform is to be told of one step of a manifest, and what became of it. Beside the log: a refold writes nothing here.
create table push_item (
    item             uuid not null primary key,
    platform         text not null,
    manifest         uuid not null,
    n                bigint not null,
    party            text not null,
    division         text not null,
    rank             bigint not null,
    step             text not null,
    corrects         bigint not null,
    head             bytea not null,
    lines            text not null,
    notes            text not null,
    state            text not null check (state in ('waiting', 'sent', 'accepted', 'partly', 'refused', 'superseded', 'parked', 'unmapped')),
    why              text,
    said             text,
    number           text,
    made_at_ms       bigint not null,
    told_at_ms       bigint,
    changed_at_ms    bigint,
    is_unclear       bigint not null,
    round            bigint not null,
    checks           bigint not null,
    attempts         bigint not null,
    failing_since_ms bigint,
    failures         bigint not null,
    next_at_ms       bigint not null,
    leased_until_ms  bigint not null
);
create unique index push_item_place on push_item (platform, manifest, n);
create index push_item_party on push_item (party, made_at_ms, item);
create index push_item_division on push_item (division, made_at_ms, item);
create index push_item_next on push_item (next_at_ms) where state in ('waiting', 'sent', 'accepted', 'partly');
create index push_item_number on push_item (platform, number) where number is not null;
create index push_item_manifest on push_item (manifest);

create table push_attempt (
    item          uuid not null,
    n             bigint not null,
    at_ms         bigint not null,
    is_question   bigint not null,
    status        bigint,
    code          text,
    said          text,
    number        text,
    error         text,
    primary key (item, n)
);
