-- Erasure: what is left of an entry whose content is gone. Part of the log: kept like its entries, and never rebuilt.

-- One row an erased entry: what folding needs, signed by the log's key.
create table residue (
    idx           bigint primary key check (idx >= 0),
    jws           text not null
);

create trigger residue_append_only before update or delete on residue for each row execute function refuse_change();

-- Content and salt go together, nothing else changes, and only where a residue stands for them.
create function refuse_all_but_erasure() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and new.jws is null and new.salt is null
        and new.idx = old.idx and new.event_id = old.event_id and new.leaf_kind = old.leaf_kind and new.leaf = old.leaf
        and new.recorded_at_ms = old.recorded_at_ms and new.skew_ms = old.skew_ms
        and exists (select 1 from residue where residue.idx = old.idx)
    then
        return new;
    end if;
    raise exception 'the log is append-only';
end
$$;
drop trigger log_entry_append_only on log_entry;
create trigger log_entry_append_only before update or delete on log_entry for each row execute function refuse_all_but_erasure();
