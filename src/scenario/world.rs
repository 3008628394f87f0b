//! The named world: who there is, where, with which permits and vehicles. Read from `seeds/demo/world.toml`.

mod rows;

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use chrono::NaiveDate;
pub(super) use rows::wrong;
use rows::{WorldRow, read_lines, read_party};
use serde::Deserialize;

use super::ScenarioError;
use super::ids::{client_made, key_seed};
use crate::catalogue::{CodePattern, Division, TreatmentCode, UnitClass, Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::id::{PermitId, PlanId, SiteId};
use crate::ledger::SigningKey;
use crate::registry::standing::{ClassOfYear, Facility, PermitItem, PlanLine};
use crate::registry::{PartyKind, Role};
use crate::shape::{Grams, List, Plate, Text};

const WORLD: &str = include_str!("../../seeds/demo/world.toml");

/// Grams of a tonne.
const TONNE_G: i64 = 1_000_000;

/// Everybody a script may name.
#[derive(Clone, Debug)]
pub struct World {
    parties: Vec<WorldParty>,
    /// Where each of them stands, by its short name: a city has thousands.
    places: HashMap<String, usize>,
    contracts: Vec<WorldContract>,
    approvals: Vec<WorldApproval>,
}

/// A party of the world.
#[derive(Clone, Debug)]
pub struct WorldParty {
    /// Its short name in scripts.
    pub label: String,
    /// Its code.
    pub uscc: Uscc,
    /// Registered name.
    pub zh: Text<100>,
    /// Name in English.
    pub en: Text<100>,
    /// What it does.
    pub kinds: List<PartyKind, 1, 5>,
    /// Where it is registered.
    pub division: Division,
    /// How it treats what no permit of its own covers, for scripts about missing permits.
    pub usual_method: Option<TreatmentCode>,
    /// Its sites; the first is meant where a script names none.
    pub sites: Vec<WorldSite>,
    /// Its permits.
    pub permits: Vec<WorldPermit>,
    /// Its vehicles; the first is assigned where a script names none.
    pub vehicles: Vec<Plate>,
    /// What each of them is rated for, in grams.
    pub rated_load: Option<Grams>,
    /// False where the authority recorded no licence of its vehicles and no qualification of its people: scripts do.
    pub is_licensed: bool,
}

/// A site of a party.
#[derive(Clone, Debug)]
pub struct WorldSite {
    /// Its short name in scripts, after the party's: `acme/paint`.
    pub label: String,
    /// Names it in the ledger.
    pub site: SiteId,
    /// Name for people.
    pub zh: Text<100>,
    /// Where it lies.
    pub division: Division,
    /// Its management class in the year the world is founded.
    pub class: Option<UnitClass>,
    /// What its plan for the year of the founding says; it has none where this is empty.
    pub planned: Vec<PlanLine>,
    /// Its facilities.
    pub facilities: List<Facility, 0, 64>,
}

impl WorldSite {
    /// Its class, in the year in which the world is founded.
    pub(super) fn classes_in(&self, year: i32) -> List<ClassOfYear, 0, 20> {
        let class = self.class.zip(u16::try_from(year).ok()).map(|(class, year)| ClassOfYear { year, class });
        List::new(class.into_iter().collect()).unwrap_or_default()
    }
}

/// A contract that stands from the founding on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldContract {
    /// Who files it.
    pub from: String,
    /// The other side.
    pub to: String,
    /// What it covers.
    pub codes: List<CodePattern, 1, 600>,
}

/// An interprovincial approval for the year of the founding.
#[derive(Clone, Debug)]
pub struct WorldApproval {
    /// Number of the document.
    pub number: Text<64>,
    /// Whom the waste leaves.
    pub from: String,
    /// Whom it goes to.
    pub to: String,
    /// Codes and amounts.
    pub lines: Vec<PlanLine>,
    /// Treatment allowed.
    pub methods: List<TreatmentCode, 1, 16>,
}

/// A permit of a party.
#[derive(Clone, Debug)]
pub struct WorldPermit {
    /// Its id.
    pub permit: PermitId,
    /// Number printed on it.
    pub number: Text<64>,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: NaiveDate,
    /// What it allows.
    pub items: List<PermitItem, 1, 64>,
}

impl World {
    /// The world of the demonstration and of the committed scripts, read once.
    pub fn embedded() -> &'static World {
        static EMBEDDED: OnceLock<World> = OnceLock::new();
        EMBEDDED.get_or_init(|| World::parse(WORLD).expect("the compiled-in world parses, a test reads it"))
    }

    /// Read a world.
    pub fn parse(text: &str) -> Result<World, ScenarioError> {
        let row: WorldRow = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let parties = row.party.into_iter().map(read_party);
        let mut parties: Vec<WorldParty> = parties.collect::<Result<_, _>>()?;
        let authorities = parties.iter().filter(|party| party.is_authority()).count();
        if authorities != 1 {
            return Err(wrong(format!(
                "exactly one authority founds the ledger, this world has {authorities}"
            )));
        }
        for plan in row.plan {
            let (party, site) = plan.site.split_once('/').unwrap_or((&plan.site, ""));
            let sites = parties.iter_mut().filter(|known| known.label == party).flat_map(|p| &mut p.sites);
            let site = sites.into_iter().find(|known| known.label == site);
            let site = site.ok_or_else(|| wrong(format!("{}: no such site has a plan", plan.site)))?;
            site.planned = read_lines(&plan.site, &plan.yearly_t)?;
        }
        let approvals = row.approval.into_iter().map(|row| {
            let lines = read_lines(&row.number, &row.yearly_t)?;
            Ok(WorldApproval { number: row.number, from: row.from, to: row.to, lines, methods: row.methods })
        });
        let approvals = approvals.collect::<Result<_, _>>()?;
        World::new(parties, row.contract, approvals)
    }

    /// A world of these parties. The first authority founds the ledger; the others are registered as everybody is.
    ///
    /// Refused where a short name or a code stands for two, or no authority is among them.
    pub fn new(
        parties: Vec<WorldParty>,
        contracts: Vec<WorldContract>,
        approvals: Vec<WorldApproval>,
    ) -> Result<World, ScenarioError> {
        let (mut places, mut codes) = (HashMap::new(), HashSet::new());
        for (place, party) in parties.iter().enumerate() {
            if places.insert(party.label.clone(), place).is_some() || !codes.insert(party.uscc) {
                return Err(wrong(format!("{} or its code is there twice", party.label)));
            }
        }
        if !parties.iter().any(WorldParty::is_authority) {
            return Err(wrong("no authority is there to found the ledger"));
        }
        Ok(World { parties, places, contracts, approvals })
    }

    /// Contracts that stand from the founding on.
    pub fn contracts(&self) -> &[WorldContract] {
        &self.contracts
    }

    /// Interprovincial approvals that stand from the founding on.
    pub fn approvals(&self) -> &[WorldApproval] {
        &self.approvals
    }

    /// All parties, in the order of the file.
    pub fn parties(&self) -> &[WorldParty] {
        &self.parties
    }

    /// The party with this short name.
    pub fn party(&self, label: &str) -> Option<&WorldParty> {
        self.parties.get(*self.places.get(label)?)
    }

    /// The authority that founds the ledger.
    pub fn authority(&self) -> &WorldParty {
        self.parties
            .iter()
            .find(|party| party.is_authority())
            .expect("a world is made only with an authority")
    }

    /// The key of a party in a role. These are demonstration keys: derived from public names, so that every replay gives
    /// the same bytes, and therefore worth nothing. A real ledger must never admit one.
    pub fn key(&self, party: &str, role: Role) -> SigningKey {
        SigningKey::from_seed(key_seed(party, role.name()))
    }
}

impl World {
    /// The key that a party has in a role after it got a new one `times` times.
    pub(super) fn later_key(&self, party: &str, role: Role, times: u32) -> SigningKey {
        match times {
            0 => self.key(party, role),
            _ => SigningKey::from_seed(key_seed(party, &format!("{}/{times}", role.name()))),
        }
    }
}

impl WorldSite {
    /// A site of a party, named in the ledger by what the world calls it. It is in no class, and has no plan and no facility.
    pub(super) fn new(party: &str, label: &str, zh: Text<100>, division: Division) -> Self {
        let site = client_made("world", &format!("{party}/{label}"), Timestamp::default());
        Self {
            label: label.to_owned(),
            site: SiteId::from_uuid(site),
            zh,
            division,
            class: None,
            planned: Vec::new(),
            facilities: List::default(),
        }
    }

    /// The plan of the year of the founding.
    pub(super) fn plan(&self) -> PlanId {
        PlanId::from_uuid(client_made("world", &format!("plan {}", self.site), Timestamp::default()))
    }
}

impl WorldPermit {
    /// A permit, named in the ledger by its number.
    pub(super) fn new(
        number: Text<64>,
        [valid_from, valid_to]: [NaiveDate; 2],
        items: List<PermitItem, 1, 64>,
    ) -> Self {
        let permit = client_made("world", &format!("permit {}", &*number), Timestamp::default());
        Self { permit: PermitId::from_uuid(permit), number, valid_from, valid_to, items }
    }
}

impl WorldParty {
    /// True for an authority: its one key is an officer's.
    pub fn is_authority(&self) -> bool {
        self.kinds.contains(&PartyKind::Authority)
    }

    /// The roles it has a key for.
    pub fn roles(&self) -> &'static [Role] {
        if self.is_authority() {
            &[Role::Officer]
        } else if self.kinds.contains(&PartyKind::Carrier) {
            &[Role::Operator, Role::Escort, Role::Driver]
        } else {
            &[Role::Operator]
        }
    }

    /// The role that declares: registers, confirms, assigns, issues.
    pub fn office(&self) -> Role {
        self.roles()[0]
    }

    /// The role that takes and hands over: the driver, where it has one.
    pub fn gate(&self) -> Role {
        self.roles().last().copied().unwrap_or(Role::Operator)
    }

    /// The site with this short name, or the first one.
    pub fn site(&self, label: Option<&str>) -> Option<&WorldSite> {
        match label {
            None => self.sites.first(),
            Some(label) => self.sites.iter().find(|site| site.label == label),
        }
    }

    /// How it treats a waste: as its permits say, else as usual.
    pub fn method_for(&self, code: &WasteCode) -> Option<TreatmentCode> {
        let items = self.permits.iter().flat_map(|permit| permit.items.iter());
        let mut covering = items.filter(|item| item.codes.iter().any(|pattern| pattern.covers(code)));
        covering.find_map(|item| item.methods.first().copied()).or(self.usual_method)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_world_has_everybody_the_scripts_name() {
        let world = World::embedded();
        for label in ["bureau", "acme", "ruby", "clinic", "swift", "heron", "badger", "phoenix", "lotus"] {
            let party = world.party(label).unwrap();
            assert!(party.uscc.check_ok(), "{label}");
        }
        assert_eq!(world.authority().label, "bureau");
        let phoenix = world.party("phoenix").unwrap();
        assert_eq!(phoenix.method_for(&"900-041-49".parse().unwrap()), Some("D10".parse().unwrap()));
        assert_eq!(world.key("acme", Role::Operator).kid(), world.key("acme", Role::Operator).kid());
        assert_ne!(world.key("swift", Role::Operator).kid(), world.key("swift", Role::Driver).kid());
    }

    #[test]
    fn a_wrong_world_is_told_apart() {
        let party = |label: &str, uscc: &str, kind: &str| {
            format!(
                "[[party]]\nlabel = {label:?}\nuscc = {uscc:?}\nzh = \"甲\"\nen = \"A\"\nkinds = [{kind:?}]\ndivision = \"371300\"\n"
            )
        };
        let good = party("bureau", "11371300MB2X0001A", "authority");
        assert!(World::parse(&good).is_ok());
        for (text, says) in [
            (party("a", "11371300MB2X0001A", "producer"), "exactly one authority"),
            (format!("{good}{}", party("bureau", "11371300MB2X0002A", "producer")), "twice"),
            (party("Bureau", "11371300MB2X0001A", "authority"), "label"),
            (party("bureau", "1137", "authority"), "4 characters"),
            ("[[party]]\nname = 3".to_owned(), "name"),
        ] {
            let error = World::parse(&text).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
