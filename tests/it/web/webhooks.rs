//! Webhooks on the pages: made, tried, started again and deleted by who may keep them; there are none for anybody else.

use liandan::app::webhooks::FINDING_MESSAGES;
use liandan::custody::Kind;
use liandan::registry::Role;
use liandan::scenario::World;
use liandan::web::WebMode;

use super::{Answer, Pages, attributes};
use crate::api::server::{office_key, sign_script};
use crate::api::webhooks::Receiver;
use crate::support::ledger::{Ledger, block_on, databases};

const SCRIPT: &str = "
    08:00  acme  opens      900-041-49 1200 kg
    08:30  acme  registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    08:40  acme  hands      M1  to swift
    =====
";
const ABSENT: &str = "/webhooks/01890a5d-ac96-774b-bcce-b302099a8057";

impl Pages {
    /// Send a form as a page of this site does.
    async fn fill_in(&self, path: &str, body: &str) -> Answer {
        self.submit(path, body, Some(&self.base)).await
    }
}

/// The page of the first webhook that is listed.
fn own_page(list: &str) -> String {
    attributes(list, "href").into_iter().find(|link| link.starts_with("/webhooks/")).unwrap()
}

/// Nothing on a page runs but files of this site, and nothing typed becomes markup.
fn is_plain(answer: &Answer) {
    assert_eq!(answer.body.matches("<script").count(), answer.body.matches(super::SCRIPT_FILE).count());
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
}

#[test]
fn a_webhook_is_made_and_its_secret_shown_once() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let public = Pages::serve(&ledger.app, WebMode::Public).await;
            let acme = public.signed_in(&ledger, &office_key("acme")).await;
            let receiver = Receiver::alive().await;
            assert!(attributes(&acme.get("/rules").await.body, "href").contains(&"/webhooks".to_owned()));
            let empty = acme.get("/webhooks").await.body;
            assert!(empty.contains("尚未设置推送"));
            let offered = attributes(&empty, "value");
            for what in Kind::ALL.iter().map(|kind| kind.name()).chain(FINDING_MESSAGES) {
                assert_eq!(offered.iter().filter(|value| *value == what).count(), 1, "{what}");
            }

            for (body, said) in [
                ("url=http://example.com/told", "地址应以 https:// 开头"),
                ("url=https://10.0.0.7/told", "不得指向内部网络"),
                ("url=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "地址应以 https:// 开头"),
                ("", "地址应以 https:// 开头"),
                ("url=https://example.com/told&types=waste.lost", "没有这种消息类型"),
            ] {
                let refused = acme.fill_in("/webhooks", body).await;
                assert_eq!(refused.status, 422, "{body}: {}", refused.body);
                assert!(refused.body.contains(said), "{body}: {}", refused.body);
                is_plain(&refused);
            }
            let again = acme.fill_in("/webhooks", "url=http://example.com/told&types=waste.delivered").await;
            assert!(again.body.contains("value=\"http://example.com/told\""), "what was typed stays");
            assert_eq!(again.body.matches(" checked>").count(), 1, "{}", again.body);
            let huge = format!("url=https://example.com/{}", "a".repeat(40_000));
            assert_eq!(acme.fill_in("/webhooks", &huge).await.status, 413);
            assert!(acme.get("/webhooks").await.body.contains("尚未设置推送"), "nothing was made");

            let body = format!("url={}&types=waste.delivered&types=finding.opened", receiver.url());
            let made = acme.fill_in("/webhooks", &body).await;
            assert_eq!((made.status, made.header("cache-control")), (201, "no-store"), "{}", made.body);
            assert!(
                made.body.contains("id=\"secret\">whsec_") && made.body.contains(">whpk_"),
                "{}",
                made.body
            );
            assert!(made.body.contains("data-copy-of=\"secret\"") && made.body.contains("只在这里显示一次"));
            is_plain(&made);
            let list = acme.get("/webhooks").await;
            let one = acme.get(&own_page(&list.body)).await;
            for page in [&list, &one] {
                assert!(
                    page.body.contains(&receiver.url()) && page.body.contains("预警产生"),
                    "{}",
                    page.body
                );
                assert!(!page.body.contains("whsec_"), "it is shown once: {}", page.body);
                is_plain(page);
            }
            for _ in 1..16 {
                assert_eq!(acme.fill_in("/webhooks", "url=https://example.com/told").await.status, 201);
            }
            assert!(acme.get("/webhooks").await.body.contains("最多设置 16 个推送"));
            let refused = acme.fill_in("/webhooks", "url=https://example.com/told").await;
            assert!(refused.status == 422 && refused.body.contains("请先删除一个"), "{}", refused.body);
            ledger.close().await;
        });
    }
}

#[test]
fn a_webhook_is_tried_stops_and_is_started_again() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let public = Pages::serve(&ledger.app, WebMode::Public).await;
            let acme = public.signed_in(&ledger, &office_key("acme")).await;
            let bureau = public.signed_in(&ledger, &World::embedded().key("bureau", Role::Officer)).await;
            let receiver = Receiver::alive().await;
            assert_eq!(acme.fill_in("/webhooks", &format!("url={}", receiver.url())).await.status, 201);
            let path = own_page(&acme.get("/webhooks").await.body);
            assert!(acme.get(&path).await.body.contains("还没有发送过"));

            let tried = acme.fill_in(&path, "what=test").await;
            assert_eq!((tried.status, tried.header("location")), (303, path.as_str()));
            assert_eq!(receiver.came()[0].json()["type"], "webhook.test");
            let page = acme.get(&path).await.body;
            assert!(page.contains("测试") && page.contains("204") && page.contains("正常"), "{page}");
            assert!(bureau.get("/operation").await.body.contains("没有停止的推送"));

            receiver.answer(410);
            for act in &sign_script(SCRIPT).acts {
                ledger.send(act).await.unwrap();
            }
            ledger.app.deliver().await.unwrap();
            // Hours have passed, and sessions end.
            let acme = public.signed_in(&ledger, &office_key("acme")).await;
            let bureau = public.signed_in(&ledger, &World::embedded().key("bureau", Role::Officer)).await;
            let parked = acme.get(&path).await.body;
            assert!(parked.contains("已停止") && parked.contains("接收方答复不再接收（410）"), "{parked}");
            let english = acme.with_cookie(&format!("{}; lang=en", acme.cookie)).get("/webhooks").await.body;
            assert!(english.contains("stopped") && english.contains("is gone (410)"), "{english}");
            let told = bureau.get("/operation").await.body;
            assert!(
                told.contains("共 1 个已停止，下列 1 个") && told.contains("接收方答复不再接收"),
                "{told}"
            );

            for (after, said) in [("999999", "after 应不大于"), ("x", "编号应为整数"), ("-1", "编号应为整数")]
            {
                let refused = acme.fill_in(&path, &format!("what=replay&after={after}")).await;
                assert!(refused.status == 422 && refused.body.contains(said), "{}", refused.body);
            }
            assert!(acme.get(&path).await.body.contains("已停止"), "nothing was started");
            receiver.answer(204);
            let before = receiver.came().len();
            assert_eq!(acme.fill_in(&path, "what=replay&after=").await.header("location"), path);
            while ledger.app.deliver().await.unwrap() > 0 {}
            assert!(receiver.came().len() > before, "it goes on behind what was taken");
            assert!(acme.get(&path).await.body.contains("正常"));
            let once = receiver.came().len();
            assert_eq!(acme.fill_in(&path, "what=replay&after=0").await.status, 303);
            while ledger.app.deliver().await.unwrap() > 0 {}
            assert!(receiver.came().len() >= once + (once - before), "from the beginning");

            let renewed = acme.fill_in(&path, "what=renew&hours=24").await;
            assert!(renewed.body.contains("id=\"secret\">whsec_") && renewed.body.contains("旧密钥有效至"));
            is_plain(&renewed);
            let page = acme.get(&path).await.body;
            assert!(page.contains("旧密钥有效至") && !page.contains("whsec_"), "{page}");
            let again = acme.fill_in(&path, "what=renew&hours=24").await;
            assert!(again.status == 422 && again.body.contains("刚更换过"), "{}", again.body);
            assert!(acme.fill_in(&path, "what=renew&hours=0").await.body.contains("whsec_"));
            for hours in ["1000", "x", "-1"] {
                let refused = acme.fill_in(&path, &format!("what=renew&hours={hours}")).await;
                assert!(refused.status == 422 && refused.body.contains("168"), "{}", refused.body);
            }

            assert_eq!(acme.fill_in(&path, "what=nonsense").await.status, 404);
            let gone = acme.fill_in(&path, "what=erase").await;
            assert_eq!((gone.status, gone.header("location")), (303, "/webhooks"));
            assert_eq!(acme.get(&path).await.status, 404);
            assert_eq!(acme.fill_in(&path, "what=erase").await.status, 404);
            assert!(acme.get("/webhooks").await.body.contains("尚未设置推送"));
            ledger.close().await;
        });
    }
}

#[test]
fn there_are_no_webhooks_for_whom_they_do_not_concern() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let public = Pages::serve(&ledger.app, WebMode::Public).await;
            let receiver = Receiver::alive().await;
            let bureau = public.signed_in(&ledger, &office_key("bureau")).await;
            assert_eq!(bureau.fill_in("/webhooks", &format!("url={}", receiver.url())).await.status, 201);
            let path = own_page(&bureau.get("/webhooks").await.body);

            // Another party's is as little there as one that never was.
            let phoenix = public.signed_in(&ledger, &office_key("phoenix")).await;
            assert!(!phoenix.get("/webhooks").await.body.contains(&receiver.url()));
            let (hidden, absent) = (phoenix.get(&path).await, phoenix.get(ABSENT).await);
            assert_eq!((hidden.status, absent.status), (404, 404));
            assert_eq!(hidden.body.replace(&path, ""), absent.body.replace(ABSENT, ""));
            for what in ["test", "replay", "replay&after=x", "renew&hours=0", "erase"] {
                assert_eq!(phoenix.fill_in(&path, &format!("what={what}")).await.status, 404, "{what}");
            }

            // A driver keeps none, and is led to none.
            let driver = public.signed_in(&ledger, &World::embedded().key("swift", Role::Driver)).await;
            assert!(!attributes(&driver.get("/rules").await.body, "href").contains(&"/webhooks".to_owned()));
            for (pages, status) in [(&driver, 404), (&public, 401)] {
                for path in ["/webhooks", path.as_str()] {
                    assert_eq!(pages.get(path).await.status, status, "{path}");
                    let sent = pages.fill_in(path, "what=test&url=https://example.com/told").await;
                    assert_eq!(sent.status, status, "{path}");
                }
            }
            // What another site makes a browser send does nothing.
            for (path, body) in [("/webhooks", "url=https://example.com/told"), (path.as_str(), "what=erase")]
            {
                for origin in [None, Some("null"), Some("https://evil.example")] {
                    assert_eq!(bureau.submit(path, body, origin).await.status, 403, "{path} {origin:?}");
                }
            }
            // Whoever only looks at the demonstration as somebody sees no addresses and changes nothing.
            let demo = Pages::serve(&ledger.app, WebMode::Demo).await;
            let shown = demo.get("/webhooks").await;
            assert!(shown.status == 200 && shown.body.contains("登录后可以设置"), "{}", shown.body);
            assert!(!shown.body.contains(&receiver.url()) && !shown.body.contains("<form class=\"deed\""));
            assert_eq!(
                (demo.get(&path).await.status, demo.fill_in(&path, "what=erase").await.status),
                (404, 401)
            );
            let acme = World::embedded().party("acme").unwrap().uscc;
            assert_eq!(demo.with_cookie(&format!("view={acme}")).get("/webhooks").await.status, 404);

            assert_eq!(bureau.get(&path).await.status, 200, "it is still there");
            assert!(receiver.came().is_empty(), "and nobody was told anything");
            ledger.close().await;
        });
    }
}
