//! What was shipped under approvals and contracts: the mass that left the sites of one side for the road, on local days within the
//! paper, under manifests that name the other side as consignee. Rejected waste that came back is not taken off again.

use std::collections::BTreeSet;

use super::paper::Paper;
use crate::app::Fault;
use crate::catalogue::{CodePattern, Uscc, WasteCode};
use crate::custody::paper::Written;
use crate::store::register::{self, Sent};
use crate::store::{ReadTx, StoreError};

/// What was shipped under one row of an approval, or under a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// The paper.
    pub paper: Paper,
    /// The code; `None` for a contract, which is for all of its codes together.
    pub code: Option<WasteCode>,
    /// What it allows, in grams; `None` for a contract.
    pub allowed_g: Option<i64>,
    /// What was shipped, in grams.
    pub shipped_g: i64,
}

/// What was shipped under these approvals and contracts, in one statement for all of them.
pub(super) async fn under(tx: &mut ReadTx, papers: &[&Paper]) -> Result<Vec<Shipped>, Fault> {
    let days: Vec<_> = papers.iter().filter_map(|paper| paper.days()).collect();
    let first = days.iter().map(|(from, _)| *from).min();
    let Some((first, last)) = first.zip(days.iter().map(|(_, to)| *to).max()) else { return Ok(Vec::new()) };
    let sides: BTreeSet<Uscc> = papers.iter().flat_map(|paper| sides_of(paper)).collect();
    let sides: Vec<Uscc> = sides.into_iter().collect();
    let days = (i64::from(first.to_epoch_days()), i64::from(last.to_epoch_days()));
    let sent: Result<Vec<Sent>, StoreError> = register::sent_between(tx, &sides, days).await;
    let sent = sent?;
    Ok(papers.iter().flat_map(|paper| of_paper(paper, &sent)).collect())
}

fn sides_of(paper: &Paper) -> impl Iterator<Item = Uscc> {
    [paper.belongs.party, paper.belongs.other].into_iter().flatten()
}

fn of_paper(paper: &Paper, sent: &[Sent]) -> Vec<Shipped> {
    let Some((from, to)) = paper.days() else { return Vec::new() };
    let days = i64::from(from.to_epoch_days())..=i64::from(to.to_epoch_days());
    let mut sides = sides_of(paper);
    let (Some(one), Some(other)) = (sides.next(), sides.next()) else { return Vec::new() };
    let sum = |pairs: &[(Uscc, Uscc)], covers: &dyn Fn(&WasteCode) -> bool| {
        let under = |sent: &&Sent| {
            pairs.contains(&(sent.from, sent.to)) && days.contains(&sent.day) && covers(&sent.code)
        };
        sent.iter().filter(under).map(|sent| sent.mass_g).fold(0_i64, i64::wrapping_add)
    };
    let row = |code, allowed_g, shipped_g| Shipped { paper: paper.clone(), code, allowed_g, shipped_g };
    match &paper.written {
        Written::Approval(s) => s
            .lines
            .iter()
            .map(|line| {
                let shipped_g = sum(&[(s.consignor, s.consignee)], &|code| *code == line.code);
                row(Some(line.code), Some(line.yearly_g.get()), shipped_g)
            })
            .collect(),
        // Either side may have filed it.
        Written::Contract(s) => {
            let covers = |code: &WasteCode| s.codes.iter().any(|pattern: &CodePattern| pattern.covers(code));
            vec![row(None, None, sum(&[(one, other), (other, one)], &covers))]
        }
        _ => Vec::new(),
    }
}
