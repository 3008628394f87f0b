//! Writing notices: all that comes of one look at the outbox in few statements, for it takes its turn among the batches of events.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::channels;
use crate::app::Fault;
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::id::NoticeId;
use crate::ledger::Kid;
use crate::store::notice::{self, Addressee, StoredNotice};
use crate::store::{WriteTx, notice_channel};

/// A notice with those whom it is for.
pub(super) struct Draft {
    pub(super) notice: StoredNotice,
    pub(super) to: Vec<Addressee>,
}

/// What a message says of earlier notices: what they ask for is done.
pub(super) struct Ending {
    pub(super) topic: String,
    /// Only those of this party.
    pub(super) party: Option<Uscc>,
    pub(super) at: Timestamp,
}

impl Ending {
    fn ends(&self, topic: &str, party: Uscc) -> bool {
        self.topic == topic && self.party.is_none_or(|only| only == party)
    }
}

/// What comes of some messages, in their order.
pub(super) enum Outcome {
    Made(Box<Draft>),
    Ended(Ending),
    /// A key ended: nobody is told through it any more.
    Gone(Kid),
}

/// Write what came of messages as if it were written one by one; how many notices are new.
pub(super) async fn keep(tx: &mut WriteTx, outcomes: Vec<Outcome>) -> Result<usize, Fault> {
    let (mut made, mut drafts, mut endings) = (0, Vec::<Draft>::new(), Vec::new());
    for outcome in outcomes {
        match outcome {
            Outcome::Made(draft) => drafts.push(*draft),
            Outcome::Ended(ending) => {
                drafts.iter_mut().for_each(|draft| settle(&mut draft.notice, &ending));
                endings.push(ending);
            }
            Outcome::Gone(kid) => {
                end(tx, &std::mem::take(&mut endings)).await?;
                made += keep_drafts(tx, std::mem::take(&mut drafts)).await?;
                notice_channel::erase_all(tx, kid).await?;
            }
        }
    }
    end(tx, &endings).await?;
    Ok(made + keep_drafts(tx, drafts).await?)
}

/// A notice that is not written yet was ended.
fn settle(notice: &mut StoredNotice, ending: &Ending) {
    let is_meant = notice.topic.as_deref().is_some_and(|topic| ending.ends(topic, notice.party));
    if is_meant && notice.done_at.is_none() {
        (notice.done_at, notice.escalates_at) = (Some(ending.at), None);
    }
}

/// What is written was ended; of several endings the first one counts.
async fn end(tx: &mut WriteTx, endings: &[Ending]) -> Result<(), Fault> {
    let topics: Vec<&str> = endings.iter().map(|ending| ending.topic.as_str()).collect();
    let mut done: BTreeMap<Timestamp, Vec<NoticeId>> = BTreeMap::new();
    for waits in notice::to_do(tx, &topics).await? {
        if let Some(ending) = endings.iter().find(|ending| ending.ends(&waits.topic, waits.party)) {
            done.entry(ending.at).or_default().push(waits.id);
        }
    }
    for (at, ids) in done {
        notice::done(tx, &ids, at).await?;
    }
    Ok(())
}

/// Write notices and tell those whom they are for; how many were not made before.
pub(super) async fn keep_drafts(tx: &mut WriteTx, mut drafts: Vec<Draft>) -> Result<usize, Fault> {
    let ids: Vec<NoticeId> = drafts.iter().map(|draft| draft.notice.id).collect();
    let mut known: BTreeSet<NoticeId> = notice::known(tx, &ids).await?;
    drafts.retain(|draft| !draft.to.is_empty() && known.insert(draft.notice.id));
    notice::insert(tx, &drafts.iter().map(|draft| &draft.notice).collect::<Vec<_>>()).await?;
    tell(tx, drafts.iter().map(|draft| (&draft.notice, draft.to.as_slice()))).await?;
    Ok(drafts.len())
}

/// Tell those whom notices are for from now on, and have not been.
pub(super) async fn tell<'a>(
    tx: &mut WriteTx,
    notices: impl Iterator<Item = (&'a StoredNotice, &'a [Addressee])>,
) -> Result<(), Fault> {
    let all: Vec<(&StoredNotice, &Addressee)> =
        notices.flat_map(|(notice, to)| to.iter().map(move |to| (notice, to))).collect();
    let ids: Vec<NoticeId> = all.iter().map(|(notice, _)| notice.id).collect();
    let told = notice::addressees(tx, &ids).await?;
    let mut told: HashSet<(NoticeId, Uscc, &str)> =
        told.iter().map(|(id, to)| (*id, to.party, to.audience.as_str())).collect();
    let new = all.into_iter().filter(|(notice, to)| told.insert((notice.id, to.party, &to.audience)));
    let new: Vec<(&StoredNotice, &Addressee)> = new.collect();
    let rows: Vec<(NoticeId, &Addressee)> = new.iter().map(|(notice, to)| (notice.id, *to)).collect();
    notice::address(tx, &rows).await?;
    channels::queue(tx, &new).await
}
