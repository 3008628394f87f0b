//! Balances: how much of a lot is where, and what became of the rest, in the words of a script.

use std::collections::BTreeMap;

use super::{Names, World};
use crate::catalogue::{Uscc, WasteCode};
use crate::custody::Subject;
use crate::custody::lot::LotState;
use crate::id::{LotId, SiteId};

/// What may have become of a lot, as a script says it behind the mass; where it is follows behind `at`.
const FATES: [&str; 10] = [
    "on the way",
    "used",
    "disposed",
    "in other lots",
    "from other lots",
    "lost",
    "found",
    "unexplained",
    "unexplained gain",
    "unproven",
];

/// A lot as its reader sees it: from the model, the store or the interface. All masses in grams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenLot {
    /// The lot.
    pub lot: LotId,
    /// Its waste code; `None` for a product.
    pub code: Option<WasteCode>,
    /// The balance of each party at each site; negative where more left than ever came.
    pub held: Vec<(Uscc, SiteId, i64)>,
    /// On the way.
    pub transit_g: i64,
    /// Used.
    pub used_g: i64,
    /// Disposed.
    pub disposed_g: i64,
    /// Became other lots; negative for what it was made of.
    pub became_g: i64,
    /// Lost for stated causes; negative when more was found.
    pub variance_g: i64,
    /// Lost for no stated cause; negative when more was found.
    pub unexplained_g: i64,
}

impl SeenLot {
    /// A lot as the books have it.
    pub fn of(lot: LotId, state: &LotState) -> Self {
        let held = state.holdings.iter().map(|held| (held.party, held.site, held.balance_g()));
        Self {
            lot,
            code: state.code(),
            held: held.collect(),
            transit_g: state.transit_g(),
            used_g: state.sums.used_g,
            disposed_g: state.sums.disposed_g,
            became_g: state.sums.became_g,
            variance_g: state.sums.variance_g,
            unexplained_g: state.sums.unexplained_g,
        }
    }
}

/// Every balance that is not nothing, in grams, by what a script calls it: `L3 at phoenix`, `M1/1 on the way`,
/// `stock phoenix 900-041-49`, `unproven`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Balances(BTreeMap<String, i64>);

impl Balances {
    /// The balances of these lots. The last three kinds are sums over all of them.
    pub fn new(names: &Names, lots: &[SeenLot]) -> Self {
        let mut balances = Self::default();
        for seen in lots {
            balances.of_lot(names, seen);
        }
        balances.0.retain(|_, mass_g| *mass_g != 0);
        balances
    }

    fn of_lot(&mut self, names: &Names, seen: &SeenLot) {
        let label = names.subject(&Subject::Lot(seen.lot));
        let unproven_g =
            -seen.held.iter().map(|(.., mass_g)| *mass_g).filter(|mass_g| *mass_g < 0).sum::<i64>();
        for (fate, mass_g) in [
            ("on the way", seen.transit_g),
            ("used", seen.used_g),
            ("disposed", seen.disposed_g),
            ("in other lots", seen.became_g.max(0)),
            ("from other lots", (-seen.became_g).max(0)),
            ("lost", seen.variance_g.max(0)),
            ("found", (-seen.variance_g).max(0)),
            ("unexplained", seen.unexplained_g.max(0)),
            ("unexplained gain", (-seen.unexplained_g).max(0)),
            ("unproven", unproven_g),
        ] {
            self.add(format!("{label} {fate}"), mass_g);
        }
        self.add("unproven".to_owned(), unproven_g);
        self.add("unexplained".to_owned(), seen.unexplained_g.abs());
        for (party, site, mass_g) in &seen.held {
            let party = names.party(party);
            let place = names.place(site).unwrap_or_else(|| format!("{party}/{site}"));
            self.add(format!("{label} at {party}"), *mass_g);
            self.add(format!("{label} at {place}"), *mass_g);
            if let Some(code) = seen.code {
                self.add(format!("stock {party} {code}"), *mass_g);
                self.add(format!("stock {place} {code}"), *mass_g);
            }
        }
    }

    fn add(&mut self, what: String, mass_g: i64) {
        *self.0.entry(what).or_insert(0) += mass_g;
    }

    fn of(&self, what: &str) -> i64 {
        self.0.get(what).copied().unwrap_or(0)
    }
}

/// A balance that a script states: the words before the mass, the mass in grams, the words behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stated {
    before: String,
    mass_g: i64,
    behind: String,
}

impl Stated {
    /// `None` for a line that states no balance. Only lines about findings hold masses of another kind.
    pub(super) fn read(line: &str) -> Option<Stated> {
        let words: Vec<&str> = line.split(' ').collect();
        if matches!(words[0], "finding" | "cleared") {
            return None;
        }
        let at =
            words.windows(2).position(|pair| unit_g(pair[1]).is_some() && pair[0].parse::<i64>().is_ok())?;
        let number: i64 = words[at].parse().ok()?;
        let mass_g = number.checked_mul(unit_g(words[at + 1])?)?;
        Some(Stated { before: words[..at].join(" "), mass_g, behind: words[at + 2..].join(" ") })
    }

    fn what(&self) -> String {
        format!("{} {}", self.before, self.behind).trim().to_owned()
    }

    /// What is wrong with the words: a balance that nothing can have would be nothing for ever.
    pub(super) fn check(&self, world: &World, names: &Names) -> Result<(), String> {
        let is_place = |place: &str| {
            let (party, site) =
                place.split_once('/').map_or((place, None), |(party, site)| (party, Some(site)));
            world.party(party).is_some_and(|party| party.site(site).is_some())
        };
        let words: Vec<&str> = self.before.split(' ').collect();
        let fits = match (&words[..], self.behind.as_str()) {
            (["unproven" | "unexplained"], "") => true,
            (["stock", place, code], "") => is_place(place) && code.parse::<WasteCode>().is_ok(),
            ([lot], behind) if names.lots().any(|(label, _)| label == *lot) => {
                FATES.contains(&behind) || behind.strip_prefix("at ").is_some_and(is_place)
            }
            _ => false,
        };
        if fits {
            return Ok(());
        }
        Err(format!(
            "`{} … {}` is no balance: expected `L1 5 kg at phoenix` or another of {}, `stock phoenix 900-041-49 5 kg`, \
             `unproven 0 kg` or `unexplained 0 kg`",
            self.before,
            self.behind,
            FATES.join(", ")
        ))
    }

    /// The line as it would have to be, where it is not so.
    pub(super) fn corrected(&self, balances: &Balances) -> Option<String> {
        let mass_g = balances.of(&self.what());
        (mass_g != self.mass_g).then(|| Stated { mass_g, ..self.clone() }.to_string())
    }
}

impl std::fmt::Display for Stated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let line = format!("{} {} {}", self.before, mass(self.mass_g), self.behind);
        f.write_str(line.trim_end())
    }
}

fn unit_g(unit: &str) -> Option<i64> {
    match unit {
        "t" => Some(1_000_000),
        "kg" => Some(1000),
        "g" => Some(1),
        _ => None,
    }
}

/// A mass as reports write it.
pub(super) fn mass(grams: i64) -> String {
    if grams % 1000 == 0 { format!("{} kg", grams / 1000) } else { format!("{grams} g") }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::scenario::Script;

    #[test]
    fn a_balance_is_told_from_a_manifest_and_a_finding() {
        for (line, what, mass_g) in [
            ("L3 780 kg at phoenix", "L3 at phoenix", 780_000),
            ("M1/1 5 g on the way", "M1/1 on the way", 5),
            ("stock ruby/sludge 336-064-17 0 kg", "stock ruby/sludge 336-064-17", 0),
            ("stock ruby 336-064-17 -300 t", "stock ruby 336-064-17", -300_000_000),
            ("unproven 0 kg", "unproven", 0),
        ] {
            let stated = Stated::read(line).unwrap();
            assert_eq!((stated.what().as_str(), stated.mass_g), (what, mass_g), "{line}");
        }
        for line in
            ["M1 received at phoenix", "finding mass-discrepancy M1 80 kg of 1200 kg", "cleared x L1 5 kg"]
        {
            assert_eq!(Stated::read(line), None, "{line}");
        }
    }

    #[test]
    fn a_balance_of_nothing_known_is_refused() {
        let script = |line: &str| {
            let text = format!("08:00 acme opens L1 900-041-49 1200 kg\n=====\n{line}");
            Script::parse("s", &text).unwrap().play(World::embedded(), "a.example/l")
        };
        for good in [
            "L1 5 kg at acme/paint",
            "L1 0 kg unexplained gain",
            "stock acme 900-041-49 1 t",
            "unproven 0 kg",
        ] {
            assert!(script(good).is_ok(), "{good}");
        }
        for bad in [
            "L2 5 kg at acme",
            "L1 5 kg at nowhere",
            "L1 5 kg at acme/moon",
            "L1 5 kg gone",
            "L1 5 kg",
            "stock acme 5 kg",
            "stock acme 900-041 5 kg",
            "unproven 5 kg at acme",
        ] {
            let error = script(bad).unwrap_err().to_string();
            assert!(error.starts_with("s:3: ") && error.contains("is no balance"), "{bad}: {error}");
        }
    }

    #[test]
    fn what_differs_is_said_with_the_figure_that_is_so() {
        let balances = Balances(BTreeMap::from([("L1 at acme".to_owned(), 1_195_000)]));
        let corrected = |line: &str| Stated::read(line).unwrap().corrected(&balances);
        assert_eq!(corrected("L1 1195 kg at acme"), None);
        assert_eq!(corrected("L1 1200 kg at acme").unwrap(), "L1 1195 kg at acme");
        assert_eq!(corrected("L1 5 g lost").unwrap(), "L1 0 kg lost");
        assert_eq!(corrected("L1 0 kg lost"), None);
    }
}
