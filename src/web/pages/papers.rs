//! What is filed and applied for on the page of a firm: contracts (合同), licences of vehicles (车辆许可), interprovincial transfers (跨省转移).

use maud::{Markup, html};
use serde_json::{Value, json};

use super::answering::act;
use super::lots_new::code_list;
use super::manifests_new::own_party;
use super::oversight::keeps_records_in;
use super::plans::{self, KNOWN_CODES, MORE_LINES, Meant};
use crate::app::query::{FirmRecord, Paper, PaperKind};
use crate::custody::Kind;
use crate::custody::paper::Written;
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::signing::{Choice, Field, Statement, file, files, flag};
use crate::web::visit::Visit;
use crate::web::words::Names;

/// Longest number of a document, in characters.
pub(super) const MAX_NUMBER: usize = 64;

/// What whoever looks may file for a firm; nothing where that is nothing.
pub(super) async fn acts(visit: &Visit, record: &FirmRecord) -> Result<Markup, Failure> {
    let is_own = own_party(&visit.viewer) == Some(record.party.party);
    let may_license = is_own || keeps_records_in(visit, record.party.division).await?;
    if !may_license {
        return Ok(html! {});
    }
    let applying = if is_own {
        applying(visit, record).await?
    } else {
        html! {}
    };
    Ok(html! {
        h2 { (visit.lang.t("answer-form.title")) }
        @if is_own { (contracting(visit, record)) }
        (applying)
        (licensing(visit, record))
    })
}

fn stating(
    visit: &Visit,
    record: &FirmRecord,
    kind: Kind,
    data: Value,
    then: &str,
    fields: Markup,
) -> Markup {
    let back = format!("/parties/{}", record.party.party);
    let then = if then.is_empty() { &back } else { then };
    let statement = Statement { kind, data, then, button: "signing.prepare" };
    act(visit, kind, statement.form(visit, fields))
}

/// First and last day of something, at the members that all papers have.
pub(super) fn days(lang: Lang, from: &str, to: &str) -> Markup {
    html! {
        div.side-by-side {
            (Field::needed("/valid_from", "papers.from").day(lang, from))
            (Field::needed("/valid_to", "papers.to").day(lang, to))
        }
    }
}

/// Treatments, at `/methods`.
pub(super) fn methods(lang: Lang, name: &str, known: &[String]) -> Markup {
    Field::needed(name, "papers.methods").hint("papers.methods-hint").codes(lang, known)
}

fn contracting(visit: &Visit, record: &FirmRecord) -> Markup {
    let lang = visit.lang;
    // What a box does not say is no.
    let data = json!({ "contract": "new:contract", "standing_consent": false });
    let fields = html! {
        (Field::needed("/with", "firm.other").hint("papers.party-hint").party(lang, "", None))
        (Field::needed("/codes", "firm.codes").hint("papers.codes-hint").codes(lang, &[]))
        (days(lang, &visit.app.today().to_string(), ""))
        (flag(lang, "/standing_consent", "papers.consent", false))
        (file(lang, "sha256", "papers.document"))
    };
    stating(visit, record, Kind::ContractFiled, data, "", fields)
}

fn licensing(visit: &Visit, record: &FirmRecord) -> Markup {
    let lang = visit.lang;
    let data = json!({ "vehicle": "new:vehicle", "carrier": record.party.party });
    let fields = html! {
        div.side-by-side {
            (Field::needed("/plate", "manifests.plate").plate(lang, "", &[]))
            (Field::needed("/licence", "papers.licence").text(lang, "", MAX_NUMBER))
            (Field::optional("/rated_load_g", "papers.rated-load").tonnes(lang, None))
        }
        (days(lang, &visit.app.today().to_string(), ""))
        (files(lang, "papers", "papers.scans"))
    };
    stating(visit, record, Kind::VehicleLicensed, data, "", fields)
}

/// Asking for an interprovincial transfer, as whom the waste leaves.
async fn applying(visit: &Visit, record: &FirmRecord) -> Result<Markup, Failure> {
    let lang = visit.lang;
    let contracts = contracts(visit, record).await?;
    let fields = html! {
        (Field::needed("/consignee", "papers.consignee").hint("papers.party-hint").party(lang, "", None))
        (code_list(KNOWN_CODES, &record.plan.iter().map(|row| row.code).collect::<Vec<_>>()))
        (plans::lines(lang, "application", &[], MORE_LINES, Meant::Kept))
        (methods(lang, "/methods", &[]))
        (days(lang, &visit.app.today().to_string(), ""))
        @if !contracts.is_empty() { (Field::optional("/contract", "paper.contract").choice(lang, &contracts, "")) }
        (files(lang, "documents", "papers.documents"))
    };
    let data = json!({ "approval": "new:approval" });
    let then = "/papers/application/{approval}";
    Ok(stating(visit, record, Kind::ApprovalRequested, data, then, fields))
}

/// The firm's contracts to choose from, each by its other side and days.
async fn contracts(visit: &Visit, record: &FirmRecord) -> Result<Vec<Choice>, Failure> {
    let own = record.party.party;
    let papers = record.papers.get(&PaperKind::Contract).map(Vec::as_slice).unwrap_or_default();
    let other = |paper: &Paper| {
        let sides = [paper.belongs.party, paper.belongs.other];
        sides.into_iter().flatten().find(|side| *side != own)
    };
    let names = Names::load(&visit.app, &visit.viewer, papers.iter().filter_map(other)).await?;
    let choice = |paper: &Paper| {
        let Written::Contract(contract) = &paper.written else { return None };
        let name = names.of(visit.lang, &other(paper)?);
        let shown = format!("{name} {}–{}", contract.valid_from, contract.valid_to);
        Some(Choice { value: contract.contract.to_string(), shown })
    };
    Ok(papers.iter().filter_map(choice).collect())
}
