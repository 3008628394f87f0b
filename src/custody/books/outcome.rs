//! What one event changed, for the store to write.

use std::collections::BTreeSet;

use super::{Change, Placed, Turned};
use crate::catalogue::Uscc;
use crate::custody::answer::FindingAnswers;
use crate::custody::case::CaseState;
use crate::custody::correction::CorrectionState;
use crate::custody::finding::FindingStep;
use crate::custody::graph::{Edge, Mix};
use crate::custody::label::StatedContainer;
use crate::custody::posting::Posting;
use crate::custody::register::Registered;
use crate::custody::residue::Residue;
use crate::custody::search::TermChange;
use crate::custody::stance::LastWord;
use crate::custody::stock::{Count, StockCode};
use crate::custody::subject::Subject;
use crate::custody::tally::Part;
use crate::custody::watch::{News, WatchKey};
use crate::id::{LotId, ManifestId};
use crate::ledger::EventId;
use crate::shape::Plate;

/// What one event changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Steps of findings, in order.
    pub steps: Vec<FindingStep>,
    /// Postings of the event itself, or of the earlier one that it restates.
    pub postings: Vec<Posting>,
    /// From which of them on they belong to which local day, in days since 1970-01-01.
    pub days: Vec<(usize, i64)>,
    /// Earlier statements that turned with it.
    pub turned: Vec<Turned>,
    /// The lots that were folded.
    pub lots: BTreeSet<LotId>,
    /// Numbers and lot codes allotted by this event.
    pub labels: Vec<(Subject, String)>,
    /// Registry records put in or changed.
    pub changes: Vec<Change>,
    /// Places given or changed.
    pub placed: Vec<Placed>,
    /// Predecessors nobody knows yet, and the manifest they are awaited in.
    pub awaited: Vec<(EventId, ManifestId)>,
    /// This event and the manifests it was awaited in; nobody waits for it any more.
    pub arrived: Vec<(EventId, ManifestId)>,
    /// Which lots went into which, by the event itself.
    pub edges: Vec<Edge>,
    /// Repackings and treatments, as they stand now.
    pub mixes: Vec<Mix>,
    /// Parties that held something of a lot, by a statement that no longer counts.
    pub left: Vec<(Uscc, LotId)>,
    /// Lots of earlier entries that counted as another code before this one, and as which.
    pub recoded: Vec<(LotId, StockCode)>,
    /// Counts of stock, as they stand now.
    pub counts: Vec<Count>,
    /// Corrections, as the act about them leaves them.
    pub corrections: Vec<CorrectionState>,
    /// Vehicles that were named for manifests.
    pub plates: Vec<(Plate, ManifestId)>,
    /// What manifests are looked up by from now on, and no longer.
    pub terms: Vec<TermChange>,
    /// What was said of findings, as the act leaves it.
    pub answers: Vec<FindingAnswers>,
    /// Cases, as the act about them leaves them.
    pub cases: Vec<CaseState>,
    /// Rows of registers, of this event and of those that count for something else now.
    pub registered: Vec<Registered>,
    /// What running totals gain and lose.
    pub tallied: Vec<Part>,
    /// What watches are told.
    pub watched: Vec<(WatchKey, News)>,
    /// Parties whose standing changed, so that findings on their running totals may be cleared.
    pub reviewed: BTreeSet<Uscc>,
    /// What is said of containers, or no longer counts.
    pub containers: Vec<StatedContainer>,
    /// The incident that this event reports, and on which manifest.
    pub incidents: Vec<(EventId, ManifestId)>,
    /// Parties that got a role on a manifest.
    pub roles: Vec<(Uscc, ManifestId)>,
    /// What was last said of earlier events.
    pub last_words: Vec<LastWord>,
    /// Manifests that were erased: all that is known of them goes, but what the residues hold.
    pub erased: Vec<ManifestId>,
    /// What is left of the entries whose content goes.
    pub residues: Vec<Residue>,
}
