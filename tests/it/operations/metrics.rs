//! `serve --metrics`: counted as it happens, read by the reference reader of OpenMetrics, without a word of who and what.

use std::collections::BTreeMap;
use std::process::Command;

use liandan::scenario::Scripted;
use serde_json::Value;

use crate::durability::week;
use crate::interop::tools::OPENMETRICS;
use crate::support::http::client_builder;
use crate::support::ledger::{block_on, databases};
use crate::support::program::{Running, Served};

/// Where its metrics are.
fn metrics_of(running: &Running) -> String {
    let line = running.said.iter().find_map(|line| line.strip_suffix("        metrics 指标"));
    line.expect("it says where they are").to_owned()
}

async fn served_with_metrics(served: &Served) -> (Running, String) {
    served_with_metrics_and(served, &[]).await
}

pub(super) async fn served_with_metrics_and(served: &Served, more: &[&str]) -> (Running, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liandan"));
    command.args(served.arguments()).args(["--metrics", "127.0.0.1:0"]).args(more);
    let running = Running::spawn(command).await;
    let metrics = metrics_of(&running);
    (running, metrics)
}

pub(super) async fn read(http: &reqwest::Client, metrics: &str) -> String {
    let answer = http.get(metrics).send().await.unwrap();
    let media_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert_eq!(media_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    answer.text().await.unwrap()
}

/// Samples by name and labels as they are written.
fn samples(text: &str) -> BTreeMap<&str, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name, value.parse().unwrap()))
        .collect()
}

fn body(act: &Scripted) -> String {
    act.envelope.compact().to_owned()
}

#[test]
fn what_happens_is_counted_and_nobody_is_named() {
    for database in databases() {
        block_on(async {
            let served = Served::found(database).await;
            let (running, metrics) = served_with_metrics(&served).await;
            let base = running.base.clone().unwrap();
            let http = client_builder().build().unwrap();
            let before = read(&http, &metrics).await;
            let size = samples(&before)["liandan_log_entries"];

            let acts = week();
            let events = format!("{base}/api/v1/events");
            let send = |body: String| http.post(&events).body(body).send();
            assert_eq!(send(body(&acts[0])).await.unwrap().status(), 201);
            assert_eq!(send(body(&acts[0])).await.unwrap().status(), 200);
            assert_eq!(send("no envelope".to_owned()).await.unwrap().status(), 400);
            // Made up by a caller: neither the path nor the method may make a row of its own.
            let brewed = reqwest::Method::from_bytes(b"BREW").unwrap();
            http.request(brewed, format!("{base}/secret-path-of-mine")).send().await.unwrap();
            http.get(format!("{base}/api/v1/manifests/no-such")).send().await.unwrap();

            let after = read(&http, &metrics).await;
            let counted = samples(&after);
            assert_eq!(counted["liandan_log_entries"], size + 1.0);
            assert_eq!(counted["liandan_log_signed_entries"], size + 1.0);
            assert_eq!(counted["liandan_ready"], 1.0);
            for (outcome, count) in [("recorded", 1.0), ("known", 1.0), ("refused", 1.0)] {
                let name = format!("liandan_events_total{{outcome=\"{outcome}\"}}");
                assert_eq!(counted[name.as_str()], count, "{name}");
            }
            assert_eq!(counted["liandan_batch_events_count"], 2.0);
            assert_eq!(counted["liandan_batch_events_sum"], 2.0);
            let posted =
                "liandan_http_requests_total{method=\"POST\",route=\"/api/v1/events\",status=\"201\"}";
            assert_eq!(counted[posted], 1.0);
            assert!(counted.keys().any(|name| name.contains("method=\"other\",route=\"none\"")), "{after}");
            assert!(!after.contains("secret-path") && !after.contains("BREW") && !after.contains("no-such"));
            for party in ["acme", "371300", body(&acts[0]).split('.').next().unwrap()] {
                assert!(!after.contains(party), "{party}");
            }
            // They are nobody's business outside.
            assert_eq!(http.get(format!("{base}/metrics")).send().await.unwrap().status(), 404);

            let folder = crate::support::ledger::Folder::new();
            let file = folder.path().join("metrics.txt");
            std::fs::write(&file, &after).unwrap();
            if let Some(told) = OPENMETRICS.run(&[file.to_str().unwrap()]) {
                let families: BTreeMap<String, Value> = serde_json::from_str(&told).unwrap();
                assert_eq!(families["liandan_batch_seconds"], "histogram");
                assert_eq!(families["liandan_events"], "counter");
                assert_eq!(families["process_resident_memory_bytes"], "gauge");
            }
        });
    }
}

/// The database is gone: what the process counted is told all the same, and that it is not ready.
#[test]
fn without_its_database_it_says_that_it_is_not_ready() {
    block_on(async {
        let Some(database) = databases().into_iter().nth(1) else { return };
        let served = Served::found(database).await;
        let (_running, metrics) = served_with_metrics(&served).await;
        let http = client_builder().build().unwrap();
        assert_eq!(samples(&read(&http, &metrics).await)["liandan_ready"], 1.0);
        let mut tamper = crate::support::tamper::Tamper::open(&served.database.url).await;
        tamper.run("alter table log_head rename to gone").await.unwrap();
        let text = read(&http, &metrics).await;
        let counted = samples(&text);
        assert_eq!(counted["liandan_ready"], 0.0);
        assert!(!counted.contains_key("liandan_log_entries"), "what is not known is not told");
        assert!(counted["process_open_fds"] > 0.0);
    });
}
