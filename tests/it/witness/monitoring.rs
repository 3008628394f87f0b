//! The monitor: it follows a real ledger, resumes where it was stopped, and convicts every log that goes back or shows two faces.

use std::process::Command;

use liandan::app::monitor::{Monitor, MonitorError};
use liandan::ledger::leaf::KeyAction;
use liandan::ledger::policy::{Level, Policy};

use super::remote::{Remote, key_leaf, leaves, path};
use super::support::log;
use crate::api::server::Server;
use crate::support::ledger::{Folder, block_on, databases};

fn monitor(remote: &Remote, folder: &Folder) -> Monitor {
    Monitor::open(&remote.served.url, Remote::policy(), folder.path(), None).unwrap()
}

#[test]
fn it_follows_a_real_ledger_on_both_databases() {
    block_on(async {
        for database in databases() {
            let server = Server::start(database).await;
            let folder = Folder::new();
            let policy = Policy::log_alone(server.ledger.app.verifier());
            let open =
                || Monitor::open(&server.url("/api/v1/log"), policy.clone(), folder.path(), None).unwrap();
            let first = open().round().await.unwrap();
            assert_eq!(
                (first.size, first.read, first.level),
                (server.size().await, server.size().await, Level::Quorum)
            );
            assert_eq!((first.odd_keys, first.unopened), (0, None));
            assert_eq!(first.keys[0].action, "founded");
            assert!(first.keys.len() > 5 && first.keys[1..].iter().all(|key| key.action == "enrolled"));

            server.play("08:00 acme opens 900-041-49 1 kg\n08:01 acme opens 900-041-49 2 kg\n=====\n").await;
            // Another process goes on where the first one was.
            let mut monitor = open();
            let second = monitor.round().await.unwrap();
            assert_eq!((second.size, second.read, second.keys.len()), (first.size + 2, 2, 0));
            assert_eq!(monitor.round().await.unwrap().read, 0);
            let heads = std::fs::read_dir(folder.path().join("checkpoints")).unwrap().count();
            assert_eq!(heads, 2, "every head that was seen is kept");
        }
    });
}

#[test]
fn a_stopped_monitor_goes_on_where_it_was() {
    block_on(async {
        let remote = Remote::of(leaves(256 * 66 + 9, "a")).await;
        let folder = Folder::new();
        let (gone, last) = (path(65, 256), path(66, 9));
        let bytes = remote.take(&gone);
        let stopped = monitor(&remote, &folder).round().await.unwrap_err();
        assert!(matches!(&stopped, MonitorError::Status { status: 404, .. }) && !stopped.convicts());
        remote.put(&gone, bytes);
        let round = monitor(&remote, &folder).round().await.unwrap();
        assert_eq!((round.size, round.read), (256 * 66 + 9, 256 * 2 + 9), "64 bundles were saved");
        assert_eq!((remote.asked_for(&path(0, 256)), remote.asked_for(&last)), (1, 1));
    });
}

#[test]
fn a_partial_bundle_that_is_gone_is_read_from_the_full_one() {
    block_on(async {
        let remote = Remote::of(leaves(300, "a")).await;
        remote.put("checkpoint", remote.note(100).into_bytes());
        let round = monitor(&remote, &Folder::new()).round().await.unwrap();
        assert_eq!((round.size, remote.asked_for(&path(0, 256))), (100, 1));
    });
}

/// What a folder of evidence holds.
fn evidence(folder: &Folder) -> String {
    let files = std::fs::read_dir(folder.path().join("evidence")).unwrap();
    files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

#[test]
fn two_faces_and_steps_back_are_convicted_with_both_notes_kept() {
    block_on(async {
        let honest = Remote::of(leaves(20, "a")).await;
        let forged = Remote::of(leaves(30, "b")).await;
        for (size, words) in
            [(20, "two roots"), (19, "went back"), (0, "went back"), (30, "do not give the signed root")]
        {
            let folder = Folder::new();
            honest.publish(20);
            monitor(&honest, &folder).round().await.unwrap();
            let note = forged.note(size);
            honest.put("checkpoint", note.clone().into_bytes());
            honest.put(&path(0, 30), forged.files_of(30));
            let error = monitor(&honest, &folder).round().await.unwrap_err();
            assert!(error.convicts() && error.to_string().contains(words), "{error}");
            let kept = evidence(&folder);
            assert!(kept.contains(&honest.note(20)) && kept.contains(&note), "{kept}");
            // The verdict stands: the monitor does not come to terms with the forged history.
            let again = monitor(&honest, &folder).round().await.unwrap_err();
            assert!(again.convicts(), "{again}");
        }
    });
}

#[test]
fn a_head_that_was_seen_counts_before_it_was_read() {
    block_on(async {
        let remote = Remote::of(leaves(40, "a")).await;
        let folder = Folder::new();
        let bundle = remote.take(&path(0, 40));
        assert!(!monitor(&remote, &folder).round().await.unwrap_err().convicts());
        remote.publish(30);
        let error = monitor(&remote, &folder).round().await.unwrap_err();
        assert!(error.to_string().contains("went back from size 40 to size 30"), "{error}");
        remote.put(&path(0, 40), bundle);
        remote.put("checkpoint", remote.note(40).into_bytes());
        assert_eq!(monitor(&remote, &folder).round().await.unwrap().size, 40);
    });
}

#[test]
fn tampered_copies_are_convicted_and_a_repaired_one_is_read_again() {
    block_on(async {
        let remote = Remote::of(leaves(300, "a")).await;
        let folder = Folder::new();
        let good = remote.take(&path(0, 256));
        let mut flipped = good.clone();
        *flipped.last_mut().unwrap() ^= 1;
        let mut swapped = good.clone();
        swapped[141 + 2..].rotate_left(36);
        for bad in [
            flipped,
            swapped,
            good[..good.len() - 1].to_vec(),
            [&good[..], &[0]].concat(),
            vec![],
            vec![0xff; 99],
        ] {
            remote.put(&path(0, 256), bad);
            let error = monitor(&remote, &folder).round().await.unwrap_err();
            assert!(error.convicts(), "{error}");
        }
        remote.put(&path(0, 256), good);
        let round = monitor(&remote, &folder).round().await.unwrap();
        assert_eq!((round.size, round.odd_keys, round.keys.len()), (300, 0, 1));
        // A head under another key, or under none.
        let unsigned = remote.note(300).replace("\n300\n", "\n301\n");
        for note in [unsigned, "hello\n".to_owned(), String::new()] {
            remote.put("checkpoint", note.into_bytes());
            assert!(monitor(&remote, &folder).round().await.unwrap_err().convicts());
        }
    });
}

#[test]
fn keys_are_kept_and_what_cannot_be_is_named_for_good() {
    block_on(async {
        let mut all = leaves(5, "a");
        all.insert(3, key_leaf(KeyAction::Enrolled, 2));
        all.push(key_leaf(KeyAction::Revoked, 2));
        all.push(key_leaf(KeyAction::Revoked, 3));
        all.push(key_leaf(KeyAction::Enrolled, 2)[..138].to_vec());
        let remote = Remote::of(all).await;
        remote.publish(7);
        let folder = Folder::new();
        let round = monitor(&remote, &folder).round().await.unwrap();
        let seen: Vec<(u64, &str)> = round.keys.iter().map(|key| (key.index, key.action.as_str())).collect();
        assert_eq!((seen, round.odd_keys), (vec![(0, "founded"), (3, "enrolled"), (6, "revoked")], 0));
        remote.publish(9);
        let round = monitor(&remote, &folder).round().await.unwrap();
        assert_eq!(round.odd_keys, 2);
        assert!(round.keys[0].odd.as_ref().unwrap().contains("never enrolled"));
        assert_eq!(round.keys[1].action, "unreadable");
        assert_eq!(monitor(&remote, &folder).round().await.unwrap().odd_keys, 2);
    });
}

#[test]
fn a_damaged_or_foreign_state_is_refused() {
    block_on(async {
        let remote = Remote::of(leaves(20, "a")).await;
        let folder = Folder::new();
        monitor(&remote, &folder).round().await.unwrap();
        let open = || Monitor::open(&remote.served.url, Remote::policy(), folder.path(), None);
        let taken = open().unwrap();
        assert!(open().is_err(), "one process at a time");
        drop(taken);
        let state = folder.path().join("state");
        let good = std::fs::read_to_string(&state).unwrap();
        let bad = [
            String::new(),
            good[..good.len() / 2].to_owned(),
            good.replace("\"read\":20", "\"read\":21"),
            good.replace("\"verified\":20", "\"verified\":200"),
            good.replace("monitor/v1", "monitor/v2"),
            good.replace("\"seen\"", "\"sean\""),
        ];
        for text in bad {
            std::fs::write(&state, &text).unwrap();
            assert!(matches!(open().err(), Some(MonitorError::State(_))), "{text}");
        }
        std::fs::write(&state, &good).unwrap();
        std::fs::write(folder.path().join("checkpoints").join(format!("{:020}", 20)), "x").unwrap();
        assert!(matches!(open().unwrap().round().await, Err(MonitorError::State(_))));
    });
}

#[test]
fn the_command_answers_by_its_exit_code() {
    block_on(async {
        let remote = Remote::of(leaves(20, "a")).await;
        let folder = Folder::new();
        let run = |url: String, path: std::path::PathBuf| async move {
            let command = tokio::task::spawn_blocking(move || {
                let mut command = Command::new(env!("CARGO_BIN_EXE_liandan"));
                command.args(["monitor", &url, "--once", "--log", &log().verifier().to_vkey(), "--state"]);
                command.arg(path).output().unwrap()
            });
            let output = command.await.unwrap();
            (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
        };
        let state = || folder.path().join("monitor");
        let (code, text) = run(remote.served.url.clone(), state()).await;
        assert!(code == Some(0) && text.contains("20"), "{text}");
        remote.publish(10);
        let (code, text) = run(remote.served.url.clone(), state()).await;
        assert!(code == Some(1) && text.contains("请勿信任"), "{text}");
        assert_eq!(run("http://127.0.0.1:1".to_owned(), state()).await.0, Some(3));
        assert_eq!(run("ftp://127.0.0.1".to_owned(), state()).await.0, Some(3));
    });
}
