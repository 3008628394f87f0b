//! Duties: registers, declarations and what is due, on both databases.

mod columns;
mod declared;
mod due;
mod managed;
mod registers;
mod review;

use liandan::custody::Statement;
use liandan::id::SiteId;
use serde_json::{Value, json};

use crate::api::server::Server;
use crate::stock::signed;

/// A declaration id.
fn declaration(n: u8) -> String {
    format!("01890a5d-ac96-774b-bcce-b302099ad0{n:02x}")
}

/// What one declares of a month of a site.
fn filed(n: u8, site: SiteId, from: &str, lines: Value) -> Value {
    let nature = if lines.as_array().is_some_and(Vec::is_empty) { "zero" } else { "figures" };
    json!({ "declaration": declaration(n), "site": site, "period": "month", "from": from, "nature": nature, "lines": lines })
}

fn statement(kind: &str, data: Value) -> Statement {
    match kind {
        "filed" => Statement::DeclarationFiled(serde_json::from_value(data).unwrap()),
        "returned" => Statement::DeclarationReturned(serde_json::from_value(data).unwrap()),
        "accepted" => Statement::DeclarationAccepted(serde_json::from_value(data).unwrap()),
        other => panic!("{other}"),
    }
}

/// Say it at a time; the codes and pointers it is refused with, if it is.
async fn say(server: &Server, label: &str, at: &str, n: u8, statement: Statement) -> Vec<(String, String)> {
    let at = at.parse().unwrap();
    server.ledger.clock.set(at);
    let answer = server.upload("/api/v1/events", signed(label, at, n, statement)).await;
    if answer.status < 300 { Vec::new() } else { answer.problem().1 }
}

fn path(site: SiteId) -> String {
    format!("/api/v1/sites/{site}")
}

/// The lines of a prefilled month, as they are filed.
async fn prefilled(server: &Server, label: &str, site: SiteId, from: &str) -> Value {
    let address = format!("{}/declarations/prefill?period=month&from={from}", path(site));
    let answer = server.read_as(label, &address).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["lines"].clone()
}
