//! Double entry: every gram an event moves leaves one account and enters another.
//!
//! Postings are a function of one event and its verdict, never of a balance, so the order of arrival cannot change them.

use serde::{Deserialize, Serialize};

use super::event::Recorded;
use super::kind::Statement;
use super::payload::handover::{Handover, Received};
use super::payload::waste::{LotsAppeared, Treated};
use crate::catalogue::Uscc;
use crate::id::{LotId, ManifestId, SiteId};

/// Where mass is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Account {
    /// Held by a party at a site.
    Held(Uscc, SiteId),
    /// On the way, on a line of a manifest.
    Transit(ManifestId, u16),
    /// Where lots come from that no other lot went into: production or an opening balance.
    Source,
    /// Used (利用).
    Used,
    /// Disposed (处置).
    Disposed,
    /// Came out of treatment as products and residues.
    Became,
}

impl Account {
    /// The kebab-case name of the account's sort.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Held(..) => "held",
            Self::Transit(..) => "transit",
            Self::Source => "source",
            Self::Used => "used",
            Self::Disposed => "disposed",
            Self::Became => "became",
        }
    }
}

/// One side of an entry: mass enters (positive) or leaves (negative) an account, in grams.
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
    if !recorded.verdict.moves() {
        return Vec::new();
    }
    let party = recorded.event.party;
    match &recorded.event.statement {
        Statement::StockOpened(s) | Statement::WasteGenerated(s) => appeared(party, s),
        Statement::WasteCollected(s) => collected(s),
        Statement::WasteReceived(s) => received(party, s),
        Statement::WasteReturned(s) => returned(s),
        Statement::WasteUsed(s) => treated(party, s, Account::Used),
        Statement::WasteDisposed(s) => treated(party, s, Account::Disposed),
        _ => Vec::new(),
    }
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

fn moved(postings: &mut Vec<Posting>, from: (LotId, Account), to: (LotId, Account), mass_g: i64) {
    if mass_g != 0 {
        postings.push(Posting { lot: from.0, account: from.1, mass_g: -mass_g });
        postings.push(Posting { lot: to.0, account: to.1, mass_g });
    }
}

fn appeared(party: Uscc, s: &LotsAppeared) -> Vec<Posting> {
    let mut postings = Vec::new();
    for lot in s.lots.iter() {
        moved(
            &mut postings,
            (lot.lot, Account::Source),
            (lot.lot, Account::Held(party, s.site)),
            lot.quantity.grams(),
        );
    }
    postings
}

/// Loading draws the line's mass from its source lots; what no source is named for is drawn from the line's own lot at the
/// consignor, where nothing ever was: that negative balance is the unproven mass.
fn collected(s: &Handover) -> Vec<Posting> {
    let mut postings = Vec::new();
    let Some(site) = s.from_site else { return postings };
    for line in s.lines.iter() {
        let lot = LotId::of_line(s.manifest, line.line);
        let transit = (lot, Account::Transit(s.manifest, line.line));
        let mut undrawn_g = line.quantity.grams();
        for draw in line.drawn.iter() {
            moved(&mut postings, (draw.lot, Account::Held(s.from, site)), transit, draw.mass_g.get());
            undrawn_g -= draw.mass_g.get();
        }
        moved(&mut postings, (lot, Account::Held(s.from, site)), transit, undrawn_g);
    }
    postings
}

fn received(party: Uscc, s: &Received) -> Vec<Posting> {
    let mut postings = Vec::new();
    for line in s.lines.iter() {
        let lot = LotId::of_line(s.manifest, line.line);
        let accepted_g = line.accepted.as_ref().map_or(0, |quantity| quantity.grams());
        let transit = (lot, Account::Transit(s.manifest, line.line));
        moved(&mut postings, transit, (lot, Account::Held(party, s.site)), accepted_g);
    }
    postings
}

/// Rejected waste is still in transit until it reaches a site again.
fn returned(s: &Handover) -> Vec<Posting> {
    let mut postings = Vec::new();
    let Some(site) = s.to_site else { return postings };
    for line in s.lines.iter() {
        let transit = (LotId::of_line(s.manifest, line.line), Account::Transit(s.manifest, line.line));
        let back = (LotId::rejected_of_line(s.manifest, line.line), Account::Held(s.to, site));
        moved(&mut postings, transit, back, line.quantity.grams());
    }
    postings
}

fn treated(party: Uscc, s: &Treated, into: Account) -> Vec<Posting> {
    let mut postings = Vec::new();
    let held = Account::Held(party, s.site);
    for input in s.inputs.iter() {
        moved(&mut postings, (input.lot, held), (input.lot, into), input.mass_g.get());
    }
    for output in s.outputs.iter() {
        moved(&mut postings, (output.lot, Account::Became), (output.lot, held), output.quantity.grams());
    }
    postings
}
