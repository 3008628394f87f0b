//! The HTTP interface for machines: REST and JSON under `/api/v1`, described by `/openapi.json`, browsable at `/docs`.
//!
//! Handlers are thin: they turn a request into one call of [`crate::app`] and its answer into a view. Every error is a problem
//! (RFC 9457, `problem`). Uploading an event needs no token, its signatures speak; reading records does (`caller`); the log, the
//! rules and the catalogue are public.

mod bodies;
mod caller;
mod conventions;
mod documented;
mod extract;
mod layers;
pub mod listen;
pub mod matrix;
pub mod metrics;
mod oauth;
mod page;
pub mod problem;
pub mod rates;
pub mod sandbox;
mod service;
pub mod sidecar;
mod v1;
pub mod witness;

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::App;

pub use layers::{MAX_EVENT_BODY_BYTES, REQUEST_TIMEOUT};
pub use v1::batch::{MAX_BATCH_LINES, MAX_SLICE_BYTES, MAX_SLICE_LINES};

/// Where version 1 of the interface stands.
pub const V1: &str = "/api/v1";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "liandan 联单",
        version = "1",
        description = "A ledger of hazardous waste: signed events in, custody, findings and proofs out. 危险废物转移全程记录：\
                       签名事件写入，持有关系、预警与证明读出。\n\nReading takes `Authorization: Bearer <JWS>`: a compact JWS of typ \
                       `waste-token+jws`, signed with an enrolled key, payload {aud, iat, exp ≤ iat + 300, jti}, good once. \
                       Or exchange one at `POST /oauth/token` for a token that is good many times for 15 minutes. \
                       Masses are whole grams, times RFC 3339, digests and keys base64url without padding.\n\nEvery answer tells in `RateLimit` \
                       and `RateLimit-Policy` how many calls are left; one too many is answered 429 with `Retry-After`."
    ),
    components(schemas(problem::Problem)),
    modifiers(&BearerToken),
    tags(
        (name = "events", description = "签名事件 — signed events in, receipts out"),
        (name = "manifests", description = "转移联单 — manifests and their chain of custody"),
        (name = "handovers", description = "交接 — what waits, offers left for the other side, trips, weigh tickets"),
        (name = "notices", description = "通知 — what somebody should know or do, and where one is told"),
        (name = "lots", description = "批次 — lots, holdings and postings"),
        (name = "stock", description = "库存 — what is at a site, what came and went, feeds shared out"),
        (name = "declarations", description = "申报与台账 — registers, declarations to the authority, what is due"),
        (name = "labels", description = "标签 — labels of containers, and numbers lent for printing them"),
        (name = "registry", description = "单位、场所、密钥、许可证 — who may act"),
        (name = "findings", description = "预警与问题 — findings and the rules they come from"),
        (name = "reference", description = "名录、方式、区划、日历 — reference data, public"),
        (name = "log", description = "透明日志 — checkpoints and proofs, public"),
        (name = "service", description = "服务状态 — health")
    )
)]
struct Document;

/// Says how callers prove themselves.
struct BearerToken;

impl Modify for BearerToken {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("waste-token+jws")
            .description(Some(
                "A JWS signed with the caller's enrolled key, good once, at most 300 seconds; or an access token of `/oauth/token`.",
            ))
            .build();
        let components = openapi.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

fn described() -> (Router<App>, utoipa::openapi::OpenApi) {
    let all = OpenApiRouter::with_openapi(Document::openapi())
        .nest(V1, v1::router())
        .merge(service::router())
        .merge(oauth::router());
    let (router, mut description) = all.split_for_parts();
    conventions::finish(&mut description);
    (router.method_not_allowed_fallback(problem::method_not_allowed), description)
}

/// The description of the interface (OpenAPI 3.1).
pub fn openapi() -> utoipa::openapi::OpenApi {
    described().1
}

/// The description as it is committed in `openapi/v1.json`: sorted, indented, ended by a line feed.
pub fn openapi_json() -> String {
    // Through a value: its maps are sorted, whatever the order of the description's own.
    let value = serde_json::to_value(openapi()).unwrap_or_default();
    format!("{value:#}\n")
}

/// The whole interface. There is no fallback outside `/api/v1`: whoever composes it with pages sets one, or takes
/// [`problem::not_found`].
pub fn router(app: App) -> Router {
    let (router, description) = described();
    let router = router.layer(from_fn_with_state(app.clone(), caller::note_reading));
    let plain = layers::guard(router.merge(problem::pages()).with_state(app));
    let docs = SwaggerUi::new("/docs")
        .url("/openapi.json", description)
        .config(Config::default().validator_url("none").display_request_duration(true));
    plain.merge(layers::guard_docs(Router::from(docs)))
}
