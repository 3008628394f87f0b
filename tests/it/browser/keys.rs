//! The life of a key in two headless browsers: an officer invites, somebody enrols on another device, and the officer ends the key.

use liandan::clock::Clock;
use liandan::scenario::World;
use liandan::web::{WebMode, router};
use serde_json::{Value, json};

use crate::api::server::office_key;
use crate::interop::tools::PLAYWRIGHT;
use crate::support::ledger::{Folder, Ledger, block_on, databases};

#[test]
fn a_key_is_invited_enrolled_on_another_device_and_ended() {
    let folder = Folder::new();
    let _alone = super::one_at_a_time();
    let officer = folder.path().join("officer.pem");
    std::fs::write(&officer, office_key("bureau").to_pkcs8_pem()).unwrap();
    let database = databases().remove(0);
    let party = World::embedded().party("acme").unwrap().uscc;
    let seen = block_on(async {
        let ledger = Ledger::found(&database.url).await;
        // The browser goes by the machine's clock.
        ledger.clock.set(Clock::System.now());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let pages = router(ledger.app.clone(), WebMode::Public);
        let served = liandan::api::router(ledger.app.clone()).merge(pages);
        tokio::spawn(async move { axum::serve(listener, served).await.unwrap() });
        let file = folder.path().join("keys.json");
        let asked = json!({ "origin": origin, "officer": officer, "party": party });
        std::fs::write(&file, asked.to_string()).unwrap();
        let file = file.to_str().unwrap().to_owned();
        tokio::task::spawn_blocking(move || PLAYWRIGHT.run(&["tests/ui/keys.mjs", &file])).await.unwrap()
    });
    let Some(seen) = seen else { return };
    let seen: Vec<Value> = seen.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let step = |name: &str| {
        seen.iter()
            .find(|one| one["step"] == name)
            .unwrap_or_else(|| panic!("{name} is not reached: {seen:?}"))
    };
    let said = |name: &str| step(name)["said"].as_str().unwrap().to_owned();
    assert!(said("refused").contains("whole hours"), "{}", said("refused"));
    let invited = step("invited");
    assert_eq!(invited["code"].as_str().unwrap().len(), 20);
    assert!(invited["link"].as_str().unwrap().contains("/device#ey"), "{invited}");
    assert_eq!(invited["scan"]["isShown"], true, "the code to scan is drawn");
    assert!(said("wrong-code").contains("the code does not fit"), "{}", said("wrong-code"));
    assert!(step("enrolled")["who"].as_str().unwrap().starts_with("Acme Coating Machinery · operator"));
    assert!(said("used-twice").contains("already used"), "{}", said("used-twice"));
    assert!(step("revoked")["text"].as_str().unwrap().contains("Revoked"), "{}", step("revoked"));
    assert_eq!(step("ended")["isSignedIn"], false, "a session ends with its key");
    assert_eq!(step("end")["wrong"], json!([]));
}
