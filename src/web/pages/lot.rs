//! `GET /lots/{id}`: one lot, who holds how much of it, and every posting.

use axum::extract::Path;
use maud::{Markup, html};

use super::chain::kind_name;
use super::label::{Beside, containers};
use super::oversight::notice;
use super::trace;
use crate::app::query::{LotDetail, PostingItem, SiteRecord};
use crate::catalogue::Uscc;
use crate::custody::Subject;
use crate::custody::payload::oversight::HoldOn;
use crate::custody::trace::Direction;
use crate::id::{LotId, SiteId};
use crate::web::components::{
    lot_path, number, pairs, short, signature_check, site_link, subject_link, table, text,
};
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::{Names, mass, moment, tonnes};

/// One lot.
pub(in crate::web) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let id: LotId = id.parse().map_err(|_| Failure::NotFound)?;
    let lot = visit.app.lot(&visit.viewer, id).await?.ok_or(Failure::NotFound)?;
    let posted = lot.postings.iter().filter_map(|posting| posting.party.as_ref()?.parse().ok());
    let named = lot.parties.iter().map(|name| name.party).chain(posted);
    let names = Names::load(&visit.app, &visit.viewer, named).await?;
    let hold = notice(&visit, &HoldOn::Lot(id), &[]).await?;
    let page = LotPage { visit: &visit, lot: &lot, names: &names };

    let lang = visit.lang;
    let code = lot.lot_code.clone().unwrap_or_else(|| short(&id.to_string()));
    let title = lang.fill("lot.title", &[("code", &code)]);
    let body = html! {
        h1 { (title) }
        (hold)
        @if lot.state.origin.as_ref().is_some_and(|origin| origin.code.is_some()) {
            p.links { a href={ (lot_path(id)) "/labels" } { (lang.t("label-sheet.link")) } }
        }
        (page.origin().await?)
        (trace::section(&visit, id, Direction::Up).await?)
        (trace::section(&visit, id, Direction::Down).await?)
        h2 { (lang.t("lot.holdings")) }
        (page.holdings())
        (containers(&visit, &names, &lot.containers, Beside::Label))
        h2 { (lang.t("lot.postings")) }
        (page.postings())
    };
    Ok(layout::page(&visit, &title, body))
}

struct LotPage<'a> {
    visit: &'a Visit,
    lot: &'a LotDetail,
    names: &'a Names,
}

impl LotPage<'_> {
    /// Where it came from, by which signed record, and the manifest it is on.
    async fn origin(&self) -> Result<Markup, Failure> {
        let (lang, zone) = (self.visit.lang, self.visit.zone());
        let mut items = Vec::new();
        match &self.lot.state.origin {
            // A line of a manifest is a lot whose id follows from the manifest; its origin is the manifest.
            None if !self.lot.id.is_client_made() => {
                items.push((lang.t("lot.origin"), html! { (lang.t("lot.derived")) }));
            }
            None => items.push((lang.t("lot.origin"), html! { (lang.t("lot.no-origin")) })),
            Some(origin) => {
                let code = origin.code.map_or(lang.t("lot.product").to_owned(), |code| code.to_string());
                items.push((lang.t("col.code"), html! { (code) }));
                let event = self.visit.app.event(&self.visit.viewer, origin.event).await?;
                let said = event.as_ref().and_then(|event| event.step.content.said());
                items.push((
                    lang.t("lot.origin"),
                    html! {
                        (self.names.link(lang, &origin.party)) " · " (moment(zone, origin.at))
                        @if let Some(said) = said {
                            " · " (kind_name(lang, &said.event)) " · " (signature_check(lang, &said.signature))
                        }
                    },
                ));
                items.push((lang.t("lot.stage"), html! { span.mono { (origin.stage) } }));
            }
        }
        if let Some(transit) = &self.lot.state.transit {
            let line = lang.fill("lot.line", &[("line", &transit.line.to_string())]);
            let subject = Subject::Manifest(transit.manifest);
            let open = self.visit.open_among([subject]).await?;
            let link = html! { (subject_link(lang, &subject, &open)) " · " (line) };
            items.push((lang.t("lot.line-of"), link));
            let left_g = transit.in_g.wrapping_sub(transit.out_g);
            items.push((lang.t("lot.transit"), html! { (mass(lang, left_g)) }));
        }
        items.extend(self.sums());
        items.push((lang.t("manifest.id"), html! { span.mono { (self.lot.id) } }));
        Ok(pairs(&items))
    }

    /// What entered and left it besides what its holders passed on; sums of nothing are left out.
    fn sums(&self) -> Vec<(&'static str, Markup)> {
        let lang = self.visit.lang;
        let sums = &self.lot.state.sums;
        let rows = [
            ("lot.opened", sums.opened_g),
            ("lot.generated", sums.generated_g),
            ("lot.used", sums.used_g),
            ("lot.disposed", sums.disposed_g),
            ("lot.became", sums.became_g.max(0)),
            ("lot.made", sums.became_g.min(0).wrapping_neg()),
            ("lot.variance", sums.variance_g),
            ("lot.unexplained", sums.unexplained_g),
            ("lot.unproven", self.lot.state.unproven_g()),
        ];
        let present = rows.into_iter().filter(|(_, grams)| *grams != 0);
        let mut items: Vec<_> =
            present.map(|(key, grams)| (lang.t(key), html! { (mass(lang, grams)) })).collect();
        for stored in &self.lot.state.stored {
            let figures = [("in", mass(lang, stored.in_g)), ("out", mass(lang, stored.out_g))];
            let figures = figures.each_ref().map(|(name, text)| (*name, text.as_str()));
            let text = html! { (stored.facility) " · " (lang.fill("lot.stored-figures", &figures)) };
            items.push((lang.t("lot.stored"), text));
        }
        items
    }

    fn holdings(&self) -> Markup {
        let lang = self.visit.lang;
        let rows = self.lot.state.holdings.iter().map(|holding| {
            vec![
                self.names.link(lang, &holding.party),
                html! { @if let Some(site) = self.site(holding.site) { (site_link(&self.visit.viewer, site)) } },
                html! { (tonnes(holding.in_g)) },
                html! { (tonnes(holding.loaded_g)) },
                html! { (tonnes(holding.treated_g)) },
                html! { strong { (tonnes(holding.balance_g())) } },
            ]
        });
        let rows: Vec<Vec<Markup>> = rows.collect();
        if rows.is_empty() {
            return html! { p { (lang.t("lot.no-holdings")) } };
        }
        let columns = [
            text("col.party"),
            text("col.site"),
            number("col.in"),
            number("col.loaded"),
            number("col.treated"),
            number("col.held"),
        ];
        table(lang, lang.t("lot.holdings"), &columns, rows)
    }

    fn postings(&self) -> Markup {
        let lang = self.visit.lang;
        let rows: Vec<Vec<Markup>> = self.lot.postings.iter().map(|posting| self.posting(posting)).collect();
        if rows.is_empty() {
            return html! { p { (lang.t("lot.no-postings")) } };
        }
        let columns = [text("col.entry"), text("col.account"), text("col.party"), number("col.mass")];
        table(lang, lang.t("lot.postings"), &columns, rows)
    }

    fn posting(&self, posting: &PostingItem) -> Vec<Markup> {
        let lang = self.visit.lang;
        let party = posting.party.as_ref().and_then(|code| code.parse::<Uscc>().ok());
        vec![
            html! { (lang.fill("event.index", &[("index", &posting.index.to_string())])) },
            html! { (lang.of("account", &posting.account).unwrap_or(&posting.account)) },
            html! {
                @if let Some(party) = party { (self.names.of(lang, &party)) }
                @if let Some(site) = posting.site.and_then(|site| self.site(site)) { " · " (site_link(&self.visit.viewer, site)) }
            },
            html! { (tonnes(posting.mass_g)) },
        ]
    }

    fn site(&self, id: SiteId) -> Option<&SiteRecord> {
        self.lot.sites.iter().find(|site| site.site == id)
    }
}
