//! Wrong forms of JSON: members unknown, twice or missing, numbers that are not whole, records as lists, too much depth.

use super::{CLOSED, COLLECTED, CORRECTED, Refused, STOCK, refused, repeated, swap, text, with};

pub(super) fn vectors() -> Vec<Refused> {
    [members(), numbers(), records(), choices(), ends()].into_iter().flatten().collect()
}

const MASS: &str = r#""mass_g":1200000,"basis""#;
const MASS_AT: &str = "/data/lots/0/quantity/mass_g";

fn members() -> Vec<Refused> {
    let missing = |member: &str| with(CLOSED, member, "");
    vec![
        refused("an unknown member", with(CLOSED, r#"{"v":1"#, r#"{"x":0,"v":1"#), "/x"),
        refused("an unknown member of data", with(CLOSED, r#"{"site""#, r#"{"x":0,"site""#), "/data/x"),
        refused(
            "an unknown member of a record in a list",
            with(STOCK, MASS, r#""mass_kg":1200,"mass_g":1200000,"basis""#),
            "/data/lots/0/quantity/mass_kg",
        ),
        refused(
            "an unknown member whose name needs escapes in a pointer",
            with(CLOSED, r#"{"site""#, r#"{"a/b~c":0,"site""#),
            "/data/a~1b~0c",
        ),
        refused("an unknown member without a name", with(CLOSED, r#"{"site""#, r#"{"":0,"site""#), "/data/"),
        refused(
            "a member name that a JSON library of Rust keeps for itself",
            with(CLOSED, r#"{"site""#, r#"{"$serde_json::private::RawValue":"{}","site""#),
            "/data/$serde_json::private::RawValue",
        ),
        refused("a member in other letters", with(CLOSED, r#""site":"#, r#""Site":"#), "/data/Site"),
        refused("a member twice", with(CLOSED, r#"{"v":1"#, r#"{"v":1,"v":1"#), ""),
        refused(
            "a member twice, once with an escape",
            with(CLOSED, r#""kind""#, r#""\u006bind":"site.updated","kind""#),
            "",
        ),
        refused("data twice", with(CLOSED, r#""data":"#, r#""data":{},"data":"#), ""),
        refused(
            "a member of data twice",
            with(CLOSED, r#""reason""#, r#""reason":"搬迁","reason""#),
            "/data",
        ),
        refused(
            "a member of a record in a list twice",
            with(STOCK, MASS, r#""mass_g":1,"mass_g":1200000,"basis""#),
            "/data/lots/0/quantity",
        ),
        refused(
            "a member of a record in a list in a list twice",
            with(COLLECTED, r#"8032","mass_g""#, r#"8032","mass_g":1,"mass_g""#),
            "/data/lines/0/drawn/0",
        ),
        refused("no v", missing(r#""v":1,"#), ""),
        refused("no for", missing(r#""for":"91370000DEM000001A","#), ""),
        refused("no occurred_at", missing(r#""occurred_at":"2026-03-02T01:20:00.000Z","#), ""),
        refused("no site", missing(r#""site":"01890a5d-ac96-774b-bcce-b302099a8014","#), "/data"),
        refused("no mass", with(STOCK, r#""mass_g":1200000,"#, ""), "/data/lots/0/quantity"),
        refused("a required member null", with(CLOSED, r#""停产""#, "null"), "/data/reason"),
        refused("a list null", with(CLOSED, r#""prev":[]"#, r#""prev":null"#), "/prev"),
    ]
}

fn numbers() -> Vec<Refused> {
    let mass = |comment: &str, number: &str| {
        let text = with(STOCK, MASS, &format!(r#""mass_g":{number},"basis""#));
        refused(&format!("a mass of {comment}"), text, MASS_AT)
    };
    let mut vectors = vec![
        mass("1200000.0, a float", "1200000.0"),
        mass("1.2", "1.2"),
        mass("12e5", "12e5"),
        mass("1E0", "1E0"),
        mass("2^53", "9007199254740992"),
        mass("2^53 + 1, which a float cannot hold", "9007199254740993"),
        mass("2^63", "9223372036854775808"),
        mass("2^64", "18446744073709551616"),
        mass("a hundred digits", &"9".repeat(100)),
        mass("1e400, beyond every float", "1e400"),
        mass("1e-400", "1e-400"),
        mass("0", "0"),
        mass("-0", "-0"),
        mass("-0.0", "-0.0"),
        mass("-1", "-1"),
        mass("a text", "\"1200000\""),
        mass("true", "true"),
        mass("null", "null"),
        mass("a list of one", "[1200000]"),
    ];
    // What is no JSON is noticed before the members of data are read.
    for (comment, number) in [
        ("01, with a zero before it", "01"),
        ("+1", "+1"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("１, a full-width digit", "１"),
    ] {
        vectors.push(Refused { pointer: "/data", ..mass(comment, number) });
    }
    for (comment, number) in [
        ("2", "2"),
        ("0", "0"),
        ("1.0", "1.0"),
        ("1 as a text", "\"1\""),
        ("-0", "-0"),
        ("65537, which is 1 in sixteen bits", "65537"),
    ] {
        let text = with(CLOSED, r#"{"v":1"#, &format!(r#"{{"v":{number}"#));
        vectors.push(refused(&format!("version {comment}"), text, "/v"));
    }
    let anchored = |size: &str| {
        with(
            CLOSED,
            r#""anchor":null"#,
            &format!(r#""anchor":{{"size":{size},"root":"CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk"}}"#),
        )
    };
    vectors.push(refused("an anchor of size 2^53", anchored("9007199254740992"), "/anchor/size"));
    vectors.push(refused("an anchor of size -1", anchored("-1"), "/anchor/size"));
    vectors.push(refused(
        "a latitude beyond the pole",
        with(CLOSED, r#""anchor":null"#, r#""place":{"lat_udeg":90000001,"lon_udeg":0,"source":"gps"}"#),
        "/place/lat_udeg",
    ));
    vectors
}

fn records() -> Vec<Refused> {
    let place = |place: &str| with(CLOSED, r#""anchor":null"#, &format!(r#""place":{place}"#));
    let (head, data) = (text(CLOSED), CLOSED.2);
    let list = r#"["01890a5d-ac96-774b-bcce-b302099a8014","2026-12-31","停产"]"#;
    vec![
        refused("data as a list of its values", swap(&head, data, list), "/data"),
        refused("data as a text", swap(&head, data, r#""停产""#), "/data"),
        refused("data null", swap(&head, data, "null"), "/data"),
        refused("data a list with nothing in it", swap(&head, data, "[]"), "/data"),
        refused(
            "a quantity as a list of its values",
            with(
                STOCK,
                r#"{"mass_g":1200000,"basis":"measured"}"#,
                r#"[1200000,"measured",null,null,null,null,null,null,null,null,null]"#,
            ),
            "/data/lots/0/quantity",
        ),
        refused(
            "a draw as a list of its values",
            with(
                COLLECTED,
                r#"{"lot":"01890a5d-ac96-774b-bcce-b302099a8032","mass_g":1200000}"#,
                r#"["01890a5d-ac96-774b-bcce-b302099a8032",1200000]"#,
            ),
            "/data/lines/0/drawn/0",
        ),
        refused("a place as a list of its values", place(r#"[35104672,118356448,12,"gps"]"#), "/place"),
        refused(
            "an anchor as a list of its values",
            with(CLOSED, r#""anchor":null"#, r#""anchor":[0,"CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk"]"#),
            "/anchor",
        ),
        refused(
            "the whole payload as a list of its values",
            format!(
                r#"[1,"vectors.example/ledger","site.closed","01890a5d-ac96-774b-bcce-b302099a8001","91370000DEM000001A",null,[],null,"2026-03-02T01:20:00.000Z",null,{data}]"#
            ),
            "",
        ),
        refused("the whole payload in a list", format!("[{head}]"), "/0"),
        refused("the whole payload in a text", serde_json::json!(head).to_string(), ""),
        refused("a list as a record of numbers", with(CLOSED, r#""prev":[]"#, r#""prev":{}"#), "/prev"),
        refused(
            "a list as its only item",
            with(STOCK, r#"[{"lot""#, r#"{"lot""#).replace("}}]}}", "}}}}"),
            "/data/lots",
        ),
    ]
}

fn choices() -> Vec<Refused> {
    let basis = |basis: &str| with(STOCK, r#""measured""#, basis);
    let value = |value: &str| with(CORRECTED, r#"{"mass-g":1120000}"#, value);
    vec![
        refused("a choice as an object", basis(r#"{"measured":null}"#), "/data/lots/0/quantity/basis"),
        refused("a choice as a number", basis("0"), "/data/lots/0/quantity/basis"),
        refused("a choice as a list", basis(r#"["measured"]"#), "/data/lots/0/quantity/basis"),
        refused("a choice in capitals", basis(r#""Measured""#), "/data/lots/0/quantity/basis"),
        refused("a choice that is none", basis(r#""guessed""#), "/data/lots/0/quantity/basis"),
        refused(
            "a value with two choices",
            value(r#"{"mass-g":1120000,"code":"900-041-49"}"#),
            "/data/value",
        ),
        refused(
            "a value with a choice twice",
            value(r#"{"mass-g":1120000,"mass-g":1120000}"#),
            "/data/value",
        ),
        refused("a value with no choice", value("{}"), "/data/value"),
        refused("a value without its choice", value("1120000"), "/data/value"),
        refused("a value as a list", value(r#"["mass-g",1120000]"#), "/data/value"),
        refused("a choice of value that is none", value(r#"{"mass_g":1120000}"#), "/data/value"),
        refused("a float in a chosen value", value(r#"{"mass-g":1120000.0}"#), "/data/value/mass-g"),
    ]
}

fn ends() -> Vec<Refused> {
    let good = text(CLOSED);
    let (head, tail) = good.split_once(CLOSED.2).unwrap();
    let latin = [good.replace("停产", "").as_bytes(), b"\xe9"].concat();
    let within = good.split_once("停产").unwrap();
    let surrogate = [within.0.as_bytes(), b"\xed\xa0\x80", within.1.as_bytes()].concat();
    let overlong = [within.0.as_bytes(), b"\xc0\xaf", within.1.as_bytes()].concat();
    vec![
        refused("a byte order mark before it", format!("\u{feff}{good}"), ""),
        refused("a byte order mark behind it", format!("{good}\u{feff}"), ""),
        refused("a letter behind it", format!("{good}x"), ""),
        refused("a zero byte behind it", format!("{good}\0"), ""),
        refused("an object behind it", format!("{good}{{}}"), ""),
        refused("a comma behind it", format!("{good},"), ""),
        refused("a no-break space before it", format!("\u{a0}{good}"), ""),
        refused("cut off in the middle of data", &good[..good.len() - 3], "/data"),
        refused("cut off before its last brace", &good[..good.len() - 1], ""),
        refused("a comma too many", with(CLOSED, r#"产"}"#, r#"产",}"#), "/data"),
        refused("a comment", with(CLOSED, r#"{"v":1"#, r#"{/* 1 */"v":1"#), ""),
        refused("names in single quotes", good.replace('"', "'"), ""),
        refused("a byte that is not UTF-8 behind it", latin, ""),
        refused("a surrogate in UTF-8", surrogate, ""),
        refused("an overlong slash in UTF-8", overlong, ""),
        refused("nothing", "", ""),
        refused("null", "null", ""),
        refused("an object with nothing in it", "{}", ""),
        repeated("10,000 lists in one another", &[("[", 10_000), ("]", 10_000)], "/0"),
        repeated("10,000 objects in one another", &[("{\"v\":", 10_000), ("1", 1), ("}", 10_000)], "/v"),
        repeated(
            "data of 10,000 lists in one another",
            &[(head, 1), ("[", 10_000), ("]", 10_000), (tail, 1)],
            "/data/0",
        ),
        repeated(
            "an unknown member of 10,000 objects in one another",
            &[(head, 1), ("{\"x\":", 10_000), ("0", 1), ("}", 10_000), (tail, 1)],
            "/data/x",
        ),
        repeated("10,000 lists, never closed", &[(head, 1), ("[", 10_000)], "/data"),
    ]
}
