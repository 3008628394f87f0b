//! Payloads that two readers might read in two ways: each is truly signed, and refused all the same.

use liandan::ledger::{Envelope, Typ};
use serde_json::Value;

use crate::api::server::{Server, office_key, sign_script};
use crate::support::ledger::{block_on, databases};

/// A good event as text, to be spoilt in one place.
fn good() -> String {
    let played = sign_script("08:00 acme opens 900-041-49 1200 kg\n=====\n");
    String::from_utf8(played.acts[0].envelope.payload().to_vec()).unwrap()
}

/// What is wrong, the payload, and the pointer that must be told.
fn spoilt() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let good = good();
    let swap = |from: &str, to: &str| {
        assert!(good.contains(from), "{from} in {good}");
        good.replacen(from, to, 1).into_bytes()
    };
    let mass = "\"mass_g\":1200000";
    let deep = format!("\"anchor\":{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let mut latin = good.clone().into_bytes();
    latin.insert(1, 0xff);
    const MASS: &str = "/data/lots/0/quantity/mass_g";
    vec![
        ("a member twice", swap(mass, "\"mass_g\":1200000,\"mass_g\":1"), "/data/lots/0/quantity"),
        (
            "a member twice, escaped once",
            swap(mass, "\"mass_g\":1200000,\"mass\\u005fg\":1"),
            "/data/lots/0/quantity",
        ),
        ("2^53", swap(mass, "\"mass_g\":9007199254740992"), MASS),
        ("2^53 + 1", swap(mass, "\"mass_g\":9007199254740993"), MASS),
        ("1e400", swap(mass, "\"mass_g\":1e400"), ""),
        ("an exponent", swap(mass, "\"mass_g\":12e5"), MASS),
        ("a fraction", swap(mass, "\"mass_g\":1200000.0"), MASS),
        ("minus nothing", swap(mass, "\"mass_g\":-0"), MASS),
        ("a number as text", swap(mass, "\"mass_g\":\"1200000\""), MASS),
        ("10,000 deep", swap("\"anchor\":null", &deep), ""),
        ("half a surrogate", swap("\"900-041-49\"", "\"900-041-49\\ud800\""), ""),
        ("a full-width digit", swap("\"900-041-49\"", "\"９00-041-49\""), "/data/lots/0/code"),
        ("another hyphen", swap("\"900-041-49\"", "\"900\u{2011}041-49\""), "/data/lots/0/code"),
        ("a letter of another script in the kind", swap("stock.opened", "st\u{43e}ck.opened"), "/kind"),
        (
            "a member nobody knows",
            swap(mass, "\"mass_g\":1200000,\"mass_kg\":1"),
            "/data/lots/0/quantity/mass_kg",
        ),
        ("a byte order mark", ["\u{feff}".as_bytes(), good.as_bytes()].concat(), ""),
        ("something behind it", format!("{good} {{}}").into_bytes(), ""),
        ("no UTF-8", latin, ""),
    ]
}

#[test]
fn nothing_with_two_meanings_is_taken_in() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let size = server.size().await;
        for (what, payload, pointer) in spoilt() {
            let body = Envelope::sign(Typ::Event, &payload, &office_key("acme")).into_compact();
            let answer = server.upload("/api/v1/events", body.clone()).await;
            let (slug, errors) = answer.problem();
            assert_eq!(
                (answer.status, slug.as_str(), errors.len()),
                (400, "malformed", 1),
                "{what}: {}",
                answer.text
            );
            assert_eq!(errors[0], ("payload-malformed".to_owned(), errors[0].1.clone()), "{what}");
            assert!(errors[0].1.starts_with(pointer), "{what}: {}", answer.text);
            let bulk = server.upload("/api/v1/events/batch", body).await;
            let result: Value = serde_json::from_str(bulk.text.lines().next().unwrap()).unwrap();
            assert_eq!(result["status"], 400, "{what}");
        }
        assert_eq!(server.size().await, size);
        let body = Envelope::sign(Typ::Event, good().as_bytes(), &office_key("acme")).into_compact();
        assert_eq!(server.upload("/api/v1/events", body).await.status, 201);
    });
}
