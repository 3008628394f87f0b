//! Documents of other systems, read into what this ledger can sign and fold.
//!
//! Pure: bytes come in through `std::io::Read`, values go out. Who opens the file, signs and stores is not known here.

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
