//! Strict base64url (RFC 4648 §5, as RFC 7515 §2 wants it): no padding, no white space, trailing bits zero.
//!
//! Strictness gives every byte string one spelling. With a lenient decoder a signature, a key or an id would have
//! several, and two verifiers would disagree about which of them is right.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Why a text is not strict base64url.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not strict base64url: write it without padding or white space, with the trailing bits zero (RFC 4648 §5)"
)]
pub struct B64Error;

/// The one strict base64url spelling of `bytes`.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes that `text` spells; any other spelling of them than [`encode`]'s is refused.
pub fn decode(text: &str) -> Result<Vec<u8>, B64Error> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| B64Error)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_4648_and_the_url_alphabet() {
        for (bytes, text) in
            [(&b""[..], ""), (b"f", "Zg"), (b"fo", "Zm8"), (b"foo", "Zm9v"), (b"foobar", "Zm9vYmFy")]
        {
            assert_eq!(encode(bytes), text);
            assert_eq!(decode(text).unwrap(), bytes);
        }
        assert_eq!(encode(&[0xfb, 0xff]), "-_8");
        assert_eq!(decode("-_8").unwrap(), [0xfb, 0xff]);
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "Zg==", "Zg=", "Zh", "Zm9", "Z", "Zm9v ", " Zm9v", "Zm9v\n", "Zm\r\n9v", "+/8", "Zm9v\0", "Zm9vé",
        ] {
            assert_eq!(decode(text), Err(B64Error), "{text:?}");
        }
    }
}
