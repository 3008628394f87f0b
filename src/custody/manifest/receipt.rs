//! Folding receipts: what the consignee accepted and rejected, at once, over several days, or at the gate.

use super::custody::who_brought;
use super::line::LineState;
use super::state::{ManifestState, Mark, ReceiptRecord};
use crate::custody::payload::handover::{Received, ReceivedLine};
use crate::shape::Quantity;

impl ManifestState {
    /// Fold a receipt.
    pub(super) fn receive(&mut self, mark: Mark, s: &Received) {
        let accepted = s.lines.iter().map(|line| (line.line, grams(line.accepted.as_ref())));
        self.receipts.push(ReceiptRecord { mark, site: s.site, accepted: accepted.collect() });
        for received in s.lines.iter() {
            self.part_holders(mark, received);
            let line = self.lines.entry(received.line).or_default();
            line.code = line.code.or(Some(received.code));
            line.accepted_g = line.accepted_g.wrapping_add(grams(received.accepted.as_ref()));
            line.rejected_g = line.rejected_g.wrapping_add(grams(received.rejected.as_ref()));
            line.unreceived_g = 0;
            line.received_by.push(mark.event);
            if let Err(at) = line.receivers.binary_search(&mark.party) {
                line.receivers.insert(at, mark.party);
            }
            line.received_at = line.received_at.max(Some(mark.at));
            line.more_to_come = received.more;
            line.entered_by = None;
            line.refused_at_gate |= received.at_gate;
            line.on_the_way = line.refused_at_gate;
            line.on_the_way_back = line.refused_at_gate;
            if is_split(line) && line.rejected_holder.is_none() {
                line.rejected_holder = Some(line.holder.clone());
            }
        }
    }

    /// What is accepted is with the consignee. What is refused at the gate never came in: it stays with who brought it.
    fn part_holders(&mut self, mark: Mark, received: &ReceivedLine) {
        let line = self.lines.entry(received.line).or_default();
        if received.accepted.is_some() && line.rejected_g != 0 && line.rejected_holder.is_none() {
            line.rejected_holder = Some(line.holder.clone());
        }
        if !received.at_gate {
            self.take_in(mark, received.line);
            return;
        }
        let with = who_brought(line, mark.party);
        if received.accepted.is_some() || line.accepted_g != 0 {
            line.rejected_holder.get_or_insert(with);
        } else {
            line.holder = with;
        }
        if received.accepted.is_some() {
            self.take_in(mark, received.line);
        }
    }
}

fn is_split(line: &LineState) -> bool {
    line.accepted_g != 0 && line.rejected_g != 0
}

fn grams(quantity: Option<&Quantity>) -> i64 {
    quantity.map_or(0, Quantity::grams)
}
