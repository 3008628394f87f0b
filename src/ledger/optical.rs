//! The optical form of an envelope (docs/formats.md, Optical form): small enough for a QR code or two, and back to the very bytes that were
//! signed. It adds nothing and proves nothing: who reads a code checks the envelope as if it had come over a network.

use std::collections::BTreeMap;

use super::b64;
use super::digest::Digest;
use super::envelope::{MAX_ENVELOPE_BYTES, Typ};
use crate::clock::Timestamp;

/// Most bytes of the packed form that one code holds: about version 24 at the lowest level of correction, which a phone still reads from
/// another phone.
const MAX_PART_BYTES: usize = 840;
/// Most codes of one envelope. What needs more goes another way.
pub const MAX_PARTS: usize = 4;
/// Nothing so long is packed into that.
const MAX_COMPACT_BYTES: usize = 32 * 1024;
/// How deep envelopes stand in envelopes: an offer in an event, a code in that.
const MAX_DEPTH: usize = 2;

/// First byte of the packed form.
const VERSION: u8 = 1;
/// First character of a code's text.
const TEXT_VERSION: char = '1';
/// Characters of the name that the codes of one envelope share.
const NAME_CHARS: usize = 4;

/// What stands for longer text in a packed payload. No byte of theirs occurs in a payload: JSON escapes control characters, and UTF-8 has no
/// bytes from 0xF8 on.
const UUID: u8 = 0xF8;
const DIGEST: u8 = 0xF9;
const MOMENT: u8 = 0xFA;
const ENVELOPE: u8 = 0xFB;

/// Bytes 1 to 31, in this order. Part of version 1 for ever.
const WORDS: [&str; 31] = [
    "\"act\":\"",
    ",\"data\":{",
    ",\"for\":\"",
    ",\"kind\":\"waste.",
    "collected",
    "transferred",
    "delivered",
    "returned",
    "received",
    "\"log\":\"",
    "\"manifest\":\"",
    "\"containers\":",
    "{\"count\":",
    ",\"sha256\":\"",
    "\"from\":\"",
    "\"to\":\"",
    "\"lines\":[{",
    "},{\"line\":",
    "\"line\":",
    ",\"mass_g\":",
    "\"quantity\":{",
    "\"basis\":\"weighed\"",
    "\"code\":\"",
    "\"prev\":[\"",
    "\"place\":{",
    "\"lat_udeg\":",
    ",\"lon_udeg\":",
    "\"occurred_at\":\"",
    "\"step\":\"",
    "\"offer\":\"",
    "_site\":\"",
];
/// Characters of a moment, a uuid and a digest as payloads spell them.
const MOMENT_CHARS: usize = 24;
const UUID_CHARS: usize = 36;
const DIGEST_CHARS: usize = 43;

/// Types that travel so, by their number.
const TYPES: [Typ; 5] = [Typ::Event, Typ::Offer, Typ::Invitation, Typ::Check, Typ::Code];

/// Why codes do not come to an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpticalError {
    /// No code of ours, or a part of it is not what it must be.
    #[error("not a code of this ledger, or one that was read wrongly: scan it again")]
    Malformed,
    /// Codes of several envelopes.
    #[error("codes of different documents: scan those that are shown together")]
    Mixed,
    /// Not all codes are there.
    #[error("{missing} more codes belong to it")]
    Incomplete {
        /// How many.
        missing: usize,
    },
}

/// The texts of the codes of a compact envelope, one or several; `None` for what does not travel so: another spelling of the header than
/// devices write, a type that nobody hands over, or too much for [`MAX_PARTS`].
pub fn codes(compact: &str) -> Option<Vec<String>> {
    if compact.len() > MAX_COMPACT_BYTES {
        return None;
    }
    let packed = pack(compact, MAX_DEPTH)?;
    let parts = packed.len().div_ceil(MAX_PART_BYTES);
    if parts > MAX_PARTS {
        return None;
    }
    let name = name_of(&packed);
    // Parts of one size: two half-filled codes are read sooner than a full one and a scrap.
    let chunks = packed.chunks(packed.len().div_ceil(parts));
    let text = |(n, chunk): (usize, &[u8])| format!("{TEXT_VERSION}{n}{parts}{name}{}", b64::encode(chunk));
    Some((1..).zip(chunks).map(text).collect())
}

/// The compact envelope that codes come to, in whatever order they were scanned and however often each.
pub fn read<'a>(codes: impl IntoIterator<Item = &'a str>) -> Result<String, OpticalError> {
    let (mut whole, mut chunks) = (None, BTreeMap::new());
    for code in codes {
        let (n, of, name, chunk) = part(code).ok_or(OpticalError::Malformed)?;
        if *whole.get_or_insert((of, name)) != (of, name) {
            return Err(OpticalError::Mixed);
        }
        chunks.insert(n, chunk);
    }
    let (of, name) = whole.ok_or(OpticalError::Malformed)?;
    if chunks.len() < of {
        return Err(OpticalError::Incomplete { missing: of - chunks.len() });
    }
    let packed: Vec<u8> = chunks.into_values().flatten().collect();
    if name_of(&packed) != name {
        return Err(OpticalError::Malformed);
    }
    unpack(&packed, MAX_DEPTH).ok_or(OpticalError::Malformed)
}

/// Number, how many there are, name, bytes.
fn part(code: &str) -> Option<(usize, usize, &str, Vec<u8>)> {
    let rest = code.strip_prefix(TEXT_VERSION)?;
    let digit = |at: usize| rest.get(at..=at)?.parse::<usize>().ok();
    let (n, of) = (digit(0)?, digit(1)?);
    if n == 0 || n > of || of > MAX_PARTS {
        return None;
    }
    let name = rest.get(2..2 + NAME_CHARS)?;
    let chunk = b64::decode(rest.get(2 + NAME_CHARS..)?).ok()?;
    (1..=MAX_PART_BYTES).contains(&chunk.len()).then_some((n, of, name, chunk))
}

fn name_of(packed: &[u8]) -> String {
    let mut name = b64::encode(&Digest::sha256(&[packed]).0);
    name.truncate(NAME_CHARS);
    name
}

/// The header as devices write it.
fn header(typ: Typ, kid: &str) -> String {
    format!("{{\"alg\":\"EdDSA\",\"kid\":\"{kid}\",\"typ\":\"{typ}\"}}")
}

fn pack(compact: &str, depth: usize) -> Option<Vec<u8>> {
    let depth = depth.checked_sub(1);
    let mut parts = compact.split('.');
    let (head, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let head = String::from_utf8(b64::decode(head).ok()?).ok()?;
    let kid = head.strip_prefix("{\"alg\":\"EdDSA\",\"kid\":\"")?.get(..DIGEST_CHARS)?;
    let number = TYPES.iter().position(|typ| header(*typ, kid) == head)?;
    let signature = b64::decode(signature).ok().filter(|signature| signature.len() == 64)?;
    let payload = String::from_utf8(b64::decode(payload).ok()?).ok()?;
    let mut packed = vec![VERSION, u8::try_from(number).ok()?];
    packed.extend(b64::decode(kid).ok().filter(|kid| kid.len() == 32)?);
    packed.extend(signature);
    pack_payload(&payload, depth, &mut packed)?;
    Some(packed)
}

/// What is told shorter at each place, else the byte as it is.
fn pack_payload(payload: &str, depth: Option<usize>, packed: &mut Vec<u8>) -> Option<()> {
    let mut at = 0;
    while let Some(first) = payload[at..].chars().next() {
        if first < ' ' {
            return None;
        }
        let rest = &payload[at..];
        let value = payload[..at].ends_with('"').then(|| rest.split_once('"')).flatten();
        let taken = word(rest, packed).or_else(|| shorter(value?.0, depth, packed));
        at += taken.unwrap_or_else(|| {
            packed.extend(&rest.as_bytes()[..first.len_utf8()]);
            first.len_utf8()
        });
    }
    Some(())
}

/// Write what stands for the word that a text begins with, if it does; how many bytes of the text it stands for.
fn word(text: &str, packed: &mut Vec<u8>) -> Option<usize> {
    let n = WORDS.iter().position(|word| text.starts_with(word))?;
    packed.push(u8::try_from(n + 1).ok()?);
    Some(WORDS[n].len())
}

/// The same for a whole string.
fn shorter(value: &str, depth: Option<usize>, packed: &mut Vec<u8>) -> Option<usize> {
    match value.len() {
        MOMENT_CHARS => {
            let at: Timestamp = value.parse().ok().filter(|at: &Timestamp| at.to_string() == value)?;
            packed.push(MOMENT);
            packed.extend(&at.as_millis().to_be_bytes()[2..]);
        }
        UUID_CHARS => {
            let id = uuid::Uuid::try_parse(value).ok().filter(|id| id.to_string() == value)?;
            packed.push(UUID);
            packed.extend(id.as_bytes());
        }
        DIGEST_CHARS => {
            let bytes = b64::decode(value).ok().filter(|bytes| bytes.len() == 32)?;
            packed.push(DIGEST);
            packed.extend(bytes);
        }
        _ if value.starts_with("eyJ") => {
            let inner = pack(value, depth?)?;
            let length = u16::try_from(inner.len()).ok()?;
            packed.push(ENVELOPE);
            packed.extend(length.to_be_bytes());
            packed.extend(inner);
        }
        _ => return None,
    }
    Some(value.len())
}

fn unpack(packed: &[u8], depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1);
    let rest = packed.strip_prefix(&[VERSION])?;
    let (number, rest) = rest.split_first()?;
    let typ = TYPES.get(usize::from(*number))?;
    let (kid, rest) = rest.split_at_checked(32)?;
    let (signature, rest) = rest.split_at_checked(64)?;
    let payload = unpack_payload(rest, depth)?;
    let head = header(*typ, &b64::encode(kid));
    let compact = format!(
        "{}.{}.{}",
        b64::encode(head.as_bytes()),
        b64::encode(payload.as_bytes()),
        b64::encode(signature)
    );
    (compact.len() <= MAX_ENVELOPE_BYTES).then_some(compact)
}

fn unpack_payload(packed: &[u8], depth: Option<usize>) -> Option<String> {
    let (mut payload, mut rest) = (Vec::new(), packed);
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        let mut take = |count: usize| {
            let (taken, behind) = rest.split_at_checked(count)?;
            rest = behind;
            Some(taken)
        };
        match *first {
            0 => return None,
            n if usize::from(n) <= WORDS.len() => payload.extend(WORDS[usize::from(n) - 1].bytes()),
            UUID => {
                let id = uuid::Uuid::from_slice(take(16)?).ok()?;
                payload.extend(id.to_string().bytes());
            }
            DIGEST => payload.extend(b64::encode(take(32)?).bytes()),
            MOMENT => {
                let mut ms = [0; 8];
                ms[2..].copy_from_slice(take(6)?);
                payload.extend(Timestamp::from_millis(i64::from_be_bytes(ms)).to_string().bytes());
            }
            ENVELOPE => {
                let length = take(2)?.try_into().map(u16::from_be_bytes).ok()?;
                payload.extend(unpack(take(usize::from(length))?, depth?)?.bytes());
            }
            byte => payload.push(byte),
        }
    }
    String::from_utf8(payload).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ledger::{Envelope, SigningKey};

    fn signed(typ: Typ, payload: &str) -> String {
        Envelope::sign(typ, payload.as_bytes(), &SigningKey::from_seed([7; 32])).compact().to_owned()
    }

    fn offer() -> String {
        signed(
            Typ::Offer,
            r#"{"v":1,"log":"ledger.example/log","step":"collected","manifest":"01890a5d-ac96-774b-bcce-b302099a8028","from":"91370000DEM000001A","to":"91370000DEM000002D","lines":[{"line":1,"mass_g":1200000},{"line":2,"mass_g":1}],"prev":["AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"],"at":"2026-03-02T01:20:00.000Z"}"#,
        )
    }

    #[test]
    fn an_offer_is_one_code_and_what_holds_it_comes_back_to_the_byte() {
        let offer = offer();
        let one = codes(&offer).unwrap();
        assert_eq!(one.len(), 1);
        assert!(one[0].len() * 5 < offer.len() * 3, "{} of {}", one[0].len(), offer.len());
        assert_eq!(read(one.iter().map(String::as_str)).unwrap(), offer);
        let event = signed(
            Typ::Event,
            &format!(
                r#"{{"act":"01890a5d-ac96-7000-8000-00000000004e","data":{{"offer":"{offer}","vehicle":"鲁Q10001"}},"v":1}}"#
            ),
        );
        let codes = codes(&event).unwrap();
        assert!(
            codes.len() == 1 && codes[0].len() * 2 < event.len(),
            "{} of {}",
            codes[0].len(),
            event.len()
        );
        assert_eq!(read(codes.iter().map(String::as_str)).unwrap(), event);
    }

    #[test]
    fn values_that_only_look_like_others_are_left_as_they_are() {
        for value in [
            "2026-02-30T01:20:00.000Z",
            "2026-03-02T01:20:00.0+08:",
            "01890A5D-AC96-774B-BCCE-B302099A8028",
            "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQF",
            "eyJ.no.envelope",
            "ÿ\u{7f}鲁\\u0000",
        ] {
            let compact = signed(Typ::Event, &format!(r#"{{"a":"{value}"}}"#));
            let codes = codes(&compact).unwrap();
            assert_eq!(read(codes.iter().map(String::as_str)).unwrap(), compact, "{value}");
        }
    }

    #[test]
    fn what_does_not_travel_so_is_said() {
        assert_eq!(codes("a.b.c"), None);
        assert_eq!(codes(&signed(Typ::Token, "{}")), None, "a token is handed to nobody");
        assert_eq!(codes(&signed(Typ::Event, "{\"a\":\"\t\"}")), None, "a control character");
        let large = |bytes: usize| signed(Typ::Event, &format!("{{\"a\":\"{}\"}}", "x".repeat(bytes)));
        assert_eq!(codes(&large(MAX_PARTS * MAX_PART_BYTES)), None);
        let mut codes = codes(&large(2_000)).unwrap();
        assert_eq!(codes.len(), 3);
        codes.reverse();
        let again: Vec<&str> = codes.iter().chain(&codes).map(String::as_str).collect();
        assert_eq!(read(again).unwrap(), large(2_000));
        let missing = codes[1..].iter().map(String::as_str);
        assert_eq!(read(missing), Err(OpticalError::Incomplete { missing: 1 }));
        let other = self::codes(&offer()).unwrap();
        let mixed = [codes[0].as_str(), other[0].as_str()];
        assert_eq!(read(mixed), Err(OpticalError::Mixed));
    }

    #[test]
    fn what_was_read_wrongly_comes_to_nothing() {
        let code = codes(&offer()).unwrap().remove(0);
        let mut tried = 0;
        for at in 0..code.len() {
            for with in ["", "A", "_", "9"] {
                let wrong = format!("{}{with}{}", &code[..at], &code[at + 1..]);
                if wrong != code {
                    assert!(read([wrong.as_str()]).is_err(), "{wrong}");
                    tried += 1;
                }
            }
        }
        assert!(tried > 1_000);
        for odd in ["", "1", "111", "2", "110aaaa", "105aaaaAAAA", "111aaaa", "159aaaaAA", "鲁鲁鲁鲁鲁"]
        {
            assert_eq!(read([odd]), Err(OpticalError::Malformed), "{odd}");
        }
        assert_eq!(read([]), Err(OpticalError::Malformed));
    }
}
