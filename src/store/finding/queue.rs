//! Findings by whose they are. Each that ever opened stands in the queue of every party it concerns, of every division that one of these parties or an end of
//! its manifest lies in, and of the city and province above; so a page of a queue costs the page, whatever else the ledger holds. In a
//! queue those that opened last stand first: they are what its readers come for, and what opens and closes changes the pages at its end.
//!
//! The rows are a view of findings, their answers, their manifests and the registry: whenever one of these changes, they are made anew from them, at the
//! end of the batch. A firm or site that is moved to another division, which only authorities do, takes its findings along.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{Division, Uscc};
use crate::custody::books::{Change, Outcome};
use crate::custody::finding::Observation;
use crate::custody::manifest::ManifestState;
use crate::custody::shelf::Shelf;
use crate::id::{FindingId, ManifestId, SiteId};
use crate::store::books::from_json;
use crate::store::registry::{parse, texts};
use crate::store::{ColType, Param, ReadTx, Row, Sql, SqlIn, StoreError, Table, WriteTx, params};

pub(in crate::store) const QUEUE: Table = Table {
    name: "finding_queue",
    columns: &[
        ("queue", ColType::Text),
        ("life", ColType::Text),
        ("opened_at_ms", ColType::I64),
        ("finding", ColType::Uuid),
        ("rule", ColType::Text),
        ("stage", ColType::Text),
    ],
    key: &["queue", "life", "opened_at_ms", "finding"],
};
/// The rows of a finding, to be taken out.
const ROWS_OF: Table =
    Table { name: "finding_queue", columns: &[("finding", ColType::Uuid)], key: &["finding"] };
/// What lies in no known division: every authority's.
const NOWHERE: &str = "-";

/// Whose findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Those that concern a party.
    Party(Uscc),
    /// Those that lie in a division, everything below it included, and those that lie in none that is known.
    Division(Division),
}

impl Queue {
    /// The names under which rows are kept.
    pub(super) fn names(self) -> Vec<String> {
        match self {
            Self::Party(party) => vec![party.to_string()],
            Self::Division(division) => vec![division.to_string(), NOWHERE.to_owned()],
        }
    }
}

/// Parties and sites that a batch puts into another division.
#[derive(Debug, Default)]
pub(in crate::store) struct Moved {
    parties: Vec<Uscc>,
    sites: Vec<(SiteId, Uscc)>,
}

/// Which parties and sites are in another division once these changes are written; asked before they are.
pub(in crate::store) async fn moved(tx: &mut ReadTx, changes: &[Change]) -> Result<Moved, StoreError> {
    const PARTIES: SqlIn = SqlIn::new("select party, division from party where party in ({keys})");
    const SITES: SqlIn = SqlIn::new("select site, division from site where site in ({keys})");
    let (mut parties, mut sites) = (BTreeMap::new(), BTreeMap::new());
    for change in changes {
        match change {
            Change::Party(record) => drop(parties.insert(record.party, record.division)),
            Change::Site(record) => drop(sites.insert(record.site, (record.party, record.division))),
            _ => {}
        }
    }
    let named: Vec<Uscc> = parties.keys().copied().collect();
    for row in tx.fetch_in(&PARTIES, texts(&named), params![]).await? {
        let (party, division): (Uscc, Division) = (parse(&row, "party")?, parse(&row, "division")?);
        parties.retain(|known, now| *known != party || *now != division);
    }
    let named = sites.keys().map(|site| Param::Uuid(site.as_uuid())).collect();
    let (mut elsewhere, known) = (Vec::new(), tx.fetch_in(&SITES, named, params![]).await?);
    for row in &known {
        let site = SiteId::from_uuid(row.uuid("site")?);
        let before: Division = parse(row, "division")?;
        // One that is new has no manifests: what a registration names is registered.
        elsewhere.extend(sites.get(&site).filter(|(_, now)| *now != before).map(|(party, _)| (site, *party)));
    }
    Ok(Moved { parties: parties.into_keys().collect(), sites: elsewhere })
}

/// The findings on manifests that have other ends than in the store; asked before these manifests are written.
pub(in crate::store) async fn with_other_ends(
    tx: &mut ReadTx,
    manifests: &[(ManifestId, Shelf<ManifestState>)],
) -> Result<Vec<FindingId>, StoreError> {
    const ENDS: SqlIn =
        SqlIn::new("select manifest, from_site, to_site from manifest where manifest in ({keys})");
    const ON: SqlIn =
        SqlIn::new("select finding from finding where manifest in ({keys}) and opened_at_ms is not null");
    let now: BTreeMap<ManifestId, Option<(SiteId, SiteId)>> = (manifests.iter())
        .map(|(id, shelf)| {
            let registration = shelf.state.registration.as_ref();
            (*id, registration.map(|registered| (registered.consignor.site, registered.consignee.site)))
        })
        .collect();
    let keys = now.keys().map(|id| Param::Uuid(id.as_uuid())).collect();
    let mut moved = Vec::new();
    for row in tx.fetch_in(&ENDS, keys, params![]).await? {
        let site = |column| Ok::<_, StoreError>(row.opt_uuid(column)?.map(SiteId::from_uuid));
        let before = site("from_site")?.zip(site("to_site")?);
        let id = ManifestId::from_uuid(row.uuid("manifest")?);
        if now.get(&id).is_some_and(|now| *now != before) {
            moved.push(Param::Uuid(id.as_uuid()));
        }
    }
    tx.fetch_in(&ON, moved, params![]).await?.iter().map(id_of).collect()
}

/// Make the rows anew of these findings, of those that a batch answered, and of those that moved with somebody. The last thing of a batch, for it reads
/// what the batch wrote.
pub(in crate::store) async fn settle(
    tx: &mut WriteTx,
    mut ids: BTreeSet<FindingId>,
    moved: &Moved,
    outcomes: &[(u64, Outcome)],
) -> Result<(), StoreError> {
    ids.extend(outcomes.iter().flat_map(|(_, outcome)| &outcome.answers).map(|answers| answers.finding));
    ids.extend(of_moved(tx, moved).await?);
    tx.delete_many(&ROWS_OF, ids.iter().map(|id| params![id.as_uuid()]).collect()).await?;
    let rows = rows_of(tx, &ids).await?;
    tx.insert_many(&QUEUE, rows).await?;
    Ok(())
}

/// The findings that moved with parties and sites.
async fn of_moved(tx: &mut ReadTx, moved: &Moved) -> Result<Vec<FindingId>, StoreError> {
    const OF_PARTIES: SqlIn = SqlIn::new("select finding from finding_queue where queue in ({keys})");
    const AT_SITE: Sql = Sql::both(
        "select f.finding from manifest_party w cross join manifest m cross join finding f
          where w.party = $1 and m.manifest = w.manifest and $2 in (m.from_site, m.to_site)
            and f.manifest = m.manifest and f.opened_at_ms is not null",
    );
    let mut found = tx.fetch_in(&OF_PARTIES, texts(&moved.parties), params![]).await?;
    for (site, party) in &moved.sites {
        found.extend(tx.fetch_all(&AT_SITE, params![party.to_string(), site.as_uuid()]).await?);
    }
    found.iter().map(id_of).collect()
}

/// The rows that these findings should have.
async fn rows_of(tx: &mut ReadTx, ids: &BTreeSet<FindingId>) -> Result<Vec<Vec<Param>>, StoreError> {
    // Looked up one by one in so many words: a join of few with many is sometimes planned as a walk through both.
    const TOLD: SqlIn = SqlIn::new(
        "select f.finding, f.life, f.opened_at_ms, f.rule, f.body, (select s.stage from finding_seen s where s.finding = f.finding) as stage
           from finding f where f.finding in ({keys}) and f.opened_at_ms is not null",
    );
    const DIVISIONS: SqlIn = SqlIn::new("select party, division from party where party in ({keys})");
    const ENDS: SqlIn = SqlIn::new(
        "select f.finding,
                (select s.division from site s where s.site = (select m.from_site from manifest m where m.manifest = f.manifest)) as leaves,
                (select s.division from site s where s.site = (select m.to_site from manifest m where m.manifest = f.manifest)) as goes_to
           from finding f where f.finding in ({keys})",
    );
    let keys: Vec<Param> = ids.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
    let told = tx.fetch_in(&TOLD, keys, params![]).await?;
    let key = |row: &Row| Ok::<_, StoreError>(Param::Uuid(row.uuid("finding")?));
    let keys = told.iter().map(key).collect::<Result<Vec<Param>, _>>()?;
    let (mut concerned, mut places) = (BTreeSet::new(), BTreeSet::new());
    for row in &told {
        let (id, seen): (_, Observation) = (id_of(row)?, from_json(row, "body")?);
        concerned.extend(seen.concerns.into_iter().map(|party| (id, party)));
    }
    let parties: Vec<Uscc> =
        concerned.iter().map(|(_, party)| *party).collect::<BTreeSet<_>>().into_iter().collect();
    let mut divisions: BTreeMap<Uscc, Division> = BTreeMap::new();
    for row in tx.fetch_in(&DIVISIONS, texts(&parties), params![]).await? {
        divisions.insert(parse(&row, "party")?, parse(&row, "division")?);
    }
    places.extend(concerned.iter().filter_map(|(id, party)| Some((*id, *divisions.get(party)?))));
    let mut whose: BTreeSet<(FindingId, String)> =
        concerned.iter().map(|(id, party)| (*id, party.to_string())).collect();
    for row in tx.fetch_in(&ENDS, keys, params![]).await? {
        places.extend(place(&row, "leaves")?.into_iter().chain(place(&row, "goes_to")?));
    }
    let above = |(id, division): &(FindingId, Division)| {
        [*division, division.city(), division.province()].map(|within| (*id, within.to_string()))
    };
    whose.extend(places.iter().flat_map(above));
    let mut rows = Vec::new();
    for row in &told {
        let id = id_of(row)?;
        let is_nowhere = places.range((id, Division::EVERYWHERE.0)..).next().is_none_or(|(of, _)| *of != id);
        let own = whose.range((id, String::new())..).take_while(|(of, _)| *of == id);
        let queues = own.map(|(_, queue)| queue.as_str()).chain(is_nowhere.then_some(NOWHERE));
        for queue in queues {
            rows.push(params![
                queue.to_owned(),
                row.text("life")?,
                row.i64("opened_at_ms")?,
                id.as_uuid(),
                row.text("rule")?,
                row.text("stage")?
            ]);
        }
    }
    Ok(rows)
}

/// A finding, and a division that it lies in.
fn place(row: &Row, column: &'static str) -> Result<Option<(FindingId, Division)>, StoreError> {
    row.opt_text(column)?.map(|_| Ok((id_of(row)?, parse(row, column)?))).transpose()
}

fn id_of(row: &Row) -> Result<FindingId, StoreError> {
    Ok(FindingId::from_uuid(row.uuid("finding")?))
}
