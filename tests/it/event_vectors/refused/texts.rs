//! Texts that are not what they look like, and second spellings of codes, ids, digests, dates and times.

use super::{CLOSED, COLLECTED, CORRECTED, Refused, STOCK, refused, with};

pub(super) fn vectors() -> Vec<Refused> {
    [kinds(), codes(), ids(), times(), characters()].into_iter().flatten().collect()
}

fn kinds() -> Vec<Refused> {
    [
        ("an unknown kind", "waste.lost"),
        ("a kind in capitals", "Site.Closed"),
        ("a kind with a Cyrillic letter", "site.\u{441}losed"),
        ("a kind with its version", "site.closed/1"),
        ("a kind with a blank behind it", "site.closed "),
        ("a kind that is nothing", ""),
        ("a kind by its place in the list", "6"),
    ]
    .map(|(comment, kind)| refused(comment, with(CLOSED, "site.closed", kind), "/kind"))
    .into()
}

fn codes() -> Vec<Refused> {
    let code = |comment: &str, code: &str| {
        refused(&format!("a waste code {comment}"), with(STOCK, "900-041-49", code), "/data/lots/0/code")
    };
    let party = |comment: &str, party: &str| {
        refused(&format!("a party {comment}"), with(CLOSED, "91370000DEM000001A", party), "/for")
    };
    let plate = |comment: &str, plate: &str| {
        let text = with(CORRECTED, r#"{"mass-g":1120000}"#, &format!(r#"{{"vehicle":"{plate}"}}"#));
        refused(&format!("a plate {comment}"), text, "/data/value/vehicle")
    };
    vec![
        code("in full-width digits", "９００-０４１-４９"),
        code("with a no-break hyphen", "900\u{2011}041\u{2011}49"),
        code("with a full-width hyphen", "900－041－49"),
        code("with Arabic digits", "٩٠٠-041-49"),
        code("with a letter O", "9O0-041-49"),
        code("with a zero-width space", "900-041-49\u{200b}"),
        code("with a blank behind it", "900-041-49 "),
        code("without its hyphens", "90004149"),
        code("of its category alone", "HW49"),
        code("of no category", "900-041-51"),
        party("with a Cyrillic letter", "91370000D\u{415}M000001A"),
        party("in full-width letters", "９１３７００００ＤＥＭ０００００１Ａ"),
        party("in small letters", "91370000dem000001a"),
        party("of 17 characters", "91370000DEM000001"),
        party("of 19 characters", "91370000DEM000001AA"),
        party("with a letter I, which codes leave out", "9137000IDEM000001A"),
        plate("with its dot", "鲁Q·12345"),
        plate("with a blank", "鲁Q 12345"),
        plate("in small letters", "鲁q12345"),
        plate("in full-width digits", "鲁Q１２３４５"),
        plate("of four characters", "鲁Q12"),
    ]
}

fn ids() -> Vec<Refused> {
    let good = "01890a5d-ac96-774b-bcce-b302099a8014";
    let site =
        |comment: &str, id: &str| refused(&format!("an id {comment}"), with(CLOSED, good, id), "/data/site");
    let event = |comment: &str, event: &str| {
        let text = with(CORRECTED, "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM", event);
        refused(&format!("an event id {comment}"), text, "/data/event")
    };
    vec![
        site("in capitals", &good.to_uppercase()),
        site("of version 4", "01890a5d-ac96-474b-bcce-b302099a8014"),
        site("of version 1", "01890a5d-ac96-174b-bcce-b302099a8014"),
        site("of another variant", "01890a5d-ac96-774b-0cce-b302099a8014"),
        site("of zeros", "00000000-0000-0000-0000-000000000000"),
        site("without hyphens", &good.replace('-', "")),
        site("in braces", &format!("{{{good}}}")),
        site("as a URN", &format!("urn:uuid:{good}")),
        site("cut off", &good[..35]),
        site("that is nothing", ""),
        event("with padding", "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM="),
        event("with trailing bits", "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwN"),
        event("of 42 characters", "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"),
        event("in plain base64", "AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA+M"),
        event("in hexadecimal", "0303030303030303030303030303030303030303030303030303030303030303"),
    ]
}

fn times() -> Vec<Refused> {
    let time = |comment: &str, time: &str| {
        let text = with(CLOSED, "2026-03-02T01:20:00.000Z", time);
        refused(&format!("a time {comment}"), text, "/occurred_at")
    };
    let day = |comment: &str, day: &str| {
        refused(&format!("a day {comment}"), with(CLOSED, "2026-12-31", day), "/data/on")
    };
    vec![
        time("without an offset", "2026-03-02T01:20:00"),
        time("without seconds", "2026-03-02T01:20Z"),
        time("that is a day", "2026-03-02"),
        time("of 24 hours", "2026-03-02T24:00:00Z"),
        time("on the 30th of February", "2026-02-30T01:20:00Z"),
        time("before 1970", "1969-12-31T23:59:59Z"),
        time("after 9999", "9999-12-31T23:59:59-00:01"),
        time("of five digits of years", "+12026-03-02T01:20:00Z"),
        time("with a name of a zone", "2026-03-02T09:20:00[Asia/Shanghai]"),
        time("as a text of digits", "1772414400000"),
        refused(
            "a time as a number",
            with(CLOSED, r#""2026-03-02T01:20:00.000Z""#, "1772414400000"),
            "/occurred_at",
        ),
        day("that is none", "2026-02-29"),
        day("with a time", "2026-12-31T00:00:00Z"),
        day("in another order", "31.12.2026"),
        day("without hyphens", "20261231"),
    ]
}

fn characters() -> Vec<Refused> {
    let reason = |comment: &str, reason: &str| {
        refused(&format!("a text {comment}"), with(CLOSED, "停产", reason), "/data/reason")
    };
    vec![
        reason("with half of a surrogate pair", r"停\ud800产"),
        reason("with the other half", r"停\udc00产"),
        reason("with a surrogate pair the wrong way round", r"\udc00\ud800"),
        reason("that ends in half of a surrogate pair", r"停产\ud83d"),
        reason("with a byte order mark in it", r"停\ufeff产"),
        reason("with a zero byte", r"停\u0000产"),
        reason("with a control character of C1", r"停\u0085产"),
        reason("with a carriage return", r"停\r\n产"),
        reason("with a tab", r"停\t产"),
        refused("a text with a line feed that is not escaped", with(CLOSED, "停产", "停\n产"), "/data"),
        reason("with a direction override", r"停\u202e产"),
        reason("with an isolate", r"停\u2066产"),
        reason("with a zero-width joiner", r"停\u200d产"),
        refused("a text with an escape that is none", with(CLOSED, "停产", r"停\x41产"), "/data"),
        reason("with a blank before it", " 停产"),
        reason("with an ideographic blank behind it", "停产\u{3000}"),
        reason("of blanks", "  "),
        reason("that is nothing", ""),
        reason("of 501 characters", &"停".repeat(501)),
        refused(
            "a member name with half of a surrogate pair",
            with(CLOSED, r#"{"site""#, r#"{"\ud800":0,"site""#),
            "/data",
        ),
        refused(
            "a log of 201 characters",
            with(COLLECTED, "vectors.example/ledger", &"l".repeat(201)),
            "/log",
        ),
    ]
}
