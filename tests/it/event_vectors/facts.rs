//! Facts: what is there, what arose, who took it over, what was received, used, disposed.

use liandan::custody::payload::track::AlarmType;
use liandan::ledger::Digest;
use serde_json::{Value, json};

use super::{
    CARRIER, CONSIGNEE, CONSIGNOR, Said, bare_quantity, code_text, digest, full, id, minimal, offer_text,
    quantity,
};

pub(super) fn vectors() -> Vec<Said> {
    [stock(), handovers(), receipts(), treatments(), reports()].concat()
}

fn stock() -> Vec<Said> {
    let lot = json!({
        "lot": id(50), "code": "900-041-49", "quantity": quantity("measured"), "since": "2025-12-31",
        "containers": [
            { "container": id(60), "label": "1234567890123456789012345678901234567", "mass_g": 1_200_000, "litres": 200 },
        ],
    });
    let bare_lot = json!({ "lot": id(50), "code": "900-041-49", "quantity": bare_quantity(1) });
    let appeared = json!({ "site": id(20), "lots": [lot], "facility": "喷漆线" });
    let bare_appeared = json!({ "site": id(20), "lots": [bare_lot] });
    let moved = json!({
        "site": id(20), "facility": "TS001", "lots": [{ "lot": id(50), "mass_g": 1_200_000 }, { "lot": id(51), "mass_g": 1 }],
    });
    let repacked =
        |lot: &Value| json!({ "site": id(20), "inputs": [{ "lot": id(51), "mass_g": 1 }], "outputs": [lot] });
    let mut lossy = repacked(&lot);
    lossy["inputs"][0]["mass_g"] = json!(1_200_006);
    lossy["losses"] = ["water-loss", "rinsing", "tare", "weighing", "spill", "other"]
        .map(|cause| json!({ "cause": cause, "mass_g": 1, "note": "包装破损" }))
        .into();
    let counted = json!({ "site": id(20), "counts": [
        {
            "code": "900-041-49", "lot": id(50), "mass_g": 0, "differs_g": -20, "cause": "water-loss",
            "reason": "自然晾干",
        },
    ] });
    vec![
        full("stock.opened", CONSIGNOR, appeared.clone()),
        minimal("stock.opened", CONSIGNOR, bare_appeared.clone()),
        full("waste.generated", CONSIGNOR, appeared),
        minimal("waste.generated", CONSIGNOR, bare_appeared),
        full("waste.stored", CONSIGNOR, moved.clone()),
        full("waste.withdrawn", CONSIGNOR, moved),
        full("waste.repacked", CONSIGNOR, lossy),
        minimal("waste.repacked", CONSIGNOR, repacked(&bare_lot)),
        full("stock.counted", CONSIGNOR, counted),
        minimal(
            "stock.counted",
            CONSIGNOR,
            json!({ "site": id(20), "counts": [{ "code": "900-041-49", "mass_g": 9_007_199_254_740_991_i64 }] }),
        ),
    ]
}

/// A handover with everything in it, stated by its taking side; the lots drawn are exactly the line.
fn handover(step: &str, from: &str, to: &str) -> Value {
    json!({
        "manifest": id(40), "from": from, "from_site": id(20), "to": to, "to_site": id(21), "vehicle": "鲁Q12345",
        "offer": offer_text(step),
        "lines": [
            {
                "line": 1, "code": "900-041-49", "quantity": quantity("measured"), "exemptions": ["small-batch"],
                "drawn": [{ "lot": id(50), "mass_g": 1_199_999 }, { "lot": id(51), "mass_g": 1 }],
            },
        ],
        "missing": [id(60)], "extra": [id(61), id(62)], "note": "一桶破损，已套袋", "confirmed": confirmed(step, from, to),
        "photos": [digest(25), digest(26)],
    })
}

/// The other side's word: by hand on the way back, else by a code.
fn confirmed(step: &str, from: &str, to: &str) -> Value {
    match step {
        "returned" => json!({ "handwriting": { "name": "王建国", "sha256": digest(20) } }),
        _ => json!({ "code": code_text(step, from, to) }),
    }
}

/// The first handover names the containers that were loaded.
fn loading() -> Value {
    let mut loading = handover("collected", CONSIGNOR, CARRIER);
    loading["lines"][0]["containers"] = json!([id(61), id(62), id(63)]);
    loading
}

/// A handover with only what is required, stated by its releasing side; `site` is the one its kind needs, if any.
fn bare_handover(from: &str, to: &str, site: Option<&str>) -> Value {
    let mut bare = json!({
        "manifest": id(40), "from": from, "to": to,
        "lines": [{ "line": 1, "code": "900-041-49", "quantity": bare_quantity(1_200_000) }],
    });
    if let Some(site) = site {
        bare[site] = json!(id(20));
    }
    bare
}

fn handovers() -> Vec<Said> {
    let bare = |kind, site| minimal(kind, CONSIGNOR, bare_handover(CONSIGNOR, CARRIER, site));
    let lines = json!([{ "line": 1, "mass_g": 1_200_000 }]);
    vec![
        full("waste.collected", CARRIER, loading()),
        bare("waste.collected", Some("from_site")),
        full("waste.transferred", CARRIER, handover("transferred", CONSIGNOR, CARRIER)),
        bare("waste.transferred", None),
        full("waste.delivered", CONSIGNEE, handover("delivered", CARRIER, CONSIGNEE)),
        bare("waste.delivered", Some("to_site")),
        full("waste.returned", CONSIGNOR, handover("returned", CARRIER, CONSIGNOR)),
        bare("waste.returned", None),
        full("waste.transferred", CONSIGNOR, between_own_sites())
            .but("one party, two of its sites")
            .with_gaps(),
        full(
            "handover.countersigned",
            CONSIGNOR,
            json!({
                "manifest": id(40), "event": digest(3), "lines": lines,
                "containers": { "count": 0, "sha256": Digest::sha256(&[]).to_string() },
            }),
        ),
        minimal(
            "handover.countersigned",
            CONSIGNOR,
            json!({ "manifest": id(40), "event": digest(3), "lines": lines }),
        ),
    ]
}

fn between_own_sites() -> Value {
    let mut moved = bare_handover(CONSIGNOR, CONSIGNOR, Some("from_site"));
    moved["to_site"] = json!(id(21));
    moved
}

fn receipts() -> Vec<Said> {
    let received = |line: Value| json!({ "manifest": id(40), "site": id(21), "lines": [line] });
    let partly = json!({
        "line": 1, "code": "900-041-49", "outcome": "partly", "accepted": quantity("measured"),
        "rejected": quantity("estimated"), "reason": "含水率超标", "at_gate": true, "more": true,
    });
    let accepted =
        json!({ "line": 1, "code": "900-041-49", "outcome": "accepted", "accepted": bare_quantity(1) });
    let rejected = json!({
        "line": 1, "code": "900-041-49", "outcome": "rejected", "rejected": bare_quantity(1), "reason": "代码不符",
    });
    let mut partly = received(partly);
    partly["photos"] = json!([digest(27)]);
    vec![
        full("waste.received", CONSIGNEE, partly),
        minimal("waste.received", CONSIGNEE, received(accepted)),
        minimal("waste.received", CONSIGNEE, received(rejected)).but("all of it rejected"),
    ]
}

fn treatments() -> Vec<Said> {
    let treated = |method: &str| {
        json!({
            "site": id(21), "method": method, "weighed": quantity("measured"),
            "inputs": [{ "lot": id(50), "mass_g": 1_199_999 }, { "lot": id(51), "mass_g": 1 }],
            "outputs": [{ "lot": id(52), "code": "772-003-18", "name": "飞灰", "quantity": quantity("computed") }],
        })
    };
    let bare = |method: &str| json!({ "site": id(21), "method": method, "inputs": [{ "lot": id(50), "mass_g": 1 }] });
    let mut product = bare("R9");
    product["outputs"] = json!([{ "lot": id(53), "name": "再生油", "quantity": bare_quantity(1) }]);
    vec![
        full("waste.used", CONSIGNEE, treated("R9")),
        minimal("waste.used", CONSIGNEE, bare("R9")),
        minimal("waste.used", CONSIGNEE, product).but("a product, which has no waste code").with_gaps(),
        full("waste.disposed", CONSIGNEE, treated("D10")),
        minimal("waste.disposed", CONSIGNEE, bare("D10")),
        full(
            "trip.weighed",
            CONSIGNEE,
            json!({
                "trip": id(41), "quantity": quantity("measured"), "manifests": [id(40), id(42)],
                "shares": [
                    { "manifest": id(40), "line": 1, "stated_g": 200_000, "mass_g": 240_000 },
                    { "manifest": id(42), "line": 2, "stated_g": 800_000, "mass_g": 960_000 },
                ],
            }),
        ),
        minimal(
            "trip.weighed",
            CONSIGNEE,
            json!({ "trip": id(41), "quantity": bare_quantity(1), "manifests": [id(40)] }),
        ),
    ]
}

/// Where vehicles were. Last of all, so that the numbers of the others stay.
pub(super) fn tracks() -> Vec<Said> {
    let place = |lat_udeg: i32| json!({ "lat_udeg": lat_udeg, "lon_udeg": 118_350_000 });
    let waypoint = |at: &str, lat_udeg: i32| json!({ "at": at, "place": place(lat_udeg) });
    let (from, to) = ("2026-03-02T01:20:00.000Z", "2026-03-02T03:20:00.000Z");
    let bare = json!({
        "vehicle": "鲁Q12345", "manifests": [id(40)], "from": from, "to": to, "points": 2, "sha256": digest(28),
        "waypoints": [waypoint(from, 35_100_000), waypoint(to, 35_300_000)],
    });
    let mut whole = bare.clone();
    whole["manifests"] = json!([id(40), id(42)]);
    whole["points"] = json!(91);
    whole["silences"] = json!([{
        "from": "2026-03-02T02:00:00.000Z", "to": "2026-03-02T02:31:00.000Z",
        "left": place(35_150_000), "back": place(-35_200_000),
    }]);
    whole["alarms"] = AlarmType::ALL
        .map(|of| json!({ "type": of.name(), "at": "2026-03-02T01:50:00.000Z", "place": place(35_120_000), "text": "时速 94 公里" }))
        .into();
    vec![full("track.recorded", CARRIER, whole), minimal("track.recorded", CARRIER, bare)]
}

fn reports() -> Vec<Said> {
    let discrepancy =
        |about: &str| json!({ "manifest": id(40), "line": 1, "about": about, "text": "少 80 千克" });
    let paper = |step: &str, line: Value| json!({ "step": step, "from": CONSIGNOR, "to": CARRIER, "at": "2026-03-02T01:20:00.000Z", "lines": [line] });
    let full_paper = |step: &str, line: Value| {
        let mut full = paper(step, line);
        full["from_site"] = json!(id(20));
        full["to_site"] = json!(id(21));
        full["vehicle"] = json!("鲁Q12345");
        full
    };
    let backfilled = |handovers: Vec<Value>| json!({ "manifest": id(40), "reason": "系统故障", "scan": digest(23), "handovers": handovers });
    let line = json!({
        "line": 1, "code": "900-041-49", "quantity": quantity("measured"), "exemptions": ["small-batch"],
        "drawn": [{ "lot": id(50), "mass_g": 1_200_000 }],
    });
    let bare_line = json!({ "line": 1, "code": "900-041-49", "quantity": bare_quantity(1) });
    let mut every_step =
        ["collected", "transferred", "delivered", "returned"].map(|step| full_paper(step, line.clone()));
    every_step[0]["lines"][0]["containers"] = json!([id(60)]);
    let content = "manifest,line\n999999999ZZZ,1";
    vec![
        full("discrepancy.declared", CONSIGNEE, discrepancy("quantity")),
        minimal(
            "discrepancy.declared",
            CONSIGNEE,
            json!({ "manifest": id(40), "about": "kind", "text": "实为废酸" }),
        ),
        full("discrepancy.declared", CONSIGNEE, discrepancy("packaging")).but("about the packaging"),
        full("discrepancy.declared", CONSIGNEE, discrepancy("other")).but("about something else"),
        full(
            "incident.reported",
            CARRIER,
            json!({ "manifest": id(40), "cause": "追尾", "measures": "围堰收集", "photos": [digest(24)] }),
        ),
        minimal("incident.reported", CARRIER, json!({ "manifest": id(40), "cause": "追尾" })),
        full("paper.backfilled", CONSIGNOR, backfilled(every_step.into())),
        minimal("paper.backfilled", CONSIGNOR, backfilled(vec![paper("transferred", bare_line)])),
        full(
            "document.imported",
            CONSIGNEE,
            json!({
                "document": derived(), "profile": "us", "source": "epa-emanifest-sample", "number": "999999999ZZZ",
                "media": "text/csv; header=present", "content": content,
                "sha256": Digest::sha256(&[content.as_bytes()]).to_string(),
            }),
        ),
    ]
}

/// An id that was derived from content: a UUID of version 8 (RFC 9562 §5.8).
pub(super) fn derived() -> &'static str {
    "5b1f9d0e-3c4a-8d2e-9f6b-0a1b2c3d4e5f"
}
