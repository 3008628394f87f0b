//! Logins through a provider of OpenID Connect: the package oidc-provider, run here, with people who go through its pages.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command};

use liandan::app::App;
use liandan::app::oidc::{CALLBACK, ProviderFile};
use liandan::clock::{Clock, MINUTE_MS};
use liandan::custody::{Event, Statement};
use liandan::id::ActId;
use liandan::ledger::{Envelope, Kid, SigningKey, Typ};
use liandan::registry::Role;
use liandan::registry::standing::{KeyRevoked, RevocationReason};
use liandan::scenario::World;
use liandan::shape::{List, Text};
use liandan::web::{WebMode, router};

use crate::api::server::{office_key, sign_script};
use crate::interop::tools::OIDC;
use crate::support::http::client_builder;
use crate::support::ledger::{Folder, Ledger, block_on, databases};
use crate::support::program::{Running, Served};

const SCRIPT: &str = "
    08:00  acme  opens      900-041-49 1200 kg
    08:30  acme  registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    =====
";
const SECRET: &str = "a secret that this ledger and the provider of its tests share";
/// Names that get ID tokens which do not hold: see provider.mjs.
const FORGED: [&str; 9] = [
    "other-issuer",
    "other-audience",
    "more-audiences",
    "other-nonce",
    "no-nonce",
    "expired",
    "other-key",
    "shared-secret",
    "unsigned",
];
/// Most steps of one login: pages of the provider, and the ways between them.
const MOST_STEPS: usize = 20;

/// The provider; it goes when this is dropped.
struct Provider {
    child: Child,
    issuer: String,
    /// What it says later is not read, and it must not find that nobody listens.
    _said: BufReader<ChildStdout>,
}

impl Provider {
    /// Start it for a ledger whose pages are there; `None`, said loudly, where there is none.
    fn start(pages: &str) -> Option<Self> {
        let mut child = OIDC.spawn(&[&format!("{pages}{CALLBACK}")])?;
        let mut issuer = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut issuer).unwrap();
        Some(Self { child, issuer: issuer.trim().to_owned(), _said: said })
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What a page or a redirect said.
struct Seen {
    status: u16,
    to: Option<String>,
    body: String,
}

/// A browser: it keeps cookies, and shows them to every port of a host, as browsers do.
#[derive(Clone)]
struct Browser {
    client: reqwest::Client,
    jar: BTreeMap<String, String>,
}

impl Browser {
    fn new() -> Self {
        let client = client_builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { client, jar: BTreeMap::new() }
    }

    async fn send(&mut self, request: reqwest::RequestBuilder, at: &str) -> Seen {
        let cookies: Vec<String> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header("cookie", cookies.join("; ")).send().await.unwrap();
        for cookie in answer.headers().get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            match value {
                "" => self.jar.remove(name),
                value => self.jar.insert(name.to_owned(), value.to_owned()),
            };
        }
        let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        let to = to.map(|to| reqwest::Url::parse(at).unwrap().join(&to).unwrap().to_string());
        Seen { status: answer.status().as_u16(), to, body: answer.text().await.unwrap() }
    }

    async fn get(&mut self, url: &str) -> Seen {
        let request = self.client.get(url).header("accept-language", "en");
        self.send(request, url).await
    }

    async fn post(&mut self, url: &str, form: String) -> Seen {
        let request = self.client.post(url).header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(form), url).await
    }

    /// Go to the provider and sign in there under a name, or break off; the address that one is sent back to.
    async fn through(&mut self, pages: &str, name: Option<&str>) -> String {
        let mut url = format!("{pages}/login/oidc");
        for _ in 0..MOST_STEPS {
            if url.starts_with(&format!("{pages}{CALLBACK}")) {
                return url;
            }
            let seen = self.get(&url).await;
            url = match (seen.to, name) {
                (Some(to), _) => to,
                (None, None) => self.get(&format!("{url}/abort")).await.to.unwrap(),
                (None, Some(name)) => {
                    let is_login = seen.body.contains("value=\"login\"");
                    let prompt = if is_login { "login" } else { "consent" };
                    let form = format!("prompt={prompt}&login={name}&password=x");
                    self.post(&url, form).await.to.unwrap_or_else(|| panic!("{}", seen.body))
                }
            };
        }
        panic!("the provider sends people around in circles: {url}")
    }

    fn is_signed_in(&self) -> bool {
        self.jar.contains_key("session")
    }
}

/// The pages of a ledger that trusts a provider.
struct Site {
    pages: String,
    manifest: String,
    ledger: Ledger,
    provider: Provider,
}

impl Site {
    async fn start(url: &str) -> Option<Self> {
        let ledger = Ledger::found(url).await;
        let played = sign_script(SCRIPT);
        for act in &played.acts {
            ledger.send(act).await.unwrap();
        }
        // The provider goes by the machine's clock.
        ledger.clock.set(Clock::System.now());
        let pages = serve(&ledger.app).await;
        assert_eq!(
            Browser::new().get(&format!("{pages}/login/oidc")).await.status,
            404,
            "none is trusted yet"
        );
        let provider = Provider::start(&pages)?;
        let officer = office_key("bureau").kid();
        let staff = [
            ("officer", officer),
            ("firm", office_key("acme").kid()),
            ("stranger", SigningKey::from_seed([77; 32]).kid()),
        ];
        let file = ProviderFile::parse(&file_of(&pages, &provider.issuer, &staff)).unwrap();
        ledger.app.trust_provider(file, Some(SECRET.to_owned())).unwrap();
        let manifest = format!("{pages}/manifests/{}", played.names.manifest("M1").unwrap());
        Some(Self { pages, manifest, ledger, provider })
    }

    /// Come back to an address; the page there says this and lets nobody in.
    async fn refuses(&self, browser: &mut Browser, back: &str, said: &str) {
        let seen = browser.get(back).await;
        assert_eq!(seen.status, 403, "{}", seen.body);
        assert!(seen.body.contains(said), "{said}: {}", seen.body);
        assert!(!browser.is_signed_in() && !browser.jar.contains_key("oidc"), "{said}");
    }
}

async fn serve(app: &App) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let pages = format!("http://{}", listener.local_addr().unwrap());
    let router = router(app.clone(), WebMode::Public);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    pages
}

fn file_of(pages: &str, issuer: &str, staff: &[(&str, Kid)]) -> String {
    let head = format!(
        "issuer = \"{issuer}\"\nclient_id = \"liandan\"\nredirect_url = \"{pages}{CALLBACK}\"\nname = \"Bureau\"\n"
    );
    let staff = staff.iter().map(|(name, kid)| format!("[[staff]]\nsubject = \"{name}\"\nkid = \"{kid}\"\n"));
    head + &staff.collect::<String>()
}

#[test]
fn staff_come_through_a_provider_as_the_key_that_is_written_down_for_them() {
    for database in databases() {
        block_on(async {
            let Some(site) = Site::start(&database.url).await else { return };
            let mut officer = Browser::new();
            let login = officer.get(&format!("{}/login", site.pages)).await;
            assert!(
                login.body.contains("href=\"/login/oidc\"") && login.body.contains("Bureau"),
                "{}",
                login.body
            );
            let back = officer.through(&site.pages, Some("officer")).await;
            let kept = officer.jar["oidc"].clone();
            let seen = officer.get(&back).await;
            assert_eq!((seen.status, seen.to), (200, None), "{}", seen.body);
            assert!(officer.is_signed_in() && !officer.jar.contains_key("oidc"));
            let page = officer.get(&site.manifest).await;
            assert_eq!(page.status, 200);
            assert!(page.body.contains("临沂市生态环境局"), "{}", page.body);

            // The same address again, by whoever has seen it: with nothing, and with what the browser kept.
            let mut other = Browser::new();
            site.refuses(&mut other, &back, "did not begin this login").await;
            other.jar.insert("oidc".to_owned(), kept);
            site.refuses(&mut other, &back, "does not answer as it must").await;

            revoke(&site.ledger, &office_key("bureau")).await;
            assert_eq!(officer.get(&site.manifest).await.status, 401, "the session ends with its key");
            let mut again = Browser::new();
            let back = again.through(&site.pages, Some("officer")).await;
            site.refuses(&mut again, &back, "lets nobody in this way").await;
            site.ledger.store.close().await;
        });
    }
}

/// The bureau's officer says that its own key is lost.
async fn revoke(ledger: &Ledger, key: &SigningKey) {
    let bureau = World::embedded().authority();
    let revoked =
        KeyRevoked { key: key.kid(), reason: RevocationReason::Lost, suspected_from: None, note: None };
    let event = Event {
        log: Text::new(ledger.app.origin()).unwrap(),
        act: ActId::from_uuid(uuid::Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8058").unwrap()),
        party: bureau.uscc,
        mandate: None,
        prev: List::default(),
        anchor: None,
        occurred_at: ledger.clock.now(),
        place: None,
        statement: Statement::KeyRevoked(revoked),
    };
    let key = World::embedded().key(&bureau.label, Role::Officer);
    let envelope = Envelope::sign(Typ::Event, event.to_json().to_string().as_bytes(), &key);
    ledger.app.submit(envelope.compact().as_bytes(), None).await.unwrap();
}

#[test]
fn the_program_is_told_of_a_provider_by_a_file() {
    let served = block_on(Served::found(databases().remove(0)));
    let folder = Folder::new();
    let path = folder.path().join("oidc.toml");
    let program = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_liandan"));
        command.args(served.arguments()).arg("--oidc").arg(&path);
        command
    };
    let file = file_of("http://127.0.0.1:1", "http://127.0.0.1:2", &[])
        .replace("client_id", "client_secret_file = \"secret\"\nclient_id");
    std::fs::write(&path, &file).unwrap();
    for (written, said) in [(&file, "secret"), (&file.replace("127.0.0.1:2", "id.example"), "issuer")] {
        std::fs::write(&path, written).unwrap();
        let output = program().output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && errors.contains(said), "{said}: {errors}");
        assert!(!errors.contains(SECRET));
    }
    std::fs::write(&path, &file).unwrap();
    std::fs::write(folder.path().join("secret"), format!("{SECRET}\n")).unwrap();
    block_on(async {
        let running = Running::spawn(program()).await;
        let base = running.base.clone().unwrap();
        let login = Browser::new().get(&format!("{base}/login")).await;
        assert!(login.status == 200 && login.body.contains("href=\"/login/oidc\""), "{}", login.body);
    });
}

#[test]
fn nobody_else_is_let_in_and_each_is_told_why() {
    let database = databases().remove(0);
    block_on(async {
        let Some(site) = Site::start(&database.url).await else { return };
        for (name, said) in [
            ("somebody", "Tell the operator of this ledger the name it knows you by: somebody"),
            ("%3Cscript%3E", "the name it knows you by: &lt;script&gt;"),
            ("firm", "it must be enrolled for an authority"),
            ("stranger", "it must be enrolled for an authority"),
        ] {
            let mut browser = Browser::new();
            let back = browser.through(&site.pages, Some(name)).await;
            site.refuses(&mut browser, &back, said).await;
        }
        for name in FORGED {
            let mut browser = Browser::new();
            let back = browser.through(&site.pages, Some(name)).await;
            let seen = browser.get(&back).await;
            assert_eq!(seen.status, 403, "{name}");
            assert!(seen.body.contains("does not verify and is not believed"), "{name}: {}", seen.body);
            assert!(!browser.is_signed_in(), "{name}");
        }
        let mut gone = Browser::new();
        let back = gone.through(&site.pages, None).await;
        site.refuses(&mut gone, &back, "did not let you through").await;
        site.ledger.store.close().await;
    });
}

#[test]
fn what_was_begun_in_one_browser_ends_in_no_other() {
    let database = databases().remove(0);
    block_on(async {
        let Some(site) = Site::start(&database.url).await else { return };
        let not_asked = "did not begin this login";
        let mut attacker = Browser::new();
        let stolen = attacker.through(&site.pages, Some("officer")).await;
        // A visitor who is led to an attacker's way back is not signed in as the attacker.
        let mut visitor = Browser::new();
        visitor.get(&format!("{}/login/oidc", site.pages)).await;
        site.refuses(&mut visitor, &stolen, not_asked).await;

        // State, nonce and verifier: each is held against what the browser keeps.
        let begun = async || {
            let mut browser = Browser::new();
            let back = browser.through(&site.pages, Some("officer")).await;
            let parts: Vec<String> = browser.jar["oidc"].split('.').map(str::to_owned).collect();
            (browser, back, parts)
        };
        for (changed, said) in
            [(0, not_asked), (1, "does not verify and is not believed"), (2, "does not answer as it must")]
        {
            let (mut browser, back, mut parts) = begun().await;
            parts[changed] = "A".repeat(43);
            browser.jar.insert("oidc".to_owned(), parts.join("."));
            site.refuses(&mut browser, &back, said).await;
        }
        for kept in ["", "a.b.c", &"x".repeat(4_000)] {
            let (mut browser, back, _) = begun().await;
            browser.jar.insert("oidc".to_owned(), kept.to_owned());
            let seen = browser.get(&back).await;
            assert!(seen.status == 403 && seen.body.contains(not_asked), "{}", seen.body);
        }
        let (mut browser, back, _) = begun().await;
        let (address, _) = back.split_once('?').unwrap();
        site.refuses(&mut browser, address, not_asked).await;

        // With the provider gone, people are told, and others still come by their keys.
        drop(site.provider);
        site.ledger.clock.set(site.ledger.clock.now().plus_millis(10 * MINUTE_MS));
        let seen = Browser::new().get(&format!("{}/login/oidc", site.pages)).await;
        assert!(seen.status == 403 && seen.body.contains("does not answer as it must"), "{}", seen.body);
        site.ledger.store.close().await;
    });
}
