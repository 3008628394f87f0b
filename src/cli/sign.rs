//! `liandan sign`: a payload on standard input becomes an envelope on standard output; with `--lines` each line does.

use std::io::{BufRead, Read};
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
    /// Every line is a payload of its own, as `liandan roster` writes them.
    #[arg(long, conflicts_with = "token")]
    lines: bool,
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
    let typ = match args.typ {
        Kind::Event => Typ::Event,
        Kind::Offer => Typ::Offer,
        Kind::Invitation => Typ::Invitation,
    };
    if args.lines {
        return sign_lines(typ, &key);
    }
    let mut payload = Vec::new();
    std::io::stdin().take(MAX_ENVELOPE_BYTES as u64 + 1).read_to_end(&mut payload)?;
    sign(typ, &payload, &key)
}

/// Sign line by line; the first that cannot be signed ends it.
fn sign_lines(typ: Typ, key: &SigningKey) -> Result<(), Error> {
    let mut input = std::io::stdin().lock();
    for number in 1_u64.. {
        let mut line = Vec::new();
        input.by_ref().take(MAX_ENVELOPE_BYTES as u64 + 1).read_until(b'\n', &mut line)?;
        let Some(payload) = line.strip_suffix(b"\n").or(Some(&*line)).filter(|_| !line.is_empty()) else {
            break;
        };
        sign(typ, payload, key).map_err(|error| format!("line {number}: {error}"))?;
    }
    Ok(())
}

fn sign(typ: Typ, payload: &[u8], key: &SigningKey) -> Result<(), Error> {
    if typ == Typ::Event {
        Event::parse(payload).map_err(|error| format!("{}: {error}", error.pointer))?;
    }
    let envelope = Envelope::sign(typ, payload, key);
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
