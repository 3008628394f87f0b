-- What is looked for by itself in a large ledger: what waits for something of a manifest that is erased, and pushes by how they stand.
create index awaited_manifest on awaited (manifest);
create index push_item_state on push_item (state) where state in ('waiting', 'parked', 'refused', 'partly');
-- What a platform took and was asked about often enough is asked about no more.
update push_item set next_at_ms = 9223372036854775807 where state in ('accepted', 'partly') and checks >= 7;
