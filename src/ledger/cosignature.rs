//! Cosignatures (C2SP tlog-cosignature, Ed25519, `cosignature/v1`): a witness says that at a time the largest consistent
//! head it had seen of a log was this one. They are lines below the log's own signature.

use super::key::{PublicKey, SigningKey, verify_strict};
use super::note::{self, KEY_ID_BYTES, NoteError, NoteKey};

/// Signature type of timestamped Ed25519 cosignatures (C2SP signed-note).
const TYPE_COSIGNATURE: u8 = 0x04;

/// The latest time a cosignature may carry, in seconds since 1970 (C2SP tlog-cosignature).
pub const MAX_COSIGNATURE_TIME_S: u64 = (1 << 63) - 1;

/// Bytes of the time before the signature.
const TIME_BYTES: usize = 8;

/// A key that cosigns, with the name it cosigns under. The signed message does not hold the name, so one key serves one
/// name only (C2SP tlog-cosignature).
#[derive(Debug, Clone)]
pub struct Cosigner {
    /// Key name, by convention a URL without a scheme.
    pub name: String,
    /// The private key.
    pub key: SigningKey,
}

impl Cosigner {
    /// The verifier of this cosigner's lines.
    pub fn verifier(&self) -> CosignerKey {
        CosignerKey { name: self.name.clone(), key: self.key.public() }
    }

    /// The signature line, with its newline, over the text of a checkpoint (extension lines and final newline
    /// included). `at_s` is the time in seconds since 1970; later than [`MAX_COSIGNATURE_TIME_S`] counts as that.
    pub fn cosign(&self, text: &str, at_s: u64) -> Result<String, NoteError> {
        let at_s = at_s.min(MAX_COSIGNATURE_TIME_S);
        let signature = self.key.sign(message(text, at_s).as_bytes());
        note::signature_line(&self.verifier(), &[&at_s.to_be_bytes()[..], &signature].concat())
    }
}

/// A key whose cosignatures are trusted, with the name it cosigns under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CosignerKey {
    /// Key name.
    pub name: String,
    /// The public key.
    pub key: PublicKey,
}

impl CosignerKey {
    /// Reads [`NoteKey::to_vkey`]'s form, `<name>+<key id>+<base64 of 0x04 and the key>`, and no other spelling.
    pub fn parse_vkey(text: &str) -> Result<Self, NoteError> {
        let (name, key) = note::parse_vkey(text, TYPE_COSIGNATURE)?;
        Ok(Self { name, key })
    }
}

impl NoteKey for CosignerKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> [u8; KEY_ID_BYTES] {
        note::key_id(&self.name, TYPE_COSIGNATURE, &self.key)
    }

    fn to_vkey(&self) -> String {
        note::vkey(&self.name, TYPE_COSIGNATURE, &self.key)
    }

    fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        let Some((at_s, signature)) = split(signature) else { return false };
        verify_strict(&self.key, message(text, at_s).as_bytes(), signature)
    }
}

/// The time of a cosignature in seconds since 1970, from the bytes behind the key id; `None` if they are not one.
pub fn time_of(signature: &[u8]) -> Option<u64> {
    split(signature).map(|(at_s, _)| at_s)
}

/// Time and Ed25519 signature of a `timestamped_signature`.
fn split(bytes: &[u8]) -> Option<(u64, &[u8; 64])> {
    let (time, signature) = bytes.split_first_chunk::<TIME_BYTES>()?;
    let at_s = u64::from_be_bytes(*time);
    let signature = signature.try_into().ok()?;
    (at_s <= MAX_COSIGNATURE_TIME_S).then_some((at_s, signature))
}

fn message(text: &str, at_s: u64) -> String {
    format!("cosignature/v1\ntime {at_s}\n{text}")
}

/// One cosignature taken out of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// When it was made, in seconds since 1970.
    pub at_s: u64,
    /// Its line, with the newline.
    pub line: String,
}

/// What the line of a cosignature says by itself. Whether it is true only the key can tell: [`find`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Name of the key.
    pub name: String,
    /// Id of the key.
    pub key_id: [u8; KEY_ID_BYTES],
    /// When it was made, in seconds since 1970.
    pub at_s: u64,
}

impl Claimed {
    /// Reads one line with its newline; `None` when it has not the form of a cosignature.
    pub fn parse(line: &str) -> Option<Self> {
        let (name, key_id, bytes) = note::read_line(line)?;
        Some(Self { name: name.to_owned(), key_id, at_s: time_of(&bytes)? })
    }
}

/// The cosignature of `key` in a note, as the note stands with it: for example the checkpoint that was sent to a witness
/// and the lines it answered. Other keys' lines are ignored. Refused is a wrong or second line of the key, and none.
pub fn find(note: &str, key: &CosignerKey) -> Result<Cosignature, NoteError> {
    let judged = note::judge(note, &[key])?;
    let (_, signature) = judged.signatures.into_iter().next().ok_or(NoteError::NoKnownSignature)?;
    let at_s = time_of(&signature).ok_or_else(|| NoteError::BadSignature(key.name.clone()))?;
    Ok(Cosignature { at_s, line: note::signature_line(key, &signature)? })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::ledger::note::{NoteSigner, NoteVerifier};

    const TEXT: &str = "example.com/log\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    fn witness(seed: u8) -> Cosigner {
        Cosigner { name: "witness.example/w1".to_owned(), key: SigningKey::from_seed([seed; 32]) }
    }

    fn line_of(key: &CosignerKey, at_s: u64, signature: &[u8]) -> String {
        note::signature_line(key, &[&at_s.to_be_bytes()[..], signature].concat()).unwrap()
    }

    #[test]
    fn the_example_of_tlog_witness_has_the_documented_form() {
        // Key id, time and signature of the specification's example: 4 + 8 + 64 bytes.
        let base64 = "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==";
        let bytes = STANDARD.decode(base64).unwrap();
        assert_eq!(time_of(&bytes[4..]), Some(1_679_315_147));
        assert_eq!(time_of(&bytes[5..]), None);
    }

    #[test]
    fn a_cosignature_is_found_and_holds_for_its_text_time_and_key() {
        let witness = witness(1);
        let key = witness.verifier();
        let line = witness.cosign(TEXT, 1_700_000_000).unwrap();
        let note = format!("{TEXT}\n{line}");
        let found = find(&note, &key).unwrap();
        assert_eq!(found, Cosignature { at_s: 1_700_000_000, line: line.clone() });
        let claimed = Claimed { name: key.name.clone(), key_id: key.key_id(), at_s: found.at_s };
        assert_eq!(Claimed::parse(&line), Some(claimed));
        let others = [line.trim_end(), &format!("{line}\n"), &line.repeat(2), &line.replace("==", ""), "x\n"];
        for other in others {
            assert_eq!(Claimed::parse(other), None, "{other}");
        }
        let bad = Err(NoteError::BadSignature(key.name.clone()));
        assert_eq!(find(&note.replace("\n7\n", "\n8\n"), &key), bad);
        let signature = STANDARD.decode(line.rsplit(' ').next().unwrap().trim_end()).unwrap()[12..].to_vec();
        for (at_s, signature) in
            [(1_700_000_001, &signature[..]), (1 << 63, &signature), (1_700_000_000, &signature[..63])]
        {
            assert_eq!(find(&format!("{TEXT}\n{}", line_of(&key, at_s, signature)), &key), bad);
        }
        let stranger = CosignerKey { name: "witness.example/w2".to_owned(), ..key.clone() };
        assert_eq!(find(&note, &stranger), Err(NoteError::NoKnownSignature));
        let twice = format!("{note}{}", witness.cosign(TEXT, 1_700_000_001).unwrap());
        assert_eq!(find(&twice, &key), Err(NoteError::DuplicateSignature(key.name.clone())));
    }

    #[test]
    fn times_beyond_the_limit_are_never_written_and_never_read() {
        let witness = witness(1);
        let line = witness.cosign(TEXT, u64::MAX).unwrap();
        let found = find(&format!("{TEXT}\n{line}"), &witness.verifier()).unwrap();
        assert_eq!(found.at_s, MAX_COSIGNATURE_TIME_S);
        let at_s = MAX_COSIGNATURE_TIME_S + 1;
        let signature = witness.key.sign(message(TEXT, at_s).as_bytes());
        let line = line_of(&witness.verifier(), at_s, &signature);
        assert!(find(&format!("{TEXT}\n{line}"), &witness.verifier()).is_err());
    }

    #[test]
    fn a_cosigner_and_a_log_are_never_taken_for_each_other() {
        let witness = witness(1);
        let key = witness.verifier();
        let log = NoteSigner { name: witness.name.clone(), key: witness.key.clone() };
        assert_ne!(log.verifier().key_id(), key.key_id());
        assert_eq!(CosignerKey::parse_vkey(&key.to_vkey()), Ok(key.clone()));
        assert_eq!(NoteVerifier::parse_vkey(&key.to_vkey()), Err(NoteError::VerifierKey(0x01)));
        assert_eq!(CosignerKey::parse_vkey(&log.verifier().to_vkey()), Err(NoteError::VerifierKey(0x04)));
        let signed = note::sign(TEXT, &log).unwrap();
        assert_eq!(find(&signed, &key), Err(NoteError::NoKnownSignature));
        let cosigned = format!("{TEXT}\n{}", witness.cosign(TEXT, 5).unwrap());
        assert_eq!(note::open(&cosigned, &[log.verifier()]), Err(NoteError::NoKnownSignature));
    }
}
