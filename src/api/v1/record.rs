//! The one-page record of a firm (一企一档).

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::incidents::IncidentView;
use super::papers::PaperView;
use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::{Json, Path};
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{
    Expiring, ExpiringWhat, FirmRecord, ItemUse, PermitLine, PlanUse, Shipped, SiteLine,
};
use crate::catalogue::{Profile, Uscc};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(record))
}

/// A site of the firm.
#[derive(Serialize, ToSchema)]
struct RecordSite {
    /// Its id.
    #[schema(format = "uuid")]
    site: String,
    /// Its name.
    name: String,
    /// Division it lies in, six digits.
    division: String,
    /// Management class this year, if somebody said it.
    class: Option<&'static str>,
    /// Its last day of operation, once it is closed.
    #[schema(format = "date")]
    closed_on: Option<String>,
}

impl From<SiteLine> for RecordSite {
    fn from(line: SiteLine) -> Self {
        Self {
            site: line.site.site.to_string(),
            name: line.site.name,
            division: line.site.division.to_string(),
            class: line.class.map(|class| class.name()),
            closed_on: line.site.closed_on.map(|on| on.to_string()),
        }
    }
}

/// What came in this year of what one item of a permit covers.
#[derive(Serialize, ToSchema)]
struct RecordItem {
    /// Codes and categories it covers.
    codes: Vec<String>,
    /// What it allows in a calendar year, in grams.
    yearly_mass_g: i64,
    /// What came in this year of the codes it covers, in grams. A code that several items cover counts in each of them.
    intake_mass_g: i64,
    /// True when some of that counts in another item as well.
    is_shared: bool,
}

impl From<ItemUse> for RecordItem {
    fn from(item: ItemUse) -> Self {
        Self {
            codes: item.codes.iter().map(ToString::to_string).collect(),
            yearly_mass_g: item.yearly_g,
            intake_mass_g: item.intake_g,
            is_shared: item.is_shared,
        }
    }
}

/// A permit of the firm today.
#[derive(Serialize, ToSchema)]
struct RecordPermit {
    /// Its id; `GET /permits/{id}` tells its life.
    #[schema(format = "uuid")]
    permit: String,
    /// Number printed on it.
    number: String,
    /// How it stands today: `not-yet`, `good`, `suspended`, `expired`, `revoked`.
    state: &'static str,
    /// First day of the terms that count today.
    #[schema(format = "date")]
    valid_from: Option<String>,
    /// Their last day.
    #[schema(format = "date")]
    valid_to: Option<String>,
    /// Their items, with what came in.
    items: Vec<RecordItem>,
}

impl RecordPermit {
    fn of(line: PermitLine, today: chrono::NaiveDate) -> Self {
        let terms = line.permit.terms_on(today);
        Self {
            permit: line.permit.permit.to_string(),
            number: line.permit.number.clone(),
            state: line.state.name(),
            valid_from: terms.map(|terms| terms.valid_from.to_string()),
            valid_to: terms.map(|terms| terms.valid_to.to_string()),
            items: line.items.into_iter().map(RecordItem::from).collect(),
        }
    }
}

/// One row of a plan, beside what happened this year.
#[derive(Serialize, ToSchema)]
struct RecordPlan {
    /// The site.
    #[schema(format = "uuid")]
    site: String,
    /// The waste.
    code: String,
    /// Planned for the year, in grams; 0 for a waste that no plan names.
    planned_mass_g: i64,
    /// Generated there, in grams.
    generated_mass_g: i64,
    /// Loaded there, in grams.
    sent_mass_g: i64,
}

impl From<PlanUse> for RecordPlan {
    fn from(row: PlanUse) -> Self {
        Self {
            site: row.site.to_string(),
            code: row.code.to_string(),
            planned_mass_g: row.planned_g,
            generated_mass_g: row.generated_g,
            sent_mass_g: row.sent_g,
        }
    }
}

/// What was shipped under one row of an approval, or under a contract.
#[derive(Serialize, ToSchema)]
struct RecordShipped {
    /// `approval` or `contract`.
    kind: &'static str,
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// The code; absent for a contract, which is for all of its codes together.
    code: Option<String>,
    /// What it allows, in grams; absent for a contract.
    allowed_mass_g: Option<i64>,
    /// What was shipped, in grams. Rejected waste that came back is not taken off again.
    shipped_mass_g: i64,
}

impl From<Shipped> for RecordShipped {
    fn from(shipped: Shipped) -> Self {
        Self {
            kind: shipped.paper.id.kind.name(),
            id: shipped.paper.id.id.to_string(),
            code: shipped.code.map(|code| code.to_string()),
            allowed_mass_g: shipped.allowed_g,
            shipped_mass_g: shipped.shipped_g,
        }
    }
}

/// Grams of one code.
#[derive(Serialize, ToSchema)]
struct RecordMass {
    /// Waste code, `product`, or `unknown`.
    code: String,
    /// Grams; a stock is negative when more left than ever came.
    mass_g: i64,
}

/// Open findings of one severity.
#[derive(Serialize, ToSchema)]
struct RecordFindings {
    /// `critical`, `major`, `minor`, `notice`.
    severity: &'static str,
    /// Open findings.
    open: u64,
}

/// Something that ends soon.
#[derive(Serialize, ToSchema)]
struct RecordExpiring {
    /// `permit`, or the kind of the paper.
    kind: &'static str,
    /// Its number, where it has one.
    number: Option<String>,
    /// Its last day.
    #[schema(format = "date")]
    on: String,
}

impl From<Expiring> for RecordExpiring {
    fn from(expiring: Expiring) -> Self {
        let (kind, number) = match expiring.what {
            ExpiringWhat::Permit(number) => ("permit", Some(number)),
            ExpiringWhat::Paper(paper) => (paper.id.kind.name(), paper.written.number().map(str::to_owned)),
        };
        Self { kind, number, on: expiring.on.to_string() }
    }
}

/// The record of a firm.
#[derive(Serialize, ToSchema)]
pub(super) struct RecordView {
    /// Unified social credit code.
    party: String,
    /// Registered name.
    name: String,
    /// Name in English, if it has one.
    name_en: Option<String>,
    /// What it does.
    kinds: Vec<&'static str>,
    /// Division it is registered in, six digits.
    division: String,
    /// The day the record speaks of.
    #[schema(format = "date")]
    today: String,
    /// Its sites, at most 50.
    sites: Vec<RecordSite>,
    /// Its permits.
    permits: Vec<RecordPermit>,
    /// Intake of the year by code: what came off the road at its sites.
    intake: Vec<RecordMass>,
    /// Its plans of the year, beside what happened.
    plan: Vec<RecordPlan>,
    /// What is there now.
    stock: Vec<RecordMass>,
    /// Open findings that concern it.
    open_findings: Vec<RecordFindings>,
    /// Its other papers, of each kind the newest 50.
    papers: Vec<PaperView>,
    /// What was shipped under its approvals and contracts that are good this year: left the sites of one side for the other, on days
    /// within the paper.
    shipped: Vec<RecordShipped>,
    /// The last 20 incidents on its manifests.
    incidents: Vec<IncidentView>,
    /// What ends within 90 days, the next first.
    expiring: Vec<RecordExpiring>,
}

impl RecordView {
    pub(super) fn of(record: FirmRecord, profile: &Profile) -> Self {
        let FirmRecord { party, today, .. } = record;
        let mass = |code: String, mass_g| RecordMass { code, mass_g };
        let findings = record.findings.into_iter().rev();
        let papers = record.papers.into_values().flatten();
        Self {
            party: party.party.to_string(),
            name: party.name,
            name_en: party.name_en,
            kinds: party.kinds.iter().map(|kind| kind.name()).collect(),
            division: party.division.to_string(),
            today: today.to_string(),
            sites: record.sites.into_iter().map(RecordSite::from).collect(),
            permits: record.permits.into_iter().map(|permit| RecordPermit::of(permit, today)).collect(),
            intake: record.intake.into_iter().map(|(code, g)| mass(code.to_string(), g)).collect(),
            plan: record.plan.into_iter().map(RecordPlan::from).collect(),
            stock: record.stock.into_iter().map(|(code, g)| mass(code.to_string(), g)).collect(),
            open_findings: findings
                .map(|(severity, open)| RecordFindings { severity: severity.name(), open })
                .collect(),
            papers: papers.map(|paper| PaperView::of(paper, profile)).collect(),
            shipped: record.shipped.into_iter().map(RecordShipped::from).collect(),
            incidents: record.incidents.into_iter().map(IncidentView::from).collect(),
            expiring: record.expiring.into_iter().map(RecordExpiring::from).collect(),
        }
    }
}

/// The one-page record of a firm: for itself, and for the authorities over it or one of its sites.
///
/// An unverified view, computed from the log: what proves something are the chain of a manifest, an event, and bundles.
#[utoipa::path(get, path = "/parties/{uscc}/record", operation_id = "getPartyRecord", tag = "registry",
    security(("bearer" = [])), params(("uscc" = String, Path, description = "Unified social credit code.")),
    responses((status = 200, description = "The record.", body = RecordView), Reading))]
async fn record(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(code): Path<Uscc>,
) -> Result<Json<RecordView>, Problem> {
    let record = app.firm(&viewer, code).await?.ok_or_else(Problem::absent)?;
    Ok(Json(RecordView::of(record, app.rulebook().profile)))
}
