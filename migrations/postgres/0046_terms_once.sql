-- What manifests are looked up by is written once, whoever asks: a party's search goes along the list of its own manifests or along that of a term,
-- whichever is shorter. Parties with a role are in manifest_party already, and that a manifest was received tells too little.
create table manifest_told (
    term          text not null,
    first_idx     bigint not null,
    manifest      uuid not null,
    primary key (term, first_idx, manifest)
);

insert into manifest_told (term, first_idx, manifest)
select case
           when scope = '*' and term = 'progress:under-way' then 'under-way'
           when scope = '*' and term like 'progress:%' then 'ended:' || substr(term, 10)
           when scope = '*' then term
           when term = 'progress:under-way' then 'under-way:' || scope
           when term = 'unsigned' then 'unsigned:' || scope
           when term like 'erp:%' then 'erp:' || scope || ':' || substr(term, 5)
           else 'crew:' || scope || ':' || substr(term, 6)
       end,
       first_idx, manifest
  from manifest_term
 where (scope = '*' and term <> 'progress:received' and term not like 'party:%')
    or (scope <> '*' and (term in ('progress:under-way', 'unsigned') or term like 'erp:%' or term like 'crew:%'));

drop table manifest_term;
alter table manifest_told rename to manifest_term;
alter index manifest_told_pkey rename to manifest_term_pkey;
