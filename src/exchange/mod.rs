//! Documents of other systems, read into what this ledger can sign and fold.
//!
//! Pure: bytes come in through `std::io::Read`, values go out. Who opens the file, signs and stores is not known here.

pub mod dataset;
pub mod document;
pub mod epa_emanifest;
pub mod epcis;
pub mod invitees;
pub mod number_list;
pub mod own;
pub mod platform;
pub mod roster;
pub mod schema;
pub mod sheet;
pub mod sheets;
pub mod table;
pub mod uk_receipt;
pub mod us_lines;

/// The language of a text for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// Chinese.
    Zh,
    /// English.
    En,
}

/// A text as a part of a URI (RFC 3986 §2): all but the unreserved signs and those of `kept` percent-encoded.
fn escaped(text: &str, kept: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        let sign = char::from(byte);
        if byte.is_ascii_alphanumeric() || "-._~".contains(sign) || kept.contains(sign) {
            escaped.push(sign);
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
