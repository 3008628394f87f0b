//! The events that found a ledger for a world: the authority, the parties, their sites, keys, permits and vehicles.

use chrono::Datelike;

use super::ids::client_made;
use super::signed::Scripted;
use super::words::ZONE_HOURS;
use super::world::{WorldParty, WorldSite};
use super::{ScenarioError, World};
use crate::catalogue::{Catalogue, Profile};
use crate::clock::Timestamp;
use crate::custody::books::Rulebook;
use crate::custody::{Event, Statement};
use crate::id::{ActId, InvitationId, VehicleId};
use crate::ledger::{Envelope, PublicKey, Typ};
use crate::registry::standing::{
    ClassOfYear, Founded, KeyEnrolled, Party, PermitIssued, Site, VehicleLicensed,
};
use crate::registry::{PartyKind, Role, key::Invitation};
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
                    classes: founding.classes(site),
                    facilities: site.facilities.clone(),
                }))
            });
        }
        for party in self.parties().iter().filter(|party| !party.kinds.contains(&PartyKind::Authority)) {
            for role in party.roles() {
                founding.enrol(party, *role)?;
            }
        }
        for party in self.parties() {
            founding.permits(party);
            founding.vehicles(party);
        }
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

impl Founding<'_> {
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

    /// The class of a site in the year of the founding.
    fn classes(&self, site: &WorldSite) -> List<ClassOfYear, 0, 20> {
        let year = u16::try_from(self.at.plus_hours(ZONE_HOURS).to_utc().year());
        let class = site.class.zip(year.ok()).map(|(class, year)| ClassOfYear { year, class });
        List::new(class.into_iter().collect()).unwrap_or_default()
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
        rated_load_g: None,
        valid_from: from,
        valid_to: from.checked_add_months(chrono::Months::new(24))?,
        papers: List::default(),
    }))
}
