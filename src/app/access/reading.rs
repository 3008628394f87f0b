//! The access log (查阅记录): whatever an authority reads of a party's records is written down before it is answered, and shown to that party.
//!
//! It is kept beside the log: it says what was looked at, and proves nothing. A reading is of one record, of a list of what belongs to one
//! party, site or manifest, or of a list that is taken along as a file, for each party in it; other lists over everybody, and what monitors
//! read of the whole log, are not written down.

use std::borrow::Cow;
use std::collections::BTreeSet;

use reqwest::Url;
use uuid::Uuid;

use super::{SealedRead, Viewer, insiders, named_in};
use crate::app::query::{Page, PaperId, PaperKind, page_of, page_size};
use crate::app::seal::new_id;
use crate::app::{App, Fault, Mode};
use crate::catalogue::Uscc;
use crate::custody::label::id_of;
use crate::id::{CaseId, FindingId, LabelId, LotId, MandateId, ManifestId, PermitId, PushId, SiteId};
use crate::ledger::{Digest, EventId, Kid};
use crate::store::access_log::{self, AccessRead};
use crate::store::{ReadTx, case, finding, mandate, push, registry};

/// A record that an address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadRecord {
    /// A manifest.
    Manifest(ManifestId),
    /// A lot.
    Lot(LotId),
    /// An event.
    Event(EventId),
    /// A party, or its records in a list.
    Party(Uscc),
    /// A site.
    Site(SiteId),
    /// A key.
    Key(Kid),
    /// A permit.
    Permit(PermitId),
    /// A paper: a plan, a contract, an approval and the like.
    Paper(PaperId),
    /// A mandate.
    Mandate(MandateId),
    /// A finding.
    Finding(FindingId),
    /// A case.
    Case(CaseId),
    /// What stands under a label.
    Label(LabelId),
    /// A file, and the event by which it is read, where that is said.
    Attachment(Digest, Option<EventId>),
    /// What a platform is told of a manifest.
    Push(PushId),
}

impl ReadRecord {
    /// The record that an address names: `/manifests/{id}` and whatever lies below it. `parts` are what stands in the braces, in order. `None`
    /// for what is no record of a party.
    pub fn named(path: &str, parts: &[&str]) -> Option<Self> {
        let collection = path.trim_start_matches('/').split('/').next()?;
        let first = parts.first()?;
        Some(match collection {
            "manifests" => Self::Manifest(first.parse().ok()?),
            "lots" => Self::Lot(first.parse().ok()?),
            "events" => Self::Event(first.parse().ok()?),
            "parties" => Self::Party(first.parse().ok()?),
            "sites" => Self::Site(first.parse().ok()?),
            "keys" => Self::Key(first.parse().ok()?),
            "permits" => Self::Permit(first.parse().ok()?),
            "papers" => {
                Self::Paper(PaperId { kind: PaperKind::named(first)?, id: parts.get(1)?.parse().ok()? })
            }
            "mandates" => Self::Mandate(first.parse().ok()?),
            "findings" => Self::Finding(first.parse().ok()?),
            "cases" => Self::Case(first.parse().ok()?),
            "labels" => Self::Label(id_of(first)),
            "attachments" => Self::Attachment(first.parse().ok()?, None),
            "pushes" => Self::Push(first.parse().ok()?),
            _ => return None,
        })
    }

    /// The record that is asked for: the one that the address names, or the party, site, manifest or lot that a list is narrowed to by its query.
    /// `parts` and the query are as their readers find them, percent-decoded.
    pub fn asked(path: &str, parts: &[&str], query: &str) -> Option<Self> {
        let of = |pair: (Cow<'_, str>, Cow<'_, str>)| match &*pair.0 {
            "party" => pair.1.parse().ok().map(Self::Party),
            "site" => pair.1.parse().ok().map(Self::Site),
            "manifest" => pair.1.parse().ok().map(Self::Manifest),
            "lot" => pair.1.parse().ok().map(Self::Lot),
            _ => None,
        };
        let url = || Url::parse(&format!("http://ledger.invalid/?{query}")).ok();
        match Self::named(path, parts) {
            Some(Self::Attachment(digest, _)) => {
                let by =
                    url()?.query_pairs().find(|(name, _)| name == "event").map(|(_, id)| id.into_owned());
                Some(Self::Attachment(digest, by.and_then(|id| id.parse().ok())))
            }
            Some(named) => Some(named),
            None => url()?.query_pairs().find_map(of),
        }
    }

    /// Sort and id, as they are told.
    fn words(&self) -> (&'static str, String) {
        match self {
            Self::Manifest(id) => ("manifest", id.to_string()),
            Self::Lot(id) => ("lot", id.to_string()),
            Self::Event(id) => ("event", id.to_string()),
            Self::Party(code) => ("party", code.to_string()),
            Self::Site(id) => ("site", id.to_string()),
            Self::Key(kid) => ("key", kid.to_string()),
            Self::Permit(id) => ("permit", id.to_string()),
            Self::Paper(paper) => ("paper", paper.id.to_string()),
            Self::Mandate(id) => ("mandate", id.to_string()),
            Self::Finding(id) => ("finding", id.to_string()),
            Self::Case(id) => ("case", id.to_string()),
            Self::Label(id) => ("label", id.to_string()),
            Self::Attachment(digest, _) => ("attachment", digest.to_string()),
            Self::Push(id) => ("push", id.to_string()),
        }
    }
}

/// A reading as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// What was read, by whom.
    pub read: AccessRead,
    /// The sealed reading it was part of, disclosed by now or the viewer's own authority's.
    pub sealed: Option<SealedRead>,
}

impl App {
    /// Write down that an authority is given a record. Nothing is written for others, who read their own; nor where the database is
    /// only read, which is logged.
    pub async fn note_reading(
        &self,
        viewer: &Viewer,
        operation: &str,
        record: ReadRecord,
    ) -> Result<(), Fault> {
        if !viewer.is_authority() {
            return Ok(());
        }
        let owners = self.owners_of(viewer, record).await?;
        self.write_down(viewer, operation, owners, |_| record.words()).await
    }

    /// Write down that an authority is given a list as a file in which these parties stand: a reading of each of them.
    pub async fn note_list(
        &self,
        viewer: &Viewer,
        operation: &str,
        parties: BTreeSet<Uscc>,
    ) -> Result<(), Fault> {
        self.write_down(viewer, operation, parties, |party| ReadRecord::Party(party).words()).await
    }

    /// One row for each owner; `words` are what was read of it.
    async fn write_down(
        &self,
        viewer: &Viewer,
        operation: &str,
        mut owners: BTreeSet<Uscc>,
        words: impl Fn(Uscc) -> (&'static str, String),
    ) -> Result<(), Fault> {
        let Viewer::Authority { party: reader, role, kid, .. } = *viewer else { return Ok(()) };
        owners.remove(&reader);
        let owners = Vec::from_iter(owners);
        if owners.is_empty() {
            return Ok(());
        }
        if let Mode::ReadOnly(_) = self.mode() {
            tracing::warn!(operation, "a reading is not written down: the database is only read");
            return Ok(());
        }
        let now = self.clock().now();
        let sealed = access_log::in_force(&mut self.store().read().await?, &owners, kid, now).await?;
        let read = |owner: &Uscc| {
            let (subject_kind, subject) = words(*owner);
            Ok::<_, Fault>(AccessRead {
                id: new_id(now)?,
                owner: *owner,
                at: now,
                reader,
                kid,
                role: role.name().to_owned(),
                operation: operation.to_owned(),
                subject_kind: subject_kind.to_owned(),
                subject,
                sealed,
            })
        };
        access_log::put(self.store(), owners.iter().map(read).collect::<Result<_, _>>()?).await?;
        Ok(())
    }

    /// A page of what authorities read of the viewer's party, or (for an authority) of what its own keys read, the last first, from before a
    /// reading on.
    pub async fn readings(
        &self,
        viewer: &Viewer,
        before: Option<Uuid>,
        limit: u64,
    ) -> Result<Page<Read, Uuid>, Fault> {
        let limit = page_size(limit);
        let before = before.unwrap_or(Uuid::max());
        access_log::settle(self.store()).await?;
        let mut tx = self.inner.store.read().await?;
        let reads = match viewer {
            Viewer::Public => return Ok(Page::empty()),
            Viewer::Party { party, .. } => {
                let now = self.clock().now();
                access_log::of_owner(&mut tx, *party, before, now, limit + 1).await?
            }
            Viewer::Authority { party, .. } => {
                access_log::of_reader(&mut tx, *party, before, limit + 1).await?
            }
        };
        let page = page_of(reads, limit, |read| read.id);
        let mut items = Vec::new();
        for read in page.items {
            let sealed = match read.sealed {
                Some(id) => access_log::sealed(&mut tx, id).await?,
                None => None,
            };
            // A partner of the party under investigation learns that somebody read, and not what of whom was looked for.
            let may_know =
                |sealed: &SealedRead| viewer.is_authority() || viewer.party() == Some(sealed.owner);
            items.push(Read { read, sealed: sealed.filter(may_know) });
        }
        Ok(Page { items, next: page.next })
    }

    /// Whose record it is, as far as the viewer may see it; nobody's where there is none. What is looked up by a reading of its own gives this
    /// one's connection back first: who asks for a second while holding one waits for those who do the same.
    async fn owners_of(&self, viewer: &Viewer, record: ReadRecord) -> Result<BTreeSet<Uscc>, Fault> {
        let mut transaction = self.store().read().await?;
        let tx = &mut transaction;
        Ok(match record {
            ReadRecord::Manifest(id) => self.insiders_of(tx, viewer, id).await?,
            ReadRecord::Lot(id) => self.owners_of_lot(tx, viewer, id).await?,
            ReadRecord::Label(id) => {
                drop(transaction);
                let mut owners = BTreeSet::new();
                let containers =
                    self.label(viewer, id).await?.map_or_else(Vec::new, |label| label.containers);
                let mut transaction = self.store().read().await?;
                let tx = &mut transaction;
                let lots: BTreeSet<LotId> = containers.iter().map(|container| container.lot).collect();
                for lot in lots {
                    owners.extend(self.owners_of_lot(tx, viewer, lot).await?);
                }
                owners
            }
            ReadRecord::Event(id) => {
                let Some((_, event)) = self.visible_event(tx, viewer, id).await? else {
                    return Ok(BTreeSet::new());
                };
                let mut owners: BTreeSet<Uscc> = named_in(&event).into_iter().collect();
                for manifest in event.manifests() {
                    owners.extend(self.insiders_of(tx, viewer, manifest).await?);
                }
                owners
            }
            ReadRecord::Party(code) => BTreeSet::from([code]),
            ReadRecord::Site(id) => registry::sites(tx, &[id]).await?.iter().map(|site| site.party).collect(),
            ReadRecord::Key(kid) => registry::keys(tx, &[kid]).await?.iter().map(|key| key.party).collect(),
            ReadRecord::Permit(id) => {
                registry::permits_by_id(tx, &[id]).await?.iter().map(|permit| permit.party).collect()
            }
            ReadRecord::Paper(id) => {
                drop(transaction);
                self.sides_of_paper(viewer, id).await?
            }
            ReadRecord::Mandate(id) => {
                let mandates = mandate::mandates(tx, &[id]).await?;
                mandates.iter().flat_map(|mandate| [mandate.party, mandate.to]).collect()
            }
            ReadRecord::Finding(id) => {
                let found = finding::finding(tx, id).await?;
                found.map_or_else(BTreeSet::new, |row| row.seen.concerns.into_iter().collect())
            }
            ReadRecord::Push(id) => push::item(tx, id).await?.map(|item| item.party).into_iter().collect(),
            ReadRecord::Attachment(digest, event) => {
                drop(transaction);
                let readable = self.readable(viewer, digest, event).await?;
                readable.map_or_else(BTreeSet::new, |readable| readable.owners)
            }
            ReadRecord::Case(id) => case::by_ids(tx, &[id]).await?.iter().map(|case| case.party).collect(),
        })
    }

    async fn insiders_of(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        id: ManifestId,
    ) -> Result<BTreeSet<Uscc>, Fault> {
        let shelf = self.visible_manifest(tx, viewer, id).await?;
        Ok(shelf.map_or_else(BTreeSet::new, |shelf| insiders(&shelf.state)))
    }

    /// Who made a lot, and who held it.
    async fn owners_of_lot(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        id: LotId,
    ) -> Result<BTreeSet<Uscc>, Fault> {
        let Some((lot, _)) = self.visible_lot(tx, viewer, id).await? else { return Ok(BTreeSet::new()) };
        let holders = lot.holdings.iter().map(|held| held.party);
        Ok(holders.chain(lot.origin.as_ref().map(|origin| origin.party)).collect())
    }

    async fn sides_of_paper(&self, viewer: &Viewer, id: PaperId) -> Result<BTreeSet<Uscc>, Fault> {
        let paper = self.paper(viewer, id).await?;
        let sides = paper.map(|paper| [paper.belongs.party, paper.belongs.other]);
        Ok(sides.into_iter().flatten().flatten().collect())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_known_however_it_is_written() {
        let (site, party) = ("01890a5d-ac96-774b-bcce-b302099a8057", "91350100M000100Y43");
        let asked = |path: &str, parts: &[&str], query: &str| ReadRecord::asked(path, parts, query);
        let by_path = ReadRecord::Site(site.parse().unwrap());
        assert_eq!(asked("/sites/{id}/stock", &[site], ""), Some(by_path));
        let by_query = ReadRecord::Party(party.parse().unwrap());
        for query in [format!("party={party}"), format!("limit=5&p%61rty=%39{}", &party[1..])] {
            assert_eq!(asked("/findings", &[], &query), Some(by_query), "{query}");
        }
        assert_eq!(asked("/weighings", &[], &format!("site={site}")), Some(by_path));
        for (path, query) in [("/findings", ""), ("/findings", "party=x"), ("/rules", "text=party")] {
            assert_eq!(asked(path, &[], query), None, "{path}?{query}");
        }
    }
}
