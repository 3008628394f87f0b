//! Signing for another party (代填): under which mandate, and what exceeds it.
//!
//! A mandate is judged where the event enters the log, as keys are. A declaration beyond it is refused; a fact is taken, and
//! becomes a finding: the truck has left, and it is known who said so.

use super::admit::{Candidate, Objection};
use super::books::Books;
use super::kind::{Class, Kind};
use crate::catalogue::Uscc;
use crate::registry::{Excess, SignedFor};

/// How an event stands whose signer is of another party than it speaks for.
enum Mandated {
    /// Its mandate covers it.
    Covered,
    /// The two parties have a mandate, and it does not cover this.
    Beyond(Excess),
    /// The two have none.
    Never,
}

impl Books {
    /// The signer's party, where it is not the one it speaks for, and how its mandate stands.
    fn mandated(&self, candidate: &Candidate) -> Option<(Uscc, Mandated)> {
        let event = &candidate.event;
        let signer = self.registry.key(&candidate.kid)?.party;
        if signer == event.party || brings_its_key(event.kind()) {
            return None;
        }
        if !self.registry.is_mandated(&event.party, &signer) {
            return Some((signer, Mandated::Never));
        }
        let named = event.mandate.and_then(|mandate| self.registry.mandate(&mandate));
        let between = named.filter(|mandate| mandate.party == event.party && mandate.to == signer);
        let signed = SignedFor {
            index: candidate.index,
            at: candidate.recorded_at,
            kid: candidate.kid,
            kind: event.kind().name(),
        };
        let covered = match between {
            None => Err(Excess::Unnamed),
            Some(_) if is_personal(event.kind()) => Err(Excess::Kind),
            Some(mandate) => mandate.covers(&signed),
        };
        Some((signer, covered.map_or_else(Mandated::Beyond, |()| Mandated::Covered)))
    }

    /// What speaks against signing for that party, if anything does.
    pub(super) fn mandate_objection(&self, candidate: &Candidate) -> Option<Objection> {
        let (_, mandated) = self.mandated(candidate)?;
        let is_fact = candidate.event.kind().class() == Class::Fact;
        match mandated {
            Mandated::Covered => None,
            Mandated::Beyond(_) if is_fact => None,
            Mandated::Beyond(excess) => Some(exceeded(excess)),
            Mandated::Never if candidate.event.mandate.is_some() => Some(Objection::new(
                "mandate-unknown",
                "/mandate",
                "声明单位没有给签名人所属单位这份授权",
                "the acting party has not given this mandate to the signer's party",
            )),
            Mandated::Never => Some(Objection::new(
                "not-your-party",
                "/for",
                "签名人所属单位与声明单位不一致，且没有有效授权",
                "the signer's party is not the acting party, and no mandate covers it",
            )),
        }
    }

    /// Whose key signed a fact beyond a mandate, and in what it exceeds that.
    pub(super) fn beyond_mandate(&self, candidate: &Candidate) -> Option<(Uscc, Excess)> {
        match self.mandated(candidate)? {
            (signer, Mandated::Beyond(excess)) => Some((signer, excess)),
            (_, Mandated::Covered | Mandated::Never) => None,
        }
    }
}

/// Signed by a key that is not enrolled yet: whose it will be is judged with the invitation.
fn brings_its_key(kind: Kind) -> bool {
    matches!(kind, Kind::LedgerFounded | Kind::KeyEnrolled | Kind::KeyRotated)
}

/// What only the party itself may say, whatever it grants: of its keys and mandates, and of its own earlier word.
pub(super) fn is_personal(kind: Kind) -> bool {
    brings_its_key(kind)
        || matches!(
            kind,
            Kind::KeyRevoked
                | Kind::MandateGranted
                | Kind::MandateRevoked
                | Kind::EventReaffirmed
                | Kind::EventDisavowed
        )
}

fn exceeded(excess: Excess) -> Objection {
    let (pointer, zh, en) = match excess {
        Excess::Unnamed => (
            "/mandate",
            "代他人签署须写明所依据的授权",
            "name the mandate under which it is signed for another",
        ),
        Excess::Revoked => ("/mandate", "该授权已撤销", "the mandate is revoked"),
        Excess::Term => ("/mandate", "该授权尚未生效或已到期", "the mandate does not hold yet, or no more"),
        Excess::Key => ("/mandate", "该授权只给另一把密钥", "the mandate is for another key"),
        Excess::Kind => ("/kind", "该授权不包括此类记录", "the mandate does not cover this kind"),
    };
    Objection::new("mandate-exceeded", pointer, zh, en)
}
