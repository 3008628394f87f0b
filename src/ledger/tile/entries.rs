//! Entry bundles (C2SP tlog-tiles): the leaves below one tile of level 0, each behind its length as 16 bits, big-endian.

use super::{TILE_WIDTH, TileError};

/// The longest bundle: [`TILE_WIDTH`] of the longest leaves.
pub const MAX_ENTRY_BUNDLE_BYTES: usize = TILE_WIDTH as usize * (2 + crate::ledger::leaf::MAX_LEAF_BYTES);

/// The `width` leaves of a bundle; refused when it holds any other number of them, or anything after them.
pub fn read_entries(mut bundle: &[u8], width: u64) -> Result<Vec<&[u8]>, TileError> {
    let mut leaves = Vec::new();
    while let Some((length, rest)) = bundle.split_first_chunk::<2>() {
        let leaf = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)));
        let (leaf, rest) = leaf.ok_or(TileError::Entries { width })?;
        leaves.push(leaf);
        bundle = rest;
    }
    if bundle.is_empty() && leaves.len() as u64 == width {
        Ok(leaves)
    } else {
        Err(TileError::Entries { width })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_holds_exactly_its_leaves() {
        let bundle = [&[0, 2, 7, 8, 0, 0, 0, 1, 9][..]].concat();
        assert_eq!(read_entries(&bundle, 3), Ok(vec![&[7, 8][..], &[], &[9]]));
        assert_eq!(read_entries(&[], 0), Ok(vec![]));
        for width in [0, 2, 4] {
            assert_eq!(read_entries(&bundle, width), Err(TileError::Entries { width }));
        }
        for end in [1, 2, 3, 5, 8] {
            assert!(read_entries(&bundle[..end], 3).is_err(), "{end} bytes");
        }
        assert!(read_entries(&[&bundle[..], &[0]].concat(), 3).is_err());
    }
}
