//! `liandan doctor`: it names what would stop a start, beside a server and without one, and changes nothing.

use std::process::{Command, Output};

use liandan::ledger::checkpoint::Checkpoint;
use liandan::ledger::{Digest, mark};
use liandan::store::migrate;

use crate::support::ledger::{Folder, block_on, databases};
use crate::support::program::Served;

/// What it says of the arguments that a ledger is served with, and of these.
fn doctor(served: &Served, more: &[&str]) -> (i32, String) {
    let arguments: Vec<String> = served.arguments().into_iter().skip(1).collect();
    let mut command = Command::new(env!("CARGO_BIN_EXE_liandan"));
    let output: Output = command.arg("doctor").args(arguments).args(more).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), told)
}

fn faults(told: &str) -> Vec<&str> {
    told.lines().filter_map(|line| line.strip_prefix("FAULT 故障 ")).collect()
}

#[test]
fn a_ledger_that_is_well_is_told_so_while_it_is_served_and_after() {
    for database in databases() {
        block_on(async {
            let served = Served::found(database).await;
            let running = served.start(None).await;
            for _ in 0..2 {
                let (code, told) = doctor(&served, &[]);
                assert_eq!((code, faults(&told)), (0, vec![]), "{told}");
                assert!(told.contains("ok log key 日志密钥"), "{told}");
                assert!(told.contains("note 提示 --backups"), "{told}");
            }
            running.kill();
            assert_eq!(doctor(&served, &[]).0, 0);
        });
    }
}

#[test]
fn whatever_would_stop_a_start_is_named() {
    for database in databases() {
        block_on(async {
            let served = Served::found(database).await;
            let folder = Folder::new();
            let there = |name: &str, text: &str| {
                let path = folder.path().join(name);
                std::fs::write(&path, text).unwrap();
                path.to_str().unwrap().to_owned()
            };
            let other_key =
                there("other.pem", &liandan::ledger::SigningKey::from_seed([3; 32]).to_pkcs8_pem());
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&other_key, std::fs::Permissions::from_mode(0o600)).unwrap();
            let nonsense = there("nonsense", "{");
            let head = mark::newest(&std::fs::read(served.mark()).unwrap()).unwrap().1;
            let ahead = Checkpoint { size: head.size + 5, root: Digest::sha256(&[b"later"]), ..head };
            let slot = mark::encode(&ahead).unwrap();
            let far = folder.path().join("far.mark");
            std::fs::write(&far, [slot.clone(), slot].concat()).unwrap();
            let cases = [
                (["--log-key", &other_key], "log key 日志密钥"),
                (["--mark", far.to_str().unwrap()], "mark 高水位标记"),
                (["--published", &nonsense], "published 已发布的检查点"),
                (["--oidc", &nonsense], "--oidc"),
                (["--platforms", &nonsense], "--platforms"),
                (["--columns", &nonsense], "--columns"),
                (["--service", &nonsense], "--service"),
                (["--witnesses", &nonsense], "--witnesses"),
                (["--gateway", "ftp://nowhere"], "--gateway"),
            ];
            for (arguments, what) in cases {
                let (code, told) = doctor_with(&served, &arguments);
                assert_eq!(code, 1, "{arguments:?}: {told}");
                assert!(matches!(faults(&told)[..], [one] if one.starts_with(what)), "{arguments:?}: {told}");
            }
            let pems = [there("cert.pem", "no certificate"), there("key.pem", "no key")];
            let (code, told) = doctor(&served, &["--tls-cert", &pems[0], "--tls-key", &pems[1]]);
            assert!(code == 1 && faults(&told)[0].starts_with("--tls-cert"), "{told}");
        });
    }
}

/// The same with arguments in place of those that the ledger is served with.
fn doctor_with(served: &Served, arguments: &[&str; 2]) -> (i32, String) {
    let mut all: Vec<String> = served.arguments().into_iter().skip(1).collect();
    if let Some(n) = all.iter().position(|argument| argument == arguments[0]) {
        all.drain(n..n + 2);
    }
    all.extend(arguments.map(str::to_owned));
    let output = Command::new(env!("CARGO_BIN_EXE_liandan")).arg("doctor").args(all).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

/// A schema of before is brought to now by the next start: that is a remark. A database that there is not is a fault, and is not made.
#[test]
fn it_changes_nothing() {
    for database in databases() {
        block_on(async {
            let store = database.connect().await;
            let all = migrate::embedded(store.kind()).unwrap();
            migrate::apply(&store, &all[..all.len() - 1]).await.unwrap();
            store.close().await;
            drop(store);
            let command = |url: &str| {
                let output = Command::new(env!("CARGO_BIN_EXE_liandan"))
                    .args(["doctor", "--database", url])
                    .output()
                    .unwrap();
                (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
            };
            let (_, told) = command(&database.url);
            assert!(told.contains("note 提示 schema 表结构"), "{told}");
            let store = database.connect().await;
            assert!(!migrate::is_current(&store).await.unwrap(), "it was not brought up to date");
            store.close().await;
        });
    }
    let folder = Folder::new();
    let path = folder.path().join("none.sqlite");
    let output = Command::new(env!("CARGO_BIN_EXE_liandan"))
        .args(["doctor", "--database", &format!("sqlite:{}", path.display())])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.code() == Some(1) && faults(&told)[0].starts_with("database 数据库"), "{told}");
    assert!(!path.exists());
}
