-- Which secret a webhook signs with: its receiver may ask for a new one, and until when messages are signed with the one before it too.
alter table webhook add column secret_n integer not null default 0;
alter table webhook add column old_secret_until_ms integer;
