//! The rules, public: what counts as a gap, on which basis, with which thresholds.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::documented::PublicReading;
use crate::api::extract::{Json, Path};
use crate::api::problem::Problem;
use crate::app::App;
use crate::catalogue::{Disposition, Profile};
use crate::custody::rules::{self, Example, Rule};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(rules)).routes(routes!(rule))
}

/// A threshold of a rule.
#[derive(Serialize, ToSchema)]
struct ThresholdView {
    /// Its name, which ends in its unit.
    name: &'static str,
    /// Its value in the profile in force.
    value: i64,
}

/// A script that shows what a rule finds, as the ledger's own tests play it.
#[derive(Serialize, ToSchema)]
struct ExampleView {
    /// `raised` (it is found), `near` (one value at the threshold, and nothing is found) or `cleared` (found, and no longer so).
    shows: &'static str,
    /// Name of its file in `seeds/scenarios/`, without the ending.
    name: String,
    /// What it tells, in Chinese.
    zh: String,
    /// What it tells, in English.
    en: String,
    /// Its lines in the language of scenarios: a time, an actor, what it does.
    lines: Vec<String>,
    /// What comes out: where manifests stand, `finding RULE SUBJECT figures`, `cleared RULE SUBJECT`.
    found: Vec<String>,
}

impl From<Example> for ExampleView {
    fn from(example: Example) -> Self {
        let Example { shows, name, zh, en, lines, found } = example;
        Self { shows: shows.name(), name, zh, en, lines, found }
    }
}

/// One rule.
#[derive(Serialize, ToSchema)]
struct RuleView {
    /// Kebab-case id.
    id: &'static str,
    /// Version of its function.
    version: u16,
    /// `notice`, `minor`, `major` or `critical`, under the profile in force.
    severity: &'static str,
    /// What becomes of a declaration it objects to: `refuse`, `reason` or `finding`.
    disposition: &'static str,
    /// Legal basis: S1 is order 23 (危险废物转移管理办法), S2 the Solid Waste Law 2020, S4 HJ 1259-2022; * is proposed by this project.
    basis: &'static str,
    /// Title in Chinese.
    title_zh: &'static str,
    /// Title in English.
    title_en: &'static str,
    /// What it finds, in Chinese.
    text_zh: &'static str,
    /// What it finds, in English.
    text_en: &'static str,
    /// Its thresholds.
    thresholds: Vec<ThresholdView>,
    /// Scripts that raise it, just do not raise it, and clear it; none where no script bears its name.
    examples: Vec<ExampleView>,
}

impl RuleView {
    fn of(rule: &'static Rule, profile: &Profile) -> Self {
        let threshold = |name: &&'static str| ThresholdView { name, value: profile.threshold(rule.id, name) };
        Self {
            id: rule.id,
            version: rule.version,
            severity: rule.severity_in(profile).name(),
            disposition: match profile.disposition(rule.id) {
                Disposition::Refuse => "refuse",
                Disposition::Reason => "reason",
                Disposition::Finding => "finding",
            },
            basis: rule.basis,
            title_zh: rule.title_zh,
            title_en: rule.title_en,
            text_zh: rule.text_zh,
            text_en: rule.text_en,
            thresholds: rule.parameters.iter().map(threshold).collect(),
            examples: Example::of_rule(rule.id).into_iter().map(ExampleView::from).collect(),
        }
    }
}

/// The rules in force.
#[derive(Serialize, ToSchema)]
struct RuleList {
    /// Jurisdiction profile the figures come from.
    profile: String,
    /// Version of the profile.
    profile_version: u32,
    /// Every rule.
    items: Vec<RuleView>,
}

/// Every rule with its thresholds.
#[utoipa::path(get, path = "/rules", operation_id = "listRules", tag = "findings",
    responses((status = 200, description = "The rules.", body = RuleList), PublicReading))]
async fn rules(State(app): State<App>) -> Json<RuleList> {
    let profile = app.rulebook().profile;
    Json(RuleList {
        profile: profile.id().to_owned(),
        profile_version: profile.version(),
        items: rules::rules().map(|rule| RuleView::of(rule, profile)).collect(),
    })
}

/// One rule.
#[utoipa::path(get, path = "/rules/{id}", operation_id = "getRule", tag = "findings",
    params(("id" = String, Path, description = "Rule id.")),
    responses((status = 200, description = "The rule.", body = RuleView), PublicReading))]
async fn rule(State(app): State<App>, Path(id): Path<String>) -> Result<Json<RuleView>, Problem> {
    let rule = Rule::named(&id).ok_or_else(Problem::absent)?;
    Ok(Json(RuleView::of(rule, app.rulebook().profile)))
}
