//! What is in force, and what an authority pins when it adopts it.

use crate::catalogue::{Calendar, Catalogue, Profile, ProfileError};
use crate::custody::rules::rules;
use crate::ledger::Digest;
use crate::registry::standing::{MAX_PROFILE_CHARS, Pinned, ProfileAdopted};
use crate::shape::Text;

/// What is in force: the jurisdiction profile and the reference data.
#[derive(Clone, Copy, Debug)]
pub struct Rulebook {
    /// Thresholds, dispositions, zone, exemptions.
    pub profile: &'static Profile,
    /// Codes, divisions, calendar.
    pub catalogue: &'static Catalogue,
}

impl Rulebook {
    /// What an authority adopts when it adopts the rules of this program: every part pinned by its digest.
    pub fn pinned(&self) -> ProfileAdopted {
        let (_, known_until) = Calendar::embedded().known_range();
        let in_force = rules().filter(|rule| self.profile.has_rule(rule.id));
        let rules: Vec<String> = in_force.map(|rule| format!("{}:{}", rule.id, rule.version)).collect();
        let pinned = |id: &str, version: String, sha256: Digest| Pinned {
            id: bounded(id),
            version: bounded(&version),
            sha256,
        };
        ProfileAdopted {
            profile: pinned(
                self.profile.id(),
                self.profile.version().to_string(),
                Digest(self.profile.digest()),
            ),
            calendar: pinned(
                "cn-working-days",
                known_until.to_string(),
                Digest(Calendar::embedded().digest()),
            ),
            catalogue: pinned("seeds", "1".to_owned(), Digest(Catalogue::digest())),
            rules: pinned("liandan", "1".to_owned(), Digest::sha256(&[rules.join("\n").as_bytes()])),
            text: None,
        }
    }

    /// What is in force from an adoption on; `None` where this program does not have what it pins.
    pub fn adopting(&self, adopted: &ProfileAdopted) -> Option<Self> {
        let profile = match &adopted.text {
            Some(text) => Profile::adopted(text).ok()?,
            None => Profile::embedded(&adopted.profile.id)?,
        };
        let is_pinned = adopted.profile.sha256 == Digest(profile.digest());
        is_pinned.then_some(Self { profile, ..*self })
    }

    /// What an authority adopts when it adopts a profile of its own.
    pub fn pinned_with(&self, text: &Text<MAX_PROFILE_CHARS>) -> Result<ProfileAdopted, ProfileError> {
        let with = Self { profile: Profile::adopted(text)?, ..*self };
        Ok(ProfileAdopted { text: Some(text.clone()), ..with.pinned() })
    }
}

/// A short text of our own; the names above keep every limit.
fn bounded(text: &str) -> Text<64> {
    Text::new(text).unwrap_or_else(|why| unreachable!("{text}: {why}"))
}
