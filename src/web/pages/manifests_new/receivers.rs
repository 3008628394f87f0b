//! To whom: the sites that may take the waste, each with its permit, its contract and what speaks against it.

use std::collections::BTreeSet;

use maud::{Markup, html};
use serde_json::json;

use super::Draft;
use super::form::MAX_REASON;
use crate::app::query::{Destinations, PermitShown, Receiver, ReceiverLine};
use crate::catalogue::{Catalogue, Disposition, TreatmentCode};
use crate::custody::payload::manifest::PartyAt;
use crate::custody::rules::Rule;
use crate::registry::PermitState;
use crate::web::components::{check, tag};
use crate::web::i18n::Lang;
use crate::web::signing::{Field, hidden};
use crate::web::visit::Visit;
use crate::web::words::{mass, name_of};

/// So many receivers stand there at once, the others behind a heading.
const SHOWN_AT_ONCE: usize = 4;

/// The receivers to choose from. The first one is chosen, or that of the manifest that is repeated.
pub(super) fn choices(visit: &Visit, draft: &Draft, found: &Destinations) -> Markup {
    let lang = visit.lang;
    let receivers = in_order(draft, found);
    let choice = |n: usize| choice(visit, draft, n, receivers[n]);
    let others = SHOWN_AT_ONCE.min(receivers.len())..receivers.len();
    html! {
        fieldset {
            legend { (lang.t("new-manifest.to")) }
            @if receivers.is_empty() { p.check.warn { (lang.t("new-manifest.nobody")) } }
            @for n in 0..others.start { (choice(n)) }
            @if !others.is_empty() {
                details {
                    summary { (lang.fill("new-manifest.other-receivers", &[("count", &others.len().to_string())])) }
                    @for n in others { (choice(n)) }
                }
            }
        }
    }
}

/// The same for somebody who cannot choose.
pub(super) fn told(visit: &Visit, draft: &Draft, found: &Destinations) -> Markup {
    let lang = visit.lang;
    html! {
        h2 { (lang.t("new-manifest.to")) }
        @if found.receivers.is_empty() { p { (lang.t("new-manifest.nobody")) } }
        @for receiver in in_order(draft, found) {
            div.choice { p { strong { (shown(lang, receiver)) } } (standing(visit, receiver)) }
        }
    }
}

/// That of the repeated manifest comes first.
fn in_order<'a>(draft: &Draft, found: &'a Destinations) -> Vec<&'a Receiver> {
    let wanted = draft.consignee.map(|consignee| (consignee.party, consignee.site));
    let mut receivers: Vec<&Receiver> = found.receivers.iter().collect();
    receivers.sort_by_key(|it| Some((it.party.party, it.site)) != wanted);
    receivers
}

fn shown(lang: Lang, receiver: &Receiver) -> String {
    format!("{} · {}", name_of(lang, &receiver.party), receiver.site_name)
}

fn choice(visit: &Visit, draft: &Draft, n: usize, receiver: &Receiver) -> Markup {
    let lang = visit.lang;
    let at = PartyAt { party: receiver.party.party, site: receiver.site };
    let part = format!("receiver-{n}");
    let shown = shown(lang, receiver);
    html! {
        div.choice {
            label.inline {
                input type="radio" name="/consignee" value=(json!(at)) data-as="json" data-opens=(part) data-shown=(shown)
                    checked[n == 0];
                strong { (shown) }
            }
            (standing(visit, receiver))
            fieldset id=(part) .inner hidden[n != 0] disabled[n != 0] { (parts(visit, draft, receiver)) }
        }
    }
}

/// What is signed along with this receiver: contract, approval, treatments, reasons.
fn parts(visit: &Visit, draft: &Draft, receiver: &Receiver) -> Markup {
    let lang = visit.lang;
    let profile = visit.profile();
    let against = receiver.against();
    let reasons = against.iter().filter(|rule| profile.disposition(rule) == Disposition::Reason);
    html! {
        @if let Some((contract, _)) = receiver.contract { (hidden("/contract", &json!(contract))) }
        @if let Some(approval) = receiver.approval { (hidden("/approval", &json!(approval))) }
        div.side-by-side {
            @for (n, line) in receiver.lines.iter().enumerate() {
                (treatment(lang, n, line, draft.lines[n].treatment))
            }
        }
        @for (n, rule) in reasons.enumerate() {
            (hidden(&format!("/reasons/{n}/rule"), &json!(rule)))
            p.check.warn { (title(lang, rule)) }
            (Field::needed(&format!("/reasons/{n}/text"), "new-manifest.reason").lines(lang, "", MAX_REASON))
        }
    }
}

/// How it is to be treated: as its permits allow; as anybody could where they tell nothing.
fn treatment(lang: Lang, n: usize, line: &ReceiverLine, usual: Option<TreatmentCode>) -> Markup {
    let all = || Catalogue::embedded().treatments().iter().map(|treatment| treatment.code).collect();
    let mut methods: Vec<TreatmentCode> = if line.methods.is_empty() { all() } else { line.methods.clone() };
    methods.extend(usual.filter(|usual| !methods.contains(usual)));
    let chosen = usual.or_else(|| line.methods.first().copied());
    let code = line.code.to_string();
    html! {
        label.field {
            span data-label { (lang.fill("new-manifest.treatment", &[("code", &code)])) }
            select name={ "/lines/" (n) "/treatment" } required {
                @if chosen.is_none() { option value="" { (lang.t("signing.choose")) } }
                @for method in methods {
                    option value=(method) selected[chosen == Some(method)] { (method) " " (lang.pick(&method.entry().zh, &method.entry().en)) }
                }
            }
        }
    }
}

/// Permits, contract, yearly amounts, and what speaks against it.
fn standing(visit: &Visit, receiver: &Receiver) -> Markup {
    let lang = visit.lang;
    let against: BTreeSet<&str> = receiver.against();
    html! {
        ul.standing {
            @for permit in &receiver.permits { li { (permit_shown(lang, permit)) } }
            @for line in receiver.lines.iter().filter(|line| !line.methods.is_empty()) {
                li {
                    span.mono { (line.code) } " " (line.methods.iter().map(ToString::to_string).collect::<Vec<_>>().join(lang.t("sign.list")))
                    " · " (lang.fill("new-manifest.yearly", &[("mass", &mass(lang, line.yearly_g))]))
                }
            }
            @if let Some((_, to)) = receiver.contract {
                li { (lang.fill("new-manifest.contract", &[("to", &to.to_string())])) }
            }
            @for rule in &against { li { (check("warn", &objection(lang, receiver, rule))) } }
            @if against.is_empty() { li { (check("good", lang.t("new-manifest.nothing-against"))) } }
        }
    }
}

/// What a rule says, and of which wastes where it is not all of them.
fn objection(lang: Lang, receiver: &Receiver, rule: &str) -> String {
    let is_broken = |line: &&ReceiverLine| line.against.contains(&rule);
    let codes: Vec<String> =
        receiver.lines.iter().filter(is_broken).map(|line| line.code.to_string()).collect();
    if codes.len() == receiver.lines.len() {
        return title(lang, rule).to_owned();
    }
    format!("{}{}{}", title(lang, rule), lang.t("sign.separator"), codes.join(lang.t("sign.list")))
}

fn permit_shown(lang: Lang, permit: &PermitShown) -> Markup {
    let state = permit.state;
    let class = match state {
        PermitState::Good => "good",
        PermitState::NotYet | PermitState::Suspended => "warn",
        PermitState::Expired | PermitState::Revoked => "bad",
    };
    html! {
        (lang.fill("new-manifest.permit", &[("number", &permit.number)])) " "
        (tag(class, lang.of("permit-state", state.name()).unwrap_or(state.name())))
        @if let Some(to) = permit.valid_to { " " (lang.fill("new-manifest.until", &[("to", &to.to_string())])) }
    }
}

fn title(lang: Lang, rule: &str) -> &'static str {
    Rule::named(rule).map_or("", |rule| lang.pick(rule.title_zh, rule.title_en))
}
