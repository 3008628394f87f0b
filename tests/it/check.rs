//! `liandan check` and `liandan import epa-emanifest`: documents nobody has seen before, as strangers hand them in.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use liandan::catalogue::Severity;
use liandan::clock::Timestamp;
use liandan::custody::document::emanifest::{FAULTS, Is, MANIFEST, Shape};
use liandan::custody::rules::Rule;
use liandan::exchange::document::{CheckVerdict, Checked, check};
use liandan::scenario::{Script, Scripted, World};
use liandan::store::{ConnectOptions, Store, document, finding};
use serde_json::{Value, json};

use crate::event_vectors::bless;
use crate::scenarios::{LOG, all_scripts};
use crate::support::ledger::{Database, Folder, block_on, databases, log_key};
use crate::support::random::Random;

const INVALID: &str = include_str!("../../seeds/us/emanifest-save-invalid-example.json");
const ANSWER: &str = include_str!("../../seeds/us/emanifest-return-failure-example.json");
const SIGNED: &str = include_str!("../../seeds/us/emanifest-signed-example.json");
const SAVED: &str = include_str!("../../seeds/us/emanifest-save-valid-Full-Electronic-example.json");
const ENTERED: &str =
    include_str!("../../seeds/us/emanifest-save-valid-Data-and-Image-Manual-Entry-example.json");

fn now() -> Timestamp {
    "2026-04-01T00:00:00Z".parse().unwrap()
}

fn us(bytes: impl AsRef<[u8]>) -> Checked {
    check(bytes.as_ref(), "us", None, now()).unwrap()
}

/// The program, with a file on its standard input.
fn program(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liandan"));
    command.arg("check").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

#[test]
fn exit_codes_and_both_forms_of_the_answer() {
    let at = ["-", "--profile", "us", "--as-of", "2026-04-01T00:00:00Z"];
    for (text, expected) in
        [(SIGNED, 0), (SAVED, 1), (ENTERED, 1), (ANSWER, 1), (INVALID, 2), ("", 2), ("{}", 2)]
    {
        let output = program(&at, text.as_bytes());
        assert_eq!(code(&output), expected, "{}", String::from_utf8_lossy(&output.stdout));
        let output = program(&[&at[..], &["--format", "json"]].concat(), text.as_bytes());
        assert_eq!(code(&output), expected);
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["format"], "liandan-check/v1");
        assert_eq!(
            answer["verdict"],
            ["clean", "findings", "unreadable"][usize::try_from(expected).unwrap()]
        );
    }
    let text = String::from_utf8(program(&at, SAVED.as_bytes()).stdout).unwrap();
    for words in
        ["document-sum pcb-weights /wastes/1/pcbInfos", "重量之和", "do not add up", "150:15", "1 findings"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    let absent = program(&["no-such-file.json", "--profile", "us"], b"");
    assert_eq!(code(&absent), 2);
    assert!(String::from_utf8_lossy(&absent.stderr).contains("no-such-file.json"));
    for arguments in
        [&["-", "--profile", "mars"][..], &["-"], &["-", "--profile", "us", "--as-of", "noon"], &["."]]
    {
        let output = program(arguments, SIGNED.as_bytes());
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}

/// The answer as a golden file: its form is a promise.
#[test]
fn the_answer_has_this_form() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/check-us.json");
    let text = format!("[{},\n{}]", INVALID.trim(), SAVED.trim());
    let answer = us(text).to_json("us") + "\n";
    if bless() {
        std::fs::write(&path, &answer).unwrap();
    }
    assert_eq!(answer, std::fs::read_to_string(&path).unwrap(), "LIANDAN_BLESS=1 writes it anew");
}

/// The members of a shape and of all below it, each shape once.
fn members(shape: &Shape, done: &mut BTreeSet<&'static str>, text: &mut String) {
    if !done.insert(shape.name) {
        return;
    }
    text.push_str(&format!("\n### {}\n\n| member | type | judged by |\n|---|---|---|\n", shape.name));
    for field in shape.fields {
        let star = if field.is_required { " *" } else { "" };
        let rules: Vec<String> =
            field.rules.split_whitespace().map(|rule| format!("`document-{rule}`")).collect();
        text.push_str(&format!("| `{}`{star} | {} | {} |\n", field.name, kind(&field.is), rules.join(", ")));
    }
    for field in shape.fields {
        if let Is::Object(inner) | Is::List(Is::Object(inner)) = &field.is {
            members(inner, done, text);
        }
    }
}

fn kind(is: &Is) -> String {
    match is {
        Is::Flag => "boolean".to_owned(),
        Is::Words => "text".to_owned(),
        Is::OneOf(values) => format!("one of `{}`", values.join("`, `")),
        Is::Number => "number".to_owned(),
        Is::Moment => "date".to_owned(),
        Is::Object(shape) => shape.name.to_owned(),
        Is::List(item) => format!("list of {}", kind(item)),
    }
}

/// The tables of the mapping are those of the code.
#[test]
fn the_mapping_is_documented() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/formats/epa-emanifest.md");
    let written = std::fs::read_to_string(&path).unwrap();
    let mut tables = String::new();
    members(&MANIFEST, &mut BTreeSet::new(), &mut tables);
    let mut faults = "\n| code | rule | 中文 | English |\n|---|---|---|---|\n".to_owned();
    for fault in FAULTS {
        let rule = fault.rule.map_or("notice".to_owned(), |rule| format!("`{rule}`"));
        faults.push_str(&format!("| `{}` | {rule} | {} | {} |\n", fault.code, fault.zh, fault.en));
    }
    let mut made = written.clone();
    for (name, table) in [("members", tables), ("faults", faults)] {
        let (from, to) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
        let (head, rest) = made.split_once(&from).unwrap();
        let (_, tail) = rest.split_once(&to).unwrap();
        made = format!("{head}{from}{table}\n{to}{tail}");
    }
    if bless() {
        std::fs::write(&path, &made).unwrap();
    } else {
        assert_eq!(written, made, "LIANDAN_BLESS=1 writes the tables anew");
    }
    let known = |rule: &str| Rule::named(&format!("document-{rule}")).is_some();
    let judged = |text: &str| text.split_whitespace().all(known);
    assert!(MANIFEST.fields.iter().all(|field| judged(field.rules)));
}

/// Everything the interface says of its own bad example, the checker says too.
#[test]
fn what_the_interface_answers_is_told() {
    let checked = us(INVALID);
    let told: BTreeSet<(String, String)> = checked
        .findings
        .iter()
        .chain(&checked.notices)
        .map(|found| (found.field.clone().unwrap(), format!("{:?}", found.figures)))
        .chain(checked.errors.iter().map(|error| (error.field.clone().unwrap(), error.en.clone())))
        .collect();
    let answer: Value = serde_json::from_str(ANSWER).unwrap();
    let errors = answer["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 6);
    for error in errors {
        let (field, message) = (error["field"].as_str().unwrap(), error["message"].as_str().unwrap());
        // Members the message lists in quotes are told one by one, with their own place.
        let named: Vec<&str> =
            message.split('"').skip(1).step_by(2).filter(|name| !WORDS.contains(name)).collect();
        assert!(told.iter().any(|(at, _)| at.starts_with(field)), "{field}");
        for name in named {
            let is_told = told.iter().any(|(at, text)| {
                *at == format!("{field}.{name}") || (at == field && text.contains(&format!("{name:?}")))
            });
            assert!(is_told, "{field} {name}");
        }
    }
}

/// Names of types in the messages of the interface.
const WORDS: [&str; 3] = ["boolean", "object", "integer"];

#[test]
fn manifests_in_lists_and_wrappers() {
    let signed: Value = serde_json::from_str(SIGNED).unwrap();
    let mut other = signed.clone();
    other["transporters"][1]["order"] = json!(1);
    for (text, pointers) in [
        (json!([signed, other]).to_string(), vec!["/0", "/1"]),
        (json!({"manifest": other}).to_string(), vec!["/manifest"]),
        (json!({"manifests": [signed, other]}).to_string(), vec!["/manifests/0", "/manifests/1"]),
        (
            json!([{"manifest": signed}, {"emanifest": other}]).to_string(),
            vec!["/0/manifest", "/1/emanifest"],
        ),
        (format!("\u{feff}{other}"), vec![""]),
    ] {
        let checked = us(&text);
        let found: Vec<&str> = checked.documents.iter().map(|document| document.pointer.as_str()).collect();
        assert_eq!(found, pointers);
        let last = checked.documents.len() - 1;
        assert!(checked.documents.iter().all(|document| document.number.as_deref() == Some("100033134ELC")));
        assert_eq!(checked.documents[last].verdict, CheckVerdict::Findings, "{text}");
        assert_eq!(checked.findings[0].code, "order-twice");
        assert_eq!(checked.findings[0].pointer, format!("{}/transporters/1/order", pointers[last]));
        assert_eq!(checked.findings[0].field.as_deref(), Some("Emanifest.transporters.1.order"));
    }
    for text in
        ["[]", "{}", "null", "17", "\"x\"", "[[]]", "{\"manifest\": 7}", "[1]", "{\"status\":\"Signed\"}"]
    {
        let checked = us(text);
        assert_eq!(checked.verdict(), CheckVerdict::Unreadable, "{text}");
        assert_eq!(checked.errors[0].code, "not-a-manifest", "{text}");
    }
    let success =
        json!({"manifestTrackingNumber": "100032419ELC", "operationStatus": "Updated", "reportId": "1"});
    assert_eq!(us(success.to_string()).verdict(), CheckVerdict::Clean);
}

/// Bytes that are no good manifest: exit 2, what, the line and the column, the pointer.
#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    let with = |from: &str, to: &str| {
        assert!(SIGNED.contains(from), "{from}");
        SIGNED.replacen(from, to, 1).into_bytes()
    };
    let order = "\"order\": 1";
    let line_of = |needle: &str| SIGNED[..SIGNED.find(needle).unwrap()].matches('\n').count() + 1;
    let (first, quantity) = (line_of(order), line_of("\"quantity\": 480"));
    let cases: Vec<(Vec<u8>, &str, usize, usize, &str)> = vec![
        (with(order, "\"order\": 1, \"order\": 2"), "duplicate-key", first, 19, "/transporters/0/order"),
        (
            with(order, "\"order\": 1, \"\\u006frder\": 1"),
            "duplicate-key",
            first,
            19,
            "/transporters/0/order",
        ),
        (with(order, "\"order\": \"1\""), "wrong-type", first, 16, "/transporters/0/order"),
        (with(order, "\"order\": 1e400"), "number-range", first, 16, "/transporters/0/order"),
        (with(order, "\"order\": NaN"), "not-json", first, 16, "/transporters/0/order"),
        (
            with("\"quantity\": 480", "\"quantity\": \"480\""),
            "wrong-type",
            quantity,
            21,
            "/wastes/0/quantity/quantity",
        ),
        (
            with("\"quantity\": 480", "\"quantity\": {\"v\": 480}"),
            "wrong-type",
            quantity,
            21,
            "/wastes/0/quantity/quantity",
        ),
        (
            with("2026-03-05T19:20:41.924+0000\",\n  \"cert", "soon\",\n  \"cert"),
            "date-unreadable",
            line_of("\"receivedDate\""),
            19,
            "/receivedDate",
        ),
        (
            with("Keep upright.", "\\ud800"),
            "lone-surrogate",
            line_of("Keep upright."),
            30,
            "/additionalInfo/handlingInstructions",
        ),
        (
            with("Keep upright.", "a\\u0000"),
            "control-character",
            line_of("Keep upright."),
            31,
            "/additionalInfo/handlingInstructions",
        ),
        (
            with("Keep upright.", "a\tb"),
            "control-character",
            line_of("Keep upright."),
            31,
            "/additionalInfo/handlingInstructions",
        ),
        (
            with("\"transporters\": [", "\"transporters\": [null,"),
            "wrong-type",
            line_of("\"transporters\""),
            20,
            "/transporters/0",
        ),
        ([SIGNED.as_bytes(), b"{}"].concat(), "trailing-text", SIGNED.lines().count() + 1, 1, ""),
        ([SIGNED.as_bytes(), b"\0"].concat(), "trailing-text", SIGNED.lines().count() + 1, 1, ""),
        (b"{\"wastes\": [\"\xff\"]}".to_vec(), "not-utf-8", 1, 14, ""),
        (b"\xff\xfe{\0}\0".to_vec(), "not-utf-8", 1, 1, ""),
        (vec![b'['; 1 << 20], "too-deep", 1, 66, &DEEP),
        (b"<Manifest/>".to_vec(), "not-json", 1, 1, ""),
    ];
    for (bytes, code, line, column, pointer) in cases {
        let checked = us(&bytes);
        let error = &checked.errors[0];
        let place = error.place.unwrap();
        let seen = (error.code.as_str(), place.line, place.column, error.pointer.as_str());
        assert_eq!(
            seen,
            (code, line, column, pointer),
            "{}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(300)])
        );
        assert_eq!(checked.verdict(), CheckVerdict::Unreadable);
    }
    // All of them in one answer.
    let many = String::from_utf8(with(order, "\"order\": 1, \"order\": 2")).unwrap();
    let many = many.replacen("\"quantity\": 480", "\"quantity\": \"480\"", 1).replacen(
        "Keep upright.",
        "\\udc00",
        1,
    );
    let codes: Vec<String> = us(many).errors.into_iter().map(|error| error.code).collect();
    assert_eq!(codes, ["duplicate-key", "wrong-type", "lone-surrogate"]);
}

/// The pointer of the value that lies too deep.
static DEEP: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| "/0".repeat(65));

#[test]
fn large_files_are_bounded() {
    let many = format!("[{}]", vec!["{\"wastes\":[{}],\"submissionType\":\"Hybrid\"}"; 20_000].join(","));
    let checked = us(many);
    assert_eq!((checked.documents.len(), checked.findings.len()), (20_000, 10_000));
    assert!(checked.left_off > 0);
    let blob = format!(
        "{{\"submissionType\":\"Image\",\"formDocument\":{{\"name\":\"{}\"}}}}",
        "A".repeat(40 << 20)
    );
    assert_eq!(us(blob).verdict(), CheckVerdict::Findings);
    let beyond = vec![b' '; (64 << 20) + 1];
    assert_eq!(us(beyond).errors[0].code, "too-large");
}

/// Whatever is cut, changed or doubled: an answer comes, and every pointer leads somewhere.
#[test]
fn edited_documents_always_get_an_answer() {
    let mut random = Random::new(11);
    let bases = [SIGNED, SAVED, ENTERED, INVALID, ANSWER];
    for round in 0..800 {
        let mut bytes = bases[random.below(bases.len())].as_bytes().to_vec();
        for _ in 0..=random.below(4) {
            let (at, to) = (random.below(bytes.len()), random.below(bytes.len()));
            match random.below(5) {
                0 => bytes.truncate(at.max(1)),
                1 => bytes[at] = b"{}[]\",:0-\\e\n\xff\0"[random.below(14)],
                2 => drop(bytes.drain(at.min(to)..at.max(to).min(at.min(to) + 40))),
                3 => {
                    let piece = bytes[at.min(to)..at.max(to).min(at.min(to) + 60)].to_vec();
                    bytes.splice(at..at, piece);
                }
                _ => bytes[at] = bytes[to],
            }
            if bytes.is_empty() {
                bytes.push(b'x');
            }
        }
        for profile in ["us", "cn"] {
            let checked = check(&bytes, profile, None, now()).unwrap();
            let answer: Value = serde_json::from_str(&checked.to_json(profile)).unwrap();
            let Ok(document) = serde_json::from_slice::<Value>(&bytes) else { continue };
            for list in ["findings", "notices"] {
                for found in answer[list].as_array().unwrap() {
                    let pointer = found["pointer"].as_str().unwrap();
                    assert!(document.pointer(pointer).is_some(), "round {round}: {pointer}");
                }
            }
        }
    }
}

/// The events that found a world and the acts of a script, one envelope a line.
fn lines_of(acts: &[Scripted]) -> (Vec<Scripted>, Vec<String>) {
    let at: Timestamp = "2026-01-05T08:00:00+08:00".parse().unwrap();
    let mut events = World::embedded().founding(LOG, at, log_key().public()).unwrap();
    events.extend(acts.iter().cloned());
    let opening = |event: &Scripted| {
        let (event, at, skew) = (event.envelope.compact(), event.recorded_at.as_millis(), event.skew_ms);
        json!({"index": 0, "event": event, "salt": "", "recorded_at_ms": at, "skew_ms": skew}).to_string()
    };
    let lines = events.iter().map(opening).collect();
    (events, lines)
}

#[test]
fn the_linter_finds_what_a_ledger_finds() {
    let mut compared = 0;
    for (name, text) in all_scripts() {
        let script = Script::parse(&name, &text).unwrap();
        let played = script.play(World::embedded(), LOG).unwrap();
        if played.acts.iter().any(|act| act.refused.is_some()) || text.contains("erase") {
            continue;
        }
        let (_, lines) = lines_of(&played.acts);
        let checked = check(lines.join("\n").as_bytes(), "cn", Some(played.ends_at), now()).unwrap();
        assert_eq!(checked.errors, [], "{name}");
        let mut model = crate::scenarios::founded();
        crate::scenarios::run(&name, &mut model, &played.acts).unwrap();
        model.pass_time(played.ends_at);
        let mut expected: Vec<&str> = model.open_findings().iter().map(|seen| seen.rule.as_str()).collect();
        expected.retain(|rule| *rule != "anchor-invalid");
        expected.sort_unstable();
        let found = checked.findings.iter().chain(&checked.notices).filter_map(|found| found.rule.as_deref());
        let mut found: Vec<&str> = found.collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{name}");
        assert!(checked.findings.iter().all(|found| found.severity > Severity::Notice));
        assert!(
            checked.findings.iter().all(|found| Rule::named(&found.code).is_some() && found.place.is_some())
        );
        compared += found.len();
    }
    assert!(compared > 50, "{compared}");
}

#[test]
fn the_linter_tells_every_bad_line_at_once() {
    let day = "08:00 acme opens 900-041-49 1200 kg\n09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix\n\
               09:20 acme hands M1 to swift\n=====\n";
    let played = Script::parse("day", day).unwrap().play(World::embedded(), LOG).unwrap();
    let (events, _) = lines_of(&played.acts);
    let compact: Vec<String> = events.iter().map(|event| event.envelope.compact().to_owned()).collect();
    let clean = check(compact.join("\n").as_bytes(), "cn", None, now()).unwrap();
    assert_eq!((clean.verdict(), &clean.findings, &clean.errors), (CheckVerdict::Clean, &vec![], &vec![]));
    assert_eq!(clean.documents[0].number.as_deref(), Some(LOG));

    // Two events of different signers with their signatures exchanged, half a line, another shape, and a line twice.
    let last = compact.len() - 1;
    let mut lines = compact.clone();
    let signature = |line: &str| line.rsplit_once('.').unwrap().1.to_owned();
    lines[last] = format!("{}.{}", compact[last].rsplit_once('.').unwrap().0, signature(&compact[last - 1]));
    lines.insert(1, "{\"event\": 7}".to_owned());
    lines.insert(2, compact[3][..100].to_owned());
    lines.insert(3, "{\"event\": \"x\", \"event\": \"y\"}".to_owned());
    lines.push(compact[0].clone());
    let checked = check(lines.join("\r\n").as_bytes(), "cn", None, now()).unwrap();
    let errors: Vec<(usize, &str)> =
        checked.errors.iter().map(|error| (error.place.unwrap().line, error.code.as_str())).collect();
    let bad = last + 4;
    assert_eq!(
        errors,
        [
            (2, "opening-malformed"),
            (3, "envelope-malformed"),
            (4, "duplicate-key"),
            (bad, "signature-invalid")
        ]
    );
    assert_eq!(checked.notices.iter().filter(|found| found.code == "known").count(), 1);

    // Without the founding no key is known.
    let (founded, acts) = compact.split_at(compact.len() - played.acts.len());
    let checked = check(acts.join("\n").as_bytes(), "cn", None, now()).unwrap();
    assert_eq!(checked.errors[0].code, "nothing-verified");
    assert!(
        checked.notices.iter().all(|found| found.code == "unverified") && checked.notices.len() == acts.len()
    );
    // A stock that was never opened, and a time long after: what falls due is found.
    let without: Vec<&str> = founded.iter().chain(&acts[1..]).map(String::as_str).collect();
    let at = ["-", "--profile", "cn", "--as-of", "2026-06-01T00:00:00Z"];
    let output = program(&at, without.join("\n").as_bytes());
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(code(&output), 1, "{text}");
    assert!(text.contains("custody-unknown") && text.contains("in-transit-overdue"), "{text}");
}

fn import(file: &Path, url: &str, folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liandan"));
    command.args(["import", "epa-emanifest"]).arg(file).args(["--database", url]).current_dir(folder);
    command.output().unwrap()
}

fn imported(database: &Database) {
    let folder = Folder::new();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let signed: Value = serde_json::from_str(SIGNED).unwrap();
    let mut later = signed.clone();
    later["status"] = json!("Corrected");
    later["correctionInfo"]["versionNumber"] = json!(2);
    let said = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let first = import(&put("first.json", SIGNED), &database.url, folder.path());
    assert!(first.status.success() && said(&first).contains("1 new, 0 already"), "{first:?}");
    // Another spelling of the same manifest, and a corrected version of it, and one with findings.
    let entered: Value = serde_json::from_str(ENTERED).unwrap();
    let mixed = put("mixed.json", &json!([signed, {"manifest": later}, entered]).to_string());
    let second = import(&mixed, &database.url, folder.path());
    assert!(second.status.success() && said(&second).contains("2 new, 1 already"), "{second:?}");
    // What cannot be read imports nothing; what has no number is told.
    for (name, text) in [("bad.json", INVALID), ("unnumbered.json", SAVED)] {
        let refused = import(&put(name, text), &database.url, folder.path());
        assert_eq!(code(&refused), 2, "{name}: {refused:?}");
    }
    block_on(look(&database.url));
    let verify = Command::new(env!("CARGO_BIN_EXE_liandan"))
        .args(["verify", "ledger", "--database", &database.url])
        .output()
        .unwrap();
    assert!(verify.status.success(), "{}", String::from_utf8_lossy(&verify.stdout));
}

/// The ledger finds in the documents what the check finds, and sums their lines.
async fn look(url: &str) {
    let options = ConnectOptions { read_only: true, ..ConnectOptions::default() };
    let store = Store::connect(url, &options).await.unwrap();
    let mut tx = store.read().await.unwrap();
    let open = finding::all_open(&mut tx).await.unwrap();
    let totals = document::totals(&mut tx).await.unwrap();
    drop(tx);
    store.close().await;
    let mut found: Vec<(String, String, String)> = open
        .values()
        .filter(|seen| seen.rule.starts_with("document-"))
        .map(|seen| {
            let text = |name| seen.figures.text(name).unwrap().to_owned();
            (seen.rule.clone(), text("found"), text("pointer"))
        })
        .collect();
    found.sort();
    let checked = us(ENTERED).findings;
    let mut expected: Vec<(String, String, String)> =
        checked.into_iter().map(|found| (found.rule.unwrap(), found.code, found.pointer)).collect();
    expected.sort();
    assert_eq!(found, expected);
    let totals: Vec<_> =
        totals.into_iter().map(|total| (total.unit, total.lines, total.quantity_milli)).collect();
    assert_eq!(totals, [("G".to_owned(), 2, 960_000), ("K".to_owned(), 3, 2_679_000)]);
}

#[test]
fn an_import_is_repeatable_and_finds_what_the_check_finds_sqlite() {
    imported(&databases()[0]);
}

#[test]
fn an_import_is_repeatable_and_finds_what_the_check_finds_postgres() {
    if let Some(database) = databases().get(1) {
        imported(database);
    }
}

/// A request that the UK's service takes, and an EPCIS document with something of everything.
const OTHERS: [(&str, &str); 2] = [
    (
        "uk",
        r#"{"apiCode":"ba6eb330-4f7f-11eb-a2fb-67c34e9ac07c","dateTimeReceived":"2025-09-15T12:12:28Z","wasteItems":[{"ewcCodes":["200101"],
        "wasteDescription":"paper","physicalForm":"Solid","numberOfContainers":2,"typeOfContainers":"SKI","weight":{"metric":"Tonnes","amount":1.5,
        "isEstimate":false},"containsPops":true,"pops":{"sourceOfComponents":"OWN_TESTING","components":[{"code":"DDT","concentration":1.2}]},
        "containsHazardous":false,"disposalOrRecoveryCodes":[{"code":"R3","weight":{"metric":"Kilograms","amount":1500,"isEstimate":false}}]}],
        "carrier":{"registrationNumber":"CBDU123456","organisationName":"C","meansOfTransport":"Road","vehicleRegistration":"AB12 CDE",
        "address":{"postcode":"TC2 2CD"}},"receiver":{"siteName":"R","authorisationNumber":"PPC/A/9999999","regulatoryPositionStatements":[1]},
        "receipt":{"address":{"fullAddress":"1 Street","postcode":"TC1 2AB"}}}"#,
    ),
    (
        "epcis",
        r#"{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{"ex":"https://x.example/"}],"type":"EPCISDocument",
        "schemaVersion":"2.0","creationDate":"2026-03-05T08:00:00Z","epcisBody":{"eventList":[{"type":"ObjectEvent","action":"OBSERVE",
        "bizStep":"shipping","eventTime":"2026-03-05T08:00:00.000+08:00","eventTimeZoneOffset":"+08:00","ex:note":[1],"quantityList":
        [{"epcClass":"urn:a:b","quantity":2.5,"uom":"KGM"}],"sourceList":[{"type":"possessing_party","source":"urn:a:c"}]},
        {"type":"AggregationEvent","action":"ADD","parentID":"a:b","childEPCs":["a:c"],"eventTime":"2026-03-05T08:00:00Z",
        "eventTimeZoneOffset":"+00:00"}]}}"#,
    ),
];

#[test]
fn documents_of_others_always_get_an_answer_with_places() {
    let mut random = Random::new(611);
    for (profile, text) in OTHERS {
        assert_eq!(check(text.as_bytes(), profile, None, now()).unwrap().verdict(), CheckVerdict::Clean);
        for round in 0..3_000 {
            let mut bytes = text.as_bytes().to_vec();
            for _ in 0..=random.below(3) {
                let at = random.below(bytes.len());
                match random.below(3) {
                    0 => bytes[at] = b"{}[]\",:0-\\e9nA\xff"[random.below(14)],
                    1 => drop(bytes.drain(at..(at + random.below(12) + 1).min(bytes.len()))),
                    _ => {
                        let piece = bytes[at..(at + 20).min(bytes.len())].to_vec();
                        bytes.splice(at..at, piece);
                    }
                }
                if bytes.is_empty() {
                    bytes.push(b'x');
                }
            }
            let checked = check(&bytes, profile, None, now()).unwrap();
            let answer: Value = serde_json::from_str(&checked.to_json(profile)).unwrap();
            if checked.errors.is_empty() {
                let document: Value = serde_json::from_slice(&bytes).unwrap();
                for found in answer["findings"].as_array().unwrap() {
                    // What is missing has the pointer it would have: the object it is missing from is there.
                    let pointer = found["pointer"].as_str().unwrap();
                    let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
                    let is_there = document.pointer(pointer).or_else(|| document.pointer(parent)).is_some();
                    assert!(is_there, "round {round}: {pointer}");
                    assert!(found["line"].as_u64().is_some_and(|line| line > 0));
                    assert!(
                        !found["zh"].as_str().unwrap().is_empty()
                            && !found["en"].as_str().unwrap().is_empty()
                    );
                }
            }
        }
    }
}

#[test]
fn the_formats_name_their_schemas() {
    let output = program(&["--list"], b"");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(code(&output), 0);
    for words in [
        "epa-emanifest (--profile us",
        "uk-receipt (--profile uk",
        "epcis (--profile epcis",
        "22d46b5998a1",
        "gs1.github.io",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let output = program(&["--list", "--format", "json"], b"");
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    for format in all.as_array().unwrap() {
        for name in ["name", "profile", "media"] {
            assert!(!format[name].as_str().unwrap().is_empty());
        }
        assert!(!format["schema"]["version"].as_str().unwrap().is_empty());
        assert!(!format["schema"]["origin"].as_str().unwrap().is_empty());
    }
    let output = program(&["-", "--profile", "mars"], b"{}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("there are cn, epcis, uk, us"));
}
