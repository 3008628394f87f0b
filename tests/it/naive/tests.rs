//! Hand-made histories whose outcome a person can tell.

use liandan::catalogue::{Catalogue, Profile, Uscc};
use liandan::clock::Timestamp;
use liandan::custody::books::Rulebook;
use liandan::custody::payload::handover::Offer;
use liandan::custody::{Event, Kind, Statement, Verdict};
use liandan::id::{LotId, ManifestId, SiteId};
use liandan::ledger::{EventId, PublicKey, SigningKey};
use serde_json::{Value, json};

use super::{Entry, Naive, fold};

const AUTHORITY: usize = 0;
const PRODUCER: usize = 1;
const CARRIER: usize = 2;
const PLANT: usize = 3;
const HOUR_MS: i64 = 3_600_000;
/// 2026-03-02 08:00 in Shandong, a Monday.
const MORNING_MS: i64 = 1_772_409_600_000;

fn party(n: usize) -> Uscc {
    Uscc::with_check(&format!("9137130000000000{n}")).unwrap()
}

fn key(n: usize) -> PublicKey {
    SigningKey::from_seed([u8::try_from(n).unwrap() + 1; 32]).public()
}

fn uuid(n: usize) -> String {
    format!("01890a5d-ac96-774b-8000-{n:012x}")
}

fn site(n: usize) -> SiteId {
    uuid(100 + n).parse().unwrap()
}

fn manifest() -> ManifestId {
    uuid(200).parse().unwrap()
}

fn lot() -> LotId {
    uuid(300).parse().unwrap()
}

fn at(hours: i64) -> Timestamp {
    Timestamp::from_millis(MORNING_MS + hours * HOUR_MS)
}

/// The id of the entry that was, or will be, added with this number.
fn id(n: usize) -> EventId {
    EventId::from_bytes([u8::try_from(n).unwrap(); 32])
}

/// A log in the making. An entry is named by its number, from 0.
struct History(Vec<Entry>);

impl History {
    /// An authority, a producer, a carrier and a plant, each with a site and a key; at midnight, entries 0 to 10.
    fn new() -> Self {
        let mut history = Self(Vec::new());
        let founded = json!({"name": "t", "jurisdiction": "cn", "division": "371300", "authority_name": "a",
            "key": key(0), "log_key": key(9)});
        history.at(-8).says(AUTHORITY, "ledger.founded", founded);
        for n in [PRODUCER, CARRIER, PLANT] {
            let kinds = ["producer", "carrier", "operator"];
            let named = json!({"party": party(n), "name": "p", "kinds": kinds, "division": "371300"});
            history.at(-8).says(AUTHORITY, "party.registered", named);
            let placed = json!({"site": site(n), "party": party(n), "name": "s", "division": "371302"});
            history.at(-8).says(AUTHORITY, "site.registered", placed);
            history.at(-8).says(n, "key.enrolled", json!({"key": key(n), "invitation": "x"}));
        }
        let items = json!([{"codes": ["HW08"], "methods": ["R9"], "yearly_g": 1_000_000}]);
        let permit = json!({"permit": uuid(400), "number": "1", "party": party(PLANT), "items": items,
            "valid_from": "2026-01-01", "valid_to": "2026-12-31"});
        history.at(-8).says(AUTHORITY, "permit.issued", permit);
        history
    }

    /// What is said next happened and was recorded at this hour.
    fn at(&mut self, hour: i64) -> Said<'_> {
        Said { history: self, happened: hour, recorded: hour, prev: Vec::new(), offered_g: None, act: None }
    }

    /// Waste, a manifest, a vehicle: entries 11 to 13.
    fn prepared() -> Self {
        let mut history = Self::new();
        history.at(0).says(PRODUCER, "waste.generated", generated());
        history.at(1).says(PRODUCER, "manifest.registered", registered());
        let assigned = json!({"manifest": manifest(), "leg": 1, "vehicle": "鲁Q12345"});
        history.at(1).says(CARRIER, "manifest.assigned", assigned);
        history
    }

    fn folded(&self, hour: i64) -> Naive {
        let rulebook =
            Rulebook { profile: Profile::embedded("cn").unwrap(), catalogue: Catalogue::embedded() };
        fold(&self.0, at(hour), &rulebook)
    }
}

/// One statement in the making.
struct Said<'a> {
    history: &'a mut History,
    happened: i64,
    recorded: i64,
    prev: Vec<usize>,
    offered_g: Option<i64>,
    act: Option<usize>,
}

impl Said<'_> {
    fn recorded(mut self, hour: i64) -> Self {
        self.recorded = hour;
        self
    }

    fn prev(mut self, number: usize) -> Self {
        self.prev.push(number);
        self
    }

    /// The other side's signed offer of this mass on line 1.
    fn offered(mut self, mass_g: i64) -> Self {
        self.offered_g = Some(mass_g);
        self
    }

    fn act(mut self, number: usize) -> Self {
        self.act = Some(number);
        self
    }

    fn says(self, who: usize, kind: &str, content: Value) {
        let number = self.history.0.len();
        let text = serde_json::value::to_raw_value(&content).unwrap();
        let event = Event {
            log: serde_json::from_value(json!("example.org/log")).unwrap(),
            act: uuid(1000 + self.act.unwrap_or(number)).parse().unwrap(),
            party: party(who),
            mandate: None,
            prev: serde_json::from_value(json!(self.prev.iter().map(|n| id(*n)).collect::<Vec<_>>()))
                .unwrap(),
            anchor: None,
            occurred_at: at(self.happened),
            place: None,
            statement: Statement::parse(Kind::named(kind).unwrap(), 1, &text).unwrap(),
        };
        let offer = self.offered_g.map(|mass_g| {
            let (from, to) = (&content["from"], &content["to"]);
            let step = kind.trim_start_matches("waste.");
            let offer: Offer = serde_json::from_value(json!({"v": 1, "log": "example.org/log", "step": step,
                "manifest": manifest(), "from": from, "to": to, "lines": [{"line": 1, "mass_g": mass_g}],
                "at": at(self.happened)}))
            .unwrap();
            let releasing = (0..4).find(|n| json!(party(*n)) == *from).unwrap();
            (offer, key(releasing).kid(), true)
        });
        let (index, kid) = (number as u64, key(who).kid());
        let recorded_at = at(self.recorded);
        self.history.0.push(Entry {
            index,
            id: id(number),
            recorded_at,
            skew_ms: 0,
            kid,
            event,
            offer,
            anchor_root: None,
        });
    }
}

fn grams(mass_g: i64) -> Value {
    json!({"mass_g": mass_g, "basis": "measured"})
}

fn generated() -> Value {
    json!({"site": site(PRODUCER), "lots": [{"lot": lot(), "code": "900-249-08", "quantity": grams(900_000)}]})
}

fn registered() -> Value {
    let line = json!({"line": 1, "code": "900-249-08", "planned": grams(500_000), "treatment": "R9"});
    json!({"manifest": manifest(), "site": site(PRODUCER), "lines": [line],
        "consignee": {"party": party(PLANT), "site": site(PLANT)},
        "legs": [{"carrier": party(CARRIER), "mode": "vehicle"}],
        "planned_departure": at(2), "planned_arrival": at(4)})
}

fn collected(mass_g: i64) -> Value {
    let line = json!({"line": 1, "code": "900-249-08", "quantity": grams(mass_g),
        "drawn": [{"lot": lot(), "mass_g": mass_g}]});
    json!({"manifest": manifest(), "from": party(PRODUCER), "from_site": site(PRODUCER), "to": party(CARRIER),
        "vehicle": "鲁Q12345", "lines": [line]})
}

fn delivered(mass_g: i64) -> Value {
    let line = json!({"line": 1, "code": "900-249-08", "quantity": grams(mass_g)});
    json!({"manifest": manifest(), "from": party(CARRIER), "to": party(PLANT), "to_site": site(PLANT),
        "lines": [line]})
}

fn accepted(mass_g: i64) -> Value {
    let line = json!({"line": 1, "code": "900-249-08", "outcome": "accepted", "accepted": grams(mass_g)});
    json!({"manifest": manifest(), "site": site(PLANT), "lines": [line]})
}

fn open_rules(naive: &Naive) -> Vec<&str> {
    let mut rules: Vec<&str> = naive.open_findings.values().map(|(rule, _, _)| rule.as_str()).collect();
    rules.sort_unstable();
    rules
}

#[test]
fn a_clean_trip_has_no_finding_and_adds_up() {
    let mut history = History::prepared();
    history.at(2).offered(500_000).says(CARRIER, "waste.collected", collected(500_000));
    history.at(3).offered(500_000).says(PLANT, "waste.delivered", delivered(500_000));
    history.at(4).says(PLANT, "waste.received", accepted(500_000));
    let naive = history.folded(1_000);
    assert_eq!(open_rules(&naive), [""; 0]);
    let folded = &naive.manifests[&manifest()];
    assert_eq!(folded.number.as_deref(), Some("LD2026-371302-000001"));
    assert_eq!((folded.status, &folded.lines[&1].holders), ("received", &vec![party(PLANT)]));
    assert_eq!(naive.lots[&lot()].held[&(party(PRODUCER), site(PRODUCER))], 400_000);
    assert_eq!(naive.lots[&LotId::of_line(manifest(), 1)].held[&(party(PLANT), site(PLANT))], 500_000);
}

#[test]
fn the_order_of_arrival_of_facts_changes_nothing() {
    let mut orders = Vec::new();
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let mut history = History::prepared();
        let mut facts = [
            (2, CARRIER, "waste.collected", collected(500_000)),
            (3, PLANT, "waste.delivered", delivered(500_000)),
            (4, PLANT, "waste.received", accepted(440_000)),
        ];
        for n in order {
            let (hour, who, kind, content) = &mut facts[n];
            let said = history.at(*hour).recorded(10);
            let said = if *kind == "waste.received" { said } else { said.offered(500_000) };
            said.says(*who, kind, content.take());
        }
        let naive = history.folded(12);
        assert_eq!(open_rules(&naive), ["discrepancy-undeclared", "mass-discrepancy"]);
        orders.push((naive.manifests, naive.lots, naive.open_findings));
    }
    assert!(orders.iter().all(|order| *order == orders[0]));
}

#[test]
fn a_delivery_alone_is_delivered_and_broken() {
    let mut history = History::prepared();
    history.at(3).offered(500_000).says(PLANT, "waste.delivered", delivered(500_000));
    let naive = history.folded(4);
    assert_eq!(naive.manifests[&manifest()].status, "delivered");
    assert_eq!(open_rules(&naive), ["custody-broken"]);
}

#[test]
fn obligations_open_at_their_due_time_and_not_before() {
    let mut history = History::prepared();
    history.at(2).says(CARRIER, "waste.collected", collected(500_000));
    assert_eq!(open_rules(&history.folded(5)), [""; 0]);
    assert_eq!(open_rules(&history.folded(6)), ["in-transit-overdue"]);
    assert_eq!(open_rules(&history.folded(26)), ["handover-one-sided", "in-transit-overdue"]);
    let signed = json!({"manifest": manifest(), "event": id(14), "lines": [{"line": 1, "mass_g": 500_000}]});
    history.at(27).says(PRODUCER, "handover.countersigned", signed);
    history.at(27).offered(500_000).says(PLANT, "waste.delivered", delivered(500_000));
    // Delivered on a Tuesday; five working days end with the Tuesday of the week after.
    assert_eq!(open_rules(&history.folded(207)), [""; 0]);
    assert_eq!(open_rules(&history.folded(208)), ["receipt-unconfirmed"]);
}

#[test]
fn a_handover_between_the_sites_of_one_party_needs_one_party_to_sign_twice() {
    let mut history = History::prepared();
    let mut moved = delivered(500_000);
    moved["from"] = json!(party(PLANT));
    history.at(2).offered(500_000).says(PLANT, "waste.transferred", moved);
    assert_eq!(history.folded(100).verdicts[&id(14)], Verdict::Counts);
    assert!(!open_rules(&history.folded(100)).contains(&"handover-one-sided"));
}

#[test]
fn a_fact_is_no_earlier_than_what_its_signer_knew() {
    let mut history = History::prepared();
    history.at(0).recorded(3).offered(500_000).prev(12).says(CARRIER, "waste.collected", collected(500_000));
    assert_eq!(open_rules(&history.folded(3)), [""; 0], "a slow clock is no offence");
    let mut history = History::prepared();
    history.at(0).recorded(3).offered(500_000).says(CARRIER, "waste.collected", collected(500_000));
    assert_eq!(open_rules(&history.folded(3)), ["moved-without-manifest"]);
}

#[test]
fn only_events_of_the_manifest_move_a_fact_in_it() {
    // 11 touches a lot the collection draws from, 14 touches nothing of it: neither is in the manifest's timeline.
    for (prev, collected_at) in [(11, at(-2)), (14, at(-2))] {
        let mut history = History::prepared();
        let elsewhere = json!({"site": site(PLANT),
            "lots": [{"lot": uuid(301), "code": "900-249-08", "quantity": grams(1)}]});
        history.at(2).says(PLANT, "waste.generated", elsewhere);
        history.at(-2).recorded(3).offered(9).prev(prev).says(CARRIER, "waste.collected", collected(9));
        let (_, _, figures) = history.folded(3).open_findings.into_values().next().unwrap();
        assert_eq!(figures.text("collected_at"), Some(collected_at.to_string().as_str()));
    }
}

#[test]
fn two_carriers_over_one_head_are_a_fork_and_two_holders() {
    let mut history = History::prepared();
    history.at(2).prev(12).offered(500_000).says(CARRIER, "waste.collected", collected(500_000));
    let mut other = collected(300_000);
    other["to"] = json!(party(PLANT));
    history.at(3).prev(12).offered(300_000).says(PLANT, "waste.collected", other);
    let naive = history.folded(3);
    assert_eq!(open_rules(&naive), ["fork", "two-holders", "unplanned-carrier"]);
    let line = &naive.manifests[&manifest()].lines[&1];
    assert_eq!((line.holders.clone(), line.shipped_g), (vec![party(CARRIER), party(PLANT)], 800_000));
}

#[test]
fn what_nobody_may_say_twice_is_kept_as_evidence() {
    let mut history = History::prepared();
    history.at(2).says(PRODUCER, "waste.generated", generated());
    history.at(2).act(14).says(PRODUCER, "stock.opened", generated());
    let revoked = json!({"key": key(CARRIER).kid(), "reason": "lost", "suspected_from": 13});
    history.at(2).says(CARRIER, "key.revoked", revoked);
    history.at(3).says(CARRIER, "waste.collected", collected(500_000));
    let naive = history.folded(3);
    let wanted = ["act-conflict", "id-conflict", "id-conflict", "signed-after-revocation"];
    assert_eq!(open_rules(&naive), wanted);
    let verdicts = [13, 14, 15, 16, 17].map(|n| naive.verdicts[&id(n)]);
    let evidence = Verdict::EvidenceOnly;
    assert_eq!(verdicts, [Verdict::Disputed, evidence, evidence, Verdict::Counts, evidence]);
    assert_eq!(naive.lots[&lot()].held[&(party(PRODUCER), site(PRODUCER))], 900_000);
}

#[test]
fn more_leaves_than_ever_came() {
    let mut history = History::prepared();
    let inputs = json!([{"lot": lot(), "mass_g": 900_001}]);
    let used = json!({"site": site(PRODUCER), "inputs": inputs, "method": "R9"});
    history.at(2).says(PRODUCER, "waste.used", used);
    history.at(3).offered(7).says(CARRIER, "waste.collected", {
        let mut undrawn = collected(7);
        undrawn["lines"][0]["drawn"] = json!([]);
        undrawn
    });
    let naive = history.folded(3);
    assert_eq!(open_rules(&naive), ["custody-unknown", "treated-twice"]);
    let figure = |rule: &str, name: &str| {
        let found = naive.open_findings.values().find(|(found, _, _)| found == rule);
        found.and_then(|(_, _, figures)| figures.number(name))
    };
    assert_eq!(figure("custody-unknown", "unproven_g"), Some(7));
    assert_eq!(figure("treated-twice", "excess_g"), Some(1));
}
