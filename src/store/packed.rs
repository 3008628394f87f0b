//! Snapshots as they are kept: JSON, packed as an LZ4 block behind its length. Most of a snapshot are names of fields and ids that come
//! again, and it is written anew with every event of its subject: packed it takes a third of the room, of the WAL and of the cache.

use lz4_flex::block::{compress_prepend_size, decompress_size_prepended};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::books::to_json;
use super::{Row, StoreError};

/// Longest snapshot that is unpacked: more is no snapshot, and memory is asked for by what the first bytes say.
const MAX_UNPACKED_BYTES: u32 = 256 * 1024 * 1024;

/// A value as it is stored; `what` names it in an error.
pub fn pack(what: &'static str, value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    Ok(compress_prepend_size(to_json(what, value)?.as_bytes()))
}

/// The value of a column that was written by [`pack`].
pub(super) fn unpack<T: DeserializeOwned>(row: &Row, column: &'static str) -> Result<T, StoreError> {
    read(&row.blob(column)?).map_err(|detail| row.corrupt(column, detail))
}

/// The value that was packed so, or what is wrong with the bytes.
pub fn read<T: DeserializeOwned>(packed: &[u8]) -> Result<T, String> {
    let length = packed.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
    if length.is_none_or(|length| length > MAX_UNPACKED_BYTES) {
        return Err("it does not begin with the length of a snapshot".to_owned());
    }
    let json = decompress_size_prepended(packed).map_err(|error| error.to_string())?;
    serde_json::from_slice(&json).map_err(|error| error.to_string())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_out_again_and_anything_else_is_an_error() {
        let value = vec!["one manifest after the other".to_owned(); 100];
        let packed = pack("test", &value).unwrap();
        assert!(packed.len() < 100, "{}", packed.len());
        assert_eq!(read::<Vec<String>>(&packed).unwrap(), value);
        for broken in [&packed[..packed.len() - 1], &[], &[1, 2, 3], &[0xff; 12], &[4, 0, 0, 0, 0x40, b'n']] {
            assert!(read::<Vec<String>>(broken).is_err(), "{broken:?}");
        }
    }
}
