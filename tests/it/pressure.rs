//! More than fits: what is too much is turned away at once, nobody who was let in waits for those who were not, and nothing is lost.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use liandan::api::listen::{self, Bounds, Terms};
use liandan::api::rates::{Limits, Rate};
use liandan::app::steps::{Interrupt, Side, Step};
use liandan::app::{MAX_WAITING_BYTES, SubmitError, Submitted};
use liandan::custody::payload::waste::DocumentImported;
use liandan::custody::{Event, Statement};
use liandan::id::{ActId, DocumentId, derived};
use liandan::ledger::{Digest, Envelope, Typ};
use liandan::scenario::World;
use liandan::shape::{List, Text};
use liandan::store::{log, migrate};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::api::server::{claims, now_s, office_key, sign_token};
use crate::support::http::client_builder;
use crate::support::ledger::{LOG, Ledger, block_on, databases};

/// Lines of an upload that are nothing, behind one that is an event, and how long each is: they take room as any other line does.
const IDLE_LINES: usize = 4;
/// So that 17 uploads fit, and what is left then is less than [`ONE_MORE_BYTES`].
const IDLE_BYTES: usize = 245_000;
const ONE_MORE_BYTES: usize = 200_000;
/// So many of them are as many times what fits at once.
const UPLOADS: usize = 64;
const TIMES: usize = 4;
/// Callers that nobody has seen, at once.
const HERD: usize = 1_000;

/// A gate before which the sequencer waits.
#[derive(Default)]
struct Gate {
    is_shut: Mutex<bool>,
    opened: Condvar,
    passed: AtomicUsize,
}

impl Gate {
    fn interrupt(self: &Arc<Self>) -> Interrupt {
        let gate = Arc::clone(self);
        Arc::new(move |step, side| {
            if (step, side) == (Step::Judge, Side::Before) {
                let is_shut = gate.is_shut.lock().unwrap();
                drop(gate.opened.wait_while(is_shut, |is_shut| *is_shut).unwrap());
                gate.passed.fetch_add(1, Ordering::Relaxed);
            }
            false
        })
    }

    fn set(&self, is_shut: bool) {
        *self.is_shut.lock().unwrap() = is_shut;
        self.opened.notify_all();
    }
}

/// Opens the gate whatever happens: a test that fails must not wait for it.
struct Opened(Arc<Gate>);

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// A document, as an event of acme.
fn document(ledger: &Ledger, n: usize) -> Vec<u8> {
    let party = World::embedded().party("acme").unwrap();
    let content = format!("{n:08}");
    let number = format!("doc-{n}");
    let document = DocumentId::from_uuid(derived(&[b"pressure", number.as_bytes()]));
    let event = Event {
        log: Text::new(LOG).unwrap(),
        act: ActId::from_uuid(format!("01890a5d-ac96-774b-bcce-b302{n:08x}").parse().unwrap()),
        party: party.uscc,
        mandate: None,
        prev: List::default(),
        anchor: None,
        occurred_at: ledger.clock.now(),
        place: None,
        statement: Statement::DocumentImported(DocumentImported {
            document,
            profile: Text::new("us").unwrap(),
            source: Text::new("pressure").unwrap(),
            number: Text::new(&number).unwrap(),
            media: Text::new("text/plain").unwrap(),
            sha256: Digest::sha256(&[content.as_bytes()]),
            content: Text::new(&content).unwrap(),
        }),
    };
    let key = World::embedded().key("acme", party.office());
    Envelope::sign(Typ::Event, event.to_json().to_string().as_bytes(), &key).into_compact().into_bytes()
}

type Answers = Result<Vec<Result<Submitted, SubmitError>>, SubmitError>;

#[test]
fn four_times_what_fits_is_turned_away_at_once_and_what_was_let_in_is_kept() {
    for database in databases() {
        block_on(async {
            let gate = Arc::new(Gate::default());
            let store = database.connect().await;
            migrate::migrate(&store).await.unwrap();
            let ledger = Ledger::found_with(store, None, Some(gate.interrupt())).await;
            let before = log::head(&mut ledger.store.read().await.unwrap()).await.unwrap().unwrap().size;
            let upload = |n| {
                let mut lines = vec![document(&ledger, n)];
                lines.extend((0..IDLE_LINES).map(|_| vec![b'x'; IDLE_BYTES]));
                lines
            };
            let uploads: Vec<Vec<Vec<u8>>> = (0..UPLOADS).map(upload).collect();

            gate.set(true);
            let _opened = Opened(Arc::clone(&gate));
            let mut sent: JoinSet<(usize, Answers)> = JoinSet::new();
            for (n, upload) in uploads.iter().cloned().enumerate() {
                let app = ledger.app.clone();
                sent.spawn(async move { (n, app.submit_many(upload, None).await) });
            }
            let mut refused = Vec::new();
            // Nothing passes the gate, so whoever has an answer was turned away.
            let bytes: usize = uploads[0].iter().map(Vec::len).sum();
            let fit = MAX_WAITING_BYTES / bytes;
            assert!(UPLOADS >= (TIMES - 1) * fit, "{fit} of {UPLOADS} fit");
            while refused.len() < UPLOADS - fit - 1 {
                let (n, answers) = sent.join_next().await.unwrap().unwrap();
                assert!(matches!(answers, Err(SubmitError::Busy { retry_after_s: 1 })), "{answers:?}");
                refused.push(n);
            }
            is_told_to_come_again(&ledger).await;
            // Whose beginning was let in asks again before it is turned away in its middle.
            let (app, next) =
                (ledger.app.clone(), vec![document(&ledger, UPLOADS), vec![b'x'; ONE_MORE_BYTES]]);
            let next = tokio::spawn(async move { app.submit_on(next, None).await });

            gate.set(false);
            assert!(next.await.unwrap().unwrap()[0].as_ref().unwrap().is_new);
            let mut kept = Vec::new();
            while let Some(joined) = sent.join_next().await {
                match joined.unwrap() {
                    (n, Ok(answers)) => {
                        assert!(answers[0].as_ref().is_ok_and(|one| one.is_new), "{:?}", answers[0]);
                        kept.push((n, answers));
                    }
                    (n, Err(SubmitError::Busy { .. })) => refused.push(n),
                    (n, Err(other)) => panic!("upload {n}: {other}"),
                }
            }
            let head = log::head(&mut ledger.store.read().await.unwrap()).await.unwrap().unwrap();
            assert_eq!(head.size - before, kept.len() as u64 + 1);
            assert!(kept.len() >= fit - 1, "{} of {fit}", kept.len());
            // Who was let in gets the same again, and who was not is taken in now.
            let (n, first) = &kept[0];
            let again = ledger.app.submit_many(uploads[*n].clone(), None).await.unwrap();
            let (first, again) = (first[0].as_ref().unwrap(), again[0].as_ref().unwrap());
            assert_eq!((again.is_new, again.receipt.index), (false, first.receipt.index));
            let later = ledger.app.submit_many(uploads[refused[0]].clone(), None).await.unwrap();
            assert!(later[0].as_ref().unwrap().is_new);
            ledger.close().await;
        });
    }
}

/// One more event is answered 503 with the time to wait, and reading goes on beside.
async fn is_told_to_come_again(ledger: &Ledger) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = liandan::api::router(ledger.app.clone());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let client = client_builder().build().unwrap();
    let events = client.post(format!("{base}/api/v1/events")).body(vec![b'x'; ONE_MORE_BYTES]);
    let answer = events.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    let read = client.get(format!("{base}/api/v1/rules")).send().await.unwrap();
    assert_eq!(read.status().as_u16(), 200);
    server.abort();
}

/// A thousand callers come at once to a server that has read nothing yet. Each is answered or told when to come again; none is cut off.
#[test]
fn a_herd_that_nobody_has_seen_is_served_to_the_last() {
    block_on(async {
        let database = databases().remove(0);
        let ledger = Ledger::found(&database.url).await;
        let many = |text: &str| text.parse::<Rate>().unwrap();
        let limits = Limits { key: many("100000/min"), address: many("100000/min"), ..Limits::default() };
        let bounds = Bounds { connections: 2 * HERD, of_an_address: 2 * HERD, ..Bounds::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = liandan::api::router(ledger.app.clone());
        let terms = Terms { bounds, limits, ..Terms::default() };
        tokio::spawn(listen::serve(listener, router, terms, ledger.clock.clone(), std::future::pending()));
        let (mut herd, now_s) = (JoinSet::new(), now_s(ledger.clock.now()));
        let labels = ["acme", "swift", "phoenix", "resin", "lotus"];
        for n in 0..HERD {
            let url = format!("{base}/api/v1/{}", ["manifests", "lots", "findings", "loads"][n % 4]);
            let key = office_key(labels[n % labels.len()]);
            herd.spawn(async move {
                let client = client_builder().build().unwrap();
                let mut turned_away = 0;
                loop {
                    // A token is good once.
                    let token = sign_token(&claims(now_s, now_s + 300), &key);
                    let answer = client.get(&url).bearer_auth(token).send().await.unwrap();
                    match answer.status().as_u16() {
                        200 => return turned_away,
                        503 if answer.headers().contains_key("retry-after") => turned_away += 1,
                        other => panic!("{url}: {other} {}", answer.text().await.unwrap()),
                    }
                }
            });
        }
        let mut turned_away = 0;
        while let Some(joined) = herd.join_next().await {
            turned_away += joined.unwrap();
        }
        eprintln!("{HERD} callers were answered, {turned_away} times one was told to come again");
        assert!(ledger.app.readiness().await.unwrap().is_sequencing);
    });
}
