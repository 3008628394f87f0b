//! The fleet: which vehicle may carry dangerous goods for which carrier, and who may drive or escort it, on which days.
//!
//! What is read here are papers, kept by plate and by key. None of them is ever ended by another, so a paper recorded later can only
//! excuse: it never takes a licence away.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::paper::{Paper, PaperId, Written};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::ledger::Kid;
use crate::registry::Registry;
use crate::registry::standing::Qualification;
use crate::shape::Plate;

/// Most keys that a person had one after the other and that are looked at.
pub const MAX_KEYS_OF_PERSON: usize = 8;

/// Transport licence of a vehicle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    paper: PaperId,
    /// The carrier that runs it.
    pub carrier: Uscc,
    /// Rated load in grams, where it states one.
    pub rated_g: Option<i64>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    days: (NaiveDate, NaiveDate),
}

/// Qualification of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Qualified {
    paper: PaperId,
    carrier: Uscc,
    qualification: Qualification,
    days: (NaiveDate, NaiveDate),
}

/// The licences and qualifications at hand.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    licences: HashMap<Plate, Vec<Licence>>,
    persons: HashMap<Kid, Vec<Qualified>>,
}

impl Fleet {
    /// Take in a paper, if it is about a vehicle or a person.
    pub fn add(&mut self, paper: &Paper) {
        match &paper.written {
            Written::Vehicle(s) => {
                let licences = self.licences.entry(s.plate.clone()).or_default();
                licences.retain(|known| known.paper != paper.id);
                licences.push(Licence {
                    paper: paper.id,
                    carrier: s.carrier,
                    rated_g: s.rated_load_g.map(|rated| rated.get()),
                    recorded_at: paper.recorded_at,
                    days: (s.valid_from, s.valid_to),
                });
            }
            Written::Person(s) => {
                let qualified = self.persons.entry(s.key).or_default();
                qualified.retain(|known| known.paper != paper.id);
                qualified.push(Qualified {
                    paper: paper.id,
                    carrier: s.carrier,
                    qualification: s.qualification,
                    days: (s.valid_from, s.valid_to),
                });
            }
            _ => {}
        }
    }

    /// The licences of a vehicle that are good on a day.
    pub fn licences(&self, plate: &Plate, on: NaiveDate) -> impl Iterator<Item = &Licence> + Clone {
        let all = self.licences.get(plate).map_or(&[][..], Vec::as_slice);
        all.iter().filter(move |licence| holds(licence.days, on))
    }

    /// True when a person is qualified with a carrier on a day, under the key given or one that it replaced.
    pub fn is_qualified(
        &self,
        registry: &Registry,
        person: Kid,
        carrier: Uscc,
        (qualification, on): (Qualification, NaiveDate),
    ) -> bool {
        let before = |kid: &Kid| registry.key(kid).and_then(|key| key.replaces);
        let keys = std::iter::successors(Some(person), before).take(MAX_KEYS_OF_PERSON);
        let mut papers = keys.filter_map(|kid| self.persons.get(&kid)).flatten();
        papers.any(|paper| {
            (paper.carrier, paper.qualification) == (carrier, qualification) && holds(paper.days, on)
        })
    }
}

fn holds((from, to): (NaiveDate, NaiveDate), on: NaiveDate) -> bool {
    (from..=to).contains(&on)
}
