//! tests/vectors before the foreign tools: what we accept everybody accepts; what we refuse and they accept is listed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use super::signatures;
use super::tools::{NODE, OPENSSL, PYTHON};
use crate::support::ledger::Folder;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/ledger.json");
/// Keys and signatures that nobody should accept.
const HOSTILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/hostile.json");
/// A line per tool and vector that the tool accepts and we refuse.
const LENIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/lenient.txt");
const LENIENT_HEAD: &str = "# What this project refuses and a foreign tool accepts: tool, section of tests/vectors/ledger.json (hostile.… of\n\
     # hostile.json beside it), what the vector is.\n\
     # A tool may get stricter; a line that is not here fails tests/it/interop. LIANDAN_BLESS=1 writes the list anew.\n";

/// Where a vector stands: section and number.
type Place = (String, usize);

fn read(file: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// What we say of every vector that a tool can judge, and what the vector is.
fn ours() -> BTreeMap<Place, (bool, String)> {
    let (vectors, hostile) = (read(FILE), read(HOSTILE));
    let mut ours = BTreeMap::new();
    let mut add = |section: &str, listed: &[Value], is_good: Option<bool>| {
        for (number, vector) in listed.iter().enumerate() {
            let accepted = is_good.unwrap_or_else(|| vector["valid"].as_bool().unwrap());
            let comment = vector["comment"].as_str().unwrap().to_owned();
            ours.insert((section.to_owned(), number), (accepted, comment));
        }
    };
    let list = |value: &Value| value.as_array().unwrap().clone();
    add("signatures", &list(&vectors["signatures"]), None);
    for section in ["keys", "signatures"] {
        add(&format!("hostile.{section}"), &list(&hostile[section]), Some(false));
    }
    for section in ["envelopes", "checkpoints"] {
        add(&format!("{section}.good"), &list(&vectors[section]["good"]), Some(true));
        add(&format!("{section}.refused"), &list(&vectors[section]["refused"]), Some(false));
    }
    for proof in ["inclusion", "consistency"] {
        let trees = list(&vectors["trees"]["good"]);
        let good: Vec<Value> = trees.iter().flat_map(|tree| list(&tree[proof])).collect();
        add(&format!("trees.{proof}"), &good, Some(true));
        let refused = format!("refused_{proof}");
        add(&format!("trees.{refused}"), &list(&vectors["trees"][refused.as_str()]), Some(false));
    }
    ours
}

/// Raw signatures, by the openssl command line.
fn by_openssl(section: &str, listed: &Value) -> Option<String> {
    let folder = Folder::new();
    let listed = listed.as_array().unwrap();
    for (number, vector) in listed.iter().enumerate() {
        let text = |member: &str| vector[member].as_str().unwrap();
        let public = unhex(text("public_hex")).try_into().unwrap();
        let signature = liandan::ledger::b64::decode(text("signature")).unwrap();
        signatures::write(
            folder.path(),
            &number.to_string(),
            &public,
            text("message").as_bytes(),
            &signature,
        );
    }
    let refused = OPENSSL.check_log(folder.path())?.faults;
    let verdict = |number: usize| {
        let verdict = if refused.contains(&format!("signature {number}")) { "refused" } else { "accepted" };
        format!("openssl {section} {number} {verdict}\n")
    };
    Some((0..listed.len()).map(verdict).collect())
}

/// What every tool prints; `None` for those that are not here.
fn said() -> [Option<String>; 6] {
    [
        PYTHON.run(&["vectors", FILE]),
        PYTHON.run(&["hostile", HOSTILE]),
        NODE.run(&["vectors", FILE]),
        NODE.run(&["hostile", HOSTILE]),
        by_openssl("signatures", &read(FILE)["signatures"]),
        by_openssl("hostile.signatures", &read(HOSTILE)["signatures"]),
    ]
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// Compares every tool's verdicts with ours.
pub(super) fn compare() {
    let (ours, said) = (ours(), said());
    let mut lenient = BTreeSet::new();
    let mut judged: BTreeMap<String, usize> = BTreeMap::new();
    for line in said.iter().flatten().flat_map(|text| text.lines()) {
        let [tool, section, number, verdict] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let (accepted, comment) = &ours[&(section.to_owned(), number.parse().unwrap())];
        match (accepted, verdict) {
            (true, "accepted") | (false, "refused") => {}
            (true, _) => panic!("{tool} refuses what we accept: {section} {number}, {comment}"),
            (false, _) => _ = lenient.insert(format!("{tool}: {section}: {comment}")),
        }
        *judged.entry(tool.to_owned()).or_default() += 1;
    }
    let is_complete = said.iter().all(Option::is_some);
    assert!(!is_complete || judged.values().sum::<usize>() > 2 * ours.len(), "{judged:?}");
    if is_complete && super::bless() {
        let lines: String = lenient.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(LENIENT, format!("{LENIENT_HEAD}{lines}")).unwrap();
    }
    let listed = std::fs::read_to_string(Path::new(LENIENT)).unwrap();
    let listed: BTreeSet<String> = listed.lines().map(str::to_owned).collect();
    let unlisted: Vec<_> = lenient.difference(&listed).collect();
    assert!(unlisted.is_empty(), "accepted elsewhere, refused here, and not in {LENIENT}: {unlisted:#?}");
}
