//! A few bytes as a script of edits: what happens to a sample on its way.

/// Bytes of one step: what, where (two bytes), with what.
const STEP_BYTES: usize = 4;
/// More edits than this make noise of any sample.
const MAX_STEPS: usize = 6;

/// A sample chosen and edited by the script; as it is, if the script is too short to say anything.
pub(super) fn edited(samples: &[Vec<u8>], script: &[u8]) -> Vec<u8> {
    let Some((choice, steps)) = script.split_first_chunk::<2>() else { return samples[0].clone() };
    let choice = usize::from(u16::from_le_bytes(*choice));
    let mut bytes = samples[choice % samples.len()].clone();
    for step in steps.chunks_exact(STEP_BYTES).take(MAX_STEPS) {
        let &[what, low, high, with] = step else { unreachable!("chunks are exact") };
        let place = usize::from(u16::from_le_bytes([low, high]));
        apply(&mut bytes, what, place, with, &samples[place % samples.len()]);
    }
    bytes
}

fn apply(bytes: &mut Vec<u8>, what: u8, place: usize, with: u8, other: &[u8]) {
    let at = place % (bytes.len() + 1);
    let end = bytes.len().min(at + usize::from(with));
    match what % 10 {
        0 | 1 if at < bytes.len() => bytes[at] ^= 1 << (with % 8),
        2 | 3 if at < bytes.len() => bytes[at] = with,
        4 => bytes.insert(at, with),
        5 if at < bytes.len() => _ = bytes.remove(at),
        6 => bytes.truncate(at),
        7 => _ = bytes.drain(at..end),
        8 => {
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        9 => bytes.splice(at.., other[other.len().min(at)..].iter().copied()).for_each(drop),
        _ => {}
    }
}

#[test]
fn a_script_edits_and_a_short_one_does_not() {
    let samples = vec![b"abcdef".to_vec(), b"ABCDEFGH".to_vec()];
    assert_eq!(edited(&samples, &[1]), b"abcdef");
    assert_eq!(edited(&samples, &[1, 0]), b"ABCDEFGH");
    assert_eq!(edited(&samples, &[0, 0, 2, 1, 0, b'x']), b"axcdef");
    assert_eq!(edited(&samples, &[0, 0, 4, 6, 0, b'x', 5, 0, 0, 0]), b"bcdefx");
    assert_eq!(edited(&samples, &[0, 0, 8, 2, 0, 2]), b"abcdcdef");
    assert_eq!(edited(&samples, &[0, 0, 9, 3, 0, 0]), b"abcDEFGH");
}
