//! Yesterday's database with today's mark: attacks 2 and 4 of the project's list.

use liandan::app::signing::{Holder, ReadOnly};
use liandan::app::{Fault, Mode, SubmitError};
use liandan::clock::Timestamp;
use liandan::store::log;
use liandan::web::WebMode;

use super::{Marked, latest, latest_note, send_all, size_of, week};
use crate::support::http::client_builder;
use crate::support::ledger::{Ledger, block_on, databases};
use crate::support::tamper::Tamper;

/// Events before and after the backup.
const BEFORE: usize = 12;
const AFTER: usize = 10;

#[test]
fn a_restored_backup_is_only_read_and_names_what_it_lacks() {
    for database in databases() {
        block_on(async {
            let (marked, acts) = (Marked::new(), week());
            let ledger = marked.found(&database).await;
            send_all(&ledger, &acts[..BEFORE]).await;
            let first = size_of(&ledger).await;
            ledger.close().await;
            let backup = database.copy();
            let ledger = marked.open(&database, &acts[BEFORE]).await.unwrap();
            let receipts = send_all(&ledger, &acts[BEFORE..BEFORE + AFTER]).await;
            let last = size_of(&ledger).await - 1;
            assert_eq!(receipts.last().unwrap().index, last);
            ledger.close().await;

            let restored = marked.open(&backup, &acts[BEFORE]).await.unwrap();
            let why = ReadOnly::Missing { first, last, by: Holder::Mark };
            assert_eq!(restored.app.mode(), Mode::ReadOnly(why));
            nothing_is_taken_in(&restored, acts[BEFORE].envelope.compact(), first).await;
            everybody_is_told(&restored, acts[BEFORE].envelope.compact(), first, last).await;
            restored.close().await;

            // The way out: the newer database, with the same mark.
            let again = marked.open(&database, &acts[BEFORE]).await.unwrap();
            assert_eq!(again.app.mode(), Mode::Signing);
            assert_eq!(send_all(&again, &acts[BEFORE..BEFORE + AFTER]).await, receipts);
            again.close().await;
        });
    }
}

async fn nothing_is_taken_in(ledger: &Ledger, known: &str, size: u64) {
    let before = ledger.app.overview(&liandan::app::access::Viewer::Public).await.unwrap();
    for answer in [
        ledger.app.submit(known.as_bytes(), None).await.map(|_| ()),
        ledger.app.dry_run(known.as_bytes(), None).await.map(|_| ()),
        ledger.app.submit_many(vec![known.as_bytes().to_vec()], None).await.map(|_| ()),
    ] {
        assert!(matches!(answer, Err(SubmitError::ReadOnly(_))), "{answer:?}");
    }
    let later: Timestamp = "2027-01-01T00:00:00+08:00".parse().unwrap();
    let now = ledger.clock.now();
    ledger.clock.set(later);
    assert_eq!(ledger.app.tick().await.unwrap(), 0);
    ledger.clock.set(now);
    let mut tx = ledger.store.read().await.unwrap();
    assert_eq!(log::head(&mut tx).await.unwrap().unwrap().size, size);
    assert_eq!(log::latest_checkpoint(&mut tx).await.unwrap().unwrap().size, size);
    assert_eq!(ledger.app.overview(&liandan::app::access::Viewer::Public).await.unwrap(), before);
}

/// Over HTTP: uploads, readiness, pages; and reading still works.
async fn everybody_is_told(ledger: &Ledger, event: &str, first: u64, last: u64) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let pages = liandan::web::router(ledger.app.clone(), WebMode::Public);
    let router = liandan::api::router(ledger.app.clone()).merge(pages);
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let client = client_builder().build().unwrap();
    let get = |path: &str, lang: &str| {
        let request = client.get(format!("{base}{path}")).header("accept-language", lang);
        async move {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        }
    };
    let named = |text: &str, range: &str| assert!(text.contains(range), "{text}");
    let (en, zh) = (format!("entries {first} to {last} "), format!("第 {first} 至 {last} 条"));

    let answer = client.post(format!("{base}/api/v1/events")).body(event.to_owned()).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    let problem: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(
        (&problem["type"], &problem["errors"][0]["code"]),
        (&"/problems/read-only".into(), &"entries-missing".into())
    );
    named(problem["errors"][0]["en"].as_str().unwrap(), &en);
    named(problem["errors"][0]["zh"].as_str().unwrap(), &zh);
    let answer =
        client.post(format!("{base}/api/v1/events/batch")).body(event.to_owned()).send().await.unwrap();
    named(&answer.text().await.unwrap(), &en);
    let (status, text) = get("/readyz", "en").await;
    assert_eq!(status, 503);
    named(&text, &en);

    assert_eq!(get("/healthz", "en").await.0, 200);
    let (status, note) = get("/api/v1/log/checkpoint", "en").await;
    assert_eq!((status, note.lines().nth(1).unwrap()), (200, first.to_string().as_str()));
    let consistency = format!("/api/v1/log/proof/consistency?from=1&to={first}");
    assert_eq!(get(&consistency, "en").await.0, 200);
    for path in ["/", "/log", "/rules"] {
        let (status, page) = get(path, "en").await;
        assert_eq!(status, 200);
        named(&page, &en);
        named(&get(path, "zh").await.1, &zh);
    }
    server.abort();
    assert!(server.await.unwrap_err().is_cancelled());
}

#[test]
fn a_database_that_lost_its_newest_entries_is_caught_by_its_own_checkpoints() {
    for database in databases() {
        block_on(async {
            let (marked, acts) = (Marked::new(), week());
            let ledger = marked.found(&database).await;
            send_all(&ledger, &acts[..2]).await;
            let kept = latest(&ledger).await;
            send_all(&ledger, &acts[2..BEFORE]).await;
            let last = size_of(&ledger).await - 1;
            ledger.close().await;
            // Another process, which has no mark yet.
            std::fs::remove_file(marked.mark()).unwrap();
            let mut tamper = Tamper::open(&database.url).await;
            tamper.drop_triggers().await;
            tamper.cut(kept.size, &kept.root).await;

            let cut = marked.open(&database, &acts[2]).await.unwrap();
            let why = ReadOnly::Missing { first: kept.size, last, by: Holder::Checkpoints };
            assert_eq!(cut.app.mode(), Mode::ReadOnly(why));
            cut.close().await;
        });
    }
}

#[test]
fn other_entries_in_the_place_of_signed_ones_stop_the_start() {
    for database in databases() {
        block_on(async {
            let (marked, acts) = (Marked::new(), week());
            marked.found(&database).await.close().await;
            let backup = database.copy();
            let ledger = marked.open(&database, &acts[0]).await.unwrap();
            send_all(&ledger, &acts[..BEFORE]).await;
            let (held, held_note) = (latest(&ledger).await, latest_note(&ledger).await);
            ledger.close().await;

            // Somebody goes on from the backup with a mark of its own, as a second server would.
            let elsewhere = Marked::new();
            let fork = elsewhere.open(&backup, &acts[1]).await.unwrap();
            send_all(&fork, &acts[..BEFORE]).await;
            fork.app.compare(&latest_note(&fork).await, "itself").await.unwrap();
            assert_eq!(fork.app.mode(), Mode::Signing);
            // Fresh salts: the same events make another tree.
            assert_eq!(fork.app.compare(&held_note, "witness w1").await.unwrap(), held);
            let told = fork.app.mode();
            let is_contradiction = |why: &ReadOnly| matches!(why, ReadOnly::Contradiction { size, signed, .. } if (*size, *signed) == (held.size, held.root));
            assert!(matches!(&told, Mode::ReadOnly(why) if is_contradiction(why)), "{told:?}");
            assert!(is_contradiction(&fork.app.contradicted().await));
            fork.close().await;

            let Err(Fault::ReadOnly(why)) = marked.open(&backup, &acts[0]).await else { panic!("served") };
            assert!(is_contradiction(&why), "{why}");
            let options = liandan::store::ConnectOptions { read_only: true, ..Default::default() };
            liandan::store::Store::connect(&backup.url, &options).await.unwrap().close().await;
        });
    }
}

/// Attack 3: the signer does not build on a flipped tile.
#[test]
fn a_flipped_bit_in_the_root_of_a_tile_stops_the_start() {
    for database in databases() {
        block_on(async {
            let (marked, acts) = (Marked::new(), week());
            let ledger = marked.found(&database).await;
            let missing = 256_usize.saturating_sub(usize::try_from(size_of(&ledger).await).unwrap());
            send_all(&ledger, &acts[..=missing]).await;
            ledger.close().await;
            let mut tamper = Tamper::open(&database.url).await;
            tamper.drop_triggers().await;
            let flip =
                tamper.flip("tile", "root", &mut crate::support::random::Random::new(1)).await.unwrap();
            let Err(Fault::Tree(why)) = marked.open(&database, &acts[0]).await else { panic!("opened") };
            assert!(why.contains("do not give its root"), "{why}");
            flip.undo(&mut tamper).await;
            marked.open(&database, &acts[0]).await.unwrap().close().await;
        });
    }
}
