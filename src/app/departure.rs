//! Somebody leaves (人员交接): what the key holds goes to a successor, and the key ends at a chosen time.
//!
//! What is in the log is passed on by events that whoever arranges it signs: cases are assigned anew, vehicles get another driver. The
//! revocation is signed at the same time and waits here until its time has come, for nothing in the log speaks of the future. What lies
//! beside the log, webhooks and days on duty, goes over when the key ends.

use serde_json::{Value, json};

use super::access::{Viewer, own_party};
use super::error::{Refusal, SubmitError};
use super::query::{CaseStage, Page, page_of, page_size};
use super::receipt::event_of;
use super::{App, Fault};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::admit::Objection;
use crate::custody::manifest::Assignment;
use crate::custody::payload::manifest::Assigned;
use crate::custody::{Event, Kind, Statement};
use crate::id::{CaseId, ManifestId};
use crate::ledger::{Envelope, Kid, Typ};
use crate::registry::{KeyRecord, MandateRecord, Role};
use crate::store::case::Among;
use crate::store::{ReadTx, case, departure, duty_roster, log, mandate, registry, webhook};

pub use crate::store::departure::{Departure, DepartureStage};

/// Most cases that are named of what a key holds.
pub const MAX_HELD_CASES: u64 = 500;
/// The furthest that the end of a key is arranged ahead, in days.
pub const MAX_DEPARTURE_DAYS: i64 = 366;
/// Departures ended in one go.
const MAX_DUE: u64 = 100;

/// A statement that passes something on: kind and payload, as they are prepared for signing.
#[derive(Clone, Debug, PartialEq)]
pub struct PassingOn {
    /// Kind of the event.
    pub kind: Kind,
    /// Its payload.
    pub data: Value,
}

/// What a key holds.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldByKey {
    /// Open cases that lie with it, at most [`MAX_HELD_CASES`].
    pub cases: Vec<CaseId>,
    /// Manifests that it is named for as driver or escort and whose carrier has not taken them yet.
    pub trips: Vec<ManifestId>,
    /// Mandates that are bound to it: only who granted them can grant them to another key.
    pub mandates: Vec<MandateRecord>,
    /// Days on duty from today on.
    pub days_on_duty: u64,
    /// Webhooks that it answers for.
    pub webhooks: u64,
    /// What is to be signed, the end of the key last; nothing but that where no successor is named.
    pub to_sign: Vec<PassingOn>,
}

/// Who shall take over, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedDeparture {
    /// The key that takes over.
    pub successor: Kid,
    /// When the old one ends; what lies behind is now.
    pub ends_at: Timestamp,
    /// The signed `key.revoked`, compact or flattened.
    pub revocation: String,
}

/// The party whose staff a viewer may let go: administrators their own, officers that of their authority. Who looks as another party by a
/// mandate lets nobody go.
async fn employer(tx: &mut ReadTx, viewer: &Viewer) -> Result<Option<Uscc>, Fault> {
    let may = matches!(
        viewer,
        Viewer::Party { role: Role::Administrator, .. }
            | Viewer::Authority { role: Role::Administrator | Role::Officer, .. }
    );
    if may { own_party(tx, viewer).await } else { Ok(None) }
}

impl App {
    /// What a key of the viewer's party holds, and what is to be signed to pass it on. `None` for what the viewer administers not.
    pub async fn held_by_key(
        &self,
        viewer: &Viewer,
        kid: Kid,
        successor: Option<Kid>,
    ) -> Result<Option<HeldByKey>, Fault> {
        let mut tx = self.inner.store.read().await?;
        let Some(key) = own_key(&mut tx, viewer, kid).await? else { return Ok(None) };
        let now = self.inner.clock.now();
        let mut cases: Vec<CaseId> = Vec::new();
        for stage in [CaseStage::Open, CaseStage::Answered] {
            let among = Among { owner: Some(kid), stage: Some(stage), ..Among::default() };
            let found = case::after(&mut tx, among, -1, MAX_HELD_CASES - cases.len() as u64).await?;
            cases.extend(found.into_iter().map(|case| case.case));
        }
        let trips = self.not_begun_by(&mut tx, key.party, kid).await?;
        let mandates = mandate::granted_to(&mut tx, key.party).await?;
        let is_bound =
            |one: &MandateRecord| one.key == Some(kid) && one.revoked_index.is_none() && one.until > now;
        let hooks = webhook::of_party(&mut tx, key.party).await?;
        let mut to_sign = Vec::new();
        if let Some(successor) = successor {
            let case = |id: &CaseId| json!({"case": id, "to": successor});
            to_sign.extend(cases.iter().map(|id| PassingOn { kind: Kind::CaseAssigned, data: case(id) }));
            for (_, assignment) in &trips {
                to_sign.extend(reassigned(&mut tx, assignment, kid, successor).await?);
            }
        }
        let end = json!({"key": kid, "reason": "left"});
        to_sign.push(PassingOn { kind: Kind::KeyRevoked, data: end });
        Ok(Some(HeldByKey {
            cases,
            trips: trips.into_iter().map(|(id, _)| id).collect(),
            mandates: mandates.into_iter().filter(is_bound).collect(),
            days_on_duty: duty_roster::count_days(&mut tx, kid, self.today()).await?,
            webhooks: hooks.iter().filter(|hook| hook.kid == kid).count() as u64,
            to_sign,
        }))
    }

    /// Keep a signed revocation until its time has come, and who takes over then; at once, where it has come. What was arranged for the key
    /// before is replaced. `None` for a key that the viewer does not administer.
    pub async fn let_leave(
        &self,
        viewer: &Viewer,
        kid: Kid,
        wanted: WantedDeparture,
    ) -> Result<Option<Departure>, SubmitError> {
        self.may_write()?;
        let mut tx = self.inner.store.read().await?;
        let key = own_key(&mut tx, viewer, kid).await?;
        let (Some(key), Some(by)) = (key, viewer.kid()) else { return Ok(None) };
        let now = self.inner.clock.now();
        let mut wrong = self.wrong_departure(&mut tx, &key, &wanted, now).await?;
        let known = departure::of_key(&mut tx, kid).await?;
        drop(tx);
        if let Some(done) = known.filter(|known| matches!(known.stage, DepartureStage::Done { .. })) {
            return Ok(Some(done));
        }
        let revocation = match revocation_of(&wanted.revocation, &key) {
            Ok(compact) => compact,
            Err(objection) => {
                wrong.push(objection);
                return Err(Refusal::unacceptable(wrong).into());
            }
        };
        if !wrong.is_empty() {
            return Err(Refusal::unacceptable(wrong).into());
        }
        // Whatever speaks against it today is told today, and not on the day.
        self.dry_run(revocation.as_bytes(), None).await?;
        let departure = Departure {
            kid,
            party: key.party,
            successor: wanted.successor,
            ends_at: wanted.ends_at.max(now),
            revocation,
            by,
            made_at: now,
            stage: DepartureStage::Waits,
        };
        let mut tx = self.inner.store.write().await?;
        departure::save(&mut tx, &departure).await?;
        tx.commit().await?;
        if departure.ends_at > now {
            return Ok(Some(departure));
        }
        self.end_departure(departure).await.map(Some)
    }

    /// A page of what was arranged for the keys of the viewer's party, by key; nothing for who administers none.
    pub async fn departures(
        &self,
        viewer: &Viewer,
        after: Option<Kid>,
        limit: u64,
    ) -> Result<Page<Departure, Kid>, Fault> {
        let mut tx = self.inner.store.read().await?;
        let Some(party) = employer(&mut tx, viewer).await? else { return Ok(Page::empty()) };
        let limit = page_size(limit);
        let found = departure::of_party(&mut tx, party, after, limit + 1).await?;
        Ok(page_of(found, limit, |departure| departure.kid))
    }

    /// Let somebody stay after all; false when nothing waits for this key.
    pub async fn call_departure_off(&self, viewer: &Viewer, kid: Kid) -> Result<bool, SubmitError> {
        self.may_write()?;
        if viewer.kid() == Some(kid) {
            let zh = "离任安排不能由本人取消，请由其他管理员或执法人员取消";
            let en = "nobody calls off the own departure; another administrator or officer does";
            return Err(Refusal::unacceptable(vec![Objection::new("own-departure", "", zh, en)]).into());
        }
        let mut tx = self.inner.store.write().await?;
        let called_off = match employer(&mut tx, viewer).await? {
            Some(party) => departure::call_off(&mut tx, party, kid).await?,
            None => false,
        };
        tx.commit().await?;
        Ok(called_off)
    }

    /// End the keys whose time has come. What cannot be done now stays for the next time.
    pub(super) async fn end_departures(&self) -> Result<(), Fault> {
        if self.may_write().is_err() {
            return Ok(());
        }
        let now = self.inner.clock.now();
        let mut tx = self.inner.store.read().await?;
        let due = departure::due(&mut tx, now, MAX_DUE).await?;
        drop(tx);
        for departure in due {
            if let Err(SubmitError::Fault(fault)) = self.end_departure(departure).await {
                return Err(fault);
            }
        }
        Ok(())
    }

    /// Record the revocation, and pass on what lies beside the log. Done twice, it does nothing more.
    async fn end_departure(&self, mut departure: Departure) -> Result<Departure, SubmitError> {
        let taken = self.submit(departure.revocation.as_bytes(), None).await;
        let at = self.inner.clock.now();
        let mut tx = self.inner.store.write().await?;
        let keys = registry::keys(&mut tx, &[departure.kid]).await?;
        let has_ended = keys.iter().any(|key| key.revoked_index.is_some());
        departure.stage = match taken {
            // Somebody else ended the key before: what it held goes to the successor all the same.
            _ if has_ended => DepartureStage::Done { at },
            Err(SubmitError::Refused(refusal)) => DepartureStage::Refused { at, code: refusal.code },
            Err(error) => {
                tx.rollback().await?;
                return Err(error);
            }
            Ok(_) => DepartureStage::Refused { at, code: "does-not-count".to_owned() },
        };
        if has_ended {
            let (from, to) = (departure.kid, departure.successor);
            webhook::pass_on(&mut tx, departure.party, from, to).await?;
            duty_roster::pass_on(&mut tx, from, to, self.today()).await?;
        }
        departure::save(&mut tx, &departure).await?;
        tx.commit().await?;
        Ok(departure)
    }

    /// Everything that is wrong with what is wanted, but for the revocation.
    async fn wrong_departure(
        &self,
        tx: &mut ReadTx,
        key: &KeyRecord,
        wanted: &WantedDeparture,
        now: Timestamp,
    ) -> Result<Vec<Objection>, Fault> {
        let mut wrong = Vec::new();
        let successor = registry::keys(tx, &[wanted.successor]).await?.into_iter().next();
        let is_fit = successor.is_some_and(|successor| {
            let may_take_over = successor.role == key.role
                || (!key.role.is_official() && successor.role == Role::Administrator);
            successor.kid != key.kid
                && successor.party == key.party
                && successor.revoked_index.is_none()
                && may_take_over
        });
        if !is_fit {
            wrong.push(Objection::new(
                "successor-unfit",
                "/successor",
                "接替人须为本单位另一把有效密钥，且角色相同（企业人员也可由管理员接替）",
                "not another good key of the party in the same role, or of its administrator",
            ));
        }
        if wanted.ends_at > now.plus_hours(24 * MAX_DEPARTURE_DAYS) {
            wrong.push(Objection::new(
                "departure-too-far",
                "/ends_at",
                format!("最多提前 {MAX_DEPARTURE_DAYS} 天安排"),
                format!("more than {MAX_DEPARTURE_DAYS} days ahead"),
            ));
        }
        Ok(wrong)
    }
}

/// A key of the party whose staff the viewer may let go.
async fn own_key(tx: &mut ReadTx, viewer: &Viewer, kid: Kid) -> Result<Option<KeyRecord>, Fault> {
    let Some(party) = employer(tx, viewer).await? else { return Ok(None) };
    let key = registry::keys(tx, &[kid]).await?.into_iter().next();
    Ok(key.filter(|key| key.party == party))
}

/// The revocation of this key in the compact form, as it will be sent.
fn revocation_of(signed: &str, key: &KeyRecord) -> Result<String, Objection> {
    let not_it = || {
        Objection::new(
            "no-revocation",
            "/revocation",
            "不是吊销该密钥的 key.revoked 签名声明",
            "not a signed key.revoked of this key",
        )
    };
    let envelope = Envelope::parse(signed.as_bytes(), Typ::Event).map_err(|_| not_it())?;
    let event = Event::parse(envelope.payload()).map_err(|_| not_it())?;
    match &event.statement {
        Statement::KeyRevoked(s) if s.key == key.kid => Ok(envelope.into_compact()),
        _ => Err(not_it()),
    }
}

/// An assignment once more, with the successor in the place of who leaves.
async fn reassigned(
    tx: &mut ReadTx,
    assignment: &Assignment,
    leaves: Kid,
    successor: Kid,
) -> Result<Option<PassingOn>, Fault> {
    let index = log::indexes_of(tx, &[assignment.mark.event]).await?.into_iter().next();
    let Some((_, index)) = index else { return Ok(None) };
    let Some(entry) = log::entry(tx, index).await?.filter(|entry| entry.jws.is_some()) else {
        return Ok(None);
    };
    let Statement::ManifestAssigned(said) = event_of(&entry)?.statement else { return Ok(None) };
    let other = |kid: Option<Kid>| kid.map(|kid| if kid == leaves { successor } else { kid });
    let again = Assigned { driver: other(said.driver), escort: other(said.escort), ..said };
    let data = Statement::ManifestAssigned(again).to_json();
    Ok(Some(PassingOn { kind: Kind::ManifestAssigned, data }))
}
