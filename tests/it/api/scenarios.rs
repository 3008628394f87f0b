//! Every script over HTTP with real signatures: sent as a client sends it, read as a client reads it.

use liandan::custody::{Event, Figures, Kind, Subject};
use liandan::id::{LotId, ManifestId};
use liandan::scenario::{Names, Played, Report, Script, Scripted, SeenFinding, SeenLot, SeenManifest, World};
use serde_json::Value;

use super::server::{Answer, Server};
use crate::oracle::{compare_with_naive, naive_of};
use crate::scenarios::{all_scripts, permuted};
use crate::support::ledger::{Database, LOG, block_on, databases};

#[test]
fn every_script_on_sqlite() {
    check_all(|mut databases| databases.remove(0));
}

#[test]
fn every_script_on_postgres() {
    if databases().len() > 1 {
        check_all(|mut databases| databases.remove(1));
    }
}

fn check_all(choose: fn(Vec<Database>) -> Database) {
    let mut complaints = Vec::new();
    for (name, text) in all_scripts() {
        let database = choose(databases());
        if let Err(why) = block_on(check(database, &name, &text)) {
            complaints.push(format!("{name}: {why}"));
        }
    }
    assert!(complaints.is_empty(), "\n\n{}\n", complaints.join("\n\n"));
}

async fn check(database: Database, name: &str, text: &str) -> Result<(), String> {
    let script = Script::parse(name, text).map_err(|error| error.to_string())?;
    let played = script.play(World::embedded(), LOG).map_err(|error| error.to_string())?;
    let seen = run(database, &played, &played.acts).await?;
    seen.compare(&played.expected)
}

/// The week with its facts in other orders: late ones are folded in from the store, and the naive folder agrees each time.
#[test]
fn the_week_in_other_orders() {
    for (seed, database) in (1..).zip(databases()) {
        let script = Script::parse("week", liandan::scenario::DEMO_WEEK).unwrap();
        let mut played = script.play(World::embedded(), LOG).unwrap();
        // A suspicion names a log index: in another order it would name another record.
        played.acts.retain(|act| !is_about_keys(act));
        let acts = permuted(&played, seed);
        assert_ne!(acts, played.acts);
        let seen = block_on(run(database, &played, &acts)).unwrap();
        assert!(seen.findings.len() > 20);
    }
}

fn is_about_keys(act: &Scripted) -> bool {
    let event = Event::parse(act.envelope.payload()).unwrap();
    matches!(event.kind(), Kind::KeyRevoked | Kind::KeyEnrolled | Kind::EventReaffirmed)
}

async fn run(database: Database, played: &Played, acts: &[Scripted]) -> Result<Report, String> {
    let server = Server::start(database).await;
    for act in acts {
        send(&server, act).await?;
    }
    server.ledger.pass_time(played.ends_at).await;
    let seen = report(&server, &played.names).await;
    let mut tx = server.ledger.store.read().await.unwrap();
    let naive = naive_of(&mut tx, &server.ledger, played.ends_at).await;
    compare_with_naive(&mut tx, &naive).await?;
    Ok(seen)
}

async fn send(server: &Server, act: &Scripted) -> Result<(), String> {
    server.ledger.clock.set(act.recorded_at);
    let mut request = server.client.post(server.url("/api/v1/events"));
    if act.skew_ms != 0 {
        request = request.header("Device-Time", act.recorded_at.plus_millis(act.skew_ms).to_string());
    }
    let answer = Answer::of(request.body(act.envelope.compact().to_owned()).send().await.unwrap()).await;
    match (answer.status, &act.refused) {
        (200 | 201, None) => Ok(()),
        (400..500, Some(code)) if answer.problem().1.iter().any(|(found, _)| found == code) => Ok(()),
        _ => Err(format!("line {}: {} {}", act.line, answer.status, answer.text)),
    }
}

async fn report(server: &Server, names: &Names) -> Report {
    let authority = &World::embedded().authority().label;
    let mut manifests = Vec::new();
    for (_, id) in names.manifests() {
        let answer = server.read_as(authority, &format!("/api/v1/manifests/{id}")).await;
        if answer.status == 200 {
            manifests.push(seen_manifest(id, &answer.json()));
        }
    }
    let open = findings(server, authority, "open").await;
    let closed = findings(server, authority, "closed").await;
    let mut lots = Vec::new();
    for (_, id) in names.lots() {
        let answer = server.read_as(authority, &format!("/api/v1/lots/{id}")).await;
        if answer.status == 200 {
            lots.push(seen_lot(id, &answer.json()));
        }
    }
    Report::new(names, &manifests, &open).with_cleared(names, &closed).with_balances(names, &lots)
}

fn seen_lot(lot: LotId, json: &Value) -> SeenLot {
    let number = |value: &Value| value.as_i64().unwrap();
    let id = |value: &Value| value.as_str().unwrap().to_owned();
    let holdings = json["holdings"].as_array().unwrap().iter().map(|held| {
        let (party, site) = (id(&held["party"]).parse().unwrap(), id(&held["site"]).parse().unwrap());
        (party, site, number(&held["balance_mass_g"]))
    });
    let (transit, sums) = (&json["transit"], &json["sums"]);
    let on_the_way = || number(&transit["in_mass_g"]) - number(&transit["out_mass_g"]);
    SeenLot {
        lot,
        code: json["waste_code"].as_str().map(|code| code.parse().unwrap()),
        held: holdings.collect(),
        transit_g: if transit.is_null() { 0 } else { on_the_way() },
        used_g: number(&sums["used_mass_g"]),
        disposed_g: number(&sums["disposed_mass_g"]),
        became_g: number(&sums["became_mass_g"]),
        variance_g: number(&sums["variance_mass_g"]),
        unexplained_g: number(&sums["unexplained_mass_g"]),
    }
}

fn seen_manifest(id: ManifestId, json: &Value) -> SeenManifest {
    let mut holders = Vec::new();
    for line in json["lines"].as_array().unwrap() {
        if line["holder"]["state"] != "held" {
            continue;
        }
        let party = line["holder"]["claims"][0]["party"].as_str().unwrap().parse().unwrap();
        if !holders.contains(&party) {
            holders.push(party);
        }
    }
    SeenManifest { manifest: id, status: json["status"].as_str().unwrap().to_owned(), holders }
}

async fn findings(server: &Server, label: &str, state: &str) -> Vec<SeenFinding> {
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let answer = server.read_as(label, &format!("/api/v1/findings?state={state}&limit=500{after}")).await;
        let page = answer.json();
        for item in page["items"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let subject =
                Subject::named(&text(&item["subject"]["kind"]), &text(&item["subject"]["id"])).unwrap();
            let figures: Figures = serde_json::from_value(item["figures"].clone()).unwrap();
            let severity = serde_json::from_value(item["severity"].clone()).unwrap();
            seen.push(SeenFinding { rule: text(&item["rule"]), subject, figures, severity });
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return seen,
        }
    }
}
