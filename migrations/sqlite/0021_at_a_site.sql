-- What is under way from and to a firm, for the sheet an officer reads before its gate. No new rows: nothing is folded again.

create index manifest_consignor on manifest (consignor, status, first_idx);
create index manifest_consignee on manifest (consignee, status, first_idx);
