//! Checks of mandates: granted by a party itself, to another, over what can be signed for somebody.

use super::{backwards, taken};
use crate::catalogue::Uscc;
use crate::custody::admit::{Candidate, Objection};
use crate::custody::books::Books;
use crate::custody::kind::Kind;
use crate::custody::mandated::is_personal;
use crate::ledger::Kid;
use crate::registry::mandate::MAX_MANDATES;
use crate::registry::standing::{MandateGranted, MandateRevoked};

impl Books {
    /// Everything that speaks against granting a mandate. That no mandatary grants one for its principal was said before:
    /// no mandate covers mandates.
    pub(super) fn grant(
        &self,
        candidate: &Candidate,
        granted: &MandateGranted,
        objections: &mut Vec<Objection>,
    ) {
        if self.registry.mandate(&granted.mandate).is_some() {
            objections.push(taken("/data/mandate"));
        }
        if self.registry.mandates_of(&candidate.event.party) >= MAX_MANDATES {
            objections.push(Objection::new(
                "mandates-spent",
                "/data/mandate",
                format!("一个单位最多给出 {MAX_MANDATES} 份授权，含已撤销和到期的"),
                format!("a party grants at most {MAX_MANDATES} mandates, those that were revoked or ended included"),
            ));
        }
        if granted.to == candidate.event.party {
            objections.push(Objection::new(
                "mandate-to-itself",
                "/data/to",
                "单位不需要授权自己",
                "a party needs no mandate from itself",
            ));
        }
        self.known_party(&granted.to, "/data/to", objections);
        objections.extend(granted.key.and_then(|key| self.key_objection(&key, &granted.to)));
        if granted.until <= granted.from {
            objections.push(backwards("/data/until"));
        }
        let personal = |name: &str| Kind::named(name).is_some_and(is_personal);
        for (n, _) in granted.kinds.iter().enumerate().filter(|(_, kind)| personal(kind)) {
            objections.push(Objection::new(
                "not-mandatable",
                format!("/data/kinds/{n}"),
                "密钥、授权以及对本单位已有记录的表态，只能由本单位自己签署",
                "of its keys, its mandates and its own earlier word a party speaks itself",
            ));
        }
    }

    fn key_objection(&self, key: &Kid, to: &Uscc) -> Option<Objection> {
        let is_theirs = self.registry.key(key).is_some_and(|record| record.party == *to);
        (!is_theirs).then(|| {
            Objection::new(
                "key-unknown",
                "/data/key",
                "受托单位没有登记这把密钥",
                "the mandatary has no such key enrolled",
            )
        })
    }

    /// Everything that speaks against revoking a mandate. Another party's and none at all are told alike.
    pub(super) fn mandate_revocation(
        &self,
        candidate: &Candidate,
        revoked: &MandateRevoked,
        objections: &mut Vec<Objection>,
    ) {
        let own = self.registry.mandate(&revoked.mandate);
        let Some(mandate) = own.filter(|mandate| mandate.party == candidate.event.party) else {
            objections.push(Objection::new(
                "mandate-unknown",
                "/data/mandate",
                "本单位没有给出这份授权",
                "the acting party has given no such mandate",
            ));
            return;
        };
        if mandate.revoked_index.is_some() {
            objections.push(Objection::new(
                "already-said",
                "/data/mandate",
                "该授权已撤销",
                "the mandate is revoked already",
            ));
        }
    }
}
