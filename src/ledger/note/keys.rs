//! The keys of signed notes (C2SP signed-note): their names, their ids, and the text form of a verifier key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::NoteError;
use crate::ledger::digest::Digest;
use crate::ledger::key::{PublicKey, SigningKey};

/// Signature type of Ed25519 (C2SP signed-note).
const TYPE_ED25519: u8 = 0x01;

/// First bytes of a signature: the key's id.
pub(super) const KEY_ID_BYTES: usize = 4;

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
        let hash = Digest::sha256(&[self.name.as_bytes(), b"\n", &[TYPE_ED25519], self.key.as_bytes()]);
        let [a, b, c, d, ..] = hash.0;
        [a, b, c, d]
    }

    /// The verifier key as text: `<name>+<key id in hexadecimal>+<base64 of 0x01 and the public key>`.
    pub fn to_vkey(&self) -> String {
        let id = u32::from_be_bytes(self.key_id());
        let key = [&[TYPE_ED25519][..], self.key.as_bytes()].concat();
        format!("{}+{id:08x}+{}", self.name, STANDARD.encode(key))
    }

    /// Reads [`NoteVerifier::to_vkey`]'s form and no other spelling; a key id that is not the key's is refused.
    pub fn parse_vkey(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::VerifierKey);
        };
        check_key_name(name)?;
        let key = STANDARD.decode(key).map_err(|_| NoteError::VerifierKey)?;
        let Some((&TYPE_ED25519, key)) = key.split_first() else { return Err(NoteError::VerifierKey) };
        let key = key.try_into().map_err(|_| NoteError::VerifierKey)?;
        let key = PublicKey::from_bytes(key).map_err(|_| NoteError::VerifierKey)?;
        let verifier = Self { name: name.to_owned(), key };
        // Writing it again checks the key id and refuses every second spelling.
        if verifier.to_vkey() == text { Ok(verifier) } else { Err(NoteError::VerifierKey) }
    }
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
            assert_eq!(NoteVerifier::parse_vkey(&text), Err(NoteError::VerifierKey), "{text:?}");
        }
        assert_eq!(NoteVerifier::parse_vkey(&vkey.replace("Peter", "Peter ")), Err(NoteError::KeyName));
    }
}
