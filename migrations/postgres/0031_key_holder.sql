-- Who holds a key, in words. No part of the log: the name of a person can be erased, and nothing that is signed or computed knows it.
create table key_holder (
    kid           bytea not null primary key,
    name          text not null,
    at_ms         bigint not null,
    by_kid        bytea not null
);
