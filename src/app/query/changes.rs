//! The feed (变动): what happened since a cursor, as far as it concerned the viewer when it happened.

use serde::Serialize;
use utoipa::ToSchema;

use super::{MAX_ROUNDS, page_size};
use crate::app::access::Viewer;
use crate::app::{App, Fault};
use crate::store::ReadTx;
use crate::store::outbox::{self, About, Numbered};

/// Something that happened and concerned the reader, as the feed and webhooks tell it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Change {
    /// Its number, as a text: what to pass as `after`. Grows; has gaps for every reader.
    #[schema(example = "812")]
    cursor: String,
    /// When it happened.
    #[schema(format = "date-time")]
    at: String,
    /// What happened: the kind of the recorded event, or `finding.opened`, `finding.revised`, `finding.closed`.
    #[serde(rename = "type")]
    #[schema(example = "waste.collected")]
    what: String,
    /// What it is about.
    subject: ChangeSubject,
    /// The event that was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<ChangedEvent>,
    /// The finding that took a step.
    #[serde(skip_serializing_if = "Option::is_none")]
    finding: Option<ChangedFinding>,
}

/// What a change is about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChangeSubject {
    /// `manifest`, `lot`, `site` and the like.
    kind: String,
    /// Its id.
    id: String,
}

/// An event that was recorded.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChangedEvent {
    /// Event id, base64url.
    id: String,
    /// Log index.
    index: u64,
}

/// A finding that took a step.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChangedFinding {
    /// The finding.
    #[schema(format = "uuid")]
    id: String,
    /// Its rule.
    rule: String,
    /// How much it matters since.
    severity: String,
    /// Log index of the event that caused the step; absent when only time passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u64>,
}

impl Change {
    /// A message as it is told.
    pub fn of(numbered: &Numbered) -> Self {
        let message = &numbered.message;
        let (event, finding) = match &message.about {
            About::Event { index, id } => (Some(ChangedEvent { id: id.to_string(), index: *index }), None),
            About::Finding { index, id, rule, severity } => {
                let (id, rule, severity) = (id.to_string(), rule.clone(), severity.clone());
                (None, Some(ChangedFinding { id, rule, severity, index: *index }))
            }
        };
        let subject = ChangeSubject { kind: message.subject_kind.clone(), id: message.subject.clone() };
        let cursor = numbered.seq.to_string();
        Self { cursor, at: message.at.to_string(), what: message.what.clone(), subject, event, finding }
    }
}

/// A piece of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// What happened, in order.
    pub items: Vec<Numbered>,
    /// Where the next piece begins: everything up to here was looked at, though it may have been for others.
    pub next: u64,
    /// True when there is more already.
    pub has_more: bool,
}

impl App {
    /// What happened after `after`, oldest first.
    pub async fn changes(&self, viewer: &Viewer, after: u64, limit: u64) -> Result<Changes, Fault> {
        let mut tx = self.inner.store.read().await?;
        changes(&mut tx, viewer, after, page_size(limit)).await
    }

    /// Rung whenever this process committed something that may be in somebody's feed.
    pub(crate) fn changed(&self) -> tokio::sync::watch::Receiver<()> {
        self.inner.outbox.listen()
    }
}

pub(in crate::app) async fn changes(
    tx: &mut ReadTx,
    viewer: &Viewer,
    after: u64,
    limit: u64,
) -> Result<Changes, Fault> {
    match viewer {
        Viewer::Public => Ok(Changes { items: Vec::new(), next: after, has_more: false }),
        Viewer::Party { party, .. } => {
            let mut items = outbox::of_party(tx, *party, after, limit + 1).await?;
            let has_more = items.len() as u64 > limit;
            items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            let next = items.last().map_or(after, |item| item.seq);
            Ok(Changes { items, next, has_more })
        }
        Viewer::Authority { .. } => supervised(tx, viewer, after, limit).await,
    }
}

/// What an authority supervises, of a bounded number of messages.
async fn supervised(tx: &mut ReadTx, viewer: &Viewer, after: u64, limit: u64) -> Result<Changes, Fault> {
    let mut found = Changes { items: Vec::new(), next: after, has_more: true };
    for _ in 0..MAX_ROUNDS {
        let missing = limit - found.items.len() as u64;
        let mut rows = outbox::all(tx, found.next, missing + 1).await?;
        found.has_more = rows.len() as u64 > missing;
        rows.truncate(usize::try_from(missing).unwrap_or(usize::MAX));
        found.next = rows.last().map_or(found.next, |row| row.seq);
        found.items.extend(rows.into_iter().filter(|row| viewer.supervises(&row.message.divisions)));
        if !found.has_more || found.items.len() as u64 == limit {
            break;
        }
    }
    Ok(found)
}
