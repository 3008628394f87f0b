-- Findings by whose they are: of each party that one concerns, of each division that one lies in and of those above it, and of nobody in particular ('-')
-- where nothing of it lies in a known division. What was found before is written here, so that nothing is folded again.
create table finding_queue (
    queue         text not null,
    life          text not null,
    finding       blob not null,
    rule          text not null,
    stage         text not null,
    primary key (queue, life, finding)
) strict, without rowid;

with place (finding, division) as (
    select fp.finding, p.division from finding_party fp join party p on p.party = fp.party
    union
    select f.finding, s.division from finding f join manifest m on m.manifest = f.manifest join site s on s.site in (m.from_site, m.to_site)
), whose (finding, queue) as (
    select finding, division from place
    union select finding, substr(division, 1, 4) || '00' from place
    union select finding, substr(division, 1, 2) || '0000' from place
    union select finding, party from finding_party
    union select finding, '-' from finding where finding not in (select finding from place)
)
insert into finding_queue (queue, life, finding, rule, stage)
select w.queue, f.life, f.finding, f.rule, f.stage from whose w join finding_seen f on f.finding = w.finding where f.opened_at_ms is not null;

create index finding_queue_finding on finding_queue (finding);
create index finding_queue_rule on finding_queue (queue, life, rule, finding, stage);
create index finding_queue_stage on finding_queue (queue, life, stage, finding, rule) where stage <> 'open';
