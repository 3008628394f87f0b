//! Lists of manifests.

use std::collections::HashMap;

use super::manifest::names_of;
use super::{MAX_ROUNDS, Page, cursor, page_size};
use crate::app::access::{PartyName, Viewer};
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::custody::manifest::Status;
use crate::id::ManifestId;
use crate::store::manifest::{Filter, ManifestRow};
use crate::store::{ReadTx, manifest};

/// A manifest in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestItem {
    /// Its id.
    pub id: ManifestId,
    /// Log index of its first event; the cursor of the list.
    pub first_index: u64,
    /// Its number, once one was allotted.
    pub number: Option<String>,
    /// Where it stands, kebab-case.
    pub status: String,
    /// Whom the waste leaves.
    pub consignor: Option<PartyName>,
    /// Whom it goes to.
    pub consignee: Option<PartyName>,
    /// Open findings on it that the viewer may see.
    pub open_findings: u64,
}

/// Which manifests to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManifestFilter {
    /// Only those in this status.
    pub status: Option<Status>,
    /// Only those whose number, or a number of another system bound to them, ends so: letters, digits and hyphens.
    pub number: Option<String>,
    /// Only those that a number of another system is bound to, or only the others.
    pub bound: Option<bool>,
}

impl App {
    /// A page of manifests, newest first, from before log index `before` on.
    pub async fn manifests(
        &self,
        viewer: &Viewer,
        filter: &ManifestFilter,
        before: Option<u64>,
        limit: u64,
    ) -> Result<Page<ManifestItem, u64>, Fault> {
        let limit = page_size(limit);
        let party = match viewer {
            Viewer::Public => return Ok(Page::empty()),
            Viewer::Party { party, .. } => Some(*party),
            Viewer::Authority { .. } => None,
        };
        // The text goes into a pattern, so it may not hold what a pattern gives a meaning.
        let is_plain = |number: &String| number.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if !filter.number.as_ref().is_none_or(is_plain) {
            return Ok(Page::empty());
        }
        let status = filter.status.map(|status| status.name().to_owned());
        let filter = Filter { party, status, number: filter.number.clone(), bound: filter.bound };
        let mut before = before.map_or(i64::MAX, cursor);
        let mut tx = self.inner.store.read().await?;
        let mut seen: Vec<ManifestRow> = Vec::new();
        let mut has_more = true;
        for _ in 0..MAX_ROUNDS {
            let missing = limit - seen.len() as u64;
            let rows = manifest::list(&mut tx, &filter, before, missing + 1).await?;
            has_more = rows.len() as u64 > missing;
            let rows: Vec<ManifestRow> = rows.into_iter().take(missing as usize).collect();
            before = rows.last().map_or(before, |row| row.first_index);
            seen.extend(self.only_visible(&mut tx, viewer, rows).await?);
            if !has_more || seen.len() as u64 == limit {
                break;
            }
        }
        let next = has_more.then(|| u64::try_from(before).unwrap_or_default());
        Ok(Page { items: with_names(&mut tx, seen).await?, next })
    }

    /// The rows a viewer may see; the states of all of them are loaded at once.
    async fn only_visible(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        rows: Vec<ManifestRow>,
    ) -> Result<Vec<ManifestRow>, Fault> {
        let ids: Vec<ManifestId> = rows.iter().map(|row| row.id).collect();
        let visible = self.visible_manifests(tx, viewer, &ids).await?;
        Ok(rows.into_iter().filter(|row| visible.contains(&row.id)).collect())
    }
}

pub(super) async fn with_names(tx: &mut ReadTx, rows: Vec<ManifestRow>) -> Result<Vec<ManifestItem>, Fault> {
    let parties: Vec<Uscc> = rows.iter().flat_map(|row| [row.consignor, row.consignee]).flatten().collect();
    let names: HashMap<Uscc, PartyName> =
        names_of(tx, parties).await?.into_iter().map(|name| (name.party, name)).collect();
    // A code that nobody registered still stands there by itself.
    let name = |party: Uscc| {
        let unknown = || PartyName { party, name: String::new(), name_en: None };
        names.get(&party).cloned().unwrap_or_else(unknown)
    };
    let item = |row: ManifestRow| ManifestItem {
        id: row.id,
        first_index: u64::try_from(row.first_index).unwrap_or_default(),
        number: row.number,
        status: row.status,
        consignor: row.consignor.map(name),
        consignee: row.consignee.map(name),
        open_findings: u64::try_from(row.open_findings).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(item).collect())
}
