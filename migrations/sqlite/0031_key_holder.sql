-- Who holds a key, in words. No part of the log: the name of a person can be erased, and nothing that is signed or computed knows it.
create table key_holder (
    kid           blob not null primary key,
    name          text not null,
    at_ms         integer not null,
    by_kid        blob not null
) strict, without rowid;
