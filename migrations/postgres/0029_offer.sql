-- Offers that wait for whoever shall take over. No part of the log, and not computed from it: kept beside both, until they expire.
create table offer (
    offer         bytea not null primary key,
    manifest      uuid not null,
    from_party    text not null,
    to_party      text not null,
    jws           text not null,
    kid           bytea not null,
    left_at_ms    bigint not null,
    expires_at_ms bigint not null
);
create index offer_to on offer (to_party, left_at_ms, offer);
create index offer_from on offer (from_party, left_at_ms, offer);
create index offer_manifest on offer (manifest);
create index offer_expires on offer (expires_at_ms);
