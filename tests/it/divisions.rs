//! Authorities and their divisions: who may register, permit, hold, fine and order where; and who registers besides an authority.

use liandan::app::{Receipt, SubmitError};
use liandan::catalogue::Uscc;
use liandan::ledger::{Envelope, SigningKey, Typ};
use liandan::registry::Role;
use liandan::scenario::World;
use serde_json::{Value, json};

use crate::api::server::sign_script;
use crate::support::ledger::{LOG, Ledger, block_on, databases};

/// Lanshan, 371302: a district of Linyi. Acme lies in it, ruby in the next one, crane in another city.
const DISTRICT: &str = "371302";

/// A branch of the bureau with a key of its own, and everybody else of the world.
pub(crate) struct Offices<'a> {
    ledger: &'a Ledger,
    pub(crate) branch: Uscc,
    pub(crate) key: SigningKey,
    next: std::cell::Cell<u16>,
}

impl<'a> Offices<'a> {
    pub(crate) async fn with_a_branch(ledger: &'a Ledger) -> Self {
        let branch = Uscc::with_check("11371302MB2X0002A").unwrap();
        let key = SigningKey::from_seed([77; 32]);
        let offices = Self { ledger, branch, key, next: std::cell::Cell::new(1) };
        offices.bureau("party.registered", party(branch, "authority", DISTRICT)).await.unwrap();
        offices.enrols(&offices.key, offices.invitation(branch, "officer", None)).await.unwrap();
        offices
    }

    fn id(&self) -> String {
        let n = self.next.replace(self.next.get() + 1);
        format!("01890a5d-ac96-774b-bcce-b30209{n:06x}")
    }

    /// An invitation that the bureau signs.
    pub(crate) fn invitation(&self, party: Uscc, role: &str, registers: Option<Value>) -> Value {
        let mut invitation = json!({
            "v": 1, "log": LOG, "invitation": self.id(), "party": party, "role": role,
            "expires_at": "2027-01-01T00:00:00Z",
        });
        if let Some(registers) = registers {
            invitation["registers"] = registers;
        }
        invitation
    }

    /// What a key says of itself, around an invitation of the bureau.
    pub(crate) async fn enrols(&self, key: &SigningKey, invitation: Value) -> Result<Receipt, Vec<String>> {
        let bureau = World::embedded().key("bureau", Role::Officer);
        self.enrols_by(key, invitation, &bureau).await
    }

    async fn enrols_by(
        &self,
        key: &SigningKey,
        invitation: Value,
        inviting: &SigningKey,
    ) -> Result<Receipt, Vec<String>> {
        let party = invitation["party"].as_str().unwrap().parse().unwrap();
        let signed = Envelope::sign(Typ::Invitation, invitation.to_string().as_bytes(), inviting);
        let data = json!({ "key": key.public(), "invitation": signed.into_compact() });
        self.says(key, party, "key.enrolled", data, None).await
    }

    async fn bureau(&self, kind: &str, data: Value) -> Result<Receipt, Vec<String>> {
        let key = World::embedded().key("bureau", Role::Officer);
        self.says(&key, uscc("bureau"), kind, data, None).await
    }

    async fn branch(&self, kind: &str, data: Value) -> Result<Receipt, Vec<String>> {
        self.says(&self.key, self.branch, kind, data, None).await
    }

    /// Say something; what it is refused with, each as `code at pointer`.
    async fn says(
        &self,
        key: &SigningKey,
        party: Uscc,
        kind: &str,
        data: Value,
        mandate: Option<&str>,
    ) -> Result<Receipt, Vec<String>> {
        let now = self.ledger.clock.now().plus_millis(60_000);
        self.ledger.clock.set(now);
        let mut event = json!({
            "v": 1, "log": LOG, "kind": kind, "act": self.id(), "for": party, "occurred_at": now.to_string(),
            "data": data,
        });
        if let Some(mandate) = mandate {
            event["mandate"] = json!(mandate);
        }
        let envelope = Envelope::sign(Typ::Event, event.to_string().as_bytes(), key);
        match self.ledger.app.submit(envelope.compact().as_bytes(), None).await {
            Ok(submitted) => Ok(submitted.receipt),
            Err(SubmitError::Refused(refusal)) => Err(refusal
                .errors
                .iter()
                .map(|error| format!("{} at {}", error.code, error.pointer))
                .collect()),
            Err(other) => panic!("{kind}: {other}"),
        }
    }
}

fn uscc(label: &str) -> Uscc {
    World::embedded().party(label).unwrap().uscc
}

fn site(label: &str) -> String {
    World::embedded().party(label).unwrap().site(None).unwrap().site.to_string()
}

fn party(party: Uscc, kind: &str, division: &str) -> Value {
    json!({ "party": party, "name": "新登记单位", "kinds": [kind], "division": division })
}

fn newcomer(n: u32) -> Uscc {
    Uscc::with_check(&format!("91371302MA3N{n:05}")).unwrap()
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Vec<String>>) -> Vec<String> {
    answer.unwrap_err()
}

#[test]
fn an_authority_keeps_records_within_its_division_and_the_founding_one_of_who_comes_from_elsewhere() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let offices = Offices::with_a_branch(&ledger).await;
            let at = |pointer: &str| vec![format!("not-your-division at {pointer}")];
            let items = json!([{ "codes": ["HW49"], "methods": ["D10"], "yearly_g": 1_000_000 }]);
            let permit = |holder: &str, site: Option<String>| {
                let mut permit = json!({
                    "permit": offices.id(), "number": "1", "party": uscc(holder), "items": items,
                    "valid_from": "2026-01-01", "valid_to": "2026-12-31",
                });
                if let Some(site) = site {
                    permit["site"] = json!(site);
                }
                permit
            };
            let new_site = |owner: &str, division: &str| json!({ "site": offices.id(), "party": uscc(owner), "name": "新厂", "division": division });
            // The branch, in its district.
            offices.branch("party.registered", party(newcomer(1), "producer", DISTRICT)).await.unwrap();
            offices.branch("site.registered", new_site("acme", DISTRICT)).await.unwrap();
            offices.branch("permit.issued", permit("acme", None)).await.unwrap();
            offices.branch("permit.issued", permit("acme", Some(site("acme")))).await.unwrap();
            // And outside of it.
            for (kind, data, pointer) in [
                ("party.registered", party(newcomer(2), "producer", "371311"), "/data/division"),
                ("party.registered", party(newcomer(2), "producer", "371300"), "/data/division"),
                ("party.updated", party(uscc("ruby"), "producer", "371311"), "/data/party"),
                ("site.registered", new_site("acme", "371311"), "/data/division"),
                ("permit.issued", permit("ruby", None), "/data/party"),
                (
                    "vehicle.licensed",
                    json!({
                        "vehicle": offices.id(), "plate": "鲁Q99999", "carrier": uscc("heron"), "licence": "1",
                        "valid_from": "2026-01-01", "valid_to": "2026-12-31",
                    }),
                    "/data/carrier",
                ),
                (
                    "inspection.recorded",
                    json!({ "inspection": offices.id(), "site": site("ruby"), "text": "seen" }),
                    "/data/site",
                ),
                (
                    "penalty.recorded",
                    json!({ "party": uscc("ruby"), "number": "1", "on": "2026-01-05", "text": "decided" }),
                    "/data/party",
                ),
                (
                    "hold.placed",
                    json!({ "hold": offices.id(), "on": { "site": site("ruby") }, "reason": "why" }),
                    "/data/on",
                ),
                (
                    "approval.granted",
                    json!({
                        "approval": offices.id(), "number": "1", "consignor": uscc("ruby"), "consignee": uscc("harbor"),
                        "lines": [{ "code": "900-041-49", "yearly_g": 1 }], "methods": ["D10"],
                        "valid_from": "2026-01-01", "valid_to": "2026-12-31",
                    }),
                    "/data/consignor",
                ),
            ] {
                let said = refused(offices.branch(kind, data).await);
                assert!(said.contains(&at(pointer)[0]), "{kind}: {said:?}");
            }
            // A firm of the district is not moved out of it, and a permit is for a site of its holder.
            let moved = party(uscc("acme"), "producer", "371311");
            assert_eq!(refused(offices.branch("party.updated", moved).await), at("/data/division"));
            let foreign = permit("acme", Some(site("ruby")));
            assert!(
                refused(offices.branch("permit.issued", foreign).await)
                    .contains(&"site-unknown at /data/site".to_owned())
            );
            // Who comes from elsewhere is for the authority that founded the ledger; no authority of elsewhere is.
            offices.bureau("party.registered", party(newcomer(3), "carrier", "320100")).await.unwrap();
            offices.bureau("site.registered", new_site("crane", "370115")).await.unwrap();
            offices.bureau("permit.issued", permit("crane", None)).await.unwrap();
            let elsewhere = party(newcomer(4), "authority", "370100");
            assert_eq!(refused(offices.bureau("party.registered", elsewhere).await), at("/data/division"));
            ledger.store.close().await;
        });
    }
}

#[test]
fn an_order_of_correction_keeps_within_the_division() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let played = sign_script(
                "08:00 acme opens L1 900-041-49 1200 kg\n08:01 ruby opens L2 336-064-17 1200 kg\n=====\n",
            );
            for act in &played.acts {
                ledger.send(act).await.unwrap();
            }
            let offices = Offices::with_a_branch(&ledger).await;
            // What a firm alone states answers to the authority once a declaration of its day was filed, or is overdue.
            ledger.clock.set("2027-06-01T09:00:00+08:00".parse().unwrap());
            for kind in ["correction.ordered", "correction.requested"] {
                let correction = |n: usize| {
                    let mut data = json!({
                        "correction": offices.id(), "event": played.acts[n].envelope.event_id(),
                        "pointer": "/data/lots/0/quantity/mass_g", "reason": "why",
                    });
                    if kind == "correction.ordered" {
                        data["value"] = json!({ "mass-g": 1_100_000 });
                    }
                    data
                };
                let said = refused(offices.branch(kind, correction(1)).await);
                assert_eq!(said, ["not-your-division at /data/event"], "{kind}");
                offices.branch(kind, correction(0)).await.unwrap();
            }
            ledger.store.close().await;
        });
    }
}

#[test]
fn a_firm_registers_itself_once_an_officer_approved() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let offices = Offices::with_a_branch(&ledger).await;
            let firm = newcomer(7);
            let key = SigningKey::from_seed([78; 32]);
            let asked = party(firm, "producer", DISTRICT);
            let approval = |role: &str, registers: Value| offices.invitation(firm, role, Some(registers));
            // Before: its key is nobody's.
            let filed = json!({ "contract": offices.id(), "with": uscc("phoenix"), "codes": ["HW49"], "valid_from": "2026-01-01", "valid_to": "2026-12-31" });
            let said = refused(offices.says(&key, firm, "contract.filed", filed.clone(), None).await);
            assert_eq!(said, ["key-unknown at /protected/kid"]);
            // Not as anything but the administrator, for another, as an authority, or by who may not approve.
            let invalid = ["invitation-invalid at /data/invitation"];
            for (role, registers) in [
                ("operator", asked.clone()),
                ("administrator", party(newcomer(8), "producer", DISTRICT)),
                ("administrator", party(firm, "authority", DISTRICT)),
            ] {
                assert_eq!(refused(offices.enrols(&key, approval(role, registers)).await), invalid, "{role}");
            }
            let of_acme = World::embedded().key("acme", Role::Operator);
            let by_acme = offices.enrols_by(&key, approval("administrator", asked.clone()), &of_acme).await;
            assert_eq!(refused(by_acme), invalid);
            let next_door = party(firm, "producer", "371311");
            let said = offices.enrols_by(&key, approval("administrator", next_door), &offices.key).await;
            assert_eq!(refused(said), ["not-your-division at /data/invitation"]);
            // Approved: one event with both signatures registers the firm and its key.
            let approved = approval("administrator", asked.clone());
            offices.enrols_by(&key, approved, &offices.key).await.unwrap();
            offices.says(&key, firm, "contract.filed", filed, None).await.unwrap();
            let other = SigningKey::from_seed([79; 32]);
            let said = refused(offices.enrols(&other, approval("administrator", asked)).await);
            assert_eq!(said, ["id-taken at /for"]);
            ledger.store.close().await;
        });
    }
}

#[test]
fn a_registrar_with_a_mandate_registers_and_does_nothing_else_for_the_authority() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let offices = Offices::with_a_branch(&ledger).await;
            let mandate = offices.id();
            let granted = json!({
                "mandate": mandate, "to": uscc("lotus"), "kinds": ["party.registered", "site.registered", "permit.issued"],
                "from": "2026-01-01T00:00:00Z", "until": "2026-12-31T00:00:00Z",
            });
            offices.branch("mandate.granted", granted).await.unwrap();
            let lotus = World::embedded().key("lotus", Role::Operator);
            let registers = async |n: u32, division: &str, mandate: Option<&str>| {
                let data = party(newcomer(n), "producer", division);
                offices.says(&lotus, offices.branch, "party.registered", data, mandate).await
            };
            registers(1, DISTRICT, Some(&mandate)).await.unwrap();
            assert_eq!(
                refused(registers(2, "371311", Some(&mandate)).await),
                ["not-your-division at /data/division"]
            );
            assert_eq!(refused(registers(2, DISTRICT, None).await), ["mandate-exceeded at /mandate"]);
            let permit = json!({
                "permit": offices.id(), "number": "1", "party": uscc("acme"), "valid_from": "2026-01-01",
                "valid_to": "2026-12-31", "items": [{ "codes": ["HW49"], "methods": ["D10"], "yearly_g": 1 }],
            });
            let said = offices.says(&lotus, offices.branch, "permit.issued", permit, Some(&mandate)).await;
            assert_eq!(refused(said), ["authority-only at /kind"]);
            // In its own name it registers nobody.
            let own = offices
                .says(
                    &lotus,
                    uscc("lotus"),
                    "party.registered",
                    party(newcomer(3), "producer", DISTRICT),
                    None,
                )
                .await;
            assert!(refused(own).contains(&"authority-only at /kind".to_owned()));
            ledger.store.close().await;
        });
    }
}
