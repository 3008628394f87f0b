-- Where codes go that confirm handovers: a telephone that a party registered. Personal data, so no part of the log; it goes when it is deleted here.
create table confirmation_phone (
    party         text not null primary key,
    phone         text not null,
    kid           bytea not null,
    at_ms         bigint not null
);

-- Codes that were sent, by their keyed hashes; for as long as limits look back.
create table code (
    code          uuid not null primary key,
    asked_by      text not null,
    asked_of      text not null,
    manifest      uuid not null,
    step          text not null,
    from_party    text not null,
    to_party      text not null,
    sent_to       text not null,
    hash          bytea not null,
    tries         bigint not null,
    made_at_ms    bigint not null,
    confirmed_at_ms bigint
);
create index code_manifest on code (manifest, made_at_ms);
create index code_asked_of on code (asked_of, made_at_ms);
create index code_made_at on code (made_at_ms);
