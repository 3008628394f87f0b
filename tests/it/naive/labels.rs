//! Labels and the containers under them, asked of the whole log.

use std::collections::{BTreeMap, BTreeSet};

use liandan::catalogue::{Uscc, label};
use liandan::custody::payload::waste::NewLot;
use liandan::custody::{Event, Figures, Observation, Statement, Subject};
use liandan::id::{ContainerId, LabelId};

use super::{Log, saw};

/// The labels that an event puts on containers, in their one spelling, each with the container.
pub(super) fn named(event: &Event) -> impl Iterator<Item = (String, ContainerId)> {
    let lots: &[NewLot] = match &event.statement {
        Statement::StockOpened(s) | Statement::WasteGenerated(s) => &s.lots,
        Statement::WasteRepacked(s) => &s.outputs,
        _ => &[],
    };
    lots.iter().flat_map(|lot| lot.containers.iter()).filter_map(|container| {
        let label = container.label.as_deref()?;
        Some((label::read(label).map_or_else(|_| label.to_owned(), |scan| scan.text()), container.container))
    })
}

/// `label-reused`: two containers under one label, told to each party of its own, and between parties to none.
pub(super) fn check(log: &Log<'_>) -> Vec<Observation> {
    let mut under: BTreeMap<String, BTreeSet<(Uscc, ContainerId)>> = BTreeMap::new();
    for event in log.counting().map(|judged| &judged.entry.event) {
        for (label, container) in named(event) {
            under.entry(label).or_default().insert((event.party, container));
        }
    }
    let mut reused = Vec::new();
    for (label, filled) in under {
        let saw = |discriminator: &str, containers: usize| {
            let containers = i64::try_from(containers).unwrap();
            let figures = Figures::none().with("label", label.as_str()).with("containers", containers);
            saw("label-reused", Subject::Label(LabelId::of_text(&label)), discriminator, figures)
        };
        let parties: BTreeSet<Uscc> = filled.iter().map(|(party, _)| *party).collect();
        for party in &parties {
            let own = filled.iter().filter(|(by, _)| by == party).count();
            if own > 1 {
                reused.push(saw(&format!("party:{party}"), own.min(8)));
            }
        }
        let containers: BTreeSet<ContainerId> = filled.iter().map(|(_, container)| *container).collect();
        if parties.len() > 1 && containers.len() > 1 {
            reused.push(saw("parties", containers.len()));
        }
    }
    reused
}
