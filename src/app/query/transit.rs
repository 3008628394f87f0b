//! What became of the mass of a line on the road: the residual of its account, read and never posted.

use std::collections::BTreeSet;

use super::LineView;
use crate::app::{App, Fault};
use crate::custody::Subject;
use crate::custody::books::Books;
use crate::custody::lot::LotState;
use crate::custody::manifest::{LineState, ManifestState};
use crate::id::{LotId, ManifestId};
use crate::store::{ReadTx, books};

/// The road of one line, in grams: shipped and out of storage, less into storage, accepted and rejected, is what is still on
/// the way or missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineTransit {
    /// Loaded at the consignor.
    pub shipped_g: i64,
    /// Put into interim storage.
    pub into_storage_g: i64,
    /// Taken out of interim storage.
    pub out_of_storage_g: i64,
    /// Accepted by the consignee.
    pub accepted_g: i64,
    /// Rejected by the consignee, at the gate or later.
    pub rejected_g: i64,
    /// Rejected and back at a site.
    pub returned_g: i64,
    /// Still on the way.
    pub on_the_way_g: i64,
    /// Shipped and never found, once the consignee has said everything about the line; negative when more was found than
    /// was shipped.
    pub missing_g: i64,
    /// Rejected, and on the way back or still with the carrier.
    pub back_on_the_way_g: i64,
    /// Rejected and never found again, once the rest is back; negative when more came back.
    pub back_missing_g: i64,
}

impl LineTransit {
    /// The road of a line, by its lot and the lot of its rejected part.
    fn of(line: &LineState, own: Option<&LotState>, rejected: Option<&LotState>) -> Self {
        let sums = |lot: Option<&LotState>| {
            lot.and_then(|lot| lot.transit.as_ref()).map_or((0, 0), |transit| (transit.in_g, transit.out_g))
        };
        let ((in_g, out_g), (back_in_g, back_out_g)) = (sums(own), sums(rejected));
        let is_back = line.returned_g != 0 && !line.on_the_way_back;
        let (on_the_way_g, missing_g) = left(in_g.wrapping_sub(out_g), line.is_received());
        let (back_on_the_way_g, back_missing_g) = left(back_in_g.wrapping_sub(back_out_g), is_back);
        Self {
            shipped_g: line.shipped_g,
            into_storage_g: out_g.wrapping_sub(line.found_g()),
            out_of_storage_g: in_g.wrapping_sub(line.shipped_g),
            accepted_g: line.accepted_g,
            rejected_g: line.rejected_g,
            returned_g: line.returned_g,
            on_the_way_g,
            missing_g,
            back_on_the_way_g,
            back_missing_g,
        }
    }
}

/// What is left on an account: on the way while more may come of it, missing afterwards; less than nothing is found too much.
fn left(left_g: i64, is_over: bool) -> (i64, i64) {
    if is_over || left_g < 0 { (0, left_g) } else { (left_g, 0) }
}

impl App {
    /// The lots of the lines of a manifest and of what was rejected of them.
    pub(super) async fn lots_of_lines(
        &self,
        tx: &mut ReadTx,
        id: ManifestId,
        state: &ManifestState,
    ) -> Result<Books, Fault> {
        let wanted: BTreeSet<Subject> =
            state.lines.keys().flat_map(|line| lots_of(id, *line)).map(Subject::Lot).collect();
        let mut shelves = Books::new(self.rulebook());
        books::load_subjects(tx, &mut shelves, &wanted).await?;
        Ok(shelves)
    }
}

fn lots_of(id: ManifestId, line: u16) -> [LotId; 2] {
    [LotId::of_line(id, line), LotId::rejected_of_line(id, line)]
}

/// The lines of a manifest with their roads, by the lots at hand.
pub(super) fn with_roads(
    id: ManifestId,
    state: &ManifestState,
    mut lines: Vec<LineView>,
    shelves: &Books,
) -> Vec<LineView> {
    for view in &mut lines {
        let Some(line) = state.lines.get(&view.line) else { continue };
        let [own, rejected] = lots_of(id, view.line).map(|lot| shelves.lot(&lot).map(|shelf| &shelf.state));
        view.transit = LineTransit::of(line, own, rejected);
    }
    lines
}
