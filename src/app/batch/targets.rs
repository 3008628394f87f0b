//! The earlier events that acts about to be recorded are about: read from the log, judged again by what stood around them.

use super::fill::signed_of;
use crate::app::error::Fault;
use crate::app::prepare::Prepared;
use crate::clock::Timestamp;
use crate::custody::Recorded;
use crate::custody::admit::{Candidate, Embedded, handover};
use crate::custody::books::Books;
use crate::custody::correction::{event_named_by, named_by};
use crate::custody::form;
use crate::custody::stance::{LastWord, Stance};
use crate::custody::{Event, Statement, Verdict};
use crate::id::CorrectionId;
use crate::ledger::{Envelope, EventId, Kid, Typ, Unverified};
use crate::store::{ReadTx, correction, log, stance, timeline};

/// An earlier event, before the keys that judge it are at hand.
pub(super) struct Earlier {
    /// The event, with the verdict in force.
    pub(super) recorded: Recorded,
    act_conflict: Option<EventId>,
    last_word: Option<LastWord>,
    corrections: usize,
}

/// Put at hand the corrections that these events are about.
pub(super) async fn corrections(
    tx: &mut ReadTx,
    books: &mut Books,
    events: &[(&Prepared, Timestamp)],
) -> Result<(), Fault> {
    let named = events.iter().filter_map(|(prepared, _)| named_by(&prepared.event.statement));
    let named: Vec<CorrectionId> = named.collect();
    for state in correction::by_ids(tx, &named).await? {
        books.put_correction(state);
    }
    Ok(())
}

/// The events before log index `from` that these events are about; the corrections they name are at hand. What is recorded with
/// them is put at hand then.
pub(super) async fn earlier(
    tx: &mut ReadTx,
    books: &Books,
    from: u64,
    events: &[(&Prepared, Timestamp)],
) -> Result<Vec<Earlier>, Fault> {
    let about = events.iter().filter_map(|(prepared, _)| event_about(books, &prepared.event.statement));
    let ids: Vec<EventId> = about.collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let indexes = log::indexes_of(tx, &ids).await?.into_iter().map(|(_, index)| index);
    let indexes: Vec<u64> = indexes.filter(|index| *index < from).collect();
    let words = stance::last_words(tx, &ids).await?;
    let mut earlier = Vec::new();
    for entry in log::entries_at(tx, &indexes).await?.iter().filter(|entry| entry.jws.is_some()) {
        let verdict = timeline::verdict(tx, entry.index).await?.unwrap_or(Verdict::Counts);
        let corrections = correction::of_events(tx, &[entry.event_id]).await?;
        let recorded = signed_of(tx, entry, verdict).await?.corrected_by(&corrections);
        earlier.push(Earlier {
            corrections: corrections.len(),
            act_conflict: first_of_act(tx, &recorded.event).await?.filter(|first| *first != recorded.id),
            last_word: words.iter().find(|word| word.event == recorded.id).copied(),
            recorded,
        });
    }
    Ok(earlier)
}

/// The earlier event that an act is about, itself or by the correction it names.
fn event_about(books: &Books, statement: &Statement) -> Option<EventId> {
    let stated = Stance::of(statement).map(|(_, id)| id).or_else(|| event_named_by(statement));
    stated.or_else(|| Some(books.correction(&named_by(statement)?)?.event))
}

/// The event that used the act of this one first.
async fn first_of_act(tx: &mut ReadTx, event: &Event) -> Result<Option<EventId>, Fault> {
    let firsts = log::first_of_acts(tx, &[(event.party, event.act.as_uuid())]).await?;
    Ok(firsts.into_iter().next().map(|(_, _, first)| first))
}

impl Earlier {
    /// The keys that its verdict depends on.
    pub(super) fn kids(&self) -> impl Iterator<Item = Kid> {
        let offer = self.offer().map(|offer| offer.kid());
        [Some(self.recorded.kid), offer, self.last_word.map(|word| word.by_kid)].into_iter().flatten()
    }

    fn offer(&self) -> Option<Envelope<Unverified>> {
        let (_, handover) = handover(&self.recorded.event)?;
        form::embedded(handover.offer.as_deref()?, Typ::Offer)
    }

    /// An entry by itself, as it was signed.
    pub(super) async fn alone(tx: &mut ReadTx, entry: &log::Entry) -> Result<Self, Fault> {
        let recorded = signed_of(tx, entry, Verdict::Counts).await?;
        let first = first_of_act(tx, &recorded.event).await?;
        Ok(Self {
            act_conflict: first.filter(|first| *first != recorded.id),
            last_word: None,
            corrections: 0,
            recorded,
        })
    }

    /// Put it at hand. The keys it names are.
    pub(super) fn put(self, books: &mut Books) {
        let (signed, verdict) = (self.recorded.signed.clone(), self.recorded.verdict);
        let said = (self.last_word, self.corrections);
        let candidate = self.candidate(books);
        books.put_target(candidate, signed, verdict, said);
    }

    /// The event as it is judged, with the corrections in force. The keys it names are at hand.
    pub(super) fn candidate(self, books: &Books) -> Candidate {
        let offered = self.offer().map(|offer| {
            let kid = offer.kid();
            let key = books.registry.key(&kid).map(|key| key.public);
            (kid, key.is_some_and(|key| offer.verify(&key).is_ok()))
        });
        let recorded = self.recorded;
        let offer = recorded.offer.zip(offered);
        Candidate {
            index: recorded.index,
            id: recorded.id,
            recorded_at: recorded.recorded_at,
            skew_ms: recorded.skew_ms,
            kid: recorded.kid,
            event: recorded.event,
            offer: offer.map(|(body, (kid, signature_ok))| Embedded { body, kid, signature_ok }),
            invitation: None,
            act_conflict: self.act_conflict,
            anchored: recorded.anchored,
            may_refuse: false,
        }
    }
}
