//! Documents as they are printed: the manifest for the cab, pages of registers, the ledger of a store, labels of containers.
//!
//! A document is laid out from plain texts as a [`Drawing`] a page, in millimetres from the upper left. The same drawing becomes a page of
//! a PDF ([`pdf`]) or a picture of black dots for a printer of labels ([`raster`], [`command`]), so both look alike. Chinese comes first, English
//! follows in small letters. What a document says was decided before: this room knows no manifest, no viewer and no database.

pub mod command;
pub mod drawing;
pub mod flow;
pub mod label;
pub mod manifest;
pub mod pdf;
pub mod qr;
pub mod raster;
pub mod register;
pub mod text;
pub mod typeface;

pub use drawing::Drawing;
pub use pdf::About;
pub use typeface::{Face, Typeface, TypefaceError};

/// Most pages of one document.
pub const MAX_PRINTED_PAGES: usize = 500;

/// The whole address of a page of a host, for a code that a telephone reads. Telephones reach it by TLS; a machine itself need not.
pub fn address(host: &str, path: &str) -> String {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let scheme = if matches!(name, "localhost" | "127.0.0.1" | "[::1]") { "http" } else { "https" };
    format!("{scheme}://{host}{path}")
}

/// Why a document was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrintError {
    /// More than one document holds.
    #[error("a document holds at most {MAX_PRINTED_PAGES} pages: ask for fewer days or fewer labels")]
    TooLong,
    /// The font forbids to be embedded, or cannot be taken apart.
    #[error("the font cannot be embedded: {0}")]
    Font(String),
    /// It could not be written.
    #[error("the document cannot be written: {0}")]
    Writing(String),
}

impl PrintError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::TooLong => format!("一份文件最多 {MAX_PRINTED_PAGES} 页，请缩短日期范围或减少标签"),
            Self::Font(why) => format!("字体无法嵌入：{why}"),
            Self::Writing(why) => format!("文件无法生成：{why}"),
        }
    }
}
