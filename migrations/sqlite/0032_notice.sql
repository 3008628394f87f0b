-- Whom a message concerned, once more: notices are made message by message, and the readers are found by their party.
alter table outbox add column readers text not null default '';
-- Whether it counts: what is evidence alone is told to followers of the feed, and nobody is sent a notice of it.
alter table outbox add column counts integer not null default 1;

-- How far something that goes on by itself has come: the outbox by its numbers, time by its milliseconds. What was told before stays told.
create table notice_cursor (
    name          text not null primary key,
    at            integer not null
) strict;
insert into notice_cursor (name, at) select 'outbox', coalesce(max(seq), 0) from outbox;

-- What somebody should know or do: one for each cause and party. Beside the log: a refold writes nothing here, and a restored ledger begins anew.
create table notice (
    notice           blob not null primary key,
    kind             text not null,
    severity         text not null,
    at_ms            integer not null,
    party            text not null,
    divisions        text not null,
    thing            text not null,
    topic            text,
    subject_kind     text not null,
    subject          text not null,
    event            blob,
    finding          blob,
    done_at_ms       integer,
    rungs            integer not null,
    escalates_at_ms  integer
) strict;
create index notice_topic on notice (topic, party) where done_at_ms is null and topic is not null;
create index notice_escalates on notice (escalates_at_ms) where escalates_at_ms is not null;
create index notice_subject on notice (subject);

-- Whom it is for, since when: from the beginning (rung 0), or because nobody had looked.
create table notice_to (
    party         text not null,
    audience      text not null,
    at_ms         integer not null,
    notice        blob not null,
    rung          integer not null,
    primary key (party, audience, at_ms, notice)
) strict, without rowid;
create index notice_to_party on notice_to (party, at_ms, notice);
create index notice_to_notice on notice_to (notice);

-- Authorities are found by their division.
create index party_authority on party (division) where instr(kinds, 'authority') > 0;

-- Sealed readings, by the day on which they are told.
create index sealed_read_discloses on sealed_read (discloses_at_ms);

-- Who read it when.
create table notice_read (
    notice        blob not null,
    kid           blob not null,
    party         text not null,
    at_ms         integer not null,
    primary key (notice, kid)
) strict, without rowid;

-- Where the holder of a key wants to be told. Addresses are personal data: they go when their holder says so.
create table notice_channel (
    kid            blob not null,
    way            text not null check (way in ('email', 'phone')),
    party          text not null,
    address        text not null,
    language       text not null,
    severity       text not null,
    kinds          text not null,
    is_quiet       integer not null,
    confirmed_at_ms integer,
    code_at_ms     integer,
    code_tries     integer not null,
    primary key (kid, way)
) strict, without rowid;
create index notice_channel_party on notice_channel (party);

-- What is to be sent, in order for each channel, and what came of it; without a notice it is a code that confirms the address. What need not be
-- sent any more is void.
create table notice_message (
    kid            blob not null,
    way            text not null,
    n              integer not null,
    notice         blob,
    made_at_ms     integer not null,
    state          text not null check (state in ('waiting', 'sent', 'given-up', 'void')),
    ended_at_ms    integer,
    attempts       integer not null,
    next_at_ms     integer not null,
    leased_until_ms integer not null,
    error          text,
    primary key (kid, way, n)
) strict, without rowid;
create index notice_message_next on notice_message (next_at_ms) where state = 'waiting';
create index notice_message_first on notice_message (kid, way, n) where state = 'waiting';
create index notice_message_notice on notice_message (notice);

-- When codes were sent by whom and where to, by a keyed digest of the address: kept for a day, so that nobody floods others with them.
create table notice_code (
    kid            blob not null,
    digest         blob not null,
    at_ms          integer not null
) strict;
create index notice_code_kid on notice_code (kid, at_ms);
create index notice_code_digest on notice_code (digest, at_ms);
