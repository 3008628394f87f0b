//! The keys of signed notes (C2SP signed-note): their names, their ids, and the text form of a verifier key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::NoteError;
use crate::ledger::digest::Digest;
use crate::ledger::key::{PublicKey, SigningKey, verify_strict};

/// Signature type of Ed25519 (C2SP signed-note).
const TYPE_ED25519: u8 = 0x01;

/// First bytes of a signature: the key's id.
pub const KEY_ID_BYTES: usize = 4;

/// A trusted key of some signature type: which lines are its own, and whether one of them holds.
pub trait NoteKey {
    /// Key name.
    fn name(&self) -> &str;
    /// The key id, which depends on the signature type.
    fn key_id(&self) -> [u8; KEY_ID_BYTES];
    /// The verifier key as text.
    fn to_vkey(&self) -> String;
    /// True when `signature` (the bytes behind the key id) is this key's over `text`.
    fn verifies(&self, text: &str, signature: &[u8]) -> bool;
}

/// A key that signs notes, with the name it signs under.
#[derive(Debug, Clone)]
pub struct NoteSigner {
    /// Key name, by convention a URL without a scheme.
    pub name: String,
    /// The private key.
    pub key: SigningKey,
}

impl NoteSigner {
    /// The verifier of this signer's notes.
    pub fn verifier(&self) -> NoteVerifier {
        NoteVerifier { name: self.name.clone(), key: self.key.public() }
    }
}

/// A key whose signatures are trusted, with the name it signs under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteVerifier {
    /// Key name.
    pub name: String,
    /// The public key.
    pub key: PublicKey,
}

impl NoteVerifier {
    /// The key id (C2SP signed-note): the first 4 bytes of SHA-256(name ‖ newline ‖ 0x01 ‖ public key).
    pub fn key_id(&self) -> [u8; KEY_ID_BYTES] {
        key_id(&self.name, TYPE_ED25519, &self.key)
    }

    /// The verifier key as text: `<name>+<key id in hexadecimal>+<base64 of 0x01 and the public key>`.
    pub fn to_vkey(&self) -> String {
        vkey(&self.name, TYPE_ED25519, &self.key)
    }

    /// Reads [`NoteVerifier::to_vkey`]'s form and no other spelling; a key id that is not the key's is refused.
    pub fn parse_vkey(text: &str) -> Result<Self, NoteError> {
        let (name, key) = parse_vkey(text, TYPE_ED25519)?;
        Ok(Self { name, key })
    }
}

impl NoteKey for NoteVerifier {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> [u8; KEY_ID_BYTES] {
        self.key_id()
    }

    fn to_vkey(&self) -> String {
        self.to_vkey()
    }

    fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        signature.try_into().is_ok_and(|signature| verify_strict(&self.key, text.as_bytes(), signature))
    }
}

/// The id of an Ed25519 key of a signature type: the first 4 bytes of SHA-256(name ‖ newline ‖ type ‖ public key).
pub(in crate::ledger) fn key_id(name: &str, signature_type: u8, key: &PublicKey) -> [u8; KEY_ID_BYTES] {
    let hash = Digest::sha256(&[name.as_bytes(), b"\n", &[signature_type], key.as_bytes()]);
    let [a, b, c, d, ..] = hash.0;
    [a, b, c, d]
}

/// The verifier key of an Ed25519 key of a signature type.
pub(in crate::ledger) fn vkey(name: &str, signature_type: u8, key: &PublicKey) -> String {
    let id = u32::from_be_bytes(key_id(name, signature_type, key));
    let key = [&[signature_type][..], key.as_bytes()].concat();
    format!("{name}+{id:08x}+{}", STANDARD.encode(key))
}

/// Name and key of a verifier key of this signature type.
pub(in crate::ledger) fn parse_vkey(
    text: &str,
    signature_type: u8,
) -> Result<(String, PublicKey), NoteError> {
    let refused = || NoteError::VerifierKey(signature_type);
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(refused());
    };
    check_key_name(name)?;
    let bytes = STANDARD.decode(key).map_err(|_| refused())?;
    let key = bytes.strip_prefix(&[signature_type]).ok_or_else(refused)?;
    let key = PublicKey::from_bytes(key.try_into().map_err(|_| refused())?).map_err(|_| refused())?;
    // Writing it again checks the key id and refuses every second spelling.
    if vkey(name, signature_type, &key) == text { Ok((name.to_owned(), key)) } else { Err(refused()) }
}

pub(super) fn check_key_name(name: &str) -> Result<(), NoteError> {
    let forbidden = |character: char| character.is_whitespace() || character.is_control() || character == '+';
    if name.is_empty() || name.contains(forbidden) { Err(NoteError::KeyName) } else { Ok(()) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn verifier_keys_have_one_spelling() {
        // The example key of Go's note package, from which the format comes.
        let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let verifier = NoteVerifier::parse_vkey(vkey).unwrap();
        assert_eq!(verifier.name, "PeterNeumann");
        assert_eq!(verifier.to_vkey(), vkey);
        let named =
            |seed| NoteVerifier { name: "log".to_owned(), key: SigningKey::from_seed([seed; 32]).public() };
        let with_plus = (0..).map(named).find(|key| key.to_vkey()[13..].contains('+'));
        let with_plus = with_plus.unwrap();
        assert_eq!(NoteVerifier::parse_vkey(&with_plus.to_vkey()), Ok(with_plus));

        let weak = STANDARD.encode([&[1_u8][..], &[0; 32]].concat());
        let bad = [
            "".to_owned(),
            "PeterNeumann".to_owned(),
            "PeterNeumann+c74f20a3".to_owned(),
            vkey.replace("c74f", "C74F"),
            vkey.replace("c74f20a3", "c74f20a4"),
            vkey.replace("c74f20a3", "0c74f20a3"),
            vkey.replace("c74f20a3", "+c74f20a3"),
            vkey.replace("Peter", "Pater"),
            vkey.replace("+ARpc", "+BRpc"),
            vkey.replace("TW", "TX"),
            format!("{vkey}\n"),
            format!("{vkey}="),
            format!("{vkey}AAAA"),
            format!("x+00000000+{weak}"),
        ];
        for text in bad {
            assert_eq!(
                NoteVerifier::parse_vkey(&text),
                Err(NoteError::VerifierKey(TYPE_ED25519)),
                "{text:?}"
            );
        }
        assert_eq!(NoteVerifier::parse_vkey(&vkey.replace("Peter", "Peter ")), Err(NoteError::KeyName));
    }
}
