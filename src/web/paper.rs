//! Pages that are made to be printed: exact millimetres, nothing around them, and on the screen alone a bar above them that says how.

use axum::http::HeaderMap;
use axum::http::header::HOST;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::assets::{print_style_path, script_path};
use super::visit::Visit;

/// A page of sheets. `back` is the page that it was made from, `tools` what can be chosen about the print.
pub(super) fn page(visit: &Visit, title: &str, back: &str, tools: Markup, sheets: Markup) -> Response {
    let lang = visit.lang;
    let page = html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – " (lang.t("site.name")) }
                link rel="stylesheet" href=(print_style_path());
                link rel="icon" href="data:,";
            }
            body {
                a.skip href="#main" { (lang.t("site.skip")) }
                header.tools {
                    p { a href=(back) { (lang.t("printed.back")) } }
                    (tools)
                    p.hint { (lang.t("printed.hint")) }
                    p { button type="button" data-print hidden { (lang.t("printed.print")) } }
                }
                main #main tabindex="-1" {
                    div.unseen { h1 { (title) } }
                    (sheets)
                }
                script type="module" src=(script_path("desk/print.js")) {}
            }
        }
    };
    page.into_response()
}

/// On every sheet of a demonstration: invented papers must not pass for real ones.
pub(super) fn invented(visit: &Visit) -> Markup {
    html! { @if visit.demo.is_some() { p.invented { (visit.lang.t("printed.invented")) } } }
}

/// The whole address of a page of this site, for a code that a telephone reads. Telephones reach it by TLS; a machine itself need not.
pub(super) fn address(headers: &HeaderMap, path: &str) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    crate::print::address(host, path)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn telephones_come_by_tls() {
        for (host, whole) in [
            ("ledger.example", "https://ledger.example/x"),
            ("ledger.example:8443", "https://ledger.example:8443/x"),
            ("127.0.0.1:8371", "http://127.0.0.1:8371/x"),
            ("localhost", "http://localhost/x"),
        ] {
            let headers = HeaderMap::from_iter([(HOST, host.parse().unwrap())]);
            assert_eq!(address(&headers, "/x"), whole);
        }
    }
}
