//! SHA-256 values and what is named by them, all with one text form: 43 characters of strict base64url.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use super::b64;

/// Characters in the base64url form of 32 bytes.
pub const DIGEST_TEXT_CHARS: usize = 43;

/// Why a text is not a digest, an event id or a key id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {DIGEST_TEXT_CHARS} characters of strict base64url, the form of 32 bytes")]
pub struct DigestError;

/// Reads the 43-character form of 32 bytes; digests, ids, keys and salts share it.
pub(super) fn bytes_from_text(text: &str) -> Result<[u8; 32], DigestError> {
    // The length is looked at first, so that a long text costs nothing.
    if text.len() != DIGEST_TEXT_CHARS {
        return Err(DigestError);
    }
    let bytes = b64::decode(text).map_err(|_| DigestError)?;
    bytes.try_into().map_err(|_| DigestError)
}

macro_rules! text_form {
    ($($name:ident)+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&b64::encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = DigestError;
            fn from_str(text: &str) -> Result<Self, DigestError> {
                bytes_from_text(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

/// A SHA-256 value: a tree hash, a leaf's commitment, an attachment.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// SHA-256 (FIPS 180-4) of the parts one after the other, with nothing between them: whoever hashes parts of
    /// variable length puts their lengths in.
    pub fn sha256(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Names an event: the SHA-256 of its JWS signing input (RFC 7515 §5.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId([u8; 32]);

/// Names a key: its JWK thumbprint (RFC 7638).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kid([u8; 32]);

macro_rules! bare_bytes {
    ($($name:ident)+) => {$(
        impl $name {
            /// Wraps 32 bytes that are already known to be one, for example read from the store.
            pub fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 bytes.
            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }
    )+};
}

bare_bytes! { EventId Kid }
text_form! { Digest EventId Kid }

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const ABC: &str = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";

    #[test]
    fn sha256_of_the_standard_example_in_any_parts() {
        // FIPS 180-4 example: SHA-256("abc") = ba7816bf…f20015ad.
        assert_eq!(Digest::sha256(&[b"abc"]).to_string(), ABC);
        assert_eq!(Digest::sha256(&[b"a", b"", b"bc"]).to_string(), ABC);
        assert_eq!(format!("{:?}", Digest::sha256(&[b"abc"])), ABC);
    }

    #[test]
    fn the_text_form_comes_back_and_works_as_a_map_key() {
        let id: EventId = ABC.parse().unwrap();
        assert_eq!(id.as_bytes(), Digest::sha256(&[b"abc"]).as_bytes());
        let map = BTreeMap::from([(Kid::from_bytes(*id.as_bytes()), id)]);
        let json = serde_json::to_string(&map).unwrap();
        assert_eq!(json, format!("{{\"{ABC}\":\"{ABC}\"}}"));
        assert_eq!(serde_json::from_str::<BTreeMap<Kid, EventId>>(&json).unwrap(), map);
    }

    #[test]
    fn other_texts_are_refused() {
        let short = &ABC[..42];
        let trailing_bits = format!("{short}1");
        let padded = format!("{ABC}=");
        for text in [
            "",
            short,
            &trailing_bits,
            &padded,
            &format!("{ABC}A"),
            &format!("{short}+"),
            &format!("{short} "),
        ] {
            assert_eq!(text.parse::<Digest>(), Err(DigestError), "{text:?}");
        }
    }
}
