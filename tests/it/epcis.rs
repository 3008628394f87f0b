//! EPCIS documents before a JSON Schema validator that is not ours: ours says the same, of sound documents and of broken ones.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use liandan::clock::Timestamp;
use liandan::exchange::document::check;
use serde_json::{Value, json};

use crate::support::random::Random;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// What jsonschema-rs says of each; none where its Python is not there and nobody demands it.
#[expect(clippy::disallowed_methods, reason = "a switch of the test run, not a setting of the program")]
pub(crate) fn others_say(documents: &[Value]) -> Option<Vec<bool>> {
    let python = root().join("target/contract-venv/bin/python");
    let probed = Command::new(&python).args(["-c", "import jsonschema_rs"]).output();
    if !probed.is_ok_and(|output| output.status.success()) {
        assert!(
            std::env::var("LIANDAN_REQUIRE_INTEROP").as_deref() != Ok("1"),
            "jsonschema-rs cannot be run"
        );
        let _ =
            writeln!(std::io::stderr(), "\nEPCIS SKIPPED: jsonschema-rs is not in target/contract-venv\n");
        return None;
    }
    let mut child = Command::new(python)
        .arg(root().join("tests/contract/epcis.py"))
        .arg(root().join("seeds/epcis/EPCIS-JSON-Schema.json"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = serde_json::to_vec(documents).unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&input).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// What is wrong by the schema of GS1, as we judge.
pub(crate) fn we_say(document: &Value) -> Vec<String> {
    let checked = check(document.to_string().as_bytes(), "epcis", None, Timestamp::from_millis(0)).unwrap();
    assert!(checked.errors.is_empty(), "{:?}", checked.errors);
    let of_schema = checked.findings.iter().filter(|found| found.rule.as_deref() == Some("epcis-schema"));
    of_schema.map(|found| format!("{} {}: {}", found.code, found.pointer, found.en)).collect()
}

fn sound() -> Vec<Value> {
    let some =
        json!([{"epcClass": "urn:epc:class:lgtin:4012345.012345.998877", "quantity": 200.5, "uom": "KGM"}]);
    let common = |mut event: Value| {
        let members = event.as_object_mut().unwrap();
        members.insert("eventTime".into(), json!("2026-03-05T08:00:00.000+08:00"));
        members.insert("eventTimeZoneOffset".into(), json!("+08:00"));
        members.insert("eventID".into(), json!("ni:///sha-256;abc?ver=CBV2.0"));
        event
    };
    let events = [
        common(json!({
            "type": "ObjectEvent", "action": "ADD", "quantityList": some, "bizStep": "commissioning",
            "disposition": "active", "readPoint": {"id": "geo:35.1,118.3"}, "ilmd": {"ex:lot": "7"},
            "persistentDisposition": {"set": ["completeness_verified"]}, "certificationInfo": "https://a.example/1",
            "errorDeclaration": {"declarationTime": "2026-03-06T00:00:00Z", "reason": "incorrect_data"}
        })),
        common(json!({
            "type": "ObjectEvent", "action": "OBSERVE", "epcList": ["urn:epc:id:sgtin:0614141.107346.2017"],
            "sourceList": [{"type": "possessing_party", "source": "a:b"}],
            "destinationList": [{"type": "location", "destination": "a:c"}], "ex:note": [1, {"ex:a": null}]
        })),
        common(json!({
            "type": "ObjectEvent", "action": "OBSERVE", "readPoint": {"id": "a:b"},
            "sensorElementList": [{
                "sensorMetadata": {"time": "2026-03-05T08:00:00Z", "deviceID": "a:b"},
                "sensorReport": [{"type": "Temperature", "value": 26.1, "uom": "CEL", "exception": "ALARM_CONDITION"}]
            }]
        })),
        common(json!({
            "type": "AggregationEvent", "action": "ADD", "parentID": "a:b", "childEPCs": ["a:c"],
            "childQuantityList": some, "bizStep": "https://ref.gs1.org/cbv/BizStep-loading"
        })),
        common(json!({"type": "AssociationEvent", "action": "DELETE", "parentID": "a:b"})),
        common(json!({
            "type": "TransformationEvent", "inputQuantityList": some, "outputEPCList": ["a:b"],
            "transformationID": "a:t"
        })),
        common(json!({
            "type": "TransactionEvent", "action": "ADD", "epcList": [],
            "bizTransactionList": [{"type": "po", "bizTransaction": "a:b"}]
        })),
        common(json!({"type": "ex:OwnEvent", "ex:any": true})),
    ];
    let context = json!(["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ex": "https://x.example/"}]);
    let around = |events: Vec<Value>| {
        json!({
            "@context": context, "type": "EPCISDocument", "schemaVersion": "2.0",
            "creationDate": "2026-03-05T08:00:00Z", "epcisBody": {"eventList": events}
        })
    };
    let mut all: Vec<Value> = events.iter().map(|event| around(vec![event.clone()])).collect();
    all.push(around(events.to_vec()));
    all.extend(events.into_iter().map(|mut event| {
        event.as_object_mut().unwrap().insert("@context".into(), context.clone());
        event
    }));
    all
}

/// Everything in a value that can be changed, by its pointer.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(members) => {
            members.iter().map(|(name, inner)| (name.replace('~', "~0").replace('/', "~1"), inner)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(n, inner)| (n.to_string(), inner)).collect(),
        _ => Vec::new(),
    };
    for (name, inner) in inner {
        let pointer = format!("{at}/{name}");
        pointers(inner, &pointer, all);
        all.push(pointer);
    }
}

/// One change: something is taken away, put in the place of another or beside it.
fn changed(mut document: Value, random: &mut Random) -> Value {
    let mut all = Vec::new();
    pointers(&document, "", &mut all);
    let pointer = &all[random.below(all.len())];
    let strangers = [
        json!(null),
        json!(7),
        json!(true),
        json!("word"),
        json!("a:b"),
        json!(""),
        json!([]),
        json!({}),
        json!(["a:b", "a:b"]),
        json!("OBSERVE"),
        json!("DELETE"),
        json!("2026-01-01T00:00:00Z"),
        json!("2026-01-01"),
        json!("+14:00"),
        json!("shipping"),
        json!([{"epcClass": "a:b"}]),
        json!("urn:epcglobal:cbv:bizstep:shipping"),
        json!("https://www.gs1.org/voc/x"),
    ];
    let stranger = strangers[random.below(strangers.len())].clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let name = name.replace("~1", "/").replace("~0", "~");
    match (document.pointer_mut(parent).unwrap(), random.below(3)) {
        (Value::Object(members), 0) => drop(members.remove(&name)),
        (Value::Object(members), 1) => drop(
            members.insert(["extra", "ex:extra", "ilmd", "@context"][random.below(4)].to_owned(), stranger),
        ),
        (Value::Object(members), _) => drop(members.insert(name, stranger)),
        (Value::Array(items), 0) => drop(items.remove(name.parse().unwrap())),
        (Value::Array(items), _) => items[name.parse::<usize>().unwrap()] = stranger,
        _ => unreachable!(),
    }
    document
}

#[test]
fn another_validator_agrees_on_sound_documents_and_on_broken_ones() {
    let mut random = Random::new(61);
    let sound = sound();
    for document in &sound {
        assert_eq!(we_say(document), Vec::<String>::new(), "{document:#}");
    }
    let broken = (0..3_000).map(|n| {
        let once = changed(sound[n % sound.len()].clone(), &mut random);
        if n % 3 == 0 { changed(once, &mut random) } else { once }
    });
    let all: Vec<Value> = sound.iter().cloned().chain(broken.collect::<Vec<_>>()).collect();
    let Some(verdicts) = others_say(&all) else { return };
    let mut refused = 0;
    for (document, is_valid) in all.iter().zip(verdicts) {
        let ours = we_say(document);
        assert_eq!(ours.is_empty(), is_valid, "we say {ours:?} of {document:#}");
        refused += usize::from(!is_valid);
    }
    assert!(refused > 1_000, "{refused} of {} were broken", all.len());
}
