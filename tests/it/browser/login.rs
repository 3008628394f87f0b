//! The page /login as a visitor meets it: a headless Chromium signs with a key file and is let in.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use liandan::clock::Clock;
use liandan::ledger::SigningKey;
use liandan::web::{WebMode, router};
use serde_json::{Value, json};

use crate::api::server::office_key;
use crate::interop::tools::{CHROMIUM_LOGIN, Tool};
use crate::support::ledger::{Folder, Ledger, block_on, databases};

const TOOL: &Tool = &CHROMIUM_LOGIN;

/// A key file with these bytes.
fn pem(bytes: &[u8]) -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(bytes))
}

/// The key without its public half, as OpenSSL writes it, and with it (RFC 5958).
fn both_forms(key: &SigningKey) -> [Vec<u8>; 2] {
    let body: String = key.to_pkcs8_pem().lines().filter(|line| !line.starts_with("-----")).collect();
    let bytes = STANDARD.decode(body).unwrap();
    // Algorithm and seed stand at the same place in both.
    let own = &bytes[5..48];
    let public = key.public();
    let with_public = [&[0x30, 0x51, 2, 1, 1][..], own, &[0x81, 0x21, 0], public.as_bytes()].concat();
    [[&[0x30, 0x2e, 2, 1, 0][..], own].concat(), with_public]
}

#[test]
fn a_visitor_signs_in_with_a_key_file_that_stays_in_the_browser() {
    let folder = Folder::new();
    let _alone = super::one_at_a_time();
    let key = office_key("acme");
    let [plain, with_public] = both_forms(&key);
    // The same bytes as a key of X25519.
    let mut other_curve = plain.clone();
    other_curve[11] = 0x6e;
    let stranger = SigningKey::from_seed([77; 32]).to_pkcs8_pem();
    let files = [pem(&plain), pem(&with_public), stranger, pem(&other_curve), "no key".to_owned()];
    let files: Vec<String> = files
        .iter()
        .enumerate()
        .map(|(n, text)| {
            let path = folder.path().join(format!("{n}.pem"));
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        })
        .collect();
    let database = databases().remove(0);
    let seen = block_on(async {
        let ledger = Ledger::found(&database.url).await;
        // The browser goes by the machine's clock.
        ledger.clock.set(Clock::System.now());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let pages = router(ledger.app.clone(), WebMode::Public);
        tokio::spawn(async move { axum::serve(listener, pages).await.unwrap() });
        let file = folder.path().join("cases.json");
        let cases = json!({"origin": origin, "next": "/findings", "keys": files});
        std::fs::write(&file, cases.to_string()).unwrap();
        let file = file.to_str().unwrap().to_owned();
        tokio::task::spawn_blocking(move || TOOL.run(&[&file])).await.unwrap()
    });
    let Some(seen) = seen else { return };
    let seen: Vec<Value> = seen.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(seen.len(), files.len());
    for seen in &seen {
        assert_eq!(seen["wrong"], json!([]), "{seen}");
        assert!(!seen["script"].as_str().unwrap().contains("session"), "no script reads the cookie: {seen}");
    }
    for seen in &seen[..2] {
        assert_eq!(seen["path"], "/findings");
        assert!(seen["text"].as_str().unwrap().contains("Acme Coating Machinery"), "{seen}");
        let sent = seen["sent"].as_array().unwrap();
        let [sent] = &sent[..] else { panic!("one form is sent: {sent:?}") };
        let sent = sent.as_str().unwrap();
        // Twelve bytes of the seed, as they stand in both files.
        let secret = STANDARD.encode(&plain[18..30]);
        assert!(sent.contains("token=ey") && !sent.contains(&secret) && !sent.contains("PRIVATE"), "{sent}");
        let cookies = seen["cookies"].as_array().unwrap();
        let session = cookies.iter().find(|cookie| cookie["name"] == "session").unwrap();
        assert_eq!((&session["httpOnly"], &session["sameSite"]), (&json!(true), &json!("Strict")));
    }
    assert_eq!(seen[2]["path"], "/login");
    assert!(seen[2]["text"].as_str().unwrap().contains("the signing key is not enrolled"), "{}", seen[2]);
    for seen in &seen[3..] {
        assert_eq!((&seen["path"], &seen["sent"]), (&json!("/login"), &json!([])));
        assert!(seen["text"].as_str().unwrap().contains("no unencrypted Ed25519 private key"), "{seen}");
    }
}
