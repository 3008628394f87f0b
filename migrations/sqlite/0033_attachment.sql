-- Files that events name by digest: photos, scans, papers. Beside the log, kept for each party that sent them, so that nobody learns what others
-- have. `due_ms` is when one goes unless an event names it by then; none for what an event names.
create table attachment (
    party         text not null,
    digest        blob not null,
    media         text not null,
    bytes         integer not null,
    kid           blob not null,
    at_ms         integer not null,
    due_ms        integer,
    primary key (party, digest)
) strict, without rowid;
create index attachment_party_at on attachment (party, at_ms, digest);
create index attachment_due on attachment (due_ms);

-- Their bytes, apart, so that lists do not read them.
create table attachment_content (
    party         text not null,
    digest        blob not null,
    content       blob not null,
    primary key (party, digest)
) strict;

-- Which entry of the log names which digest, for the party that acts in it and for that of its signer. Derived: a ledger that holds entries must be
-- folded again before it is served.
create table attached (
    digest        blob not null,
    idx           integer not null,
    party         text not null,
    primary key (digest, idx, party)
) strict, without rowid;
create index attached_idx on attached (idx);
create index attached_party on attached (party, idx, digest);

insert into refold_due (migration) select 33 where exists (select 1 from log_entry);
