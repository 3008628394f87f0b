//! What an officer does on the pages and who may not, keys and invitations, and how the head leads each to where their work is.

use liandan::app::backup;
use liandan::app::service::ServiceTerms;
use liandan::registry::Role;
use liandan::scenario::World;
use liandan::web::WebMode;

use super::{Pages, attributes, check_page};
use crate::api::server::{office_key, sign_script};
use crate::support::ledger::{Folder, Ledger, block_on, databases};

const SCRIPT: &str = "
    08:00  acme    opens      900-041-49 1200 kg
    08:30  acme    registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    08:40  acme    hands      M1  to swift
    09:00  bureau  holds      H1  on manifest M1 \"车厢渗漏\"
    09:10  bureau  holds      H2  on vehicle 鲁Q10001 \"超载\"
    09:20  bureau  lifts      H2  \"已卸载复称\"
    10:00  swift   hands      M1  to phoenix
    =====
";

/// The same site as nobody, an officer and the office of a firm.
struct Visitors {
    public: Pages,
    officer: Pages,
    acme: Pages,
    manifest: String,
}

#[test]
fn an_officer_acts_where_others_only_read() {
    let database = databases().remove(0);
    block_on(async {
        let ledger = Ledger::found(&database.url).await;
        let played = sign_script(SCRIPT);
        for act in &played.acts {
            ledger.send(act).await.unwrap();
        }
        let public = Pages::serve(&ledger.app, WebMode::Public).await;
        let officer = World::embedded().key("bureau", Role::Officer);
        let visitors = Visitors {
            officer: public.signed_in(&ledger, &officer).await,
            acme: public.signed_in(&ledger, &office_key("acme")).await,
            manifest: played.names.manifest("M1").unwrap().to_string(),
            public,
        };
        the_head_leads_each_to_their_work(&visitors).await;
        holds_are_told_where_they_are(&visitors).await;
        cases_and_inspections_are_an_officers(&visitors).await;
        keys_are_kept_by_who_may(&visitors).await;
        a_text_becomes_a_code_to_scan(&visitors).await;
        custody_is_drawn_and_told(&visitors).await;
        what_to_do_when_it_is_down_is_for_everybody(&ledger, &visitors).await;
        ledger.close().await;
    });
}

async fn what_to_do_when_it_is_down_is_for_everybody(ledger: &Ledger, visitors: &Visitors) {
    let page = async |pages: &Pages| pages.get("/service").await.body;
    let before = page(&visitors.public).await;
    check_page("/service", &before);
    assert!(before.contains("10 个工作日内补录") && before.contains("尚未公布"), "{before}");
    let terms = "[contact]\nzh = \"电话 1\"\nen = \"Call 1\"\n[[promise]]\nzh = \"四小时内恢复\"\nen = \"<b>Four</b> hours\"\n";
    ledger.app.promise(ServiceTerms::parse(terms).unwrap());
    assert!(page(&visitors.public).await.contains("四小时内恢复"));
    let english = page(&visitors.public.with_cookie("lang=en")).await;
    assert!(english.contains("&lt;b&gt;Four&lt;/b&gt; hours") && english.contains("Call 1"), "{english}");
}

async fn the_head_leads_each_to_their_work(visitors: &Visitors) {
    let leads_to = async |pages: &Pages| attributes(&pages.get("/rules").await.body, "href");
    let (public, acme, officer) =
        (leads_to(&visitors.public).await, leads_to(&visitors.acme).await, leads_to(&visitors.officer).await);
    let has = |links: &[String], path: &str| links.iter().any(|link| link == path);
    for path in ["/statistics", "/rules", "/log", "/verify"] {
        assert!([&public, &acme, &officer].iter().all(|links| has(links, path)), "{path}");
    }
    for path in ["/manifests", "/findings", "/duties", "/keys", "/device", "/access-log", "/sites"] {
        assert!(!has(&public, path) && has(&acme, path) && has(&officer, path), "{path}");
    }
    assert!(has(&public, "/login") && !has(&acme, "/login"));
    assert!(has(&officer, "/duty-roster") && !has(&acme, "/duty-roster"));

    // A page that signs may ask this site; one that only has keys of the keyboard may ask nobody.
    let policy = async |path: &str| {
        let answer = visitors.officer.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        answer.header("content-security-policy").to_owned()
    };
    let (reads, signs) = (policy("/rules").await, policy("/cases/new?manifest=").await);
    assert!(reads.contains("script-src 'self'") && !reads.contains("connect-src"), "{reads}");
    assert!(!signs.contains("connect-src"), "before a party is named there is nothing to sign: {signs}");
    let signs = policy(&format!("/cases/new?manifest={}", visitors.manifest)).await;
    assert!(signs.contains("connect-src 'self'"), "{signs}");
}

async fn holds_are_told_where_they_are(visitors: &Visitors) {
    let page = format!("/manifests/{}", visitors.manifest);
    let holds = format!("/holds?manifest={}", visitors.manifest);
    for pages in [&visitors.acme, &visitors.officer] {
        let manifest = pages.get(&page).await.body;
        assert!(manifest.contains("查封中") && manifest.contains("车厢渗漏"), "{manifest}");
        assert!(attributes(&manifest, "href").contains(&holds));
        let told = pages.get(&holds).await;
        check_page(&holds, &told.body);
        assert!(told.status == 200 && told.body.contains("车厢渗漏"));
    }
    let kinds = |html: &str| attributes(html, "data-kind");
    assert_eq!(kinds(&visitors.acme.get(&holds).await.body), [""; 0]);
    assert_eq!(kinds(&visitors.officer.get(&holds).await.body), ["hold.lifted", "hold.placed"]);

    let asked = visitors.officer.get("/check?plate=鲁Q·10001").await.body;
    let vehicle = attributes(&asked, "href").into_iter().find(|link| link.starts_with("/holds?plate="));
    let lifted = visitors.officer.get(&vehicle.unwrap()).await.body;
    assert!(
        lifted.contains("超载") && lifted.contains("已卸载复称") && lifted.contains("已解除"),
        "{lifted}"
    );
    let all = visitors.acme.get("/holds").await;
    assert!(all.status == 200 && all.body.contains("车厢渗漏") && !all.body.contains("超载"), "{}", all.body);
    for absent in ["/holds?plate=鲁Q10001", "/holds?lot=01890a5d-ac96-774b-bcce-b302099a8057"] {
        assert_eq!(visitors.acme.get(absent).await.status, 404, "{absent}");
    }
    assert_eq!(visitors.public.get(&holds).await.status, 401);
}

async fn cases_and_inspections_are_an_officers(visitors: &Visitors) {
    let site = World::embedded().party("acme").unwrap().site(None).unwrap().site;
    let inspection = format!("/sites/{site}/inspection");
    for path in ["/cases/new", inspection.as_str()] {
        assert_eq!(visitors.acme.get(path).await.status, 404, "{path}");
        assert_eq!(visitors.public.get(path).await.status, 401, "{path}");
        assert_eq!(visitors.officer.get(path).await.status, 200, "{path}");
    }
    let code = |label: &str| World::embedded().party(label).unwrap().uscc;
    let whom = visitors.officer.get("/cases/new").await.body;
    assert!(whom.contains(&format!("value=\"{}\"", code("acme"))), "parties are found by name: {whom}");
    let opening = visitors.officer.get(&format!("/cases/new?party={}", code("acme"))).await.body;
    assert!(opening.contains("data-kind=\"case.opened\"") && opening.contains("投诉"), "{opening}");
    let elsewhere = visitors.officer.get(&format!("/cases/new?party={}", code("harbor"))).await.body;
    assert!(elsewhere.contains("没有这个单位") && !elsewhere.contains("case.opened"), "{elsewhere}");
    let about = visitors.officer.get(&format!("/cases/new?manifest={}", visitors.manifest)).await.body;
    for label in ["acme", "swift", "phoenix"] {
        assert!(about.contains(&format!("<option value=\"{}\"", code(label))), "{label}: {about}");
    }
    let chosen = "/findings?closing=1";
    assert!(visitors.officer.get(chosen).await.body.contains("data-shared"));
    assert!(!visitors.acme.get(chosen).await.body.contains("data-shared"));
}

async fn keys_are_kept_by_who_may(visitors: &Visitors) {
    let world = World::embedded();
    let (acme, phoenix) = (world.party("acme").unwrap().uscc, world.party("phoenix").unwrap().uscc);
    let kid = office_key("acme").kid();
    let own = visitors.acme.get("/keys").await.body;
    assert!(own.contains(&format!("/keys/{kid}")) && own.contains("正在用"), "{own}");
    assert!(!own.contains("/keys/invite"), "an operator invites nobody");
    for path in [format!("/keys?party={phoenix}"), "/keys/invite".to_owned(), "/keys/nonsense".to_owned()] {
        assert_eq!(visitors.acme.get(&path).await.status, 404, "{path}");
    }
    let theirs = visitors.officer.get(&format!("/keys?party={acme}")).await.body;
    let invite = format!("/keys/invite?party={acme}");
    assert!(attributes(&theirs, "href").contains(&invite), "{theirs}");
    let form = visitors.officer.get(&invite).await;
    assert!(form.header("content-security-policy").contains("connect-src 'self'"));
    assert!(
        form.body.contains("value=\"driver\"") && !form.body.contains("value=\"officer\""),
        "{}",
        form.body
    );
    let one = visitors.officer.get(&format!("/keys/{kid}")).await.body;
    assert!(one.contains("data-kind=\"key.revoked\"") && one.contains("设备遗失"), "{one}");
    assert_eq!(visitors.public.get("/keys").await.status, 401);
}

async fn a_text_becomes_a_code_to_scan(visitors: &Visitors) {
    let send = async |pages: &Pages, text: String, origin: &str| {
        let request = pages.client.post(format!("{}/qr", pages.base)).header("origin", origin).body(text);
        pages.send(request).await
    };
    let (acme, own) = (&visitors.acme, visitors.acme.base.clone());
    let drawn = send(acme, "https://ledger.example/device#x".to_owned(), &own).await;
    assert_eq!((drawn.status, drawn.header("content-type")), (200, "image/svg+xml"));
    assert!(drawn.body.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""), "{}", drawn.body);
    assert_eq!(send(acme, "x".repeat(2_332), &own).await.status, 413);
    assert_eq!(send(acme, "x".to_owned(), "https://elsewhere.example").await.status, 403);
    assert_eq!(send(&visitors.public, "x".to_owned(), &own).await.status, 401);
}

async fn custody_is_drawn_and_told(visitors: &Visitors) {
    let page = visitors.acme.get(&format!("/manifests/{}", visitors.manifest)).await.body;
    let lanes = &page[page.find("class=\"flow lanes\"").expect("custody is drawn")..];
    assert!(
        lanes.contains("class=\"arrow good\"") && !lanes.contains("dashed"),
        "both sides signed: {lanes}"
    );
    assert!(lanes.contains("双方签名") && lanes.contains("1.200"), "{lanes}");
}

/// The authority that founded the ledger reads how it fares; a firm and the public do not, and a backup of another log counts for none.
#[test]
fn the_founding_authority_reads_how_the_ledger_fares() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let site = Pages::serve(&ledger.app, WebMode::Public).await;
            let bureau = site.signed_in(&ledger, &World::embedded().key("bureau", Role::Officer)).await;
            let acme = site.signed_in(&ledger, &office_key("acme")).await;
            for other in [&site, &acme] {
                let status = other.get("/operation").await.status;
                assert!([401, 404].contains(&status), "{status}");
            }
            assert!(bureau.get("/log").await.body.contains("href=\"/operation\""));
            assert!(!acme.get("/log").await.body.contains("href=\"/operation\""));
            assert!(
                bureau.get("/operation").await.body.contains("--backups"),
                "nobody said where backups lie"
            );
            let folder = Folder::new();
            ledger.app.look_for_backups(folder.path().to_owned());
            let none = bureau.get("/operation").await.body;
            assert!(none.contains("没有本账本的备份"), "{none}");
            let first = "{\"begin\":{\"format\":\"liandan-backup/v1\",\"log\":\"elsewhere\",\"size\":1,\"root\":\"\",\"opened_until_ms\":0}}\n";
            std::fs::write(folder.path().join("odd"), first).unwrap();
            assert!(bureau.get("/operation").await.body.contains("没有本账本的备份"));
            let file = std::fs::File::create(folder.path().join("monday.backup")).unwrap();
            let head = backup::write(&ledger.store, file, |_, _| {}).await.unwrap();
            assert!(head.size > 0);
            let told = bureau.get("/operation").await.body;
            assert!(told.contains("monday.backup"), "{told}");
            assert!(told.contains("正常登记并签名"), "{told}");
        });
    }
}
