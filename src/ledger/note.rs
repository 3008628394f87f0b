//! Signed notes (C2SP signed-note): a text and the signatures under it.
//!
//! A text is handed out only after a signature by a known key has been verified, so that nobody reads it before. Whose
//! lines are judged, and how, is for the keys to say ([`NoteKey`]): those of this file sign the text itself with Ed25519
//! (signature type 0x01); witnesses sign it with a time ([`super::cosignature`]).

mod keys;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use keys::{KEY_ID_BYTES, NoteKey, NoteSigner, NoteVerifier};
pub(super) use keys::{key_id, parse_vkey, vkey};

use keys::check_key_name;

/// The longest note that is read or written, in bytes.
pub const MAX_NOTE_BYTES: usize = 64 * 1024;

/// The most signature lines a note may have (C2SP signed-note asks verifiers to bound them, at 16 or more).
pub const MAX_SIGNATURES: usize = 100;

/// What every signature line begins with: an em dash and a space.
const LINE_START: &str = "\u{2014} ";

/// Why a note, a key name or a verifier key is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Over [`MAX_NOTE_BYTES`].
    #[error("the note has {0} bytes; at most {MAX_NOTE_BYTES} are allowed")]
    TooLong(usize),
    /// Over [`MAX_SIGNATURES`].
    #[error("the note has {0} signature lines; at most {MAX_SIGNATURES} are allowed")]
    TooManySignatures(usize),
    /// A control character, for example a carriage return.
    #[error("the note contains control characters: only newlines are allowed")]
    ControlCharacter,
    /// Not a text, an empty line and signature lines, each ended by a newline.
    #[error(
        "not a signed note: expected a text, an empty line, and signature lines that each end in a newline"
    )]
    Structure,
    /// A line that is not an em dash, a key name and base64.
    #[error("signature line {0} is malformed: expected an em dash, a key name and standard base64")]
    SignatureLine(usize),
    /// A key name with spaces, a plus sign or control characters, or none at all.
    #[error("a key name must not be empty nor contain spaces, plus signs or control characters")]
    KeyName,
    /// Not `name+id+base64`.
    #[error(
        "not a verifier key: expected <name>+<8 hexadecimal digits>+<base64 of {0:#04x} and an Ed25519 key>"
    )]
    VerifierKey(u8),
    /// Two different trusted keys that share name and id: which one a line means cannot be told.
    #[error("two trusted keys share the name {0} and the key id: remove one")]
    AmbiguousKey(String),
    /// A second line of a trusted key.
    #[error("the key {0} signs twice: a note carries one signature of a key")]
    DuplicateSignature(String),
    /// A trusted key's signature that does not verify.
    #[error("the signature of {0} is wrong: do not trust any part of this note")]
    BadSignature(String),
    /// No line by a trusted key.
    #[error("no trusted key has signed this note")]
    NoKnownSignature,
}

/// A note whose signatures have been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The signed text, with its final newline.
    pub text: String,
    /// Names of the trusted keys that signed it, in the order of the note.
    pub signed_by: Vec<String>,
}

/// A note as it is read by keys of any type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The signed text, with its final newline.
    pub text: String,
    /// Which of the keys signed (their places in the list), with the bytes behind the key id, in the order of the note.
    pub signatures: Vec<(usize, Vec<u8>)>,
}

/// Signs `text` (which must end in a newline) and returns the whole note.
pub fn sign(text: &str, signer: &NoteSigner) -> Result<String, NoteError> {
    if !text.ends_with('\n') {
        return Err(NoteError::Structure);
    }
    let line = signature_line(&signer.verifier(), &signer.key.sign(text.as_bytes()))?;
    let note = format!("{text}\n{line}");
    check_characters(&note)?;
    if note.len() > MAX_NOTE_BYTES { Err(NoteError::TooLong(note.len())) } else { Ok(note) }
}

/// The line that says that `key` signed, with its newline.
pub fn signature_line(key: &dyn NoteKey, signature: &[u8]) -> Result<String, NoteError> {
    check_key_name(key.name())?;
    let bytes = [&key.key_id()[..], signature].concat();
    Ok(format!("{LINE_START}{} {}\n", key.name(), STANDARD.encode(bytes)))
}

/// Reads a signature line by itself, with its newline: the key's name, its id and the bytes behind it. Nothing is verified.
pub(super) fn read_line(line: &str) -> Option<(&str, [u8; KEY_ID_BYTES], Vec<u8>)> {
    let read = Signature::parse(line.strip_suffix('\n')?)?;
    Some((read.name, read.key_id, read.bytes))
}

/// Verifies a note against the trusted keys (C2SP signed-note). Lines of other keys are read but not judged, as the
/// specification demands; a wrong or second line of a trusted key refuses the whole note, and so does the lack of any.
pub fn open(note: &str, verifiers: &[NoteVerifier]) -> Result<Opened, NoteError> {
    let keys: Vec<&dyn NoteKey> = verifiers.iter().map(|verifier| verifier as &dyn NoteKey).collect();
    let Judged { text, signatures } = judge(note, &keys)?;
    let signed_by = signatures.into_iter().map(|(key, _)| verifiers[key].name.clone()).collect();
    Ok(Opened { text, signed_by })
}

/// The same as [`open`] for keys of any type.
pub fn judge(note: &str, keys: &[&dyn NoteKey]) -> Result<Judged, NoteError> {
    if note.len() > MAX_NOTE_BYTES {
        return Err(NoteError::TooLong(note.len()));
    }
    check_characters(note)?;
    // The last empty line separates; the text may contain others.
    let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Structure)?;
    let text = format!("{text}\n");
    let lines = read_signatures(lines)?;

    let ids: Vec<_> = keys.iter().map(|key| key.key_id()).collect();
    let mut signatures: Vec<(usize, Vec<u8>)> = vec![];
    for line in lines {
        let mut known = (0..keys.len()).filter(|at| line.name == keys[*at].name() && line.key_id == ids[*at]);
        let Some(at) = known.next() else { continue };
        let name = || keys[at].name().to_owned();
        if known.any(|other| keys[other].to_vkey() != keys[at].to_vkey()) {
            return Err(NoteError::AmbiguousKey(name()));
        }
        if signatures.iter().any(|(earlier, _)| *earlier == at) {
            return Err(NoteError::DuplicateSignature(name()));
        }
        if !keys[at].verifies(&text, &line.bytes) {
            return Err(NoteError::BadSignature(name()));
        }
        signatures.push((at, line.bytes));
    }
    if signatures.is_empty() { Err(NoteError::NoKnownSignature) } else { Ok(Judged { text, signatures }) }
}

/// One signature line.
struct Signature<'a> {
    name: &'a str,
    key_id: [u8; KEY_ID_BYTES],
    /// As long as the unknown algorithm wants; 64 bytes for Ed25519.
    bytes: Vec<u8>,
}

impl<'a> Signature<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (name, base64) = line.strip_prefix(LINE_START)?.split_once(' ')?;
        check_key_name(name).ok()?;
        let decoded = STANDARD.decode(base64).ok()?;
        let (key_id, bytes) = decoded.split_first_chunk()?;
        if bytes.is_empty() { None } else { Some(Self { name, key_id: *key_id, bytes: bytes.to_vec() }) }
    }
}

fn read_signatures(lines: &str) -> Result<Vec<Signature<'_>>, NoteError> {
    let lines: Vec<&str> = lines.strip_suffix('\n').ok_or(NoteError::Structure)?.split('\n').collect();
    if lines.len() > MAX_SIGNATURES {
        return Err(NoteError::TooManySignatures(lines.len()));
    }
    let read = |(at, line)| Signature::parse(line).ok_or(NoteError::SignatureLine(at));
    (1..).zip(lines).map(read).collect()
}

/// The specification forbids what lies below U+0020 except the newline.
fn check_characters(text: &str) -> Result<(), NoteError> {
    let forbidden = |byte: u8| byte < 0x20 && byte != b'\n';
    if text.bytes().any(forbidden) { Err(NoteError::ControlCharacter) } else { Ok(()) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ledger::key::SigningKey;

    const TEXT: &str = "first line\n\nafter an empty line: 废物\n";

    fn signer(name: &str, seed: u8) -> NoteSigner {
        NoteSigner { name: name.to_owned(), key: SigningKey::from_seed([seed; 32]) }
    }

    /// The signature line of `signer` under `text`, with its newline.
    fn line(text: &str, signer: &NoteSigner) -> String {
        sign(text, signer).unwrap()[text.len() + 1..].to_owned()
    }

    fn line_of_bytes(name: &str, bytes: &[u8]) -> String {
        format!("{LINE_START}{name} {}\n", STANDARD.encode(bytes))
    }

    #[test]
    fn a_note_opens_for_its_key_and_for_no_other() {
        let (log, other) = (signer("log.example/a", 1), signer("log.example/a", 2));
        let note = sign(TEXT, &log).unwrap();
        let opened = open(&note, &[other.verifier(), log.verifier()]).unwrap();
        assert_eq!(opened, Opened { text: TEXT.to_owned(), signed_by: vec!["log.example/a".to_owned()] });
        assert_eq!(open(&note, &[other.verifier()]), Err(NoteError::NoKnownSignature));
        assert_eq!(open(&note, &[]), Err(NoteError::NoKnownSignature));
        let renamed = NoteVerifier { name: "log.example/b".to_owned(), ..log.verifier() };
        assert_eq!(open(&note, &[renamed]), Err(NoteError::NoKnownSignature));
        let edited = note.replace("first", "First");
        assert_eq!(
            open(&edited, &[log.verifier()]),
            Err(NoteError::BadSignature("log.example/a".to_owned()))
        );
    }

    #[test]
    fn unknown_keys_are_ignored_wherever_they_stand() {
        let (log, witness) = (signer("log", 1), signer("witness", 2));
        // A cosignature with a time stamp (type 0x04) is longer than one of Ed25519; the shortest has one byte.
        let unknown =
            [line_of_bytes("witness", &[9; 76]), line_of_bytes("x", &[9; 5]), line(TEXT, &signer("log", 3))];
        let note = format!("{TEXT}\n{}{}{}", unknown.concat(), line(TEXT, &log), line(TEXT, &witness));
        assert_eq!(open(&note, &[log.verifier()]).unwrap().signed_by, ["log"]);
        assert_eq!(open(&note, &[witness.verifier(), log.verifier()]).unwrap().signed_by, ["log", "witness"]);
    }

    #[test]
    fn a_wrong_signature_of_a_known_key_refuses_a_good_one_beside_it() {
        let (log, witness) = (signer("log", 1), signer("witness", 2));
        let trusted = [log.verifier(), witness.verifier()];
        let (good, other_text) = (line(TEXT, &log), line("another text\n", &witness));
        let id = witness.verifier().key_id();
        let lengths = [5, 67, 69, 76].map(|length| {
            let mut bytes = vec![0; length];
            bytes[..4].copy_from_slice(&id);
            line_of_bytes("witness", &bytes)
        });
        for bad in lengths.iter().chain([&other_text]) {
            for note in [format!("{TEXT}\n{good}{bad}"), format!("{TEXT}\n{bad}{good}")] {
                assert_eq!(
                    open(&note, &trusted),
                    Err(NoteError::BadSignature("witness".to_owned())),
                    "{bad}"
                );
            }
        }
    }

    #[test]
    fn one_key_signs_once() {
        let log = signer("log", 1);
        let note = format!("{TEXT}\n{}", line(TEXT, &log).repeat(2));
        assert_eq!(open(&note, &[log.verifier()]), Err(NoteError::DuplicateSignature("log".to_owned())));
        // Trusting the same key twice changes nothing.
        let note = sign(TEXT, &log).unwrap();
        assert_eq!(open(&note, &[log.verifier(), log.verifier()]).unwrap().signed_by, ["log"]);
    }

    #[test]
    fn two_trusted_keys_that_cannot_be_told_apart_are_refused() {
        // Found by search: under the name "log" these two seeds give keys with the same 4-byte id.
        let [one, two] = [32_003_u32, 82_289].map(|number| {
            let mut seed = [0; 32];
            seed[..4].copy_from_slice(&number.to_be_bytes());
            NoteSigner { name: "log".to_owned(), key: SigningKey::from_seed(seed) }
        });
        let note = sign(TEXT, &one).unwrap();
        let trusted = [one.verifier(), two.verifier()];
        assert_eq!(open(&note, &trusted), Err(NoteError::AmbiguousKey("log".to_owned())));
        assert!(open(&note, &trusted[..1]).is_ok());
        assert_eq!(open(&note, &trusted[1..]), Err(NoteError::BadSignature("log".to_owned())));
    }

    #[test]
    fn control_characters_and_other_structures_are_refused() {
        let log = signer("log", 1);
        let trusted = [log.verifier()];
        let note = sign(TEXT, &log).unwrap();
        for control in ["\r", "\0", "\t", "\x1b", "\x1f"] {
            for at in [0, 5, TEXT.len(), TEXT.len() + 1, note.len()] {
                let mut broken = note.clone();
                broken.insert_str(at, control);
                assert_eq!(open(&broken, &trusted), Err(NoteError::ControlCharacter));
            }
        }
        assert_eq!(open(&note.replace('\n', "\r\n"), &trusted), Err(NoteError::ControlCharacter));

        let line = line(TEXT, &log);
        let unended = &note[..note.len() - 1];
        for broken in ["", "\n", "text\n", &line, &format!("\n{line}"), unended, &format!("text\n{line}")] {
            assert_eq!(open(broken, &trusted), Err(NoteError::Structure), "{broken:?}");
        }
        for broken in [TEXT.to_owned(), format!("{note}\n"), format!("{TEXT}\n"), format!("{note}\n\n")] {
            assert!(open(&broken, &trusted).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn malformed_lines_are_refused_even_beside_a_good_one() {
        let log = signer("log", 1);
        let good = line(TEXT, &log);
        let base64 = STANDARD.encode([7_u8; 68]);
        let bad = [
            format!("- x {base64}"),
            format!("\u{2014}x {base64}"),
            format!("\u{2014} {base64}"),
            format!("\u{2014}  {base64}"),
            format!("\u{2014} a b {base64}"),
            format!("\u{2014} a\u{a0}b {base64}"),
            format!("\u{2014} a\u{3000}b {base64}"),
            format!("\u{2014} a+b {base64}"),
            format!("\u{2014} x {base64} "),
            format!("\u{2014} x  {base64}"),
            format!("\u{2014} x {}", base64.trim_end_matches('=')),
            format!("\u{2014} x {base64}="),
            "\u{2014} x".to_owned(),
            "\u{2014} x ".to_owned(),
            "\u{2014} x AAAA".to_owned(),
            "\u{2014} x AAAAAA==".to_owned(),
            "\u{2014} x AAAAAAF=".to_owned(),
            "\u{2014} x AAAA_-AA".to_owned(),
        ];
        for bad in bad {
            let note = format!("{TEXT}\n{good}{bad}\n");
            assert_eq!(open(&note, &[log.verifier()]), Err(NoteError::SignatureLine(2)), "{bad:?}");
        }
    }

    #[test]
    fn the_limits_hold_at_their_edge() {
        let log = signer("log", 1);
        let trusted = [log.verifier()];
        let unknown = line_of_bytes("x", &[9; 5]);
        let of_lines = |count: usize| format!("{TEXT}\n{}{}", unknown.repeat(count - 1), line(TEXT, &log));
        assert!(open(&of_lines(MAX_SIGNATURES), &trusted).is_ok());
        assert_eq!(open(&of_lines(MAX_SIGNATURES + 1), &trusted), Err(NoteError::TooManySignatures(101)));
        assert!(matches!(open(&of_lines(10_000), &trusted), Err(NoteError::TooLong(_))));

        let overhead = sign("\n", &log).unwrap().len() - 1;
        let longest = "a".repeat(MAX_NOTE_BYTES - overhead - 1) + "\n";
        let note = sign(&longest, &log).unwrap();
        assert_eq!(note.len(), MAX_NOTE_BYTES);
        assert!(open(&note, &trusted).is_ok());
        assert_eq!(sign(&format!("a{longest}"), &log), Err(NoteError::TooLong(MAX_NOTE_BYTES + 1)));
    }

    #[test]
    fn what_would_not_open_is_not_signed() {
        let log = signer("log", 1);
        assert_eq!(sign("", &log), Err(NoteError::Structure));
        assert_eq!(sign("no newline", &log), Err(NoteError::Structure));
        assert_eq!(sign("a\r\n", &log), Err(NoteError::ControlCharacter));
        for name in ["", "a b", "a+b", "a\nb", "a\u{2003}b", "a\u{1}b"] {
            assert_eq!(sign(TEXT, &signer(name, 1)), Err(NoteError::KeyName), "{name:?}");
        }
        // A text may look like a signed note itself: the last empty line decides.
        let nested = sign(TEXT, &log).unwrap();
        let note = sign(&nested, &log).unwrap();
        assert_eq!(open(&note, &[log.verifier()]).unwrap().text, nested);
    }
}
