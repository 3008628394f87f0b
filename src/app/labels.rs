//! Lending label serial numbers: a device asks while it has a connection, and can then print without one.
//!
//! Nobody else gets the numbers of a block for the same party, waste code and day. What is asked for again under the same lease
//! is the same block, so an answer that got lost costs no numbers.

use chrono::NaiveDate;

use super::App;
use super::access::Viewer;
use super::error::{Refusal, RefusalKind, SubmitError};
use crate::catalogue::label::MAX_SERIAL;
use crate::catalogue::{LabelCode, Uscc, WasteCode};
use crate::custody::admit::Objection;
use crate::id::LeaseId;
use crate::ledger::Kid;
use crate::registry::Role;
use crate::store::{WriteTx, label, label_block};

pub use crate::store::label_block::LabelBlock;

/// How far the day of a label may lie from today, in days, either way.
pub const MAX_DAYS_APART: i64 = 366;
/// Most blocks a party gets in 24 hours.
pub const MAX_BLOCKS_A_DAY: u64 = 1_000;
const DAY_MS: i64 = 86_400_000;

/// What a device asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WantedBlock {
    /// Names the block; made by the device (version 7).
    pub lease: LeaseId,
    /// Waste code on the labels.
    pub code: WasteCode,
    /// Day on the labels.
    pub on: NaiveDate,
    /// How many labels, 1 to [`MAX_SERIAL`].
    pub count: u16,
}

/// A block, and whether this call lent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lent {
    /// The block.
    pub block: LabelBlock,
    /// False when it was lent before under the same lease.
    pub is_new: bool,
}

impl LabelBlock {
    /// Its label codes, in order of their serial numbers.
    pub fn labels(&self) -> impl Iterator<Item = LabelCode> + '_ {
        (self.first..=self.last).filter_map(|serial| LabelCode::new(self.party, self.code, self.on, serial))
    }

    fn answers(&self, wanted: &WantedBlock) -> bool {
        let count = self.last - self.first + 1;
        (self.code, self.on, count) == (wanted.code, wanted.on, wanted.count)
    }
}

impl App {
    /// Lend the viewer's own party a block of serial numbers; the same lease gets the same block again.
    pub async fn lend_labels(&self, viewer: &Viewer, wanted: WantedBlock) -> Result<Lent, SubmitError> {
        let (party, kid) = printer(viewer)?;
        self.check(&wanted)?;
        let mut tx = self.inner.store.write().await?;
        self.lock(&mut tx).await?;
        if let Some(block) = label_block::of_lease(&mut tx, party, wanted.lease).await? {
            tx.rollback().await?;
            return match block.answers(&wanted) {
                true => Ok(Lent { block, is_new: false }),
                false => Err(lease_used().into()),
            };
        }
        let block = self.next_block(&mut tx, party, kid, &wanted).await?;
        label_block::save(&mut tx, &block).await?;
        tx.commit().await?;
        Ok(Lent { block, is_new: true })
    }

    /// The numbers behind the last ones lent, and behind those that the party put on containers by itself. The lock of the head is held, so they stay free until the commit.
    async fn next_block(
        &self,
        tx: &mut WriteTx,
        party: Uscc,
        kid: Kid,
        wanted: &WantedBlock,
    ) -> Result<LabelBlock, SubmitError> {
        let at = self.inner.clock.now();
        if label_block::count_since(tx, party, at.plus_millis(-DAY_MS)).await? >= MAX_BLOCKS_A_DAY {
            return Err(too_many_blocks().into());
        }
        // What was printed without a lease, or lent before a backup was restored, stands in the log at best.
        let lent = label_block::last_serial(tx, party, wanted.code, wanted.on).await?;
        let seen = label::last_serial(tx, party, wanted.code, wanted.on).await?;
        let used = u16::try_from(lent.max(seen)).map_or(MAX_SERIAL, |used| used.min(MAX_SERIAL));
        let left = MAX_SERIAL - used;
        if wanted.count > left {
            return Err(exhausted(wanted.count, left).into());
        }
        let WantedBlock { lease, code, on, count } = *wanted;
        Ok(LabelBlock { lease, party, code, on, first: used + 1, last: used + count, at, kid })
    }

    fn check(&self, wanted: &WantedBlock) -> Result<(), Refusal> {
        let refuse = |kind, code: &str, pointer: &str, zh: String, en: String| {
            Err(Refusal::one(kind, Objection::new(code, pointer, zh, en)))
        };
        if !wanted.lease.is_client_made() {
            let zh = "lease 应为客户端生成的第 7 版 UUID".to_owned();
            let en = "a lease is a UUID of version 7 made by the client".to_owned();
            return refuse(RefusalKind::Malformed, "lease-malformed", "/lease", zh, en);
        }
        if !(1..=MAX_SERIAL).contains(&wanted.count) {
            let zh = format!("count 应为 1 至 {MAX_SERIAL}");
            let en = format!("count is 1 to {MAX_SERIAL}");
            return refuse(RefusalKind::Malformed, "label-count", "/count", zh, en);
        }
        let today = self.rulebook().profile.local_date(self.inner.clock.now().as_millis());
        if (wanted.on - today).num_days().abs() > MAX_DAYS_APART {
            let zh = format!("标签日期与今天（{today}）相差不得超过 {MAX_DAYS_APART} 天");
            let en = format!("the day of a label lies at most {MAX_DAYS_APART} days from today, {today}");
            return refuse(RefusalKind::Unacceptable, "label-day", "/on", zh, en);
        }
        Ok(())
    }
}

/// The party that prints, and the key it asks with: who may speak about its waste may also label it.
fn printer(viewer: &Viewer) -> Result<(Uscc, Kid), Refusal> {
    match viewer {
        Viewer::Party { party, role: Role::Administrator | Role::Operator, kid } => Ok((*party, *kid)),
        _ => Err(Refusal::one(
            RefusalKind::Unacceptable,
            Objection::new(
                "role-prints-no-labels",
                "/header/authorization",
                "只有产废、经营等单位的管理员或经办人可以领取标签号段",
                "only an administrator or operator of a party that handles waste gets label numbers",
            ),
        )),
    }
}

fn lease_used() -> Refusal {
    let zh = "该 lease 已用于另一号段（代码、日期或数量不同）；请换一个新的 lease";
    let en = "this lease was used for another block (other code, day or count); make a new one";
    Refusal::one(RefusalKind::Unacceptable, Objection::new("lease-used", "/lease", zh, en))
}

fn too_many_blocks() -> Refusal {
    let zh = format!("24 小时内最多领取 {MAX_BLOCKS_A_DAY} 个号段；请一次多领一些，或稍后再试");
    let en = format!("at most {MAX_BLOCKS_A_DAY} blocks in 24 hours; take more labels at once, or wait");
    Refusal::one(RefusalKind::Unacceptable, Objection::new("label-blocks-exhausted", "", zh, en))
}

fn exhausted(wanted: u16, left: u16) -> Refusal {
    let zh = format!("该废物当日标签共 {MAX_SERIAL} 个，还剩 {left} 个，不够 {wanted} 个");
    let en = format!(
        "there are {MAX_SERIAL} labels for this waste and day, {left} of them are left, and {wanted} were asked for"
    );
    Refusal::one(RefusalKind::Unacceptable, Objection::new("labels-exhausted", "/count", zh, en))
}
