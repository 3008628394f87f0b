//! Finding a font with Chinese letters on the machine.

use std::path::{Path, PathBuf};

use crate::print::typeface::MAX_FONT_BYTES;
use crate::print::{Typeface, TypefaceError};

/// Where systems keep their fonts.
const FOLDERS: [&str; 6] = [
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/usr/share/texmf/fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "C:\\Windows\\Fonts",
];
/// How deep folders are looked through, and how many entries of them.
const MAX_DEPTH: usize = 6;
const MAX_ENTRIES: usize = 50_000;
/// How names of files begin, in small letters without blanks, `-` and `_`: what looks best in print first. Faces without serifs (黑体) come before
/// those with (宋体): HJ 1276 wants them on labels.
const KNOWN: [&str; 22] = [
    "notosanscjkscregular",
    "notosanscjkregular",
    "notosansscregular",
    "sourcehansansscregular",
    "sourcehansanscnregular",
    "sourcehansansregular",
    "notosanscjkscvf",
    "notosanscjkvf",
    "notosanscjksc",
    "notosanssc",
    "sourcehansanssc",
    "sourcehansans",
    "pingfang",
    "msyh",
    "wqymicrohei",
    "wqyzenhei",
    "droidsansfallback",
    "simhei",
    "notoserifcjkregular",
    "notoserifcjksc",
    "sourcehanserif",
    "simsun",
];

/// Why there is no font.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FontError {
    /// None of those that are known lies where systems keep them.
    #[error(
        "no font with Chinese letters is found on this machine: install one (Debian: apt-get install fonts-noto-cjk), or name a file with --font"
    )]
    NotFound,
    /// The file cannot be read.
    #[error("{path}: {why}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
    /// The file does not serve.
    #[error("{path}: {error}")]
    Unfit {
        /// The file.
        path: String,
        /// Why.
        error: TypefaceError,
    },
}

impl FontError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::NotFound => {
                "本机没有中文字体：请安装（Debian：apt-get install fonts-noto-cjk），或用 --font 指定字体文件"
                    .to_owned()
            }
            Self::Unreadable { path, why } => format!("{path}：无法读取：{why}"),
            Self::Unfit { path, error } => format!("{path}：{}", error.zh()),
        }
    }
}

/// Read the font in a file.
pub(super) fn read(path: &Path) -> Result<Typeface, FontError> {
    let shown = || path.display().to_string();
    let unreadable = |why: std::io::Error| FontError::Unreadable { path: shown(), why: why.to_string() };
    let unfit = |error| FontError::Unfit { path: shown(), error };
    if std::fs::metadata(path).map_err(unreadable)?.len() > MAX_FONT_BYTES {
        return Err(unfit(TypefaceError::TooLarge));
    }
    Typeface::read(std::fs::read(path).map_err(unreadable)?).map_err(unfit)
}

/// The best font that lies where systems keep them.
pub(super) fn found() -> Result<Typeface, FontError> {
    found_in(&FOLDERS.map(PathBuf::from))
}

/// The best font that lies in one of these folders and serves.
pub(super) fn found_in(folders: &[PathBuf]) -> Result<Typeface, FontError> {
    let mut found = Vec::new();
    let mut left = MAX_ENTRIES;
    for folder in folders {
        gather(folder, MAX_DEPTH, &mut left, &mut found);
    }
    found.sort();
    let serving = found.iter().find_map(|(_, path)| match read(path) {
        Ok(typeface) => Some(typeface),
        Err(error) => {
            tracing::warn!(%error, "a font does not serve");
            None
        }
    });
    serving.ok_or(FontError::NotFound)
}

/// Files below a folder whose names are known, each with its rank.
fn gather(folder: &Path, depth: usize, left: &mut usize, found: &mut Vec<(usize, PathBuf)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if *left == 0 {
            return;
        }
        *left -= 1;
        let path = entry.path();
        // Links lead to fonts, and may lead in circles among folders: those are bounded by their depth.
        if path.is_dir() {
            if depth > 0 {
                gather(&path, depth - 1, left, found);
            }
        } else if let Some(rank) = rank_of(&path) {
            found.push((rank, path));
        }
    }
}

/// The rank of a file by its name; `None` for no font that is known.
fn rank_of(path: &Path) -> Option<usize> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    if !["ttf", "otf", "ttc", "otc"].contains(&ending.as_str()) {
        return None;
    }
    let name = path.file_stem()?.to_str()?.to_lowercase().replace(['-', '_', ' '], "");
    let is_other = ["bold", "black", "light", "thin", "medium", "mono", "italic"];
    if is_other.iter().any(|weight| name.contains(weight)) {
        return None;
    }
    KNOWN.iter().position(|known| name.starts_with(known))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_best_comes_first_and_other_weights_do_not() {
        let rank = |name: &str| rank_of(Path::new(name));
        let order = [
            "NotoSansCJK-Regular.ttc",
            "NotoSansSC-Regular.otf",
            "NotoSansCJK-VF.otf.ttc",
            "NotoSansSC[wght].ttf",
            "wqy-zenhei.ttc",
            "DroidSansFallbackFull.ttf",
            "NotoSerifCJK-Regular.ttc",
        ];
        assert!(order.iter().all(|name| rank(name).is_some()));
        assert!(order.is_sorted_by_key(|name| rank(name)), "{:?}", order.map(rank));
        for none in
            ["NotoSansCJK-Bold.ttc", "NotoSansMono-Regular.ttf", "DejaVuSans.ttf", "NotoSansCJK-Regular.txt"]
        {
            assert_eq!(rank(none), None, "{none}");
        }
    }

    #[test]
    fn a_machine_without_fonts_is_told_what_to_do() {
        let error = found_in(&[PathBuf::from("/nonexistent")]).err().unwrap();
        assert_eq!(error, FontError::NotFound);
        for text in [error.to_string(), error.zh()] {
            assert!(text.contains("fonts-noto-cjk") && text.contains("--font"), "{text}");
        }
        assert!(matches!(read(Path::new("/nonexistent")), Err(FontError::Unreadable { .. })));
    }
}
