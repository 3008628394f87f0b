//! A made-up world of fifty devices, and what they do on a day without a network.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use liandan::id::{LotId, ManifestId};
use liandan::ledger::{Envelope, Typ};
use liandan::scenario::{Played, Script, Scripted, World};
use serde_json::{Value, json};

use crate::support::ledger::LOG;
use crate::support::random::Random;

const CONSIGNORS: usize = 20;
const CARRIERS: usize = 20;
const CONSIGNEES: usize = 10;
/// Events of one manifest on the day.
const OF_ONE_MANIFEST: usize = 4;
/// Manifests of one script.
const IN_ONE_SCRIPT: usize = 125;
/// Minutes over which the handovers of one step are spread.
const STEP_MINUTES: usize = 110;
/// One story in so many goes as each of the faults says.
const FAULTS_ONE_IN: usize = 20;

/// A rule and the manifest that it found something about.
pub(super) type Found = (String, String);

/// The parties: each consignor's and consignee's gate and each carrier's driver has a device.
pub(super) fn world() -> World {
    let mut text = String::new();
    let mut number = 0;
    let mut party = |label: &str, kinds: &str, rest: &str| {
        number += 1;
        let _ = write!(
            text,
            "[[party]]\nlabel = \"{label}\"\nuscc = \"91371302MA3D{number:05}\"\nzh = \"{label} 公司\"\n\
             en = \"{label}\"\nkinds = [{kinds}]\ndivision = \"371302\"\n{rest}\n"
        );
    };
    party("bureau", "\"authority\"", "");
    for n in 0..CONSIGNORS {
        let site = "site = [{ label = \"plant\", zh = \"总厂\", division = \"371302\", class = \"key\" }]";
        party(&consignor(n), "\"producer\"", site);
    }
    for n in 0..CARRIERS {
        let site = "site = [{ label = \"yard\", zh = \"停车场\", division = \"371302\" }]";
        let rest = format!("{site}\nvehicles = [\"鲁Q3{n:04}\"]\nrated_t = 100");
        party(&carrier(n), "\"carrier\"", &rest);
    }
    for n in 0..CONSIGNEES {
        let site = "site = [{ label = \"kiln\", zh = \"焚烧厂\", division = \"371302\", class = \"key\" }]";
        let permit = format!(
            "[[party.permit]]\nnumber = \"临危证{n}\"\nvalid_from = \"2024-01-01\"\nvalid_to = \"2028-12-31\"\n\
             items = [{{ codes = [\"HW49\"], methods = [\"D10\"], yearly_t = 30000 }}]"
        );
        party(&consignee(n), "\"operator\", \"producer\"", &format!("{site}\n{permit}"));
    }
    for n in 0..CONSIGNORS {
        let (from, to) = (consignor(n), consignee(n));
        let _ = write!(text, "[[plan]]\nsite = \"{from}/plant\"\nyearly_t = {{ \"900-041-49\" = 500 }}\n");
        let _ = write!(text, "[[contract]]\nfrom = \"{from}\"\nto = \"{to}\"\ncodes = [\"HW49\"]\n");
    }
    World::parse(&text).unwrap()
}

fn consignor(n: usize) -> String {
    format!("firm-{}", n % CONSIGNORS)
}

fn carrier(n: usize) -> String {
    format!("truck-{}", n % CARRIERS)
}

fn consignee(n: usize) -> String {
    format!("kiln-{}", n % CONSIGNEES)
}

/// What is wrong with a load.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// Three kilograms less arrive than left.
    Mass,
    /// A drum is not there at the gate.
    Container,
    /// The second carrier signs alone, and the first never signs.
    OneSided,
    /// The offer at the gate is made to another kiln: the ledger refuses it, and the fact is sent without it.
    OfferToAnother,
}

impl Fault {
    fn of(n: usize) -> Self {
        match n % FAULTS_ONE_IN {
            4 => Self::Mass,
            9 => Self::Container,
            14 => Self::OneSided,
            19 => Self::OfferToAnother,
            _ => Self::None,
        }
    }

    /// The rules that find it.
    fn found(self) -> &'static [&'static str] {
        match self {
            Self::None => &[],
            Self::Mass => &["mass-discrepancy", "discrepancy-undeclared"],
            Self::Container => &["container-mismatch"],
            Self::OneSided | Self::OfferToAnother => &["handover-one-sided"],
        }
    }
}

/// Something that a device has to send, and what it sends when that is refused.
#[derive(Clone)]
pub(super) struct Item {
    pub(super) event: String,
    pub(super) instead: Option<String>,
}

/// A day.
pub(super) struct Day {
    /// What was recorded before the network went: lots, registrations, confirmations, vehicles.
    pub(super) before: Vec<Scripted>,
    /// What was collected since, in the order in which it happened.
    pub(super) events: Vec<Scripted>,
    /// What each device has to send, in no order, some of it as other devices have it too.
    pub(super) queues: Vec<Vec<Item>>,
    pub(super) planted: BTreeSet<Found>,
    pub(super) manifests: BTreeMap<String, ManifestId>,
    /// The lots that loads were drawn from.
    pub(super) lots: Vec<LotId>,
}

impl Day {
    /// So many events, or a few more.
    pub(super) fn make(world: &World, events: usize, seed: u64) -> Self {
        let manifests: Vec<usize> = (0..events.div_ceil(OF_ONE_MANIFEST)).collect();
        let mut day = Self {
            before: Vec::new(),
            events: Vec::new(),
            queues: Vec::new(),
            planted: BTreeSet::new(),
            manifests: BTreeMap::new(),
            lots: Vec::new(),
        };
        for (part, numbers) in manifests.chunks(IN_ONE_SCRIPT).enumerate() {
            let script = Script::parse(&format!("outage-{part}"), &script(numbers)).unwrap();
            day.take(script.play(world, LOG).unwrap_or_else(|why| panic!("{why}")));
        }
        for n in manifests {
            let rules = Fault::of(n).found().iter();
            day.planted.extend(rules.map(|rule| ((*rule).to_owned(), name(n))));
        }
        day.before.sort_by_key(|act| act.recorded_at);
        day.events.sort_by_key(|act| act.recorded_at);
        day.share(world, &mut Random::new(seed));
        day
    }

    fn take(&mut self, played: Played) {
        self.manifests.extend(played.names.manifests().map(|(name, id)| (name.to_owned(), id)));
        self.lots.extend(played.names.lots().filter(|(name, _)| name.starts_with('L')).map(|(_, id)| id));
        let is_of_the_day = |act: &Scripted| said(act)["kind"].as_str().unwrap().starts_with("waste.");
        let (events, before): (Vec<_>, Vec<_>) = played.acts.into_iter().partition(is_of_the_day);
        self.before.extend(before);
        self.events.extend(events);
    }

    /// Both sides of a handover have it, and one of them sends it; of every tenth event two do.
    fn share(&mut self, world: &World, random: &mut Random) {
        let labels: Vec<&str> = world
            .parties()
            .iter()
            .map(|party| party.label.as_str())
            .filter(|label| *label != "bureau")
            .collect();
        let mut queues: Vec<Vec<Item>> = vec![Vec::new(); labels.len()];
        let device = |label: &str| labels.iter().position(|known| *known == label).unwrap();
        let wrong: BTreeSet<String> = self
            .manifests
            .iter()
            .filter(|(name, _)| Fault::of(number(name)) == Fault::OfferToAnother)
            .map(|(_, id)| id.to_string())
            .collect();
        for (n, act) in self.events.iter().enumerate() {
            let (said, compact) = (said(act), act.envelope.compact().to_owned());
            let taker = device(&act.actor);
            let releaser =
                world.parties().iter().find(|party| said["data"]["from"] == party.uscc.to_string());
            let releaser = releaser.map_or(taker, |party| device(&party.label));
            let (one, other) = if random.below(2) == 0 { (taker, releaser) } else { (releaser, taker) };
            let is_wrong = said["kind"] == "waste.delivered"
                && wrong.contains(said["data"]["manifest"].as_str().unwrap());
            let item = match is_wrong {
                true => Item { event: with_offer_to_another(world, act), instead: Some(compact.clone()) },
                false => Item { event: compact.clone(), instead: None },
            };
            queues[one].push(item);
            if n % 10 == 9 {
                queues[other].push(Item { event: compact, instead: None });
            }
        }
        for queue in &mut queues {
            for last in (1..queue.len()).rev() {
                queue.swap(last, random.below(last + 1));
            }
        }
        self.queues = queues;
    }
}

fn said(act: &Scripted) -> Value {
    serde_json::from_slice(act.envelope.payload()).unwrap()
}

/// The same fact around an offer that the carrier made to somebody else.
fn with_offer_to_another(world: &World, act: &Scripted) -> String {
    let mut said = said(act);
    let by_code =
        |code: &Value| world.parties().iter().find(|party| *code == party.uscc.to_string()).unwrap();
    let (from, to) = (by_code(&said["data"]["from"]), by_code(&said["data"]["to"]));
    let other =
        world.parties().iter().rfind(|party| party.label.starts_with("kiln") && party.uscc != to.uscc);
    let line = &said["data"]["lines"][0];
    let offer = json!({
        "v": 1, "log": LOG, "step": "delivered", "manifest": said["data"]["manifest"], "from": from.uscc,
        "to": other.unwrap().uscc, "at": said["occurred_at"],
        "lines": [{ "line": line["line"], "mass_g": line["quantity"]["mass_g"] }],
    });
    let offer =
        Envelope::sign(Typ::Offer, offer.to_string().as_bytes(), &world.key(&from.label, from.gate()));
    said["data"]["offer"] = json!(offer.compact());
    Envelope::sign(Typ::Event, said.to_string().as_bytes(), &world.key(&to.label, to.gate())).into_compact()
}

fn name(n: usize) -> String {
    format!("M{n:06}")
}

fn number(name: &str) -> usize {
    name[1..].parse().unwrap()
}

/// The stories of some manifests, in order of time.
fn script(numbers: &[usize]) -> String {
    let mut lines: Vec<(usize, String)> = numbers.iter().flat_map(|n| story(*n)).collect();
    lines.sort_by_key(|(minute, _)| *minute);
    let mut text = "day 2026-03-02\n".to_owned();
    for (minute, line) in lines {
        let _ = writeln!(text, "{:02}:{:02}  {line}", minute / 60, minute % 60);
    }
    text + "=====\n"
}

/// One manifest: two carriers bring twenty kilograms in three drums from a firm to a kiln.
fn story(n: usize) -> Vec<(usize, String)> {
    let (fault, name) = (Fault::of(n), name(n));
    let (from, to) = (consignor(n), consignee(n));
    // Every pair of carriers that is not one drives together, and each of them as first and as second.
    let (first, second) = (carrier(n), carrier(n + 1 + n / CARRIERS % (CARRIERS - 1)));
    let only = |of: Fault, how: &str| if fault == of { how.to_owned() } else { String::new() };
    let at = |hour: usize| hour * 60 + n % STEP_MINUTES;
    let arrives = match fault {
        Fault::Container => "missing 1",
        Fault::OfferToAnother => "alone",
        _ => "",
    };
    vec![
        (6 * 60, format!("{from} opens L{n:06} 900-041-49 20 kg in 3 drums of 200 l")),
        (
            7 * 60,
            format!(
                "{from} registers {name} 900-041-49 20 kg {from} > {first} > {second} > {to} in 3 drums of 200 l due 18:00"
            ),
        ),
        (at(9), format!("{from} hands {name} to {first} from L{n:06} 20 kg")),
        (at(11), format!("{first} hands {name} to {second} {}", only(Fault::OneSided, "alone"))),
        (at(13), format!("{second} hands {name} to {to} {arrives}")),
        (at(15), format!("{to} receives {name} {}", if fault == Fault::Mass { "17 kg" } else { "all" })),
    ]
}
