//! `liandan invite`: invitations for a sheet of people, each good for one key and with its code only.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use liandan::app::access::Door;
use liandan::clock::Clock;
use liandan::custody::{Event, Statement};
use liandan::id::{ActId, derived};
use liandan::ledger::{Envelope, SigningKey, Typ};
use liandan::registry::Role;
use liandan::registry::standing::KeyEnrolled;
use liandan::scenario::World;
use liandan::shape::{List, Text};

use crate::api::server::{claims, now_s, office_key, sign_token};
use crate::support::ledger::{Folder, LOG, Ledger, block_on, databases};

fn invite(folder: &Folder, sheet: &str, by: &SigningKey) -> Output {
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("sheet.csv"), sheet).unwrap();
    std::fs::write(path("key.pem"), by.to_pkcs8_pem()).unwrap();
    std::fs::set_permissions(path("key.pem"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_liandan"));
    command.args(["invite", &path("sheet.csv"), "--key", &path("key.pem"), "--log", LOG]).output().unwrap()
}

/// Role, code and invitation of each row.
fn rows(output: &Output) -> Vec<[String; 3]> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    assert_eq!(reader.headers().unwrap(), vec!["uscc", "person", "role", "expires_at", "code", "invitation"]);
    reader.records().map(|row| row.unwrap()).map(|row| [2, 4, 5].map(|at| row[at].to_owned())).collect()
}

/// What enrolling a key by an invitation comes to.
async fn enrol(
    ledger: &Ledger,
    key: &SigningKey,
    invitation: &str,
    code: Option<&str>,
) -> Result<(), String> {
    let enrolled = KeyEnrolled {
        key: key.public(),
        invitation: Text::new(invitation).unwrap(),
        code: code.map(|code| Text::new(code).unwrap()),
    };
    let unique = format!("{}{invitation}{code:?}", key.kid());
    let event = Event {
        log: Text::new(LOG).unwrap(),
        act: ActId::from_uuid(derived(&[unique.as_bytes()])),
        party: World::embedded().party("acme").unwrap().uscc,
        mandate: None,
        prev: List::default(),
        anchor: None,
        occurred_at: ledger.clock.now(),
        place: None,
        statement: Statement::KeyEnrolled(enrolled),
    };
    let envelope = Envelope::sign(Typ::Event, event.to_json().to_string().as_bytes(), key);
    match ledger.app.submit(envelope.compact().as_bytes(), None).await {
        Ok(_) => Ok(()),
        Err(liandan::app::SubmitError::Refused(refusal)) => Err(refusal.errors[0].en.clone()),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn people_of_a_sheet_enrol_each_with_a_code_and_sign_in() {
    let folder = Folder::new();
    let acme = World::embedded().party("acme").unwrap().uscc;
    let sheet = format!("uscc,role,person\n{acme},operator,=1+1\n{acme},查阅,李\n{acme},,\n");
    let invited = rows(&invite(&folder, &sheet, &office_key("bureau")));
    let roles: Vec<&str> = invited.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(roles, ["operator", "viewer", "administrator"]);
    let database = databases().remove(0);
    block_on(async {
        let ledger = Ledger::found(&database.url).await;
        // The program goes by the machine's clock.
        ledger.clock.set(Clock::System.now().plus_millis(1_000));
        let [_, code, invitation] = &invited[0];
        let [_, other_code, _] = &invited[1];
        let (first, second) = (SigningKey::from_seed([61; 32]), SigningKey::from_seed([62; 32]));
        for wrong in [None, Some(other_code.as_str())] {
            let refused = enrol(&ledger, &first, invitation, wrong).await;
            assert_eq!(refused.unwrap_err(), "the code does not fit the invitation");
        }
        enrol(&ledger, &first, invitation, Some(code)).await.unwrap();
        let again = enrol(&ledger, &second, invitation, Some(code)).await;
        assert_eq!(again.unwrap_err(), "the invitation was already used");

        let now = now_s(ledger.clock.now());
        let assertion = sign_token(&claims(now, now + 60), &first);
        let admitted = ledger.app.exchange(Door::Browser, &assertion).await.unwrap();
        assert_eq!((admitted.viewer.party(), admitted.viewer.role()), (Some(acme), Some(Role::Operator)));
        ledger.clock.set(ledger.clock.now().plus_hours(24));
        let [_, code, invitation] = &invited[2];
        let late = enrol(&ledger, &second, invitation, Some(code)).await;
        assert_eq!(late.unwrap_err(), "the invitation has expired");
        ledger.close().await;
    });
}

#[test]
fn a_sheet_with_errors_invites_nobody() {
    let output = invite(&Folder::new(), "uscc,role\n9135,boss\n", &office_key("bureau"));
    assert!(!output.status.success() && output.stdout.is_empty());
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(errors.contains("第 2 行") && errors.contains("\"boss\" is none of administrator"), "{errors}");
}
