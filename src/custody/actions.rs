//! What a party may do next with a manifest, and why not the rest. Declarations are refused by it; facts are only advised.

use serde::Serialize;

use super::kind::Kind;
use super::manifest::{HandoverRecord, LineState, ManifestState, Registration};
use crate::catalogue::Uscc;

/// Why something is not for this party, or not now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Why {
    /// Kebab-case code.
    pub code: &'static str,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
}

const UNREGISTERED: Why =
    Why { code: "manifest-unknown", zh: "联单未登记", en: "the manifest is not registered" };
const ENDED: Why =
    Why {
        code: "manifest-ended", zh: "联单已作废或已被拒绝", en: "the manifest was voided or declined"
    };
const DEPARTED: Why =
    Why { code: "already-departed", zh: "废物已经移出", en: "the waste has already departed" };
const NOT_CONSIGNOR: Why =
    Why { code: "not-consignor", zh: "只有移出人可以这样做", en: "only the consignor may do this" };
const NOT_CONSIGNEE: Why =
    Why { code: "not-consignee", zh: "只有接受人可以这样做", en: "only the consignee may do this" };
const NOT_AN_END: Why = Why {
    code: "not-an-end",
    zh: "只有移出人、接受人或其主管部门可以这样做",
    en: "only the consignor, the consignee or an authority over them may do this",
};
const NOT_CARRIER: Why = Why {
    code: "not-carrier",
    zh: "只有联单列明的承运人可以这样做",
    en: "only a carrier named on the manifest may do this",
};
const NOT_HOLDER: Why = Why {
    code: "not-involved",
    zh: "本单位既不交出也不接收",
    en: "this party neither lets go nor takes over here",
};
const NOT_DELIVERED: Why =
    Why { code: "not-delivered", zh: "尚未送达", en: "nothing has been delivered yet" };
const NOTHING_REJECTED: Why =
    Why { code: "nothing-rejected", zh: "没有被拒收的废物", en: "nothing was rejected" };
const NOT_RECEIVED: Why =
    Why { code: "not-received", zh: "尚未验收", en: "nothing has been received yet" };
const NOTHING_UNSIGNED: Why = Why {
    code: "nothing-unsigned",
    zh: "没有待补签的交接",
    en: "no handover waits for this party's signature",
};

/// The kinds of event about one manifest, in the order of its life.
pub const ACTIONS: &[Kind] = &[
    Kind::ManifestConfirmed,
    Kind::ManifestDeclined,
    Kind::ManifestAmended,
    Kind::ManifestAssigned,
    Kind::ManifestVoided,
    Kind::NumberBound,
    Kind::WasteCollected,
    Kind::WasteTransferred,
    Kind::WasteDelivered,
    Kind::WasteReceived,
    Kind::WasteReturned,
    Kind::HandoverCountersigned,
    Kind::DiscrepancyDeclared,
];

/// Whether `party` may state an event of this kind about the manifest now.
pub fn may(kind: Kind, state: &ManifestState, party: &Uscc) -> Result<(), Why> {
    let registration = state.registration.as_ref().ok_or(UNREGISTERED)?;
    let before_departure = || {
        require(state.voided.is_none() && state.declined.is_none(), ENDED)?;
        require(state.handovers.is_empty(), DEPARTED)
    };
    match kind {
        Kind::ManifestConfirmed | Kind::ManifestDeclined => {
            require(*party == registration.consignee.party, NOT_CONSIGNEE)?;
            before_departure()
        }
        Kind::ManifestAssigned => {
            require(registration.carriers().any(|carrier| carrier == *party), NOT_CARRIER)?;
            require(state.voided.is_none() && state.declined.is_none(), ENDED)?;
            let has_taken = state.handovers.iter().any(|handover| handover.to == *party);
            require(!has_taken, DEPARTED)
        }
        Kind::ManifestVoided => {
            require(*party == registration.consignor.party, NOT_CONSIGNOR)?;
            before_departure()
        }
        Kind::ManifestAmended => {
            require(*party == registration.consignor.party, NOT_CONSIGNOR)?;
            require(state.voided.is_none() && state.declined.is_none(), ENDED)?;
            let waits = state.lines.values().any(LineState::is_waiting);
            require(!state.has_moved() || waits, DEPARTED)
        }
        Kind::NumberBound => {
            let ends = [registration.consignor.party, registration.consignee.party];
            require(ends.contains(party), NOT_AN_END)
        }
        _ => may_state(kind, state, registration, party),
    }
}

/// Advice about facts: what would fit the chain. A fact that does not fit is taken all the same and becomes a finding.
fn may_state(
    kind: Kind,
    state: &ManifestState,
    registration: &Registration,
    party: &Uscc,
) -> Result<(), Why> {
    let holds = state.lines.values().any(|line| line.holder.party() == Some(*party));
    let is_carrier = registration.carriers().any(|carrier| carrier == *party);
    let is_consignee = *party == registration.consignee.party;
    match kind {
        Kind::WasteCollected => {
            require(state.voided.is_none() && state.declined.is_none(), ENDED)?;
            require(state.handovers.is_empty(), DEPARTED)?;
            require(is_carrier || *party == registration.consignor.party, NOT_CARRIER)
        }
        Kind::WasteTransferred => require((holds || is_carrier) && on_the_way(state), NOT_HOLDER),
        Kind::WasteDelivered => require((holds || is_consignee) && on_the_way(state), NOT_HOLDER),
        Kind::WasteReceived => {
            require(is_consignee || holds, NOT_CONSIGNEE)?;
            // At the gate a load may be refused that was never delivered, but not by who brings it.
            let stands_at_gate = is_consignee && on_the_way(state);
            require(state.arrivals().next().is_some() || stands_at_gate, NOT_DELIVERED)
        }
        Kind::WasteReturned => {
            require(state.lines.values().any(|line| line.unreturned_g() > 0), NOTHING_REJECTED)
        }
        Kind::HandoverCountersigned => {
            let waits = |handover: &HandoverRecord| {
                state.missing_sides(handover).iter().any(|side| handover.party(*side) == *party)
            };
            require(state.handovers.iter().any(waits), NOTHING_UNSIGNED)
        }
        Kind::DiscrepancyDeclared => {
            require(state.parties().contains(party), NOT_HOLDER)?;
            require(state.lines.values().any(|line| !line.received_by.is_empty()), NOT_RECEIVED)
        }
        _ => Ok(()),
    }
}

/// On the road or in a yard: somebody may hand it on.
fn on_the_way(state: &ManifestState) -> bool {
    state.lines.values().any(|line| line.on_the_way || state.yard(line).is_some())
}

fn require(holds: bool, otherwise: Why) -> Result<(), Why> {
    if holds { Ok(()) } else { Err(otherwise) }
}
