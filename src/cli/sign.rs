//! `liandan sign`: a payload on standard input becomes an envelope on standard output.

use std::io::Read;
use std::path::PathBuf;

use super::{Error, keyfile, say};
use crate::clock::Clock;
use crate::custody::Event;
use crate::ledger::envelope::MAX_ENVELOPE_BYTES;
use crate::ledger::{Envelope, SigningKey, Typ};

/// Life of a caller's token in seconds.
const TOKEN_LIFE_S: i64 = 300;

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Key file (PKCS#8 PEM).
    #[arg(long)]
    key: PathBuf,
    /// What the payload is.
    #[arg(long, value_enum, default_value = "event")]
    typ: Kind,
    /// Make a caller's token for the ledger of this origin instead; nothing is read.
    #[arg(long, value_name = "ORIGIN")]
    token: Option<String>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Kind {
    Event,
    Offer,
    Invitation,
}

pub(super) fn run(args: Args) -> Result<(), Error> {
    let key = keyfile::load(&args.key)?;
    if let Some(origin) = args.token {
        say(token(&origin, &key)?);
        return Ok(());
    }
    let mut payload = Vec::new();
    std::io::stdin().take(MAX_ENVELOPE_BYTES as u64 + 1).read_to_end(&mut payload)?;
    let typ = match args.typ {
        Kind::Event => Typ::Event,
        Kind::Offer => Typ::Offer,
        Kind::Invitation => Typ::Invitation,
    };
    if typ == Typ::Event {
        Event::parse(&payload).map_err(|error| format!("{}: {error}", error.pointer))?;
    }
    let envelope = Envelope::sign(typ, &payload, &key);
    if envelope.compact().len() > MAX_ENVELOPE_BYTES {
        return Err(format!("the envelope would have more than {MAX_ENVELOPE_BYTES} bytes").into());
    }
    say(envelope.compact());
    Ok(())
}

/// A caller's token for the ledger of this origin, good once.
pub(super) fn token(origin: &str, key: &SigningKey) -> Result<String, Error> {
    let iat = Clock::System.now().as_millis() / 1000;
    let mut jti = [0_u8; 16];
    getrandom::fill(&mut jti).map_err(|error| error.to_string())?;
    let jti = crate::ledger::b64::encode(&jti);
    let claims = serde_json::json!({ "aud": origin, "iat": iat, "exp": iat + TOKEN_LIFE_S, "jti": jti });
    Ok(Envelope::sign(Typ::Token, claims.to_string().as_bytes(), key).into_compact())
}
