//! The screens of a producer: what arose, what is sent, what is printed, and its desk.

use liandan::scenario::{Played, World};
use liandan::web::WebMode;

use super::{Pages, attributes, check_page, first_link};
use crate::api::server::{office_key, sign_script};
use crate::support::ledger::{Database, Ledger, block_on, databases};

const SCRIPT: &str = "
    08:00  acme  generates  L1  900-041-49 600 kg  in 2 drums  labelled 1
    08:10  acme  generates  L2  900-041-49 400 kg  in 1 drums  labelled 3
    08:20  acme  generates  L3  900-252-12 30 kg
    08:30  acme  registers  M1  900-041-49 600 kg  acme > swift > phoenix
    =====
";

/// A ledger in which that happened, as acme sees it signed in, as it is demonstrated, and as others see it.
struct Days {
    _database: Database,
    ledger: Ledger,
    played: Played,
    demo: Pages,
    acme: Pages,
}

impl Days {
    async fn begin(database: Database) -> Self {
        let ledger = Ledger::found(&database.url).await;
        let played = sign_script(SCRIPT);
        for act in &played.acts {
            ledger.send(act).await.unwrap();
        }
        let demo = Pages::serve(&ledger.app, WebMode::Demo).await;
        let acme = demo.signed_in(&ledger, &office_key("acme")).await;
        Self { _database: database, ledger, played, demo, acme }
    }

    fn manifest(&self) -> String {
        format!("/manifests/{}", self.played.names.manifest("M1").unwrap())
    }

    fn lot(&self, label: &str) -> String {
        self.played.names.lots().find(|(known, _)| *known == label).unwrap().1.to_string()
    }

    fn site() -> String {
        World::embedded().party("acme").unwrap().sites[0].site.to_string()
    }

    /// The same site looked at as a party without signing in.
    fn view(&self, label: &str) -> Pages {
        self.demo.with_cookie(&format!("view={}", World::embedded().party(label).unwrap().uscc))
    }

    /// In English.
    fn english(&self) -> Pages {
        self.acme.with_cookie(&format!("{}; lang=en", self.acme.cookie))
    }
}

#[test]
fn the_office_of_a_firm_begins_at_its_desk() {
    block_on(async {
        let days = Days::begin(databases().remove(0)).await;
        for (pages, title, doors) in [
            (&days.acme, "办理中的联单", ["登记产生", "登记联单"]),
            (&days.english(), "Under way", ["Register what arose", "Register a shipment"]),
        ] {
            let desk = pages.get("/").await;
            assert_eq!(desk.status, 200);
            assert!(
                desk.body.contains(title) && doors.iter().all(|door| desk.body.contains(door)),
                "{}",
                desk.body
            );
            let links = attributes(&desk.body, "href");
            for link in [
                "/lots/new",
                "/manifests/new",
                &days.manifest(),
                &days.manifest().replace("s/", "s/new?again="),
            ] {
                assert!(links.iter().any(|there| there == link), "{link} in {links:?}");
            }
        }
        // A carrier has nothing to register; an authority has the figures of the ledger.
        let carrier = days.view("swift").get("/").await.body;
        assert!(carrier.contains("派车") && !carrier.contains("/lots/new"), "{carrier}");
        let officer = days.demo.get("/").await.body;
        assert!(officer.contains("记录条数") && !officer.contains("/lots/new"));
        days.ledger.close().await;
    });
}

#[test]
fn what_arose_is_filled_in_at_a_site_of_the_own_firm() {
    block_on(async {
        let days = Days::begin(databases().remove(0)).await;
        let page = days.acme.get(&format!("/lots/new?site={}", Days::site())).await;
        assert_eq!(page.status, 200);
        assert!(page.header("content-security-policy").contains("connect-src 'self'"));
        for part in [
            "data-kind=\"waste.generated\"",
            "name=\"/lots/0/code\"",
            "value=\"900-252-12\"",
            "id=\"one-container\"",
        ] {
            assert!(page.body.contains(part), "{part} in {}", page.body);
        }
        assert_eq!(days.acme.get("/lots/new").await.status, 200);
        assert_eq!(days.acme.get("/lots/new?site=nonsense").await.status, 404);
        let foreign = World::embedded().party("ruby").unwrap().sites[0].site;
        for path in [format!("/lots/new?site={foreign}"), format!("/manifests/new?site={foreign}")] {
            assert_eq!(days.acme.get(&path).await.status, 404, "{path}");
        }
        for path in ["/lots/new", "/manifests/new"] {
            assert_eq!(days.demo.get(path).await.status, 404, "an authority registers nothing");
            let looking = days.view("acme").get(path).await;
            assert_eq!(looking.status, 200);
            check_page(path, &looking.body);
            let public = Pages::serve(&days.ledger.app, WebMode::Public).await;
            assert_eq!(public.get(path).await.status, 401);
        }
        days.ledger.close().await;
    });
}

#[test]
fn a_shipment_is_chosen_from_stock_and_its_receivers_stand_beside_what_speaks_against_them() {
    for database in databases() {
        block_on(async {
            let days = Days::begin(database).await;
            let site = Days::site();
            let first = days.acme.get(&format!("/manifests/new?site={site}")).await.body;
            let lots: Vec<String> = attributes(&first, "value")
                .into_iter()
                .filter(|value| first.contains(&format!("name=\"lot\" value=\"{value}\"")))
                .collect();
            let own = ["L1", "L2", "L3"].map(|label| days.lot(label));
            assert_eq!(lots, own, "by code, the oldest first");
            for (query, said) in [
                ("", "请勾选批次"),
                ("&kg-90004149=much", "最多三位小数"),
                ("&freecode-0=9&freekg-0=1", "废物代码应为八位"),
            ] {
                let page = days.acme.get(&format!("/manifests/new?site={site}&sent=1{query}")).await;
                assert!(page.status == 200 && page.body.contains(said), "{query}: {}", page.body);
            }
            let query =
                format!("site={site}&sent=1&lot={}&lot={}&freecode-0=90021408&freekg-0=12.5", own[0], own[1]);
            let second = days.acme.get(&format!("/manifests/new?{query}")).await.body;
            for part in [
                "data-kind=\"manifest.registered\"",
                "name=\"/lines/0/planned/mass_g\" value=\"1000\"",
                "name=\"/lines/1/planned/mass_g\" value=\"12.5\"",
                "name=\"/lines/0/containers\" value=\"3\"",
                "临危证2024-001",
                "迅捷",
                "data-copies",
            ] {
                assert!(second.contains(part), "{part} in {second}");
            }
            // Under contract comes first; a permit that is over and a province that is another are said.
            let at = |name: &str| second.find(name).unwrap_or_else(|| panic!("{name} in {second}"));
            assert!(at("凤凰环保") < at("余烬焚烧"), "{second}");
            assert!(second.contains(">过期<") && second.contains("合同"), "{second}");
            let looking = days.view("acme").get(&format!("/manifests/new?{query}")).await;
            check_page("/manifests/new", &looking.body);
            assert!(looking.body.contains("临危证2024-001") && !looking.body.contains("data-kind"));
            days.ledger.close().await;
        });
    }
}

#[test]
fn a_manifest_is_repeated_by_its_consignor_alone() {
    block_on(async {
        let days = Days::begin(databases().remove(0)).await;
        let manifest = days.manifest();
        let again = manifest.replace("s/", "s/new?again=");
        for path in [manifest.as_str(), "/manifests"] {
            let page = days.acme.get(path).await.body;
            assert!(attributes(&page, "href").contains(&again), "{path}: {page}");
            let other = days.view("phoenix").get(path).await.body;
            assert!(!attributes(&other, "href").contains(&again), "{path}");
        }
        let page = days.acme.get(&again).await;
        assert_eq!(page.status, 200);
        for part in ["name=\"/lines/0/planned/mass_g\" value=\"600\"", "D10", "再来一单"] {
            assert!(page.body.contains(part), "{part} in {}", page.body);
        }
        let phoenix = World::embedded().party("phoenix").unwrap().uscc.to_string();
        let chosen = page.body.split("name=\"/consignee\"").nth(1).unwrap().split('>').next().unwrap();
        assert!(chosen.contains(&phoenix) && chosen.contains("checked"), "{chosen}");
        let swift = World::embedded().party("swift").unwrap().uscc.to_string();
        let carrier = page
            .body
            .split("<option")
            .find(|option| option.contains("selected") && option.contains("carrier"));
        assert!(carrier.is_some_and(|option| option.contains(&swift)), "{}", page.body);
        for pages in [days.view("phoenix"), days.view("ruby")] {
            assert_eq!(pages.get(&again).await.status, 404);
        }
        days.ledger.close().await;
    });
}

#[test]
fn manifests_and_labels_are_printed_with_codes_on_them() {
    block_on(async {
        let days = Days::begin(databases().remove(0)).await;
        let manifest = days.manifest();
        let page = days.acme.get(&manifest).await.body;
        let path = first_link(&page, &format!("{manifest}/print"));
        let sheet = days.acme.get(&path).await;
        check_page("/login", &sheet.body);
        assert!(sheet.status == 200 && !sheet.header("content-security-policy").contains("connect-src"));
        for part in
            ["危险废物转移联单", "核验码", "（盖章）", "迅捷", "凤凰", "600", "class=\"qr\"", "数据虚构"]
        {
            assert!(sheet.body.contains(part), "{part} in {}", sheet.body);
        }
        assert_eq!(days.view("swift").get(&path).await.status, 200, "whoever carries it prints it too");
        assert_eq!(days.view("ruby").get(&path).await.status, 404);
        let style = attributes(&sheet.body, "href").into_iter().find(|link| link.ends_with(".css")).unwrap();
        assert!(days.acme.get(&style).await.body.contains("@page label-100"));

        let lot = format!("/lots/{}", days.lot("L1"));
        let page = days.acme.get(&lot).await.body;
        let path = first_link(&page, &format!("{lot}/labels"));
        let labels = days.acme.get(&path).await;
        check_page("/login", &labels.body);
        assert_eq!(labels.body.matches("<article class=\"label").count(), 2);
        assert_eq!(labels.body.matches("class=\"qr\"").count(), 2);
        let acme = World::embedded().party("acme").unwrap().uscc;
        assert!(labels.body.contains(&format!("{acme}9000414920260302001")), "{}", labels.body);
        assert!(!labels.body.contains("class=\"again\""));
        let again = days.acme.get(&format!("{path}?again=1&size=200&from=1&care=%3Cb%3E")).await.body;
        assert_eq!(again.matches("<article class=\"label s200").count(), 1);
        assert!(
            again.contains("补打") && again.contains("class=\"again\"") && !again.contains("<b>"),
            "{again}"
        );
        // A lot without containers has one label, of itself.
        let bare = format!("/lots/{}/labels", days.lot("L3"));
        assert_eq!(days.acme.get(&bare).await.body.matches("<article class=\"label").count(), 1);
        assert_eq!(days.view("ruby").get(&bare).await.status, 404);
        days.ledger.close().await;
    });
}
