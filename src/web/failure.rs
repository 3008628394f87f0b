//! Why there is no page, and the pages that say so.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::i18n::Lang;
use super::layout;
use super::visit::Visit;
use crate::app::query::{NoAsOf, NoBundle};
use crate::app::{Fault, SubmitError};

/// What a browser is told that is not signed in (RFC 9110 §11.6.1).
pub(super) const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"liandan\"");

/// Why a page cannot be shown. The answer is only a status here; [`page`] makes it readable in the visitor's language.
#[derive(Debug)]
pub(super) enum Failure {
    /// Absent, or not for this viewer: nobody can tell which.
    NotFound,
    /// Only for those who sign in.
    SignIn,
    /// Too many at once.
    Busy,
    /// More than one bundle holds, or than is looked through to tell what was known once.
    Limit,
    /// There is no font to print with.
    NoFont,
    /// Nothing is signed as long as the ledger is only read.
    ReadOnly,
    /// We are wrong.
    Fault(Fault),
}

/// What somebody is told who must change something, in words; whatever else it is has a page of its own.
pub(super) fn refused(lang: Lang, error: SubmitError) -> Result<String, Failure> {
    match error {
        SubmitError::Refused(refusal) => {
            let said = refusal.errors.iter().map(|error| lang.pick(&error.zh, &error.en).as_str());
            Ok(said.collect::<Vec<_>>().join(" "))
        }
        SubmitError::ReadOnly(_) => Err(Failure::ReadOnly),
        SubmitError::Busy { .. } => Err(Failure::Busy),
        SubmitError::Fault(fault) => Err(Failure::Fault(fault)),
    }
}

impl From<NoBundle> for Failure {
    fn from(error: NoBundle) -> Self {
        match error {
            NoBundle::TooLarge => Self::Limit,
            NoBundle::Fault(Fault::ReadOnly(_)) => Self::ReadOnly,
            NoBundle::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<NoAsOf> for Failure {
    fn from(error: NoAsOf) -> Self {
        match error {
            NoAsOf::Ahead { .. } => Self::NotFound,
            NoAsOf::TooManyEntries | NoAsOf::TooMuchSince => Self::Limit,
            NoAsOf::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl<E: Into<Fault>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND.into_response(),
            Self::SignIn => {
                (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, CHALLENGE)]).into_response()
            }
            Self::Busy => StatusCode::TOO_MANY_REQUESTS.into_response(),
            Self::Limit => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
            Self::NoFont => StatusCode::NOT_IMPLEMENTED.into_response(),
            Self::ReadOnly => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Self::Fault(fault) => {
                tracing::error!(error = &fault as &dyn std::error::Error, "a page could not be made");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// The page for a status that is an error.
pub(super) fn page(visit: &Visit, status: StatusCode) -> Markup {
    let (title, text) = match status {
        StatusCode::UNAUTHORIZED => return sign_in(visit),
        StatusCode::FORBIDDEN => ("error.foreign", "error.foreign-text"),
        StatusCode::NOT_FOUND => ("error.not-found", "error.not-found-text"),
        StatusCode::REQUEST_TIMEOUT => ("error.too-slow", "error.too-slow-text"),
        StatusCode::TOO_MANY_REQUESTS => ("error.busy", "error.busy-text"),
        StatusCode::UNPROCESSABLE_ENTITY => ("error.limit", "error.limit-text"),
        StatusCode::NOT_IMPLEMENTED => ("error.no-font", "error.no-font-text"),
        StatusCode::SERVICE_UNAVAILABLE => ("error.read-only", "error.read-only-text"),
        StatusCode::METHOD_NOT_ALLOWED => ("error.not-allowed", "error.not-allowed-text"),
        status if status.is_client_error() => ("error.bad-request", "error.bad-request-text"),
        _ => ("error.fault", "error.fault-text"),
    };
    let lang = visit.lang;
    let body = html! {
        h1 { (lang.t(title)) }
        p { (lang.t(text)) }
        p { a href="/" { (lang.t("error.back")) } }
    };
    layout::page(visit, lang.t(title), body)
}

/// What somebody reads who is not signed in.
fn sign_in(visit: &Visit) -> Markup {
    let lang = visit.lang;
    let body = html! {
        h1 { (lang.t("sign-in.title")) }
        p { (lang.t("sign-in.text")) }
        p { a href=(login_path(&visit.path)) { (lang.t("site.sign-in")) } }
        p.soft { (lang.t("sign-in.key")) }
        p { (lang.t("sign-in.api")) }
        p { (lang.t("sign-in.public")) }
        ul {
            li { a href="/" { (lang.t("site.overview")) } }
            li { a href="/rules" { (lang.t("site.rules")) } }
            li { a href="/log" { (lang.t("site.log")) } }
        }
    };
    layout::page(visit, lang.t("sign-in.title"), body)
}

/// Where to sign in, and to come back from there; only to addresses that need no escaping.
fn login_path(path: &str) -> String {
    let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte));
    if is_plain { format!("/login?next={path}") } else { "/login".to_owned() }
}
