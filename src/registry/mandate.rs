//! Mandates (授权): who may sign which kinds of event for another party, from when until when.

use serde::{Deserialize, Serialize};

use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::id::MandateId;
use crate::ledger::Kid;

/// Most mandates that one party ever grants, revoked and ended ones among them: all of them are read wherever somebody signs for it.
pub const MAX_MANDATES: usize = 512;

/// One mandate, as folded from the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MandateRecord {
    /// Names the mandate.
    pub mandate: MandateId,
    /// Who is signed for (授权单位).
    pub party: Uscc,
    /// Who may sign: the mandatary (受托单位).
    pub to: Uscc,
    /// Only this key of theirs; any where absent.
    pub key: Option<Kid>,
    /// Event kinds it covers, by name.
    pub kinds: Vec<String>,
    /// From when.
    pub from: Timestamp,
    /// Until when; the moment itself no more.
    pub until: Timestamp,
    /// Log index of its grant.
    pub index: u64,
    /// Log index of its revocation.
    pub revoked_index: Option<u64>,
    /// Why it was revoked.
    pub reason: Option<String>,
}

/// What is signed for another party: where in the log, when it was recorded, with which key, of which kind.
#[derive(Clone, Copy, Debug)]
pub struct SignedFor<'a> {
    /// Log index of the event.
    pub index: u64,
    /// When the ledger takes it in.
    pub at: Timestamp,
    /// Key of the mandatary.
    pub kid: Kid,
    /// Kind of event, by name.
    pub kind: &'a str,
}

/// Why a mandate between two parties does not cover what was signed under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Excess {
    /// There is a mandate between the two, and the event names none of them.
    Unnamed,
    /// It had been revoked at or before that log index.
    Revoked,
    /// It did not hold yet, or no more, when the event was recorded.
    Term,
    /// It is bound to another key.
    Key,
    /// It does not cover this kind, or no mandate can.
    Kind,
}

impl Excess {
    /// The kebab-case name, as it stands in figures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unnamed => "unnamed",
            Self::Revoked => "revoked",
            Self::Term => "term",
            Self::Key => "key",
            Self::Kind => "kind",
        }
    }
}

impl MandateRecord {
    /// Whether it holds for a key at a log index and moment, whatever is signed.
    ///
    /// Validity goes by log index and by when an event is recorded, never by when its signer says that it happened.
    pub fn holds(&self, index: u64, at: Timestamp, kid: &Kid) -> Result<(), Excess> {
        if self.revoked_index.is_some_and(|revoked| revoked <= index) {
            Err(Excess::Revoked)
        } else if self.index >= index || at < self.from || at >= self.until {
            Err(Excess::Term)
        } else if self.key.is_some_and(|key| key != *kid) {
            Err(Excess::Key)
        } else {
            Ok(())
        }
    }

    /// Whether it covers what was signed.
    pub fn covers(&self, signed: &SignedFor<'_>) -> Result<(), Excess> {
        self.holds(signed.index, signed.at, &signed.kid)?;
        if self.kinds.iter().any(|kind| kind == signed.kind) { Ok(()) } else { Err(Excess::Kind) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::id::derived;

    fn mandate() -> MandateRecord {
        let party = |n: u32| Uscc::with_check(&format!("91371300MA3C{n:05}")).unwrap();
        MandateRecord {
            mandate: MandateId::from_uuid(derived(&[b"mandate"])),
            party: party(1),
            to: party(2),
            key: None,
            kinds: vec!["manifest.registered".to_owned()],
            from: Timestamp::from_millis(100),
            until: Timestamp::from_millis(200),
            index: 5,
            revoked_index: None,
            reason: None,
        }
    }

    #[test]
    fn a_mandate_covers_its_kinds_in_its_term_until_it_is_revoked() {
        let own = Kid::from_bytes([1; 32]);
        let signed = |index, at_ms, kind| {
            let at = Timestamp::from_millis(at_ms);
            SignedFor { index, at, kid: own, kind }
        };
        let covers = |mandate: &MandateRecord, index, at_ms| {
            mandate.covers(&signed(index, at_ms, "manifest.registered")).err()
        };
        let whole = mandate();
        for (index, at_ms, wanted) in [
            (6, 100, None),
            (6, 199, None),
            (6, 99, Some(Excess::Term)),
            (6, 200, Some(Excess::Term)),
            (5, 150, Some(Excess::Term)),
        ] {
            assert_eq!(covers(&whole, index, at_ms), wanted, "{index} at {at_ms}");
        }
        let revoked = MandateRecord { revoked_index: Some(9), ..mandate() };
        assert_eq!((covers(&revoked, 8, 150), covers(&revoked, 9, 150)), (None, Some(Excess::Revoked)));
        let bound = MandateRecord { key: Some(Kid::from_bytes([2; 32])), ..mandate() };
        assert_eq!(covers(&bound, 6, 150), Some(Excess::Key));
        assert_eq!(whole.covers(&signed(6, 150, "waste.received")), Err(Excess::Kind));
    }
}
