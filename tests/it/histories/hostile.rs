//! What a hostile party may say of lots: kept as a fact, told exactly, and no dearer than it is long.

use std::collections::BTreeSet;

use liandan::custody::books::Outcome;
use liandan::custody::{Event, Verdict};
use liandan::id::LotId;
use liandan::ledger::{Digest, EventId};
use liandan::registry::Role;
use liandan::shape::MAX_SAFE_INTEGER;
use serde_json::{Value, json};

use super::agree::{Agreed, Compared, feed};
use super::make::Said;
use super::places::{ASH, OIL, Places};
use crate::support::ledger::LOG;

/// A UUID of version 7 with a number in it.
fn uuid(n: usize) -> String {
    format!("019cac00-0000-7000-8000-{n:012x}")
}

fn lot(n: usize) -> LotId {
    uuid(n).parse().unwrap()
}

fn quantity(mass_g: i64) -> Value {
    json!({"mass_g": mass_g, "basis": "measured"})
}

fn draw(n: usize, mass_g: i64) -> Value {
    json!({"lot": lot(n), "mass_g": mass_g})
}

fn new_lot(n: usize, mass_g: i64) -> Value {
    json!({"lot": lot(n), "code": OIL, "quantity": quantity(mass_g), "containers": []})
}

/// Statements of one producer, in the order in which it makes them.
#[derive(Default)]
struct Hostile(Vec<Said>);

impl Hostile {
    fn says(&mut self, kind: &str, data: Value) -> &mut Self {
        let acme = Places::all().producers[0];
        let n = self.0.len();
        let at = format!("2026-03-02T{:02}:{:02}:00.000Z", n / 60, n % 60);
        let json = json!({"v": 1, "log": LOG, "kind": kind, "act": uuid(1_000_000 + n), "for": acme.party,
            "prev": [], "anchor": null, "occurred_at": at, "data": data});
        let event = Event::parse(json.to_string().as_bytes()).unwrap();
        let id = EventId::from_bytes(Digest::sha256(&[json.to_string().as_bytes()]).0);
        let recorded_at = event.occurred_at;
        self.0.push(Said { id, event, by: (acme.label, Role::Operator), offer: None, recorded_at });
        self
    }

    fn generates(&mut self, lots: impl IntoIterator<Item = (usize, i64)>) -> &mut Self {
        let lots: Vec<Value> = lots.into_iter().map(|(n, mass_g)| new_lot(n, mass_g)).collect();
        self.says("waste.generated", json!({"site": site(), "lots": lots}))
    }

    fn repacks(
        &mut self,
        inputs: impl IntoIterator<Item = (usize, i64)>,
        outputs: impl IntoIterator<Item = (usize, i64)>,
    ) -> &mut Self {
        let inputs: Vec<Value> = inputs.into_iter().map(|(n, mass_g)| draw(n, mass_g)).collect();
        let outputs: Vec<Value> = outputs.into_iter().map(|(n, mass_g)| new_lot(n, mass_g)).collect();
        self.says("waste.repacked", json!({"site": site(), "inputs": inputs, "outputs": outputs}))
    }

    fn collects(&mut self, manifest: usize, lines: Vec<Value>) -> &mut Self {
        let (acme, swift) = (Places::all().producers[0], Places::all().carriers[0]);
        let data = json!({"manifest": uuid(manifest), "from": acme.party, "from_site": acme.site,
            "to": swift.party, "lines": lines, "missing": [], "extra": []});
        self.says("waste.collected", data)
    }

    /// Everything is taken in, and every lot is what its oracle says.
    fn agrees(&self) -> Agreed {
        let agreed = feed(&self.0, Compared::AfterEachEvent).unwrap();
        assert_eq!(agreed.fed.entries.len(), self.0.len(), "a fact is never refused");
        agreed
    }

    fn counted(&self, agreed: &Agreed) -> Vec<bool> {
        let verdicts = agreed.fed.naive().verdicts;
        self.0.iter().map(|said| verdicts[&said.id] != Verdict::EvidenceOnly).collect()
    }
}

fn site() -> liandan::id::SiteId {
    Places::all().producers[0].site
}

fn line(number: usize, mass_g: i64, drawn: Vec<Value>) -> Value {
    json!({"line": number, "code": OIL, "quantity": quantity(mass_g), "exemptions": [], "drawn": drawn})
}

#[test]
fn the_largest_masses_are_told_to_the_gram() {
    let most = MAX_SAFE_INTEGER;
    let mut hostile = Hostile::default();
    hostile.generates((0..256).map(|n| (n, most)));
    hostile.repacks((0..256).map(|n| (n, most)), (300..556).map(|n| (n, most)));
    hostile.repacks((300..555).map(|n| (n, most)), [(600, 1)]);
    hostile.repacks([(555, 1)], (700..956).map(|n| (n, most)));
    let losses = json!([{"cause": "spill", "mass_g": most - 2}, {"cause": "tare", "mass_g": 1}]);
    let outputs = json!([new_lot(960, 1)]);
    hostile.says(
        "waste.repacked",
        json!({"site": site(), "inputs": [draw(700, most)], "outputs": outputs, "losses": losses}),
    );
    let agreed = hostile.agrees();
    for n in 0..256 {
        assert_eq!(agreed.lots[&lot(n)].became_g, most);
        assert_eq!(agreed.lots[&lot(n)].unproven_g(), 0);
    }
    let unexplained =
        |from: usize, to: usize| -> i64 { (from..to).map(|n| agreed.lots[&lot(n)].unexplained_g).sum() };
    assert_eq!(unexplained(300, 555), 255 * most - 1);
    assert_eq!(unexplained(700, 956), 1 - 256 * most);
    assert_eq!(agreed.lots[&lot(700)].variance_g, most - 1);
    let counts: Vec<Value> = (0..256)
        .map(|n| json!({"code": OIL, "lot": lot(n), "mass_g": most, "differs_g": if n % 2 == 0 { most } else { -most }}))
        .collect();
    hostile.says("stock.counted", json!({"site": site(), "counts": counts}));
    let agreed = hostile.agrees();
    assert_eq!(agreed.lots[&lot(0)].unexplained_g, -most);
    assert_eq!(agreed.lots[&lot(1)].unproven_g(), most);
}

#[test]
fn one_lot_is_drawn_by_every_line_there_can_be() {
    let mut hostile = Hostile::default();
    hostile.generates([(0, 255)]);
    hostile.collects(1, (1..=256).map(|number| line(number, 1, vec![draw(0, 1)])).collect());
    let agreed = hostile.agrees();
    assert_eq!(agreed.lots[&lot(0)].unproven_g(), 1);
    let open: Vec<String> = agreed.fed.open().into_values().map(|(rule, _, _)| rule).collect();
    assert!(open.contains(&"custody-unknown".to_owned()), "{open:?}");
}

#[test]
fn a_lot_in_its_own_making() {
    let mut known = Hostile::default();
    known.generates([(0, 100)]).repacks([(0, 100)], [(0, 100)]);
    let agreed = known.agrees();
    assert_eq!(known.counted(&agreed), [true, false], "the lot is there already");
    let mut unknown = Hostile::default();
    unknown.repacks([(0, 100), (1, 5)], [(0, 105)]).generates([(0, 100)]);
    let agreed = unknown.agrees();
    assert_eq!(unknown.counted(&agreed), [true, false], "the first to make it owns it");
    assert_eq!(agreed.lots[&lot(0)].held.values().sum::<i64>(), 5);
    assert_eq!(agreed.lots[&lot(1)].unproven_g(), 5);
    let treats = |from: usize, into: usize| {
        json!({"site": site(), "inputs": [draw(from, 9)], "method": "R9", "outputs":
            [{"lot": lot(into), "code": ASH, "name": "x", "quantity": quantity(9)}]})
    };
    let mut treated = Hostile::default();
    treated
        .says("waste.used", treats(0, 0))
        .says("waste.used", treats(0, 1))
        .says("waste.used", treats(1, 0));
    let agreed = treated.agrees();
    assert_eq!(treated.counted(&agreed), [true, true, false]);
    assert_eq!(agreed.lots[&lot(0)].unproven_g(), 9);
}

#[test]
fn two_that_make_one_lot() {
    let mut hostile = Hostile::default();
    hostile.generates([(0, 100), (1, 100)]);
    hostile.repacks([(0, 100)], [(2, 100)]).repacks([(1, 100)], [(3, 50), (2, 50)]);
    let agreed = hostile.agrees();
    assert_eq!(hostile.counted(&agreed), [true, true, false]);
    assert!(agreed.fed.has_conflicts);
    assert_eq!(agreed.lots[&lot(1)].held.values().sum::<i64>(), 100, "what is evidence moves nothing");
    assert!(!agreed.lots.contains_key(&lot(3)));
}

#[test]
fn counts_of_what_nobody_has() {
    let count = |differs_g: Value, cause: Value| {
        let mut counted =
            json!({"code": OIL, "lot": lot(0), "mass_g": 0, "differs_g": differs_g, "cause": cause});
        counted.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        json!({"site": site(), "counts": [counted]})
    };
    let mut hostile = Hostile::default();
    hostile.says("stock.counted", count(Value::Null, Value::Null));
    assert_eq!(hostile.agrees().fed.books.lots().count(), 1);
    hostile.says("stock.counted", count(json!(-7), json!("spill")));
    let agreed = hostile.agrees();
    assert_eq!((agreed.lots[&lot(0)].variance_g, agreed.lots[&lot(0)].unproven_g()), (7, 7));
    assert_eq!(agreed.fed.open_in_any_order().len(), 1);
    hostile.says("stock.counted", count(json!(9), Value::Null));
    let agreed = hostile.agrees();
    assert_eq!((agreed.lots[&lot(0)].unexplained_g, agreed.lots[&lot(0)].unproven_g()), (-9, 0));
}

/// Rows that an event changes, all tables together.
fn rows(agreed: &mut Agreed, outcome: &Outcome) -> (BTreeSet<LotId>, usize) {
    let changed = agreed.fed.books.take_changed();
    let others = [
        outcome.placed.len(),
        outcome.postings.len(),
        outcome.edges.len(),
        outcome.mixes.len(),
        outcome.labels.len(),
        outcome.steps.len(),
        outcome.roles.len(),
    ];
    let lots: BTreeSet<LotId> = changed.lots.into_iter().map(|(id, _)| id).collect();
    let count = changed.manifests.len() + changed.labels.len() + lots.len() + others.iter().sum::<usize>();
    (lots, count)
}

/// The lot an event is late for went through three merges into hundreds of lots and lines since.
#[test]
fn a_late_event_never_walks_the_graph() {
    let mut hostile = Hostile::default();
    hostile.generates((1..64).map(|n| (n, 1_000)));
    hostile.repacks((0..64).map(|n| (n, 1_000)), [(100, 64_000)]);
    hostile.generates([(101, 1_000)]);
    hostile.repacks([(100, 64_000), (101, 1_000)], [(200, 65_000)]);
    hostile.generates([(201, 1_000)]);
    hostile.repacks([(200, 65_000), (201, 1_000)], (300..500).map(|n| (n, 330)));
    for n in 0..20 {
        let drawn = |number: usize| vec![draw(300 + n * 10 + number, 330)];
        hostile.collects(1_000 + n, (0..10).map(|number| line(number + 1, 330, drawn(number))).collect());
    }
    let mut agreed = hostile.agrees();
    assert!(agreed.fed.books.lots().count() > 450);
    agreed.fed.books.take_changed();
    hostile.generates([(0, 1_000)]);
    let late = agreed.fed.take(hostile.0.last().unwrap()).unwrap().unwrap();
    let (lots, count) = rows(&mut agreed, &late);
    assert_eq!(lots, BTreeSet::from([lot(0)]));
    // The lot, its place, its label, two postings, and the finding it closes.
    assert_eq!(count, 6, "{late:?}");
}

#[test]
fn every_line_there_can_be_is_received_in_part_again_and_again() {
    const TIMES: i64 = 8;
    let part = |number: usize| {
        json!({"line": number, "code": OIL, "outcome": "partly", "accepted": quantity(2), "rejected": quantity(1),
            "reason": "x", "more": true})
    };
    let lines: Vec<Value> = (1..=256).map(part).collect();
    let mut hostile = Hostile::default();
    for _ in 0..TIMES {
        hostile.says("waste.received", json!({"manifest": uuid(1), "site": site(), "lines": lines}));
    }
    let agreed = hostile.agrees();
    assert_eq!(agreed.lots.len(), 512);
    let held = |lot: LotId| agreed.lots[&lot].held.values().sum::<i64>();
    let manifest = uuid(1).parse().unwrap();
    for number in 1..=256 {
        assert_eq!(held(LotId::of_line(manifest, number)), 2 * TIMES);
        assert_eq!(held(LotId::rejected_of_line(manifest, number)), TIMES);
        assert_eq!(agreed.lots[&LotId::of_line(manifest, number)].transit_g, -3 * TIMES);
    }
}
