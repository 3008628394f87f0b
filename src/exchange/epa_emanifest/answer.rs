//! Answers of the interface to a manifest that was sent: whether it was taken, and what it says is wrong with it.

use crate::custody::document::json::{Node, Value};
use crate::custody::document::spot::Spot;
use crate::custody::document::{Fault, Judged, Marked};
use crate::custody::finding::Figures;

static REFUSED: Fault = Fault {
    rule: Some("document-code"),
    code: "refused-by-interface",
    zh: "接口拒收了联单的这一项",
    en: "the interface refused this of the manifest",
};
static FAILED: Fault = Fault {
    rule: Some("document-code"),
    code: "operation-failed",
    zh: "接口没有接受该操作",
    en: "the interface did not take the operation",
};
static WARNED: Fault = Fault {
    rule: None,
    code: "warned-by-interface",
    zh: "接口对这一项提出提醒",
    en: "the interface warns of this",
};

/// Most characters of a message that is repeated.
const MAX_MESSAGE_CHARS: usize = 300;

/// True for an answer: it has an operation status, or a report of errors.
pub(super) fn is_answer(node: &Node) -> bool {
    let has = |name: &str| node.member(name).is_some();
    has("operationStatus")
        || (has("errors") && (has("reportId") || has("date")))
        || (has("code") && has("message"))
}

/// Every error it tells is a finding about the manifest it answers to.
pub(super) fn judge(node: &Node) -> Judged {
    let root = Spot::root(node);
    let mut judged = Judged::default();
    let reports =
        [root.clone()].into_iter().chain(root.list("manifestReports")).chain(root.get("signerReport"));
    for report in reports {
        for (list, fault) in [("errors", &REFUSED), ("warnings", &WARNED), ("emanifestErrors", &REFUSED)] {
            judged.marked.extend(report.list(list).iter().map(|item| mark(fault, item)));
        }
    }
    let has_failed =
        root.text_of("operationStatus").is_some_and(|status| !is_success(status)) || root.has("code");
    if has_failed && judged.marked.iter().all(|marked| !marked.is_fault()) {
        let spot = root.get("operationStatus").or_else(|| root.get("code")).unwrap_or(root);
        judged.marked.push(mark(&FAILED, &spot));
    }
    judged
}

fn is_success(status: &str) -> bool {
    matches!(
        status,
        "Created"
            | "Updated"
            | "Corrected"
            | "Deleted"
            | "Reverted"
            | "Completed"
            | "Signed"
            | "Success"
            | "Passed"
    )
}

fn mark(fault: &'static Fault, spot: &Spot<'_>) -> Marked {
    let mut figures = Figures::none();
    for name in ["field", "message"] {
        if let Some(text) = spot.text_of(name) {
            figures = figures.with(name, text.chars().take(MAX_MESSAGE_CHARS).collect::<String>());
        }
    }
    if let Value::Text(text) = &spot.node().value {
        figures = figures.with("written", text.chars().take(MAX_MESSAGE_CHARS).collect::<String>());
    }
    Marked { fault, pointer: spot.pointer().to_owned(), at: spot.node().at, figures }
}
