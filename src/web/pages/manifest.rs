//! `GET /manifests/{id}`: one manifest, its custody and everything that is wrong with it.

pub(in crate::web) mod changes;
mod deeds;
mod places;
mod road;
mod then;
mod tracks;
mod weighings;

use axum::extract::{Path, Query};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use deeds::Desk;
use road::road;
use then::Known;
use tracks::tracks;
use weighings::weighings;

use super::attachments::Enclosed;
use super::chain::Checked;
use super::firm::incident_section;
use super::{lanes, manifests_new, oversight, trace};
use crate::app::query::{FindingItem, LineView, Linked, ManifestDetail, SiteRecord};
use crate::catalogue::Uscc;
use crate::custody::Subject;
use crate::custody::manifest::{Holder, Status};
use crate::custody::payload::manifest::{Mode, PartyAt};
use crate::custody::shelf::Life;
use crate::id::{ManifestId, SiteId};
use crate::web::components::{
    finding_path, lot_path, manifest_bundle_path, manifest_path, number, pairs, rule_title, severity_tag,
    site_link, status_tag, table, text,
};
use crate::web::failure::Failure;
use crate::web::signing;
use crate::web::visit::{Open, Visit};
use crate::web::words::{Names, Speaker, capital, moment, moment_text, tonnes};

/// Where in the chain to begin, and at which log size.
#[derive(Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    from: u64,
    as_of: Option<String>,
}

/// One manifest.
pub(in crate::web) async fn show(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visit.signed_in()?;
    let id: ManifestId = id.parse().map_err(|_| Failure::NotFound)?;
    let Known { as_of, manifest, chain } = Known::of(&visit, id, &asked).await?;
    let records = Checked::of(&visit.app, &visit.viewer, id, chain.items).await?;
    let seen: Vec<_> = manifest.findings.iter().map(|item| &item.row.seen).collect();
    let names = Names::load_seen(&visit.app, &visit.viewer, manifest.state.parties(), seen).await?;
    let reported = visit.app.incidents_on(&visit.viewer, id).await?;
    let shown: Vec<u64> = reported.iter().map(|incident| incident.index).collect();
    let files = Enclosed::of(&visit.app, &shown).await?;
    let driven = visit.app.tracks_on(&visit.viewer, id).await?.unwrap_or_default();
    let fate = visit.app.manifest_fate(&visit.viewer, id).await?.ok_or(Failure::NotFound)?;
    let lots: Vec<Subject> = manifest.lines.iter().map(|line| Subject::Lot(line.lot)).collect();
    let open = visit.open_among(lots).await?;
    let path = manifest_path(id);
    let page = ManifestPage { visit: &visit, manifest: &manifest, names: &names, open: &open, path };
    let desk = if as_of.is_none() { Desk::of(&visit, &manifest).await? } else { None };

    let lang = visit.lang;
    let number = manifest.number.as_deref().unwrap_or(lang.t("manifests.unnumbered"));
    let title = lang.fill("manifest.title", &[("number", number)]);
    let body = html! {
        h1 { (title) " " (status_tag(lang, manifest.status.name())) }
        @if let Some(size) = as_of {
            (visit.known_then(size))
            p { a href={ (manifest_path(id)) "/changes?from=" (size) } { (lang.t("changes.since")) } }
        }
        (manifests_new::links(&visit, id, page.consignor()))
        p.flags { (page.finished()) @if as_of.is_none() { " · " (trace::flag(lang, &fate)) } }
        @if desk.is_some() { (page.next_steps(desk.as_ref())) }
        @if as_of.is_none() { (oversight::of_manifest(&visit, id).await?) }
        (page.parties())
        (page.lines())
        (lanes::section(&visit, &names, &manifest))
        (places::section(&visit, &names, &manifest.state))
        (weighings(&visit, &names, &manifest.state.weighings))
        @if as_of.is_none() { (tracks(&visit, &names, &driven)) }
        @if as_of.is_none() {
            h2 { (lang.t("fate.title")) }
            (trace::still_open(lang, &fate))
        }
        (page.findings(true))
        @if as_of.is_none() {
            (incident_section(&visit, &files, &reported))
            @if desk.is_none() { (page.next_steps(None)) }
        }
        h2 { (lang.t("manifest.chain")) }
        p.soft { (lang.t("manifest.chain-text")) }
        p {
            a href=(manifest_bundle_path(id)) download { (lang.t("manifest.bundle")) } " "
            span.soft { (lang.t("manifest.bundle-text")) " " a href="/verify" { (lang.t("manifest.bundle-check")) } }
        }
        (records.list(lang, visit.zone()))
        nav.pager aria-label=(lang.t("manifest.chain")) {
            @if asked.from > 0 { a href=(visit.here_without("from")) { (lang.t("findings.first")) } }
            @if let Some(next) = chain.next {
                a href=(visit.here_with("from", &next.to_string())) rel="next" { (lang.t("findings.more")) }
            }
        }
        (page.findings(false))
    };
    Ok(signing::page(&visit, &title, body))
}

struct ManifestPage<'a> {
    visit: &'a Visit,
    manifest: &'a ManifestDetail,
    names: &'a Names,
    open: &'a Open,
    /// Where the page is: who signed comes back to it.
    path: String,
}

impl ManifestPage<'_> {
    fn consignor(&self) -> Option<Uscc> {
        self.manifest.state.registration.as_ref().map(|registration| registration.consignor.party)
    }

    fn name(&self, party: &Uscc) -> String {
        self.names.of(self.visit.lang, party)
    }

    /// Whether the manifest is closed in the sense of the law: the consignee has said everything (联单已办结).
    fn finished(&self) -> Markup {
        let (lang, zone) = (self.visit.lang, self.visit.zone());
        let text = match (self.manifest.state.completed_at(), self.manifest.status) {
            (Some(at), _) => lang.fill("manifest.finished-at", &[("when", &moment_text(zone, at))]),
            (None, Status::Declined | Status::Voided) => lang.t("manifest.over").to_owned(),
            (None, _) => lang.t("manifest.unfinished").to_owned(),
        };
        html! { (text) }
    }

    fn parties(&self) -> Markup {
        let (lang, zone) = (self.visit.lang, self.visit.zone());
        let Some(registration) = &self.manifest.state.registration else {
            return html! { p { strong { (lang.t("manifest.unregistered")) } } };
        };
        let mut items = vec![(lang.t("col.consignor").to_owned(), self.party_at(&registration.consignor))];
        for (number, leg) in (1_usize..).zip(&registration.legs) {
            let term = lang.fill("manifest.carrier", &[("leg", &number.to_string())]);
            let value = html! {
                (self.names.link(lang, &leg.carrier))
                @if leg.mode == Mode::Pipeline { " · " (lang.t("manifest.pipeline")) }
                " " span.soft.mono { (leg.carrier) }
            };
            items.push((term, value));
        }
        items.push((lang.t("col.consignee").to_owned(), self.party_at(&registration.consignee)));
        let times = [
            ("manifest.registered", registration.mark.at),
            ("manifest.departure", registration.planned_departure),
            ("manifest.arrival", registration.planned_arrival),
        ];
        items.extend(times.map(|(key, at)| (lang.t(key).to_owned(), moment(zone, at))));
        let amended = self.manifest.state.amended.iter().map(|mark| moment(zone, mark.at));
        items.extend(amended.map(|at| (lang.t("manifest.amended").to_owned(), at)));
        let before = self.manifest.predecessor.iter().map(|linked| ("manifest.follows", linked));
        let after = self.manifest.follow_ups.iter().map(|linked| ("manifest.followed-by", linked));
        items.extend(before.chain(after).map(|(key, linked)| (lang.t(key).to_owned(), self.linked(linked))));
        items.extend(self.external_numbers());
        let containers = self.manifest.state.containers.len();
        if containers > 0 {
            items.push((lang.t("manifest.containers").to_owned(), html! { (containers) }));
        }
        items
            .extend(registration.erp_no.iter().map(|no| (lang.t("manifest.erp").to_owned(), html! { (no) })));
        items.push((lang.t("manifest.id").to_owned(), html! { span.mono { (self.manifest.id) } }));
        let items: Vec<(&str, Markup)> =
            items.iter().map(|(term, value)| (term.as_str(), value.clone())).collect();
        html! {
            h2 { (lang.t("manifest.parties")) }
            (pairs(&items))
        }
    }

    /// What other systems call it.
    fn external_numbers(&self) -> impl Iterator<Item = (String, Markup)> {
        self.manifest.state.numbers.iter().map(move |bound| {
            (
                self.system_name(&bound.system),
                html! { span.mono { (bound.number) } " " span.soft { (self.name(&bound.mark.party)) } },
            )
        })
    }

    /// What another system is called, as a term.
    fn system_name(&self, system: &str) -> String {
        let known = self.visit.profile().external_number(system);
        capital(known.map_or(system, |form| self.visit.lang.pick(&form.zh, &form.en)))
    }

    fn linked(&self, linked: &Linked) -> Markup {
        let lang = self.visit.lang;
        let number = linked.number.as_deref().unwrap_or(lang.t("manifests.unnumbered"));
        html! { a href={ "/manifests/" (linked.id) } { (number) } " " (status_tag(lang, linked.status.name())) }
    }

    fn party_at(&self, at: &PartyAt) -> Markup {
        html! {
            (self.names.link(self.visit.lang, &at.party))
            @if let Some(site) = self.site(at.site) { " · " (site_link(&self.visit.viewer, site)) }
            " " span.soft.mono { (at.party) }
        }
    }

    fn site(&self, id: SiteId) -> Option<&SiteRecord> {
        self.manifest.sites.iter().find(|site| site.site == id)
    }

    fn lines(&self) -> Markup {
        let lang = self.visit.lang;
        let columns = [
            text("col.line"),
            text("col.code"),
            text("col.treatment"),
            number("col.planned"),
            number("col.shipped"),
            number("col.accepted"),
            number("col.rejected"),
            text("col.road"),
            text("col.holder"),
        ];
        let mut rows: Vec<Vec<Markup>> = self.manifest.lines.iter().map(|line| self.line(line)).collect();
        if rows.len() > 1 {
            rows.push(self.totals());
        }
        html! {
            h2 { (lang.t("manifest.lines")) }
            @if rows.is_empty() {
                p { (lang.t("manifest.no-lines")) }
            } @else {
                (table(lang, lang.t("manifest.lines"), &columns, rows))
            }
        }
    }

    fn line(&self, line: &LineView) -> Vec<Markup> {
        let lang = self.visit.lang;
        vec![
            html! {
                // A line becomes a lot when it is collected.
                @if self.open.contains(&Subject::Lot(line.lot)) { a href=(lot_path(line.lot)) { (line.line) } }
                @else { (line.line) }
            },
            html! { span.nowrap { (line.code.map(|code| code.to_string()).unwrap_or_default()) } },
            html! { (line.treatment.map(|treatment| treatment.to_string()).unwrap_or_default()) },
            html! { (line.planned_g.map(tonnes).unwrap_or_default()) },
            html! { (tonnes(line.shipped_g)) },
            html! { (tonnes(line.accepted_g)) },
            html! { (tonnes(line.rejected_g)) },
            road(lang, &line.transit),
            html! {
                (self.holder(&line.holder))
                @if let Some(rejected) = &line.rejected_holder {
                    br; (lang.fill("manifest.rejected-with", &[("holder", &self.holder_name(rejected))]))
                }
                @if let Some(place) = self.whereabouts(line) { br; span.soft { (place) } }
            },
        ]
    }

    /// Where a line is that is neither on its way there nor arrived.
    fn whereabouts(&self, line: &LineView) -> Option<String> {
        let lang = self.visit.lang;
        if let Some(yard) = line.yard {
            let site = self.site(yard).map_or_else(|| yard.to_string(), |site| site.name.clone());
            return Some(lang.fill("manifest.in-yard", &[("site", &site)]));
        }
        if line.refused_at_gate {
            return Some(lang.t("manifest.at-gate").to_owned());
        }
        line.on_the_way_back.then(|| lang.t("manifest.on-the-way-back").to_owned())
    }

    fn totals(&self) -> Vec<Markup> {
        let lines = &self.manifest.lines;
        let sum = |grams: fn(&LineView) -> i64| html! { strong { (tonnes(lines.iter().map(grams).sum())) } };
        vec![
            html! { (self.visit.lang.t("manifest.total")) },
            html! {},
            html! {},
            sum(|line| line.planned_g.unwrap_or(0)),
            sum(|line| line.shipped_g),
            sum(|line| line.accepted_g),
            sum(|line| line.rejected_g),
            html! {},
            html! {},
        ]
    }

    fn holder(&self, holder: &Holder) -> Markup {
        let (lang, zone) = (self.visit.lang, self.visit.zone());
        html! {
            @if matches!(holder, Holder::Contested(_)) { strong { (self.holder_name(holder)) } }
            @else { (self.holder_name(holder)) }
            @if let Holder::Held(claim) = holder {
                " " span.soft.small {
                    (lang.fill("manifest.since", &[("when", &moment_text(zone, claim.since))]))
                }
            }
        }
    }

    fn holder_name(&self, holder: &Holder) -> String {
        let lang = self.visit.lang;
        match holder {
            Holder::NotYet => lang.t("manifest.not-yet").to_owned(),
            Holder::Held(claim) => self.name(&claim.party),
            Holder::Contested(claims) => {
                let names: Vec<String> = claims.iter().map(|claim| self.name(&claim.party)).collect();
                format!("{}{}", lang.t("manifest.contested"), names.join(lang.t("sign.list")))
            }
        }
    }

    fn findings(&self, open: bool) -> Markup {
        let lang = self.visit.lang;
        let (title, none) = if open {
            (lang.t("manifest.findings-open"), lang.t("manifest.none-open"))
        } else {
            (lang.t("manifest.findings-closed"), lang.t("manifest.none-closed"))
        };
        let chosen = self.manifest.findings.iter().filter(|item| (item.row.life == Life::Open) == open);
        let rows: Vec<Vec<Markup>> = chosen.map(|item| self.finding(item)).collect();
        let columns = [
            text("col.rule"),
            text("col.severity"),
            text("col.what"),
            text("col.opened"),
            text("col.closed"),
        ];
        html! {
            h2 { (title) }
            @if rows.is_empty() { p { (none) } }
            @else if open { (table(lang, title, &columns[..4], rows)) }
            @else { (table(lang, title, &columns, rows)) }
        }
    }

    fn finding(&self, item: &FindingItem) -> Vec<Markup> {
        let (lang, zone) = (self.visit.lang, self.visit.zone());
        let speaker = Speaker { lang, zone, names: self.names };
        let when = |at: Option<_>| html! { @if let Some(at) = at { (moment(zone, at)) } };
        vec![
            html! { a href=(finding_path(item.row.id)) { (rule_title(lang, item)) } },
            severity_tag(lang, item.row.severity),
            html! { (speaker.sentence(&item.row.seen)) },
            when(item.row.opened_at),
            when(item.row.closed_at),
        ]
    }
}
