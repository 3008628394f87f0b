//! What whoever operates a ledger has: metrics, a doctor, a reference of arguments, and files to deploy it with.

mod deploy;
mod doctor;
mod metrics;

use crate::support::committed::is_committed;

#[test]
fn the_committed_reference_of_arguments_is_what_the_program_takes() {
    is_committed("docs/configuration.md", &liandan::cli::reference());
}
