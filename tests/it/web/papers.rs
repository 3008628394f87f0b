//! What is filed with the authority and recorded by it, on the pages: declarations, plans, contracts, permits, licences, transfers, duty.

use liandan::ledger::SigningKey;
use liandan::registry::Role;
use liandan::scenario::World;
use liandan::web::WebMode;
use serde_json::json;

use super::form::Form;
use super::{Pages, attributes, check_page};
use crate::api::server::{Answer, Server, office_key, sign_script};
use crate::stock::site_of;
use crate::support::ledger::{Database, Ledger, block_on, databases};

/// Twelve tonnes in the books before February ended, and a little more since.
const SCRIPT: &str = "
    day 2026-02-27
    08:00  acme  opens      L1  900-041-49 12 t
    day 2026-03-02
    08:00  acme  generates  L2  900-041-49 40 kg
    =====
";

/// A ledger in which that happened, as its people see it.
struct Offices {
    ledger: Ledger,
    public: Pages,
    acme: Pages,
    bureau: Pages,
    _database: Database,
}

impl Offices {
    async fn open(database: Database) -> Self {
        let ledger = Ledger::found(&database.url).await;
        for act in &sign_script(SCRIPT).acts {
            ledger.send(act).await.unwrap();
        }
        let public = Pages::serve(&ledger.app, WebMode::Public).await;
        let acme = public.signed_in(&ledger, &office_key("acme")).await;
        let bureau = public.signed_in(&ledger, &office_key("bureau")).await;
        Self { ledger, public, acme, bureau, _database: database }
    }

    async fn as_key(&self, key: &SigningKey) -> Pages {
        self.public.signed_in(&self.ledger, key).await
    }

    async fn as_office(&self, label: &str) -> Pages {
        self.as_key(&office_key(label)).await
    }
}

/// A page that is there and is one.
async fn page(pages: &Pages, path: &str) -> String {
    let answer = pages.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    check_page(path, &answer.body);
    answer.body
}

fn on_each(test: impl AsyncFn(Offices)) {
    for database in databases() {
        block_on(async { test(Offices::open(database).await).await });
    }
}

#[test]
fn a_declaration_is_filed_from_the_ledger_comes_back_and_is_filed_again() {
    on_each(async |offices| {
        let Offices { ledger, acme, bureau, .. } = &offices;
        let (_, site) = site_of("acme", None);
        let path = format!("/sites/{site}/declarations?period=month&from=2026-02-01");
        let tasks = page(acme, "/tasks").await;
        assert!(attributes(&tasks, "href").contains(&path), "{tasks}");

        let form = Form::of(&page(acme, &path).await, "declaration.filed");
        let line = |measure: &str, mass_g: u64| json!({ "code": "900-041-49", "measure": measure, "mass_g": mass_g });
        let (opened, closing) = (line("opened", 12_000_000), line("closing", 12_000_000));
        let said = form.data();
        assert_eq!((&said["nature"], &said["lines"]), (&json!("figures"), &json!([opened, closing])));
        assert_eq!(form.value("/lines/0/mass_g"), "12000", "kilograms, to the gram");
        let none = form.set("/nature", "shutdown").data();
        assert_eq!((&none["nature"], &none["lines"]), (&json!("shutdown"), &json!(null)));

        // A gram too little, and a figure that the ledger does not have.
        let form = Form::of(&page(acme, &path).await, "declaration.filed");
        let form =
            form.set("/lines/0/mass_g", "11999.999").tick("figure-2").set("/lines/2/code", "900-252-12");
        let form = form.set("/lines/2/measure", "generated").set("/lines/2/mass_g", "0.5");
        form.state(ledger, "acme").await;
        let filed = page(acme, &path).await;
        assert!(
            filed.contains("已申报") && filed.contains("11.999999") && filed.contains("与现在的台账不符")
        );
        assert_eq!(Form::kinds(&filed), [""; 0], "it waits for the authority");

        let decided = page(bureau, &path).await;
        assert_eq!(Form::kinds(&decided), ["declaration.accepted", "declaration.returned"]);
        let form = Form::of(&decided, "declaration.returned").set("/reasons/0/pointer", "/lines/0/mass_g");
        let id = form.given("declaration");
        let form = form.set("/reasons/0/reason", "与期初台账相差一克").tick(&format!("reason-1-{id}"));
        let form = form.set("/reasons/1/pointer", "/lines").set("/reasons/1/reason", "缺少贮存");
        form.state(ledger, "bureau").await;
        assert_eq!(Form::kinds(&page(bureau, &path).await), [""; 0]);

        let back = page(acme, &path).await;
        for part in ["已退回", "第 1 行 900-041-49 建账", "与期初台账相差一克", "数据整体", "缺少贮存"]
        {
            assert!(back.contains(part), "{part} in {back}");
        }
        Form::of(&back, "declaration.filed").state(ledger, "acme").await;
        let decided = page(bureau, &path).await;
        Form::of(&decided, "declaration.accepted").state(ledger, "bureau").await;
        let accepted = page(acme, &path).await;
        assert!(accepted.contains("已受理") && accepted.contains("与台账相符"), "{accepted}");
        assert_eq!(Form::kinds(&accepted), [""; 0]);
    });
}

#[test]
fn a_declaration_of_nothing_carries_no_figures_and_others_file_none() {
    on_each(async |offices| {
        let Offices { ledger, acme, bureau, .. } = &offices;
        let (_, site) = site_of("acme", None);
        let of = |period: &str| format!("/sites/{site}/declarations?{period}");
        let january = of("period=month&from=2026-01-01");
        let form = Form::of(&page(acme, &january).await, "declaration.filed");
        let said = form.data();
        assert_eq!((&said["nature"], &said["lines"]), (&json!("zero"), &json!(null)));
        form.state(ledger, "acme").await;
        assert!(page(acme, &january).await.contains("零申报"));

        let march = of("period=month&from=2026-03-01");
        assert_eq!(Form::kinds(&page(acme, &march).await), [""; 0], "it is not over");
        let year = of("period=year&from=2025-01-01");
        assert_eq!(Form::kinds(&page(acme, &year).await), ["declaration.filed"]);
        assert!(!Form::kinds(&page(bureau, &year).await).contains(&"declaration.filed".to_owned()));
        assert_eq!(offices.as_office("ruby").await.get(&january).await.status, 404);
        assert_eq!(offices.public.get(&january).await.status, 401);
    });
}

#[test]
fn a_plan_is_filed_for_a_year_and_amended() {
    on_each(async |offices| {
        let Offices { ledger, acme, bureau, .. } = &offices;
        let (firm, site) = site_of("acme", None);
        let path = format!("/sites/{site}/plan");
        for (from, link) in [(format!("/sites/{site}"), &path), (format!("/parties/{firm}"), &path)] {
            assert!(attributes(&page(acme, &from).await, "href").contains(link), "{from}");
        }
        // This year's stands from the founding on.
        let plans = page(acme, &path).await;
        assert_eq!(Form::kinds(&plans), ["plan.filed", "plan.amended"]);
        let form = Form::of(&plans, "plan.filed");
        assert_eq!(form.value("/year"), "2027");
        let form = form.set("/lines/0/code", "900-041-49").set("/lines/0/yearly_g", "20.5");
        let form = form.tick("line-new-1").set("/lines/1/code", "900-252-12").set("/lines/1/yearly_g", "3");
        form.state(ledger, "acme").await;
        let filed = page(acme, &path).await;
        assert!(filed.contains("2027 年") && filed.contains("20.500"), "{filed}");
        assert_eq!(Form::kinds(&filed), ["plan.amended", "plan.amended"]);

        // One waste is dropped, the other becomes more.
        let mut amending = Form::all(&filed).into_iter().filter(|form| form.kind == "plan.amended");
        let form = amending.next().unwrap().tick("line-2027-0").set("/lines/1/yearly_g", "4.25");
        let lines = &form.data()["lines"];
        assert_eq!(*lines, json!([{ "code": "900-252-12", "yearly_g": 4_250_000 }]));
        form.state(ledger, "acme").await;
        let amended = page(acme, &path).await;
        assert!(amended.contains("已变更") && amended.contains("4.250") && !amended.contains("20.500"));

        // A code that stands twice is objected to where it stands.
        let form = Form::all(&amended).into_iter().find(|form| form.kind == "plan.amended").unwrap();
        let form = form.tick("line-2027-1").set("/lines/1/code", "900-252-12").set("/lines/1/yearly_g", "1");
        let twice = ("code-twice".to_owned(), "/data/lines/1/code".to_owned());
        assert_eq!(form.objections(ledger, "acme").await, [twice]);

        let read = page(bureau, &path).await;
        assert!(read.contains("4.250"));
        assert_eq!(Form::kinds(&read), [""; 0], "it is the firm's to file");
        assert_eq!(offices.as_office("ruby").await.get(&path).await.status, 404);
        assert_eq!(offices.public.get(&path).await.status, 401);
    });
}

#[test]
fn a_plan_says_whom_each_waste_is_meant_for() {
    on_each(async |offices| {
        let Offices { ledger, acme, bureau, .. } = &offices;
        let (_, site) = site_of("acme", None);
        let path = format!("/sites/{site}/plan");
        let party = |label: &str| World::embedded().party(label).unwrap();
        let code = |label: &str| party(label).uscc.to_string();
        let plans = page(acme, &path).await;
        // Whoever could take it is offered by name; the own firm and others are not.
        let offered = |label: &str| format!("<option value=\"{}\">{}", code(label), party(label).zh);
        assert!(plans.contains(&offered("phoenix")) && !plans.contains(&offered("acme")), "{plans}");

        let form =
            Form::of(&plans, "plan.filed").set("/lines/0/code", "900-041-49").set("/lines/0/yearly_g", "20");
        let none = form.data();
        assert_eq!(
            none["lines"],
            json!([{ "code": "900-041-49", "yearly_g": 20_000_000 }]),
            "they may be left open"
        );
        let form =
            form.set("/lines/0/consignees/1", &code("phoenix")).set("/lines/0/consignees/2", &code("ember"));
        let form = form.tick("line-new-1").set("/lines/1/code", "900-252-12").set("/lines/1/yearly_g", "3");
        let said = form.data();
        assert_eq!(said["lines"][0]["consignees"], json!([code("phoenix"), code("ember")]), "no gaps");
        assert_eq!(said["lines"][1].get("consignees"), None);
        form.state(ledger, "acme").await;
        for pages in [acme, bureau] {
            let filed = page(pages, &path).await;
            for label in ["phoenix", "ember"] {
                assert!(
                    filed.contains(&*party(label).zh) && filed.contains(&code(label)),
                    "{label}: {filed}"
                );
            }
        }

        // What stands there need not be typed again; what is emptied is left out, and what is no party comes back to its field.
        let amended = async || {
            let filed = page(acme, &path).await;
            Form::all(&filed).into_iter().find(|form| form.kind == "plan.amended").unwrap()
        };
        let form = amended().await;
        assert_eq!(form.data()["lines"], said["lines"]);
        let form = form.set("/lines/0/consignees/0", "");
        assert_eq!(form.data()["lines"][0]["consignees"], json!([code("ember")]));
        let odd = amended().await.set("/lines/0/consignees/2", "91350100M000");
        let wrong = odd.objections(ledger, "acme").await;
        assert_eq!(wrong[0].1, "/data/lines/0/consignees/2", "{wrong:?}");
        form.state(ledger, "acme").await;
        assert_eq!(amended().await.data()["lines"][0]["consignees"], json!([code("ember")]));
    });
}

#[test]
fn contracts_and_vehicles_are_filed_on_the_page_of_the_firm() {
    on_each(async |offices| {
        let Offices { ledger, acme, bureau, .. } = &offices;
        let code = |label: &str| World::embedded().party(label).unwrap().uscc.to_string();
        let own = format!("/parties/{}", code("acme"));
        let firm = page(acme, &own).await;
        assert_eq!(Form::kinds(&firm), ["contract.filed", "approval.requested", "vehicle.licensed"]);
        let form = Form::of(&firm, "contract.filed").set("/with", &code("ember"));
        let form = form.set("/codes", "900-041-49、HW12").set("/valid_to", "2027-03-01");
        assert_eq!(form.data()["standing_consent"], false);
        let form = form.set("/standing_consent", "true");
        form.state(ledger, "acme").await;
        assert!(page(acme, &own).await.contains("900-041-49 HW12"));
        let form = Form::of(&page(acme, &own).await, "contract.filed").set("/with", &code("acme"));
        let form = form.set("/codes", "HW12").set("/valid_to", "2026-03-01");
        let against = form.objections(ledger, "acme").await;
        let at = |code: &str, pointer: &str| (code.to_owned(), pointer.to_owned());
        assert_eq!(against, [at("same-party", "/data/with"), at("times-backwards", "/data/valid_to")]);

        // A carrier licenses its vehicle, and so does the authority over it.
        let fleet = format!("/parties/{}", code("swift"));
        let swift = offices.as_office("swift").await;
        for (pages, label, plate) in [(&swift, "swift", "鲁Q77701"), (bureau, "bureau", "鲁Q77702")] {
            let form = Form::of(&page(pages, &fleet).await, "vehicle.licensed").set("/plate", plate);
            let form = form.set("/licence", "鲁交运管许可临字371300号").set("/rated_load_g", "9.8");
            let form = form.set("/valid_to", "2028-03-01");
            assert_eq!(form.data()["rated_load_g"], 9_800_000);
            form.state(ledger, label).await;
            assert!(page(pages, &fleet).await.contains(plate), "{plate}");
        }
        assert_eq!(Form::kinds(&page(bureau, &own).await), ["vehicle.licensed"], "the rest is the firm's");
        let driver = offices.as_key(&World::embedded().key("swift", Role::Driver)).await;
        assert_eq!(driver.get(&own).await.status, 404);
        assert_eq!(offices.as_office("ruby").await.get(&own).await.status, 404);
        assert_eq!(offices.public.get(&own).await.status, 401);
    });
}

#[test]
fn permits_are_issued_amended_suspended_reinstated_and_revoked_by_the_authority() {
    on_each(async |offices| {
        let Offices { ledger, acme, bureau, .. } = &offices;
        let (firm, site) = site_of("acme", None);
        let path = format!("/parties/{firm}/permits");
        assert!(attributes(&page(bureau, &format!("/parties/{firm}")).await, "href").contains(&path));
        let none = page(bureau, &path).await;
        assert_eq!(Form::kinds(&none), ["permit.issued"]);
        let form = Form::of(&none, "permit.issued").set("/number", "临危证2026-009");
        let form = form.set("/site", &site.to_string()).set("/valid_to", "2028-12-31");
        let form = form.set("/items/0/codes", "HW49 900-252-12").set("/items/0/methods", "D10 R15");
        let form = form.set("/items/0/yearly_g", "1200").tick("item-new-0-collection");
        let form = form.set("/items/0/collection/working_days", "30");
        assert_eq!(form.data()["items"][0]["collection"], json!({ "working_days": 30 }));
        form.state(ledger, "bureau").await;

        let issued = page(bureau, &path).await;
        for part in ["临危证2026-009", "HW49 900-252-12", "D10 R15", "仅限收集", "1\u{202f}200.000"] {
            assert!(issued.contains(part), "{part} in {issued}");
        }
        let kinds = ["permit.issued", "permit.amended", "permit.suspended", "permit.revoked"];
        assert_eq!(Form::kinds(&issued), kinds);
        let form = Form::of(&issued, "permit.amended");
        let permit = form.given("permit");
        let form = form.set("/items/0/yearly_g", "800").set("/reason", "缩减规模");
        let form = form.tick(&format!("item-{permit}-0-collection"));
        assert_eq!(form.data()["items"][0]["methods"], json!(["D10", "R15"]), "what stays need not be typed");
        form.state(ledger, "bureau").await;
        let amended = page(bureau, &path).await;
        assert!(
            amended.contains("800.000") && amended.contains("缩减规模") && !amended.contains("D10 R15 仅限")
        );

        for (kind, state, next) in [
            ("permit.suspended", "暂扣", "permit.reinstated"),
            ("permit.reinstated", "有效", "permit.suspended"),
            ("permit.revoked", "吊销", ""),
        ] {
            let form = Form::of(&page(bureau, &path).await, kind).set("/reason", "例行处理");
            form.state(ledger, "bureau").await;
            let now = page(bureau, &path).await;
            assert!(now.contains(&format!(">{state}<")), "{state} in {now}");
            assert_eq!(Form::kinds(&now).iter().any(|kind| kind == next), !next.is_empty(), "{kind}");
        }
        assert_eq!(Form::kinds(&page(bureau, &path).await), ["permit.issued"], "nothing more becomes of it");

        let read = page(acme, &path).await;
        assert!(read.contains("临危证2026-009") && read.contains("例行处理"));
        assert_eq!(Form::kinds(&read), [""; 0]);
        assert_eq!(offices.as_office("ruby").await.get(&path).await.status, 404);
    });
}

#[test]
fn a_transfer_is_applied_for_goes_through_its_stages_and_is_approved() {
    on_each(async |offices| {
        let Offices { ledger, acme, bureau, .. } = &offices;
        let code = |label: &str| World::embedded().party(label).unwrap().uscc.to_string();
        let form = Form::of(&page(acme, &format!("/parties/{}", code("acme"))).await, "approval.requested");
        let form =
            form.set("/consignee", &code("harbor")).set("/methods", "D10").set("/valid_to", "2026-12-31");
        let form = form.set("/lines/0/code", "900-041-49").set("/lines/0/yearly_g", "20");
        form.state(ledger, "acme").await;

        let duties = page(bureau, "/duties").await;
        let is_one = |link: &String| link.starts_with("/papers/application/");
        let path = attributes(&duties, "href").into_iter().find(is_one).unwrap();
        assert!(attributes(&page(bureau, "/tasks").await, "href").contains(&path), "the task leads there");
        assert!(attributes(&page(acme, &format!("/parties/{}", code("acme"))).await, "href").contains(&path));
        assert_eq!(Form::kinds(&page(acme, &path).await), [""; 0]);
        for (stage, said) in [("accepted", "已受理"), ("inquired", "已商请"), ("consented", "接受地同意")]
        {
            let form = Form::of(&page(bureau, &path).await, "approval.advanced").set("/stage", stage);
            let form = form.set("/number", "鲁环函〔2026〕1号");
            form.state(ledger, "bureau").await;
            assert!(page(acme, &path).await.contains(said), "{stage}");
        }
        let consented = page(bureau, &path).await;
        assert_eq!(Form::kinds(&consented), ["approval.granted", "approval.advanced"]);
        let without = Form::of(&consented, "approval.advanced").set("/stage", "refused");
        let missing = ("reason-missing".to_owned(), "/data/reason".to_owned());
        assert_eq!(without.objections(ledger, "bureau").await, [missing]);
        let form = Form::of(&consented, "approval.granted").set("/number", "鲁环固移〔2026〕9号");
        assert_eq!(form.data()["lines"], json!([{ "code": "900-041-49", "yearly_g": 20_000_000 }]));
        form.state(ledger, "bureau").await;
        assert_eq!(Form::kinds(&page(bureau, &path).await), [""; 0]);

        let approval = path.replace("application", "approval");
        let granted = page(bureau, &approval).await;
        assert!(granted.contains("鲁环固移〔2026〕9号"));
        let form = Form::of(&granted, "approval.revoked").set("/reason", "情况变化");
        form.state(ledger, "bureau").await;
        let revoked = page(acme, &approval).await;
        assert!(revoked.contains("情况变化") && Form::kinds(&revoked).is_empty(), "{revoked}");
        let stranger = offices.as_office("ruby").await;
        for path in [&path, &approval] {
            assert_eq!(stranger.get(path).await.status, 404);
            assert_eq!(offices.public.get(path).await.status, 401);
        }
        assert_eq!(page(&offices.as_office("harbor").await, &path).await.matches("data-kind").count(), 0);
    });
}

#[test]
fn an_officer_arranges_who_is_on_duty() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(SCRIPT).await;
            let public = Pages::serve(&server.ledger.app, WebMode::Public).await;
            let bureau = public.signed_in(&server.ledger, &office_key("bureau")).await;
            let path = "/duty-roster?division=371302&from=2026-03-02&to=2026-03-04";
            let send = async |form: &Form| {
                assert_eq!((form.method.as_str(), form.path.as_str()), ("PUT", "/duty-roster"));
                let request = server.client.put(server.url(&format!("/api/v1{}", form.path)));
                let request = request.bearer_auth(server.token("bureau")).body(form.data().to_string());
                Answer::of(request.send().await.unwrap()).await
            };
            let form = async || {
                let forms = Form::all(&page(&bureau, path).await).into_iter();
                forms.filter(|form| !form.path.is_empty()).collect::<Vec<_>>().remove(0)
            };
            let kid = office_key("bureau").kid().to_string();
            let arranged = form().await.set("/officers/0", &kid);
            assert_eq!(
                arranged.data(),
                json!({ "division": "371302", "from": "2026-03-02", "to": "2026-03-04", "officers": [kid] })
            );
            assert_eq!(send(&arranged).await.status, 200);
            let listed = page(&bureau, path).await;
            assert!(listed.contains("2026-03-04") && listed.contains("<table"), "{listed}");
            // What is wrong is told at the field it came from.
            let past = send(&form().await.set("/from", "2026-03-01")).await;
            assert_eq!(past.problem().1, [("roster-past".to_owned(), "/from".to_owned())]);
            // Nobody ticked clears the days.
            assert_eq!(send(&form().await).await.status, 200);
            assert!(page(&bureau, path).await.contains("尚未排班"));
            let acme = public.signed_in(&server.ledger, &office_key("acme")).await;
            assert_eq!(acme.get(path).await.status, 404);
        });
    }
}
