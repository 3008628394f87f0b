//! Clients that others' generators make of `openapi/v1.json`: they compile, and read what a token lets them.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::api::server::Server;
use crate::support::ledger::{Folder, block_on, databases};

const TYPESCRIPT: &str = "tests/contract/node_modules/.bin/openapi-typescript";
const PYTHON: &str = "target/contract-venv/bin/openapi-python-client";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[expect(clippy::disallowed_methods, reason = "a switch of the test run, not a setting of the program")]
fn is_there_or_skipped(generator: &str) -> bool {
    let is_there = root().join(generator).exists();
    let is_demanded = std::env::var("LIANDAN_REQUIRE_INTEROP").as_deref() == Ok("1");
    assert!(is_there || !is_demanded, "{generator} is not there");
    if !is_there {
        let _ = writeln!(std::io::stderr(), "\nGENERATED CLIENT SKIPPED: {generator} is not there\n");
    }
    is_there
}

/// What it prints; it must succeed.
fn run(program: PathBuf, folder: &Path, arguments: &[&OsStr], settings: &[(&str, String)]) -> String {
    let mut command = Command::new(&program);
    command.args(arguments).current_dir(folder).envs(settings.iter().map(|(name, value)| (*name, value)));
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{}: {}{}",
        program.display(),
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

fn in_typescript(folder: &Path, settings: &[(&str, String)]) -> String {
    let made = root().join("tests/contract");
    let tool = |name: &str| made.join("node_modules/.bin").join(name);
    std::os::unix::fs::symlink(made.join("node_modules"), folder.join("node_modules")).unwrap();
    for file in ["smoke.ts", "tsconfig.json"] {
        std::fs::copy(made.join(file), folder.join(file)).unwrap();
    }
    std::fs::write(folder.join("package.json"), r#"{"type":"module"}"#).unwrap();
    let description = root().join("openapi/v1.json");
    let arguments = [description.as_os_str(), "-o".as_ref(), "v1.d.ts".as_ref()];
    run(tool("openapi-typescript"), folder, &arguments, &[]);
    run(tool("tsc"), folder, &[], &[]);
    run("node".into(), folder, &["smoke.js".as_ref()], settings)
}

fn in_python(folder: &Path, settings: &[(&str, String)]) -> String {
    let (description, smoke) = (root().join("openapi/v1.json"), root().join("tests/contract/smoke.py"));
    let arguments = ["generate", "--meta", "none", "--output-path", "generated", "--path"].map(OsStr::new);
    run(root().join(PYTHON), folder, &[&arguments[..], &[description.as_os_str()]].concat(), &[]);
    let python = root().join("target/contract-venv/bin/python");
    run(python.clone(), folder, &["-m", "compileall", "-q", "generated"].map(OsStr::new), &[]);
    let path = ("PYTHONPATH", folder.display().to_string());
    run(python, folder, &[smoke.as_os_str()], &[settings, &[path]].concat())
}

type Client = fn(&Path, &[(&str, String)]) -> String;

#[test]
fn generated_clients_compile_and_read() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        server
            .play("08:00 acme opens L1 900-041-49 1200 kg\n08:10 acme opens L2 900-041-49 300 kg\n=====")
            .await;
        let lots = server.read_as("acme", "/api/v1/lots?limit=2").await.json();
        let wanted: Vec<String> = lots["items"].as_array().unwrap().iter().map(line_of).collect();
        assert_eq!(wanted.len(), 2);
        for (generator, client) in [(TYPESCRIPT, in_typescript as Client), (PYTHON, in_python)] {
            if is_there_or_skipped(generator) {
                let folder = Folder::new();
                let settings = [("LIANDAN_URL", server.url("")), ("LIANDAN_TOKEN", server.token("acme"))];
                let read =
                    tokio::task::spawn_blocking(move || client(folder.path(), &settings)).await.unwrap();
                assert_eq!(read.trim().lines().collect::<Vec<_>>(), wanted, "{generator}");
            }
        }
    });
}

/// A lot as both clients print it.
fn line_of(lot: &serde_json::Value) -> String {
    format!("{} {}", lot["id"].as_str().unwrap(), lot["waste_code"].as_str().unwrap())
}
