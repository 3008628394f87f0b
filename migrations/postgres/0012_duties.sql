-- What sites are by class and year, what they declared to the authority, and the rows of their registers. Derived: a ledger that
-- holds entries must be folded again before it is served.

alter table site add column classes text not null default '[]';
alter table site add column facilities text not null default '[]';
alter table site add column registered_at_ms bigint not null default 0;

-- One row a filing; its slot is a period of a site.
create table declaration (
    declaration   uuid not null primary key,
    slot          uuid not null,
    site          uuid not null,
    period        text not null check (period in ('month', 'quarter', 'year')),
    from_day      bigint not null,
    state         text not null check (state in ('filed', 'returned', 'accepted')),
    idx           bigint not null,
    body          text not null
);
create unique index declaration_slot on declaration (slot, idx);
create index declaration_site on declaration (site, idx);
create index declaration_from on declaration (site, from_day);

-- Which event wrote what into which register of a site. A row without a measure moved into or out of a storage facility and changes
-- no balance.
create table register_row (
    party         text not null,
    site          uuid not null,
    register      text not null
        check (register in ('generation', 'inbound', 'outbound', 'own-treatment', 'outside-treatment')),
    day           bigint not null,
    idx           bigint not null,
    n             bigint not null,
    lot           uuid not null,
    measure       text,
    mass_g        bigint not null,
    manifest      uuid,
    primary key (party, site, register, day, idx, n)
);
create index register_row_event on register_row (idx);

insert into refold_due (migration) select 12 where exists (select 1 from log_entry);
