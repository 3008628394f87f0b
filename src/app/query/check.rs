//! Checks at the road (路检): what is under way with a plate, number, container or label, in an answer that the ledger signs.

use super::MAX_PAGE;
use super::finding::items_for;
use crate::app::access::{ReadRecord, Viewer, divisions_of_manifest, load_manifests};
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::custody::check::{Asked, CheckStatement, Found, FoundFinding, MAX_FOUND, MAX_FOUND_FINDINGS};
use crate::custody::manifest::ManifestState;
use crate::custody::shelf::Life;
use crate::id::{ContainerId, ManifestId};
use crate::registry::Role;
use crate::shape::{List, Text};
use crate::store::{ReadTx, container, external_number, finding, log, manifest, plate};

/// An answer, and the same as it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckAnswer {
    /// What it says.
    pub said: CheckStatement,
    /// The `waste-check+jws` that says it, in the compact form.
    pub signed: String,
}

impl App {
    /// What the viewer may know of what is asked for, now; `None` for the public, and for a driver or escort who is named for nothing of it: who sees
    /// less than its party must not have it signed as its party that there is nothing. A fault while the database lacks entries.
    pub async fn check_at_the_road(
        &self,
        viewer: &Viewer,
        asked: Asked,
    ) -> Result<Option<CheckAnswer>, Fault> {
        let Some(asker) = viewer.party() else { return Ok(None) };
        // A database that lacks entries must not say under the log's key that there is nothing.
        self.may_write()?;
        let mut tx = self.reading().await?;
        let head = log::head(&mut tx).await?;
        let head = head.ok_or(Fault::NotSigned(0))?;
        let Candidates { ids, containers, is_cut } = candidates(&mut tx, asker, &asked).await?;
        let states = load_manifests(self, &mut tx, &ids).await?;
        // Drivers and escorts see of their party what they are named for: there may be more of it.
        let (mut found, mut more) = (Vec::new(), is_cut || viewer.is_crew());
        for id in ids {
            let Some(state) = states.get(&id) else { continue };
            let carries = |container| state.containers.contains_key(container);
            let is_it = containers.as_ref().is_none_or(|containers| containers.iter().any(carries));
            let divisions = divisions_of_manifest(&mut tx, state).await?;
            if !(is_it && viewer.may_see_manifest(state, &divisions)) {
                continue;
            }
            if found.len() == MAX_FOUND {
                more = true;
                break;
            }
            found.push(self.found(&mut tx, viewer, id, state).await?);
        }
        if viewer.is_crew() && found.is_empty() {
            return Ok(None);
        }
        for manifest in &found {
            self.note_reading(viewer, "/check", ReadRecord::Manifest(manifest.manifest)).await?;
        }
        let said = CheckStatement {
            v: 1,
            log: Text::new(self.origin()).map_err(Fault::Tree)?,
            asked,
            asker,
            found: List::new(found).map_err(Fault::Tree)?,
            more,
            size: head.size,
            root: head.root,
            at: self.inner.clock.now(),
        };
        let signed = said.sign(&self.inner.signer.key).into_compact();
        Ok(Some(CheckAnswer { said, signed }))
    }

    /// The manifests that were loaded with a container, or with one of those under a label, whoever may see them.
    pub(super) async fn loaded_with(
        &self,
        tx: &mut ReadTx,
        asker: Uscc,
        asked: &Asked,
    ) -> Result<Vec<ManifestId>, Fault> {
        let Candidates { mut ids, containers, .. } = candidates(tx, asker, asked).await?;
        let states = load_manifests(self, tx, &ids).await?;
        let containers = containers.unwrap_or_default();
        let carries = |state: &ManifestState| containers.iter().any(|one| state.containers.contains_key(one));
        ids.retain(|id| states.get(id).is_some_and(carries));
        Ok(ids)
    }

    async fn found(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        id: ManifestId,
        state: &ManifestState,
    ) -> Result<Found, Fault> {
        let heading = manifest::headings(tx, &[id]).await?.pop();
        let rows = finding::of_manifest(tx, id).await?;
        let open = rows.into_iter().filter(|row| row.life == Life::Open).collect();
        // The answer speaks as the party asks: of a load that a driver is named for it tells what is open, though a driver sees no findings else.
        let as_party = match *viewer {
            Viewer::Party { party, kid, .. } if viewer.is_crew() => {
                Viewer::Party { party, role: Role::Viewer, kid }
            }
            other => other,
        };
        let seen = items_for(self, tx, &as_party, open).await?;
        let named = seen.into_iter().take(MAX_FOUND_FINDINGS).filter_map(|item| {
            Some(FoundFinding { finding: item.row.id, rule: Text::new(item.row.seen.rule).ok()? })
        });
        Ok(Found {
            manifest: id,
            number: heading.and_then(|heading| Text::new(heading.number?).ok()),
            status: Text::new(state.status().name()).map_err(Fault::Tree)?,
            findings: List::new(named.collect()).map_err(Fault::Tree)?,
        })
    }
}

/// The manifests that may be what is asked for.
struct Candidates {
    /// In a fixed order.
    ids: Vec<ManifestId>,
    /// The containers of which one must be on the way with it.
    containers: Option<Vec<ContainerId>>,
    /// True when there are more than are looked through: whoever names a plate on very many manifests must not make the ledger sign that
    /// there is nothing.
    is_cut: bool,
}

/// Rows that were asked for up to one more than are looked through, and whether there were more.
fn cut<T>(mut rows: Vec<T>) -> (Vec<T>, bool) {
    let is_cut = rows.len() as u64 > MAX_PAGE;
    rows.truncate(MAX_PAGE as usize);
    (rows, is_cut)
}

async fn candidates(tx: &mut ReadTx, asker: Uscc, asked: &Asked) -> Result<Candidates, Fault> {
    let (containers, mut is_cut) = match asked {
        Asked::Plate(plate) => {
            let (ids, is_cut) = cut(plate::under_way(tx, plate, MAX_PAGE + 1).await?);
            return Ok(Candidates { ids, containers: None, is_cut });
        }
        Asked::Number(number) => {
            let mut found = external_number::bound_to(tx, number).await?;
            found.extend(manifest::numbered(tx, number).await?);
            found.sort_unstable();
            found.dedup();
            return Ok(Candidates { ids: found, containers: None, is_cut: false });
        }
        Asked::Container(container) => (vec![*container], false),
        Asked::Label(label) => {
            let (rows, is_cut) = cut(container::under_label(tx, *label, asker, MAX_PAGE + 1).await?);
            let mut under: Vec<ContainerId> = rows.into_iter().map(|row| row.container).collect();
            under.sort_unstable();
            under.dedup();
            (under, is_cut)
        }
    };
    let mut drawn = Vec::new();
    for container in &containers {
        let (ids, has_more) = cut(container::drawn_on(tx, *container, MAX_PAGE + 1).await?);
        is_cut |= has_more;
        drawn.extend(ids);
    }
    drawn.sort_unstable();
    drawn.dedup();
    Ok(Candidates { ids: drawn, containers: Some(containers), is_cut })
}
