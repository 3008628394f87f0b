//! Sheets of registers and declarations, in the orders of columns of the profile and of the operator.

use serde_json::json;

use super::path;
use crate::api::server::{Answer, Server};
use crate::stock::site_of;
use crate::support::ledger::{block_on, databases};

const DAY: &str = "
    08:00  acme     opens      900-041-49 3 t
    09:00  acme     registers  M1  900-041-49 1200001 g  acme > swift > phoenix
    09:20  acme     hands      M1  to swift
    =====
";

/// What an operator knows of its own authority's sheets.
const OWN: &str = r#"
    [[columns]]
    id = "own"
    zh = "本市"
    en = "Of this city"
    unit = "kg"
    words = "en"
    generation = ["code"]
    inbound = ["code"]
    outbound = ["code"]
    own-treatment = ["code"]
    outside-treatment = ["mass", "code", "other-uscc"]
    declaration = ["measure", "mass"]
"#;

fn lines(answer: &Answer) -> Vec<&str> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.text.trim_start_matches('\u{feff}').lines().collect()
}

#[test]
fn sheets_come_in_the_order_that_is_asked_for() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(DAY).await;
            server.ledger.app.load_columns(OWN).unwrap();
            let (_, site) = site_of("acme", None);
            let phoenix = site_of("phoenix", None).0;
            let sheet = async |rest: String| server.read_as("acme", &format!("{}/{rest}", path(site))).await;
            let loaded = async |columns: &str| {
                let days = "from=2026-03-01&to=2026-03-31";
                sheet(format!("registers/outside-treatment?{days}&format=csv{columns}")).await
            };
            let national = loaded("").await;
            assert_eq!(national.text, loaded("&columns=hj-1259").await.text);
            assert!(lines(&national)[0].starts_with("批次编码 Batch code,日期 Day,废物类别 Category,"));
            assert!(lines(&national)[1].contains(",1200001,g,"), "{}", national.text);
            let other = loaded("&columns=shandong-proposed").await;
            assert!(
                lines(&other)[0]
                    .starts_with("日期,废物类别,废物代码,废物名称,数量（吨）,计量单位,转移联单编号,")
            );
            assert!(lines(&other)[1].starts_with("2026-03-02,HW49,900-041-49,"), "{}", other.text);
            assert!(lines(&other)[1].contains(",1.200001,t,"), "{}", other.text);
            let own = loaded("&columns=own").await;
            assert_eq!(
                lines(&own),
                [
                    "Amount (kg),Waste code,Credit code of the other party".to_owned(),
                    format!("1200.001,900-041-49,{phoenix}")
                ]
            );

            let prefill = "declarations/prefill?period=month&from=2026-03-01";
            let own = sheet(format!("{prefill}&format=csv&columns=own")).await;
            assert_eq!(
                lines(&own),
                ["Figure,Amount (kg)", "opened,3000.000", "sent on,1200.001", "closing,1799.999"]
            );
            let national = sheet(format!("{prefill}&format=csv")).await;
            assert_eq!(
                lines(&national)[0],
                "场所 Site,申报期起 From,申报期止 Until,废物类别 Category,废物代码 Waste code,废物名称 Waste,指标 Figure,数量（克） Amount (g),计量单位 Unit"
            );
            assert!(lines(&national)[2].starts_with("兰山总厂,2026-03-01,2026-03-31,HW49,900-041-49,"));
            assert!(sheet(format!("{prefill}&format=xlsx&columns=own")).await.text.starts_with("PK"));

            let known = server.read("/api/v1/sheets/columns").await.json();
            let ids: Vec<_> = known["items"].as_array().unwrap().iter().map(|order| &order["id"]).collect();
            assert_eq!(ids, ["hj-1259", "shandong-proposed", "own"]);
            assert_eq!(
                (&known["items"][2]["en"], &known["items"][2]["unit"]),
                (&json!("Of this city"), &json!("kg"))
            );
            for rest in
                ["registers/inbound?format=csv&columns=jinan".to_owned(), format!("{prefill}&columns=jinan")]
            {
                let refused = sheet(rest.clone()).await;
                assert_eq!(
                    (refused.status, refused.problem().1[0].1.as_str()),
                    (400, "/query/columns"),
                    "{rest}"
                );
                assert!(refused.text.contains("shandong-proposed"), "{}", refused.text);
            }
            assert!(server.ledger.app.load_columns(&OWN.replace("\"own\"", "\"hj-1259\"")).is_err());
            server.ledger.store.close().await;
        });
    }
}
