//! The high-water mark: the furthest head a process was about to sign, kept outside the database.
//!
//! A file of two slots that are written in turn. A write that a power cut tears spoils one slot; the other still holds the mark
//! before it, which is all that was ever signed for. A slot is text, so that a person can read it:
//!
//! ```text
//! liandan-mark/v1
//! ledger.example.cn/linyi
//! 20852163
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//! (SHA-256 over the lines above, base64url)
//! ```
//!
//! and line feeds up to its full length.

use super::checkpoint::Checkpoint;
use super::digest::Digest;

/// Bytes of a slot: a page of a disk, so that writing one slot never touches the other.
pub const SLOT_BYTES: usize = 4096;
/// Number of slots.
pub const SLOTS: usize = 2;
/// Bytes of a mark file.
pub const MARK_FILE_BYTES: usize = SLOTS * SLOT_BYTES;
/// First line of a slot.
const TITLE: &str = "liandan-mark/v1";

/// A slot that holds this mark; `None` when the origin is too long for a slot.
pub fn encode(mark: &Checkpoint) -> Option<Vec<u8>> {
    let mut slot = format!("{TITLE}\n{}", mark.to_text());
    let checksum = Digest::sha256(&[slot.as_bytes()]);
    slot.push_str(&checksum.to_string());
    // At least one line feed must end the last line.
    if slot.len() >= SLOT_BYTES {
        return None;
    }
    let mut slot = slot.into_bytes();
    slot.resize(SLOT_BYTES, b'\n');
    Some(slot)
}

/// The mark in a slot; `None` when the slot is not exactly what [`encode`] writes.
pub fn decode(slot: &[u8]) -> Option<Checkpoint> {
    let text = std::str::from_utf8(slot).ok()?;
    let (body, _checksum) = text.trim_end_matches('\n').rsplit_once('\n')?;
    let lines = body.strip_prefix(TITLE)?.strip_prefix('\n')?;
    let mark = Checkpoint::parse(&format!("{lines}\n")).ok()?;
    // One spelling, so this compares the checksum too.
    (encode(&mark)? == slot).then_some(mark)
}

/// The mark of a whole file with the number of its slot: the larger one, where both can be read. `None` when none can.
pub fn newest(file: &[u8]) -> Option<(usize, Checkpoint)> {
    let slots = file.chunks(SLOT_BYTES).take(SLOTS).enumerate();
    slots.filter_map(|(n, slot)| Some((n, decode(slot)?))).max_by_key(|(_, mark)| mark.size)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn mark(size: u64) -> Checkpoint {
        Checkpoint {
            origin: "tests.example/一".to_owned(),
            size,
            root: Digest::sha256(&[&size.to_be_bytes()]),
        }
    }

    #[test]
    fn a_slot_gives_back_its_mark_and_can_be_read_by_a_person() {
        let slot = encode(&mark(7)).unwrap();
        assert_eq!((slot.len(), decode(&slot)), (SLOT_BYTES, Some(mark(7))));
        assert!(String::from_utf8(slot).unwrap().starts_with("liandan-mark/v1\ntests.example/一\n7\n"));
    }

    #[test]
    fn any_flipped_bit_of_any_byte_spoils_a_slot() {
        let good = encode(&mark(7)).unwrap();
        for place in (0..good.len()).filter(|place| *place < 300 || *place > SLOT_BYTES - 5) {
            for bit in 0..8 {
                let mut slot = good.clone();
                slot[place] ^= 1 << bit;
                assert_eq!(decode(&slot), None, "bit {bit} of byte {place}");
            }
        }
    }

    #[test]
    fn a_slot_torn_anywhere_leaves_the_mark_before_it() {
        let (old, new) = (encode(&mark(9)).unwrap(), encode(&mark(12)).unwrap());
        let older = encode(&mark(3)).unwrap();
        // Behind its text a slot holds line feeds, whichever write they are of.
        let text = String::from_utf8(new.clone()).unwrap().trim_end().len();
        for torn in 0..text {
            let half = [&new[..torn], &older[torn..]].concat();
            let (slot, found) = newest(&[old.clone(), half].concat()).unwrap();
            assert_eq!((slot, found), (0, mark(9)), "torn after {torn} bytes");
        }
        assert_eq!(newest(&[old, new].concat()), Some((1, mark(12))));
    }

    #[test]
    fn a_file_without_a_good_slot_has_no_mark() {
        assert_eq!(newest(&[]), None);
        assert_eq!(newest(&[0; MARK_FILE_BYTES]), None);
        assert_eq!(newest(&encode(&mark(7)).unwrap()[..SLOT_BYTES - 1]), None);
    }

    #[test]
    fn an_origin_that_fills_a_slot_is_refused() {
        let long = Checkpoint { origin: "x".repeat(SLOT_BYTES), ..mark(1) };
        assert_eq!(encode(&long), None);
    }
}
