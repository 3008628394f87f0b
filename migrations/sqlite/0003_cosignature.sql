-- What witnesses say of the ledger's heads. Part of the log: kept like the checkpoints, and never rebuilt.

-- One row a cosignature: the first of a witness's key on the head of a size stays.
create table cosignature (
    name          text not null,
    key_id        blob not null check (length(key_id) = 4),
    size          integer not null references checkpoint (size),
    line          text not null,
    at_s          integer not null check (at_s >= 0),
    primary key (name, key_id, size)
) strict, without rowid;
create index cosignature_by_size on cosignature (size);

create trigger cosignature_no_update before update on cosignature begin select raise(abort, 'the log is append-only'); end;
create trigger cosignature_no_delete before delete on cosignature begin select raise(abort, 'the log is append-only'); end;
