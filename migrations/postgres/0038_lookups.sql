-- Acts are looked up by their id alone, vehicles by when they were assigned: without these, each batch read the whole table.
create index act_key_act on act_key (act);
create index assignment_vehicle on assignment (vehicle, until_ms);
