-- What somebody began to write and has not signed. No part of the log.
create table draft (
    draft         blob not null,
    party         text not null,
    title         text not null,
    wish          text not null,
    version       integer not null,
    by_kid        blob not null,
    saved_at_ms   integer not null,
    primary key (party, draft)
) strict, without rowid;
create index draft_stale on draft (saved_at_ms);
