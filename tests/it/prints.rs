//! Documents on paper: who gets them, what can be read in them, and what they look like.

mod pictures;

use liandan::ledger::Digest;
use liandan::registry::Role;
use liandan::scenario::World;
use serde_json::Value;

use crate::api::server::{Answer, Server};
use crate::support::ledger::{block_on, databases};
use pictures::{Picture, are_there_tools, mm, pages_of, text_of, words_of};

/// Waste arises in drums, is put into store, goes a part of the way by one carrier and the rest by another, and arrives a little light.
const SCRIPT: &str = "08:00 acme generates L1 900-041-49 1200 kg in 6 drums of 200 l labelled 1
    08:20 acme generates L2 900-249-08 90 kg in 1 drums of 50 l labelled 1
    08:30 acme stores L1 1200 kg in TS001
    09:00 acme registers M1 900-041-49 700 kg acme > swift > phoenix
    09:10 acme withdraws L1 700 kg from TS001
    09:20 acme hands M1 to swift
    11:00 swift hands M1 to phoenix
    11:10 phoenix receives M1 690 kg
    =====";
const ABSENT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
/// What a firm might write to be more than text.
const EVIL: &str = "^XA^FO0,0^FDx^FS~JR\u{202e}\u{0}\u{1b}<script>（)\\";

/// A document as somebody is given it.
struct Printed {
    media: String,
    bytes: Vec<u8>,
}

impl Printed {
    async fn of(server: &Server, label: &str, path: &str) -> Self {
        let request =
            server.client.get(server.url(&format!("/api/v1/{path}"))).bearer_auth(server.token(label));
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let media = answer.headers()["content-type"].to_str().unwrap().to_owned();
        let bytes = answer.bytes().await.unwrap().to_vec();
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&bytes));
        Self { media, bytes }
    }

    fn is_pdf(&self) -> bool {
        self.media == "application/pdf" && self.bytes.starts_with(b"%PDF-1.")
    }
}

async fn json(server: &Server, label: &str, path: &str) -> Value {
    server.read_as(label, &format!("/api/v1/{path}")).await.json()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Ids of what the script is about: the manifest, the site of acme, its lots by waste code.
struct Ids {
    manifest: String,
    number: String,
    site: String,
    drums: String,
    oil: String,
}

impl Ids {
    async fn of(server: &Server) -> Self {
        let manifest = &json(server, "acme", "manifests").await["items"][0];
        let site = &json(server, "acme", "sites").await["items"][0]["site"];
        let lots = json(server, "acme", "lots").await;
        let lot = |code: &str| {
            let lots = lots["items"].as_array().unwrap();
            // The lot that was generated: that of the line has no containers of its own.
            let found = lots.iter().rfind(|lot| lot["waste_code"] == code).unwrap();
            text(&found["id"])
        };
        Self {
            manifest: text(&manifest["id"]),
            number: text(&manifest["number"]),
            site: text(site),
            drums: lot("900-041-49"),
            oil: lot("900-249-08"),
        }
    }
}

/// The answer to a party that may not know of something is that to one who asks for what is not there.
async fn is_absent_for(server: &Server, label: &str, path: &str, id: &str) {
    let there: Answer = server.read_as(label, &format!("/api/v1/{path}")).await;
    let absent = server.read_as(label, &format!("/api/v1/{}", path.replace(id, ABSENT))).await;
    assert_eq!((there.status, &there.text), (404, &absent.text), "{label} {path}");
}

#[test]
fn who_may_read_it_may_print_it_and_nobody_else() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(SCRIPT).await;
            let ids = Ids::of(&server).await;
            let Ids { manifest, site, drums, .. } = &ids;
            let sheet = format!("manifests/{manifest}/document");
            let one = Printed::of(&server, "acme", &sheet).await;
            assert!(one.is_pdf(), "{}", one.media);
            assert_eq!(
                one.bytes,
                Printed::of(&server, "phoenix", &sheet).await.bytes,
                "it says the same to everybody"
            );
            for label in ["swift", "bureau"] {
                assert!(Printed::of(&server, label, &sheet).await.is_pdf(), "{label}");
            }
            is_absent_for(&server, "heron", &sheet, manifest).await;

            let days = "from=2026-03-01&to=2026-03-31";
            for path in [
                format!("sites/{site}/registers/inbound?{days}&format=pdf"),
                format!("sites/{site}/store-ledger?month=2026-03"),
                format!("sites/{site}/store-ledger?month=2026-03&facility=TS001"),
            ] {
                assert!(Printed::of(&server, "acme", &path).await.is_pdf(), "{path}");
                assert!(Printed::of(&server, "bureau", &path).await.is_pdf(), "{path}");
                for label in ["swift", "phoenix"] {
                    is_absent_for(&server, label, &path, site).await;
                }
            }
            for format in ["pdf", "zpl", "tspl"] {
                let path = format!("lots/{drums}/labels?format={format}");
                let labels = Printed::of(&server, "acme", &path).await;
                assert!(
                    !labels.bytes.is_empty()
                        && labels.media.contains(if format == "pdf" { "pdf" } else { format })
                );
                is_absent_for(&server, "heron", &path, drums).await;
            }
            let stranger = server.read(&format!("/api/v1/{sheet}")).await;
            assert_eq!(stranger.status, 401);
            let read = json(&server, "acme", "access-log").await.to_string();
            for operation in
                ["/manifests/{id}/document", "/sites/{id}/store-ledger", "/sites/{id}/registers/{register}"]
            {
                assert!(read.contains(operation), "what the bureau printed is told: {operation} in {read}");
            }
        });
    }
}

#[test]
fn the_same_content_is_the_same_bytes_at_any_time() {
    let database = databases().remove(0);
    block_on(async {
        let server = Server::start(database).await;
        server.play(SCRIPT).await;
        let Ids { manifest, site, drums, .. } = Ids::of(&server).await;
        let paths = [
            format!("manifests/{manifest}/document"),
            format!("sites/{site}/registers/generation?from=2026-03-01&to=2026-03-31&format=pdf"),
            format!("sites/{site}/store-ledger?month=2026-03&facility=TS001"),
            format!("lots/{drums}/labels"),
        ];
        let mut before = Vec::new();
        for path in &paths {
            before.push(Digest::sha256(&[&Printed::of(&server, "acme", path).await.bytes]));
        }
        server.ledger.pass_time(server.ledger.clock.now().plus_hours(48)).await;
        for (path, before) in paths.iter().zip(before) {
            let now = Digest::sha256(&[&Printed::of(&server, "acme", path).await.bytes]);
            assert_eq!(now, before, "{path}");
        }
    });
}

#[test]
fn chinese_text_is_found_in_every_document() {
    if !are_there_tools() {
        return;
    }
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(SCRIPT).await;
            let ids = Ids::of(&server).await;
            let Ids { manifest, number, site, drums, .. } = &ids;
            let world = World::embedded();
            let name = |label: &str| world.party(label).unwrap().zh.to_string();
            let read = async |path: String| text_of(&Printed::of(&server, "acme", &path).await.bytes);

            let sheet = read(format!("manifests/{manifest}/document")).await;
            let chain = json(&server, "acme", &format!("manifests/{manifest}/chain")).await;
            let registered = text(&chain["items"][0]["event_id"]);
            for wanted in [
                "危险废物转移联单",
                "第一部分",
                "危险废物移出信息（由移出人填写）",
                "第三部分",
                number,
                "900-041-49",
                "0.700",
                "0.690",
                "移出人（盖章处）",
                "承运人（盖章处）",
                "接受人（盖章处）",
                "登记联单",
                "第 1 页，共",
                &registered,
                &registered[..4],
                &name("acme"),
                &name("swift"),
                &name("phoenix"),
                "2026-03-02 09:20",
            ] {
                assert!(sheet.contains(wanted), "{wanted} in {sheet}");
            }
            assert!(!sheet.contains("补打"));
            let again = read(format!("manifests/{manifest}/document?again=true")).await;
            assert!(again.contains("补打") && again.contains("Reprint"));

            let days = "from=2026-03-01&to=2026-03-31&format=pdf";
            let table = read(format!("sites/{site}/registers/generation?{days}")).await;
            for wanted in [
                "危险废物产生环节记录表",
                "B.1",
                "废物代码",
                "900-041-49",
                "900-249-08",
                "1200000",
                "（盖章处）",
                "核验码",
                &name("acme"),
            ] {
                assert!(table.contains(wanted), "{wanted} in {table}");
            }
            let store = read(format!("sites/{site}/store-ledger?month=2026-03&facility=TS001")).await;
            for wanted in ["贮存出入库月台账", "TS001", "2026-03", "期末结存", "1200", "700", "500"]
            {
                assert!(store.contains(wanted), "{wanted} in {store}");
            }
            assert!(
                !store.contains("900-249-08"),
                "what was never put into it is not in its ledger: {store}"
            );
            let april = read(format!("sites/{site}/store-ledger?month=2026-04&facility=TS001")).await;
            assert!(
                april.contains("期初结存") && april.contains("500") && !april.contains("1200"),
                "{april}"
            );
            let whole = read(format!("sites/{site}/store-ledger?month=2026-03")).await;
            assert!(whole.contains("900-249-08") && whole.contains(number), "{whole}");

            let labels = read(format!("lots/{drums}/labels?form={}", "%E6%B6%B2%E6%80%81")).await;
            let one = format!("{}9000414920260302001", world.party("acme").unwrap().uscc);
            for wanted in [
                "危险废物",
                "废物类别",
                "HW49",
                "900-041-49",
                "液态",
                "200 kg",
                "数字识别码",
                &one,
                &name("acme"),
            ] {
                assert!(labels.contains(wanted), "{wanted} in {labels}");
            }
        });
    }
}

#[test]
fn pages_look_as_they_should_at_300_dots_an_inch() {
    if !are_there_tools() {
        return;
    }
    let database = databases().remove(0);
    block_on(async {
        let server = Server::start(database).await;
        server.play(SCRIPT).await;
        let ids = Ids::of(&server).await;
        let Ids { manifest, site, drums, oil, .. } = &ids;
        let sheet = Printed::of(&server, "acme", &format!("manifests/{manifest}/document")).await;
        let pages = pages_of("manifest", &sheet.bytes);
        pages[0].is_of(210.0, 297.0);
        assert_eq!(
            pages[0].codes(),
            [server.url(&format!("/manifests/{manifest}"))],
            "the code leads to the page"
        );
        // A box of ruled lines around every place for a seal, and nothing in it.
        let words = words_of(&sheet.bytes);
        let seals: Vec<_> = words.iter().filter(|word| word.text.contains("（盖章处）")).collect();
        assert_eq!(seals.len(), 3);
        for seal in seals {
            let (x, y) = (mm(seal.x), mm(seal.y));
            assert!(pages[0].has_rule_above(x, y), "a rule above {}", seal.text);
            let inside = pages[0].ink(x + 2.0, y + 9.0, 44.0, 14.0);
            assert!(inside < 0.001, "room for the seal at {}: {inside}", seal.text);
        }

        let days = "from=2026-03-01&to=2026-03-31";
        let table =
            Printed::of(&server, "acme", &format!("sites/{site}/registers/inbound?{days}&format=pdf")).await;
        let pages = pages_of("register", &table.bytes);
        pages[0].is_of(297.0, 210.0);
        assert_eq!(pages[0].codes(), [server.url(&format!("/sites/{site}/registers/inbound?{days}"))]);
        let store =
            Printed::of(&server, "acme", &format!("sites/{site}/store-ledger?month=2026-03&facility=TS001"))
                .await;
        let pages = pages_of("store", &store.bytes);
        pages[0].is_of(297.0, 210.0);
        assert_eq!(pages[0].codes(), [server.url(&format!("/sites/{site}"))]);

        let world = World::embedded();
        let code = |code: &str, n: u8| format!("{}{code}20260302{n:03}", world.party("acme").unwrap().uscc);
        let labels =
            pages_of("label-150", &Printed::of(&server, "acme", &format!("lots/{drums}/labels")).await.bytes);
        assert_eq!(labels.len(), 6, "one for each drum");
        for (label, n) in labels.iter().zip(1..) {
            label.is_of(150.0, 150.0);
            assert_eq!(label.codes(), [code("90004149", n)]);
        }
        let small = pages_of(
            "label-100",
            &Printed::of(&server, "acme", &format!("lots/{oil}/labels?colour=true")).await.bytes,
        );
        small[0].is_of(100.0, 100.0);
        assert_eq!(small[0].codes(), [code("90024908", 1)]);
        let large = pages_of(
            "label-200",
            &Printed::of(&server, "acme", &format!("lots/{oil}/labels?size=200&again=true")).await.bytes,
        );
        large[0].is_of(200.0, 200.0);
        assert_eq!(large[0].codes(), [code("90024908", 1)]);
    });
}

#[test]
fn printers_of_labels_are_sent_dots_and_no_text_of_anybody() {
    let database = databases().remove(0);
    block_on(async {
        let server = Server::start(database).await;
        server.play(SCRIPT).await;
        let Ids { drums, oil, .. } = Ids::of(&server).await;
        let world = World::embedded();
        let code = |code: &str, n: u8| format!("{}{code}20260302{n:03}", world.party("acme").unwrap().uscc);
        let plain = Printed::of(&server, "acme", &format!("lots/{oil}/labels?format=zpl")).await;
        assert_eq!(plain.media, "application/vnd.zebra-zpl");
        let evil: String = EVIL.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let query = ["name", "form", "main", "harmful", "care", "contact"]
            .map(|name| format!("{name}={evil}"))
            .join("&");
        let spoilt = Printed::of(&server, "acme", &format!("lots/{oil}/labels?format=zpl&{query}")).await;
        assert_ne!(plain.bytes, spoilt.bytes, "what is written is drawn");
        for job in [&plain, &spoilt] {
            let job = String::from_utf8(job.bytes.clone()).unwrap();
            let commands: Vec<&str> = job.split('^').skip(1).map(|rest| &rest[..2]).collect();
            assert_eq!(commands, ["XA", "PW", "LL", "LH", "FO", "GF", "FS", "PQ", "XZ"]);
            assert!(!job.contains('~') && job.is_ascii(), "no other command");
        }
        for (dpi, dots) in [("203", 800), ("300", 1181), ("600", 2362)] {
            let job = Printed::of(&server, "acme", &format!("lots/{oil}/labels?format=zpl&dpi={dpi}")).await;
            let picture = Picture::of_zpl(&String::from_utf8(job.bytes).unwrap());
            assert_eq!((picture.width, picture.height), (dots, dots), "100 mm at {dpi} dots an inch");
            assert_eq!(picture.codes(), [code("90024908", 1)], "at {dpi} dots an inch");
        }
        let all = Printed::of(&server, "acme", &format!("lots/{drums}/labels?format=zpl")).await;
        assert_eq!(String::from_utf8(all.bytes).unwrap().matches("^XA").count(), 6);
        let job = Printed::of(&server, "acme", &format!("lots/{oil}/labels?format=tspl")).await;
        let head = String::from_utf8_lossy(&job.bytes[..120]).into_owned();
        assert!(
            head.starts_with("SIZE 100 mm,100 mm\r\n") && head.contains("BITMAP 0,0,100,800,0,"),
            "{head}"
        );
        assert!(job.bytes.ends_with(b"\r\nPRINT 1,1\r\n"));
    });
}

#[test]
fn odd_letters_break_no_document() {
    if !are_there_tools() {
        return;
    }
    let database = databases().remove(0);
    block_on(async {
        let server = Server::start(database).await;
        server.play(SCRIPT).await;
        let Ids { oil, .. } = Ids::of(&server).await;
        let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
        let odd = "𠮷龘👷\u{e000}\u{10fffd}\u{fffe}é\u{301}ا،עب\u{200d}\u{feff}नि";
        for text in [EVIL, odd, &"很长的名称".repeat(12), &"x".repeat(60)] {
            let path = format!("lots/{oil}/labels?name={}&care={}", escaped(text), escaped(text));
            let labels = Printed::of(&server, "acme", &path).await;
            assert!(labels.is_pdf());
            assert!(text_of(&labels.bytes).contains("危险废物"));
            pages_of("label-odd", &labels.bytes)[0].is_of(100.0, 100.0);
        }
    });
}

#[test]
fn what_cannot_be_printed_is_told_with_its_reason() {
    let database = databases().remove(0);
    block_on(async {
        let server = Server::start(database).await;
        server.play(SCRIPT).await;
        let Ids { manifest, site, drums, .. } = Ids::of(&server).await;
        let long = "x".repeat(61);
        for (path, pointer) in [
            (format!("sites/{site}/store-ledger?month=2026-13"), "/query/month"),
            (
                format!("sites/{site}/store-ledger?month=2026-03&facility={}", "x".repeat(33)),
                "/query/facility",
            ),
            (format!("lots/{drums}/labels?format=png"), "/query/format"),
            (format!("lots/{drums}/labels?size=120"), "/query/size"),
            (format!("lots/{drums}/labels?format=zpl&dpi=72"), "/query/dpi"),
            (format!("lots/{drums}/labels?name={long}"), "/query/name"),
            (format!("sites/{site}/registers/inbound?format=docx"), "/query/format"),
        ] {
            let answer = server.read_as("acme", &format!("/api/v1/{path}")).await;
            let (slug, errors) = answer.problem();
            assert_eq!(
                (answer.status, slug.as_str(), errors[0].1.as_str()),
                (400, "malformed", pointer),
                "{path}"
            );
        }
        let behind = server.read_as("acme", &format!("/api/v1/lots/{drums}/labels?after=6")).await;
        assert_eq!(behind.status, 404, "there are six");

        // A machine without a font: the caller learns what the operator has to do, and nothing of the machine.
        server.ledger.app.look_for_fonts_in("no-such-folder".into());
        for path in [format!("manifests/{manifest}/document"), format!("lots/{drums}/labels?format=zpl")] {
            let answer = server.read_as("acme", &format!("/api/v1/{path}")).await;
            assert_eq!((answer.status, answer.problem().0.as_str()), (501, "no-font"));
            assert!(answer.text.contains("fonts-noto-cjk") || answer.json()["title"].is_string());
            assert!(!answer.text.contains("no-such-folder"), "{}", answer.text);
        }
        let driver = server.token_of("swift", Role::Driver);
        let stock =
            server.read_with(&driver, &format!("/api/v1/sites/{site}/store-ledger?month=2026-03")).await;
        assert_eq!(stock.status, 403, "no business of who is on the road");
        let told = server.ledger.app.use_font("no-such-file.ttc".into()).unwrap_err();
        assert!(told.to_string().contains("no-such-file.ttc") && told.zh().contains("no-such-file.ttc"));
    });
}
