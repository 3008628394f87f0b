-- Offers that wait for whoever shall take over. No part of the log, and not computed from it: kept beside both, until they expire.
create table offer (
    offer         blob not null primary key,
    manifest      blob not null,
    from_party    text not null,
    to_party      text not null,
    jws           text not null,
    kid           blob not null,
    left_at_ms    integer not null,
    expires_at_ms integer not null
) strict, without rowid;
create index offer_to on offer (to_party, left_at_ms, offer);
create index offer_from on offer (from_party, left_at_ms, offer);
create index offer_manifest on offer (manifest);
create index offer_expires on offer (expires_at_ms);
