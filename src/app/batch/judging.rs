//! Judging: every event at the place it would get, seeing those that were taken before it.

use std::collections::{BTreeMap, HashMap};

use super::{Batch, Fresh, Judged, Taken, Unit, Upload, erasing, fill};
use crate::app::error::{Fault, Refusal, RefusalKind};
use crate::app::prepare::Prepared;
use crate::app::receipt::event_of;
use crate::app::seal::entry_of;
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::Verdict;
use crate::custody::admit::Objection;
use crate::custody::books::Books;
use crate::id::{ActId, ManifestId};
use crate::ledger::EventId;
use crate::store::log::Head;
use crate::store::{WriteTx, deadline, log};

/// How often what was refused is judged again because others of its upload were taken. What enterprises register stands on less:
/// invitation, key, party, site, permit, plan, manifest, what is said of it.
const MAX_ROUNDS: usize = 16;
/// How many judgements an event of a batch may cost on average. Beyond that it is judged once more in the order of its lines, and that is that:
/// whoever sends what always needs another look keeps the others waiting.
const MAX_JUDGEMENTS: usize = 6;

impl Batch<'_> {
    /// Judge uploads in their order; what became of each event, and the books as they leave them.
    pub(super) async fn judge_all(
        &mut self,
        tx: &mut WriteTx,
        head: &Head,
        uploads: Vec<Upload>,
    ) -> Result<(Vec<Judged>, Books), Fault> {
        self.lines = uploads.iter().map(|upload| upload.events.len()).sum();
        match &uploads[..] {
            [Upload { events, unit: Unit::Manifest, .. }] => self.judge_by_manifest(tx, head, events).await,
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
        loop {
            let left: Vec<usize> = (0..events.len()).filter(|place| out[*place].is_none()).collect();
            let upload: Vec<&Prepared> = left.iter().map(|place| &events[*place]).collect();
            let (judged, books) = self.judge_uploads(tx, head, &[upload]).await?;
            let gives_up = self.judgements >= MAX_JUDGEMENTS * self.lines;
            let known = torn.len();
            for (place, judged) in left.iter().zip(&judged) {
                let falls = matches!(judged, Judged::Refused(_)) || gives_up;
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
                    // What the log had before stays; what only this upload would have put there, once or twice, does not.
                    (Some(_), Judged::Known(index)) if index < head.size => Some(Judged::Known(index)),
                    (Some(cause), _) => Some(Judged::Refused(others_refused(*cause))),
                    (None, _) => None,
                };
            }
            self.taken = Taken::default();
        }
    }

    /// Judge uploads, each in its order. What is refused even after the others may have come too late behind them: such an upload is judged once
    /// more in the order in which things happened, and that order is the one that counts where it makes some line fare better and none worse.
    async fn judge_uploads(
        &mut self,
        tx: &mut WriteTx,
        head: &Head,
        uploads: &[Vec<&Prepared>],
    ) -> Result<(Vec<Judged>, Books), Fault> {
        let (judged, books) = self.judge_in_order(tx, head, uploads).await?;
        let before = self.worth(uploads, &judged);
        let mut orders: Vec<Vec<usize>> = uploads.iter().map(|upload| (0..upload.len()).collect()).collect();
        let mut is_turned = false;
        for ((upload, order), before) in uploads.iter().zip(&mut orders).zip(&before) {
            if upload.len() > 1 && before.contains(&Worth::Refused) {
                order.sort_by_key(|place| as_it_happened(upload[*place]));
                is_turned |= !order.is_sorted();
            }
        }
        if !is_turned || self.judgements > MAX_JUDGEMENTS * self.lines {
            return Ok((judged, books));
        }
        let given = std::mem::take(&mut self.taken);
        let (again, books_again) = self.judge_turned(tx, head, uploads, &orders).await?;
        let after = self.worth(uploads, &again);
        let fares_worse =
            |(before, after): (&Vec<Worth>, &Vec<Worth>)| before.iter().zip(after).any(|(b, a)| a < b);
        if after == before || before.iter().zip(&after).any(fares_worse) {
            self.taken = given;
            return Ok((judged, books));
        }
        Ok((again, books_again))
    }

    /// Judge each upload in an order of its own; what became of each event, in the order of the lines.
    async fn judge_turned(
        &mut self,
        tx: &mut WriteTx,
        head: &Head,
        uploads: &[Vec<&Prepared>],
        orders: &[Vec<usize>],
    ) -> Result<(Vec<Judged>, Books), Fault> {
        let turned: Vec<Vec<&Prepared>> = uploads
            .iter()
            .zip(orders)
            .map(|(upload, order)| order.iter().map(|place| upload[*place]).collect())
            .collect();
        let (judged, books) = self.judge_in_order(tx, head, &turned).await?;
        let mut out: Vec<Option<Judged>> = judged.iter().map(|_| None).collect();
        let mut begins = 0;
        let places = orders.iter().flat_map(|order| {
            let begin = begins;
            begins += order.len();
            order.iter().map(move |place| begin + place)
        });
        places.zip(judged).for_each(|(place, judged)| out[place] = Some(judged));
        Ok((out.into_iter().flatten().collect(), books))
    }

    /// How each event of each upload fares.
    fn worth(&self, uploads: &[Vec<&Prepared>], judged: &[Judged]) -> Vec<Vec<Worth>> {
        let worth = |judged: &Judged| match judged {
            Judged::Refused(_) => Worth::Refused,
            Judged::Known(_) => Worth::Counts,
            Judged::New(place) => match self.taken.fresh.get(*place).map(|fresh| fresh.recorded.verdict) {
                Some(Verdict::EvidenceOnly) => Worth::Evidence,
                _ => Worth::Counts,
            },
        };
        let mut rest = judged.iter();
        uploads.iter().map(|upload| rest.by_ref().take(upload.len()).map(worth).collect()).collect()
    }

    async fn judge_in_order(
        &mut self,
        tx: &mut WriteTx,
        head: &Head,
        uploads: &[Vec<&Prepared>],
    ) -> Result<(Vec<Judged>, Books), Fault> {
        let opened_until = deadline::opened_until(tx).await?;
        let recorded_at = self.app.inner.clock.now().max(head.recorded_at).max(opened_until);
        let mut books = Books::new(self.app.in_force(tx).await?);
        let all: Vec<&Prepared> = uploads.iter().flatten().copied().collect();
        self.know_earlier(tx, &all).await?;
        let events: Vec<_> = all.iter().map(|prepared| (*prepared, recorded_at)).collect();
        fill::fill(tx, &mut books, head.size, &events).await?;
        // What the log has already is judged by that, whatever it says.
        let is_known = |(prepared, _): &&(&Prepared, Timestamp)| self.taken.by_id.contains_key(&prepared.id);
        let unknown: Vec<_> = events.iter().filter(|event| !is_known(event)).copied().collect();
        fill::fill_histories(tx, &mut books, &unknown).await?;
        erasing::look_up(tx, &mut books, head.size, &events).await?;
        let anchors = all.iter().filter_map(|prepared| prepared.event.anchor);
        self.roots.load(tx, anchors, head.size).await?;
        let mut judged = Vec::with_capacity(all.len());
        for upload in uploads {
            judged.extend(self.judge_upload(tx, head, recorded_at, &mut books, upload).await?);
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
    ) -> Result<Vec<Judged>, Fault> {
        let mut judged: Vec<Option<Judged>> = upload.iter().map(|_| None).collect();
        let mut waiting: Vec<usize> = (0..upload.len()).collect();
        for _ in 0..MAX_ROUNDS {
            let taken = self.taken.fresh.len();
            let mut refused = Vec::new();
            for place in waiting {
                self.judgements += 1;
                let one = self.judge_one(tx, head, recorded_at, books, upload[place].clone()).await?;
                if matches!(one, Judged::Refused(_)) {
                    refused.push(place);
                }
                judged[place] = Some(one);
            }
            waiting = refused;
            let is_dear = self.judgements > MAX_JUDGEMENTS * self.lines;
            if waiting.is_empty() || self.taken.fresh.len() == taken || is_dear {
                break;
            }
        }
        Ok(judged.into_iter().flatten().collect())
    }

    /// Which of these events, and which of their acts, the log has already.
    async fn know_earlier(&mut self, tx: &mut WriteTx, events: &[&Prepared]) -> Result<(), Fault> {
        let ids: Vec<EventId> = events.iter().map(|prepared| prepared.id).collect();
        self.taken.by_id = log::indexes_of(tx, &ids).await?.into_iter().collect();
        let acts: Vec<_> =
            events.iter().map(|prepared| (prepared.event.party, prepared.event.act.as_uuid())).collect();
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

/// How an event fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    Refused,
    Evidence,
    Counts,
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
