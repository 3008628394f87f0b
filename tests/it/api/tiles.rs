//! The log at its static paths (C2SP tlog-tiles), read by `tlog_tiles` and `signed_note`, and attacked in the database.

use std::collections::HashMap;

use liandan::app::Fault;
use liandan::ledger::Leaf;
use liandan::ledger::leaf::KeyAction;
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{Hash, HashReader, Tile, TileHashReader, TileReader};

use super::server::{Answer, Server, sign_script};
use crate::support::ledger::{Ledger, block_on, databases, settings};
use crate::support::random::Random;
use crate::support::tamper::Tamper;

/// Entries of the large log, more than seven full tiles.
const LARGE: usize = 2_000;

/// Lots that appear: as many entries as wanted.
fn many(count: usize) -> Vec<Vec<u8>> {
    let line = |n: usize| format!("08:{:02} acme opens 900-041-49 {} kg\n", n * 60 / count, n + 1);
    let script: String = (0..count).map(line).collect();
    let played = sign_script(&format!("{script}=====\n"));
    played.acts.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect()
}

async fn fill(ledger: &Ledger, count: usize) {
    for answer in ledger.app.submit_many(many(count), None).await.unwrap() {
        answer.unwrap();
    }
}

async fn fetch(server: &Server, path: &str) -> (Answer, Vec<u8>) {
    let response = server.client.get(server.url(&format!("/api/v1/log/{path}"))).send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.unwrap().to_vec();
    (Answer { status, headers, text: String::new() }, bytes)
}

/// Tiles fetched beforehand.
struct Fetched(HashMap<String, Vec<u8>>);

fn our_path(theirs: &Tile) -> String {
    theirs.path().replacen("tile/8/", "tile/", 1)
}

impl TileReader for Fetched {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        Ok(tiles.iter().map(|tile| self.0[&our_path(tile)].clone()).collect())
    }

    fn save_tiles(&self, _tiles: &[Tile], _bytes: &[Vec<u8>]) {}
}

#[test]
fn foreign_tools_read_a_log_of_two_thousand_entries_from_its_static_paths() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            fill(&server.ledger, LARGE).await;
            let (answer, note) = fetch(&server, "checkpoint").await;
            assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
            assert_eq!(answer.headers["cache-control"], "no-cache");
            let vkey = server.read("/api/v1/log/key").await.text;
            let known = VerifierList::new(vec![Box::new(StandardVerifier::new(vkey.trim_end()).unwrap())]);
            let note = Note::from_bytes(&note).unwrap();
            note.verify(&known).unwrap();
            let head = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
            assert!(head.size() > LARGE as u64);

            let mut tiles = HashMap::new();
            for tile in Tile::new_tiles(8, 0, head.size()) {
                let path = our_path(&tile);
                let (answer, bytes) = fetch(&server, &path).await;
                assert_eq!(answer.headers["content-type"], "application/octet-stream", "{path}");
                let caching = answer.headers["cache-control"].to_str().unwrap();
                assert_eq!(caching.contains("immutable"), !path.contains(".p/"), "{path}: {caching}");
                assert_eq!(bytes.len() as u64, u64::from(tile.width()) * 32, "{path}");
                tiles.insert(path, bytes);
            }
            let fetched = Fetched(tiles);
            let reader = TileHashReader::new(head.size(), *head.hash(), &fetched);
            let leaves = read_leaves(&server, head.size()).await;
            let places: Vec<u64> =
                (0..head.size()).map(|index| tlog_tiles::stored_hash_index(0, index)).collect();
            let hashes: Vec<Hash> = leaves.iter().map(|leaf| tlog_tiles::record_hash(leaf)).collect();
            assert!(reader.read_hashes(&places).unwrap() == hashes, "every leaf lies below the signed root");
            keys_are_public(&leaves);
            server.ledger.store.close().await;
        });
    }
}

async fn read_leaves(server: &Server, size: u64) -> Vec<Vec<u8>> {
    let mut leaves = Vec::new();
    for number in 0..size.div_ceil(256) {
        let width = (size - number * 256).min(256);
        let partial = if width < 256 { format!(".p/{width}") } else { String::new() };
        let (answer, bytes) = fetch(server, &format!("tile/entries/{number:03}{partial}")).await;
        assert_eq!(
            (answer.status, &answer.headers["content-type"]),
            (200, &"application/octet-stream".parse().unwrap())
        );
        let mut rest = &bytes[..];
        while let Some((length, behind)) = rest.split_first_chunk::<2>() {
            let (leaf, behind) = behind.split_at(usize::from(u16::from_be_bytes(*length)));
            leaves.push(leaf.to_vec());
            rest = behind;
        }
    }
    assert_eq!(leaves.len() as u64, size);
    leaves
}

/// Anybody lists the keys of a ledger from its bundles alone.
fn keys_are_public(leaves: &[Vec<u8>]) {
    let keys = leaves.iter().filter_map(|leaf| match Leaf::parse(leaf) {
        Ok(Leaf::Key { action, .. }) => Some(action),
        _ => None,
    });
    let keys: Vec<KeyAction> = keys.collect();
    assert_eq!(keys.iter().filter(|action| **action == KeyAction::Founded).count(), 1);
    assert!(keys.iter().filter(|action| **action == KeyAction::Enrolled).count() > 5);
    assert!(leaves.iter().all(|leaf| leaf.len() == 34 || leaf.len() == 139), "nothing else is to be seen");
}

#[test]
fn only_what_is_signed_lies_there_and_under_one_name() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        fill(&server.ledger, 300).await;
        let size = server.size().await;
        let partial = size % 256;
        assert!((1..255).contains(&partial) && size / 256 == 1);
        for path in ["tile/0/000", "tile/0/000.p/255", "tile/0/001.p/1", "tile/1/000.p/1", "tile/entries/000"]
        {
            assert_eq!(fetch(&server, path).await.0.status, 200, "{path}");
        }
        let right = [format!("tile/0/001.p/{partial}"), format!("tile/entries/001.p/{partial}")];
        for path in &right {
            assert_eq!(fetch(&server, path).await.0.status, 200, "{path}");
        }
        let beyond = [format!("tile/0/001.p/{}", partial + 1), format!("tile/entries/001.p/{}", partial + 1)];
        let odd = [
            "tile/0/001",
            "tile/entries/001",
            "tile/0/002.p/1",
            "tile/1/000",
            "tile/1/000.p/2",
            "tile/2/000.p/1",
            "tile/8/000.p/1",
            "tile/63/000",
            "tile/64/000",
            "tile/0/0",
            "tile/0/0000",
            "tile/00/000",
            "tile/+0/000",
            "tile/0/x000/000",
            "tile/0/%30%30%30",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000/",
            "tile/0/000.p",
            "tile/entries/000.p/",
            "tile/data/000",
            "tile/entries",
            "tile/0",
            "tile",
            "tile/0/x018/x446/x744/x073/x709/x551/615",
            "tile/0/999999999999999999999999",
        ];
        for path in beyond.iter().map(String::as_str).chain(odd) {
            let answer = fetch(&server, path).await.0;
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        }
        kept_copies_are_asked_about(&server).await;
        server.ledger.store.close().await;
    });
}

async fn kept_copies_are_asked_about(server: &Server) {
    for path in ["checkpoint", "tile/0/000", "tile/entries/000"] {
        let tag = fetch(server, path).await.0.headers["etag"].clone();
        let ask = |tag: &str| {
            let request = server.client.get(server.url(&format!("/api/v1/log/{path}")));
            request.header("if-none-match", tag.to_owned()).send()
        };
        assert_eq!(ask(tag.to_str().unwrap()).await.unwrap().status(), 304, "{path}");
        assert_eq!(ask("\"another\"").await.unwrap().status(), 200, "{path}");
    }
    let request = server.client.get(server.url("/api/v1/log/tile/entries/000"));
    let zipped = request.header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(zipped.headers()["content-encoding"], "gzip");
    let zipped = zipped.bytes().await.unwrap();
    let mut plain = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&zipped[..]), &mut plain).unwrap();
    assert_eq!(plain, fetch(server, "tile/entries/000").await.1);
}

/// Attack 3: somebody with the database flips a bit of a tile.
#[test]
fn a_flipped_bit_in_a_tile_is_neither_served_nor_built_upon() {
    for database in databases() {
        block_on(async {
            let url = database.url.clone();
            let server = Server::start(database).await;
            fill(&server.ledger, 300).await;
            let mut tamper = Tamper::open(&url).await;
            tamper.drop_triggers().await;
            let size = server.size().await;
            let hashes = tamper.flip("tile", "hashes", &mut Random::new(1)).await.unwrap();
            let proof = format!("proof/inclusion?index=3&size={size}");
            for path in [
                "tile/0/000",
                "tile/0/000.p/9",
                "tile/entries/000",
                &proof,
                "proof/consistency?from=77&to=260",
            ] {
                let (answer, _) = fetch(&server, path).await;
                assert_eq!(answer.status, 500, "{path}");
                assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
            }
            let (answer, _) = fetch(&server, &format!("tile/0/001.p/{}", size % 256)).await;
            assert_eq!(answer.status, 200, "the other tile is whole");
            hashes.undo(&mut tamper).await;
            assert_eq!(fetch(&server, "tile/0/000").await.0.status, 200);

            let root = tamper.flip("tile", "root", &mut Random::new(2)).await.unwrap();
            assert_eq!(fetch(&server, "tile/1/000.p/1").await.0.status, 500);
            let again = || settings(server.ledger.store.clone(), server.ledger.clock.clone(), None);
            assert!(matches!(Ledger::open(again()).await, Err(Fault::Tree(_))), "nothing is built on it");
            assert_eq!(
                server.ledger.app.readiness().await.unwrap().signed,
                size,
                "nothing is signed above it"
            );
            root.undo(&mut tamper).await;
            let one = many(301).pop().unwrap();
            assert!(Ledger::open(again()).await.unwrap().app.submit(&one, None).await.unwrap().is_new);
            server.ledger.store.close().await;
        });
    }
}

/// Attacks 1 and 2: somebody with the database edits or takes away an entry.
#[test]
fn an_edited_or_missing_entry_is_never_read_as_good() {
    for database in databases() {
        block_on(async {
            let url = database.url.clone();
            let server = Server::start(database).await;
            let played = server.play(super::bundles::DAY).await;
            let manifest = played.names.manifest("M1").unwrap();
            let last = played.acts.last().unwrap().envelope.event_id();
            let index = server.size().await - 1;
            let mut tamper = Tamper::open(&url).await;
            tamper.drop_triggers().await;
            let paths = [
                format!("/api/v1/events/{last}"),
                format!("/api/v1/events/{last}/receipt"),
                format!("/api/v1/events/{last}/proof"),
                format!("/api/v1/events/{last}/bundle"),
                format!("/api/v1/manifests/{manifest}/bundle"),
            ];
            for column in ["jws", "salt", "leaf", "recorded_at_ms", "skew_ms"] {
                let row = usize::try_from(index).unwrap();
                let flip = tamper.flip_row("log_entry", column, row, &mut Random::new(3)).await.unwrap();
                for path in &paths {
                    let answer = server.read_as("bureau", path).await;
                    assert_eq!(answer.status, 500, "{column} {path}: {}", answer.text);
                }
                let chain =
                    server.read_as("bureau", &format!("/api/v1/manifests/{manifest}/chain")).await.json();
                let step = chain["items"].as_array().unwrap().last().unwrap().clone();
                let is_shown_broken = step["in_log"] == false || step["leaf_check"] == "differs";
                assert!(is_shown_broken, "{column}: {step}");
                flip.undo(&mut tamper).await;
                assert_eq!(server.read_as("bureau", &paths[0]).await.status, 200, "{column}");
            }
            tamper.delete_entry(index - 1).await;
            for path in [&paths[4], &format!("/api/v1/manifests/{manifest}/chain"), &paths[3]] {
                let answer = server.read_as("bureau", path).await;
                assert_eq!(answer.status, 500, "{path}: {}", answer.text);
            }
            server.ledger.store.close().await;
        });
    }
}
