//! Pages for people: plain HTML, Chinese first, readable without scripts.
//!
//! A page asks [`crate::app::query`] what its visitor may know and puts it into words. `visit` says who is visiting, `layout` is
//! the shell, `components` and `words` are what pages are made of, `dress` puts headers on every answer and makes errors
//! readable. Texts lie in `locales/`, one file per language.

mod acting;
mod assets;
mod components;
mod door;
mod draw;
mod dress;
mod failure;
mod i18n;
mod layout;
mod noting;
mod pages;
mod paper;
mod shown;
mod signing;
mod visit;
mod words;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post};
use tokio::sync::OnceCell;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use crate::app::{App, Fault, founding};
use crate::registry::standing::Founded;

pub use i18n::Lang;

/// The longest a page may take until its answer begins, what is sent to it included.
const PAGE_TIMEOUT: Duration = Duration::from_secs(30);

/// Who may see what without signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebMode {
    /// Everything is shown as the authority sees it, and anybody may look at it as any party. For invented facts only: it asks
    /// nobody who they are, though one may sign in.
    Demo,
    /// Only what is public: what the ledger is, its rules, its log. Whoever signs in sees what its key may see.
    Public,
}

/// What every page is made from.
#[derive(Clone)]
struct Site {
    app: App,
    mode: WebMode,
    /// The founding never changes, so it is read once.
    founded: Arc<OnceCell<Founded>>,
}

impl Site {
    async fn founded(&self) -> Result<&Founded, Fault> {
        self.founded.get_or_try_init(|| founding::founding_of(self.app.store())).await
    }
}

/// All pages, their stylesheet and scripts, and an answer for every other address. Put it behind the interface for machines: its fallback
/// takes what nobody else answers.
pub fn router(app: App, mode: WebMode) -> Router {
    let site = Site { app, mode, founded: Arc::default() };
    Router::new()
        .route("/", get(pages::overview::show))
        .route("/live", get(pages::live::follow))
        .route("/tasks", get(pages::tasks::show))
        .route("/notices/channels", get(pages::notice_channels::show).post(pages::notice_channels::change))
        .route("/notices", get(pages::notices::show).post(pages::notices::mark))
        .route("/log", get(pages::log::show))
        .route("/service", get(pages::service::show))
        .route("/operation", get(pages::operation::show))
        .route("/verify", get(pages::verify::show))
        .merge(shipments())
        .merge(oversight())
        .merge(firms())
        .merge(doors())
        .merge(webhooks())
        .merge(pushes())
        .merge(kept())
        .fallback(dress::nothing_here)
        .layer(CatchPanicLayer::new())
        .layer(axum::middleware::from_fn_with_state(site.clone(), noting::note_reading))
        .layer(in_time(PAGE_TIMEOUT))
        .layer(axum::middleware::from_fn_with_state(site.clone(), dress::dress))
        .with_state(site)
}

/// Manifests, what is on them, and what is said of it.
fn shipments() -> Router<Site> {
    let reconcile = get(pages::reconcile::ask).post(pages::reconcile::compare);
    let reconcile = reconcile.layer(DefaultBodyLimit::max(pages::reconcile::MAX_FORM_BYTES));
    Router::new()
        .route("/manifests", get(pages::manifests::list))
        .route("/reconcile", reconcile)
        .route("/manifests/sheet/{form}", get(pages::manifests::sheet))
        .route("/manifests/new", get(pages::manifests_new::show))
        .route("/manifests/{id}", get(pages::manifest::show))
        .route("/manifests/{id}/changes", get(pages::manifest::changes::show))
        .route("/manifests/{id}/print", get(pages::print::show))
        .route("/manifests/{id}/print/pdf", get(pages::prints::manifest))
        .route("/manifests/{id}/bundle", get(pages::bundle::of_manifest))
        .route("/events/{id}/bundle", get(pages::bundle::of_event))
        .route("/offers/{id}", get(pages::offers::show))
        .route("/events/{id}/correct", get(pages::corrections::propose))
        .route("/corrections", get(pages::corrections::list))
        .route("/attachments/{digest}", get(pages::attachments::fetch))
        .route("/lots/new", get(pages::lots_new::show))
        .route("/lots/{id}", get(pages::lot::show))
        .route("/lots/{id}/labels", get(pages::labels::show))
        .route("/lots/{id}/labels/{form}", get(pages::prints::labels))
        .route("/labels/{code}", get(pages::label::show))
}

/// What is wrong, what becomes of it, and who is told.
fn oversight() -> Router<Site> {
    Router::new()
        .route("/findings", get(pages::findings::list))
        .route("/findings/sheet/{form}", get(pages::findings::sheet))
        .route("/findings/{id}", get(pages::finding::show))
        .route("/check", get(pages::check::show))
        .route("/cases", get(pages::cases::list))
        .route("/cases/sheet/{form}", get(pages::cases::sheet))
        .route("/cases/new", get(pages::case_opening::show))
        .route("/holds", get(pages::oversight::holds))
        .route("/cases/{id}", get(pages::cases::show))
        .route("/access-log", get(pages::access_log::show))
        .route("/duty-roster", get(pages::duty_roster::show))
        .route("/statistics", get(pages::statistics::show))
        .route("/statistics/{form}", get(pages::statistics::sheet))
        .route("/duties", get(pages::duties::list))
        .route("/rules", get(pages::rules::list))
        .route("/rules/{id}", get(pages::rules::show))
}

/// Parties, their sites and papers.
fn firms() -> Router<Site> {
    Router::new()
        .route("/sites/map", get(pages::site_map::show))
        .route("/sites", get(pages::sites::list))
        .route("/parties/{uscc}", get(pages::firm::show))
        .route("/parties/{uscc}/permits", get(pages::permits::show))
        .route("/papers/{kind}/{id}", get(pages::approvals::show))
        .route("/sites/{id}", get(pages::site::show))
        .route("/sites/{id}/devices", get(pages::heartbeats::show))
        .route("/sites/{id}/sheet", get(pages::site_sheet::show))
        .route("/sites/{id}/inspection", get(pages::oversight::inspection))
        .route("/sites/{id}/evaluation", get(pages::evaluation::show))
        .route("/sites/{id}/plan", get(pages::plans::show))
        .route("/sites/{id}/declarations", get(pages::declarations::show))
        .route("/sites/{id}/declarations/{form}", get(pages::declarations::sheet))
        .route("/sites/{id}/store-ledger/pdf", get(pages::prints::store))
        .route("/sites/{id}/registers/{register}", get(pages::registers::show))
        .route("/sites/{id}/registers/{register}/{form}", get(pages::registers::sheet))
}

/// How somebody comes to a key, comes in with it, and goes.
fn doors() -> Router<Site> {
    let login = get(pages::login::show).post(pages::login::login);
    let login = login.layer(DefaultBodyLimit::max(pages::login::MAX_FORM_BYTES));
    let qr = post(pages::keys::draw).layer(DefaultBodyLimit::max(pages::keys::MAX_QR_BYTES));
    Router::new()
        .route("/keys", get(pages::keys::list))
        .route("/keys/invite", get(pages::keys::invite))
        .route("/keys/{kid}", get(pages::keys::show))
        .route("/qr", qr)
        .route("/login", login)
        .route("/device", get(pages::device::show))
        .route("/login/oidc", get(pages::oidc::leave))
        .route("/login/oidc/callback", get(pages::oidc::come_back))
        .route("/logout", post(pages::login::logout))
}

/// What is the same for everybody, and what browsers keep: a phone has little of a network. Pages that tell something are not compressed: their
/// length would tell of it.
fn kept() -> Router<Site> {
    Router::new()
        .route("/q", get(pages::code::show))
        .route("/driver", get(pages::driver::show))
        .route("/driver.webmanifest", get(assets::app_manifest))
        .route("/worker.js", get(assets::worker))
        .route("/assets/{file}", get(assets::asset))
        .route("/assets/{folder}/{room}/{file}", get(assets::script))
        .layer(CompressionLayer::new())
}

/// Which programs are told of what happens.
fn webhooks() -> Router<Site> {
    Router::new()
        .route("/webhooks", get(pages::webhooks::list).post(pages::webhooks::make))
        .route("/webhooks/{id}", get(pages::webhooks::show).post(pages::webhooks::change))
        .layer(DefaultBodyLimit::max(pages::webhooks::MAX_FORM_BYTES))
}

/// What platforms of the state are told.
fn pushes() -> Router<Site> {
    Router::new()
        .route("/pushes", get(pages::pushes::list).post(pages::pushes::consent))
        .route("/pushes/{id}", get(pages::pushes::show).post(pages::pushes::retry))
        .layer(DefaultBodyLimit::max(pages::pushes::MAX_FORM_BYTES))
}

/// Whoever sends a form that never ends is not waited for.
fn in_time(most: Duration) -> TimeoutLayer {
    TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, most)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use axum::body::{Body, Bytes};
    use axum::http::Request;
    use futures::stream;
    use hyper::service::Service;
    use hyper_util::service::TowerToHyperService;

    use super::*;

    #[tokio::test]
    async fn a_form_that_never_ends_is_not_waited_for() {
        let take = post(async |form: Bytes| form);
        let pages = Router::new().route("/", take).layer(in_time(Duration::from_millis(50)));
        let endless = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        // It ends, or this test never does.
        let request = Request::post("/").body(endless).unwrap();
        let answer = TowerToHyperService::new(pages).call(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::REQUEST_TIMEOUT);
    }
}
