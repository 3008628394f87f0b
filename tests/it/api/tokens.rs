//! Assertions exchanged for access tokens: `POST /oauth/token`, and what comes in by one.

use liandan::app::App;
use liandan::app::access::{AccessError, Door, MAX_SESSIONS_OF_KEY, PROGRAM_LIFE_MS};
use liandan::ledger::{SigningKey, b64};
use liandan::registry::Role;
use liandan::scenario::World;
use liandan::shape::Text;

use super::server::{Answer, Server, claims, now_s, office_key, sign_token};
use crate::support::ledger::{LOG, Ledger, block_on, databases, settings};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");
const TYPE: (&str, &str) =
    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
const LIST: &str = "/api/v1/manifests";

/// A form as OAuth clients send it. No value here needs escaping but colons.
fn form(fields: &[(&str, &str)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", value.replace(':', "%3A")));
    pairs.collect::<Vec<_>>().join("&")
}

async fn post(server: &Server, body: String) -> Answer {
    let request = server.client.post(server.url("/oauth/token"));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    Answer::of(request.send().await.unwrap()).await
}

async fn exchange(server: &Server, assertion: &str) -> Answer {
    let answer = post(server, form(&[GRANT, TYPE, ("client_assertion", assertion)])).await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    answer
}

/// The access token in an answer.
fn token_in(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// `error` and `code` of a refusal, its texts checked.
fn refusal(answer: &Answer) -> (String, String) {
    assert_eq!((answer.status, &answer.headers["cache-control"]), (400, &"no-store".parse().unwrap()));
    let json = answer.json();
    let text = |name: &str| json[name].as_str().unwrap().to_owned();
    let (en, zh) = (text("error_description"), text("error_description_zh"));
    assert!(!en.is_empty() && en.chars().all(|c| (' '..='~').contains(&c) && c != '"' && c != '\\'), "{en}");
    assert!(!zh.is_ascii(), "{zh}");
    (text("error"), text("code"))
}

/// The code that a secret or assertion is refused with by the program itself.
fn code<T>(result: Result<T, AccessError>) -> String {
    match result {
        Err(AccessError::Token(objection)) => objection.code,
        Err(other) => panic!("{other}"),
        Ok(_) => "good".to_owned(),
    }
}

/// A JWT as OAuth clients make it.
fn jwt(key: &SigningKey, audience: &str, now_s: i64) -> String {
    let kid = key.kid();
    let header = r#"{"alg":"EdDSA","typ":"JWT"}"#;
    let claims = serde_json::json!({
        "iss": kid, "sub": kid, "aud": audience, "iat": now_s, "exp": now_s + 60, "jti": format!("jwt-{now_s}-{audience}"),
    });
    let input = format!("{}.{}", b64::encode(header.as_bytes()), b64::encode(claims.to_string().as_bytes()));
    format!("{input}.{}", b64::encode(&key.sign(input.as_bytes())))
}

#[test]
fn an_assertion_is_exchanged_for_a_token_that_is_good_many_times() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let answer = exchange(&server, &server.token("acme")).await;
            let json = answer.json();
            assert_eq!((&json["token_type"], &json["expires_in"]), (&"Bearer".into(), &900.into()));
            let token = token_in(&answer);
            for _ in 0..3 {
                assert_eq!(server.read_with(&token, LIST).await.status, 200);
            }
            let who = server.read_with(&token, "/api/v1/sites").await.json();
            assert!(!who["items"].as_array().unwrap().is_empty(), "it is acme that reads: {who}");
            // A driver is let in as a driver.
            let driver = exchange(&server, &server.token_of("swift", Role::Driver)).await;
            assert_eq!(server.read_with(&token_in(&driver), "/api/v1/sites").await.status, 403);

            server.ledger.clock.set(server.ledger.clock.now().plus_millis(PROGRAM_LIFE_MS - 1));
            assert_eq!(server.read_with(&token, LIST).await.status, 200);
            server.ledger.clock.set(server.ledger.clock.now().plus_millis(1));
            let ended = server.read_with(&token, LIST).await;
            assert_eq!((ended.status, ended.problem().1[0].0.as_str()), (401, "token-unknown"));
            let never = server.read_with(&format!("liandan_{}", "A".repeat(43)), LIST).await;
            assert_eq!((never.status, &never.text), (401, &ended.text), "ended and never there answer alike");
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn oauth_clients_come_with_a_jwt() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let (key, now) = (office_key("acme"), now_s(server.ledger.clock.now()));
        let assertion = jwt(&key, LOG, now);
        let kid = key.kid().to_string();
        let fields = [GRANT, TYPE, ("client_id", &kid), ("client_assertion", &assertion)];
        let token = token_in(&post(&server, form(&fields)).await);
        assert_eq!(server.read_with(&token, LIST).await.status, 200);
        let again = refusal(&exchange(&server, &assertion).await);
        assert_eq!(again, ("invalid_client".to_owned(), "token-replayed".to_owned()));
        let elsewhere = refusal(&exchange(&server, &jwt(&key, "https://other.example/token", now)).await);
        assert_eq!(elsewhere.1, "token-audience");
        let stranger = jwt(&SigningKey::from_seed([77; 32]), LOG, now);
        assert_eq!(refusal(&exchange(&server, &stranger).await).1, "key-unknown");
        // A JWT opens no call by itself: it is exchanged, or it is nothing.
        let answer = server.read_with(&jwt(&key, LOG, now + 1), LIST).await;
        assert_eq!((answer.status, answer.problem().1[0].0.as_str()), (401, "envelope-header"));
    });
}

#[test]
fn what_is_no_good_assertion_gets_no_token() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let (now, key) = (now_s(server.ledger.clock.now()), office_key("acme"));
        let good = || claims(now, now + 300);
        let elsewhere =
            || liandan::app::access::TokenClaims { aud: Text::new("other/log").unwrap(), ..good() };
        let used = server.token("acme");
        assert_eq!(server.read_with(&used, LIST).await.status, 200);
        for (assertion, wanted) in [
            (used, "token-replayed"),
            (sign_token(&elsewhere(), &key), "token-audience"),
            (sign_token(&claims(now - 400, now - 100), &key), "token-expired"),
            (sign_token(&claims(now, now + 301), &key), "token-too-long"),
            (sign_token(&good(), &SigningKey::from_seed([77; 32])), "key-unknown"),
            ("a.b.c".to_owned(), "envelope-malformed"),
            ("x".repeat(4_097), "assertion-too-large"),
            (String::new(), "envelope-malformed"),
        ] {
            let (error, code) = refusal(&exchange(&server, &assertion).await);
            assert_eq!((error.as_str(), code.as_str()), ("invalid_client", wanted), "{assertion}");
        }
        let token = token_in(&exchange(&server, &server.token("acme")).await);
        assert_eq!(
            refusal(&exchange(&server, &token).await).1,
            "envelope-malformed",
            "a token is no assertion"
        );
    });
}

#[test]
fn forms_are_what_oauth_says() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let token = server.token("acme");
        let assertion = ("client_assertion", token.as_str());
        for (fields, error, code) in [
            (vec![], "invalid_request", "parameter-missing"),
            (vec![GRANT, TYPE], "invalid_request", "parameter-missing"),
            (vec![GRANT, assertion], "invalid_request", "parameter-missing"),
            (
                vec![("grant_type", "password"), TYPE, assertion],
                "unsupported_grant_type",
                "grant-unsupported",
            ),
            (vec![GRANT, ("client_assertion_type", "saml2"), assertion], "invalid_client", "assertion-type"),
            (vec![GRANT, GRANT, TYPE, assertion], "invalid_request", "form-malformed"),
            (vec![GRANT, TYPE, assertion, ("scope", "all")], "invalid_scope", "scope-unknown"),
        ] {
            let answer = post(&server, form(&fields)).await;
            assert_eq!(refusal(&answer), (error.to_owned(), code.to_owned()), "{fields:?}");
        }
        let json = server.upload("/oauth/token", "{\"grant_type\":\"client_credentials\"}").await;
        assert_eq!(refusal(&json).1, "form-malformed");
        let huge = post(&server, format!("grant_type={}", "a".repeat(10_000))).await;
        assert_eq!((huge.status, huge.problem().1[0].0.as_str()), (413, "body-too-large"));
        assert_eq!(server.read("/oauth/token").await.problem().0, "method-not-allowed");
        // None of that has used the assertion up, and parameters that nobody knows are left alone.
        let fields = [GRANT, TYPE, assertion, ("resource", "x")];
        token_in(&post(&server, form(&fields)).await);
        let (fresh, other) = (server.token("acme"), office_key("swift").kid().to_string());
        let fields = [GRANT, TYPE, ("client_assertion", &fresh), ("client_id", &other)];
        assert_eq!(refusal(&post(&server, form(&fields)).await).1, "client-differs");
    });
}

#[test]
fn a_revoked_key_ends_its_tokens() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let world = World::embedded();
            let gate = world.key("swift", world.party("swift").unwrap().gate());
            let now = now_s(server.ledger.clock.now());
            let token = token_in(&exchange(&server, &sign_token(&claims(now, now + 60), &gate)).await);
            assert_eq!(server.read_with(&token, LIST).await.status, 200);
            let before = server.ledger.clock.now();
            server.play("08:00 bureau revokes key of swift\n=====\n").await;
            server.ledger.clock.set(before);
            let answer = server.read_with(&token, LIST).await;
            assert_eq!((answer.status, answer.problem().1[0].0.as_str()), (401, "key-revoked"));
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn processes_share_what_was_exchanged() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let other = App::open(settings(ledger.store.clone(), ledger.clock.clone(), None)).await.unwrap();
            let now = ledger.clock.now();
            let assertion = sign_token(&claims(now_s(now), now_s(now) + 300), &office_key("acme"));
            let admitted = ledger.app.exchange(Door::Program, &assertion).await.unwrap();
            assert_eq!(code(other.exchange(Door::Program, &assertion).await), "token-replayed");
            let seen = other.let_in(Door::Program, &admitted.secret, now).await.unwrap();
            assert_eq!(seen, admitted.viewer);
            assert_eq!(code(other.let_in(Door::Browser, &admitted.secret, now).await), "token-unknown");
            other.end_session(&admitted.secret).await.unwrap();
            assert_eq!(code(ledger.app.let_in(Door::Program, &admitted.secret, now).await), "token-unknown");
            // Ended, and still no use for whoever has overheard the assertion.
            assert_eq!(code(other.exchange(Door::Program, &assertion).await), "token-replayed");
            drop(other);
            ledger.close().await;
        });
    }
}

#[test]
fn a_key_has_a_bounded_number_of_sessions_and_ended_ones_are_forgotten() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let exchange = async || {
                let now = now_s(ledger.clock.now());
                let assertion = sign_token(&claims(now, now + 300), &office_key("acme"));
                ledger.app.exchange(Door::Program, &assertion).await
            };
            for _ in 0..MAX_SESSIONS_OF_KEY {
                exchange().await.unwrap();
            }
            assert_eq!(code(exchange().await), "sessions-exhausted");
            ledger.clock.set(ledger.clock.now().plus_millis(PROGRAM_LIFE_MS));
            exchange().await.unwrap();
            let kept = {
                let mut tx = ledger.store.read().await.unwrap();
                liandan::store::session::count_of(&mut tx, office_key("acme").kid(), 1_000).await.unwrap()
            };
            assert_eq!(kept, 1);
            ledger.close().await;
        });
    }
}
