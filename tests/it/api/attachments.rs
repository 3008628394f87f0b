//! Files that events name by digest: who sends, who reads, what is missing, what goes.

use std::io::Write;

use liandan::app::attachments::{MAX_ATTACHMENT_BYTES, UNNAMED_DAYS};
use liandan::app::audit::{self, Against, AuditError};
use liandan::app::backup;
use liandan::ledger::{Digest, Envelope, SigningKey, Typ, Verified};
use liandan::registry::Role;
use liandan::scenario::{PICTURES, Scripted, World, picture};
use serde_json::{Value, json};

use super::manifests::payload;
use super::server::{Answer, Server, sign_script};
use crate::replay::empty;
use crate::stock::site_of;
use crate::support::ledger::{block_on, databases};
use crate::support::tamper::Tamper;

const LIGHT: &str = "
    08:00  acme     opens      900-041-49 2400 kg
    09:00  acme     registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    09:20  acme     hands      M1  to swift
    11:05  swift    hands      M1  to phoenix
    11:30  phoenix  receives   M1  1000 kg
    12:00  phoenix  explains   mass-discrepancy M1 \"wet\"  with picture weighbridge
    12:10  swift    reports    M1 \"a drum fell\"  with picture weighbridge
    =====
";
const ABSENT: &str = "/api/v1/attachments/47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

fn photo() -> Vec<u8> {
    PICTURES[0].1.to_vec()
}

fn digest() -> Digest {
    picture("weighbridge").unwrap()
}

fn path() -> String {
    format!("/api/v1/attachments/{}", digest())
}

async fn send(server: &Server, token: &str, bytes: Vec<u8>) -> Answer {
    let request = server.client.post(server.url("/api/v1/attachments")).bearer_auth(token).body(bytes);
    Answer::of(request.header("content-type", "image/png").send().await.unwrap()).await
}

async fn remove(server: &Server, label: &str, path: &str) -> Answer {
    let request = server.client.delete(server.url(path)).bearer_auth(server.token(label));
    Answer::of(request.send().await.unwrap()).await
}

async fn items(server: &Server, label: &str, path: &str) -> Vec<Value> {
    server.read_as(label, &format!("/api/v1/{path}")).await.json()["items"].as_array().unwrap().clone()
}

async fn to_upload(server: &Server, label: &str) -> Vec<Value> {
    let mut tasks = items(server, label, "tasks").await;
    tasks.retain(|task| task["task"] == "upload-attachment");
    tasks
}

#[test]
fn a_file_is_read_by_whom_an_event_that_names_it_is_open_to() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(LIGHT).await;
            // Somebody else has the very same bytes.
            assert_eq!(send(&server, &server.token("ruby"), photo()).await.status, 201);
            let explained = played.acts[played.acts.len() - 2].envelope.event_id().to_string();
            let waiting = json!([{ "sha256": digest().to_string(), "named_in": [explained] }]);
            assert_eq!(json!(items(&server, "phoenix", "attachments?missing=true").await), waiting);
            let tasks = to_upload(&server, "phoenix").await;
            assert_eq!(
                tasks[0]["about"],
                json!({ "kind": "attachment", "id": digest().to_string(), "of": explained, "from": null })
            );
            let absent = server.read_as("phoenix", ABSENT).await;
            for label in ["phoenix", "acme", "bureau", "heron"] {
                let one = server.read_as(label, &path()).await;
                assert_eq!((one.status, &one.text), (404, &absent.text), "{label}");
            }

            let sent = send(&server, &server.token("phoenix"), photo()).await;
            assert_eq!(sent.status, 201, "{}", sent.text);
            let said = sent.json();
            assert_eq!(
                (&said["sha256"], &said["bytes"], &said["media_type"]),
                (&json!(digest().to_string()), &json!(photo().len()), &json!("image/png"))
            );
            let again = send(&server, &server.token("phoenix"), photo()).await;
            assert_eq!((again.status, &again.text), (200, &sent.text));
            assert_eq!(to_upload(&server, "phoenix").await, Vec::<Value>::new());
            assert_eq!(items(&server, "phoenix", "attachments?missing=true").await, Vec::<Value>::new());
            let kept = json!([{ "sha256": said["sha256"], "file": said, "named_in": [explained] }]);
            assert_eq!(json!(items(&server, "phoenix", "attachments").await), kept);
            // Whoever sees the finding sees what it was explained with.
            for label in ["phoenix", "acme", "bureau"] {
                let by_event = format!("{}?event={explained}", path());
                for path in [path(), by_event] {
                    assert_eq!(server.read_as(label, &path).await.status, 200, "{label} {path}");
                }
            }
            for (label, path) in [("heron", path()), ("heron", format!("{}?event={explained}", path()))] {
                let one = server.read_as(label, &path).await;
                assert_eq!((one.status, &one.text), (404, &absent.text), "{label}");
            }
            // Ruby has its own copy, and learns of no event.
            assert_eq!(server.read_as("ruby", &path()).await.status, 200);
            assert_eq!(server.read_as("ruby", &format!("{}?event={explained}", path())).await.status, 404);
            // What swift named, swift must send itself.
            assert_eq!(to_upload(&server, "swift").await.len(), 1);
            server.ledger.store.close().await;
        });
    }
}

/// What an act says, with photos, by whoever said it.
fn with_photos(act: &Scripted, key: &SigningKey, photos: &Value) -> Envelope<Verified> {
    let mut said = payload(act);
    said["data"]["photos"] = photos.clone();
    Envelope::sign(Typ::Event, said.to_string().as_bytes(), key)
}

#[test]
fn photos_of_a_handover_are_sent_when_the_event_is_long_there() {
    const LOADED: &str = "
        08:00  acme     opens      900-041-49 1200 kg
        09:00  acme     registers  M1  900-041-49 1200 kg  acme > swift > phoenix
        09:20  acme     hands      M1  to swift
        11:05  swift    hands      M1  to phoenix
        11:30  phoenix  receives   M1  all
        =====
    ";
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = sign_script(LOADED);
            let mut events = Vec::new();
            for act in &played.acts {
                let (kind, by) = (payload(act)["kind"].clone(), World::embedded());
                let signer = match kind.as_str().unwrap() {
                    "waste.collected" => by.key("swift", by.party("swift").unwrap().gate()),
                    "waste.received" => by.key("phoenix", by.party("phoenix").unwrap().office()),
                    _ => {
                        server.ledger.send(act).await.unwrap();
                        continue;
                    }
                };
                server.ledger.clock.set(act.recorded_at);
                let too_many = json!((0..=16).map(|n| Digest([n; 32]).to_string()).collect::<Vec<_>>());
                let refused = server
                    .upload("/api/v1/events", with_photos(act, &signer, &too_many).into_compact())
                    .await
                    .problem();
                assert_eq!(refused.1[0].1, "/data/photos");
                let event = with_photos(act, &signer, &json!([digest().to_string()]));
                let answer = server.upload("/api/v1/events", event.compact().to_owned()).await;
                assert_eq!(answer.status, 201, "nobody has sent the file: {}", answer.text);
                events.push(event.event_id().to_string());
            }
            let by_event = |n: usize| format!("{}?event={}", path(), events[n]);
            for (n, sender, other) in [(0, "swift", "acme"), (1, "phoenix", "swift")] {
                let waiting = json!([{ "sha256": digest().to_string(), "named_in": [events[n]] }]);
                assert_eq!(json!(items(&server, sender, "attachments?missing=true").await), waiting);
                assert_eq!(server.read_as(other, &by_event(n)).await.status, 404);
                assert_eq!(send(&server, &server.token(sender), photo()).await.status, 201);
                for label in [sender, other, "bureau"] {
                    assert_eq!(server.read_as(label, &by_event(n)).await.status, 200, "{label}");
                }
                assert_eq!(server.read_as("ruby", &by_event(n)).await.status, 404);
                assert_eq!(items(&server, sender, "attachments?missing=true").await, Vec::<Value>::new());
            }
            // Whoever is about to sign is told what the digest is.
            let wish = json!({
                "kind": "waste.received", "data": { "manifest": "01890a5d-ac96-774b-bcce-b302099a8057",
                    "site": site_of("phoenix", None).1, "photos": [digest().to_string()],
                    "lines": [{ "line": 1, "code": "900-041-49", "outcome": "accepted",
                        "accepted": { "mass_g": 1_000, "basis": "measured" } }] },
            });
            let read = server.post_as("phoenix", "/api/v1/events/prepare", &wish).await.json();
            let said = read["reading"]["said"].as_array().unwrap();
            assert!(
                said.iter().any(|said| said["pointer"] == "/data/photos/0" && said["en"] == "a photo"),
                "{read}"
            );
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn a_file_is_given_to_be_saved_and_never_run_and_its_reading_is_told() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(LIGHT).await;
            // Drivers send what they photograph; the party owns it.
            assert_eq!(send(&server, &server.token("phoenix"), photo()).await.status, 201);
            let request = server.client.get(server.url(&path())).bearer_auth(server.token("bureau"));
            let answer = request.send().await.unwrap();
            let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(header("content-type"), "image/png");
            let tag = format!("\"{}\"", digest());
            assert_eq!(header("etag"), tag);
            assert_eq!(header("content-disposition"), format!("attachment; filename=\"{}.png\"", digest()));
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert!(header("content-security-policy").starts_with("default-src 'none'; sandbox;"));
            assert_eq!(answer.bytes().await.unwrap(), photo());
            let request = server.client.get(server.url(&path())).bearer_auth(server.token("bureau"));
            let known = request.header("if-none-match", tag).send().await.unwrap();
            assert_eq!((known.status().as_u16(), known.bytes().await.unwrap().len()), (304, 0));

            let told = items(&server, "phoenix", "access-log").await;
            let of_file = told.iter().filter(|read| read["subject_kind"] == "attachment");
            let of_file: Vec<&Value> = of_file.map(|read| &read["subject"]).collect();
            assert_eq!(of_file, [&json!(digest().to_string()), &json!(digest().to_string())], "{told:?}");
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn drivers_see_what_they_sent_and_what_their_loads_show() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(LIGHT).await;
            let driver = || server.token_of("swift", Role::Driver);
            assert_eq!(send(&server, &server.token("swift"), photo()).await.status, 201);
            // Its load shows it: the incident was on the manifest that it drives.
            assert_eq!(server.read_with(&driver(), &path()).await.status, 200);
            let other = {
                let mut bytes = photo();
                bytes.push(0);
                bytes
            };
            let of_other = format!("/api/v1/attachments/{}", Digest::sha256(&[&other]));
            assert_eq!(send(&server, &server.token("swift"), other.clone()).await.status, 201);
            assert_eq!(server.read_with(&driver(), &of_other).await.status, 404, "the office sent that");
            let mine = {
                let mut bytes = photo();
                bytes.push(1);
                bytes
            };
            let of_mine = format!("/api/v1/attachments/{}", Digest::sha256(&[&mine]));
            assert_eq!(send(&server, &driver(), mine).await.status, 201);
            assert_eq!(server.read_with(&driver(), &of_mine).await.status, 200);
            let viewer =
                server.read_with(&server.token_of("swift", Role::Driver), "/api/v1/attachments").await;
            assert_eq!(viewer.status, 403, "the list is the office's");
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn what_no_event_names_goes_and_what_one_names_stays() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(LIGHT).await;
            assert_eq!(send(&server, &server.token("phoenix"), photo()).await.status, 201);
            assert_eq!(send(&server, &server.token("ruby"), photo()).await.status, 201);
            assert_eq!(send(&server, &server.token("heron"), photo()).await.status, 201);
            let refused = remove(&server, "phoenix", &path()).await.problem();
            let wanted = vec![("attachment-named".to_owned(), "/digest".to_owned())];
            assert_eq!(refused, ("unacceptable".to_owned(), wanted));
            assert_eq!(remove(&server, "ruby", &path()).await.status, 204);
            assert_eq!(remove(&server, "ruby", &path()).await.status, 404);
            assert_eq!(server.read_as("ruby", &path()).await.status, 404);
            let almost = played.ends_at.plus_hours(24 * UNNAMED_DAYS - 1);
            server.ledger.pass_time(almost).await;
            assert_eq!(server.read_as("heron", &path()).await.status, 200);
            server.ledger.pass_time(almost.plus_hours(1)).await;
            assert_eq!(server.read_as("heron", &path()).await.status, 404);
            assert_eq!(server.read_as("phoenix", &path()).await.status, 200);
            assert_eq!(items(&server, "heron", "attachments").await, Vec::<Value>::new());
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn nothing_but_pictures_and_papers_within_the_limit_is_kept() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let token = || server.token("acme");
            let media = ("unacceptable".to_owned(), vec![("attachment-media".to_owned(), String::new())]);
            for bytes in
                ["", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "GIF89a", "plain"]
            {
                assert_eq!(send(&server, &token(), bytes.into()).await.problem(), media, "{bytes}");
            }
            let long = |bytes: usize| {
                let mut file = photo();
                file.resize(bytes, 0);
                file
            };
            let (slug, errors) = send(&server, &token(), long(MAX_ATTACHMENT_BYTES + 1)).await.problem();
            assert_eq!((slug.as_str(), errors[0].0.as_str()), ("too-large", "body-too-large"));
            assert_eq!(send(&server, &token(), long(MAX_ATTACHMENT_BYTES)).await.status, 201);
            assert_eq!(items(&server, "acme", "attachments").await.len(), 1);
            assert_eq!(send(&server, &token(), photo()).await.status, 201);
            // Lists go by pages.
            let first = server.read_as("acme", "/api/v1/attachments?limit=1").await.json();
            let after = first["next"].as_str().unwrap();
            let second =
                server.read_as("acme", &format!("/api/v1/attachments?limit=1&after={after}")).await.json();
            assert_ne!(first["items"], second["items"]);
            assert_eq!((second["items"].as_array().unwrap().len(), &second["next"]), (1, &Value::Null));
            let stranger = Answer::of(
                server.client.post(server.url("/api/v1/attachments")).body(photo()).send().await.unwrap(),
            );
            assert_eq!(stranger.await.status, 401);
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn backups_carry_files_and_audits_name_a_flipped_byte() {
    for database in databases() {
        block_on(async {
            let url = database.url.clone();
            let server = Server::start(database).await;
            server.play(LIGHT).await;
            let mut long = photo();
            long.resize(400_000, 7);
            for (label, bytes) in [("phoenix", photo()), ("ruby", photo()), ("swift", long)] {
                assert_eq!(send(&server, &server.token(label), bytes).await.status, 201);
            }
            let store = &server.ledger.store;
            let audited = audit::verify(store, Against::itself(), |_, _| {}).await.unwrap();
            assert_eq!(audited.files, 3);
            let mut file = Vec::new();
            backup::write(store, &mut file, |_, _| {}).await.unwrap();
            for target in databases() {
                let restored = empty(&target.url).await;
                backup::restore(&restored, &file[..], |_, _| {}).await.unwrap();
                let mut again = Vec::new();
                backup::write(&restored, &mut again, |_, _| {}).await.unwrap();
                assert!(again == file, "a backup of what was restored is the same file");
                assert_eq!(audit::verify(&restored, Against::itself(), |_, _| {}).await.unwrap().files, 3);
                restored.close().await;
            }
            // A part less, and the file is refused; the digest at its end is made anew.
            let lines: Vec<&[u8]> = file.split_inclusive(|byte| *byte == b'\n').collect();
            let is_part = |line: &&[u8]| line.starts_with(b"{\"part\"");
            let last = lines.iter().rposition(is_part).unwrap();
            let mut cut: Vec<u8> = Vec::new();
            for (n, line) in lines[..lines.len() - 1].iter().enumerate() {
                if n != last {
                    cut.extend(*line);
                }
            }
            let end = json!({ "end": { "sha256": Digest::sha256(&[&cut]).to_string() } });
            writeln!(cut, "{end}").unwrap();
            for target in databases() {
                let store = empty(&target.url).await;
                let refused = backup::restore(&store, &cut[..], |_, _| {}).await.unwrap_err().to_string();
                assert!(refused.contains("do not hash"), "{refused}");
                store.close().await;
            }

            let mut tamper = Tamper::open(&url).await;
            let flip = match url.starts_with("sqlite:") {
                true => {
                    "update attachment_content set content = cast(substr(content, 1, length(content) - 1) || x'00' as blob)
                      where party = (select min(party) from attachment_content)"
                }
                false => {
                    "update attachment_content set content = set_byte(content, 9, get_byte(content, 9) # 1)
                      where party = (select min(party) from attachment_content)"
                }
            };
            assert_eq!(tamper.run(flip).await.unwrap(), 1);
            let error = audit::verify(store, Against::itself(), |_, _| {}).await.unwrap_err();
            let AuditError::Broken(broken) = error else { panic!("{error}") };
            assert_eq!(
                (broken.table, broken.what.as_str()),
                ("attachment", "its bytes do not hash to its digest")
            );
            let mut spoilt = Vec::new();
            assert!(
                backup::write(store, &mut spoilt, |_, _| {}).await.is_err(),
                "what is broken is not passed on"
            );
            server.ledger.store.close().await;
        });
    }
}
