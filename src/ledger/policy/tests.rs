#![allow(clippy::unwrap_used)]

use super::*;
use crate::ledger::cosignature::Cosigner;
use crate::ledger::key::SigningKey;
use crate::ledger::note::NoteSigner;

const ORIGIN: &str = "log.example/a";

fn log(seed: u8) -> NoteSigner {
    NoteSigner { name: ORIGIN.to_owned(), key: SigningKey::from_seed([seed; 32]) }
}

fn witness(n: u8) -> Cosigner {
    Cosigner { name: format!("w{n}.example"), key: SigningKey::from_seed([100 + n; 32]) }
}

/// A policy of one log and witnesses X1 to X3 and Y1 to Y3, with these further lines.
fn policy(lines: &str) -> Result<Policy, PolicyError> {
    let mut text = format!("# who counts\n\nlog {} https://log.example\n", log(1).verifier().to_vkey());
    for (n, name) in (1..).zip(["X1", "X2", "X3", "Y1", "Y2", "Y3"]) {
        text.push_str(&format!("witness\t{name}  {} \n", witness(n).verifier().to_vkey()));
    }
    Policy::parse(&(text + lines))
}

/// The checkpoint of size 7, signed by the log and these witnesses.
fn note(witnesses: &[u8]) -> String {
    let head = Checkpoint { origin: ORIGIN.to_owned(), size: 7, root: crate::ledger::Digest([3; 32]) };
    let lines = witnesses.iter().map(|n| witness(*n).cosign(&head.to_text(), 1000 + u64::from(*n)).unwrap());
    head.sign(&log(1)).unwrap() + &lines.collect::<String>()
}

/// The specification's example: two of the X and one of the Y.
const TWO_LEVELS: &str = "group X-witnesses 2 X1 X2 X3\ngroup Y-witnesses any Y1 Y2 Y3\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n";

#[test]
fn the_example_of_the_specification_judges_every_set_of_witnesses() {
    let policy = policy(TWO_LEVELS).unwrap();
    for set in 0_u8..64 {
        let witnesses: Vec<u8> = (1..=6).filter(|n| set >> (n - 1) & 1 == 1).collect();
        let xs = witnesses.iter().filter(|n| **n <= 3).count();
        let is_met = xs >= 2 && witnesses.len() > xs;
        let expected = match (is_met, witnesses.is_empty()) {
            (true, _) => Level::Quorum,
            (false, false) => Level::Witnessed,
            (false, true) => Level::LogOnly,
        };
        let judged = policy.judge(&note(&witnesses)).unwrap();
        assert_eq!(judged.level, expected, "{witnesses:?}");
        assert_eq!(judged.cosigned.len(), witnesses.len());
        assert_eq!((judged.checkpoint.size, judged.log), (7, log(1).verifier()));
    }
    let judged = policy.judge(&note(&[5, 1])).unwrap();
    assert_eq!(judged.cosigned, [("X1".to_owned(), 1001), ("Y2".to_owned(), 1005)]);
}

#[test]
fn a_policy_without_witnesses_is_met_by_the_log() {
    assert_eq!(policy("quorum none\n").unwrap().judge(&note(&[])).unwrap().level, Level::Quorum);
    assert_eq!(policy("quorum X2\n").unwrap().judge(&note(&[1])).unwrap().level, Level::Witnessed);
    assert_eq!(policy("quorum X2\n").unwrap().judge(&note(&[2])).unwrap().level, Level::Quorum);
    let without_logs = Policy::parse("quorum none\n").unwrap();
    assert_eq!(without_logs.judge(&note(&[])), Err(NoteError::NoKnownSignature.into()));
    assert_eq!(without_logs.knowing(log(1).verifier()), Policy::log_alone(log(1).verifier()));
}

#[test]
fn a_wrong_line_of_a_known_key_refuses_all_and_others_are_ignored() {
    let policy = policy("quorum none\n").unwrap();
    let stranger = Cosigner { name: "w1.example".to_owned(), key: SigningKey::from_seed([9; 32]) };
    let head = note(&[2]);
    let text = head.split_once("\n\n").unwrap().0.to_owned() + "\n";
    let unknown = format!("{head}{}", stranger.cosign(&text, 5).unwrap());
    assert_eq!(policy.judge(&unknown).unwrap().cosigned, [("X2".to_owned(), 1002)]);
    let foreign = witness(1).cosign("other\n", 5).unwrap();
    let bad = NoteError::BadSignature("w1.example".to_owned());
    assert_eq!(policy.judge(&format!("{head}{foreign}")), Err(bad.into()));
    let twice = format!("{head}{}", witness(2).cosign(&text, 6).unwrap());
    assert_eq!(policy.judge(&twice), Err(NoteError::DuplicateSignature("w2.example".to_owned()).into()));
    // Witnesses alone make no head.
    let (text, lines) = head.split_once("\n\n").unwrap();
    let alone = format!("{text}\n\n{}\n", lines.lines().last().unwrap());
    assert_eq!(policy.judge(&alone), Err(NoteError::NoKnownSignature.into()));
}

#[test]
fn a_log_s_key_speaks_for_its_own_origin_only() {
    let head = Checkpoint { origin: "other".to_owned(), size: 7, root: crate::ledger::Digest([3; 32]) };
    let note = note::sign(&head.to_text(), &log(1)).unwrap();
    let refused = policy("quorum none\n").unwrap().judge(&note);
    let origin = CheckpointError::Origin { expected: ORIGIN.to_owned(), found: "other".to_owned() };
    assert_eq!(refused, Err(origin));
}

#[test]
fn every_broken_line_is_refused_by_name() {
    let (key, cosigner) = (log(2).verifier().to_vkey(), witness(9).verifier().to_vkey());
    let long = "a".repeat(MAX_WORD_BYTES + 1);
    let unknown = |name: &str| PolicyFault::UnknownName(name.to_owned());
    let broken: Vec<(String, PolicyFault)> = vec![
        ("".to_owned(), PolicyFault::NoQuorum),
        ("quorum none\nquorum none\n".to_owned(), PolicyFault::SecondQuorum),
        ("quorum none".to_owned(), PolicyFault::Unended),
        ("quorum X9\n".to_owned(), unknown("X9")),
        ("quorum X1 X2\n".to_owned(), PolicyFault::Shape),
        ("quorum\n".to_owned(), PolicyFault::Shape),
        ("Quorum none\n".to_owned(), PolicyFault::Shape),
        ("group a any\n".to_owned(), PolicyFault::Shape),
        ("group a any none\n".to_owned(), unknown("none")),
        ("group a any a\n".to_owned(), unknown("a")),
        ("group a 0 X1\n".to_owned(), PolicyFault::Threshold),
        ("group a 2 X1\n".to_owned(), PolicyFault::Threshold),
        ("group a 01 X1\n".to_owned(), PolicyFault::Threshold),
        ("group a +1 X1\n".to_owned(), PolicyFault::Threshold),
        ("group a most X1\n".to_owned(), PolicyFault::Threshold),
        ("group a any X1 X1\n".to_owned(), PolicyFault::UsedTwice("X1".to_owned())),
        ("group a any X1\ngroup b any X1\n".to_owned(), PolicyFault::UsedTwice("X1".to_owned())),
        ("group X1 any X2\n".to_owned(), PolicyFault::DuplicateName("X1".to_owned())),
        ("group none any X2\n".to_owned(), PolicyFault::ReservedName),
        (format!("witness none {cosigner}\n"), PolicyFault::ReservedName),
        (format!("witness X1 {cosigner}\n"), PolicyFault::DuplicateName("X1".to_owned())),
        (format!("witness Z {}\n", witness(1).verifier().to_vkey()), PolicyFault::DuplicateKey),
        (format!("log {}\n", log(1).verifier().to_vkey()), PolicyFault::DuplicateKey),
        (format!("log {cosigner}\n"), PolicyFault::Key(NoteError::VerifierKey(0x01))),
        (format!("witness Z {key}\n"), PolicyFault::Key(NoteError::VerifierKey(0x04))),
        (format!("witness Z {cosigner} https://z.example more\n"), PolicyFault::Shape),
        (format!("log {key} https://z.example more\n"), PolicyFault::Shape),
        (format!("witness {long} {cosigner}\n"), PolicyFault::LongWord),
        ("quorum none\r\n".to_owned(), PolicyFault::ControlCharacter),
        ("# \x7f\nquorum none\n".to_owned(), PolicyFault::ControlCharacter),
        ("# \0\nquorum none\n".to_owned(), PolicyFault::ControlCharacter),
        ("quorum\u{a0}none\n".to_owned(), PolicyFault::Shape),
    ];
    for (lines, fault) in broken {
        assert_eq!(policy(&lines).unwrap_err().fault, fault, "{lines:?}");
    }
    assert_eq!(policy("\nquorum X9\n").unwrap_err().line, 11);
    let renamed = NoteVerifier { name: "other".to_owned(), key: log(1).verifier().key };
    let lines = format!("log {}\nquorum none\n", renamed.to_vkey());
    assert_eq!(
        policy(&lines).unwrap_err().fault,
        PolicyFault::DuplicateKey,
        "the same key under another name"
    );
}

#[test]
fn names_are_bytes_and_may_be_any_script() {
    let cosigner = witness(9).verifier().to_vkey();
    let lines = format!("witness \u{212a} {cosigner}\ngroup 保险 any \u{212a} X1\n\t quorum\t保险 \n");
    assert!(policy(&lines).is_ok());
    let fault = policy(&format!("witness \u{212a} {cosigner}\nquorum K\n")).unwrap_err().fault;
    assert_eq!(fault, PolicyFault::UnknownName("K".to_owned()));
}

#[test]
fn the_limits_hold_at_their_edge() {
    let witnesses = |count: u8| -> String {
        (7..=count).map(|n| format!("witness W{n} {}\n", witness(n).verifier().to_vkey())).collect::<String>()
    };
    let groups = |count: usize| -> String {
        (1..=count)
            .map(|n| {
                format!("group g{n} any {}\n", if n == 1 { "X1".to_owned() } else { format!("g{}", n - 1) })
            })
            .collect()
    };
    let logs = |count: u8| -> String {
        (2..=count).map(|n| format!("log {}\n", log(n).verifier().to_vkey())).collect::<String>()
    };
    let end = "quorum none\n";
    let full = format!("{}{}{}quorum g{MAX_GROUPS}\n", witnesses(64), groups(MAX_GROUPS), logs(32));
    let full = policy(&full).unwrap();
    assert_eq!((full.logs().len(), full.witnesses().len()), (MAX_LOGS, MAX_WITNESSES));
    assert_eq!(full.judge(&note(&Vec::from_iter(1..=64))).unwrap().level, Level::Quorum);
    for (lines, kind) in [(witnesses(65), "witness"), (groups(MAX_GROUPS + 1), "group"), (logs(33), "log")] {
        let fault = policy(&(lines + end)).unwrap_err().fault;
        assert!(matches!(fault, PolicyFault::TooMany(found, _) if found == kind), "{fault}");
    }
    let long = format!("#{}\n", "a".repeat(MAX_POLICY_BYTES));
    assert!(matches!(Policy::parse(&long).unwrap_err().fault, PolicyFault::TooLong(_)));
}
