//! The rules: what counts as a gap in the chain of custody. This table is the documentation; `/api/v1/rules` publishes it.
//!
//! A rule is a pure function of folded state, registry and profile. It pushes what it sees as [`Observation`]s; an
//! observation with a due time is an obligation. Nothing here scans the ledger: a rule sees one manifest, one lot, one label, one
//! running total, one watch or one entry.

mod agreed;
mod amounts;
mod bias;
mod capacity;
mod departure;
mod document;
mod duty;
mod entry;
mod example;
mod expiring;
mod filed;
mod hold;
mod holder;
mod jointly;
mod journey;
mod label;
mod lot;
mod mass;
mod nature;
mod permit;
mod refused;
mod site;
mod size;
mod store;
mod table;
mod time;
mod track;
mod vehicle;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::admit::Circumstances;
use super::document::Judged;
use super::event::Recorded;
use super::finding::Observation;
use super::fleet::Fleet;
use super::hold::Holds;
use super::label::LabelState;
use super::lot::LotState;
use super::manifest::ManifestState;
use super::papers::Papers;
use super::shelf::Assignments;
use super::stock::StockCode;
use super::subject::Subject;
use super::tally::{TallyKey, TallyState};
use super::watch::{WatchKey, WatchState};
use crate::catalogue::{Catalogue, Division, Profile, Severity};
use crate::id::{FindingId, LabelId, LotId, ManifestId};
use crate::registry::Registry;

pub use agreed::{Covered, Departure};
pub use example::{Example, Shows};
pub use mass::{road, tolerance_g as mass_tolerance_g};
pub use table::rules;
use table::rules_on;

/// What a rule looks at.
#[derive(Clone, Copy)]
pub enum Check {
    /// The state of one manifest.
    OnManifest(fn(&ManifestView<'_>, &mut Vec<Observation>)),
    /// The state of one lot.
    OnLot(fn(&LotView<'_>, &mut Vec<Observation>)),
    /// What was seen under one label.
    OnLabel(fn(&LabelView<'_>, &mut Vec<Observation>)),
    /// A running total.
    OnTally(fn(&TallyView<'_>, &mut Vec<Observation>)),
    /// A watch.
    OnWatch(fn(&WatchView<'_>, &mut Vec<Observation>)),
    /// One entry of the log, once; what it finds closes only where the party that signed it reaffirms it.
    OnEntry(fn(&EntryView<'_>, &mut Vec<Observation>)),
}

/// A kind of thing that rules look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Manifest,
    Lot,
    Label,
    Tally,
    Watch,
    Entry,
}

impl Look {
    /// All of them, in the order in which they are numbered.
    const ALL: [Self; 6] = [Self::Manifest, Self::Lot, Self::Label, Self::Tally, Self::Watch, Self::Entry];
}

impl Check {
    fn looks_at(&self) -> Look {
        match self {
            Self::OnManifest(_) => Look::Manifest,
            Self::OnLot(_) => Look::Lot,
            Self::OnLabel(_) => Look::Label,
            Self::OnTally(_) => Look::Tally,
            Self::OnWatch(_) => Look::Watch,
            Self::OnEntry(_) => Look::Entry,
        }
    }
}

/// One rule.
pub struct Rule {
    /// Kebab-case id, the same everywhere.
    pub id: &'static str,
    /// Version of the rule's function; an older one stays in code once a newer is adopted.
    pub version: u16,
    /// How much its findings matter, unless the profile says otherwise.
    pub severity: Severity,
    /// True when a permit, a paper or a word about a site that is recorded later may clear what it found.
    pub cleared_by_standing: bool,
    /// Legal basis: S1 order 23 (危险废物转移管理办法), S2 Solid Waste Law 2020, S3 order 408 (permits),
    /// S4 HJ 1259-2022, S5 GB 18597-2023, S6 法释〔2023〕7号; * proposed by this project.
    pub basis: &'static str,
    /// Title in Chinese.
    pub title_zh: &'static str,
    /// Title in English.
    pub title_en: &'static str,
    /// What it finds, in Chinese.
    pub text_zh: &'static str,
    /// What it finds, in English.
    pub text_en: &'static str,
    /// Names of its thresholds in the profile.
    pub parameters: &'static [&'static str],
    /// Its functions: one for each thing it looks at.
    pub checks: &'static [Check],
}

impl Rule {
    /// The rule with this id.
    pub fn named(id: &str) -> Option<&'static Rule> {
        rules().find(|rule| rule.id == id)
    }

    /// How much its findings matter under a profile.
    pub fn severity_in(&self, profile: &Profile) -> Severity {
        profile.severity(self.id).unwrap_or(self.severity)
    }
}

/// How much a finding of a rule matters: what is said of this one, else as much as its rule does.
pub fn severity_of(rule: &str, of_this: Option<Severity>) -> Severity {
    of_this.unwrap_or_else(|| Rule::named(rule).map_or(Severity::Notice, |rule| rule.severity))
}

/// One manifest as rules see it.
pub struct ManifestView<'a> {
    /// Its id.
    pub id: ManifestId,
    /// Its state.
    pub state: &'a ManifestState,
    /// Registry records at hand.
    pub registry: &'a Registry,
    /// Papers at hand.
    pub papers: &'a Papers,
    /// Licences of vehicles and qualifications of persons at hand.
    pub fleet: &'a Fleet,
    /// Holds at hand.
    pub holds: &'a Holds,
    /// Vehicles assigned by carriers, over all manifests.
    pub assignments: &'a Assignments,
    /// Jurisdiction profile.
    pub profile: &'a Profile,
    /// Reference data.
    pub catalogue: &'a Catalogue,
}

/// One lot as rules see it.
pub struct LotView<'a> {
    /// Its id.
    pub id: LotId,
    /// Its state.
    pub state: &'a LotState,
    /// Registry records at hand.
    pub registry: &'a Registry,
    /// Jurisdiction profile.
    pub profile: &'a Profile,
    /// Reference data.
    pub catalogue: &'a Catalogue,
}

/// One label as rules see it.
pub struct LabelView<'a> {
    /// Its name.
    pub id: LabelId,
    /// Its state.
    pub state: &'a LabelState,
    /// Jurisdiction profile.
    pub profile: &'a Profile,
}

/// One running total as rules see it.
pub struct TallyView<'a> {
    /// What it adds up.
    pub key: TallyKey,
    /// Its sums.
    pub state: &'a TallyState,
    /// Registry records at hand.
    pub registry: &'a Registry,
    /// Papers at hand.
    pub papers: &'a Papers,
    /// Jurisdiction profile.
    pub profile: &'a Profile,
}

/// One watch as rules see it.
pub struct WatchView<'a> {
    /// What it waits for.
    pub key: &'a WatchKey,
    /// What is known.
    pub state: &'a WatchState,
    /// Jurisdiction profile.
    pub profile: &'a Profile,
}

/// One entry of the log as rules see it.
pub struct EntryView<'a> {
    /// The entry.
    pub recorded: &'a Recorded,
    /// What stands around it at its index.
    pub circumstances: &'a Circumstances,
    /// Jurisdiction profile.
    pub profile: &'a Profile,
    /// What was found in the document it imports: judged once, for all rules about documents.
    judged: OnceCell<Option<Judged>>,
}

impl<'a> EntryView<'a> {
    /// One entry, and what stands around it.
    pub fn of(recorded: &'a Recorded, circumstances: &'a Circumstances, profile: &'a Profile) -> Self {
        Self { recorded, circumstances, profile, judged: OnceCell::new() }
    }
}

impl LotView<'_> {
    /// True when it is no waste but what use made of it.
    fn is_product(&self) -> bool {
        self.state.stock_code() == StockCode::Product
    }
}

impl ManifestView<'_> {
    /// Division of the site the waste leaves, as far as known.
    fn consignor_division(&self) -> Option<Division> {
        let site = self.state.registration.as_ref()?.consignor.site;
        self.registry.site(&site).map(|record| record.division)
    }

    /// An observation about this manifest, with nothing in it yet.
    fn saw(&self, rule: &str, discriminator: impl Into<String>) -> Observation {
        observation(rule, Subject::Manifest(self.id), discriminator.into())
    }
}

fn observation(rule: &str, subject: Subject, discriminator: String) -> Observation {
    Observation {
        rule: rule.to_owned(),
        subject,
        discriminator,
        concerns: Vec::new(),
        figures: Default::default(),
        evidence: Vec::new(),
        severity: None,
        due: None,
        rises: Vec::new(),
    }
}

/// Everything the rules see in a manifest, by finding.
pub fn check_manifest(view: &ManifestView<'_>) -> BTreeMap<FindingId, Observation> {
    collect(Look::Manifest, view.profile, |check, seen| {
        if let Check::OnManifest(look) = check {
            look(view, seen);
        }
    })
}

/// Everything the rules see in a lot, by finding.
pub fn check_lot(view: &LotView<'_>) -> BTreeMap<FindingId, Observation> {
    collect(Look::Lot, view.profile, |check, seen| {
        if let Check::OnLot(look) = check {
            look(view, seen);
        }
    })
}

/// Everything the rules see under a label, by finding.
pub fn check_label(view: &LabelView<'_>) -> BTreeMap<FindingId, Observation> {
    collect(Look::Label, view.profile, |check, seen| {
        if let Check::OnLabel(look) = check {
            look(view, seen);
        }
    })
}

/// Everything the rules see in a running total, by finding.
pub fn check_tally(view: &TallyView<'_>) -> BTreeMap<FindingId, Observation> {
    collect(Look::Tally, view.profile, |check, seen| {
        if let Check::OnTally(look) = check {
            look(view, seen);
        }
    })
}

/// Everything the rules see in a watch, by finding.
pub fn check_watch(view: &WatchView<'_>) -> BTreeMap<FindingId, Observation> {
    collect(Look::Watch, view.profile, |check, seen| {
        if let Check::OnWatch(look) = check {
            look(view, seen);
        }
    })
}

/// Everything the rules see in one entry, by finding.
pub fn check_entry(view: &EntryView<'_>) -> BTreeMap<FindingId, Observation> {
    collect(Look::Entry, view.profile, |check, seen| {
        if let Check::OnEntry(look) = check {
            look(view, seen);
        }
    })
}

/// Run every check of the rules in force that looks at this kind of thing, and sort what was seen: parties and evidence in one order each, one observation a finding. A
/// profile may say how much findings of a rule matter; what a figure says of one finding comes first.
fn collect(
    look: Look,
    profile: &Profile,
    run: impl Fn(&Check, &mut Vec<Observation>),
) -> BTreeMap<FindingId, Observation> {
    let mut seen = Vec::new();
    for rule in rules_on(look).iter().filter(|rule| profile.in_force(rule.id)) {
        let from = seen.len();
        rule.checks.iter().for_each(|check| run(check, &mut seen));
        if let Some(severity) = profile.severity(rule.id) {
            for one in &mut seen[from..] {
                one.severity.get_or_insert(severity);
            }
        }
    }
    let sorted = seen.into_iter().map(|mut observation| {
        observation.concerns.sort_unstable();
        observation.concerns.dedup();
        observation.evidence.sort_unstable();
        observation.evidence.dedup();
        (observation.id(), observation)
    });
    sorted.collect()
}
