//! The log in partitions by index, on Postgres: the next are there before they are needed, and what holds for the log holds on each.

use liandan::store::{log, migrate};

use crate::durability::{send_all, size_of, week};
use crate::replay::is_refolded;
use crate::support::ledger::{Database, Folder, Ledger, block_on, databases};
use crate::support::tamper::Tamper;

fn postgres() -> Option<Database> {
    databases().into_iter().nth(1)
}

/// No entry of any partition can be changed or removed, by way of the log or past it.
async fn nothing_can_be_changed(database: &Database, partitions: &[&str]) {
    let mut tamper = Tamper::open(&database.url).await;
    for table in [&["log_entry"], partitions].concat() {
        for sql in [format!("delete from {table}"), format!("update {table} set skew_ms = skew_ms + 1")] {
            let refused = tamper.run(&sql).await.unwrap_err().to_string();
            assert!(refused.contains("append-only"), "{sql}: {refused}");
        }
    }
}

/// Partitions far smaller than those of a real ledger.
#[test]
fn the_log_goes_on_from_one_partition_into_the_next() {
    let Some(database) = postgres() else { return };
    let folder = Folder::new();
    block_on(async {
        let store = database.connect().await;
        migrate::migrate(&store).await.unwrap();
        store.close().await;
        let mut tamper = Tamper::open(&database.url).await;
        for sql in [
            "drop table log_entry_0",
            "create table log_entry_0 partition of log_entry for values from (0) to (150)",
            "create table log_entry_150 partition of log_entry for values from (150) to (160)",
        ] {
            tamper.run(sql).await.unwrap();
        }
        let ledger = Ledger::found(&database.url).await;
        let other = ledger.beside(&database).await;
        // Both processes have seen at their start that the room is scarce, and one of them made more.
        send_all(&ledger, &week()).await;
        let size = size_of(&ledger).await;
        assert!(size > 200, "{size}");
        nothing_can_be_changed(&database, &["log_entry_0", "log_entry_150", "log_entry_160"]).await;
        let last = log::PARTITION_ENTRIES + 160;
        assert!(!log::make_room(&ledger.store, last / 2).await.unwrap());

        // Near its end two find at once that another one is needed.
        let near = last - 10;
        let both =
            futures::future::join(log::make_room(&ledger.store, near), log::make_room(&other.store, near));
        let (one, two) = both.await;
        assert!(one.unwrap() != two.unwrap(), "one of them makes it");
        let refused =
            tamper.run(&format!("insert into log_entry_{last} select * from log_entry limit 1")).await;
        assert!(refused.unwrap_err().to_string().contains("partition constraint"));
        is_refolded(&ledger.store, &folder, 100).await.unwrap();
        other.close().await;
        ledger.close().await;
    });
}
