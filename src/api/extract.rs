//! Extractors and answers whose failures are problems. The only home of axum's own `Json`, `Path` and `Query`.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::ACCEPT;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::layers::{MAX_EVENT_BODY_BYTES, MAX_REQUEST_BODY_BYTES};
use super::problem::{MALFORMED, Problem, TIMEOUT, TOO_LARGE};
use crate::app::query::MAX_SHEET_BYTES;
use crate::app::submit::DeviceTime;
use crate::clock::Timestamp;
use crate::custody::kind::parse_json;
use crate::shape::parse_day;

/// Header with the uploading device's clock, RFC 3339.
pub(super) const DEVICE_TIME: &str = "Device-Time";

/// An answer in JSON.
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Json<T> {
    #[allow(clippy::disallowed_types)] // This is its one home.
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// Parameters in the path.
pub(super) struct Path<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0)).map_err(|rejection| {
            Problem::one(
                MALFORMED,
                "path-malformed",
                "/path",
                "地址中的编号格式不正确",
                rejection.body_text(),
            )
        })
    }
}

/// Parameters behind the question mark. Unknown ones are refused by their type.
pub(super) struct Query<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|query| Self(query.0)).map_err(|rejection| {
            let en = rejection.body_text();
            Problem::one(MALFORMED, "query-malformed", "/query", "查询参数不正确", en)
        })
    }
}

/// The body of an upload: one envelope, byte for byte.
pub(super) struct EventBody(pub(super) Bytes);

impl<S: Send + Sync> FromRequest<S> for EventBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = Bytes::from_request(request, state).await;
        body.map(Self).map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => too_large("body-too-large", MAX_EVENT_BODY_BYTES),
            _ => broken_body(),
        })
    }
}

/// The body of a comparison: a sheet, byte for byte.
pub(super) struct SheetBody(pub(super) Bytes);

impl<S: Send + Sync> FromRequest<S> for SheetBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = Bytes::from_request(request, state).await;
        body.map(Self).map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let zh = format!("表格超过 {MAX_SHEET_BYTES} 字节");
                let en = format!("more than {MAX_SHEET_BYTES} bytes; part the list by days");
                Problem::one(TOO_LARGE, "body-too-large", "", zh, en)
            }
            _ => broken_body(),
        })
    }
}

/// The body of an upload that is a file, byte for byte. `MAX_BYTES` is the limit that its route sets.
pub(super) struct FileBody<const MAX_BYTES: usize>(pub(super) Bytes);

impl<S: Send + Sync, const MAX_BYTES: usize> FromRequest<S> for FileBody<MAX_BYTES> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = Bytes::from_request(request, state).await;
        body.map(Self).map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let zh = format!("附件最大 {MAX_BYTES} 字节");
                let en = format!("a file has at most {MAX_BYTES} bytes");
                Problem::one(TOO_LARGE, "body-too-large", "", zh, en)
            }
            _ => broken_body(),
        })
    }
}

/// The body of a request that is no event: JSON in UTF-8, unknown fields refused by its type. `MAX_BYTES` is the limit that its route sets.
pub(super) struct JsonBody<T, const MAX_BYTES: usize = MAX_REQUEST_BODY_BYTES>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned, const MAX_BYTES: usize> FromRequest<S> for JsonBody<T, MAX_BYTES> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body =
            Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => {
                    let zh = format!("内容超过 {MAX_BYTES} 字节");
                    let en = format!("more than {MAX_BYTES} bytes");
                    Problem::one(TOO_LARGE, "body-too-large", "", zh, en)
                }
                _ => broken_body(),
            })?;
        let text = std::str::from_utf8(&body).map_err(|_| {
            let (zh, en) = ("请求内容不是 UTF-8", "the body is not UTF-8");
            Problem::one(MALFORMED, "body-malformed", "", zh, en)
        })?;
        // A derived struct would also read an array of its values.
        if !text.trim_start().starts_with('{') {
            let (zh, en) = ("请求内容不是 JSON 对象", "the body is not a JSON object");
            return Err(Problem::one(MALFORMED, "body-malformed", "", zh, en));
        }
        parse_json(text, "").map(Self).map_err(|error| {
            let zh = match error.pointer.as_str() {
                "" => "请求内容不是规定的 JSON 对象：格式有误或缺少字段".to_owned(),
                pointer => format!("请求内容的 {pointer} 不符合规定：字段名称、类型或取值有误"),
            };
            Problem::one(MALFORMED, "body-malformed", error.pointer, zh, error.message)
        })
    }
}

fn broken_body() -> Problem {
    Problem::one(MALFORMED, "body-broken", "", "请求内容没有完整送达", "the body did not arrive whole")
}

/// A problem that quotes the limit in bytes.
pub(super) fn too_large(code: &str, limit: usize) -> Problem {
    let zh = format!("内容超过 {limit} 字节");
    let en = format!("more than {limit} bytes: move attachments out and put their digests in");
    Problem::one(TOO_LARGE, code, "", zh, en)
}

/// The uploading device's clock, where it was told.
pub(super) struct Device(pub(super) DeviceTime);

impl<S: Send + Sync> FromRequestParts<S> for Device {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(DEVICE_TIME) else { return Ok(Self(None)) };
        let time = value.to_str().ok().and_then(|text| text.parse::<Timestamp>().ok());
        time.map(|time| Self(Some(time))).ok_or_else(|| {
            let en = "Device-Time is not an RFC 3339 time such as 2026-03-02T09:20:00+08:00";
            Problem::one(
                MALFORMED,
                "device-time",
                "/header/device-time",
                "Device-Time 不是 RFC 3339 时间",
                en,
            )
        })
    }
}

/// The answer when a handler took too long.
pub(super) fn timed_out() -> Response {
    Problem::new(TIMEOUT, Vec::new()).into_response()
}

/// A day in a query parameter, where one was given.
pub(super) fn day(name: &str, text: Option<&str>) -> Result<Option<NaiveDate>, Problem> {
    text.map(parse_day).transpose().map_err(|en| {
        bad_parameter(name, format!("{name} 应为 1970-01-01 至 9999-12-31 的日期，写作 2026-03-31"), en)
    })
}

/// A calendar month in a query parameter, where one was given: its first day.
pub(super) fn month(name: &str, text: Option<&str>) -> Result<Option<NaiveDate>, Problem> {
    text.map(|text| parse_day(&format!("{text}-01"))).transpose().map_err(|_| {
        let zh = format!("{name} 应为 1970-01 至 9999-12 的月份，写作 2026-03");
        bad_parameter(name, zh, format!("{name} is a month from 1970-01 to 9999-12, written 2026-03"))
    })
}

/// A query parameter that is not what it must be.
pub(super) fn bad_parameter(name: &str, zh: impl Into<String>, en: impl Into<String>) -> Problem {
    Problem::one(MALFORMED, "query-malformed", format!("/query/{name}"), zh, en)
}

/// The file that is asked for by name, else by `Accept`; `None` for JSON. Of each form: its name, and its media type.
pub(super) fn form_of<F: Copy>(
    format: Option<&str>,
    headers: &HeaderMap,
    forms: &[(F, &str, &str)],
) -> Result<Option<F>, Problem> {
    let accepted = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let is_accepted = |media: &str| media.split(';').next().is_some_and(|media| accepted.starts_with(media));
    let found =
        forms.iter().find(|(_, name, media)| format.map_or(is_accepted(media), |asked| asked == *name));
    if let Some((form, ..)) = found {
        return Ok(Some(*form));
    }
    if format.is_none_or(|asked| asked == "json") {
        return Ok(None);
    }
    let names: Vec<&str> = std::iter::once("json").chain(forms.iter().map(|(_, name, _)| *name)).collect();
    let (last, others) = names.split_last().unwrap_or((&"", &[]));
    let zh = format!("format 应为 {} 或 {last}", others.join("、"));
    Err(bad_parameter("format", zh, format!("format must be {} or {last}", others.join(", "))))
}
