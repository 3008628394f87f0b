//! What is spoken here, public: the interface, the kinds of events, and the versions of their payloads.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::documented::PublicReading;
use crate::api::extract::Json;
use crate::api::service::CHANGELOG_PATH;
use crate::app::App;
use crate::custody::kind::{Class, Kind};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(versions))
}

/// One version of a payload.
#[derive(Serialize, ToSchema)]
struct PayloadVersionView {
    /// What stands in `v` of an event.
    version: u16,
    /// Day from which another version should be used instead, once there is one.
    #[schema(format = "date")]
    deprecated_on: Option<&'static str>,
    /// First day on which it is refused, at least 18 months later. What was recorded stays what it is.
    #[schema(format = "date")]
    sunset_on: Option<&'static str>,
}

/// A kind of event.
#[derive(Serialize, ToSchema)]
struct KindView {
    /// Its name.
    kind: &'static str,
    /// The same in Chinese.
    kind_zh: &'static str,
    /// `declaration`, `fact` or `act`.
    class: &'static str,
    /// Versions of its payload that are taken, the newest first.
    versions: Vec<PayloadVersionView>,
}

/// What is spoken here.
#[derive(Serialize, ToSchema)]
struct VersionsView {
    /// Version of the interface, as it stands in its addresses.
    interface: &'static str,
    /// Version of the program.
    program: &'static str,
    /// Where it is told what changed.
    #[schema(format = "uri-reference")]
    changelog: &'static str,
    /// Kinds of events, by rank.
    kinds: Vec<KindView>,
}

impl From<Kind> for KindView {
    fn from(kind: Kind) -> Self {
        let class = match kind.class() {
            Class::Declaration => "declaration",
            Class::Fact => "fact",
            Class::Act => "act",
        };
        // Every kind has the one version it began with.
        let versions = vec![PayloadVersionView { version: 1, deprecated_on: None, sunset_on: None }];
        Self { kind: kind.name(), kind_zh: kind.name_zh(), class, versions }
    }
}

/// The version of the interface, the kinds of events, and the versions of their payloads.
///
/// A published version of a payload never changes. When a second one comes, both are taken for at least 18 months.
#[utoipa::path(get, path = "/versions", operation_id = "listVersions", tag = "reference",
    responses((status = 200, description = "The versions.", body = VersionsView), PublicReading))]
async fn versions() -> Json<VersionsView> {
    let kinds = Kind::ALL.iter().copied().map(KindView::from).collect();
    let program = env!("CARGO_PKG_VERSION");
    Json(VersionsView { interface: "1", program, changelog: CHANGELOG_PATH, kinds })
}
