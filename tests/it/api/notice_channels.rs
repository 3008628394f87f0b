//! Where somebody is told: at an address that was shown to be theirs, in order, again and again for a day, and of nothing that a mailbox must not know.

use liandan::app::App;
use liandan::app::mail::MailSettings;
use liandan::clock::Timestamp;
use liandan::registry::Role;
use serde_json::{Value, json};

use super::server::{Answer, Server};
use crate::support::gateway::Recorder;
use crate::support::ledger::{block_on, databases};
use crate::support::mail::MailServer;

const ADDRESS: &str = "sun@phoenix.example";

fn use_mail(app: &App, mail: &MailServer) {
    let from = "ledger@liandan.example".to_owned();
    app.use_mail(MailSettings { server: mail.url(), password: None, from }).unwrap();
    app.use_public_address("https://ledger.example.cn/");
}

async fn put(server: &Server, token: String, way: &str, wanted: &Value) -> Answer {
    let request = server.client.put(server.url(&format!("/api/v1/notice-channels/{way}"))).bearer_auth(token);
    Answer::of(request.body(wanted.to_string()).send().await.unwrap()).await
}

async fn confirm(server: &Server, label: &str, way: &str, code: &str) -> Answer {
    server.post_as(label, &format!("/api/v1/notice-channels/{way}/confirm"), &json!({ "code": code })).await
}

/// The code in a letter.
fn code_in(text: &str) -> String {
    let digits = |part: &&str| part.len() == 8 && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split(|c: char| !c.is_ascii_digit()).find(digits).unwrap().to_owned()
}

/// An address of phoenix's operator that was confirmed.
async fn confirmed(server: &Server, mail: &MailServer) {
    let answer = put(server, server.token("phoenix"), "email", &json!({ "address": ADDRESS })).await;
    assert_eq!((answer.status, answer.json()["confirmed_at"].clone()), (200, Value::Null), "{}", answer.text);
    server.ledger.app.send_notices().await.unwrap();
    let code = code_in(&mail.came().last().unwrap().text());
    let answer = confirm(server, "phoenix", "email", &code).await;
    assert_eq!((answer.status, answer.json()["confirmed_at"].is_string()), (200, true), "{}", answer.text);
}

async fn tell(server: &Server) {
    server.ledger.app.make_notices().await.unwrap();
    server.ledger.app.send_notices().await.unwrap();
}

const PLANNED: &str = "08:00 acme opens L1 900-041-49 3600 kg
    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix unconfirmed
    =====";
const PLANNED_TWO: &str = "08:00 acme opens L1 900-041-49 3600 kg
    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix unconfirmed
    09:10 acme registers M2 900-041-49 1300 kg acme > swift > phoenix unconfirmed
    =====";

#[test]
fn nothing_but_a_code_goes_to_an_address_before_it_is_confirmed() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let mail = MailServer::alive().await;
            // Nobody promises what nobody configured.
            let refused =
                put(&server, server.token("phoenix"), "email", &json!({ "address": ADDRESS })).await;
            assert_eq!(refused.problem().1, [("way-not-served".to_owned(), "/way".to_owned())]);
            use_mail(&server.ledger.app, &mail);
            let answer = put(&server, server.token("phoenix"), "email", &json!({ "address": ADDRESS })).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            server.play(PLANNED).await;
            tell(&server).await;
            let came = mail.came();
            assert_eq!(came.len(), 1, "the code alone: {came:?}");
            assert_eq!(came[0].to, [ADDRESS]);

            // Guessing ends after five, also for who then knows the code.
            let code = code_in(&came[0].text());
            let other = if code == "00000000" { "00000001" } else { "00000000" };
            for _ in 0..5 {
                let wrong = confirm(&server, "phoenix", "email", other).await;
                assert_eq!(wrong.problem().1, [("code-wrong".to_owned(), "/code".to_owned())]);
            }
            assert_eq!(confirm(&server, "phoenix", "email", &code).await.status, 422);
            // Another party's key has no such channel to confirm.
            assert_eq!(confirm(&server, "acme", "email", &code).await.status, 404);

            // Another code in a minute, five a day.
            let now = server.ledger.clock.now();
            let soon = put(&server, server.token("phoenix"), "email", &json!({ "address": ADDRESS })).await;
            let exhausted = [("codes-exhausted".to_owned(), "/address".to_owned())];
            for n in 1..5 {
                server.ledger.clock.set(now.plus_millis(n * 60_000));
                let again =
                    put(&server, server.token("phoenix"), "email", &json!({ "address": ADDRESS })).await;
                assert_eq!(again.status, 200, "{n} {}", again.text);
            }
            assert!(soon.status == 200 || soon.problem().1 == exhausted);
            server.ledger.clock.set(now.plus_hours(1));
            let sixth = put(&server, server.token("phoenix"), "email", &json!({ "address": ADDRESS })).await;
            assert_eq!(sixth.problem().1, exhausted);
            // Nor from another key to the same address.
            let flood = put(&server, server.token("acme"), "email", &json!({ "address": ADDRESS })).await;
            assert_eq!(flood.problem().1, exhausted);
            // Erased, it is gone, and its holder is not sent more codes for that.
            let path = server.url("/api/v1/notice-channels/email");
            let gone = async || {
                let request = server.client.delete(&path).bearer_auth(server.token("phoenix"));
                request.send().await.unwrap().status().as_u16()
            };
            assert_eq!((gone().await, gone().await), (204, 404));
            assert_eq!(server.read_as("phoenix", "/api/v1/notice-channels").await.json()["items"], json!([]));
            let seventh =
                put(&server, server.token("phoenix"), "email", &json!({ "address": ADDRESS })).await;
            assert_eq!(seventh.problem().1, exhausted);
        });
    }
}

#[test]
fn a_letter_says_what_a_mailbox_may_know_once_and_in_both_languages() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let mail = MailServer::alive().await;
            use_mail(&server.ledger.app, &mail);
            confirmed(&server, &mail).await;
            let before = mail.came().len();
            server.play(PLANNED).await;
            tell(&server).await;
            tell(&server).await;
            let came = mail.came().split_off(before);
            assert_eq!(came.len(), 1, "{came:?}");
            let (head, text) = came[0].parts();
            assert!(
                text.find("联单待确认").unwrap() < text.find("a load is planned to you").unwrap(),
                "{text}"
            );
            assert!(text.contains("https://ledger.example.cn/manifests/"), "{text}");
            assert!(head.contains("Message-ID: <") && head.contains("@liandan.example>"), "{head}");
            for secret in ["1200", "1.2", "900-041-49", "艾克美", "Acme", "91371302"] {
                assert!(!text.contains(secret) && !head.contains(secret), "{secret}: {head} {text}");
            }
            // Whoever has read it, or done it, is not told any more; nor is who wants quiet, or only what matters more.
            let quiet = json!({ "address": ADDRESS, "quiet": true });
            assert_eq!(put(&server, server.token("phoenix"), "email", &quiet).await.status, 200);
            server.play("10:00 acme opens L2 900-041-49 1200 kg\n 10:10 acme registers M5 900-041-49 100 kg acme > swift > phoenix unconfirmed\n =====").await;
            tell(&server).await;
            let severe =
                json!({ "address": ADDRESS, "severity": "critical", "kinds": ["manifest-to-confirm"] });
            let answer = put(&server, server.token("phoenix"), "email", &severe).await;
            assert_eq!((answer.status, answer.json()["confirmed_at"].is_string()), (200, true));
            server.play("11:00 acme opens L3 900-041-49 1200 kg\n 11:10 acme registers M6 900-041-49 100 kg acme > swift > phoenix unconfirmed\n =====").await;
            tell(&server).await;
            assert_eq!(mail.came().len(), before + 1);
            for (wanted, wrong) in [
                (json!({ "address": "sun@phoenix.example\r\nBcc: all@example.cn" }), "channel-address"),
                (json!({ "address": "sun" }), "channel-address"),
                (json!({ "address": ADDRESS, "kinds": ["rumour"] }), "notice-kind"),
            ] {
                let refused = put(&server, server.token("phoenix"), "email", &wanted).await;
                assert_eq!(refused.problem().1[0].0, wrong, "{wanted}");
            }
        });
    }
}

/// Away for an hour, then refusing, then well.
#[test]
fn nothing_is_lost_and_the_order_kept_where_the_mail_server_is_away() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let mail = MailServer::alive().await;
            use_mail(&server.ledger.app, &mail);
            confirmed(&server, &mail).await;
            let before = mail.came().len();
            mail.be_away(true);
            let ends_at = server.play(PLANNED_TWO).await.ends_at;
            let minute = |n: i64| -> Timestamp { ends_at.plus_millis(n * 60_000) };
            for n in 0..60 {
                server.ledger.clock.set(minute(n));
                tell(&server).await;
            }
            assert_eq!(mail.came().len(), before);
            let seen = server.read_as("phoenix", "/api/v1/notice-channels").await.json();
            let waiting = seen["items"][0]["messages"].as_array().unwrap().clone();
            let of = |n: usize| (waiting[n]["state"].clone(), waiting[n]["attempts"].as_u64().unwrap());
            assert_eq!(of(0), (json!("waiting"), 0), "the second waits for the first");
            assert!(of(1).0 == "waiting" && (3..8).contains(&of(1).1), "ever more rarely: {seen}");
            let error = waiting[1]["error"].as_str().unwrap();
            assert_eq!(error, "the mail server cannot be reached");
            mail.be_away(false);
            server.ledger.clock.set(minute(180));
            tell(&server).await;
            let came = mail.came().split_off(before);
            let numbers: Vec<String> = came.iter().map(|letter| letter.text()).collect();
            assert_eq!(numbers.len(), 2, "{numbers:?}");
            let listed = server.read_as("phoenix", "/api/v1/notices?kind=manifest-to-confirm").await.json();
            let mut links: Vec<String> = listed["items"]
                .as_array()
                .unwrap()
                .iter()
                .rev()
                .map(|one| one["link"].as_str().unwrap().to_owned())
                .collect();
            // Those of one moment are in the order of the log, as they were made.
            links.sort_by_key(|link| numbers.iter().position(|text| text.contains(link.as_str())));
            assert!(numbers[0].contains(&links[0]) && numbers[1].contains(&links[1]));
        });
    }
}

#[test]
fn after_a_day_it_is_given_up_and_said() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let mail = MailServer::alive().await;
            use_mail(&server.ledger.app, &mail);
            confirmed(&server, &mail).await;
            let before = mail.came().len();
            mail.refuse(true);
            let ends_at = server.play(PLANNED).await.ends_at;
            for n in 0..=50 {
                server.ledger.clock.set(ends_at.plus_millis(n * 30 * 60_000));
                tell(&server).await;
            }
            let seen = server.read_as("phoenix", "/api/v1/notice-channels").await.json();
            let message = &seen["items"][0]["messages"][0];
            assert_eq!(message["state"], "given-up", "{seen}");
            // What the server says behind its code may quote the address.
            assert_eq!(message["error"], "the mail server answered 450");
            mail.refuse(false);
            tell(&server).await;
            assert_eq!(mail.came().len(), before);
        });
    }
}

#[test]
fn short_messages_go_through_the_gateway_to_a_driver() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let recorder = Recorder::alive().await;
        server.ledger.app.use_gateway(&recorder.url()).unwrap();
        let driver = || server.token_of("swift", Role::Driver);
        let wanted = json!({ "address": "138 0013 8000", "language": "en" });
        assert_eq!(put(&server, driver(), "phone", &wanted).await.status, 200);
        server.ledger.app.send_notices().await.unwrap();
        let code = recorder.came()[0].clone();
        assert_eq!((&code["to"], &code["template"]), (&json!("+8613800138000"), &json!("code")));
        let code = json!({ "code": code["parameters"]["code"] });
        let path = server.url("/api/v1/notice-channels/phone/confirm");
        let shown =
            server.client.post(path).bearer_auth(driver()).body(code.to_string()).send().await.unwrap();
        assert_eq!(shown.status(), 200);
        server.play("08:00 acme opens L1 900-041-49 2400 kg\n 09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix\n =====").await;
        tell(&server).await;
        let came = recorder.came();
        assert_eq!(came.len(), 2, "{came:?}");
        assert_eq!((&came[1]["template"], &came[1]["language"]), (&json!("notice"), &json!("en")));
        assert!(came[1]["text"].as_str().unwrap().starts_with("you were named for a load"), "{}", came[1]);
        assert_eq!(came[1]["parameters"]["kind"], "manifest-assigned");
    });
}

/// Whoever plans many loads to somebody fills a list, and no mailbox.
#[test]
fn a_mailbox_is_not_flooded() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let mail = MailServer::alive().await;
        use_mail(&server.ledger.app, &mail);
        confirmed(&server, &mail).await;
        let before = mail.came().len();
        let planned = (1..=35).map(|n| {
            format!("09:{n:02} acme registers M{n} 900-041-49 10 kg acme > swift > phoenix unconfirmed\n")
        });
        let script = format!("08:00 acme opens L1 900-041-49 3600 kg\n{}=====", planned.collect::<String>());
        server.play(&script).await;
        tell(&server).await;
        assert_eq!(mail.came().len() - before, 30);
        let listed =
            server.read_as("phoenix", "/api/v1/notices?kind=manifest-to-confirm&limit=500").await.json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 35);
    });
}
