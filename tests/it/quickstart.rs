//! `docs/quickstart-api.md`, followed word for word against `liandan demo --sandbox`.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::http::client_builder;
use crate::support::ledger::{Folder, block_on};
use crate::support::program::Running;

const QUICKSTART: &str = include_str!("../../docs/quickstart-api.md");

/// A language of the page: the word behind its fences, the file they make, and what runs that.
struct Language {
    fence: &'static str,
    file: &'static str,
    command: &'static [&'static str],
    probe: &'static [&'static str],
}

const LANGUAGES: [Language; 3] = [
    Language {
        fence: "sh",
        file: "quickstart.sh",
        command: &["bash", "-euo", "pipefail"],
        probe: &["sh", "-c", "openssl version && curl --version"],
    },
    Language {
        fence: "python",
        file: "quickstart.py",
        command: &["target/interop-venv/bin/python"],
        probe: &["target/interop-venv/bin/python", "-c", "import cryptography"],
    },
    Language { fence: "ts", file: "quickstart.mjs", command: &["node"], probe: &["node", "--version"] },
];

/// Everything between the fences of a language, in order.
fn blocks(fence: &str) -> String {
    let begins = format!("```{fence}\n");
    let blocks = QUICKSTART.split(&begins).skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect::<Vec<_>>().join("\n")
}

fn program(name: &str) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Command::new(if name.contains('/') { root.join(name) } else { name.into() })
}

impl Language {
    fn is_there(&self) -> bool {
        let probed = program(self.probe[0]).args(&self.probe[1..]).output();
        probed.is_ok_and(|output| output.status.success())
    }

    /// The last line it prints.
    fn run(&self, folder: &Path, url: &str) -> String {
        std::fs::write(folder.join(self.file), blocks(self.fence)).unwrap();
        let mut command = program(self.command[0]);
        command.args(&self.command[1..]).arg(self.file).current_dir(folder).env("LIANDAN_URL", url);
        let output = command.output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {errors}", self.file);
        let printed = String::from_utf8(output.stdout).unwrap();
        printed.trim().lines().last().unwrap().to_owned()
    }
}

#[expect(clippy::disallowed_methods, reason = "a switch of the test run, not a setting of the program")]
fn are_demanded() -> bool {
    std::env::var("LIANDAN_REQUIRE_INTEROP").as_deref() == Ok("1")
}

/// The program as the page starts it, but for the port and the folder.
async fn sandbox(folder: &Folder) -> Running {
    let line = blocks("console");
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name, arguments @ ..] = &words[..] else { panic!("{line}") };
    assert_eq!(*name, "liandan");
    let mut command = Command::new(env!("CARGO_BIN_EXE_liandan"));
    command.args(arguments).args(["--addr", "127.0.0.1:0"]).current_dir(folder.path());
    Running::spawn(command).await
}

#[test]
fn the_page_leads_from_an_empty_ledger_to_a_disposed_load() {
    block_on(async {
        let folder = Folder::new();
        let running = sandbox(&folder).await;
        let url = running.base.clone().unwrap();
        let client = client_builder().build().unwrap();
        for language in &LANGUAGES {
            if !language.is_there() {
                assert!(!are_demanded(), "{} cannot be run", language.file);
                let _ = writeln!(std::io::stderr(), "\nQUICKSTART SKIPPED: {}\n", language.fence);
                continue;
            }
            let (path, base) = (folder.path().to_owned(), url.clone());
            let run = tokio::task::spawn_blocking(move || language.run(&path, &base));
            let fate: Value = serde_json::from_str(&run.await.unwrap()).unwrap();
            assert_eq!(fate["is_finished"], true, "{}: {fate}", language.file);
            // Ash is left of what was burnt.
            assert_eq!(
                (&fate["total_mass_g"], &fate["final_mass_g"]),
                (&1_200_000.into(), &1_080_000.into())
            );
        }
        let sheet = |party: &str| client.get(format!("{url}/sandbox/approval/{party}")).send();
        let acme: Value = sheet("acme.json").await.unwrap().json().await.unwrap();
        let shown: Vec<&str> = (acme["abilities"].as_array().unwrap().iter())
            .filter(|ability| ability["proof"].is_string())
            .map(|ability| ability["ability"].as_str().unwrap())
            .collect();
        assert_eq!(shown, ["generates", "registers", "names-its-key", "countersigns"]);
        assert_eq!(acme["is_complete"], false);
        let swift: Value = sheet("swift.json").await.unwrap().json().await.unwrap();
        let none = swift["abilities"].as_array().unwrap().iter().all(|ability| ability["proof"].is_null());
        assert!(none, "what the sandbox stated for it does not count: {swift}");
        let printed = sheet("acme").await.unwrap().text().await.unwrap();
        assert!(
            printed.starts_with("联调验收单 Approval sheet") && printed.contains("[x] 登记联单"),
            "{printed}"
        );
    });
}

/// The first signed receipt comes within ten commands.
#[test]
fn the_first_receipt_takes_no_more_than_ten_commands() {
    let first = blocks("sh");
    let first = &first[..first.find("say manifest.registered").unwrap()];
    let commands = first.lines().filter(|line| !line.is_empty() && !line.starts_with([' ', '}', ']']));
    assert_eq!(commands.count(), 9, "{first}");
}
