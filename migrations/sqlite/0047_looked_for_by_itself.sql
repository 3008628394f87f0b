-- What the program looks for by itself, however much is stored: pushes that changed, and webhooks that wait to be tried again.
create index push_item_changed on push_item (changed_at_ms, item) where state <> 'superseded';
create index webhook_parked on webhook (next_at_ms desc, webhook) where state = 'parked';
