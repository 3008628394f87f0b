//! The targets, one test each, so that `cargo bolero` finds them by name. Their corpus stands in `__fuzz__/`.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use super::edit::edited;
use super::{Target, hold, samples};

/// Rounds in an ordinary run; `BOLERO_RANDOM_ITERATIONS` asks for more.
const ROUNDS: usize = 8_000;
/// An ordinary run leaves a target after this; `BOLERO_RANDOM_TEST_TIME_MS` asks for more.
const LONGEST: Duration = Duration::from_secs(3);
/// Bolero's bytes are a script of edits, or hostile input as they are.
const LONGEST_INPUT: usize = 1_024;
/// Samples of a target that are committed as its corpus.
const COMMITTED: usize = 12;

macro_rules! targets {
    ($($name:ident: $samples:ident;)+) => {
        /// Every target by its name.
        const TARGETS: &[(&str, Target)] =
            &[$((stringify!($name), Target { samples: samples::$samples, hold: hold::$name })),+];

        $(#[test]
        fn $name() {
            static SAMPLES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(samples::$samples);
            bolero::check!()
                .with_iterations(ROUNDS)
                .with_test_time(LONGEST)
                .with_max_len(LONGEST_INPUT)
                .for_each(|bytes: &[u8]| {
                    hold::$name(bytes);
                    hold::$name(&edited(&SAMPLES, bytes));
                });
        })+
    };
}

targets! {
    envelope: envelopes;
    note: notes;
    checkpoint: checkpoints;
    cosignature: cosigned;
    vkey: vkeys;
    policy: policies;
    inclusion: inclusion_proofs;
    consistency: consistency_proofs;
    leaf: leaves;
    tile_path: tile_paths;
    event: events;
    offer: offers;
    invitation: invitations;
    code: codes;
    token: tokens;
    tlog_proof: tlog_proofs;
    head: heads;
    bundle: bundles;
    label: labels;
}

#[test]
fn samples_hold_and_the_corpus_is_made_of_them() {
    for (name, target) in TARGETS {
        let samples = (target.samples)();
        samples.iter().for_each(|sample| (target.hold)(sample));
        // Spread over all samples, the small ones: a corpus is read more often than it is looked at.
        let mut small: Vec<_> = samples.iter().filter(|sample| sample.len() <= 4_096).collect();
        small.sort_unstable();
        small.dedup();
        let step = small.len().div_ceil(COMMITTED).max(1);
        let folder =
            format!("{}/tests/it/fuzz/__fuzz__/fuzz__targets__{name}/corpus", env!("CARGO_MANIFEST_DIR"));
        for (n, sample) in small.into_iter().step_by(step).enumerate() {
            let path = Path::new(&folder).join(format!("{n:02}"));
            if bless() {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, sample).unwrap();
            }
            let committed =
                std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(committed == *sample, "{}: LIANDAN_BLESS=1 makes it anew", path.display());
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a switch for whoever runs the tests, not a setting of the program"
)]
fn bless() -> bool {
    std::env::var_os("LIANDAN_BLESS").is_some()
}
