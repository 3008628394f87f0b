//! Spoiling histories: what parties say wrongly, twice, under used names, or not at all.

use liandan::custody::payload::statement::AboutEvent;
use liandan::custody::{Event, Statement};
use liandan::id::ActId;
use liandan::ledger::{Digest, EventId};
use liandan::registry::Role;
use liandan::registry::standing::{KeyRevoked, RevocationReason};
use liandan::shape::{List, MAX_SAFE_INTEGER, Text};
use serde_json::{Value, json};

use super::make::{History, Said};
use super::places::{Places, kid};
use crate::support::random::Random;

const MINUTE_MS: i64 = 60_000;

/// A history with some things wrong in it.
pub(super) struct Spoilt {
    pub(super) said: Vec<Said>,
    /// What was done to it, in words.
    pub(super) faults: Vec<String>,
}

impl Spoilt {
    /// One to four faults in a clean history.
    pub(super) fn of(history: &History, seed: u64) -> Self {
        let mut random = Random::new(seed ^ 0x5907);
        let mut spoilt = Self { said: history.said.clone(), faults: Vec::new() };
        for _ in 0..=random.below(4) {
            spoilt.add_fault(&mut random);
        }
        if random.below(4) == 0 {
            spoilt.disavows(&mut random);
        }
        spoilt
    }

    fn add_fault(&mut self, random: &mut Random) {
        let facts: Vec<usize> = (0..self.said.len()).filter(|n| self.said[*n].is_fact()).collect();
        let Some(n) = facts.get(random.below(facts.len().max(1))).copied() else { return };
        match random.below(7) {
            0 => {
                let dropped = self.said.remove(n);
                self.faults.push(format!("{} is missing", dropped.event.kind().name()));
            }
            1 => self.says_twice(n),
            2 => self.reuses_act(n, random),
            3 | 4 => self.changes(n, random, MASSES),
            5 => self.changes(n, random, LOTS),
            _ => self.changes(n, random, SITES),
        }
    }

    /// The same once more under another act: as far as anybody can tell, it happened twice.
    fn says_twice(&mut self, n: usize) {
        let mut twice = self.said[n].clone();
        twice.id = EventId::from_bytes(Digest::sha256(&[twice.id.as_bytes(), b"twice"]).0);
        twice.event.act = act_of(&twice.id);
        twice.event.occurred_at = twice.event.occurred_at.plus_millis(MINUTE_MS / 2);
        twice.recorded_at = twice.event.occurred_at;
        self.faults.push(format!("{} is said twice", twice.event.kind().name()));
        self.said.insert(n + 1, twice);
    }

    fn reuses_act(&mut self, n: usize, random: &mut Random) {
        let party = self.said[n].event.party;
        let others: Vec<usize> = (0..n).filter(|m| self.said[*m].event.party == party).collect();
        if others.is_empty() {
            return;
        }
        let other = others[random.below(others.len())];
        self.said[n].event.act = self.said[other].event.act;
        self.faults.push(format!("{} reuses an act", self.said[n].event.kind().name()));
    }

    /// Another value for one field of one fact, where it can be said at all.
    fn changes(&mut self, n: usize, random: &mut Random, field: Field) {
        let mut json = self.said[n].event.to_json();
        let known = self.values(field);
        let mut places = Vec::new();
        find(&mut json["data"], field.names, &mut places);
        if places.is_empty() {
            return;
        }
        let place = places.swap_remove(random.below(places.len()));
        let before = place.clone();
        *place = (field.another)(&before, &known, random);
        let words = format!("{}: {before} became {place}", self.said[n].event.kind().name());
        let Ok(event) = Event::parse(json.to_string().as_bytes()) else { return };
        self.said[n].event = event;
        self.faults.push(words);
    }

    /// Every value that stands in such a field anywhere.
    fn values(&self, field: Field) -> Vec<Value> {
        let mut values = Vec::new();
        for said in self.said.iter().filter(|said| said.is_fact()) {
            let mut json = said.event.to_json();
            let mut places = Vec::new();
            find(&mut json["data"], field.names, &mut places);
            values.extend(places.into_iter().map(|place| place.clone()));
        }
        values
    }

    /// A carrier finds out that a driver's key was stolen, and says of what it signed that some of it never was.
    fn disavows(&mut self, random: &mut Random) {
        let carrier = Places::all().carriers[random.below(2)];
        let signed: Vec<EventId> = self
            .said
            .iter()
            .filter(|said| said.is_fact() && said.by == (carrier.label, Role::Driver))
            .map(|said| said.id)
            .collect();
        let Some(last) = self.said.last().filter(|_| !signed.is_empty()).cloned() else { return };
        let mut say = |role, statement: Statement, word: &str| {
            let mut said = last.clone();
            said.id = EventId::from_bytes(Digest::sha256(&[last.id.as_bytes(), word.as_bytes()]).0);
            said.event.act = act_of(&said.id);
            said.event.party = carrier.party;
            said.event.prev = List::default();
            said.event.statement = statement;
            (said.by, said.offer) = ((carrier.label, role), None);
            said.recorded_at = last.recorded_at.plus_millis(MINUTE_MS);
            said.event.occurred_at = said.recorded_at;
            self.said.push(said);
        };
        let key = kid(carrier.label, Role::Driver);
        let revoked =
            KeyRevoked { key, reason: RevocationReason::Stolen, suspected_from: Some(0), note: None };
        say(Role::Driver, Statement::KeyRevoked(revoked), "revoked");
        for event in signed.into_iter().filter(|_| random.below(3) > 0) {
            let restated = AboutEvent { event, reason: Text::new("不是本单位所签").unwrap() };
            say(Role::Operator, Statement::EventDisavowed(restated), &event.to_string());
        }
        self.faults.push(format!("{} disavows what its driver signed", carrier.label));
    }
}

/// A field of payloads, and how to say something else in it.
#[derive(Clone, Copy)]
struct Field {
    names: &'static [&'static str],
    another: fn(&Value, &[Value], &mut Random) -> Value,
}

const MASSES: Field = Field {
    names: &["mass_g", "differs_g"],
    another: |before, _, random| {
        let grams = before.as_i64().unwrap();
        let some = 1 + random.below(1_000) as i64;
        json!([grams + some, grams - some, grams * 2, 1, -grams, MAX_SAFE_INTEGER][random.below(6)])
    },
};

const LOTS: Field =
    Field { names: &["lot"], another: |_, known, random| known[random.below(known.len())].clone() };

const SITES: Field = Field {
    names: &["site", "from_site", "to_site"],
    another: |_, known, random| known[random.below(known.len())].clone(),
};

/// The values of these fields, wherever they stand.
fn find<'a>(json: &'a mut Value, names: &[&str], found: &mut Vec<&'a mut Value>) {
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                if names.contains(&name.as_str()) && !value.is_object() && !value.is_null() {
                    found.push(value);
                } else {
                    find(value, names, found);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| find(item, names, found)),
        _ => {}
    }
}

/// An act of its own for an event that is made up.
fn act_of(event: &EventId) -> ActId {
    let mut tail = [0_u8; 10];
    tail.copy_from_slice(&event.as_bytes()[..10]);
    ActId::from_uuid(uuid::Builder::from_unix_timestamp_millis(1_772_409_600_000, &tail).into_uuid())
}
