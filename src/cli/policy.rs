//! Whose signatures count: `--policy FILE`, or `--log VKEY` for whoever trusts a log and asks for no witness.

use std::path::{Path, PathBuf};

use super::Error;
use crate::ledger::note::NoteVerifier;
use crate::ledger::policy::{MAX_POLICY_BYTES, Policy};

/// Which logs, and which witnesses.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct Logs {
    /// Trust policy (C2SP tlog-policy): whose heads and cosignatures count.
    #[arg(long)]
    policy: Option<PathBuf>,
    /// Verifier key of a log, as `/api/v1/log/key` gives it; may be repeated.
    #[arg(long)]
    log: Vec<String>,
}

impl Logs {
    /// The policy of these arguments.
    pub(super) fn policy(&self) -> Result<Policy, Error> {
        if let Some(path) = &self.policy {
            return load(path);
        }
        let mut policy = Policy::parse("quorum none\n")?;
        for vkey in &self.log {
            policy = policy.knowing(NoteVerifier::parse_vkey(vkey)?);
        }
        Ok(policy)
    }
}

/// Read a policy file.
pub(super) fn load(path: &Path) -> Result<Policy, Error> {
    let shown = path.display();
    let length = std::fs::metadata(path).map_err(|error| format!("{shown}: {error}"))?.len();
    if length > MAX_POLICY_BYTES as u64 {
        return Err(format!("{shown}: more than {MAX_POLICY_BYTES} bytes are not a policy").into());
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    Policy::parse(&text).map_err(|error| format!("{shown}: {error}").into())
}
