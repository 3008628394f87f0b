-- What sites are by class and year, what they declared to the authority, and the rows of their registers. Derived: a ledger that
-- holds entries must be folded again before it is served.

alter table site add column classes text not null default '[]';
alter table site add column facilities text not null default '[]';
alter table site add column registered_at_ms integer not null default 0;

-- One row a filing; its slot is a period of a site.
create table declaration (
    declaration   blob not null primary key,
    slot          blob not null,
    site          blob not null,
    period        text not null check (period in ('month', 'quarter', 'year')),
    from_day      integer not null,
    state         text not null check (state in ('filed', 'returned', 'accepted')),
    idx           integer not null,
    body          text not null
) strict;
create unique index declaration_slot on declaration (slot, idx);
create index declaration_site on declaration (site, idx);
create index declaration_from on declaration (site, from_day);

-- Which event wrote what into which register of a site. A row without a measure moved into or out of a storage facility and changes
-- no balance.
create table register_row (
    party         text not null,
    site          blob not null,
    register      text not null
        check (register in ('generation', 'inbound', 'outbound', 'own-treatment', 'outside-treatment')),
    day           integer not null,
    idx           integer not null,
    n             integer not null,
    lot           blob not null,
    measure       text,
    mass_g        integer not null,
    manifest      blob,
    primary key (party, site, register, day, idx, n)
) strict, without rowid;
create index register_row_event on register_row (idx);

insert into refold_due (migration) select 12 where exists (select 1 from log_entry);
