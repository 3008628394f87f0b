//! Reference data, public: waste codes with their edition, treatments, divisions.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::documented::PublicReading;
use crate::api::extract::{Json, Path, Query, bad_parameter};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::catalogue::{Catalogue, Division, Standing, WasteCode, WasteEntry};

pub(super) fn router() -> OpenApiRouter<App> {
    let wastes = OpenApiRouter::new().routes(routes!(wastes)).routes(routes!(waste));
    wastes.routes(routes!(treatments)).routes(routes!(divisions))
}

/// A waste code of the national list (国家危险废物名录).
#[derive(Serialize, ToSchema)]
struct WasteView {
    /// The code, for example `900-041-49`.
    code: String,
    /// Category, for example `HW49`.
    category: String,
    /// Name of the category.
    category_name: String,
    /// The industry it comes from.
    industry: String,
    /// What it is.
    description: String,
    /// Hazard letters: T, C, I, R, In.
    hazards: String,
    /// How it stands in the edition: `listed`, `identified` or `edition-unverified`.
    standing: &'static str,
    /// The edition.
    edition: String,
}

impl WasteView {
    fn of(entry: &WasteEntry, edition: &str) -> Self {
        Self {
            code: entry.code.to_string(),
            category: entry.category.clone(),
            category_name: entry.category_name.clone(),
            industry: entry.industry.clone(),
            description: entry.description.clone(),
            hazards: entry.hazards.clone(),
            standing: match Catalogue::embedded().standing(entry.code, edition) {
                Standing::Listed => "listed",
                Standing::Identified => "identified",
                Standing::EditionUnverified => "edition-unverified",
            },
            edition: edition.to_owned(),
        }
    }
}

/// A page of waste codes.
#[derive(Serialize, ToSchema)]
struct WastePage {
    /// Codes in the order of the list.
    items: Vec<WasteView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which codes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WastesQuery {
    /// Only codes that begin so, or of this category, for example `900-041` or `HW49`.
    code: Option<String>,
    /// Only those with this text in their description, industry or category name.
    text: Option<String>,
    /// Edition to judge by; the one in force when absent.
    edition: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

impl WastesQuery {
    fn takes(&self, entry: &WasteEntry) -> bool {
        let code = self.code.as_deref().unwrap_or_default();
        let text = self.text.as_deref().unwrap_or_default();
        let by_code = entry.code.to_string().starts_with(code) || entry.category.eq_ignore_ascii_case(code);
        by_code
            && [&entry.description, &entry.industry, &entry.category_name]
                .iter()
                .any(|field| field.contains(text))
    }
}

/// Waste codes by beginning, category or text.
#[utoipa::path(get, path = "/catalogue/wastes", operation_id = "listWastes", tag = "reference",
    params(WastesQuery), responses((status = 200, description = "A page.", body = WastePage), PublicReading))]
async fn wastes(
    State(app): State<App>,
    uri: Uri,
    Query(query): Query<WastesQuery>,
) -> Result<(HeaderMap, Json<WastePage>), Problem> {
    let book = app.rulebook();
    let after = page::parsed::<WasteCode>("after", query.after.as_deref(), "900-041-49")?;
    let limit = usize::try_from(page::limit(query.limit)?).unwrap_or(usize::MAX);
    let edition = edition_named(&app, query.edition.as_deref())?;
    let all = book.catalogue.wastes();
    let start = after
        .map_or(0, |after| all.iter().position(|entry| entry.code == after).map_or(all.len(), |n| n + 1));
    let mut found = all[start..].iter().filter(|entry| query.takes(entry)).peekable();
    let mut items: Vec<WasteView> = Vec::new();
    while items.len() < limit
        && let Some(entry) = found.next()
    {
        items.push(WasteView::of(entry, edition));
    }
    let next = found.peek().and_then(|_| items.last()).map(|item| item.code.clone());
    Ok(page::answer(&uri, next.clone().as_deref(), WastePage { items, next }))
}

/// The edition of this name, or the one in force today in the zone of the jurisdiction.
fn edition_named(app: &App, name: Option<&str>) -> Result<&'static str, Problem> {
    let book = app.rulebook();
    let Some(name) = name else {
        let today = book.profile.local_date(app.clock().now().as_millis());
        return Ok(&book.catalogue.edition_on(today).id);
    };
    let known = book.catalogue.editions().iter().find(|edition| edition.id == name);
    known.map(|edition| edition.id.as_str()).ok_or_else(|| {
        let names: Vec<&str> = book.catalogue.editions().iter().map(|edition| edition.id.as_str()).collect();
        let zh = format!("没有这个版本，现有 {}", names.join("、"));
        bad_parameter("edition", zh, format!("there is no such edition; known are {}", names.join(", ")))
    })
}

/// One waste code.
#[utoipa::path(get, path = "/catalogue/wastes/{code}", operation_id = "getWaste", tag = "reference",
    params(("code" = String, Path, description = "Waste code, for example 900-041-49.")),
    responses((status = 200, description = "The code.", body = WasteView), PublicReading))]
async fn waste(State(app): State<App>, Path(code): Path<WasteCode>) -> Result<Json<WasteView>, Problem> {
    let book = app.rulebook();
    let entry = book.catalogue.waste(&code).ok_or_else(Problem::absent)?;
    Ok(Json(WasteView::of(entry, edition_named(&app, None)?)))
}

/// A way of treatment (利用处置方式代码).
#[derive(Serialize, ToSchema)]
struct TreatmentView {
    /// The code, for example `D10`.
    code: String,
    /// Name in Chinese.
    zh: String,
    /// Name in English.
    en: String,
    /// What it is in law: `use`, `disposal`, `collection` or `other`.
    operation: &'static str,
}

/// All ways of treatment.
#[derive(Serialize, ToSchema)]
struct TreatmentList {
    /// By code.
    items: Vec<TreatmentView>,
}

/// The ways of treatment.
#[utoipa::path(get, path = "/catalogue/treatments", operation_id = "listTreatments", tag = "reference",
    responses((status = 200, description = "The treatments.", body = TreatmentList), PublicReading))]
async fn treatments(State(app): State<App>) -> Json<TreatmentList> {
    let view = |treatment: &crate::catalogue::Treatment| TreatmentView {
        code: treatment.code.to_string(),
        zh: treatment.zh.clone(),
        en: treatment.en.clone(),
        operation: treatment.operation.en(),
    };
    Json(TreatmentList { items: app.rulebook().catalogue.treatments().iter().map(view).collect() })
}

/// A division (行政区划, GB/T 2260).
#[derive(Serialize, ToSchema)]
struct DivisionView {
    /// Six digits.
    code: String,
    /// Its own name.
    name: String,
    /// Its name with those above it.
    full_name: Option<String>,
}

/// Divisions directly below one.
#[derive(Serialize, ToSchema)]
struct DivisionList {
    /// By code.
    items: Vec<DivisionView>,
}

/// Below what.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DivisionsQuery {
    /// A province or city, six digits, for example `371300`.
    below: String,
}

/// The divisions directly below a province or city.
#[utoipa::path(get, path = "/catalogue/divisions", operation_id = "listDivisions", tag = "reference",
    params(DivisionsQuery), responses((status = 200, description = "The divisions.", body = DivisionList), PublicReading))]
async fn divisions(
    State(app): State<App>,
    Query(query): Query<DivisionsQuery>,
) -> Result<Json<DivisionList>, Problem> {
    let catalogue = app.rulebook().catalogue;
    let below =
        page::parsed::<Division>("below", Some(&query.below), "371300")?.ok_or_else(Problem::absent)?;
    let view = |(code, name): (Division, &str)| DivisionView {
        code: code.to_string(),
        name: name.to_owned(),
        full_name: catalogue.full_name(code),
    };
    Ok(Json(DivisionList { items: catalogue.divisions_below(below).into_iter().map(view).collect() }))
}
