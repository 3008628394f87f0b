//! Making clean histories: small worlds in which what is said is what happened, and nothing is lost without a word.

use std::collections::BTreeMap;

use liandan::catalogue::WasteCode;
use liandan::clock::Timestamp;
use liandan::custody::payload::handover::Offer;
use liandan::custody::payload::waste::Draw;
use liandan::custody::{Class, Event, Statement};
use liandan::id::{ActId, LotId};
use liandan::ledger::{Digest, EventId};
use liandan::registry::Role;
use liandan::shape::{Basis, Grams, List, Quantity, Text};

use super::places::Place;
use crate::support::ledger::LOG;
use crate::support::random::Random;

const MINUTE_MS: i64 = 60_000;
/// Monday 2026-03-02 08:00 in Shandong.
const BEGINS_MS: i64 = 1_772_409_600_000;

/// One statement of a history.
#[derive(Clone, Debug)]
pub(super) struct Said {
    /// Stands for the hash of its bytes as long as nobody signed it.
    pub(super) id: EventId,
    pub(super) event: Event,
    pub(super) by: (&'static str, Role),
    /// The releasing side's offer, and who signs that.
    pub(super) offer: Option<(Offer, &'static str)>,
    pub(super) recorded_at: Timestamp,
}

impl Said {
    pub(super) fn is_fact(&self) -> bool {
        self.event.kind().class() == Class::Fact
    }
}

/// A loss that is hidden in a history, of so many grams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hidden {
    /// Less of a line arrives than was loaded.
    OnTheRoad,
    /// More of a line leaves than was drawn from any lot.
    Undrawn,
    /// Less comes out of a repacking than went in.
    InRepacking,
    /// Less is counted than there was, and nobody knows why.
    InCount,
}

/// Where a hidden loss must show: on these lots together, and nowhere else.
#[derive(Clone, Debug)]
pub(super) struct Planted {
    pub(super) hidden: Hidden,
    pub(super) lots: Vec<LotId>,
    pub(super) mass_g: i64,
}

/// A history and what is true at its end.
#[derive(Clone, Debug)]
pub(super) struct History {
    pub(super) seed: u64,
    /// In the order in which it happened.
    pub(super) said: Vec<Said>,
    /// What is where, as somebody would find who looked.
    pub(super) held: BTreeMap<(LotId, Place), i64>,
    /// What is on the road.
    pub(super) on_the_road: BTreeMap<LotId, i64>,
    pub(super) planted: Option<Planted>,
    /// Nothing was rejected at a gate: how its holders are told is a matter of manifests.
    pub(super) is_plain: bool,
    pub(super) ends_at: Timestamp,
}

/// Mass of one lot at one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stock {
    pub(super) lot: LotId,
    pub(super) place: Place,
    /// `None` for a product.
    pub(super) code: Option<WasteCode>,
    pub(super) mass_g: i64,
}

pub(super) struct Maker {
    pub(super) random: Random,
    pub(super) now: Timestamp,
    pub(super) history: History,
    pub(super) stock: Vec<Stock>,
    /// What was put into the storage room of a place and not taken out of it.
    pub(super) stored_g: BTreeMap<(LotId, Place), i64>,
    made: u32,
    hides: Option<Hidden>,
}

impl History {
    /// A clean history of about so many facts; with `hides`, but for one loss that nobody states.
    pub(super) fn clean(seed: u64, facts: usize, hides: Option<Hidden>) -> Self {
        let now = Timestamp::from_millis(BEGINS_MS);
        let history = Self {
            seed,
            said: Vec::new(),
            held: BTreeMap::new(),
            on_the_road: BTreeMap::new(),
            planted: None,
            is_plain: true,
            ends_at: now,
        };
        let mut maker = Maker {
            random: Random::new(seed),
            now,
            history,
            stock: Vec::new(),
            stored_g: BTreeMap::new(),
            made: 0,
            hides,
        };
        maker.appears();
        while maker.facts() < facts {
            maker.goes_on();
        }
        while let Some(hidden) = maker.hides {
            match hidden {
                Hidden::InRepacking => maker.repacks(),
                Hidden::InCount => maker.counts(),
                Hidden::OnTheRoad | Hidden::Undrawn => maker.trip(),
            }
            maker.appears();
        }
        maker.ends()
    }
}

impl Maker {
    fn facts(&self) -> usize {
        self.history.said.iter().filter(|said| said.is_fact()).count()
    }

    fn goes_on(&mut self) {
        match self.random.below(12) {
            0 | 1 => self.appears(),
            2..=4 => self.repacks(),
            5 | 6 => self.treats(),
            7 => self.counts(),
            8 => self.puts_away(),
            _ => self.trip(),
        }
    }

    fn ends(mut self) -> History {
        for stock in self.stock.iter().filter(|stock| stock.mass_g != 0) {
            *self.history.held.entry((stock.lot, stock.place)).or_default() += stock.mass_g;
        }
        self.history.ends_at = self.now.plus_millis(MINUTE_MS);
        self.history
    }

    /// True once, when this is the place to hide the loss.
    pub(super) fn hides(&mut self, here: Hidden) -> bool {
        self.hides.take_if(|hidden| *hidden == here).is_some()
    }

    pub(super) fn plant(&mut self, hidden: Hidden, lots: Vec<LotId>, mass_g: i64) {
        self.history.planted = Some(Planted { hidden, lots, mass_g });
    }

    /// One time in so many.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.random.below(times) == 0
    }

    pub(super) fn one_of<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.random.below(from.len())]
    }

    /// From one gram to so many; small ones more often than by chance.
    pub(super) fn some_g(&mut self, most: i64) -> i64 {
        let most = if self.once_in(4) { most.min(50) } else { most };
        1 + self.random.below(usize::try_from(most).unwrap()) as i64
    }

    /// A UUID of version 7 that no other thing of this history has.
    pub(super) fn new_id(&mut self) -> uuid::Uuid {
        self.made += 1;
        let mut tail = [0_u8; 10];
        tail[2..6].copy_from_slice(&self.made.to_be_bytes());
        tail[6..].copy_from_slice(&(self.history.seed as u32).to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(self.now.as_millis().unsigned_abs(), &tail).into_uuid()
    }

    pub(super) fn new_lot(&mut self) -> LotId {
        LotId::from_uuid(self.new_id())
    }

    /// Somebody says something, some minutes after what was said before; gives its id.
    pub(super) fn says(
        &mut self,
        by: (Place, Role),
        statement: Statement,
        offer: Option<(Offer, &'static str)>,
        prev: Option<EventId>,
    ) -> EventId {
        let before = self.now;
        self.now = before.plus_millis((1 + self.random.below(30)) as i64 * MINUTE_MS);
        let number = self.history.said.len() as u64;
        let parts = [&self.history.seed.to_be_bytes()[..], &number.to_be_bytes()];
        let id = EventId::from_bytes(Digest::sha256(&parts).0);
        let event = Event {
            log: Text::new(LOG).unwrap(),
            act: ActId::from_uuid(self.new_id()),
            party: by.0.party,
            mandate: None,
            prev: List::new(prev.into_iter().collect()).unwrap(),
            anchor: None,
            occurred_at: self.now,
            place: None,
            statement,
        };
        self.history.said.push(Said { id, event, by: (by.0.label, by.1), offer, recorded_at: self.now });
        id
    }

    pub(super) fn fact(&mut self, by: Place, statement: Statement) {
        self.says((by, Role::Operator), statement, None, None);
    }

    /// Where some waste of some code lies.
    pub(super) fn any_stock(&mut self, wanted: impl Fn(&Stock) -> bool) -> Option<(Place, WasteCode)> {
        let there: Vec<Stock> =
            self.stock.iter().filter(|stock| stock.mass_g > 0 && wanted(stock)).copied().collect();
        let found = (!there.is_empty()).then(|| self.one_of(&there))?;
        Some((found.place, found.code?))
    }

    /// Take all or a part of up to three lots.
    pub(super) fn draw(&mut self, place: Place, code: WasteCode) -> Vec<Draw> {
        let most = 1 + self.random.below(3);
        let mut drawn: Vec<Draw> = Vec::new();
        for n in 0..self.stock.len() {
            let stock = self.stock[n];
            let fits = stock.place == place && stock.code == Some(code) && stock.mass_g > 0;
            if !fits || drawn.len() == most || (!drawn.is_empty() && self.once_in(3)) {
                continue;
            }
            let mass_g = if self.once_in(2) { stock.mass_g } else { self.some_g(stock.mass_g) };
            self.stock[n].mass_g -= mass_g;
            drawn.push(Draw { lot: stock.lot, mass_g: grams(mass_g) });
        }
        drawn
    }

    pub(super) fn put(&mut self, lot: LotId, place: Place, code: Option<WasteCode>, mass_g: i64) {
        let known = self.stock.iter_mut().find(|stock| stock.lot == lot && stock.place == place);
        match known {
            Some(stock) => stock.mass_g += mass_g,
            None => self.stock.push(Stock { lot, place, code, mass_g }),
        }
    }
}

pub(super) fn grams(mass_g: i64) -> Grams {
    Grams::new(mass_g).unwrap()
}

pub(super) fn quantity(mass_g: i64) -> Quantity {
    Quantity::of(grams(mass_g), Basis::Measured)
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.site == other.site
    }
}

impl Eq for Place {}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.site.cmp(&other.site)
    }
}
