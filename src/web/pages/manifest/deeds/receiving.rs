//! The receipt, line by line: all of it, a part, or nothing (验收确认).

use maud::{Markup, html};
use serde_json::json;

use crate::app::query::LineView;
use crate::custody::Kind;
use crate::custody::manifest::Registration;
use crate::web::pages::manifest::ManifestPage;
use crate::web::signing::{Field, hidden};

impl ManifestPage<'_> {
    /// The form of a receipt.
    pub(super) fn receiving(&self, registration: &Registration) -> Markup {
        let data = json!({ "manifest": self.manifest.id, "site": registration.consignee.site });
        let lines = self.manifest.lines.iter().filter(|line| line.shipped_g > 0);
        self.statement(Kind::WasteReceived, data).form(
            self.visit,
            html! {
                p.soft { (self.visit.lang.t("deed.receive-text")) }
                @for (n, line) in lines.enumerate() { (self.received_line(n, line)) }
                (Field::optional("occurred_at", "deed.when").hint("deed.when-hint").moment(self.visit, None))
            },
        )
    }

    fn received_line(&self, n: usize, line: &LineView) -> Markup {
        let lang = self.visit.lang;
        let (accepted, rejected) = (format!("accepted-{n}"), format!("rejected-{n}"));
        let at = |member: &str| format!("/lines/{n}/{member}");
        let code = self.code(line.line);
        // What is left to be decided: of a delivery in parts, what no receipt has told of yet.
        let open_g = (line.shipped_g - line.accepted_g - line.rejected_g).max(0);
        html! {
            fieldset {
                legend { (lang.fill("deed.line", &[("line", &line.line.to_string()), ("code", &code)])) }
                (hidden(&at("line"), &json!(line.line)))
                (outcomes(self, n))
                (Field::needed(&at("code"), "deed.found-code").text(lang, &code, 20))
                fieldset #(accepted) {
                    (hidden(&at("accepted/basis"), &json!("measured")))
                    (Field::needed(&at("accepted/mass_g"), "deed.accepted").kilograms(lang, Some(open_g)))
                    (Field::optional(&at("accepted/pieces"), "deed.pieces").count(lang, None))
                }
                fieldset #(rejected) {
                    (hidden(&at("rejected/basis"), &json!("measured")))
                    (Field::needed(&at("rejected/mass_g"), "deed.rejected").kilograms(lang, None))
                    (Field::optional(&at("rejected/pieces"), "deed.pieces").count(lang, None))
                    (Field::needed(&at("reason"), "deed.reason").lines(lang, "", super::MAX_REASON))
                    label.inline {
                        input type="checkbox" name=(at("at_gate")) data-as="flag" data-shown=(lang.t("deed.yes"));
                        span data-label { (lang.t("deed.at-gate")) }
                    }
                }
            }
        }
    }
}

/// What became of a line: the choice opens what has to be said of it.
fn outcomes(page: &ManifestPage<'_>, n: usize) -> Markup {
    let lang = page.visit.lang;
    let both = [format!("accepted-{n}"), format!("rejected-{n}")];
    html! {
        div.choices role="radiogroup" aria-label=(lang.t("deed.outcome")) {
            @for (outcome, opens) in [("accepted", &both[..1]), ("partly", &both[..]), ("rejected", &both[1..])] {
                label.inline {
                    input type="radio" name={ "/lines/" (n) "/outcome" } value=(outcome) checked[outcome == "accepted"]
                        data-opens=(opens.join(" ")) aria-label=(lang.of("outcome", outcome).unwrap_or(outcome))
                        data-shown=(lang.of("outcome", outcome).unwrap_or(outcome));
                    (lang.of("outcome", outcome).unwrap_or(outcome))
                }
            }
        }
    }
}
