//! Watches (到期监视): what the ledger waits for where no manifest tells of it. Papers end, and sites owe the authority something.
//!
//! A watch is named by what it waits for, and holds just what its rules need: the terms of the papers that renew each other, or what a
//! site declared and when it last recorded something. It is folded from what registry entries leave behind and from the days on which
//! something was recorded of a site; so obligations follow from entries alone, and time only opens them.

mod site;
mod terms;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::catalogue::Uscc;
use crate::id::{SiteId, WatchId, derived};
use crate::ledger::EventId;
use crate::registry::standing::Qualification;
use crate::shape::{Plate, Text};

pub use site::{ClassKnown, Filing, KeptVideo, SiteDuties, SiteNews};
pub use terms::{Scope, Term, Terms};

/// What a watch waits for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "of", deny_unknown_fields)]
pub enum WatchKey {
    /// The end of the permits of a party, for one site or for all.
    Permit {
        /// The holder.
        party: Uscc,
        /// The site they are for; `None` for all sites.
        site: Option<SiteId>,
    },
    /// The end of the licences of a vehicle.
    Vehicle {
        /// The carrier.
        party: Uscc,
        /// The vehicle.
        plate: Plate,
    },
    /// The end of the terms of a certificate: each is recorded by itself, and the person's key may change meanwhile.
    Person {
        /// The carrier.
        party: Uscc,
        /// As what the person is qualified.
        qualification: Qualification,
        /// Number of the certificate.
        certificate: Text<64>,
    },
    /// The end of the contracts between two parties, whichever of them filed them.
    Contract {
        /// The one whose code comes first.
        party: Uscc,
        /// The other one.
        other: Uscc,
    },
    /// The end of the approvals of transfers from one party to another.
    Approval {
        /// The consignor.
        party: Uscc,
        /// The consignee.
        other: Uscc,
    },
    /// The end of the mandates that a party gave another.
    Mandate {
        /// Who is signed for.
        party: Uscc,
        /// The mandatary.
        other: Uscc,
    },
    /// What a site owes the authority.
    Site {
        /// The site.
        site: SiteId,
    },
}

impl WatchKey {
    /// The name of the watch, which follows from the key.
    pub fn id(&self) -> WatchId {
        let spelled = serde_json::json!(self).to_string();
        WatchId::from_uuid(derived(&[b"liandan/watch/v1", spelled.as_bytes()]))
    }

    /// The kebab-case name of what it waits for.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Permit { .. } => "permit",
            Self::Vehicle { .. } => "vehicle",
            Self::Person { .. } => "person",
            Self::Contract { .. } => "contract",
            Self::Approval { .. } => "approval",
            Self::Mandate { .. } => "mandate",
            Self::Site { .. } => "site",
        }
    }

    /// The parties whose paper it is; of a site its duties tell.
    pub fn concerns(&self) -> Vec<Uscc> {
        match self {
            Self::Permit { party, .. } | Self::Vehicle { party, .. } | Self::Person { party, .. } => {
                vec![*party]
            }
            Self::Contract { party, other }
            | Self::Approval { party, other }
            | Self::Mandate { party, other } => {
                vec![*party, *other]
            }
            Self::Site { .. } => Vec::new(),
        }
    }
}

/// What is kept of a watch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WatchState {
    /// Nothing that can fall due is known.
    #[default]
    Nothing,
    /// Papers that end.
    Terms(Terms),
    /// A site.
    Site(SiteDuties),
}

/// What an entry tells a watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// A paper is good for these days.
    Term(Term),
    /// A paper of this id was ended by somebody: nobody waits for its last day.
    Ended(uuid::Uuid),
    /// Something about a site.
    Site(SiteNews),
}

/// The entry that tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToldBy {
    /// The event.
    pub event: EventId,
    /// The local day it was recorded.
    pub on: NaiveDate,
}

impl WatchState {
    /// Take in what an entry tells, recorded on local day `on`; true when that changed anything.
    pub fn take_in(&mut self, news: &News, on: NaiveDate) -> bool {
        let before = self.clone();
        match news {
            News::Term(term) => self.terms().put(term.clone(), on),
            News::Ended(paper) => self.terms().end(paper),
            News::Site(news) => {
                if let Some(mut duties) = self.duties(news) {
                    duties.take_in(news, on);
                    *self = Self::Site(duties);
                }
            }
        }
        *self != before
    }

    fn terms(&mut self) -> &mut Terms {
        if !matches!(self, Self::Terms(_)) {
            *self = Self::Terms(Terms::default());
        }
        let Self::Terms(terms) = self else { unreachable!("it was made one") };
        terms
    }

    /// The duties of a site as they are known; a site that nobody put into a class and that filed nothing has none.
    fn duties(&self, news: &SiteNews) -> Option<SiteDuties> {
        if let Self::Site(duties) = self { Some(duties.clone()) } else { SiteDuties::begun_by(news) }
    }
}
