#![allow(clippy::unwrap_used)]

use super::*;
use crate::ledger::key::SigningKey;
use crate::ledger::merkle::leaf_hash;
use crate::ledger::note::NoteSigner;
use crate::ledger::tile::{TileTail, consistency_proof};

const ORIGIN: &str = "log.example/a";

fn log(seed: u8) -> NoteSigner {
    NoteSigner { name: ORIGIN.to_owned(), key: SigningKey::from_seed([seed; 32]) }
}

/// A tree of this many leaves of a kind; another kind gives another history.
fn tree(size: u64, kind: &str) -> TileTail {
    let mut tree = TileTail::default();
    for n in 0..size {
        tree.append(leaf_hash(format!("{kind} {n}").as_bytes()));
    }
    tree
}

fn head(tree: &TileTail) -> Checkpoint {
    Checkpoint { origin: ORIGIN.to_owned(), size: tree.size(), root: tree.root() }
}

fn seen(tree: &TileTail) -> Seen {
    Seen { size: tree.size(), root: tree.root() }
}

fn request(old_size: u64, proof: Vec<Digest>, note: String) -> AddCheckpoint {
    AddCheckpoint { old_size, proof, note }
}

fn signed(tree: &TileTail) -> String {
    head(tree).sign(&log(1)).unwrap()
}

fn known() -> Vec<NoteVerifier> {
    vec![log(1).verifier(), log(2).verifier()]
}

#[test]
fn the_request_of_the_specification_is_read_and_written() {
    let body = "old 20852014\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\njrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
        5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\n\
        example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
    let read = AddCheckpoint::parse(body.as_bytes()).unwrap();
    assert_eq!((read.old_size, read.proof.len()), (20_852_014, 4));
    assert_eq!(read.origin(), "example.com/behind-the-sofa");
    assert_eq!(read.to_text(), body);
}

#[test]
fn every_other_spelling_of_a_request_is_malformed() {
    let note = signed(&tree(3, "a"));
    let hash = STANDARD.encode([7; 32]);
    let good = format!("old 0\n\n{note}");
    assert!(AddCheckpoint::parse(good.as_bytes()).is_ok());
    let longest = format!("old 1\n{}\n{note}", format!("{hash}\n").repeat(MAX_PROOF_LINES));
    assert_eq!(AddCheckpoint::parse(longest.as_bytes()).unwrap().proof.len(), MAX_PROOF_LINES);
    let broken = [
        String::new(),
        "old 0\n".to_owned(),
        note.clone(),
        format!("old 00\n\n{note}"),
        format!("old 01\n\n{note}"),
        format!("old +1\n\n{note}"),
        format!("old -1\n\n{note}"),
        format!("old  1\n\n{note}"),
        format!("old 1 \n\n{note}"),
        format!("Old 1\n\n{note}"),
        format!("old 9223372036854775808\n\n{note}"),
        format!("old 0\r\n\r\n{note}"),
        format!("old 1\n{}\n\n{note}", &hash[..43]),
        format!("old 1\n{hash} \n\n{note}"),
        format!("old 1\n{}\n\n{note}", STANDARD.encode([7; 31])),
        format!("old 1\n{}\n{note}", format!("{hash}\n").repeat(MAX_PROOF_LINES + 1)),
    ];
    for body in broken {
        assert!(matches!(AddCheckpoint::parse(body.as_bytes()), Err(Refused::Malformed(_))), "{body:?}");
    }
    assert!(AddCheckpoint::parse(b"old 0\n\n\xff").is_err());
}

#[test]
fn every_growth_with_its_proof_is_accepted_and_no_other_proof() {
    let new = tree(13, "a");
    for old_size in 0..=13 {
        let old = tree(old_size, "a");
        let proof = if old_size == 0 { vec![] } else { consistency_proof(&new, old_size, 13).unwrap() };
        let accepted =
            decide(&request(old_size, proof.clone(), signed(&new)), &known(), &seen(&old)).unwrap();
        assert_eq!((accepted.checkpoint, accepted.text), (head(&new), head(&new).to_text()));
        let longer = [&proof[..], &[new.root()]].concat();
        let refused = decide(&request(old_size, longer, signed(&new)), &known(), &seen(&old));
        assert_eq!(refused, Err(Refused::Inconsistent), "{old_size}");
        if let Some((_, shorter)) = proof.split_last() {
            let refused = decide(&request(old_size, shorter.to_vec(), signed(&new)), &known(), &seen(&old));
            assert_eq!(refused, Err(Refused::Inconsistent), "{old_size}");
        }
    }
}

#[test]
fn each_refusal_has_its_status() {
    let (old, new, forged) = (tree(5, "a"), tree(8, "a"), tree(8, "b"));
    let proof = consistency_proof(&new, 5, 8).unwrap();
    let forged_proof = consistency_proof(&forged, 5, 8).unwrap();
    let ask = |old_size, proof: &[Digest], note: String| {
        decide(&request(old_size, proof.to_vec(), note), &known(), &seen(&old)).unwrap_err()
    };
    let note = signed(&new);
    let stranger = head(&new).sign(&log(3)).unwrap();
    let other = Checkpoint { origin: "other".to_owned(), ..head(&new) };
    let other_signer = NoteSigner { name: "other".to_owned(), key: log(1).key };
    let cases = [
        (ask(5, &proof, other.sign(&other_signer).unwrap()), 404),
        (ask(5, &proof, stranger.clone()), 403),
        (ask(5, &proof, note.replace("\n8\n", "\n9\n")), 403),
        (ask(9, &[], note.clone()), 400),
        (ask(5, &proof, note.replace("\n8\n", "\n08\n")), 403),
        (ask(5, &proof, note::sign(&head(&new).to_text().replace("\n8\n", "\n08\n"), &log(1)).unwrap()), 400),
        (ask(5, &proof, note.trim_end().to_owned()), 400),
        (ask(5, &proof, format!("{note}{}\n", note.lines().last().unwrap())), 400),
        (ask(4, &proof, note.clone()), 409),
        (ask(0, &[], note.clone()), 409),
        (ask(3, &[], signed(&tree(3, "a"))), 409),
        (ask(5, &[], signed(&tree(5, "b"))), 409),
        (ask(5, &forged_proof, signed(&forged)), 422),
        (ask(5, &proof, signed(&forged)), 422),
        (ask(5, &[], note.clone()), 422),
        (ask(5, &[new.root()], signed(&tree(5, "a"))), 422),
    ];
    for (n, (refused, status)) in cases.into_iter().enumerate() {
        assert_eq!(refused.status(), status, "case {n}: {refused}");
        assert!(!refused.zh().is_empty());
        if let Refused::Conflict { size } = refused {
            assert_eq!(size, 5);
        }
    }
    // A wrong signature of a known key refuses a good one beside it; an unknown one is ignored.
    let wrong = head(&forged).sign(&log(2)).unwrap();
    let both = format!("{note}{}\n", wrong.lines().last().unwrap());
    assert_eq!(ask(5, &proof, both), Refused::Unsigned);
    let beside = format!("{note}{}\n", stranger.lines().last().unwrap());
    assert!(decide(&request(5, proof, beside), &known(), &seen(&old)).is_ok());
}

#[test]
fn extension_lines_are_cosigned_with_the_rest() {
    let text = head(&tree(3, "a")).to_text() + "an extension\n";
    let note = note::sign(&text, &log(1)).unwrap();
    let accepted = decide(&request(0, vec![], note), &known(), &Seen::default()).unwrap();
    assert_eq!(accepted.text, text);
}
