//! Checks of numbers of other systems that are bound to a manifest.

use crate::catalogue::{Division, NumberForm};
use crate::custody::actions::may;
use crate::custody::admit::{Candidate, Objection};
use crate::custody::books::Books;
use crate::custody::manifest::{ManifestState, Registration};
use crate::custody::payload::manifest::NumberBound;

const NUMBER: &str = "/data/number";

/// Most numbers of one manifest: they are written with it whenever it changes.
const MAX_NUMBERS: usize = 16;

impl Books {
    /// Everything that speaks against binding a number.
    pub(super) fn binding(
        &self,
        candidate: &Candidate,
        bound: &NumberBound,
        objections: &mut Vec<Objection>,
    ) {
        let empty = ManifestState::default();
        let state = self.manifest(&bound.manifest).map_or(&empty, |shelf| &shelf.state);
        if state.erased.is_some() {
            return; // That alone is said of it.
        }
        self.may_bind(candidate, state, objections);
        if state.numbers.len() >= MAX_NUMBERS {
            objections.push(Objection::new(
                "numbers-spent",
                "/data/manifest",
                format!("一份联单最多绑定 {MAX_NUMBERS} 个编号"),
                format!("at most {MAX_NUMBERS} numbers are bound to a manifest"),
            ));
        }
        let profile = self.rulebook.profile;
        match profile.external_number(&bound.system) {
            None => objections.push(Objection::new(
                "number-system-unknown",
                "/data/system",
                format!("本规则没有编号体系 {}", &*bound.system),
                format!("the profile has no numbering system {}", &*bound.system),
            )),
            Some(form) if form.judge(&bound.number) == NumberForm::Irregular => {
                objections.push(Objection::new(
                    "number-malformed",
                    NUMBER,
                    format!("不符合{}的格式 {}（9 为半角数字，A 为大写字母）", form.zh, form.pattern),
                    format!("not a {} of the form {} (9 a digit, A a capital letter)", form.en, form.pattern),
                ));
            }
            Some(_) => {}
        }
        match self.bound_to(&bound.system, &bound.number) {
            Some(owner) if owner == bound.manifest => objections.push(Objection::new(
                "already-said",
                NUMBER,
                "该编号已绑定本联单",
                "this number is bound to this manifest already",
            )),
            Some(_) => objections.push(Objection::new(
                "number-taken",
                NUMBER,
                "该编号已绑定另一份联单",
                "this number is bound to another manifest",
            )),
            None => {}
        }
    }

    /// The consignor and the consignee bind numbers, and the authorities over either end.
    fn may_bind(&self, candidate: &Candidate, state: &ManifestState, objections: &mut Vec<Objection>) {
        let party = &candidate.event.party;
        let supervised = state.registration.as_ref().is_some_and(|registration| {
            let own = self.registry.party(party).filter(|_| self.registry.is_authority(party));
            own.is_some_and(|own| self.ends(registration).any(|end| end.is_within(own.division)))
        });
        if supervised {
            return;
        }
        if let Err(why) = may(candidate.event.kind(), state, party) {
            objections.push(Objection::new(why.code, "/data/manifest", why.zh, why.en));
        }
    }

    fn ends(&self, registration: &Registration) -> impl Iterator<Item = Division> {
        let sites = [registration.consignor.site, registration.consignee.site];
        sites.into_iter().filter_map(|site| self.registry.site(&site).map(|record| record.division))
    }
}
