-- What statistics look up: the steps of findings by their time, whom a finding concerns, and the sites of a division. No new rows: nothing is
-- folded again.

create index finding_step_at on finding_step (at_ms) where step <> 'revised';
create index finding_party_finding on finding_party (finding, party);
create index site_division on site (division, party, site);
