//! Forms whose content is signed in the browser: what the page knows already, fields named by where they stand in the statement, and the dialog in
//! which is read what will be signed. `assets/desk/` does the rest through the public interface.

mod codes;
mod masses;
mod parts;

use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::Value;

use super::acting::NotCovered;
use super::assets::script_path;
use super::dress::CALLING_POLICY;
use super::i18n::Lang;
use super::layout;
use super::visit::Visit;
use super::words::moment_input;
use crate::clock::Timestamp;
use crate::custody::Kind;
use crate::custody::declare::may_state;
use crate::id::MandateId;

pub(super) use parts::{file, flag, part};

/// Files that the ledger keeps.
const ACCEPTED: &str = "image/jpeg,image/png,image/webp,application/pdf";

/// A page with forms that are signed.
pub(super) fn page(visit: &Visit, title: &str, body: Markup) -> Response {
    let body = html! {
        (body)
        (review(visit.lang))
        script type="module" src=(script_path("desk/desk.js")) {}
    };
    ([(CONTENT_SECURITY_POLICY, CALLING_POLICY)], layout::page(visit, title, body)).into_response()
}

/// One statement: its kind, what the page knows of it, and where its maker goes then. `{name}` in the address becomes the id that was made for
/// `new:name`.
pub(super) struct Statement<'a> {
    pub(super) kind: Kind,
    pub(super) data: Value,
    pub(super) then: &'a str,
    /// Key of what the button says.
    pub(super) button: &'static str,
}

impl Statement<'_> {
    /// The form of an offer, which is sealed for the other side and recorded by nobody until that takes it.
    pub(super) fn offer_form(&self, visit: &Visit, fields: Markup) -> Markup {
        if visit.signed.is_none() {
            return seat(visit);
        }
        html! {
            form.deed method="post" novalidate data-typ="offer" data-data=(self.data) data-log=(visit.app.origin())
                data-kid=[visit.viewer.kid()] data-offset=(offset(visit)) data-ahead=(visit.ahead_ms()) {
                (troubles(visit.lang))
                (fields)
                button { (visit.lang.t(self.button)) }
            }
        }
    }

    /// The form. Whoever has not signed in is told how to come to one.
    pub(super) fn form(&self, visit: &Visit, fields: Markup) -> Markup {
        let mandate = match mandate_for(visit, self.kind) {
            Ok(mandate) => mandate,
            Err(why) => return why,
        };
        html! {
            form.deed method="post" novalidate data-kind=(self.kind.name()) data-data=(self.data) data-then=(self.then)
                data-log=(visit.app.origin()) data-kid=[visit.viewer.kid()] data-offset=(offset(visit))
                data-for=[visit.acting.now_for] data-mandate=[mandate] {
                (troubles(visit.lang))
                (fields)
                button { (visit.lang.t(self.button)) }
            }
        }
    }
}

/// The mandate that a statement of this kind names, if any; or what the visitor is told in place of a form that the ledger would refuse.
fn mandate_for(visit: &Visit, kind: Kind) -> Result<Option<MandateId>, Markup> {
    if visit.signed.is_none() {
        return Err(seat(visit));
    }
    let told = |key| html! { p.soft { (visit.lang.t(key)) } };
    if visit.viewer.role().is_some_and(|role| !may_state(role, kind)) {
        return Err(told("signing.not-by-role"));
    }
    visit.acting.mandate_for(kind).map_err(|NotCovered| told("acting.not-covered"))
}

/// A call of the public interface that states nothing: its method, where it goes, and where its maker goes then.
pub(super) struct Call<'a> {
    pub(super) method: &'static str,
    pub(super) path: &'a str,
    pub(super) then: &'a str,
    /// Key of what the button says.
    pub(super) button: &'static str,
}

impl Call<'_> {
    /// A button for it, such as taking an offer back.
    pub(super) fn button(&self, visit: &Visit) -> Markup {
        if visit.signed.is_none() {
            return html! {};
        }
        self.around(visit, None, html! { button.second { (visit.lang.t(self.button)) } })
    }

    /// A form that sends what the page knows, with what is filled in beside it.
    pub(super) fn form(&self, visit: &Visit, data: &Value, fields: Markup) -> Markup {
        if visit.signed.is_none() {
            return seat(visit);
        }
        self.around(visit, Some(data), html! { (fields) button { (visit.lang.t(self.button)) } })
    }

    fn around(&self, visit: &Visit, data: Option<&Value>, inside: Markup) -> Markup {
        html! {
            form.deed method="post" novalidate data-method=(self.method) data-path=(self.path) data-then=(self.then)
                data-data=[data] data-log=(visit.app.origin()) data-kid=[visit.viewer.kid()] {
                (troubles(visit.lang))
                (inside)
            }
        }
    }
}

/// A form that sends files as they are.
pub(super) fn upload(visit: &Visit, then: &str, button: &'static str) -> Markup {
    if visit.signed.is_none() {
        return seat(visit);
    }
    let lang = visit.lang;
    html! {
        form.deed method="post" data-path="/attachments" data-then=(then) data-log=(visit.app.origin()) data-kid=[visit.viewer.kid()] {
            (troubles(lang))
            label.field {
                span data-label { (lang.t("answer-form.files")) }
                input type="file" multiple required data-sent accept=(ACCEPTED);
            }
            button { (lang.t(button)) }
        }
    }
}

/// A form of many statements of one kind, each a [`row`] or [`chosen`] with a box that chooses it. What stands in an element with `data-shared`,
/// each of them says.
pub(super) fn many(visit: &Visit, kind: Kind, then: &str, button: &'static str, rows: Markup) -> Markup {
    let mandate = match mandate_for(visit, kind) {
        Ok(mandate) => mandate,
        Err(why) => return why,
    };
    let lang = visit.lang;
    html! {
        form.deed.many method="post" novalidate data-then=(then) data-log=(visit.app.origin()) data-kid=[visit.viewer.kid()]
            data-offset=(offset(visit)) data-for=[visit.acting.now_for] data-mandate=[mandate] {
            (troubles(lang))
            label.inline { input type="checkbox" data-all; " " (lang.t("signing.all")) }
            (rows)
            button { (lang.t(button)) }
        }
    }
}

/// One of many statements.
pub(super) fn row(kind: Kind, data: &Value, shown: &str) -> Markup {
    html! {
        fieldset.row data-row data-kind=(kind.name()) data-data=(data) data-title=(shown) {
            label.inline { input type="checkbox" data-chosen; " " (shown) }
        }
    }
}

/// One of many statements, as a box in a cell of a table.
pub(super) fn chosen(kind: Kind, data: &Value, name: &str) -> Markup {
    html! {
        span data-row data-kind=(kind.name()) data-data=(data) data-title=(name) {
            label.choose { input type="checkbox" data-chosen aria-label=(name); }
        }
    }
}

/// The distance of the ledger's times from UTC, as fields with a moment are read.
fn offset(visit: &Visit) -> &'static str {
    visit.profile().zone().utc_offset.as_str()
}

/// What keeps a browser from signing, shown by the script where it holds.
fn troubles(lang: Lang) -> Markup {
    html! {
        p.check.warn hidden data-trouble="noKey" { (lang.t("signing.no-key")) " " a href="/device" { (lang.t("device.title")) } }
        p.check.warn hidden data-trouble="noSigning" { (lang.t("signing.no-signing")) " " a href="/device" { (lang.t("device.title")) } }
        noscript { p.check.warn { (lang.t("signing.no-script")) } }
    }
}

/// The way to a key for whoever only looks.
fn seat(visit: &Visit) -> Markup {
    let lang = visit.lang;
    html! { p.soft { (lang.t("signing.sign-in")) " " a href="/device" { (lang.t("device.title")) } } }
}

/// What is read before signing, and what came of it afterwards; with the words that the script needs.
fn review(lang: Lang) -> Markup {
    let t = |key| lang.t(key);
    html! {
        dialog #review aria-labelledby="review-title" data-refused=(t("signing.refused")) data-not-taken=(t("signing.not-taken"))
            data-needed=(t("signing.needed"))
            data-mass=(t("signing.mass")) data-count=(t("signing.count")) data-moment=(t("signing.moment")) data-code=(t("signing.code"))
            data-nothing=(t("signing.nothing")) data-no-key=(t("signing.no-key")) data-unreached=(t("signing.unreached"))
            data-no-receipt=(t("signing.no-receipt")) data-unsure=(t("signing.unsure")) data-fault=(t("signing.fault"))
            data-slipped=(t("signing.slipped")) data-whole=(t("signing.whole")) data-opens=(t("signing.opens")) data-opened=(t("signing.opened")) data-closed=(t("signing.closed"))
            data-partly=(t("signing.partly")) data-entry=(t("signing.entry")) data-number=(t("col.number"))
            data-when=(t("deed.when")) {
            h2 #review-title {
                span data-phase="asking" { (t("signing.check")) }
                span data-phase="done" hidden { (t("signing.done")) }
            }
            div data-content {}
            form method="dialog" data-phase="asking" {
                button value="sign" { (t("signing.sign")) }
                button.second value="back" { (t("signing.back")) }
            }
            p data-phase="done" hidden { a.button data-onward href="/" { (t("signing.onward")) } }
        }
    }
}

/// A field of a statement.
pub(super) struct Field<'a> {
    /// Where it stands below `data` (JSON pointer), or `occurred_at`.
    pub(super) name: &'a str,
    /// Key of what it is called.
    pub(super) label: &'static str,
    /// Key of a hint, where it needs one.
    pub(super) hint: Option<&'static str>,
    pub(super) is_required: bool,
}

impl<'a> Field<'a> {
    /// One that must be filled in.
    pub(super) fn needed(name: &'a str, label: &'static str) -> Self {
        Self { name, label, hint: None, is_required: true }
    }

    /// One that may stay empty.
    pub(super) fn optional(name: &'a str, label: &'static str) -> Self {
        Self { name, label, hint: None, is_required: false }
    }

    /// With a hint.
    pub(super) fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    fn labelled(&self, lang: Lang, class: &str, field: Markup) -> Markup {
        html! {
            label.(class) {
                (head(lang, self.label, self.is_required))
                @if let Some(hint) = self.hint { span.hint.soft.small { (lang.t(hint)) } }
                (field)
            }
        }
    }

    /// A line of text.
    pub(super) fn text(self, lang: Lang, value: &str, most: usize) -> Markup {
        let input = html! { input name=(self.name) value=(value) maxlength=(most) required[self.is_required] autocomplete="off"; };
        self.labelled(lang, "field", input)
    }

    /// Several lines of text.
    pub(super) fn lines(self, lang: Lang, value: &str, most: usize) -> Markup {
        let area = html! {
            textarea name=(self.name) rows="4" maxlength=(most) required[self.is_required] { (value) }
        };
        self.labelled(lang, "field", area)
    }

    /// A whole number.
    pub(super) fn count(self, lang: Lang, value: Option<u64>) -> Markup {
        let value = value.map(|value| value.to_string()).unwrap_or_default();
        let input = html! {
            input name=(self.name) value=(value) data-as="count" inputmode="numeric" required[self.is_required] autocomplete="off";
        };
        self.labelled(lang, "field", input)
    }

    /// A moment, in the ledger's zone.
    pub(super) fn moment(self, visit: &Visit, at: Option<Timestamp>) -> Markup {
        let value = at.map(|at| moment_input(visit.zone(), at)).unwrap_or_default();
        let input = html! {
            input type="datetime-local" name=(self.name) value=(value) data-as="moment" required[self.is_required];
        };
        self.labelled(visit.lang, "field", input)
    }

    /// A day.
    pub(super) fn day(self, lang: Lang, value: &str) -> Markup {
        let input = html! { input type="date" name=(self.name) value=(value) required[self.is_required]; };
        self.labelled(lang, "field", input)
    }

    /// The plate of a vehicle; known ones are offered.
    pub(super) fn plate(self, lang: Lang, value: &str, known: &[String]) -> Markup {
        let list = format!("known{}", self.name.replace('/', "-"));
        let input = html! {
            input name=(self.name) value=(value) data-as="plate" list=[(!known.is_empty()).then_some(&list)] maxlength="20"
                required[self.is_required] autocomplete="off";
            @if !known.is_empty() { datalist id=(list) { @for plate in known { option value=(plate) {} } } }
        };
        self.labelled(lang, "field", input)
    }

    /// One of several texts.
    pub(super) fn choice(self, lang: Lang, options: &[Choice], chosen: &str) -> Markup {
        self.chosen_from(lang, options, chosen, None)
    }

    /// One of several values that are JSON.
    pub(super) fn choice_of_json(self, lang: Lang, options: &[Choice], chosen: &str) -> Markup {
        self.chosen_from(lang, options, chosen, Some("json"))
    }

    fn chosen_from(self, lang: Lang, options: &[Choice], chosen: &str, as_what: Option<&str>) -> Markup {
        let select = html! {
            select name=(self.name) data-as=[as_what] required[self.is_required] {
                @if !self.is_required || (chosen.is_empty() && options.len() != 1) { option value="" { (lang.t("signing.choose")) } }
                @for choice in options {
                    option value=(choice.value) selected[choice.value == chosen] { (choice.shown) }
                }
            }
        };
        self.labelled(lang, "field", select)
    }
}

/// What a field is called.
fn head(lang: Lang, label: &'static str, is_required: bool) -> Markup {
    html! {
        span {
            span data-label { (lang.t(label)) }
            @if !is_required { " " span.soft.small { (lang.t("signing.optional")) } }
        }
    }
}

/// Something that can be chosen.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) shown: String,
}

/// Files whose digests become a list at this member; they are sent first.
pub(super) fn files(lang: Lang, member: &str, label: &'static str) -> Markup {
    html! {
        label.field {
            (head(lang, label, false))
            span.hint.soft.small { (lang.t("signing.files")) }
            input type="file" multiple data-digests=(member) accept=(ACCEPTED);
        }
    }
}

/// A value that the page knows and its reader need not see.
pub(super) fn hidden(name: &str, value: &Value) -> Markup {
    html! { input type="hidden" name=(name) value=(value) data-as="json"; }
}
