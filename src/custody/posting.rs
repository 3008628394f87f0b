//! Double entry: every gram an event moves leaves one account and enters another.
//!
//! Postings are a function of one event and its verdict, never of a balance, so the order of arrival cannot change them.

use serde::{Deserialize, Serialize};

use super::event::Recorded;
use super::kind::Statement;
use super::payload::handover::{HandedLine, Handover, Received, Step};
use super::payload::waste::{
    LotsAppeared, PaperBackfilled, PaperHandover, Repacked, StockCounted, Treated, VarianceCause,
};
use super::share::largest_remainder;
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::id::{LotId, ManifestId, SiteId};

/// Where mass is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Account {
    /// Held by a party at a site.
    Held(Uscc, SiteId),
    /// On the way, on a line of a manifest.
    Transit(ManifestId, u16),
    /// There when the books were opened.
    Opened,
    /// Arose in production.
    Generated,
    /// Used (利用).
    Used,
    /// Disposed (处置).
    Disposed,
    /// Became other lots.
    Became,
    /// Lost or found, for a stated cause.
    Variance(VarianceCause),
    /// Lost or found, and nobody said why.
    Unexplained,
}

impl Account {
    /// The kebab-case name of the account's sort; a variance tells its cause.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Held(..) => "held",
            Self::Transit(..) => "transit",
            Self::Opened => "opened",
            Self::Generated => "generated",
            Self::Used => "used",
            Self::Disposed => "disposed",
            Self::Became => "became",
            Self::Variance(VarianceCause::WaterLoss) => "variance-water-loss",
            Self::Variance(VarianceCause::Rinsing) => "variance-rinsing",
            Self::Variance(VarianceCause::Tare) => "variance-tare",
            Self::Variance(VarianceCause::Weighing) => "variance-weighing",
            Self::Variance(VarianceCause::Spill) => "variance-spill",
            Self::Variance(VarianceCause::Other) => "variance-other",
            Self::Unexplained => "unexplained",
        }
    }
}

/// One side of an entry: mass enters (positive) or leaves (negative) an account, in grams. The postings of an event come in
/// pairs: first where mass leaves, then where it enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Posting {
    /// The lot that moves.
    pub lot: LotId,
    /// The account.
    pub account: Account,
    /// Grams, signed.
    pub mass_g: i64,
}

/// The postings of an event. Their sum is zero.
pub fn of(recorded: &Recorded) -> Vec<Posting> {
    let mut postings = Postings::default();
    if !recorded.verdict.moves() {
        return postings.0;
    }
    let party = recorded.event.party;
    match &recorded.event.statement {
        Statement::StockOpened(s) => appeared(&mut postings, party, s, Account::Opened),
        Statement::WasteGenerated(s) => appeared(&mut postings, party, s, Account::Generated),
        Statement::WasteRepacked(s) => repacked(&mut postings, party, s),
        Statement::StockCounted(s) => counted(&mut postings, party, s),
        Statement::WasteCollected(s) => passed(&mut postings, &Passing::stated(Step::Collected, s)),
        Statement::WasteTransferred(s) => passed(&mut postings, &Passing::stated(Step::Transferred, s)),
        Statement::WasteDelivered(s) => passed(&mut postings, &Passing::stated(Step::Delivered, s)),
        Statement::WasteReturned(s) => passed(&mut postings, &Passing::stated(Step::Returned, s)),
        Statement::PaperBackfilled(s) => {
            for passing in Passing::on_paper(s) {
                passed(&mut postings, &passing);
            }
        }
        Statement::WasteReceived(s) => received(&mut postings, party, s),
        Statement::WasteUsed(s) => treated(&mut postings, party, s, Account::Used),
        Statement::WasteDisposed(s) => treated(&mut postings, party, s, Account::Disposed),
        _ => {}
    }
    postings.0
}

/// From which of the postings of an event on they belong to which moment: all to its own, but each handover on paper to the one
/// when it happened, not when the paper was filled in.
pub fn times(recorded: &Recorded) -> Vec<(usize, Timestamp)> {
    let Statement::PaperBackfilled(paper) = &recorded.event.statement else {
        return vec![(0, recorded.base_time())];
    };
    let mut postings = Postings::default();
    let handovers = paper.handovers.iter().zip(Passing::on_paper(paper));
    let time = |(handed, passing): (&PaperHandover, Passing<'_>)| {
        let from = postings.0.len();
        passed(&mut postings, &passing);
        (from, handed.at.min(recorded.recorded_at))
    };
    handovers.map(time).collect()
}

/// The postings in the groups that `starts` says: from which of them on what counts.
pub fn groups<'a, T: Copy>(
    postings: &'a [Posting],
    starts: &'a [(usize, T)],
) -> impl Iterator<Item = (T, &'a [Posting])> {
    let ends = starts.iter().skip(1).map(|(from, _)| *from).chain([postings.len()]);
    starts.iter().zip(ends).map(|((from, of), end)| (*of, postings.get(*from..end).unwrap_or_default()))
}

/// The account that mass came from or went to: that of the other posting of the pair.
pub fn counter_account(postings: &[Posting], n: usize) -> Option<Account> {
    postings.get(n ^ 1).map(|other| other.account)
}

/// The postings that take an event from one verdict to another: its own where it now moves something, and the same with
/// the other sign where it no longer does.
pub fn change(before: &Recorded, now: &Recorded) -> Vec<Posting> {
    match (before.verdict.moves(), now.verdict.moves()) {
        (false, true) => of(now),
        (true, false) => {
            of(before).into_iter().map(|posting| Posting { mass_g: -posting.mass_g, ..posting }).collect()
        }
        (true, true) | (false, false) => Vec::new(),
    }
}

#[derive(Default)]
struct Postings(Vec<Posting>);

impl Postings {
    /// Move mass of one lot from account to account.
    fn move_lot(&mut self, lot: LotId, from: Account, to: Account, mass_g: i64) {
        self.change_lot((lot, from), (lot, to), mass_g);
    }

    /// Move mass from one lot into another.
    fn change_lot(&mut self, from: (LotId, Account), to: (LotId, Account), mass_g: i64) {
        if mass_g != 0 && from != to {
            self.0.push(Posting { lot: from.0, account: from.1, mass_g: -mass_g });
            self.0.push(Posting { lot: to.0, account: to.1, mass_g });
        }
    }
}

fn appeared(postings: &mut Postings, party: Uscc, s: &LotsAppeared, from: Account) {
    for lot in s.lots.iter() {
        postings.move_lot(lot.lot, from, Account::Held(party, s.site), lot.quantity.grams());
    }
}

/// A handover as far as it moves mass, whether it was signed at the gate or written on paper.
struct Passing<'a> {
    step: Step,
    manifest: ManifestId,
    from: Uscc,
    from_site: Option<SiteId>,
    to: Uscc,
    to_site: Option<SiteId>,
    lines: &'a [HandedLine],
}

impl<'a> Passing<'a> {
    fn stated(step: Step, s: &'a Handover) -> Self {
        let Handover { manifest, from, from_site, to, to_site, .. } = *s;
        Self { step, manifest, from, from_site, to, to_site, lines: &s.lines }
    }

    fn on_paper(paper: &'a PaperBackfilled) -> impl Iterator<Item = Self> {
        paper.handovers.iter().map(|s| {
            let PaperHandover { step, from, from_site, to, to_site, .. } = *s;
            Self { step, manifest: paper.manifest, from, from_site, to, to_site, lines: &s.lines }
        })
    }

    /// Where a line is when no site is named: on the way.
    fn transit(&self, line: &HandedLine) -> Account {
        Account::Transit(self.manifest, line.line)
    }

    fn left(&self, line: &HandedLine) -> Account {
        self.from_site.map_or(self.transit(line), |site| Account::Held(self.from, site))
    }

    fn entered(&self, line: &HandedLine) -> Account {
        self.to_site.map_or(self.transit(line), |site| Account::Held(self.to, site))
    }
}

/// Delivery moves no mass: acceptance is pending, and what is accepted is what the receipt says.
fn passed(postings: &mut Postings, passing: &Passing<'_>) {
    for line in passing.lines {
        let mass_g = line.quantity.grams();
        match passing.step {
            Step::Collected => loaded(postings, passing, line),
            Step::Transferred => {
                let lot = LotId::of_line(passing.manifest, line.line);
                postings.move_lot(lot, passing.left(line), passing.entered(line), mass_g);
            }
            Step::Delivered => {}
            Step::Returned => {
                let lot = LotId::rejected_of_line(passing.manifest, line.line);
                postings.move_lot(lot, passing.left(line), passing.entered(line), mass_g);
            }
        }
    }
}

/// Loading draws the line's mass from its source lots; what no source is named for is drawn from the line's own lot at the
/// consignor, where nothing ever was: that negative balance is the unproven mass.
fn loaded(postings: &mut Postings, passing: &Passing<'_>, line: &HandedLine) {
    let Some(site) = passing.from_site else { return };
    let held = Account::Held(passing.from, site);
    let lot = LotId::of_line(passing.manifest, line.line);
    let mut undrawn_g = line.quantity.grams();
    for draw in line.drawn.iter() {
        postings.change_lot((draw.lot, held), (lot, passing.transit(line)), draw.mass_g.get());
        undrawn_g -= draw.mass_g.get();
    }
    postings.move_lot(lot, held, passing.transit(line), undrawn_g);
}

/// What was rejected becomes a lot of its own: at the consignee's site once it had come in, still on the way when it was
/// refused at the gate.
fn received(postings: &mut Postings, party: Uscc, s: &Received) {
    let held = Account::Held(party, s.site);
    for line in s.lines.iter() {
        let lot = LotId::of_line(s.manifest, line.line);
        let transit = Account::Transit(s.manifest, line.line);
        let accepted_g = line.accepted.as_ref().map_or(0, |quantity| quantity.grams());
        postings.move_lot(lot, transit, held, accepted_g);
        let rejected_g = line.rejected.as_ref().map_or(0, |quantity| quantity.grams());
        let rejected = LotId::rejected_of_line(s.manifest, line.line);
        let is_now = if line.at_gate { transit } else { held };
        postings.change_lot((lot, transit), (rejected, is_now), rejected_g);
    }
}

fn treated(postings: &mut Postings, party: Uscc, s: &Treated, into: Account) {
    let held = Account::Held(party, s.site);
    for input in s.inputs.iter() {
        postings.move_lot(input.lot, held, into, input.mass_g.get());
    }
    for output in s.outputs.iter() {
        postings.move_lot(output.lot, Account::Became, held, output.quantity.grams());
    }
}

/// One lot in a repacking.
pub(super) struct Part {
    pub(super) lot: LotId,
    mass_g: i64,
    /// What of it went through, in grams.
    pub(super) kept_g: i64,
}

/// What went through a repacking, by lot and in order of id, which decides who gets the grams left over: inputs and outputs
/// both sum to the lesser side.
pub(super) struct Kept {
    pub(super) inputs: Vec<Part>,
    pub(super) outputs: Vec<Part>,
}

impl Kept {
    pub(super) fn of(s: &Repacked) -> Self {
        let inputs: Vec<(LotId, i64)> =
            s.inputs.iter().map(|input| (input.lot, input.mass_g.get())).collect();
        let outputs: Vec<(LotId, i64)> = s.outputs.iter().map(|o| (o.lot, o.quantity.grams())).collect();
        let total = |side: &[(LotId, i64)]| side.iter().map(|(_, mass_g)| mass_g).sum::<i64>();
        let kept_g = total(&inputs).min(total(&outputs));
        Self { inputs: parts(inputs, kept_g), outputs: parts(outputs, kept_g) }
    }
}

fn parts(mut lots: Vec<(LotId, i64)>, kept_g: i64) -> Vec<Part> {
    lots.sort_unstable();
    let masses: Vec<i64> = lots.iter().map(|(_, mass_g)| *mass_g).collect();
    let kept = largest_remainder(kept_g, &masses);
    lots.into_iter().zip(kept).map(|((lot, mass_g), kept_g)| Part { lot, mass_g, kept_g }).collect()
}

/// As much goes out of the inputs into other lots as the outputs weigh; the rest was lost, for the causes stated or for none.
/// What outputs exceed inputs by came from nowhere. Shares are by largest remainder, so that every lot tells its own part.
fn repacked(postings: &mut Postings, party: Uscc, s: &Repacked) {
    let held = Account::Held(party, s.site);
    let Kept { inputs, outputs } = Kept::of(s);
    for part in &inputs {
        postings.move_lot(part.lot, held, Account::Became, part.kept_g);
    }
    let mut lost: Vec<i64> = inputs.iter().map(|part| part.mass_g - part.kept_g).collect();
    for loss in s.losses.iter() {
        let stated_g = loss.mass_g.get().min(lost.iter().sum());
        let shares = largest_remainder(stated_g, &lost);
        for ((part, share_g), lost_g) in inputs.iter().zip(shares).zip(&mut lost) {
            postings.move_lot(part.lot, held, Account::Variance(loss.cause), share_g);
            *lost_g -= share_g;
        }
    }
    for (part, lost_g) in inputs.iter().zip(lost) {
        postings.move_lot(part.lot, held, Account::Unexplained, lost_g);
    }
    for part in &outputs {
        postings.move_lot(part.lot, Account::Became, held, part.kept_g);
        postings.move_lot(part.lot, Account::Unexplained, held, part.mass_g - part.kept_g);
    }
}

/// A count changes the books by the difference its signer states.
fn counted(postings: &mut Postings, party: Uscc, s: &StockCounted) {
    let held = Account::Held(party, s.site);
    for counted in s.counts.iter() {
        let (Some(lot), Some(differs_g)) = (counted.lot, counted.differs_g) else { continue };
        let variance = counted.cause.map_or(Account::Unexplained, Account::Variance);
        if differs_g < 0 {
            postings.move_lot(lot, held, variance, -differs_g);
        } else {
            postings.move_lot(lot, variance, held, differs_g);
        }
    }
}
