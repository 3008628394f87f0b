-- What somebody began to write and has not signed. No part of the log.
create table draft (
    draft         uuid not null,
    party         text not null,
    title         text not null,
    wish          text not null,
    version       bigint not null,
    by_kid        bytea not null,
    saved_at_ms   bigint not null,
    primary key (party, draft)
);
create index draft_stale on draft (saved_at_ms);
