//! Stock: running totals say what the postings add up to, on any day, however the events arrived.

mod feeding;
mod reading;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use liandan::app::access::Viewer;
use liandan::app::audit::{self, Against, AuditError};
use liandan::app::query::Page;
use liandan::catalogue::Uscc;
use liandan::clock::Timestamp;
use liandan::custody::stock::StockCode;
use liandan::custody::{Event, Statement};
use liandan::id::{ActId, LotId, SiteId};
use liandan::ledger::{Envelope, Typ};
use liandan::registry::Role;
use liandan::scenario::{Scripted, World};
use liandan::shape::{List, Text};
use liandan::store::{ReadTx, Row, Sql, Store, books, params, stock};

use crate::api::server::sign_script;
use crate::replay::played;
use crate::scenarios::permuted;
use crate::support::ledger::{Folder, LOG, Ledger, block_on, databases, fresh_store};

pub(crate) fn officer() -> Viewer {
    let bureau = World::embedded().authority();
    let kid = World::embedded().key(&bureau.label, Role::Officer).kid();
    Viewer::Authority { party: bureau.uscc, division: bureau.division, role: Role::Officer, kid }
}

pub(crate) fn site_of(party: &str, label: Option<&str>) -> (Uscc, SiteId) {
    let party = World::embedded().party(party).unwrap();
    (party.uscc, party.site(label).unwrap().site)
}

/// Folding the log again in pages of a size gives the same rows.
async fn is_refolded(store: &Store, folder: &Folder, page: u64) -> Result<(), AuditError> {
    let second = fresh_store(folder, &format!("second-{page}")).await;
    let audited = audit::verify(store, Against { page, ..Against::second(&second) }, |_, _| {}).await;
    second.close().await;
    audited.map(drop)
}

/// A statement of a party's office, signed.
pub(crate) fn signed(label: &str, at: Timestamp, n: u8, statement: Statement) -> Vec<u8> {
    let party = World::embedded().party(label).unwrap();
    let event = Event {
        log: Text::new(LOG).unwrap(),
        act: ActId::from_uuid(format!("01890a5d-ac96-774b-bcce-b302099a81{n:02x}").parse().unwrap()),
        party: party.uscc,
        mandate: None,
        prev: List::default(),
        anchor: None,
        occurred_at: at,
        place: None,
        statement,
    };
    let key = World::embedded().key(label, party.office());
    Envelope::sign(Typ::Event, event.to_json().to_string().as_bytes(), &key).into_compact().into_bytes()
}

type Key = (String, uuid::Uuid, String, i64, String, String);

/// Every running total.
async fn buckets(store: &Store) -> BTreeMap<Key, (i64, i64)> {
    const ALL: Sql =
        Sql::both("select party, site, grain, start, code, against, in_g, out_g from stock_bucket");
    let rows = store.read().await.unwrap().fetch_all(&ALL, params![]).await.unwrap();
    let text = |row: &Row, column| row.text(column).unwrap();
    rows.iter()
        .map(|row| {
            let (site, start) = (row.uuid("site").unwrap(), row.i64("start").unwrap());
            let key = (
                text(row, "party"),
                site,
                text(row, "grain"),
                start,
                text(row, "code"),
                text(row, "against"),
            );
            (key, (row.i64("in_g").unwrap(), row.i64("out_g").unwrap()))
        })
        .collect()
}

/// What lies at a place as a code on a day, by the postings one by one: the slow way.
type Balances = BTreeMap<(String, uuid::Uuid), BTreeMap<String, BTreeMap<i64, i64>>>;

async fn by_postings(tx: &mut ReadTx) -> Balances {
    const ALL: Sql = Sql::both(
        "select p.party, p.site, p.eff_day, p.mass_g, p.lot from posting p where p.account = 'held' order by p.idx, p.n",
    );
    let mut balances = Balances::new();
    let mut codes: BTreeMap<LotId, String> = BTreeMap::new();
    for row in tx.fetch_all(&ALL, params![]).await.unwrap() {
        let lot = LotId::from_uuid(row.uuid("lot").unwrap());
        if let Entry::Vacant(code) = codes.entry(lot) {
            let shelf = books::lot(tx, lot).await.unwrap().unwrap();
            code.insert(shelf.state.stock_code().to_string());
        }
        let place = (row.text("party").unwrap(), row.uuid("site").unwrap());
        let days = balances.entry(place).or_default().entry(codes[&lot].clone()).or_default();
        *days.entry(row.i64("eff_day").unwrap()).or_default() += row.i64("mass_g").unwrap();
    }
    balances
}

/// The totals before a day add up to the postings before it, for every place, code and day on which something moved, and a
/// day after; and they are few.
async fn add_up(tx: &mut ReadTx) -> usize {
    let mut compared = 0;
    for ((party, site), codes) in by_postings(tx).await {
        let place = (party.parse().unwrap(), SiteId::from_uuid(site));
        let days: BTreeSet<i64> =
            codes.values().flatten().flat_map(|(day, _)| [*day, day + 1, day + 40]).collect();
        for day in days {
            let totals = stock::totals_before(tx, place, day).await.unwrap();
            let kinds: BTreeSet<_> = totals.iter().map(|total| (total.code, total.against.clone())).collect();
            assert!(totals.len() <= kinds.len() * (60 + 11 + 30), "{} rows", totals.len());
            for (code, of_code) in &codes {
                let wanted: i64 = of_code.range(..day).map(|(_, mass_g)| mass_g).sum();
                let code: StockCode = code.parse().unwrap();
                let here = totals.iter().filter(|total| total.code == code);
                assert_eq!(
                    here.map(|total| total.in_g - total.out_g).sum::<i64>(),
                    wanted,
                    "{place:?} {code} {day}"
                );
                compared += 1;
            }
        }
    }
    compared
}

#[test]
fn totals_of_every_day_are_the_sums_of_the_postings() {
    for database in databases() {
        block_on(async {
            let ledger = played(&database, 25, 3).await;
            let mut tx = ledger.store.read().await.unwrap();
            let compared = add_up(&mut tx).await;
            assert!(compared > 100, "only {compared} balances");
            // The lots on hand are the stock of today, and opening and flows make the closing on any day.
            for party in World::embedded().parties() {
                for site in &party.sites {
                    let stock = ledger.app.stock(&officer(), site.site, (None, None), None).await.unwrap();
                    let Some(stock) = stock else { continue };
                    let mut on_hand: BTreeMap<StockCode, i64> = BTreeMap::new();
                    let mut after = None;
                    loop {
                        let page = ledger.app.lots_on_hand(&officer(), site.site, after, 3).await.unwrap();
                        let Page { items, next } = page.unwrap();
                        for lot in items {
                            *on_hand.entry(lot.row.code).or_default() += lot.row.balance_g;
                        }
                        after = next;
                        if after.is_none() {
                            break;
                        }
                    }
                    on_hand.retain(|_, mass_g| *mass_g != 0);
                    let closing = stock.codes.iter().filter(|code| code.closing_g != 0);
                    assert_eq!(
                        closing.map(|code| (code.code, code.closing_g)).collect::<BTreeMap<_, _>>(),
                        on_hand
                    );
                    for code in &stock.codes {
                        assert_eq!(code.opening_g + code.flows.net_g(), code.closing_g, "{code:?}");
                    }
                }
            }
        });
    }
}

#[test]
fn a_balance_of_years_takes_a_bounded_number_of_rows() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let (party, site) = site_of("acme", None);
            let mut at: Timestamp = "2026-02-01T09:00:00+08:00".parse().unwrap();
            let mut lines = Vec::new();
            for n in 0..200_u8 {
                ledger.clock.set(at);
                lines.push(signed("acme", at, n, crate::stock::opened(site, n, 1_000)));
                at = at.plus_hours(24 * 7);
            }
            ledger.clock.set(at);
            for answer in ledger.app.submit_many(lines, None).await.unwrap() {
                answer.unwrap();
            }
            let mut tx = ledger.store.read().await.unwrap();
            let today = i64::from(ledger.app.rulebook().profile.local_date(at.as_millis()).to_epoch_days());
            let totals = stock::totals_before(&mut tx, (party, site), today + 1).await.unwrap();
            assert_eq!(totals.iter().map(|total| total.in_g).sum::<i64>(), 200_000);
            assert!(totals.len() <= 4 + 11 + 5, "{} rows for 200 weeks", totals.len());
        });
    }
}

/// An opening balance of one lot.
pub(crate) fn opened(site: SiteId, n: u8, mass_g: i64) -> Statement {
    let json = serde_json::json!({
        "site": site,
        "lots": [{
            "lot": format!("01890a5d-ac96-774b-bcce-b302099a82{n:02x}"),
            "code": "900-041-49",
            "quantity": { "mass_g": mass_g, "basis": "measured" },
            "containers": []
        }]
    });
    Statement::StockOpened(serde_json::from_value(json).unwrap())
}

const LATE_CODE: &str = "
    08:00  acme     opens      L1  900-041-49 1200 kg
    08:05  acme     opens      L2  900-252-12 500 kg  sent +2d
    09:00  acme     registers  M1  900-041-49 1200 kg + 900-252-12 500 kg  acme > swift > phoenix
    09:20  acme     hands      M1  to swift  from L1 1200 kg + L2 500 kg
    11:05  swift    hands      M1  to phoenix
    11:30  phoenix  receives   M1  1200 kg + 500 kg
    =====
";

#[test]
fn a_code_that_becomes_known_late_moves_what_is_stored() {
    for database in databases() {
        let folder = Folder::new();
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let (acts, last) = {
                let mut acts = sign_script(LATE_CODE).acts;
                acts.sort_by_key(|act| act.recorded_at);
                let last = acts.pop().unwrap();
                (acts, last)
            };
            for act in &acts {
                ledger.send(act).await.unwrap();
            }
            let (_, site) = site_of("acme", None);
            let on =
                |ledger: &Ledger| ledger.app.rulebook().profile.local_date(ledger.clock.now().as_millis());
            let closing = async |code: &str| {
                let stock = ledger
                    .app
                    .stock(&officer(), site, (None, Some(on(&ledger))), None)
                    .await
                    .unwrap()
                    .unwrap();
                stock.codes.into_iter().find(|row| row.code == code.parse().unwrap()).map(|row| row.closing_g)
            };
            assert_eq!((closing("unknown").await, closing("900-252-12").await), (Some(-500_000), None));
            ledger.send(&last).await.unwrap();
            assert_eq!((closing("unknown").await, closing("900-252-12").await), (None, Some(0)));
            let mut tx = ledger.store.read().await.unwrap();
            assert!(add_up(&mut tx).await > 0);
            drop(tx);
            for page in [1_000, 1] {
                is_refolded(&ledger.store, &folder, page)
                    .await
                    .unwrap_or_else(|error| panic!("{page}: {error}"));
            }
        });
    }
}

/// What ran on paper left when the paper says, though it was filled in a day later, and so it does when the log is folded again.
#[test]
fn what_ran_on_paper_leaves_on_its_own_day() {
    for database in databases() {
        let folder = Folder::new();
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let script = "
                08:00  acme     opens      900-041-49 1200 kg
                Tue
                09:00  acme     registers  M1  900-041-49 1200 kg  acme > swift > phoenix  unassigned
                Wed
                09:30  phoenix  backfills  M1  acme > swift 2026-03-02 09:20 + swift > phoenix 2026-03-03 11:05 \"outage\"
                =====
            ";
            for act in &sign_script(script).acts {
                ledger.send(act).await.unwrap();
            }
            let (_, site) = site_of("acme", None);
            let closing = async |on: &str| {
                let stock = ledger.app.stock(&officer(), site, (None, Some(on.parse().unwrap())), None).await;
                stock.unwrap().unwrap().codes.iter().map(|code| code.closing_g).collect::<Vec<_>>()
            };
            assert_eq!(closing("2026-03-02").await, [0], "loaded on the day it was opened");
            let mut tx = ledger.store.read().await.unwrap();
            assert!(add_up(&mut tx).await > 0);
            drop(tx);
            is_refolded(&ledger.store, &folder, 1).await.unwrap();
        });
    }
}

/// A load drawn from nothing is collected as one code and found to be another: what is stored of it, the unproven mass at the
/// consignor, counts as what was found.
#[test]
fn a_code_as_found_takes_over_what_is_stored() {
    for database in databases() {
        let folder = Folder::new();
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let played = sign_script(
                "
                09:00  acme     registers  M1  900-041-49 1200 kg  acme > swift > phoenix
                09:20  acme     hands      M1  to swift  from nothing
                11:05  swift    hands      M1  to phoenix
                =====
                ",
            );
            for act in &played.acts {
                ledger.send(act).await.unwrap();
            }
            let ((_, acme), (_, phoenix)) = (site_of("acme", None), site_of("phoenix", None));
            let closings = async |site: SiteId| {
                let stock = ledger.app.stock(&officer(), site, (None, None), None).await.unwrap().unwrap();
                let closing = stock.codes.into_iter().map(|row| (row.code.to_string(), row.closing_g));
                closing.collect::<Vec<_>>()
            };
            assert_eq!(closings(acme).await, [("900-041-49".to_owned(), -1_200_000)]);
            let json = serde_json::json!({
                "manifest": played.names.manifest("M1").unwrap(),
                "site": phoenix,
                "lines": [{
                    "line": 1, "code": "900-039-49", "outcome": "accepted",
                    "accepted": { "mass_g": 1_200_000, "basis": "measured" }
                }]
            });
            let received = Statement::WasteReceived(serde_json::from_value(json).unwrap());
            let at: Timestamp = "2026-03-02T12:00:00+08:00".parse().unwrap();
            ledger.clock.set(at);
            ledger.app.submit(&signed("phoenix", at, 1, received), None).await.unwrap();
            assert_eq!(closings(acme).await, [("900-039-49".to_owned(), -1_200_000)]);
            assert_eq!(closings(phoenix).await, [("900-039-49".to_owned(), 1_200_000)]);
            assert!(buckets(&ledger.store).await.keys().all(|key| key.4 == "900-039-49"));
            for page in [1_000, 1] {
                is_refolded(&ledger.store, &folder, page)
                    .await
                    .unwrap_or_else(|error| panic!("{page}: {error}"));
            }
        });
    }
}

/// Facts in any order give the same totals; so do a record that was disavowed and one that was never made.
#[test]
fn totals_do_not_depend_on_the_order_of_arrival() {
    let script = "
        08:00  acme     opens      L1  900-041-49 2000 kg
        08:10  acme     opens      L2  900-252-12 500 kg
        09:00  acme     registers  M1  900-041-49 1200 kg + 900-252-12 500 kg  acme > swift > phoenix
        09:20  acme     hands      M1  to swift  from L1 1200 kg + L2 500 kg
        11:05  swift    hands      M1  to phoenix
        11:30  phoenix  receives   M1  1200 kg + 400 kg
        14:00  phoenix  disposes   900-041-49 1200 kg from M1 by D10 gives 90 kg 772-003-18
        until 2026-03-06 18:00
        =====
    ";
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let played = sign_script(script);
            for act in &played.acts {
                ledger.send(act).await.unwrap();
            }
            let wanted = buckets(&ledger.store).await;
            assert!(wanted.len() > 20);
            ledger.close().await;
            for seed in 0..6 {
                let database = databases().remove(0);
                let ledger = Ledger::found(&database.url).await;
                for act in permuted(&played, seed) {
                    ledger.send(&act).await.unwrap();
                }
                assert_eq!(buckets(&ledger.store).await, wanted, "seed {seed}");
                ledger.close().await;
            }
        });
    }
}

#[test]
fn what_is_disavowed_leaves_no_trace_in_the_totals_and_comes_back_when_reaffirmed() {
    let script = |acts: &str| {
        format!(
            "
            08:00  acme    opens      L1  900-041-49 1200 kg
            09:00  acme    registers  M1  900-041-49 1200 kg  acme > swift > phoenix
            09:20  acme    hands      M1  to swift  from L1 1200 kg  #k1
            10:00  bureau  revokes    key of swift suspected from #k1
            {acts}
            =====
            "
        )
    };
    let again =
        "10:05 swift disavows #k1 \"no\"\n10:06 swift reaffirms #k1 \"yes\"\n10:07 swift disavows #k1 \"no\"";
    for database in databases() {
        let folder = Folder::new();
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let send = async |acts: &[Scripted]| {
                for act in acts {
                    ledger.send(act).await.unwrap();
                }
            };
            let acts = sign_script(&script(again)).acts;
            send(&acts[..1]).await;
            let before = buckets(&ledger.store).await;
            send(&acts[1..acts.len() - 3]).await;
            let collected = buckets(&ledger.store).await;
            assert_ne!(before, collected);
            let [first, second, third] = &acts[acts.len() - 3..] else { unreachable!() };
            for (act, wanted) in [(first, &before), (second, &collected), (third, &before)] {
                send(std::slice::from_ref(act)).await;
                assert_eq!(&buckets(&ledger.store).await, wanted, "line {}", act.line);
            }
            for page in [1_000, 2, 1] {
                let same = is_refolded(&ledger.store, &folder, page).await;
                same.unwrap_or_else(|error| panic!("{page}: {error}"));
            }
        });
    }
}

/// Masses whose sums no column holds stop nobody, and fold to the same rows.
#[test]
fn absurd_masses_wrap_as_everywhere() {
    for database in databases() {
        let folder = Folder::new();
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let (_, site) = site_of("acme", None);
            let at: Timestamp = "2026-03-02T09:00:00+08:00".parse().unwrap();
            ledger.clock.set(at);
            for n in 0..5_u8 {
                let lots = (0..256).map(|lot| {
                    serde_json::json!({
                        "lot": format!("01890a5d-ac96-774b-bcce-b302099{n:02x}{lot:03x}"),
                        "code": "900-041-49",
                        "quantity": { "mass_g": liandan::shape::MAX_SAFE_INTEGER, "basis": "estimated" },
                        "containers": []
                    })
                });
                let json = serde_json::json!({ "site": site, "lots": lots.collect::<Vec<_>>() });
                let statement = Statement::StockOpened(serde_json::from_value(json).unwrap());
                ledger.app.submit(&signed("acme", at, n, statement), None).await.unwrap();
            }
            let stock = ledger.app.stock(&officer(), site, (None, None), None).await.unwrap().unwrap();
            let wanted = liandan::shape::MAX_SAFE_INTEGER.wrapping_mul(5 * 256);
            assert_eq!((stock.codes.len(), stock.codes[0].closing_g), (1, wanted));
            is_refolded(&ledger.store, &folder, 100).await.unwrap();
        });
    }
}
