//! A reference folder: what the books must say about a log, computed the slow way, from the definitions.
//!
//! No snapshots, no buckets, no state between events. Every answer asks the whole log again, so there is nothing here that
//! the order of arrival could break. It shares payloads and reference data with the folder it checks, and no logic.

mod corrections;
mod entries;
mod graph;
mod labels;
mod lots;
mod mandates;
mod manifest;
mod manifest_rules;
mod order;
mod permits;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use liandan::catalogue::{Division, Uscc};
use liandan::clock::Timestamp;
use liandan::custody::books::Rulebook;
use liandan::custody::payload::handover::Offer;
use liandan::custody::{Event, Figures, Observation, Statement, Subject, Verdict};
use liandan::id::{FindingId, LotId, ManifestId, SiteId};
use liandan::ledger::{Digest, EventId, Kid};

use order::Judged;

pub(crate) use graph::NaiveGraph;
pub(crate) use lots::NaiveLot;

/// One admitted event with its place in the log.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Log index.
    pub(crate) index: u64,
    /// SHA-256 of the signing input.
    pub(crate) id: EventId,
    /// When the ledger took it in.
    pub(crate) recorded_at: Timestamp,
    /// The uploading device's clock minus the ledger's, in milliseconds.
    pub(crate) skew_ms: i64,
    /// Key that signed it.
    pub(crate) kid: Kid,
    /// The event.
    pub(crate) event: Event,
    /// The offer it embeds, the key named in it, and whether the signature is that key's.
    pub(crate) offer: Option<(Offer, Kid, bool)>,
    /// The root of the log at the size its anchor names, where the log in front of it is that long.
    pub(crate) anchor_root: Option<Digest>,
}

impl Entry {
    /// True when its signer had certainly seen the log up to the size its anchor names.
    fn is_anchored(&self) -> bool {
        self.event.anchor.is_some_and(|anchor| self.anchor_root == Some(anchor.root))
    }
}

/// One line of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NaiveLine {
    /// Nobody before collection, one holder, or everybody who claims to hold it.
    pub(crate) holders: Vec<Uscc>,
    /// The same for the rejected part, once a part was rejected and a part accepted.
    pub(crate) rejected_holders: Option<Vec<Uscc>>,
    /// Grams at departure, over all collections.
    pub(crate) shipped_g: i64,
    /// Grams accepted.
    pub(crate) accepted_g: i64,
    /// Grams rejected.
    pub(crate) rejected_g: i64,
}

/// One manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NaiveManifest {
    /// Name of its status.
    pub(crate) status: &'static str,
    /// Lines by number: registered, handed over or received.
    pub(crate) lines: BTreeMap<u16, NaiveLine>,
    /// The number the ledger allotted.
    pub(crate) number: Option<String>,
}

/// Everything the log says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Naive {
    /// Manifests that any event touches.
    pub(crate) manifests: BTreeMap<ManifestId, NaiveManifest>,
    /// Lots of which anything was said that counts.
    pub(crate) lots: BTreeMap<LotId, NaiveLot>,
    /// Which of them went into which.
    pub(crate) graph: NaiveGraph,
    /// Findings that are so, and obligations unmet and due: rule, subject, figures.
    pub(crate) open_findings: BTreeMap<FindingId, (String, Subject, Figures)>,
    /// What each event counts for.
    pub(crate) verdicts: BTreeMap<EventId, Verdict>,
}

/// Rules that this folder judges too. The others are held to by their scripts and by every order giving the same.
const JUDGED: [&str; 29] = [
    "custody-broken",
    "custody-unknown",
    "two-holders",
    "fork",
    "treated-twice",
    "sub-items-exceed",
    "handover-one-sided",
    "moved-without-manifest",
    "wrong-consignee",
    "unplanned-carrier",
    "in-transit-overdue",
    "receipt-unconfirmed",
    "mass-discrepancy",
    "discrepancy-undeclared",
    "container-mismatch",
    "permit-missing",
    "permit-expired",
    "permit-suspended",
    "permit-scope",
    "label-reused",
    "late-entry",
    "clock-skew",
    "id-conflict",
    "act-conflict",
    "signed-after-revocation",
    "mandate-exceeded",
    "anchor-invalid",
    "imported-unsigned",
    "code-edition-unverified",
];

/// True for a rule that [`fold`] judges.
pub(crate) fn judges(rule: &str) -> bool {
    JUDGED.contains(&rule)
}

/// Fold a log from nothing. `entries` are in log order; what was refused is not among them.
pub(crate) fn fold(entries: &[Entry], now: Timestamp, rulebook: &Rulebook) -> Naive {
    let corrected = corrections::applied(entries);
    let log = Log { judged: order::judge(&corrected), rulebook: *rulebook };
    let touched: BTreeSet<Subject> = log.judged.iter().flat_map(|judged| judged.touches.clone()).collect();
    let mut naive = Naive::default();
    let mut seen = entries::check(&log, entries);
    for id in touched.iter().filter_map(Subject::manifest) {
        let manifest = manifest::Manifest::of(&log, id);
        seen.extend(manifest_rules::check(&log, &manifest));
        naive.manifests.insert(id, manifest.summary(&log));
    }
    seen.extend(lots::check(&log));
    seen.extend(labels::check(&log));
    naive.lots = lots::sums(&log);
    naive.graph = graph::draw(&log);
    naive.verdicts = log.judged.iter().map(|judged| (judged.entry.id, judged.verdict)).collect();
    for observation in seen.into_iter().filter(|seen| seen.due.is_none_or(|due| due <= now)) {
        let Observation { rule, subject, figures, .. } = observation.clone();
        naive.open_findings.insert(observation.id(), (rule, subject, figures));
    }
    naive
}

/// The lots alone, as far as the log goes.
pub(crate) fn lots_of(entries: &[Entry], rulebook: &Rulebook) -> BTreeMap<LotId, NaiveLot> {
    lots::sums(&Log { judged: order::weigh_lightly(entries), rulebook: *rulebook })
}

/// The graph of lots alone.
pub(crate) fn graph_of(entries: &[Entry], rulebook: &Rulebook) -> NaiveGraph {
    graph::draw(&Log { judged: order::weigh_lightly(entries), rulebook: *rulebook })
}

/// The whole log, judged and timed.
struct Log<'a> {
    judged: Vec<Judged<'a>>,
    rulebook: Rulebook,
}

impl<'a> Log<'a> {
    /// Events that count, in log order.
    fn counting(&self) -> impl Iterator<Item = &Judged<'a>> {
        self.judged.iter().filter(|judged| judged.verdict.moves())
    }

    fn threshold(&self, rule: &str, name: &str) -> i64 {
        self.rulebook.profile.threshold(rule, name)
    }

    fn division(&self, site: &SiteId) -> Option<Division> {
        self.counting().find_map(|judged| match &judged.entry.event.statement {
            Statement::SiteRegistered(s) if s.site == *site => Some(s.division),
            _ => None,
        })
    }
}

/// An observation that is so at once; the finding's name is a hash of the first three.
fn saw(rule: &str, subject: Subject, discriminator: impl Into<String>, figures: Figures) -> Observation {
    Observation {
        severity: None,
        rule: rule.to_owned(),
        subject,
        discriminator: discriminator.into(),
        concerns: Vec::new(),
        figures,
        evidence: Vec::new(),
        due: None,
        rises: Vec::new(),
    }
}

/// Sum as a ledger of 64 bits keeps it: what overflows wraps, so that no order of adding matters.
fn total(grams: impl Iterator<Item = i64>) -> i64 {
    grams.fold(0, i64::wrapping_add)
}

/// Numbers as figures show them: `1,2,5`.
fn joined<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<String>>().join(",")
}
