//! Judging: every event at the place it would get, seeing those that were taken before it.

use std::collections::{BTreeMap, HashMap};

use super::{Batch, Fresh, Judged, Taken, Unit, Upload, erasing, fill};
use crate::app::error::{Fault, Refusal, RefusalKind};
use crate::app::prepare::Prepared;
use crate::app::receipt::event_of;
use crate::app::seal::entry_of;
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::admit::Objection;
use crate::custody::books::Books;
use crate::id::{ActId, ManifestId};
use crate::ledger::EventId;
use crate::store::log::Head;
use crate::store::{WriteTx, deadline, log};

/// How often what was refused is judged again because others of its upload were taken. What enterprises register stands on less:
/// invitation, key, party, site, permit, plan, manifest, what is said of it.
const MAX_ROUNDS: usize = 16;
/// How often an upload is judged anew without the manifests that had something refused. What then still falls with others is refused.
const MAX_PASSES: usize = 8;

impl Batch<'_> {
    /// Judge uploads in their order; what became of each event, and the books as they leave them.
    pub(super) async fn judge_all(
        &mut self,
        tx: &mut WriteTx,
        head: &Head,
        uploads: Vec<Upload>,
    ) -> Result<(Vec<Judged>, Books), Fault> {
        match &uploads[..] {
            [Upload { events, unit: Unit::Manifest }] => self.judge_by_manifest(tx, head, events).await,
            _ => {
                let uploads: Vec<Vec<&Prepared>> =
                    uploads.iter().map(|upload| upload.events.iter().collect()).collect();
                self.judge_uploads(tx, head, &uploads).await
            }
        }
    }

    /// Judge an upload until no manifest is left of which one event is refused and another taken.
    async fn judge_by_manifest(
        &mut self,
        tx: &mut WriteTx,
        head: &Head,
        events: &[Prepared],
    ) -> Result<(Vec<Judged>, Books), Fault> {
        // Manifests of which nothing is taken, and the place of what was refused of them.
        let mut torn: BTreeMap<ManifestId, usize> = BTreeMap::new();
        let mut out: Vec<Option<Judged>> = events.iter().map(|_| None).collect();
        for pass in 1.. {
            let left: Vec<usize> = (0..events.len()).filter(|place| out[*place].is_none()).collect();
            let upload: Vec<&Prepared> = left.iter().map(|place| &events[*place]).collect();
            let (judged, books) = self.judge_uploads(tx, head, &[upload]).await?;
            let known = torn.len();
            for (place, judged) in left.iter().zip(&judged) {
                let falls = matches!(judged, Judged::Refused(_)) || pass == MAX_PASSES;
                if let Some(manifest) = events[*place].event.manifest().filter(|_| falls) {
                    torn.entry(manifest).or_insert(*place);
                }
            }
            if torn.len() == known {
                left.iter().zip(judged).for_each(|(place, judged)| out[*place] = Some(judged));
                return Ok((out.into_iter().flatten().collect(), books));
            }
            for (place, judged) in left.into_iter().zip(judged) {
                let cause = events[place].event.manifest().and_then(|manifest| torn.get(&manifest));
                out[place] = match (cause, judged) {
                    (Some(_), Judged::Refused(refusal)) => Some(Judged::Refused(refusal)),
                    (Some(cause), Judged::New(_)) => Some(Judged::Refused(others_refused(*cause))),
                    _ => None,
                };
            }
            self.taken = Taken::default();
        }
        unreachable!("the last pass leaves no manifest to fall")
    }

    /// Judge uploads, each in its order. What is refused may stand on a later line of its upload: such an upload is judged once more in
    /// the order in which things happened, and that order is the one that counts where less is refused in it.
    async fn judge_uploads(
        &mut self,
        tx: &mut WriteTx,
        head: &Head,
        uploads: &[Vec<&Prepared>],
    ) -> Result<(Vec<Judged>, Books), Fault> {
        let (judged, books) = self.judge_in_order(tx, head, uploads, 1).await?;
        let mut rest = &judged[..];
        let mut orders: Vec<Vec<usize>> = Vec::with_capacity(uploads.len());
        for upload in uploads {
            let (of_upload, others) = rest.split_at(upload.len());
            rest = others;
            let mut order: Vec<usize> = (0..upload.len()).collect();
            if count_refused(of_upload) > 0 {
                order.sort_by_key(|place| as_it_happened(upload[*place]));
            }
            orders.push(order);
        }
        if count_refused(&judged) == 0 || uploads.iter().all(|upload| upload.len() == 1) {
            return Ok((judged, books));
        }
        let given = std::mem::take(&mut self.taken);
        let ordered: Vec<Vec<&Prepared>> = uploads
            .iter()
            .zip(&orders)
            .map(|(upload, order)| order.iter().map(|place| upload[*place]).collect())
            .collect();
        let (again, books_again) = self.judge_in_order(tx, head, &ordered, MAX_ROUNDS).await?;
        if count_refused(&again) >= count_refused(&judged) {
            self.taken = given;
            return Ok((judged, books));
        }
        let mut out: Vec<Option<Judged>> = again.iter().map(|_| None).collect();
        let mut begins = 0;
        let places = orders.iter().flat_map(|order| {
            let begin = begins;
            begins += order.len();
            order.iter().map(move |place| begin + place)
        });
        places.zip(again).for_each(|(place, judged)| out[place] = Some(judged));
        Ok((out.into_iter().flatten().collect(), books_again))
    }

    async fn judge_in_order(
        &mut self,
        tx: &mut WriteTx,
        head: &Head,
        uploads: &[Vec<&Prepared>],
        rounds: usize,
    ) -> Result<(Vec<Judged>, Books), Fault> {
        let opened_until = deadline::opened_until(tx).await?;
        let recorded_at = self.app.inner.clock.now().max(head.recorded_at).max(opened_until);
        let mut books = Books::new(self.app.in_force(tx).await?);
        let all: Vec<&Prepared> = uploads.iter().flatten().copied().collect();
        self.know_earlier(tx, &all).await?;
        let events: Vec<_> = all.iter().map(|prepared| (*prepared, recorded_at)).collect();
        fill::fill(tx, &mut books, head.size, &events).await?;
        erasing::look_up(tx, &mut books, head.size, &events).await?;
        let anchors = all.iter().filter_map(|prepared| prepared.event.anchor);
        self.roots.load(tx, anchors, head.size).await?;
        let mut judged = Vec::with_capacity(all.len());
        for upload in uploads {
            judged.extend(self.judge_upload(tx, head, recorded_at, &mut books, upload, rounds).await?);
        }
        Ok((judged, books))
    }

    /// Judge an upload in its order, and in further rounds what is refused, as long as others of it were taken since.
    async fn judge_upload(
        &mut self,
        tx: &mut WriteTx,
        head: &Head,
        recorded_at: Timestamp,
        books: &mut Books,
        upload: &[&Prepared],
        rounds: usize,
    ) -> Result<Vec<Judged>, Fault> {
        let mut judged: Vec<Option<Judged>> = upload.iter().map(|_| None).collect();
        let mut waiting: Vec<usize> = (0..upload.len()).collect();
        for _ in 0..rounds {
            let taken = self.taken.fresh.len();
            let mut refused = Vec::new();
            for place in waiting {
                let one = self.judge_one(tx, head, recorded_at, books, upload[place].clone()).await?;
                if matches!(one, Judged::Refused(_)) {
                    refused.push(place);
                }
                judged[place] = Some(one);
            }
            waiting = refused;
            if waiting.is_empty() || self.taken.fresh.len() == taken {
                break;
            }
        }
        Ok(judged.into_iter().flatten().collect())
    }

    /// Which of these events, and which of their acts, the log has already.
    async fn know_earlier(&mut self, tx: &mut WriteTx, events: &[&Prepared]) -> Result<(), Fault> {
        let ids: Vec<EventId> = events.iter().map(|prepared| prepared.id).collect();
        self.taken.by_id = log::indexes_of(tx, &ids).await?.into_iter().collect();
        let acts: Vec<uuid::Uuid> = events.iter().map(|prepared| prepared.event.act.as_uuid()).collect();
        let firsts = log::first_of_acts(tx, &acts).await?;
        let first_ids: Vec<EventId> = firsts.iter().map(|(_, _, id)| *id).collect();
        let indexes: HashMap<EventId, u64> = log::indexes_of(tx, &first_ids).await?.into_iter().collect();
        for (party, act, id) in firsts {
            let Ok(party) = party.parse::<Uscc>() else { continue };
            if let Some(index) = indexes.get(&id) {
                self.taken.by_act.insert((party, ActId::from_uuid(act)), (id, *index));
            }
        }
        Ok(())
    }

    async fn judge_one(
        &mut self,
        tx: &mut WriteTx,
        head: &Head,
        recorded_at: Timestamp,
        books: &mut Books,
        prepared: Prepared,
    ) -> Result<Judged, Fault> {
        if let Some(index) = self.taken.by_id.get(&prepared.id) {
            return Ok(Judged::Known(*index));
        }
        let act = (prepared.event.party, prepared.event.act);
        let first = self.taken.by_act.get(&act).copied();
        if let Some((_, index)) = first
            && self.says_the_same(tx, head, index, &prepared).await?
        {
            return Ok(Judged::Known(index));
        }
        let index = head.size + self.taken.fresh.len() as u64;
        let anchored = self.roots.judge(prepared.event.anchor.as_ref(), index);
        let act_conflict = first.map(|(id, _)| id);
        let (candidate, compact) = prepared.at(index, recorded_at, act_conflict, anchored, true);
        let (recorded, outcome) = match fill::record(tx, books, candidate).await? {
            Ok(recorded) => recorded,
            Err(objections) => return Ok(Judged::Refused(Refusal::unacceptable(objections))),
        };
        self.taken.by_id.insert(recorded.id, recorded.index);
        self.taken.by_act.entry(act).or_insert((recorded.id, recorded.index));
        let sees_all = books.registry.is_authority(&recorded.event.party);
        let entry = entry_of(&recorded, compact)?;
        self.taken.fresh.push(Fresh { recorded, outcome, entry, sees_all });
        Ok(Judged::New(self.taken.fresh.len() - 1))
    }

    /// True when the first event of the act has the same parsed content, however it was encoded and signed.
    async fn says_the_same(
        &self,
        tx: &mut WriteTx,
        head: &Head,
        index: u64,
        prepared: &Prepared,
    ) -> Result<bool, Fault> {
        if let Some(place) = index.checked_sub(head.size).and_then(|place| usize::try_from(place).ok()) {
            return Ok(self
                .taken
                .fresh
                .get(place)
                .is_some_and(|fresh| fresh.recorded.event == prepared.event));
        }
        let Some(entry) = log::entry(tx, index).await?.filter(|entry| entry.jws.is_some()) else {
            return Ok(false);
        };
        Ok(event_of(&entry)? == prepared.event)
    }
}

fn count_refused(judged: &[Judged]) -> usize {
    judged.iter().filter(|judged| matches!(judged, Judged::Refused(_))).count()
}

/// By when it happened; at the same time, what others stand on comes first.
fn as_it_happened(prepared: &Prepared) -> (Timestamp, i64) {
    (prepared.event.occurred_at, prepared.event.kind().rank())
}

/// Why an event is not taken that nothing speaks against. `place` is that of the refused one in its upload.
fn others_refused(place: usize) -> Refusal {
    let line = place + 1;
    Refusal::one(
        RefusalKind::Unacceptable,
        Objection::new(
            "others-refused",
            "",
            format!("同一联单的第 {line} 行被拒绝，该联单的各行均未收存"),
            format!("line {line} of the same manifest was refused, so nothing of this manifest was taken"),
        ),
    )
}
