//! Making notices: the outbox is read message by message behind a cursor that moves in the transaction that writes what came of it. Whoever
//! stops in between begins again where the cursor stands, and what was made is not made twice.

use super::keeping::{Draft, Ending, Outcome, keep};
use super::kinds::{By, NOTICE_KINDS, NoticeKind, matters};
use super::ladder::later;
use super::whom::{ForWhom, Known};
use super::{audience, thing};
use crate::app::receipt::event_of;
use crate::app::{App, Fault};
use crate::catalogue::{Division, Severity, Uscc};
use crate::clock::Timestamp;
use crate::custody::{Event, Statement};
use crate::id::{NoticeId, derived};
use crate::store::notice::{self, Addressee, StoredNotice};
use crate::store::outbox::{self, About, Numbered};
use crate::store::{ReadTx, log};

/// Messages looked at in one transaction.
const A_BATCH: u64 = 100;
/// Name of the cursor.
const OUTBOX: &str = "outbox";

/// Number of the last message of which notices were made.
pub(in crate::app) async fn noticed(tx: &mut ReadTx) -> Result<u64, Fault> {
    Ok(notice::cursor(tx, OUTBOX).await?.unwrap_or(0).cast_unsigned())
}

impl App {
    /// Make notices of what happened since the last time, and of what time alone brings; how many were made.
    pub async fn make_notices(&self) -> Result<usize, Fault> {
        if self.may_write().is_err() {
            return Ok(0);
        }
        let mut made = 0;
        loop {
            let (looked_at, new) = self.make_some().await?;
            made += new;
            if looked_at < A_BATCH {
                break;
            }
        }
        made += self.tell_parked().await?;
        made += self.tell_stuck_pushes().await?;
        made += self.tell_disclosed().await?;
        Ok(made)
    }

    /// Look at the next messages: how many, and how many notices came of them.
    async fn make_some(&self) -> Result<(u64, usize), Fault> {
        let mut tx = self.inner.store.read().await?;
        let from = noticed(&mut tx).await?;
        let messages = outbox::told(&mut tx, from, A_BATCH).await?;
        let Some(last) = messages.last().map(|message| message.seq) else { return Ok((0, 0)) };
        let mut outcomes = Vec::new();
        let looked_at = messages.len() as u64;
        let messages = with_events(&mut tx, messages).await?;
        let known = Known::of(self, &mut tx, messages.iter().filter_map(|(_, event)| event.as_ref())).await?;
        for (message, event) in &messages {
            outcomes.extend(self.outcomes_of(&mut tx, &known, message, event.as_ref()).await?);
        }
        drop(tx);
        let mut tx = self.inner.store.write().await?;
        if !notice::move_cursor(&mut tx, OUTBOX, from.cast_signed(), last.cast_signed()).await? {
            // Another process did it.
            tx.rollback().await?;
            return Ok((looked_at, 0));
        }
        let made = keep(&mut tx, outcomes).await?;
        tx.commit().await?;
        Ok((looked_at, made))
    }

    /// What comes of one message: what is ended first, then what begins.
    async fn outcomes_of(
        &self,
        tx: &mut ReadTx,
        known: &Known,
        message: &Numbered,
        event: Option<&Event>,
    ) -> Result<Vec<Outcome>, Fault> {
        let told = &message.message;
        // What is evidence alone was looked at by no check of who may say it: it tells nobody anything and ends nothing. Erased since: there is
        // nothing to tell any more.
        if !told.counts
            || !matters(&told.what)
            || (event.is_none() && matches!(told.about, About::Event { .. }))
        {
            return Ok(Vec::new());
        }
        let thing = thing::of(tx, message, event).await?;
        let mut outcomes = Vec::new();
        match event.map(|event| &event.statement) {
            Some(Statement::KeyRevoked(s)) => outcomes.push(Outcome::Gone(s.key)),
            Some(Statement::KeyRotated(s)) => outcomes.push(Outcome::Gone(s.replaces)),
            _ => {}
        }
        let may_end = known.may_end(event);
        for kind in NOTICE_KINDS.iter().filter(|_| may_end) {
            for (_, by) in kind.ended_by.iter().filter(|(what, _)| *what == told.what) {
                let party = (*by == By::Itself).then(|| event.map(|event| event.party)).flatten();
                let topic = topic_of(kind, &thing);
                outcomes.push(Outcome::Ended(Ending { topic, party, at: told.at }));
            }
        }
        for kind in NOTICE_KINDS.iter().filter(|kind| kind.made_by.contains(&told.what.as_str())) {
            let severity = severity_of(kind, &told.about);
            let to = self.whom(tx, known, kind, severity, message, event).await?;
            for ForWhom { party, audiences, divisions } in to {
                let cause = cause_of(told);
                let made = Made { kind, severity, at: told.at, party, divisions, thing: &thing, cause };
                let mut draft = self.draft(made, audiences);
                draft.notice.subject_kind = told.subject_kind.clone();
                draft.notice.subject = told.subject.clone();
                if let About::Event { id, .. } = &told.about {
                    draft.notice.event = Some(*id);
                }
                draft.notice.finding = thing.finding;
                outcomes.push(Outcome::Made(Box::new(draft)));
            }
            // What came late may have been done before anybody heard of it.
            if known.is_settled(kind, event) {
                let ending = Ending { topic: topic_of(kind, &thing), party: None, at: told.at };
                outcomes.push(Outcome::Ended(ending));
            }
        }
        Ok(outcomes)
    }

    /// A notice with its addressees and its day of going further up.
    pub(super) fn draft(&self, made: Made<'_>, audiences: Vec<String>) -> Draft {
        let Made { kind, severity, at, party, divisions, thing, cause } = made;
        let now = self.inner.clock.now();
        let is_task = kind.is_task() && severity > Severity::Notice;
        let id = derived(&[b"liandan/notice/v1", kind.name.as_bytes(), party.to_string().as_bytes(), &cause]);
        let notice = StoredNotice {
            id: NoticeId::from_uuid(id),
            kind: kind.name.to_owned(),
            severity: severity.name().to_owned(),
            at,
            party,
            divisions,
            thing: thing.key.clone(),
            topic: is_task.then(|| topic_of(kind, thing)),
            subject_kind: "party".to_owned(),
            subject: party.to_string(),
            event: None,
            finding: None,
            done_at: None,
            rungs: 0,
            escalates_at: later(self.rulebook().profile, now, severity),
        };
        let address = |audience| Addressee { party, audience, at: now, rung: 0 };
        Draft { notice, to: audiences.into_iter().map(address).collect() }
    }
}

/// What a notice is made of.
pub(super) struct Made<'a> {
    pub(super) kind: &'static NoticeKind,
    pub(super) severity: Severity,
    pub(super) at: Timestamp,
    pub(super) party: Uscc,
    pub(super) divisions: Vec<Division>,
    pub(super) thing: &'a thing::Thing,
    pub(super) cause: Vec<u8>,
}

/// The messages that matter, each with the event it tells of, unless that was erased.
async fn with_events(
    tx: &mut ReadTx,
    messages: Vec<Numbered>,
) -> Result<Vec<(Numbered, Option<Event>)>, Fault> {
    let index = |message: &Numbered| match message.message.about {
        About::Event { index, .. } => Some(index),
        About::Finding { .. } => None,
    };
    let messages: Vec<Numbered> =
        messages.into_iter().filter(|message| matters(&message.message.what)).collect();
    let wanted: Vec<u64> = messages.iter().filter_map(index).collect();
    let entries = log::entries_at(tx, &wanted).await?;
    let mut found = Vec::with_capacity(messages.len());
    for message in messages {
        let entry = index(&message).and_then(|index| entries.iter().find(|entry| entry.index == index));
        let event = entry.filter(|entry| entry.jws.is_some()).map(event_of).transpose()?;
        found.push((message, event));
    }
    Ok(found)
}

/// What ends a notice: its kind and what it is about.
fn topic_of(kind: &NoticeKind, thing: &thing::Thing) -> String {
    format!("{}/{}", kind.name, thing.key)
}

fn severity_of(kind: &NoticeKind, about: &About) -> Severity {
    let of_finding = match about {
        About::Finding { severity, .. } => audience::severity_named(severity),
        About::Event { .. } => None,
    };
    kind.severity.or(of_finding).unwrap_or(Severity::Minor)
}

/// What makes it another notice than others of its kind: an event, or the moment of a step of a finding.
fn cause_of(message: &outbox::Message) -> Vec<u8> {
    match &message.about {
        About::Event { id, .. } => id.as_bytes().to_vec(),
        About::Finding { id, .. } => {
            [id.as_uuid().as_bytes().as_slice(), &message.at.as_millis().to_be_bytes()].concat()
        }
    }
}
