//! Taking events in: parse and verify outside the lock, wait for a place, answer with a receipt.

use std::collections::HashMap;
use std::sync::Arc;

use super::batch::{Unit, Upload};
use super::error::{Refusal, RefusalKind, SubmitError};
use super::prepare::{self, LogName, Parsed, Prepared};
use super::receipt::Receipt;
use super::sequencer::Intent;
use super::{App, Fault};
use crate::clock::Timestamp;
use crate::custody::admit::Objection;
use crate::ledger::{Kid, PublicKey};

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
        self.submit_one(bytes, device_time, Intent::Commit).await
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
        answers.into_iter().next().unwrap_or(Err(SubmitError::Fault(Fault::Stopped)))
    }

    /// Record the events of an upload. Each has its own answer; one bad event does not harm the others. Events may stand on later ones of the
    /// same upload.
    pub async fn submit_many(
        &self,
        lines: Vec<Vec<u8>>,
        device_time: DeviceTime,
    ) -> Result<Vec<Result<Submitted, SubmitError>>, SubmitError> {
        self.submit_all(lines, device_time, Unit::Event, Intent::Commit).await
    }

    /// As [`Self::submit_many`], all events of a unit or none of them.
    pub async fn submit_whole(
        &self,
        lines: Vec<Vec<u8>>,
        device_time: DeviceTime,
        unit: Unit,
    ) -> Result<Vec<Result<Submitted, SubmitError>>, SubmitError> {
        self.submit_all(lines, device_time, unit, Intent::Commit).await
    }

    /// Everything but the commit, each event judged as if those before it had been recorded.
    pub async fn dry_run_many(
        &self,
        lines: Vec<Vec<u8>>,
        device_time: DeviceTime,
        unit: Unit,
    ) -> Result<Vec<Result<Submitted, SubmitError>>, SubmitError> {
        self.submit_all(lines, device_time, unit, Intent::DryRun).await
    }

    async fn submit_all(
        &self,
        lines: Vec<Vec<u8>>,
        device_time: DeviceTime,
        unit: Unit,
        intent: Intent,
    ) -> Result<Vec<Result<Submitted, SubmitError>>, SubmitError> {
        self.may_write()?;
        let room = self.inner.queue.room(lines.iter().map(Vec::len).sum())?;
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
        for (place, answer) in places.into_iter().zip(judged) {
            answers[place] = Some(answer);
        }
        Ok(answers
            .into_iter()
            .map(|answer| answer.unwrap_or(Err(SubmitError::Fault(Fault::Stopped))))
            .collect())
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

/// Map items over the machine's cores, keeping their order.
pub(super) async fn over_cores<T, R, F>(items: Vec<T>, work: F) -> Result<Vec<R>, Fault>
where
    T: Send + 'static,
    R: Send + 'static,
    F: Fn(T) -> R + Send + Sync + 'static,
{
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = items.len().div_ceil(cores).max(1);
    let work = Arc::new(work);
    let mut items = items.into_iter();
    let mut tasks = Vec::new();
    loop {
        let part: Vec<T> = items.by_ref().take(share).collect();
        if part.is_empty() {
            break;
        }
        let work = Arc::clone(&work);
        tasks.push(tokio::task::spawn_blocking(move || {
            part.into_iter().map(|item| work(item)).collect::<Vec<R>>()
        }));
    }
    let mut results = Vec::new();
    for task in tasks {
        results.extend(task.await.map_err(|_| Fault::Stopped)?);
    }
    Ok(results)
}
