//! An outage: fifty devices hand waste over all day without a network, and send what they collected when there is one again, in any order, some of it
//! twice, to a ledger that goes down in the middle of it.
//!
//! What time of recording changes by nature is kept out of what is planted, and the rest must not show it: everything comes within the hours that a fact
//! may take (`late-entry`), devices do not say their time (`clock-skew`), and the day ends long after the last due time. `in-transit-overdue` opens meanwhile
//! for what is known to have left and not yet to have arrived, which nobody can tell apart from what is really late; it must be closed at the end.
//!
//! `LIANDAN_OUTAGE_EVENTS=10000 cargo test --release --locked --test it -- outage:: --nocapture` plays as many events as are asked for.

mod device;
mod made;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

use liandan::app::access::Viewer;
use liandan::app::query::FindingFilter;
use liandan::clock::Timestamp;
use liandan::custody::Subject;
use liandan::custody::manifest::Status;
use liandan::custody::shelf::Life;
use liandan::id::{LotId, ManifestId};
use liandan::ledger::leaf::{Leaf, commitment};
use liandan::ledger::note::NoteSigner;
use liandan::ledger::{Envelope, EventId, Salt, Typ, b64};
use liandan::registry::Role;
use liandan::scenario::{Scripted, World};
use liandan::store::{Store, books, log};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::support::http::client_builder;
use crate::support::ledger::{Database, Folder, LOG, Ledger, block_on, databases, log_key, settings};
use crate::support::outsider::Outsider;
use device::{Device, Life as Served, Told};
use made::{Day, Found};

/// So many events are collected without a network, unless the run asks for another number.
const EVENTS: usize = 2_000;
/// What sites owe besides manifests is not told here: nobody declares anything, and papers end.
const OF_SITES: [&str; 3] = ["declaration-overdue", "ledger-silent", "expiring"];
/// When there is a network again, when all of it is over, and how long the ledger is gone in between.
const BACK_AT: &str = "2026-03-02T19:30:00+08:00";
const ENDS_AT: &str = "2026-03-04T12:00:00+08:00";
const GONE_HOURS: i64 = 1;
/// Events of one upload to a ledger that gets them in order.
const IN_ONE_UPLOAD: usize = 300;

#[expect(clippy::disallowed_methods, reason = "a switch of the test run, not a setting of the program")]
fn asked_for() -> usize {
    std::env::var("LIANDAN_OUTAGE_EVENTS").map_or(EVENTS, |count| count.parse().unwrap())
}

/// How far it is, straight to the descriptor: a run of ten thousand takes minutes.
fn tell(how_far: &str) {
    let _ = writeln!(std::io::stderr(), "{how_far}");
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Take events in, in the order in which they stand, at their time.
async fn take_in(ledger: &Ledger, acts: &[Scripted]) {
    for upload in acts.chunks(IN_ONE_UPLOAD) {
        ledger.clock.set(upload.last().unwrap().recorded_at);
        let lines = upload.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect();
        for (act, answer) in upload.iter().zip(ledger.app.submit_many(lines, None).await.unwrap()) {
            answer.unwrap_or_else(|why| panic!("line {}: {why:?}", act.line));
        }
    }
}

/// What devices were told.
#[derive(Default)]
struct Answers {
    outsider: Outsider,
    /// How often an event was taken as new.
    new: BTreeMap<EventId, usize>,
    refused: usize,
    /// Devices that found nobody since the ledger went down, and those that have nothing left.
    in_vain: BTreeSet<usize>,
    done: BTreeSet<usize>,
}

impl Answers {
    fn take(&mut self, told: Told) {
        match told {
            Told::Receipt { sent, status, receipt } => {
                self.outsider.keep_json(&receipt);
                let id = opens(&sent, &receipt);
                *self.new.entry(id).or_default() += usize::from(status == 201);
            }
            Told::Refused { codes } => {
                assert_eq!(codes, ["offer-to-another"]);
                self.refused += 1;
            }
            Told::Nobody { device } => drop(self.in_vain.insert(device)),
            Told::Done { device } => drop(self.done.insert(device)),
        }
    }
}

/// That the leaf of a receipt is about what was sent. Gives the event.
fn opens(sent: &str, receipt: &Value) -> EventId {
    let text = |name: &str| receipt[name].as_str().unwrap();
    let id = Envelope::parse(sent.as_bytes(), Typ::Event).unwrap().event_id();
    assert_eq!(text("event_id"), id.to_string());
    let salt: Salt = text("salt").parse().unwrap();
    let recorded_at: Timestamp = text("recorded_at").parse().unwrap();
    let leaf = Leaf::parse(&b64::decode(text("leaf")).unwrap()).unwrap();
    let skew_ms = receipt["skew_ms"].as_i64().unwrap();
    let committed = commitment(&salt, recorded_at.as_millis(), skew_ms, sent);
    assert_eq!(leaf.commitment(), Some(committed));
    id
}

/// What is told next; nothing when every device is done. A device that fails fails the test.
async fn hear(heard: &mut mpsc::UnboundedReceiver<Told>, devices: &mut JoinSet<()>) -> Option<Told> {
    loop {
        tokio::select! {
            told = heard.recv() => return told,
            Some(ended) = devices.join_next() => ended.unwrap(),
        }
    }
}

/// All devices send at once. When half of the events are known the ledger goes, and comes back when every device has tried in vain.
async fn replay(database: &Database, mark: &Path, clock: &liandan::clock::Clock, day: &Day) -> Answers {
    let half = day.events.len() / 2;
    let (told, mut heard) = mpsc::unbounded_channel();
    let served = Served::begin(&database.url, mark, clock).await;
    let (addresses, address) = watch::channel(served.base.clone());
    let http = client_builder().build().unwrap();
    let mut devices = JoinSet::new();
    for (number, items) in day.queues.iter().cloned().enumerate() {
        let device = Device::new(number, items, http.clone(), address.clone(), told.clone());
        devices.spawn(device.send_everything());
    }
    drop(told);
    let mut answers = Answers::default();
    while answers.outsider.len() < half {
        answers.take(hear(&mut heard, &mut devices).await.unwrap());
    }
    served.end().await;
    tell(&format!(
        "{} of {} events are known, and the ledger is gone",
        answers.outsider.len(),
        day.events.len()
    ));
    answers.in_vain.clear();
    while answers.in_vain.union(&answers.done).count() < day.queues.len() {
        answers.take(hear(&mut heard, &mut devices).await.unwrap());
    }
    clock.set(clock.now().plus_hours(GONE_HOURS));
    let served = Served::begin(&database.url, mark, clock).await;
    addresses.send(served.base.clone()).unwrap();
    while let Some(told) = hear(&mut heard, &mut devices).await {
        answers.take(told);
    }
    served.end().await;
    answers
}

/// Everything folded of these manifests and lots, but where in the log it stands, and the numbers of the manifests.
async fn folded(store: &Store, day: &Day) -> BTreeMap<String, Value> {
    let mut tx = store.read().await.unwrap();
    let mut told = BTreeMap::new();
    for (name, id) in &day.manifests {
        let shelf = books::manifest(&mut tx, *id).await.unwrap().unwrap();
        let mut state = serde_json::to_value(&shelf.state).unwrap();
        without_places(&mut state);
        told.insert(format!("{name} {}", shelf.label.unwrap()), state);
    }
    let lots: Vec<LotId> =
        day.manifests.values().map(|id| LotId::of_line(*id, 1)).chain(day.lots.iter().copied()).collect();
    for (id, shelf) in books::lots_as_folded(&mut tx, &lots).await.unwrap() {
        told.insert(id.to_string(), serde_json::to_value(&shelf.state).unwrap());
    }
    assert_eq!(told.len(), day.manifests.len() + lots.len());
    told
}

fn without_places(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !["index", "confirmed_index"].contains(&name.as_str()));
            members.values_mut().for_each(without_places);
        }
        Value::Array(items) => items.iter_mut().for_each(without_places),
        _ => {}
    }
}

fn officer(world: &World) -> Viewer {
    let bureau = world.authority();
    let kid = world.key(&bureau.label, Role::Officer).kid();
    Viewer::Authority { party: bureau.uscc, division: bureau.division, role: Role::Officer, kid }
}

/// What is open, in the words of the scripts.
async fn open(ledger: &Ledger, world: &World, day: &Day) -> BTreeSet<Found> {
    let filter = FindingFilter { life: Some(Life::Open), ..FindingFilter::default() };
    let names: BTreeMap<ManifestId, &str> =
        day.manifests.iter().map(|(name, id)| (*id, name.as_str())).collect();
    let (items, is_cut) = ledger.app.findings_listed(&officer(world), &filter).await.unwrap();
    assert!(!is_cut);
    let seen = items.iter().map(|item| &item.row.seen).filter(|seen| !OF_SITES.contains(&seen.rule.as_str()));
    seen.map(|seen| {
        let subject = match seen.subject {
            Subject::Manifest(id) => {
                names.get(&id).map_or_else(|| seen.subject.key(), |name| (*name).to_owned())
            }
            other => other.key(),
        };
        (seen.rule.clone(), subject)
    })
    .collect()
}

/// How many loads looked overdue while it was not known that they had arrived.
async fn looked_overdue(ledger: &Ledger, world: &World) -> usize {
    let rule = Some("in-transit-overdue".to_owned());
    let filter = FindingFilter { life: Some(Life::Closed), rule, ..FindingFilter::default() };
    ledger.app.findings_listed(&officer(world), &filter).await.unwrap().0.len()
}

/// Every event of the day stands in the log once, behind what was there before, and nothing else does.
async fn stands_once(store: &Store, day: &Day, before: u64) {
    let mut tx = store.read().await.unwrap();
    let entries = log::entries(&mut tx, before, 1_000_000).await.unwrap();
    assert_eq!(entries.len(), day.events.len());
    let there: BTreeSet<EventId> = entries.iter().map(|entry| entry.event_id).collect();
    let sent: BTreeSet<EventId> = day.events.iter().map(|act| act.envelope.event_id()).collect();
    assert_eq!(there, sent);
}

/// Custody as the stories say it: everything with its consignee, by way of both carriers.
async fn arrived(store: &Store, day: &Day) {
    let mut tx = store.read().await.unwrap();
    for (name, id) in &day.manifests {
        let state = books::manifest(&mut tx, *id).await.unwrap().unwrap().state;
        let registration = state.registration.as_ref().unwrap();
        let held: Vec<_> = state.lines[&1].past.iter().map(|claim| claim.party).collect();
        let carriers: Vec<_> = registration.carriers().collect();
        assert_eq!((state.status(), state.holders()), (Status::Received, vec![registration.consignee.party]));
        assert_eq!(held, carriers, "{name}");
        assert!(state.breaks.is_empty(), "{name}: {:?}", state.breaks);
    }
}

/// A ledger that got the same in order.
async fn in_order(world: &World, day: &Day) -> (BTreeMap<String, Value>, BTreeSet<Found>) {
    let folder = Folder::new();
    let url = format!("sqlite:{}", folder.path().join("ledger.sqlite").display());
    let ledger = Ledger::found_world(&url, world, crate::support::ledger::founded_at()).await;
    take_in(&ledger, &day.before).await;
    take_in(&ledger, &day.events).await;
    ledger.pass_time(moment(ENDS_AT)).await;
    let told = (folded(&ledger.store, day).await, open(&ledger, world, day).await);
    ledger.close().await;
    told
}

fn an_outage(database: Database) {
    let world = made::world();
    let day = Day::make(&world, asked_for(), 7);
    assert_eq!(day.queues.len(), 50);
    let kept_by = database.url.split(':').next().unwrap().to_owned();
    let folder = Folder::new();
    let mark = folder.path().join("mark");
    block_on(async {
        let ledger = Ledger::found_world_with(&database.url, &world, &mark).await;
        take_in(&ledger, &day.before).await;
        let before = ledger.app.readiness().await.unwrap().size;
        let clock = ledger.clock.clone();
        ledger.close().await;
        clock.set(moment(BACK_AT));
        tell(&format!(
            "{kept_by}: {} events on {} devices, {} items to send",
            day.events.len(),
            day.queues.len(),
            day.queues.iter().map(Vec::len).sum::<usize>()
        ));
        let answers = replay(&database, &mark, &clock, &day).await;

        // Every event once, every receipt good, and the first one for whoever sent it too.
        let items: usize = day.queues.iter().map(Vec::len).sum();
        assert_eq!(answers.outsider.len(), day.events.len());
        assert_eq!(answers.outsider.repeated, items - day.events.len());
        assert_eq!(answers.outsider.repeated, day.events.len() / 10);
        assert!(answers.new.values().all(|new| *new <= 1));
        assert_eq!(
            answers.refused,
            day.queues.iter().flatten().filter(|item| item.instead.is_some()).count()
        );
        assert!(answers.in_vain.len() > day.queues.len() / 2, "{}", answers.in_vain.len());
        let store = database.connect().await;
        let verifier = NoteSigner { name: LOG.to_owned(), key: log_key() }.verifier();
        let size = answers.outsider.check(&store, &verifier, &mark).await;
        assert_eq!(size, before + day.events.len() as u64);
        stands_once(&store, &day, before).await;

        // What is known now is what a ledger knows that got it as it happened.
        let ledger = Ledger::open(settings(store, clock, Some(&mark))).await.unwrap();
        ledger.pass_time(moment(ENDS_AT)).await;
        arrived(&ledger.store, &day).await;
        let (found, state) = (open(&ledger, &world, &day).await, folded(&ledger.store, &day).await);
        let (state_in_order, found_in_order) = in_order(&world, &day).await;
        assert_eq!(found_in_order, day.planted, "a fault of the stories, not of the outage");
        assert_eq!(found, day.planted);
        for (name, told) in &state_in_order {
            assert_eq!(state.get(name), Some(told), "{name}");
        }
        assert_eq!(state.len(), state_in_order.len());
        let overdue = looked_overdue(&ledger, &world).await;
        assert!(overdue > 0, "nobody waited for what was not known yet");
        tell(&format!(
            "{kept_by}: {} receipts, {} of them again, {} refusals, {} devices tried in vain, {} findings, {overdue} loads looked overdue",
            answers.outsider.len(),
            answers.outsider.repeated,
            answers.refused,
            answers.in_vain.len(),
            found.len()
        ));
        ledger.close().await;
    });
}

#[test]
fn what_fifty_devices_collected_comes_in_whole_on_sqlite() {
    an_outage(databases().remove(0));
}

#[test]
fn what_fifty_devices_collected_comes_in_whole_on_postgres() {
    if let Some(database) = databases().into_iter().nth(1) {
        an_outage(database);
    }
}
