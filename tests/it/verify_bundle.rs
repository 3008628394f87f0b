//! `liandan verify`: the report and the exit codes, on the command line.

use std::path::Path;
use std::process::{Command, Output};

use liandan::app::access::Viewer;
use liandan::ledger::Kid;
use liandan::ledger::cosignature::Cosigner;
use liandan::ledger::note::{NoteKey, NoteSigner};
use liandan::ledger::{Envelope, SigningKey, Typ};
use liandan::registry::Role;
use liandan::scenario::{Script, World};
use serde_json::Value;

use crate::support::ledger::{Folder, LOG, Ledger, block_on, databases, log_key};

fn verify(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liandan"));
    command.arg("verify").args(arguments).current_dir(folder).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

#[test]
fn a_stranger_checks_a_bundle_with_files_alone() {
    let folder = Folder::new();
    let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let (bundle, head) = block_on(async {
        let database = databases().remove(0);
        let ledger = Ledger::found(&database.url).await;
        let day = "08:00 acme opens 900-041-49 1200 kg\n09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix\n\
                   09:20 acme hands M1 to swift\n=====\n";
        let played = Script::parse("day", day).unwrap().play(World::embedded(), LOG).unwrap();
        for act in &played.acts {
            ledger.send(act).await.unwrap();
        }
        let bureau = World::embedded().authority();
        let viewer = Viewer::Authority {
            party: bureau.uscc,
            division: bureau.division,
            role: Role::Officer,
            kid: Kid::from_bytes([0; 32]),
        };
        let id = played.names.manifest("M1").unwrap();
        let bundle = ledger.app.manifest_bundle(&viewer, id).await.unwrap().unwrap();
        let head = ledger.app.head_statement(&viewer, id).await.unwrap().unwrap();
        ledger.store.close().await;
        (bundle, head)
    });
    let log = NoteSigner { name: LOG.to_owned(), key: log_key() }.verifier();
    let witness =
        Cosigner { name: "w1".to_owned(), key: SigningKey::from_seed([1; 32]) }.verifier().to_vkey();
    put("bundle.json", &bundle);
    // What its events say, without anything around them: an open transport.
    let said = liandan::exchange::document::check(
        bundle.as_bytes(),
        "cn",
        None,
        liandan::clock::Timestamp::default(),
    );
    let said = said.unwrap();
    assert_eq!((&said.errors, &said.findings), (&vec![], &vec![]));
    assert_eq!(said.documents[0].kind, "liandan-bundle");
    put("head.jws", &format!("{head}\n"));
    put("log-alone", &format!("log {}\nquorum none\n", log.to_vkey()));
    put("one-witness", &format!("log {}\nwitness w1 {witness}\nquorum w1\n", log.to_vkey()));
    let at = |needle: &str| bundle.find(needle).unwrap();
    let mut changed = bundle.clone().into_bytes();
    let digit = &mut changed[at("\"salt\":\"") + 12];
    // Another digit of base64url, whatever this salt has there.
    *digit = if *digit == b'A' { b'B' } else { b'A' };
    std::fs::write(folder.path().join("changed.json"), &changed).unwrap();
    put("half.json", &bundle[..bundle.len() / 2]);

    let good =
        verify(folder.path(), &["bundle", "bundle.json", "--policy", "log-alone", "--head", "head.jws"]);
    let text = String::from_utf8_lossy(&good.stdout).into_owned();
    assert_eq!(code(&good), 0, "{text}");
    for words in ["有效 — valid", "waste.collected", "signed by both sides", "none is missing", "没有缺漏"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    for (arguments, expected, words) in [
        (["bundle", "bundle.json", "--policy", "one-witness"], 2, "below the quorum of the policy"),
        (["bundle", "changed.json", "--policy", "log-alone"], 1, "do not lead to the signed root"),
        (["bundle", "half.json", "--policy", "log-alone"], 3, "not a bundle"),
        (["bundle", "absent.json", "--policy", "log-alone"], 3, "absent.json"),
        (["bundle", "bundle.json", "--policy", "bundle.json"], 3, "bundle.json"),
        (["ledger", "--database", "sqlite:absent.sqlite", "--"], 3, "absent.sqlite"),
    ] {
        let arguments: Vec<&str> = arguments.into_iter().filter(|argument| *argument != "--").collect();
        let output = verify(folder.path(), &arguments);
        let said = [&output.stdout[..], &output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        assert_eq!(code(&output), expected, "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    let json = verify(folder.path(), &["bundle", "bundle.json", "--policy", "one-witness", "--json"]);
    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((code(&json), report["outcome"].as_str()), (2, Some("below-policy")));
    assert!(
        report["checks"].as_array().unwrap().len() >= 5
            && report["events"][0]["kind"] == "manifest.registered"
    );

    let forged = Envelope::sign(Typ::Head, b"{}", &SigningKey::from_seed([4; 32])).into_compact();
    put("head.jws", &forged);
    let forged =
        verify(folder.path(), &["bundle", "bundle.json", "--policy", "log-alone", "--head", "head.jws"]);
    assert_eq!(code(&forged), 1);
}
