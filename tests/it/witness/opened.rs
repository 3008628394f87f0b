//! The opening monitor: it cosigns a head when every leaf below it was opened to it, or erased under a public notice.

use liandan::app::monitor::{Monitor, MonitorError, Opening, OpeningError, Openings, Source};
use liandan::ledger::cosignature;
use liandan::ledger::leaf::commitment;
use liandan::ledger::policy::Policy;
use liandan::ledger::{Digest, Envelope, Leaf, Salt, SigningKey, Typ};
use liandan::scenario::World;

use super::remote::Remote;
use super::support::{clock, cosigner};
use crate::api::server::{Server, claims, now_s, office_key, sign_token};
use crate::support::ledger::{Folder, block_on, databases};

fn write(folder: &Folder, openings: &[Opening]) -> Source {
    let lines: String = openings.iter().map(|line| serde_json::to_string(line).unwrap() + "\n").collect();
    let path = folder.path().join("openings");
    std::fs::write(&path, lines).unwrap();
    Source::File(path)
}

fn with(source: Source) -> Option<Openings> {
    Some(Openings::new(source, cosigner(7), clock()))
}

#[test]
fn a_ledger_that_opens_everything_is_cosigned_over_http_on_both_databases() {
    block_on(async {
        for database in databases() {
            let server = Server::start(database).await;
            server.play("08:00 acme opens 900-041-49 1 kg\n=====\n").await;
            let path = "/api/v1/log/openings?from=0&limit=500";
            assert_eq!(server.read(path).await.status, 401);
            assert_eq!(server.read_as("acme", path).await.status, 403, "a party may not open everything");
            let authority = World::embedded().authority().label.clone();
            let lines = server.read_as(&authority, path).await;
            assert_eq!((lines.status, lines.text.lines().count() as u64), (200, server.size().await));

            let folder = Folder::new();
            let now_s = now_s(server.ledger.clock.now());
            let key = office_key(&authority);
            let tokens = move || Some(sign_token(&claims(now_s, now_s + 300), &key));
            let source = Source::Url(server.url("/api/v1/log/openings"), Box::new(tokens));
            let policy = Policy::log_alone(server.ledger.app.verifier());
            let prefix = server.url("/api/v1/log");
            let mut monitor = Monitor::open(&prefix, policy, &folder.path().join("m"), with(source)).unwrap();
            let round = monitor.round().await.unwrap();
            assert_eq!(round.unopened, Some(0));
            let note = server.ledger.app.checkpoint().await.unwrap().unwrap() + &round.cosignature.unwrap();
            assert_eq!(cosignature::find(&note, &cosigner(7).verifier()).unwrap().at_s, 1_772_414_400);
            server.play("08:01 acme opens 900-041-49 1 kg\n=====\n").await;
            let round = monitor.round().await.unwrap();
            assert!(round.cosignature.is_some() && round.size == server.size().await);
        }
    });
}

/// An event of this content, its leaf and what opens it.
fn sealed(index: u64, data: &str, kind: &str) -> (Vec<u8>, Opening) {
    let payload = format!(
        r#"{{"v":1,"log":"log.example/witnessed","kind":"{kind}","act":"01890a5d-ac96-7000-8000-{index:012}","for":"11370000DEM000004U","occurred_at":"2026-03-02T01:20:00.000Z","data":{data}}}"#
    );
    let envelope = Envelope::sign(Typ::Event, payload.as_bytes(), &SigningKey::from_seed([1; 32]));
    let salt = Salt(Digest::sha256(&[&index.to_be_bytes()]).0);
    let commitment = commitment(&salt, 5, 0, envelope.compact());
    let leaf = match kind {
        "erasure.noticed" => Leaf::Erasure { indexes: vec![1], commitment },
        _ => Leaf::Event { commitment },
    };
    (
        leaf.to_bytes(),
        Opening { index, event: envelope.compact().to_owned(), salt, recorded_at_ms: 5, skew_ms: 0 },
    )
}

fn confirmed(index: u64) -> (Vec<u8>, Opening) {
    let data = r#"{"manifest":"01890a5d-ac96-7000-8000-000000000009"}"#;
    sealed(index, data, "manifest.confirmed")
}

#[test]
fn a_leaf_that_nobody_opened_holds_the_cosignature_back_until_it_is_opened_or_erased_under_a_notice() {
    block_on(async {
        let notice = sealed(3, r#"{"indexes":[1],"basis":"保存期满"}"#, "erasure.noticed");
        let (leaves, openings): (Vec<_>, Vec<_>) =
            [confirmed(0), confirmed(1), confirmed(2), notice].into_iter().unzip();
        let remote = Remote::of(leaves).await;
        remote.publish(3);
        let folder = Folder::new();
        let round = async |openings: &[Opening]| {
            let source = write(&folder, openings);
            let state = folder.path().join("m");
            Monitor::open(&remote.served.url, Remote::policy(), &state, with(source)).unwrap().round().await
        };
        let without = |missing: u64| -> Vec<Opening> {
            openings.iter().filter(|opening| opening.index != missing).cloned().collect()
        };
        let held = round(&without(1)).await.unwrap();
        assert_eq!((held.unopened, held.cosignature), (Some(1), None));
        assert_eq!(round(&without(1)).await.unwrap().unopened, Some(1), "it is remembered");
        remote.publish(4);
        let granted = round(&without(1)).await.unwrap();
        assert_eq!(granted.unopened, Some(0), "the notice names it");
        assert!(
            cosignature::find(&(remote.note(4) + &granted.cosignature.unwrap()), &cosigner(7).verifier())
                .is_ok()
        );
        let kept = folder.path().join("m/cosignatures").join(format!("{:020}", 4));
        assert!(std::fs::read_to_string(kept).unwrap().contains("w7.example"));
    });
    block_on(async {
        let (leaves, openings): (Vec<_>, Vec<_>) =
            [confirmed(0), confirmed(1), confirmed(2)].into_iter().unzip();
        let remote = Remote::of(leaves).await;
        let folder = Folder::new();
        let state = folder.path().join("m");
        for (given, unopened) in [(&openings[..1], 2), (&openings[1..2], 1), (&openings[2..], 0)] {
            let source = write(&folder, given);
            let mut monitor =
                Monitor::open(&remote.served.url, Remote::policy(), &state, with(source)).unwrap();
            let round = monitor.round().await.unwrap();
            assert_eq!((round.unopened, round.cosignature.is_some()), (Some(unopened), unopened == 0));
        }
    });
}

#[test]
fn openings_that_do_not_open_are_refused() {
    block_on(async {
        let (leaves, openings): (Vec<_>, Vec<_>) = [confirmed(0), confirmed(1)].into_iter().unzip();
        let (_, mut disguised) = sealed(1, r#"{"indexes":[1],"basis":"保存期满"}"#, "erasure.noticed");
        // The ledger shows an erasure notice as an ordinary sealed event: the commitment fits, the leaf does not.
        let commitment = commitment(&disguised.salt, 5, 0, &disguised.event);
        let hidden = vec![leaves[0].clone(), Leaf::Event { commitment }.to_bytes()];
        disguised.index = 1;
        let change = |change: fn(&mut Opening)| {
            let mut opening = openings[1].clone();
            change(&mut opening);
            vec![openings[0].clone(), opening]
        };
        let cases = [
            (leaves.clone(), change(|opening| opening.salt.0[0] ^= 1)),
            (leaves.clone(), change(|opening| opening.recorded_at_ms += 1)),
            (leaves.clone(), change(|opening| opening.skew_ms += 1)),
            (leaves.clone(), change(|opening| opening.event.truncate(40))),
            (hidden, vec![openings[0].clone(), disguised]),
        ];
        for (leaves, openings) in cases {
            let (remote, folder) = (Remote::of(leaves).await, Folder::new());
            let source = write(&folder, &openings);
            let state = folder.path().join("m");
            let mut monitor =
                Monitor::open(&remote.served.url, Remote::policy(), &state, with(source)).unwrap();
            let error = monitor.round().await.unwrap_err();
            assert!(matches!(error, MonitorError::Opening(OpeningError::Wrong { index: 1, .. })), "{error}");
            assert!(error.convicts());
        }
        let (remote, folder) = (Remote::of(leaves).await, Folder::new());
        let backwards = [openings[1].clone(), openings[0].clone()];
        for (n, source) in
            [write(&folder, &backwards), Source::File(folder.path().join("nothing"))].into_iter().enumerate()
        {
            let state = folder.path().join(n.to_string());
            let mut monitor =
                Monitor::open(&remote.served.url, Remote::policy(), &state, with(source)).unwrap();
            assert!(!monitor.round().await.unwrap_err().convicts());
        }
        // Openings are looked at from the first leaf on, or never.
        let state = folder.path().join("late");
        Monitor::open(&remote.served.url, Remote::policy(), &state, None).unwrap().round().await.unwrap();
        let late =
            Monitor::open(&remote.served.url, Remote::policy(), &state, with(write(&folder, &openings)));
        assert!(matches!(late.err(), Some(MonitorError::State(_))));
    });
}
