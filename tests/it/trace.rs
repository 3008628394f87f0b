//! Tracing in a ledger: every origin and every fate through consolidations, to the gram, at a cost that nothing else adds to.

use std::collections::{BTreeMap, BTreeSet};

use liandan::app::App;
use liandan::app::access::Viewer;
use liandan::app::query::TraceDetail;
use liandan::custody::trace::Direction;
use liandan::id::{LotId, ManifestId};
use liandan::registry::Role;
use liandan::scenario::World;
use liandan::store::trace::reach;
use liandan::store::{ColType, Param, ReadTx, Sql, derived, params};
use serde_json::{Value, json};

use crate::api::server::sign_script;
use crate::support::ledger::{Ledger, block_on, databases};
use crate::support::pen::Pen;

fn bureau() -> Viewer {
    let world = World::embedded();
    let bureau = world.authority();
    let kid = world.key(&bureau.label, Role::Officer).kid();
    Viewer::Authority { party: bureau.uscc, division: bureau.division, role: Role::Officer, kid }
}

fn party(label: &str) -> Viewer {
    let world = World::embedded();
    let party = world.party(label).unwrap();
    Viewer::Party { party: party.uscc, role: party.office(), kid: world.key(label, party.office()).kid() }
}

/// Four lots of four producers, consolidated in three steps at phoenix and shipped to ember, which rejects a quarter.
struct Consolidated {
    sources: [LotId; 4],
    merged: [LotId; 3],
    into_phoenix: [ManifestId; 4],
    to_ember: ManifestId,
}

async fn consolidate(pen: &Pen<'_>) -> Consolidated {
    let sources = [pen.lot(), pen.lot(), pen.lot(), pen.lot()];
    let into_phoenix = [pen.manifest(), pen.manifest(), pen.manifest(), pen.manifest()];
    let brought = [("acme", 300, 200), ("ruby", 600, 600), ("pharma", 100, 100), ("resin", 100, 100)];
    for ((lot, manifest), (producer, there_g, brought_g)) in sources.iter().zip(&into_phoenix).zip(brought) {
        pen.opens(producer, &[(*lot, there_g)]).await;
        pen.loads(*manifest, producer, &[(*lot, brought_g)], 0).await;
        pen.receives(*manifest, "phoenix", brought_g, 0).await;
    }
    let [acme, ruby, pharma, resin] = into_phoenix.map(|manifest| LotId::of_line(manifest, 1));
    let merged = [pen.lot(), pen.lot(), pen.lot()];
    pen.repacks("phoenix", &[(acme, 200), (ruby, 100)], &[(merged[0], 300)]).await;
    pen.repacks("phoenix", &[(merged[0], 300), (pharma, 100)], &[(merged[1], 400)]).await;
    pen.repacks("phoenix", &[(merged[1], 400), (ruby, 500), (resin, 100)], &[(merged[2], 1_000)]).await;
    let to_ember = pen.manifest();
    pen.loads(to_ember, "phoenix", &[(merged[2], 1_000)], 0).await;
    pen.receives(to_ember, "ember", 750, 250).await;
    Consolidated { sources, merged, into_phoenix, to_ember }
}

async fn traced(app: &App, viewer: &Viewer, lot: LotId, direction: Direction) -> TraceDetail {
    let found = app.trace(viewer, lot, direction, None).await.unwrap().unwrap();
    assert_eq!(found.ends.iter().map(|end| end.mass_g).sum::<i64>(), found.total_g, "sums to the gram");
    found
}

/// The ends of a trace: kind and grams by where they are.
fn ends(found: &TraceDetail) -> BTreeSet<(Option<LotId>, &'static str, i64)> {
    found.ends.iter().map(|end| (end.at, end.kind.name(), end.mass_g)).collect()
}

#[test]
fn three_consolidations_and_a_partial_rejection() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let pen = Pen::new(&ledger);
            let made = consolidate(&pen).await;
            let (line, rejected) =
                (LotId::of_line(made.to_ember, 1), LotId::rejected_of_line(made.to_ember, 1));
            let app = &ledger.app;
            // 250 of 1000 → 100 + 125 + 25; 100 of 400 → 75 + 25; 75 of 300 → 50 + 25.
            let up = traced(app, &bureau(), rejected, Direction::Up).await;
            let [acme, ruby, pharma, resin] = made.sources.map(Some);
            let origins = [(acme, 50), (ruby, 150), (pharma, 25), (resin, 25)];
            assert_eq!(ends(&up), origins.map(|(lot, mass_g)| (lot, "opened", mass_g)).into());
            let up = traced(app, &bureau(), line, Direction::Up).await;
            let origins = [(acme, 200), (ruby, 600), (pharma, 100), (resin, 100)];
            assert_eq!(ends(&up), origins.map(|(lot, mass_g)| (lot, "opened", mass_g)).into());
            let down = traced(app, &bureau(), made.sources[0], Direction::Down).await;
            let fates = [(acme, "held", 100), (Some(line), "held", 150), (Some(rejected), "held", 50)];
            assert_eq!(ends(&down), fates.into());
            until_closed(app, &pen, &made).await;
            ledger.close().await;
        });
    }
}

/// What of a manifest is still open, by kind.
async fn open(app: &App, manifest: ManifestId) -> (Option<bool>, i64, BTreeMap<&'static str, i64>) {
    let fate = app.manifest_fate(&bureau(), manifest).await.unwrap().unwrap();
    let mut open = BTreeMap::new();
    for end in &fate.open {
        *open.entry(end.end.kind.name()).or_default() += end.end.mass_g;
    }
    (fate.is_closed, fate.final_g, open)
}

/// Nothing is closed before its last gram is gone, and then it is.
async fn until_closed(app: &App, pen: &Pen<'_>, made: &Consolidated) {
    let acme = made.into_phoenix[0];
    let (line, rejected) = (LotId::of_line(made.to_ember, 1), LotId::rejected_of_line(made.to_ember, 1));
    assert_eq!(open(app, acme).await, (Some(false), 0, [("held", 200)].into()));
    let ash = pen.lot();
    pen.burns("ember", &[(line, 750)], &[(ash, 30)]).await;
    assert_eq!(open(app, acme).await, (Some(false), 144, [("held", 56)].into()));
    pen.returns(made.to_ember, "ember", "phoenix", 250).await;
    assert_eq!(open(app, acme).await, (Some(false), 144, [("held", 56)].into()));
    pen.burns("phoenix", &[(rejected, 250)], &[]).await;
    assert_eq!(open(app, acme).await, (Some(false), 194, [("held", 6)].into()));
    assert_eq!(open(app, made.to_ember).await, (Some(false), 970, [("held", 30)].into()));
    let last = pen.manifest();
    pen.loads(last, "ember", &[(ash, 30)], 0).await;
    assert_eq!(open(app, acme).await, (Some(false), 194, [("on-the-way", 6)].into()));
    pen.receives(last, "marsh", 30, 0).await;
    pen.burns("marsh", &[(LotId::of_line(last, 1), 30)], &[]).await;
    for manifest in made.into_phoenix.into_iter().chain([made.to_ember, last]) {
        let (is_closed, _, open) = open(app, manifest).await;
        assert_eq!((is_closed, open.len()), (Some(true), 0));
    }
}

#[test]
fn losses_and_gains_in_repacking_are_named() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let pen = Pen::new(&ledger);
            let (first, second, drum, more) = (pen.lot(), pen.lot(), pen.lot(), pen.lot());
            pen.opens("phoenix", &[(first, 100), (second, 200)]).await;
            pen.repacks("phoenix", &[(first, 100), (second, 200)], &[(drum, 270)]).await;
            let down = traced(&ledger.app, &bureau(), second, Direction::Down).await;
            assert_eq!(ends(&down), [(Some(drum), "held", 180), (Some(second), "unexplained", 20)].into());
            let up = traced(&ledger.app, &bureau(), drum, Direction::Up).await;
            assert_eq!(ends(&up), [(Some(first), "opened", 90), (Some(second), "opened", 180)].into());
            pen.repacks("phoenix", &[(drum, 270)], &[(more, 300)]).await;
            let up = traced(&ledger.app, &bureau(), more, Direction::Up).await;
            let origins =
                [(Some(first), "opened", 90), (Some(second), "opened", 180), (Some(more), "unexplained", 30)];
            assert_eq!(ends(&up), origins.into());
            let down = traced(&ledger.app, &bureau(), first, Direction::Down).await;
            assert_eq!(ends(&down), [(Some(more), "held", 90), (Some(first), "unexplained", 10)].into());
            ledger.close().await;
        });
    }
}

#[test]
fn a_party_learns_sums_and_nothing_of_the_lots_of_others() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let made = consolidate(&Pen::new(&ledger)).await;
            let app = &ledger.app;
            // Acme sees its own lot; nobody registered the loads, and what became of them is one place without a name.
            let acme = made.sources[0];
            let down = traced(app, &party("acme"), acme, Direction::Down).await;
            assert_eq!(ends(&down), [(Some(acme), "held", 100), (None, "held", 200)].into());
            assert_eq!(down.nodes.iter().map(|node| node.id).collect::<Vec<_>>(), [acme]);
            let links: Vec<_> =
                down.links.iter().map(|link| (link.child, link.parent, link.mass_g)).collect();
            assert_eq!(links, [(None, Some(acme), 200)]);
            assert!(down.parties.iter().all(|name| Some(name.party) == party("acme").party()));
            // Phoenix sees what it merged, but not whose store it came from.
            let up = traced(app, &party("phoenix"), made.merged[2], Direction::Up).await;
            assert_eq!(ends(&up), [(None, "opened", 1_000)].into());
            assert!(up.nodes.iter().all(|node| !made.sources.contains(&node.id)));
            assert_eq!(up.nodes.len(), 4 + 3 + 3, "lines, mixes and what they made");
            // Who may not see the lot learns nothing, and a lot that is not there answers alike.
            assert!(
                app.trace(&party("ruby"), made.sources[0], Direction::Down, None).await.unwrap().is_none()
            );
            let nowhere = LotId::of_line(made.to_ember, 9);
            assert!(app.trace(&bureau(), nowhere, Direction::Up, None).await.unwrap().is_none());
            assert!(
                app.trace(&Viewer::Public, made.sources[0], Direction::Up, None).await.unwrap().is_none()
            );
            assert!(app.manifest_fate(&party("ruby"), made.to_ember).await.unwrap().is_none());
            ledger.close().await;
        });
    }
}

/// Two lines are registered, one is loaded and burnt. The other keeps the manifest's fate open until its consignor gives it up;
/// nothing else can be changed by then, and what somebody else received settles nothing.
#[test]
fn a_line_that_never_left_is_waited_for_until_it_is_given_up() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let played = sign_script(
                "
                08:00  acme  registers  M1  900-041-49 1 kg + 900-252-12 500 kg  acme > swift > phoenix
                =====
                ",
            );
            for act in &played.acts {
                ledger.send(act).await.unwrap();
            }
            let pen = Pen::new(&ledger);
            let (lot, manifest) = (pen.lot(), played.names.manifest("M1").unwrap());
            pen.opens("acme", &[(lot, 1_000)]).await;
            pen.loads(manifest, "acme", &[(lot, 1_000)], 0).await;
            let app = &ledger.app;
            let stand = async || {
                let fate = app.manifest_fate(&bureau(), manifest).await.unwrap().unwrap();
                (fate.is_finished, fate.is_closed.unwrap(), fate.waiting.into_iter().collect::<Vec<_>>())
            };
            // Crane receives what was meant for phoenix, burns it, and has finished nothing.
            pen.receives(manifest, "crane", 1_000, 0).await;
            pen.burns("crane", &[(LotId::of_line(manifest, 1), 1_000)], &[]).await;
            assert_eq!(stand().await, (false, false, vec![2]));

            let mut said = played
                .acts
                .iter()
                .map(|act| serde_json::from_slice::<Value>(act.envelope.payload()).unwrap());
            let registered = said.find(|event| event["kind"] == "manifest.registered").unwrap();
            let lines = registered["data"]["lines"].as_array().unwrap();
            let amends = async |change: Value| {
                let mut data = json!({ "manifest": manifest.to_string(), "reason": "line 2 was not loaded" });
                data.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
                let answer = pen.submits("acme", "manifest.amended", 0, data).await;
                answer.map(drop).map_err(|error| format!("{error:?}"))
            };
            let heavier = {
                let mut line = lines[0].clone();
                line["planned"]["mass_g"] = 900.into();
                line
            };
            for (change, pointer) in [
                (json!({ "lines": [lines[1]] }), "/data/lines"),
                (json!({ "lines": [heavier] }), "/data/lines/0"),
                (json!({ "lines": [lines[0]], "legs": registered["data"]["legs"] }), "/data/legs"),
                (
                    json!({ "planned_arrival": registered["data"]["planned_arrival"] }),
                    "/data/planned_arrival",
                ),
            ] {
                let refused = amends(change).await.unwrap_err();
                assert!(refused.contains("already-departed") && refused.contains(pointer), "{refused}");
            }
            amends(json!({ "lines": [lines[0]] })).await.unwrap();
            assert_eq!(stand().await, (false, true, vec![]));
            assert!(amends(json!({ "lines": [lines[0]] })).await.unwrap_err().contains("already-departed"));
            ledger.close().await;
        });
    }
}

#[test]
fn beyond_the_limit_there_is_no_trace() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let made = consolidate(&Pen::new(&ledger)).await;
            let asked = BTreeSet::from([LotId::of_line(made.to_ember, 1)]);
            let mut tx = ledger.store.read().await.unwrap();
            // Four lines drawn, seven inputs of three mixes, three outputs, and the line that left.
            let all = reach(&mut tx, &asked, Direction::Up, 15).await.unwrap().unwrap();
            assert_eq!((all.lots.len(), all.mixes.len()), (4 + 4 + 3 + 1, 3));
            for most in [0, 1, 14] {
                assert!(reach(&mut tx, &asked, Direction::Up, most).await.unwrap().is_none(), "{most}");
            }
            drop(tx);
            ledger.close().await;
        });
    }
}

/// Every derived row, by table and key.
async fn derived_rows(tx: &mut ReadTx) -> BTreeMap<(&'static str, String), Vec<Param>> {
    let mut rows = BTreeMap::new();
    for table in derived::TABLES {
        let columns: Vec<String> = table.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let text = format!("select {} from \"{}\"", columns.join(", "), table.name);
        for row in tx.fetch_all(&Sql::both(text.leak()), params![]).await.unwrap() {
            let value = |(name, kind): &(&'static str, ColType)| row.param(name, *kind).unwrap();
            let values: Vec<Param> = table.columns.iter().map(value).collect();
            let in_key = table.columns.iter().zip(&values).filter(|((name, _), _)| table.key.contains(name));
            let key: Vec<String> = in_key.map(|(_, value)| format!("{value:?}")).collect();
            rows.insert((table.name, key.join(" ")), values);
        }
    }
    rows
}

#[test]
fn a_late_event_touches_its_own_rows_and_never_the_graph() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let pen = Pen::new(&ledger);
            let made = consolidate(&pen).await;
            let mut counted = Vec::new();
            for late in [0, 1] {
                let before = derived_rows(&mut ledger.store.read().await.unwrap()).await;
                // Long before everything that became of it: a count of the lot, and another load drawn from it.
                match late {
                    0 => pen.counts("acme", made.sources[0], -1, 20).await,
                    _ => pen.loads(pen.manifest(), "acme", &[(made.sources[0], 10)], 20).await,
                };
                let after = derived_rows(&mut ledger.store.read().await.unwrap()).await;
                assert!(before.keys().all(|key| after.contains_key(key)), "no row goes");
                let changed = after.iter().filter(|(key, row)| before.get(*key) != Some(*row));
                let changed: Vec<&(&str, String)> = changed.map(|(key, _)| key).collect();
                let lots = changed.iter().filter(|(table, _)| *table == "lot").count();
                let of_others = |lot: &LotId| {
                    let id = lot.as_uuid();
                    changed.iter().any(|(_, key)| key.contains(&format!("{:?}", Param::Uuid(id))))
                };
                assert!(!made.merged.iter().any(of_others), "{changed:?}");
                assert!(!made.into_phoenix.iter().any(|manifest| of_others(&LotId::of_line(*manifest, 1))));
                counted.push((lots, changed.len()));
            }
            // The lot counted with its node, its timeline, two postings, their buckets, a row of a register; a line and its edge and
            // manifest besides, with what rules find missing for it and the queues that stands in, running totals and a watch, and twenty terms that it is looked up by.
            assert!(counted[0].0 == 1 && counted[0].1 <= 16, "{counted:?}");
            assert!(counted[1].0 == 2 && counted[1].1 <= 66, "{counted:?}");
            let up = traced(&ledger.app, &bureau(), made.merged[2], Direction::Up).await;
            assert_eq!(up.total_g, 1_000);
            ledger.close().await;
        });
    }
}
