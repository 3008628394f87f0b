-- Where codes go that confirm handovers: a telephone that a party registered. Personal data, so no part of the log; it goes when it is deleted here.
create table confirmation_phone (
    party         text not null primary key,
    phone         text not null,
    kid           blob not null,
    at_ms         integer not null
) strict, without rowid;

-- Codes that were sent, by their keyed hashes; for as long as limits look back.
create table code (
    code          blob not null primary key,
    asked_by      text not null,
    asked_of      text not null,
    manifest      blob not null,
    step          text not null,
    from_party    text not null,
    to_party      text not null,
    sent_to       text not null,
    hash          blob not null,
    tries         integer not null,
    made_at_ms    integer not null,
    confirmed_at_ms integer
) strict, without rowid;
create index code_manifest on code (manifest, made_at_ms);
create index code_asked_of on code (asked_of, made_at_ms);
create index code_made_at on code (made_at_ms);
