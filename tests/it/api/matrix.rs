//! The matrix of roles and operations: complete, committed as a page, and what the interface goes by.

use std::collections::BTreeMap;
use std::fmt::Write;

use liandan::api::matrix::{May, OPERATIONS, Operation};
use liandan::registry::Role;
use serde_json::Value;

use super::server::Server;
use crate::support::committed::is_committed;
use crate::support::ledger::{block_on, databases};

const COMMITTED: &str = "docs/access.md";

const HEAD: &str = "\
# 谁可以用什么 · Who may call what

<!-- Made by tests/it/api/matrix.rs: LIANDAN_BLESS=1 cargo test --test it the_committed_matrix -->

每一行是一个接口，列是密钥的角色；● 可以使用，空白则回答 403。能看到哪些记录另由账本决定：单位看到自己参与的，主管部门看到本区划内的，司机和押运员只看到指派给自己的联单；
不该知道的内容与不存在的内容回答相同（404）。待运的容器（`/loads`）：移出单位看到自己的，经营单位确认后、已派车的首程承运单位及其指派的司机和押运员也能看到，以便扫码；其他人在启运前看不到。

A row is an operation, a column a role of a key; ● may call it, others are answered 403. Which records a caller then sees is decided by the ledger: a party those it
has a part in, an authority those of its division, drivers and escorts the manifests they are named for. What one may not know of is answered
like what is not there (404). Containers that stand ready to be fetched (`/loads`) are shown to the consignor and, once the consignee has confirmed, to the first
carrier that assigned a vehicle and to the crew it named: whoever comes to fetch drums must be able to scan them. Others see them once they are on the road.

";

fn address(operation: &Operation) -> String {
    let is_service = ["/changelog", "/healthz", "/readyz", "/oauth/token"].contains(&operation.path);
    // The router's word for "with slashes" is none of the description's.
    let path = operation.path.replace("{*", "{");
    format!("{}{path}", if is_service { "" } else { liandan::api::V1 })
}

fn made() -> String {
    let mut text = HEAD.to_owned();
    let names: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
    writeln!(text, "| | 公开 anybody | {} |", names.join(" | ")).unwrap();
    writeln!(text, "|---|---|{}", "---|".repeat(names.len())).unwrap();
    for operation in OPERATIONS {
        let dot = |may: bool| if may { "●" } else { "" };
        let roles = Role::ALL.map(|role| dot(operation.may.lets(role))).join(" | ");
        let anybody = dot(operation.may == May::Anybody);
        writeln!(text, "| `{} {}` | {anybody} | {roles} |", operation.method, address(operation)).unwrap();
    }
    text
}

#[test]
fn the_committed_matrix_is_that_of_the_program() {
    is_committed(COMMITTED, &made());
}

/// The operations of the description, with whether each asks for a token.
fn described() -> BTreeMap<(String, String), bool> {
    let description: Value = serde_json::from_str(&liandan::api::openapi_json()).unwrap();
    let mut found = BTreeMap::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if ["get", "put", "post", "delete", "patch"].contains(&method.as_str()) {
                found.insert((method.to_uppercase(), path.clone()), operation["security"].is_array());
            }
        }
    }
    found
}

#[test]
fn every_operation_of_the_description_has_its_row_and_none_else() {
    let rows: BTreeMap<(String, String), bool> = OPERATIONS
        .iter()
        .map(|row| ((row.method.to_owned(), address(row)), row.may != May::Anybody))
        .collect();
    assert_eq!(rows.len(), OPERATIONS.len(), "an operation has two rows");
    assert_eq!(rows, described());
}

/// An address of the operation, whatever stands in it.
fn some_address(operation: &Operation) -> String {
    let filled = |part: &str| match part {
        "{id}" => "01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
        _ if part.starts_with('{') => "x".to_owned(),
        _ => part.to_owned(),
    };
    address(operation).split('/').map(filled).collect::<Vec<_>>().join("/")
}

#[test]
fn the_interface_goes_by_the_matrix() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        for (label, role) in [("swift", Role::Operator), ("swift", Role::Driver), ("bureau", Role::Officer)] {
            for operation in OPERATIONS.iter().filter(|row| row.may != May::Anybody) {
                // It answers with a stream that does not end.
                if operation.path == "/events/stream" && operation.may.lets(role) {
                    continue;
                }
                let method = operation.method.parse().unwrap();
                let request = server.client.request(method, server.url(&some_address(operation)));
                let request = request.bearer_auth(server.token_of(label, role)).body("{}");
                let status = request.send().await.unwrap().status().as_u16();
                let shown = format!("{} {} as {}", operation.method, operation.path, role.name());
                assert_eq!(status == 403, !operation.may.lets(role), "{shown}: {status}");
                assert_ne!(status, 401, "{shown}");
            }
        }
    });
}

#[test]
fn a_driver_sees_what_it_is_named_for_and_nothing_else() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server
                .play(
                    "08:00 acme opens L1 900-041-49 2400 kg
                    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
                    09:10 acme registers M2 900-041-49 1200 kg acme > heron > phoenix
                    09:20 acme hands M1 to swift
                    09:30 acme hands M2 to heron
                    =====",
                )
                .await;
            let read = async |label: &str, role: Role, path: &str| {
                server.read_with(&server.token_of(label, role), path).await
            };
            for (label, own, other) in [("swift", "M1", "M2"), ("heron", "M2", "M1")] {
                let list = read(label, Role::Driver, "/api/v1/manifests").await.json();
                let own = played.names.manifest(own).unwrap().to_string();
                assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
                assert_eq!(list["items"][0]["id"], own);
                let seen = read(label, Role::Driver, &format!("/api/v1/manifests/{own}")).await;
                assert_eq!((seen.status, &seen.json()["findings"]), (200, &serde_json::json!([])));
                let other = format!("/api/v1/manifests/{}", played.names.manifest(other).unwrap());
                assert_eq!(read(label, Role::Driver, &other).await.status, 404);
            }
            // The carrier's office sees the vehicle that was licensed; its driver sees no event but those of its manifests.
            let licensed = server.read_as("swift", "/api/v1/events?limit=500").await.json();
            let licensed = licensed["items"].as_array().unwrap().iter();
            let licensed =
                licensed.clone().find(|change| change["type"] == "vehicle.licensed").unwrap().clone();
            let path = format!("/api/v1/events/{}", licensed["event"]["id"].as_str().unwrap());
            assert_eq!(read("swift", Role::Operator, &path).await.status, 200);
            assert_eq!(read("swift", Role::Driver, &path).await.status, 404);
        });
    }
}
