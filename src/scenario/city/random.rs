//! Numbers that look random and are the same on every machine.

use crate::ledger::Digest;

/// SplitMix64 (Steele, Lea, Flood 2014). For what is made up; nothing secret may come of it.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The numbers of one of the things that are made of a seed, whichever others are made.
    pub fn of(seed: u64, what: &str) -> Self {
        let digest = Digest::sha256(&[&seed.to_be_bytes(), what.as_bytes()]);
        let mut first = [0; 8];
        first.copy_from_slice(&digest.as_bytes()[..8]);
        Self(u64::from_be_bytes(first))
    }

    /// The next number.
    #[expect(clippy::should_implement_trait, reason = "it never ends, and nobody adapts it")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The next number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap_or_default()
    }
}
