//! A shipment that repeats an earlier one (再来一单).

use super::{Draft, DraftLine, consignor, usual_times};
use crate::custody::payload::manifest::PlannedLine;
use crate::id::ManifestId;
use crate::web::failure::Failure;
use crate::web::pages::registered::registered;
use crate::web::visit::Visit;

/// What an earlier manifest of the viewer's party said, to leave at the next usual time and be as long on the way; `None` where there is
/// none.
pub(super) async fn draft(visit: &Visit, id: ManifestId) -> Result<Option<Draft>, Failure> {
    let party = consignor(visit)?;
    let Some(manifest) = visit.app.manifest(&visit.viewer, id).await? else { return Ok(None) };
    let own = manifest.state.registration.as_ref().filter(|known| known.consignor.party == party);
    let Some((said, known)) = registered(visit, &manifest).await?.zip(own) else { return Ok(None) };
    let site = visit.app.site(&visit.viewer, known.consignor.site).await?.ok_or(Failure::NotFound)?;
    let (departs, _) = usual_times(visit);
    let on_the_way_ms = said.planned_arrival.since(said.planned_departure).max(0);
    Ok(Some(Draft {
        site,
        lines: said.lines.iter().map(line).collect(),
        consignee: Some(said.consignee),
        legs: Some(said.legs.to_vec()),
        departs,
        arrives: departs.plus_millis(on_the_way_ms),
        // A business key names one shipment.
        erp_no: String::new(),
        again: Some((id, manifest.number)),
    }))
}

fn line(said: &PlannedLine) -> DraftLine {
    DraftLine {
        code: said.code,
        grams: Some(said.planned.grams()),
        basis: said.planned.basis,
        name: said.name.as_ref().map(ToString::to_string).unwrap_or_default(),
        form: said.form,
        packaging: said.packaging,
        containers: said.containers,
        litres: said.container_litres,
        treatment: Some(said.treatment),
        exemptions: said.exemptions.to_vec(),
    }
}
