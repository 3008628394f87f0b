//! `deploy/`: before the tools that those who run such files use, since no engine runs here; and whether they speak of what there is.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::metrics;
use crate::interop::tools::{CHECK_JSONSCHEMA, HADOLINT, PROMQL, SYSTEMD};
use crate::support::http::client_builder;
use crate::support::ledger::{Folder, block_on, databases};
use crate::support::program::Served;

const UNITS: [&str; 3] = ["liandan.service", "liandan-backup.service", "liandan-backup.timer"];
/// What the program may need of a machine: C's library and what belongs to it.
const LIBRARIES: [&str; 5] =
    ["libc.so.6", "libm.so.6", "libgcc_s.so.1", "linux-vdso.so.1", "ld-linux-x86-64.so.2"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap()
}

#[test]
fn the_dockerfile_has_nothing_that_hadolint_speaks_of() {
    HADOLINT.run(&["deploy/Dockerfile"]);
}

#[test]
fn the_compose_file_is_one_by_the_schema_of_compose() {
    CHECK_JSONSCHEMA.run(&["--builtin-schema", "vendor.compose-spec", "deploy/compose.yaml"]);
}

#[test]
fn systemd_takes_the_units_and_finds_the_service_closed_in() {
    let folder = Folder::new();
    let paths = UNITS.map(|name| {
        let unit =
            text(&format!("deploy/{name}")).replace("/usr/local/bin/liandan", env!("CARGO_BIN_EXE_liandan"));
        let path = folder.path().join(name);
        std::fs::write(&path, unit).unwrap();
        path.to_str().unwrap().to_owned()
    });
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    SYSTEMD.run(&[&["verify", "--man=no"], &paths[..]].concat());
    // In tenths; 10 is open to everything. It fails above.
    SYSTEMD.run(&["security", "--offline=true", "--threshold=20", "--no-pager", paths[0]]);
}

/// Queries of the dashboard, its variables filled in, and of the alerts.
fn queries() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&text("deploy/grafana/dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.filter_map(|panel| panel["targets"].as_array()).flatten();
    let of_panels = targets.map(|target| target["expr"].as_str().unwrap().to_owned());
    let filled = of_panels.map(|query| query.replace("$__rate_interval", "1m").replace("$instance", ".*"));
    filled.chain(alerts().into_iter().map(|alert| alert.expression)).collect()
}

struct Alert {
    name: String,
    expression: String,
    runbook: String,
}

/// Read by line: each alert is written alike.
fn alerts() -> Vec<Alert> {
    let text = text("deploy/alerts.yml");
    let of = |block: &str, key: &str| {
        block.lines().find_map(|line| line.trim().strip_prefix(key)).unwrap().trim().to_owned()
    };
    let blocks = text.split("- alert:").skip(1);
    blocks
        .map(|block| Alert {
            name: block.lines().next().unwrap().trim().to_owned(),
            expression: of(block, "expr:"),
            runbook: block.split("runbook: ").nth(1).unwrap().split(" }").next().unwrap().to_owned(),
        })
        .collect()
}

#[test]
fn dashboard_and_alerts_ask_for_what_is_told() {
    let queries = queries();
    assert!(queries.len() > 30, "{}", queries.len());
    let folder = Folder::new();
    let file = folder.path().join("queries.json");
    std::fs::write(&file, serde_json::to_string(&queries).unwrap()).unwrap();
    let Some(names) = PROMQL.run(&[file.to_str().unwrap()]) else { return };
    let asked: Vec<BTreeSet<String>> = serde_json::from_str(&names).unwrap();
    let asked: BTreeSet<String> = asked.into_iter().flatten().collect();
    block_on(async {
        let served = Served::found(databases().remove(0)).await;
        let backups = Folder::new();
        let (running, metrics) =
            metrics::served_with_metrics_and(&served, &["--backups", backups.path().to_str().unwrap()]).await;
        let http = client_builder().build().unwrap();
        // A request and an event that is refused, so that every family has a row.
        let events = format!("{}/api/v1/events", running.base.as_ref().unwrap());
        http.post(events).body("x").send().await.unwrap();
        let backup = backups.path().join("a.liandan");
        let written = Command::new(env!("CARGO_BIN_EXE_liandan"))
            .args(["backup", "--database", &served.database.url, "--to", backup.to_str().unwrap()])
            .stdout(Stdio::null())
            .status();
        assert!(written.unwrap().success());
        let told = metrics::read(&http, &metrics).await;
        let told: BTreeSet<&str> = told
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split(['{', ' ']).next().unwrap())
            .collect();
        // Of Prometheus itself, and of a ledger with a standby.
        let elsewhere = ["up", "liandan_replica_in_use"];
        let unknown: Vec<&String> = asked
            .iter()
            .filter(|name| !told.contains(name.as_str()) && !elsewhere.contains(&name.as_str()))
            .collect();
        assert!(unknown.is_empty(), "nobody tells {unknown:?}; told are {told:?}");
    });
}

/// Whoever is called at night finds the section that the alert names.
#[test]
fn the_runbook_has_a_section_for_every_alert() {
    let runbook = text("docs/runbook.md");
    let alerts = alerts();
    assert!(alerts.len() >= 14);
    for Alert { name, runbook: section, .. } in &alerts {
        assert!(runbook.contains(&format!("<a id=\"{section}\"></a>")), "{name}: no section {section}");
        assert!(runbook.contains(&format!("`{name}`")), "the runbook does not speak of {name}");
    }
}

/// One program that is copied to a machine and runs.
#[test]
fn the_program_needs_nothing_but_the_library_of_c() {
    let Ok(output) = Command::new("ldd").arg(env!("CARGO_BIN_EXE_liandan")).output() else { return };
    let told = String::from_utf8(output.stdout).unwrap();
    for line in told.lines() {
        let name = line.split_whitespace().next().unwrap().rsplit('/').next().unwrap();
        assert!(LIBRARIES.contains(&name), "{name}: {told}");
    }
}
