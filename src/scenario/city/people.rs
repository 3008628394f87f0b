//! Who there is in a city: as many firms as its manifests need, with what they must have to move waste.

use chrono::NaiveDate;

use super::random::Random;
use super::shape::Shape;
use crate::catalogue::{CodePattern, Division, TreatmentCode, UnitClass, Uscc, WasteCode};
use crate::registry::PartyKind;
use crate::registry::standing::{PermitItem, PlanLine};
use crate::scenario::world::{WorldContract, WorldParty, WorldPermit, WorldSite, wrong};
use crate::scenario::{ScenarioError, World};
use crate::shape::{Grams, List, Plate, Text};

/// The counties that firms lie in: those of Linyi.
const COUNTIES: [(&str, &str); 12] = [
    ("371302", "兰山"),
    ("371311", "罗庄"),
    ("371312", "河东"),
    ("371321", "沂南"),
    ("371322", "郯城"),
    ("371323", "沂水"),
    ("371324", "兰陵"),
    ("371325", "费县"),
    ("371326", "平邑"),
    ("371327", "莒南"),
    ("371328", "蒙阴"),
    ("371329", "临沭"),
];
/// Producers lie in so many of them, whoever takes waste in the others: no vehicle goes one way and the other with two loads at a time.
const PRODUCING: usize = 8;
/// Counties with a bureau of their own, beside that of the city.
const BUREAUS: usize = 3;

/// What is burnt, by D10.
pub(super) const BURNT: [&str; 17] = [
    "900-041-49",
    "271-001-02",
    "265-103-13",
    "900-404-06",
    "900-250-12",
    "900-039-49",
    "900-217-08",
    "272-001-02",
    "900-014-13",
    "900-401-06",
    "264-012-12",
    "900-047-49",
    "900-200-08",
    "265-101-13",
    "900-256-12",
    "900-999-49",
    "900-203-08",
];
/// What metals are recovered from, by R4.
const RECYCLED: [&str; 7] =
    ["336-064-17", "900-052-31", "336-052-17", "336-054-17", "336-058-17", "336-062-17", "384-004-31"];
/// In the plan of everybody who has waste burnt, and in no contract.
pub(super) const OFF_CONTRACT: &str = "900-214-08";
/// All that the plan of a second site has.
const OF_ANNEX: &str = "900-249-08";
/// What something burnt turns out to be.
pub(super) const TURNS_OUT: &str = "900-252-12";
/// What burning leaves.
pub(super) const ASH: &str = "772-003-18";
/// Most codes of one producer.
const MAX_CODES: usize = 4;

/// Manifests of a year for which there is one of each kind, how many there are at least and at most.
const PRODUCERS: (usize, usize, usize) = (50, 12, 2_000);
const CARRIERS: (usize, usize, usize) = (500, 3, 200);
const BURNERS: (usize, usize, usize) = (2_500, 2, 40);
const RECYCLERS: (usize, usize, usize) = (5_000, 1, 20);
/// Vehicles of each carrier.
const VEHICLES: usize = 8;
/// What each of them is rated for.
const RATED_T: i64 = 50;
/// Least and most that a producer usually sends at once, in kilograms: below, tolerances hide what is planted; above, what is planted of
/// a year adds up to what is found by itself.
const USUAL_KG: (u32, u32) = (60, 2_000);
/// Sites that waste leaves need a plan, and what those of this class declare falls due after the year.
const CLASS: UnitClass = UnitClass::Registered;
/// What permits and plans allow for each manifest of the city, in grams: nothing that it moves comes near.
const ROOM_G: i64 = 20_000_000;

/// A producer.
#[derive(Clone, Debug)]
pub(super) struct Producer {
    /// Its name in scripts; its first site is meant.
    pub(super) label: String,
    pub(super) codes: Vec<&'static str>,
    /// Who takes its waste.
    pub(super) to: String,
    pub(super) is_burnt: bool,
    /// What it usually sends at once.
    pub(super) usual_kg: u32,
}

/// A carrier with its vehicles.
#[derive(Clone, Debug)]
pub(super) struct Carrier {
    pub(super) label: String,
    pub(super) plates: Vec<String>,
}

/// Everybody, as loads need them and as a world.
#[derive(Clone, Debug)]
pub(super) struct People {
    pub(super) producers: Vec<Producer>,
    pub(super) carriers: Vec<Carrier>,
    pub(super) world: World,
}

impl People {
    pub(super) fn make(seed: u64, manifests: usize, shape: &Shape) -> Result<Self, ScenarioError> {
        let count = |(of, least, most): (usize, usize, usize)| (manifests / of).clamp(least, most);
        let (burners, recyclers) = (count(BURNERS), count(RECYCLERS));
        let producers: Vec<Producer> = (0..count(PRODUCERS))
            .map(|n| {
                producer(n, burners, recyclers, shape.kg(&mut Random::of(seed, &format!("producer {n}"))))
            })
            .collect();
        let carriers: Vec<Carrier> = (0..count(CARRIERS)).map(carrier).collect();
        let room = ROOM_G.saturating_mul(i64::try_from(manifests).unwrap_or(i64::MAX).max(100));
        let room = Grams::new(room).ok_or_else(|| wrong(format!("{manifests} manifests have no room")))?;
        let parties = Maker { room }.parties(&producers, &carriers, burners, recyclers).map_err(wrong)?;
        let contracts = producers.iter().map(contracts).collect::<Result<Vec<_>, String>>().map_err(wrong)?;
        let world = World::new(parties, contracts.into_iter().flatten().collect(), Vec::new())?;
        Ok(Self { producers, carriers, world })
    }
}

fn producer(n: usize, burners: usize, recyclers: usize, usual_kg: u32) -> Producer {
    let is_burnt = n % 4 != 3;
    let all: &[&'static str] = if is_burnt { &BURNT } else { &RECYCLED };
    let codes = (0..1 + n % MAX_CODES).map(|code| all[(n * 3 + code) % all.len()]).collect();
    let to = if is_burnt { format!("b{}", n % burners) } else { format!("r{}", n / 4 % recyclers) };
    Producer { label: format!("p{n}"), codes, to, is_burnt, usual_kg: usual_kg.clamp(USUAL_KG.0, USUAL_KG.1) }
}

fn carrier(n: usize) -> Carrier {
    let plates = (0..VEHICLES).map(|vehicle| format!("鲁Q{:05}", 10_000 + n * VEHICLES + vehicle)).collect();
    Carrier { label: format!("c{n}"), plates }
}

/// To whoever takes what it sends; to those who may not, so that faults are theirs alone.
fn contracts(producer: &Producer) -> Result<Vec<WorldContract>, String> {
    let codes = producer.codes.iter().copied().map(pattern);
    let codes = List::new(codes.collect::<Result<Vec<_>, String>>()?)?;
    let others = ["marsh", "mirage"].into_iter().filter(|_| producer.is_burnt);
    let to = others.chain([producer.to.as_str()]);
    let contract =
        |to: &str| WorldContract { from: producer.label.clone(), to: to.to_owned(), codes: codes.clone() };
    Ok(to.map(contract).collect())
}

fn pattern(code: &str) -> Result<CodePattern, String> {
    code.parse().map_err(|error| format!("{code}: {error}"))
}

fn waste(code: &str) -> Result<WasteCode, String> {
    code.parse().map_err(|error| format!("{code}: {error}"))
}

fn treatment(code: &str) -> Result<TreatmentCode, String> {
    code.parse().map_err(|error| format!("{code}: {error}"))
}

struct Maker {
    room: Grams,
}

impl Maker {
    fn parties(
        &self,
        producers: &[Producer],
        carriers: &[Carrier],
        burners: usize,
        recyclers: usize,
    ) -> Result<Vec<WorldParty>, String> {
        let mut all =
            vec![party(("bureau", "MB2A", 0), "371300", "临沂市生态环境局", &[PartyKind::Authority])?];
        for (n, (division, county)) in COUNTIES.into_iter().enumerate().take(BUREAUS) {
            let name = format!("{county}生态环境分局");
            all.push(party(
                (&format!("bureau-{division}"), "MB2B", n),
                division,
                &name,
                &[PartyKind::Authority],
            )?);
        }
        for (n, of) in producers.iter().enumerate() {
            all.push(self.producer(n, of)?);
        }
        for (n, of) in carriers.iter().enumerate() {
            all.push(fleet(n, of)?);
        }
        for n in 0..burners {
            all.push(self.burner(n)?);
        }
        for n in 0..recyclers {
            let (division, county) = receiving(n + 1);
            let name = format!("{county}第{n}再生有限公司");
            let kinds = [PartyKind::Operator, PartyKind::Producer];
            let mut recycler = party((&format!("r{n}"), "MA3R", n), division, &name, &kinds)?;
            recycler.sites = vec![site(&recycler, "works")?];
            recycler.permits = vec![self.permit(&format!("临危证2024-R{n}"), &["HW17", "HW31"], "R4")?];
            all.push(recycler);
        }
        let mut marsh =
            party(("marsh", "MA3M", 0), "371328", "蒙阴芦荡填埋有限公司", &[PartyKind::Operator])?;
        marsh.sites = vec![site(&marsh, "cell")?];
        marsh.usual_method = Some(treatment("D1")?);
        marsh.permits = vec![self.permit("临危证2023-M0", &[ASH, "HW36"], "D1")?];
        let mut mirage = party(("mirage", "MA3M", 1), "371329", "临沭蜃景回收站", &[PartyKind::Operator])?;
        mirage.sites = vec![site(&mirage, "yard")?];
        mirage.usual_method = Some(treatment("R15")?);
        all.extend([marsh, mirage]);
        Ok(all)
    }

    fn producer(&self, n: usize, of: &Producer) -> Result<WorldParty, String> {
        let (division, county) = COUNTIES[n % PRODUCING];
        let name = format!("{county}第{n}制造有限公司");
        let mut producer = party((&of.label, "MA3P", n), division, &name, &[PartyKind::Producer])?;
        let mut works = site(&producer, "works")?;
        works.class = Some(CLASS);
        works.planned = self.plan(of.codes.iter().copied().chain([OFF_CONTRACT]))?;
        let mut annex = site(&producer, "annex")?;
        annex.class = Some(CLASS);
        annex.planned = self.plan([OF_ANNEX].into_iter())?;
        producer.sites = vec![works, annex];
        Ok(producer)
    }

    /// It burns, and has a store beside the kiln.
    fn burner(&self, n: usize) -> Result<WorldParty, String> {
        let (division, county) = receiving(n);
        let name = format!("{county}第{n}焚烧有限公司");
        let kinds = [PartyKind::Operator, PartyKind::Producer];
        let mut burner = party((&format!("b{n}"), "MA3B", n), division, &name, &kinds)?;
        let (mut kiln, mut store) = (site(&burner, "kiln")?, site(&burner, "store")?);
        (kiln.class, store.class) = (Some(CLASS), Some(CLASS));
        kiln.planned = self.plan([BURNT[0], ASH].into_iter())?;
        store.planned = self.plan([BURNT[0]].into_iter())?;
        burner.sites = vec![kiln, store];
        let codes = ["HW02", "HW06", "HW08", "HW12", "HW13", "HW49"];
        burner.permits = vec![self.permit(&format!("临危证2024-B{n}"), &codes, "D10")?];
        Ok(burner)
    }

    fn plan<'c>(&self, codes: impl Iterator<Item = &'c str>) -> Result<Vec<PlanLine>, String> {
        let line =
            |code| Ok(PlanLine { code: waste(code)?, yearly_g: self.room, consignees: List::default() });
        codes.map(line).collect()
    }

    /// Good for years before and after.
    fn permit(&self, number: &str, codes: &[&str], method: &str) -> Result<WorldPermit, String> {
        let codes = codes.iter().copied().map(pattern).collect::<Result<Vec<_>, String>>()?;
        let item = PermitItem {
            codes: List::new(codes)?,
            methods: List::new(vec![treatment(method)?])?,
            yearly_g: self.room,
            collection: None,
        };
        let day = |year| NaiveDate::from_ymd_opt(year, 1, 1).ok_or_else(|| format!("no year {year}"));
        Ok(WorldPermit::new(Text::new(number)?, [day(2024)?, day(2029)?], List::new(vec![item])?))
    }
}

fn receiving(n: usize) -> (&'static str, &'static str) {
    COUNTIES[PRODUCING + n % (COUNTIES.len() - PRODUCING)]
}

fn fleet(n: usize, of: &Carrier) -> Result<WorldParty, String> {
    let (division, county) = COUNTIES[n * 5 % COUNTIES.len()];
    let name = format!("{county}第{n}危险品运输有限公司");
    let mut carrier = party((&of.label, "MA3C", n), division, &name, &[PartyKind::Carrier])?;
    carrier.sites = vec![site(&carrier, "yard")?];
    carrier.vehicles = of.plates.iter().map(|plate| Plate::new(plate)).collect::<Result<_, _>>()?;
    carrier.rated_load = Grams::new(RATED_T * 1_000_000);
    Ok(carrier)
}

/// `(short name, letters of its code, number)`.
fn party(
    (label, letters, n): (&str, &str, usize),
    division: &str,
    zh: &str,
    kinds: &[PartyKind],
) -> Result<WorldParty, String> {
    let first = if kinds.contains(&PartyKind::Authority) { "11" } else { "91" };
    let uscc = Uscc::with_check(&format!("{first}{division}{letters}{n:05}"));
    Ok(WorldParty {
        label: label.to_owned(),
        uscc: uscc.map_err(|error| format!("{label}: {error}"))?,
        zh: Text::new(zh)?,
        en: Text::new(label)?,
        kinds: List::new(kinds.to_vec())?,
        division: division.parse::<Division>().map_err(|error| format!("{division}: {error}"))?,
        usual_method: None,
        sites: Vec::new(),
        permits: Vec::new(),
        vehicles: Vec::new(),
        rated_load: None,
        is_licensed: true,
    })
}

fn site(party: &WorldParty, label: &str) -> Result<WorldSite, String> {
    let name = format!("{}（{label}）", &*party.zh);
    Ok(WorldSite::new(&party.label, label, Text::new(name)?, party.division))
}
