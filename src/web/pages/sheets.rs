//! Registers and declarations as files: links to them in every order of columns, and the answer that a browser keeps as a file.

use std::collections::BTreeSet;

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::app::query::{Cell, MAX_LISTED, Sheet, SheetForm};
use crate::catalogue::{ColumnOrder, Uscc};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::noting::Listed;
use crate::web::visit::Visit;
use crate::web::words::count;

/// What a table is offered as.
pub(super) const FORMS: [SheetForm; 2] = [SheetForm::Csv, SheetForm::Xlsx];

/// Links to a table as a file, in each order of columns; `query` says which rows.
pub(super) fn downloads(visit: &Visit, query: &str) -> Markup {
    let lang = visit.lang;
    html! {
        ul.plain {
            @for order in visit.app.column_orders() {
                li {
                    (lang.pick(&order.zh, &order.en)) (lang.t("sign.separator"))
                    @for form in FORMS {
                        a href={ (visit.path) "/" (form.ending()) "?" (query) "&columns=" (order.id) } download {
                            (lang.fill("duty.download", &[("form", form.ending())]))
                        }
                        " "
                    }
                }
            }
        }
    }
}

/// The table of a list, by the keys of its name and heads; `cut` is that of what its last row says where more was found than it holds.
pub(super) fn of_list(
    lang: Lang,
    name: &'static str,
    heads: &[&'static str],
    rows: Vec<Vec<Cell>>,
    cut: Option<&'static str>,
) -> Sheet {
    let heads = heads.iter().map(|key| lang.t(key).to_owned()).collect();
    let mut sheet = Sheet { name: lang.t(name).to_owned(), heads, rows };
    if let Some(cut) = cut {
        sheet.end_with(lang.t(cut));
    }
    sheet
}

/// Links to everything that the search of a list finds as a file, and how much of it one holds.
pub(super) fn exports(visit: &Visit) -> Markup {
    let lang = visit.lang;
    let path =
        |form: SheetForm| visit.there_without(&format!("{}/sheet/{}", visit.path, form.ending()), "after");
    html! {
        p.small {
            (lang.t("site.export")) (lang.t("sign.separator"))
            @for form in FORMS {
                a href=(path(form)) download { (lang.fill("duty.download", &[("form", form.ending())])) } " "
            }
            span.soft { (lang.fill("site.export-limit", &[("rows", &count(MAX_LISTED as u64))])) }
        }
    }
}

/// The form and the order of columns that an address asks for.
pub(super) fn asked<'a>(
    visit: &'a Visit,
    form: &str,
    columns: Option<&str>,
) -> Result<(SheetForm, &'a ColumnOrder), Failure> {
    let order = visit.app.column_order(columns).ok_or(Failure::NotFound)?;
    Ok((form_named(form)?, order))
}

/// The form that an address asks for.
pub(super) fn form_named(form: &str) -> Result<SheetForm, Failure> {
    FORMS.into_iter().find(|known| known.ending() == form).ok_or(Failure::NotFound)
}

/// A list as a file, and who stands in it: each of these parties is told when an authority takes it along.
pub(super) fn list_file(name: &str, form: SheetForm, bytes: Vec<u8>, parties: BTreeSet<Uscc>) -> Response {
    let mut answer = file(name, form, bytes);
    answer.extensions_mut().insert(Listed(parties));
    answer
}

/// A file called `name`, made of letters, digits and hyphens, with the ending of its form.
pub(super) fn file(name: &str, form: SheetForm, bytes: Vec<u8>) -> Response {
    named_file(&format!("{name}.{}", form.ending()), form.media(), bytes)
}

/// A file called `name`, made of letters, digits, hyphens and a point.
pub(super) fn named_file(name: &str, media: &'static str, bytes: Vec<u8>) -> Response {
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let disposition = disposition.expect("letters, digits and hyphens make a header");
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(media)), (CONTENT_DISPOSITION, disposition)];
    (headers, bytes).into_response()
}
