//! Watches: what an entry tells them, and what rules see in them then.
//!
//! As with running totals, what an entry tells is known once it was folded ([`Outcome::watched`]); it is taken in when the watches are at
//! hand.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{Books, Change, Outcome};
use crate::catalogue::CodePattern;
use crate::clock::Timestamp;
use crate::custody::event::Recorded;
use crate::custody::kind::Statement;
use crate::custody::paper::{Paper, Written};
use crate::custody::rules::{WatchView, check_watch};
use crate::custody::shelf::Shelf;
use crate::custody::watch::{News, Scope, SiteNews, Term, ToldBy, WatchKey, WatchState};
use crate::id::{SiteId, WatchId};
use crate::registry::standing::DeclarationNature;
use crate::registry::{Decision, DeclarationRecord, MandateRecord, PermitChange, PermitRecord};

/// A watch on its shelf.
#[derive(Clone, Debug)]
pub struct Watch {
    /// What it waits for.
    pub key: WatchKey,
    /// What is known, and what falls due.
    pub shelf: Shelf<WatchState>,
}

impl Watch {
    /// A watch that nobody told anything.
    fn fresh(key: WatchKey) -> Self {
        Self { key, shelf: Shelf::default() }
    }
}

impl Books {
    /// True when a watch is at hand.
    pub fn has_watch(&self, id: &WatchId) -> bool {
        self.watches.contains_key(id)
    }

    /// The watches at hand, in no order.
    pub fn watches(&self) -> impl Iterator<Item = &Watch> {
        self.watches.values()
    }

    /// Put a watch on the shelf as the store holds it.
    pub fn put_watch(&mut self, watch: Watch) {
        self.watches.insert(watch.key.id(), watch);
    }

    /// Say that these watches were looked for: those the store does not hold know nothing.
    pub fn have_watches(&mut self, keys: &BTreeSet<WatchKey>) {
        for key in keys {
            self.watches.entry(key.id()).or_insert_with(|| Watch::fresh(key.clone()));
        }
    }

    /// The watches that an entry tells something and that are not at hand.
    pub fn watches_to_settle(&self, outcome: &Outcome) -> BTreeSet<WatchKey> {
        let keys = outcome.watched.iter().map(|(key, _)| key);
        keys.filter(|key| !self.watches.contains_key(&key.id())).cloned().collect()
    }

    /// Note what an entry tells watches: by what it changed in the registry, and by the sites it is about.
    pub(super) fn note_watched(&self, recorded: &Recorded, outcome: &mut Outcome) {
        let on = self.rulebook.profile.local_date(recorded.recorded_at.as_millis());
        let by = ToldBy { event: recorded.id, on };
        let told = outcome.changes.iter().filter_map(|change| self.told_by(change, by, recorded.recorded_at));
        outcome.watched.extend(told.collect::<Vec<_>>());
        let stands_still = matches!(
            &recorded.event.statement,
            Statement::DeclarationFiled(s) if s.nature == DeclarationNature::Shutdown
        );
        let sites = if recorded.verdict.moves() { recorded.event.sites() } else { BTreeSet::new() };
        self.note_sites(&sites, by, stands_still, outcome);
    }

    /// Note that something was recorded of sites.
    pub(super) fn note_sites(
        &self,
        sites: &BTreeSet<SiteId>,
        by: ToldBy,
        stands_still: bool,
        outcome: &mut Outcome,
    ) {
        let told = |site: &SiteId| {
            (WatchKey::Site { site: *site }, News::Site(SiteNews::Recorded { by, stands_still }))
        };
        outcome.watched.extend(sites.iter().map(told));
    }

    fn told_by(&self, change: &Change, by: ToldBy, at: Timestamp) -> Option<(WatchKey, News)> {
        match change {
            Change::Site(record) => {
                let key = WatchKey::Site { site: record.site };
                Some((key, News::Site(SiteNews::registered(record, by))))
            }
            Change::Declaration(record) => {
                let key = WatchKey::Site { site: record.filed.site };
                Some((key, News::Site(SiteNews::filed(record, returned_at(record)))))
            }
            Change::Permit(record) => of_permit(record, by, at),
            Change::Paper(paper) => of_paper(paper, by, at),
            Change::Mandate(record) => Some(self.of_mandate(record, by, at)),
            _ => None,
        }
    }

    fn of_mandate(&self, record: &MandateRecord, by: ToldBy, at: Timestamp) -> (WatchKey, News) {
        let key = WatchKey::Mandate { party: record.party, other: record.to };
        let paper = record.mandate.as_uuid();
        if record.revoked_index.is_some() {
            return (key, News::Ended(paper));
        }
        let day = |at: Timestamp| self.rulebook.profile.local_date(at.as_millis());
        let term = Term {
            paper,
            holder: record.party,
            number: String::new(),
            scope: Scope { codes: Vec::new(), ways: record.kinds.iter().cloned().collect() },
            from: day(record.from),
            // Its end is the first moment that it does not cover.
            to: day(record.until.plus_millis(-1)),
            event: by.event,
            known_at: at,
        };
        (key, News::Term(term))
    }

    /// Let watches take in what an entry tells; then the rules look at those that know something new.
    pub(super) fn settle_watches(&mut self, (index, now): (u64, Timestamp), outcome: &mut Outcome) {
        let on = self.rulebook.profile.local_date(now.as_millis());
        let mut told: BTreeMap<&WatchKey, Vec<&News>> = BTreeMap::new();
        for (key, news) in &outcome.watched {
            told.entry(key).or_default().push(news);
        }
        for (key, news) in told {
            let mut watch = self.watches.remove(&key.id()).unwrap_or_else(|| Watch::fresh(key.clone()));
            let shelf = &mut watch.shelf;
            let mut is_new = false;
            news.iter().for_each(|news| is_new |= shelf.state.take_in(news, on));
            if is_new {
                shelf.first_index.get_or_insert(index);
                shelf.updated_index = Some(index);
                outcome.steps.extend(shelf.findings.open_due(now));
                let observed =
                    check_watch(&WatchView { key, state: &shelf.state, profile: self.rulebook.profile });
                outcome.steps.extend(shelf.findings.update(observed, now, index));
                shelf.changed = true;
            }
            self.watches.insert(key.id(), watch);
        }
    }
}

fn returned_at(record: &DeclarationRecord) -> Option<Timestamp> {
    match record.decision {
        Some(Decision::Returned { at, .. }) => Some(at),
        _ => None,
    }
}

/// A permit ends with the terms that were set last, unless it was revoked.
fn of_permit(record: &PermitRecord, by: ToldBy, at: Timestamp) -> Option<(WatchKey, News)> {
    let key = WatchKey::Permit { party: record.party, site: record.site };
    let paper = record.permit.as_uuid();
    if matches!(record.last_standing(), Some(PermitChange::Revoked(_))) {
        return Some((key, News::Ended(paper)));
    }
    let terms = record.life.iter().rev().find_map(|step| step.terms())?;
    let scope = Scope {
        codes: terms.items.iter().flat_map(|item| item.codes.iter().cloned()).collect(),
        ways: terms.items.iter().flat_map(|item| item.methods.iter().map(ToString::to_string)).collect(),
    };
    let term = Term {
        paper,
        holder: record.party,
        number: record.number.clone(),
        scope,
        from: terms.valid_from,
        to: terms.valid_to,
        event: by.event,
        known_at: at,
    };
    Some((key, News::Term(term)))
}

/// Papers with a last day that is waited for; a plan is made anew each year, and a rule about loads tells where it was not.
fn of_paper(paper: &Paper, by: ToldBy, at: Timestamp) -> Option<(WatchKey, News)> {
    let (key, number, scope) = waited_for(paper)?;
    let id: Uuid = paper.id.id;
    if paper.end.is_some() {
        return Some((key, News::Ended(id)));
    }
    let (from, to) = paper.days()?;
    let holder = paper.belongs.party.unwrap_or(paper.by);
    Some((
        key,
        News::Term(Term { paper: id, holder, number, scope, from, to, event: by.event, known_at: at }),
    ))
}

/// Among which papers one is renewed, its number, and what it is for.
fn waited_for(paper: &Paper) -> Option<(WatchKey, String, Scope)> {
    Some(match &paper.written {
        Written::Vehicle(s) => {
            let key = WatchKey::Vehicle { party: s.carrier, plate: s.plate.clone() };
            (key, s.licence.to_string(), Scope::default())
        }
        Written::Person(s) => {
            let (party, qualification, certificate) = (s.carrier, s.qualification, s.certificate.clone());
            (
                WatchKey::Person { party, qualification, certificate },
                s.certificate.to_string(),
                Scope::default(),
            )
        }
        Written::Contract(s) => {
            let (party, other) = (paper.by.min(s.with), paper.by.max(s.with));
            let scope = Scope { codes: s.codes.to_vec(), ..Scope::default() };
            (WatchKey::Contract { party, other }, String::new(), scope)
        }
        Written::Approval(s) => {
            let codes = s.lines.iter().map(|line| CodePattern::Code(line.code)).collect();
            let ways = s.methods.iter().map(ToString::to_string).collect();
            let key = WatchKey::Approval { party: s.consignor, other: s.consignee };
            (key, s.number.to_string(), Scope { codes, ways })
        }
        _ => return None,
    })
}
