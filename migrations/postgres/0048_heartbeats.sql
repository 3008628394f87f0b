-- Devices of sites that tell that they work, and the times in which each was heard: beside the log, a row for as long as nothing fell silent. What changes with
-- every heartbeat stands in no index, so that a row can be written anew in its place.
create table site_device (
    site          uuid not null,
    kind          text not null,
    name          text not null,
    first_ms      bigint not null,
    last_ms       bigint not null check (last_ms >= first_ms),
    primary key (site, kind, name)
) with (fillfactor = 70);
create table device_span (
    site          uuid not null,
    kind          text not null,
    name          text not null,
    from_ms       bigint not null,
    to_ms         bigint not null check (to_ms >= from_ms),
    primary key (site, kind, name, from_ms)
) with (fillfactor = 70);
