//! `liandan invite`: a sheet of firms or people becomes signed invitations, each with a code that goes another way.

use std::path::PathBuf;

use super::{Error, keyfile, print, roster};
use crate::clock::Clock;
use crate::exchange::invitees::{self, Invitee};
use crate::exchange::sheet::{Cell, Sheet, SheetForm};
use crate::id::InvitationId;
use crate::ledger::{Digest, Envelope, SigningKey, Typ};
use crate::registry::key::Invitation;
use crate::shape::Text;

/// Life of an invitation in hours, where nothing else is asked for.
const HOURS: u32 = 24;
/// Longest life, in hours: a month.
const MAX_HOURS: u32 = 31 * 24;
/// Random bytes of a code.
const CODE_BYTES: usize = 10;

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The sheet, XLSX or CSV in UTF-8: uscc, and where known role and person; a roster of firms invites the administrator of each.
    sheet: PathBuf,
    /// Key of an officer, or of an administrator for its own party (PKCS#8 PEM).
    #[arg(long)]
    key: PathBuf,
    /// Origin of the ledger.
    #[arg(long, value_name = "ORIGIN")]
    log: String,
    /// How long the invitations are good, in hours.
    #[arg(long, default_value_t = HOURS, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_HOURS)))]
    hours: u32,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let key = keyfile::load(&args.key)?;
    let invited = invitees::read(&roster::bytes_of(&args.sheet)?).map_err(|errors| roster::told(&errors))?;
    let heads = ["uscc", "person", "role", "expires_at", "code", "invitation"].map(str::to_owned).to_vec();
    let rows = invited.iter().map(|invitee| row(invitee, &key, args)).collect::<Result<_, Error>>()?;
    let sheet = Sheet { name: "invitations".to_owned(), heads, rows };
    print(&String::from_utf8(sheet.write(SheetForm::Csv)?)?);
    Ok(())
}

/// The invitation, and beside it what only the invited person may learn.
fn row(invitee: &Invitee, key: &SigningKey, args: &Args) -> Result<Vec<Cell>, Error> {
    let now = Clock::System.now();
    let mut random = [0_u8; CODE_BYTES + 10];
    getrandom::fill(&mut random).map_err(|error| error.to_string())?;
    let (code, tail) = random.split_at(CODE_BYTES);
    // Digits and small letters to f: it is read out, and no spreadsheet takes it for a formula.
    let code: String = code.iter().map(|byte| format!("{byte:02x}")).collect();
    let tail: &[u8; 10] = tail.try_into()?;
    let id = uuid::Builder::from_unix_timestamp_millis(now.as_millis().unsigned_abs(), tail).into_uuid();
    let expires_at = now.plus_hours(args.hours.into());
    let invitation = Invitation {
        v: 1,
        log: Text::new(args.log.clone())?,
        invitation: InvitationId::from_uuid(id),
        party: invitee.party,
        role: invitee.role,
        code_sha256: Some(Digest::sha256(&[code.as_bytes()])),
        expires_at,
        registers: None,
    };
    let signed = Envelope::sign(Typ::Invitation, serde_json::to_string(&invitation)?.as_bytes(), key);
    let texts = [
        invitee.party.to_string(),
        invitee.person.clone(),
        invitee.role.name().to_owned(),
        expires_at.to_string(),
        code,
        signed.into_compact(),
    ];
    Ok(texts.map(Cell::Text).to_vec())
}
