//! The sheet by which a site is evaluated (规范化环境管理评估).

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::findings::FindingView;
use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::{Json, Path};
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{Evaluated, Evaluation, Held};
use crate::id::SiteId;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(evaluation))
}

/// Something the ledger holds for an indicator.
#[derive(Serialize, ToSchema)]
struct HeldView {
    /// `plan`, `contract`, `permit`, `declaration`, `row`, `manifest`, `label` or `facility`.
    what: &'static str,
    /// Its id: of a row the event that wrote it; of a label or facility its code.
    id: String,
    /// The number of a permit, the other side of a contract, the register of a row, the period of a declaration.
    of: Option<String>,
    /// First day for which it is good or of its period; the day of a row.
    #[schema(format = "date")]
    from: Option<String>,
    /// Last day for which it is good or of its period.
    #[schema(format = "date")]
    to: Option<String>,
}

impl From<&Held> for HeldView {
    fn from(held: &Held) -> Self {
        let bare = |what, id: String| Self { what, id, of: None, from: None, to: None };
        match held {
            Held::Paper { kind, id, with, days: (from, to) } => Self {
                of: with.map(|with| with.to_string()),
                from: Some(from.to_string()),
                to: Some(to.to_string()),
                ..bare(kind.name(), id.to_string())
            },
            Held::Permit(id, number) => Self { of: Some(number.clone()), ..bare("permit", id.to_string()) },
            Held::Declaration(id, slot) => Self {
                of: Some(slot.period.name().to_owned()),
                from: Some(slot.from.to_string()),
                to: Some(slot.last_day().to_string()),
                ..bare("declaration", id.to_string())
            },
            Held::Row(register, event, day) => Self {
                of: Some(register.name().to_owned()),
                from: Some(day.to_string()),
                ..bare("row", event.to_string())
            },
            Held::Manifest(id) => bare("manifest", id.to_string()),
            Held::Label(text) => bare("label", text.clone()),
            Held::Facility(code) => bare("facility", code.clone()),
        }
    }
}

/// One indicator.
#[derive(Serialize, ToSchema)]
struct EvaluatedView {
    /// Its id.
    id: &'static str,
    /// What it is called, in Chinese.
    title_zh: &'static str,
    /// What it is called, in English.
    title_en: &'static str,
    /// What is looked for, in Chinese.
    text_zh: &'static str,
    /// What is looked for, in English.
    text_en: &'static str,
    /// What it goes back to, in this project's reading; as the basis of a rule is written.
    basis: &'static str,
    /// Rules whose open findings speak against it.
    rules: &'static [&'static str],
    /// `met`, `not-met` or `to-be-looked-at`. Without anything that speaks for it, an indicator is to be looked at, also where
    /// nothing was found.
    standing: &'static str,
    /// What the ledger holds for it, at most 10 of a sort.
    evidence: Vec<HeldView>,
    /// Open findings that speak against it, the gravest first, at most 20.
    findings: Vec<FindingView>,
}

impl From<&Evaluated> for EvaluatedView {
    fn from(evaluated: &Evaluated) -> Self {
        let indicator = evaluated.indicator;
        Self {
            id: indicator.id,
            title_zh: indicator.title_zh,
            title_en: indicator.title_en,
            text_zh: indicator.text_zh,
            text_en: indicator.text_en,
            basis: indicator.basis,
            rules: indicator.rules,
            standing: evaluated.standing.name(),
            evidence: evaluated.held.iter().map(HeldView::from).collect(),
            findings: evaluated.findings.iter().map(FindingView::from).collect(),
        }
    }
}

/// The sheet of a site.
#[derive(Serialize, ToSchema)]
struct EvaluationView {
    /// The site.
    #[schema(format = "uuid")]
    site: String,
    /// Its party.
    party: String,
    /// The day it speaks of.
    #[schema(format = "date")]
    on: String,
    /// False where more findings are open than were looked through; then nothing is `met`.
    looked_through: bool,
    /// Every indicator that the party is asked as producer, as operator or as both.
    indicators: Vec<EvaluatedView>,
}

impl From<&Evaluation> for EvaluationView {
    fn from(evaluation: &Evaluation) -> Self {
        Self {
            site: evaluation.site.site.to_string(),
            party: evaluation.party.party.to_string(),
            on: evaluation.today.to_string(),
            looked_through: evaluation.looked_through,
            indicators: evaluation.indicators.iter().map(EvaluatedView::from).collect(),
        }
    }
}

/// The sheet by which a site is evaluated (规范化环境管理评估), for its party and for the authorities over its division.
///
/// Each indicator with what the ledger holds for it and what speaks against it. Indicators are those of the ministry's scheme (环办固体〔2021〕20号)
/// in this project's reading. Scores are given by people and are not recorded in the ledger. An unverified view, computed from the log.
#[utoipa::path(get, path = "/sites/{id}/evaluation", operation_id = "getSiteEvaluation", tag = "registry",
    security(("bearer" = [])), params(("id" = String, Path, description = "Site id.")),
    responses((status = 200, description = "The sheet.", body = EvaluationView), Reading))]
async fn evaluation(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<SiteId>,
) -> Result<Json<EvaluationView>, Problem> {
    let evaluation = app.evaluation(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(EvaluationView::from(&evaluation)))
}
