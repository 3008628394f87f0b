//! The papers at hand, and which of them a rule has to look at: those of a side, those of a site. A batch brings the papers of all its parties,
//! and every load is held against its own.

use std::collections::HashMap;

use super::paper::{Paper, PaperId, Written};
use crate::catalogue::Uscc;
use crate::id::SiteId;

/// Papers, looked up by id, by party and by site.
#[derive(Clone, Debug, Default)]
pub struct Papers {
    all: HashMap<PaperId, Paper>,
    of_party: HashMap<Uscc, Vec<PaperId>>,
    plans: HashMap<SiteId, Vec<PaperId>>,
}

impl Papers {
    /// The paper of this id.
    pub fn get(&self, id: &PaperId) -> Option<&Paper> {
        self.all.get(id)
    }

    /// All of them, in no order.
    pub fn values(&self) -> impl Iterator<Item = &Paper> {
        self.all.values()
    }

    /// Those of which a party is one of the sides.
    pub fn of_party(&self, party: &Uscc) -> impl Iterator<Item = &Paper> + Clone {
        let ids = self.of_party.get(party).into_iter().flatten();
        ids.filter_map(|id| self.all.get(id))
    }

    /// The plans of a site.
    pub fn plans_of(&self, site: &SiteId) -> impl Iterator<Item = &Paper> {
        let ids = self.plans.get(site).into_iter().flatten();
        ids.filter_map(|id| self.all.get(id))
    }

    /// Put one at hand, in the place of what was known under its id. Whose it is and where was decided when it was made.
    pub fn put(&mut self, paper: Paper) {
        if !self.all.contains_key(&paper.id) {
            let sides = [paper.belongs.party, paper.belongs.other].into_iter().flatten();
            for side in sides {
                self.of_party.entry(side).or_default().push(paper.id);
            }
            if let Written::Plan(plan) = &paper.written {
                self.plans.entry(plan.site).or_default().push(paper.id);
            }
        }
        self.all.insert(paper.id, paper);
    }
}
