//! The description and the interface before schemathesis: whatever is asked, the program answers as `openapi/v1.json` says it would.
//!
//! `tests/contract/hooks.py` signs a fresh token for every call and names ids that are there. Seed and budget are fixed, so the
//! same questions are asked each time.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::ledger::{Folder, block_on};
use crate::support::program::Running;

const SEED: &str = "7";
/// Examples of each operation and phase.
const EXAMPLES: &str = "20";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,\
                      response_headers_conformance";
/// It answers those who may follow it with a stream that does not end.
const STREAM: &str = "/api/v1/events/stream";

/// As whom the interface is called.
struct Caller {
    name: &'static str,
    /// Of the demonstration; `None` calls without a token.
    key: Option<&'static str>,
    /// What never answers this caller with success, sorted: it is for others, or the week has nothing of it for this one.
    in_vain: &'static [&'static str],
}

const CALLERS: [Caller; 2] = [
    Caller {
        name: "officer",
        key: Some("bureau-officer.pem"),
        in_vain: &[
            "DELETE /api/v1/confirmation-phone",
            "DELETE /api/v1/keys/{kid}/departure",
            "DELETE /api/v1/notice-channels/{way}",
            "DELETE /api/v1/offers/{id}",
            "DELETE /api/v1/platforms/{id}/consent",
            "GET /api/v1/confirmation-phone",
            "GET /api/v1/offers/{id}",
            "GET /api/v1/pushes/{id}",
            "POST /api/v1/codes",
            "POST /api/v1/codes/{id}/confirm",
            "POST /api/v1/label-blocks",
            "POST /api/v1/notice-channels/{way}/confirm",
            "POST /api/v1/offers",
            "POST /api/v1/pushes/{id}/retry",
            "POST /api/v1/sealed-reads/{id}/agree",
            "POST /api/v1/sheets/{kind}",
            "POST /api/v1/sites/{id}/heartbeats",
            "POST /api/v1/tracks/summary",
            "PUT /api/v1/confirmation-phone",
            "PUT /api/v1/keys/{kid}/departure",
            "PUT /api/v1/notice-channels/{way}",
            "PUT /api/v1/platforms/{id}/consent",
        ],
    },
    Caller {
        name: "operator",
        key: Some("acme-operator.pem"),
        in_vain: &[
            "DELETE /api/v1/confirmation-phone",
            "DELETE /api/v1/keys/{kid}/departure",
            "DELETE /api/v1/notice-channels/{way}",
            "DELETE /api/v1/offers/{id}",
            "DELETE /api/v1/platforms/{id}/consent",
            "GET /api/v1/cases/{id}",
            "GET /api/v1/confirmation-phone",
            "GET /api/v1/departures",
            "GET /api/v1/documents/totals",
            "GET /api/v1/duty-roster",
            "GET /api/v1/keys/{kid}/held",
            "GET /api/v1/log/openings",
            "GET /api/v1/mandates/{id}",
            "GET /api/v1/offers/{id}",
            "GET /api/v1/permits/{id}",
            "GET /api/v1/pushes/{id}",
            "GET /api/v1/sealed-reads",
            "GET /api/v1/sites/{id}/feed-sheet",
            "GET /api/v1/statistics",
            "POST /api/v1/codes",
            "POST /api/v1/codes/{id}/confirm",
            "POST /api/v1/notice-channels/{way}/confirm",
            "POST /api/v1/offers",
            "POST /api/v1/pushes/{id}/retry",
            "POST /api/v1/sealed-reads",
            "POST /api/v1/sealed-reads/{id}/agree",
            "POST /api/v1/sheets/{kind}",
            "POST /api/v1/tracks/summary",
            "PUT /api/v1/confirmation-phone",
            "PUT /api/v1/duty-roster",
            "PUT /api/v1/keys/{kid}/departure",
            "PUT /api/v1/notice-channels/{way}",
            "PUT /api/v1/platforms/{id}/consent",
        ],
    },
];

const STRANGER: Caller = Caller { name: "stranger", key: None, in_vain: &[] };

/// How often an operation answered with a status.
type Told = BTreeMap<String, BTreeMap<String, u64>>;

impl Caller {
    /// Ask everything as this caller.
    fn ask(&self, base: &str, demo: &Path) -> (Output, Told) {
        let told = demo.join(format!("told-{}.json", self.name));
        let mut command = in_repository("target/contract-venv/bin/st");
        command.args(["--config-file", "tests/contract/schemathesis.toml"]);
        command.args(["run", "openapi/v1.json", "--url", base, "--seed", SEED, "--max-examples", EXAMPLES]);
        command.args([
            "--checks",
            CHECKS,
            "--generation-database",
            "none",
            "--continue-on-failure",
            "--no-color",
        ]);
        command.env("SCHEMATHESIS_HOOKS", "hooks").env("PYTHONPATH", "tests/contract");
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        // What hypothesis remembers lies with the rest of this run, not in the repository.
        command.env("HYPOTHESIS_STORAGE_DIRECTORY", demo.join(format!("hypothesis-{}", self.name)));
        command
            .env("LIANDAN_URL", base)
            .env("LIANDAN_LOG", "liandan.example/demo-linyi")
            .env("LIANDAN_TOLD", &told);
        if let Some(key) = self.key {
            command.args(["--exclude-path", STREAM]).env("LIANDAN_KEY", demo.join("keys").join(key));
        }
        let output = command.output().unwrap();
        let told = std::fs::read(told).map(|told| serde_json::from_slice(&told).unwrap()).unwrap_or_default();
        (output, told)
    }

    /// That schemathesis found nothing. Gives what this caller reached by no call.
    fn judge(&self, output: &Output, told: &Told) -> Vec<String> {
        let (text, errors) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{}: {text}{errors}", self.name);
        let mut totals = BTreeMap::new();
        for (status, count) in told.values().flatten() {
            *totals.entry(status.as_str()).or_insert(0) += count;
        }
        let _ = writeln!(std::io::stderr(), "asked as {}: {totals:?}", self.name);
        assert!(told.len() >= 80, "{} asked only {} operations", self.name, told.len());
        let answered =
            |statuses: &BTreeMap<String, u64>| statuses.keys().any(|status| status.starts_with('2'));
        told.iter().filter(|(_, statuses)| !answered(statuses)).map(|(name, _)| name.clone()).collect()
    }
}

fn in_repository(program: &str) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(root.join(program));
    command.current_dir(root);
    command
}

#[expect(clippy::disallowed_methods, reason = "a switch of the test run, not a setting of the program")]
fn is_there_or_skipped() -> bool {
    let probed = in_repository("target/contract-venv/bin/st").arg("--version").output();
    let is_there = probed.is_ok_and(|output| output.status.success());
    let is_demanded = std::env::var("LIANDAN_REQUIRE_INTEROP").as_deref() == Ok("1");
    assert!(is_there || !is_demanded, "schemathesis cannot be run");
    if !is_there {
        let _ =
            writeln!(std::io::stderr(), "\nCONTRACT SKIPPED: schemathesis is not in target/contract-venv\n");
    }
    is_there
}

/// The demonstration in a folder, without anybody to serve it.
fn play_the_demonstration(folder: &Path) {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_liandan"));
    demo.args(["demo", "--no-serve", "--data"]).arg(folder);
    let output = demo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn schemathesis_finds_nothing() {
    if !is_there_or_skipped() {
        return;
    }
    let folder = Folder::new();
    play_the_demonstration(folder.path());
    block_on(async {
        let mut serve = Command::new(env!("CARGO_BIN_EXE_liandan"));
        let database = format!("sqlite:{}", folder.path().join("liandan.sqlite").display());
        serve.args(["serve", "--addr", "127.0.0.1:0", "--database", &database]);
        // It asks faster than anybody may.
        serve.args(["--rate", "1000000/s", "--address-rate", "1000000/s", "--failure-rate", "1000000/s"]);
        let running = Running::spawn(serve).await;
        let base = running.base.clone().unwrap();
        let asked = CALLERS.into_iter().chain([STRANGER]).map(|caller| {
            let (base, demo) = (base.clone(), folder.path().to_owned());
            tokio::task::spawn_blocking(move || {
                let (output, told) = caller.ask(&base, &demo);
                (caller, output, told)
            })
        });
        let mut reached_by_no_call = Vec::new();
        for asked in asked.collect::<Vec<_>>() {
            let (caller, output, told) = asked.await.unwrap();
            let in_vain = caller.judge(&output, &told);
            if caller.key.is_some() && in_vain != caller.in_vain {
                reached_by_no_call.push((caller.name, in_vain));
            }
        }
        assert!(reached_by_no_call.is_empty(), "{reached_by_no_call:#?}");
    });
}
