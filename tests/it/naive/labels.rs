//! Labels and the containers under them, asked of the whole log.

use std::collections::{BTreeMap, BTreeSet};

use liandan::catalogue::label;
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

/// `label-reused`: two containers under one label.
pub(super) fn check(log: &Log<'_>) -> Vec<Observation> {
    let mut under: BTreeMap<String, BTreeSet<ContainerId>> = BTreeMap::new();
    for (label, container) in log.counting().flat_map(|judged| named(&judged.entry.event)) {
        under.entry(label).or_default().insert(container);
    }
    let reused = under.into_iter().filter(|(_, containers)| containers.len() > 1);
    let reused = reused.map(|(label, containers)| {
        let subject = Subject::Label(LabelId::of_text(&label));
        let containers = i64::try_from(containers.len()).unwrap();
        let figures = Figures::none().with("label", label).with("containers", containers);
        saw("label-reused", subject, "containers", figures)
    });
    reused.collect()
}
