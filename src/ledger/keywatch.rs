//! The fates of keys as the public log tells them: whoever reads every leaf sees each key come and go, and what cannot be.

use std::collections::BTreeMap;

use super::digest::Kid;
use super::key::PublicKey;
use super::leaf::{KeyAction, Leaf};

/// What a key leaf says that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Odd {
    /// The 32 bytes are no good key, or the name is not theirs.
    #[error("the key is not a good one, or its name is not its thumbprint")]
    NotItsName,
    /// It was there before.
    #[error("the key was enrolled before")]
    EnrolledBefore,
    /// Nobody enrolled it.
    #[error("the key was never enrolled")]
    NeverEnrolled,
    /// A rotation that replaces no key of the log.
    #[error("the key it replaces was never enrolled")]
    ReplacesUnknown,
    /// A log begins with its founding, and is founded once.
    #[error("the founding stands at index 0 and nowhere else")]
    Founding,
    /// Suspected from an index that did not exist yet.
    #[error("it is suspected from an index after this one")]
    SuspectedLater,
    /// Not a leaf of its kind.
    #[error("the leaf is malformed")]
    Malformed,
}

/// The keys of a log up to some index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyWatch {
    /// Index of enrolment and, once there is one, of the first revocation.
    keys: BTreeMap<Kid, (u64, Option<u64>)>,
}

impl KeyWatch {
    /// Takes the leaf at an index, in order; what is odd about it.
    pub fn take(&mut self, index: u64, leaf: &Leaf) -> Option<Odd> {
        let Leaf::Key { action, kid, public, replaced, suspected_from, .. } = leaf else {
            return (index == 0).then_some(Odd::Founding);
        };
        if (*action == KeyAction::Founded) != (index == 0) {
            return Some(Odd::Founding);
        }
        if suspected_from.is_some_and(|from| from > index) {
            return Some(Odd::SuspectedLater);
        }
        if *action == KeyAction::Revoked {
            let Some((_, revoked)) = self.keys.get_mut(kid) else { return Some(Odd::NeverEnrolled) };
            revoked.get_or_insert(index);
            return None;
        }
        if PublicKey::from_bytes(public).map(|key| key.kid()).as_ref() != Ok(kid) {
            return Some(Odd::NotItsName);
        }
        if replaced.is_some_and(|replaced| !self.keys.contains_key(&replaced)) {
            return Some(Odd::ReplacesUnknown);
        }
        match self.keys.insert(*kid, (index, None)) {
            None => None,
            Some(earlier) => {
                self.keys.insert(*kid, earlier);
                Some(Odd::EnrolledBefore)
            }
        }
    }

    /// Number of keys that were ever enrolled.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// True before the first key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Digest, SigningKey};

    fn leaf(action: KeyAction, seed: u8, replaced: Option<u8>) -> Leaf {
        let key = |seed| SigningKey::from_seed([seed; 32]).public();
        let public = if action == KeyAction::Revoked { [0; 32] } else { *key(seed).as_bytes() };
        let replaced = replaced.map(|seed| key(seed).kid());
        let commitment = Digest([0; 32]);
        Leaf::Key { action, kid: key(seed).kid(), public, replaced, suspected_from: None, commitment }
    }

    #[test]
    fn a_life_of_keys_is_taken_and_what_cannot_be_is_named() {
        use KeyAction::{Enrolled, Founded, Revoked, Rotated};
        let mut watch = KeyWatch::default();
        let sealed = Leaf::Event { commitment: Digest([1; 32]) };
        let mut misnamed = leaf(Enrolled, 9, None);
        if let Leaf::Key { kid, .. } = &mut misnamed {
            *kid = Kid::from_bytes([5; 32]);
        }
        let mut early = leaf(Revoked, 2, None);
        if let Leaf::Key { suspected_from, .. } = &mut early {
            *suspected_from = Some(99);
        }
        let story = [
            (leaf(Founded, 1, None), None),
            (sealed.clone(), None),
            (leaf(Enrolled, 2, None), None),
            (leaf(Enrolled, 2, None), Some(Odd::EnrolledBefore)),
            (leaf(Rotated, 3, Some(2)), None),
            (leaf(Rotated, 4, Some(8)), Some(Odd::ReplacesUnknown)),
            (leaf(Revoked, 2, None), None),
            (leaf(Revoked, 2, None), None),
            (leaf(Revoked, 7, None), Some(Odd::NeverEnrolled)),
            (leaf(Founded, 6, None), Some(Odd::Founding)),
            (misnamed, Some(Odd::NotItsName)),
            (early, Some(Odd::SuspectedLater)),
        ];
        for (index, (leaf, odd)) in (0..).zip(story) {
            assert_eq!(watch.take(index, &leaf), odd, "index {index}");
        }
        assert_eq!((watch.len(), watch.is_empty()), (3, false));
        assert_eq!(KeyWatch::default().take(0, &sealed), Some(Odd::Founding));
    }
}
