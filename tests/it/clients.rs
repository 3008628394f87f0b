//! The clients of `docs/clients`: each signs, uploads and reads a receipt, wherever its language is there to run it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use liandan::clock::Clock;
use liandan::ledger::EventId;

use crate::api::server::{Server, office_key, sign_script};
use crate::support::ledger::{Folder, LOG, block_on, databases};

/// A client and how it is run; `{file}` is its source.
struct Client {
    file: &'static str,
    command: &'static [&'static str],
    /// What must answer with success, if the language is there.
    probe: &'static [&'static str],
    /// `bin/test` sees to it that this one is there.
    is_installed: bool,
}

const CLIENTS: [Client; 5] = [
    Client {
        file: "liandan.py",
        command: &["target/interop-venv/bin/python", "{file}"],
        probe: &["target/interop-venv/bin/python", "-c", "import cryptography"],
        is_installed: true,
    },
    Client {
        file: "liandan.ts",
        command: &["node", "{file}"],
        probe: &["node", "--version"],
        is_installed: true,
    },
    Client {
        file: "liandan.sh",
        command: &["bash", "{file}"],
        probe: &["sh", "-c", "openssl version && curl --version"],
        is_installed: false,
    },
    Client {
        file: "liandan.go",
        command: &["go", "run", "{file}"],
        probe: &["go", "version"],
        is_installed: false,
    },
    Client {
        file: "Liandan.java",
        command: &["java", "{file}"],
        probe: &["sh", "-c", "command -v javac && java --version"],
        is_installed: false,
    },
];

/// One that no Debian package runs; it is held to its length alone.
const NOT_RUN: &str = "Liandan.cs";

impl Client {
    fn is_there(&self) -> bool {
        let probed = in_repository(self.probe[0]).args(&self.probe[1..]).output();
        probed.is_ok_and(|output| output.status.success())
    }

    /// What it prints when it is given this event.
    fn run(&self, folder: &Path, settings: &[(&str, String)], event: &[u8]) -> String {
        let source = source(self.file);
        // Node runs no TypeScript; what stands there is JavaScript as well.
        let file = if self.file.ends_with(".ts") {
            let module = folder.join("liandan.mjs");
            std::fs::copy(&source, &module).unwrap();
            module
        } else {
            source
        };
        let arguments = self.command[1..].iter().map(|word| match *word {
            "{file}" => file.clone().into_os_string(),
            word => word.into(),
        });
        let mut command = in_repository(self.command[0]);
        command.args(arguments).envs(settings.iter().map(|(name, value)| (*name, value)));
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(event).unwrap();
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {errors}", self.file);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

fn source(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/clients").join(file)
}

fn in_repository(program: &str) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = if program.contains('/') { root.join(program) } else { program.into() };
    let mut command = Command::new(program);
    command.current_dir(root);
    command
}

#[expect(clippy::disallowed_methods, reason = "a switch of the test run, not a setting of the program")]
fn are_demanded() -> bool {
    std::env::var("LIANDAN_REQUIRE_INTEROP").as_deref() == Ok("1")
}

#[test]
fn every_client_signs_uploads_and_reads_its_receipt() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let lines: Vec<String> =
            (1..=CLIENTS.len()).map(|n| format!("08:{n:02} acme opens L{n} 900-041-49 1200 kg")).collect();
        let acts = sign_script(&format!("{}\n=====", lines.join("\n"))).acts;
        // The clients go by the machine's clock.
        server.ledger.clock.set(Clock::System.now());
        let folder = Folder::new();
        let key = folder.path().join("acme.pem");
        std::fs::write(&key, office_key("acme").to_pkcs8_pem()).unwrap();
        let settings = [
            ("LIANDAN_URL", server.url("")),
            ("LIANDAN_LOG", LOG.to_owned()),
            ("LIANDAN_KEY", key.display().to_string()),
            ("LIANDAN_KID", office_key("acme").kid().to_string()),
        ];
        for (client, act) in CLIENTS.iter().zip(&acts) {
            if !client.is_there() {
                assert!(!(client.is_installed && are_demanded()), "{} cannot be run", client.file);
                let _ = writeln!(std::io::stderr(), "\nCLIENT SKIPPED: docs/clients/{}\n", client.file);
                continue;
            }
            let size = server.size().await;
            let (event, folder) = (act.envelope.payload().to_vec(), folder.path().to_owned());
            let settings = settings.clone();
            let run = tokio::task::spawn_blocking(move || client.run(&folder, &settings, &event));
            let printed = run.await.unwrap();
            let (id, index) = printed.split_once(" is entry ").unwrap_or_else(|| panic!("{printed}"));
            assert_eq!(index, size.to_string(), "{}", client.file);
            assert!(id.parse::<EventId>().is_ok(), "{}: {id}", client.file);
        }
    });
}

#[test]
fn a_client_is_read_in_a_minute() {
    for file in CLIENTS.iter().map(|client| client.file).chain([NOT_RUN]) {
        let text = std::fs::read_to_string(source(file)).unwrap();
        assert!(text.lines().count() < 40, "{file} has {} lines", text.lines().count());
    }
}
