//! `GET /cases/new`: a case that an officer opens by hand: a complaint, what a patrol saw, the hotline.

use axum::extract::Query;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::oversight::is_officer;
use crate::app::access::{PartyName, PartySeen};
use crate::app::query::{DEFAULT_PAGE, MAX_PAGE, PartyRecord};
use crate::catalogue::Uscc;
use crate::custody::Kind;
use crate::custody::payload::oversight::CaseSource;
use crate::id::{ManifestId, SiteId};
use crate::web::components::manifest_path;
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::signing::{self, Choice, Field, Statement};
use crate::web::visit::Visit;
use crate::web::words::{Names, name_of};

/// Longest question of a case, in characters.
const MAX_TEXT: usize = 2_000;
/// Where a case comes from that is opened by hand.
const SOURCES: [CaseSource; 4] =
    [CaseSource::Complaint, CaseSource::Patrol, CaseSource::Hotline, CaseSource::Other];

/// What the case is about, as far as it is known.
#[derive(Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    party: String,
    #[serde(default)]
    site: String,
    #[serde(default)]
    manifest: String,
}

/// Whom and what the case is about.
struct About {
    parties: Vec<Uscc>,
    site: Option<SiteId>,
    manifest: Option<ManifestId>,
}

impl About {
    /// A site is of one party; those of a manifest are chosen from.
    async fn of(visit: &Visit, asked: &Asked) -> Result<Self, Failure> {
        let (site, manifest) = (asked.site.parse().ok(), asked.manifest.parse().ok());
        let mut parties: Vec<Uscc> = asked.party.trim().parse().into_iter().collect();
        if let [party] = parties[..] {
            let seen = visit.app.party(&visit.viewer, party).await?;
            let is_theirs = |record: &PartyRecord| visit.viewer.supervises(&[record.division]);
            if !matches!(seen, Some(PartySeen::Full(record)) if is_theirs(&record)) {
                parties.clear();
            }
        }
        if let Some(site) = site {
            let record = visit.app.site(&visit.viewer, site).await?.ok_or(Failure::NotFound)?;
            parties = vec![record.party];
        }
        if let Some(manifest) = manifest {
            let detail = visit.app.manifest(&visit.viewer, manifest).await?.ok_or(Failure::NotFound)?;
            let on_it = detail.state.parties();
            parties.retain(|party| on_it.contains(party));
            if parties.is_empty() {
                parties.extend(on_it);
            }
        }
        Ok(Self { parties, site, manifest })
    }
}

/// The page: first of whom, then the case.
pub(in crate::web) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    visit.signed_in()?;
    if !is_officer(&visit) {
        return Err(Failure::NotFound);
    }
    let about = About::of(&visit, &asked).await?;
    let lang = visit.lang;
    let title = lang.t("case-new.title");
    let names = Names::load(&visit.app, &visit.viewer, about.parties.iter().copied()).await?;
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("case-new.text")) }
        @match about.parties.as_slice() {
            [] => (of_whom(&visit, &asked.party).await?),
            _ => (opening(&visit, &names, &about).await?),
        }
    };
    Ok(if about.parties.is_empty() {
        axum::response::IntoResponse::into_response(layout::page(&visit, title, body))
    } else {
        signing::page(&visit, title, body)
    })
}

/// Which party: by its code, which its name finds.
async fn of_whom(visit: &Visit, typed: &str) -> Result<Markup, Failure> {
    let lang = visit.lang;
    let mut known = visit.app.parties(&visit.viewer, None, MAX_PAGE).await?.items;
    known.retain(|party| visit.viewer.supervises(&[party.division]));
    Ok(html! {
        @if !typed.trim().is_empty() { p.check.bad role="alert" { (lang.t("case-new.no-party")) } }
        form.filter method="get" action="/cases/new" {
            label {
                (lang.t("case-new.party"))
                input name="party" list="parties" value=(typed) required maxlength="18" autocomplete="off";
                datalist #parties {
                    @for party in &known { option value=(party.party) { (name_of(lang, &PartyName::of(party))) } }
                }
            }
            button { (lang.t("case-new.next")) }
        }
    })
}

async fn opening(visit: &Visit, names: &Names, about: &About) -> Result<Markup, Failure> {
    let lang = visit.lang;
    let mut data = json!({ "case": "new:case" });
    let mut given = Vec::new();
    if let Some(manifest) = about.manifest {
        data["manifest"] = json!(manifest);
        given.push(html! { a href=(manifest_path(manifest)) { (lang.t("case-new.manifest")) } });
    }
    let only = if let [party] = about.parties.as_slice() { Some(*party) } else { None };
    if let Some(party) = only {
        data["party"] = json!(party);
        given.insert(0, html! { strong { (names.link(lang, &party)) } " " span.soft.mono { (party) } });
    }
    let sites = match only {
        Some(party) => visit.app.sites(&visit.viewer, Some(party), None, DEFAULT_PAGE).await?.items,
        None => Vec::new(),
    };
    let sites: Vec<Choice> =
        sites.into_iter().map(|site| Choice { value: site.site.to_string(), shown: site.name }).collect();
    let parties = about.parties.iter();
    let parties: Vec<Choice> =
        parties.map(|party| Choice { value: party.to_string(), shown: names.of(lang, party) }).collect();
    let sources: Vec<Choice> = SOURCES
        .into_iter()
        .map(|source| Choice {
            value: source.name().to_owned(),
            shown: lang.of("case-source", source.name()).unwrap_or(source.name()).to_owned(),
        })
        .collect();
    let chosen = about.site.map(|site| site.to_string()).unwrap_or_default();
    let statement =
        Statement { kind: Kind::CaseOpened, data, then: "/cases/{case}", button: "signing.prepare" };
    let form = statement.form(
        visit,
        html! {
            @if only.is_none() { (Field::needed("/party", "answer-form.party").choice(lang, &parties, "")) }
            (Field::needed("/source", "case.source").choice(lang, &sources, ""))
            @if !sites.is_empty() { (Field::optional("/site", "col.site").choice(lang, &sites, &chosen)) }
            (Field::needed("/text", "answer-form.question").hint("case-new.hint").lines(lang, "", MAX_TEXT))
            (Field::optional("/due", "answer-form.due").day(lang, ""))
        },
    );
    Ok(html! {
        @if !given.is_empty() { p { @for (n, one) in given.iter().enumerate() { @if n > 0 { " · " } (one) } } }
        (form)
    })
}
