//! What people do on the pages, in Debian's Chromium: tests/ui/*.mjs against `liandan demo --sandbox`. Each script counts its steps, has axe look at
//! every page it comes to, and leaves pictures in target/ui/.

use std::process::Command;

use crate::interop::tools::{PLAYWRIGHT, TYPESCRIPT};
use crate::support::ledger::{Folder, block_on};
use crate::support::program::Running;

const PICTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/ui");

/// Runs a script of tests/ui against a fresh sandbox; what it prints, or `None`, said loudly, where a tool is missing.
fn run(script: &str, lang: &str) -> Option<String> {
    let _alone = super::one_at_a_time();
    block_on(async {
        let folder = Folder::new();
        let mut command = Command::new(env!("CARGO_BIN_EXE_liandan"));
        command.args(["demo", "--sandbox", "--addr", "127.0.0.1:0"]).current_dir(folder.path());
        let running = Running::spawn(command).await;
        let arguments = [format!("tests/ui/{script}.mjs"), running.base.clone().unwrap()];
        let arguments = arguments.into_iter().chain([PICTURES.to_owned(), lang.to_owned()]);
        let arguments: Vec<String> = arguments.collect();
        tokio::task::spawn_blocking(move || {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            PLAYWRIGHT.run(&arguments)
        })
        .await
        .unwrap()
    })
}

#[test]
fn a_load_goes_its_way_in_chinese() {
    let Some(said) = run("story", "zh") else { return };
    assert_eq!(said.lines().last(), Some("done"));
}

#[test]
fn a_load_goes_its_way_in_english() {
    let Some(said) = run("story", "en") else { return };
    assert_eq!(said.lines().last(), Some("done"));
}

/// The scripts of the pages say of what kind everything is, and are held to it.
#[test]
fn the_scripts_keep_their_types() {
    let Some(said) = TYPESCRIPT.run(&["-p", "tests/ui"]) else { return };
    assert_eq!(said, "");
}
