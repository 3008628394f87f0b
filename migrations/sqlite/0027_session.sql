-- Who was let in for a while: access tokens of programs and sessions of browsers, by the SHA-256 of their secrets. No part of the log, and not
-- computed from it: kept beside both, until it has ended and what it was given for (jti, of its key) can no longer be sent again.
create table session (
    digest        blob not null primary key,
    kid           blob not null,
    door          text not null check (door in ('program', 'browser')),
    jti           text,
    made_at_ms    integer not null,
    ends_at_ms    integer not null,
    keep_until_ms integer not null,
    unique (kid, jti)
) strict, without rowid;
create index session_keep on session (keep_until_ms);
