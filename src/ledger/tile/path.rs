//! The static paths of tiles and entry bundles (C2SP tlog-tiles, APIs).

use std::fmt;

use super::{TILE_WIDTH, TileError, TileId};

/// The longest tile path worth reading, in bytes.
pub const MAX_TILE_PATH_BYTES: usize = 64;

/// The highest level C2SP tlog-tiles gives a path to.
const MAX_PATH_LEVEL: u8 = 63;

/// A static path that C2SP tlog-tiles defines: of hashes, or of the entries below one tile of level 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TilePath {
    /// `tile/<L>/<N>[.p/<W>]`
    Hashes {
        /// The tile.
        id: TileId,
        /// Number of hashes, 1 to [`TILE_WIDTH`]; fewer than that is a partial tile.
        width: u64,
    },
    /// `tile/entries/<N>[.p/<W>]`
    Entries {
        /// Number of the bundle, from 0; it holds the entries of the tile of level 0 with the same number.
        index: u64,
        /// Number of entries, 1 to [`TILE_WIDTH`].
        width: u64,
    },
}

impl TilePath {
    /// Reads the one accepted spelling of a path; leading zeros, groups of zeros, signs and `.p/256` are refused.
    pub fn parse(path: &str) -> Result<Self, TileError> {
        if path.len() > MAX_TILE_PATH_BYTES {
            return Err(TileError::Path);
        }
        let parsed = Self::parse_loosely(path).ok_or(TileError::Path)?;
        // Writing it again is the simplest way to refuse every second spelling.
        if parsed.to_string() == path { Ok(parsed) } else { Err(TileError::Path) }
    }

    fn parse_loosely(path: &str) -> Option<Self> {
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let (groups, width) = match rest.split_once(".p/") {
            Some((groups, width)) => {
                (groups, width.parse().ok().filter(|width| (1..TILE_WIDTH).contains(width))?)
            }
            None => (rest, TILE_WIDTH),
        };
        let mut index = 0_u64;
        for group in groups.split('/') {
            let digits = group.strip_prefix('x').unwrap_or(group);
            let group: u64 = digits.parse().ok().filter(|number| *number < 1000)?;
            index = index.checked_mul(1000)?.checked_add(group)?;
        }
        if level == "entries" {
            return Some(Self::Entries { index, width });
        }
        let level = level.parse().ok().filter(|level| *level <= MAX_PATH_LEVEL)?;
        Some(Self::Hashes { id: TileId { level, index }, width })
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, width) = match self {
            Self::Hashes { id, width } => {
                write!(f, "tile/{}/", id.level)?;
                (id.index, *width)
            }
            Self::Entries { index, width } => {
                f.write_str("tile/entries/")?;
                (*index, *width)
            }
        };
        // Groups of three digits, all but the last marked, so that no directory gets more than 1,000 names of a kind.
        let groups = index.checked_ilog10().unwrap_or(0) / 3;
        for power in (1..=groups).rev() {
            write!(f, "x{:03}/", index / 1000_u64.pow(power) % 1000)?;
        }
        write!(f, "{:03}", index % 1000)?;
        if width < TILE_WIDTH { write!(f, ".p/{width}") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_one_spelling() {
        let hashes = |level, index, width| TilePath::Hashes { id: TileId { level, index }, width };
        let good = [
            ("tile/0/000", hashes(0, 0, 256)),
            ("tile/0/999.p/1", hashes(0, 999, 1)),
            ("tile/4/x001/000", hashes(4, 1_000, 256)),
            ("tile/63/x001/x234/067.p/255", hashes(63, 1_234_067, 255)),
            ("tile/entries/x001/x234/067", TilePath::Entries { index: 1_234_067, width: 256 }),
            (
                "tile/entries/x018/x446/x744/x073/x709/x551/615.p/9",
                TilePath::Entries { index: u64::MAX, width: 9 },
            ),
        ];
        for (path, parsed) in good {
            assert_eq!(TilePath::parse(path), Ok(parsed));
            assert_eq!(parsed.to_string(), path);
        }
        assert_eq!(TileId { level: 1, index: 273 }.path(17), "tile/1/273.p/17");
        let bad = [
            "",
            "tile",
            "tile/",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/00",
            "tile/0/0000",
            "tile/00/000",
            "tile/+1/000",
            "tile/-1/000",
            "tile/64/000",
            "tile/256/000",
            "/tile/0/000",
            "tile/0/000/",
            "tile/0/x000/000",
            "tile/0/x001",
            "tile/0/001/000",
            "tile/0/xx01/000",
            "tile/0/+01",
            "tile/0/000.p/0",
            "tile/0/000.p/01",
            "tile/0/000.p/256",
            "tile/0/000.p/",
            "tile/0/000.p/+1",
            "tile/0/000.p",
            "tile/0/000.p/1/",
            "tile/0/000.p/1.p/1",
            "tile/data/000",
            "tile/8/0/000",
            "tile/0/../000",
            "tile/0/٠٠٠",
            "tile/entries/x018/x446/x744/x073/x709/x551/616",
        ];
        for path in bad {
            assert_eq!(TilePath::parse(path), Err(TileError::Path), "{path:?}");
        }
        assert_eq!(TilePath::parse(&format!("tile/0/{}000", "x000/".repeat(100_000))), Err(TileError::Path));
    }
}
