//! `GET /offers/{id}`: an offer that waits for whoever shall take over, to be shown at the gate.

use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};

use crate::app::offers::WaitingOffer;
use crate::ledger::{EventId, optical};
use crate::web::components::{manifest_path, pairs};
use crate::web::draw::qr::dense_qr;
use crate::web::failure::Failure;
use crate::web::paper;
use crate::web::signing::{self, Call};
use crate::web::visit::Visit;
use crate::web::words::{Names, mass, moment_text};

/// One offer, for the two parties that it names.
pub(in crate::web) async fn show(
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    visit.signed_in()?;
    let id: EventId = id.parse().map_err(|_| Failure::NotFound)?;
    let offer = visit.app.offer(&visit.viewer, id).await?.ok_or(Failure::NotFound)?;
    let names = Names::load(&visit.app, &visit.viewer, [offer.said.from, offer.said.to]).await?;
    let lang = visit.lang;
    let title = lang.t("offer.title");
    let until = moment_text(visit.zone(), offer.stored.expires_at);
    let taker = names.of(lang, &offer.said.to);
    let body = html! {
        h1 { (title) }
        p { (lang.fill("offer.text", &[("party", &taker), ("until", &until)])) }
        (facts(&visit, &names, &offer))
        (scanned(&visit, &headers, &offer.stored.compact))
        @if visit.viewer.party() == Some(offer.said.from) {
            (withdrawal(&visit, &offer))
        }
        details {
            summary { (lang.t("offer.compact")) }
            pre { (offer.stored.compact) }
        }
    };
    Ok(signing::page(&visit, title, body))
}

/// The offer as codes that a phone reads from this screen, with or without a network.
fn scanned(visit: &Visit, headers: &HeaderMap, compact: &str) -> Markup {
    let lang = visit.lang;
    let Some(codes) = optical::codes(compact) else { return html! { p.soft { (lang.t("offer.no-code")) } } };
    let count = codes.len().to_string();
    let name = |n: usize| lang.fill("offer.code", &[("n", &n.to_string()), ("count", &count)]);
    html! {
        h2 { (lang.t("offer.scan")) }
        p.soft { (lang.t("offer.scan-text")) }
        div.scanned {
            @for (n, code) in (1..).zip(&codes) {
                figure { (dense_qr(&paper::address(headers, &format!("/q#{code}")), &name(n))) figcaption { (name(n)) } }
            }
        }
    }
}

fn withdrawal(visit: &Visit, offer: &WaitingOffer) -> Markup {
    let path = format!("/offers/{}", offer.stored.id);
    let then = manifest_path(offer.said.manifest);
    Call { method: "DELETE", path: &path, then: &then, button: "offer.withdraw" }.button(visit)
}

fn facts(visit: &Visit, names: &Names, offer: &WaitingOffer) -> Markup {
    let (lang, said) = (visit.lang, &offer.said);
    let step = said.step.kind().name();
    let lines = said.lines.iter().map(|line| {
        lang.fill("offer.line", &[("line", &line.line.to_string()), ("mass", &mass(lang, line.mass_g.get()))])
    });
    let lines: Vec<String> = lines.collect();
    let manifest = html! { a.mono href=(manifest_path(said.manifest)) { (said.manifest) } };
    pairs(&[
        (lang.t("col.action"), html! { (lang.of("kind", step).unwrap_or(step)) }),
        (lang.t("subject.manifest"), manifest),
        (lang.t("offer.from"), names.link(lang, &said.from)),
        (lang.t("offer.to"), names.link(lang, &said.to)),
        (lang.t("manifest.lines"), html! { (lines.join(lang.t("sign.list"))) }),
    ])
}
