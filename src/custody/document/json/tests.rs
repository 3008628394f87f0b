use super::*;

/// The codes of the flaws, with pointer and place.
fn flaws(text: &str) -> Vec<(&'static str, String, (usize, usize))> {
    let flaws = read(text).flaws;
    let offsets: Vec<usize> = flaws.iter().map(|flaw| flaw.at).collect();
    let places = places(text.as_bytes(), &offsets);
    flaws.into_iter().zip(places).map(|(flaw, at)| (flaw.code, flaw.pointer, (at.line, at.column))).collect()
}

#[test]
fn what_json_has_is_read() {
    let text = " {\"a\": [1, -0.5e+2, true, false, null, \"\\u00e9\\ud83d\\ude00\\n/\\/\"], \"\": {}} ";
    let reading = read(text);
    assert_eq!(reading.flaws, []);
    let root = reading.root.unwrap();
    let Value::List(items) = &root.member("a").unwrap().value else { panic!() };
    assert_eq!(items[1].value, Value::Number("-0.5e+2".into()));
    assert_eq!(items[5].value, Value::Text("é😀\n//".into()));
    assert_eq!(root.member("").unwrap().value, Value::Object(vec![]));
    assert_eq!(read("\u{feff}[]").flaws, []);
}

#[test]
fn every_flaw_has_its_place_and_all_are_told() {
    let text = "{\"a\": 1,\n \"é\": \"\\ud800\", \"a\": 2,\n \"b/~\": [\"x\u{1}\", \"\\u0000\", \"\\q\"], \"b/~\": 3}";
    assert_eq!(
        flaws(text),
        [
            ("lone-surrogate", "/é".to_owned(), (2, 8)),
            ("duplicate-key", "/a".to_owned(), (2, 17)),
            ("control-character", "/b~1~0/0".to_owned(), (3, 12)),
            ("control-character", "/b~1~0/1".to_owned(), (3, 17)),
            ("not-json", "/b~1~0/2".to_owned(), (3, 27)),
            ("duplicate-key", "/b~1~0".to_owned(), (3, 33)),
        ]
    );
    // The escaped name is the same name.
    assert_eq!(flaws("{\"a\":1,\"\\u0061\":2}")[0].0, "duplicate-key");
}

#[test]
fn what_is_no_json_ends_the_reading_with_its_place() {
    for (text, code, pointer, place) in [
        ("", "cut-off", "", (1, 1)),
        ("  ", "cut-off", "", (1, 3)),
        ("{\"a\":", "cut-off", "/a", (1, 6)),
        ("{\"a", "cut-off", "", (1, 4)),
        ("[1,\n", "cut-off", "/1", (2, 1)),
        ("[1 2]", "not-json", "", (1, 4)),
        ("{\"a\" 1}", "not-json", "", (1, 6)),
        ("{a:1}", "not-json", "", (1, 2)),
        ("{\"a\":1,}", "not-json", "", (1, 8)),
        ("[1,]", "not-json", "/1", (1, 4)),
        ("[01]", "not-json", "/0", (1, 3)),
        ("[1.]", "not-json", "/0", (1, 4)),
        ("[.5]", "not-json", "/0", (1, 2)),
        ("[+1]", "not-json", "/0", (1, 2)),
        ("[1e]", "not-json", "/0", (1, 4)),
        ("[NaN]", "not-json", "/0", (1, 2)),
        ("[-Infinity]", "not-json", "/0", (1, 3)),
        ("[nullx]", "not-json", "/0", (1, 2)),
        ("['a']", "not-json", "/0", (1, 2)),
        ("[1] // end", "trailing-text", "", (1, 5)),
        ("{}\0", "trailing-text", "", (1, 3)),
        ("{}{}", "trailing-text", "", (1, 3)),
        ("\"\\u12\"", "not-json", "", (1, 2)),
    ] {
        assert_eq!(flaws(text)[0], (code, pointer.to_owned(), place), "{text:?}");
    }
}

#[test]
fn bytes_that_are_no_text_are_told_each() {
    let flaws = text_of(b"[\"\xff\", \"\xc3\", \"\xed\xa0\x80\"]").unwrap_err();
    assert_eq!(flaws.iter().map(|flaw| flaw.at).take(2).collect::<Vec<_>>(), [2, 7]);
    assert!(flaws.iter().all(|flaw| flaw.code == "not-utf-8"));
    assert_eq!(text_of(b"\xff\xfe{\0}\0").unwrap_err().len(), 1);
    assert_eq!(text_of(&vec![b' '; MAX_BYTES + 1]).unwrap_err()[0].code, "too-large");
}

#[test]
fn depth_and_number_of_values_are_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(flaws(&nested(MAX_DEPTH + 1)), []);
    assert_eq!(flaws(&nested(MAX_DEPTH + 2))[0].0, "too-deep");
    assert_eq!(flaws(&"[".repeat(10_000_000))[0].0, "too-deep");
    assert_eq!(flaws(&"{\"a\":".repeat(1_000_000))[0].0, "too-deep");
    let many = format!("[0{}]", ",0".repeat(MAX_VALUES));
    assert_eq!(flaws(&many)[0].0, "too-large");
}

#[test]
fn numbers_are_exact_or_not_read() {
    for (text, shown, whole) in [
        ("0", "0", Some(0)),
        ("-0", "0", Some(0)),
        ("-0.00e99999", "0", Some(0)),
        ("480", "480", Some(480)),
        ("480.0", "480", Some(480)),
        ("4.8e2", "480", Some(480)),
        ("48000e-2", "480", Some(480)),
        ("-1.50", "-1.5", None),
        ("0.001", "0.001", None),
        ("1.67", "1.67", None),
        ("99999999999", "99999999999", Some(99_999_999_999)),
        ("1e23", "100000000000000000000000", None),
    ] {
        let number = Decimal::read(text).unwrap();
        assert_eq!((number.to_string().as_str(), number.whole()), (shown, whole), "{text}");
    }
    assert_eq!(Decimal::read("0.1").unwrap().millionths(), Some(100_000));
    assert_eq!(Decimal::read("0.0000001").unwrap().millionths(), None);
    for beyond in ["1e400", "1e-400", "1e99999999999", "1234567890123456789012345"] {
        assert_eq!(Decimal::read(beyond), None, "{beyond}");
    }
    assert_eq!(flaws(&format!("[{}]", "9".repeat(65)))[0].0, "number-too-long");
}
