//! Reading for another party: who was mandated by it sees what it sees.

use std::collections::BTreeSet;

use super::{AccessError, Viewer};
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::Kind;
use crate::custody::admit::Objection;
use crate::registry::PartyKind;
use crate::registry::Role;
use crate::registry::mandate::{MandateRecord, SignedFor};
use crate::store::{ReadTx, log, mandate, registry};

/// The parties that a viewer may sign a kind of event for now, by mandates given to its own party. Mandates are not passed on: who looks
/// as another party has none of that party's.
pub(in crate::app) async fn principals(
    tx: &mut ReadTx,
    viewer: &Viewer,
    kind: Kind,
    now: Timestamp,
) -> Result<BTreeSet<Uscc>, Fault> {
    let (Some(own), Some(role), Some(kid)) = (own_party(tx, viewer).await?, viewer.role(), viewer.kid())
    else {
        return Ok(BTreeSet::new());
    };
    if role.is_crew() {
        return Ok(BTreeSet::new());
    }
    let index = log::head(tx).await?.map_or(0, |head| head.size);
    let signed = SignedFor { index, at: now, kid, kind: kind.name() };
    let granted = mandate::granted_to(tx, own).await?;
    Ok(granted
        .iter()
        .filter(|mandate| mandate.covers(&signed).is_ok())
        .map(|mandate| mandate.party)
        .collect())
}

/// The viewer's party, where the key speaks for it; `None` for who looks as another party. A mandate lends what that party may see of the
/// ledger, and nothing of what it keeps to itself.
pub(in crate::app) async fn own_party(tx: &mut ReadTx, viewer: &Viewer) -> Result<Option<Uscc>, Fault> {
    let (Some(party), Some(kid)) = (viewer.party(), viewer.kid()) else { return Ok(None) };
    let is_own = registry::keys(tx, &[kid]).await?.iter().any(|key| key.party == party);
    Ok(is_own.then_some(party))
}

impl App {
    /// The mandates in force that let the viewer's key look and sign for others, the first granted first. Who is on the road has none.
    pub async fn mandates_held(&self, viewer: &Viewer) -> Result<Vec<MandateRecord>, Fault> {
        let mut tx = self.store().read().await?;
        let is_crew = viewer.role().is_none_or(Role::is_crew);
        let (Some(own), Some(kid)) = (own_party(&mut tx, viewer).await?, viewer.kid().filter(|_| !is_crew))
        else {
            return Ok(Vec::new());
        };
        let (head, now) = (log::head(&mut tx).await?.map_or(0, |head| head.size), self.clock().now());
        let mut granted = mandate::granted_to(&mut tx, own).await?;
        granted.retain(|mandate| mandate.holds(head, now, &kid).is_ok());
        granted.sort_by_key(|mandate| mandate.index);
        Ok(granted)
    }
}

impl Viewer {
    /// This viewer, looking as a party that mandated its own. A mandate must be in force at the head of the log at `now`, and the key must
    /// be one that the office uses. What an authority sees is never lent.
    pub async fn acting_for(self, app: &App, party: Uscc, now: Timestamp) -> Result<Viewer, AccessError> {
        let (Some(own), Some(role), Some(kid)) = (self.party(), self.role(), self.kid()) else {
            return Err(not_mandated());
        };
        if own == party {
            return Ok(self);
        }
        let mut tx = app.store().read().await?;
        let head = log::head(&mut tx).await?.map_or(0, |head| head.size);
        let granted = mandate::granted_by(&mut tx, &[party]).await?;
        let holds = granted.iter().filter(|mandate| mandate.to == own);
        let is_mandated = holds.into_iter().any(|mandate| mandate.holds(head, now, &kid).is_ok());
        let principal = registry::parties(&mut tx, &[party]).await?.into_iter().next();
        let is_ordinary = principal.is_some_and(|record| !record.kinds.contains(&PartyKind::Authority));
        // What a driver or escort may not see of its own party it does not see of another.
        if is_mandated && !role.is_crew() && is_ordinary {
            Ok(Self::Party { party, role, kid })
        } else {
            Err(not_mandated())
        }
    }
}

fn not_mandated() -> AccessError {
    AccessError::Token(Objection::new(
        "not-mandated",
        "/header/acting-for",
        "该单位没有有效授权，不能代其查看",
        "no mandate of that party to the caller's is in force",
    ))
}
