//! Parts of a manifest: its lines, what was registered, weighings of the whole run.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::v1::views::HolderView;
use crate::app::query::{LineTransit, LineView, Linked};
use crate::custody::manifest::{BoundNumber, Registration, Share, Weighing};

/// What became of the mass of a line on the road. Shipped and out of storage, less into storage, accepted and rejected, is what is on
/// the way or missing, to the gram.
#[derive(Serialize, ToSchema)]
pub(super) struct LineTransitView {
    /// Loaded at the consignor, in grams.
    shipped_mass_g: i64,
    /// Put into interim storage, in grams.
    into_storage_mass_g: i64,
    /// Taken out of interim storage, in grams.
    out_of_storage_mass_g: i64,
    /// Accepted by the consignee, in grams.
    accepted_mass_g: i64,
    /// Rejected by the consignee, at the gate or later, in grams.
    rejected_mass_g: i64,
    /// Rejected and back at a site, in grams.
    returned_mass_g: i64,
    /// Still on the way, in grams.
    on_the_way_mass_g: i64,
    /// Shipped and never found, once the consignee has said everything about the line, in grams; negative when more was found than was
    /// shipped.
    missing_mass_g: i64,
    /// Rejected, and on the way back or still with the carrier, in grams.
    back_on_the_way_mass_g: i64,
    /// Rejected and never found again, once the rest is back, in grams; negative when more came back.
    back_missing_mass_g: i64,
}

impl From<LineTransit> for LineTransitView {
    fn from(transit: LineTransit) -> Self {
        Self {
            shipped_mass_g: transit.shipped_g,
            into_storage_mass_g: transit.into_storage_g,
            out_of_storage_mass_g: transit.out_of_storage_g,
            accepted_mass_g: transit.accepted_g,
            rejected_mass_g: transit.rejected_g,
            returned_mass_g: transit.returned_g,
            on_the_way_mass_g: transit.on_the_way_g,
            missing_mass_g: transit.missing_g,
            back_on_the_way_mass_g: transit.back_on_the_way_g,
            back_missing_mass_g: transit.back_missing_g,
        }
    }
}

/// One waste line; it is a lot of its own.
#[derive(Serialize, ToSchema)]
pub(super) struct ManifestLineView {
    /// Line number.
    line: u16,
    /// The lot it is.
    #[schema(format = "uuid")]
    lot: String,
    /// Waste code.
    code: Option<String>,
    /// Intended treatment.
    treatment: Option<String>,
    /// Planned, in grams.
    planned_mass_g: Option<i64>,
    /// At departure, in grams.
    shipped_mass_g: i64,
    /// Accepted, in grams.
    accepted_mass_g: i64,
    /// Rejected, in grams.
    rejected_mass_g: i64,
    /// Returned to a site, in grams.
    returned_mass_g: i64,
    /// Who holds it (the accepted part, once a part was rejected).
    holder: HolderView,
    /// Who holds the rejected part.
    rejected_holder: Option<HolderView>,
    /// On the road.
    on_the_way: bool,
    /// On the road back: rejected.
    on_the_way_back: bool,
    /// Refused at the gate, and still with who brought it.
    refused_at_gate: bool,
    /// The yard in which it lies on its way (interim storage).
    #[schema(format = "uuid")]
    yard: Option<String>,
    /// Rejected and not brought back under this manifest, in grams.
    unreturned_mass_g: i64,
    /// What became of its mass on the road.
    transit: LineTransitView,
}

impl From<LineView> for ManifestLineView {
    fn from(line: LineView) -> Self {
        Self {
            line: line.line,
            lot: line.lot.to_string(),
            code: line.code.map(|code| code.to_string()),
            treatment: line.treatment.map(|treatment| treatment.to_string()),
            planned_mass_g: line.planned_g,
            shipped_mass_g: line.shipped_g,
            accepted_mass_g: line.accepted_g,
            rejected_mass_g: line.rejected_g,
            returned_mass_g: line.returned_g,
            holder: (&line.holder).into(),
            rejected_holder: line.rejected_holder.as_ref().map(HolderView::from),
            on_the_way: line.on_the_way,
            on_the_way_back: line.on_the_way_back,
            refused_at_gate: line.refused_at_gate,
            yard: line.yard.map(|site| site.to_string()),
            unreturned_mass_g: line.unreturned_g,
            transit: line.transit.into(),
        }
    }
}

/// Another manifest that this one is linked with.
#[derive(Serialize, ToSchema)]
pub(super) struct LinkedView {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// Its number, once one was allotted.
    number: Option<String>,
    /// Where it stands, kebab-case.
    status: &'static str,
}

impl From<Linked> for LinkedView {
    fn from(linked: Linked) -> Self {
        Self { id: linked.id.to_string(), number: linked.number, status: linked.status.name() }
    }
}

/// A number that another system gave the manifest.
#[derive(Serialize, ToSchema)]
pub(super) struct ExternalNumberView {
    /// Numbering system, for example `cn-national`.
    system: String,
    /// The number there.
    number: String,
    /// The event that says so.
    event_id: String,
    /// Its log index.
    index: u64,
    /// Who said so.
    party: String,
    /// When it was recorded.
    #[schema(format = "date-time")]
    at: String,
    /// SHA-256 of the evidence, base64url, where some was named.
    evidence: Option<String>,
}

impl From<&BoundNumber> for ExternalNumberView {
    fn from(bound: &BoundNumber) -> Self {
        Self {
            system: bound.system.clone(),
            number: bound.number.clone(),
            event_id: bound.mark.event.to_string(),
            index: bound.index,
            party: bound.mark.party.to_string(),
            at: bound.mark.at.to_string(),
            evidence: bound.evidence.map(|digest| digest.to_string()),
        }
    }
}

/// One carrier leg.
#[derive(Serialize, ToSchema)]
pub(super) struct LegView {
    /// Who carries.
    carrier: String,
    /// By what: `vehicle`, `pipeline`, `rail` or `ship`.
    mode: &'static str,
}

/// One line's computed part of a weighing.
#[derive(Serialize, ToSchema)]
pub(super) struct ShareView {
    /// Line number.
    line: u16,
    /// As stated at loading, in grams.
    stated_mass_g: i64,
    /// The part of the weighing that falls to it, in grams: computed by largest remainder.
    computed_mass_g: i64,
}

/// One weighing of the whole vehicle run. It moves nothing and judges nothing by itself.
#[derive(Serialize, ToSchema)]
pub(super) struct WeighingView {
    /// The event.
    event_id: String,
    /// When it was weighed.
    #[schema(format = "date-time")]
    at: String,
    /// Who weighed.
    party: String,
    /// The run.
    #[schema(format = "uuid")]
    trip: String,
    /// What the scale said of the whole run, in grams.
    total_mass_g: i64,
    /// Number of manifests that share it.
    manifests: u16,
    /// Parts of this manifest's lines.
    shares: Vec<ShareView>,
}

impl From<&Weighing> for WeighingView {
    fn from(weighing: &Weighing) -> Self {
        let share = |share: &Share| ShareView {
            line: share.line,
            stated_mass_g: share.stated_g,
            computed_mass_g: share.mass_g,
        };
        Self {
            event_id: weighing.mark.event.to_string(),
            at: weighing.mark.at.to_string(),
            party: weighing.mark.party.to_string(),
            trip: weighing.trip.to_string(),
            total_mass_g: weighing.total_g,
            manifests: weighing.manifests,
            shares: weighing.shares.iter().map(share).collect(),
        }
    }
}

/// What the consignor registered, as amended.
#[derive(Serialize, ToSchema)]
pub(super) struct RegistrationView {
    /// The event.
    event_id: String,
    /// When it was registered.
    #[schema(format = "date-time")]
    at: String,
    /// Whom the waste leaves.
    consignor: String,
    /// The site it leaves.
    #[schema(format = "uuid")]
    consignor_site: String,
    /// Whom it goes to.
    consignee: String,
    /// The site it goes to.
    #[schema(format = "uuid")]
    consignee_site: String,
    /// Who carries it by what, in order.
    legs: Vec<LegView>,
    /// Planned departure.
    #[schema(format = "date-time")]
    planned_departure: String,
    /// Planned arrival.
    #[schema(format = "date-time")]
    planned_arrival: String,
    /// The manifest whose rejected waste this one carries on.
    #[schema(format = "uuid")]
    follows: Option<String>,
    /// The consignor's business key.
    erp_no: Option<String>,
}

impl From<&Registration> for RegistrationView {
    fn from(r: &Registration) -> Self {
        Self {
            event_id: r.mark.event.to_string(),
            at: r.mark.at.to_string(),
            consignor: r.consignor.party.to_string(),
            consignor_site: r.consignor.site.to_string(),
            consignee: r.consignee.party.to_string(),
            consignee_site: r.consignee.site.to_string(),
            legs: r
                .legs
                .iter()
                .map(|leg| LegView { carrier: leg.carrier.to_string(), mode: leg.mode.name() })
                .collect(),
            planned_departure: r.planned_departure.to_string(),
            planned_arrival: r.planned_arrival.to_string(),
            follows: r.follows.map(|manifest| manifest.to_string()),
            erp_no: r.erp_no.clone(),
        }
    }
}
