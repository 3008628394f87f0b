//! Problems (RFC 9457): every error of this interface, in one shape, with a page that explains it in Chinese and English.

mod months;
mod prints;
mod then;
mod view;

use std::num::NonZeroU32;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, body::Body};
use maud::{DOCTYPE, Markup, html};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::access::AccessError;
use crate::app::error::RefusalKind;
use crate::app::query::SheetFault;
use crate::app::query::{LogError, MAX_COMPARED, NoBundle, NoReconciliation, StockShort};
use crate::app::signing::ReadOnly;
use crate::app::{App, Fault, Refusal, SubmitError};
use crate::custody::admit::Objection;
use crate::custody::bundle::{MAX_BUNDLE_BYTES, MAX_BUNDLE_EVENTS, MAX_BUNDLE_KEYS};
use crate::shape::Lang;

/// What is told to whoever asks for a proof before the log was signed.
pub(super) const RETRY_AFTER_S: u32 = 1;

/// Media type of a problem (RFC 9457 §6.1).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A sort of problem: its slug, its status and its page.
#[derive(Debug, PartialEq, Eq)]
pub struct ProblemKind {
    /// Kebab-case; `type` is `/problems/<slug>`.
    pub slug: &'static str,
    /// HTTP status.
    pub status: StatusCode,
    /// Title in Chinese.
    pub title_zh: &'static str,
    /// Title in English.
    pub title_en: &'static str,
    /// What to do, in Chinese.
    pub text_zh: &'static str,
    /// What to do, in English.
    pub text_en: &'static str,
}

macro_rules! kinds {
    ($($name:ident $slug:literal $status:ident $title_zh:literal $title_en:literal $text_zh:literal $text_en:literal;)+) => {
        $(
            #[doc = $title_en]
            pub const $name: &ProblemKind = &ProblemKind {
                slug: $slug,
                status: StatusCode::$status,
                title_zh: $title_zh,
                title_en: $title_en,
                text_zh: $text_zh,
                text_en: $text_en,
            };
        )+
        /// Every sort of problem.
        pub const KINDS: &[&ProblemKind] = &[$($name),+];
    };
}

kinds! {
    MALFORMED "malformed" BAD_REQUEST "请求格式不正确" "The request is not well-formed"
        "按 errors 中指出的位置修改后重新提交；本次没有写入任何内容。"
        "Change what errors points at and send it again. Nothing was stored.";
    TOKEN "token" UNAUTHORIZED "访问令牌无效" "The caller's token is not good"
        "用已登记的密钥签发新的短期令牌（typ 为 waste-token+jws，最长 300 秒，只能用一次），放入 Authorization: Bearer；或在 /oauth/token 换取 15 分钟内可多次使用的访问令牌。"
        "Sign a new token with an enrolled key (typ waste-token+jws, at most 300 seconds, good once) and send it as Authorization: Bearer; or exchange one at /oauth/token for a token that is good many times for 15 minutes.";
    ROLE "role" FORBIDDEN "该密钥的角色不能使用此功能" "This is not for keys of this role"
        "errors 列出了可以使用的角色；请使用本单位相应角色的密钥。各功能对应的角色见 docs/access.md。"
        "errors names the roles it is for: use a key of your party that has one of them. The whole matrix is in docs/access.md.";
    FOREIGN "foreign" FORBIDDEN "请求由其他网站的页面发出" "A page of another site sent this"
        "为防止其他网站冒用，只接受由本站页面、程序或运营方以 --cors-origin 允许的来源提交的内容；本次没有写入任何内容。"
        "So that no other site acts in anybody's name, only what is sent by pages of this site, by programs, or from origins that the operator allows (--cors-origin) is taken. Nothing was stored.";
    NOT_FOUND "not-found" NOT_FOUND "没有这项内容" "There is nothing here"
        "该内容不存在，或本单位无权查看；两种情况的回答相同。"
        "It does not exist, or is not for this caller: both are answered alike.";
    METHOD "method-not-allowed" METHOD_NOT_ALLOWED "不支持该方法" "The method is not supported here"
        "请查阅 /docs 中该地址支持的方法。" "See /docs for the methods of this address.";
    TIMEOUT "timeout" SERVICE_UNAVAILABLE "请求超时" "The request took too long"
        "稍后重试；重复提交同一事件会得到同一回执。" "Try again; the same event sent again gets the same receipt.";
    TOO_LARGE "too-large" PAYLOAD_TOO_LARGE "内容超过上限" "The content is larger than its limit"
        "超过的上限写在 errors 中。照片和扫描件只放摘要，不放内容。"
        "The limit is quoted in errors. Put digests of photos and scans in, not the files.";
    SIGNATURE "signature" UNPROCESSABLE_ENTITY "签名或密钥无效" "The signature or its key is not good"
        "用已登记且未吊销的密钥，对发送的原始字节签名。本次没有写入任何内容。"
        "Sign the exact bytes sent, with a key that is enrolled and not revoked. Nothing was stored.";
    UNACCEPTABLE "unacceptable" UNPROCESSABLE_ENTITY "内容不能接受" "Understood, but it cannot be taken"
        "errors 列出了全部原因及位置；本次没有写入任何内容。"
        "errors lists every reason with its place. Nothing was stored.";
    BUNDLE_LIMIT "bundle-limit" UNPROCESSABLE_ENTITY "内容超过一个证据包的上限" "More than one bundle holds"
        "上限写在 errors 中。请逐个事件取证据包。"
        "The limits are quoted in errors. Fetch the bundle of each event instead.";
    TRACE_LIMIT "trace-limit" UNPROCESSABLE_ENTITY "溯源范围超过上限" "More than one trace may follow"
        "上限写在 errors 中。超过上限时不给出不完整的结果；请从途中的某个批次开始溯源。"
        "The limit is quoted in errors. No part of a trace is shown as if it were the whole: trace one of the lots on the way instead.";
    AS_OF_LIMIT "as-of-limit" UNPROCESSABLE_ENTITY "当时所知的范围超过上限" "More than is looked through to tell what was known once"
        "上限写在 errors 中。超过上限时不给出不完整的结果；请换更近的 as_of，或只问一个批次或一份联单。"
        "The limit is quoted in errors. No part is shown as if it were the whole: name a later size, or ask about one lot or one manifest.";
    NO_FONT "no-font" NOT_IMPLEMENTED "服务器没有中文字体" "The server has no font with Chinese letters"
        "运营方需安装中文字体（Debian：apt-get install fonts-noto-cjk），或以 --font 指定字体文件；网页打印不受影响。" "The operator installs one (Debian: apt-get install fonts-noto-cjk) or names a file with --font. Pages can be printed by the browser all the same.";
    BUSY "busy" SERVICE_UNAVAILABLE "系统繁忙" "Too much at once"
        "按 Retry-After 的秒数等待后原样重试；没有确认的内容不会被记录两次。"
        "Wait for the seconds in Retry-After and send the same again: nothing is recorded twice.";
    TOO_MANY "too-many" TOO_MANY_REQUESTS "请求过于频繁" "Too many calls"
        "按 Retry-After 的秒数等待后重试。上限写在 errors 中；RateLimit 与 RateLimit-Policy 标头说明还剩多少。"
        "Wait for the seconds in Retry-After. The limit is quoted in errors; the headers RateLimit and RateLimit-Policy tell what is left.";
    NOT_READY "not-ready" SERVICE_UNAVAILABLE "账本暂未就绪" "The ledger is not ready"
        "数据库无应答、最新记录尚未签名，或定序任务已停止。有 Retry-After 时按其秒数重试，否则请联系运营方。"
        "The database does not answer, the latest entries are not signed yet, or the sequencer has stopped. Try again after the seconds in Retry-After; without it, tell the operator.";
    READ_ONLY "read-only" SERVICE_UNAVAILABLE "账本只读" "The ledger is only read"
        "数据库缺少已经签名确认的记录，缺少的范围写在 errors 中。在运营方换上完整的数据库之前不接收事件；请保留事件，之后原样提交。"
        "The database lacks entries that were signed for; errors names them. No event is taken in until the operator has put a whole database in its place. Keep your events and send the same then.";
    FAULT "fault" INTERNAL_SERVER_ERROR "系统内部错误" "The ledger is at fault"
        "错误已记入日志。原样重试是安全的；如持续出现请联系运营方。"
        "It is in the operator's log. Sending the same again is safe; tell the operator if it stays.";
}

/// One error in a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProblemError {
    /// Kebab-case code.
    pub code: String,
    /// JSON pointer (RFC 6901): into the signed payload, or to `/query/<name>`, `/path` or `/header/<name>`.
    pub pointer: String,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl From<Objection> for ProblemError {
    fn from(objection: Objection) -> Self {
        Self { code: objection.code, pointer: objection.pointer, zh: objection.zh, en: objection.en }
    }
}

/// A problem: of what sort, and every error at once. It is written in the form of RFC 9457.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its sort.
    pub kind: &'static ProblemKind,
    /// Every error.
    pub errors: Vec<ProblemError>,
    /// The language of its title.
    lang: Lang,
    /// Seconds for the `Retry-After` header.
    retry_after_s: Option<NonZeroU32>,
}

impl Problem {
    /// A problem of a sort, with its errors.
    pub fn new(kind: &'static ProblemKind, errors: Vec<ProblemError>) -> Self {
        Self { kind, errors, lang: Lang::Zh, retry_after_s: None }
    }

    /// A problem with one error.
    pub fn one(
        kind: &'static ProblemKind,
        code: &str,
        pointer: impl Into<String>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        let error =
            ProblemError { code: code.to_owned(), pointer: pointer.into(), zh: zh.into(), en: en.into() };
        Self::new(kind, vec![error])
    }

    /// Absent, or not for this caller.
    pub fn absent() -> Self {
        Self::new(NOT_FOUND, Vec::new())
    }

    /// Signing comes right after the commit, or with the next tick.
    fn not_signed() -> Self {
        let (zh, en) = ("该记录尚未签名", "no signed head covers the entry yet");
        Self::one(NOT_READY, "not-signed", "/path", zh, en).after(RETRY_AFTER_S)
    }

    /// With so many seconds in `Retry-After`.
    pub(super) fn after(mut self, seconds: u32) -> Self {
        self.retry_after_s = NonZeroU32::new(seconds);
        self
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal.kind {
            RefusalKind::Malformed => MALFORMED,
            RefusalKind::TooLarge => TOO_LARGE,
            RefusalKind::Unsigned => SIGNATURE,
            RefusalKind::Unacceptable => UNACCEPTABLE,
        };
        Self::new(kind, refusal.errors.into_iter().map(ProblemError::from).collect())
    }
}

impl From<Fault> for Problem {
    /// The one place where a fault of a request is logged; the caller learns nothing of it.
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::ReadOnly(why) => return why.into(),
            Fault::NotSigned(_) => return Self::not_signed(),
            _ => {}
        }
        tracing::error!(error = %fault, "a request failed");
        Self::new(FAULT, Vec::new())
    }
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Refused(refusal) => refusal.into(),
            SubmitError::Busy { retry_after_s } => Self::new(BUSY, Vec::new()).after(retry_after_s),
            SubmitError::ReadOnly(why) => why.into(),
            SubmitError::Fault(fault) => fault.into(),
        }
    }
}

impl From<ReadOnly> for Problem {
    fn from(why: ReadOnly) -> Self {
        let code = match &why {
            ReadOnly::Missing { .. } => "entries-missing",
            ReadOnly::Contradiction { .. } => "root-contradicted",
        };
        Self::one(READ_ONLY, code, "", why.zh(), why.to_string())
    }
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Token(objection) => Self::new(TOKEN, vec![objection.into()]),
            AccessError::Busy { retry_after_s } => Self::new(BUSY, Vec::new()).after(retry_after_s),
            AccessError::Fault(fault) => fault.into(),
        }
    }
}

impl From<LogError> for Problem {
    fn from(error: LogError) -> Self {
        match error {
            LogError::OutOfRange { signed } => {
                let zh = format!("日志已签名到 {signed} 条，所求范围不在其中");
                Self::one(MALFORMED, "proof-out-of-range", "/query", zh, error.to_string())
            }
            LogError::Fault(fault) => fault.into(),
        }
    }
}

impl From<NoBundle> for Problem {
    fn from(error: NoBundle) -> Self {
        match error {
            NoBundle::TooLarge => {
                let zh = format!(
                    "一个证据包最多 {MAX_BUNDLE_EVENTS} 个事件、{MAX_BUNDLE_KEYS} 条密钥记录、{MAX_BUNDLE_BYTES} 字节"
                );
                Self::one(BUNDLE_LIMIT, "bundle-limit", "/path", zh, error.to_string())
            }
            NoBundle::Fault(fault) => fault.into(),
        }
    }
}

impl From<StockShort> for Problem {
    fn from(short: StockShort) -> Self {
        Self::one(UNACCEPTABLE, "stock-short", "/query/mass_g", short.zh(), short.to_string())
    }
}

impl From<NoReconciliation> for Problem {
    fn from(error: NoReconciliation) -> Self {
        match error {
            NoReconciliation::UnknownSystem => {
                let (zh, en) = ("本规则没有这个编号体系", "the profile has no such numbering system");
                Self::one(MALFORMED, "query-malformed", "/query/system", zh, en)
            }
            NoReconciliation::Backwards => {
                let (zh, en) = ("结束早于开始", "the end lies before the beginning");
                Self::one(MALFORMED, "query-malformed", "/query/to", zh, en)
            }
            NoReconciliation::TooMany => {
                let zh = format!("该时段超过 {MAX_COMPARED} 份联单，请缩短");
                let en = format!("more than {MAX_COMPARED} manifests left in the period; shorten it");
                Self::one(UNACCEPTABLE, "period-too-long", "/query/to", zh, en)
            }
            NoReconciliation::Sheet(faults) => {
                let error = |fault: SheetFault| {
                    let pointer = fault.pointer();
                    Objection::new(fault.code, pointer, fault.zh, fault.en).into()
                };
                Self::new(UNACCEPTABLE, faults.into_iter().map(error).collect())
            }
            NoReconciliation::Fault(fault) => fault.into(),
        }
    }
}

impl IntoResponse for Problem {
    /// In Chinese; the layer around all answers tells it in another language where one is asked for.
    fn into_response(self) -> Response {
        let mut response = Response::new(self.body());
        *response.status_mut() = self.kind.status;
        super::rates::mark_failure(&self, response.extensions_mut());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(Lang::Zh.tag()));
        headers.append(header::VARY, HeaderValue::from_static("Accept-Language"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.get()));
        }
        if self.kind.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl Problem {
    fn body(&self) -> Body {
        Body::from(serde_json::to_vec(self).unwrap_or_default())
    }
}

/// A problem in the language that its caller likes better; any other answer as it is.
pub(super) fn in_language(asked: &HeaderMap, mut response: Response) -> Response {
    let liked =
        asked.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).and_then(Lang::accepted);
    let Some(lang) = liked.filter(|lang| *lang != Lang::Zh) else { return response };
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    *response.body_mut() = Problem { lang, ..problem }.body();
    response.headers_mut().insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    response
}

/// The answer for an address that does not exist.
pub async fn not_found() -> Problem {
    Problem::absent()
}

/// The answer for a method that an address does not have.
pub(super) async fn method_not_allowed() -> Problem {
    Problem::new(METHOD, Vec::new())
}

/// The pages that `type` leads to.
pub(super) fn pages() -> Router<App> {
    Router::new().route("/problems", get(list)).route("/problems/{slug}", get(page))
}

async fn page(Path(slug): Path<String>) -> Result<Markup, Problem> {
    let kind = KINDS.iter().find(|kind| kind.slug == slug).ok_or_else(Problem::absent)?;
    Ok(document(&[kind]))
}

async fn list() -> Markup {
    document(KINDS)
}

fn document(kinds: &[&ProblemKind]) -> Markup {
    html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "联单 liandan" }
            }
            body {
                @for kind in kinds {
                    article {
                        h1 { (kind.title_zh) }
                        p { (kind.text_zh) }
                        div lang="en" {
                            h2 { (kind.title_en) }
                            p { (kind.text_en) }
                        }
                        p { code { "/problems/" (kind.slug) } " · HTTP " (kind.status.as_u16()) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::app::query::{NoAsOf, NoMonths, NoTrace};
    use crate::custody::Event;
    use crate::ledger::envelope::{Envelope, Typ};

    /// Three words of small letters in a row, with blanks between them: names of fields and formats are not that.
    fn quotes_english(text: &str) -> bool {
        let words: Vec<&str> = text.split(' ').collect();
        let is_word = |word: &&str| word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase());
        words.windows(3).any(|three| three.iter().all(&is_word))
    }

    #[test]
    fn chinese_texts_quote_no_english() {
        assert!(quotes_english("签名内容不符合规定：the payload is not UTF-8"));
        let payloads = [
            "[]",
            "{",
            "{} {}",
            r#"{"v":1}"#,
            r#"{"v":1,"log":"a","kind":"waste.flown","act":"01890a5d-ac96-774b-bcce-b302099a8057","for":"91371300MA3C000010","occurred_at":"2026-03-02T09:20:00Z","data":{}}"#,
            r#"{"v":2,"log":"a","kind":"site.closed","act":"01890a5d-ac96-774b-bcce-b302099a8057","for":"91371300MA3C000010","occurred_at":"2026-03-02T09:20:00Z","data":{}}"#,
            r#"{"v":1,"log":"a","kind":"site.closed","act":"x","for":"y","occurred_at":"z","data":{}}"#,
        ];
        let payloads = payloads.map(|payload| Refusal::from(Event::parse(payload.as_bytes()).unwrap_err()));
        let not_text = Refusal::from(Event::parse(&[0xff]).unwrap_err());
        let envelopes = ["", "a.b.c", "{}", "e30.e30.e30"];
        let envelopes =
            envelopes.map(|text| Refusal::from(Envelope::parse(text.as_bytes(), Typ::Event).unwrap_err()));
        let refusals = payloads.into_iter().chain([not_text]).chain(envelopes).map(Problem::from);
        let as_of = [NoAsOf::Ahead { size: 7 }, NoAsOf::TooManyEntries, NoAsOf::TooMuchSince];
        let others = [
            Problem::from(NoBundle::TooLarge),
            NoTrace::TooLarge.into(),
            NoReconciliation::UnknownSystem.into(),
            NoReconciliation::Backwards.into(),
            NoReconciliation::TooMany.into(),
            NoMonths::Backwards.into(),
            NoMonths::TooMany.into(),
            NoMonths::NotOver(chrono::NaiveDate::default()).into(),
            LogError::OutOfRange { signed: 7 }.into(),
            Problem::not_signed(),
        ];
        let kinds = KINDS.iter().map(|kind| Problem::new(kind, Vec::new()));
        let all = refusals.chain(as_of.map(Problem::from)).chain(others).chain(kinds);
        for problem in all {
            let texts = problem.errors.iter().map(|error| error.zh.as_str());
            for zh in texts.chain([problem.kind.title_zh, problem.kind.text_zh]) {
                assert!(!zh.is_empty() && !quotes_english(zh), "{zh}");
            }
        }
    }
}
