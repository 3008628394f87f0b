//! Registers, stock and declarations are sums of the same postings: the demonstration's week, to the gram.

use std::collections::BTreeMap;

use liandan::custody::measure::Measure;
use liandan::custody::register::Register;
use liandan::id::SiteId;
use liandan::registry::PartyKind;
use liandan::scenario::{DEMO_WEEK, World};
use serde_json::Value;

use super::path;
use crate::api::server::Server;
use crate::stock::site_of;
use crate::support::ledger::{block_on, databases};

const DAYS: &str = "from=2026-02-01&to=2026-03-31";

/// All rows of a register in the two months of the demonstration, in pages of 7.
async fn rows(server: &Server, label: &str, site: SiteId, register: &str) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let address = format!("{}/registers/{register}?{DAYS}&limit=7{after}", path(site));
        let page = server.read_as(label, &address).await;
        assert_eq!(page.status, 200, "{address}: {}", page.text);
        let page = page.json();
        all.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return all,
        }
    }
}

type Sums = BTreeMap<(String, String), i64>;

fn add(sums: &mut Sums, row: &Value, measure: &str) {
    *sums.entry((row["code"].as_str().unwrap().to_owned(), measure.to_owned())).or_default() +=
        row["mass_g"].as_i64().unwrap();
}

/// Figures by code and measure, of both months together: what moved.
async fn declared(server: &Server, label: &str, site: SiteId) -> Sums {
    let mut sums = Sums::new();
    for from in ["2026-02-01", "2026-03-01"] {
        for line in super::prefilled(server, label, site, from).await.as_array().unwrap() {
            let measure = line["measure"].as_str().unwrap();
            if !measure.parse::<Measure>().unwrap().is_balance() {
                add(&mut sums, line, measure);
            }
        }
    }
    sums
}

/// The closing balances that registers lead to, from nothing.
fn balances(sums: &Sums) -> BTreeMap<String, i64> {
    let mut balances = BTreeMap::new();
    for ((code, measure), mass_g) in sums {
        *balances.entry(code.clone()).or_default() += measure.parse::<Measure>().unwrap().sign() * mass_g;
    }
    balances.retain(|_, mass_g: &mut i64| *mass_g != 0);
    balances
}

#[test]
fn registers_declarations_and_stock_of_the_week_say_the_same_of_every_site() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play_all(DEMO_WEEK).await;
            server.ledger.clock.set("2026-04-01T08:00:00+08:00".parse().unwrap());
            let (mut sites, mut compared) = (0, 0);
            for party in World::embedded().parties() {
                for site in &party.sites {
                    let mut both_ways = Sums::new();
                    let mut by_meaning = Sums::new();
                    for register in Register::ALL {
                        for row in rows(&server, &party.label, site.site, register.name()).await {
                            let Some(measure) = row["measure"].as_str() else { continue };
                            let is_way = matches!(register, Register::Inbound | Register::Outbound);
                            if is_way {
                                add(&mut both_ways, &row, measure);
                            } else if measure != "made" {
                                add(&mut by_meaning, &row, measure);
                            }
                        }
                    }
                    assert_eq!(both_ways, declared(&server, &party.label, site.site).await, "{}", &*site.zh);
                    by_meaning.iter().for_each(|(figure, mass_g)| {
                        assert_eq!(both_ways.get(figure), Some(mass_g), "{figure:?} of {}", &*site.zh);
                    });
                    let stock = server
                        .read_as(&party.label, &format!("{}/stock?on=2026-03-31", path(site.site)))
                        .await;
                    let stock = stock.json();
                    let closing = stock["codes"].as_array().unwrap().iter().filter_map(|row| {
                        let code = row["code"].as_str().unwrap().to_owned();
                        let closing_g = row["closing_mass_g"].as_i64().unwrap();
                        (code.contains('-') && closing_g != 0).then_some((code, closing_g))
                    });
                    assert_eq!(balances(&both_ways), closing.collect::<BTreeMap<_, _>>(), "{}", &*site.zh);
                    sites += usize::from(party.kinds.contains(&PartyKind::Producer) && !both_ways.is_empty());
                    compared += both_ways.len();
                }
            }
            assert!(sites >= 9 && compared > 40, "{sites} sites of producers, {compared} figures");
            // What was sent on is what the manifests say was loaded.
            let (_, ruby) = site_of("ruby", Some("sludge"));
            let loaded = rows(&server, "ruby", ruby, "outside-treatment").await;
            let numbers: std::collections::BTreeSet<_> =
                loaded.iter().map(|row| row["manifest_number"].as_str().unwrap()).collect();
            assert_eq!((loaded.len(), numbers.len()), (12, 12));
            assert_eq!(loaded.iter().map(|row| row["mass_g"].as_i64().unwrap()).sum::<i64>(), 300_000_000);
            assert_eq!(
                loaded[0]["manifest"].as_str().unwrap(),
                played.names.manifest("T01").unwrap().to_string()
            );
            server.ledger.store.close().await;
        });
    }
}

/// A statement that is taken back takes its rows with it, and one that is said again brings them back.
#[test]
fn what_no_longer_counts_has_no_row() {
    const SCRIPT: &str = include_str!("../../../seeds/scenarios/key-disavowed.txt");
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play_all(SCRIPT).await;
            let mut rows = 0;
            for party in World::embedded().parties() {
                for site in &party.sites {
                    let address = format!(
                        "{}/registers/outbound?from=2026-01-01&to=2026-12-31&limit=500",
                        path(site.site)
                    );
                    let seen = server.read_as(&party.label, &address).await.json();
                    for row in seen["items"].as_array().unwrap() {
                        let event = server
                            .read_as(
                                "bureau",
                                &format!("/api/v1/events/{}", row["event_id"].as_str().unwrap()),
                            )
                            .await;
                        let verdict = event.json()["verdict"].as_str().unwrap().to_owned();
                        assert_ne!(verdict, "evidence-only", "{}", event.text);
                        rows += 1;
                    }
                }
            }
            assert_eq!((rows, played.acts.len() > rows), (1, true), "of two collections one was taken back");
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn a_register_is_for_its_party_and_comes_as_json_csv_and_xlsx() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play("08:00  acme  generates  L1  900-041-49 1200 kg in 6 drums\n09:00  acme  stores  L1 700 kg in TS001\n=====\n").await;
            let (_, site) = site_of("acme", None);
            let address = |rest: &str| format!("{}/registers/{rest}", path(site));
            server.is_for_acme_and_the_bureau(site, "registers/inbound").await;
            assert_eq!(server.read_as("acme", &address("storage")).await.status, 404);
            let inbound =
                server.read_as("bureau", &address("inbound?from=2026-03-01&to=2026-03-31")).await.json();
            let seen: Vec<_> = inbound["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| {
                    (
                        row["measure"].as_str(),
                        row["mass_g"].as_i64().unwrap(),
                        row["facility"].as_str(),
                        row["containers"].as_i64().unwrap(),
                    )
                })
                .collect();
            assert_eq!(seen, [(Some("generated"), 1_200_000, None, 6), (None, 700_000, Some("TS001"), 0)]);
            let csv =
                server.read_as("acme", &address("generation?from=2026-03-01&to=2026-03-31&format=csv")).await;
            assert!(csv.headers["content-type"].to_str().unwrap().starts_with("text/csv"));
            let lines: Vec<&str> = csv.text.trim_start_matches('\u{feff}').lines().collect();
            assert_eq!(lines.len(), 2);
            assert!(
                lines[0].starts_with("批次编码 Batch code,日期 Day,") && lines[1].contains(",900-041-49,"),
                "{lines:?}"
            );
            assert!(lines[1].contains(",1200000,g,6,"), "{lines:?}");
            let xlsx =
                server.read_as("acme", &address("inbound?from=2026-03-01&to=2026-03-31&format=xlsx")).await;
            assert!(xlsx.text.starts_with("PK"));
            for (rest, pointer) in [
                ("inbound?format=docx", "/query/format"),
                ("inbound?from=2026-03-02&to=2026-03-01", "/query/from"),
                ("inbound?after=7", "/query/after"),
                ("inbound?limit=0", "/query/limit"),
            ] {
                let answer = server.read_as("acme", &address(rest)).await;
                assert_eq!((answer.status, answer.problem().1[0].1.as_str()), (400, pointer), "{rest}");
            }
            server.ledger.store.close().await;
        });
    }
}
