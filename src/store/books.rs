//! Filling the books with what a batch touches, and writing back what it changed.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::log::{blob, event_id, signed};
use super::packed::{pack, unpack};
use super::{ColType, Param, ReadTx, Row, Sql, SqlIn, StoreError, Table, WriteTx, params};
use crate::catalogue::{Profile, Uscc};
use crate::custody::Subject;
use crate::custody::books::{Books, Change, Counter, Outcome};
use crate::custody::lot::LotState;
use crate::custody::manifest::ManifestState;
use crate::custody::shelf::Shelf;
use crate::custody::trace::{LotMasses, Node};
use crate::id::{DocumentId, LotId, ManifestId};
use crate::ledger::EventId;

pub(super) const MANIFEST: Table = Table {
    name: "manifest",
    columns: &[
        ("manifest", ColType::Uuid),
        ("first_idx", ColType::I64),
        ("number", ColType::Text),
        ("status", ColType::Text),
        ("consignor", ColType::Text),
        ("consignee", ColType::Text),
        ("division", ColType::Text),
        ("erp_no", ColType::Text),
        ("follows", ColType::Uuid),
        ("from_site", ColType::Uuid),
        ("to_site", ColType::Uuid),
        ("leaves_day", ColType::I64),
        ("updated_idx", ColType::I64),
        ("snapshot", ColType::Blob),
    ],
    key: &["manifest"],
};
pub(super) const MANIFEST_PARTY: Table = Table {
    name: "manifest_party",
    columns: &[("party", ColType::Text), ("first_idx", ColType::I64), ("manifest", ColType::Uuid)],
    key: &["party", "first_idx", "manifest"],
};
pub(super) const LOT: Table = Table {
    name: "lot",
    columns: &[
        ("lot", ColType::Uuid),
        ("first_idx", ColType::I64),
        ("lot_code", ColType::Text),
        ("waste_code", ColType::Text),
        ("held_g", ColType::I64),
        ("snapshot", ColType::Blob),
    ],
    key: &["lot"],
};
pub(super) const LOT_PARTY: Table = Table {
    name: "lot_party",
    columns: &[("party", ColType::Text), ("first_idx", ColType::I64), ("lot", ColType::Uuid)],
    key: &["party", "first_idx", "lot"],
};
pub(super) const COUNTER: Table =
    Table { name: "counter", columns: &[("name", ColType::Text), ("value", ColType::I64)], key: &["name"] };
pub(super) const AWAITED: Table = Table {
    name: "awaited",
    columns: &[("event_id", ColType::Blob), ("manifest", ColType::Uuid)],
    key: &["event_id", "manifest"],
};
pub(super) const LOT_EDGE: Table = Table {
    name: "lot_edge",
    columns: &[("child", ColType::Uuid), ("parent", ColType::Uuid), ("mass_g", ColType::I64)],
    key: &["child", "parent"],
};
pub(super) const LOT_NODE: Table = Table {
    name: "lot_node",
    columns: &[("node", ColType::Uuid), ("is_mix", ColType::I64), ("masses", ColType::Text)],
    key: &["node", "is_mix"],
};

pub(super) fn to_json(what: &'static str, value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt {
        query: what,
        column: "*",
        detail: error.to_string(),
    })
}

pub(super) fn from_json<T: DeserializeOwned>(row: &Row, column: &'static str) -> Result<T, StoreError> {
    serde_json::from_str(&row.text(column)?).map_err(|error| row.corrupt(column, error.to_string()))
}

/// Bring the shelves of these subjects, and who owns which document.
pub async fn load_subjects(
    tx: &mut ReadTx,
    books: &mut Books,
    subjects: &BTreeSet<Subject>,
) -> Result<(), StoreError> {
    const MANIFESTS: SqlIn = SqlIn::new("select manifest, snapshot from manifest where manifest in ({keys})");
    const LOTS: SqlIn = SqlIn::new("select lot, snapshot from lot where lot in ({keys})");
    const DOCUMENTS: SqlIn = SqlIn::new(
        "select d.document, e.event_id from document d join log_entry e on e.idx = d.idx where d.document in ({keys})",
    );
    let (mut manifests, mut lots, mut documents, mut labels) = (vec![], vec![], vec![], vec![]);
    for subject in subjects {
        match subject {
            Subject::Manifest(id) if books.manifest(id).is_none() => {
                manifests.push(Param::Uuid(id.as_uuid()))
            }
            Subject::Lot(id) if books.lot(id).is_none() => lots.push(Param::Uuid(id.as_uuid())),
            Subject::Document(id) => documents.push(Param::Uuid(id.as_uuid())),
            Subject::Label(id) if books.label(id).is_none() => labels.push(Param::Uuid(id.as_uuid())),
            _ => {}
        }
    }
    for row in tx.fetch_in(&MANIFESTS, manifests, params![]).await? {
        let shelf: Shelf<ManifestState> = unpack(&row, "snapshot")?;
        books.put_manifest(ManifestId::from_uuid(row.uuid("manifest")?), shelf);
    }
    for row in tx.fetch_in(&LOTS, lots, params![]).await? {
        let shelf: Shelf<LotState> = unpack(&row, "snapshot")?;
        books.put_lot(LotId::from_uuid(row.uuid("lot")?), shelf);
    }
    for row in tx.fetch_in(&DOCUMENTS, documents, params![]).await? {
        books.put_document(DocumentId::from_uuid(row.uuid("document")?), event_id(&row, "event_id")?);
    }
    super::label::load(tx, books, labels).await?;
    Ok(())
}

/// Say which of these predecessors are in the log before an index, and which of these events are awaited where.
pub async fn load_predecessors(
    tx: &mut ReadTx,
    books: &mut Books,
    before: u64,
    predecessors: &[EventId],
    arriving: &[EventId],
) -> Result<(), StoreError> {
    const AWAITED_IN: SqlIn = SqlIn::new("select event_id, manifest from awaited where event_id in ({keys})");
    for (id, index) in super::log::indexes_of(tx, predecessors).await? {
        if index < before {
            books.put_known(id);
        }
    }
    for row in tx.fetch_in(&AWAITED_IN, arriving.iter().map(blob).collect(), params![]).await? {
        books.put_awaited(event_id(&row, "event_id")?, ManifestId::from_uuid(row.uuid("manifest")?));
    }
    Ok(())
}

/// Bring these counters.
pub async fn load_counters(
    tx: &mut ReadTx,
    books: &mut Books,
    counters: &BTreeSet<Counter>,
) -> Result<(), StoreError> {
    const SQL: SqlIn = SqlIn::new("select name, value from counter where name in ({keys})");
    let missing: Vec<&Counter> = counters.iter().filter(|counter| !books.has_counter(counter)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let keys = missing.iter().map(|counter| Param::Text(counter.0.clone())).collect();
    for counter in missing {
        books.put_counter(counter.clone(), 0);
    }
    for row in tx.fetch_in(&SQL, keys, params![]).await? {
        books.put_counter(Counter(row.text("name")?), row.i64("value")?);
    }
    Ok(())
}

/// Write back everything a batch changed: shelves, registry, counters, timelines, postings, findings.
pub async fn save(
    tx: &mut WriteTx,
    books: &mut Books,
    outcomes: &[(u64, Outcome)],
) -> Result<(), StoreError> {
    let changes: Vec<Change> =
        outcomes.iter().flat_map(|(_, outcome)| outcome.changes.iter().cloned()).collect();
    let moved = super::finding::queue::moved(tx, &changes).await?;
    super::registry::save(tx, &changes).await?;
    let counters = books.counters().filter(|(_, value)| *value > 0);
    let counters = counters.map(|(counter, value)| params![counter.0.clone(), value]).collect();
    tx.upsert_many(&COUNTER, counters).await?;
    for id in outcomes.iter().flat_map(|(_, outcome)| &outcome.erased) {
        forget(tx, *id, books.rulebook.profile).await?;
    }
    let mut changed = books.take_changed();
    let mut findings = super::finding::save(tx, &mut changed, outcomes).await?;
    findings.extend(super::finding::queue::with_other_ends(tx, &changed.manifests).await?);
    save_manifests(tx, books.rulebook.profile, &changed.manifests, outcomes).await?;
    super::external_number::save(tx, &changed.manifests).await?;
    super::plate::save(tx, outcomes).await?;
    save_lots(tx, &changed.lots, outcomes).await?;
    super::stock::save(tx, &changed.lots, outcomes).await?;
    super::label::save(tx, &changed.labels).await?;
    super::tally::save(tx, &changed.tallies).await?;
    super::watch::save(tx, &changed.watches).await?;
    super::container::save(tx, outcomes).await?;
    super::correction::save(tx, outcomes).await?;
    super::answer::save(tx, outcomes).await?;
    super::case::save(tx, outcomes).await?;
    super::incident::save(tx, outcomes).await?;
    super::register::save(tx, outcomes).await?;
    super::timeline::save(tx, outcomes).await?;
    super::stance::save(tx, outcomes).await?;
    save_awaited(tx, outcomes).await?;
    save_graph(tx, &changed.lots, outcomes).await?;
    super::finding::queue::settle(tx, findings, &moved, outcomes).await
}

/// Which lots went into which: a sum for every two, and no row for a sum of nothing; and what each of them is.
async fn save_graph(
    tx: &mut WriteTx,
    lots: &[(LotId, Shelf<LotState>)],
    outcomes: &[(u64, Outcome)],
) -> Result<(), StoreError> {
    const CLEAR: Sql = Sql::both("delete from lot_edge where mass_g = 0");
    let edges = outcomes.iter().flat_map(|(_, outcome)| outcome.all_edges());
    let edges = edges.map(|edge| params![edge.child.as_uuid(), edge.parent.as_uuid(), edge.mass_g]);
    if tx.add_many(&LOT_EDGE, edges.collect()).await? > 0 {
        tx.execute(&CLEAR, params![]).await?;
    }
    let lots = lots.iter().map(|(id, shelf)| (id, false, Node::Lot(LotMasses::of(&shelf.state))));
    let mixes = outcomes.iter().flat_map(|(_, outcome)| &outcome.mixes);
    let mixes = mixes.map(|mix| (&mix.id, true, Node::Mix(mix.masses)));
    let row = |(id, is_mix, node): (&LotId, bool, Node)| {
        Ok(params![id.as_uuid(), is_mix, to_json("lot_node", &node)?])
    };
    tx.upsert_many(&LOT_NODE, lots.chain(mixes).map(row).collect::<Result<_, StoreError>>()?).await?;
    Ok(())
}

/// Everything told of a manifest goes; what its residues hold is written as of any other.
async fn forget(tx: &mut WriteTx, id: ManifestId, profile: &Profile) -> Result<(), StoreError> {
    const PARTIES: Sql = Sql::both("delete from manifest_party where manifest = $1");
    const WAITING: Sql = Sql::both("delete from awaited where manifest = $1");
    super::finding::forget(tx, &Subject::Manifest(id)).await?;
    super::external_number::forget(tx, id).await?;
    super::plate::forget(tx, id).await?;
    if let Some(before) = manifest(tx, id).await? {
        super::term::forget(tx, id, &before, profile).await?;
    }
    super::offer::forget(tx, id).await?;
    super::incident::forget(tx, id).await?;
    tx.execute(&PARTIES, params![id.as_uuid()]).await?;
    tx.execute(&WAITING, params![id.as_uuid()]).await?;
    Ok(())
}

/// Who waits for an event that nobody has seen. An event that came is awaited no longer.
async fn save_awaited(tx: &mut WriteTx, outcomes: &[(u64, Outcome)]) -> Result<(), StoreError> {
    let key = |id: &EventId, manifest: &ManifestId| vec![blob(id), Param::Uuid(manifest.as_uuid())];
    let awaited = outcomes.iter().flat_map(|(_, outcome)| &outcome.awaited);
    let awaited = awaited.map(|(id, manifest)| key(id, manifest)).collect();
    tx.upsert_many(&AWAITED, awaited).await?;
    let arrived = outcomes.iter().flat_map(|(_, outcome)| &outcome.arrived);
    tx.delete_many(&AWAITED, arrived.map(|(id, manifest)| key(id, manifest)).collect()).await?;
    Ok(())
}

async fn save_manifests(
    tx: &mut WriteTx,
    profile: &Profile,
    manifests: &[(ManifestId, Shelf<ManifestState>)],
    outcomes: &[(u64, Outcome)],
) -> Result<(), StoreError> {
    let first: BTreeMap<ManifestId, i64> =
        manifests.iter().map(|(id, shelf)| (*id, signed(shelf.first_index.unwrap_or_default()))).collect();
    let mut rows = Vec::with_capacity(manifests.len());
    for (id, shelf) in manifests {
        let registration = shelf.state.registration.as_ref();
        let leaves_on = shelf.state.leaves_at().map(|at| profile.local_date(at.as_millis()));
        let division = shelf.division.map(|division| division.to_string());
        rows.push(params![
            id.as_uuid(),
            first[id],
            shelf.label.clone(),
            shelf.state.status().name().to_owned(),
            registration.map(|registration| registration.consignor.party.to_string()),
            registration.map(|registration| registration.consignee.party.to_string()),
            division,
            registration.and_then(|registration| registration.erp_no.clone()),
            registration.and_then(|registration| registration.follows).map(|id| id.as_uuid()),
            registration.map(|registration| registration.consignor.site.as_uuid()),
            registration.map(|registration| registration.consignee.site.as_uuid()),
            leaves_on.map(|day| i64::from(day.to_epoch_days())),
            signed(shelf.updated_index.unwrap_or_default()),
            pack("manifest", shelf)?
        ]);
    }
    tx.upsert_many(&MANIFEST, rows).await?;
    let roles = outcomes.iter().flat_map(|(_, outcome)| &outcome.roles);
    let roles = roles.map(|(party, id)| {
        params![party.to_string(), first.get(id).copied().unwrap_or_default(), id.as_uuid()]
    });
    tx.upsert_many(&MANIFEST_PARTY, roles.collect()).await?;
    super::term::save(tx, &first, outcomes).await
}

async fn save_lots(
    tx: &mut WriteTx,
    lots: &[(LotId, Shelf<LotState>)],
    outcomes: &[(u64, Outcome)],
) -> Result<(), StoreError> {
    let mut left: BTreeMap<LotId, BTreeSet<Uscc>> = BTreeMap::new();
    for (party, lot) in outcomes.iter().flat_map(|(_, outcome)| &outcome.left) {
        left.entry(*lot).or_default().insert(*party);
    }
    let mut gone = Vec::new();
    let mut rows = Vec::with_capacity(lots.len());
    let mut parties = Vec::new();
    for (id, shelf) in lots {
        let first = signed(shelf.first_index.unwrap_or_default());
        let code = shelf.state.code().map(|code| code.to_string());
        rows.push(params![
            id.as_uuid(),
            first,
            shelf.label.clone(),
            code,
            shelf.state.held_g(),
            pack("lot", shelf)?
        ]);
        let holders: BTreeSet<_> = shelf.state.holdings.iter().map(|holding| holding.party).collect();
        parties.extend(holders.iter().map(|party| params![party.to_string(), first, id.as_uuid()]));
        let of_lot = left.get(id).into_iter().flatten().filter(|party| !holders.contains(party));
        gone.extend(of_lot.map(|party| params![party.to_string(), first, id.as_uuid()]));
    }
    tx.upsert_many(&LOT, rows).await?;
    tx.upsert_many(&LOT_PARTY, parties).await?;
    tx.delete_many(&LOT_PARTY, gone).await?;
    Ok(())
}

/// One manifest's shelf, as folded.
pub async fn manifest(tx: &mut ReadTx, id: ManifestId) -> Result<Option<Shelf<ManifestState>>, StoreError> {
    const SQL: Sql = Sql::both("select snapshot from manifest where manifest = $1");
    tx.fetch_optional(&SQL, params![id.as_uuid()]).await?.map(|row| unpack(&row, "snapshot")).transpose()
}

/// One lot's shelf, as folded.
pub async fn lot(tx: &mut ReadTx, id: LotId) -> Result<Option<Shelf<LotState>>, StoreError> {
    const SQL: Sql = Sql::both("select snapshot from lot where lot = $1");
    tx.fetch_optional(&SQL, params![id.as_uuid()]).await?.map(|row| unpack(&row, "snapshot")).transpose()
}

/// These lots as folded, those that exist.
pub async fn lots_as_folded(
    tx: &mut ReadTx,
    ids: &[LotId],
) -> Result<BTreeMap<LotId, Shelf<LotState>>, StoreError> {
    const SQL: SqlIn = SqlIn::new("select lot, snapshot from lot where lot in ({keys})");
    let keys = ids.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
    let rows = tx.fetch_in(&SQL, keys, params![]).await?;
    rows.iter().map(|row| Ok((LotId::from_uuid(row.uuid("lot")?), unpack(row, "snapshot")?))).collect()
}
