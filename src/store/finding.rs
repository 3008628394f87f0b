//! Findings and obligations: one row each, one row a step.

mod list;
pub(super) mod queue;
mod standing;
mod step;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::books::{from_json, to_json};
use super::log::signed;
use super::{ColType, Param, ReadTx, Row, Sql, SqlIn, StoreError, Table, WriteTx, params};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::answer::Stage;
use crate::custody::books::{Changed, Outcome};
use crate::custody::finding::{FindingStep, Observation, StepKind};
use crate::custody::rules;
use crate::custody::shelf::{Findings, Life, Standing};
use crate::custody::{Severity, Subject};
use crate::id::{FindingId, ManifestId, TallyId, WatchId};

pub use list::{Filter, Found, MAX_LOOKED_AT, NEWEST, Spot, list, list_all, open_per_rule};
pub use queue::Queue;
pub use standing::{StoredStanding, standings};
pub use step::{StepRow, steps, steps_of_entry, steps_of_manifest};

pub(super) const FINDING: Table = Table {
    name: "finding",
    columns: &[
        ("finding", ColType::Uuid),
        ("rule", ColType::Text),
        ("severity", ColType::Text),
        ("subject_kind", ColType::Text),
        ("subject", ColType::Text),
        ("manifest", ColType::Uuid),
        ("tally", ColType::Uuid),
        ("watch", ColType::Uuid),
        ("life", ColType::Text),
        ("due_ms", ColType::I64),
        ("opened_at_ms", ColType::I64),
        ("closed_at_ms", ColType::I64),
        ("gauge", ColType::I64),
        ("body", ColType::Text),
    ],
    key: &["finding"],
};
pub(super) const FINDING_STEP: Table = Table {
    name: "finding_step",
    columns: &[
        ("finding", ColType::Uuid),
        ("n", ColType::I64),
        ("idx", ColType::I64),
        ("at_ms", ColType::I64),
        ("step", ColType::Text),
        ("body", ColType::Text),
    ],
    key: &["finding", "n"],
};

/// A finding as the store holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingRow {
    /// Its id.
    pub id: FindingId,
    /// How much it matters.
    pub severity: Severity,
    /// The manifest it belongs to, if it belongs to one.
    pub manifest: Option<ManifestId>,
    /// Armed, open or closed.
    pub life: Life,
    /// When it was last opened.
    pub opened_at: Option<Timestamp>,
    /// When it was last closed.
    pub closed_at: Option<Timestamp>,
    /// Where it stands by what people said of it.
    pub stage: Stage,
    /// What was last seen.
    pub seen: Observation,
}

/// Write what a batch did to findings: those on shelves as they stand now, and those about single entries. Gives those that are findings, and so stand in
/// queues.
pub async fn save(
    tx: &mut WriteTx,
    changed: &mut Changed,
    outcomes: &[(u64, Outcome)],
) -> Result<BTreeSet<FindingId>, StoreError> {
    let mut touched: BTreeMap<FindingId, Touched> = BTreeMap::new();
    let mut closed: BTreeMap<FindingId, Timestamp> = BTreeMap::new();
    for step in outcomes.iter().flat_map(|(_, outcome)| &outcome.steps) {
        if step.step == StepKind::Closed {
            closed.insert(step.finding, step.at);
            continue;
        }
        closed.remove(&step.finding);
        let on = On { manifest: step.seen.subject.manifest(), ..On::default() };
        let standing = Some(Standing::alone(step));
        touched.insert(step.finding, Touched { on, standing });
    }
    let on_manifests = changed
        .manifests
        .iter_mut()
        .flat_map(|(id, shelf)| touched_on(&mut shelf.findings, On { manifest: Some(*id), ..On::default() }));
    let on_labels =
        changed.labels.iter_mut().flat_map(|(_, shelf)| touched_on(&mut shelf.findings, On::default()));
    let on_lots = changed.lots.iter_mut().flat_map(|(_, shelf)| {
        let manifest = shelf.state.carried_on();
        touched_on(&mut shelf.findings, On { manifest, ..On::default() })
    });
    let on_tallies = changed.tallies.iter_mut().flat_map(|tally| {
        touched_on(&mut tally.shelf.findings, On { tally: Some(tally.key.id()), ..On::default() })
    });
    let on_watches = changed.watches.iter_mut().flat_map(|watch| {
        touched_on(&mut watch.shelf.findings, On { watch: Some(watch.key.id()), ..On::default() })
    });
    let on_sums = on_tallies.chain(on_watches);
    for (id, on_shelf) in on_manifests.chain(on_lots).chain(on_labels).chain(on_sums) {
        closed.remove(&id);
        touched.insert(id, on_shelf);
    }
    let (mut rows, mut gone) = (vec![], vec![]);
    for (id, touched) in &touched {
        match &touched.standing {
            Some(standing) => rows.push(row_of(id, touched.on, standing)?),
            None => gone.push(params![id.as_uuid()]),
        }
    }
    tx.delete_many(&FINDING, gone).await?;
    tx.upsert_many(&FINDING, rows).await?;
    let opened = |touched: &Touched| touched.standing.as_ref().is_some_and(|now| now.opened_at.is_some());
    let opened = touched.iter().filter(|(_, touched)| opened(touched)).map(|(id, _)| *id);
    let in_queues = opened.chain(closed.keys().copied()).collect();
    for (id, at) in closed {
        close(tx, id, at).await?;
    }
    save_steps(tx, outcomes.iter().flat_map(|(_, outcome)| &outcome.steps)).await?;
    Ok(in_queues)
}

/// What a finding belongs to, beside its subject.
#[derive(Clone, Copy, Default)]
struct On {
    manifest: Option<ManifestId>,
    tally: Option<TallyId>,
    watch: Option<WatchId>,
}

/// A finding that differs from what the store holds.
struct Touched {
    on: On,
    /// `None` once it is gone.
    standing: Option<Standing>,
}

fn touched_on(findings: &mut Findings, on: On) -> Vec<(FindingId, Touched)> {
    let touched = findings.take_touched().into_iter();
    let touched = touched.map(|id| (id, Touched { on, standing: findings.all().get(&id).cloned() }));
    touched.collect()
}

/// Close a finding that stands on no shelf.
async fn close(tx: &mut WriteTx, id: FindingId, at: Timestamp) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both("update finding set life = 'closed', closed_at_ms = $2 where finding = $1");
    tx.execute(&SQL, params![id.as_uuid(), at.as_millis()]).await?;
    Ok(())
}

/// Delete every finding on a subject, with its queues and steps.
pub(super) async fn forget(tx: &mut WriteTx, subject: &Subject) -> Result<(), StoreError> {
    const STEPS: Sql = Sql::both(
        "delete from finding_step where finding in (select finding from finding where subject_kind = $1 and subject = $2)",
    );
    const QUEUES: Sql = Sql::both(
        "delete from finding_queue where finding in (select finding from finding where subject_kind = $1 and subject = $2)",
    );
    const FINDINGS: Sql = Sql::both("delete from finding where subject_kind = $1 and subject = $2");
    for sql in [STEPS, QUEUES, FINDINGS] {
        tx.execute(&sql, params![subject.kind_name().to_owned(), subject.key()]).await?;
    }
    Ok(())
}

async fn save_steps<'a>(
    tx: &mut WriteTx,
    steps: impl Iterator<Item = &'a FindingStep>,
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for step in steps {
        rows.push(params![
            step.finding.as_uuid(),
            i64::from(step.n),
            step.index.map(signed),
            step.at.as_millis(),
            step.step.name().to_owned(),
            to_json("finding_step", &step.seen)?
        ]);
    }
    tx.insert_many(&FINDING_STEP, rows).await?;
    Ok(())
}

fn life_name(life: Life) -> &'static str {
    match life {
        Life::Armed => "armed",
        Life::Open => "open",
        Life::Closed => "closed",
    }
}

fn row_of(id: &FindingId, on: On, standing: &Standing) -> Result<Vec<Param>, StoreError> {
    let seen = &standing.seen;
    let severity = rules::severity_of(&seen.rule, seen.severity);
    Ok(params![
        id.as_uuid(),
        seen.rule.clone(),
        severity.name().to_owned(),
        seen.subject.kind_name().to_owned(),
        seen.subject.key(),
        on.manifest.map(|manifest| manifest.as_uuid()),
        on.tally.map(|tally| tally.as_uuid()),
        on.watch.map(|watch| watch.as_uuid()),
        life_name(standing.life).to_owned(),
        standing.next_due().map(|due| due.as_millis()),
        standing.opened_at.map(|at| at.as_millis()),
        standing.closed_at.map(|at| at.as_millis()),
        seen.figures.gauge(),
        to_json("finding", seen)?
    ])
}

fn life_of(row: &Row) -> Result<Life, StoreError> {
    let lives = [Life::Armed, Life::Open, Life::Closed];
    let name = row.text("life")?;
    let life = lives.into_iter().find(|life| life_name(*life) == name);
    life.ok_or_else(|| row.corrupt("life", "an unknown life"))
}

fn moment(row: &Row, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
    Ok(row.opt_i64(column)?.map(Timestamp::from_millis))
}

fn finding_of(row: &Row) -> Result<FindingRow, StoreError> {
    Ok(FindingRow {
        id: FindingId::from_uuid(row.uuid("finding")?),
        severity: severity_of(row)?,
        manifest: row.opt_uuid("manifest")?.map(ManifestId::from_uuid),
        life: life_of(row)?,
        opened_at: moment(row, "opened_at_ms")?,
        closed_at: moment(row, "closed_at_ms")?,
        stage: Stage::named(&row.text("stage")?).ok_or_else(|| row.corrupt("stage", "an unknown stage"))?,
        seen: from_json(row, "body")?,
    })
}

/// Every open finding, as it was last seen.
pub async fn all_open(tx: &mut ReadTx) -> Result<BTreeMap<FindingId, Observation>, StoreError> {
    const SQL: Sql = Sql::both("select finding, body from finding where life = 'open'");
    let rows = tx.fetch_all(&SQL, params![]).await?;
    let seen = rows.iter().map(|row| {
        let id = FindingId::from_uuid(row.uuid("finding")?);
        Ok((id, super::books::from_json(row, "body")?))
    });
    seen.collect()
}

/// Running totals with an open finding that concerns one of these parties and that a permit, paper or word about a site may clear.
pub async fn tallies_with_findings(tx: &mut ReadTx, parties: &[Uscc]) -> Result<Vec<TallyId>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select f.tally as it from finding_queue q cross join finding f
          where q.queue = $1 and q.life = 'open' and q.rule in ({keys}) and f.finding = q.finding and f.tally is not null",
    );
    Ok(with_clearable(tx, &SQL, parties).await?.into_iter().map(TallyId::from_uuid).collect())
}

/// Manifests with an open finding that concerns one of these parties and that a permit or paper may clear.
pub async fn manifests_to_look_at_again(
    tx: &mut ReadTx,
    parties: &[Uscc],
) -> Result<Vec<ManifestId>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select f.manifest as it from finding_queue q cross join finding f
          where q.queue = $1 and q.life = 'open' and q.rule in ({keys}) and f.finding = q.finding and f.manifest is not null",
    );
    Ok(with_clearable(tx, &SQL, parties).await?.into_iter().map(ManifestId::from_uuid).collect())
}

/// What is asked for of each party, with the rules whose findings a permit, paper or word about a site may clear.
async fn with_clearable(
    tx: &mut ReadTx,
    sql: &SqlIn,
    parties: &[Uscc],
) -> Result<BTreeSet<Uuid>, StoreError> {
    let clearable = rules::rules().filter(|rule| rule.cleared_by_standing);
    let clearable: Vec<Param> = clearable.map(|rule| Param::Text(rule.id.to_owned())).collect();
    let mut found = BTreeSet::new();
    for party in parties {
        for row in tx.fetch_in(sql, clearable.clone(), params![party.to_string()]).await? {
            found.insert(row.uuid("it")?);
        }
    }
    Ok(found)
}

/// How many open findings concern a party, by severity.
pub async fn open_of_party(tx: &mut ReadTx, party: Uscc) -> Result<BTreeMap<Severity, u64>, StoreError> {
    const SQL: Sql = Sql::both(
        "select f.severity, count(*) as n from finding_queue q cross join finding f
          where q.queue = $1 and q.life = 'open' and f.finding = q.finding group by f.severity",
    );
    let rows = tx.fetch_all(&SQL, params![party.to_string()]).await?;
    rows.iter().map(|row| Ok((severity_of(row)?, u64::try_from(row.i64("n")?).unwrap_or_default()))).collect()
}

pub(super) fn severity_of(row: &Row) -> Result<Severity, StoreError> {
    let severity = serde_json::from_value(row.text("severity")?.into());
    severity.map_err(|_| row.corrupt("severity", "an unknown severity"))
}

/// One finding; an obligation that never opened is none.
pub async fn finding(tx: &mut ReadTx, id: FindingId) -> Result<Option<FindingRow>, StoreError> {
    const SQL: Sql = Sql::both(
        "select finding, severity, manifest, life, opened_at_ms, closed_at_ms, stage, body from finding_seen
          where finding = $1 and opened_at_ms is not null",
    );
    tx.fetch_optional(&SQL, params![id.as_uuid()]).await?.map(|row| finding_of(&row)).transpose()
}

/// The findings of a manifest, its line lots included, in the order they opened.
pub async fn of_manifest(tx: &mut ReadTx, manifest: ManifestId) -> Result<Vec<FindingRow>, StoreError> {
    const SQL: Sql = Sql::both(
        "select finding, severity, manifest, life, opened_at_ms, closed_at_ms, stage, body from finding_seen
          where manifest = $1 and opened_at_ms is not null order by opened_at_ms, finding",
    );
    tx.fetch_all(&SQL, params![manifest.as_uuid()]).await?.iter().map(finding_of).collect()
}

/// The findings of one subject, in the order they opened.
pub async fn of_subject(tx: &mut ReadTx, subject: &Subject) -> Result<Vec<FindingRow>, StoreError> {
    const SQL: Sql = Sql::both(
        "select finding, severity, manifest, life, opened_at_ms, closed_at_ms, stage, body from finding_seen
          where subject = $1 and subject_kind = $2 and opened_at_ms is not null order by opened_at_ms, finding",
    );
    tx.fetch_all(&SQL, params![subject.key(), subject.kind_name().to_owned()])
        .await?
        .iter()
        .map(finding_of)
        .collect()
}
