//! Parties (单位) and their sites (场所).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::standing::{ClassOfYear, Facility};
use crate::catalogue::{Division, UnitClass, Uscc};
use crate::clock::Timestamp;
use crate::id::SiteId;
use crate::shape::Place;

/// What a party does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartyKind {
    /// Produces waste (产生单位).
    Producer,
    /// Stores, uses or disposes of others' waste under a permit (经营单位).
    Operator,
    /// Moves waste (承运人).
    Carrier,
    /// Supervises (主管部门).
    Authority,
    /// Anything else, such as an importer of documents.
    Other,
}

impl PartyKind {
    /// The kebab-case name, as it stands in payloads.
    pub fn name(self) -> &'static str {
        match self {
            Self::Producer => "producer",
            Self::Operator => "operator",
            Self::Carrier => "carrier",
            Self::Authority => "authority",
            Self::Other => "other",
        }
    }
}

/// A party, as folded from the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyRecord {
    /// Unified social credit code (GB 32100).
    pub party: Uscc,
    /// Registered name.
    pub name: String,
    /// Name in English, if it has one.
    pub name_en: Option<String>,
    /// What it does.
    pub kinds: Vec<PartyKind>,
    /// Division it is registered in.
    pub division: Division,
    /// What anybody finds it by, a line each: its names, also in short, and the initials of Chinese ones.
    pub sought: String,
    /// What authorities find it by besides, a line each: what it is called in other systems, which is told to nobody else.
    pub sought_by_authorities: String,
    /// Log index of its registration.
    pub index: u64,
}

impl PartyRecord {
    /// Whether it is the authority that founded the ledger: it was registered with it.
    pub fn is_founder(&self) -> bool {
        self.index == 0
    }
}

/// A site of a party, as folded from the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteRecord {
    /// Names the site.
    pub site: SiteId,
    /// The party it belongs to.
    pub party: Uscc,
    /// Its name.
    pub name: String,
    /// Division it lies in; decides jurisdiction and manifest numbers.
    pub division: Division,
    /// Where it is, if somebody said so.
    pub place: Option<Place>,
    /// Its management class in each year that somebody said one of.
    pub classes: Vec<ClassOfYear>,
    /// Its facilities for storage and treatment.
    pub facilities: Vec<Facility>,
    /// When it was registered.
    pub registered_at: Timestamp,
    /// Its last day of operation, once it is closed: nothing is registered from or to it afterwards.
    pub closed_on: Option<NaiveDate>,
    /// Log index of its registration.
    pub index: u64,
}

impl SiteRecord {
    /// Its management class in a year; `None` where nobody said one. Of two for one year the later counts.
    pub fn class_in(&self, year: i32) -> Option<UnitClass> {
        self.classes.iter().rev().find(|class| i32::from(class.year) == year).map(|class| class.class)
    }
}
