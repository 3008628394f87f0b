//! Corrections: a field of a fact is changed by those whose signature covers it, or by order, and the books follow at once.

use std::collections::BTreeMap;

use liandan::app::audit::{self, Against};
use liandan::custody::correction::{MAX_CORRECTIONS, Stage};
use liandan::custody::lot::LotState;
use liandan::custody::trace::Direction;
use liandan::id::{CorrectionId, LotId, ManifestId};
use liandan::ledger::EventId;
use liandan::scenario::World;
use liandan::store::{books, correction};
use serde_json::{Value, json};

use crate::api::server::sign_script;
use crate::stock::officer;
use crate::support::ledger::{Folder, Ledger, block_on, databases, fresh_store};
use crate::support::pen::Pen;

/// Proposes and answers corrections with a pen.
struct Office<'a> {
    ledger: &'a Ledger,
    pen: Pen<'a>,
}

impl<'a> Office<'a> {
    fn of(ledger: &'a Ledger) -> Self {
        Self { ledger, pen: Pen::new(ledger) }
    }

    async fn say(&self, label: &str, kind: &str, data: Value) -> Result<(), String> {
        let answer = self.pen.submits(label, kind, 0, data).await;
        answer.map(drop).map_err(|error| format!("{error:?}"))
    }

    async fn values(
        &self,
        label: &str,
        verb: &str,
        (event, pointer): (EventId, &str),
        value: Value,
    ) -> Result<CorrectionId, String> {
        let id = self.pen.correction();
        let data = json!({
            "correction": id.to_string(), "event": event.to_string(), "pointer": pointer, "value": value,
            "reason": "the scale was read wrongly",
        });
        self.say(label, &format!("correction.{verb}"), data).await.map(|()| id)
    }

    async fn proposes(
        &self,
        label: &str,
        field: (EventId, &str),
        value: Value,
    ) -> Result<CorrectionId, String> {
        self.values(label, "proposed", field, value).await
    }

    async fn answers(&self, label: &str, verb: &str, id: CorrectionId) -> Result<(), String> {
        self.say(label, &format!("correction.{verb}"), json!({ "correction": id.to_string() })).await
    }

    async fn stage(&self, id: CorrectionId) -> Stage {
        let mut tx = self.ledger.store.read().await.unwrap();
        correction::by_ids(&mut tx, &[id]).await.unwrap()[0].stage()
    }

    async fn settled_index(&self, id: CorrectionId) -> u64 {
        let mut tx = self.ledger.store.read().await.unwrap();
        correction::by_ids(&mut tx, &[id]).await.unwrap()[0].settled_index.unwrap()
    }

    async fn lot(&self, id: LotId) -> LotState {
        let mut tx = self.ledger.store.read().await.unwrap();
        books::lot(&mut tx, id).await.unwrap().unwrap().state
    }

    async fn shipped_g(&self, id: ManifestId) -> i64 {
        let mut tx = self.ledger.store.read().await.unwrap();
        books::manifest(&mut tx, id).await.unwrap().unwrap().state.lines[&1].shipped_g
    }
}

/// Folding the log again gives the same tables, in one page and entry by entry.
async fn is_refolded(ledger: &Ledger, folder: &Folder) {
    for page in [1_000, 1] {
        let second = fresh_store(folder, &format!("second-{page}")).await;
        let against = Against { page, ..Against::second(&second) };
        audit::verify(&ledger.store, against, |_, _| {}).await.unwrap();
        second.close().await;
    }
}

fn mass(mass_g: i64) -> Value {
    json!({ "mass-g": mass_g })
}

#[test]
fn a_firm_corrects_its_own_row_alone_and_the_last_word_counts() {
    for database in databases() {
        let folder = Folder::new();
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let office = Office::of(&ledger);
            let lot = office.pen.lot();
            let opened = office.pen.opens("acme", &[(lot, 1_000)]).await.event_id;
            let field = (opened, "/data/lots/0/quantity/mass_g");
            for mass_g in [900, 1_100, 900] {
                let id = office.proposes("acme", field, mass(mass_g)).await.unwrap();
                assert_eq!(office.stage(id).await, Stage::InForce);
                let state = office.lot(lot).await;
                assert_eq!((state.held_g(), state.sums.opened_g), (mass_g, mass_g));
                assert_eq!(state.origin.unwrap().event, opened);
            }
            let code = json!({ "code": "900-039-49" });
            office.proposes("acme", (opened, "/data/lots/0/code"), code).await.unwrap();
            assert_eq!(office.lot(lot).await.code(), Some("900-039-49".parse().unwrap()));
            let day_before = json!({ "time": "2026-01-02T09:00:00.000+08:00" });
            office.proposes("acme", (opened, "/occurred_at"), day_before).await.unwrap();
            let state = office.lot(lot).await;
            assert_eq!(state.origin.unwrap().at.to_string(), "2026-01-02T01:00:00.000Z");
            for (label, pointer, value, wanted) in [
                ("acme", "/data/lots/0/quantity/mass_g", mass(900), "nothing-changed"),
                ("acme", "/data/lots/0/lot", mass(900), "field-not-correctable"),
                ("acme", "/data/lots/1/quantity/mass_g", mass(900), "field-not-correctable"),
                ("acme", "/for", mass(900), "field-not-correctable"),
                ("acme", "/data/lots/0/code", mass(900), "field-not-correctable"),
                ("ruby", "/data/lots/0/quantity/mass_g", mass(800), "event-unknown"),
            ] {
                let refused = office.proposes(label, (opened, pointer), value).await.unwrap_err();
                assert!(refused.contains(wanted), "{label} {pointer}: {refused}");
            }
            for n in 5..i64::try_from(MAX_CORRECTIONS).unwrap() {
                office.proposes("acme", field, mass(2_000 + n)).await.unwrap();
            }
            let refused = office.proposes("acme", field, mass(900)).await.unwrap_err();
            assert!(refused.contains("corrections-spent"), "{refused}");
            is_refolded(&ledger, &folder).await;
        });
    }
}

#[test]
fn both_signatures_of_a_handover_are_needed_or_an_order() {
    for database in databases() {
        let folder = Folder::new();
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let played = sign_script(
                "
                08:00  acme   opens      900-041-49 1200 kg
                09:00  acme   registers  M1  900-041-49 1200 kg  acme > swift > phoenix
                09:20  acme   hands      M1  to swift
                =====
                ",
            );
            let mut collected = None;
            for act in &played.acts {
                let receipt = ledger.send(act).await.unwrap();
                collected = Some(receipt).filter(|r| r.kind.name() == "waste.collected").or(collected);
            }
            let collected = collected.unwrap().event_id;
            let (office, manifest) = (Office::of(&ledger), played.names.manifest("M1").unwrap());
            let field = (collected, "/data/lines/0/quantity/mass_g");

            let id = office.proposes("swift", field, mass(1_250_000)).await.unwrap();
            assert_eq!(office.stage(id).await, Stage::Proposed);
            assert_eq!(office.shipped_g(manifest).await, 1_200_000, "silence never consents");
            for label in ["swift", "phoenix"] {
                let refused = office.answers(label, "agreed", id).await.unwrap_err();
                assert!(refused.contains("correction-unknown"), "{refused}");
            }
            office.answers("acme", "refused", id).await.unwrap();
            assert_eq!(office.stage(id).await, Stage::Refused);
            assert!(office.answers("acme", "agreed", id).await.unwrap_err().contains("already-said"));

            let id = office.proposes("acme", field, mass(1_260_000)).await.unwrap();
            office.answers("swift", "agreed", id).await.unwrap();
            assert_eq!(
                (office.stage(id).await, office.shipped_g(manifest).await),
                (Stage::InForce, 1_260_000)
            );
            let line = office.lot(LotId::of_line(manifest, 1)).await;
            assert_eq!((line.transit_g(), line.unproven_g()), (1_260_000, 60_000));

            let bureau = &World::embedded().authority().label;
            assert!(
                office
                    .values("acme", "ordered", field, mass(1))
                    .await
                    .unwrap_err()
                    .contains("authority-only")
            );
            let asked = office.pen.correction();
            let request = json!({
                "correction": asked.to_string(), "event": collected.to_string(), "pointer": field.1, "reason": "look again",
            });
            office.say(bureau, "correction.requested", request).await.unwrap();
            assert_eq!(office.stage(asked).await, Stage::Requested);
            let id = office.values(bureau, "ordered", field, mass(1_200_000)).await.unwrap();
            assert_eq!(
                (office.stage(id).await, office.shipped_g(manifest).await),
                (Stage::InForce, 1_200_000)
            );
            let refused =
                office.proposes("acme", (collected, "/data/lines/0/drawn/0/mass_g"), mass(1_300_000)).await;
            assert!(refused.unwrap_err().contains("correction-contradicts"));
            is_refolded(&ledger, &folder).await;
        });
    }
}

/// One input of the first of three consolidations was 20 % less. Sums, shares and findings follow, and nothing below is touched.
#[test]
fn an_input_of_three_consolidations_is_corrected() {
    for database in databases() {
        let folder = Folder::new();
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let office = Office::of(&ledger);
            let pen = &office.pen;
            let [one, two, three, drum, tank, load] = [(); 6].map(|()| pen.lot());
            pen.opens("phoenix", &[(one, 1_000), (two, 1_000), (three, 2_000)]).await;
            let first =
                pen.repacks("phoenix", &[(one, 1_000), (two, 1_000)], &[(drum, 2_000)]).await.event_id;
            pen.repacks("phoenix", &[(drum, 2_000), (three, 2_000)], &[(tank, 4_000)]).await;
            pen.repacks("phoenix", &[(tank, 4_000)], &[(load, 4_000)]).await;
            let before = office.lot(load).await;
            let origins = async || {
                let found = ledger.app.trace(&officer(), load, Direction::Up, None).await.unwrap().unwrap();
                assert_eq!(found.ends.iter().map(|end| end.mass_g).sum::<i64>(), 4_000);
                let ends = found.ends.iter().map(|end| ((end.at.unwrap(), end.kind.name()), end.mass_g));
                ends.collect::<BTreeMap<_, _>>()
            };
            assert_eq!(
                origins().await,
                BTreeMap::from([
                    ((one, "opened"), 1_000),
                    ((two, "opened"), 1_000),
                    ((three, "opened"), 2_000)
                ])
            );
            let correction =
                office.proposes("phoenix", (first, "/data/inputs/0/mass_g"), mass(800)).await.unwrap();
            let size = office.settled_index(correction).await;
            // 200 g of the first lot are still there; 200 g of the drum come from nowhere.
            let state = office.lot(one).await;
            assert_eq!((state.held_g(), state.sums.became_g), (200, 800));
            let state = office.lot(drum).await;
            assert_eq!((state.sums.became_g, state.sums.unexplained_g), (2_000 - 1_800, -200));
            assert_eq!(office.lot(load).await, before, "what lies below is not touched");
            assert_eq!(
                origins().await,
                BTreeMap::from([
                    ((one, "opened"), 800),
                    ((two, "opened"), 1_000),
                    ((three, "opened"), 2_000),
                    ((drum, "unexplained"), 200),
                ])
            );
            // The other time axis: what was known before the correction, and what was known when there was less to know.
            let known = async |size: u64| {
                let found =
                    ledger.app.trace(&officer(), load, Direction::Up, Some(size)).await.unwrap().unwrap();
                let ends = found.ends.iter().map(|end| ((end.at.unwrap(), end.kind.name()), end.mass_g));
                ends.collect::<BTreeMap<_, _>>()
            };
            assert_eq!(known(size + 1).await, origins().await);
            let then = [((one, "opened"), 1_000), ((two, "opened"), 1_000), ((three, "opened"), 2_000)];
            assert_eq!(known(size).await, BTreeMap::from(then));
            let lot = async |size: u64| ledger.app.lot_as_of(&officer(), one, size).await.unwrap();
            assert_eq!(lot(size).await.unwrap().state.held_g(), 0);
            assert_eq!(lot(size + 1).await.unwrap().state.held_g(), 200);
            assert!(lot(10).await.is_none(), "nobody had heard of it");
            let mut tx = ledger.store.read().await.unwrap();
            let findings = books::lot(&mut tx, drum).await.unwrap().unwrap().findings;
            drop(tx);
            let rules: Vec<_> = findings.all().values().map(|standing| standing.seen.rule.clone()).collect();
            assert_eq!(rules, ["sub-items-exceed"]);
            is_refolded(&ledger, &folder).await;
        });
    }
}
