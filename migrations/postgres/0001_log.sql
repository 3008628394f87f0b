-- The append-only log. Never rebuilt, never updated: the triggers at the end are a first fence, the proofs are the second.

-- One row: how far the log goes. Locked first by every writer.
create table log_head (
    id            smallint primary key check (id = 1),
    origin        text not null,
    size          bigint not null check (size >= 0),
    root          bytea not null,
    recorded_at_ms bigint not null
);

-- One row an entry, in log order without holes. `jws` and `salt` are what a logged erasure may clear.
create table log_entry (
    idx           bigint primary key check (idx >= 0),
    event_id      bytea not null,
    leaf_kind     smallint not null,
    leaf          bytea not null,
    jws           text,
    salt          bytea,
    recorded_at_ms bigint not null,
    skew_ms       bigint not null
);

create table event_key (
    event_id      bytea primary key,
    idx           bigint not null
);

-- The first event of each act of each party: the idempotency key.
create table act_key (
    party         text not null,
    act           uuid not null,
    first_event_id bytea not null,
    primary key (party, act)
);

-- Full tiles of 256 hashes (C2SP tlog-tiles); partial ones are computed.
create table tile (
    level         smallint not null check (level >= 0),
    idx           bigint not null check (idx >= 0),
    root          bytea not null,
    hashes        bytea not null,
    primary key (level, idx)
);

create table checkpoint (
    size          bigint primary key check (size > 0),
    root          bytea not null,
    note          text not null
);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the log is append-only';
end
$$;
create trigger log_entry_append_only before update or delete on log_entry for each row execute function refuse_change();
create trigger event_key_append_only before update or delete on event_key for each row execute function refuse_change();
create trigger act_key_append_only before update or delete on act_key for each row execute function refuse_change();
create trigger tile_append_only before update or delete on tile for each row execute function refuse_change();
create trigger checkpoint_append_only before update or delete on checkpoint for each row execute function refuse_change();
