use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::clock::Timestamp;
use crate::custody::{Event, Statement};
use crate::exchange::Lang;

const SAMPLE: &[u8] = include_bytes!("../../../seeds/us/waste-lines.csv.gz");

/// A line without any fault.
const GOOD: &str = "000000219JES,1,SOLIDS,1,DM,150,P,MA99,,,,,,H141";

fn file(lines: &[&str]) -> String {
    format!("{}\n{}\n", COLUMNS.join(","), lines.join("\n"))
}

fn read_text(text: &str) -> Reading {
    read(text.as_bytes()).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn importer() -> Uscc {
    "91350100M000100Y43".parse().unwrap()
}

/// The codes of the only document's flags, with the rows they stand at.
fn flags(lines: &[&str]) -> Vec<(Option<i64>, &'static str)> {
    let reading = read_text(&file(lines));
    assert_eq!(reading.refused, []);
    assert_eq!(reading.documents.len(), 1);
    reading.documents[0].flags.iter().map(|flag| (flag.row, flag.fault.code)).collect()
}

/// The refused lines of a file and why.
fn refusals(bytes: &[u8]) -> Vec<(usize, &'static str)> {
    let reading = read(bytes).unwrap();
    reading.refused.iter().map(|refused| (refused.line_no, refused.fault.code)).collect()
}

#[test]
fn the_sample_has_these_figures() {
    // Computed apart by tests/it/us_totals.py.
    let report = read(SAMPLE).unwrap().report;
    assert_eq!(report.manifests, Tally { accepted: 6_893, flagged: 3_003, refused: 0 });
    assert_eq!(report.lines, Tally { accepted: 12_506, flagged: 6_816, refused: 0 });
    let flags: Vec<_> =
        report.flags.iter().map(|count| (count.fault.code, count.lines, count.manifests)).collect();
    assert_eq!(
        flags,
        [
            ("number-suffixed", 22, 22),
            ("number-irregular", 42, 17),
            ("quantity", 1, 1),
            ("mass-not-comparable", 6_465, 5_837),
            ("method-missing", 6_815, 2_969),
        ]
    );
    let units: Vec<_> = report
        .units
        .iter()
        .map(|total| (&*total.unit, total.lines, &*total.quantity, total.mass_g.or(total.volume_ml)))
        .collect();
    assert_eq!(
        units,
        [
            ("G", 6_443, "2126351", Some(8_049_113_833)),
            ("K", 233, "2954267", Some(2_954_267_000)),
            ("M", 3, "565", Some(565_000_000)),
            ("P", 12_536, "5634080", Some(2_555_576_359)),
            ("T", 85, "1861", Some(1_688_270_797)),
            ("Y", 22, "114", Some(87_159_257)),
        ]
    );
    assert_eq!(report.units[3].mass_of_total_g, Some(2_555_575_700));
    assert_eq!(report.units[0].volume_of_total_ml, Some(8_049_114_132));
    assert!(report.units.iter().all(|total| total.lines_unsummed == 0));
}

#[test]
fn rows_of_a_stored_content_are_the_rows_that_were_read() {
    for document in read(SAMPLE).unwrap().documents {
        assert_eq!(rows(&document.content).unwrap(), document.lines, "{}", document.number);
        assert_eq!(document.sha256, Digest::sha256(&[document.content.as_bytes()]));
    }
}

#[test]
fn order_line_ends_quotes_and_compression_change_nothing() {
    let lines = [
        "000000219JES,10,LAST,1,DM,1,P,MA99,,,,,,H141",
        "000000219JES,2,\"OIL, WASTE\",1,DM,1,P,MA99,,,,,,H141",
        "000000300JES,1,OTHER,1,DM,1,P,MA99,,,,,,H141",
        "000000219JES,x,NO NUMBER,1,DM,1,P,MA99,,,,,,H141",
        "000000219JES,2,A SECOND TWO,1,DM,1,P,MA99,,,,,,H141 ",
    ];
    let plain = read_text(&file(&lines));
    let mut shuffled = lines;
    shuffled.reverse();
    let crlf = file(&shuffled).replace('\n', "\r\n");
    let quoted = file(&lines).replace("LAST", "\"LAST\"");
    let without_end = file(&lines);
    for (name, bytes) in [
        ("shuffled with CRLF", crlf.clone().into_bytes()),
        ("with a byte order mark", format!("\u{feff}{crlf}").into_bytes()),
        ("gzip", gzip(crlf.as_bytes())),
        ("two gzip members", [gzip(&crlf.as_bytes()[..200]), gzip(&crlf.as_bytes()[200..])].concat()),
        ("quoted without need", quoted.into_bytes()),
        ("no line end at the end", without_end.trim_end_matches('\n').as_bytes().to_vec()),
        ("blank lines between", crlf.replace("\r\n", "\r\n\r\n").into_bytes()),
    ] {
        let other = read(bytes.as_slice()).unwrap();
        assert_eq!(
            (other.documents, other.report),
            (plain.documents.clone(), plain.report.clone()),
            "{name}"
        );
    }
    let expected = [
        COLUMNS.join(","),
        "000000219JES,2,\"OIL, WASTE\",1,DM,1,P,MA99,,,,,,H141".to_owned(),
        "000000219JES,2,A SECOND TWO,1,DM,1,P,MA99,,,,,,\"H141 \"".to_owned(),
        "000000219JES,10,LAST,1,DM,1,P,MA99,,,,,,H141".to_owned(),
        "000000219JES,x,NO NUMBER,1,DM,1,P,MA99,,,,,,H141".to_owned(),
    ];
    assert_eq!(&*plain.documents[0].content, expected.join("\n"));
    assert_eq!(&*plain.documents[1].number, "000000300JES");
}

#[test]
fn every_flag_has_a_line_that_earns_it() {
    assert_eq!(flags(&[GOOD]), []);
    let cases = [
        ("000000219JESB,1,S,1,DM,1,P,D001,,,,,,H141", None, "number-suffixed"),
        ("219JES,1,S,1,DM,1,P,D001,,,,,,H141", None, "number-irregular"),
        ("000000219JES,0,S,1,DM,1,P,D001,,,,,,H141", Some(1), "line-number"),
        ("000000219JES,,S,1,DM,1,P,D001,,,,,,H141", Some(1), "line-number"),
        ("000000219JES,1,S,0,DM,1,P,D001,,,,,,H141", Some(1), "container-count"),
        ("000000219JES,1,S,+1,DM,1,P,D001,,,,,,H141", Some(1), "container-count"),
        ("000000219JES,1,S,1,XX,1,P,D001,,,,,,H141", Some(1), "container-type"),
        ("000000219JES,1,S,1,,1,P,D001,,,,,,H141", Some(1), "container-type"),
        ("000000219JES,1,S,1,DM,0,P,D001,,,,,,H141", Some(1), "quantity"),
        ("000000219JES,1,S,1,DM,-5,P,D001,,,,,,H141", Some(1), "quantity"),
        ("000000219JES,1,S,1,DM,1e3,P,D001,,,,,,H141", Some(1), "quantity"),
        ("000000219JES,1,S,1,DM,1,LB,D001,,,,,,H141", Some(1), "unit-unknown"),
        ("000000219JES,1,S,1,DM,1,,D001,,,,,,H141", Some(1), "unit-unknown"),
        ("000000219JES,1,S,1,TT,1,G,D001,,,,,,H141", Some(1), "mass-not-comparable"),
        ("000000219JES,1,S,1,DM,1,P,,,,,,,H141", Some(1), "waste-code-missing"),
        ("000000219JES,1,S,1,DM,1,P,D001,,,,,,", Some(1), "method-missing"),
        ("000000219JES,1,S,1,DM,1,P,D001,,,,,,D10", Some(1), "method-irregular"),
    ];
    for (line, row, code) in cases {
        assert_eq!(flags(&[line]), [(row, code)], "{line}");
    }
    assert_eq!(flags(&[GOOD, GOOD, GOOD]), [(Some(2), "line-twice"), (Some(3), "line-twice")]);
    assert_eq!(
        flags(&["000000219JES,1,S,1,DM,1,P,,,,,,K009,H141"]),
        [],
        "any of the six code columns will do"
    );
    let met: Vec<&str> = cases.iter().map(|case| case.2).chain(["line-twice"]).collect();
    assert!(FLAGS.iter().all(|fault| met.contains(&fault.code)), "a flag without a case");
}

#[test]
fn a_notice_is_not_a_fault() {
    let report = read_text(&file(&["000000219JES,1,S,1,TT,1,G,D001,,,,,,H141"])).report;
    assert_eq!(report.lines, Tally { accepted: 1, ..Tally::default() });
    assert_eq!(report.manifests, Tally { accepted: 1, ..Tally::default() });
    assert_eq!(report.flags[0].lines, 1);
}

#[test]
fn a_bad_line_is_refused_with_its_number() {
    let long = format!("000000300JES,1,{},1,DM,1,P,D001,,,,,,H141", "X".repeat(MAX_LINE_BYTES));
    let number = format!("{},1,S,1,DM,1,P,D001,,,,,,H141", "9".repeat(65));
    for (bad, code) in [
        (&b"000000300JES,1,\xff,1,DM,1,P,D001,,,,,,H141"[..], "not-utf-8"),
        (long.as_bytes(), "line-too-long"),
        (b"000000300JES,1,\"S,1,DM,1,P,D001,,,,,,H141", "quoting"),
        (b"000000300JES,1,S", "column-count"),
        (b"000000300JES,1,S,1,DM,1,P,D001,,,,,,H141,", "column-count"),
        (b",1,S,1,DM,1,P,D001,,,,,,H141", "number-unusable"),
        (b"000000300JES ,1,S,1,DM,1,P,D001,,,,,,H141", "number-unusable"),
        (number.as_bytes(), "number-unusable"),
        (b"000000300JES,1,a\0b,1,DM,1,P,D001,,,,,,H141", "characters"),
        (b"000000300JES,1,\xe2\x80\xae,1,DM,1,P,D001,,,,,,H141", "characters"),
    ] {
        let bytes = [file(&[GOOD]).as_bytes(), bad].concat();
        assert_eq!(refusals(&bytes), [(3, code)]);
        assert_eq!(read(bytes.as_slice()).unwrap().documents.len(), 1, "{code}: the other manifest is taken");
    }
}

#[test]
fn a_manifest_is_taken_whole_or_not_at_all() {
    let text = file(&[GOOD, "000000300JES,1,S,1,DM,1,P,D001,,,,,,H141", "\"000000219JES\",2,S"]);
    let reading = read_text(&text);
    assert_eq!(refusals(text.as_bytes()), [(2, "manifest-incomplete"), (4, "column-count")]);
    assert_eq!(reading.documents.len(), 1);
    assert_eq!(&*reading.documents[0].number, "000000300JES");
    assert_eq!(reading.report.manifests, Tally { accepted: 1, flagged: 0, refused: 1 });
    assert_eq!(reading.report.lines, Tally { accepted: 1, flagged: 0, refused: 2 });
}

#[test]
fn a_manifest_keeps_its_limits() {
    let line = |n: usize| format!("000000219JES,{n},S,1,DM,1,P,D001,,,,,,H141\n");
    let lines: String = (1..=MAX_LINES_PER_MANIFEST).map(line).collect();
    let full = format!("{}\n{lines}", COLUMNS.join(","));
    assert_eq!(read_text(&full).documents[0].lines.len(), MAX_LINES_PER_MANIFEST);
    let refused = refusals(format!("{full}{}", line(MAX_LINES_PER_MANIFEST + 1)).as_bytes());
    assert_eq!(refused.len(), MAX_LINES_PER_MANIFEST + 1);
    assert!(refused.iter().all(|(_, code)| *code == "manifest-too-large"));

    let wide: Vec<String> = (1..40)
        .map(|n| format!("000000219JES,{n},{},1,DM,1,P,D001,,,,,,H141", "废".repeat(MAX_LINE_BYTES / 3 - 50)))
        .collect();
    let wide: Vec<&str> = wide.iter().map(String::as_str).collect();
    assert_eq!(refusals(file(&wide).as_bytes())[0], (2, "manifest-too-large"));
    assert_eq!(read_text(&file(&wide[..20])).documents.len(), 1);
}

#[test]
fn what_is_no_file_of_this_kind_is_not_read() {
    for (bytes, expected) in [
        (&b""[..], ""),
        (b"\x1f", "\u{1f}"),
        (GOOD.as_bytes(), GOOD),
        (b"MTN,LINE\n1,2\n", "MTN,LINE"),
        (b"\xff\xfem\0t", "\u{fffd}\u{fffd}m\0t"),
    ] {
        let error = read(bytes).unwrap_err();
        assert!(error.to_string().contains(&COLUMNS.join(",")), "{error}");
        let ReadError::Header { found } = error else { panic!("{error}") };
        assert_eq!(found, expected);
    }
    assert_eq!(read_text(&COLUMNS.join(",")).documents, []);
}

#[test]
fn a_damaged_archive_or_a_bomb_is_not_read() {
    let whole = gzip(file(&[GOOD]).as_bytes());
    assert!(matches!(read(&whole[..whole.len() - 6]), Err(ReadError::Input(_))));
    let bomb = gzip(&vec![b'\n'; MAX_INPUT_BYTES as usize + 1]);
    assert!(bomb.len() < 1_000_000);
    assert!(matches!(read(bomb.as_slice()), Err(ReadError::TooLarge)));
    let endless = std::io::repeat(b',');
    assert!(matches!(read(endless), Err(ReadError::TooLarge)));
    let many = format!("{}\n{}", COLUMNS.join(","), "x\n".repeat(MAX_LINES + 1));
    assert!(matches!(read(many.as_bytes()), Err(ReadError::TooManyLines)));
}

#[test]
fn the_payload_is_the_same_every_time_and_names_its_importer() {
    let document = &read_text(&file(&[GOOD])).documents[0];
    let (one, other) = (importer(), "91110000101623741K".parse().unwrap());
    assert_eq!(document.payload(&one), read_text(&file(&[GOOD])).documents[0].payload(&one));
    assert_ne!(document.id(&one), document.id(&other));
    assert_ne!(document.act(&one), document.act(&other));
    assert_ne!(document.act(&one).as_uuid(), document.id(&one).as_uuid());
    assert!(!document.act(&one).is_client_made() && !document.id(&one).is_client_made());
    // Derived once by these very bytes; a change would make every import of the past a conflict.
    assert_eq!(document.id(&one).to_string(), "97945ec9-aa7f-8baf-af53-7852777aa9bf");
    assert_eq!(document.act(&one).to_string(), "fa489208-e289-86c1-aa0a-c8fdd53c460b");
}

#[test]
fn the_event_reads_back_as_it_was_built() {
    let (document, importer) = (read_text(&file(&[GOOD])).documents.remove(0), importer());
    let event = Event {
        log: Text::new("liandan.example/test").unwrap(),
        act: document.act(&importer),
        party: importer,
        mandate: None,
        prev: Default::default(),
        anchor: None,
        occurred_at: document.occurred_at(),
        place: None,
        statement: Statement::DocumentImported(document.payload(&importer)),
    };
    let bytes = event.to_json().to_string();
    assert_eq!(Event::parse(bytes.as_bytes()).unwrap(), event);
    assert_eq!(event.occurred_at, Timestamp::default());
}

#[test]
fn the_largest_content_fits_an_envelope() {
    // Payload and header in base64url (4 characters for 3 bytes), two dots and a signature of 86 characters.
    let rest_of_event_bytes = 4 * 1024;
    let signed = (MAX_CONTENT_BYTES + rest_of_event_bytes).div_ceil(3) * 4 + 2 + 86;
    assert!(signed <= crate::ledger::envelope::MAX_ENVELOPE_BYTES, "{signed}");
}

#[test]
fn the_report_speaks_both_languages_and_json() {
    let text = file(&[
        GOOD,
        "000000219JES,2,S,1,DM,1.5,P,D001,,,,,,",
        "000000300JESB,1,S,1,TT,2,G,D001,,,,,,H141",
        "000000300JESB,2,S,1,TT,two,?,D001,,,,,,H141",
        "nonsense",
    ]);
    let report = read_text(&text).report;
    let en = report.text(Lang::En);
    assert_eq!(
        en.lines().take(2).collect::<Vec<_>>(),
        ["manifests 2: 0 accepted, 2 flagged, 0 refused", "lines 5: 2 accepted, 2 flagged, 1 refused"]
    );
    assert!(en.contains("minor number-suffixed: lines 2, manifests 1: "), "{en}");
    assert!(en.contains("refused column-count: lines 1: "), "{en}");
    assert!(en.contains("unit \"P\" (pound), lines 2: total 151.5 = 68719 g, lines not summed 0"), "{en}");
    assert!(en.ends_with("unit \"P\" (pound), lines 2: total 151.5 = 68719 g, lines not summed 0"), "{en}");
    assert!(en.contains("unit \"?\" (?), lines 1: total 0, lines not summed 1"), "{en}");
    let zh = report.text(Lang::Zh);
    assert!(zh.starts_with("联单 2：接受 0，标记 2，拒绝 0\n明细行 5：接受 2，标记 2，拒绝 1\n"), "{zh}");
    assert!(zh.contains("单位 \"G\"（加仑）1 行：合计 2 = 7571 mL，未计入 0 行"), "{zh}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["lines"], serde_json::json!({"accepted": 2, "flagged": 2, "refused": 1}));
    assert_eq!(json["units"][2]["mass_g"], 68_719);
    assert_eq!(json["refusals"][0]["code"], "column-count");
    let flag = serde_json::to_value(&read_text(&text).documents[0].flags[0]).unwrap();
    assert_eq!((&flag["row"], &flag["code"]), (&serde_json::json!(2), &serde_json::json!("method-missing")));
}
