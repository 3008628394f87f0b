//! Checks at the road (路检): one question, and an answer that the ledger signs.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::{Json, Query, bad_parameter};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::CheckAnswer;
use crate::custody::check::{Asked, Found};
use crate::custody::label::id_of;
use crate::id::{ContainerId, LabelId};
use crate::shape::{Plate, Text};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(check))
}

/// An open finding on a manifest.
#[derive(Serialize, ToSchema)]
struct FoundFindingView {
    /// The finding.
    #[schema(format = "uuid")]
    finding: String,
    /// Its rule.
    rule: String,
}

/// A manifest that was found.
#[derive(Serialize, ToSchema)]
struct FoundView {
    /// The manifest.
    #[schema(format = "uuid")]
    manifest: String,
    /// Its number, once one was allotted.
    number: Option<String>,
    /// Where it stands.
    status: String,
    /// Its open findings, as far as the caller may see them.
    findings: Vec<FoundFindingView>,
}

impl From<&Found> for FoundView {
    fn from(found: &Found) -> Self {
        let finding = |one: &crate::custody::check::FoundFinding| FoundFindingView {
            finding: one.finding.to_string(),
            rule: one.rule.to_string(),
        };
        Self {
            manifest: found.manifest.to_string(),
            number: found.number.as_ref().map(ToString::to_string),
            status: found.status.to_string(),
            findings: found.findings.iter().map(finding).collect(),
        }
    }
}

/// What was found, and the ledger's word for it.
#[derive(Serialize, ToSchema)]
struct CheckView {
    /// Manifests; none is an answer too.
    found: Vec<FoundView>,
    /// True when there was more than an answer may name, or than was looked through: an empty `found` does not mean "nothing" then.
    more: bool,
    /// Number of entries of the log that was looked through.
    size: u64,
    /// Its root.
    root: String,
    /// When it was said.
    #[schema(format = "date-time")]
    at: String,
    /// A `waste-check+jws` in the compact form, signed by the log's key, that says the same.
    signed: String,
}

impl From<CheckAnswer> for CheckView {
    fn from(answer: CheckAnswer) -> Self {
        let said = &answer.said;
        Self {
            found: said.found.iter().map(FoundView::from).collect(),
            more: said.more,
            size: said.size,
            root: said.root.to_string(),
            at: said.at.to_string(),
            signed: answer.signed,
        }
    }
}

/// One of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CheckQuery {
    /// A plate such as `鲁Q12345`: what is not over and names it.
    plate: Option<String>,
    /// The whole number of a manifest, the ledger's own or another system's.
    number: Option<String>,
    /// Id of a container: what it is on the way with.
    container: Option<String>,
    /// A label, its text or its id: the same for the containers under it.
    label: Option<String>,
}

impl CheckQuery {
    fn asked(self) -> Result<Asked, Problem> {
        let plate = self.plate.map(|text| {
            let wrong = |_| bad_parameter("plate", "plate 应类似 鲁Q12345", "write the plate like 鲁Q12345");
            Plate::new(&text).map(Asked::Plate).map_err(wrong)
        });
        let number = self.number.map(|text| {
            let wrong =
                |_| bad_parameter("number", "number 应为 1 至 64 字", "a number has 1 to 64 characters");
            Text::new(text).map(Asked::Number).map_err(wrong)
        });
        let container = page::parsed::<ContainerId>(
            "container",
            self.container.as_deref(),
            "01890a5d-ac96-774b-bcce-b302099a8057",
        )?;
        let label = self.label.map(|text| text.parse::<LabelId>().unwrap_or_else(|_| id_of(&text)));
        let mut asked: Vec<Asked> = [plate, number].into_iter().flatten().collect::<Result<_, _>>()?;
        asked.extend(container.map(Asked::Container));
        asked.extend(label.map(Asked::Label));
        match (asked.pop(), asked.is_empty()) {
            (Some(one), true) => Ok(one),
            _ => Err(bad_parameter(
                "plate",
                "plate、number、container、label 须且只能填一项",
                "exactly one of plate, number, container and label is wanted",
            )),
        }
    }
}

/// What is under way with a plate, number, container or label, as far as the caller may see it, signed by the ledger.
///
/// That nothing was found is an answer as well: of the log of that size, at that time, as seen by the caller's party. Drivers and escorts are answered
/// about what they are named for, so that they can show it at the road, and about nothing else.
#[utoipa::path(get, path = "/check", operation_id = "checkAtTheRoad", tag = "findings", security(("bearer" = [])),
    params(CheckQuery), responses((status = 200, description = "The answer.", body = CheckView), Reading))]
async fn check(
    State(app): State<App>,
    Caller(viewer): Caller,
    Query(query): Query<CheckQuery>,
) -> Result<Json<CheckView>, Problem> {
    let answer = app.check_at_the_road(&viewer, query.asked()?).await?.ok_or_else(Problem::absent)?;
    Ok(Json(answer.into()))
}
