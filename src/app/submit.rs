//! Taking events in: parse and verify outside the lock, wait for a place, answer with a receipt.

use std::collections::HashMap;
use std::sync::Arc;

use super::batch::{Answer, Unit, Upload};
use super::cores::over_cores;
use super::error::{Refusal, RefusalKind, SubmitError};
use super::prepare::{self, LogName, Parsed, Prepared};
use super::receipt::Receipt;
use super::sequencer::{Intent, Room};
use super::{App, Fault};
use crate::clock::Timestamp;
use crate::custody::admit::Objection;
use crate::ledger::{Kid, PublicKey};
use crate::store::{ReadTx, log};

/// The clock of an uploading device, as it showed when the upload was sent; `None` when it was not told.
pub type DeviceTime = Option<Timestamp>;

/// An event that is in the log.
#[derive(Clone, Debug)]
pub struct Submitted {
    /// True when this submission put it there; false when it was there before.
    pub is_new: bool,
    /// The receipt: always the first one.
    pub receipt: Receipt,
}

impl App {
    /// Record one signed event. Sending the same bytes again returns the same receipt.
    pub async fn submit(&self, bytes: &[u8], device_time: DeviceTime) -> Result<Submitted, SubmitError> {
        let answer = self.submit_one(bytes, device_time, Intent::Commit).await;
        self.inner.meters.events(answer.as_ref(), 1);
        answer
    }

    /// Everything but the commit: the receipt it would get, with an index that is not taken and no proof.
    pub async fn dry_run(&self, bytes: &[u8], device_time: DeviceTime) -> Result<Submitted, SubmitError> {
        self.submit_one(bytes, device_time, Intent::DryRun).await
    }

    async fn submit_one(
        &self,
        bytes: &[u8],
        device_time: DeviceTime,
        intent: Intent,
    ) -> Result<Submitted, SubmitError> {
        self.may_write()?;
        let room = self.inner.queue.room(bytes.len())?;
        let parsed = prepare::parse(bytes)?;
        let kids: Vec<Kid> = parsed.kids().collect();
        let keys = self.inner.keys.find(&self.inner.store, &kids).await?;
        let mut prepared = parsed
            .verify(LogName { origin: &self.inner.origin, key: &self.inner.signer.key.public() }, &keys)?;
        prepared.skew_ms = self.skew_ms(device_time);
        let answers = self.inner.queue.send(Upload::of(prepared, room), intent).await?;
        self.told(answers).await?.pop().unwrap_or(Err(SubmitError::Fault(Fault::Stopped)))
    }

    /// Record the events of an upload. Each has its own answer; one bad event does not harm the others. Events may stand on later ones of the
    /// same upload.
    pub async fn submit_many(
        &self,
        lines: Vec<Vec<u8>>,
        device_time: DeviceTime,
    ) -> Result<Vec<Result<Submitted, SubmitError>>, SubmitError> {
        self.submit_whole(lines, device_time, Unit::Event).await
    }

    /// As [`Self::submit_many`], all events of a unit or none of them.
    pub async fn submit_whole(
        &self,
        lines: Vec<Vec<u8>>,
        device_time: DeviceTime,
        unit: Unit,
    ) -> Result<Vec<Result<Submitted, SubmitError>>, SubmitError> {
        let count = lines.len();
        let room = self.inner.queue.room(bytes_of(&lines));
        self.metered(self.submit_all(lines, device_time, unit, Intent::Commit, room).await, count)
    }

    /// As [`Self::submit_many`], the next part of an upload whose beginning was let in: it waits ten seconds for room before it is turned away in its middle.
    pub async fn submit_on(
        &self,
        lines: Vec<Vec<u8>>,
        device_time: DeviceTime,
    ) -> Result<Vec<Result<Submitted, SubmitError>>, SubmitError> {
        let count = lines.len();
        let room = self.inner.queue.room_to_go_on(bytes_of(&lines)).await;
        self.metered(self.submit_all(lines, device_time, Unit::Event, Intent::Commit, room).await, count)
    }

    fn metered(
        &self,
        answers: Result<Vec<Result<Submitted, SubmitError>>, SubmitError>,
        count: usize,
    ) -> Result<Vec<Result<Submitted, SubmitError>>, SubmitError> {
        let meters = &self.inner.meters;
        match &answers {
            Ok(answers) => answers.iter().for_each(|answer| meters.events(answer.as_ref(), 1)),
            Err(of_all) => meters.events(Err(of_all), count),
        }
        answers
    }

    /// Everything but the commit, each event judged as if those before it had been recorded.
    pub async fn dry_run_many(
        &self,
        lines: Vec<Vec<u8>>,
        device_time: DeviceTime,
        unit: Unit,
    ) -> Result<Vec<Result<Submitted, SubmitError>>, SubmitError> {
        let room = self.inner.queue.room(bytes_of(&lines));
        self.submit_all(lines, device_time, unit, Intent::DryRun, room).await
    }

    async fn submit_all(
        &self,
        lines: Vec<Vec<u8>>,
        device_time: DeviceTime,
        unit: Unit,
        intent: Intent,
        room: Result<Room, SubmitError>,
    ) -> Result<Vec<Result<Submitted, SubmitError>>, SubmitError> {
        self.may_write()?;
        let room = room?;
        let mut verified = self.prepare_many(lines).await?;
        if unit == Unit::Manifest {
            refuse_with_unread(&mut verified);
        }
        let skew_ms = self.skew_ms(device_time);
        let mut answers: Vec<Option<Result<Submitted, SubmitError>>> = Vec::with_capacity(verified.len());
        let (mut events, mut places) = (Vec::new(), Vec::new());
        for (n, one) in verified.into_iter().enumerate() {
            match one {
                Ok(mut prepared) => {
                    prepared.skew_ms = skew_ms;
                    events.push(prepared);
                    places.push(n);
                    answers.push(None);
                }
                Err(refusal) => answers.push(Some(Err(refusal.into()))),
            }
        }
        let judged = self.inner.queue.send(Upload { events, unit, _room: room }, intent).await?;
        for (place, answer) in places.into_iter().zip(self.told(judged).await?) {
            answers[place] = Some(answer);
        }
        Ok(answers
            .into_iter()
            .map(|answer| answer.unwrap_or(Err(SubmitError::Fault(Fault::Stopped))))
            .collect())
    }

    /// What was said to each event, with the receipts of those that the log had.
    pub(super) async fn told(
        &self,
        answers: Vec<Answer>,
    ) -> Result<Vec<Result<Submitted, SubmitError>>, SubmitError> {
        let mut reading = None;
        let mut told = Vec::with_capacity(answers.len());
        for answer in answers {
            told.push(match answer {
                Answer::Said(said) => *said,
                Answer::Known(index) => {
                    let tx = match &mut reading {
                        Some(tx) => tx,
                        none => none.insert(self.inner.store.read().await.map_err(Fault::from)?),
                    };
                    self.first_receipt(tx, index).await?
                }
            });
        }
        Ok(told)
    }

    /// The receipt that was given first.
    async fn first_receipt(
        &self,
        tx: &mut ReadTx,
        index: u64,
    ) -> Result<Result<Submitted, SubmitError>, Fault> {
        let entry = log::entry(tx, index).await?;
        let entry = entry.ok_or_else(|| Fault::Entry { index, what: "it is missing".to_owned() })?;
        if entry.jws.is_none() {
            return Ok(Err(erased().into()));
        }
        Ok(Ok(Submitted { is_new: false, receipt: self.receipt_at(tx, &entry).await? }))
    }

    /// Parse and verify over all cores.
    async fn prepare_many(&self, lines: Vec<Vec<u8>>) -> Result<Vec<Result<Prepared, Refusal>>, SubmitError> {
        let parsed: Vec<Result<Parsed, Refusal>> = over_cores(lines, |line| prepare::parse(&line)).await?;
        let good = || parsed.iter().filter_map(|parsed| parsed.as_ref().ok());
        let kids: Vec<Kid> =
            good().flat_map(Parsed::kids).collect::<std::collections::HashSet<_>>().into_iter().collect();
        let mut keys: HashMap<Kid, PublicKey> = self.inner.keys.find(&self.inner.store, &kids).await?;
        // A key may be enrolled by an earlier line; whether it was is judged at the log index.
        keys.extend(good().filter_map(Parsed::own_key).map(|key| (key.kid(), key)));
        let (origin, key, keys) = (self.inner.origin.clone(), self.inner.signer.key.public(), Arc::new(keys));
        let verify = move |parsed: Result<Parsed, Refusal>| {
            parsed.and_then(|parsed| parsed.verify(LogName { origin: &origin, key: &key }, &keys))
        };
        Ok(over_cores(parsed, verify).await?)
    }

    fn skew_ms(&self, device_time: DeviceTime) -> i64 {
        device_time.map_or(0, |device| device.since(self.inner.clock.now()))
    }
}

fn bytes_of(lines: &[Vec<u8>]) -> usize {
    lines.iter().map(Vec::len).sum()
}

/// What was erased by law has no receipt any more, and is not taken in again.
fn erased() -> Refusal {
    Refusal::one(
        RefusalKind::Unacceptable,
        Objection::new(
            "event-erased",
            "",
            "该记录的内容已依法删除，不再提供回执",
            "the contents of this event were erased by law; there is no receipt of it any more",
        ),
    )
}

/// What cannot be read, or is not signed as it says, may belong to any manifest: nothing of the upload is taken then.
fn refuse_with_unread(verified: &mut [Result<Prepared, Refusal>]) {
    let Some(unread) = verified.iter().position(Result::is_err) else { return };
    let line = unread + 1;
    let zh = format!("第 {line} 行无法读取或签名无效，无法判断属于哪一联单，本次上传均未收存");
    let en = format!(
        "line {line} cannot be read or is not well signed and may belong to any manifest, so nothing of this upload was taken"
    );
    for good in verified.iter_mut().filter(|one| one.is_ok()) {
        let objection = Objection::new("others-refused", "", zh.clone(), en.clone());
        *good = Err(Refusal::one(RefusalKind::Unacceptable, objection));
    }
}
