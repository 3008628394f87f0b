//! Further up: whom a notice goes to when nobody looks, and when.
//!
//! In a party: its administrators. In an authority: who is on duty where it lies, who is on duty next there, all officers of the authority, and
//! the same in the city and then in the province.

use chrono::{Days, TimeDelta};

use super::audience::{self, ADMINISTRATORS, OFFICERS, Posts};
use crate::app::Fault;
use crate::app::roster::MAX_ROSTER_DAYS;
use crate::catalogue::{Calendar, Division, Profile, Severity, Uscc};
use crate::clock::Timestamp;
use crate::ledger::Kid;
use crate::store::notice::StoredNotice;
use crate::store::{ReadTx, duty_roster};

/// So many days ahead the next on the roster is looked for (*).
const NEXT_WITHIN_DAYS: i64 = 14;
const _: () = assert!(NEXT_WITHIN_DAYS <= MAX_ROSTER_DAYS);

/// Hours until nobody has looked for too long, by how much it matters (*); what is for information goes nowhere.
pub fn hours(severity: Severity) -> Option<i64> {
    match severity {
        Severity::Critical => Some(4),
        Severity::Major => Some(24),
        Severity::Minor => Some(72),
        Severity::Notice => None,
    }
}

/// When something that somebody was told of goes further up. What is critical knows no holidays; all else waits for the same time of the next
/// working day.
pub(super) fn later(profile: &Profile, from: Timestamp, severity: Severity) -> Option<Timestamp> {
    let mut at = from.plus_hours(hours(severity)?);
    let is_free =
        |at: Timestamp| !Calendar::embedded().is_working_day(profile.local_date(at.as_millis())).working;
    while severity < Severity::Critical && is_free(at) {
        at = at.plus_hours(24);
    }
    Some(at)
}

/// Audiences by their party.
type Told = Vec<(Uscc, Vec<String>)>;

/// Whom something in a division goes to first: who is on duty; where nobody is, the officers of the nearest authority.
pub(super) async fn first_rung(tx: &mut ReadTx, posts: &Posts, division: Division) -> Result<Told, Fault> {
    let on_duty = on_duty_in(tx, posts, division).await?;
    if on_duty.is_empty() { officers_of(tx, nearest(division)).await } else { Ok(on_duty) }
}

/// The rungs of a notice above the first one. Made anew each time: rosters and keys change.
pub(super) async fn rungs(tx: &mut ReadTx, posts: &Posts, notice: &StoredNotice) -> Result<Vec<Told>, Fault> {
    if notice.divisions.is_empty() {
        return Ok(vec![vec![(notice.party, vec![ADMINISTRATORS.to_owned()])]]);
    }
    let mut rungs: Vec<Told> = vec![Told::new(); LEVELS.len() * PER_LEVEL];
    for division in &notice.divisions {
        for (level, above) in LEVELS.iter().map(|level| level(*division)).enumerate() {
            let at = level * PER_LEVEL;
            audience::merge(&mut rungs[at], on_duty_in(tx, posts, above).await?);
            audience::merge(&mut rungs[at + 1], next_in(tx, posts, above).await?);
            audience::merge(&mut rungs[at + 2], officers_of(tx, [above]).await?);
        }
    }
    Ok(rungs)
}

/// Rungs in each division: on duty, next, all officers.
const PER_LEVEL: usize = 3;
/// The division itself, its city, its province.
const LEVELS: [fn(Division) -> Division; 3] = [|division| division, Division::city, Division::province];

fn nearest(division: Division) -> [Division; 3] {
    [division, division.city(), division.province()]
}

async fn on_duty_in(tx: &mut ReadTx, posts: &Posts, division: Division) -> Result<Told, Fault> {
    audience::of_keys(tx, posts.on_duty.of(division)).await
}

/// Those whose duty in a division itself begins next, who are not on it now.
async fn next_in(tx: &mut ReadTx, posts: &Posts, division: Division) -> Result<Told, Fault> {
    let tomorrow = posts.day.checked_add_days(Days::new(1)).unwrap_or(posts.day);
    let last = posts.day.checked_add_signed(TimeDelta::days(NEXT_WITHIN_DAYS)).unwrap_or(posts.day);
    let arranged = duty_roster::between(tx, division, (tomorrow, last)).await?;
    let now = posts.on_duty.of(division);
    let new = |kids: &Vec<Kid>| kids.iter().copied().filter(|kid| !now.contains(kid)).collect::<Vec<_>>();
    let next = arranged.values().map(new).find(|kids| !kids.is_empty());
    audience::of_keys(tx, &next.unwrap_or_default()).await
}

/// All officers of the nearest authority of these divisions.
async fn officers_of<const N: usize>(tx: &mut ReadTx, divisions: [Division; N]) -> Result<Told, Fault> {
    let found = duty_roster::authorities(tx, &divisions).await?;
    let nearest = divisions.iter().find(|division| found.iter().any(|(of, _)| of == *division));
    let here = found.iter().filter(|(of, _)| Some(of) == nearest);
    Ok(here.map(|(_, party)| (*party, vec![OFFICERS.to_owned()])).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_critical_knows_no_holidays() {
        let profile = Profile::embedded("cn").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        // A Friday.
        let friday = at("2026-03-06T16:00:00+08:00");
        for (severity, goes_at) in [
            (Severity::Critical, Some(at("2026-03-06T20:00:00+08:00"))),
            (Severity::Major, Some(at("2026-03-09T16:00:00+08:00"))),
            (Severity::Minor, Some(at("2026-03-09T16:00:00+08:00"))),
            (Severity::Notice, None),
        ] {
            assert_eq!(later(profile, friday, severity), goes_at, "{severity:?}");
        }
        // Labour Day of 2026 begins on Friday, 1 May.
        let before = at("2026-04-30T16:00:00+08:00");
        let goes_at = later(profile, before, Severity::Major).unwrap();
        assert!(goes_at > at("2026-05-03T00:00:00+08:00"), "{goes_at}");
    }
}
