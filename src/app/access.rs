//! Who may see what. Every reading function of [`super::query`] asks here, and nowhere else is it decided.
//!
//! A key is the login: a caller signs a short-lived token with its enrolled key, or was let in for a while for one, and is then a [`Viewer`]. What a viewer may
//! not see it is told does not exist: absent and forbidden answer alike, by `None`.

mod acting;
mod assertion;
mod reach;
mod reading;
mod sealed;
mod session;
mod token;
pub(super) use token::SeenTokens;

use std::collections::BTreeSet;

use crate::catalogue::{Division, Uscc};
use crate::custody::case::CaseState;
use crate::custody::manifest::ManifestState;
use crate::custody::paper::Belongs;
use crate::custody::{Event, Statement};
use crate::ledger::Kid;
use crate::registry::{PartyRecord, Role, SiteRecord};
use crate::shape::Lang;

pub use assertion::MAX_ASSERTION_BYTES;
pub use reading::{Read, ReadRecord};
pub use sealed::{MAX_SEALED_DAYS, SealedCounts, SealedRead};
pub use session::{Admitted, BROWSER_IDLE_MS, BROWSER_LIFE_MS, Door, MAX_SESSIONS_OF_KEY, PROGRAM_LIFE_MS};
pub use token::{AccessError, CLOCK_LEEWAY_S, MAX_JTI_CHARS, MAX_LIVE_TOKENS, MAX_TOKEN_LIFE_S, TokenClaims};

pub(super) use acting::{own_party, principals};
pub(super) use reach::{
    divisions_of_manifest, divisions_of_parties, divisions_of_sites, load_manifests, visible_lots,
};

/// Who is looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// Somebody who speaks for an ordinary party.
    Party {
        /// The party.
        party: Uscc,
        /// Role of the key.
        role: Role,
        /// The key.
        kid: Kid,
    },
    /// Somebody who speaks for an authority (主管部门).
    Authority {
        /// The authority.
        party: Uscc,
        /// The division it supervises, everything below it included.
        division: Division,
        /// Role of the key.
        role: Role,
        /// The key.
        kid: Kid,
    },
    /// Anybody.
    Public,
}

impl Viewer {
    /// The party the viewer speaks for.
    pub fn party(&self) -> Option<Uscc> {
        match self {
            Self::Party { party, .. } | Self::Authority { party, .. } => Some(*party),
            Self::Public => None,
        }
    }

    /// The key the viewer came with.
    pub fn kid(&self) -> Option<Kid> {
        match self {
            Self::Party { kid, .. } | Self::Authority { kid, .. } => Some(*kid),
            Self::Public => None,
        }
    }

    /// The role of that key.
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::Party { role, .. } | Self::Authority { role, .. } => Some(*role),
            Self::Public => None,
        }
    }

    /// A driver or escort: of its party it sees the manifests it is named for, and nothing else.
    pub(super) fn is_crew(&self) -> bool {
        self.role().is_some_and(Role::is_crew)
    }

    /// True for the staff of an authority.
    pub fn is_authority(&self) -> bool {
        matches!(self, Self::Authority { .. })
    }

    /// True when an authority supervises one of these divisions. What lies in no known division is for every authority.
    pub fn supervises(&self, divisions: &[Division]) -> bool {
        let Self::Authority { division: own, .. } = self else { return false };
        divisions.is_empty() || divisions.iter().any(|division| division.is_within(*own))
    }

    /// Parties with a role on the manifest, and the authorities over either end. `divisions` are those of both ends; a
    /// manifest that nobody registered has none.
    pub fn may_see_manifest(&self, state: &ManifestState, divisions: &[Division]) -> bool {
        match self {
            Self::Party { party, kid, .. } => {
                insiders(state).contains(party) && (!self.is_crew() || is_named(state, *kid))
            }
            Self::Authority { .. } => self.supervises(divisions),
            Self::Public => false,
        }
    }

    /// Who said how a lot arose, or the consignor whose waste it is and who held it under its manifest, and the authorities over
    /// these places.
    pub fn may_see_lot(&self, involved: &BTreeSet<Uscc>, divisions: &[Division]) -> bool {
        match self {
            Self::Party { party, .. } => !self.is_crew() && involved.contains(party),
            Self::Authority { .. } => self.supervises(divisions),
            Self::Public => false,
        }
    }

    /// The parties a finding concerns, and the authorities over them or over its manifest.
    pub fn may_see_finding(&self, concerns: &[Uscc], divisions: &[Division]) -> bool {
        match self {
            Self::Party { party, .. } => !self.is_crew() && concerns.contains(party),
            Self::Authority { .. } => self.supervises(divisions),
            Self::Public => false,
        }
    }

    /// Who said it, whom it is about, who may see its manifest, and the authorities over the acting party.
    pub fn may_see_event(&self, event: &Event, sees_manifest: bool, divisions: &[Division]) -> bool {
        match self {
            Self::Party { party, .. } => {
                sees_manifest || (!self.is_crew() && named_in(event).contains(party))
            }
            Self::Authority { .. } => sees_manifest || self.supervises(divisions),
            Self::Public => false,
        }
    }

    /// Records of a party (its sites, keys, permits): its own and any authority's.
    pub fn may_see_records_of(&self, owner: Uscc) -> bool {
        match self {
            Self::Party { party, .. } => !self.is_crew() && *party == owner,
            Self::Authority { .. } => true,
            Self::Public => false,
        }
    }

    /// A paper: its sides, and the authorities over where it belongs.
    pub fn may_see_paper(&self, belongs: &Belongs) -> bool {
        match self {
            Self::Party { party, .. } => {
                !self.is_crew() && [belongs.party, belongs.other].contains(&Some(*party))
            }
            Self::Authority { .. } => self.supervises(belongs.division.as_slice()),
            Self::Public => false,
        }
    }

    /// A case: the party it concerns, and the authorities over where it lies.
    pub fn may_see_case(&self, case: &CaseState) -> bool {
        match self {
            Self::Party { party, .. } => !self.is_crew() && case.party == *party,
            Self::Authority { .. } => self.supervises(case.division.as_slice()),
            Self::Public => false,
        }
    }

    /// An offer that waits: whom it is made to, and who made it; drivers and escorts where they may see its manifest. It is no part of the log, so
    /// authorities have none of it.
    pub fn may_see_offer(&self, sides: [Uscc; 2], sees_manifest: bool) -> bool {
        match self {
            Self::Party { party, .. } => sides.contains(party) && (!self.is_crew() || sees_manifest),
            Self::Authority { .. } | Self::Public => false,
        }
    }

    /// The stock of a site: its party, and the authorities over its division.
    pub fn may_see_stock_of(&self, site: &SiteRecord) -> bool {
        match self {
            Self::Party { party, .. } => !self.is_crew() && *party == site.party,
            Self::Authority { .. } => self.supervises(&[site.division]),
            Self::Public => false,
        }
    }

    /// The content of every entry at once, salts included: officers and auditors of an authority over the whole division that
    /// the ledger was founded for.
    pub fn may_open_everything(&self, founded_for: Division) -> bool {
        let reads = matches!(self.role(), Some(Role::Officer | Role::Auditor));
        reads && matches!(self, Self::Authority { division, .. } if founded_for.is_within(*division))
    }

    /// The record of a party as this viewer may see it: in full its own and for authorities, else no more than its name.
    pub fn party_record(&self, record: PartyRecord) -> Option<PartySeen> {
        match self {
            Self::Public => None,
            _ if self.may_see_records_of(record.party) => Some(PartySeen::Full(record)),
            _ => Some(PartySeen::NameOnly(PartyName::of(&record))),
        }
    }
}

/// What a party is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyName {
    /// Unified social credit code.
    pub party: Uscc,
    /// Registered name.
    pub name: String,
    /// Name in English, if it has one.
    pub name_en: Option<String>,
}

impl PartyName {
    /// The name in a record.
    pub fn of(record: &PartyRecord) -> Self {
        Self { party: record.party, name: record.name.clone(), name_en: record.name_en.clone() }
    }

    /// The name in a language, else in Chinese, else the code.
    pub fn in_words(&self, lang: Lang) -> String {
        let english = self.name_en.as_ref().filter(|_| lang == Lang::En);
        let known = english.unwrap_or(&self.name);
        if known.is_empty() { self.party.to_string() } else { known.clone() }
    }
}

/// A party's record as far as the viewer may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartySeen {
    /// Everything.
    Full(PartyRecord),
    /// Its name: a caller that knows the code may know whose it is.
    NameOnly(PartyName),
}

impl PartySeen {
    /// What it is called.
    pub fn into_name(self) -> PartyName {
        match self {
            Self::Full(record) => PartyName::of(&record),
            Self::NameOnly(name) => name,
        }
    }
}

/// The parties that a manifest is open to: those its registration names, and those that one of them dealt with.
///
/// A handover that only a stranger states does not open the manifest to the stranger, else whoever learns an id could let
/// itself in. A manifest that nobody registered is open to all its events name.
pub fn insiders(state: &ManifestState) -> BTreeSet<Uscc> {
    let Some(registration) = &state.registration else { return state.parties().into_iter().collect() };
    let mut inside: BTreeSet<Uscc> = registration.carriers().collect();
    inside.extend([registration.consignor.party, registration.consignee.party]);
    // Each round lets in those whom the round before dealt with, so the order of the handovers does not matter.
    loop {
        let before = inside.len();
        for handover in &state.handovers {
            let (from, to) = (handover.from, handover.to);
            let both_say_so = handover.unsigned.is_empty() || state.confirmation(handover).is_some();
            let vouched = match both_say_so {
                true => inside.contains(&from) || inside.contains(&to),
                false => inside.contains(&handover.mark.party),
            };
            if vouched {
                inside.extend([from, to]);
            }
        }
        if inside.len() == before {
            return inside;
        }
    }
}

/// True when a key is that of a driver or escort whom a carrier named for the manifest.
fn is_named(state: &ManifestState, kid: Kid) -> bool {
    let crews = state.assignments.iter().flat_map(|assignment| [assignment.driver, assignment.escort]);
    crews.flatten().any(|named| named == kid)
}

/// The parties an event is by or, among registry events, about.
pub fn named_in(event: &Event) -> Vec<Uscc> {
    let about = match &event.statement {
        Statement::PartyRegistered(s) | Statement::PartyUpdated(s) => Some(s.party),
        Statement::SiteRegistered(s) | Statement::SiteUpdated(s) => Some(s.party),
        Statement::PermitIssued(s) => Some(s.party),
        Statement::VehicleLicensed(s) => Some(s.carrier),
        Statement::PersonQualified(s) => Some(s.carrier),
        Statement::ContractFiled(s) => Some(s.with),
        Statement::ApprovalRequested(s) => Some(s.consignee),
        Statement::PenaltyRecorded(s) => Some(s.party),
        Statement::CaseOpened(s) => Some(s.party),
        Statement::ApprovalGranted(s) => return vec![event.party, s.consignor, s.consignee],
        _ => None,
    };
    std::iter::once(event.party).chain(about).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::custody::manifest::{HandoverRecord, Mark, Registration, Side};
    use crate::custody::payload::handover::Step;
    use crate::custody::payload::manifest::{Leg, Mode, PartyAt};
    use crate::id::SiteId;
    use crate::ledger::EventId;

    fn party(n: u32) -> Uscc {
        Uscc::with_check(&format!("91371300MA3C{n:05}")).unwrap()
    }

    fn mark(of: Uscc) -> Mark {
        Mark { event: EventId::from_bytes([1; 32]), at: Timestamp::from_millis(1), party: of, part: 0 }
    }

    fn state() -> ManifestState {
        let at = |n| PartyAt { party: party(n), site: SiteId::from_uuid(crate::id::derived(&[b"site"])) };
        let registration = Registration {
            mark: mark(party(1)),
            index: 5,
            consignor: at(1),
            consignee: at(2),
            planned_by: mark(party(1)),
            legs: vec![Leg { carrier: party(3), mode: Mode::Vehicle }],
            follows: None,
            trip: None,
            planned_departure: Timestamp::from_millis(1),
            planned_arrival: Timestamp::from_millis(2),
            erp_no: None,
        };
        ManifestState { registration: Some(registration), ..Default::default() }
    }

    fn handover(from: u32, to: u32, by: u32, unsigned: Option<Side>) -> HandoverRecord {
        HandoverRecord {
            mark: mark(party(by)),
            index: 6,
            anchor_size: None,
            step: Step::Transferred,
            from: party(from),
            to: party(to),
            from_site: None,
            to_site: None,
            vehicle: None,
            place: None,
            drawn: Vec::new(),
            lines: Vec::new(),
            codes: Default::default(),
            unsigned: unsigned.into_iter().collect(),
            stated_at: Timestamp::from_millis(1),
            containers: Default::default(),
            signed_lines: None,
            confirmed_by: None,
            confirmed: None,
        }
    }

    #[test]
    fn a_stranger_cannot_let_itself_in() {
        let mut state = state();
        state.handovers = vec![handover(3, 9, 9, Some(Side::Releasing))];
        assert!(!insiders(&state).contains(&party(9)), "only the stranger says so");
        state.handovers = vec![handover(3, 9, 9, None)];
        assert!(insiders(&state).contains(&party(9)), "both sides signed");
        state.handovers = vec![handover(3, 9, 3, Some(Side::Taking))];
        assert!(insiders(&state).contains(&party(9)), "a party inside says so");
    }

    #[test]
    fn whom_an_insider_dealt_with_is_inside_in_any_order() {
        let mut state = state();
        state.handovers = vec![handover(8, 9, 9, None), handover(3, 8, 8, None)];
        assert!(insiders(&state).contains(&party(9)));
    }

    #[test]
    fn an_authority_sees_what_lies_below_it() {
        let kid = Kid::from_bytes([0; 32]);
        let officer = |division: &str| Viewer::Authority {
            party: party(7),
            division: division.parse().unwrap(),
            role: Role::Officer,
            kid,
        };
        let ends: Vec<Division> = vec!["371302".parse().unwrap(), "370100".parse().unwrap()];
        for (own, sees) in
            [("371300", true), ("370000", true), ("371302", true), ("371311", false), ("110000", false)]
        {
            assert_eq!(officer(own).may_see_manifest(&state(), &ends), sees, "{own}");
            assert!(officer(own).may_see_manifest(&state(), &[]), "nobody registered it: {own}");
        }
        assert!(!Viewer::Public.may_see_manifest(&state(), &[]));
    }
}
