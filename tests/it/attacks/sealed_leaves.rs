//! The public leaves guessed from templates; salts and contents looked for in everything that the public gets and in the program's
//! own logs. Allowed: no match, none found.

use std::collections::{BTreeSet, HashMap};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use liandan::ledger::leaf::{Leaf, Salt, commitment};
use liandan::ledger::{Digest, b64};
use liandan::scenario::World;
use liandan::store::log::{self, Entry};
use liandan::store::{ConnectOptions, Store};

use crate::support::http::client_builder;
use crate::support::ledger::{Folder, block_on};

/// As much as the program can be made to say.
const EVERYTHING: &str = "trace";
/// What is looked up of a secret; every secret is longer.
const PREFIX_BYTES: usize = 12;

#[test]
fn leaves_cannot_be_guessed_and_secrets_are_nowhere() {
    let (folder, again) = (Folder::new(), Folder::new());
    let play_log = play(&folder);
    play(&again);
    let (entries, others) = (entries_of(&folder), entries_of(&again));
    assert!(entries.len() > 200, "{}", entries.len());

    nothing_is_guessed(&entries, &others);
    let secrets = Secrets::of(&entries);
    secrets.are_not_in("the log of a week's submissions", &play_log);
    let (answers, serve_log) = public_answers(&folder, &entries);
    for (path, answer) in answers {
        secrets.are_not_in(&path, &answer);
    }
    secrets.are_not_in("the log of serving", &serve_log);
}

fn database(folder: &Folder) -> String {
    format!("sqlite:{}", folder.path().join("liandan.sqlite").display())
}

/// The demonstration's week; what the program logs of it.
fn play(folder: &Folder) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liandan"));
    command.args(["demo", "--no-serve", "--data"]).arg(folder.path()).env("RUST_LOG", EVERYTHING);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.len() > 10_000, "it was told to log everything");
    output.stderr
}

fn entries_of(folder: &Folder) -> Vec<Entry> {
    block_on(async {
        let options = ConnectOptions { read_only: true, ..ConnectOptions::default() };
        let store = Store::connect(&database(folder), &options).await.unwrap();
        let entries = log::entries(&mut store.read().await.unwrap(), 0, 10_000).await.unwrap();
        store.close().await;
        entries
    })
}

/// Even whoever knows the very bytes of every event and the moment it was recorded cannot tell its leaf, and two ledgers with
/// the same events have no leaf in common.
fn nothing_is_guessed(entries: &[Entry], others: &[Entry]) {
    let sealed = |entries: &[Entry]| -> BTreeSet<Digest> {
        entries.iter().filter_map(|entry| Leaf::parse(&entry.leaf).unwrap().commitment()).collect()
    };
    let (public, elsewhere) = (sealed(entries), sealed(others));
    assert_eq!(public.len(), entries.len(), "no two leaves are alike");
    assert_eq!(public.intersection(&elsewhere).count(), 0, "the same events, other leaves");
    for entry in entries {
        let compact = entry.jws.as_deref().unwrap();
        let payload = b64::decode(compact.split('.').nth(1).unwrap()).unwrap();
        let event = *entry.event_id.as_bytes();
        let sealed_with =
            |salt| commitment(&Salt(salt), entry.recorded_at.as_millis(), entry.skew_ms, compact);
        let first_hash = Digest::sha256(&[compact.as_bytes()]);
        let guesses = [
            Digest(event),
            first_hash,
            Digest::sha256(&[&payload]),
            Digest::sha256(&[&first_hash.0]),
            Digest::sha256(&[b"liandan/leaf/v1\0", compact.as_bytes()]),
            sealed_with([0; 32]),
            sealed_with([0xff; 32]),
            sealed_with(event),
            sealed_with(first_hash.0),
            sealed_with(Digest::sha256(&[&entry.index.to_be_bytes()]).0),
        ];
        assert!(guesses.iter().all(|guess| !public.contains(guess)), "entry {}", entry.index);
        assert!(public.contains(&sealed_with(entry.salt.unwrap())), "with the salt it is told at once");
    }
}

/// What must not be found, by its first bytes.
struct Secrets(HashMap<[u8; PREFIX_BYTES], Vec<(String, Vec<u8>)>>);

impl Secrets {
    fn of(entries: &[Entry]) -> Self {
        let mut secrets = Self(HashMap::new());
        for entry in entries {
            let salt = entry.salt.unwrap();
            let hex: String = salt.iter().map(|byte| format!("{byte:02x}")).collect();
            // A list of numbers, as `Debug` writes bytes.
            let numbers = format!("{salt:?}");
            let forms = [b64::encode(&salt), STANDARD.encode(salt), hex.to_uppercase(), hex, numbers];
            let name = format!("salt {}", entry.index);
            secrets.add(&name, &salt);
            forms.iter().for_each(|form| secrets.add(&name, form.trim_matches(['[', ']']).as_bytes()));
            secrets.add_contents(entry);
        }
        for party in World::embedded()
            .parties()
            .iter()
            .filter(|party| party.uscc != World::embedded().authority().uscc)
        {
            secrets.add("a party's name", party.zh.as_bytes());
        }
        secrets
    }

    fn add_contents(&mut self, entry: &Entry) {
        let name = format!("contents of {}", entry.index);
        let compact = entry.jws.as_deref().unwrap();
        let payload = compact.split('.').nth(1).unwrap();
        self.add(&name, &payload.as_bytes()[payload.len() / 2..]);
        let json: serde_json::Value = serde_json::from_slice(&b64::decode(payload).unwrap()).unwrap();
        for pointer in ["/act", "/data/manifest", "/data/lots/0/lot", "/data/lines/0/drawn/0/lot"] {
            if let Some(id) = json.pointer(pointer).and_then(serde_json::Value::as_str) {
                self.add(&name, id.as_bytes());
            }
        }
    }

    fn add(&mut self, name: &str, secret: &[u8]) {
        let prefix = *secret.first_chunk().unwrap_or_else(|| panic!("{name} is too short to be looked for"));
        self.0.entry(prefix).or_default().push((name.to_owned(), secret.to_vec()));
    }

    fn are_not_in(&self, place: &str, text: &[u8]) {
        for (at, window) in text.windows(PREFIX_BYTES).enumerate() {
            let Some(begun) = self.0.get(window) else { continue };
            for (name, secret) in begun {
                assert!(!text[at..].starts_with(secret), "{place} shows {name}");
            }
        }
    }
}

/// The program serving a ledger to the public.
struct Served {
    child: Child,
    base: String,
}

impl Served {
    fn start(folder: &Folder) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_liandan"));
        command.args(["serve", "--addr", "127.0.0.1:0", "--database", &database(folder)]);
        command.args(["--log-key"]).arg(folder.path().join("liandan.sqlite.log-key.pem"));
        let log = std::fs::File::create(folder.path().join("serve.log")).unwrap();
        let mut child =
            command.env("RUST_LOG", EVERYTHING).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line.split_whitespace().next().unwrap_or_default().trim_end_matches('/').to_owned();
        Self { child, base }
    }

    /// Everything it logged.
    fn stop(mut self, folder: &Folder) -> Vec<u8> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let mut log = Vec::new();
        std::fs::File::open(folder.path().join("serve.log")).unwrap().read_to_end(&mut log).unwrap();
        log
    }
}

/// Whatever anybody gets without being anybody, and what the program logs while it answers.
fn public_answers(folder: &Folder, entries: &[Entry]) -> (Vec<(String, Vec<u8>)>, Vec<u8>) {
    let served = Served::start(folder);
    let client = client_builder().no_proxy().build().unwrap();
    let answers = block_on(async {
        let mut answers = Vec::new();
        for path in paths(entries) {
            let answer = client.get(format!("{}{path}", served.base)).send().await.unwrap();
            let status = answer.status();
            let head = format!("{status} {:?}", answer.headers()).into_bytes();
            let body = answer.bytes().await.unwrap().to_vec();
            assert!(!status.is_server_error(), "{path}: {status}");
            // What was asked for comes back in some answers; that is no leak.
            let known = path.rsplit('/').next().unwrap_or_default();
            let body = String::from_utf8_lossy(&body).replace(known, "").into_bytes();
            answers.push((path, [head, body].concat()));
        }
        for (name, event) in hostile(entries) {
            let answer =
                client.post(format!("{}/api/v1/events", served.base)).body(event).send().await.unwrap();
            assert!(answer.status().is_client_error(), "{name}: {}", answer.status());
            answers.push((name, answer.bytes().await.unwrap().to_vec()));
        }
        answers
    });
    assert!(
        answers.iter().filter(|(_, answer)| answer.starts_with(b"200")).count() > 20,
        "most paths are there"
    );
    (answers, served.stop(folder))
}

fn paths(entries: &[Entry]) -> Vec<String> {
    let size = entries.len();
    let mut paths: Vec<String> =
        ["/", "/rules", "/log", "/verify", "/login", "/manifests", "/findings", "/docs", "/openapi.json"]
            .map(str::to_owned)
            .to_vec();
    let log = "/api/v1/log";
    for path in [
        "checkpoint",
        "key",
        "tile/0/000",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/0/000.p/7",
        "tile/entries/000.p/7",
    ] {
        paths.push(format!("{log}/{path}"));
    }
    for level in ["0", "entries"] {
        let (tile, width) = (size / 256, size % 256);
        paths.push(format!("{log}/tile/{level}/{tile:03}.p/{width}"));
    }
    for index in (0..size).step_by(29) {
        paths.push(format!("{log}/proof/inclusion?index={index}&size={size}"));
        paths.push(format!("{log}/proof/consistency?from={}&to={size}", index + 1));
    }
    // Somebody who knows the names, and is nobody.
    for entry in entries.iter().step_by(17) {
        paths.extend(
            ["", "/receipt", "/bundle"].map(|what| format!("/api/v1/events/{}{what}", entry.event_id)),
        );
        let payload = entry.jws.as_deref().unwrap().split('.').nth(1).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&b64::decode(payload).unwrap()).unwrap();
        let Some(manifest) = json["data"]["manifest"].as_str() else { continue };
        let below = ["", "/chain", "/bundle", "/actions", "/events"];
        paths.extend(below.map(|what| format!("/api/v1/manifests/{manifest}{what}")));
        paths.push(format!("/manifests/{manifest}"));
    }
    paths.extend(
        ["overview", "findings", "parties", "manifests", "lots"].map(|list| format!("/api/v1/{list}")),
    );
    paths
}

/// What somebody sends who wants to be told more than is right.
fn hostile(entries: &[Entry]) -> Vec<(String, String)> {
    let compact = entries[entries.len() - 1].jws.clone().unwrap();
    let (signed, signature) = compact.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    let (header, payload) = signed.split_once('.').unwrap();
    vec![
        ("a signature that is wrong".to_owned(), format!("{signed}.{other}{}", &signature[1..])),
        ("a payload cut short".to_owned(), format!("{header}.{}.{signature}", &payload[..payload.len() - 4])),
        ("nothing".to_owned(), String::new()),
        (
            "a flattened form with a member too many".to_owned(),
            r#"{"protected":"","payload":"","signature":"","x":1}"#.to_owned(),
        ),
    ]
}
