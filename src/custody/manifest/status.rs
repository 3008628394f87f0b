//! The status of a manifest: a view of its state, never stored as truth.

use serde::{Deserialize, Serialize};

use super::state::{Holder, LineState, ManifestState};

/// Where a manifest stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
        let moved =
            !self.handovers.is_empty() || self.lines.values().any(|line| !line.received_by.is_empty());
        if moved { self.status_of_moved() } else { self.status_before_departure() }
    }

    /// True when nothing more is to come: all received, or what was rejected went back, or it never left.
    pub fn is_closed(&self) -> bool {
        let is_back = |line: &LineState| !line.on_the_way_back && line.returned_g == line.rejected_g;
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
        let touched = |line: &&LineState| line.holder != Holder::NotYet || !line.received_by.is_empty();
        let lines = || self.lines.values().filter(touched);
        if lines().any(|line| line.on_the_way)
            || self.arrivals.is_empty() && lines().all(|line| line.received_by.is_empty())
        {
            return if lines().any(|line| line.returned_g != 0) {
                Status::Returned
            } else {
                Status::InTransit
            };
        }
        if !lines().all(|line| line.is_received()) {
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
}
