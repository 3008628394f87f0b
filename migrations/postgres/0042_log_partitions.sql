-- The entries of the log in partitions by index, of 100 million each. What there is becomes the first; the program makes the next one when the last is
-- half full. The unique keys (event_key, act_key) stay whole: a key is unique over all of them.

alter table log_entry rename to log_entry_0;
alter index log_entry_pkey rename to log_entry_0_pkey;
drop trigger log_entry_append_only on log_entry_0;

do $$
declare
    width constant bigint := 100000000;
    size bigint := coalesce((select max(idx) + 1 from log_entry_0), 0);
begin
    create table log_entry (like log_entry_0 including constraints) partition by range (idx);
    alter table log_entry add constraint log_entry_pkey primary key (idx);
    execute format('alter table log_entry attach partition log_entry_0 for values from (0) to (%s)', (size / width + 1) * width);
end
$$;

-- It holds on every partition, those that come later too.
create trigger log_entry_append_only before update or delete on log_entry for each row execute function refuse_all_but_erasure();
