//! The list of manifests as people work with it: what its rows come to, which columns it shows, and the same as a file.

use liandan::app::access::{Read, Viewer};
use liandan::ledger::SigningKey;
use liandan::registry::Role;
use liandan::scenario::World;
use liandan::shape::Text;
use liandan::web::WebMode;

use super::{Answer, Pages, attributes, shown};
use crate::api::manifests::TWO_FOLLOW;
use crate::api::server::{office_key, sign_script};
use crate::support::ledger::{Database, Ledger, block_on, databases};

/// The ledger of two manifests that follow one, and its pages.
async fn two_follow(database: &Database) -> (Ledger, Pages) {
    let ledger = Ledger::found(&database.url).await;
    for act in &sign_script(TWO_FOLLOW).acts {
        ledger.send(act).await.unwrap();
    }
    let pages = Pages::serve(&ledger.app, WebMode::Demo).await;
    (ledger, pages)
}

fn seen_as(pages: &Pages, label: &str, more: &str) -> Pages {
    let party = World::embedded().party(label).unwrap().uscc;
    pages.with_cookie(&format!("view={party}; lang=en{more}"))
}

/// The texts of the cells of each row that a part of the table holds.
fn rows(html: &str, part: &str) -> Vec<Vec<String>> {
    let part = html.split(&format!("<{part} ")).nth(1).unwrap().split(&format!("</{part}>")).next().unwrap();
    let cells =
        |row: &str| row.split(" data-label=").skip(1).map(|cell| shown(&format!("<{cell}"))).collect();
    part.split("<tr ").skip(1).map(cells).collect()
}

#[test]
fn rows_come_to_a_total_of_what_the_visitor_may_see() {
    for database in databases() {
        block_on(async {
            let (ledger, pages) = two_follow(&database).await;
            for (label, masses, totals) in [
                (
                    "phoenix",
                    vec![["0.080", ""], ["0.120", ""], ["1.200", "1.000"]],
                    ["3 on this page, 1 of them accepted", "1.400", "1.000"],
                ),
                ("acme", vec![["1.200", "1.000"]], ["1 on this page, 1 of them accepted", "1.200", "1.000"]),
                ("harbor", vec![["0.080", ""]], ["1 on this page, 0 of them accepted", "0.080", "0.000"]),
            ] {
                let page = seen_as(&pages, label, "").get("/manifests").await.body;
                let told: Vec<[String; 2]> =
                    rows(&page, "tbody").into_iter().map(|row| [row[4].clone(), row[5].clone()]).collect();
                assert_eq!(told, masses, "{label}");
                let [sum] = &rows(&page, "tfoot")[..] else { panic!("{page}") };
                assert_eq!([&sum[0], &sum[4], &sum[5]], totals.each_ref(), "{label}");
            }
            ledger.store.close().await;
        });
    }
}

#[test]
fn columns_are_chosen_and_kept() {
    block_on(async {
        let database = databases().remove(0);
        let (ledger, pages) = two_follow(&database).await;
        let acme = seen_as(&pages, "acme", "");
        let page = acme.get("/manifests?code=HW49&text=phoenix").await.body;
        // The form leads back to the search that was on the page.
        let form = page.split("Choose columns").nth(1).unwrap().split("</form>").next().unwrap();
        for kept in ["name=\"code\" value=\"HW49\"", "name=\"text\" value=\"phoenix\""] {
            assert!(form.contains(kept), "{form}");
        }
        assert_eq!(form.matches(" checked").count(), 7, "{form}");
        let query = "/manifests?code=HW49&shown=number&shown=vehicle&shown=code&shown=nonsense";
        let chosen = acme.get(query).await;
        assert_eq!((chosen.status, chosen.header("location")), (303, "/manifests?code=HW49"));
        let cookie = chosen.header("set-cookie").to_owned();
        assert_eq!(cookie, "shown=number.vehicle.code; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax");
        let seen = seen_as(&pages, "acme", "; shown=number.vehicle.code").get("/manifests").await.body;
        assert_eq!(rows(&seen, "tbody")[0][1..3], ["鲁Q10001", "900-041-49 "]);
        // What is no choice changes nothing.
        for odd in ["; shown=", "; shown=%0d%0a", &format!("; shown={}", "x.".repeat(2_000))] {
            let seen = seen_as(&pages, "acme", odd).get("/manifests").await;
            assert_eq!((seen.status, rows(&seen.body, "tfoot")[0].len()), (200, 9), "{odd}");
        }
        ledger.store.close().await;
    });
}

/// A cursor behind which every manifest lies.
const BEHIND_ALL: &str = "1200-01890a5d-ac96-774b-bcce-b302099a8057";

/// A sheet in CSV: its lines without the byte order mark.
fn lines(sheet: &Answer) -> Vec<String> {
    assert_eq!(sheet.status, 200, "{}", sheet.body);
    sheet.body.trim_start_matches('\u{feff}').lines().map(str::to_owned).collect()
}

#[test]
fn a_search_is_a_file_of_what_it_finds() {
    for database in databases() {
        block_on(async {
            let (ledger, pages) = two_follow(&database).await;
            let phoenix = seen_as(&pages, "phoenix", "");
            let page = phoenix.get(&format!("/manifests?role=consignor&after={BEHIND_ALL}")).await.body;
            assert!(page.contains("at most 10\u{202f}000 rows"), "{page}");
            let links = attributes(&page, "href");
            let links: Vec<&String> = links.iter().filter(|link| link.contains("/sheet/")).collect();
            assert_eq!(
                links,
                ["/manifests/sheet/csv?role=consignor", "/manifests/sheet/xlsx?role=consignor"]
            );
            let sheet = phoenix.get(links[0]).await;
            assert!(sheet.header("content-disposition").starts_with("attachment; filename=\"manifests-"));
            let found = lines(&sheet);
            assert_eq!(found.len(), 3, "{found:?}");
            assert!(found[0].starts_with("Number,Numbers of other systems,Status,Consignor,"));
            assert!(found[1].contains(",900-041-49,80.000,,2026-03-03,,"), "{}", found[1]);
            assert!(found[2].contains(",900-041-49,120.000,,2026-03-03,,"), "{}", found[2]);
            let whole = lines(&phoenix.get("/manifests/sheet/csv").await);
            assert!(
                whole[3].contains(",鲁Q10001,")
                    && whole[3].contains(",1200.000,1000.000,2026-03-02,2026-03-02 ")
            );
            assert_eq!(lines(&seen_as(&pages, "acme", "").get("/manifests/sheet/csv").await).len(), 2);
            assert!(phoenix.get("/manifests/sheet/xlsx?text=nobody").await.body.starts_with("PK"));
            for refused in
                ["/manifests/sheet/pdf", "/manifests/sheet/csv?plate=1", "/manifests/sheet/csv?after=x"]
            {
                assert!(matches!(phoenix.get(refused).await.status, 400 | 404), "{refused}");
            }
            let public = Pages::serve(&ledger.app, WebMode::Public).await;
            assert_eq!(public.get("/manifests/sheet/csv").await.status, 401);
            ledger.store.close().await;
        });
    }
}

#[test]
fn findings_are_a_file_of_what_the_filter_finds() {
    block_on(async {
        let database = databases().remove(0);
        let (ledger, pages) = two_follow(&database).await;
        let mut told = Vec::new();
        for label in ["bureau", "phoenix", "acme"] {
            let pages = seen_as(&pages, label, "");
            for query in ["", "?life=open", "?rule=approval-missing"] {
                let listed = pages.get(&format!("/findings{query}")).await.body;
                let path = format!("/findings/sheet/csv{query}");
                let is_linked = attributes(&listed, "href").contains(&path);
                let found = lines(&pages.get(&path).await);
                assert!(found[0].starts_with("Rule,\"Rule, by its id\",Severity,"), "{found:?}");
                let rows = if is_linked { rows(&listed, "tbody").len() } else { 0 };
                assert_eq!(found.len() - 1, rows, "{label} {query}: {found:?}");
                told.push(rows);
            }
        }
        assert!(told.iter().any(|rows| *rows > 0) && told.iter().any(|rows| *rows < told[0]), "{told:?}");
        assert_eq!(pages.get("/findings/sheet/pdf").await.status, 404);
        ledger.store.close().await;
    });
}

/// One case comes from a finding, one from a patrol; the second is answered and closed.
const TWO_CASES: &str = "
    08:00  acme     opens      L1  900-041-49 1200 kg
    09:00  acme     registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    09:20  acme     hands      M1  to swift
    16:05  swift    hands      M1  to phoenix
    16:30  phoenix  receives   M1  1000 kg
    17:00  bureau   opens case C1 on phoenix \"say where 200 kg went\" due 2026-03-10 from mass-discrepancy M1
    17:10  bureau   opens case C2 on acme/paint patrol \"labels are missing\" due 2026-03-03
    17:20  acme     answers C2 \"labels are on\"
    17:30  bureau   closes case C2 \"seen, done\"
    =====
";

#[test]
fn cases_are_a_file_of_what_the_filter_finds() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            for act in &sign_script(TWO_CASES).acts {
                ledger.send(act).await.unwrap();
            }
            let pages = Pages::serve(&ledger.app, WebMode::Demo).await;
            for (label, query, found) in [
                ("bureau", "", 2),
                ("bureau", "?stage=closed", 1),
                ("bureau", "?division=110000", 0),
                ("phoenix", "", 1),
                ("acme", "", 1),
                ("acme", "?stage=open", 0),
                ("ruby", "", 0),
            ] {
                let pages = seen_as(&pages, label, "");
                let listed = pages.get(&format!("/cases{query}")).await.body;
                let path = format!("/cases/sheet/csv{query}");
                assert_eq!(attributes(&listed, "href").contains(&path), found > 0, "{label} {query}");
                let sheet = lines(&pages.get(&path).await);
                assert!(sheet[0].starts_with("Case,Party,"), "{}", sheet[0]);
                assert_eq!(sheet.len() - 1, found, "{label} {query}: {sheet:?}");
            }
            let bureau = seen_as(&pages, "bureau", "");
            let sheet = bureau.get("/cases/sheet/csv").await;
            assert!(sheet.header("content-disposition").starts_with("attachment; filename=\"cases-"));
            let found = lines(&sheet);
            let phoenix = World::embedded().party("phoenix").unwrap().uscc.to_string();
            assert!(found[1].contains(&phoenix) && found[1].contains(",waits for an answer,"), "{found:?}");
            assert!(found[1].contains(",2026-03-10,") && found[2].contains("\"seen, done\""), "{found:?}");
            assert!(bureau.get("/cases/sheet/xlsx").await.body.starts_with("PK"));
            assert_eq!(bureau.get("/cases/sheet/pdf").await.status, 404);
            let public = Pages::serve(&ledger.app, WebMode::Public).await;
            assert_eq!(public.get("/cases/sheet/csv").await.status, 401);
            ledger.store.close().await;
        });
    }
}

/// What a party sees was read of it: operation and subject, in one string.
async fn told(ledger: &Ledger, label: &str) -> Vec<String> {
    let party = World::embedded().party(label).unwrap().uscc;
    let viewer = Viewer::Party { party, role: Role::Operator, kid: office_key(label).kid() };
    let page = ledger.app.readings(&viewer, None, 100).await.unwrap();
    page.items.into_iter().map(|Read { read, .. }| format!("{} {}", read.operation, read.subject)).collect()
}

#[test]
fn a_list_that_an_authority_takes_along_is_told_to_each_party_in_it() {
    for database in databases() {
        block_on(async {
            let (ledger, pages) = two_follow(&database).await;
            let bureau = seen_as(&pages, "bureau", "");
            let code = |label: &str| World::embedded().party(label).unwrap().uscc.to_string();
            let others = ["acme", "swift", "badger", "ruby"];
            for none in [
                "/manifests",
                "/findings",
                "/manifests/sheet/csv?plate=1",
                "/manifests/sheet/csv?text=nobody",
            ] {
                bureau.get(none).await;
            }
            lines(&seen_as(&pages, "phoenix", "").get("/manifests/sheet/csv").await);
            for label in ["phoenix"].into_iter().chain(others) {
                assert_eq!(told(&ledger, label).await, [""; 0], "{label}");
            }
            // Once each, however often it stands there; who does not is told nothing.
            let sheet = bureau.get("/manifests/sheet/csv").await.body;
            assert!(sheet.matches(&code("phoenix")).count() > 1 && !sheet.contains(&code("ruby")), "{sheet}");
            for label in ["phoenix"].into_iter().chain(others) {
                let wanted = format!("/manifests/sheet/{{form}} {}", code(label));
                let wanted = if sheet.contains(&code(label)) { vec![wanted] } else { Vec::new() };
                assert_eq!(told(&ledger, label).await, wanted, "{label}");
            }
            // Narrowed to one party it is one reading of that party.
            ledger.clock.forward(1_000);
            let path = format!("/findings/sheet/csv?party={}", code("phoenix"));
            assert!(lines(&bureau.get(&path).await).len() > 1);
            let readings = told(&ledger, "phoenix").await;
            assert_eq!(readings[..1], [format!("/findings/sheet/{{form}} {}", code("phoenix"))]);
            assert_eq!(readings.len(), 2, "{readings:?}");
            let own = seen_as(&pages, "phoenix", "").get("/access-log").await.body;
            assert_eq!(own.matches("(in a list taken as a file)").count(), 2, "{own}");
            ledger.store.close().await;
        });
    }
}

/// A partner that is told of the file could warn the one whose reading is sealed.
#[test]
fn a_list_with_a_sealed_reading_in_it_is_told_to_nobody_before_its_day() {
    for database in databases() {
        block_on(async {
            let (ledger, pages) = two_follow(&database).await;
            let bureau = World::embedded().party("bureau").unwrap();
            let officer = |kid| Viewer::Authority {
                party: bureau.uscc,
                division: bureau.division,
                role: Role::Officer,
                kid,
            };
            let phoenix = World::embedded().party("phoenix").unwrap().uscc;
            let first = officer(World::embedded().key("bureau", Role::Officer).public().kid());
            let reason = Text::new("举报").unwrap();
            let asked = ledger.app.ask_sealed_reading(&first, phoenix, reason, 30).await.unwrap();
            let second = officer(SigningKey::from_seed([7; 32]).public().kid());
            assert!(ledger.app.agree_to_sealed_reading(&second, asked.id).await.unwrap().is_some());

            // Over everybody, phoenix among them; and narrowed to phoenix, with its partners in it.
            let seen = seen_as(&pages, "bureau", "");
            for path in ["/manifests/sheet/csv".to_owned(), format!("/findings/sheet/csv?party={phoenix}")] {
                assert!(lines(&seen.get(&path).await).len() > 1, "{path}");
            }
            for label in ["acme", "swift", "phoenix"] {
                assert_eq!(told(&ledger, label).await, [""; 0], "{label}");
            }
            ledger.clock.set(ledger.clock.now().plus_hours(30 * 24 + 1));
            for label in ["acme", "swift", "phoenix"] {
                assert!(!told(&ledger, label).await.is_empty(), "{label}");
            }
            ledger.store.close().await;
        });
    }
}
