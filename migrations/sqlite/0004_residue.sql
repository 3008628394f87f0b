-- How far time has gone without an event: with the log, all that the derived tables are a function of.

-- One row: every obligation due up to this moment was opened, and no entry is recorded before it.
create table opened_until (
    id            integer primary key check (id = 1),
    until_ms      integer not null
) strict;
