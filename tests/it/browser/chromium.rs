//! The page as a visitor meets it: a headless Chromium opens it, is given files, and shows the verdict, with the network cut.

use std::path::Path;

use liandan::web::{WebMode, router};
use serde_json::{Value, json};

use super::cases::{Case, Week, edited, good};
use crate::interop::tools::{CHROMIUM, Tool};
use crate::support::ledger::{Folder, Ledger, block_on, databases};

const TOOL: &Tool = &CHROMIUM;

/// Language, bundle with policy, and the outcome that must be shown.
type Visit = (&'static str, (Vec<u8>, String), &'static str);

/// The case of this name.
fn named(cases: &[Case], name: &str) -> (Vec<u8>, String) {
    let case = cases.iter().find(|case| case.name == name).unwrap_or_else(|| panic!("no case {name}"));
    (case.bundle.clone(), case.policy.clone())
}

/// What the page shows for one case.
fn look(seen: &Value, origin: &str, outcome: &str) {
    assert_eq!(seen["outcome"], outcome, "{seen}");
    assert_eq!(seen["reached"], "refused", "the page's policy forbids every connection: {seen}");
    assert_eq!(seen["asked"], json!([]), "nothing is asked of the network for a check");
    assert_eq!(seen["troubles"], json!([]), "the page loads without an error");
    let page = seen["page"].as_array().unwrap();
    assert!(page.len() > 10, "the page, its style and its scripts: {page:?}");
    let own = |url: &Value| {
        let path = url.as_str().unwrap().strip_prefix(origin).unwrap_or_else(|| panic!("{url} is elsewhere"));
        path.starts_with("/verify") || path.starts_with("/assets/")
    };
    // The icon stands in the page.
    assert!(page.iter().all(|url| url.as_str().unwrap().starts_with("data:") || own(url)), "{page:?}");
}

fn state<'a>(seen: &'a Value, check: &str) -> &'a str {
    let checks = seen["checks"].as_array().unwrap();
    let found = checks.iter().find(|pair| pair[0] == check).unwrap_or_else(|| panic!("no row {check}"));
    found[1].as_str().unwrap()
}

#[test]
fn a_visitor_checks_a_bundle_without_a_network() {
    let week = Week::play();
    let (plain, hostile) = (good(&week), edited(&week));
    let cases: [Visit; 5] = [
        ("zh", named(&plain, "manifest-0"), "valid"),
        ("en", named(&plain, "manifest-0"), "valid"),
        ("en", named(&hostile, "edit-salt-1"), "invalid"),
        ("zh", named(&plain, "1-cosignatures-under-all-of-two"), "below-policy"),
        ("zh", named(&plain, "0-cosignatures-under-another-log"), "cannot-tell"),
    ];
    let folder = Folder::new();
    let _alone = super::one_at_a_time();
    let Some(seen) = show(folder.path(), &cases) else { return };
    let (origin, seen) = seen;
    assert_eq!(seen.len(), cases.len());
    for (seen, (_, _, outcome)) in seen.iter().zip(&cases) {
        look(seen, &origin, outcome);
    }
    let text = |at: usize| seen[at]["text"].as_str().unwrap();
    assert!(
        text(0).contains("有效：各项核对均相符") && text(1).contains("Valid: everything fits"),
        "{}",
        text(0)
    );
    for row in ["form", "checkpoint", "keys", "head"] {
        assert_eq!(state(&seen[0], row), "check good");
    }
    let bundle: Value = serde_json::from_slice(&cases[0].1.0).unwrap();
    let events = bundle["events"].as_array().unwrap().len();
    assert_eq!(seen[0]["entries"], events, "every record is listed");
    assert_eq!((state(&seen[2], "events"), state(&seen[2], "keys")), ("check bad", "check good"));
    assert!(text(2).contains("/events/1"), "the place is named: {}", text(2));
    assert_eq!(state(&seen[3], "witnesses"), "check warn");
    assert_eq!((state(&seen[4], "checkpoint"), state(&seen[4], "events")), ("check warn", "check plain"));
    let shot = std::fs::read(folder.path().join("0.png")).unwrap();
    assert!(shot.starts_with(b"\x89PNG"), "a picture was taken");
}

/// Serves the page and runs the browser; its origin, and what was seen in every case.
fn show(folder: &Path, cases: &[Visit]) -> Option<(String, Vec<Value>)> {
    let path = |name: String| folder.join(name).to_str().unwrap().to_owned();
    let given = cases.iter().enumerate().map(|(n, (lang, (bundle, policy), _))| {
        let (bundle_file, policy_file) = (path(format!("{n}.json")), path(format!("{n}.policy")));
        std::fs::write(&bundle_file, bundle).unwrap();
        std::fs::write(&policy_file, policy).unwrap();
        json!({"lang": lang, "bundle": bundle_file, "policy": policy_file, "screenshot": path(format!("{n}.png"))})
    });
    let given: Vec<Value> = given.collect();
    let database = databases().remove(0);
    block_on(async {
        let ledger = Ledger::found(&database.url).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let pages = router(ledger.app.clone(), WebMode::Public);
        tokio::spawn(async move { axum::serve(listener, pages).await.unwrap() });
        let file = path("cases.json".to_owned());
        std::fs::write(&file, json!({"origin": origin, "cases": given}).to_string()).unwrap();
        let run = tokio::task::spawn_blocking(move || TOOL.run(&[&file])).await.unwrap()?;
        let seen = run.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        Some((origin, seen))
    })
}
