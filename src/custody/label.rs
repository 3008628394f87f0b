//! Labels on containers: which containers an event fills, and which ones were seen under one label.
//!
//! A container has an id of its own, because a label need not be unique. Two containers under one label are worth a finding all
//! the same, whichever was stated first; a container that is filled again, under the same label or another, is not.

use serde::{Deserialize, Serialize};

use super::event::{Event, Recorded};
use super::kind::Statement;
use super::payload::waste::{Container, NewLot};
use crate::catalogue::{Uscc, label};
use crate::id::{ContainerId, LabelId, LotId, SiteId};
use crate::ledger::EventId;

/// Most containers kept of one label; of the others only how often they were stated.
const MAX_BEARERS: usize = 16;
/// Most statements kept of one container under one label; of the others only their number.
const MAX_STATEMENTS: usize = 4;

/// The one text of a label, however it was spelled: as printed where it is a label code or element strings of GS1, else as it is.
pub fn text_of(label: &str) -> String {
    label::read(label).map_or_else(|_| label.to_owned(), |scan| scan.text())
}

/// The name of a label, the same for every spelling.
pub fn id_of(label: &str) -> LabelId {
    LabelId::of_text(&text_of(label))
}

/// A container as an event fills it.
#[derive(Clone, Copy, Debug)]
pub struct Filled<'a> {
    /// The site it is at.
    pub site: SiteId,
    /// The lot in it.
    pub lot: LotId,
    /// What was said of it.
    pub container: &'a Container,
}

impl Event {
    /// The containers that the event fills; each stands once.
    pub fn filled(&self) -> impl Iterator<Item = Filled<'_>> {
        let (site, lots): (Option<SiteId>, &[NewLot]) = match &self.statement {
            Statement::StockOpened(s) | Statement::WasteGenerated(s) => (Some(s.site), &s.lots),
            Statement::WasteRepacked(s) => (Some(s.site), &s.outputs),
            _ => (None, &[]),
        };
        site.into_iter().flat_map(move |site| {
            lots.iter().flat_map(move |lot| {
                lot.containers.iter().map(move |container| Filled { site, lot: lot.lot, container })
            })
        })
    }
}

/// What one event says of one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedContainer {
    /// The container.
    pub container: ContainerId,
    /// Log index of the event.
    pub index: u64,
    /// Its label, if it has one.
    pub label: Option<LabelId>,
    /// The lot in it.
    pub lot: LotId,
    /// Who filled it.
    pub party: Uscc,
    /// The site it is at.
    pub site: SiteId,
    /// Net mass in it, in grams.
    pub mass_g: Option<i64>,
    /// Its volume in litres.
    pub litres: Option<u32>,
    /// False when the event no longer counts.
    pub counts: bool,
}

/// What an event says of containers, under its verdict.
pub fn stated(recorded: &Recorded) -> Vec<StatedContainer> {
    let stated = recorded.event.filled().map(|Filled { site, lot, container }| StatedContainer {
        container: container.container,
        index: recorded.index,
        label: container.label.as_deref().map(id_of),
        lot,
        party: recorded.event.party,
        site,
        mass_g: container.mass_g.map(|mass| mass.get()),
        litres: container.litres,
        counts: recorded.verdict.moves(),
    });
    stated.collect()
}

/// One statement that a container bears a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Bearing {
    /// The event.
    pub event: EventId,
    /// Who said it.
    pub party: Uscc,
}

/// A container under a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bearer {
    /// The container.
    pub container: ContainerId,
    /// Who said so: the smallest by event.
    pub stated: Vec<Bearing>,
    /// How many more statements there are.
    pub more: u64,
}

/// What was seen under one label. It depends on the statements alone and not on their order, as long as none is taken back from among
/// more than are kept; and then still, as far as whether there is one container or several.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelState {
    /// The label.
    pub text: String,
    /// The containers: the smallest by id.
    pub bearers: Vec<Bearer>,
    /// How often further containers were stated.
    pub further: u64,
}

impl LabelState {
    /// Add a statement that a container bears the label.
    pub fn bear(&mut self, container: ContainerId, bearing: Bearing) {
        let at = match self.bearers.binary_search_by_key(&container, |bearer| bearer.container) {
            Ok(at) => at,
            Err(MAX_BEARERS) => return self.further += 1,
            Err(at) => {
                self.bearers.insert(at, Bearer { container, stated: Vec::new(), more: 0 });
                at
            }
        };
        self.bearers[at].add(bearing);
        if self.bearers.len() > MAX_BEARERS {
            let left_out = self.bearers.split_off(MAX_BEARERS);
            self.further += left_out.iter().map(Bearer::statements).sum::<u64>();
        }
    }

    /// Take a statement back.
    pub fn take_back(&mut self, container: ContainerId, event: EventId) {
        match self.bearers.binary_search_by_key(&container, |bearer| bearer.container) {
            Ok(at) => {
                self.bearers[at].take_back(event);
                self.bearers.retain(|bearer| bearer.statements() > 0);
            }
            Err(_) => self.further = self.further.saturating_sub(1),
        }
    }

    /// How many containers bear it, as far as they are kept; any further ones are counted as one more.
    pub fn containers(&self) -> usize {
        self.bearers.len() + usize::from(self.further > 0)
    }
}

impl Bearer {
    fn statements(&self) -> u64 {
        self.more.saturating_add(self.stated.len() as u64)
    }

    fn add(&mut self, bearing: Bearing) {
        if let Err(at) = self.stated.binary_search(&bearing) {
            self.stated.insert(at, bearing);
        }
        if self.stated.len() > MAX_STATEMENTS {
            self.stated.truncate(MAX_STATEMENTS);
            self.more += 1;
        }
    }

    fn take_back(&mut self, event: EventId) {
        match self.stated.iter().position(|bearing| bearing.event == event) {
            Some(at) => drop(self.stated.remove(at)),
            None => self.more = self.more.saturating_sub(1),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn container(n: u8) -> ContainerId {
        ContainerId::from_uuid(crate::id::derived(&[&[n]]))
    }

    fn bearing(n: u8) -> Bearing {
        let party = Uscc::with_check("91371302MA3ACME01").unwrap();
        Bearing { event: EventId::from_bytes([n; 32]), party }
    }

    fn of(borne: &[(u8, u8)]) -> LabelState {
        let mut state = LabelState::default();
        for (at, event) in borne {
            state.bear(container(*at), bearing(*event));
        }
        state
    }

    #[test]
    fn every_spelling_of_a_label_has_one_name() {
        let spelled = "91110000101623741K9000414920260302007";
        assert_eq!(id_of("91110000101623741k 900-041-49 20260302 007"), id_of(spelled));
        assert_eq!(id_of("]C18004690123BOX"), id_of("(8004)690123BOX"));
        assert_eq!(text_of("桶 7"), "桶 7");
        assert_ne!(id_of("桶 7"), id_of("桶 8"));
    }

    #[test]
    fn one_container_filled_often_is_one() {
        let often: Vec<(u8, u8)> = (0..40).map(|event| (1, event)).collect();
        let mut state = of(&often);
        assert_eq!((state.containers(), state.bearers[0].statements()), (1, 40));
        for (_, event) in often {
            state.take_back(container(1), bearing(event).event);
        }
        assert_eq!(state, LabelState::default());
    }

    #[test]
    fn any_order_gives_the_same_whatever_is_left_out() {
        let borne: Vec<(u8, u8)> = (0..60).flat_map(|n| [(n % 30, n), (n % 30, n + 60)]).collect();
        let wanted = of(&borne);
        assert_eq!((wanted.bearers.len(), wanted.containers()), (MAX_BEARERS, MAX_BEARERS + 1));
        let statements: u64 = wanted.bearers.iter().map(Bearer::statements).sum();
        assert_eq!(statements + wanted.further, 120);
        let mut order = borne;
        for step in [7, 11, 13, 17] {
            // Steps prime to the number of statements visit each once.
            order = (0..order.len()).map(|n| order[n * step % order.len()]).collect();
            assert_eq!(of(&order), wanted, "step {step}");
        }
    }

    #[test]
    fn several_are_seen_as_long_as_there_are_several() {
        let borne: Vec<(u8, u8)> = (0..40).map(|n| (n, n)).collect();
        let mut state = of(&borne);
        for (n, (at, event)) in borne.iter().enumerate() {
            let left = borne.len() - n;
            assert_eq!(state.containers() > 1, left > 1, "{left} left");
            state.take_back(container(*at), bearing(*event).event);
        }
        assert_eq!(state, LabelState::default());
    }
}
