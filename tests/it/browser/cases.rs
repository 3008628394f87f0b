//! Bundles as the ledger hands them out, and what may become of them on the way.

use std::collections::BTreeSet;

use liandan::app::access::Viewer;
use liandan::id::ManifestId;
use liandan::ledger::cosignature::Cosigner;
use liandan::ledger::note::NoteKey;
use liandan::ledger::{EventId, SigningKey};
use liandan::registry::Role;
use liandan::scenario::{DEMO_WEEK, Script, World};
use serde_json::{Value, json};

use crate::support::ledger::{LOG, Ledger, block_on, databases};
use crate::support::random::Random;

/// A bundle and the policy it is judged by.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) bundle: Vec<u8>,
    pub(super) policy: String,
}

/// Bundles of the demonstration's week, good ones.
pub(super) struct Week {
    pub(super) vkey: String,
    /// By manifest.
    pub(super) manifests: Vec<String>,
    /// By event, of many kinds.
    pub(super) events: Vec<String>,
}

/// The bureau, which sees everything.
fn bureau() -> Viewer {
    let bureau = World::embedded().authority();
    let kid = World::embedded().key(&bureau.label, Role::Officer).kid();
    Viewer::Authority { party: bureau.uscc, division: bureau.division, role: Role::Officer, kid }
}

impl Week {
    pub(super) fn play() -> Self {
        let database = databases().remove(0);
        let played = Script::parse("week", DEMO_WEEK).unwrap().play(World::embedded(), LOG).unwrap();
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            for act in &played.acts {
                assert_eq!(ledger.send(act).await.is_err(), act.refused.is_some(), "line {}", act.line);
            }
            let mut week = Self { vkey: ledger.app.verifier().to_vkey(), manifests: vec![], events: vec![] };
            let ids: BTreeSet<ManifestId> = played.names.manifests().map(|(_, id)| id).collect();
            for id in ids {
                week.manifests.extend(ledger.app.manifest_bundle(&bureau(), id).await.unwrap());
            }
            let mut kinds = BTreeSet::new();
            for id in events_of(&ledger).await {
                let Some(bundle) = ledger.app.event_bundle(&bureau(), id).await.unwrap() else { continue };
                let value: Value = serde_json::from_str(&bundle).unwrap();
                if kinds.insert(kind_of(&value)) {
                    week.events.push(bundle);
                }
            }
            week
        })
    }

    /// The policy of somebody who trusts the log alone.
    pub(super) fn log_alone(&self) -> String {
        format!("log {}\nquorum none\n", self.vkey)
    }
}

/// A bundle of fifty records: one load that two carriers hand back and forth. With the policy of the log alone.
pub(super) fn fifty() -> (String, String) {
    let mut script = String::from("08:00  acme  opens  900-041-49 5000 kg\n");
    script.push_str("08:10  acme  registers  M1  900-041-49 1200 kg  acme > swift > phoenix\n");
    script.push_str("09:00  acme  hands  M1  to swift\n");
    let mut holder = "swift";
    // Registered, confirmed, assigned and collected are four.
    for n in 0..46 {
        let taker = if holder == "swift" { "heron" } else { "swift" };
        script.push_str(&format!("{:02}:{:02}  {holder}  hands  M1  to {taker}\n", 10 + n / 6, n % 6 * 10));
        holder = taker;
    }
    let played = Script::parse("fifty", &(script + "=====\n")).unwrap().play(World::embedded(), LOG).unwrap();
    let database = databases().remove(0);
    block_on(async {
        let ledger = Ledger::found(&database.url).await;
        for act in &played.acts {
            ledger.send(act).await.unwrap();
        }
        let (_, id) = played.names.manifests().next().unwrap();
        let bundle = ledger.app.manifest_bundle(&bureau(), id).await.unwrap().unwrap();
        (bundle, format!("log {}\nquorum none\n", ledger.app.verifier().to_vkey()))
    })
}

async fn events_of(ledger: &Ledger) -> Vec<EventId> {
    let mut tx = ledger.store.read().await.unwrap();
    let entries = liandan::store::log::entries(&mut tx, 0, 10_000).await.unwrap();
    entries.into_iter().map(|entry| entry.event_id).collect()
}

fn kind_of(bundle: &Value) -> String {
    let compact = bundle["events"][0]["event"].as_str().unwrap();
    let payload = liandan::ledger::b64::decode(compact.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice::<Value>(&payload).unwrap()["kind"].as_str().unwrap().to_owned()
}

/// Two witnesses that never saw the log; what they sign is made here.
fn witnesses() -> [Cosigner; 2] {
    [1, 2]
        .map(|n| Cosigner { name: format!("witness-{n}.example"), key: SigningKey::from_seed([30 + n; 32]) })
}

/// The bundle with the checkpoint of every proof replaced by what `change` makes of it.
fn with_checkpoint(bundle: &str, change: impl Fn(&str) -> String) -> String {
    let mut value: Value = serde_json::from_str(bundle).unwrap();
    for list in ["events", "keys"] {
        for item in value[list].as_array_mut().unwrap() {
            let proof = item["proof"].as_str().unwrap();
            let (head, checkpoint) = proof.split_once("\n\n").unwrap();
            item["proof"] = json!(format!("{head}\n\n{}", change(checkpoint)));
        }
    }
    value.to_string()
}

/// The bundle under the cosignatures of the first `count` witnesses.
fn cosigned(bundle: &str, count: usize) -> String {
    with_checkpoint(bundle, |checkpoint| {
        let text = format!("{}\n", checkpoint.split_once("\n\n").unwrap().0);
        let lines = witnesses();
        let lines = lines[..count].iter().map(|witness| witness.cosign(&text, 1_790_000_000).unwrap());
        checkpoint.to_owned() + &lines.collect::<String>()
    })
}

/// Every policy that a bundle of the log may be held against.
fn policies(week: &Week) -> Vec<(&'static str, String)> {
    let [one, two] = witnesses().map(|witness| witness.verifier().to_vkey());
    let log = &week.vkey;
    let other =
        liandan::ledger::note::NoteSigner { name: LOG.to_owned(), key: SigningKey::from_seed([77; 32]) };
    let stranger = liandan::ledger::note::NoteSigner {
        name: "other.example/log".to_owned(),
        key: SigningKey::from_seed([78; 32]),
    };
    vec![
        ("log alone", week.log_alone()),
        ("bare keys", format!("{log}\n{one}\n{two}\n")),
        ("a witness", format!("log {log}\nwitness one {one}\nquorum one\n")),
        (
            "any of two",
            format!("log {log}\nwitness one {one}\nwitness two {two}\ngroup both any one two\nquorum both\n"),
        ),
        (
            "all of two",
            format!("log {log}\nwitness one {one}\nwitness two {two}\ngroup both all one two\nquorum both\n"),
        ),
        ("another key of that name", format!("log {}\nquorum none\n", other.verifier().to_vkey())),
        ("another log", format!("log {}\nquorum none\n", stranger.verifier().to_vkey())),
        ("a witness as a log", format!("log {one}\nquorum none\n")),
        ("no quorum", format!("log {log}\n")),
        ("a name twice", format!("log {log}\nwitness one {one}\nwitness one {two}\nquorum one\n")),
        ("nothing", String::new()),
    ]
}

/// Good bundles under every policy.
pub(super) fn good(week: &Week) -> Vec<Case> {
    let mut cases = vec![];
    let mut add = |name: String, bundle: &str, policy: &str| {
        cases.push(Case { name, bundle: bundle.as_bytes().to_vec(), policy: policy.to_owned() });
    };
    for (n, bundle) in week.manifests.iter().enumerate() {
        add(format!("manifest-{n}"), bundle, &week.log_alone());
    }
    for (n, bundle) in week.events.iter().enumerate() {
        add(format!("event-{n}"), bundle, &week.log_alone());
    }
    for (policy_name, policy) in policies(week) {
        for count in 0..=2 {
            let bundle = cosigned(&week.manifests[0], count);
            add(format!("{count}-cosignatures-under-{}", policy_name.replace(' ', "-")), &bundle, &policy);
        }
    }
    cases
}

/// Edits of the document that somebody would try on purpose.
pub(super) fn edited(week: &Week) -> Vec<Case> {
    let mut cases = vec![];
    let whole: Value = serde_json::from_str(&week.manifests[0]).unwrap();
    let other: Value = serde_json::from_str(&week.manifests[1]).unwrap();
    let mut edit = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut bundle = whole.clone();
        change(&mut bundle);
        let (name, bundle) = (format!("edit-{}", name.replace(' ', "-")), bundle.to_string().into_bytes());
        cases.push(Case { name, bundle, policy: week.log_alone() });
    };
    edit("nothing", &|_| {});
    edit("format", &|b| b["format"] = json!("liandan-bundle/v2"));
    edit("log", &|b| b["log"] = json!("other.example/log"));
    edit("manifest", &|b| b["subject"] = other["subject"].clone());
    edit("subject unknown", &|b| b["subject"] = json!({"lot": whole["subject"]["manifest"]}));
    edit("subject twice", &|b| b["subject"]["event"] = json!("A".repeat(43)));
    edit("subject an event", &|b| b["subject"] = json!({"event": "A".repeat(43)}));
    edit("head of another", &|b| b["head"] = other["head"].clone());
    edit("head missing", &|b| drop(b.as_object_mut().unwrap().remove("head")));
    edit("head null", &|b| b["head"] = Value::Null);
    edit("head an event", &|b| b["head"] = whole["events"][0]["event"].clone());
    edit("no events", &|b| b["events"] = json!([]));
    edit("nothing in it", &|b| (b["events"], b["keys"]) = (json!([]), json!([])));
    edit("member unknown", &|b| b["more"] = json!(1));
    edit("event member unknown", &|b| b["events"][0]["more"] = json!(1));
    edit("event of another", &|b| b["events"][0] = other["events"][0].clone());
    edit("event twice", &|b| b["events"].as_array_mut().unwrap().insert(0, whole["events"][0].clone()));
    for n in 0..whole["events"].as_array().unwrap().len() {
        edit(&format!("event {n} missing"), &|b| drop(b["events"].as_array_mut().unwrap().remove(n)));
        edit(&format!("salt {n}"), &|b| b["events"][n]["salt"] = json!("A".repeat(43)));
        edit(&format!("salt {n} short"), &|b| b["events"][n]["salt"] = json!("A".repeat(42)));
        edit(&format!("time {n}"), &|b| {
            b["events"][n]["recorded_at_ms"] =
                json!(whole["events"][n]["recorded_at_ms"].as_i64().unwrap() + 1);
        });
        edit(&format!("skew {n}"), &|b| b["events"][n]["skew_ms"] = json!(-1));
        edit(&format!("skew {n} null"), &|b| b["events"][n]["skew_ms"] = Value::Null);
        edit(&format!("skew {n} too large"), &|b| b["events"][n]["skew_ms"] = json!(u64::MAX));
        edit(&format!("skew {n} with a fraction"), &|b| b["events"][n]["skew_ms"] = json!(0.5));
        edit(&format!("event {n} not erased"), &|b| b["events"][n]["erased"] = json!(false));
        edit(&format!("proof {n} of another"), &|b| {
            b["events"][n]["proof"] = whole["keys"][0]["proof"].clone()
        });
    }
    edit("events exchanged", &|b| b["events"].as_array_mut().unwrap().swap(0, 1));
    edit("an offer as event", &|b| b["events"][0]["event"] = whole["head"].clone());
    for n in 0..whole["keys"].as_array().unwrap().len() {
        edit(&format!("key {n} missing"), &|b| drop(b["keys"].as_array_mut().unwrap().remove(n)));
        edit(&format!("key {n} closed"), &|b| {
            for member in ["event", "salt", "recorded_at_ms", "skew_ms"] {
                b["keys"][n].as_object_mut().unwrap().remove(member);
            }
        });
        edit(&format!("key {n} half closed"), &|b| {
            drop(b["keys"][n].as_object_mut().unwrap().remove("salt"))
        });
        edit(&format!("key {n} leaf"), &|b| b["keys"][n]["leaf"] = json!("AQE"));
    }
    edit("keys exchanged", &|b| b["keys"].as_array_mut().unwrap().swap(0, 1));
    cases.extend(texts(week));
    cases
}

/// The same document in other bytes.
fn texts(week: &Week) -> Vec<Case> {
    let good = &week.manifests[0];
    let head = with_checkpoint(good, |note| note.replacen('\n', "\r\n", 1));
    let texts = [
        ("white space", format!(" \n{good}\t\n")),
        ("a byte order mark", format!("\u{feff}{good}")),
        ("something behind", format!("{good}x")),
        ("a member twice", good.replacen('{', "{\"format\":\"liandan-bundle/v1\",", 1)),
        ("an array", format!("[{good}]")),
        ("nothing", String::new()),
        ("nested deeply", "[".repeat(100_000)),
        ("a lone surrogate", good.replacen("liandan-bundle/v1", "\\ud800", 1)),
        ("an escaped member", good.replacen("\"format\"", "\"\\u0066ormat\"", 1)),
        ("minus zero", good.replacen("\"skew_ms\":0", "\"skew_ms\":-0", 1)),
        ("an exponent", good.replacen("\"skew_ms\":0", "\"skew_ms\":0e0", 1)),
        ("a checkpoint with a carriage return", head),
        (
            "a checkpoint with an extension line",
            with_checkpoint(good, |note| note.replacen("\n\n", "\nmore\n\n", 1)),
        ),
        (
            "a checkpoint with a line of nobody",
            with_checkpoint(good, |note| format!("{note}\u{2014} x AAAAAAAA\n")),
        ),
        ("a checkpoint with a broken line", with_checkpoint(good, |note| format!("{note}\u{2014} x AAAA\n"))),
        (
            "a checkpoint signed twice",
            with_checkpoint(good, |note| {
                let line = note.split_once("\n\n").unwrap().1;
                format!("{note}{line}")
            }),
        ),
    ];
    let case = |(name, text): (&str, String)| Case {
        name: format!("text-{}", name.replace(' ', "-")),
        bundle: text.into_bytes(),
        policy: week.log_alone(),
    };
    texts.map(case).into_iter().collect()
}

/// Bytes changed by chance, one or two in each copy.
pub(super) fn by_chance(week: &Week, count: usize) -> Vec<Case> {
    let mut random = Random::new(20_261_125);
    let case = |n: usize| {
        let bundles = [&week.manifests[..], &week.events].concat();
        let mut bytes = bundles[random.below(bundles.len())].clone().into_bytes();
        for _ in 0..=random.below(2) {
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] ^= 1 << random.below(8),
                1 => bytes[at] = b"\"\\,:{}[]0A-n"[random.below(12)],
                2 => _ = bytes.remove(at),
                _ => bytes.insert(at, b" A0\"\n"[random.below(5)]),
            }
        }
        Case { name: format!("chance-{n:04}"), bundle: bytes, policy: week.log_alone() }
    };
    (0..count).map(case).collect()
}
