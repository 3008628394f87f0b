//! The ledger asks its witnesses: cosignatures below its checkpoints, and what it makes of witnesses that lie.

use axum::http::StatusCode;
use liandan::app::Mode;
use liandan::app::cosigning::CosigningError;
use liandan::app::witness::Witness;
use liandan::ledger::note::NoteKey;
use liandan::ledger::policy::{Level, Policy};

use super::support::{Served, clock, cosigner};
use crate::api::server::sign_script;
use crate::support::ledger::{Folder, Ledger, block_on, databases, settings};

const ONE: &str = "08:00 acme opens 900-041-49 1 kg\n=====\n";

pub(super) fn witness(n: u8, folder: &Folder, ledger: &Ledger) -> Witness {
    let state = folder.path().join(n.to_string());
    Witness::open(cosigner(n), vec![ledger.app.verifier()], &state, clock()).unwrap()
}

/// A policy of these witnesses, two of which are wanted.
pub(super) fn policy(ledger: &Ledger, urls: &[&str]) -> Policy {
    let mut text = format!("log {}\n", ledger.app.verifier().to_vkey());
    let mut names = String::new();
    for (n, url) in (1..).zip(urls) {
        text.push_str(&format!("witness W{n} {} {url}\n", cosigner(n).verifier().to_vkey()));
        names.push_str(&format!(" W{n}"));
    }
    Policy::parse(&format!("{text}group q 2{names}\nquorum q\n")).unwrap()
}

async fn level(ledger: &Ledger) -> Level {
    let note = ledger.app.checkpoint().await.unwrap().unwrap();
    ledger.app.policy().unwrap().judge(&note).unwrap().level
}

#[test]
fn cosignatures_stand_below_the_checkpoint_and_a_receipt_only_gains_lines() {
    block_on(async {
        for database in databases() {
            let ledger = Ledger::found(&database.url).await;
            let folder = Folder::new();
            let served = [
                Served::start(witness(1, &folder, &ledger)).await,
                Served::start(witness(2, &folder, &ledger)).await,
            ];
            let urls: Vec<&str> = served.iter().map(|served| served.url.as_str()).collect();
            ledger.app.ask_witnesses(policy(&ledger, &urls)).unwrap();
            assert_eq!(level(&ledger).await, Level::LogOnly);
            assert!(ledger.app.collect_cosignatures().await.iter().all(|(_, answer)| answer.is_ok()));
            assert_eq!(level(&ledger).await, Level::Quorum);

            // A new head begins without cosignatures, and the witnesses are asked from where they stand.
            let act = &sign_script(ONE).acts[0];
            let first = ledger.send(act).await.unwrap();
            assert_eq!(level(&ledger).await, Level::LogOnly);
            ledger.app.collect_cosignatures().await;
            assert_eq!(level(&ledger).await, Level::Quorum);
            let vouched = ledger.app.vouched().await.unwrap();
            assert_eq!((vouched.level, vouched.quorum_size), (Some(Level::Quorum), Some(vouched.size)));
            assert!(vouched.witnesses.iter().all(|witness| witness.last.unwrap().0 == vouched.size));

            let mut again = ledger.send(act).await.unwrap();
            let (before, after) = (first.inclusion.clone().unwrap(), again.inclusion.clone().unwrap());
            let lines = after.checkpoint.strip_prefix(&before.checkpoint).unwrap();
            assert_eq!(lines.lines().count(), 2, "{lines}");
            again.inclusion.as_mut().unwrap().checkpoint = before.checkpoint;
            assert_eq!(
                again, first,
                "the receipt is the first one but for cosignatures below its checkpoint"
            );

            // Asked again about the same head, nobody is bothered and nothing is doubled.
            ledger.app.collect_cosignatures().await;
            assert_eq!(ledger.app.checkpoint().await.unwrap().unwrap(), after.checkpoint);
        }
    });
}

/// A witness that answers everything alike.
async fn liar(status: u16, media_type: &'static str, body: String) -> Served {
    let answer = move || async move {
        (StatusCode::from_u16(status).unwrap(), [(axum::http::header::CONTENT_TYPE, media_type)], body)
    };
    Served::serve(axum::Router::new().fallback(answer)).await
}

#[test]
fn a_witness_that_lies_gets_nothing_stored() {
    block_on(async {
        let databases = databases();
        let ledger = Ledger::found(&databases[0].url).await;
        let before = ledger.app.checkpoint().await.unwrap().unwrap();
        let elsewhere = cosigner(1).cosign("other\n", 7).unwrap();
        let text = before.split_once("\n\n").unwrap().0.to_owned() + "\n";
        let stranger = cosigner(9).cosign(&text, 7).unwrap();
        let size = "text/x.tlog.size";
        let cases: Vec<(u16, &'static str, String)> = vec![
            (200, "text/plain", String::new()),
            (200, "text/plain", "garbage\n".to_owned()),
            (200, "text/plain", elsewhere),
            (200, "text/plain", stranger),
            (200, "text/plain", "\u{2014} x AAAAAAA=\n".repeat(200)),
            (200, "text/plain", "a".repeat(1 << 20)),
            (409, size, "4294967296\n".to_owned()),
            (409, size, "0\n".to_owned()),
            (409, size, "3".to_owned()),
            (409, size, "03\n".to_owned()),
            (409, size, "18446744073709551615\n".to_owned()),
            (409, "text/plain", "3\n".to_owned()),
            (422, "text/plain", String::new()),
            (302, "text/plain", String::new()),
            (500, "text/plain", "oh\n".to_owned()),
        ];
        for (status, media_type, body) in cases {
            let shown = format!("{status} {media_type} {:.40}", body);
            let (served, fresh) = (liar(status, media_type, body).await, reopened(&ledger).await);
            fresh.app.ask_witnesses(policy(&fresh, &[&served.url, &served.url])).unwrap();
            let answers = fresh.app.collect_cosignatures().await;
            assert!(answers.iter().all(|(_, answer)| answer.is_err()), "{shown}");
            assert_eq!(fresh.app.checkpoint().await.unwrap().unwrap(), before, "{shown}");
            assert_eq!(fresh.app.mode(), Mode::Signing, "{shown}");
        }
        let nobody = reopened(&ledger).await;
        nobody.app.ask_witnesses(policy(&nobody, &["http://127.0.0.1:1", "http://127.0.0.1:1"])).unwrap();
        let answers = nobody.app.collect_cosignatures().await;
        assert!(matches!(answers[0].1, Err(CosigningError::Outward(_))));
        assert!(nobody.app.ask_witnesses(policy(&nobody, &["file:///etc", "x"])).is_err());
    });
}

/// The same ledger opened once more, asking nobody yet.
pub(super) async fn reopened(ledger: &Ledger) -> Ledger {
    Ledger::open(settings(ledger.store.clone(), ledger.clock.clone(), None)).await.unwrap()
}
