//! Findings: lists, and one with every step of its life.

use std::collections::HashMap;

use super::cursor::Cursor;
use super::sheet::Gathered;
use super::{MAX_ROUNDS, Page, page_size};
use crate::app::access::{Viewer, divisions_of_parties, divisions_of_sites, load_manifests};
use crate::app::roster::OnDuty;
use crate::app::{App, Fault};
use crate::catalogue::{Division, Uscc};
use crate::clock::Timestamp;
use crate::custody::Observation;
use crate::custody::answer::{Answer, Stage};
use crate::custody::finding::StepKind;
use crate::custody::rules::Rule;
use crate::custody::shelf::Life;
use crate::id::{FindingId, ManifestId, SiteId};
use crate::store::finding::{Filter, Queue};
use crate::store::{ReadTx, answer, case, finding, log};

pub use crate::store::finding::FindingRow;

/// Most steps of a finding that are shown at once. One that stands on a year's total is revised by each receipt of that year.
const MAX_STEPS: u32 = 200;

/// A finding with the rule it comes from.
#[derive(Clone)]
pub struct FindingItem {
    /// The finding as it stands.
    pub row: FindingRow,
    /// Its rule; `None` for one that this program no longer has.
    pub rule: Option<&'static Rule>,
}

impl std::fmt::Debug for FindingItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.row.fmt(f)
    }
}

/// Which findings to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingFilter {
    /// Only those that concern this party.
    pub party: Option<Uscc>,
    /// Only those of this rule.
    pub rule: Option<String>,
    /// Only the open or only the closed ones.
    pub life: Option<Life>,
    /// Only those that stand here by what people said of them.
    pub stage: Option<Stage>,
    /// Only those for which the viewer's key is on duty today.
    pub is_mine_today: bool,
}

/// Where a page of findings begins: when the last one of the page before opened (in milliseconds since 1970), and which it was.
pub type FindingCursor = Cursor<FindingId>;

/// One step in the life of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Number of the step, from 0.
    pub n: u32,
    /// Opened, revised or closed.
    pub kind: StepKind,
    /// When.
    pub at: Timestamp,
    /// Log index that caused it; `None` when only time passed.
    pub index: Option<u64>,
    /// What was seen.
    pub seen: Observation,
}

/// A finding with its life.
#[derive(Clone, Debug)]
pub struct FindingDetail {
    /// The finding.
    pub item: FindingItem,
    /// Its last steps in order, or those before the one that was asked for.
    pub steps: Vec<Step>,
    /// The step before which there are more; `None` where these are the first.
    pub earlier_than: Option<u32>,
    /// What people said of it, in log order.
    pub answers: Vec<Answer>,
}

impl App {
    /// A page of findings, those that opened last first, behind `after`.
    pub async fn findings(
        &self,
        viewer: &Viewer,
        filter: &FindingFilter,
        after: Option<FindingCursor>,
        limit: u64,
    ) -> Result<Page<FindingItem, FindingCursor>, Fault> {
        let limit = page_size(limit);
        let queue = match (viewer, filter.party) {
            (Viewer::Party { party, .. }, asked) if asked.is_none_or(|asked| asked == *party) => {
                Queue::Party(*party)
            }
            (Viewer::Authority { division, .. }, None) => Queue::Division(*division),
            (Viewer::Authority { .. }, Some(party)) => Queue::Party(party),
            _ => return Ok(Page::empty()),
        };
        let is_mine_today = filter.is_mine_today;
        let filter = Filter { queue, rule: filter.rule.clone(), life: filter.life, stage: filter.stage };
        let mut tx = self.reading().await?;
        let on_duty =
            if is_mine_today { self.on_duty_today(&mut tx, viewer).await? } else { OnDuty::default() };
        let is_wanted = |divisions: &[Division]| {
            !is_mine_today || viewer.kid().is_some_and(|kid| on_duty.is_on(kid, divisions))
        };
        let mut items: Vec<FindingItem> = Vec::new();
        let mut next = Some(after.map_or(finding::NEWEST, |cursor| cursor.0));
        for _ in 0..MAX_ROUNDS {
            let Some(after) = next.filter(|_| (items.len() as u64) < limit) else { break };
            let found = finding::list(&mut tx, &filter, after, limit - items.len() as u64).await?;
            next = found.next;
            let seen = seen_where(self, &mut tx, viewer, found.rows).await?.into_iter();
            items.extend(seen.filter(|(_, divisions)| is_wanted(divisions)).map(|(item, _)| item));
        }
        Ok(Page { items, next: next.map(Cursor) })
    }

    /// As many of the findings as one sheet holds, and whether there are more.
    pub async fn findings_listed(
        &self,
        viewer: &Viewer,
        filter: &FindingFilter,
    ) -> Result<(Vec<FindingItem>, bool), Fault> {
        let mut all = Gathered::new();
        while let Some(wanted) = all.wanted() {
            all.take(self.findings(viewer, filter, all.next, wanted).await?);
        }
        Ok((all.items, all.next.is_some()))
    }

    /// One finding as it stands.
    pub async fn finding_item(&self, viewer: &Viewer, id: FindingId) -> Result<Option<FindingItem>, Fault> {
        self.one(&mut self.reading().await?, viewer, id).await
    }

    async fn one(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        id: FindingId,
    ) -> Result<Option<FindingItem>, Fault> {
        let Some(row) = finding::finding(tx, id).await? else { return Ok(None) };
        Ok(items_for(self, tx, viewer, vec![row]).await?.pop())
    }

    /// One finding with its life: what comes with it is bounded, the steps before the step `before` are asked for.
    pub async fn finding(
        &self,
        viewer: &Viewer,
        id: FindingId,
        before: Option<u32>,
    ) -> Result<Option<FindingDetail>, Fault> {
        let mut tx = self.reading().await?;
        let Some(item) = self.one(&mut tx, viewer, id).await? else { return Ok(None) };
        let steps = finding::steps(&mut tx, id, before.unwrap_or(u32::MAX), MAX_STEPS).await?;
        let earlier_than = steps.first().map(|first| first.n).filter(|first| *first > 0);
        let answers = answer::of_findings(&mut tx, &[id]).await?.pop().map(|said| said.answers);
        let answers = visible_answers(&mut tx, viewer, answers.unwrap_or_default()).await?;
        let steps = steps.into_iter().map(|row| Step {
            n: row.n,
            kind: StepKind::named(&row.step),
            at: row.at,
            index: row.index,
            seen: row.seen,
        });
        // Whom a finding concerns may change with what is seen; earlier steps are shown to whom they concerned.
        let concerns_viewer = |step: &Step| match viewer {
            Viewer::Party { party, .. } => step.seen.concerns.contains(party),
            _ => true,
        };
        let steps = steps.filter(concerns_viewer).collect();
        Ok(Some(FindingDetail { item, steps, earlier_than, answers }))
    }
}

/// The findings of a manifest and its lines as they stood when the log had `size` entries, just before the next one came. The log is
/// longer than that.
pub(super) async fn findings_as_of(
    tx: &mut ReadTx,
    id: ManifestId,
    size: u64,
) -> Result<Vec<FindingRow>, Fault> {
    let next = log::entry(tx, size).await?.map_or(Timestamp::from_millis(i64::MAX), |next| next.recorded_at);
    let mut steps: HashMap<FindingId, Vec<finding::StepRow>> = HashMap::new();
    for step in finding::steps_of_manifest(tx, id).await? {
        // What fell due by itself was opened when its time came, by no entry.
        if step.index.map_or(step.at < next, |index| index < size) {
            steps.entry(step.finding).or_default().push(step);
        }
    }
    let rows = finding::of_manifest(tx, id).await?.into_iter();
    let mut rows: Vec<FindingRow> = rows.filter_map(|row| after(steps.get(&row.id)?, row)).collect();
    rows.sort_by_key(|row| (row.opened_at, row.id));
    Ok(rows)
}

/// A finding as these steps of it left it.
fn after(steps: &[finding::StepRow], row: FindingRow) -> Option<FindingRow> {
    let last = |kind: StepKind| steps.iter().rev().find(|step| StepKind::named(&step.step) == kind);
    let (opened, closed) = (last(StepKind::Opened)?, last(StepKind::Closed));
    let closed = closed.filter(|closed| closed.n > opened.n);
    Some(FindingRow {
        life: if closed.is_some() { Life::Closed } else { Life::Open },
        opened_at: Some(opened.at),
        closed_at: closed.map(|step| step.at),
        seen: steps.last()?.seen.clone(),
        ..row
    })
}

/// What a viewer may know of what was said: a case that was opened from a finding is for the party it concerns, and for the authority.
async fn visible_answers(
    tx: &mut ReadTx,
    viewer: &Viewer,
    mut answers: Vec<Answer>,
) -> Result<Vec<Answer>, Fault> {
    let opened = answers.iter().filter_map(|answer| answer.opens());
    let cases = case::by_ids(tx, &opened.collect::<Vec<_>>()).await?;
    let sees = |id| cases.iter().any(|case| case.case == id && viewer.may_see_case(case));
    answers.retain(|answer| answer.opens().is_none_or(sees));
    Ok(answers)
}

/// The findings among these that a viewer may see.
pub(super) async fn items_for(
    app: &App,
    tx: &mut ReadTx,
    viewer: &Viewer,
    rows: Vec<FindingRow>,
) -> Result<Vec<FindingItem>, Fault> {
    Ok(seen_where(app, tx, viewer, rows).await?.into_iter().map(|(item, _)| item).collect())
}

/// The same, each with the divisions it lies in; these are told to authorities alone.
async fn seen_where(
    app: &App,
    tx: &mut ReadTx,
    viewer: &Viewer,
    rows: Vec<FindingRow>,
) -> Result<Vec<(FindingItem, Vec<Division>)>, Fault> {
    let known =
        if viewer.is_authority() { Divisions::load(app, tx, &rows).await? } else { Divisions::default() };
    let seen = rows.into_iter().filter_map(|row| {
        let divisions = known.of(&row);
        let item = FindingItem { rule: Rule::named(&row.seen.rule), row };
        viewer.may_see_finding(&item.row.seen.concerns, &divisions).then_some((item, divisions))
    });
    Ok(seen.collect())
}

/// The divisions of parties and manifests at hand.
#[derive(Default)]
struct Divisions {
    parties: HashMap<Uscc, Division>,
    manifests: HashMap<ManifestId, Vec<Division>>,
}

impl Divisions {
    async fn load(app: &App, tx: &mut ReadTx, rows: &[FindingRow]) -> Result<Self, Fault> {
        let concerned: Vec<Uscc> = rows.iter().flat_map(|row| row.seen.concerns.iter().copied()).collect();
        let parties = divisions_of_parties(tx, &concerned).await?;
        let ids: Vec<ManifestId> = rows.iter().filter_map(|row| row.manifest).collect();
        let states = load_manifests(app, tx, &ids).await?;
        let ends: HashMap<ManifestId, Vec<SiteId>> = states
            .into_iter()
            .filter_map(|(id, state)| {
                state.registration.map(|r| (id, vec![r.consignor.site, r.consignee.site]))
            })
            .collect();
        let sites: Vec<SiteId> = ends.values().flatten().copied().collect();
        let known = divisions_of_sites(tx, &sites).await?;
        let manifests = ends
            .into_iter()
            .map(|(id, sites)| (id, sites.iter().filter_map(|site| known.get(site).copied()).collect()))
            .collect();
        Ok(Self { parties, manifests })
    }

    fn of(&self, row: &FindingRow) -> Vec<Division> {
        let parties = row.seen.concerns.iter().filter_map(|party| self.parties.get(party));
        let manifest = row.manifest.and_then(|id| self.manifests.get(&id)).into_iter().flatten();
        parties.chain(manifest).copied().collect()
    }
}
