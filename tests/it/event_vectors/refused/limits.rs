//! Limits that no single member can keep: line numbers, sides of a handover, who may make an id, lengths of lists.

use super::super::{CARRIER, CONSIGNEE, CONSIGNOR, LOG, digest, id, offer_text};
use super::{Base, CLOSED, COLLECTED, RECEIVED, Refused, STOCK, refused, repeated, swap, text, with};

pub(super) fn vectors() -> Vec<Refused> {
    [lines(), draws(), sides(), receipts(), new_ids(), lengths(), documents()].into_iter().flatten().collect()
}

const LINE: &str = r#"{"line":1,"code":"900-041-49","quantity":{"mass_g":1200000,"basis":"measured"},"drawn":[{"lot":"01890a5d-ac96-774b-bcce-b302099a8032","mass_g":1200000}]}"#;
const BARE_LINE: &str = r#"{"line":1,"code":"900-041-49","quantity":{"mass_g":1,"basis":"measured"}}"#;
const LOT: &str = r#"{"lot":"01890a5d-ac96-774b-bcce-b302099a8032","code":"900-041-49","quantity":{"mass_g":1200000,"basis":"measured"}}"#;
const DRAW: &str = r#"{"lot":"01890a5d-ac96-774b-bcce-b302099a8032","mass_g":1200000}"#;

const REGISTERED: Base = (
    "manifest.registered",
    CONSIGNOR,
    r#"{"manifest":"01890a5d-ac96-774b-bcce-b302099a8028","site":"01890a5d-ac96-774b-bcce-b302099a8014","consignee":{"party":"91370000DEM000003G","site":"01890a5d-ac96-774b-bcce-b302099a8015"},"lines":[{"line":1,"code":"900-041-49","containers":1,"planned":{"mass_g":1,"basis":"measured"},"treatment":"D10"}],"legs":[{"carrier":"91370000DEM000002D","mode":"vehicle"}],"planned_departure":"2026-03-02T01:20:00Z","planned_arrival":"2026-03-02T09:00:00Z"}"#,
);

fn lines() -> Vec<Refused> {
    let two = format!("[{LINE},{BARE_LINE}]");
    let numbered = |number: &str| with(COLLECTED, r#""line":1"#, &format!(r#""line":{number}"#));
    let planned = |number: &str| with(REGISTERED, r#""line":1"#, &format!(r#""line":{number}"#));
    vec![
        refused("line 0", numbered("0"), "/data/lines/0/line"),
        refused("line 257", numbered("257"), "/data/lines/0/line"),
        refused("line 65537, which is 1 in sixteen bits", numbered("65537"), "/data/lines/0/line"),
        refused("line -1", numbered("-1"), "/data/lines/0/line"),
        refused("a line twice", with(COLLECTED, &format!("[{LINE}]"), &two), "/data/lines/1/line"),
        refused("a planned line 0", planned("0"), "/data/lines/0/line"),
        refused("a received line 0", with(RECEIVED, r#""line":1"#, r#""line":0"#), "/data/lines/0/line"),
        refused(
            "1,025 containers in one manifest",
            with(REGISTERED, r#""containers":1"#, r#""containers":1025"#),
            "/data/lines",
        ),
        refused(
            "a treatment code that is not in the list",
            with(REGISTERED, "D10", "D2"),
            "/data/lines/0/treatment",
        ),
        refused(
            "a treatment code in small letters",
            with(REGISTERED, "D10", "d10"),
            "/data/lines/0/treatment",
        ),
    ]
}

fn draws() -> Vec<Refused> {
    let drawn = |draws: &str| with(COLLECTED, &format!("[{DRAW}]"), &format!("[{draws}]"));
    let of = |n: u8, mass: &str| format!(r#"{{"lot":"{}","mass_g":{mass}}}"#, id(n));
    let (most, at) = ("9007199254740991", "/data/lines/0/drawn");
    vec![
        refused("one gram more drawn than the line has", drawn(&of(50, "1200001")), at),
        refused("two draws that together are more", drawn(&format!("{DRAW},{}", of(51, "1"))), at),
        refused("draws beyond 2^53 together", drawn(&format!("{},{}", of(50, most), of(51, most))), at),
        refused(
            "a lot drawn from twice",
            drawn(&[of(50, "1"), of(50, "1")].join(",")),
            "/data/lines/0/drawn/1/lot",
        ),
    ]
}

fn sides() -> Vec<Refused> {
    let good = text(COLLECTED);
    let stated_by =
        |party: &str| swap(&good, r#""for":"91370000DEM000002D""#, &format!(r#""for":"{party}""#));
    let embedded = format!(r#","offer":"{}","lines""#, offer_text("collected"));
    let alone = swap(&good, r#""to":"91370000DEM000002D""#, r#""to":"91370000DEM000001A""#)
        .replace(r#""for":"91370000DEM000002D""#, r#""for":"91370000DEM000001A""#);
    let one_site =
        swap(&alone, r#","lines""#, r#","to_site":"01890a5d-ac96-774b-bcce-b302099a8014","lines""#);
    let without_site = with(COLLECTED, r#""from_site":"01890a5d-ac96-774b-bcce-b302099a8014","#, "");
    vec![
        refused("a handover stated by a third party", stated_by(CONSIGNEE), "/for"),
        refused(
            "an offer embedded by the releasing side",
            swap(&stated_by(CONSIGNOR), r#","lines""#, &embedded),
            "/data/offer",
        ),
        refused("an offer as an object", swap(&good, r#","lines""#, r#","offer":{},"lines""#), "/data/offer"),
        refused("a handover inside one site", one_site, "/data/to"),
        refused(
            "a handover inside one party that names no site",
            swap(&alone, r#""from_site":"01890a5d-ac96-774b-bcce-b302099a8014","#, "")
                .replace("waste.collected", "waste.transferred"),
            "/data/to",
        ),
        refused("a collection that names no site it leaves", without_site, "/data/from_site"),
        refused(
            "a delivery that names no site it enters",
            with(COLLECTED, "waste.collected", "waste.delivered"),
            "/data/to_site",
        ),
    ]
}

fn receipts() -> Vec<Refused> {
    let at = "/data/lines/0/outcome";
    let mass = r#"{"mass_g":1200000,"basis":"measured"}"#;
    let told = |outcome: &str, rest: &str| {
        with(RECEIVED, &format!(r#""accepted","accepted":{mass}"#), &format!(r#""{outcome}"{rest}"#))
    };
    let (accepted, rejected) = (format!(r#","accepted":{mass}"#), format!(r#","rejected":{mass}"#));
    let (both, reason) = (format!("{accepted}{rejected}"), r#","reason":"代码不符""#);
    vec![
        refused("accepted without a mass", told("accepted", ""), at),
        refused("accepted with a rejected mass", told("accepted", &both), at),
        refused("partly without a reason", told("partly", &both), at),
        refused("partly without a rejected mass", told("partly", &format!("{accepted}{reason}")), at),
        refused("partly without an accepted mass", told("partly", &format!("{rejected}{reason}")), at),
        refused("rejected without a reason", told("rejected", &rejected), at),
        refused("rejected without a mass", told("rejected", reason), at),
        refused("rejected with an accepted mass", told("rejected", &format!("{both}{reason}")), at),
    ]
}

fn new_ids() -> Vec<Refused> {
    let derived = "5b1f9d0e-3c4a-8d2e-9f6b-0a1b2c3d4e5f";
    let treated = format!(
        r#"{{"site":"{}","method":"R9","inputs":[{DRAW}],"outputs":[{{"lot":"{derived}","name":"油","quantity":{{"mass_g":1,"basis":"computed"}}}}]}}"#,
        id(21)
    );
    let repacked = format!(r#"{{"site":"{}","inputs":[{DRAW},{DRAW}],"outputs":[{LOT}]}}"#, id(20));
    let said = |kind: &str, data: &str| swap(&text(CLOSED), CLOSED.2, data).replace("site.closed", kind);
    vec![
        refused("a new lot with an id of version 8", with(STOCK, &id(50), derived), "/data/lots/0/lot"),
        refused(
            "a new lot twice",
            with(STOCK, &format!("[{LOT}]"), &format!("[{LOT},{LOT}]")),
            "/data/lots/1/lot",
        ),
        refused("a product with an id of version 8", said("waste.used", &treated), "/data/outputs/0/lot"),
        refused("a lot repacked twice in one event", said("waste.repacked", &repacked), "/data/inputs/1/lot"),
    ]
}

fn lengths() -> Vec<Refused> {
    let good = text(COLLECTED);
    let (head, tail) = good.split_once(&format!("[{LINE}]")).unwrap();
    let stock = text(STOCK);
    let (stock_head, stock_tail) = stock.split_once(&format!("[{LOT}]")).unwrap();
    let container = format!(r#"{{"container":"{}"}},"#, id(60));
    let filled = swap(LOT, r#""measured"}}"#, r#""measured"},"containers":["#);
    let head_of_lot = format!("{stock_head}[{filled}");
    let closed = text(CLOSED);
    let (closed_head, closed_tail) = closed.split_once(r#""prev":[]"#).unwrap();
    let known = format!(r#""{}","#, digest(1));
    vec![
        repeated(
            "257 lines",
            &[(head, 1), ("[", 1), (&format!("{BARE_LINE},"), 256), (BARE_LINE, 1), ("]", 1), (tail, 1)],
            "/data/lines",
        ),
        refused("no lines", swap(&good, &format!("[{LINE}]"), "[]"), "/data/lines"),
        repeated(
            "257 lots",
            &[(stock_head, 1), ("[", 1), (&format!("{LOT},"), 256), (LOT, 1), ("]", 1), (stock_tail, 1)],
            "/data/lots",
        ),
        repeated(
            "1,025 containers in one lot",
            &[
                (&head_of_lot, 1),
                (&container, 1_024),
                (&container[..container.len() - 1], 1),
                ("]}]", 1),
                (stock_tail, 1),
            ],
            "/data/lots/0/containers",
        ),
        repeated(
            "nine heads",
            &[
                (closed_head, 1),
                ("\"prev\":[", 1),
                (&known, 8),
                (&known[..known.len() - 1], 1),
                ("]", 1),
                (closed_tail, 1),
            ],
            "/prev",
        ),
        repeated(
            "an offer of 65,537 characters",
            &[(head, 1), (&format!("[{BARE_LINE}],\"offer\":\""), 1), ("A", 65_537), ("\"", 1), (tail, 1)],
            "/data/offer",
        ),
    ]
}

fn documents() -> Vec<Refused> {
    let act = id(1);
    let said = |kind: &str, data: &str| {
        format!(
            r#"{{"v":1,"log":"{LOG}","kind":"{kind}","act":"{act}","for":"{CARRIER}","occurred_at":"2026-03-02T01:20:00Z","data":{data}}}"#
        )
    };
    let document = format!(
        r#"{{"document":"{act}","profile":"us","source":"s","number":"1","media":"text/csv","content":"a,b","sha256":"{}"}}"#,
        digest(1)
    );
    let notice =
        |indexes: &str| said("erasure.noticed", &format!(r#"{{"indexes":{indexes},"basis":"保存期满"}}"#));
    vec![
        refused(
            "a document with the SHA-256 of something else",
            said("document.imported", &document),
            "/data/sha256",
        ),
        refused("erased indexes out of order", notice("[7,0]"), "/data/indexes"),
        refused("an erased index twice", notice("[7,7]"), "/data/indexes"),
        refused("no erased index", notice("[]"), "/data/indexes"),
        refused("an erased index of -1", notice("[-1]"), "/data/indexes/0"),
    ]
}
