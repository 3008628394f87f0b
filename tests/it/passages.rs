//! Handovers that both sides state by themselves, in random histories: whatever arrives in whatever order, and whatever is
//! disavowed or reaffirmed, each is counted once. Held to the naive folder after every event.

use std::collections::BTreeMap;

use liandan::catalogue::{Catalogue, Profile};
use liandan::clock::Timestamp;
use liandan::custody::books::Rulebook;
use liandan::custody::rules::{Check, Rule};
use liandan::custody::shelf::{Life, Standing};
use liandan::custody::{Event, Verdict};
use liandan::ledger::SigningKey;
use liandan::scenario::{Model, Played, Script, Scripted, World};

use crate::naive::{self, Entry, Naive};
use crate::scenarios::permuted;
use crate::support::random::Random;

const LOG: &str = "passages.example/liandan";
const HISTORIES: u64 = 40;
const ORDERS: u64 = 4;

fn rulebook() -> Rulebook {
    Rulebook { profile: Profile::embedded("cn").unwrap(), catalogue: Catalogue::embedded() }
}

/// A script in which the same handovers are stated by either side, with other masses and out of other lots.
fn history(random: &mut Random, speaks_again: bool) -> String {
    let mut lines = vec![
        "08:00 acme opens L1 900-041-49 90 t".to_owned(),
        "08:01 acme opens L2 900-041-49 90 t".to_owned(),
        "09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix".to_owned(),
    ];
    let mut by_swift = Vec::new();
    let count = 3 + random.below(6);
    for n in 0..count {
        let takes = random.below(2) == 0;
        let how = if takes { "alone" } else { "releasing alone" };
        let mass = [1200, 1180, 1100][random.below(3)];
        let minute = 10 + n;
        let line = if random.below(4) == 0 {
            if !takes {
                by_swift.push(n);
            }
            format!("10:{minute} swift hands M1 to phoenix {mass} kg {how} #k{n}")
        } else {
            if takes {
                by_swift.push(n);
            }
            let lot = 1 + random.below(2);
            format!("09:{minute} acme hands M1 to swift {mass} kg {how} from L{lot} {mass} kg #k{n}")
        };
        lines.push(line);
    }
    lines[3..].sort();
    if speaks_again {
        lines.push("11:00 bureau revokes key of swift suspected from #k0".to_owned());
        lines.push("11:01 bureau enrols key of swift".to_owned());
        for n in 0..random.below(6).min(by_swift.len() * 3) {
            let label = by_swift[random.below(by_swift.len())];
            let verb = ["disavows", "reaffirms"][random.below(2)];
            lines.push(format!("12:{} swift {verb} #k{label} \"{n}\"", 10 + n));
        }
    }
    lines.push("18:00 phoenix receives M1 1150 kg".to_owned());
    lines.push("until 2026-03-05 18:00".to_owned());
    format!("{}\n=====\n", lines.join("\n"))
}

fn play(text: &str) -> Played {
    let script = Script::parse("passages", text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    script.play(World::embedded(), LOG).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// A log in the making, folded both ways.
struct Both {
    model: Model,
    entries: Vec<Entry>,
    now: Timestamp,
}

impl Both {
    fn founded() -> Self {
        let mut both = Self { model: Model::new(rulebook()), entries: Vec::new(), now: Timestamp::default() };
        let at: Timestamp = "2026-01-05T08:00:00+08:00".parse().unwrap();
        let log_key = SigningKey::from_seed([9; 32]).public();
        for event in World::embedded().founding(LOG, at, log_key).unwrap() {
            both.send(&event);
        }
        both
    }

    /// Send one event; what is refused is not in the log.
    fn send(&mut self, act: &Scripted) {
        self.now = self.now.max(act.recorded_at);
        let Ok(receipt) = self.model.submit(act) else { return };
        if !receipt.is_new {
            return;
        }
        self.entries.push(Entry {
            index: receipt.index,
            id: receipt.event,
            recorded_at: self.now,
            skew_ms: act.skew_ms,
            kid: act.envelope.kid(),
            event: Event::parse(act.envelope.payload()).unwrap(),
            offer: None,
            anchor_root: None,
        });
    }

    fn compare(&mut self) -> Result<Naive, String> {
        self.model.pass_time(self.now);
        let naive = naive::fold(&self.entries, self.now, &rulebook());
        let books = self.model.books();
        for (event, verdict) in &naive.verdicts {
            let seen = self.model.verdict(event);
            if seen != Some(*verdict) {
                return Err(format!("{event}: {seen:?}, naive {verdict:?}"));
            }
        }
        for (id, manifest) in &naive.manifests {
            let state = &books.manifest(id).unwrap().state;
            let masses: BTreeMap<u16, i64> =
                state.lines.iter().map(|(number, line)| (*number, line.shipped_g)).collect();
            let wanted: BTreeMap<u16, i64> =
                manifest.lines.iter().map(|(number, line)| (*number, line.shipped_g)).collect();
            if (state.status().name(), &masses) != (manifest.status, &wanted) {
                return Err(format!(
                    "{} {masses:?}, naive {} {wanted:?}",
                    state.status().name(),
                    manifest.status
                ));
            }
        }
        for (id, wanted) in &naive.lots {
            let holdings = &books.lot(id).unwrap().state.holdings;
            let balances = holdings.iter().map(|h| ((h.party, h.site), h.balance_g()));
            let balances: BTreeMap<_, _> = balances.filter(|(_, balance_g)| *balance_g != 0).collect();
            if balances != wanted.held {
                return Err(format!("lot {id}: {balances:?}, naive {wanted:?}"));
            }
        }
        let open = self.open();
        let wanted: BTreeMap<_, _> = naive
            .open_findings
            .iter()
            .filter(|(_, (rule, ..))| !is_about_entries(rule))
            .map(|(id, (rule, _, figures))| (*id, format!("{rule} {figures:?}")))
            .collect();
        if open != wanted {
            return Err(format!("{open:#?}\nnaive {wanted:#?}"));
        }
        Ok(naive)
    }

    fn open(&self) -> BTreeMap<liandan::id::FindingId, String> {
        let books = self.model.books();
        let of_manifests = books.manifests().map(|(_, shelf)| shelf.findings.all());
        let shelves = of_manifests.chain(books.lots().map(|(_, shelf)| shelf.findings.all()));
        let is_judged =
            |standing: &Standing| standing.life == Life::Open && naive::judges(&standing.seen.rule);
        let open = shelves.flatten().filter(|(_, standing)| is_judged(standing));
        open.map(|(id, standing)| (*id, format!("{} {:?}", standing.seen.rule, standing.seen.figures)))
            .collect()
    }
}

fn is_about_entries(rule: &str) -> bool {
    Rule::named(rule).is_some_and(|rule| rule.checks.iter().any(|check| matches!(check, Check::OnEntry(_))))
}

#[test]
fn what_both_sides_state_counts_once_in_any_order() {
    let mut confirmed = 0;
    for seed in 0..HISTORIES {
        let text = history(&mut Random::new(seed), seed % 2 == 0);
        let played = play(&text);
        let mut outcomes = Vec::new();
        for order in 0..ORDERS {
            let mut both = Both::founded();
            for act in permuted(&played, seed * ORDERS + order) {
                both.send(&act);
                if let Err(why) = both.compare() {
                    panic!("history {seed}, order {order}: {why}\n{text}");
                }
            }
            both.now = both.now.max(played.ends_at);
            let naive = both.compare().unwrap();
            confirmed += naive.verdicts.values().filter(|verdict| **verdict == Verdict::Confirms).count();
            outcomes.push((naive.manifests, naive.lots, both.open()));
        }
        // Without acts, whose index decides, every order ends the same.
        if seed % 2 == 1 {
            assert!(outcomes.windows(2).all(|pair| pair[0] == pair[1]), "history {seed}\n{text}");
        }
    }
    assert!(confirmed > 100, "only {confirmed} statements confirmed another");
}
