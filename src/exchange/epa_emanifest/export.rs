//! e-Manifests given back: what was imported, member by member as it came in, in the one spelling it is kept in.
//!
//! A manifest of this ledger is not made into one. The schema of the interface wants `submissionType` of it, and `dotHazardous`, `epaWaste`, `br` and
//! `pcb` of every waste; nobody states these here, sites have no EPA ids and signatures are not of its kind. Whatever stood there would be made up.

use crate::custody::bundle::{Bundle, Item};
use crate::custody::document::emanifest::MEDIA;
use crate::custody::{Event, Statement};
use crate::exchange::document::NoDocument;
use crate::ledger::{Envelope, Typ, Unverified};

/// The first e-Manifest among the events of a bundle.
pub(super) fn document(bundle: &Bundle) -> Result<String, NoDocument> {
    for (n, item) in bundle.events.iter().enumerate() {
        let Item::Said { opening, .. } = item else { continue };
        let envelope: Envelope<Unverified> =
            Envelope::parse(opening.event.as_bytes(), Typ::Event).map_err(|_| NoDocument::unreadable(n))?;
        let event = Event::parse_recorded(envelope.payload()).map_err(|_| NoDocument::unreadable(n))?;
        if let Statement::DocumentImported(imported) = event.statement
            && *imported.media == *MEDIA
        {
            return Ok(imported.content.to_string());
        }
    }
    Err(NoDocument {
        zh: "没有导入的 e-Manifest；本账本的联单缺少 EPA 必填的成员（submissionType，以及每项废物的 dotHazardous、epaWaste、br、pcb），不编造"
            .to_owned(),
        en: "no e-Manifest was imported here; a manifest of this ledger lacks members that EPA's schema requires (submissionType, and \
             dotHazardous, epaWaste, br and pcb of every waste), and they are not made up"
            .to_owned(),
    })
}
