//! The events that found a ledger for a world: the authority, the parties, their sites, keys, permits, vehicles, plans, contracts and
//! approvals.

use chrono::{Datelike, NaiveDate};

use super::ids::client_made;
use super::signed::Scripted;
use super::words::ZONE_HOURS;
use super::world::{WorldParty, WorldSite};
use super::{ScenarioError, World};
use crate::catalogue::{Catalogue, Profile};
use crate::clock::Timestamp;
use crate::custody::books::Rulebook;
use crate::custody::{Event, Statement};
use crate::id::{ActId, ApprovalId, ContractId, InvitationId, VehicleId};
use crate::ledger::{Envelope, PublicKey, Typ};
use crate::registry::standing::{
    ApprovalGranted, ContractFiled, Founded, KeyEnrolled, Party, PermitIssued, PersonQualified, Plan,
    Qualification, Site, VehicleLicensed,
};
use crate::registry::{Role, key::Invitation};
use crate::shape::{List, Plate, Text};

/// How long an invitation of the founding is good, in hours.
const INVITATION_HOURS: i64 = 24;
/// Events of a founding are a second apart, so that their order is their time.
const STEP_MS: i64 = 1000;

impl World {
    /// The signed events that bring the world into an empty ledger named `log`, the first at `at`, each a second later.
    /// `log_key` is the key that signs the ledger's checkpoints.
    pub fn founding(
        &self,
        log: &str,
        at: Timestamp,
        log_key: PublicKey,
    ) -> Result<Vec<Scripted>, ScenarioError> {
        let log = log_name(log)?;
        let mut founding = Founding { world: self, log, at, events: Vec::new() };
        founding.found(log_key)?;
        for party in self.parties().iter().filter(|party| party.label != self.authority().label) {
            founding.register(party);
        }
        for party in self.parties() {
            party.sites.iter().for_each(|site| {
                founding.authority_says(Statement::SiteRegistered(Site {
                    site: site.site,
                    party: party.uscc,
                    name: site.zh.clone(),
                    division: site.division,
                    place: None,
                    classes: site.classes_in(founding.year()),
                    facilities: site.facilities.clone(),
                }))
            });
        }
        for party in self.parties().iter().filter(|party| party.label != self.authority().label) {
            for role in party.roles() {
                founding.enrol(party, *role)?;
            }
        }
        for party in self.parties() {
            founding.permits(party);
            if party.is_licensed {
                founding.vehicles(party);
                founding.persons(party);
            }
        }
        for party in self.parties() {
            party.sites.iter().try_for_each(|site| founding.plan(party, site))?;
        }
        founding.contracts()?;
        founding.approvals()?;
        Ok(founding.events)
    }
}

/// The origin of a ledger as it stands in every event.
pub(super) fn log_name(name: &str) -> Result<Text<200>, ScenarioError> {
    Text::new(name).map_err(|reason| ScenarioError::Log { name: name.to_owned(), reason })
}

struct Founding<'a> {
    world: &'a World,
    log: Text<200>,
    at: Timestamp,
    events: Vec<Scripted>,
}

impl<'a> Founding<'a> {
    fn found(&mut self, log_key: PublicKey) -> Result<(), ScenarioError> {
        let authority = self.world.authority();
        let name = format!("{}危险废物转移账本", &*authority.zh);
        let wrong = |reason: String| ScenarioError::World(format!("{}: {reason}", authority.label));
        let founded = Founded {
            name: Text::new(name).map_err(wrong)?,
            jurisdiction: Text::new("cn").map_err(wrong)?,
            division: authority.division,
            authority_name: authority.zh.clone(),
            key: self.world.key(&authority.label, authority.office()).public(),
            log_key,
        };
        self.authority_says(Statement::LedgerFounded(founded));
        let profile = Profile::embedded("cn").ok_or_else(|| wrong("there is no profile cn".to_owned()))?;
        let rulebook = Rulebook { profile, catalogue: Catalogue::embedded() };
        self.authority_says(Statement::ProfileAdopted(rulebook.pinned()));
        Ok(())
    }

    /// The year of the founding.
    fn year(&self) -> i32 {
        self.at.plus_hours(ZONE_HOURS).to_utc().year()
    }

    /// First and last day of so many years from that of the founding on.
    fn years(&self, count: i32) -> Result<(NaiveDate, NaiveDate), ScenarioError> {
        let (first, last) = (self.year(), self.year() + count - 1);
        let days = NaiveDate::from_ymd_opt(first, 1, 1).zip(NaiveDate::from_ymd_opt(last, 12, 31));
        days.ok_or_else(|| ScenarioError::World(format!("the year {first} is out of range")))
    }

    fn party(&self, label: &str) -> Result<&'a WorldParty, ScenarioError> {
        let party = self.world.party(label);
        party.ok_or_else(|| ScenarioError::World(format!("nobody is called {label}")))
    }

    fn register(&mut self, party: &WorldParty) {
        self.authority_says(Statement::PartyRegistered(Party {
            party: party.uscc,
            name: party.zh.clone(),
            name_en: Some(party.en.clone()),
            kinds: party.kinds.clone(),
            division: party.division,
            aliases: List::default(),
        }));
    }

    fn enrol(&mut self, party: &WorldParty, role: Role) -> Result<(), ScenarioError> {
        let authority = self.world.authority();
        let label = format!("invitation {} {}", party.label, role.name());
        let invitation = Invitation {
            v: 1,
            log: self.log.clone(),
            invitation: InvitationId::from_uuid(client_made("world", &label, self.at)),
            party: party.uscc,
            role,
            code_sha256: None,
            expires_at: self.at.plus_hours(INVITATION_HOURS),
            registers: None,
        };
        let payload = serde_json::json!(invitation).to_string();
        let inviting = self.world.key(&authority.label, authority.office());
        let signed = Envelope::sign(Typ::Invitation, payload.as_bytes(), &inviting).into_compact();
        let invitation = Text::new(signed).map_err(ScenarioError::World)?;
        let key = self.world.key(&party.label, role).public();
        self.says(party, role, Statement::KeyEnrolled(KeyEnrolled { key, invitation, code: None }));
        Ok(())
    }

    fn permits(&mut self, party: &WorldParty) {
        for permit in &party.permits {
            self.authority_says(Statement::PermitIssued(PermitIssued {
                permit: permit.permit,
                number: permit.number.clone(),
                party: party.uscc,
                site: None,
                items: permit.items.clone(),
                valid_from: permit.valid_from,
                valid_to: permit.valid_to,
            }));
        }
    }

    fn vehicles(&mut self, party: &WorldParty) {
        for plate in &party.vehicles {
            if let Some(statement) = licence(party, plate, self.at) {
                self.authority_says(statement);
            }
        }
    }

    fn plan(&mut self, party: &WorldParty, site: &WorldSite) -> Result<(), ScenarioError> {
        if site.planned.is_empty() {
            return Ok(());
        }
        let lines = List::new(site.planned.clone()).map_err(ScenarioError::World)?;
        let year = u16::try_from(self.year()).unwrap_or_default();
        let plan = Plan { plan: site.plan(), site: site.site, year, lines };
        self.says(party, party.office(), Statement::PlanFiled(plan));
        Ok(())
    }

    fn contracts(&mut self) -> Result<(), ScenarioError> {
        let (valid_from, valid_to) = self.years(2)?;
        for contract in self.world.contracts() {
            let label = format!("contract {} {}", contract.from, contract.to);
            let filed = ContractFiled {
                contract: ContractId::from_uuid(client_made("world", &label, self.at)),
                with: self.party(&contract.to)?.uscc,
                codes: contract.codes.clone(),
                valid_from,
                valid_to,
                standing_consent: false,
                sha256: None,
            };
            let party = self.party(&contract.from)?;
            self.says(party, party.office(), Statement::ContractFiled(filed));
        }
        Ok(())
    }

    fn approvals(&mut self) -> Result<(), ScenarioError> {
        let (valid_from, valid_to) = self.years(1)?;
        for approval in self.world.approvals() {
            let label = format!("approval {}", &*approval.number);
            self.authority_says(Statement::ApprovalGranted(ApprovalGranted {
                approval: ApprovalId::from_uuid(client_made("world", &label, self.at)),
                number: approval.number.clone(),
                consignor: self.party(&approval.from)?.uscc,
                consignee: self.party(&approval.to)?.uscc,
                lines: List::new(approval.lines.clone()).map_err(ScenarioError::World)?,
                methods: approval.methods.clone(),
                valid_from,
                valid_to,
            }));
        }
        Ok(())
    }

    /// Drivers and escorts are qualified for as long as vehicles are licensed.
    fn persons(&mut self, party: &WorldParty) {
        let persons = [(Role::Driver, Qualification::Driver), (Role::Escort, Qualification::Escort)];
        for (role, qualification) in persons.into_iter().filter(|(role, _)| party.roles().contains(role)) {
            let from = self.at.to_utc().date_naive();
            let number = format!("{} {}", party.label, role.name());
            let Some((certificate, valid_to)) = Text::new(number).ok().zip(two_years_after(from)) else {
                continue;
            };
            self.authority_says(Statement::PersonQualified(PersonQualified {
                key: self.world.key(&party.label, role).kid(),
                carrier: party.uscc,
                qualification,
                certificate,
                valid_from: from,
                valid_to,
            }));
        }
    }

    fn authority_says(&mut self, statement: Statement) {
        let authority = self.world.authority();
        self.says(authority, authority.office(), statement);
    }

    fn says(&mut self, party: &WorldParty, role: Role, statement: Statement) {
        let n = self.events.len();
        let at = self.at.plus_millis(STEP_MS.saturating_mul(i64::try_from(n).unwrap_or(i64::MAX)));
        let event = Event {
            log: self.log.clone(),
            act: ActId::from_uuid(client_made("world", &format!("act {n}"), at)),
            party: party.uscc,
            mandate: None,
            prev: List::default(),
            anchor: None,
            occurred_at: at,
            place: None,
            statement,
        };
        let key = self.world.key(&party.label, role);
        self.events.push(Scripted::new(&event, &key, at, &party.label));
    }
}

/// The licence of a vehicle, good for two years from the founding on.
fn licence(party: &WorldParty, plate: &Plate, at: Timestamp) -> Option<Statement> {
    let from = at.to_utc().date_naive();
    Some(Statement::VehicleLicensed(VehicleLicensed {
        vehicle: VehicleId::from_uuid(client_made("world", &format!("vehicle {}", &**plate), at)),
        plate: plate.clone(),
        carrier: party.uscc,
        licence: Text::new(format!("鲁交运管许可危字{}", &**plate)).ok()?,
        rated_load_g: party.rated_load,
        valid_from: from,
        valid_to: two_years_after(from)?,
        papers: List::default(),
    }))
}

fn two_years_after(day: NaiveDate) -> Option<NaiveDate> {
    day.checked_add_months(chrono::Months::new(24))
}
