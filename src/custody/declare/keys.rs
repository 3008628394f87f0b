//! Enrolling, rotating and revoking keys: who may invite whom, and that an invitation is used once.

use super::{not_own_key, taken};
use crate::custody::admit::{Candidate, Embedded, Objection};
use crate::custody::books::Books;
use crate::ledger::{Digest, Kid, PublicKey};
use crate::registry::key::Invitation;
use crate::registry::standing::Party;
use crate::registry::{KeyStanding, PartyKind, Role};

impl Books {
    pub(super) fn enrolment(
        &self,
        candidate: &Candidate,
        key: &PublicKey,
        code: Option<&str>,
        replaces: Option<Kid>,
        objections: &mut Vec<Objection>,
    ) {
        if key.kid() != candidate.kid {
            objections.push(not_own_key());
        }
        if self.registry.key(&key.kid()).is_some() {
            objections.push(taken("/data/key"));
        }
        let Some(invitation) = candidate.invitation.as_ref().filter(|invitation| invitation.signature_ok)
        else {
            objections.push(invitation_objection("邀请无法验证", "the invitation cannot be verified"));
            return;
        };
        if let Some(replaced) = replaces {
            self.replacement(candidate, &replaced, objections);
            if replaced != invitation.kid {
                let en = format!("the invitation must be signed by the key {replaced} that ends");
                objections.push(invitation_objection("邀请须由被更换的密钥签署", &en));
            }
        }
        if let Some((zh, en)) =
            self.invitation_fault(candidate, &invitation.body, &invitation.kid, code, replaces.is_some())
        {
            objections.push(invitation_objection(zh, en));
        }
        match &invitation.body.registers {
            None => self.known_party(&candidate.event.party, "/for", objections),
            Some(party) => self.self_registration(invitation, party, replaces.is_some(), objections),
        }
    }

    /// A firm registers itself by an officer's approval: the invitation says whom, and the firm's first key is its administrator's.
    fn self_registration(
        &self,
        invitation: &Embedded<Invitation>,
        party: &Party,
        is_rotation: bool,
        objections: &mut Vec<Objection>,
    ) {
        if self.registry.party(&invitation.body.party).is_some() {
            objections.push(taken("/for"));
        }
        let is_first_key = !is_rotation && invitation.body.role == Role::Administrator;
        if !is_first_key
            || party.party != invitation.body.party
            || party.kinds.contains(&PartyKind::Authority)
        {
            objections.push(invitation_objection(
                "自行登记的邀请须给该单位的管理员，且该单位不是主管部门",
                "an invitation that registers a party is for the administrator of that very party, which is no authority",
            ));
        }
        let approves = self.registry.key(&invitation.kid).map(|key| key.party);
        objections.extend(
            approves.and_then(|authority| self.not_theirs_to_register(authority, party, "/data/invitation")),
        );
    }

    /// The key that a rotation ends must still speak.
    fn replacement(&self, candidate: &Candidate, replaced: &Kid, objections: &mut Vec<Objection>) {
        match self.registry.key(replaced).map(|key| key.standing_at(candidate.index)) {
            Some(KeyStanding::Good) => {}
            Some(KeyStanding::Revoked) => objections.push(revoked("/data/replaces")),
            None | Some(KeyStanding::NotYet) => objections.push(unknown("/data/replaces")),
        }
    }

    /// What is wrong with an invitation whose signature is good.
    fn invitation_fault(
        &self,
        candidate: &Candidate,
        invitation: &Invitation,
        signer: &Kid,
        code: Option<&str>,
        is_rotation: bool,
    ) -> Option<(&'static str, &'static str)> {
        let signer =
            self.registry.key(signer).filter(|key| key.standing_at(candidate.index) == KeyStanding::Good);
        let invites = signer.is_some_and(|key| {
            let official = key.role == Role::Officer && self.registry.is_authority(&key.party);
            let own = key.party == invitation.party && key.role == Role::Administrator;
            // A rotation hands on what the key has: the same party and role, and never another's.
            let same = key.party == invitation.party && key.role == invitation.role;
            match is_rotation {
                true => same,
                false => {
                    official
                        || own && (!invitation.role.is_official() || self.registry.is_authority(&key.party))
                }
            }
        });
        let for_officials = invitation.role.is_official() && !self.registry.is_authority(&invitation.party);
        let code_fits = match (&invitation.code_sha256, code) {
            (None, _) => true,
            (Some(wanted), Some(code)) => Digest::sha256(&[code.as_bytes()]) == *wanted,
            (Some(_), None) => false,
        };
        [
            (invites, ("邀请人无权邀请", "whoever signed the invitation may not invite")),
            (
                !for_officials,
                (
                    "只有主管部门才有执法、登记、审计人员",
                    "only an authority has officers, registrars and auditors",
                ),
            ),
            (invitation.v == 1, ("邀请版本未知", "the version of the invitation is not known")),
            (
                invitation.log == candidate.event.log,
                ("邀请属于其他账本", "the invitation is for another ledger"),
            ),
            (
                invitation.party == candidate.event.party,
                ("邀请属于其他单位", "the invitation is for another party"),
            ),
            (invitation.expires_at > candidate.recorded_at, ("邀请已过期", "the invitation has expired")),
            (
                self.registry.invitation_spent_by(&invitation.invitation).is_none(),
                ("邀请已被使用", "the invitation was already used"),
            ),
            (code_fits, ("邀请码不符", "the code does not fit the invitation")),
        ]
        .into_iter()
        .find_map(|(holds, fault)| (!holds).then_some(fault))
    }

    /// A key that ended may be revoked once more only to carry the suspicion further back.
    pub(super) fn revocation(
        &self,
        candidate: &Candidate,
        target: &Kid,
        suspected_from: Option<u64>,
        objections: &mut Vec<Objection>,
    ) {
        let Some(key) = self.registry.key(target) else {
            objections.push(unknown("/data/key"));
            return;
        };
        if key.revoked_index.is_some() && !key.is_further_suspected_from(suspected_from) {
            objections.push(revoked("/data/key"));
        }
        if suspected_from.is_some_and(|from| from > candidate.index) {
            objections.push(Objection::new(
                "suspected-from-ahead",
                "/data/suspected_from",
                format!("账本尚无第 {} 条之后的记录", candidate.index),
                format!("the log has no entry beyond index {} yet", candidate.index),
            ));
        }
        let administers = self
            .registry
            .key(&candidate.kid)
            .is_some_and(|signer| signer.party == key.party && signer.role == Role::Administrator);
        if *target != candidate.kid && !administers && !self.is_official(candidate) {
            objections.push(Objection::new(
                "not-administrator",
                "/data/key",
                "只能吊销自己的密钥；吊销本单位其他密钥须为管理员",
                "a key revokes itself; for another key of the party an administrator is needed",
            ));
        }
    }
}

fn revoked(pointer: &str) -> Objection {
    Objection::new("key-revoked", pointer, "该密钥已吊销或已更换", "this key was already revoked or replaced")
}

fn unknown(pointer: &str) -> Objection {
    Objection::new("key-unknown", pointer, "该密钥未登记", "this key is not enrolled")
}

fn invitation_objection(zh: &str, en: &str) -> Objection {
    Objection::new("invitation-invalid", "/data/invitation", zh, en)
}
