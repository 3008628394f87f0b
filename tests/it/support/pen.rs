//! Events written by hand, where a script has no words for them.

use std::cell::Cell;

use liandan::app::{Receipt, SubmitError};
use liandan::id::{CorrectionId, LotId, ManifestId};
use liandan::ledger::{Envelope, Typ};
use liandan::scenario::World;
use serde_json::{Value, json};
use uuid::Uuid;

use super::ledger::{LOG, Ledger};

/// Waste code of everything the pen writes about.
pub(crate) const CODE: &str = "900-041-49";

/// Signs events for the parties of the world and sends them, a minute after each other.
pub(crate) struct Pen<'a> {
    ledger: &'a Ledger,
    next: Cell<u64>,
}

impl<'a> Pen<'a> {
    pub(crate) fn new(ledger: &'a Ledger) -> Self {
        Self { ledger, next: Cell::new(1) }
    }

    /// An id that a client would make.
    fn id(&self) -> Uuid {
        let n = self.next.replace(self.next.get() + 1);
        let mut rest = [0_u8; 10];
        rest[2..].copy_from_slice(&n.to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(1_772_000_000_000, &rest).into_uuid()
    }

    pub(crate) fn correction(&self) -> CorrectionId {
        CorrectionId::from_uuid(self.id())
    }

    pub(crate) fn lot(&self) -> LotId {
        LotId::from_uuid(self.id())
    }

    pub(crate) fn manifest(&self) -> ManifestId {
        ManifestId::from_uuid(self.id())
    }

    async fn say(&self, label: &str, kind: &str, hours_ago: i64, data: Value) -> Receipt {
        self.submits(label, kind, hours_ago, data).await.unwrap()
    }

    /// State something for a party, now or `hours_ago`; it may be refused.
    pub(crate) async fn submits(
        &self,
        label: &str,
        kind: &str,
        hours_ago: i64,
        data: Value,
    ) -> Result<Receipt, SubmitError> {
        let world = World::embedded();
        let party = world.party(label).unwrap();
        let now = self.ledger.clock.now().plus_millis(60_000);
        self.ledger.clock.set(now);
        let event = json!({
            "v": 1, "log": LOG, "kind": kind, "act": self.id().to_string(), "for": party.uscc.to_string(),
            "occurred_at": now.plus_hours(-hours_ago).to_string(), "data": data,
        });
        let key = world.key(label, party.office());
        let envelope = Envelope::sign(Typ::Event, event.to_string().as_bytes(), &key);
        Ok(self.ledger.app.submit(envelope.compact().as_bytes(), None).await?.receipt)
    }

    /// Lots that are there.
    pub(crate) async fn opens(&self, label: &str, lots: &[(LotId, i64)]) -> Receipt {
        let lots: Vec<Value> = lots.iter().map(new_lot).collect();
        self.say(label, "stock.opened", 0, json!({ "site": site(label), "lots": lots })).await
    }

    /// A count that found so much more, or less.
    pub(crate) async fn counts(&self, label: &str, lot: LotId, differs_g: i64, hours_ago: i64) -> Receipt {
        let count = json!({ "code": CODE, "lot": lot.to_string(), "mass_g": 1, "differs_g": differs_g });
        let data = json!({ "site": site(label), "counts": [count] });
        self.say(label, "stock.counted", hours_ago, data).await
    }

    pub(crate) async fn repacks(
        &self,
        label: &str,
        inputs: &[(LotId, i64)],
        outputs: &[(LotId, i64)],
    ) -> Receipt {
        let inputs: Vec<Value> = inputs.iter().map(draw).collect();
        let outputs: Vec<Value> = outputs.iter().map(new_lot).collect();
        let data = json!({ "site": site(label), "inputs": inputs, "outputs": outputs });
        self.say(label, "waste.repacked", 0, data).await
    }

    /// Burnt, with a residue of each of these masses.
    pub(crate) async fn burns(
        &self,
        label: &str,
        inputs: &[(LotId, i64)],
        residues: &[(LotId, i64)],
    ) -> Receipt {
        let inputs: Vec<Value> = inputs.iter().map(draw).collect();
        let residue = |(lot, mass_g): &(LotId, i64)| json!({ "lot": lot.to_string(), "code": "772-003-18", "name": "ash", "quantity": grams(*mass_g) });
        let outputs: Vec<Value> = residues.iter().map(residue).collect();
        let data = json!({ "site": site(label), "inputs": inputs, "method": "D10", "outputs": outputs });
        self.say(label, "waste.disposed", 0, data).await
    }

    /// Loaded as line 1 of a manifest out of these lots, by a carrier that signs alone.
    pub(crate) async fn loads(
        &self,
        manifest: ManifestId,
        from: &str,
        drawn: &[(LotId, i64)],
        hours_ago: i64,
    ) -> Receipt {
        let whole_g = drawn.iter().map(|(_, mass_g)| mass_g).sum();
        let drawn: Vec<Value> = drawn.iter().map(draw).collect();
        let line = json!({ "line": 1, "code": CODE, "quantity": grams(whole_g), "drawn": drawn });
        let data = json!({
            "manifest": manifest.to_string(), "from": uscc(from), "from_site": site(from), "to": uscc("swift"),
            "vehicle": "鲁Q10001", "lines": [line],
        });
        self.say("swift", "waste.collected", hours_ago, data).await
    }

    /// Received: so much accepted, so much rejected.
    pub(crate) async fn receives(
        &self,
        manifest: ManifestId,
        by: &str,
        accepted_g: i64,
        rejected_g: i64,
    ) -> Receipt {
        let mut line =
            json!({ "line": 1, "code": CODE, "outcome": "accepted", "accepted": grams(accepted_g) });
        if rejected_g > 0 {
            line["outcome"] = "partly".into();
            line["rejected"] = grams(rejected_g);
            line["reason"] = "wet".into();
        }
        let data = json!({ "manifest": manifest.to_string(), "site": site(by), "lines": [line] });
        self.say(by, "waste.received", 0, data).await
    }

    /// What was rejected goes back from one site to another.
    pub(crate) async fn returns(&self, manifest: ManifestId, from: &str, to: &str, mass_g: i64) -> Receipt {
        let line = json!({ "line": 1, "code": CODE, "quantity": grams(mass_g) });
        let data = json!({
            "manifest": manifest.to_string(), "from": uscc(from), "from_site": site(from), "to": uscc(to),
            "to_site": site(to), "lines": [line],
        });
        self.say(to, "waste.returned", 0, data).await
    }
}

fn uscc(label: &str) -> String {
    World::embedded().party(label).unwrap().uscc.to_string()
}

fn site(label: &str) -> String {
    World::embedded().party(label).unwrap().site(None).unwrap().site.to_string()
}

fn grams(mass_g: i64) -> Value {
    json!({ "mass_g": mass_g, "basis": "measured" })
}

fn new_lot((lot, mass_g): &(LotId, i64)) -> Value {
    json!({ "lot": lot.to_string(), "code": CODE, "quantity": grams(*mass_g) })
}

fn draw((lot, mass_g): &(LotId, i64)) -> Value {
    json!({ "lot": lot.to_string(), "mass_g": mass_g })
}
