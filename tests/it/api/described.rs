//! The description of the interface: committed, complete, and true about who may call.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::server::{Answer, Server};
use crate::support::committed::is_committed;
use crate::support::ledger::{block_on, databases};

const COMMITTED: &str = "openapi/v1.json";

#[test]
fn the_committed_description_is_that_of_the_program() {
    is_committed(COMMITTED, &liandan::api::openapi_json());
}

/// Two types of one name would be one schema, and the description of one of them would be lost without a word.
#[test]
fn every_schema_has_a_name_of_its_own() {
    let mut names = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut |text| {
        for part in text.split("ToSchema)]").skip(1) {
            let words = part.split_whitespace().skip_while(|word| !["struct", "enum"].contains(word));
            names.extend(
                words.take(2).nth(1).map(|name| name.split(['<', '{', '(', ';']).next().unwrap().to_owned()),
            );
        }
    });
    names.sort();
    assert!(names.len() > 100, "{names:?}");
    let twice: Vec<&[String]> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

fn collect(folder: &Path, each: &mut impl FnMut(&str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, each);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            each(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// Path, method, operation.
fn operations() -> Vec<(String, String, Value)> {
    let description: Value = serde_json::from_str(&liandan::api::openapi_json()).unwrap();
    let paths = description["paths"].as_object().unwrap().clone();
    let of_path = |(path, item): (String, Value)| {
        let methods = item.as_object().unwrap().clone();
        methods.into_iter().map(move |(method, operation)| (path.clone(), method, operation))
    };
    paths.into_iter().flat_map(of_path).collect()
}

#[test]
fn every_operation_has_a_name_a_tag_a_text_and_its_problems() {
    let mut names = BTreeSet::new();
    for (path, method, operation) in operations() {
        let name = operation["operationId"].as_str().unwrap().to_owned();
        let is_camel = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_alphanumeric());
        assert!(is_camel, "{name}");
        assert!(names.insert(name.clone()), "{name} is there twice");
        assert!(operation["summary"].is_string() && operation["tags"][0].is_string(), "{method} {path}");
        if path.starts_with("/api/v1/") {
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.contains_key("500") && responses.contains_key("503"), "{name}");
        }
    }
    assert!(names.len() >= 35, "{names:?}");
}

#[test]
fn every_operation_that_wants_a_token_is_closed_without_one_and_the_others_are_open() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        for (path, method, operation) in operations().into_iter().filter(|(_, method, _)| method == "get") {
            // A caller without a token learns nothing from an id, not even that it is malformed.
            let address =
                path.replace("{id}", "x").replace("{uscc}", "x").replace("{kid}", "x").replace("{code}", "x");
            let answer = server.read(&address).await;
            let wants_token = operation["security"][0]["bearer"].is_array();
            assert_eq!(answer.status == 401, wants_token, "{method} {address}: {}", answer.text);
            if wants_token {
                assert_eq!(
                    answer.problem().1,
                    [("token-missing".to_owned(), "/header/authorization".to_owned())]
                );
                assert_eq!(answer.headers["www-authenticate"], "Bearer");
            }
        }
    });
}

#[test]
fn answers_keep_browsers_careful_and_the_interface_browser_stays_on_this_host() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        for path in
            ["/healthz", "/readyz", "/api/v1/rules", "/api/v1/absent", "/problems/token", "/api/v1/lots"]
        {
            let answer = server.read(path).await;
            assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
            assert!(
                answer.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'")
            );
            assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        }
        let docs = server.read("/docs/").await;
        assert_eq!(docs.status, 200);
        let policy = docs.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("connect-src 'self'") && !policy.contains("http"), "{policy}");
        let start = server.read("/docs/swagger-initializer.js").await;
        assert!(start.text.contains("/openapi.json") && !start.text.contains("https://"), "{}", start.text);
        let description = server.read("/openapi.json").await.json();
        let committed: Value = serde_json::from_str(&liandan::api::openapi_json()).unwrap();
        assert!(description == committed);
    });
}

#[test]
fn problems_lead_to_pages_in_both_languages() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        for kind in liandan::api::problem::KINDS {
            let page = server.read(&format!("/problems/{}", kind.slug)).await;
            assert_eq!(page.status, 200);
            assert!(page.text.contains(kind.title_zh) && page.text.contains(kind.title_en), "{}", page.text);
        }
        assert_eq!(server.read("/problems/absent").await.problem().0, "not-found");
        assert_eq!(server.read("/api/v1/absent").await.problem().0, "not-found");
        assert_eq!(server.upload("/api/v1/rules", "").await.problem().0, "method-not-allowed");
    });
}

#[test]
fn problems_speak_the_language_that_is_asked_for() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        for (asked, tag, title) in [
            (None, "zh-CN", "没有这项内容"),
            (Some("zh-TW, en;q=0.9"), "zh-CN", "没有这项内容"),
            (Some("de, en-GB;q=0.5"), "en", "There is nothing here"),
            (Some("de"), "zh-CN", "没有这项内容"),
        ] {
            let request = server.client.get(server.url("/api/v1/absent"));
            let request = match asked {
                Some(asked) => request.header("accept-language", asked),
                None => request,
            };
            let answer = Answer::of(request.send().await.unwrap()).await;
            assert_eq!(answer.headers["content-language"], tag, "{asked:?}");
            assert_eq!(answer.headers["vary"], "Accept-Language");
            let problem = answer.json();
            assert_eq!(problem["title"], title, "{asked:?}");
            // Both are there in any case.
            assert_eq!(
                (&problem["title_zh"], &problem["title_en"]),
                (&"没有这项内容".into(), &"There is nothing here".into())
            );
            assert_eq!(problem["detail"], problem[if tag == "en" { "detail_en" } else { "detail_zh" }]);
        }
    });
}

#[test]
fn every_kind_of_event_tells_its_versions() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let versions = server.read("/api/v1/versions").await.json();
        let kinds = versions["kinds"].as_array().unwrap();
        assert_eq!(kinds.len(), liandan::custody::Kind::ALL.len());
        assert!(kinds.iter().all(|kind| kind["versions"][0]["version"] == 1), "{versions}");
        let changelog = server.read(versions["changelog"].as_str().unwrap()).await;
        assert!(changelog.text.starts_with("# Changelog"), "{}", changelog.text);
    });
}
