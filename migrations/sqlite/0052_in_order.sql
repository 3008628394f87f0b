-- Lists in the order of the log, carriers among the parties, and what a party has moved by year and month without its days.

create index site_in_order on site (idx);
create index permit_in_order on permit (idx);
create index mandate_in_order on mandate (idx);
create index stock_bucket_coarse on stock_bucket (party, grain, start) where grain <> 'day';
create index party_carrier on party (party) where ',' || kinds || ',' like '%,carrier,%';
