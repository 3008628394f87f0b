-- Notices are forgotten when they are old and nothing is to be done about them.
create index notice_at on notice (at_ms);
