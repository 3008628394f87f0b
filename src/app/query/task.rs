//! Tasks (待办): what waits for whoever looks, each with until when and by which kinds of event it is done. Nothing is kept for it: every task is
//! seen in what the other lists show.

mod kind;

use chrono::{NaiveDate, TimeDelta};

pub use kind::TaskKind;

use super::case::{CaseFilter, CaseStage};
use super::duty::DutyState;
use super::finding::FindingFilter;
use super::manifests::{ManifestFilter, SeenManifest};
use super::paper::PaperId;
use super::record::{EXPIRING_DAYS, Expiring, ExpiringWhat, expiring};
use crate::app::access::Viewer;
use crate::app::offers::OfferSide;
use crate::app::{App, Fault};
use crate::catalogue::{DeclarationPeriod, Uscc};
use crate::clock::Timestamp;
use crate::custody::Kind;
use crate::custody::actions::may;
use crate::custody::answer::Stage;
use crate::custody::manifest::{HandoverRecord, ManifestState};
use crate::custody::shelf::Life;
use crate::id::{CaseId, CorrectionId, FindingId, ManifestId, SiteId};
use crate::ledger::{Digest, EventId};
use crate::registry::Role;
use crate::store::{correction, paper, registry};

/// Most tasks of each kind that are looked for; where there are more, the answer says so.
pub const MAX_TASKS_OF_A_KIND: u64 = 100;

/// Until when something is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskDue {
    /// Until a moment.
    At(Timestamp),
    /// Until the end of a local day.
    On(NaiveDate),
}

/// What a task is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskAbout {
    /// A manifest.
    Manifest(ManifestId),
    /// An offer on a manifest.
    Offer(EventId, ManifestId),
    /// A correction of an event.
    Correction(CorrectionId, EventId),
    /// A finding.
    Finding(FindingId),
    /// A case.
    Case(CaseId),
    /// The declaration of a site for a period that begins on a day.
    Declaration(SiteId, DeclarationPeriod, NaiveDate),
    /// A permit, by the number printed on it.
    Permit(String),
    /// A paper.
    Paper(PaperId),
    /// A file, by its digest, and the event that names it.
    Attachment(Digest, EventId),
}

/// One task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// What is to be done.
    pub kind: TaskKind,
    /// About what.
    pub about: TaskAbout,
    /// Number of the manifest, where it is about one that has a number.
    pub number: Option<String>,
    /// Until when, where there is a day.
    pub due: Option<TaskDue>,
    /// True when that has passed.
    pub is_overdue: bool,
}

/// Everything that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tasks {
    /// The tasks: what is due first comes first, and what has no day last.
    pub items: Vec<Task>,
    /// True when there are more than were looked for.
    pub more: bool,
}

/// Tasks as they are found.
struct Found {
    now: Timestamp,
    today: NaiveDate,
    tasks: Tasks,
}

impl Found {
    fn add(&mut self, kind: TaskKind, about: TaskAbout, due: Option<TaskDue>, number: Option<String>) {
        let is_overdue = match due {
            Some(TaskDue::At(at)) => at < self.now,
            Some(TaskDue::On(day)) => day < self.today,
            None => false,
        };
        self.tasks.items.push(Task { kind, about, number, due, is_overdue });
    }
}

impl App {
    /// What waits for the viewer: for its party, as far as its key may do it, or for an officer.
    pub async fn tasks(&self, viewer: &Viewer) -> Result<Tasks, Fault> {
        let (now, today) = (self.inner.clock.now(), self.today());
        let mut found = Found { now, today, tasks: Tasks::default() };
        match viewer {
            Viewer::Public => {}
            Viewer::Party { party, role, .. } => {
                self.handover_tasks(viewer, *party, &mut found).await?;
                if !Role::is_crew(*role) {
                    self.answer_tasks(viewer, *party, &mut found).await?;
                    self.duty_tasks(viewer, DutyState::is_to_file, TaskKind::FileDeclaration, &mut found)
                        .await?;
                    self.expiry_tasks(*party, &mut found).await?;
                    self.upload_tasks(viewer, &mut found).await?;
                }
            }
            Viewer::Authority { .. } => {
                self.officer_tasks(viewer, &mut found).await?;
                self.upload_tasks(viewer, &mut found).await?;
            }
        }
        let profile = self.rulebook().profile;
        let day = |task: &Task| match task.due {
            Some(TaskDue::At(at)) => (profile.local_date(at.as_millis()), at.as_millis()),
            Some(TaskDue::On(day)) => (day, i64::MAX),
            None => (NaiveDate::MAX, i64::MAX),
        };
        let mut tasks = found.tasks;
        tasks.items.sort_by(|a, b| (day(a), a.kind, &a.about).cmp(&(day(b), b.kind, &b.about)));
        Ok(tasks)
    }

    /// What waits on manifests, and offers.
    async fn handover_tasks(&self, viewer: &Viewer, party: Uscc, found: &mut Found) -> Result<(), Fault> {
        let offers = self.offers(viewer, OfferSide::Taking, None, MAX_TASKS_OF_A_KIND).await?;
        found.tasks.more |= offers.next.is_some();
        for offer in offers.items {
            let about = TaskAbout::Offer(offer.stored.id, offer.said.manifest);
            found.add(TaskKind::AcceptOffer, about, Some(TaskDue::At(offer.stored.expires_at)), None);
        }
        let mut tx = self.reading().await?;
        // A handover may wait for a signature when everything else is done.
        let under_way = ManifestFilter { is_under_way: true, ..ManifestFilter::default() };
        let unsigned = ManifestFilter { is_unsigned: true, ..ManifestFilter::default() };
        let mut seen = Vec::new();
        for filter in [under_way, unsigned] {
            let page = self.searched(&mut tx, viewer, &filter, None, MAX_TASKS_OF_A_KIND).await?;
            found.tasks.more |= page.next.is_some();
            seen.extend(page.items);
        }
        seen.sort_by_key(|one| one.row.id);
        seen.dedup_by_key(|one| one.row.id);
        let is_crew = viewer.role().is_some_and(Role::is_crew);
        for SeenManifest { row, state } in &seen {
            for (kind, due) in waiting_on(state, party) {
                if !is_crew || kind == TaskKind::Countersign {
                    found.add(kind, TaskAbout::Manifest(row.id), due.map(TaskDue::At), row.number.clone());
                }
            }
        }
        Ok(())
    }

    /// What waits for an answer: corrections, findings, cases.
    async fn answer_tasks(&self, viewer: &Viewer, party: Uscc, found: &mut Found) -> Result<(), Fault> {
        let mut tx = self.reading().await?;
        let corrections = correction::waiting(&mut tx, party, MAX_TASKS_OF_A_KIND).await?;
        drop(tx);
        found.tasks.more |= corrections.len() as u64 == MAX_TASKS_OF_A_KIND;
        for state in corrections.into_iter().filter(|state| state.waits_for.contains(&party)) {
            let about = TaskAbout::Correction(state.correction, state.event);
            found.add(TaskKind::AnswerCorrection, about, None, None);
        }
        self.finding_tasks(viewer, Stage::Open, TaskKind::ExplainFinding, found).await?;
        let open = CaseFilter { stage: Some(CaseStage::Open), ..CaseFilter::default() };
        self.case_tasks(viewer, open, TaskKind::AnswerCase, found).await
    }

    async fn finding_tasks(
        &self,
        viewer: &Viewer,
        stage: Stage,
        kind: TaskKind,
        found: &mut Found,
    ) -> Result<(), Fault> {
        let filter = FindingFilter { life: Some(Life::Open), stage: Some(stage), ..FindingFilter::default() };
        let page = self.findings(viewer, &filter, None, MAX_TASKS_OF_A_KIND).await?;
        found.tasks.more |= page.next.is_some();
        for item in page.items {
            found.add(kind, TaskAbout::Finding(item.row.id), None, None);
        }
        Ok(())
    }

    async fn case_tasks(
        &self,
        viewer: &Viewer,
        filter: CaseFilter,
        kind: TaskKind,
        found: &mut Found,
    ) -> Result<(), Fault> {
        let page = self.cases(viewer, &filter, None, MAX_TASKS_OF_A_KIND).await?;
        found.tasks.more |= page.next.is_some();
        for case in page.items {
            let due = case.state.due.filter(|_| kind == TaskKind::AnswerCase);
            found.add(kind, TaskAbout::Case(case.state.case), due.map(TaskDue::On), None);
        }
        Ok(())
    }

    async fn duty_tasks(
        &self,
        viewer: &Viewer,
        is_wanted: fn(DutyState) -> bool,
        kind: TaskKind,
        found: &mut Found,
    ) -> Result<(), Fault> {
        let page = self.duties(viewer, None, None, MAX_TASKS_OF_A_KIND).await?;
        found.tasks.more |= page.next.is_some();
        for item in page.items.into_iter().filter(|item| is_wanted(item.state)) {
            let slot = item.duty.slot;
            let about = TaskAbout::Declaration(slot.site, slot.period, slot.from);
            let due = (kind == TaskKind::FileDeclaration).then_some(TaskDue::On(item.duty.due_on));
            found.add(kind, about, due, None);
        }
        Ok(())
    }

    /// What of the party's own ends soon.
    async fn expiry_tasks(&self, party: Uscc, found: &mut Found) -> Result<(), Fault> {
        let until = found.today + TimeDelta::days(EXPIRING_DAYS);
        let days = (i64::from(found.today.to_epoch_days()), i64::from(until.to_epoch_days()));
        let mut tx = self.reading().await?;
        let papers = paper::expiring(&mut tx, party, days, MAX_TASKS_OF_A_KIND).await?;
        found.tasks.more |= papers.len() as u64 == MAX_TASKS_OF_A_KIND;
        let permits = registry::permits(&mut tx, &[party]).await?;
        for Expiring { on, what } in expiring(&permits, papers, (found.today, until)) {
            let about = match what {
                ExpiringWhat::Permit(number) => TaskAbout::Permit(number),
                ExpiringWhat::Paper(paper) => TaskAbout::Paper(paper.id),
            };
            found.add(TaskKind::RenewPaper, about, Some(TaskDue::On(on)), None);
        }
        Ok(())
    }

    /// Files that events of the viewer's party name and nobody sent.
    async fn upload_tasks(&self, viewer: &Viewer, found: &mut Found) -> Result<(), Fault> {
        let page = self.missing_attachments(viewer, None, MAX_TASKS_OF_A_KIND).await?;
        found.tasks.more |= page.items.len() as u64 == MAX_TASKS_OF_A_KIND;
        for item in page.items {
            let Some(event) = item.named_in.first() else { continue };
            found.add(TaskKind::UploadAttachment, TaskAbout::Attachment(item.digest, *event), None, None);
        }
        Ok(())
    }

    /// What waits for an officer.
    async fn officer_tasks(&self, viewer: &Viewer, found: &mut Found) -> Result<(), Fault> {
        self.finding_tasks(viewer, Stage::Explained, TaskKind::DecideFinding, found).await?;
        let own =
            CaseFilter { owner: viewer.kid(), stage: Some(CaseStage::Answered), ..CaseFilter::default() };
        self.case_tasks(viewer, own, TaskKind::CloseCase, found).await?;
        let is_filed = |state| state == DutyState::Filed;
        self.duty_tasks(viewer, is_filed, TaskKind::DecideDeclaration, found).await?;
        let profile = self.rulebook().profile;
        for paper in self.applications_going_on(viewer).await? {
            let due = paper.next_stage_due(profile).map(|due| TaskDue::On(due.date));
            found.add(TaskKind::DecideApplication, TaskAbout::Paper(paper.id), due, None);
        }
        Ok(())
    }
}

/// What waits for a party on a manifest that is under way, and until when.
fn waiting_on(state: &ManifestState, party: Uscc) -> Vec<(TaskKind, Option<Timestamp>)> {
    let mut waiting = Vec::new();
    let Some(registration) = &state.registration else { return waiting };
    let leaves = Some(registration.planned_departure);
    if may(Kind::ManifestConfirmed, state, &party).is_ok() && state.confirmed.is_none() {
        waiting.push((TaskKind::ConfirmManifest, leaves));
    }
    let is_assigned = state.assignments.iter().any(|assignment| assignment.mark.party == party);
    if may(Kind::ManifestAssigned, state, &party).is_ok() && !is_assigned && state.goes_by_road(party) {
        waiting.push((TaskKind::AssignVehicle, leaves));
    }
    if may(Kind::HandoverCountersigned, state, &party).is_ok() {
        waiting.push((TaskKind::Countersign, None));
    }
    let arrived = state.arrivals().any(|arrival: &HandoverRecord| arrival.to == party);
    if arrived && state.lines.values().any(|line| line.has_moved() && !line.is_received()) {
        waiting.push((TaskKind::ReceiveLoad, None));
    }
    waiting
}
