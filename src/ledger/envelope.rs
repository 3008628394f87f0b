//! The signed envelope: a JWS (RFC 7515) narrowed until it can mean one thing only.
//!
//! One algorithm, three header members, one spelling of every byte. The text is kept exactly as it came: what was
//! signed is what is hashed, stored and shown, and nothing is ever serialised a second time.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;

use super::b64;
use super::digest::{Digest, EventId, Kid};
use super::key::{PublicKey, SigningKey, verify_strict};

/// The longest compact form, in bytes; photos and scans go in as digests.
pub const MAX_ENVELOPE_BYTES: usize = 256 * 1024;
/// The longest flattened JSON form, in bytes: room for its member names and some white space.
pub const MAX_FLATTENED_BYTES: usize = MAX_ENVELOPE_BYTES + 1024;
/// How much of a parser's reason an error repeats, in characters: the reason may quote the sender.
const MAX_REASON_CHARS: usize = 160;

/// Why an envelope is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not a compact or flattened JWS, or a part of it is not what it must be.
    #[error("not a JWS in compact or flattened JSON form: {reason}")]
    Malformed {
        /// JSON pointer to the part, empty for the whole.
        pointer: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The protected header is not exactly alg, kid and typ with admitted values.
    #[error("the protected header must be exactly alg (EdDSA), kid and typ: {reason}")]
    Header {
        /// What is wrong.
        reason: String,
    },
    /// Longer than the limit of its form.
    #[error(
        "the envelope has {bytes} bytes, {limit} are admitted: move attachments out and put their digests in"
    )]
    TooLarge {
        /// Length of what came.
        bytes: usize,
        /// [`MAX_ENVELOPE_BYTES`] or [`MAX_FLATTENED_BYTES`].
        limit: usize,
    },
    /// The signature is not the key's.
    #[error(
        "the signature does not belong to this header, this payload and this key: sign the exact bytes sent"
    )]
    Signature,
    /// The envelope names another key than the one it is checked with.
    #[error("the envelope names the key {named}, but {given} was to check it")]
    KeyMismatch {
        /// The header's kid.
        named: Kid,
        /// The kid of the key at hand.
        given: Kid,
    },
}

impl EnvelopeError {
    /// JSON pointer (RFC 6901) to the part of the flattened form that is wrong; empty for the whole.
    pub fn pointer(&self) -> &'static str {
        match self {
            Self::Malformed { pointer, .. } => pointer,
            Self::Header { .. } | Self::KeyMismatch { .. } => "/protected",
            Self::TooLarge { .. } => "",
            Self::Signature => "/signature",
        }
    }

    /// The stable slug of the problem.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "envelope-malformed",
            Self::Header { .. } => "envelope-header",
            Self::TooLarge { .. } => "envelope-too-large",
            Self::Signature => "signature-invalid",
            Self::KeyMismatch { .. } => "key-mismatch",
        }
    }
}

/// What an envelope is: the header's `typ` (RFC 8725 §3.11), so that one kind is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Typ {
    /// A statement for the log.
    Event,
    /// The releasing side's half of a handover.
    Offer,
    /// Somebody may enrol a key.
    Invitation,
    /// The ledger says what the last statement on a subject is.
    Head,
    /// The ledger says what it found when somebody asked at the road.
    Check,
    /// The ledger says that a code was told for a handover.
    Code,
    /// The ledger says what is left of an erased entry.
    Residue,
    /// A key holder proves itself to the interface.
    Token,
}

impl Typ {
    /// The header's text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Event => "waste-event+jws",
            Self::Offer => "waste-offer+jws",
            Self::Invitation => "waste-invitation+jws",
            Self::Head => "waste-head+jws",
            Self::Check => "waste-check+jws",
            Self::Code => "waste-code+jws",
            Self::Residue => "waste-residue+jws",
            Self::Token => "waste-token+jws",
        }
    }
}

impl fmt::Display for Typ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Marks an envelope whose form is right and whose signature nobody has looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unverified {}

/// Marks an envelope whose signature is the named key's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {}

/// A JWS of ours. The state `S` says whether the signature has been checked; only a verified one counts.
#[derive(Clone, PartialEq, Eq)]
pub struct Envelope<S> {
    compact: String,
    /// Length of `protected.payload`, which the compact form begins with.
    signed_bytes: usize,
    typ: Typ,
    kid: Kid,
    payload: Vec<u8>,
    signature: [u8; 64],
    state: PhantomData<S>,
}

impl<S> Envelope<S> {
    /// The key that the header names.
    pub fn kid(&self) -> Kid {
        self.kid
    }

    /// What the envelope is.
    pub fn typ(&self) -> Typ {
        self.typ
    }

    /// The payload's bytes, decoded.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The stored form, `protected.payload.signature` with the three parts exactly as they arrived.
    pub fn compact(&self) -> &str {
        &self.compact
    }

    /// [`Envelope::compact`], given away.
    pub fn into_compact(self) -> String {
        self.compact
    }

    /// SHA-256 of the signing input `protected.payload` (RFC 7515 §5.1): what was said, whatever the signature.
    pub fn event_id(&self) -> EventId {
        EventId::from_bytes(Digest::sha256(&[self.signing_input()]).0)
    }

    fn signing_input(&self) -> &[u8] {
        &self.compact.as_bytes()[..self.signed_bytes]
    }
}

/// Shows what names the envelope, not the payload: logs are read by more people than statements are.
impl<S> fmt::Debug for Envelope<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Envelope({} {} by {})", self.typ, self.event_id(), self.kid)
    }
}

impl Envelope<Unverified> {
    /// Reads the compact form (RFC 7515 §7.1) or the flattened JSON form (§7.2.2) of an envelope of type `expect`.
    /// Nothing may stand before or after it, and the JSON form has exactly `protected`, `payload` and `signature`.
    pub fn parse(bytes: &[u8], expect: Typ) -> Result<Self, EnvelopeError> {
        let flattened = bytes.first() == Some(&b'{');
        let limit = if flattened { MAX_FLATTENED_BYTES } else { MAX_ENVELOPE_BYTES };
        if bytes.len() > limit {
            return Err(EnvelopeError::TooLarge { bytes: bytes.len(), limit });
        }
        let [protected, payload, signature] =
            if flattened { split_flattened(bytes)? } else { split_compact(bytes)? };
        let compact = format!("{protected}.{payload}.{signature}");
        if compact.len() > MAX_ENVELOPE_BYTES {
            return Err(EnvelopeError::TooLarge { bytes: compact.len(), limit: MAX_ENVELOPE_BYTES });
        }
        let kid = parse_header(&decode_part(&protected, "/protected")?, expect)?;
        let signature = decode_part(&signature, "/signature")?;
        let signature =
            signature.try_into().map_err(|_| malformed("/signature", "a signature has 64 bytes"))?;
        Ok(Self {
            signed_bytes: protected.len() + 1 + payload.len(),
            typ: expect,
            kid,
            payload: decode_part(&payload, "/payload")?,
            signature,
            compact,
            state: PhantomData,
        })
    }

    /// Checks the signature with the key that the header names: see [`verify_strict`].
    pub fn verify(self, key: &PublicKey) -> Result<Envelope<Verified>, EnvelopeError> {
        let given = key.kid();
        if given != self.kid {
            return Err(EnvelopeError::KeyMismatch { named: self.kid, given });
        }
        if !verify_strict(key, self.signing_input(), &self.signature) {
            return Err(EnvelopeError::Signature);
        }
        let Self { compact, signed_bytes, typ, kid, payload, signature, .. } = self;
        Ok(Envelope { compact, signed_bytes, typ, kid, payload, signature, state: PhantomData })
    }
}

impl Envelope<Verified> {
    /// Signs `payload`. One that makes the compact form longer than [`MAX_ENVELOPE_BYTES`] is signed all the same,
    /// and refused by everybody.
    pub fn sign(typ: Typ, payload: &[u8], key: &SigningKey) -> Self {
        let kid = key.kid();
        let mut compact = signing_input(typ, payload, kid);
        let signed_bytes = compact.len();
        let signature = key.sign(compact.as_bytes());
        compact.push('.');
        compact.push_str(&b64::encode(&signature));
        Self { compact, signed_bytes, typ, kid, payload: payload.to_vec(), signature, state: PhantomData }
    }
}

/// The text whose bytes are signed (RFC 7515 §5.1), with the header as we write it.
pub fn signing_input(typ: Typ, payload: &[u8], kid: Kid) -> String {
    let header = format!("{{\"alg\":\"EdDSA\",\"kid\":\"{kid}\",\"typ\":\"{typ}\"}}");
    format!("{}.{}", b64::encode(header.as_bytes()), b64::encode(payload))
}

type Parts<'a> = [Cow<'a, str>; 3];

fn split_compact(bytes: &[u8]) -> Result<Parts<'_>, EnvelopeError> {
    let text = std::str::from_utf8(bytes).map_err(|_| malformed("", "it is not text"))?;
    let mut parts = text.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(protected), Some(payload), Some(signature), None) => {
            Ok([protected.into(), payload.into(), signature.into()])
        }
        _ => Err(malformed("", "the compact form has three parts with a dot between them")),
    }
}

fn split_flattened(bytes: &[u8]) -> Result<Parts<'_>, EnvelopeError> {
    /// RFC 7515 §7.2.2 without the unprotected `header`: what is not signed is not said.
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Flattened<'a> {
        #[serde(borrow)]
        protected: Cow<'a, str>,
        #[serde(borrow)]
        payload: Cow<'a, str>,
        #[serde(borrow)]
        signature: Cow<'a, str>,
    }
    // JSON would allow white space behind the object; the compact form allows nothing, so neither does this.
    if bytes.last() != Some(&b'}') {
        return Err(malformed("", "something stands behind the JSON object"));
    }
    let parts: Flattened =
        serde_json::from_slice(bytes).map_err(|error| malformed("", &error.to_string()))?;
    Ok([parts.protected, parts.payload, parts.signature])
}

fn decode_part(text: &str, pointer: &'static str) -> Result<Vec<u8>, EnvelopeError> {
    b64::decode(text).map_err(|error| malformed(pointer, &format!("{} is {error}", &pointer[1..])))
}

/// Reads the protected header; gives its key id.
fn parse_header(json: &[u8], expect: Typ) -> Result<Kid, EnvelopeError> {
    /// Texts, not enums: a derived enum would also read `{"EdDSA":null}`.
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Header {
        alg: String,
        kid: Kid,
        typ: String,
    }
    let refused = |reason: &str| EnvelopeError::Header { reason: one_line(reason) };
    // A derived struct would also read the array ["EdDSA", kid, typ].
    if json.first() != Some(&b'{') {
        return Err(refused("it is not a JSON object"));
    }
    let header: Header = serde_json::from_slice(json).map_err(|error| refused(&error.to_string()))?;
    // RFC 8037 §3.1 and RFC 9864 §2.2: two names for the same algorithm, and there is no other.
    if !matches!(header.alg.as_str(), "EdDSA" | "Ed25519") {
        return Err(refused(&format!("alg is {:?}", header.alg)));
    }
    if header.typ != expect.as_str() {
        return Err(refused(&format!("typ is {:?}, not {expect}", header.typ)));
    }
    Ok(header.kid)
}

fn malformed(pointer: &'static str, reason: &str) -> EnvelopeError {
    EnvelopeError::Malformed { pointer, reason: one_line(reason) }
}

/// A reason may quote what was sent: keeps it short and on one line.
fn one_line(reason: &str) -> String {
    reason.chars().take(MAX_REASON_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    //! The attacks on headers and spellings are in tests/vectors/ledger.json, for every language.
    use super::*;

    fn key() -> SigningKey {
        SigningKey::from_seed([7; 32])
    }

    #[test]
    fn a_signed_envelope_is_read_in_both_forms_and_verified() {
        let signed = Envelope::sign(Typ::Event, b"{\"v\":1}", &key());
        let parts: Vec<&str> = signed.compact().split('.').collect();
        let flattened = format!(
            "{{\"protected\":\"{}\",\n \"payload\":\"{}\", \"signature\":\"{}\"}}",
            parts[0], parts[1], parts[2]
        );
        for text in [signed.compact(), &flattened] {
            let read = Envelope::parse(text.as_bytes(), Typ::Event).unwrap();
            assert_eq!(
                (read.compact(), read.payload(), read.kid()),
                (signed.compact(), signed.payload(), key().kid())
            );
            assert_eq!(read.verify(&key().public()).unwrap(), signed);
        }
        let id = Digest::sha256(&[parts[0].as_bytes(), b".", parts[1].as_bytes()]);
        assert_eq!(signed.event_id().as_bytes(), id.as_bytes());
    }

    #[test]
    fn another_key_and_another_type_are_refused() {
        let signed = Envelope::sign(Typ::Offer, b"{}", &key());
        let read = Envelope::parse(signed.compact().as_bytes(), Typ::Offer).unwrap();
        let other = SigningKey::from_seed([8; 32]);
        let error = read.verify(&other.public()).unwrap_err();
        assert_eq!(error, EnvelopeError::KeyMismatch { named: key().kid(), given: other.kid() });
        let error = Envelope::parse(signed.compact().as_bytes(), Typ::Event).unwrap_err();
        assert_eq!((error.code(), error.pointer()), ("envelope-header", "/protected"));
    }

    #[test]
    fn the_limit_is_on_the_compact_form() {
        let empty = Envelope::sign(Typ::Event, b"", &key()).compact().len();
        let fits = vec![b' '; (MAX_ENVELOPE_BYTES - empty) * 3 / 4];
        let signed = Envelope::sign(Typ::Event, &fits, &key());
        assert!(signed.compact().len() >= MAX_ENVELOPE_BYTES - 1);
        assert!(Envelope::parse(signed.compact().as_bytes(), Typ::Event).is_ok());

        let signed = Envelope::sign(Typ::Event, &vec![b' '; fits.len() + 3], &key());
        let parts: Vec<&str> = signed.compact().split('.').collect();
        let [protected, payload, signature] = parts[..] else { panic!("three parts") };
        let flattened = format!(
            "{{\"protected\":\"{protected}\",\"payload\":\"{payload}\",\"signature\":\"{signature}\"}}"
        );
        for text in [signed.compact(), &flattened, &" ".repeat(MAX_FLATTENED_BYTES + 1)] {
            let error = Envelope::parse(text.as_bytes(), Typ::Event).unwrap_err();
            assert_eq!((error.code(), error.pointer()), ("envelope-too-large", ""));
        }
    }

    #[test]
    fn reasons_are_short_and_on_one_line_whatever_was_sent() {
        let text = format!("{{\"a\\n{}\":1}}", "b".repeat(9_000));
        let error = Envelope::parse(text.as_bytes(), Typ::Event).unwrap_err().to_string();
        assert!(error.len() < 300 && !error.contains('\n'), "{error}");
    }

    #[test]
    fn debug_shows_no_payload() {
        let signed = Envelope::sign(Typ::Event, b"secret", &key());
        let shown = format!("{signed:?}");
        assert_eq!(shown, format!("Envelope(waste-event+jws {} by {})", signed.event_id(), key().kid()));
    }
}
