//! The parts pages are made of.

use maud::{Markup, html};

use super::i18n::Lang;
use super::visit::Open;
use crate::app::access::Viewer;
use crate::app::query::{FindingItem, LeafCheck, SignatureCheck, SiteRecord};
use crate::catalogue::{Severity, Uscc};
use crate::custody::answer::Stage;
use crate::custody::manifest::Status;
use crate::custody::shelf::Life;
use crate::custody::{Subject, Verdict};
use crate::id::{CaseId, FindingId, LabelId, LotId, ManifestId};
use crate::ledger::EventId;
use crate::registry::KeyStanding;

/// A column of a table.
#[derive(Clone, Copy)]
pub(super) struct Column {
    pub(super) key: &'static str,
    is_number: bool,
}

/// A column of texts, by the key of its heading.
pub(super) const fn text(key: &'static str) -> Column {
    Column { key, is_number: false }
}

/// A column of figures, by the key of its heading.
pub(super) const fn number(key: &'static str) -> Column {
    Column { key, is_number: true }
}

/// A table with at most so many columns is kept narrow.
const FEW_COLUMNS: usize = 3;

/// A table. The first cell of a row is its heading. On narrow screens rows become cards, which takes a table's meaning from it
/// for some readers; hence the roles.
pub(super) fn table(lang: Lang, name: &str, columns: &[Column], rows: Vec<Vec<Markup>>) -> Markup {
    table_with_totals(lang, name, columns, rows, Vec::new())
}

/// The same with a row below that tells what the others come to.
pub(super) fn table_with_totals(
    lang: Lang,
    name: &str,
    columns: &[Column],
    rows: Vec<Vec<Markup>>,
    totals: Vec<Markup>,
) -> Markup {
    // Few columns over the whole width would be hard to follow with the eye.
    let is_narrow = columns.len() <= FEW_COLUMNS;
    html! {
        table.table.narrow[is_narrow] role="table" aria-label=(name) {
            thead role="rowgroup" {
                tr role="row" {
                    @for column in columns {
                        th.num[column.is_number] role="columnheader" scope="col" { (lang.t(column.key)) }
                    }
                }
            }
            tbody role="rowgroup" {
                @for row in rows { (table_row(lang, columns, row)) }
            }
            @if !totals.is_empty() { tfoot role="rowgroup" { (table_row(lang, columns, totals)) } }
        }
    }
}

fn table_row(lang: Lang, columns: &[Column], cells: Vec<Markup>) -> Markup {
    html! {
        tr role="row" {
            @for (n, (column, cell)) in columns.iter().zip(cells).enumerate() {
                @if n == 0 {
                    th.num[column.is_number] role="rowheader" scope="row" data-label=(lang.t(column.key)) { (cell) }
                } @else {
                    td.num[column.is_number] role="cell" data-label=(lang.t(column.key)) { (cell) }
                }
            }
        }
    }
}

/// Terms and their values.
pub(super) fn pairs(items: &[(&str, Markup)]) -> Markup {
    html! {
        dl.pairs {
            @for (term, value) in items {
                dt { (term) }
                dd { (value) }
            }
        }
    }
}

/// A word in a box.
pub(super) fn tag(class: &str, text: &str) -> Markup {
    html! { span.tag.(class) { (text) } }
}

/// The status of a manifest, by its kebab-case name.
pub(super) fn status_tag(lang: Lang, status: &str) -> Markup {
    let good = [Status::Received.name()];
    let ended = [Status::Declined, Status::Voided].map(Status::name);
    let odd = [Status::Partly, Status::Rejected, Status::Returned].map(Status::name);
    let class = match status {
        status if good.contains(&status) => "good",
        status if ended.contains(&status) => "plain",
        status if odd.contains(&status) => "warn",
        status if status == Status::Unregistered.name() => "bad",
        _ => "note",
    };
    tag(class, lang.of("status", status).unwrap_or(status))
}

/// How much a finding matters.
pub(super) fn severity_tag(lang: Lang, severity: Severity) -> Markup {
    let class = match severity {
        Severity::Critical => "bad",
        Severity::Major => "warn",
        Severity::Minor | Severity::Notice => "plain",
    };
    tag(class, lang.of("severity", severity.name()).unwrap_or(severity.name()))
}

/// Open or closed.
pub(super) fn life_tag(lang: Lang, life: Life) -> Markup {
    tag(if life == Life::Open { "bad" } else { "plain" }, life_name(lang, life))
}

/// The same in a word.
pub(super) fn life_name(lang: Lang, life: Life) -> &'static str {
    match life {
        Life::Open => lang.t("life.open"),
        Life::Armed | Life::Closed => lang.t("life.closed"),
    }
}

/// What people said of a finding, in a word.
pub(super) fn stage_name(lang: Lang, stage: Stage) -> &'static str {
    lang.of("finding-stage", stage.name()).unwrap_or(stage.name())
}

/// The same in a box.
pub(super) fn stage_tag(lang: Lang, stage: Stage) -> Markup {
    let class = match stage {
        Stage::Open => "note",
        Stage::Explained => "warn",
        Stage::Closed => "plain",
        Stage::Upheld => "bad",
    };
    tag(class, stage_name(lang, stage))
}

/// What an event counts for; nothing for one that simply counts.
pub(super) fn verdict_tag(lang: Lang, verdict: Verdict) -> Markup {
    let class = match verdict {
        Verdict::Counts => return html! {},
        Verdict::Confirms => "plain",
        Verdict::OneSided | Verdict::Disputed => "warn",
        Verdict::EvidenceOnly => "bad",
    };
    tag(class, lang.of("verdict", verdict.name()).unwrap_or(verdict.name()))
}

/// A check made just now: a sign, a word and a colour that say the same.
pub(super) fn check(class: &str, text: &str) -> Markup {
    let sign = if class == "good" { "✓" } else { "✗" };
    html! { span.check.(class) { span aria-hidden="true" { (sign) " " } (text) } }
}

/// What came out of checking a signature.
pub(super) fn signature_check(lang: Lang, signature: &SignatureCheck) -> Markup {
    match signature.key_standing {
        None => check("bad", lang.t("event.unknown-key")),
        Some(_) if !signature.is_valid => check("bad", lang.t("event.bad")),
        Some(KeyStanding::NotYet) => check("bad", lang.t("event.key-not-yet")),
        Some(KeyStanding::Revoked) => check("bad", lang.t("event.key-revoked")),
        Some(KeyStanding::Good) if signature.is_suspected => check("warn", lang.t("event.key-suspected")),
        Some(KeyStanding::Good) => check("good", lang.t("event.ok")),
    }
}

/// What came out of checking that the log holds an event; `proven` is about its place below the checkpoint.
pub(super) fn log_check(lang: Lang, leaf: LeafCheck, proven: Option<bool>) -> Markup {
    match (leaf, proven) {
        (LeafCheck::Differs, _) | (_, Some(false)) => check("bad", lang.t("event.in-log-bad")),
        (_, None) => check("warn", lang.t("event.in-log-later")),
        (LeafCheck::Erased, Some(true)) => check("warn", lang.t("event.in-log-erased")),
        (LeafCheck::Matches, Some(true)) => check("good", lang.t("event.in-log-ok")),
    }
}

/// Pages that belong together: their addresses and the keys of their names.
pub(super) fn tabs(lang: Lang, here: &str, pages: &[(&str, &'static str)]) -> Markup {
    html! {
        nav.tabs aria-label=(lang.t("site.together")) {
            @for (path, name) in pages {
                a href=(path) aria-current=[(*path == here).then_some("page")] { (lang.t(name)) }
            }
        }
    }
}

/// Address of a manifest.
pub(super) fn manifest_path(id: ManifestId) -> String {
    format!("/manifests/{id}")
}

/// Address of the bundle of a manifest.
pub(super) fn manifest_bundle_path(id: ManifestId) -> String {
    format!("/manifests/{id}/bundle")
}

/// Address of the bundle of an event.
pub(super) fn event_bundle_path(id: EventId) -> String {
    format!("/events/{id}/bundle")
}

/// Address where a record is corrected.
pub(super) fn correct_path(id: EventId) -> String {
    format!("/events/{id}/correct")
}

/// Address of a lot.
pub(super) fn lot_path(id: LotId) -> String {
    format!("/lots/{id}")
}

/// Name of a site, with a link to its stock where the viewer may see it.
pub(super) fn site_link(viewer: &Viewer, site: &SiteRecord) -> Markup {
    html! {
        @if viewer.may_see_stock_of(site) { a href={ "/sites/" (site.site) } { (site.name) } } @else { (site.name) }
    }
}

/// A party with a link to its record, for whoever may open that.
pub(super) fn firm_link(party: Uscc, name: &str) -> Markup {
    html! { a href={ "/parties/" (party) } { (name) } }
}

/// Address of a label.
pub(super) fn label_path(id: LabelId) -> String {
    format!("/labels/{id}")
}

/// Address of a finding.
pub(super) fn finding_path(id: FindingId) -> String {
    format!("/findings/{id}")
}

/// Address of a case.
pub(super) fn case_path(id: CaseId) -> String {
    format!("/cases/{id}")
}

/// Address of a rule.
pub(super) fn rule_path(id: &str) -> String {
    format!("/rules/{id}")
}

/// What a finding is called: the title of its rule.
pub(super) fn rule_title(lang: Lang, item: &FindingItem) -> String {
    item.rule
        .map_or_else(|| item.row.seen.rule.clone(), |rule| lang.pick(rule.title_zh, rule.title_en).to_owned())
}

/// What a finding is about, with a link where the viewer may follow it.
pub(super) fn subject_link(lang: Lang, subject: &Subject, open: &Open) -> Markup {
    let kind = lang.of("subject", subject.kind_name()).unwrap_or(subject.kind_name());
    let key = subject.key();
    let path = match subject {
        Subject::Manifest(id) => manifest_path(*id),
        Subject::Lot(id) => lot_path(*id),
        Subject::Label(id) => label_path(*id),
        Subject::Site(id) => format!("/sites/{id}"),
        Subject::Party(code) => format!("/parties/{code}"),
        Subject::Document(_) => String::new(),
    };
    html! {
        (kind) " "
        @if open.contains(subject) { a.mono.nowrap href=(path) { (short(&key)) } } @else { span.mono.nowrap { (short(&key)) } }
    }
}

/// The end of an id: enough to tell ids apart on one page.
pub(super) fn short(key: &str) -> String {
    let skipped = key.chars().count().saturating_sub(8);
    format!("…{}", key.chars().skip(skipped).collect::<String>())
}
