//! A jurisdiction profile: every figure of a law and every switch, read from `seeds/jurisdictions/*.toml`.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, NaiveTime};
use sha2::{Digest, Sha256};

use super::columns::{self, ColumnOrder};
use super::division::Division;
use super::exemption::{Duty, Exemption, Link};
use super::numbering::{ExternalNumber, Numbering, is_pattern};
use super::period::DeclarationPeriod;
use super::profile_body::{
    ApprovalTerms, Body, CaseDays, Declared, Demands, Disposition, Documents, Names, Retention, Severity,
    SignatureLevel, Treatments, UnitClass, UnlistedCode, Zone,
};
use super::profile_error::ProfileError;
use super::thresholds::{REQUIRED_RULES, thresholds_of};
use super::waste::WasteCode;

const CN: &str = include_str!("../../seeds/jurisdictions/cn.toml");
const US: &str = include_str!("../../seeds/jurisdictions/us.toml");

/// Largest threshold a profile may give: what every JSON reader holds exactly (2^53 - 1).
pub(super) const MAX_THRESHOLD: i64 = 9_007_199_254_740_991;

/// A profile that was read and checked: it has every rule and threshold that may be asked for.
#[derive(Debug)]
pub struct Profile {
    body: Body,
    offset: FixedOffset,
    digest: [u8; 32],
}

impl Profile {
    /// A profile compiled into this program: `cn` or `us`.
    pub fn embedded(id: &str) -> Option<&'static Profile> {
        static CN_PROFILE: OnceLock<Profile> = OnceLock::new();
        static US_PROFILE: OnceLock<Profile> = OnceLock::new();
        let (cell, text) = match id {
            "cn" => (&CN_PROFILE, CN),
            "us" => (&US_PROFILE, US),
            _ => return None,
        };
        Some(
            cell.get_or_init(|| {
                Profile::parse(text).expect("the compiled-in profiles parse, a test reads them")
            }),
        )
    }

    /// A profile that an authority adopted: read once and kept for good, however often the log is folded. Where a rule has got another
    /// figure since, that of the compiled-in profile of the same jurisdiction stands in.
    pub fn adopted(text: &str) -> Result<&'static Profile, ProfileError> {
        static READ: Mutex<BTreeMap<[u8; 32], &'static Profile>> = Mutex::new(BTreeMap::new());
        let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(profile) = read.get(&digest) {
            return Ok(profile);
        }
        let mut body: Body = toml::from_str(text)?;
        lend_figures(&mut body);
        let profile: &'static Profile = Box::leak(Box::new(Profile::check(text, body, true)?));
        read.insert(digest, profile);
        Ok(profile)
    }

    /// Reads and checks a profile that may lack rules which this program has and an earlier one had not; they are not in force under it.
    pub fn of_any_age(text: &str) -> Result<Profile, ProfileError> {
        Profile::check(text, toml::from_str(text)?, true)
    }

    /// Reads and checks a profile; it has every rule of this program.
    pub fn parse(text: &str) -> Result<Profile, ProfileError> {
        Profile::check(text, toml::from_str(text)?, false)
    }

    fn check(text: &str, body: Body, may_lack_rules: bool) -> Result<Profile, ProfileError> {
        let offset =
            body.zone.utc_offset.parse().map_err(|_| ProfileError::Offset(body.zone.utc_offset.clone()))?;
        check_rules(&body, may_lack_rules)?;
        check_declarations(&body)?;
        columns::check(&body.columns)?;
        if body.columns.is_empty() && !body.documents_only {
            return Err(ProfileError::NoColumns);
        }
        for (position, exemption) in body.exemptions.iter().enumerate() {
            if body.exemptions[..position].iter().any(|earlier| earlier.id == exemption.id) {
                return Err(ProfileError::DoubleExemption(exemption.id.clone()));
            }
        }
        let patterns =
            body.numbering.external.iter().map(|number| &number.pattern).chain(&body.treatments.pattern);
        for pattern in patterns {
            if !is_pattern(pattern) {
                return Err(ProfileError::Pattern(pattern.clone()));
            }
        }
        Ok(Profile { body, offset, digest: Sha256::digest(text.as_bytes()).into() })
    }

    /// SHA-256 of the profile's text, for `profile.adopted`.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Short name, e.g. `cn`; also the system of its units.
    pub fn id(&self) -> &str {
        &self.body.id
    }

    /// Version of the profile, counted up by whoever changes it.
    pub fn version(&self) -> u32 {
        self.body.version
    }

    /// Name for people.
    pub fn name(&self) -> &Names {
        &self.body.name
    }

    /// True when the profile judges imported documents only and no custody is computed under it.
    pub fn documents_only(&self) -> bool {
        self.body.documents_only
    }

    /// True when every quantity must have a mass.
    pub fn mass_required(&self) -> bool {
        self.body.mass_required
    }

    /// How manifests are numbered.
    pub fn numbering(&self) -> &Numbering {
        &self.body.numbering
    }

    /// The numbers of other systems that may be bound.
    pub fn external_numbers(&self) -> &[ExternalNumber] {
        &self.body.numbering.external
    }

    /// The form of one kind of external number.
    pub fn external_number(&self, kind: &str) -> Option<&ExternalNumber> {
        self.body.numbering.external.iter().find(|number| number.kind == kind)
    }

    /// What happens to a well-formed waste code the edition does not list.
    pub fn unlisted_codes(&self) -> UnlistedCode {
        self.body.waste_codes.unlisted
    }

    /// Which edition of the waste catalogue applies: `in-force` or `none`.
    pub fn waste_code_edition(&self) -> &str {
        &self.body.waste_codes.edition
    }

    /// Which treatment codes are good.
    pub fn treatments(&self) -> &Treatments {
        &self.body.treatments
    }

    /// How long documents are kept.
    pub fn retention(&self) -> Retention {
        self.body.retention
    }

    /// The days of cases.
    pub fn cases(&self) -> CaseDays {
        self.body.cases
    }

    /// What practice asks for.
    pub fn demands(&self) -> Demands {
        self.body.demands
    }

    /// What is known about imported documents.
    pub fn documents(&self) -> Option<&Documents> {
        self.body.documents.as_ref()
    }

    /// How long each stage of an application for an interprovincial transfer may take; none where documents only are judged.
    pub fn approvals(&self) -> Option<&ApprovalTerms> {
        self.body.approvals.as_ref()
    }

    /// The periods that units of a class declare to the authority.
    pub fn declared_by(&self, class: UnitClass) -> &[DeclarationPeriod] {
        let Declared { key, simplified, registered } = &self.body.declarations;
        match class {
            UnitClass::Key => key,
            UnitClass::Simplified => simplified,
            UnitClass::Registered => registered,
        }
    }

    /// The day on which the declaration of the period that `of` lies in is due: the last one that is in time.
    pub fn due_day(&self, period: DeclarationPeriod, of: NaiveDate) -> NaiveDate {
        let figure = |name| self.threshold(DECLARATION_OVERDUE, name);
        let next = period.next(of);
        let (month, day) = match period {
            DeclarationPeriod::Month => (i64::from(next.month()), figure("month_due_day")),
            DeclarationPeriod::Quarter => (i64::from(next.month()), figure("quarter_due_day")),
            DeclarationPeriod::Year => (figure("year_due_month"), figure("year_due_day")),
        };
        day_of(next.year(), month, day).unwrap_or(next)
    }

    /// The orders of columns of registers and declarations; the first one is meant where none is named.
    pub fn column_orders(&self) -> &[ColumnOrder] {
        &self.body.columns
    }

    /// The signature level a handover needs, by the place and class of the site it leaves and the day.
    pub fn signature_level(
        &self,
        division: Option<Division>,
        class: Option<UnitClass>,
        on: NaiveDate,
    ) -> SignatureLevel {
        let fits = self.body.levels.relaxed.iter().find(|relaxed| {
            let here = relaxed.division.is_none_or(|area| division.is_some_and(|site| site.is_within(area)));
            let this_class = relaxed.class.is_none_or(|named| class == Some(named));
            here && this_class && on <= relaxed.until
        });
        fits.map_or(self.body.levels.default, |relaxed| relaxed.level)
    }

    /// True when the profile has an entry for the rule. Always true for a rule of the list unless the profile is for documents only, or was
    /// adopted before there was that rule.
    pub fn has_rule(&self, rule: &str) -> bool {
        self.body.rules.contains_key(rule)
    }

    /// True when the rule looks for anything under this profile.
    pub fn in_force(&self, rule: &str) -> bool {
        self.body.rules.get(rule).is_some_and(|entry| !entry.off)
    }

    /// What a rule does to a declaration; a rule that is not in force stops none.
    pub fn disposition(&self, rule: &str) -> Disposition {
        debug_assert!(thresholds_of(rule).is_some(), "no rule is called {rule}");
        let entry = self.body.rules.get(rule).filter(|entry| !entry.off);
        entry.map_or(Disposition::Finding, |entry| entry.disposition)
    }

    /// The severity the profile gives a rule instead of the rule's own.
    pub fn severity(&self, rule: &str) -> Option<Severity> {
        self.body.rules.get(rule).and_then(|entry| entry.severity)
    }

    /// A figure of a rule, in the unit its name ends in. `parse` made sure that it is there; a profile that lacks the
    /// rule has none, and then the figure is `i64::MAX`, which nothing exceeds.
    pub fn threshold(&self, rule: &str, name: &str) -> i64 {
        debug_assert!(
            thresholds_of(rule).is_some_and(|names| names.contains(&name)),
            "no threshold is called {rule}.{name}"
        );
        let figure = self.body.rules.get(rule).and_then(|entry| entry.thresholds.get(name));
        figure.copied().unwrap_or(i64::MAX)
    }

    /// The exemptions in the order of the profile.
    pub fn exemptions(&self) -> &[Exemption] {
        &self.body.exemptions
    }

    /// True for wastes that must not be kept or carried together.
    pub fn is_incompatible(&self, one: &WasteCode, other: &WasteCode) -> bool {
        self.body.incompatible.iter().any(|pair| pair.are(one, other))
    }

    /// The first exemption for a code on a link. Look at `needs_claim` (must somebody state that the condition holds?), at the duties it
    /// waives and at `max_g` before relying on it.
    pub fn exempt(&self, code: &WasteCode, link: Link) -> Option<&Exemption> {
        self.body.exemptions.iter().find(|exemption| exemption.link == link && exemption.code.covers(code))
    }

    /// True when an exemption frees a code from a duty on a link: by the code alone, or because its condition was claimed (by id).
    pub fn frees(&self, code: &WasteCode, claims: &[String], link: Link, duty: Duty) -> bool {
        self.body.exemptions.iter().any(|exemption| {
            exemption.link == link
                && exemption.waives(duty)
                && exemption.code.covers(code)
                && (!exemption.needs_claim || claims.contains(&exemption.id))
        })
    }

    /// The zone in which days and years begin.
    pub fn zone(&self) -> &Zone {
        &self.body.zone
    }

    /// Offset of that zone from UTC.
    pub fn offset(&self) -> FixedOffset {
        self.offset
    }

    /// The local date at `ms` milliseconds since 1970 UTC; beyond the range of dates, the first or last date.
    pub fn local_date(&self, ms: i64) -> NaiveDate {
        let offset_ms = i64::from(self.offset.local_minus_utc()) * 1_000;
        let local = ms.checked_add(offset_ms).and_then(DateTime::from_timestamp_millis);
        local.map_or(if ms < 0 { NaiveDate::MIN } else { NaiveDate::MAX }, |local| local.date_naive())
    }

    /// The local year at `ms` milliseconds since 1970 UTC.
    pub fn local_year(&self, ms: i64) -> i32 {
        self.local_date(ms).year()
    }

    /// The first millisecond (since 1970 UTC) of the day after `date`: a term that ends on `date` has passed from here on.
    pub fn end_of_local_day_ms(&self, date: NaiveDate) -> i64 {
        let next = date.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
        let local_ms = next.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
        local_ms - i64::from(self.offset.local_minus_utc()) * 1_000
    }
}

/// The rule whose figures say when declarations are due.
const DECLARATION_OVERDUE: &str = "declaration-overdue";

/// A day of a year; `None` where the year has no such day.
fn day_of(year: i32, month: i64, day: i64) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

/// A profile under which custody is computed says what units of each class declare, and due days that every month has.
fn check_declarations(body: &Body) -> Result<(), ProfileError> {
    if body.documents_only {
        return Ok(());
    }
    if body.approvals.is_none() {
        return Err(ProfileError::Approvals);
    }
    let Declared { key, simplified, registered } = &body.declarations;
    for (class, periods) in [("key", key), ("simplified", simplified), ("registered", registered)] {
        let is_twice = (1..periods.len()).any(|n| periods[..n].contains(&periods[n]));
        if periods.is_empty() || is_twice {
            return Err(ProfileError::Declared(class));
        }
    }
    // The shortest month of a year that is no leap year.
    const SHORTEST: (i32, i64) = (2025, 2);
    let figure =
        |name| body.rules.get(DECLARATION_OVERDUE).and_then(|rule| rule.thresholds.get(name)).copied();
    let due = [
        (Some(SHORTEST.1), figure("month_due_day")),
        (Some(SHORTEST.1), figure("quarter_due_day")),
        (figure("year_due_month"), figure("year_due_day")),
    ];
    for (month, day) in due {
        let (month, day) = (month.unwrap_or_default(), day.unwrap_or_default());
        if day_of(SHORTEST.0, month, day).is_none() {
            return Err(ProfileError::DueDay { month, day });
        }
    }
    Ok(())
}

/// Give the rules of a profile the figures that no profile had when it was adopted.
fn lend_figures(body: &mut Body) {
    let Some(compiled_in) = Profile::embedded(&body.id) else { return };
    for (rule, names) in REQUIRED_RULES {
        let Some(entry) = body.rules.get_mut(*rule) else { continue };
        let Some(lender) = compiled_in.body.rules.get(*rule) else { continue };
        for name in *names {
            let figure = lender.thresholds.get(*name).copied();
            if let Some(figure) = figure.filter(|_| !entry.thresholds.contains_key(*name)) {
                entry.thresholds.insert((*name).to_owned(), figure);
            }
        }
    }
}

/// Every rule of the list is there (unless for documents only), none else, each with exactly its thresholds.
fn check_rules(body: &Body, may_lack_rules: bool) -> Result<(), ProfileError> {
    for (rule, entry) in body.rules.iter().collect::<BTreeMap<_, _>>() {
        let known = thresholds_of(rule).ok_or_else(|| ProfileError::UnknownRule(rule.clone()))?;
        for (name, &value) in &entry.thresholds {
            let (rule, name) = (rule.clone(), name.clone());
            if !known.contains(&name.as_str()) {
                return Err(ProfileError::UnknownThreshold { rule, name, known });
            }
            if !(0..=MAX_THRESHOLD).contains(&value) {
                return Err(ProfileError::ThresholdRange { rule, name, value });
            }
        }
        if let Some(&name) = known.iter().find(|name| !entry.thresholds.contains_key(**name)) {
            return Err(ProfileError::MissingThreshold { rule: rule.clone(), name });
        }
    }
    let missing = REQUIRED_RULES.iter().find(|(rule, _)| !body.rules.contains_key(*rule));
    match missing {
        Some((rule, _)) if !body.documents_only && !may_lack_rules => Err(ProfileError::MissingRule(rule)),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "profile_tests.rs"]
mod tests;
