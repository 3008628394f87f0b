//! Rules about a document of another system, looked at once, when it is imported: what `custody::document` marks in it.

use super::{Check, EntryView, Rule, observation};
use crate::catalogue::Profile;
use crate::catalogue::Severity::{Major, Minor};
use crate::custody::document::judge;
use crate::custody::finding::{Figures, Observation};
use crate::custody::kind::Statement;

/// Most findings of one rule about one document: a document is hostile or hopeless beyond that, and a check of it shows all.
const MAX_FINDINGS: usize = 20;
/// The rule that tells a document of which something cannot be read: whoever signs one may put anything into it.
const UNREADABLE: &str = "document-incomplete";

/// What one rule finds in an imported document, each mark a finding of its own.
fn look(rule: &'static str, view: &EntryView<'_>, seen: &mut Vec<Observation>) {
    let recorded = view.recorded;
    let Statement::DocumentImported(document) = &recorded.event.statement else { return };
    if !recorded.verdict.moves() {
        return;
    }
    let judged = view.judged.get_or_init(|| {
        let profile = Profile::embedded(&document.profile)?;
        judge(&document.media, &document.content, profile, recorded.recorded_at)
    });
    let Some(judged) = judged else { return };
    let found = |code: &str, pointer: String, figures: Figures| {
        let discriminator = format!("event:{}:{code}:{pointer}", recorded.id);
        let mut found = observation(rule, recorded.event.main_subject(), discriminator);
        found.concerns = vec![recorded.event.party];
        found.evidence = vec![recorded.id];
        found.figures =
            figures.with("found", code).with("pointer", pointer).with("number", &*document.number);
        found
    };
    if let Some(flaw) = judged.unread.first().filter(|_| rule == UNREADABLE) {
        seen.push(found(flaw.code, flaw.pointer.clone(), Figures::none()));
    }
    let of_rule = judged.marked.iter().filter(|marked| marked.fault.rule == Some(rule));
    for marked in of_rule.take(MAX_FINDINGS) {
        seen.push(found(marked.fault.code, marked.pointer.clone(), marked.figures.clone()));
    }
}

/// A rule about documents: its texts, and the function that looks for its marks.
macro_rules! rules {
    ($($function:ident $id:literal $severity:ident $title_zh:literal, $title_en:literal, $zh:literal, $en:literal;)+) => {
        $(fn $function(view: &EntryView<'_>, seen: &mut Vec<Observation>) {
            look($id, view, seen);
        })+

        /// The rules about documents.
        pub(super) const RULES: &[Rule] = &[$(Rule {
            id: $id,
            version: 1,
            severity: $severity,
            cleared_by_standing: false,
            basis: "*",
            title_zh: $title_zh,
            title_en: $title_en,
            text_zh: $zh,
            text_en: $en,
            parameters: &[],
            checks: &[Check::OnEntry($function)],
        }),+];
    };
}

rules! {
    number "document-number" Minor
        "文件编号有误", "Number of a document",
        "导入文件的编号，或其中所列的另一编号，不符合格式、缺失或自相矛盾。",
        "The number of an imported document, or another one it names, is missing, not of the prescribed form, or contradicts itself.";
    sum "document-sum" Major
        "文件合计不符", "Sums of a document",
        "导入文件中的各项加起来与所写的总数不符，或行号不连续、重复。",
        "What an imported document lists does not add up to what it states, or its lines are not numbered without gaps.";
    date "document-date" Minor
        "文件日期有误", "Dates of a document",
        "导入文件中的日期不存在、尚未到来、先后颠倒，或超过期限。",
        "A date in an imported document cannot be, has not come, lies before what it must follow, or is beyond a term.";
    transporter "document-transporter" Major
        "文件承运顺序有误", "Transporters of a document",
        "导入文件的承运单位顺序重复、缺失、有缺口，或中间有人没有签名。",
        "The transporters of an imported document are missing, out of order, or one of them has not signed.";
    quantity "document-quantity" Major
        "文件数量有误", "Quantities of a document",
        "导入文件中的数量、容器数、重量或密度不可能。",
        "A quantity, number of containers, weight or density in an imported document cannot be.";
    code "document-code" Minor
        "文件代码有误", "Codes of a document",
        "导入文件中的代码、单位编号或取值不在规定之内。",
        "A code, site id or value in an imported document is not one that is prescribed.";
    incomplete "document-incomplete" Major
        "文件不完整", "Document incomplete",
        "导入文件按其状态和提交方式缺少必需的内容，或有内容无法读取。",
        "An imported document lacks what one of its status and submission type must have, or something in it cannot be read.";
    contradiction "document-contradiction" Major
        "文件自相矛盾", "Document contradicts itself",
        "导入文件中两处说法互相矛盾：标志与说明、状态与签名。",
        "Two things an imported document says cannot both be: a flag and what it announces, a status and the signatures.";
}
