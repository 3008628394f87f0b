//! Keys that end and keys that begin, and what their holders say of what the old ones signed.

use super::{Player, Saying};
use crate::clock::Timestamp;
use crate::custody::Statement;
use crate::custody::event::Anchor;
use crate::custody::payload::statement::AboutEvent;
use crate::id::InvitationId;
use crate::ledger::{Digest, Envelope, SigningKey, Typ};
use crate::registry::standing::{KeyEnrolled, KeyRevoked, KeyRotated, RevocationReason};
use crate::registry::{Role, key::Invitation};
use crate::scenario::deed::{FalseAnchor, Line};
use crate::shape::Text;

/// How long an invitation of a script is good, in hours.
const INVITATION_HOURS: i64 = 24;

impl Player<'_> {
    /// The key a party has in a role by now: the one at the gate may have been replaced.
    pub(super) fn key(&self, party: &str, role: Role) -> Result<SigningKey, String> {
        let is_gate = self.party(party)?.gate() == role;
        let times = self.new_keys.get(party).copied().filter(|_| is_gate).unwrap_or(0);
        Ok(self.world.later_key(party, role, times))
    }

    /// The key that signed at a party's gate before the one it has now.
    pub(super) fn old_key(&self, party: &str) -> Result<SigningKey, String> {
        let times = self.new_keys.get(party).copied().unwrap_or(0);
        let before = times.checked_sub(1).ok_or_else(|| format!("{party} has had one key only"))?;
        Ok(self.world.later_key(party, self.party(party)?.gate(), before))
    }

    /// The key that signs at the gate ends: the driver's, where there is one.
    pub(super) fn revokes_key(
        &mut self,
        line: &Line,
        party: &str,
        suspected_from: Option<&str>,
    ) -> Result<(), String> {
        let key = self.key(party, self.party(party)?.gate())?.kid();
        let suspected_from = suspected_from.map(|label| self.index_of(label)).transpose()?;
        let revoked = KeyRevoked { key, reason: RevocationReason::Lost, suspected_from, note: None };
        let actor = &line.actor.party;
        self.declare(line, &line.how, line.at, actor, Statement::KeyRevoked(revoked), Vec::new()).map(drop)
    }

    /// The actor invites a new key for the gate of a party; the key enrols itself and signs there from now on.
    pub(super) fn enrols_key(&mut self, line: &Line, party: &str) -> Result<(), String> {
        let inviting = self.key(&line.actor.party, self.party(&line.actor.party)?.office())?;
        let invitation = self.invitation(line, party, &inviting)?;
        self.takes_new_key(line, party, |key| {
            Statement::KeyEnrolled(KeyEnrolled { key: key.public(), invitation, code: None })
        })
    }

    /// The key at the actor's own gate hands its place to a new one.
    pub(super) fn rotates_key(&mut self, line: &Line) -> Result<(), String> {
        let party = line.actor.party.clone();
        let old = self.key(&party, self.party(&party)?.gate())?;
        let invitation = self.invitation(line, &party, &old)?;
        self.takes_new_key(line, &party, |key| {
            Statement::KeyRotated(KeyRotated { replaces: old.kid(), key: key.public(), invitation })
        })
    }

    /// A new key says itself that it is there. A party whose new key is refused keeps the one it has.
    fn takes_new_key(
        &mut self,
        line: &Line,
        party: &str,
        statement: impl FnOnce(&SigningKey) -> Statement,
    ) -> Result<(), String> {
        let role = self.party(party)?.gate();
        let before = self.new_keys.get(party).copied().unwrap_or(0);
        self.new_keys.insert(party.to_owned(), before + 1);
        let statement = statement(&self.key(party, role)?);
        let (how, at, party) = (&line.how, line.at, party.to_owned());
        let saying = Saying {
            line,
            how,
            party: party.clone(),
            role,
            at,
            statement,
            prev: Vec::new(),
            before: Vec::new(),
        };
        self.say(saying)?;
        if line.how.refused.is_some() {
            self.new_keys.insert(party, before);
        }
        Ok(())
    }

    fn invitation(&self, line: &Line, party: &str, inviting: &SigningKey) -> Result<Text<4096>, String> {
        let invited = self.party(party)?;
        let invitation = Invitation {
            v: 1,
            log: self.log.clone(),
            invitation: InvitationId::from_uuid(self.new_id(&format!("invitation {}", line.no), line.at)),
            party: invited.uscc,
            role: invited.gate(),
            code_sha256: None,
            expires_at: line.at.plus_hours(INVITATION_HOURS),
            registers: None,
        };
        let payload = serde_json::json!(invitation).to_string();
        Text::new(Envelope::sign(Typ::Invitation, payload.as_bytes(), inviting).into_compact())
    }

    /// What the office says of an earlier record of its party.
    pub(super) fn restates(
        &mut self,
        line: &Line,
        reaffirms: bool,
        label: &str,
        reason: Option<Text<500>>,
    ) -> Result<(), String> {
        let reason = reason.map_or_else(|| Text::new("经核对"), Ok)?;
        let about = AboutEvent { event: self.said_under(label)?.id, reason };
        let statement = match reaffirms {
            true => Statement::EventReaffirmed(about),
            false => Statement::EventDisavowed(about),
        };
        self.declare(line, &line.how, line.at, &line.actor.party, statement, Vec::new()).map(drop)
    }

    /// The log index that a labelled line got: what founds the world comes first, and then what was sent before it. What is
    /// refused or known already gets none.
    fn index_of(&self, label: &str) -> Result<u64, String> {
        let id = self.said_under(label)?.id;
        let mut sent: Vec<_> = self.acts.iter().filter(|act| act.refused.is_none()).collect();
        sent.retain(|act| self.said.iter().any(|said| said.id == act.envelope.event_id()));
        sent.sort_by_key(|act| act.recorded_at);
        let place = sent.iter().position(|act| act.envelope.event_id() == id);
        let place = place.ok_or_else(|| format!("{label} is not in the log"))?;
        let log_key = self.world.key("log", Role::Auditor).public();
        let founding = self.world.founding(&self.log, Timestamp::default(), log_key);
        let founding = founding.map_err(|error| error.to_string())?.len();
        u64::try_from(founding + place).map_err(|error| error.to_string())
    }
}

/// An anchor that fits no log.
pub(super) fn false_anchor(which: FalseAnchor) -> Anchor {
    const FAR_AHEAD: u64 = 1_000_000_000;
    let size = match which {
        FalseAnchor::Ahead => FAR_AHEAD,
        FalseAnchor::Other => 1,
    };
    Anchor { size, root: Digest::sha256(&[b"another log"]) }
}
