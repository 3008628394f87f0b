-- Only Postgres has partitions; one file stays one table.
select 1;
