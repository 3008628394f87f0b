//! The same histories signed and sent to ledgers with databases, in uploads of any size.

use std::collections::BTreeMap;

use liandan::app::rebuild;
use liandan::custody::Statement;
use liandan::ledger::{Envelope, EventId, Typ};
use liandan::registry::Role;
use liandan::scenario::Scripted;
use liandan::shape::{List, Text};

use super::arrive::in_another_order;
use super::make::{History, Said};
use super::places::key;
use super::spoil::Spoilt;
use crate::oracle::{compare_with_naive, naive_of};
use crate::replay::is_refolded;
use crate::support::ledger::{Folder, Ledger, block_on, databases};
use crate::support::random::Random;

const HISTORIES: u64 = 30;
const MOST_AT_ONCE: usize = 40;

/// The history as its parties sign it, in the order given; `ids` tells what each event is called once it is signed.
fn signed(said: &[Said], ids: &mut BTreeMap<EventId, EventId>) -> BTreeMap<EventId, Scripted> {
    let mut scripted = BTreeMap::new();
    for said in said {
        let mut event = said.event.clone();
        let named = |id: &EventId| ids.get(id).copied().unwrap_or(*id);
        event.prev = List::new(event.prev.iter().map(named).collect()).unwrap();
        if let Statement::EventDisavowed(about) = &mut event.statement {
            about.event = named(&about.event);
        }
        let offer = said.offer.as_ref().map(|(offer, by)| {
            let payload = serde_json::json!(offer).to_string();
            let envelope = Envelope::sign(Typ::Offer, payload.as_bytes(), &key(by, Role::Operator));
            Text::new(envelope.into_compact()).unwrap()
        });
        if let Statement::WasteCollected(handover)
        | Statement::WasteTransferred(handover)
        | Statement::WasteDelivered(handover)
        | Statement::WasteReturned(handover) = &mut event.statement
        {
            handover.offer = offer;
        }
        let payload = event.to_json().to_string();
        let envelope = Envelope::sign(Typ::Event, payload.as_bytes(), &key(said.by.0, said.by.1));
        ids.insert(said.id, envelope.event_id());
        let act = Scripted {
            recorded_at: said.recorded_at,
            skew_ms: 0,
            envelope,
            actor: said.by.0.to_owned(),
            line: 0,
            is_fact: said.is_fact(),
            occurred_at: event.occurred_at,
            refused: None,
        };
        scripted.insert(said.id, act);
    }
    scripted
}

/// Many histories beside each other, as they arrive; what ends keys comes when everything else is there.
fn arriving() -> Vec<Scripted> {
    let mut acts: Vec<Scripted> = Vec::new();
    let mut last_words: Vec<Scripted> = Vec::new();
    for seed in 0..HISTORIES {
        let Spoilt { said, .. } = Spoilt::of(&History::clean(seed, 8, None), seed);
        let signed = signed(&said, &mut BTreeMap::new());
        for said in in_another_order(&said, &mut Random::new(seed)) {
            let act = Scripted { recorded_at: said.recorded_at, ..signed[&said.id].clone() };
            let is_about_keys =
                matches!(said.event.statement, Statement::KeyRevoked(_) | Statement::EventDisavowed(_));
            if is_about_keys { &mut last_words } else { &mut acts }.push(act);
        }
    }
    acts.sort_by_key(|act| act.recorded_at);
    let last = acts.last().map(|act| act.recorded_at).unwrap_or_default();
    acts.extend(last_words.into_iter().map(|act| Scripted { recorded_at: act.recorded_at.max(last), ..act }));
    acts
}

#[test]
fn uploads_of_any_size_store_what_one_by_one_does() {
    let acts = arriving();
    for (seed, database) in (1..).zip(databases()) {
        let folder = Folder::new();
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let mut random = Random::new(seed);
            let mut rest = &acts[..];
            while !rest.is_empty() {
                let (upload, later) = rest.split_at((1 + random.below(MOST_AT_ONCE)).min(rest.len()));
                rest = later;
                let now = upload.iter().map(|act| act.recorded_at).max().unwrap();
                ledger.clock.set(now.max(ledger.clock.now()));
                let lines = upload.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect();
                let answers = ledger.app.submit_many(lines, None).await.unwrap();
                for (act, answer) in upload.iter().zip(answers) {
                    assert!(answer.is_ok() || !act.is_fact, "a fact is refused: {answer:?}");
                }
            }
            let mut tx = ledger.store.read().await.unwrap();
            let naive = naive_of(&mut tx, &ledger, ledger.clock.now()).await;
            ledger.app.tick().await.unwrap();
            compare_with_naive(&mut ledger.store.read().await.unwrap(), &naive).await.unwrap();
            drop(tx);
            for page in [1, 13, 1_000] {
                let same = is_refolded(&ledger.store, &folder, page).await;
                same.unwrap_or_else(|error| panic!("in pages of {page}: {error}"));
            }
            rebuild::rebuild(&ledger.store, 7, |_, _| {}).await.unwrap();
            is_refolded(&ledger.store, &folder, 1_000).await.unwrap();
            ledger.close().await;
        });
    }
}
