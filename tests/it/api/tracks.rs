//! Tracks: made of points, signed, read by whom the manifest is open to, and held to the points that are sent.

use liandan::app::attachments::MAX_ATTACHMENT_BYTES;
use liandan::custody::track::{HEADER, MAX_FAULTS, Point, write};
use liandan::ledger::{Digest, Envelope, Typ};
use liandan::shape::Coordinates;
use serde_json::{Value, json};

use super::server::{Answer, Server, office_key};
use crate::support::ledger::{block_on, databases};

const RIDE: &str = "
    08:00  acme     opens      900-041-49 1200 kg
    09:00  acme     registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    09:20  acme     hands      M1  to swift
    11:20  swift    hands      M1  to phoenix
    11:30  phoenix  receives   M1  all
    =====
";

/// A point a minute north, and none for as long as it is silent.
fn points(silent_minutes: i64) -> Vec<u8> {
    let from = "2026-03-02T09:20:00+08:00".parse::<liandan::clock::Timestamp>().unwrap();
    let told = (0..=120).filter(|minute| *minute <= 40 || *minute >= 40 + silent_minutes);
    let point = |minute: i64| {
        let lat_udeg = 35_100_000 + i32::try_from(minute).unwrap() * 1_000;
        Point {
            at: from.plus_millis(minute * 60_000),
            place: Coordinates { lat_udeg, lon_udeg: 118_350_000 },
        }
    };
    write(&told.map(point).collect::<Vec<_>>()).into_bytes()
}

async fn post(server: &Server, label: &str, path: &str, body: Vec<u8>) -> Answer {
    let request = server.client.post(server.url(path)).bearer_auth(server.token(label)).body(body);
    Answer::of(request.header("content-type", "text/csv").send().await.unwrap()).await
}

/// What the ledger makes of points, as `data` to sign.
async fn summary(server: &Server, manifest: &str, points: &[u8]) -> Value {
    let path = format!("/api/v1/tracks/summary?vehicle=%E9%B2%81Q10001&manifest={manifest}");
    let made = post(server, "swift", &path, points.to_vec()).await;
    assert_eq!(made.status, 200, "{}", made.text);
    made.json()
}

/// Prepare a track, sign it as swift's office, upload it; its receipt.
async fn record(server: &Server, data: &Value) -> Value {
    let asked = json!({ "kind": "track.recorded", "data": data });
    let prepared = server.post_as("swift", "/api/v1/events/prepare", &asked).await.json();
    assert_eq!(prepared["problem"], Value::Null, "{prepared}");
    let envelope =
        Envelope::sign(Typ::Event, prepared["payload"].to_string().as_bytes(), &office_key("swift"));
    let receipt = server.upload("/api/v1/events", envelope.into_compact()).await;
    assert_eq!(receipt.status, 201, "{}", receipt.text);
    receipt.json()
}

async fn tracks(server: &Server, label: &str, manifest: &str) -> Vec<Value> {
    let told = server.read_as(label, &format!("/api/v1/manifests/{manifest}/tracks")).await;
    assert_eq!(told.status, 200, "{label}: {}", told.text);
    told.json()["items"].as_array().unwrap().clone()
}

fn rules(receipt: &Value) -> Vec<&str> {
    let opened = receipt["findings_opened"].as_array().unwrap().iter();
    opened.map(|finding| finding["rule"].as_str().unwrap_or_default()).collect()
}

#[test]
fn a_track_is_open_to_whom_its_manifest_is_and_held_to_its_points() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(RIDE).await;
            let manifest = played.names.manifest("M1").unwrap().to_string();
            let file = points(31);
            let mut data = summary(&server, &manifest, &file).await;
            let digest = Digest::sha256(&[&file]);
            assert_eq!((&data["points"], &data["sha256"]), (&json!(91), &json!(digest.to_string())));
            assert_eq!(data["silences"].as_array().unwrap().len(), 1);
            assert_eq!(data["waypoints"].as_array().unwrap().len(), 2, "it goes straight");
            data["alarms"] = json!([{ "type": "speeding", "at": data["from"], "text": "94 km/h" }]);
            let receipt = record(&server, &data).await;
            assert_eq!(rules(&receipt), ["track-gap"]);
            let event = receipt["event_id"].as_str().unwrap();

            let bundle = format!("/api/v1/events/{event}/bundle");
            for label in ["swift", "acme", "phoenix", "bureau"] {
                assert_eq!(server.read_as(label, &bundle).await.status, 200, "{label}");
                let told = tracks(&server, label, &manifest).await;
                assert_eq!(told.len(), 1, "{label}");
                assert_eq!((&told[0]["points_file"], &told[0]["differs"]), (&json!("missing"), &Value::Null));
                assert_eq!((&told[0]["vehicle"], &told[0]["manifests"]), (&json!("鲁Q10001"), &json!(1)));
                assert_eq!((&told[0]["silences"], &told[0]["alarms"]), (&data["silences"], &data["alarms"]));
            }
            for path in [format!("/api/v1/manifests/{manifest}/tracks"), bundle] {
                assert_eq!(server.read_as("heron", &path).await.status, 404, "{path}");
            }
            assert_eq!(server.read(&format!("/api/v1/manifests/{manifest}/tracks")).await.status, 401);

            let missing = server.read_as("swift", "/api/v1/attachments?missing=true").await.json();
            assert_eq!(missing["items"][0]["sha256"], data["sha256"]);
            let sent = post(&server, "swift", "/api/v1/attachments", file.clone()).await;
            assert_eq!((sent.status, &sent.json()["media_type"]), (201, &json!("text/csv")), "{}", sent.text);
            let told = tracks(&server, "acme", &manifest).await;
            assert_eq!((&told[0]["points_file"], &told[0]["differs"]), (&json!("kept"), &json!([])));
            let path = format!("/api/v1/attachments/{digest}?event={event}");
            for label in ["swift", "acme", "phoenix", "bureau"] {
                let read = server.read_as(label, &path).await;
                assert_eq!((read.status, read.text.as_bytes()), (200, &file[..]), "{label}");
                assert_eq!(
                    read.headers["content-disposition"],
                    format!("attachment; filename=\"{digest}.csv\"")
                );
            }
            assert_eq!(server.read_as("heron", &path).await.status, 404);
            server.ledger.store.close().await;
        });
    }
}

/// Anybody can name any manifest. What is too much is in the log, and no part of what is looked at.
#[test]
fn a_party_puts_so_many_tracks_on_a_manifest_and_no_more() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(RIDE).await;
            let manifest = played.names.manifest("M1").unwrap().to_string();
            let data = summary(&server, &manifest, &points(1)).await;
            for sent in 1..=34 {
                record(&server, &data).await;
                if sent >= 32 {
                    assert_eq!(tracks(&server, "bureau", &manifest).await.len(), 32, "after {sent}");
                }
            }
            let chain = server.read_as("bureau", &format!("/api/v1/manifests/{manifest}/chain")).await.json();
            let said = chain["items"].as_array().unwrap();
            assert_eq!(said.iter().filter(|step| step["kind"] == "track.recorded").count(), 34);
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn a_statement_that_its_points_contradict_is_recorded_and_told_apart() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(RIDE).await;
            let manifest = played.names.manifest("M1").unwrap().to_string();
            // Silent for forty minutes, and says that it never was.
            let silent = points(40);
            let mut forged = summary(&server, &manifest, &points(1)).await;
            forged["sha256"] = json!(Digest::sha256(&[&silent]).to_string());
            let receipt = record(&server, &forged).await;
            assert_eq!(rules(&receipt), Vec::<&str>::new(), "nothing that is signed says so");
            assert_eq!(post(&server, "swift", "/api/v1/attachments", silent).await.status, 201);
            let told = tracks(&server, "bureau", &manifest).await;
            assert_eq!(told[0]["differs"], json!(["points", "silences"]));
            // The other way round, with a file that is no track at all.
            let mut of_picture = forged.clone();
            let (_, picture) = liandan::scenario::PICTURES[0];
            of_picture["sha256"] = json!(Digest::sha256(&[picture]).to_string());
            record(&server, &of_picture).await;
            assert_eq!(post(&server, "swift", "/api/v1/attachments", picture.to_vec()).await.status, 201);
            assert_eq!(tracks(&server, "bureau", &manifest).await[1]["differs"], json!(["sha256"]));
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn points_go_when_the_profile_asks_for_them_no_more() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(RIDE).await;
            let manifest = played.names.manifest("M1").unwrap().to_string();
            let (plain, silent) = (points(1), points(20));
            for file in [&plain, &silent] {
                assert_eq!(post(&server, "swift", "/api/v1/attachments", file.clone()).await.status, 201);
                record(&server, &summary(&server, &manifest, file).await).await;
            }
            let kept = async |days: i64| {
                server.ledger.pass_time(played.ends_at.plus_hours(24 * days)).await;
                let told = tracks(&server, "bureau", &manifest).await;
                told.iter().map(|track| track["points_file"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            };
            assert_eq!(kept(31).await, ["kept", "kept"], "both are named");
            assert_eq!(kept(183).await, ["kept", "kept"]);
            assert_eq!(kept(185).await, ["over", "kept"], "silence is kept longer");
            let missing = server.read_as("swift", "/api/v1/attachments?missing=true").await.json();
            assert_eq!(missing["items"], json!([]), "nobody asks for them again");
            assert_eq!(kept(1_097).await, ["over", "over"]);
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn every_fault_of_points_is_told_with_its_line() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let text = "time,lon_wgs84,lat_wgs84\n\
            2026-03-02T09:20:00+08:00,118.35,35.1\n\
            2026-03-02T09:21:00+08:00,NaN,35.1\n\
            2026-03-02T09:19:00+08:00,118.35,35.1\n\
            2026-03-02T09:22:00+08:00,118.35,95\n";
        let wanted = ["/lines/3/lon_wgs84", "/lines/4/time", "/lines/5/lat_wgs84"];
        let wanted = wanted.map(|pointer| ("points-wrong".to_owned(), pointer.to_owned())).to_vec();
        let of_summary =
            "/api/v1/tracks/summary?vehicle=%E9%B2%81Q10001&manifest=01890a5d-ac96-774b-bcce-b302099a8057";
        for path in ["/api/v1/attachments", of_summary] {
            let refused = post(&server, "swift", path, text.into()).await;
            assert_eq!((refused.status, refused.problem().1), (422, wanted.clone()), "{path}");
            let shifted = post(&server, "swift", path, text.replace("wgs84", "gcj02").into()).await;
            assert!(shifted.text.contains("GCJ-02"), "{path}: {}", shifted.text);
            let noise = format!("time,lon_wgs84,lat_wgs84\n{}", "x\n".repeat(50));
            assert_eq!(post(&server, "swift", path, noise.into()).await.problem().1.len(), MAX_FAULTS);
            // As many points as make a file too long; within the limit of bytes their number has one too.
            let line = "2026-03-02T09:20:00Z,1,2\n";
            let million = format!("{HEADER}\n{}", line.repeat(MAX_ATTACHMENT_BYTES / line.len() + 1));
            assert_eq!(post(&server, "swift", path, million.into()).await.status, 413, "{path}");
        }
        let bad = post(&server, "swift", &of_summary.replace("%E9%B2%81", "!"), points(1)).await;
        assert_eq!(bad.status, 400, "{}", bad.text);
        assert_eq!(post(&server, "swift", of_summary, b"\xff".to_vec()).await.status, 422);
    });
}
