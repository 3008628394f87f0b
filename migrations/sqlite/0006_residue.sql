-- Erasure: what is left of an entry whose content is gone. Part of the log: kept like its entries, and never rebuilt.

-- One row an erased entry: what folding needs, signed by the log's key.
create table residue (
    idx           integer primary key check (idx >= 0),
    jws           text not null
) strict;

create trigger residue_no_update before update on residue begin select raise(abort, 'the log is append-only'); end;
create trigger residue_no_delete before delete on residue begin select raise(abort, 'the log is append-only'); end;

-- Content and salt go together, nothing else changes, and only where a residue stands for them.
drop trigger log_entry_no_update;
create trigger log_entry_no_update before update on log_entry
when not (
    new.jws is null and new.salt is null
    and new.idx = old.idx and new.event_id = old.event_id and new.leaf_kind = old.leaf_kind and new.leaf = old.leaf
    and new.recorded_at_ms = old.recorded_at_ms and new.skew_ms = old.skew_ms
    and exists (select 1 from residue where residue.idx = old.idx)
)
begin select raise(abort, 'the log is append-only'); end;
