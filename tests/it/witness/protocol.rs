//! C2SP tlog-witness to the letter: every status, races, restarts, damaged state, hostile bodies.

use liandan::app::folder::FolderError;
use liandan::app::witness::{AddError, MAX_EVIDENCE_FILES, Witness, WitnessError};
use liandan::ledger::cosignature;
use liandan::ledger::note;
use liandan::ledger::witness::{MAX_REQUEST_BYTES, Refused, place_of};

use super::support::{ORIGIN, Served, clock, cosigner, growth, log, open, signed, tree};
use crate::support::ledger::{Folder, block_on};

#[test]
fn every_status_over_http() {
    block_on(async {
        let folder = Folder::new();
        let witness = Served::start(open(folder.path(), vec![log().verifier()])).await;
        let (five, eight) = (tree(5, "a"), tree(8, "a"));

        let first = witness.add(growth(0, &five)).await;
        assert_eq!((first.status, first.media_type.as_str()), (200, "text/plain; charset=utf-8"));
        let found = cosignature::find(&(signed(&five) + &first.text), &cosigner(1).verifier()).unwrap();
        assert_eq!((found.at_s, found.line), (1_772_414_400, first.text));

        let conflict = witness.add(growth(0, &eight)).await;
        assert_eq!(
            (conflict.status, conflict.media_type.as_str(), conflict.text.as_str()),
            (409, "text/x.tlog.size", "5\n")
        );
        assert_eq!(witness.add(growth(5, &eight)).await.status, 200);
        // The same head again is cosigned again.
        assert_eq!(witness.add(growth(8, &eight)).await.status, 200);
        // Back to an earlier size, and another root at the same size.
        for (old_size, body) in [(5, growth(5, &eight)), (8, growth(8, &tree(8, "b"))), (5, growth(5, &five))]
        {
            let answer = witness.add(body).await;
            assert_eq!((answer.status, answer.text.as_str()), (409, "8\n"), "from {old_size}");
        }
        assert_eq!(witness.add(growth(8, &tree(9, "b"))).await.status, 422);
        let other = growth(8, &tree(9, "a")).replace(ORIGIN, "other.example");
        assert_eq!(witness.add(other).await.status, 404);
        let edited = growth(8, &tree(9, "a")).replace("\n9\n", "\n10\n");
        assert_eq!(witness.add(edited).await.status, 403);
        let larger_old = growth(8, &tree(9, "a")).replacen("old 8", "old 10", 1);
        for body in
            [String::new(), "old 8\n".to_owned(), larger_old, growth(8, &tree(9, "a")).replace('\n', "\r\n")]
        {
            assert_eq!(witness.add(body.clone()).await.status, 400, "{body:?}");
        }
        assert_eq!(witness.add("a".repeat(MAX_REQUEST_BYTES)).await.status, 400);
        assert_eq!(witness.add("a".repeat(MAX_REQUEST_BYTES + 1)).await.status, 413);
        assert_eq!(witness.status_of(reqwest::Method::GET, "/add-checkpoint").await, 405);
        assert_eq!(witness.status_of(reqwest::Method::POST, "/elsewhere").await, 404);
        // The head it cosigned last, with both signatures, for whoever asks; nothing else lies there.
        let place = format!("/{}", place_of(ORIGIN));
        let shown = witness.get(&place).await;
        assert_eq!((shown.status, shown.media_type.as_str()), (200, "text/plain; charset=utf-8"));
        assert!(shown.text.starts_with(&signed(&eight)), "{}", shown.text);
        assert!(cosignature::find(&shown.text, &cosigner(1).verifier()).is_ok());
        for elsewhere in [place_of("other.example"), place.to_uppercase(), "x/checkpoint".to_owned()] {
            assert_eq!(witness.get(&format!("/{}", elsewhere.trim_start_matches('/'))).await.status, 404);
        }
        // None of it moved the witness.
        assert_eq!(witness.add(growth(8, &tree(9, "a"))).await.status, 200);
    });
}

#[test]
fn of_many_requests_at_once_no_two_fork_the_log() {
    block_on(async {
        let folder = Folder::new();
        let witness = Served::start(open(folder.path(), vec![log().verifier()])).await;
        assert_eq!(witness.add(growth(0, &tree(4, "a"))).await.status, 200);
        // Sixteen continuations of the same head, each of its own size; those of kind b are other histories.
        let bodies = (5..21).map(|size| {
            if size % 2 == 0 { growth(4, &tree(size, "a")) } else { growth(4, &tree(size, "b")) }
        });
        let answers = futures::future::join_all(bodies.map(|body| witness.add(body))).await;
        let granted = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(granted, 1, "from one head there is one step");
        assert!(answers.iter().all(|answer| [200, 409, 422].contains(&answer.status)));
        // Whoever was too late is told where the witness stands now.
        let size =
            answers.iter().find(|answer| answer.status == 409).map(|answer| answer.text.trim().to_owned());
        if let Some(size) = size {
            let size: u64 = size.parse().unwrap();
            assert_eq!(witness.add(growth(size, &tree(30, "a"))).await.status, 200);
        }
    });
}

#[test]
fn a_restart_forgets_nothing_and_a_second_process_is_refused() {
    let folder = Folder::new();
    let logs = || vec![log().verifier()];
    let witness = open(folder.path(), logs());
    witness.add_checkpoint(growth(0, &tree(5, "a")).as_bytes()).unwrap();
    let second = Witness::open(cosigner(1), logs(), folder.path(), clock());
    assert!(matches!(second.err().unwrap(), WitnessError::Folder(FolderError::InUse(_))));
    drop(witness);
    let witness = open(folder.path(), logs());
    let conflict = witness.add_checkpoint(growth(0, &tree(5, "b")).as_bytes()).unwrap_err();
    assert!(matches!(conflict, AddError::Refused(Refused::Conflict { size: 5 })), "{conflict}");
    witness.add_checkpoint(growth(5, &tree(9, "a")).as_bytes()).unwrap();
    drop(witness);
    // What was left half-way by a crash does not count: the file is replaced as a whole.
    let name = state_file(&folder);
    std::fs::write(format!("{}.new", name.display()), "half a check").unwrap();
    let conflict = open(folder.path(), logs()).add_checkpoint(growth(0, &tree(5, "a")).as_bytes());
    assert!(matches!(conflict.unwrap_err(), AddError::Refused(Refused::Conflict { size: 9 })));
}

fn state_file(folder: &Folder) -> std::path::PathBuf {
    let files = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path());
    files.into_iter().find(|file| file.extension().is_some_and(|end| end == "checkpoint")).unwrap()
}

#[test]
fn damaged_state_is_refused_and_named() {
    let folder = Folder::new();
    open(folder.path(), vec![log().verifier()]).add_checkpoint(growth(0, &tree(5, "a")).as_bytes()).unwrap();
    let file = state_file(&folder);
    let good = std::fs::read(&file).unwrap();
    // What it promised is the text and its own line. The log's line between them is only shown, and whoever reads it verifies it.
    let text = String::from_utf8(good.clone()).unwrap();
    let (log_line, own_line) = (text.find('\u{2014}').unwrap(), text.rfind('\u{2014}').unwrap());
    assert!(log_line < own_line);
    let mut damages: Vec<Vec<u8>> = (0..log_line)
        .chain(own_line..good.len())
        .step_by(7)
        .map(|at| {
            let mut bytes = good.clone();
            bytes[at] ^= 1;
            bytes
        })
        .collect();
    damages.extend([
        vec![],
        good[..good.len() / 2].to_vec(),
        [good.clone(), b"x".to_vec()].concat(),
        vec![0xff; 40],
    ]);
    damages.push(vec![b'a'; 70_000]);
    for bytes in damages {
        std::fs::write(&file, &bytes).unwrap();
        let error = Witness::open(cosigner(1), vec![log().verifier()], folder.path(), clock()).err();
        let error = error.unwrap_or_else(|| panic!("{:?} was taken", String::from_utf8_lossy(&bytes)));
        assert!(error.to_string().contains(&*file.file_name().unwrap().to_string_lossy()), "{error}");
    }
    // Cosigned by another key: not what this witness remembers.
    std::fs::write(&file, &good).unwrap();
    let other = Witness::open(cosigner(2), vec![log().verifier()], folder.path(), clock());
    assert!(matches!(other.err().unwrap(), WitnessError::Damaged { .. }));
    assert!(Witness::open(cosigner(1), vec![log().verifier()], folder.path(), clock()).is_ok());
}

#[test]
fn a_split_view_is_refused_and_kept_as_evidence_within_bounds() {
    let folder = Folder::new();
    let witness = open(folder.path(), vec![log().verifier()]);
    witness.add_checkpoint(growth(0, &tree(5, "a")).as_bytes()).unwrap();
    let evidence = || std::fs::read_dir(folder.path().join("evidence")).map_or(0, Iterator::count);
    // Late or mistaken requests prove nothing.
    for body in [growth(0, &tree(4, "a")), growth(0, &tree(9, "a"))] {
        witness.add_checkpoint(body.as_bytes()).unwrap_err();
    }
    assert_eq!(evidence(), 0);
    let split = growth(5, &tree(5, "b"));
    witness.add_checkpoint(split.as_bytes()).unwrap_err();
    witness.add_checkpoint(split.as_bytes()).unwrap_err();
    assert_eq!(evidence(), 1);
    let kept = std::fs::read_dir(folder.path().join("evidence")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(std::fs::read_to_string(kept).unwrap(), split);
    for size in 6..6 + MAX_EVIDENCE_FILES as u64 + 5 {
        witness.add_checkpoint(growth(5, &tree(size, "b")).as_bytes()).unwrap_err();
    }
    assert_eq!(evidence(), MAX_EVIDENCE_FILES);
    // An unsigned lie is no evidence, and the honest log goes on.
    witness.add_checkpoint(growth(5, &tree(6, "a")).as_bytes()).unwrap();
}

#[test]
fn hostile_notes_are_answered_without_a_panic() {
    let folder = Folder::new();
    let witness = open(folder.path(), vec![log().verifier()]);
    let good = growth(0, &tree(5, "a"));
    let line = good.lines().last().unwrap();
    let many = |count: usize| good.clone() + &"\u{2014} x AAAAAAA=\n".repeat(count);
    let bad = note::sign("other\n", &log()).unwrap();
    let bad = bad.lines().last().unwrap();
    for (body, status) in [
        (good.replace('\n', "\r\n"), 400),
        (good.replace("\n5\n", "\n5\x07\n"), 400),
        (format!("{good}{line}\n"), 400),
        (format!("{good}{bad}\n"), 400),
        (good.replace(line, bad), 403),
        (many(10_000), 400),
        (many(100), 400),
        (good.replace("\n5\n", "\n9223372036854775808\n"), 403),
        (format!("old 0\n\n{}", "\n".repeat(1000)), 404),
        ("old 0\n\n\n\n".to_owned(), 404),
        ("old 18446744073709551615\n\nx\n".to_owned(), 400),
    ] {
        match witness.add_checkpoint(body.as_bytes()).unwrap_err() {
            AddError::Refused(refused) => assert_eq!(refused.status(), status, "{refused} {:.80}", body),
            AddError::Fault(error) => panic!("{error}"),
        }
    }
    let mut bytes = good.into_bytes();
    for at in 0..bytes.len() {
        let before = bytes[at];
        bytes[at] = 0xff;
        assert!(witness.add_checkpoint(&bytes).is_err());
        bytes[at] = before;
        drop(witness.add_checkpoint(&bytes[..at]));
    }
    witness.add_checkpoint(&bytes).unwrap();
}
