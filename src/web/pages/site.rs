//! `GET /sites/{id}`: the stock of a site over a period, the lots on hand, and the feed of a furnace day shared out over them.

use axum::extract::{Path, Query};
use axum::response::Response;
use chrono::NaiveDate;
use maud::{Markup, html};
use serde::Deserialize;

use super::cameras;
use super::feed;
use super::heartbeats;
use super::manifests_new::own_party;
use super::oversight::notice;
use super::prints;
use super::registers::links;
use crate::app::query::{CodeStock, DEFAULT_PAGE, Flows, LotCursor, LotOnHand, SiteStock};
use crate::custody::payload::oversight::HoldOn;
use crate::custody::stock::StockCode;
use crate::id::SiteId;
use crate::shape::parse_day;
use crate::web::components::{Column, firm_link, lot_path, number, pairs, short, table, text};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::signing;
use crate::web::visit::Visit;
use crate::web::words::{name_of, tonnes};

/// Which days and lots, and which feed, as the forms send them; empty means nothing is said.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    on: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    as_of: String,
    after: Option<String>,
    #[serde(flatten)]
    feed: feed::Asked,
}

/// The stock of one site.
pub(in crate::web) async fn show(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visit.signed_in()?;
    let id: SiteId = id.parse().map_err(|_| Failure::NotFound)?;
    let day = |text: &str| parse_day(text).ok();
    let as_of = Some(&asked.as_of).filter(|size| !size.is_empty()).map(|size| size.parse::<u64>());
    let as_of = as_of.transpose().map_err(|_| Failure::NotFound)?;
    let days = (day(&asked.from), day(&asked.on));
    let stock = visit.app.stock(&visit.viewer, id, days, as_of).await?.ok_or(Failure::NotFound)?;
    let after = asked.after.as_deref().and_then(|after| after.parse::<LotCursor>().ok());
    let lots = visit.app.lots_on_hand(&visit.viewer, id, after, DEFAULT_PAGE).await?;
    let lots = lots.ok_or(Failure::NotFound)?;
    let devices = visit.app.devices(&visit.viewer, id, None).await?.ok_or(Failure::NotFound)?;
    let proposal = feed::Proposal::of(&visit, id, &asked.feed).await?;
    let ways = [
        (format!("/sites/{id}/inspection"), "inspection.record"),
        (format!("/cases/new?site={id}"), "case-new.title"),
    ];
    let hold = notice(&visit, &HoldOn::Site(id), &ways).await?;

    let lang = visit.lang;
    let title = lang.fill("stock.title", &[("site", &stock.site.name)]);
    let body = html! {
        h1 { (title) }
        (hold)
        (about(&visit, &stock))
        @if own_party(&visit.viewer) == Some(stock.site.party) && stock.site.closed_on.is_none() {
            p.buttons {
                a.button href={ "/lots/new?site=" (id) } { (lang.t("new-lot.title")) }
                a.button href={ "/manifests/new?site=" (id) } { (lang.t("new-manifest.title")) }
            }
        }
        p {
            a href={ "/sites/" (id) "/sheet" } { (lang.t("sheet.link")) } " · "
            a href={ "/sites/" (id) "/evaluation" } { (lang.t("evaluation.link")) } " · "
            a href={ "/sites/" (id) "/declarations" } { (lang.t("duty.declarations")) } " · "
            a href={ "/sites/" (id) "/plan" } { (lang.t("paper.plan")) }
        }
        nav aria-label=(lang.t("duty.registers")) { (links(lang, id, None)) }
        (cameras::of_site(&visit, &stock.site))
        (heartbeats::of_site(&visit, &devices))
        (prints::store_form(&visit, &stock))
        @if let Some(size) = as_of { (visit.known_then(size)) }
        (period_form(&visit, &stock, as_of))
        h2 { (lang.fill("stock.flows", &[("from", &stock.from.to_string()), ("on", &stock.on.to_string())])) }
        p.soft { (lang.t("stock.text")) }
        (flows(lang, &stock))
        @if as_of.is_none() {
            h2 { (lang.t("stock.lots")) }
            (on_hand(lang, &lots.items))
            nav.pager aria-label=(lang.t("stock.lots")) {
                @if after.is_some() { a href=(visit.here_without("after")) { (lang.t("findings.first")) } }
                @if let Some(next) = lots.next {
                    a href=(visit.here_with("after", &next.to_string())) rel="next" { (lang.t("findings.more")) }
                }
            }
            h2 { (lang.t("feed.title")) }
            (proposal.show(&visit, &stock.site, &asked.feed))
        }
    };
    Ok(signing::page(&visit, &title, body))
}

fn about(visit: &Visit, stock: &SiteStock) -> Markup {
    let lang = visit.lang;
    let party =
        stock.party.as_ref().map_or_else(|| stock.site.party.to_string(), |party| name_of(lang, party));
    pairs(&[
        (
            lang.t("col.party"),
            html! { (firm_link(stock.site.party, &party)) " " span.soft.mono { (stock.site.party) } },
        ),
        (lang.t("stock.division"), html! { span.mono { (stock.site.division) } }),
        (lang.t("manifest.id"), html! { span.mono { (stock.site.site) } }),
    ])
}

fn period_form(visit: &Visit, stock: &SiteStock, as_of: Option<u64>) -> Markup {
    let lang = visit.lang;
    let field = |key: &'static str, name: &str, day: NaiveDate| {
        html! { label { (lang.t(key)) input type="date" name=(name) value=(day) min="1970-01-01" max="9999-12-31"; } }
    };
    html! {
        form.filter method="get" action=(visit.path) aria-label=(lang.t("stock.period")) {
            (field("stock.from", "from", stock.from))
            (field("stock.on", "on", stock.on))
            label { (lang.t("then.size")) input type="number" name="as_of" min="0" value=[as_of]; }
            button { (lang.t("manifests.apply")) }
        }
    }
}

/// One column of the flows: its heading, and what it shows of a code.
type Flow = (&'static str, fn(&CodeStock) -> i64);

/// Every column of grams, from the opening to the closing balance.
const FLOWS: [Flow; 14] = [
    ("stock.opening", |stock| stock.opening_g),
    ("stock.opened", |stock| stock.flows.opened_g),
    ("stock.generated", |stock| stock.flows.generated_g),
    ("stock.received", |stock| stock.flows.received_g),
    ("stock.moved-in", |stock| stock.flows.moved_in_g),
    ("stock.made", |stock| stock.flows.made_g),
    ("stock.shipped", |stock| stock.flows.shipped_g),
    ("stock.moved-out", |stock| stock.flows.moved_out_g),
    ("stock.used", |stock| stock.flows.used_g),
    ("stock.disposed", |stock| stock.flows.disposed_g),
    ("stock.repacked", |stock| stock.flows.repacked_g),
    ("stock.variance", |stock| stock.flows.variance_g()),
    ("stock.unexplained", |stock| stock.flows.unexplained_g),
    ("stock.closing", |stock| stock.closing_g),
];

/// The table of the period. Columns of nothing are left out, and products stand below the total of the wastes.
fn flows(lang: Lang, stock: &SiteStock) -> Markup {
    if stock.codes.is_empty() {
        return html! { p { (lang.t("stock.none")) } };
    }
    let is_always = |key: &str| matches!(key, "stock.opening" | "stock.closing");
    let shown: Vec<Flow> = FLOWS
        .into_iter()
        .filter(|(key, grams)| is_always(key) || stock.codes.iter().any(|code| grams(code) != 0))
        .collect();
    let columns: Vec<Column> = std::iter::once(text("col.code"))
        .chain(shown.iter().map(|(key, _)| number(key)))
        .chain([text("stock.counted")])
        .collect();
    let row = |code: &CodeStock| {
        let cells = shown.iter().map(|(_, grams)| grams_cell(grams(code)));
        let code_cell = html! { span.nowrap { (code_name(lang, code.code)) } };
        std::iter::once(code_cell).chain(cells).chain([count_cell(lang, code)]).collect::<Vec<Markup>>()
    };
    let (products, wastes): (Vec<&CodeStock>, Vec<&CodeStock>) =
        stock.codes.iter().partition(|code| code.code == StockCode::Product);
    let mut rows: Vec<Vec<Markup>> = wastes.iter().map(|code| row(code)).collect();
    if wastes.len() > 1 {
        let sum =
            |grams: fn(&CodeStock) -> i64| wastes.iter().map(|code| grams(code)).fold(0, i64::wrapping_add);
        let sums = shown.iter().map(|(_, grams)| html! { strong { (tonnes(sum(*grams))) } });
        rows.push(
            std::iter::once(html! { strong { (lang.t("manifest.total")) } })
                .chain(sums)
                .chain([html! {}])
                .collect(),
        );
    }
    rows.extend(products.into_iter().map(row));
    html! {
        (table(lang, lang.t("stock.caption"), &columns, rows))
        (causes(lang, stock))
    }
}

/// Nothing is shown as a dash: in a dense table the figures stand out.
pub(super) fn grams_cell(grams: i64) -> Markup {
    html! {
        @match grams {
            0 => { span.soft { "–" } }
            1.. => { (tonnes(grams)) }
            _ => { strong { (tonnes(grams)) } }
        }
    }
}

/// What a code is called.
pub(super) fn code_name(lang: Lang, code: StockCode) -> String {
    match code {
        StockCode::Waste(code) => code.to_string(),
        StockCode::Product => lang.t("lot.product").to_owned(),
        StockCode::Unknown => lang.t("stock.unknown-code").to_owned(),
    }
}

fn count_cell(lang: Lang, code: &CodeStock) -> Markup {
    let Some(beside) = &code.last_count else { return html! {} };
    let difference_g = beside.difference_g();
    let values = [
        ("day", beside.day.to_string()),
        ("counted", tonnes(beside.count.mass_g)),
        ("book", tonnes(beside.book_g)),
        ("difference", tonnes(difference_g)),
    ];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    let said = match (difference_g, beside.count.lots) {
        (0, _) => lang.fill("stock.count-fits", &values),
        (_, 0) => lang.fill("stock.count", &values),
        _ => lang.fill("stock.count-of-lots", &values),
    };
    html! { span.small { (said) } }
}

/// Variances by cause, of all codes.
fn causes(lang: Lang, stock: &SiteStock) -> Markup {
    let causes = |flows: &Flows| flows.variances.clone();
    let stated = stock.codes.iter().flat_map(|code| {
        causes(&code.flows).into_iter().map(move |(cause, mass_g)| (code.code, cause, mass_g))
    });
    let rows = stated.map(|(code, cause, mass_g)| {
        vec![
            html! { (code_name(lang, code)) },
            html! { (lang.of("cause", &cause).unwrap_or(&cause)) },
            html! { (tonnes(mass_g)) },
        ]
    });
    let rows: Vec<Vec<Markup>> = rows.collect();
    html! {
        @if !rows.is_empty() {
            (table(lang, lang.t("stock.causes"), &[text("col.code"), text("stock.cause"), number("stock.variance")], rows))
        }
    }
}

fn on_hand(lang: Lang, lots: &[LotOnHand]) -> Markup {
    let facilities = |lot: &LotOnHand| {
        let one = lot.facilities.iter().map(|at| format!("{} {}", at.name, tonnes(at.mass_g)));
        one.collect::<Vec<_>>().join(lang.t("sign.list"))
    };
    let rows = lots.iter().map(|lot| {
        let name = lot.row.lot_code.clone().unwrap_or_else(|| short(&lot.row.lot.to_string()));
        vec![
            html! { a.mono.nowrap href=(lot_path(lot.row.lot)) { (name) } },
            html! { span.nowrap { (code_name(lang, lot.row.code)) } },
            grams_cell(lot.row.balance_g),
            html! { (facilities(lot)) },
        ]
    });
    let rows: Vec<Vec<Markup>> = rows.collect();
    if rows.is_empty() {
        return html! { p { (lang.t("stock.no-lots")) } };
    }
    let columns = [text("col.lot"), text("col.code"), number("col.held"), text("stock.facility")];
    table(lang, lang.t("stock.lots"), &columns, rows)
}
