//! Views that several resources share.

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::access::PartyName;
use crate::app::query::ContainerRow;
use crate::custody::Subject;
use crate::custody::actions::Why;
use crate::custody::answer::Stated;
use crate::custody::manifest::{Claim, Holder};
use crate::registry::SiteRecord;
use crate::shape::Place;

/// What a party is called.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct PartyNameView {
    /// Unified social credit code (GB 32100).
    party: String,
    /// Registered name; empty where the code is not registered.
    name: String,
    /// Name in English, if it has one.
    name_en: Option<String>,
}

impl From<PartyName> for PartyNameView {
    fn from(name: PartyName) -> Self {
        Self { party: name.party.to_string(), name: name.name, name_en: name.name_en }
    }
}

/// A site of a party.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct SiteView {
    /// Its id.
    #[schema(format = "uuid")]
    site: String,
    /// The party it belongs to.
    party: String,
    /// Its name.
    name: String,
    /// Division it lies in, six digits.
    division: String,
    /// Where it is, if somebody said so.
    place: Option<PlaceView>,
    /// Its last day of operation, once it is closed.
    #[schema(format = "date")]
    closed_on: Option<String>,
    /// Log index of its registration.
    index: u64,
}

/// A position (WGS 84).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct PlaceView {
    /// Latitude in millionths of a degree, north positive.
    lat_udeg: i32,
    /// Longitude in millionths of a degree, east positive.
    lon_udeg: i32,
    /// Radius of accuracy in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy_m: Option<u32>,
}

impl From<&Place> for PlaceView {
    fn from(place: &Place) -> Self {
        Self { lat_udeg: place.lat_udeg, lon_udeg: place.lon_udeg, accuracy_m: place.accuracy_m }
    }
}

impl From<SiteRecord> for SiteView {
    fn from(site: SiteRecord) -> Self {
        Self {
            site: site.site.to_string(),
            party: site.party.to_string(),
            name: site.name,
            division: site.division.to_string(),
            place: site.place.as_ref().map(PlaceView::from),
            closed_on: site.closed_on.map(|on| on.to_string()),
            index: site.index,
        }
    }
}

/// A container as an event filled it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ContainerView {
    /// Its id.
    #[schema(format = "uuid")]
    container: String,
    /// Its label, if it has one.
    label: Option<String>,
    /// The lot in it.
    #[schema(format = "uuid")]
    lot: String,
    /// Who filled it.
    party: String,
    /// The site it was at.
    #[schema(format = "uuid")]
    site: String,
    /// Net mass in it, in grams.
    mass_g: Option<i64>,
    /// Its volume in litres.
    litres: Option<i64>,
    /// Log index of the event.
    index: u64,
}

impl From<ContainerRow> for ContainerView {
    fn from(row: ContainerRow) -> Self {
        Self {
            container: row.container.to_string(),
            label: row.label,
            lot: row.lot.to_string(),
            party: row.party.to_string(),
            site: row.site.to_string(),
            mass_g: row.mass_g,
            litres: row.litres,
            index: row.index,
        }
    }
}

/// What something is about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct SubjectView {
    /// `manifest`, `lot`, `document`, `party` or `label`.
    kind: &'static str,
    /// Its id.
    id: String,
}

impl From<&Subject> for SubjectView {
    fn from(subject: &Subject) -> Self {
        Self { kind: subject.kind_name(), id: subject.key() }
    }
}

/// Why something is not possible.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct WhyView {
    /// Kebab-case code.
    code: &'static str,
    /// In Chinese.
    zh: &'static str,
    /// In English.
    en: &'static str,
}

impl From<Why> for WhyView {
    fn from(why: Why) -> Self {
        Self { code: why.code, zh: why.zh, en: why.en }
    }
}

/// One party's claim to hold something.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ClaimView {
    /// The party.
    party: String,
    /// Since when.
    #[schema(format = "date-time")]
    since: String,
    /// By which event.
    event_id: String,
}

impl From<&Claim> for ClaimView {
    fn from(claim: &Claim) -> Self {
        Self {
            party: claim.party.to_string(),
            since: claim.since.to_string(),
            event_id: claim.by.to_string(),
        }
    }
}

/// Who holds a line.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct HolderView {
    /// `not-yet` (still with the consignor), `held` or `contested`.
    state: &'static str,
    /// One claim when held, several when contested.
    claims: Vec<ClaimView>,
}

impl From<&Holder> for HolderView {
    fn from(holder: &Holder) -> Self {
        match holder {
            Holder::NotYet => Self { state: "not-yet", claims: Vec::new() },
            Holder::Held(claim) => Self { state: "held", claims: vec![claim.into()] },
            Holder::Contested(claims) => {
                Self { state: "contested", claims: claims.iter().map(ClaimView::from).collect() }
            }
        }
    }
}

/// What somebody stated in words, and by which event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct StatedView {
    /// The party.
    party: String,
    /// The key that signed.
    kid: String,
    /// The event.
    event_id: String,
    /// Its log index.
    index: u64,
    /// When it was recorded.
    #[schema(format = "date-time")]
    at: String,
    /// In words.
    text: String,
    /// SHA-256 digests of photos and papers.
    attachments: Vec<String>,
}

impl From<Stated> for StatedView {
    fn from(stated: Stated) -> Self {
        Self {
            party: stated.party.to_string(),
            kid: stated.kid.to_string(),
            event_id: stated.event.to_string(),
            index: stated.index,
            at: stated.at.to_string(),
            text: stated.text,
            attachments: stated.attachments.iter().map(ToString::to_string).collect(),
        }
    }
}
