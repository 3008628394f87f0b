//! `GET /manifests/{id}/print`: the manifest for the cab, on A4: who, what, boxes for seals and signatures, and what it is checked by.

use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};

use super::chain::kind_name;
use super::lots_new::described;
use super::prints;
use super::registered::{FORMS, PACKAGINGS, registered};
use crate::app::query::{ChainStep, LineView, ManifestDetail, SiteRecord};
use crate::catalogue::{Catalogue, Uscc};
use crate::custody::Kind;
use crate::custody::manifest::Registration;
use crate::custody::payload::manifest::{Mode, PartyAt, PlannedLine, Registered};
use crate::id::{ManifestId, SiteId};
use crate::web::components::manifest_path;
use crate::web::draw::qr::qr;
use crate::web::failure::Failure;
use crate::web::paper;
use crate::web::visit::Visit;
use crate::web::words::{Names, kilograms_input, moment_text};

/// So many statements stand there with their digests, the first ones.
const MAX_STATEMENTS: usize = 8;
/// Characters of the code by which a sheet is told to be the one of a page, and how many stand together.
const CODE_CHARS: usize = 16;
const GROUP_CHARS: usize = 4;

/// One manifest.
pub(in crate::web) async fn show(
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    visit.signed_in()?;
    let id: ManifestId = id.parse().map_err(|_| Failure::NotFound)?;
    let (app, viewer) = (&visit.app, &visit.viewer);
    let manifest = app.manifest(viewer, id).await?.ok_or(Failure::NotFound)?;
    let known = manifest.state.registration.as_ref().ok_or(Failure::NotFound)?;
    let said = registered(&visit, &manifest).await?;
    let steps = app.chain(viewer, id, 0, MAX_STATEMENTS as u64).await?.ok_or(Failure::NotFound)?.items;
    let names = Names::load(app, viewer, manifest.state.parties()).await?;
    let sheet = Sheet { visit: &visit, manifest: &manifest, known, said, names, steps };
    let lang = visit.lang;
    let number = manifest.number.as_deref().unwrap_or(lang.t("manifests.unnumbered"));
    let title = lang.fill("manifest.title", &[("number", number)]);
    let address = paper::address(&headers, &manifest_path(id));
    let tools = prints::links(&visit, &format!("{}/print/pdf", manifest_path(id)), "");
    Ok(paper::page(&visit, &title, &manifest_path(id), tools, sheet.show(number, &address)))
}

struct Sheet<'a> {
    visit: &'a Visit,
    manifest: &'a ManifestDetail,
    known: &'a Registration,
    said: Option<Registered>,
    names: Names,
    steps: Vec<ChainStep>,
}

impl Sheet<'_> {
    fn show(&self, number: &str, address: &str) -> Markup {
        let lang = self.visit.lang;
        html! {
            article.sheet.a4 {
                (paper::invented(self.visit))
                header.top {
                    div {
                        p.title { (lang.t("printed.manifest")) }
                        p.number { (number) }
                        p.small { (lang.t("printed.code")) (lang.t("sign.separator")) span.mono { (self.code()) } }
                    }
                    figure { (qr(address, lang.t("printed.scan"))) figcaption { (lang.t("printed.scan")) } }
                }
                (self.consignor())
                (self.waste())
                (self.carriers())
                (self.consignee())
                (self.seals())
                (self.statements())
                p.small { (lang.t("printed.check")) }
            }
        }
    }

    /// The beginning of the digest of the registration, in groups.
    fn code(&self) -> String {
        let digest: Vec<char> = self.known.mark.event.to_string().chars().take(CODE_CHARS).collect();
        digest.chunks(GROUP_CHARS).map(String::from_iter).collect::<Vec<_>>().join(" ")
    }

    fn name(&self, party: &Uscc) -> String {
        self.names.of(self.visit.lang, party)
    }

    fn site(&self, id: SiteId) -> Option<&SiteRecord> {
        self.manifest.sites.iter().find(|site| site.site == id)
    }

    /// Name and code of a party, its site and where that lies.
    fn party(&self, at: &PartyAt) -> Markup {
        let lang = self.visit.lang;
        let site = self.site(at.site);
        let place = site.and_then(|site| Catalogue::embedded().full_name(site.division)).unwrap_or_default();
        html! {
            (row(lang.t("printed.party"), html! { (self.name(&at.party)) " " span.mono { (at.party) } }))
            (row(lang.t("col.site"), html! { @if let Some(site) = site { (site.name) " " } (place) }))
            (row(lang.t("printed.contact"), html! {}))
        }
    }

    fn consignor(&self) -> Markup {
        let (lang, zone) = (self.visit.lang, self.visit.zone());
        html! {
            h2 { (lang.t("col.consignor")) }
            table.pairs { tbody {
                (self.party(&self.known.consignor))
                (row(lang.t("manifest.departure"), html! { (moment_text(zone, self.known.planned_departure)) }))
                @if let Some(key) = &self.known.erp_no { (row(lang.t("manifests.erp-no"), html! { (key) })) }
            } }
        }
    }

    fn waste(&self) -> Markup {
        let lang = self.visit.lang;
        let heads = [
            "col.line",
            "new-manifest.name",
            "col.code",
            "printed.hazards",
            "new-manifest.form",
            "new-manifest.packaging",
            "printed.count",
            "printed.planned",
            "printed.actual",
            "printed.treatment",
        ];
        html! {
            table.grid {
                thead { tr { @for head in heads { th scope="col" { (lang.t(head)) } } } }
                tbody { @for line in &self.manifest.lines { (self.line(line)) } }
            }
        }
    }

    fn line(&self, line: &LineView) -> Markup {
        let lang = self.visit.lang;
        let said = self.said.as_ref().and_then(|said| said.lines.iter().find(|one| one.line == line.line));
        let entry = line.code.and_then(|code| Catalogue::embedded().waste(&code));
        let form =
            said.and_then(|said| said.form).and_then(|known| FORMS.iter().find(|(one, ..)| *one == known));
        let packaging = said
            .and_then(|said| said.packaging)
            .and_then(|known| PACKAGINGS.iter().find(|(one, ..)| *one == known));
        let count = |said: &PlannedLine| said.containers.map(|count| count.to_string());
        html! {
            tr {
                td { (line.line) }
                td { @match said.and_then(|said| said.name.as_deref()) {
                    Some(name) => (name),
                    None => (line.code.map(described).unwrap_or_default()),
                } }
                td.nowrap { (line.code.map(|code| code.to_string()).unwrap_or_default()) }
                td { (entry.map(|entry| entry.hazards.as_str()).unwrap_or_default()) }
                td { (form.map(|(.., key)| lang.t(key)).unwrap_or_default()) }
                td { (packaging.map(|(.., key)| lang.t(key)).unwrap_or_default()) }
                td.num { (said.and_then(count).unwrap_or_default()) }
                td.num { (line.planned_g.map(kilograms_input).unwrap_or_default()) }
                // What is weighed at the gate is written in by hand until it was stated.
                td.num { @if line.shipped_g > 0 { (kilograms_input(line.shipped_g)) } }
                td { @if let Some(code) = line.treatment { (code) " " (lang.pick(&code.entry().zh, &code.entry().en)) } }
            }
        }
    }

    fn carriers(&self) -> Markup {
        let lang = self.visit.lang;
        html! {
            @for (leg, number) in self.known.legs.iter().zip(1_u8..) {
                @let assigned = self.manifest.state.assignments.iter().rfind(|one| one.leg == number);
                h2 { (lang.fill("manifest.carrier", &[("leg", &number.to_string())])) }
                table.pairs { tbody {
                    (row(lang.t("printed.party"), html! { (self.name(&leg.carrier)) " " span.mono { (leg.carrier) } }))
                    @if leg.mode == Mode::Pipeline { (row(lang.t("col.vehicle"), html! { (lang.t("manifest.pipeline")) })) } @else {
                        (row(lang.t("col.vehicle"), html! {
                            @if let Some(one) = assigned { (&*one.vehicle) }
                        }))
                        (row(lang.t("printed.crew"), html! {}))
                    }
                } }
            }
        }
    }

    fn consignee(&self) -> Markup {
        let (lang, zone) = (self.visit.lang, self.visit.zone());
        html! {
            h2 { (lang.t("col.consignee")) }
            table.pairs { tbody {
                (self.party(&self.known.consignee))
                (row(lang.t("manifest.arrival"), html! { (moment_text(zone, self.known.planned_arrival)) }))
                (row(lang.t("printed.opinion"), html! {}))
            } }
        }
    }

    fn seals(&self) -> Markup {
        let lang = self.visit.lang;
        html! {
            div.seals {
                @for key in ["col.consignor", "manifests.carrier", "col.consignee"] {
                    div { p { (lang.t(key)) (lang.t("printed.seal")) } p.small { (lang.t("printed.signed")) } }
                }
            }
        }
    }

    /// Who stated what so far, each by the digest of what was signed.
    fn statements(&self) -> Markup {
        let (lang, zone) = (self.visit.lang, self.visit.zone());
        let rows = self.steps.iter().filter_map(|step| Some((step, step.content.said()?)));
        html! {
            table.grid.digests {
                thead { tr {
                    @for head in ["printed.statement", "col.party", "col.when", "printed.digest"] { th scope="col" { (lang.t(head)) } }
                } }
                tbody {
                    @for (step, said) in rows {
                        tr {
                            td { (kind_name(lang, &said.event)) }
                            td { (self.name(&said.event.party)) }
                            td.nowrap { (moment_text(zone, step.effective)) }
                            td.mono { @if said.event.kind() == Kind::ManifestRegistered { strong { (step.event_id) } } @else { (step.event_id) } }
                        }
                    }
                }
            }
        }
    }
}

/// A term and its value; an empty one is filled in by hand.
fn row(term: &str, value: Markup) -> Markup {
    html! { tr { th scope="row" { (term) } td { (value) } } }
}
