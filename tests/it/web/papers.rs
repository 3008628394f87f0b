//! What is filed with the authority and decided by it, on the pages.

use liandan::web::WebMode;
use serde_json::json;

use super::form::Form;
use super::{Pages, attributes, check_page};
use crate::api::server::{office_key, sign_script};
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

    async fn as_office(&self, label: &str) -> Pages {
        self.public.signed_in(&self.ledger, &office_key(label)).await
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
