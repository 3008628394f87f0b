//! What is reached from outside is bounded: how often anybody calls, how many connections there are, how long they keep still.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use liandan::api::listen::{self, Bounds, Terms, Tls};
use liandan::api::rates::{Limits, Rate};
use liandan::app::access::TokenClaims;
use liandan::ledger::{Digest, Envelope, SigningKey, Typ};
use liandan::registry::Role;
use liandan::scenario::World;
use liandan::shape::Text;
use reqwest::header::HeaderMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::api::server::{Answer, claims, now_s, office_key, sign_token};
use crate::support::http::client_builder;
use crate::support::ledger::{Database, Folder, LOG, Ledger, block_on, databases};

/// A ledger behind the listener of the program.
struct Open {
    ledger: Ledger,
    at: SocketAddr,
    _database: Database,
}

impl Open {
    async fn on(terms: Terms) -> Self {
        let database = databases().remove(0);
        let ledger = Ledger::found(&database.url).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let router = listen::allow_origins(liandan::api::router(ledger.app.clone()), &terms.origins);
        let clock = ledger.clock.clone();
        tokio::spawn(listen::serve(listener, router, terms, clock, std::future::pending()));
        Self { ledger, at, _database: database }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }

    fn token(&self, label: &str) -> String {
        self.token_of(label, |claims| claims)
    }

    fn token_of(&self, label: &str, change: impl FnOnce(TokenClaims) -> TokenClaims) -> String {
        let now_s = now_s(self.ledger.clock.now());
        sign_token(&change(claims(now_s, now_s + 300)), &office_key(label))
    }

    /// Read from an address of this machine.
    async fn get(&self, from: &str, path: &str, token: Option<String>) -> Answer {
        let client = client_builder().local_address(from.parse::<IpAddr>().unwrap()).build().unwrap();
        let request = client.get(self.url(path));
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        Answer::of(request.send().await.unwrap()).await
    }

    fn pass_s(&self, seconds: i64) {
        self.ledger.clock.set(self.ledger.clock.now().plus_millis(seconds * 1_000));
    }
}

fn limits(key: &str, address: &str, failures: &str) -> Limits {
    let rate = |text: &str| text.parse::<Rate>().unwrap();
    Limits { key: rate(key), address: rate(address), failures: rate(failures), proxies: Vec::new() }
}

fn told(headers: &HeaderMap) -> (String, String) {
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    (text("ratelimit-policy"), text("ratelimit"))
}

#[test]
fn a_key_has_its_calls_and_they_come_again() {
    block_on(async {
        let open =
            Open::on(Terms { limits: limits("3/min", "1000/min", "1000/min"), ..Terms::default() }).await;
        for left in [2, 1, 0] {
            let answer = open.get("127.0.0.1", "/api/v1/lots", Some(open.token("acme"))).await;
            assert_eq!(answer.status, 200);
            let current = format!("\"key\";r={left};t={}", (3 - left) * 20);
            assert_eq!(told(&answer.headers), ("\"key\";q=3;w=60".to_owned(), current));
        }
        // From wherever it calls.
        let refused = open.get("127.0.0.2", "/api/v1/lots", Some(open.token("acme"))).await;
        assert_eq!((refused.status, &refused.headers["retry-after"]), (429, &"20".parse().unwrap()));
        assert_eq!(
            refused.problem(),
            ("too-many".to_owned(), vec![("rate-of-key".to_owned(), String::new())])
        );
        assert_eq!(open.get("127.0.0.1", "/api/v1/lots", Some(open.token("swift"))).await.status, 200);
        open.pass_s(20);
        assert_eq!(open.get("127.0.0.1", "/api/v1/lots", Some(open.token("acme"))).await.status, 200);
    });
}

#[test]
fn calls_without_a_key_are_charged_to_their_address_whatever_token_they_show() {
    block_on(async {
        let open =
            Open::on(Terms { limits: limits("1000/min", "2/min", "1000/min"), ..Terms::default() }).await;
        assert_eq!(open.get("127.0.0.1", "/api/v1/rules", None).await.status, 200);
        // What is public does not look at tokens.
        assert_eq!(open.get("127.0.0.1", "/api/v1/rules", Some("any".to_owned())).await.status, 200);
        for path in ["/api/v1/rules", "/healthz", "/docs/", "/api/v1/absent", "/api/v1/lots"] {
            let refused = open.get("127.0.0.1", path, None).await;
            assert_eq!(
                (refused.status, told(&refused.headers).0.as_str()),
                (429, "\"address\";q=2;w=60"),
                "{path}"
            );
        }
        assert_eq!(open.get("127.0.0.2", "/api/v1/rules", None).await.status, 200);
        assert_eq!(
            open.get("127.0.0.1", "/api/v1/lots", Some(open.token("acme"))).await.status,
            200,
            "keys have their own"
        );
        open.pass_s(30);
        assert_eq!(open.get("127.0.0.1", "/api/v1/rules", None).await.status, 200);
    });
}

#[test]
fn who_tries_tokens_is_not_listened_to_for_a_while() {
    block_on(async {
        let open =
            Open::on(Terms { limits: limits("1000/min", "1000/min", "4/min"), ..Terms::default() }).await;
        let mallory = sign_token(&claims(0, 300), &World::embedded().key("nobody", Role::Operator));
        let replayed = open.token("acme");
        assert_eq!(open.get("127.0.0.1", "/api/v1/lots", Some(replayed.clone())).await.status, 200);
        for token in [replayed, mallory, "x.y.z".to_owned(), "liandan_guess".to_owned()] {
            assert_eq!(open.get("127.0.0.1", "/api/v1/lots", Some(token)).await.status, 401);
        }
        let refused = open.get("127.0.0.1", "/api/v1/lots", Some(open.token("acme"))).await;
        assert_eq!(refused.problem().1, [("rate-of-failures".to_owned(), String::new())]);
        let upload = reqwest::Client::new().post(open.url("/api/v1/events")).body("x").send().await.unwrap();
        assert_eq!(
            (upload.status().as_u16(), upload.headers()["retry-after"].to_str().unwrap()),
            (429, "15")
        );
        // Others are served, and so is what is public.
        assert_eq!(open.get("127.0.0.2", "/api/v1/lots", Some(open.token("acme"))).await.status, 200);
        assert_eq!(open.get("127.0.0.1", "/api/v1/rules", None).await.status, 200);
        open.pass_s(15);
        assert_eq!(open.get("127.0.0.1", "/api/v1/lots", Some(open.token("acme"))).await.status, 200);
    });
}

/// Assertions are tokens, and codes of invitations are secrets: whoever tries many of either is shut out alike.
#[test]
fn who_tries_assertions_or_codes_of_invitations_is_not_listened_to_either() {
    block_on(async {
        let mut guess = 0_u8;
        for tried in ["/oauth/token", "/api/v1/events"] {
            let terms = Terms { limits: limits("1000/min", "1000/min", "3/min"), ..Terms::default() };
            let open = Open::on(terms).await;
            for expected in [false, false, false, true] {
                guess += 1;
                let body = match tried {
                    "/oauth/token" => assertion_form("x.y.z"),
                    _ => enrolment_with_code(&open, guess),
                };
                let form = "application/x-www-form-urlencoded";
                let request = reqwest::Client::new().post(open.url(tried)).header("content-type", form);
                let answer = Answer::of(request.body(body).send().await.unwrap()).await;
                assert_eq!(answer.status == 429, expected, "{tried}: {}", answer.text);
            }
        }
    });
}

fn assertion_form(assertion: &str) -> String {
    let kind = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    format!("grant_type=client_credentials&client_assertion_type={kind}&client_assertion={assertion}")
}

/// An enrolment by an invitation that somebody overheard, with a guess at the code that went another way.
fn enrolment_with_code(open: &Open, guess: u8) -> String {
    let acme = World::embedded().party("acme").unwrap().uscc;
    let at = open.ledger.clock.now();
    let code_sha256 = Digest::sha256(&[b"the code that went another way"]);
    let invitation = serde_json::json!({
        "v": 1, "log": LOG, "invitation": "01890a5d-ac96-774b-bcce-b302099a8057", "party": acme, "role": "operator",
        "code_sha256": code_sha256, "expires_at": at.plus_hours(1),
    });
    let invitation = invitation.to_string();
    let invitation = Envelope::sign(Typ::Invitation, invitation.as_bytes(), &office_key("bureau"));
    let key = SigningKey::from_seed([guess; 32]);
    let event = serde_json::json!({
        "v": 1, "log": LOG, "kind": "key.enrolled", "act": liandan::id::derived(&[&[guess]]), "for": acme,
        "occurred_at": at, "data": { "key": key.public(), "invitation": invitation.compact(), "code": format!("guess {guess}") },
    });
    Envelope::sign(Typ::Event, event.to_string().as_bytes(), &key).into_compact()
}

#[test]
fn a_token_that_is_missing_was_nobodys_guess() {
    block_on(async {
        let open = Open::on(Terms { limits: limits("9/min", "1000/min", "1/h"), ..Terms::default() }).await;
        for _ in 0..3 {
            assert_eq!(open.get("127.0.0.1", "/api/v1/lots", None).await.status, 401);
        }
        assert_eq!(open.get("127.0.0.1", "/api/v1/lots", Some(open.token("acme"))).await.status, 200);
    });
}

/// What is no guess shuts nobody out, until it is more than an address may call.
#[test]
fn tokens_that_are_only_late_or_for_another_ledger_are_no_guesses() {
    block_on(async {
        let open = Open::on(Terms { limits: limits("9/min", "4/h", "1/h"), ..Terms::default() }).await;
        let late = |claims: TokenClaims| TokenClaims { iat: 0, exp: 300, ..claims };
        let foreign =
            |claims: TokenClaims| TokenClaims { aud: Text::new("another.example/log").unwrap(), ..claims };
        for _ in 0..2 {
            for token in [open.token_of("acme", late), open.token_of("acme", foreign)] {
                assert_eq!(open.get("127.0.0.1", "/api/v1/lots", Some(token)).await.status, 401);
            }
        }
        assert_eq!(open.get("127.0.0.1", "/api/v1/lots", Some(open.token("acme"))).await.status, 200);
        let beyond = open.get("127.0.0.1", "/api/v1/lots", Some(open.token_of("acme", late))).await;
        assert_eq!(beyond.status, 401);
        let refused = open.get("127.0.0.1", "/api/v1/lots", Some(open.token("acme"))).await;
        assert_eq!(refused.problem().1, [("rate-of-failures".to_owned(), String::new())]);
    });
}

#[test]
fn what_is_no_bearer_token_is_charged_to_its_address() {
    block_on(async {
        let open = Open::on(Terms { limits: limits("9/min", "2/h", "9/min"), ..Terms::default() }).await;
        for (authorization, wanted) in [("x", 401), ("Basic eDp4", 401), ("x", 429), ("Bearer", 429)] {
            let request = client_builder().build().unwrap().get(open.url("/api/v1/lots"));
            let answer = request.header("authorization", authorization).send().await.unwrap();
            assert_eq!(answer.status().as_u16(), wanted, "{authorization}");
        }
        assert_eq!(open.get("127.0.0.1", "/api/v1/lots", Some(open.token("acme"))).await.status, 200);
    });
}

/// Lines of an upload are guesses as good as uploads of their own.
#[test]
fn who_tries_codes_of_invitations_line_by_line_is_shut_out_within_the_upload() {
    block_on(async {
        let open = Open::on(Terms { limits: limits("9/min", "1000/min", "3/h"), ..Terms::default() }).await;
        let upload = async |guesses: [u8; 2]| {
            let lines = guesses.map(|guess| enrolment_with_code(&open, guess)).join("\n");
            let request = reqwest::Client::new().post(open.url("/api/v1/events/batch")).body(lines);
            Answer::of(request.send().await.unwrap()).await
        };
        let codes = |answer: &Answer| -> Vec<(u64, String)> {
            let line = |line| serde_json::from_str::<serde_json::Value>(line).unwrap();
            let code = |line: serde_json::Value| {
                let code = line["problem"]["errors"][0]["code"].as_str().unwrap().to_owned();
                (line["status"].as_u64().unwrap(), code)
            };
            answer.text.lines().map(line).map(code).collect()
        };
        let bad = (422, "invitation-invalid".to_owned());
        assert_eq!(codes(&upload([1, 2]).await), [bad.clone(), bad.clone()]);
        let shut_out = (429, "rate-of-failures".to_owned());
        assert_eq!(codes(&upload([3, 4]).await), [bad.clone(), bad, shut_out]);
        assert_eq!(upload([5, 6]).await.status, 429);
    });
}

/// A page of any site may send a form in the name of whoever reads it.
#[test]
fn pages_of_other_sites_write_nothing_and_shut_nobody_out() {
    block_on(async {
        let origins = vec!["https://erp.example".parse().unwrap()];
        let terms = Terms { limits: limits("9/min", "1000/min", "1/h"), origins, ..Terms::default() };
        let open = Open::on(terms).await;
        let send = async |path: &str, origin: &str, body: String| {
            let request = reqwest::Client::new().post(open.url(path)).header("origin", origin);
            let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
            Answer::of(request.send().await.unwrap()).await
        };
        for path in ["/oauth/token", "/api/v1/events", "/api/v1/events/batch", "/oauth/token"] {
            for origin in ["https://evil.example", "null"] {
                let answer = send(path, origin, assertion_form("x.y.z")).await;
                assert_eq!(answer.status, 403, "{path} {origin}");
                let error = ("origin-foreign".to_owned(), "/header/origin".to_owned());
                assert_eq!(answer.problem(), ("foreign".to_owned(), vec![error]));
            }
        }
        // Reading is left to the browser, which shows another site nothing; own pages and allowed origins go on, and count.
        let read =
            reqwest::Client::new().get(open.url("/api/v1/rules")).header("origin", "https://evil.example");
        assert_eq!(read.send().await.unwrap().status().as_u16(), 200);
        assert_eq!(send("/api/v1/events", &format!("http://{}", open.at), "x".to_owned()).await.status, 400);
        let judged = send("/oauth/token", "https://erp.example", assertion_form("x.y.z")).await;
        assert_eq!(judged.status, 400);
        assert_eq!(send("/oauth/token", "https://erp.example", assertion_form("x.y.z")).await.status, 429);
    });
}

#[test]
fn only_the_operators_proxies_say_whom_a_call_comes_from() {
    block_on(async {
        let mut limits = limits("9/min", "1/h", "9/min");
        limits.proxies = vec!["127.0.0.9/32".parse().unwrap()];
        let open = Open::on(Terms { limits, ..Terms::default() }).await;
        let call = async |from: &str, forwarded: &str| {
            let client = client_builder().local_address(from.parse::<IpAddr>().unwrap()).build().unwrap();
            let request = client.get(open.url("/api/v1/rules")).header("x-forwarded-for", forwarded);
            request.send().await.unwrap().status().as_u16()
        };
        assert_eq!(call("127.0.0.9", "192.0.2.1").await, 200);
        assert_eq!(call("127.0.0.9", "192.0.2.1").await, 429);
        assert_eq!(call("127.0.0.9", "192.0.2.2").await, 200);
        // What a client wrote itself stands further left.
        assert_eq!(call("127.0.0.9", "198.51.100.7, 192.0.2.2").await, 429);
        // A network of IPv6 is one caller.
        assert_eq!(call("127.0.0.9", "2001:db8::1").await, 200);
        assert_eq!(call("127.0.0.9", "2001:db8::2").await, 429);
        // Anybody else is who calls.
        assert_eq!(call("127.0.0.1", "192.0.2.3").await, 200);
        assert_eq!(call("127.0.0.1", "192.0.2.4").await, 429);
    });
}

/// Everything until the peer closes.
async fn rest(mut stream: impl AsyncReadExt + Unpin) -> String {
    let mut read = Vec::new();
    // A connection may also be reset.
    drop(stream.read_to_end(&mut read).await);
    String::from_utf8_lossy(&read).into_owned()
}

#[test]
fn a_connection_that_keeps_still_is_closed() {
    block_on(async {
        let bounds = Bounds { head: Duration::from_millis(200), ..Bounds::default() };
        let open = Open::on(Terms { bounds, ..Terms::default() }).await;
        let silent = TcpStream::connect(open.at).await.unwrap();
        let mut slow = TcpStream::connect(open.at).await.unwrap();
        slow.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-more").await.unwrap();
        let mut idle = TcpStream::connect(open.at).await.unwrap();
        idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        // Each ends, or this test never does.
        let (silent, slow, idle) = tokio::join!(rest(silent), rest(slow), rest(idle));
        assert_eq!(silent, "");
        assert!(slow.is_empty() || slow.starts_with("HTTP/1.1 408"), "{slow}");
        assert!(idle.starts_with("HTTP/1.1 200") && idle.ends_with("ok\n"), "{idle}");
    });
}

#[test]
fn a_body_of_a_hundred_megabytes_is_not_listened_to() {
    block_on(async {
        let open = Open::on(Terms::default()).await;
        let stream = TcpStream::connect(open.at).await.unwrap();
        let (reader, mut writer) = stream.into_split();
        let answer = tokio::spawn(rest(reader));
        const BODY: usize = 100_000_000;
        let head = format!("POST /api/v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: {BODY}\r\n\r\n");
        writer.write_all(head.as_bytes()).await.unwrap();
        let piece = vec![b'x'; 1 << 20];
        let mut sent = 0;
        while sent < BODY && writer.write_all(&piece).await.is_ok() {
            sent += piece.len();
        }
        assert!(sent < BODY, "all of it was taken");
        let answer = answer.await.unwrap();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
    });
}

/// Whoever is refused before all was sent sends on, as most programs do, and then reads why; the connection serves the next request.
#[test]
fn who_is_refused_while_sending_reads_the_answer_after_it() {
    block_on(async {
        let open = Open::on(Terms::default()).await;
        const BODY: usize = 12 * 1024 * 1024;
        for (path, told) in [("/api/v1/events", 413), ("/api/v1/parties", 405), ("/api/v1/offers", 401)] {
            let mut stream = TcpStream::connect(open.at).await.unwrap();
            let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {BODY}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&vec![b'x'; BODY]).await.unwrap();
            let next = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
            stream.write_all(next.as_bytes()).await.unwrap();
            let answers = rest(stream).await;
            assert!(answers.starts_with(&format!("HTTP/1.1 {told}")), "{path}: {answers}");
            assert!(answers.contains("HTTP/1.1 200 OK") && answers.ends_with("ok\n"), "{path}: {answers}");
        }
        // Who asks before sending is not asked to send.
        let mut asking = TcpStream::connect(open.at).await.unwrap();
        let head = format!(
            "POST /api/v1/parties HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: {BODY}\r\n\r\n"
        );
        asking.write_all(head.as_bytes()).await.unwrap();
        let answer = rest(asking).await;
        assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
    });
}

/// Every answer waits in memory until it is taken, and so does its connection.
#[test]
fn who_takes_no_answer_is_not_waited_for() {
    block_on(async {
        let bounds = Bounds { answer: Duration::from_millis(200), connections: 1, ..Bounds::default() };
        let open = Open::on(Terms { bounds, ..Terms::default() }).await;
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        let mut deaf = socket.connect(open.at).await.unwrap();
        // More than the machine keeps of it on the way.
        let asked = "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(100);
        deaf.write_all(asked.as_bytes()).await.unwrap();
        // There is one place, so this is answered when that connection is given up, or never.
        let mut next = TcpStream::connect(open.at).await.unwrap();
        next.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        assert!(rest(next).await.starts_with("HTTP/1.1 200"));
        let mut answers = Vec::new();
        // A connection may also be reset.
        drop(deaf.read_to_end(&mut answers).await);
        let whole = String::from_utf8_lossy(&answers).matches("HTTP/1.1 200").count();
        assert!((1..100).contains(&whole), "{whole}");
    });
}

/// Bodies that never end lie in memory: those of one address have a bound, and whoever else sends something is not refused for them.
#[test]
fn bodies_that_never_end_take_no_more_room_than_an_address_has() {
    block_on(async {
        let open = Open::on(Terms::default()).await;
        const BODY: usize = 8 * 1024 * 1024;
        let head = format!(
            "POST /api/v1/events/batch?dry_run=true HTTP/1.1\r\nhost: x\r\ncontent-length: {BODY}\r\n\r\n"
        );
        let piece = vec![b'x'; 1 << 20];
        let mut waiting: FuturesUnordered<_> = (0..5)
            .map(|_| async {
                let mut stream = TcpStream::connect(open.at).await.unwrap();
                stream.write_all(head.as_bytes()).await.unwrap();
                for piece in
                    (0..BODY - 1).step_by(piece.len()).map(|from| &piece[..piece.len().min(BODY - 1 - from)])
                {
                    // It may be answered before all of it was sent.
                    if stream.write_all(piece).await.is_err() {
                        break;
                    }
                }
                rest(stream).await
            })
            .collect();
        let first = waiting.next().await.unwrap();
        assert!(first.starts_with("HTTP/1.1 503"), "{first}");
        assert!(first.contains("\r\nretry-after: 1\r\n") && first.contains("/problems/busy"), "{first}");
        let send = async |from: &str| {
            let client = client_builder().local_address(from.parse::<IpAddr>().unwrap()).build().unwrap();
            let sent = client.post(open.url("/api/v1/events/batch?dry_run=true")).body(vec![b'x'; 1 << 20]);
            Answer::of(sent.send().await.unwrap()).await
        };
        assert_eq!(send("127.0.0.2").await.status, 200);
        drop(waiting);
        // When the others have hung up there is room again, or this test never ends.
        while send("127.0.0.1").await.status != 200 {}
    });
}

#[test]
fn a_flood_of_one_address_leaves_others_served() {
    block_on(async {
        let bounds = Bounds { of_an_address: 8, ..Bounds::default() };
        let terms = Terms { bounds, limits: limits("9/min", "50/min", "9/min"), ..Terms::default() };
        let open = Open::on(terms).await;
        // It holds on to every connection it gets; those beyond are closed as they come.
        let mut held = Vec::new();
        for _ in 0..8 {
            let mut stream = TcpStream::connect(open.at).await.unwrap();
            stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
            stream.read_u8().await.unwrap();
            held.push(stream);
        }
        for _ in 0..20 {
            assert_eq!(rest(TcpStream::connect(open.at).await.unwrap()).await, "");
        }
        // Ten thousand small requests, one after the other in one pipe.
        let mut pipe = held.pop().unwrap();
        const CALLS: usize = 10_000;
        let (mut reader, mut writer) = pipe.split();
        let asked = async {
            for _ in 0..CALLS - 1 {
                writer.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
            }
            writer.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        };
        let mut answers = String::new();
        let (_, read) = tokio::join!(asked, reader.read_to_string(&mut answers));
        read.unwrap();
        let count = |status: &str| answers.matches(&format!("HTTP/1.1 {status}")).count();
        assert_eq!((count("200"), count("429")), (50 - 8, CALLS - (50 - 8)));
        // Somebody else gets in at once.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        let mut other = socket.connect(open.at).await.unwrap();
        other.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        assert!(rest(other).await.starts_with("HTTP/1.1 200"));
    });
}

/// A certificate for this machine, good for a day, and its key.
fn certificate(folder: &Path) -> (Vec<u8>, Vec<u8>) {
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let mut openssl = Command::new("openssl");
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "1",
    ]);
    openssl.args(["-subj", "/CN=ledger.example", "-addext", "subjectAltName=IP:127.0.0.1"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    let output = openssl.arg("-out").arg(&certificate).arg("-keyout").arg(&key).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (std::fs::read(certificate).unwrap(), std::fs::read(key).unwrap())
}

#[test]
fn an_encrypted_ledger_says_so_and_speaks_nothing_else() {
    let folder = Folder::new();
    let (certificate, key) = certificate(folder.path());
    block_on(async {
        let bounds = Bounds { handshake: Duration::from_millis(200), ..Bounds::default() };
        let tls = Some(Tls::from_pem(&certificate, &key).unwrap());
        let open = Open::on(Terms { bounds, tls, ..Terms::default() }).await;
        let trusting = client_builder()
            .tls_certs_only([reqwest::Certificate::from_pem(&certificate).unwrap()])
            .build()
            .unwrap();
        let answer = trusting.get(format!("https://{}/healthz", open.at)).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.version()), (200, reqwest::Version::HTTP_11));
        assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
        assert!(
            client_builder()
                .build()
                .unwrap()
                .get(format!("https://{}/healthz", open.at))
                .send()
                .await
                .is_err()
        );
        let mut plain = TcpStream::connect(open.at).await.unwrap();
        plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        assert!(!rest(plain).await.contains("HTTP/1.1"));
        // Whoever never begins is not waited for.
        assert_eq!(rest(TcpStream::connect(open.at).await.unwrap()).await, "");
    });
}

#[test]
fn a_certificate_and_a_key_must_belong_together() {
    let (one, other) = (Folder::new(), Folder::new());
    let ((certificate, key), (_, others)) = (certificate(one.path()), certificate(other.path()));
    for (certificate, key, why) in [
        (&certificate[..], &others[..], "cannot be used"),
        (b"", &key[..], "no certificates"),
        (&certificate[..], b"x", "no private key"),
        (b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", &key[..], "no certificates"),
    ] {
        let error = Tls::from_pem(certificate, key).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn scripts_of_other_sites_call_only_where_the_operator_lets_them() {
    block_on(async {
        let ask = async |open: &Open, origin: &str| {
            let request = reqwest::Client::new().request(reqwest::Method::OPTIONS, open.url("/api/v1/lots"));
            let request = request.header("origin", origin).header("access-control-request-method", "GET");
            let answer =
                request.header("access-control-request-headers", "authorization").send().await.unwrap();
            answer
                .headers()
                .get("access-control-allow-origin")
                .map(|origin| origin.to_str().unwrap().to_owned())
        };
        let closed = Open::on(Terms::default()).await;
        assert_eq!(ask(&closed, "https://erp.example").await, None);
        let origins = vec!["https://erp.example".parse().unwrap()];
        let open = Open::on(Terms { origins, ..Terms::default() }).await;
        assert_eq!(ask(&open, "https://erp.example").await.as_deref(), Some("https://erp.example"));
        assert_eq!(ask(&open, "https://evil.example").await, None);
    });
}
