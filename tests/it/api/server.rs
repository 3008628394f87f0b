//! A ledger behind a socket, and callers that sign their tokens.

use std::sync::atomic::{AtomicU32, Ordering};

use liandan::app::access::TokenClaims;
use liandan::clock::Timestamp;
use liandan::id::SiteId;
use liandan::ledger::{Envelope, SigningKey, Typ};
use liandan::registry::Role;
use liandan::scenario::{Played, Script, World};
use liandan::shape::Text;
use serde_json::Value;

use crate::support::http::client_builder;
use crate::support::ledger::{Database, LOG, Ledger};

/// A served ledger.
pub(crate) struct Server {
    pub(crate) ledger: Ledger,
    pub(crate) client: reqwest::Client,
    base: String,
    _database: Database,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The slug of the problem, then code and pointer of each error.
    pub(crate) fn problem(&self) -> (String, Vec<(String, String)>) {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text);
        let json = self.json();
        assert_eq!(json["status"], self.status);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let errors = json["errors"].as_array().unwrap();
        assert!(errors.iter().all(|error| !text(&error["zh"]).is_empty() && !text(&error["en"]).is_empty()));
        let slug = text(&json["type"]).trim_start_matches("/problems/").to_owned();
        (slug, errors.iter().map(|error| (text(&error["code"]), text(&error["pointer"]))).collect())
    }
}

impl Server {
    /// Found the embedded world and serve it.
    pub(crate) async fn start(database: Database) -> Self {
        let ledger = Ledger::found(&database.url).await;
        Self::of(database, ledger).await
    }

    /// Found another world at a time, and serve it.
    pub(crate) async fn of_world(database: Database, world: &World, at: Timestamp) -> Self {
        let ledger = Ledger::found_world(&database.url, world, at).await;
        Self::of(database, ledger).await
    }

    async fn of(database: Database, ledger: Ledger) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = liandan::api::router(ledger.app.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { ledger, client: client_builder().build().unwrap(), base, _database: database }
    }

    /// Play a script into the ledger; nothing in it may be refused.
    pub(crate) async fn play(&self, text: &str) -> Played {
        let played = sign_script(text);
        for act in &played.acts {
            self.ledger.send(act).await.unwrap();
        }
        self.ledger.pass_time(played.ends_at).await;
        played
    }

    /// Play a script in which some things are refused.
    pub(crate) async fn play_all(&self, text: &str) -> Played {
        let played = sign_script(text);
        for act in &played.acts {
            drop(self.ledger.send(act).await);
        }
        self.ledger.pass_time(played.ends_at).await;
        played
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Number of entries in the log.
    pub(crate) async fn size(&self) -> u64 {
        self.ledger.app.readiness().await.unwrap().size
    }

    /// Read as a party of the world.
    pub(crate) async fn read_as(&self, label: &str, path: &str) -> Answer {
        let token = self.token(label);
        self.read_with(&token, path).await
    }

    /// Send JSON as a party of the world.
    pub(crate) async fn post_as(&self, label: &str, path: &str, body: &Value) -> Answer {
        let request = self.client.post(self.url(path)).bearer_auth(self.token(label)).body(body.to_string());
        Answer::of(request.send().await.unwrap()).await
    }

    pub(crate) async fn read_with(&self, token: &str, path: &str) -> Answer {
        let request = self.client.get(self.url(path)).bearer_auth(token);
        Answer::of(request.send().await.unwrap()).await
    }

    pub(crate) async fn read(&self, path: &str) -> Answer {
        Answer::of(self.client.get(self.url(path)).send().await.unwrap()).await
    }

    /// What lies under acme's site is read by acme and the bureau; others learn no more than of a site that never was.
    pub(crate) async fn is_for_acme_and_the_bureau(&self, site: SiteId, rest: &str) {
        let address = format!("/api/v1/sites/{site}/{rest}");
        let absent = format!("/api/v1/sites/01890a5d-ac96-774b-bcce-b302099a8057/{rest}");
        for label in ["swift", "phoenix"] {
            let forbidden = self.read_as(label, &address).await;
            let absent = self.read_as(label, &absent).await;
            assert_eq!((forbidden.status, &forbidden.text), (404, &absent.text), "{label} {rest}");
        }
        for label in ["acme", "bureau"] {
            assert_eq!(self.read_as(label, &address).await.status, 200, "{label} {rest}");
        }
    }

    pub(crate) async fn upload(&self, path: &str, body: impl Into<reqwest::Body>) -> Answer {
        Answer::of(self.client.post(self.url(path)).body(body).send().await.unwrap()).await
    }

    /// A good token of a party's key of a role.
    pub(crate) fn token_of(&self, label: &str, role: Role) -> String {
        let now_s = now_s(self.ledger.clock.now());
        sign_token(&claims(now_s, now_s + 300), &World::embedded().key(label, role))
    }

    /// A good token of a party.
    pub(crate) fn token(&self, label: &str) -> String {
        let now_s = now_s(self.ledger.clock.now());
        sign_token(&claims(now_s, now_s + 300), &office_key(label))
    }
}

/// Sign what a script says; its lines may be indented.
pub(crate) fn sign_script(text: &str) -> Played {
    let text: Vec<&str> = text.lines().map(str::trim).collect();
    Script::parse("test", &text.join("\n")).unwrap().play(World::embedded(), LOG).unwrap()
}

pub(crate) fn now_s(now: Timestamp) -> i64 {
    now.as_millis() / 1_000
}

/// The key that declares for a party of the world.
pub(crate) fn office_key(label: &str) -> SigningKey {
    let world = World::embedded();
    let office: Role = world.party(label).unwrap().office();
    world.key(label, office)
}

/// Claims with a name of their own.
pub(crate) fn claims(iat: i64, exp: i64) -> TokenClaims {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let jti = format!("test-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    TokenClaims { aud: Text::new(LOG).unwrap(), iat, exp, jti: Text::new(jti).unwrap() }
}

pub(crate) fn sign_token(claims: &TokenClaims, key: &SigningKey) -> String {
    Envelope::sign(Typ::Token, &serde_json::to_vec(claims).unwrap(), key).into_compact()
}
