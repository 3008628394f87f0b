//! The stylesheet, and the scripts of the pages that have any: their addresses hold the digest of their bytes, so that a
//! browser may keep them for ever.

use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::ledger::Digest;

const STYLE: &str = include_str!("assets/style.css");
/// The look of what is made to be printed.
const PRINT_STYLE: &str = include_str!("assets/print.css");
/// A year, and it never changes: another text has another address.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Bytes of the digest in the address.
const NAME_BYTES: usize = 8;

macro_rules! scripts {
    ($($room:literal { $($name:ident)+ })+) => {
        &[$($((
            concat!($room, "/", stringify!($name), ".js"),
            include_str!(concat!("assets/", $room, "/", stringify!($name), ".js")),
        )),+),+]
    };
}

/// The modules, by room: `verify` checks bundles in the browser, `desk` signs there, `carry` reads and makes codes. They import each other by these names.
const SCRIPTS: &[(&str, &str)] = scripts! {
    "verify" { bundle bytes document ed25519 event json jws keys kinds leaf merkle note page policy proof refused }
    "carry" { optical page scan }
    "desk" { call containers copy desk device enrol enter form invite keys live print review sign }
};

/// Keeps the page that reads codes; put behind what it keeps it is `/worker.js`.
const WORKER: &str = include_str!("assets/worker.js");
/// The page that it keeps, and the modules of that: they import no others.
const KEPT_PAGE: &str = "/q";
const KEPT: [&str; 8] = [
    "carry/optical.js",
    "carry/page.js",
    "carry/scan.js",
    "verify/bytes.js",
    "verify/ed25519.js",
    "verify/json.js",
    "verify/jws.js",
    "verify/refused.js",
];
/// The worker asks this site for what it keeps, and nobody else for anything.
const WORKER_POLICY: &str = "default-src 'none'; connect-src 'self'";

fn digest_name(parts: &[&[u8]]) -> String {
    Digest::sha256(parts).0[..NAME_BYTES].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Address of the stylesheet.
pub(super) fn style_path() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| format!("/assets/style.{}.css", digest_name(&[STYLE.as_bytes()])))
}

/// Address of the stylesheet of what is printed.
pub(super) fn print_style_path() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| format!("/assets/print.{}.css", digest_name(&[PRINT_STYLE.as_bytes()])))
}

/// Address of the scripts' folder: one digest over all of them, since they import each other by relative names.
fn scripts_path() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| {
        let parts: Vec<&[u8]> = SCRIPTS.iter().map(|(_, text)| text.as_bytes()).collect();
        format!("/assets/scripts.{}", digest_name(&parts))
    })
}

/// Address of one script, by its room and name.
pub(super) fn script_path(name: &str) -> String {
    format!("{}/{name}", scripts_path())
}

/// Addresses of all scripts that check bundles, the one that starts the page first.
pub(super) fn verify_script_paths() -> Vec<String> {
    let names = SCRIPTS.iter().map(|(name, _)| *name).filter(|name| name.starts_with("verify/"));
    let mut names: Vec<&str> = names.collect();
    names.sort_by_key(|name| *name != "verify/page.js");
    names.into_iter().map(script_path).collect()
}

/// `GET /assets/{file}`
pub(super) async fn asset(Path(file): Path<String>) -> Response {
    let styles = [(style_path(), STYLE), (print_style_path(), PRINT_STYLE)];
    match styles.iter().find(|(path, _)| path.strip_prefix("/assets/") == Some(file.as_str())) {
        Some((_, text)) => kept("text/css; charset=utf-8", text),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `GET /assets/{folder}/{room}/{file}`
pub(super) async fn script(Path((folder, room, file)): Path<(String, String, String)>) -> Response {
    let wanted = format!("{room}/{file}");
    let found = SCRIPTS.iter().find(|(name, _)| *name == wanted);
    match found.filter(|_| scripts_path().strip_prefix("/assets/") == Some(folder.as_str())) {
        Some((_, text)) => kept("text/javascript; charset=utf-8", text),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `GET /worker.js`: asked for again each time, so that a new version is kept as soon as there is one.
pub(super) async fn worker() -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| {
        let mut files = vec![style_path().to_owned()];
        files.extend(KEPT.map(script_path));
        let named = files.iter().map(|file| format!("\"{file}\"")).collect::<Vec<_>>().join(",");
        let version = digest_name(&[WORKER.as_bytes(), named.as_bytes()]);
        format!("self.KEPT={{version:\"{version}\",page:\"{KEPT_PAGE}\",files:[{named}]}};\n{WORKER}")
    });
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, WORKER_POLICY),
    ];
    (headers, text.as_str()).into_response()
}

fn kept(content_type: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, FOR_EVER)], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_asks_for_nothing_that_is_not() {
        for (name, text) in SCRIPTS.iter().filter(|(name, _)| KEPT.contains(name)) {
            let room = name.split('/').next().unwrap_or_default();
            for from in text.split(" from \"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let module = match from.strip_prefix("../") {
                    Some(other_room) => other_room.to_owned(),
                    None => format!("{room}/{}", from.trim_start_matches("./")),
                };
                assert!(KEPT.contains(&module.as_str()), "{name} imports {module}");
            }
        }
        assert_eq!(SCRIPTS.iter().filter(|(name, _)| KEPT.contains(name)).count(), KEPT.len());
    }
}
