//! Limits of waste in store and on the way: containers, counts, feeds, losses, the shares of a weighing, refusals at the gate.

use super::super::{CONSIGNEE, CONSIGNOR, id};
use super::{Base, COLLECTED, RECEIVED, Refused, STOCK, refused, repeated, swap, text, with};

pub(super) const REPACKED: Base = (
    "waste.repacked",
    CONSIGNOR,
    r#"{"site":"01890a5d-ac96-774b-bcce-b302099a8014","inputs":[{"lot":"01890a5d-ac96-774b-bcce-b302099a8032","mass_g":500000}],"outputs":[{"lot":"01890a5d-ac96-774b-bcce-b302099a8033","code":"900-041-49","quantity":{"mass_g":480000,"basis":"measured"}}],"losses":[{"cause":"spill","mass_g":20000}]}"#,
);
pub(super) const COUNTED: Base = (
    "stock.counted",
    CONSIGNOR,
    r#"{"site":"01890a5d-ac96-774b-bcce-b302099a8014","counts":[{"code":"900-041-49","lot":"01890a5d-ac96-774b-bcce-b302099a8032","mass_g":1190000,"differs_g":-10000,"cause":"water-loss"}]}"#,
);
pub(super) const FED: Base = (
    "waste.disposed",
    CONSIGNEE,
    r#"{"site":"01890a5d-ac96-774b-bcce-b302099a8015","method":"D10","inputs":[{"lot":"01890a5d-ac96-774b-bcce-b302099a8032","mass_g":2000},{"lot":"01890a5d-ac96-774b-bcce-b302099a8033","mass_g":1000}],"weighed":{"mass_g":3000,"basis":"measured"}}"#,
);
pub(super) const WEIGHED: Base = (
    "trip.weighed",
    CONSIGNEE,
    r#"{"trip":"01890a5d-ac96-774b-bcce-b302099a8029","quantity":{"mass_g":100,"basis":"measured"},"manifests":["01890a5d-ac96-774b-bcce-b302099a8028","01890a5d-ac96-774b-bcce-b302099a802a"],"shares":[{"manifest":"01890a5d-ac96-774b-bcce-b302099a8028","line":1,"stated_g":200,"mass_g":67},{"manifest":"01890a5d-ac96-774b-bcce-b302099a802a","line":1,"stated_g":100,"mass_g":33}]}"#,
);
const LOT: &str = r#"{"lot":"01890a5d-ac96-774b-bcce-b302099a8032","code":"900-041-49","quantity":{"mass_g":1200000,"basis":"measured"}}"#;
const PAPER: Base = (
    "paper.backfilled",
    CONSIGNOR,
    r#"{"manifest":"01890a5d-ac96-774b-bcce-b302099a8028","reason":"停电","scan":"AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM","handovers":[{"step":"delivered","from":"91370000DEM000002D","to":"91370000DEM000003G","to_site":"01890a5d-ac96-774b-bcce-b302099a8015","at":"2026-03-02T01:20:00Z","lines":[{"line":1,"code":"900-041-49","quantity":{"mass_g":1,"basis":"measured"},"containers":["01890a5d-ac96-774b-bcce-b302099a803c"]}]}]}"#,
);

pub(super) fn vectors() -> Vec<Refused> {
    [containers(), counts(), losses(), feeds(), shares(), at_the_gate()].concat()
}

fn containers() -> Vec<Refused> {
    let named = |containers: &str| {
        with(
            COLLECTED,
            r#""mass_g":1200000}]}"#,
            &format!(r#""mass_g":1200000}}],"containers":[{containers}]}}"#),
        )
    };
    let one = format!(r#""{}""#, id(60));
    let filled = |lot: u8| {
        let named = LOT.replace(&id(50), &id(lot));
        swap(&named, r#""measured"}}"#, &format!(r#""measured"}},"containers":[{{"container":{one}}}]}}"#))
    };
    let full = named("*");
    let (head, tail) = full.split_once('*').unwrap();
    vec![
        refused(
            "containers named at a transfer",
            swap(&named(&one), "waste.collected", "waste.transferred"),
            "/data/lines/0/containers",
        ),
        refused(
            "containers named at a delivery on paper",
            text(PAPER),
            "/data/handovers/0/lines/0/containers",
        ),
        refused(
            "a delivery on paper at no site",
            with(PAPER, r#""to_site":"01890a5d-ac96-774b-bcce-b302099a8015","#, ""),
            "/data/handovers/0/to_site",
        ),
        refused(
            "a collection on paper from no site",
            with(PAPER, r#""step":"delivered""#, r#""step":"collected""#),
            "/data/handovers/0/from_site",
        ),
        refused(
            "a container id of version 4",
            named(&one.replace("-774b-", "-474b-")),
            "/data/lines/0/containers/0",
        ),
        refused("a container loaded twice", named(&format!("{one},{one}")), "/data/lines/0/containers/1"),
        refused(
            "a container in two new lots",
            with(STOCK, LOT, &[filled(50), filled(51)].join(",")),
            "/data/lots/1/containers/0",
        ),
        repeated(
            "1,025 containers on one line",
            &[(head, 1), (&format!("{one},"), 1_024), (&one, 1), (tail, 1)],
            "/data/lines/0/containers",
        ),
    ]
}

fn counts() -> Vec<Refused> {
    let lot = format!(r#""lot":"{}","#, id(50));
    let counted = r#"{"code":"900-041-49","lot":"01890a5d-ac96-774b-bcce-b302099a8032","mass_g":1190000,"differs_g":-10000,"cause":"water-loss"}"#;
    vec![
        refused("a difference without its lot", with(COUNTED, &lot, ""), "/data/counts/0/lot"),
        refused(
            "a cause without a difference",
            with(COUNTED, r#""differs_g":-10000,"#, ""),
            "/data/counts/0/cause",
        ),
        refused("a cause that is none", with(COUNTED, "water-loss", "magic"), "/data/counts/0/cause"),
        refused(
            "a difference with a fraction",
            with(COUNTED, "-10000", "-10000.0"),
            "/data/counts/0/differs_g",
        ),
        refused("a difference of nothing", with(COUNTED, "-10000", "0"), "/data/counts/0/differs_g"),
        refused("less than nothing counted", with(COUNTED, "1190000", "-1"), "/data/counts/0/mass_g"),
        refused(
            "a lot counted twice",
            with(COUNTED, counted, &format!("{counted},{counted}")),
            "/data/counts/1/lot",
        ),
    ]
}

fn losses() -> Vec<Refused> {
    let loss = r#"{"cause":"spill","mass_g":20000}"#;
    let said = |losses: &str| with(REPACKED, loss, losses);
    let grams = [r#"{"cause":"spill","mass_g":1}"#; 9].join(",");
    vec![
        refused(
            "one gram more lost than is gone",
            said(r#"{"cause":"spill","mass_g":20001}"#),
            "/data/losses",
        ),
        refused("losses that together are more", said(&format!("{loss},{loss}")), "/data/losses"),
        refused("a loss of nothing", said(r#"{"cause":"spill","mass_g":0}"#), "/data/losses/0/mass_g"),
        refused("a loss without a cause", said(r#"{"mass_g":20000}"#), "/data/losses/0"),
        refused("nine losses", said(&grams), "/data/losses"),
    ]
}

fn feeds() -> Vec<Refused> {
    let weighed = |mass: &str| with(FED, r#""mass_g":3000"#, &format!(r#""mass_g":{mass}"#));
    vec![
        refused("a feed that weighs one gram more than its inputs", weighed("3001"), "/data/weighed"),
        refused("a feed that weighs one gram less than its inputs", weighed("2999"), "/data/weighed"),
    ]
}

fn shares() -> Vec<Refused> {
    let good = text(WEIGHED);
    let first = r#"{"manifest":"01890a5d-ac96-774b-bcce-b302099a8028","line":1,"stated_g":200,"mass_g":67}"#;
    let second = r#"{"manifest":"01890a5d-ac96-774b-bcce-b302099a802a","line":1,"stated_g":100,"mass_g":33}"#;
    let both = format!("{first},{second}");
    let shares = |shares: String| swap(&good, &both, &shares);
    vec![
        refused("shares out of order", shares(format!("{second},{first}")), "/data/shares"),
        refused("a share twice", shares(format!("{first},{first}")), "/data/shares"),
        refused(
            "a gram to the wrong share",
            shares(both.replace(":67", ":66").replace(":33", ":34")),
            "/data/shares/0/mass_g",
        ),
        refused("shares that do not add up", shares(both.replace(":33", ":34")), "/data/shares/1/mass_g"),
        refused(
            "a share of line 0",
            shares(both.replacen(r#""line":1"#, r#""line":0"#, 1)),
            "/data/shares/0/line",
        ),
        refused(
            "a share of a manifest that was not on the trip",
            shares(both.replace("02099a802a", "02099a802b")),
            "/data/shares/1/manifest",
        ),
    ]
}

fn at_the_gate() -> Vec<Refused> {
    let gate = with(RECEIVED, r#""outcome":"accepted""#, r#""outcome":"accepted","at_gate":true"#);
    vec![refused("refused at the gate, and nothing was rejected", gate, "/data/lines/0/at_gate")]
}
