//! What an officer does about a thing: holds (查封), inspections (检查), penalties (处罚), as pages and forms of their own.

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::answering::act;
use crate::app::access::PartySeen;
use crate::app::query::{CaseItem, DEFAULT_PAGE, Paper, PaperKind};
use crate::catalogue::Division;
use crate::custody::paper::Written;
use crate::custody::payload::oversight::HoldOn;
use crate::custody::{Kind, Subject};
use crate::id::{ManifestId, SiteId};
use crate::registry::Role;
use crate::shape::Plate;
use crate::web::components::{lot_path, manifest_path, pairs, short, table, tag, text};
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::signing::{self, Field, Statement, files};
use crate::web::visit::Visit;
use crate::web::words::{Names, moment};

/// Longest reason of a hold, words of an inspection and of a penalty, and number of a decision, in characters.
const MAX_REASON: usize = 500;
const MAX_SEEN: usize = 4_000;
const MAX_DECIDED: usize = 2_000;
const MAX_NUMBER: usize = 64;

/// True for who acts for an authority.
pub(super) fn is_officer(visit: &Visit) -> bool {
    visit.viewer.is_authority() && visit.viewer.role() == Some(Role::Officer)
}

/// True for who keeps the records of an authority: its officers and registrars.
pub(super) fn keeps_records(visit: &Visit) -> bool {
    visit.viewer.is_authority() && matches!(visit.viewer.role(), Some(Role::Officer | Role::Registrar))
}

/// True for who keeps the records of what lies in a division: of an authority over it, or of the founding one, which keeps those of whoever
/// comes from elsewhere.
pub(super) async fn keeps_records_in(visit: &Visit, division: Division) -> Result<bool, Failure> {
    let Some(own) = visit.viewer.party().filter(|_| keeps_records(visit)) else { return Ok(false) };
    if visit.viewer.supervises(&[division]) {
        return Ok(true);
    }
    let record = visit.app.party(&visit.viewer, own).await?;
    Ok(matches!(record, Some(PartySeen::Full(record)) if record.index == 0))
}

/// Address of the holds on a thing.
pub(super) fn holds_path(on: &HoldOn) -> String {
    let name = if matches!(on, HoldOn::Vehicle(_)) { "plate" } else { on.name() };
    format!("/holds?{name}={}", on.key())
}

/// What the page of a thing says of holds: those that stand, and for an officer the way to place one beside other ways, by address and the
/// key of their name.
pub(super) async fn notice(
    visit: &Visit,
    on: &HoldOn,
    ways: &[(String, &'static str)],
) -> Result<Markup, Failure> {
    let lang = visit.lang;
    let holds = visit.app.holds_on(&visit.viewer, on).await?;
    let standing: Vec<&Paper> = holds.iter().filter(|hold| hold.end.is_none()).collect();
    Ok(html! {
        @for hold in &standing {
            p.outcome.bad role="note" {
                (lang.t("hold.stands")) (lang.t("sign.separator")) (hold.written.words().unwrap_or_default()) " "
                a href=(holds_path(on)) { (lang.t("hold.see")) }
            }
        }
        @if is_officer(visit) {
            p.ways {
                @if standing.is_empty() { a href=(holds_path(on)) { (lang.t("hold.place")) } }
                @for (path, name) in ways { a href=(path) { (lang.t(name)) } }
            }
        }
    })
}

/// The same for a manifest.
pub(super) async fn of_manifest(visit: &Visit, id: ManifestId) -> Result<Markup, Failure> {
    let to_case = (format!("/cases/new?manifest={id}"), "case-new.title");
    notice(visit, &HoldOn::Manifest(id), &[to_case]).await
}

/// The thing whose holds are asked for: the one that is named.
#[derive(Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    site: String,
    #[serde(default)]
    lot: String,
    #[serde(default)]
    manifest: String,
    #[serde(default)]
    plate: String,
    #[serde(default)]
    after: String,
}

impl Asked {
    fn is_empty(&self) -> bool {
        [&self.site, &self.lot, &self.manifest, &self.plate].iter().all(|named| named.is_empty())
    }

    fn on(&self) -> Option<HoldOn> {
        let site = self.site.parse().ok().map(HoldOn::Site);
        let lot = || self.lot.parse().ok().map(HoldOn::Lot);
        let manifest = || self.manifest.parse().ok().map(HoldOn::Manifest);
        let plate = || Plate::parse_loose(&self.plate).ok().map(HoldOn::Vehicle);
        site.or_else(lot).or_else(manifest).or_else(plate)
    }
}

/// Every hold that the viewer may see, the first ones first, and for an authority the way to those on a vehicle.
async fn all_holds(visit: &Visit, after: Option<u64>) -> Result<Response, Failure> {
    let lang = visit.lang;
    let page = visit.app.papers(&visit.viewer, PaperKind::Hold, None, after, DEFAULT_PAGE).await?;
    let names = Names::load(&visit.app, &visit.viewer, page.items.iter().map(|hold| hold.by)).await?;
    let title = lang.t("hold.holds");
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("hold.text")) }
        @if visit.viewer.is_authority() {
            form.filter method="get" action="/holds" role="search" aria-label=(lang.t("manifests.filter")) {
                label { (lang.t("manifests.plate")) input name="plate" maxlength="20" autocomplete="off"; }
                button { (lang.t("manifests.apply")) }
            }
        }
        @if page.items.is_empty() { p { (lang.t("hold.none")) } } @else { (list(visit, &names, &page.items)) }
        nav.pager aria-label=(title) {
            @if after.is_some() { a href="/holds" { (lang.t("findings.first")) } }
            @if let Some(next) = page.next { a href={ "/holds?after=" (next) } rel="next" { (lang.t("findings.more")) } }
        }
    };
    Ok(layout::page(visit, title, body).into_response())
}

/// `GET /holds`: the holds on one thing, standing and lifted, and for an officer placing and lifting them; of no thing, all of them.
pub(in crate::web) async fn holds(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    visit.signed_in()?;
    if asked.is_empty() {
        return all_holds(&visit, asked.after.parse().ok()).await;
    }
    let on = asked.on().ok_or(Failure::NotFound)?;
    let subject = match &on {
        HoldOn::Site(id) => Some((Subject::Site(*id), format!("/sites/{id}"))),
        HoldOn::Lot(id) => Some((Subject::Lot(*id), lot_path(*id))),
        HoldOn::Manifest(id) => Some((Subject::Manifest(*id), manifest_path(*id))),
        HoldOn::Vehicle(_) => None,
    };
    let may_see = match &subject {
        Some((subject, _)) => !visit.open_among([*subject]).await?.is_empty(),
        None => visit.viewer.is_authority(),
    };
    if !may_see {
        return Err(Failure::NotFound);
    }
    let holds = visit.app.holds_on(&visit.viewer, &on).await?;
    let names = Names::load(&visit.app, &visit.viewer, holds.iter().map(|hold| hold.by)).await?;
    let lang = visit.lang;
    let (what, key) = (lang.of("hold-on", on.name()).unwrap_or(on.name()), on.key());
    let shown = match &on {
        HoldOn::Site(id) => visit.app.site(&visit.viewer, *id).await?.map_or(key, |site| site.name),
        HoldOn::Vehicle(_) => key,
        _ => short(&key),
    };
    let title = lang.fill("hold.title", &[("what", what), ("which", &shown)]);
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("hold.text")) }
        @if let Some((_, path)) = &subject { p { a href=(path) { (what) " " (shown) } } }
        @if holds.is_empty() { p { (lang.t("hold.none")) } } @else { (list(&visit, &names, &holds)) }
        @if is_officer(&visit) {
            h2 { (lang.t("answer-form.title")) }
            @for hold in holds.iter().filter(|hold| hold.end.is_none()) { (act(&visit, Kind::HoldLifted, lifting(&visit, hold, &on))) }
            (act(&visit, Kind::HoldPlaced, placing(&visit, &on)))
        }
    };
    Ok(signing::page(&visit, &title, body))
}

fn list(visit: &Visit, names: &Names, holds: &[Paper]) -> Markup {
    let lang = visit.lang;
    let columns =
        [text("hold.reason"), text("col.status"), text("hold.from"), text("hold.until"), text("hold.by")];
    let row = |hold: &Paper| {
        let (class, word) =
            if hold.end.is_none() { ("bad", "hold.stands") } else { ("plain", "hold.lifted") };
        vec![
            html! { @match &hold.written {
                Written::Hold(placed) => a href=(holds_path(&placed.on)) { (placed.reason) },
                _ => {},
            } },
            tag(class, lang.t(word)),
            moment(visit.zone(), hold.recorded_at),
            html! { @if let Some(end) = &hold.end { (moment(visit.zone(), end.at)) br; (end.reason) } },
            html! { (names.of(lang, &hold.by)) },
        ]
    };
    table(lang, lang.t("hold.holds"), &columns, holds.iter().map(row).collect())
}

fn placing(visit: &Visit, on: &HoldOn) -> Markup {
    let data = json!({ "hold": "new:hold", "on": on });
    let then = holds_path(on);
    let statement = Statement { kind: Kind::HoldPlaced, data, then: &then, button: "signing.prepare" };
    statement
        .form(visit, html! { (Field::needed("/reason", "hold.reason").lines(visit.lang, "", MAX_REASON)) })
}

fn lifting(visit: &Visit, hold: &Paper, on: &HoldOn) -> Markup {
    let lang = visit.lang;
    let data = json!({ "hold": hold.id.id });
    let then = holds_path(on);
    let statement = Statement { kind: Kind::HoldLifted, data, then: &then, button: "signing.prepare" };
    statement.form(
        visit,
        html! {
            p.soft { (hold.written.words().unwrap_or_default()) " · " (moment(visit.zone(), hold.recorded_at)) }
            (Field::needed("/reason", "hold.lift-reason").lines(lang, "", MAX_REASON))
        },
    )
}

/// `GET /sites/{id}/inspection`: what was seen at a site, with photos; for officers.
pub(in crate::web) async fn inspection(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    visit.signed_in()?;
    let id: SiteId = id.parse().map_err(|_| Failure::NotFound)?;
    let site =
        visit.app.site(&visit.viewer, id).await?.filter(|_| is_officer(&visit)).ok_or(Failure::NotFound)?;
    let lang = visit.lang;
    let title = lang.fill("inspection.title", &[("site", &site.name)]);
    let data = json!({ "inspection": "new:inspection", "site": id });
    let then = format!("/sites/{id}/sheet");
    let statement =
        Statement { kind: Kind::InspectionRecorded, data, then: &then, button: "signing.prepare" };
    let body = html! {
        h1 { (title) }
        p { (lang.t("inspection.text")) " " a href=(then) { (lang.t("sheet.link")) } }
        (statement.form(&visit, html! {
            (Field::needed("/text", "inspection.seen").hint("inspection.hint").lines(lang, "", MAX_SEEN))
            (files(lang, "attachments", "inspection.photos"))
        }))
    };
    Ok(signing::page(&visit, &title, body))
}

/// The form of a penalty that came of a case.
pub(super) fn penalty(visit: &Visit, item: &CaseItem, then: &str) -> Markup {
    let lang = visit.lang;
    let data = json!({ "party": item.state.party, "case": item.state.case });
    let statement = Statement { kind: Kind::PenaltyRecorded, data, then, button: "signing.prepare" };
    statement.form(
        visit,
        html! {
            (Field::needed("/number", "penalty.number").text(lang, "", MAX_NUMBER))
            (Field::needed("/on", "penalty.on").day(lang, &visit.app.today().to_string()))
            (Field::needed("/text", "penalty.decided").lines(lang, "", MAX_DECIDED))
        },
    )
}

/// The penalties that came of a case.
pub(super) async fn penalties(visit: &Visit, item: &CaseItem) -> Result<Markup, Failure> {
    let lang = visit.lang;
    let party = Some(item.state.party);
    let found =
        visit.app.papers(&visit.viewer, PaperKind::Penalty, party, None, crate::app::query::MAX_PAGE).await?;
    let of_case = found.items.iter().filter_map(|paper| match &paper.written {
        Written::Penalty(said) if said.case == Some(item.state.case) => Some(said),
        _ => None,
    });
    let of_case: Vec<_> = of_case.collect();
    Ok(html! {
        @if !of_case.is_empty() {
            h2 { (lang.t("penalty.title")) }
            @for said in of_case {
                (pairs(&[
                    (lang.t("penalty.number"), html! { (said.number) }),
                    (lang.t("penalty.on"), html! { (said.on) }),
                    (lang.t("penalty.decided"), html! { (said.text) }),
                ]))
            }
        }
    })
}
