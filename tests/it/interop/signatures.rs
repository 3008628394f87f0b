//! Signatures as files for the openssl command line: what was signed, the signature, and the key as PEM.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use liandan::ledger::{Envelope, Typ, b64};

use super::export::Opened;

/// Before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410 §4).
const SPKI_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// One signature, to be judged as `name`.
pub(super) fn write(folder: &Path, name: &str, public: &[u8; 32], input: &[u8], signature: &[u8]) {
    let folder = folder.join(b64::encode(public));
    fs::create_dir_all(&folder).unwrap();
    let der = base64::engine::general_purpose::STANDARD.encode([&SPKI_HEAD[..], public].concat());
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n");
    fs::write(folder.join("key.pem"), pem).unwrap();
    fs::write(folder.join(format!("{name}.input")), input).unwrap();
    fs::write(folder.join(format!("{name}.sig")), signature).unwrap();
}

/// The signatures of events, named by their index.
pub(super) fn write_events(folder: &Path, events: &[Opened]) {
    for (index, event) in events.iter().enumerate() {
        let envelope = Envelope::parse(event.compact.as_bytes(), Typ::Event).unwrap();
        let public = super::log().keys.iter().find(|key| key.kid() == envelope.kid()).unwrap();
        let (input, signature) = event.compact.rsplit_once('.').unwrap();
        write(
            folder,
            &index.to_string(),
            public.as_bytes(),
            input.as_bytes(),
            &b64::decode(signature).unwrap(),
        );
    }
}
