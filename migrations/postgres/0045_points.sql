-- When a track was recorded whose points an entry names, and whether it tells of alarms or silence: for how long its points are kept, the profile
-- says. None for what stays as long as the entry that names it.
alter table attached add column points_at_ms bigint;
alter table attached add column remarkable bigint;
