//! Pages of lists: `?after=&limit=`, the next one named in the body and in a `Link` header (RFC 8288).

use std::str::FromStr;

use axum::http::{HeaderMap, HeaderValue, Uri, header};

use super::V1;
use super::extract::{Json, bad_parameter};
use super::problem::Problem;
use crate::app::query::{DEFAULT_PAGE, MAX_PAGE};

/// The page size asked for, inside its limit.
pub(super) fn limit(asked: Option<u64>) -> Result<u64, Problem> {
    match asked {
        None => Ok(DEFAULT_PAGE),
        Some(limit @ 1..=MAX_PAGE) => Ok(limit),
        Some(_) => {
            let zh = format!("limit 应为 1 到 {MAX_PAGE}");
            Err(bad_parameter("limit", zh, format!("limit must be 1 to {MAX_PAGE}")))
        }
    }
}

/// A parameter that was given, parsed; `example` tells what would be right.
pub(super) fn parsed<T: FromStr>(
    name: &str,
    text: Option<&str>,
    example: &str,
) -> Result<Option<T>, Problem> {
    let Some(text) = text else { return Ok(None) };
    text.parse().map(Some).map_err(|_| {
        let zh = format!("{name} 格式不正确，应类似 {example}");
        bad_parameter(name, zh, format!("{name} cannot be read; write it like {example}"))
    })
}

/// A parameter that was given, by the name of one of these.
pub(super) fn named<T: Copy>(
    name: &str,
    text: Option<&str>,
    all: &[T],
    name_of: fn(T) -> &'static str,
) -> Result<Option<T>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let found = all.iter().copied().find(|one| name_of(*one) == text);
    found.map(Some).ok_or_else(|| {
        let names = all.iter().map(|one| name_of(*one)).collect::<Vec<_>>().join(", ");
        bad_parameter(name, format!("{name} 应为 {names} 之一"), format!("{name} is one of {names}"))
    })
}

/// The log size that a question names as the time of knowledge, if it names one.
pub(super) fn as_of(text: Option<&str>) -> Result<Option<u64>, Problem> {
    parsed("as_of", text, "1200")
}

/// A page as it is answered, with the header that names the next one.
pub(super) fn answer<T>(uri: &Uri, next: Option<&str>, page: T) -> (HeaderMap, Json<T>) {
    let mut headers = HeaderMap::new();
    if let Some(link) = next.and_then(|next| link_to_next(uri, next)) {
        headers.insert(header::LINK, link);
    }
    (headers, Json(page))
}

/// What the header `Link` says of the page that follows.
pub(super) fn link_to_next(uri: &Uri, next: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("<{}>; rel=\"next\"", next_address(uri, next))).ok()
}

/// The same address with `after` set. Handlers see the address below [`V1`]; cursors are made of letters, digits and hyphens.
fn next_address(uri: &Uri, next: &str) -> String {
    let kept = uri.query().unwrap_or_default().split('&');
    let mut query: Vec<&str> = kept.filter(|part| !part.is_empty() && !part.starts_with("after=")).collect();
    let after = format!("after={next}");
    query.push(&after);
    format!("{V1}{}?{}", uri.path(), query.join("&"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_keeps_the_filters() {
        for (uri, next) in
            [("/lots", "/api/v1/lots?after=7"), ("/lots?limit=5&after=9", "/api/v1/lots?limit=5&after=7")]
        {
            assert_eq!(next_address(&uri.parse().unwrap(), "7"), next);
        }
    }

    #[test]
    fn page_sizes_are_limited() {
        assert_eq!(limit(None).unwrap(), DEFAULT_PAGE);
        assert_eq!(limit(Some(MAX_PAGE)).unwrap(), MAX_PAGE);
        for asked in [0, MAX_PAGE + 1] {
            assert_eq!(limit(Some(asked)).unwrap_err().errors[0].pointer, "/query/limit");
        }
    }
}
