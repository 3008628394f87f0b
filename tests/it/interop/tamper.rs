//! Copies of the log with one thing wrong, and what every tool must say about each.

use std::collections::BTreeSet;

use super::export::{Export, Opened};

/// A copy, and what is wrong with it.
pub(super) struct Copy {
    pub(super) name: &'static str,
    pub(super) export: Export,
    pub(super) faults: BTreeSet<String>,
}

/// The event with one byte of its payload changed, in the strict spelling still.
pub(super) fn with_another_byte(event: &Opened) -> Opened {
    let at = event.compact.find('.').unwrap() + 9;
    let mut compact = event.compact.clone();
    let other = if compact.as_bytes()[at] == b'A' { "B" } else { "A" };
    compact.replace_range(at..=at, other);
    Opened { compact, ..event.clone() }
}

/// The good log and every tampered one.
pub(super) fn copies(log: &Export) -> Vec<Copy> {
    let size = log.leaves.len();
    let copy = |name, faults: &[String], tamper: &dyn Fn(&mut Export)| {
        let mut export = log.clone();
        tamper(&mut export);
        Copy { name, export, faults: faults.iter().cloned().collect() }
    };
    let faults = |list: &[&str]| list.iter().map(|fault| (*fault).to_owned()).collect::<Vec<_>>();
    // So that the tiles above stay as they are.
    assert!(size % 256 > 10, "ten entries less must not make a tile less");
    let cut = size - 10;
    let after_cut = ["entry", "event", "tile 0"].map(|what| format!("{what} {cut}"));
    vec![
        copy("as it is", &[], &|_| {}),
        copy("a byte of an event", &faults(&["signature 1000", "leaf 1000"]), &|log| {
            log.events[1000] = with_another_byte(&log.events[1000]);
        }),
        copy("a time of recording", &faults(&["leaf 1234"]), &|log| log.events[1234].recorded_at_ms -= 1),
        copy("a salt", &faults(&["leaf 3"]), &|log| log.events[3].salt.0[31] ^= 1),
        copy(
            "two leaves exchanged, their tile with them",
            &faults(&["leaf 699", "leaf 700", "inclusion 700", "tile 1 2", "root"]),
            &|log| {
                log.leaves.swap(699, 700);
                log.hashes.get_mut(&0).unwrap().swap(699, 700);
            },
        ),
        copy("the last ten entries dropped", &[&after_cut[..], &faults(&["root"])].concat(), &|log| {
            log.leaves.truncate(cut);
            log.events.truncate(cut);
            log.hashes.get_mut(&0).unwrap().truncate(cut);
        }),
        copy("a bit of a tile", &faults(&["tile 0 773"]), &|log| {
            log.hashes.get_mut(&0).unwrap()[773].0[0] ^= 0x10;
        }),
        copy("a bit of a tile of the second level", &faults(&["tile 1 5"]), &|log| {
            log.hashes.get_mut(&1).unwrap()[5].0[31] ^= 1;
        }),
        copy("a bit of a proof of inclusion", &faults(&["inclusion 14"]), &|log| {
            log.inclusion[2].1[3].0[7] ^= 1;
        }),
        copy("a hash less in a proof of consistency", &faults(&["consistency 38"]), &|log| {
            log.consistency[1].2.pop();
        }),
        copy("an older root that never was", &faults(&["consistency 75"]), &|log| {
            log.consistency[2].1.0[0] ^= 0x80;
        }),
        copy("another size in the checkpoint", &faults(&["checkpoint"]), &|log| {
            log.note = log.note.replacen(&format!("\n{size}\n"), &format!("\n{}\n", size - 1), 1);
        }),
        copy("another root in the checkpoint", &faults(&["checkpoint"]), &|log| {
            let root = log.note.lines().nth(2).unwrap();
            let other = if root.starts_with('A') { "B" } else { "A" };
            log.note = log.note.replacen(root, &format!("{other}{}", &root[1..]), 1);
        }),
    ]
}
