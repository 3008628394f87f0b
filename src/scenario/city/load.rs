//! One load: what of whose waste goes where, when, with whom; and the lines that are told of it.

use super::City;
use super::people::{ASH, BURNT, Carrier, OFF_CONTRACT, Producer};
use super::random::Random;
use super::story::Story;

/// Minutes of an hour and of a day.
pub(super) const HOUR: u32 = 60;
pub(super) const DAY: u32 = 24 * HOUR;
/// Least of a line, and of the first one, in kilograms: halves are received of each, and faults are of the first.
const LEAST_KG: u32 = 2;
const LEAST_FIRST_KG: u32 = 20;
/// Most codes over which what is sent at once is shared out.
const MAX_SHARES: usize = 3;
/// Most containers of a manifest that lines after the first draw any number of: the largest real one has 234.
const MANY_CONTAINERS: u32 = 234;
/// How much more or less than usual a producer sends, in per cent: middle loads of a code differ by less than what is found unusual.
const LEAST_OF_USUAL: u32 = 85;
const SPREAD_OF_USUAL: usize = 31;

/// One line of the load.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) code: &'static str,
    pub(super) kg: u32,
    pub(super) drums: u32,
}

/// A load: its number, its way, what is in it, when it is collected in minutes of its week, and who carries it.
#[derive(Clone)]
pub(super) struct Load<'a> {
    no: usize,
    city: &'a City,
    producer: usize,
    from: String,
    pub(super) to: String,
    treats: &'static str,
    method: &'static str,
    pub(super) lines: Vec<Part>,
    pub(super) at: u32,
    pub(super) carrier: &'a Carrier,
    plate: &'a str,
    pub(super) other: &'a Carrier,
    drawn: Drawn,
}

/// What was drawn of a load, whoever sends it.
#[derive(Clone)]
struct Drawn {
    /// Containers of each line.
    drums: Vec<u32>,
    /// Which of its producer's codes the first line has.
    first: usize,
    /// How much of what is usual.
    percent: u32,
}

impl<'a> Load<'a> {
    /// Any load, collected on one of these working days.
    pub(super) fn any(city: &'a City, no: usize, days: &std::ops::Range<usize>, random: &mut Random) -> Self {
        let (people, shape) = (&city.people, &city.shape);
        let carrier = random.below(people.carriers.len());
        let day = days.start + random.below(days.len());
        let mut containers = 0;
        let mut drums = |random: &mut Random| {
            let of_line = if containers < MANY_CONTAINERS { shape.containers(random) } else { 1 };
            containers += of_line;
            of_line.max(1)
        };
        let drawn = Drawn {
            drums: (0..shape.lines(random)).map(|_| drums(random)).collect(),
            first: random.below(BURNT.len()),
            percent: LEAST_OF_USUAL + narrow(random.below(SPREAD_OF_USUAL)),
        };
        let plates = &people.carriers[carrier].plates;
        let load = Self {
            no,
            city,
            producer: 0,
            from: String::new(),
            to: String::new(),
            treats: "",
            method: "",
            lines: Vec::new(),
            at: narrow(day) * DAY + 9 * HOUR + narrow(random.below(5 * 60)),
            carrier: &people.carriers[carrier],
            plate: &plates[random.below(plates.len())],
            other: &people.carriers[(carrier + 1) % people.carriers.len()],
            drawn,
        };
        load.sent_by(random.below(people.producers.len()))
    }

    fn producer(&self) -> &'a Producer {
        &self.city.people.producers[self.producer]
    }

    fn sent_by(self, producer: usize) -> Self {
        let of = &self.city.people.producers[producer];
        let (treats, method) = if of.is_burnt { ("disposes", "D10") } else { ("uses", "R4") };
        let lines = self.drawn.lines(of);
        Self { producer, from: of.label.clone(), to: of.to.clone(), treats, method, lines, ..self }
    }

    /// The same load, of a producer whose waste is burnt: at least one of any two neighbours.
    pub(super) fn as_burnt(&self) -> Self {
        let neighbour = if self.producer().is_burnt { self.producer } else { self.producer - 1 };
        self.clone().sent_by(neighbour)
    }

    /// The same load, of waste that is burnt, to another site that does that to it.
    pub(super) fn to(&self, to: &str, treats: &'static str, method: &'static str) -> Self {
        Self { to: to.to_owned(), treats, method, ..self.as_burnt() }
    }

    /// The same load, of waste that is burnt, from the site of which no plan has its codes.
    pub(super) fn of_annex(&self) -> Self {
        let load = self.as_burnt();
        Self { from: format!("{}/annex", load.from), ..load }
    }

    /// The same load, of what its producer has planned and no contract for.
    pub(super) fn off_contract(&self) -> Self {
        let load = self.as_burnt();
        let lines = load.lines.iter().map(|part| Part { code: OFF_CONTRACT, ..*part });
        Self { lines: lines.collect(), ..load }
    }

    /// What a kiln sends to its own store.
    pub(super) fn within_a_party(&self) -> Self {
        let load = self.as_burnt();
        let part = Part { code: BURNT[0], kg: 2 * LEAST_FIRST_KG, drums: 1 };
        Self { from: load.to.clone(), to: format!("{}/store", load.to), lines: vec![part], ..load }
    }

    pub(super) fn name(&self) -> String {
        format!("M{:07}", self.no)
    }

    /// The lots of its lines as they are received.
    pub(super) fn received_lots(&self) -> impl Iterator<Item = String> {
        let name = self.name();
        (1..=self.lines.len()).map(move |line| format!("{name}/{line}"))
    }

    /// The party without its site.
    pub(super) fn sender(&self) -> &str {
        self.from.split('/').next().unwrap_or(&self.from)
    }

    /// What is told of the first line.
    pub(super) fn first_kg(&self) -> u32 {
        self.lines.first().map_or(0, |part| part.kg)
    }

    /// The lines by code and mass, as registrations and unregistered loads name them.
    fn loads(&self) -> String {
        joined(self.lines.iter().map(|part| format!("{} {} kg", part.code, part.kg)))
    }

    /// The lot of each line, as it leaves.
    fn lots(&self) -> impl Iterator<Item = (String, &Part)> {
        (1..).zip(&self.lines).map(|(line, part): (usize, _)| (format!("L{:07}-{line}", self.no), part))
    }

    pub(super) fn arose(&self) -> Story {
        let lot = |(lot, part): (String, &Part)| {
            format!("{lot} {} {} kg in {} drums of 200 l", part.code, part.kg, part.drums)
        };
        Story::default()
            .at(self.at - 2 * HOUR, format!("{} opens {}", self.from, joined(self.lots().map(lot))))
    }

    pub(super) fn registered_via(&self, carriers: &str, how: &str) -> Story {
        self.arose().at(self.at - HOUR, self.registration(carriers, how))
    }

    /// By the first of its carriers on one of its vehicles, by another on its first.
    pub(super) fn registered(&self, how: &str) -> Story {
        self.registered_via(&self.carrier.label, how)
    }

    pub(super) fn both_carriers(&self) -> String {
        format!("{} > {}", self.carrier.label, self.other.label)
    }

    pub(super) fn registration(&self, carriers: &str, how: &str) -> String {
        let Self { from, to, plate, .. } = self;
        let (name, loads) = (self.name(), self.loads());
        format!(
            "{from} registers {name} {loads} {from} > {carriers} > {to} vehicle {plate} drums of 200 l {how}"
        )
    }

    pub(super) fn collection(&self, how: &str) -> String {
        let from = joined(self.lots().map(|(lot, part)| format!("{lot} {} kg", part.kg)));
        format!("{} hands {} to {} from {from} {how}", self.from, self.name(), self.carrier.label)
    }

    /// Without a manifest: what it is, is said when it leaves.
    pub(super) fn unregistered_collection(&self) -> String {
        let from = joined(self.lots().map(|(lot, part)| format!("{lot} {} kg", part.kg)));
        format!("{} hands {} to {} {} from {from}", self.from, self.name(), self.carrier.label, self.loads())
    }

    /// Of lots that nobody has stated.
    pub(super) fn collection_from_nothing(&self) -> String {
        format!("{} hands {} to {} from nothing", self.from, self.name(), self.carrier.label)
    }

    pub(super) fn delivery(&self, carrier: &Carrier, to: &str, how: &str) -> String {
        format!("{} hands {} to {to} {how}", carrier.label, self.name())
    }

    /// What of the first line, and all of the others.
    pub(super) fn receipt(&self, first: &str) -> String {
        let others = self.lines.iter().skip(1).map(|_| "all".to_owned());
        format!(
            "{} receives {} {}",
            self.to,
            self.name(),
            joined(std::iter::once(first.to_owned()).chain(others))
        )
    }

    /// Part of each line, once more and then the rest.
    pub(super) fn receipts_of_two_days(&self) -> [String; 2] {
        let of = |share: fn(u32) -> u32, more: &str| {
            let lines = self.lines.iter().map(|part| format!("{} kg{more}", share(part.kg)));
            format!("{} receives {} {}", self.to, self.name(), joined(lines))
        };
        [of(|kg| kg / 2, " more"), of(|kg| kg - kg / 2, "")]
    }

    /// Treated as the site does it, as much of the first line as is there and all of the others.
    pub(super) fn treatment(&self, first_kg: u32) -> String {
        let Self { to, treats, method, .. } = self;
        let kg = |n: usize, part: &Part| if n == 0 { first_kg } else { part.kg };
        let fed = self
            .received_lots()
            .zip(&self.lines)
            .enumerate()
            .map(|(n, (lot, part))| format!("{} {} kg from {lot}", part.code, kg(n, part)));
        let all: u32 = self.lines.iter().enumerate().map(|(n, part)| kg(n, part)).sum();
        // What is burnt leaves ash.
        let left = if *method == "D10" { format!("gives {} kg {ASH}", all / 5) } else { String::new() };
        format!("{to} {treats} {} by {method} {left}", joined(fed))
    }
}

impl Drawn {
    /// What a producer usually sends, shared out over its codes, which take turns in the lines, and then over the lines of each. Of more codes than three
    /// each weighs as if there were three: no load of a code is so far above the others that the rules would find it.
    fn lines(&self, of: &Producer) -> Vec<Part> {
        let (lines, codes) = (self.drums.len(), of.codes.len());
        let all_kg = of.usual_kg * self.percent / 100;
        let of_code_kg = all_kg / narrow(lines.min(codes).min(MAX_SHARES));
        let line = |(n, drums): (usize, &u32)| {
            // Every `codes` lines it is the same code's turn again.
            let of_this_code = narrow((lines - n % codes).div_ceil(codes));
            let is_fuller = narrow(n / codes) < of_code_kg % of_this_code;
            let kg = of_code_kg / of_this_code + u32::from(is_fuller);
            Part {
                code: of.codes[(self.first + n) % codes],
                kg: kg.max(if n == 0 { LEAST_FIRST_KG } else { LEAST_KG }),
                drums: *drums,
            }
        };
        self.drums.iter().enumerate().map(line).collect()
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" + ")
}

fn narrow(small: usize) -> u32 {
    u32::try_from(small).unwrap_or_default()
}
