//! The oracle: a naive fold of what a ledger's log holds, compared with everything its store derived.

use std::collections::BTreeMap;

use liandan::clock::Timestamp;
use liandan::custody::admit::handover;
use liandan::custody::kind::parse_json;
use liandan::custody::lot::LotState;
use liandan::custody::payload::handover::Offer;
use liandan::custody::shelf::Life;
use liandan::custody::stance::shown;
use liandan::custody::{Event, Figures, Subject};
use liandan::id::FindingId;
use liandan::ledger::merkle::leaf_hash;
use liandan::ledger::{Digest, Envelope, EventId, Kid, Typ};
use liandan::store::{ReadTx, books, finding, log, registry, stance, timeline};

use crate::naive::{self, Entry, Naive, NaiveLot};
use crate::support::ledger::Ledger;

/// The findings in one life, with what they say.
async fn findings(tx: &mut ReadTx, life: Life) -> BTreeMap<FindingId, (String, Subject, Figures)> {
    let mut all = BTreeMap::new();
    let mut after = FindingId::from_uuid(uuid::Uuid::nil());
    loop {
        let page = finding::list_all(tx, life, after, 500).await.unwrap();
        let Some(last) = page.last() else { return all };
        after = last.id;
        all.extend(page.into_iter().map(|row| (row.id, (row.seen.rule, row.seen.subject, row.seen.figures))));
    }
}

/// What a naive folder makes of the log as it stands.
pub(crate) async fn naive_of(tx: &mut ReadTx, ledger: &Ledger, now: Timestamp) -> Naive {
    let mut entries = Vec::new();
    let mut leaves = Vec::new();
    for entry in log::entries(tx, 0, 1_000_000).await.unwrap() {
        let envelope = Envelope::parse(entry.jws.as_deref().unwrap().as_bytes(), Typ::Event).unwrap();
        let event = Event::parse(envelope.payload()).unwrap();
        let offer = offer_of(tx, &event).await;
        let seen = event.anchor.map(|anchor| usize::try_from(anchor.size).unwrap());
        let anchor_root = seen.and_then(|size| leaves.get(..size)).map(root_of);
        leaves.push(leaf_hash(&entry.leaf));
        entries.push(Entry {
            index: entry.index,
            id: entry.event_id,
            recorded_at: entry.recorded_at,
            skew_ms: entry.skew_ms,
            kid: envelope.kid(),
            event,
            offer,
            anchor_root,
        });
    }
    naive::fold(&entries, now, &ledger.app.rulebook())
}

/// The root of these leaf hashes, by the recursive definition (RFC 6962 §2.1).
fn root_of(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::sha256(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Digest::sha256(&[&[1], root_of(left).as_bytes(), root_of(right).as_bytes()])
        }
    }
}

async fn offer_of(tx: &mut ReadTx, event: &Event) -> Option<(Offer, Kid, bool)> {
    let (_, handover) = handover(event)?;
    let envelope = Envelope::parse(handover.offer.as_deref()?.as_bytes(), Typ::Offer).ok()?;
    let offer: Offer = parse_json(std::str::from_utf8(envelope.payload()).ok()?, "").ok()?;
    let kid = envelope.kid();
    let keys = registry::keys(tx, &[kid]).await.unwrap();
    let good = keys.first().is_some_and(|key| envelope.verify(&key.public).is_ok());
    Some((offer, kid, good))
}

/// Compare everything the naive folder computed with what the store holds.
pub(crate) async fn compare_with_naive(tx: &mut ReadTx, naive: &Naive) -> Result<(), String> {
    let mut stored = findings(tx, Life::Open).await;
    stored.retain(|_, (rule, ..)| naive::judges(rule));
    if stored != naive.open_findings {
        let lines = |findings: &BTreeMap<FindingId, (String, Subject, Figures)>| -> Vec<String> {
            findings.iter().map(|(id, found)| format!("{id} {found:?}")).collect()
        };
        let (stored, naive) = (lines(&stored), lines(&naive.open_findings));
        let only = |these: &[String], those: &[String]| -> String {
            these.iter().filter(|line| !those.contains(line)).cloned().collect::<Vec<_>>().join("\n  ")
        };
        return Err(format!(
            "open findings\n only stored:\n  {}\n only naive:\n  {}",
            only(&stored, &naive),
            only(&naive, &stored)
        ));
    }
    compare_verdicts(tx, naive).await?;
    for (id, manifest) in &naive.manifests {
        let shelf = books::manifest(tx, *id).await.unwrap().ok_or(format!("manifest {id} is not stored"))?;
        let status = shelf.state.status().name();
        if status != manifest.status || shelf.label != manifest.number {
            return Err(format!(
                "manifest {id}: stored {status} {:?}, naive {} {:?}",
                shelf.label, manifest.status, manifest.number
            ));
        }
        for (number, line) in &manifest.lines {
            let stored =
                shelf.state.lines.get(number).ok_or(format!("manifest {id} has no line {number}"))?;
            let masses = (stored.shipped_g, stored.accepted_g, stored.rejected_g);
            if masses != (line.shipped_g, line.accepted_g, line.rejected_g) {
                return Err(format!("manifest {id} line {number}: stored {masses:?}, naive {line:?}"));
            }
        }
    }
    for (id, oracle) in &naive.lots {
        let shelf = books::lot(tx, *id).await.unwrap().ok_or(format!("lot {id} is not stored"))?;
        let stored = lot_of(&shelf.state);
        if stored != *oracle {
            return Err(format!("lot {id}: stored {stored:?}, naive {oracle:?}"));
        }
    }
    Ok(())
}

/// What the books say of a lot, in the words of the naive folder.
pub(crate) fn lot_of(state: &LotState) -> NaiveLot {
    let held = state.holdings.iter().map(|h| ((h.party, h.site), h.balance_g()));
    let stored = state.stored.iter().map(|s| ((s.party, s.site, s.facility.clone()), (s.in_g, s.out_g)));
    NaiveLot {
        held: held.filter(|(_, balance_g)| *balance_g != 0).collect(),
        transit_g: state.transit_g(),
        opened_g: state.sums.opened_g,
        generated_g: state.sums.generated_g,
        used_g: state.sums.used_g,
        disposed_g: state.sums.disposed_g,
        became_g: state.sums.became_g,
        variance_g: state.sums.variance_g,
        unexplained_g: state.sums.unexplained_g,
        stored: stored.collect(),
        code: state.code(),
    }
}

/// The stored verdicts with the marks that follow from the keys.
async fn compare_verdicts(tx: &mut ReadTx, naive: &Naive) -> Result<(), String> {
    let ids: Vec<EventId> = naive.verdicts.keys().copied().collect();
    let words: BTreeMap<_, _> =
        stance::last_words(tx, &ids).await.unwrap().into_iter().map(|word| (word.event, word)).collect();
    for entry in log::entries(tx, 0, 1_000_000).await.unwrap() {
        let kid = Envelope::parse(entry.jws.as_deref().unwrap().as_bytes(), Typ::Event).unwrap().kid();
        let word = words.get(&entry.event_id);
        let by = word.map_or(kid, |word| word.by_kid);
        let keys = registry::keys(tx, &[kid, by]).await.unwrap();
        let is_suspected =
            |kid: Kid, index: u64| keys.iter().any(|key| key.kid == kid && key.is_suspected_at(index));
        let in_force = timeline::verdict(tx, entry.index).await.unwrap().unwrap();
        let by_index = word.map_or(0, |word| word.by_index);
        let seen = shown(in_force, is_suspected(kid, entry.index), word, is_suspected(by, by_index));
        if seen != naive.verdicts[&entry.event_id] {
            let naive = naive.verdicts[&entry.event_id];
            return Err(format!("verdict at index {}: stored {seen:?}, naive {naive:?}", entry.index));
        }
    }
    Ok(())
}
