//! The form that compares a list of another system: uploaded as a browser does it.

use liandan::app::query::MAX_SHEET_BYTES;
use liandan::catalogue::MassUnit;
use liandan::exchange::sheet::{Cell, Sheet, SheetForm};
use liandan::scenario::World;
use liandan::web::WebMode;

use super::{Answer, Pages};
use crate::api::server::sign_script;
use crate::support::ledger::{Ledger, block_on, databases};

const SCRIPT: &str = "
    08:30  acme  registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    08:40  acme  registers  M2  900-041-49 800 kg   acme > swift > phoenix
    08:50  acme  registers  M3  900-041-49 500 kg   acme > swift > phoenix
    09:00  acme  binds      M1  20263713000001
    09:01  acme  binds      M2  20263713000002
    09:02  acme  binds      M3  20263713000003
    =====
";
const BOUNDARY: &str = "----liandan-test";
const MARCH: [(&str, &str); 2] = [("from", "2026-03-01"), ("to", "2026-03-31")];

/// The list of the province: the first number, the second with a kilogram more, and one that is not here.
fn sheet() -> Sheet {
    let row = |number: &str, mass_g: i64| {
        vec![
            Cell::Text(number.to_owned()),
            Cell::Mass(mass_g, MassUnit::Kg),
            Cell::Text("2026-03-02".to_owned()),
        ]
    };
    Sheet {
        name: "list".to_owned(),
        heads: ["联单编号", "数量（千克）", "日期"].map(str::to_owned).to_vec(),
        rows: vec![
            row("20263713000001", 1_200_000),
            row("20263713000002", 801_000),
            row("20263713000009", 7_000),
        ],
    }
}

/// A form as a browser sends it.
fn form(fields: &[(&str, &str)], file: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                .into_bytes(),
        );
    }
    let head = "Content-Disposition: form-data; name=\"sheet\"; filename=\"list\"\r\nContent-Type: application/octet-stream";
    body.extend(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").into_bytes());
    body.extend(file);
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
    body
}

impl Pages {
    async fn posts(&self, body: Vec<u8>) -> Answer {
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let request = self.client.post(format!("{}/reconcile", self.base)).header("content-type", kind);
        self.send(request.header("origin", &self.base).body(body)).await
    }

    async fn compares(&self, file: &[u8]) -> String {
        let answer = self.posts(form(&MARCH, file)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        // A number and its unit stay on one line.
        answer.body.replace('\u{202f}', " ")
    }
}

#[test]
fn a_list_is_compared_on_the_page_and_what_cannot_be_read_is_told_there() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            for act in &sign_script(SCRIPT).acts {
                ledger.send(act).await.unwrap();
            }
            let demo = Pages::serve(&ledger.app, WebMode::Demo).await;
            let in_english = demo.with_cookie("lang=en");
            for kind in [SheetForm::Csv, SheetForm::Xlsx] {
                let file = sheet().write(kind).unwrap();
                let page = demo.compares(&file).await;
                for said in [
                    "读取 3 行：两边一致 1 个，质量不一致 1 个，仅清单有 1 个，仅本账本有 1 个",
                    "本账本少 1 千克",
                    "20263713000009",
                    "20263713000003",
                    "value=\"2026-03-31\"",
                ] {
                    assert!(page.contains(said), "{kind:?} {said}: {page}");
                }
                let page = in_english.compares(&file).await;
                assert!(page.contains("1 kg less here") && page.contains("20263713000009"), "{page}");
            }
            a_party_compares_with_its_own_only(&demo).await;
            what_is_no_list_is_told(&demo, &in_english).await;
            // Only who may see contents compares anything.
            let public = Pages::serve(&ledger.app, WebMode::Public).await;
            let answer = public.posts(form(&MARCH, b"number,mass(t)\n")).await;
            assert_eq!(answer.status, 401, "{}", answer.body);
            assert_eq!(public.get("/reconcile").await.status, 401);
            ledger.close().await;
        });
    }
}

async fn a_party_compares_with_its_own_only(demo: &Pages) {
    let ruby = World::embedded().party("ruby").unwrap().uscc;
    let page =
        demo.with_cookie(&format!("view={ruby}")).compares(&sheet().write(SheetForm::Csv).unwrap()).await;
    assert!(page.contains("仅清单有 3 个，仅本账本有 0 个") && !page.contains("20263713000003"), "{page}");
}

async fn what_is_no_list_is_told(demo: &Pages, in_english: &Pages) {
    for (file, zh, en) in [
        (&b"\x89PNG\r\n\x1a\n\x00\x00"[..], "清单有误", "The list has faults"),
        (b"PK\x03\x04 and no sheet", "清单有误", "The list has faults"),
        ("联单编号,数量(吨)\n1,1\n".as_bytes(), "第 2 行「联单编号」", "row 2"),
        (b"number,mass(t)\n20263713000001,<b>\n", "第 2 行", "row 2"),
        (b"", "清单有误", "The list has faults"),
    ] {
        for (pages, said) in [(demo, zh), (in_english, en)] {
            let page = pages.compares(file).await;
            assert!(page.contains(said) && !page.contains("<b>"), "{said}: {page}");
            assert!(!page.contains("两边一致"), "{page}");
        }
    }
    for fields in [&[("from", "2026-03-02"), ("to", "2026-03-01")][..], &[("from", "March"), ("to", "")], &[]]
    {
        let answer = demo.posts(form(fields, b"number,mass(t)\n")).await;
        assert!(answer.body.contains("请填写起止日期"), "{fields:?}: {}", answer.body);
    }
    let mut torn = form(&MARCH, b"number,mass(t)\n");
    torn.truncate(torn.len() - 40);
    let answer = demo.posts(torn).await;
    assert!(answer.body.contains("没有收到完整的清单"), "{}", answer.body);
    // A list just too large is told by its size, a form far too large before all of it is read.
    for size in [MAX_SHEET_BYTES + 1, MAX_SHEET_BYTES + 128 * 1024] {
        let page = demo.compares(&vec![b'1'; size]).await;
        assert!(page.contains("清单太大") || page.contains("MiB"), "{size}: {page}");
        assert!(!page.contains("两边一致"), "{page}");
    }
}
