//! The duty roster (值班表): which officers are on duty for a division on a day.
//!
//! Kept beside the log, like lent label numbers: it is an authority's own arrangement and proves nothing. Where a division has arranged
//! nothing for a day, what the city and then the province arranged counts.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, TimeDelta};

use super::access::Viewer;
use super::error::{Refusal, RefusalKind, SubmitError};
use super::{App, Fault};
use crate::catalogue::Division;
use crate::custody::admit::Objection;
use crate::ledger::Kid;
use crate::registry::Role;
use crate::store::{ReadTx, duty_roster, registry};

/// Most officers on duty in one division on one day.
pub const MAX_ON_DUTY: usize = 8;
/// How many days ahead a roster reaches, and how many days back it is kept.
pub const MAX_ROSTER_DAYS: i64 = 366;

/// What somebody arranges: these officers and nobody else, on every day of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// Where.
    pub division: Division,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// Keys of the officers; none clears the days.
    pub officers: Vec<Kid>,
}

/// Who is on duty in one division, day by day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// Where.
    pub division: Division,
    /// First and last day asked for.
    pub days: (NaiveDate, NaiveDate),
    /// The officers of each day for which something was arranged.
    pub on_duty: BTreeMap<NaiveDate, Vec<Kid>>,
}

/// Who is on duty on one day, everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnDuty(BTreeMap<Division, Vec<Kid>>);

impl OnDuty {
    /// Who is on duty on a day.
    pub(super) async fn on(tx: &mut ReadTx, day: NaiveDate) -> Result<Self, Fault> {
        Ok(Self(duty_roster::on_day(tx, day).await?))
    }

    /// The officers whom something in a division goes to: those of the division itself, else of its city, else of its province.
    pub fn of(&self, division: Division) -> &[Kid] {
        let nearest = [division, division.city(), division.province()];
        nearest.iter().find_map(|near| self.0.get(near)).map_or(&[], Vec::as_slice)
    }

    /// True when something that lies in these divisions goes to an officer.
    pub fn is_on(&self, officer: Kid, divisions: &[Division]) -> bool {
        divisions.iter().any(|division| self.of(*division).contains(&officer))
    }
}

impl App {
    /// Arrange who is on duty; for officers, in their division.
    pub async fn arrange_duty(&self, viewer: &Viewer, shift: &Shift) -> Result<(), SubmitError> {
        let by = arranger(viewer, shift.division)?;
        let today = self.today();
        checked(shift, today)?;
        let mut tx = self.inner.store.write().await?;
        self.lock(&mut tx).await?;
        let unknown = unknown_officers(&mut tx, shift).await?;
        if !unknown.is_empty() {
            tx.rollback().await?;
            return Err(Refusal::unacceptable(unknown).into());
        }
        let at = self.inner.clock.now();
        duty_roster::replace(&mut tx, shift.division, (shift.from, shift.to), &shift.officers, (by, at))
            .await?;
        duty_roster::forget_before(&mut tx, today - TimeDelta::days(MAX_ROSTER_DAYS)).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Who is on duty in a division, that of the viewer when nothing is said, from one day (today) to another (a month later); for authorities
    /// over it. A span that is longer than a roster reaches is cut.
    pub async fn duty_roster(
        &self,
        viewer: &Viewer,
        division: Option<Division>,
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
    ) -> Result<Option<Roster>, Fault> {
        const USUAL_DAYS: i64 = 30;
        let Viewer::Authority { division: own, .. } = viewer else { return Ok(None) };
        let division = division.unwrap_or(*own);
        if !division.is_within(*own) {
            return Ok(None);
        }
        let later = |day: NaiveDate, days| day.checked_add_signed(TimeDelta::days(days)).unwrap_or(day);
        let from = from.unwrap_or_else(|| self.today());
        let to = to.unwrap_or_else(|| later(from, USUAL_DAYS)).min(later(from, MAX_ROSTER_DAYS - 1));
        let mut tx = self.inner.store.read().await?;
        let on_duty = duty_roster::between(&mut tx, division, (from, to)).await?;
        Ok(Some(Roster { division, days: (from, to), on_duty }))
    }

    /// The officers whom something in a division goes to today, as [`OnDuty::of`] says; for authorities over it.
    pub async fn on_duty_in(&self, viewer: &Viewer, division: Division) -> Result<Option<Vec<Kid>>, Fault> {
        if !viewer.supervises(&[division]) {
            return Ok(None);
        }
        let mut tx = self.inner.store.read().await?;
        Ok(Some(self.on_duty_today(&mut tx, viewer).await?.of(division).to_vec()))
    }

    /// Who is on duty today; for authorities, and nobody for anybody else.
    pub(super) async fn on_duty_today(&self, tx: &mut ReadTx, viewer: &Viewer) -> Result<OnDuty, Fault> {
        if !viewer.is_authority() {
            return Ok(OnDuty::default());
        }
        OnDuty::on(tx, self.today()).await
    }
}

/// The key of an officer who may arrange duty in a division.
fn arranger(viewer: &Viewer, division: Division) -> Result<Kid, Refusal> {
    let refuse = |code: &str, pointer: &str, zh: &str, en: &str| {
        Err(Refusal::one(RefusalKind::Unacceptable, Objection::new(code, pointer, zh, en)))
    };
    match viewer {
        Viewer::Authority { division: own, role: Role::Officer, kid, .. } if division.is_within(*own) => {
            Ok(*kid)
        }
        Viewer::Authority { role: Role::Officer, .. } => refuse(
            "division-not-supervised",
            "/division",
            "该行政区划不在本机关监管范围内",
            "the division does not lie in that of your authority",
        ),
        _ => refuse(
            "role-arranges-no-duty",
            "/header/authorization",
            "只有主管部门的执法人员可以排值班表",
            "only an officer of an authority arranges who is on duty",
        ),
    }
}

/// Everything that is wrong with a shift by itself.
fn checked(shift: &Shift, today: NaiveDate) -> Result<(), Refusal> {
    let mut wrong = Vec::new();
    let last = today.checked_add_signed(TimeDelta::days(MAX_ROSTER_DAYS)).unwrap_or(today);
    if shift.from < today {
        let (zh, en) = (format!("不得早于今天（{today}）"), format!("begins before today, {today}"));
        wrong.push(Objection::new("roster-past", "/from", zh, en));
    }
    if shift.to < shift.from || shift.to > last {
        let zh = format!("最后一天应不早于第一天，不晚于 {last}");
        wrong.push(Objection::new(
            "roster-span",
            "/to",
            zh,
            format!("the last day lies between the first one and {last}"),
        ));
    }
    if shift.officers.len() > MAX_ON_DUTY {
        let zh = format!("同日值班最多 {MAX_ON_DUTY} 人");
        wrong.push(Objection::new(
            "roster-full",
            "/officers",
            zh,
            format!("at most {MAX_ON_DUTY} officers a day"),
        ));
    }
    let mut seen = BTreeSet::new();
    for (n, _) in shift.officers.iter().enumerate().filter(|(_, kid)| !seen.insert(**kid)) {
        let pointer = format!("/officers/{n}");
        wrong.push(Objection::new(
            "officer-twice",
            pointer,
            "同一密钥写了两次",
            "the key stands there twice",
        ));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Refusal::unacceptable(wrong)) }
}

/// Those named that are no enrolled key of an officer whose authority is over the division.
async fn unknown_officers(tx: &mut ReadTx, shift: &Shift) -> Result<Vec<Objection>, Fault> {
    let keys = registry::keys(tx, &shift.officers).await?;
    let parties: Vec<_> = keys.iter().map(|key| key.party).collect();
    let parties = registry::parties(tx, &parties).await?;
    let supervises = |kid: &Kid| {
        let is_officer = |key: &&crate::registry::KeyRecord| {
            key.kid == *kid && key.role == Role::Officer && key.revoked_index.is_none()
        };
        let party = keys.iter().find(is_officer).map(|key| key.party);
        parties.iter().any(|record| Some(record.party) == party && shift.division.is_within(record.division))
    };
    let unknown = shift.officers.iter().enumerate().filter(|(_, kid)| !supervises(kid));
    let objection = |(n, _): (usize, &Kid)| {
        let (zh, en) = (
            "不是主管该行政区划的执法人员的有效密钥",
            "not a good key of an officer of an authority over the division",
        );
        Objection::new("officer-unknown", format!("/officers/{n}"), zh, en)
    };
    Ok(unknown.map(objection).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn kid(n: u8) -> Kid {
        Kid::from_bytes([n; 32])
    }

    #[test]
    fn what_a_county_did_not_arrange_goes_to_its_city_and_then_to_its_province() {
        let division = |code: &str| code.parse::<Division>().unwrap();
        let arranged = [("371302", 1), ("371300", 2), ("370000", 3)];
        let on_duty = OnDuty(arranged.map(|(code, n)| (division(code), vec![kid(n)])).into());
        for (code, n) in [("371302", 1), ("371311", 2), ("371300", 2), ("370115", 3), ("370000", 3)] {
            assert_eq!(on_duty.of(division(code)), [kid(n)], "{code}");
        }
        assert_eq!(on_duty.of(division("320706")), []);
        assert!(on_duty.is_on(kid(1), &[division("320706"), division("371302")]));
        assert!(!on_duty.is_on(kid(2), &[division("371302")]), "the county has its own");
        assert!(!on_duty.is_on(kid(1), &[]));
    }

    #[test]
    fn everything_wrong_with_a_shift_is_told_at_once() {
        let shift = |from: &str, to: &str, officers: Vec<Kid>| Shift {
            division: "371302".parse().unwrap(),
            from: day(from),
            to: day(to),
            officers,
        };
        let codes = |shift: &Shift| match checked(shift, day("2026-03-02")) {
            Ok(()) => Vec::new(),
            Err(refusal) => {
                refusal.errors.into_iter().map(|error| format!("{} {}", error.code, error.pointer)).collect()
            }
        };
        assert_eq!(
            codes(&shift("2026-03-02", "2027-03-03", (0..8).map(kid).collect())),
            Vec::<String>::new()
        );
        assert_eq!(codes(&shift("2026-03-02", "2027-03-04", Vec::new())), ["roster-span /to"]);
        let all = codes(&shift("2026-03-01", "2026-02-28", (0..8).chain([0]).map(kid).collect()));
        assert_eq!(
            all,
            ["roster-past /from", "roster-span /to", "roster-full /officers", "officer-twice /officers/8"]
        );
    }
}
