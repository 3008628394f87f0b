//! Databases of versions before: whatever the schema was when the log was written, this program brings it to its own, folds the log anew, and goes on.

use liandan::app::audit::{self, Against};
use liandan::app::{Fault, rebuild};
use liandan::clock::Clock;
use liandan::store::{log, migrate};

use crate::durability::{Marked, send_all, size_of, week};
use crate::replay::is_refolded;
use crate::support::ledger::{Database, Folder, Ledger, block_on, databases, settings};
use crate::support::tamper::{LOG_TABLES, Tamper};

/// The last migration that has the log folded anew.
const LAST_THAT_ASKS: usize = 41;

/// What a ledger of before held: its log, in the schema of as many migrations.
async fn of_before(empty: &Database, migrations: usize, now: &Database) {
    let store = empty.connect().await;
    let all = migrate::embedded(store.kind()).unwrap();
    migrate::apply(&store, &all[..migrations]).await.unwrap();
    store.close().await;
    let (mut from, mut to) = (Tamper::open(&now.url).await, Tamper::open(&empty.url).await);
    for table in [&["log_head"], &LOG_TABLES[..]].concat() {
        let columns = to.columns(table).await;
        // Tables of the log that came later are empty in this ledger.
        if !columns.is_empty() {
            to.insert(table, &columns, from.literals(table, &columns).await).await;
        }
    }
}

/// With the first schema, the last one before leaves of erased events were kept, and the last one before the log was in partitions on Postgres.
#[test]
fn a_log_in_any_schema_of_before_is_brought_to_now() {
    let acts = week();
    for migrations in [1, 5, 41] {
        for (now, before) in databases().into_iter().zip(databases()) {
            let (marked, folder) = (Marked::new(), Folder::new());
            block_on(async {
                let ledger = marked.found(&now).await;
                let receipts = send_all(&ledger, &acts[..20]).await;
                ledger.close().await;
                of_before(&before, migrations, &now).await;

                let store = before.connect().await;
                let pending = migrate::embedded(store.kind()).unwrap().len() - migrations;
                assert_eq!(migrate::migrate(&store).await.unwrap(), pending);
                let open = || {
                    let clock = Clock::manual(acts[20].recorded_at);
                    Ledger::open(settings(store.clone(), clock, Some(&marked.mark())))
                };
                if migrations < LAST_THAT_ASKS {
                    assert!(matches!(open().await.err().unwrap(), Fault::MustRefold));
                }
                rebuild::rebuild(&store, 100, |_, _| {}).await.unwrap();

                let ledger = open().await.unwrap();
                assert_eq!(send_all(&ledger, &acts[..20]).await, receipts, "receipts are those of before");
                send_all(&ledger, &acts[20..]).await;
                audit::verify(&ledger.store, Against::itself(), |_, _| {}).await.unwrap();
                is_refolded(&ledger.store, &folder, 1_000).await.unwrap();
                if before.url.starts_with("postgres") {
                    assert!(
                        !log::make_room(&ledger.store, size_of(&ledger).await).await.unwrap(),
                        "there is room"
                    );
                }
                ledger.close().await;
            });
        }
    }
}
