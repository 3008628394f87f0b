//! Committed files that the program makes.

use std::path::Path;

/// Holds a committed file to what the program makes; `LIANDAN_BLESS=1` writes it anew.
#[allow(clippy::disallowed_methods)] // Whoever runs the test says so in the environment.
pub(crate) fn is_committed(file: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("LIANDAN_BLESS").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let line = committed.lines().zip(made.lines()).position(|(old, new)| old != new);
    assert!(
        committed == made,
        "{file} differs from line {line:?} on; run the tests with LIANDAN_BLESS=1 and look at what changed"
    );
}
