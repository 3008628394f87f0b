//! The largest manifest there may be, and one line or container more.

use liandan::custody::payload::manifest::{MAX_CONTAINERS, MAX_LINES};
use liandan::id::{LotId, ManifestId};
use liandan::ledger::envelope::MAX_ENVELOPE_BYTES;
use liandan::scenario::Scripted;
use liandan::store::{Sql, Store, params};
use serde_json::{Value, json};

use super::{payload, sends, signed_like};
use crate::api::server::{Server, sign_script};
use crate::support::ledger::{block_on, databases};

/// 256 lines of four drums, through all of its life.
pub(crate) fn largest() -> String {
    let lines = vec!["900-041-49 40 kg"; MAX_LINES].join(" + ");
    format!(
        "
        08:00  acme     generates  L1  900-041-49 10240 kg  in {MAX_CONTAINERS} drums
        09:00  acme     registers  M1  {lines}  acme > swift > phoenix  in 4 drums
        09:20  acme     hands      M1  to swift
        11:00  swift    hands      M1  to phoenix
        11:30  phoenix  receives   M1  all
        =====
        "
    )
}

/// Most bytes of what is kept of the manifest, and of an answer about it.
const MOST_BYTES: usize = 320 * 1024;

/// What an act would state with one line or container more than there may be, and where it is at fault.
fn too_much(act: &Scripted) -> Vec<(Value, &'static str)> {
    let event = payload(act);
    let kind = event["kind"].as_str().unwrap();
    let mut found = Vec::new();
    if event["data"]["lines"].is_array() {
        let mut more = event.clone();
        let lines = more["data"]["lines"].as_array_mut().unwrap();
        let mut line = lines[0].clone();
        line["line"] = json!(MAX_LINES + 1);
        lines.push(line.clone());
        found.push((more, "/data/lines"));
        let mut numbered = event.clone();
        numbered["data"]["lines"][MAX_LINES - 1]["line"] = json!(MAX_LINES + 1);
        found.push((numbered, "/data/lines/255/line"));
    }
    let mut more = event.clone();
    match kind {
        "manifest.registered" => more["data"]["lines"][255]["containers"] = json!(5),
        "waste.collected" => {
            let containers = more["data"]["lines"][7]["containers"].as_array_mut().unwrap();
            containers.push(json!("01890a5d-ac96-774b-bcce-b302099a8057"));
        }
        _ => return found,
    }
    found.push((more, "/data/lines"));
    found
}

async fn is_refused(server: &Server, act: &Scripted) -> usize {
    let size = server.size().await;
    let refused = too_much(act);
    for (event, pointer) in &refused {
        let answer = server.upload("/api/v1/events", signed_like(act, event)).await;
        assert_eq!(answer.status, 400, "{pointer}: {}", answer.text);
        let problem = ("malformed".to_owned(), vec![("payload-malformed".to_owned(), (*pointer).to_owned())]);
        assert_eq!(answer.problem(), problem, "{}", answer.text);
        let error = answer.json()["errors"][0]["en"].to_string();
        let says_most = [MAX_LINES, MAX_CONTAINERS].iter().any(|most| error.contains(&most.to_string()));
        assert!(says_most, "{error}");
    }
    assert_eq!(server.size().await, size, "nothing is stored");
    refused.len()
}

/// Bytes of what is kept of a manifest.
async fn snapshot_bytes(store: &Store, manifest: ManifestId) -> usize {
    const SQL: Sql = Sql::both("select snapshot from manifest where manifest = $1");
    let row = store.read().await.unwrap().fetch_optional(&SQL, params![manifest.as_uuid()]).await.unwrap();
    let packed = row.unwrap().blob("snapshot").unwrap();
    lz4_flex::block::decompress_size_prepended(&packed).unwrap().len()
}

/// Every answer about the manifest comes, and is bounded.
async fn is_readable(server: &Server, manifest: ManifestId) {
    let path = format!("/api/v1/manifests/{manifest}");
    let line = format!("/api/v1/lots/{}", LotId::of_line(manifest, 256));
    let (origin, fate) = (format!("{line}/trace?direction=up"), format!("{path}/fate"));
    let (chain, actions, bundle) =
        (format!("{path}/chain"), format!("{path}/actions"), format!("{path}/bundle"));
    for path in [&path, &chain, &actions, &bundle, &fate, &line, &origin] {
        let answer = server.read_as("acme", path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        assert!(answer.text.len() <= MOST_BYTES, "{path}: {} bytes", answer.text.len());
    }
}

#[test]
fn the_largest_manifest_is_taken_and_one_more_is_refused() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = sign_script(&largest());
            let manifest = played.names.manifest("M1").unwrap();
            let mut refused = 0;
            for act in &played.acts {
                let bytes = act.envelope.compact().len();
                assert!(bytes <= MAX_ENVELOPE_BYTES, "{bytes} bytes");
                server.ledger.clock.set(act.recorded_at);
                refused += is_refused(&server, act).await;
                sends(&server, act).await;
            }
            assert_eq!(refused, 2 * 4 + 2, "lines of four kinds of event, containers of two");
            server.ledger.pass_time(played.ends_at).await;
            let seen = super::seen(&server, "acme", manifest).await;
            assert_eq!((&seen["status"], &seen["containers"]), (&json!("received"), &json!(MAX_CONTAINERS)));
            let lines = seen["lines"].as_array().unwrap();
            assert_eq!(lines.len(), MAX_LINES);
            assert!(lines.iter().all(|line| line["accepted_mass_g"] == 40_000), "{lines:?}");
            assert_eq!(seen["findings"], json!([]));
            let kept = snapshot_bytes(&server.ledger.store, manifest).await;
            assert!(kept <= MOST_BYTES, "{kept} bytes");
            is_readable(&server, manifest).await;
            server.ledger.store.close().await;
        });
    }
}
