-- Devices of sites that tell that they work, and the times in which each was heard: beside the log, a row for as long as nothing fell silent.
create table site_device (
    site          blob not null,
    kind          text not null,
    name          text not null,
    first_ms      integer not null,
    last_ms       integer not null check (last_ms >= first_ms),
    primary key (site, kind, name)
) strict, without rowid;
create table device_span (
    site          blob not null,
    kind          text not null,
    name          text not null,
    from_ms       integer not null,
    to_ms         integer not null check (to_ms >= from_ms),
    primary key (site, kind, name, from_ms)
) strict, without rowid;
