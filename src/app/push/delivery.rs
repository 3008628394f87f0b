//! Sending: in order, one message once; where it is not known whether it was taken, asked before it is sent again.

use std::time::Duration;

use futures::future::join_all;

use super::facts::{self, Known};
use super::platform::Platform;
use super::{Item, LineMark, PushAttempt, PushState, outcome};
use crate::app::outward::{Answer, Outward, OutwardError};
use crate::app::{App, Fault};
use crate::clock::{HOUR_MS, MINUTE_MS, Timestamp};
use crate::exchange::platform::{Adapter, Content, Late, Message, Reading, Request, Told};
use crate::id::{PushId, derived};
use crate::store::push::{self, PushLease};

/// Longest wait for a platform.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Largest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// How long one process has an item to itself, in milliseconds: longer than a message and its answer take.
const LEASE_MS: i64 = 5 * MINUTE_MS;
/// How long an item is left alone that cannot be told just now, in milliseconds.
const PUT_OFF_MS: i64 = HOUR_MS;
/// Items tried at a time.
const AT_A_TIME: u64 = 8;
/// The longest reason that is kept, in characters.
const MAX_ERROR_CHARS: usize = 500;
/// What came back.
struct Came {
    reading: Result<Reading, OutwardError>,
    status: Option<u16>,
    after_s: Option<u64>,
}

impl App {
    /// Make what is to be told and send what is due, each item once; how many requests went out.
    pub async fn push(&self) -> Result<usize, Fault> {
        self.make_pushes().await?;
        if self.platforms().is_empty() || self.may_write().is_err() {
            return Ok(0);
        }
        let now = self.inner.clock.now();
        let due = push::due(&mut self.inner.store.read().await?, now, outcome::MAX_CHECKS, AT_A_TIME).await?;
        let sent = join_all(due.into_iter().map(|id| self.push_one(id))).await;
        sent.into_iter().map(|sent| sent.map(usize::from)).sum()
    }

    /// Tell platforms until the app is gone.
    pub fn watch_pushes(&self) {
        if !self.platforms().is_empty() {
            self.whenever_changed("platforms could not be told", |app| async move { app.push().await });
        }
    }

    /// Try one item, if no other process does; true when a request went out.
    async fn push_one(&self, id: PushId) -> Result<bool, Fault> {
        let now = self.inner.clock.now();
        let lease = PushLease { now, until: now.plus_millis(LEASE_MS) };
        let mut tx = self.inner.store.read().await?;
        let Some(found) = push::item(&mut tx, id).await? else { return Ok(false) };
        let Some(platform) = self.platforms().iter().find(|platform| platform.id == found.platform) else {
            drop(tx);
            return self.put_off(&found, lease).await;
        };
        let known = facts::known(self, &mut tx, found.manifest).await?;
        let has_consent = push::consent(&mut tx, found.party, &platform.id).await?.is_some();
        let late = late(&mut tx, &found).await?;
        drop(tx);
        let mut item = found.clone();
        let is_question = found.state != PushState::Waiting;
        let request = if is_question {
            Some(platform.adapter.question(&key_of(&found)))
        } else {
            message_of(platform, known.as_ref(), &mut item, &late, has_consent, now)
        };
        // What goes out is written down first: whoever stops here asks.
        let while_out = match (&request, is_question) {
            (Some(_), false) => PushState::Sent,
            _ => found.state,
        };
        let mut tx = self.inner.store.write().await?;
        let is_ours = push::lease(&mut tx, &found, while_out, lease).await?;
        tx.commit().await?;
        if !is_ours {
            return Ok(false);
        }
        let Some(request) = request else {
            self.settle(platform, &item, lease, None).await?;
            return Ok(false);
        };
        let lines = told_lines(&item);
        let came = send(platform, request, (!is_question).then(|| key_of(&found)), &lines).await;
        let attempt = attempt_of(&came, is_question, now);
        let is_shared = self.is_shared(platform, &item, &came).await?;
        apply(&mut item, &found, came, is_shared, has_consent, self.inner.clock.now());
        self.settle(platform, &item, lease, Some(&attempt)).await?;
        Ok(true)
    }

    /// True where the number that came was given to another manifest too.
    async fn is_shared(&self, platform: &Platform, item: &Item, came: &Came) -> Result<bool, Fault> {
        let Some(number) = came.reading.as_ref().ok().and_then(number_of) else { return Ok(false) };
        let mut tx = self.inner.store.read().await?;
        Ok(push::is_given_to_another(&mut tx, &platform.id, number, item.manifest).await?)
    }

    /// Leave an item for a while that nobody can tell just now: its platform is not configured.
    async fn put_off(&self, found: &Item, lease: PushLease) -> Result<bool, Fault> {
        let item = Item { next_at: lease.now.plus_millis(PUT_OFF_MS), ..found.clone() };
        let mut tx = self.inner.store.write().await?;
        if push::lease(&mut tx, found, found.state, lease).await? {
            push::save(&mut tx, &item, lease).await?;
        }
        tx.commit().await?;
        Ok(false)
    }

    /// Write what became of an item, and what is to be told next by that.
    async fn settle(
        &self,
        platform: &Platform,
        item: &Item,
        lease: PushLease,
        attempt: Option<&PushAttempt>,
    ) -> Result<(), Fault> {
        let mut tx = self.inner.store.write().await?;
        self.lock(&mut tx).await?;
        if push::save(&mut tx, item, lease).await? {
            if let Some(attempt) = attempt {
                push::keep_attempt(&mut tx, item.id, attempt).await?;
            }
            let known = facts::known(self, &mut tx, item.manifest).await?;
            self.compare_on(&mut tx, platform, item.manifest, known.as_ref()).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// The request that tells of an item; `None` where it is not to be told as it stands, which is then written into it.
fn message_of(
    platform: &Platform,
    known: Option<&Known>,
    item: &mut Item,
    late: &Late,
    has_consent: bool,
    now: Timestamp,
) -> Option<Request> {
    if !has_consent {
        (item.state, item.why) = (PushState::Superseded, Some("withdrawn".to_owned()));
        return None;
    }
    let content = known.and_then(|known| content_of(platform, known, item));
    let Some(content) = content.filter(|content| says(content, item)) else {
        // What it should say instead is made when it is settled; else it keeps nobody waiting.
        item.next_at = now.plus_millis(PUT_OFF_MS);
        return None;
    };
    let lines = open_lines(item);
    let message =
        Message { step: item.step, corrects: item.corrects, content: &content, lines: &lines, late };
    match platform.adapter.request(message) {
        Ok(request) => Some(request),
        Err(missing) => {
            outcome::incomplete(item, &missing, now);
            None
        }
    }
}

/// What an answer, or none, makes of an item.
fn apply(item: &mut Item, found: &Item, came: Came, is_shared: bool, has_consent: bool, now: Timestamp) {
    let is_look = matches!(found.state, PushState::Accepted | PushState::Partly);
    if is_look {
        outcome::looked_at(item, now);
    }
    match came.reading {
        Ok(Reading::Told(told)) => {
            let next_at = item.next_at;
            outcome::told(item, told, is_shared, now);
            if is_look {
                item.next_at = next_at;
            }
        }
        // It knew what it took, and knows it no more.
        Ok(Reading::NotKnown(told)) if is_look => {
            outcome::told(item, told, false, now);
            item.why = Some("forgotten".to_owned());
        }
        Ok(Reading::NotKnown(_)) if found.state == PushState::Sent => {
            (item.is_unclear, item.next_at) = (false, now);
            item.state = PushState::Waiting;
            if !has_consent {
                (item.state, item.why) = (PushState::Superseded, Some("withdrawn".to_owned()));
            }
        }
        Ok(Reading::NotKnown(told)) => outcome::told(item, told, false, now),
        _ if is_look => {}
        // A question that is not answered leaves open whether the message was taken.
        Ok(Reading::Later) if found.state == PushState::Waiting => {
            outcome::failed(item, PushState::Waiting, came.after_s, now);
        }
        Ok(Reading::Later | Reading::Unclear(_)) | Err(_) => {
            outcome::failed(item, PushState::Sent, came.after_s, now);
        }
    }
}

/// The step of an item as it is known now.
fn content_of(platform: &Platform, known: &Known, item: &Item) -> Option<Content> {
    let (_, facts) = known.steps.iter().find(|(step, _)| *step == item.step)?;
    platform.adapter.content(item.step, facts)
}

/// True when a step still says what an item was made to say.
fn says(content: &Content, item: &Item) -> bool {
    content.head == item.head
        && item.lines.iter().all(|line| content.lines.get(&line.line) == Some(&line.digest))
}

/// The lines that are to be told.
fn open_lines(item: &Item) -> Vec<u16> {
    item.lines.iter().filter(|line| line.mark == LineMark::Open).map(|line| line.line).collect()
}

/// The lines that an answer is about: those that were sent, and where nothing is open those that were told of.
fn told_lines(item: &Item) -> Vec<u16> {
    let open = open_lines(item);
    if !open.is_empty() {
        return open;
    }
    item.lines.iter().map(|line| line.line).collect()
}

/// What is put in when it is sent: the last number that the platform gave the manifest, and the firm's plan there.
async fn late(tx: &mut crate::store::ReadTx, item: &Item) -> Result<Late, Fault> {
    let items = push::of_manifest(tx, &item.platform, item.manifest).await?;
    // The first step is where it was given; later ones repeat it.
    let numbered = items.iter().filter(|item| item.number.is_some());
    let numbered = numbered.max_by_key(|item| (std::cmp::Reverse(item.rank), item.told_at, item.n));
    let number = numbered.and_then(|item| item.number.clone());
    let consent = push::consent(tx, item.party, &item.platform).await?;
    Ok(Late { number, plan_number: consent.and_then(|consent| consent.plan_number) })
}

/// The name of a message: the same however often it is sent.
fn key_of(item: &Item) -> String {
    let round = item.round.to_be_bytes();
    format!("push_{}", derived(&[b"liandan/push-message/v1", item.id.as_uuid().as_bytes(), &round]).simple())
}

async fn send(platform: &Platform, request: Request, key: Option<String>, lines: &[u16]) -> Came {
    let Request { path, media_type, body } = request;
    let url = match Outward::below(platform.address.as_str(), &path) {
        Ok(url) => url,
        Err(error) => return Came { reading: Err(error), status: None, after_s: None },
    };
    let headers = key.map(|key| ("idempotency-key", key)).into_iter().collect();
    let body = body.map(|body| (media_type, body));
    let came =
        platform.outward.exchange(url, body, headers, platform.token.as_deref(), MAX_ANSWER_BYTES).await;
    match came {
        Ok((Answer { status, body, .. }, after_s)) => {
            Came { reading: Ok(platform.adapter.read(status, &body, lines)), status: Some(status), after_s }
        }
        Err(error) => Came { reading: Err(error), status: None, after_s: None },
    }
}

fn number_of(reading: &Reading) -> Option<&str> {
    match reading {
        Reading::Told(Told { number, .. }) => number.as_deref(),
        _ => None,
    }
}

fn attempt_of(came: &Came, is_question: bool, at: Timestamp) -> PushAttempt {
    let mut attempt = PushAttempt {
        n: 0,
        at,
        is_question,
        status: came.status,
        code: None,
        said: None,
        number: None,
        error: None,
    };
    match &came.reading {
        Ok(Reading::Told(told) | Reading::NotKnown(told)) => {
            attempt.code = Some(told.code.clone());
            attempt.number.clone_from(&told.number);
            let of_line = told.lines.iter().find(|line| !line.accepted && line.text.is_some());
            attempt.said = of_line.and_then(|line| line.text.clone()).or_else(|| told.text.clone());
        }
        Ok(Reading::Later) => attempt.error = Some("not-now".to_owned()),
        Ok(Reading::Unclear(why)) => attempt.error = Some(why.name().to_owned()),
        Err(error) => attempt.error = Some(error.to_string().chars().take(MAX_ERROR_CHARS).collect()),
    }
    attempt
}
