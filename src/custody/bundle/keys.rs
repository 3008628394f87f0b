//! The life of the keys of a bundle, learned from proven leaves in the order of the log: who invited whom, and when each ended.

use std::collections::{BTreeMap, BTreeSet};

use super::event::Opened;
use super::report::Flaw;
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::form::{embedded, read_invitation};
use crate::custody::{Event, Statement};
use crate::id::InvitationId;
use crate::ledger::leaf::{KeyAction, Leaf};
use crate::ledger::{Digest, Kid, PublicKey, Typ};
use crate::registry::Role;
use crate::registry::key::Invitation;

/// One key, as far as the bundle shows its life.
pub(super) struct Key {
    pub(super) public: PublicKey,
    pub(super) party: Uscc,
    role: Role,
    /// Log index at which it was enrolled.
    pub(super) enrolled: u64,
    ended: Option<u64>,
    suspected_from: Option<u64>,
}

impl Key {
    /// Enrolled before `index`.
    pub(super) fn is_enrolled_at(&self, index: u64) -> bool {
        self.enrolled < index
    }

    /// Revoked or replaced at or before `index`.
    pub(super) fn has_ended_at(&self, index: u64) -> bool {
        self.ended.is_some_and(|ended| ended <= index)
    }

    /// Enrolled before, and not ended: validity goes by log index.
    pub(super) fn is_good_at(&self, index: u64) -> bool {
        self.is_enrolled_at(index) && !self.has_ended_at(index)
    }

    /// Said to be in wrong hands at `index`.
    pub(super) fn is_suspected_at(&self, index: u64) -> bool {
        self.suspected_from.is_some_and(|from| from <= index)
    }
}

/// The keys a bundle shows.
#[derive(Default)]
pub(super) struct Keys {
    known: BTreeMap<Kid, Key>,
    spent: BTreeSet<InvitationId>,
}

impl Keys {
    pub(super) fn get(&self, kid: &Kid) -> Option<&Key> {
        self.known.get(kid)
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Learn the next entry: its leaf is proven to lie at `index`, and `opened` is the event behind it.
    pub(super) fn learn(
        &mut self,
        index: u64,
        leaf: &[u8],
        opened: Option<&Opened>,
        log_key: &PublicKey,
    ) -> Result<(), Flaw> {
        let Ok(Leaf::Key { action, kid, suspected_from, .. }) = Leaf::parse(leaf) else {
            return Err(Flaw::new("key-leaf", "不是密钥叶", "this is not the leaf of a key"));
        };
        let Some(opened) = opened else { return self.revoke(index, action, &kid, suspected_from) };
        if opened.leaf != leaf {
            let en = "bytes, salt and times do not open the leaf of the key";
            return Err(Flaw::new("key-leaf", "字节、盐与时间打不开密钥叶", en));
        }
        let key = opened.own_key().filter(|key| key.kid() == kid).ok_or_else(|| {
            Flaw::new("key-leaf", "吊销只出示叶", "only what brings a key comes with its event")
        })?;
        opened.is_signed_by(&key)?;
        if self.known.contains_key(&kid) {
            return Err(Flaw::new("key-twice", "同一密钥登记了两次", "the key is enrolled twice"));
        }
        let role = self.role_given(index, opened, log_key)?;
        let party = opened.event.party;
        let key = Key { public: key, party, role, enrolled: index, ended: None, suspected_from: None };
        self.known.insert(kid, key);
        Ok(())
    }

    fn revoke(
        &mut self,
        index: u64,
        action: KeyAction,
        kid: &Kid,
        suspected_from: Option<u64>,
    ) -> Result<(), Flaw> {
        if action != KeyAction::Revoked {
            return Err(Flaw::new(
                "key-leaf",
                "缺少密钥登记事件",
                "the event that brings the key is missing",
            ));
        }
        let key = self.known.get_mut(kid).ok_or_else(|| {
            Flaw::new(
                "key-unknown",
                "吊销的密钥未在包中登记",
                "it revokes a key that the bundle does not show",
            )
        })?;
        key.ended.get_or_insert(index);
        let from = [key.suspected_from, suspected_from].into_iter().flatten().min();
        key.suspected_from = from;
        Ok(())
    }

    /// The role that founding, enrolment or rotation gives a key; what it ends is ended.
    fn role_given(&mut self, index: u64, opened: &Opened, log_key: &PublicKey) -> Result<Role, Flaw> {
        match &opened.event.statement {
            Statement::LedgerFounded(founded) => {
                if index != 0 {
                    return Err(Flaw::new("founding", "创世不在第 0 条", "a founding lies at index 0 only"));
                }
                if founded.log_key != *log_key {
                    let en = "the founding names another log key than the one that signed the head";
                    return Err(Flaw::new("founding", "创世指定的日志密钥与签署检查点的不同", en));
                }
                Ok(Role::Officer)
            }
            Statement::KeyEnrolled(s) => {
                let (invitation, by) = self.invitation(index, &s.invitation, s.code.as_deref(), opened)?;
                let inviter = self.known.get(&by).filter(|key| may_invite(key, &invitation));
                inviter.ok_or_else(|| {
                    refused("邀请人无权邀请", "whoever signed the invitation may not invite")
                })?;
                Ok(invitation.role)
            }
            Statement::KeyRotated(s) => {
                let (invitation, by) = self.invitation(index, &s.invitation, None, opened)?;
                let old = self.known.get_mut(&by).filter(|_| by == s.replaces);
                let old = old.filter(|old| old.party == invitation.party && old.role == invitation.role);
                let old = old.ok_or_else(|| {
                    refused(
                        "更换须由原密钥签署且单位、角色不变",
                        "the key that ends must sign, for the same party and role",
                    )
                })?;
                old.ended.get_or_insert(index);
                Ok(invitation.role)
            }
            _ => Err(Flaw::new("key-leaf", "不是密钥事件", "this event brings no key")),
        }
    }

    /// The invitation inside an enrolment, good at its index, and who signed it.
    fn invitation(
        &mut self,
        index: u64,
        compact: &str,
        code: Option<&str>,
        opened: &Opened,
    ) -> Result<(Invitation, Kid), Flaw> {
        let unreadable = || refused("邀请无法解析", "the invitation cannot be read");
        let envelope = embedded(compact, Typ::Invitation).ok_or_else(unreadable)?;
        let invitation = read_invitation(&envelope).ok_or_else(unreadable)?;
        let by = envelope.kid();
        let signer = self.known.get(&by).filter(|key| key.is_good_at(index));
        let signer = signer.ok_or_else(|| {
            refused(
                "邀请人的密钥未在包中、尚未登记或已失效",
                "the inviting key is not shown, not enrolled yet, or had ended",
            )
        })?;
        envelope
            .verify(&signer.public)
            .map_err(|_| refused("邀请的签名无效", "the signature of the invitation is wrong"))?;
        if !fits(&invitation, &opened.event, opened.recorded_at_ms, code) {
            let en = "the invitation is for another ledger or party, had expired, or wants another code";
            return Err(refused("邀请属于其他账本或单位、已过期或邀请码不符", en));
        }
        if !self.spent.insert(invitation.invitation) {
            return Err(refused("邀请已被使用", "the invitation was already used"));
        }
        Ok((invitation, by))
    }
}

fn refused(zh: &str, en: &str) -> Flaw {
    Flaw::new("invitation", zh, en)
}

fn fits(invitation: &Invitation, event: &Event, recorded_at_ms: i64, code: Option<&str>) -> bool {
    let code_fits = match (&invitation.code_sha256, code) {
        (None, _) => true,
        (Some(wanted), code) => code.is_some_and(|code| Digest::sha256(&[code.as_bytes()]) == *wanted),
    };
    invitation.v == 1
        && invitation.log == event.log
        && invitation.party == event.party
        && invitation.expires_at > Timestamp::from_millis(recorded_at_ms)
        && code_fits
}

/// Officers invite anybody, administrators for their own party. That a party with officers is an authority is the ledger's to
/// judge: no bundle shows it.
fn may_invite(key: &Key, invitation: &Invitation) -> bool {
    key.role == Role::Officer || key.role == Role::Administrator && key.party == invitation.party
}
