//! A sidecar signs for programs that cannot, and carries what it signed to the ledger until it has an answer.

use std::path::Path;
use std::sync::Arc;

use liandan::app::sidecar::{Dropbox, Sidecar};
use liandan::scenario::World;
use serde_json::{Value, json};

use crate::api::server::{Answer, Server, office_key};
use crate::support::http::client_builder;
use crate::support::ledger::{Folder, LOG, block_on, databases};

fn sidecar(server: &Server) -> Sidecar {
    let acme = World::embedded().party("acme").unwrap().uscc;
    Sidecar::new(office_key("acme"), LOG, acme, server.ledger.clock.clone())
}

fn wish(mass_g: i64) -> Value {
    let site = World::embedded().party("acme").unwrap().sites[0].site;
    let quantity = json!({ "mass_g": mass_g, "basis": "measured" });
    let lot = json!({ "lot": "new:drums", "code": "900-041-49", "quantity": quantity });
    json!({ "kind": "waste.generated", "data": { "site": site, "lots": [lot] } })
}

fn put(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join("in").join(name), text).unwrap();
}

fn names(folder: &Path, below: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder.join(below)).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Names without the part that tells contents apart.
fn plain(folder: &Path, below: &str) -> Vec<String> {
    let plain = |name: String| {
        let (name, rest) = name.split_once('.').unwrap();
        format!("{name}.{}", rest.split_once('.').unwrap().1)
    };
    let mut names: Vec<String> = names(folder, below).into_iter().map(plain).collect();
    names.sort();
    names
}

/// What was answered to a file.
fn told(folder: &Path, below: &str, name: &str, sort: &str) -> Value {
    let ending = format!(".{sort}.json");
    let names = names(folder, below);
    let found = names.iter().find(|known| known.starts_with(&format!("{name}.")) && known.ends_with(&ending));
    serde_json::from_slice(&std::fs::read(folder.join(below).join(found.unwrap())).unwrap()).unwrap()
}

/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9";

#[test]
fn what_it_signs_is_taken_and_no_page_has_it_sign() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = liandan::api::sidecar::router(Arc::new(sidecar(&server)));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let client = client_builder().build().unwrap();
        let about: Value = client.get(&base).send().await.unwrap().json().await.unwrap();
        assert_eq!(about["kid"], office_key("acme").public().kid().to_string());
        let ask = |body: String| client.post(format!("{base}/sign")).body(body);
        let signed = Answer::of(ask(wish(40_000).to_string()).send().await.unwrap()).await.json();
        let taken = server.upload("/api/v1/events", signed["envelope"].as_str().unwrap().to_owned()).await;
        assert_eq!((taken.status, &taken.json()["event_id"]), (201, &signed["event_id"]));
        let bad = Answer::of(
            ask(json!({ "kind": "waste.generated", "data": {} }).to_string()).send().await.unwrap(),
        );
        assert_eq!(bad.await.problem().1[0].1, "/data");
        let page = ask(wish(1).to_string()).header("origin", "https://evil.example").send().await.unwrap();
        assert_eq!(page.status(), 400);
    });
}

#[test]
fn a_folder_is_signed_and_sent_and_its_answers_are_kept() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let (folder, sidecar) = (Folder::new(), sidecar(&server));
            let size = server.size().await;
            let mut dropbox = Dropbox::open(&sidecar, folder.path(), &server.url("")).unwrap();
            put(folder.path(), "scale-1.json", &wish(40_000).to_string());
            put(folder.path(), "称重二.json", &wish(50_000).to_string());
            put(folder.path(), ".being-written.json", "{");
            put(folder.path(), "wrong.json", &json!({ "kind": "waste.generated", "data": {} }).to_string());
            let elsewhere = json!({ "kind": "manifest.confirmed", "data": { "manifest": "new:m" } });
            put(folder.path(), "unknown.json", &elsewhere.to_string());
            assert_eq!(dropbox.look().await.unwrap(), 3);
            assert_eq!(names(folder.path(), "in"), [".being-written.json"]);
            assert_eq!(names(folder.path(), "signed"), [""; 0]);
            let kept = |name: &str, ending: &str| format!("{name}.{ending}");
            for (below, known) in [
                (
                    "done",
                    [
                        kept("scale-1", "jws"),
                        kept("scale-1", "receipt.json"),
                        kept("称重二", "jws"),
                        kept("称重二", "receipt.json"),
                    ],
                ),
                (
                    "refused",
                    [
                        kept("unknown", "jws"),
                        kept("unknown", "problem.json"),
                        kept("wrong", "json"),
                        kept("wrong", "problem.json"),
                    ],
                ),
            ] {
                assert_eq!(plain(folder.path(), below), known, "{below}");
            }
            assert_eq!(told(folder.path(), "done", "scale-1", "receipt")["index"], size);
            assert_eq!(told(folder.path(), "refused", "wrong", "problem")["errors"][0]["pointer"], "/data");
            let unknown = told(folder.path(), "refused", "unknown", "problem");
            assert_eq!(unknown["errors"][0]["code"], "manifest-unknown");
            assert_eq!(server.size().await, size + 2);
            assert!(Dropbox::open(&sidecar, folder.path(), NOWHERE).is_err(), "one process has it");
        });
    }
}

#[test]
fn nothing_is_lost_or_said_twice_when_the_ledger_or_the_machine_is_away() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let (folder, sidecar) = (Folder::new(), sidecar(&server));
        let size = server.size().await;
        let text = wish(40_000).to_string();
        let mut away = Dropbox::open(&sidecar, folder.path(), NOWHERE).unwrap();
        put(folder.path(), "gate.json", &text);
        let written = std::fs::metadata(folder.path().join("in/gate.json")).unwrap().modified().unwrap();
        assert_eq!(away.look().await.unwrap(), 0);
        // It stopped between signing and taking the file away: that file is there as it was.
        put(folder.path(), "gate.json", &text);
        let left = std::fs::File::options().write(true).open(folder.path().join("in/gate.json")).unwrap();
        left.set_modified(written).unwrap();
        assert_eq!(away.look().await.unwrap(), 0);
        assert_eq!(plain(folder.path(), "signed"), ["gate.jws"]);
        // One name again, with something else in it: a scale that knows one file.
        put(folder.path(), "gate.json", &wish(1_000).to_string());
        assert_eq!(away.look().await.unwrap(), 0);
        assert_eq!(plain(folder.path(), "signed"), ["gate.jws", "gate.jws"]);
        drop(away);
        // It stopped between sending and keeping the answer.
        let name = names(folder.path(), "signed").remove(0);
        let sent = std::fs::read(folder.path().join("signed").join(name)).unwrap();
        assert_eq!(server.upload("/api/v1/events", sent).await.status, 201);
        let mut back = Dropbox::open(&sidecar, folder.path(), &server.url("")).unwrap();
        assert_eq!(back.look().await.unwrap(), 2);
        assert_eq!(server.size().await, size + 2, "each was said once");
        assert_eq!(plain(folder.path(), "done").len(), 4);
        // The same written once more is another load of the same weight.
        put(folder.path(), "gate.json", &text);
        assert_eq!(back.look().await.unwrap(), 1);
        assert_eq!(server.size().await, size + 3);
    });
}

/// Where there is no ledger others may answer; what they say is believed by nobody.
#[test]
fn only_a_ledger_is_believed() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let (folder, sidecar) = (Folder::new(), sidecar(&server));
        for (status, body) in [(200, "<h1>Welcome to the hotel</h1>"), (403, "no"), (404, "no"), (502, "no")]
        {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let base = format!("http://{}", listener.local_addr().unwrap());
            let status = axum::http::StatusCode::from_u16(status).unwrap();
            let router = axum::Router::new().fallback(move || async move { (status, body) });
            tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
            let mut dropbox = Dropbox::open(&sidecar, folder.path(), &base).unwrap();
            if names(folder.path(), "signed").is_empty() {
                put(folder.path(), "a.json", &wish(40_000).to_string());
            }
            assert_eq!(dropbox.look().await.unwrap(), 0, "{status}");
            assert_eq!(plain(folder.path(), "signed"), ["a.jws"], "{status}");
        }
        // A folder by the name of a file stops nothing either.
        std::fs::create_dir(folder.path().join("in/folder.json")).unwrap();
        let mut dropbox = Dropbox::open(&sidecar, folder.path(), &server.url("")).unwrap();
        assert_eq!(dropbox.look().await.unwrap(), 1);
    });
}

/// Half a file is whole at the next look; one that stays half is refused.
#[test]
fn half_a_file_is_waited_for() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let (folder, sidecar) = (Folder::new(), sidecar(&server));
        let mut dropbox = Dropbox::open(&sidecar, folder.path(), &server.url("")).unwrap();
        let text = wish(40_000).to_string();
        put(folder.path(), "slow.json", &text[..20]);
        put(folder.path(), "broken.json", "{");
        assert_eq!(dropbox.look().await.unwrap(), 0);
        put(folder.path(), "slow.json", &text);
        assert_eq!(dropbox.look().await.unwrap(), 1);
        assert_eq!(plain(folder.path(), "done"), ["slow.jws", "slow.receipt.json"]);
        assert_eq!(plain(folder.path(), "refused"), ["broken.json", "broken.problem.json"]);
        put(folder.path(), "long.json", &" ".repeat(300_000));
        dropbox.look().await.unwrap();
        assert_eq!(told(folder.path(), "refused", "long", "problem")["code"], "too-large");
    });
}
