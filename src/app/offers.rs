//! Offers that wait: the releasing side signs an offer and leaves it here, and whoever shall take over finds it without standing beside it. What
//! is taken over is said by the event that embeds it, as ever; an offer here moves nothing and proves nothing but its own signature.

use std::fmt;
use std::str::FromStr;

use super::access::{Viewer, divisions_of_manifest, load_manifests};
use super::error::{Refusal, RefusalKind, SubmitError};
use super::query::{Page, page_of, page_size};
use super::receipt::event_of;
use super::{App, Fault};
use crate::clock::Timestamp;
use crate::custody::Subject;
use crate::custody::admit::{Objection, handover};
use crate::custody::form::{embedded, read_offer};
use crate::custody::payload::handover::Offer;
use crate::id::ManifestId;
use crate::ledger::{Envelope, EventId, Typ, Unverified};
use crate::registry::KeyStanding;
use crate::store::offer::{OfferSpot, StoredOffer};
use crate::store::{ReadTx, log, offer, registry, timeline};

/// How long an offer waits from when it was signed, in hours.
pub const OFFER_LIFE_HOURS: i64 = 72;
/// Most offers of one party that wait at a time.
pub const MAX_WAITING_OFFERS: u64 = 1_000;
/// How far a device's clock may be ahead, in milliseconds.
const LEEWAY_MS: i64 = 5 * 60_000;

/// An offer that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingOffer {
    /// The offer as it is kept.
    pub stored: StoredOffer,
    /// What it says.
    pub said: Offer,
}

/// An offer, and whether this call left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOffer {
    /// The offer.
    pub offer: WaitingOffer,
    /// False when it waited before.
    pub is_new: bool,
}

/// Which side of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferSide {
    /// Those made to the viewer's party.
    Taking,
    /// Those it made.
    Releasing,
}

impl OfferSide {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Taking, Self::Releasing];

    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Taking => "taking",
            Self::Releasing => "releasing",
        }
    }
}

/// Where a page of offers begins: behind this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfferCursor(OfferSpot);

impl fmt::Display for OfferCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0.0.as_millis(), self.0.1)
    }
}

/// The text is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the next of a page of offers")]
pub struct NoOfferCursor;

impl FromStr for OfferCursor {
    type Err = NoOfferCursor;

    fn from_str(text: &str) -> Result<Self, NoOfferCursor> {
        let (at_ms, id) = text.split_once('-').ok_or(NoOfferCursor)?;
        let at_ms = at_ms.parse::<u64>().ok().and_then(|at_ms| i64::try_from(at_ms).ok());
        let at = Timestamp::from_millis(at_ms.ok_or(NoOfferCursor)?);
        Ok(Self((at, id.parse().map_err(|_| NoOfferCursor)?)))
    }
}

impl WaitingOffer {
    fn of(stored: StoredOffer) -> Result<Self, Fault> {
        let said = Envelope::parse(stored.compact.as_bytes(), Typ::Offer).ok().as_ref().and_then(read_offer);
        let said = said.ok_or_else(|| Fault::Tree(format!("offer {} cannot be read", stored.id)))?;
        Ok(Self { stored, said })
    }
}

/// True when an event of the manifest embeds the offer.
async fn is_embedded(tx: &mut ReadTx, manifest: ManifestId, id: EventId) -> Result<bool, Fault> {
    let rows = timeline::of(tx, &Subject::Manifest(manifest)).await?;
    let indexes: Vec<u64> = rows.iter().map(|row| row.index).collect();
    let entries = log::entries_at(tx, &indexes).await?;
    for entry in entries.iter().filter(|entry| entry.jws.is_some()) {
        let event = event_of(entry)?;
        let offer = handover(&event).and_then(|(_, handover)| handover.offer.as_deref());
        if offer.and_then(|offer| embedded(offer, Typ::Offer)).is_some_and(|offer| offer.event_id() == id) {
            return Ok(true);
        }
    }
    Ok(false)
}

impl App {
    /// Leave a signed offer for whom it names; the same one again changes nothing. The viewer's party lets go, and may see the manifest.
    pub async fn leave_offer(&self, viewer: &Viewer, bytes: &[u8]) -> Result<LeftOffer, SubmitError> {
        let envelope = Envelope::parse(bytes, Typ::Offer).map_err(Refusal::from)?;
        let said = read_offer(&envelope).ok_or_else(malformed)?;
        let (id, now) = (envelope.event_id(), self.inner.clock.now());
        let mut tx = self.inner.store.write().await?;
        let size = self.lock(&mut tx).await?.size;
        let envelope = check_signature(&mut tx, envelope, &said, size).await?;
        let mut wrong = self.objections(&mut tx, viewer, &said, now).await?;
        if let Some(stored) = offer::offer(&mut tx, id, now).await? {
            tx.rollback().await?;
            refuse_if_any(wrong)?;
            return Ok(LeftOffer { offer: WaitingOffer { stored, said }, is_new: false });
        }
        // It is not left again, and the event that took it may have come first, from a phone that had been without a network.
        if wrong.is_empty() && is_embedded(&mut tx, said.manifest, id).await? {
            wrong.push(taken());
        }
        if offer::count_waiting(&mut tx, said.from, now).await? >= MAX_WAITING_OFFERS {
            wrong.push(too_many());
        }
        refuse_if_any(wrong)?;
        let stored = StoredOffer {
            id,
            manifest: said.manifest,
            from: said.from,
            to: said.to,
            kid: envelope.kid(),
            compact: envelope.into_compact(),
            left_at: now,
            expires_at: expiry(&said),
        };
        offer::save(&mut tx, &stored).await?;
        tx.commit().await?;
        Ok(LeftOffer { offer: WaitingOffer { stored, said }, is_new: true })
    }

    /// What speaks against leaving an offer here, all of it.
    async fn objections(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        said: &Offer,
        now: Timestamp,
    ) -> Result<Vec<Objection>, Fault> {
        let mut wrong = Vec::new();
        if *said.log != *self.inner.origin {
            let en = "the offer speaks to another ledger";
            wrong.push(Objection::new("other-ledger", "/log", "该交接要约属于其他账本", en));
        }
        if viewer.party() != Some(said.from) {
            let en = "only the party that lets go leaves an offer";
            wrong.push(Objection::new("offer-of-another", "/from", "只有交出方可以提交该要约", en));
        }
        let state = load_manifests(self, tx, &[said.manifest]).await?.remove(&said.manifest);
        let sees = match &state {
            Some(state) => viewer.may_see_manifest(state, &divisions_of_manifest(tx, state).await?),
            None => false,
        };
        if !sees {
            let en = "the caller knows of no such manifest";
            wrong.push(Objection::new("manifest-unknown", "/manifest", "没有这份联单", en));
        }
        if said.to == said.from || registry::parties(tx, &[said.to]).await?.is_empty() {
            let en = "it is offered to nobody who is registered here, or to who lets go";
            wrong.push(Objection::new("offer-to-nobody", "/to", "接收方未在本账本登记，或与交出方相同", en));
        }
        if said.at > now.plus_millis(LEEWAY_MS) || expiry(said) <= now {
            let zh = format!("要约须在签署后 {OFFER_LIFE_HOURS} 小时内提交，且不得晚于当前时间");
            let en = format!(
                "an offer waits {OFFER_LIFE_HOURS} hours from when it was signed, which is not in the future"
            );
            wrong.push(Objection::new("offer-expired", "/at", zh, en));
        }
        Ok(wrong)
    }

    /// A page of offers that wait, the last left first, made to the viewer's party or by it. Nobody else is told of them.
    pub async fn offers(
        &self,
        viewer: &Viewer,
        side: OfferSide,
        after: Option<OfferCursor>,
        limit: u64,
    ) -> Result<Page<WaitingOffer, OfferCursor>, Fault> {
        let Viewer::Party { party, .. } = viewer else { return Ok(Page::empty()) };
        let (limit, now) = (page_size(limit), self.inner.clock.now());
        let mut tx = self.inner.store.read().await?;
        let is_taker = side == OfferSide::Taking;
        let after = after.map(|after| after.0);
        let rows = offer::waiting(&mut tx, *party, is_taker, now, after, limit + 1).await?;
        let page = page_of(rows, limit, |row| OfferCursor((row.left_at, row.id)));
        let manifests: Vec<_> = page.items.iter().map(|row| row.manifest).collect();
        let visible = self.visible_manifests(&mut tx, viewer, &manifests).await?;
        let seen = page
            .items
            .into_iter()
            .filter(|row| viewer.may_see_offer([row.from, row.to], visible.contains(&row.manifest)));
        Ok(Page { items: seen.map(WaitingOffer::of).collect::<Result<_, _>>()?, next: page.next })
    }

    /// One offer that waits.
    pub async fn offer(&self, viewer: &Viewer, id: EventId) -> Result<Option<WaitingOffer>, Fault> {
        let mut tx = self.inner.store.read().await?;
        let found = offer::offer(&mut tx, id, self.inner.clock.now()).await?;
        let Some(stored) = found else { return Ok(None) };
        let visible = self.visible_manifests(&mut tx, viewer, &[stored.manifest]).await?;
        let sees = viewer.may_see_offer([stored.from, stored.to], visible.contains(&stored.manifest));
        if sees { WaitingOffer::of(stored).map(Some) } else { Ok(None) }
    }

    /// Take back an offer that the viewer's party left; false when none waits.
    pub async fn withdraw_offer(&self, viewer: &Viewer, id: EventId) -> Result<bool, Fault> {
        let Some(seen) = self.offer(viewer, id).await? else { return Ok(false) };
        let Some(party) = viewer.party().filter(|party| *party == seen.said.from) else { return Ok(false) };
        let mut tx = self.inner.store.write().await?;
        self.lock(&mut tx).await?;
        let is_gone = offer::withdraw(&mut tx, id, party, self.inner.clock.now()).await?;
        tx.commit().await?;
        Ok(is_gone)
    }
}

/// Until when an offer waits.
fn expiry(said: &Offer) -> Timestamp {
    said.at.plus_hours(OFFER_LIFE_HOURS)
}

/// The signature must be that of a key in force of the party that lets go.
async fn check_signature(
    tx: &mut ReadTx,
    envelope: Envelope<Unverified>,
    said: &Offer,
    size: u64,
) -> Result<Envelope<crate::ledger::Verified>, SubmitError> {
    let key = registry::keys(tx, &[envelope.kid()]).await?.pop();
    let refuse =
        |code, pointer, zh, en| Refusal::one(RefusalKind::Unsigned, Objection::new(code, pointer, zh, en));
    let unknown = || {
        let en = "the signing key is not enrolled in this ledger";
        refuse("key-unknown", "/protected/kid", "签名密钥未在本账本登记", en)
    };
    let key = key.ok_or_else(unknown)?;
    let envelope = envelope.verify(&key.public).map_err(Refusal::from)?;
    if key.party != said.from || key.standing_at(size) != KeyStanding::Good {
        let en = "the key is not in force for the party that lets go";
        return Err(
            refuse("key-not-of-releasing-party", "/protected/kid", "该密钥不属于交出方或已失效", en).into()
        );
    }
    Ok(envelope)
}

fn refuse_if_any(wrong: Vec<Objection>) -> Result<(), Refusal> {
    if wrong.is_empty() { Ok(()) } else { Err(Refusal::unacceptable(wrong)) }
}

fn malformed() -> Refusal {
    let en = "this is no offer of version 1 with line numbers from 1, each once";
    Refusal::one(
        RefusalKind::Malformed,
        Objection::new("offer-malformed", "/payload", "交接要约格式不正确", en),
    )
}

fn taken() -> Objection {
    let en = "an event of the log embeds this offer already";
    Objection::new("offer-taken", "", "该要约已被接收", en)
}

fn too_many() -> Objection {
    let zh = format!("同时等待的要约最多 {MAX_WAITING_OFFERS} 个；请先撤回不再需要的");
    let en =
        format!("at most {MAX_WAITING_OFFERS} offers of a party wait at a time; withdraw what is not needed");
    Objection::new("offers-exhausted", "", zh, en)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_back_and_nothing_else_is() {
        let cursor = OfferCursor((Timestamp::from_millis(1_772_414_400_000), EventId::from_bytes([7; 32])));
        assert_eq!(cursor.to_string().parse::<OfferCursor>().unwrap(), cursor);
        for bad in ["", "-", "7", "7-", "x-AAAA", "-7-AAAA"] {
            assert!(bad.parse::<OfferCursor>().is_err(), "{bad}");
        }
    }
}
