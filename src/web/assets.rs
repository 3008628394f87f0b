//! The stylesheet, and the scripts of the pages that have any: their addresses hold the digest of their bytes, so that a
//! browser may keep them for ever.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::layout::{ICON, THEME};
use super::visit::Visit;
use crate::ledger::Digest;

const STYLE: &str = include_str!("assets/style.css");
/// The look of what is made to be printed.
const PRINT_STYLE: &str = include_str!("assets/print.css");
/// A year, and it never changes: another text has another address.
pub(super) const FOR_EVER: &str = "public, max-age=31536000, immutable";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
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
    "carry" { containers draw driver handing head load optical page paper phone queue receipt scan screens shape words worker }
    "desk" { call containers copy desk device enrol enter form invite kept keys live print review sign }
};

/// What the pages use of others: the reader and the writer of codes, where they were installed before the program was built.
#[derive(rust_embed::Embed)]
#[folder = "src/web/npm/node_modules/qr"]
#[allow_missing = true]
struct Npm;

/// The modules of it that are given out.
const NPM: [&str; 2] = ["decode.js", "index.js"];

/// Keeps the pages that must open without a network; put behind what it keeps it is `/worker.js`.
const WORKER: &str = include_str!("assets/worker.js");
/// The pages that it keeps, each with the script that starts it.
const KEPT_PAGES: [(&str, &str); 2] = [("/q", "carry/page.js"), ("/driver", "carry/driver.js")];
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

/// Address of a module of others; `None` where the program was built without it. One digest over all of them: one imports the other.
pub(super) fn npm_path(name: &str) -> Option<String> {
    static FOLDER: OnceLock<Option<String>> = OnceLock::new();
    let digest_of = |name: &str| Some(Npm::get(name)?.metadata.sha256_hash());
    let folder = FOLDER.get_or_init(|| {
        let digests: Vec<[u8; 32]> = NPM.into_iter().map(digest_of).collect::<Option<_>>()?;
        Some(digest_name(&digests.iter().map(<[u8; 32]>::as_slice).collect::<Vec<_>>()))
    });
    Some(format!("/assets/npm.{}/qr/{name}", folder.as_ref()?))
}

fn of_others(path: &str) -> Option<Cow<'static, [u8]>> {
    let name = NPM.into_iter().find(|name| npm_path(name).as_deref() == Some(path))?;
    Some(Npm::get(name)?.data)
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
        Some((_, text)) => kept("text/css; charset=utf-8", *text),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `GET /assets/{folder}/{room}/{file}`
pub(super) async fn script(Path((folder, room, file)): Path<(String, String, String)>) -> Response {
    if let Some(content) = of_others(&format!("/assets/{folder}/{room}/{file}")) {
        return kept(JAVASCRIPT, content);
    }
    let wanted = format!("{room}/{file}");
    let found = SCRIPTS.iter().find(|(name, _)| *name == wanted);
    match found.filter(|_| scripts_path().strip_prefix("/assets/") == Some(folder.as_str())) {
        Some((_, text)) => kept(JAVASCRIPT, *text),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The modules that a script asks for, by room and name.
fn imports(name: &str) -> Vec<String> {
    let text = SCRIPTS.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| *text);
    let room = name.split('/').next().unwrap_or_default();
    let asked = text.split(" from \"").skip(1).filter_map(|rest| rest.split('"').next());
    let module = |from: &str| match from.strip_prefix("../") {
        Some(other_room) => other_room.to_owned(),
        None => format!("{room}/{}", from.trim_start_matches("./")),
    };
    asked.map(module).collect()
}

/// The scripts of the kept pages, and whatever those ask for.
fn kept_scripts() -> BTreeSet<&'static str> {
    let mut kept = BTreeSet::new();
    let mut open: Vec<String> = KEPT_PAGES.iter().map(|(_, script)| (*script).to_owned()).collect();
    while let Some(wanted) = open.pop() {
        let Some((name, _)) = SCRIPTS.iter().find(|(name, _)| *name == wanted) else { continue };
        if kept.insert(*name) {
            open.extend(imports(name));
        }
    }
    kept
}

/// `GET /worker.js`: asked for again each time, so that a new version is kept as soon as there is one.
pub(super) async fn worker() -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| {
        let mut files = vec![style_path().to_owned()];
        files.extend(kept_scripts().into_iter().map(script_path));
        files.extend(NPM.into_iter().filter_map(npm_path));
        let pages = KEPT_PAGES.map(|(page, _)| format!("\"{page}\"")).join(",");
        let named = files.iter().map(|file| format!("\"{file}\"")).collect::<Vec<_>>().join(",");
        let version = digest_name(&[WORKER.as_bytes(), named.as_bytes()]);
        format!("self.KEPT={{version:\"{version}\",pages:[{pages}],files:[{named}]}};\n{WORKER}")
    });
    let headers = [
        (header::CONTENT_TYPE, JAVASCRIPT),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, WORKER_POLICY),
    ];
    (headers, text.as_str()).into_response()
}

/// `GET /driver.webmanifest`: what a phone asks for that puts the page on its home screen.
pub(super) async fn app_manifest(visit: Visit) -> Response {
    let lang = visit.lang;
    let manifest = serde_json::json!({
        "name": format!("{} · {}", lang.t("site.name"), lang.t("driver.title")),
        "short_name": lang.t("driver.title"),
        "lang": lang.tag(),
        "id": "/driver",
        "start_url": "/driver",
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": THEME,
        "icons": [{ "src": ICON, "sizes": "any", "type": "image/svg+xml" }],
    });
    ([(header::CONTENT_TYPE, "application/manifest+json")], manifest.to_string()).into_response()
}

fn kept(content_type: &'static str, content: impl IntoResponse) -> Response {
    ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, FOR_EVER)], content).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_asks_for_scripts_there_are() {
        for (name, _) in SCRIPTS {
            for wanted in imports(name) {
                assert!(SCRIPTS.iter().any(|(known, _)| *known == wanted), "{name} imports {wanted}");
            }
        }
    }

    #[test]
    fn what_the_kept_pages_ask_for_is_kept_and_nothing_else() {
        let kept = kept_scripts();
        for (name, _) in SCRIPTS.iter().filter(|(name, _)| name.starts_with("carry/")) {
            assert!(kept.contains(name), "{name}");
        }
        assert!(kept.contains("verify/ed25519.js") && !kept.contains("desk/sign.js"), "{kept:?}");
    }
}
