//! Cosignatures, policies, and how a policy judges a head. Each message that is signed is put together here from the
//! words of C2SP tlog-cosignature, so that a slip of the program cannot hide in its own vectors.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use liandan::ledger::Digest;
use liandan::ledger::checkpoint::Checkpoint;
use liandan::ledger::cosignature::{self, Cosigner};
use liandan::ledger::note::{NoteKey, NoteSigner};
use liandan::ledger::policy::Policy;
use serde_json::{Value, json};

use super::key;

const ORIGIN: &str = "ledger.example/vectors";
/// 2026-03-02T01:20:00Z in seconds.
const AT_S: u64 = 1_772_414_400;

fn log() -> NoteSigner {
    NoteSigner { name: ORIGIN.into(), key: key(9) }
}

fn witness(seed: u8) -> Cosigner {
    Cosigner { name: format!("witness.example/w{seed}"), key: key(seed) }
}

/// Text and whole note of a head.
fn head() -> (String, String) {
    let head = Checkpoint { origin: ORIGIN.into(), size: 10, root: Digest::sha256(&[b"ten"]) };
    (head.to_text(), head.sign(&log()).unwrap())
}

/// A line put together from the specification: key id, time, signature of header, time line and text.
fn line(witness: &Cosigner, text: &str, time: u64, written: u64) -> String {
    let signature = witness.key.sign(format!("cosignature/v1\ntime {time}\n{text}").as_bytes());
    let id = Digest::sha256(&[witness.name.as_bytes(), b"\n\x04", witness.key.public().as_bytes()]);
    let bytes = [&id.0[..4], &written.to_be_bytes(), &signature].concat();
    format!("\u{2014} {} {}\n", witness.name, STANDARD.encode(bytes))
}

pub(super) fn cosignatures() -> Value {
    let (text, note) = head();
    let witness = witness(1);
    let key = witness.verifier();
    let good = [0, AT_S, (1 << 63) - 1].map(|at_s| {
        let line = line(&witness, &text, at_s, at_s);
        assert_eq!(witness.cosign(&text, at_s).unwrap(), line);
        let note = format!("{note}{line}");
        assert_eq!(cosignature::find(&note, &key).unwrap().at_s, at_s);
        json!({ "comment": format!("cosigned at {at_s}"), "at_s": at_s, "note": note })
    });
    let good_line = line(&witness, &text, AT_S, AT_S);
    let plain = STANDARD.encode(
        [
            &Digest::sha256(&[witness.name.as_bytes(), b"\n\x04", key.key.as_bytes()]).0[..4],
            &witness.key.sign(text.as_bytes()),
        ]
        .concat(),
    );
    let refused = [
        ("another time than the signed one", format!("{note}{}", line(&witness, &text, AT_S, AT_S + 1))),
        ("a time of 2^63", format!("{note}{}", line(&witness, &text, 1 << 63, 1 << 63))),
        ("over another size", format!("{note}{good_line}").replacen("\n10\n", "\n11\n", 1)),
        ("a plain signature under the cosigner's id", format!("{note}\u{2014} {} {plain}\n", witness.name)),
        ("the same line twice", format!("{note}{good_line}{good_line}")),
        ("no line of the witness", note.clone()),
    ];
    let refused = refused.map(|(comment, note)| {
        assert!(cosignature::find(&note, &key).is_err(), "{comment}");
        json!({ "comment": comment, "note": note })
    });
    json!({
        "comment": "C2SP tlog-cosignature, Ed25519 (type 0x04), on a head of ledger.example/vectors. The witness has the seed 0101…01.",
        "vkey": key.to_vkey(),
        "good": good,
        "refused": refused,
    })
}

pub(super) fn policies() -> Value {
    let (text, note) = head();
    let mut lines = format!("# three witnesses, two of them\nlog {}\n", log().verifier().to_vkey());
    for (seed, name) in [(1, "监管"), (2, "insurer"), (3, "university")] {
        lines.push_str(&format!("witness {name} {}\n", witness(seed).verifier().to_vkey()));
    }
    let good = lines.clone() + "group public 2 监管 insurer university\nquorum public\n";
    let policy = Policy::parse(&good).unwrap();
    let judged = [vec![], vec![1], vec![3, 1], vec![1, 2, 3]].map(|seeds: Vec<u8>| {
        let lines: String = seeds.iter().map(|seed| line(&witness(*seed), &text, AT_S, AT_S)).collect();
        let note = note.clone() + &lines;
        let judged = policy.judge(&note).unwrap();
        let names: Vec<&str> = judged.cosigned.iter().map(|(name, _)| name.as_str()).collect();
        json!({ "comment": format!("{} of three", seeds.len()), "note": note, "cosigned": names, "level": judged.level.name() })
    });
    let bad_line = line(&witness(2), "another text\n", AT_S, AT_S);
    let refused_note = format!("{note}{}{bad_line}", line(&witness(1), &text, AT_S, AT_S));
    assert!(policy.judge(&refused_note).is_err());
    let refused = [
        ("no quorum", lines.clone()),
        ("two quorums", lines.clone() + "quorum none\nquorum none\n"),
        ("a name that comes later", lines.clone() + "quorum public\ngroup public any insurer\n"),
        ("a witness in two groups", lines.clone() + "group a any insurer\ngroup b any insurer a\nquorum b\n"),
        ("more wanted than there are", lines.clone() + "group a 3 insurer university\nquorum a\n"),
        (
            "a log's key for a witness",
            format!("{lines}witness log {}\nquorum none\n", log().verifier().to_vkey()),
        ),
        (
            "the same key twice",
            format!("{lines}witness w {}\nquorum none\n", witness(1).verifier().to_vkey()),
        ),
        ("none as a member", lines.clone() + "group a any none\nquorum a\n"),
        ("lines ended by CR and LF", good.replace('\n', "\r\n")),
    ];
    let refused = refused.map(|(comment, policy)| {
        assert!(Policy::parse(&policy).is_err(), "{comment}");
        json!({ "comment": comment, "policy": policy })
    });
    json!({
        "comment": "C2SP tlog-policy, and the level of heads under it. Witnesses have the seeds 0101…01 to 0303…03, the log 0909…09.",
        "policy": good,
        "judged": judged,
        "refused_note": refused_note,
        "refused": refused,
    })
}
