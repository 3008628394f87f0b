-- What witnesses say of the ledger's heads. Part of the log: kept like the checkpoints, and never rebuilt.

-- One row a cosignature: the first of a witness's key on the head of a size stays.
create table cosignature (
    name          text not null,
    key_id        bytea not null check (length(key_id) = 4),
    size          bigint not null references checkpoint (size),
    line          text not null,
    at_s          bigint not null check (at_s >= 0),
    primary key (name, key_id, size)
);
create index cosignature_by_size on cosignature (size);

create trigger cosignature_append_only before update or delete on cosignature for each row execute function refuse_change();
