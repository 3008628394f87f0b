//! `liandan roster`: a sheet of firms becomes registrations, one unsigned payload a line, for `liandan sign --lines`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Error, note, say};
use crate::catalogue::Uscc;
use crate::clock::{Clock, Timestamp};
use crate::custody::{Event, Statement};
use crate::exchange::number_list::MAX_SHEET_BYTES;
use crate::exchange::roster::{self, CellError};
use crate::id::{ActId, derived};
use crate::shape::{List, Text};

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The sheet, XLSX or CSV in UTF-8: uscc, name, kinds, division, and where known site, year, class.
    sheet: PathBuf,
    /// Origin of the ledger the registrations are for.
    #[arg(long, value_name = "ORIGIN")]
    log: String,
    /// Credit code of the authority that will sign them.
    #[arg(long, value_name = "USCC")]
    authority: Uscc,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let log = Text::new(args.log.clone())?;
    let statements = roster::read(&bytes_of(&args.sheet)?).map_err(|errors| told(&errors))?;
    let now = Clock::System.now();
    for statement in statements {
        say(unsigned(statement, &log, args.authority, now).to_json().to_string());
    }
    Ok(())
}

/// The bytes of a sheet, no more than one may have.
pub(super) fn bytes_of(path: &Path) -> Result<Vec<u8>, Error> {
    let source = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut sheet = Vec::new();
    source.take(MAX_SHEET_BYTES as u64 + 1).read_to_end(&mut sheet)?;
    Ok(sheet)
}

/// Tells everything that is wrong in a sheet; the error that ends the command.
pub(super) fn told(errors: &[CellError]) -> Error {
    for error in errors {
        note(format!("第 {0} 行 · {1} / row {0} · {2}", error.row, error.zh, error.en));
    }
    let count = errors.len();
    format!("表格中有 {count} 处错误，未输出任何内容。 The sheet has {count} errors; nothing was written.")
        .into()
}

/// The event that the authority would sign.
fn unsigned(statement: Statement, log: &Text<200>, authority: Uscc, at: Timestamp) -> Event {
    let (data, at_ms) = (statement.to_json().to_string(), at.as_millis().to_string());
    let parts: [&[u8]; 4] = [b"liandan/roster-act/v1", log.as_bytes(), at_ms.as_bytes(), data.as_bytes()];
    Event {
        log: log.clone(),
        act: ActId::from_uuid(derived(&parts)),
        party: authority,
        mandate: None,
        prev: List::default(),
        anchor: None,
        occurred_at: at,
        place: None,
        statement,
    }
}
