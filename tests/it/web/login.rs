//! Signing in on the pages: a token for a cookie, and what no other site can do with that.

use liandan::app::access::{BROWSER_IDLE_MS, BROWSER_LIFE_MS};
use liandan::ledger::SigningKey;
use liandan::registry::Role;
use liandan::scenario::World;
use liandan::web::WebMode;

use super::{Answer, Pages, check_page};
use crate::api::server::{claims, now_s, office_key, sign_script, sign_token};
use crate::support::ledger::{Ledger, block_on, databases};

const SCRIPT: &str = "
    08:00  acme  opens      900-041-49 1200 kg
    08:30  acme  registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    08:40  acme  hands      M1  to swift
    =====
";

fn token(ledger: &Ledger, key: &SigningKey) -> String {
    let now = now_s(ledger.clock.now());
    sign_token(&claims(now, now + 300), key)
}

impl Pages {
    /// Send a form as a page of `origin` would.
    pub(super) async fn submit(&self, path: &str, body: &str, origin: Option<&str>) -> Answer {
        let request = self.client.post(format!("{}{path}", self.base)).body(body.to_owned());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(match origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        })
        .await
    }

    /// Sign in with a token; the answer.
    async fn sign_in(&self, token: &str, next: &str) -> Answer {
        self.submit("/login", &format!("token={token}&next={next}"), Some(&self.base)).await
    }

    /// The same site as whoever signed in with this key.
    pub(super) async fn signed_in(&self, ledger: &Ledger, key: &SigningKey) -> Pages {
        self.with_cookie(&session(&self.sign_in(&token(ledger, key), "/").await))
    }
}

/// The cookie that an answer brings, `name=value`.
fn session(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let cookies = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let set = cookies.filter(|cookie| !cookie.contains("Max-Age=0;")).collect::<Vec<_>>();
    let [cookie] = set[..] else { panic!("one cookie is set: {set:?}") };
    for flag in ["Path=/", "HttpOnly", "SameSite=Strict"] {
        assert!(cookie.contains(flag), "{cookie}");
    }
    cookie.split(';').next().unwrap().to_owned()
}

async fn played(url: &str) -> (Ledger, String) {
    let ledger = Ledger::found(url).await;
    let played = sign_script(SCRIPT);
    for act in &played.acts {
        ledger.send(act).await.unwrap();
    }
    (ledger, format!("/manifests/{}", played.names.manifest("M1").unwrap()))
}

#[test]
fn a_browser_is_let_in_for_a_token_and_sees_what_its_key_may_see() {
    for database in databases() {
        block_on(async {
            let (ledger, manifest) = played(&database.url).await;
            let public = Pages::serve(&ledger.app, WebMode::Public).await;
            let closed = public.get(&manifest).await;
            assert_eq!(closed.status, 401);
            assert!(closed.body.contains(&format!("href=\"/login?next={manifest}\"")), "{}", closed.body);

            let acme = token(&ledger, &office_key("acme"));
            let answer = public.sign_in(&acme, &manifest).await;
            assert_eq!(answer.header("location"), manifest);
            let signed = public.with_cookie(&session(&answer));
            let page = signed.get(&manifest).await;
            assert_eq!((page.status, page.header("cache-control")), (200, "no-store"));
            check_page(&manifest, &page.body);
            let name = World::embedded().party("acme").unwrap().zh.clone();
            assert!(page.body.contains(&*name) && page.body.contains("action=\"/logout\""), "{}", page.body);
            let own = signed.get("/login").await;
            assert!(own.body.contains("action=\"/logout\"") && own.body.contains("已登录"), "{}", own.body);
            let back = signed.get(&format!("/login?next={manifest}")).await;
            assert_eq!((back.status, back.header("location")), (303, manifest.as_str()));

            let other = public.signed_in(&ledger, &office_key("ruby")).await;
            assert_eq!(other.get(&manifest).await.status, 404, "it is none of ruby's");
            let bureau = public.signed_in(&ledger, &office_key("bureau")).await;
            assert_eq!(bureau.get(&manifest).await.status, 200);
            let driver = World::embedded().key("swift", Role::Driver);
            let driver = public.signed_in(&ledger, &driver).await;
            assert_eq!((driver.get(&manifest).await.status, driver.get("/").await.status), (200, 200));

            // In the demonstration too: then it is looked at as nobody else.
            let demo = Pages::serve(&ledger.app, WebMode::Demo).await;
            let page = demo.signed_in(&ledger, &office_key("ruby")).await.get(&manifest).await;
            assert!(page.status == 404 && page.body.contains("演示") && !page.body.contains("<select"));
            ledger.close().await;
        });
    }
}

#[test]
fn a_session_ends_by_signing_out_by_time_and_with_its_key() {
    for database in databases() {
        block_on(async {
            let (ledger, manifest) = played(&database.url).await;
            let public = Pages::serve(&ledger.app, WebMode::Public).await;
            let (key, clock) = (office_key("acme"), ledger.clock.clone());
            let signed = public.signed_in(&ledger, &key).await;
            assert_eq!(signed.get("/logout").await.status, 405, "a link signs nobody out");
            let out = signed.submit("/logout", "", Some(&public.base)).await;
            assert_eq!((out.status, out.header("location")), (303, "/"));
            assert_eq!(out.headers.get_all("set-cookie").iter().count(), 2);
            assert_eq!(signed.get(&manifest).await.status, 401, "the cookie is worth nothing any more");

            let idle = public.signed_in(&ledger, &key).await;
            clock.set(clock.now().plus_millis(BROWSER_IDLE_MS));
            assert_eq!(idle.get(&manifest).await.status, 401);
            let busy = public.signed_in(&ledger, &key).await;
            let began = clock.now();
            while clock.now().since(began) < BROWSER_LIFE_MS - BROWSER_IDLE_MS {
                clock.set(clock.now().plus_millis(BROWSER_IDLE_MS - 1));
                assert_eq!(busy.get(&manifest).await.status, 200, "it is used");
            }
            clock.set(began.plus_millis(BROWSER_LIFE_MS));
            assert_eq!(busy.get(&manifest).await.status, 401, "used or not");

            let world = World::embedded();
            let gate = world.key("swift", world.party("swift").unwrap().gate());
            let revoked = public.signed_in(&ledger, &gate).await;
            assert_eq!(revoked.get(&manifest).await.status, 200);
            let at = clock.now();
            for act in &sign_script("08:00 bureau revokes key of swift\n=====\n").acts {
                ledger.app.submit(act.envelope.compact().as_bytes(), None).await.unwrap();
            }
            clock.set(at);
            assert_eq!(revoked.get(&manifest).await.status, 401);
            ledger.close().await;
        });
    }
}

#[test]
fn what_is_no_good_token_lets_no_browser_in() {
    let database = databases().remove(0);
    block_on(async {
        let (ledger, _) = played(&database.url).await;
        let public = Pages::serve(&ledger.app, WebMode::Public).await;
        let used = token(&ledger, &office_key("acme"));
        session(&public.sign_in(&used, "/").await);
        let stranger = token(&ledger, &SigningKey::from_seed([77; 32]));
        for (token, zh, en) in [
            (used.as_str(), "令牌已被使用过", "the token was used before"),
            (&stranger, "签名密钥未在本账本登记", "the signing key is not enrolled"),
            ("nonsense", "签名信封格式不正确", "not a JWS"),
        ] {
            for (pages, said) in [(&public, zh), (&public.with_cookie("lang=en"), en)] {
                let answer = pages.sign_in(token, "/rules").await;
                assert_eq!(answer.status, 401);
                assert!(
                    answer.body.contains(said) && answer.body.contains("value=\"/rules\""),
                    "{}",
                    answer.body
                );
                assert!(answer.headers.get("set-cookie").is_none());
                check_page("/login", &answer.body);
            }
        }
        let evil = public.sign_in("x", "%22%3E%3Cscript%3E").await;
        check_page("/login", &evil.body);
        let huge = public.sign_in(&"a".repeat(10_000), "/").await;
        assert_eq!(huge.status, 413);
        check_page("/login", &huge.body);
        let torn = public.submit("/login", "next=/", Some(&public.base)).await;
        assert_eq!(torn.status, 401, "{}", torn.body);
        for (next, to) in [
            ("//evil.example", "/evil.example"),
            ("https://evil.example", "/https://evil.example"),
            ("", "/"),
        ] {
            let answer = public.sign_in(&token_of_acme(&ledger), next).await;
            assert_eq!(answer.header("location"), to);
        }
        ledger.close().await;
    });
}

fn token_of_acme(ledger: &Ledger) -> String {
    token(ledger, &office_key("acme"))
}

#[test]
fn no_other_site_acts_in_the_name_of_a_visitor() {
    let database = databases().remove(0);
    block_on(async {
        let (ledger, manifest) = played(&database.url).await;
        let public = Pages::serve(&ledger.app, WebMode::Public).await;
        let signed = public.signed_in(&ledger, &office_key("acme")).await;
        let fresh = token_of_acme(&ledger);
        let lookalike = format!("{}.evil.example", public.base);
        for origin in [None, Some("null"), Some("https://evil.example"), Some(lookalike.as_str())] {
            for (path, body) in [
                ("/logout", String::new()),
                ("/login", format!("token={fresh}")),
                ("/reconcile", String::new()),
            ] {
                let answer = signed.submit(path, &body, origin).await;
                assert_eq!(answer.status, 403, "{path} {origin:?}");
                assert!(
                    answer.headers.get("set-cookie").is_none() && answer.body.contains("不是从本站页面发出")
                );
                check_page(path, &answer.body);
            }
        }
        assert_eq!(signed.get(&manifest).await.status, 200, "nobody was signed out");

        // Each sign-in brings a secret of its own, whatever the browser came with, and that ends.
        let planted = public.with_cookie("session=liandan_planted").sign_in(&fresh, "/").await;
        assert_ne!(session(&planted), "session=liandan_planted");
        let again = signed.sign_in(&token_of_acme(&ledger), "/").await;
        let renewed = public.with_cookie(&session(&again));
        assert_eq!(signed.get(&manifest).await.status, 401);
        assert_eq!(renewed.get(&manifest).await.status, 200);

        // Behind TLS the cookie is this very host's, and never goes out in the clear.
        let secure = public.base.replace("http://", "https://");
        let body = format!("token={}", token_of_acme(&ledger));
        let answer = public.submit("/login", &body, Some(&secure)).await;
        let cookie = session(&answer);
        assert!(cookie.starts_with("__Host-session=liandan_"), "{cookie}");
        let secure = answer.headers.get_all("set-cookie").iter().filter(|cookie| {
            let cookie = cookie.to_str().unwrap();
            cookie.starts_with("__Host-session=liandan_") && cookie.ends_with("; Secure")
        });
        assert_eq!(secure.count(), 1);
        assert_eq!(public.with_cookie(&cookie).get(&manifest).await.status, 200);
        ledger.close().await;
    });
}
