//! Containers of new lots: their ids, and what is printed on them.

use super::Player;
use crate::catalogue::{LabelCode, WasteCode};
use crate::custody::label::id_of;
use crate::id::ContainerId;
use crate::scenario::deed::Line;
use crate::scenario::words::local_day;
use crate::shape::Text;

impl Player<'_> {
    /// The ids of the containers that a new lot is filled into: new ones, or those of another lot, filled again.
    pub(super) fn drum_ids(
        &mut self,
        line: &Line,
        label: &str,
        drums: u16,
    ) -> Result<Vec<ContainerId>, String> {
        let ids: Vec<ContainerId> = match &line.how.same_drums {
            Some(other) => {
                let known = self.filled.get(other).filter(|known| known.len() >= usize::from(drums));
                let known = known.ok_or_else(|| format!("`{other}` has no {drums} drums"))?;
                known[..usize::from(drums)].to_vec()
            }
            None => {
                let id = |n| ContainerId::from_uuid(self.new_id(&format!("drum {n} of {label}"), line.at));
                (1..=drums).map(id).collect()
            }
        };
        self.filled.insert(label.to_owned(), ids.clone());
        Ok(ids)
    }

    /// The labels of these containers, with serial numbers from the one that the script says; none where it says none.
    pub(super) fn labels(
        &mut self,
        line: &Line,
        code: WasteCode,
        drums: u16,
    ) -> Result<Vec<Option<Text<64>>>, String> {
        let Some(first) = line.how.labelled else { return Ok(vec![None; usize::from(drums)]) };
        let uscc = self.world.party(&line.actor.party).ok_or("nobody prints these labels")?.uscc;
        let day = local_day(line.at);
        let label = |serial: u16| {
            let printed = LabelCode::new(uscc, code, day, serial);
            printed.map(|label| label.to_string()).ok_or_else(|| format!("{serial} is no serial number"))
        };
        let labels: Vec<String> =
            (first..first.saturating_add(drums)).map(label).collect::<Result<_, _>>()?;
        for (serial, label) in (first..).zip(&labels) {
            self.names.add_label(&format!("label-{serial}"), id_of(label));
        }
        labels.into_iter().map(|label| Text::new(label).map(Some)).collect()
    }
}
