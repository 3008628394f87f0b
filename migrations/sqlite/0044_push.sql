-- Who lets the ledger tell which platform of the state of its manifests, since when and until when. Beside the log: an arrangement with the operator.
create table push_consent (
    party          text not null,
    platform       text not null,
    since_ms       integer not null,
    kid            blob not null,
    plan_number    text,
    ended_at_ms    integer,
    ended_by_kid   blob,
    primary key (party, platform, since_ms)
) strict, without rowid;

-- What a platform is to be told of one step of a manifest, and what became of it. Beside the log: a refold writes nothing here.
create table push_item (
    item             blob not null primary key,
    platform         text not null,
    manifest         blob not null,
    n                integer not null,
    party            text not null,
    division         text not null,
    rank             integer not null,
    step             text not null,
    corrects         integer not null,
    head             blob not null,
    lines            text not null,
    notes            text not null,
    state            text not null check (state in ('waiting', 'sent', 'accepted', 'partly', 'refused', 'superseded', 'parked', 'unmapped')),
    why              text,
    said             text,
    number           text,
    made_at_ms       integer not null,
    told_at_ms       integer,
    changed_at_ms    integer,
    is_unclear       integer not null,
    round            integer not null,
    checks           integer not null,
    attempts         integer not null,
    failing_since_ms integer,
    failures         integer not null,
    next_at_ms       integer not null,
    leased_until_ms  integer not null
) strict;
create unique index push_item_place on push_item (platform, manifest, n);
create index push_item_party on push_item (party, made_at_ms, item);
create index push_item_division on push_item (division, made_at_ms, item);
create index push_item_next on push_item (next_at_ms) where state in ('waiting', 'sent', 'accepted', 'partly');
create index push_item_number on push_item (platform, number) where number is not null;
create index push_item_manifest on push_item (manifest);

create table push_attempt (
    item          blob not null,
    n             integer not null,
    at_ms         integer not null,
    is_question   integer not null,
    status        integer,
    code          text,
    said          text,
    number        text,
    error         text,
    primary key (item, n)
) strict, without rowid;
