//! The status of a manifest: a view of its state, never stored as truth.

use serde::{Deserialize, Serialize};

use super::line::LineState;
use super::state::ManifestState;
use crate::clock::Timestamp;

/// Where a manifest stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Events came, no registration did.
    Unregistered,
    /// The consignor registered it.
    Registered,
    /// The consignee is willing.
    Confirmed,
    /// A vehicle is assigned.
    Assigned,
    /// On the way.
    InTransit,
    /// At the consignee, acceptance pending.
    Delivered,
    /// All accepted (联单已办结).
    Received,
    /// A part accepted, a part rejected.
    Partly,
    /// All rejected.
    Rejected,
    /// The rejected waste went back.
    Returned,
    /// The consignee declined before collection.
    Declined,
    /// The consignor withdrew it before collection.
    Voided,
}

impl Status {
    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unregistered => "unregistered",
            Self::Registered => "registered",
            Self::Confirmed => "confirmed",
            Self::Assigned => "assigned",
            Self::InTransit => "in-transit",
            Self::Delivered => "delivered",
            Self::Received => "received",
            Self::Partly => "partly",
            Self::Rejected => "rejected",
            Self::Returned => "returned",
            Self::Declined => "declined",
            Self::Voided => "voided",
        }
    }

    /// The Chinese name on pages.
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Unregistered => "未登记",
            Self::Registered => "已登记",
            Self::Confirmed => "已确认",
            Self::Assigned => "已派车",
            Self::InTransit => "运输中",
            Self::Delivered => "已送达待验收",
            Self::Received => "已办结",
            Self::Partly => "部分接受",
            Self::Rejected => "已拒收",
            Self::Returned => "已退回",
            Self::Declined => "经营单位拒绝",
            Self::Voided => "已作废",
        }
    }
}

impl ManifestState {
    /// Where the manifest stands.
    pub fn status(&self) -> Status {
        if let Some(erased) = &self.erased {
            return erased.status;
        }
        if self.has_moved() { self.status_of_moved() } else { self.status_before_departure() }
    }

    /// True once anything was handed over or received.
    pub fn has_moved(&self) -> bool {
        !self.handovers.is_empty() || self.lines.values().any(|line| !line.received_by.is_empty())
    }

    /// When the consignee had said everything about all that moved (联单已办结), if it has. It may have rejected all of it: what
    /// becomes of the waste is another question.
    pub fn completed_at(&self) -> Option<Timestamp> {
        let lines = || self.lines.values().filter(|line| line.has_moved());
        let is_complete = lines().all(|line| self.is_settled(line));
        lines().filter_map(|line| line.received_at).max().filter(|_| is_complete)
    }

    /// True when nothing more is to come: all received, or what was rejected went back, or it never left.
    pub fn is_closed(&self) -> bool {
        let is_back = |line: &LineState| !line.on_the_way_back && line.unreturned_g() == 0;
        match self.status() {
            Status::Received | Status::Declined | Status::Voided => true,
            Status::Partly | Status::Rejected | Status::Returned => {
                self.lines.values().all(|line| is_back(line) && !line.on_the_way)
            }
            Status::Unregistered
            | Status::Registered
            | Status::Confirmed
            | Status::Assigned
            | Status::InTransit
            | Status::Delivered => false,
        }
    }

    fn status_before_departure(&self) -> Status {
        if self.voided.is_some() {
            Status::Voided
        } else if self.declined.is_some() {
            Status::Declined
        } else if self.registration.is_none() {
            Status::Unregistered
        } else if !self.assignments.is_empty() {
            Status::Assigned
        } else if self.confirmed.is_some() {
            Status::Confirmed
        } else {
            Status::Registered
        }
    }

    fn status_of_moved(&self) -> Status {
        let lines = || self.lines.values().filter(|line| line.has_moved());
        let is_nowhere = self.arrivals().next().is_none() && lines().all(|line| line.received_by.is_empty());
        if is_nowhere || lines().any(|line| self.is_underway(line)) {
            return if lines().any(|line| line.returned_g != 0) {
                Status::Returned
            } else {
                Status::InTransit
            };
        }
        if !lines().all(|line| self.is_settled(line)) {
            return Status::Delivered;
        }
        let rejected = lines().map(|line| line.rejected_g).any(|g| g != 0);
        let accepted = lines().map(|line| line.accepted_g).any(|g| g != 0);
        match (accepted, rejected) {
            (_, false) => Status::Received,
            (true, true) => Status::Partly,
            (false, true) if lines().any(|line| line.returned_g != 0) => Status::Returned,
            (false, true) => Status::Rejected,
        }
    }

    /// Everything was said about a line, by the consignee too: what somebody else received is not settled by that.
    fn is_settled(&self, line: &LineState) -> bool {
        let consignee = self.registration.as_ref().map(|registration| registration.consignee.party);
        line.is_received() && consignee.is_none_or(|consignee| line.receivers.contains(&consignee))
    }

    /// On the road, or in a yard on the way. What was refused at the gate has been decided on, wherever the truck is.
    fn is_underway(&self, line: &LineState) -> bool {
        line.on_the_way && !line.refused_at_gate || self.yard(line).is_some()
    }
}
