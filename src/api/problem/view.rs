//! A problem as it is written.

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{Problem, ProblemError};

/// A problem (RFC 9457 §3.1), in the language asked for and in both, with every error at once.
#[derive(Serialize, ToSchema)]
struct ProblemView {
    /// `/problems/{slug}`: the page that explains it.
    #[serde(rename = "type")]
    #[schema(format = "uri-reference")]
    kind: String,
    /// Title in the language that `Accept-Language` likes better; Chinese when it names none.
    title: &'static str,
    /// Title in Chinese.
    title_zh: &'static str,
    /// Title in English.
    title_en: &'static str,
    /// HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What to do, in the language of the title.
    detail: &'static str,
    /// What to do, in Chinese.
    detail_zh: &'static str,
    /// What to do, in English.
    detail_en: &'static str,
    /// Every error.
    errors: Vec<ProblemError>,
}

impl From<&Problem> for ProblemView {
    fn from(problem: &Problem) -> Self {
        let Problem { kind, lang, errors, .. } = problem;
        Self {
            kind: format!("/problems/{}", kind.slug),
            title: lang.pick(kind.title_zh, kind.title_en),
            title_zh: kind.title_zh,
            title_en: kind.title_en,
            status: kind.status.as_u16(),
            detail: lang.pick(kind.text_zh, kind.text_en),
            detail_zh: kind.text_zh,
            detail_en: kind.text_en,
            errors: errors.clone(),
        }
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ProblemView::from(self).serialize(serializer)
    }
}

impl PartialSchema for Problem {
    fn schema() -> RefOr<Schema> {
        ProblemView::schema()
    }
}

impl ToSchema for Problem {
    fn name() -> Cow<'static, str> {
        "Problem".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        ProblemView::schemas(schemas);
    }
}
