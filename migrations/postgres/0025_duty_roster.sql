-- Which officers are on duty for a division on a local day (days since 1970-01-01). No part of the log, and not computed from it: kept beside both.
create table duty_roster (
    division      text not null,
    day           bigint not null,
    kid           bytea not null,
    at_ms         bigint not null,
    by_kid        bytea not null,
    primary key (division, day, kid)
);
create index duty_roster_day on duty_roster (day, division);
