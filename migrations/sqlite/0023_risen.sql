-- A closing holds for what matters no more than it did: some findings rise with time alone. Derived: a ledger that holds entries must be
-- folded again before it is served.

alter table finding_answer add column quoted_severity text check (quoted_severity in ('notice', 'minor', 'major', 'critical'));

drop view finding_seen;
create view finding_seen as
select f.finding, f.rule, f.severity, f.subject_kind, f.subject, f.manifest, f.life, f.opened_at_ms, f.closed_at_ms, f.body,
       case when a.stage = 'closed' and (f.gauge > a.quoted
                 or case f.severity when 'critical' then 3 when 'major' then 2 when 'minor' then 1 else 0 end
                  > case a.quoted_severity when 'critical' then 3 when 'major' then 2 when 'minor' then 1 else 0 end)
            then a.undecided else coalesce(a.stage, 'open') end as stage
  from finding f left join finding_answer a on a.finding = f.finding;

insert into refold_due (migration) select 23 where exists (select 1 from log_entry);
