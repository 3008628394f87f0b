//! The file of the mark: whose it is, what a torn write leaves, what cannot be read.

use liandan::app::{Fault, MarkError};
use liandan::ledger::checkpoint::Checkpoint;
use liandan::ledger::mark::{self, MARK_FILE_BYTES, SLOT_BYTES};

use super::{Marked, latest, send_all, week};
use crate::support::ledger::{Database, block_on, databases};

fn read(marked: &Marked) -> (usize, Checkpoint) {
    mark::newest(&std::fs::read(marked.mark()).unwrap()).unwrap()
}

async fn fault(marked: &Marked, database: &Database) -> Fault {
    match marked.open(database, &week()[0]).await {
        Ok(_) => panic!("it was opened"),
        Err(fault) => fault,
    }
}

#[test]
fn the_mark_is_that_of_the_last_checkpoint_and_its_slots_take_turns() {
    for database in databases() {
        block_on(async {
            let (marked, acts) = (Marked::new(), week());
            let ledger = marked.found(&database).await;
            let mut slots = Vec::new();
            for act in &acts[..4] {
                ledger.send(act).await.unwrap();
                let (slot, mark) = read(&marked);
                assert_eq!(mark, latest(&ledger).await);
                slots.push(slot);
            }
            assert!(slots == [0, 1, 0, 1] || slots == [1, 0, 1, 0], "{slots:?}");
            // What the log knows already moves nothing.
            ledger.send(&acts[0]).await.unwrap();
            assert_eq!(read(&marked).0, slots[3]);
            ledger.close().await;
        });
    }
}

#[test]
fn a_mark_belongs_to_one_process() {
    let Some(database) = databases().into_iter().nth(1) else { return };
    block_on(async {
        let marked = Marked::new();
        let ledger = marked.found(&database).await;
        // On Postgres the database itself keeps nobody out; a SQLite file has its own lock.
        let second = fault(&marked, &database).await;
        assert!(matches!(second, Fault::Mark(MarkError::InUse(_))), "{second}");
        ledger.close().await;
        marked.open(&database, &week()[0]).await.unwrap().close().await;
    });
}

#[test]
fn a_mark_that_cannot_be_read_or_is_another_log_s_stops_the_start() {
    let database = databases().remove(0);
    block_on(async {
        let marked = Marked::new();
        marked.found(&database).await.close().await;
        let good = std::fs::read(marked.mark()).unwrap();

        std::fs::write(marked.mark(), vec![0; MARK_FILE_BYTES]).unwrap();
        assert!(matches!(fault(&marked, &database).await, Fault::Mark(MarkError::Damaged(_))));

        let other = Checkpoint { origin: "other.example".to_owned(), ..mark::newest(&good).unwrap().1 };
        let slot = mark::encode(&other).unwrap();
        std::fs::write(marked.mark(), [slot.clone(), slot].concat()).unwrap();
        assert!(matches!(fault(&marked, &database).await, Fault::Mark(MarkError::OtherLog { .. })));
    });
}

#[test]
fn a_torn_write_leaves_the_mark_before_it_and_an_unfinished_file_is_made_anew() {
    let database = databases().remove(0);
    block_on(async {
        let (marked, acts) = (Marked::new(), week());
        let ledger = marked.found(&database).await;
        send_all(&ledger, &acts[..3]).await;
        let last = latest(&ledger).await;
        ledger.close().await;
        let (slot, _) = read(&marked);

        let mut torn = std::fs::read(marked.mark()).unwrap();
        torn[slot * SLOT_BYTES + 40..(slot + 1) * SLOT_BYTES].fill(0);
        std::fs::write(marked.mark(), torn).unwrap();
        assert_eq!(read(&marked).1.size, last.size - 1);
        let ledger = marked.open(&database, &acts[3]).await.unwrap();
        assert_eq!(read(&marked), (slot, last.clone()));
        send_all(&ledger, &acts[3..4]).await;
        ledger.close().await;

        for length in [0, 1, SLOT_BYTES, MARK_FILE_BYTES - 1] {
            let whole = std::fs::read(marked.mark()).unwrap();
            std::fs::write(marked.mark(), &whole[..length]).unwrap();
            marked.open(&database, &acts[4]).await.unwrap().close().await;
            assert_eq!(read(&marked).1.size, last.size + 1, "{length} bytes");
        }
    });
}
