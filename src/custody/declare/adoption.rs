//! Adopting a profile: the one compiled into the program, or one whose text stands in the statement.

use crate::catalogue::Profile;
use crate::custody::Books;
use crate::custody::admit::Objection;
use crate::registry::standing::ProfileAdopted;

impl Books {
    /// A profile must be readable, newer than the one in force, of the same place and zone, and pinned as it reads.
    pub(super) fn adoption(&self, s: &ProfileAdopted, objections: &mut Vec<Objection>) {
        let Some(text) = &s.text else {
            let compiled_in = Profile::embedded(self.rulebook.profile.id());
            let is_pinned = compiled_in.is_some_and(|profile| {
                let with = crate::custody::books::Rulebook { profile, ..self.rulebook };
                with.pinned() == *s
            });
            if !is_pinned {
                objections.push(unknown());
            }
            return;
        };
        let profile = match Profile::adopted(text) {
            Ok(profile) => profile,
            Err(error) => {
                objections.push(Objection::new(
                    "profile-unreadable",
                    "/data/text",
                    "规则版本的文本无法读取，英文部分说明了原因和位置",
                    error.to_string(),
                ));
                return;
            }
        };
        let now = self.rulebook.profile;
        if profile.id() != now.id() || profile.zone().utc_offset != now.zone().utc_offset {
            objections.push(Objection::new(
                "profile-elsewhere",
                "/data/text",
                "规则版本的辖区和时区必须与现行版本相同",
                "a profile must be of the same jurisdiction and zone as the one in force",
            ));
        }
        if profile.version() <= now.version() {
            objections.push(Objection::new(
                "profile-not-newer",
                "/data/text",
                "版本号必须大于现行版本",
                "its version must be greater than that of the profile in force",
            ));
        }
        if self.rulebook.pinned_with(text).ok().as_ref() != Some(s) {
            objections.push(unknown());
        }
    }
}

fn unknown() -> Objection {
    Objection::new(
        "profile-unknown",
        "/data",
        "本程序没有这些版本的规则、日历或名录",
        "this program does not have rules, calendar or catalogue of these versions and digests",
    )
}
