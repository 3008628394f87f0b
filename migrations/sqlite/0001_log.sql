-- The append-only log. Never rebuilt, never updated: the triggers at the end are a first fence, the proofs are the second.

-- One row: how far the log goes. Locked first by every writer.
create table log_head (
    id            integer primary key check (id = 1),
    origin        text not null,
    size          integer not null check (size >= 0),
    root          blob not null,
    recorded_at_ms integer not null
) strict;

-- One row an entry, in log order without holes. `jws` and `salt` are what a logged erasure may clear.
create table log_entry (
    idx           integer primary key check (idx >= 0),
    event_id      blob not null,
    leaf_kind     integer not null,
    leaf          blob not null,
    jws           text,
    salt          blob,
    recorded_at_ms integer not null,
    skew_ms       integer not null
) strict;

create table event_key (
    event_id      blob primary key,
    idx           integer not null
) strict, without rowid;

-- The first event of each act of each party: the idempotency key.
create table act_key (
    party         text not null,
    act           blob not null,
    first_event_id blob not null,
    primary key (party, act)
) strict, without rowid;

-- Full tiles of 256 hashes (C2SP tlog-tiles); partial ones are computed.
create table tile (
    level         integer not null check (level >= 0),
    idx           integer not null check (idx >= 0),
    root          blob not null,
    hashes        blob not null,
    primary key (level, idx)
) strict;

create table checkpoint (
    size          integer primary key check (size > 0),
    root          blob not null,
    note          text not null
) strict;

create trigger log_entry_no_update before update on log_entry begin select raise(abort, 'the log is append-only'); end;
create trigger log_entry_no_delete before delete on log_entry begin select raise(abort, 'the log is append-only'); end;
create trigger event_key_no_update before update on event_key begin select raise(abort, 'the log is append-only'); end;
create trigger event_key_no_delete before delete on event_key begin select raise(abort, 'the log is append-only'); end;
create trigger act_key_no_update before update on act_key begin select raise(abort, 'the log is append-only'); end;
create trigger act_key_no_delete before delete on act_key begin select raise(abort, 'the log is append-only'); end;
create trigger tile_no_update before update on tile begin select raise(abort, 'the log is append-only'); end;
create trigger tile_no_delete before delete on tile begin select raise(abort, 'the log is append-only'); end;
create trigger checkpoint_no_update before update on checkpoint begin select raise(abort, 'the log is append-only'); end;
create trigger checkpoint_no_delete before delete on checkpoint begin select raise(abort, 'the log is append-only'); end;
