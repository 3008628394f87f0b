//! `GET /manifests/new`: registering a shipment (登记联单). First what goes, from what lies at a site; then to whom, by whom and when, which is
//! signed. `?again=` goes straight to the second with what an earlier manifest said.

mod again;
mod asked;
mod form;
mod receivers;
mod stock;

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use asked::Asked;
use stock::Stock;

use super::lots_new::own_sites;
use crate::app::access::Viewer;
use crate::catalogue::{TreatmentCode, Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::custody::payload::manifest::{Form, Leg, Packaging, PartyAt};
use crate::id::ManifestId;
use crate::registry::SiteRecord;
use crate::shape::{Basis, Text};
use crate::web::components::manifest_path;
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::visit::Visit;

/// A shipment as far as it is known before it is registered.
struct Draft {
    site: SiteRecord,
    lines: Vec<DraftLine>,
    consignee: Option<PartyAt>,
    legs: Option<Vec<Leg>>,
    departs: Timestamp,
    arrives: Timestamp,
    erp_no: String,
    /// The manifest it repeats, and its number.
    again: Option<(ManifestId, Option<String>)>,
}

/// One waste of it.
struct DraftLine {
    code: WasteCode,
    grams: Option<i64>,
    basis: Basis,
    name: String,
    form: Option<Form>,
    packaging: Option<Packaging>,
    containers: Option<u16>,
    litres: Option<u32>,
    treatment: Option<TreatmentCode>,
    exemptions: Vec<Text<64>>,
}

impl DraftLine {
    fn of(code: WasteCode, grams: i64) -> Self {
        Self {
            code,
            grams: Some(grams),
            basis: Basis::Measured,
            name: String::new(),
            form: None,
            packaging: None,
            containers: None,
            litres: None,
            treatment: None,
            exemptions: Vec::new(),
        }
    }
}

/// The page, at whichever step.
pub(in crate::web) async fn show(visit: Visit) -> Result<Response, Failure> {
    visit.signed_in()?;
    consignor(&visit)?;
    let asked = Asked::read(&visit.query);
    if let Some(again) = asked.again {
        let draft = again::draft(&visit, again).await?.ok_or(Failure::NotFound)?;
        return form::page(&visit, &draft).await;
    }
    let sites = own_sites(&visit).await?;
    let site = match asked.site {
        Some(wanted) => Some(sites.iter().find(|site| site.site == wanted).ok_or(Failure::NotFound)?),
        None if sites.len() == 1 => sites.first(),
        None => None,
    };
    let Some(site) = site else { return Ok(choose_site(&visit, &sites)) };
    let stock = Stock::of(&visit, site).await?;
    match asked.lines(&visit, &stock).await? {
        Ok(lines) if !lines.is_empty() => {
            let (departs, arrives) = usual_times(&visit);
            let (consignee, legs, erp_no, again) = (None, None, String::new(), None);
            let draft = Draft { site: site.clone(), lines, consignee, legs, departs, arrives, erp_no, again };
            form::page(&visit, &draft).await
        }
        Ok(_) => Ok(stock.page(&visit, &asked, asked.is_sent.then_some("new-manifest.nothing"))),
        Err(wrong) => Ok(stock.page(&visit, &asked, Some(wrong))),
    }
}

/// The link to it, beside a manifest that its consignor may want to repeat.
pub(super) fn again_link(visit: &Visit, id: ManifestId, consignor: Option<Uscc>) -> Markup {
    let is_own = consignor.is_some() && consignor == own_party(&visit.viewer);
    html! {
        @if is_own { a href={ "/manifests/new?again=" (id) } { (visit.lang.t("new-manifest.again")) } }
    }
}

/// The links of a manifest's page: how it is printed, and how it is repeated. What nobody registered is neither.
pub(super) fn links(visit: &Visit, id: ManifestId, consignor: Option<Uscc>) -> Markup {
    html! {
        @if consignor.is_some() {
            p.links {
                a href={ (manifest_path(id)) "/print" } { (visit.lang.t("new-manifest.print")) } " "
                (again_link(visit, id, consignor))
            }
        }
    }
}

/// The party whose office looks, where it is no authority.
pub(super) fn own_party(viewer: &Viewer) -> Option<Uscc> {
    let Viewer::Party { party, .. } = viewer else { return None };
    viewer.may_see_records_of(*party).then_some(*party)
}

/// Authorities, drivers and escorts register nothing: the page is not there for them.
fn consignor(visit: &Visit) -> Result<Uscc, Failure> {
    own_party(&visit.viewer).ok_or(Failure::NotFound)
}

fn choose_site(visit: &Visit, sites: &[SiteRecord]) -> Response {
    let lang = visit.lang;
    let title = lang.t("new-manifest.title");
    let body = html! {
        h1 { (title) }
        @if sites.is_empty() { p { (lang.t("new-lot.no-site")) } } @else {
            h2 { (lang.t("new-manifest.from")) }
            ul.choices {
                @for site in sites { li { a href={ "/manifests/new?site=" (site.site) } { (site.name) } } }
            }
        }
    };
    layout::page(visit, title, body).into_response()
}

/// Hours until a vehicle usually comes, and how long it usually drives.
const HOURS_TO_DEPARTURE: i64 = 2;
const HOURS_ON_THE_ROAD: i64 = 4;
const HOUR_MS: i64 = 3_600_000;

/// The next full hour but one, and some hours on the road.
fn usual_times(visit: &Visit) -> (Timestamp, Timestamp) {
    let now_ms = visit.app.clock().now().as_millis();
    let departs = Timestamp::from_millis(now_ms - now_ms.rem_euclid(HOUR_MS)).plus_hours(HOURS_TO_DEPARTURE);
    (departs, departs.plus_hours(HOURS_ON_THE_ROAD))
}
