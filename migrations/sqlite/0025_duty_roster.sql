-- Which officers are on duty for a division on a local day (days since 1970-01-01). No part of the log, and not computed from it: kept beside both.
create table duty_roster (
    division      text not null,
    day           integer not null,
    kid           blob not null,
    at_ms         integer not null,
    by_kid        blob not null,
    primary key (division, day, kid)
) strict, without rowid;
create index duty_roster_day on duty_roster (day, division);
