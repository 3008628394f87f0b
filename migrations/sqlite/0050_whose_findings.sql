-- Whom a finding concerns is told by the queues that it stands in once it has opened; of what only waits for its day nobody asks whose it is. So the table
-- of parties goes, and so does a list of all findings by life. In a queue those that opened last come first.
drop table finding_party;
drop index finding_open;

create table finding_waiting (
    queue         text not null,
    life          text not null,
    opened_at_ms  integer not null,
    finding       blob not null,
    rule          text not null,
    stage         text not null,
    primary key (queue, life, opened_at_ms, finding)
) strict, without rowid;
insert into finding_waiting (queue, life, opened_at_ms, finding, rule, stage)
select q.queue, q.life, f.opened_at_ms, q.finding, q.rule, q.stage from finding_queue q join finding f on f.finding = q.finding;
drop table finding_queue;
alter table finding_waiting rename to finding_queue;
create index finding_queue_finding on finding_queue (finding);
create index finding_queue_rule on finding_queue (queue, life, rule, opened_at_ms, finding, stage);
create index finding_queue_stage on finding_queue (queue, life, stage, opened_at_ms, finding, rule) where stage <> 'open';
