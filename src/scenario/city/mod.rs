//! A made-up city: who there is, and a year of manifests with everything the ledger should find in them.
//!
//! It is as large as is asked for, and streams: [`City::chunk`] makes any [`CHUNK`] of its manifests without the others, the same bytes every
//! time, so that ten million events need not be held, and every core may make its own. Time passes chunk by chunk: a week of the city has
//! as many chunks as [`Size::chunks_a_week`] says, and none reaches into the week after the next.
//!
//! How many lines, containers and kilograms a manifest has is drawn from real ones (`seeds/us/shape.csv`), waste codes are real Chinese
//! ones. One load in [`FAULTS_ONE_IN`] has a fault that the ledger must find, one in [`LATE_ONE_IN`] is told hours late, one event in
//! [`DUPLICATES_ONE_IN`] is sent twice; nothing else is wrong, so that what is found can be compared exactly.

mod load;
mod people;
mod random;
mod shape;
mod story;

use std::collections::BTreeSet;

use super::words::ZONE_HOURS;
use super::{Played, ScenarioError, Script, Scripted, World};
use crate::clock::{HOUR_MS, MINUTE_MS, Timestamp};
use crate::custody::Subject;
use load::Load;
use people::People;
pub use random::Random;
use shape::Shape;
use story::Story;

/// Manifests of a chunk.
pub const CHUNK: usize = 125;
/// Weeks of a city's year: what is left of the first must not lie in store too long by the end.
pub const WEEKS: usize = 36;
/// One load in so many has a fault, where faults are planted.
pub const FAULTS_ONE_IN: usize = 5;
/// One load in so many is told hours late, where faults are planted: in disorder, and before anybody may call it late.
pub const LATE_ONE_IN: usize = 25;
/// One event in so many is sent once more, where faults are planted.
pub const DUPLICATES_ONE_IN: usize = 50;
/// Events that the founding of a city spans at most, in hours: that long before its first week it is founded.
const FOUNDED_HOURS_BEFORE: i64 = 14 * 24;
/// The Monday of the first week.
const FIRST_MONDAY: &str = "2026-03-02T00:00:00+08:00";
const WEEK_MS: i64 = 7 * 24 * HOUR_MS;
/// Time after the last week until everything that is due in it has come: fates are open for ninety days at most.
const WEEKS_AFTER: i64 = 4;
/// Working days of a week.
const WORKING_DAYS: usize = 5;

/// How large a city is, and what goes wrong in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Manifests of its year. There are about as many firms as such a number needs.
    pub manifests: usize,
    /// Chunks of a week; more where the year's manifests would not fit otherwise.
    pub chunks_a_week: usize,
    /// Whether faults are planted, and events told late or twice.
    pub with_faults: bool,
}

/// A city.
#[derive(Clone, Debug)]
pub struct City {
    seed: u64,
    size: Size,
    people: People,
    shape: Shape,
}

/// What the ledger should find, open when the year is over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expected {
    /// The rule.
    pub rule: &'static str,
    /// About what.
    pub subject: Subject,
    /// What the chunk's script calls it: `M0000421`, `M0000421/1`.
    pub called: String,
}

/// Some manifests of a city, from their registration to their end.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// Signed events in the order in which they reach the ledger, and their names.
    pub played: Played,
    /// What the ledger should find of them.
    pub expected: BTreeSet<Expected>,
    /// The number of the load that each line of the script is about.
    loads: Vec<usize>,
}

impl City {
    /// A city of a seed: the same seed and size give the same bytes, on every machine.
    pub fn make(seed: u64, size: Size) -> Result<Self, ScenarioError> {
        let shape = Shape::embedded();
        let people = People::make(seed, size.manifests, &shape)?;
        Ok(Self { seed, size, people, shape })
    }

    /// Who there is.
    pub fn world(&self) -> &World {
        &self.people.world
    }

    /// When its ledger is founded.
    pub fn founded_at(&self) -> Timestamp {
        first_monday().plus_hours(-FOUNDED_HOURS_BEFORE)
    }

    /// When its year is over, and everything has come that was due in it.
    pub fn ends_at(&self) -> Timestamp {
        let weeks = i64::try_from(WEEKS).unwrap_or(i64::MAX) + WEEKS_AFTER;
        first_monday().plus_millis(weeks * WEEK_MS)
    }

    /// How many chunks it has.
    pub fn chunks(&self) -> usize {
        self.size.manifests.div_ceil(CHUNK)
    }

    fn chunks_a_week(&self) -> usize {
        self.size.chunks_a_week.max(self.chunks().div_ceil(WEEKS)).max(1)
    }

    /// One chunk, counted from 0, signed for the ledger named `log`. Fails only where that is no name of a ledger.
    pub fn chunk(&self, log: &str, n: usize) -> Result<Chunk, ScenarioError> {
        let mut random = Random::of(self.seed, &format!("chunk {n}"));
        let first = n * CHUNK;
        let numbers = first..(first + CHUNK).min(self.size.manifests);
        let days = self.days(n);
        let stories: Vec<Story> = numbers.map(|no| self.story(no, &days, &mut random)).collect();
        let planted: Vec<(&'static str, String)> =
            stories.iter().flat_map(|story| story.planted.clone()).collect();
        let week = i64::try_from(n / self.chunks_a_week()).unwrap_or(i64::MAX);
        let text = written(first_monday().plus_millis(week.saturating_mul(WEEK_MS)), stories);
        let mut played = Script::parse(&format!("city-{}-{n}", self.seed), &text)?.play(self.world(), log)?;
        if self.size.with_faults {
            send_twice(&mut played.acts, &mut random);
        }
        let expected = planted.into_iter().map(|(rule, called)| Expected {
            rule,
            subject: played
                .names
                .called(&called)
                .unwrap_or_else(|| panic!("{called} is no name of the script")),
            called,
        });
        Ok(Chunk { expected: expected.collect(), loads: text.lines().map(load_of).collect(), played })
    }

    /// The midnight before which no event of this chunk, or of a later one, reaches the ledger.
    pub fn begins_at(&self, n: usize) -> Timestamp {
        let (week, day) = (n / self.chunks_a_week(), self.days(n).start);
        let ms = |count: usize, of: i64| i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(of);
        first_monday().plus_millis(ms(week, WEEK_MS).saturating_add(ms(day, 24 * HOUR_MS)))
    }

    /// So many chunks before one, no event of an earlier chunk is sent that late: `sent +3d` over a week's end is the latest.
    pub fn reach(&self) -> usize {
        2 * self.chunks_a_week()
    }

    /// The days of its week on which the loads of a chunk are collected: all of them where a week has but one chunk, its own part of the
    /// week where it has many.
    fn days(&self, n: usize) -> std::ops::Range<usize> {
        let (place, of) = (n % self.chunks_a_week(), self.chunks_a_week());
        place * WORKING_DAYS / of..((place + 1) * WORKING_DAYS).div_ceil(of)
    }

    fn story(&self, no: usize, days: &std::ops::Range<usize>, random: &mut Random) -> Story {
        let load = Load::any(self, no, days, random);
        let of = |stories: &[fn(&Load<'_>) -> Story], random: &mut Random| {
            stories[random.below(stories.len())](&load)
        };
        let goes_wrong =
            |one_in: usize, random: &mut Random| self.size.with_faults && random.below(one_in) == 0;
        if goes_wrong(FAULTS_ONE_IN, random) {
            of(&story::FAULTY, random)
        } else if goes_wrong(LATE_ONE_IN, random) {
            of(&story::LATE, random)
        } else {
            of(&story::CLEAN, random)
        }
    }
}

impl Chunk {
    /// The number of the load that an event is about, of the whole city: whoever confirms a registration has seen it, so the events of a
    /// load are sent one after the other.
    pub fn load_of(&self, act: &Scripted) -> usize {
        act.line.checked_sub(1).and_then(|line| self.loads.get(line)).copied().unwrap_or(0)
    }
}

fn first_monday() -> Timestamp {
    FIRST_MONDAY.parse().expect("a constant that a test reads")
}

/// Some events once more, at some later moment of the chunk, as clients do that lost the answer.
fn send_twice(acts: &mut Vec<Scripted>, random: &mut Random) {
    let count = acts.len();
    for n in 0..count {
        if random.below(DUPLICATES_ONE_IN) == 0 {
            let later = n + random.below(count - n);
            let again = Scripted { recorded_at: acts[later].recorded_at, ..acts[n].clone() };
            acts.push(again);
        }
    }
    acts.sort_by_key(|act| act.recorded_at);
}

/// The load of a line, whose lots and manifests are `L0000421` and `M0000421`; no line is about two.
fn load_of(line: &str) -> usize {
    let named = |word: &str| word.strip_prefix(['L', 'M'])?.get(..7)?.parse().ok();
    line.split_whitespace().find_map(named).unwrap_or(0)
}

/// The stories of a chunk as one script.
fn written(monday: Timestamp, stories: Vec<Story>) -> String {
    let mut lines: Vec<(u32, String)> = stories.into_iter().flat_map(|story| story.lines).collect();
    lines.sort_by_key(|(minute, _)| *minute);
    let (mut text, mut today) = (String::new(), None);
    for (minute, line) in lines {
        let there = monday.plus_hours(ZONE_HOURS).plus_millis(i64::from(minute) * MINUTE_MS).to_utc();
        if today != Some(there.date_naive()) {
            text.push_str(&format!("day {}\n", there.date_naive()));
            today = Some(there.date_naive());
        }
        text.push_str(&format!("{}  {line}\n", there.format("%H:%M")));
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::registry::Role;

    const LOG: &str = "city.example/liandan";

    fn city(manifests: usize) -> City {
        City::make(7, Size { manifests, chunks_a_week: 1, with_faults: true }).unwrap()
    }

    #[test]
    fn a_chunk_is_the_same_whoever_makes_it_and_when() {
        let city = city(400);
        assert_eq!(city.chunks(), 4);
        let once = city.chunk(LOG, 2).unwrap();
        city.chunk(LOG, 0).unwrap();
        let again = self::city(400).chunk(LOG, 2).unwrap();
        assert_eq!((&once.played.acts, &once.expected), (&again.played.acts, &again.expected));
        assert_ne!(once.played.acts, City::make(8, city.size).unwrap().chunk(LOG, 2).unwrap().played.acts);
        assert_eq!(city.chunk(LOG, 3).unwrap().loads.iter().max(), Some(&399), "the last one is not full");
    }

    #[test]
    fn a_manifest_has_five_to_eight_events_and_as_many_lines_as_real_ones() {
        let city = city(1_000);
        let acts: Vec<Scripted> = (0..8).flat_map(|n| city.chunk(LOG, n).unwrap().played.acts).collect();
        let a_manifest = acts.len() as f64 / 1_000.0;
        assert!((5.0..=8.5).contains(&a_manifest), "{a_manifest}");
        let lines: Vec<usize> = (0..2_000)
            .map(|no| Load::any(&city, no, &(0..5), &mut Random::of(1, &no.to_string())).lines.len())
            .collect();
        let single = lines.iter().filter(|lines| **lines == 1).count();
        assert!((1_450..=1_590).contains(&single), "{single} of 2000 have one line");
        let all: usize = lines.iter().sum();
        assert!((3_500..=4_400).contains(&all), "{all} lines of 2000 manifests");
    }

    /// `quantity-outlier` finds a load of five times what the middle one of its code weighs, which is at least what the smallest does.
    #[test]
    fn no_load_is_unusual_by_chance() {
        let city = city(100_000);
        let mut weighs: BTreeMap<(String, &str), (u32, u32)> = BTreeMap::new();
        for no in 0..20_000 {
            let load = Load::any(&city, no, &(0..5), &mut Random::of(1, &no.to_string()));
            let mut codes: BTreeMap<&str, u32> = BTreeMap::new();
            load.lines.iter().for_each(|part| *codes.entry(part.code).or_default() += part.kg);
            for (code, kg) in codes {
                let (least, most) = weighs.entry((load.sender().to_owned(), code)).or_insert((kg, kg));
                (*least, *most) = (kg.min(*least), kg.max(*most));
            }
        }
        let far = weighs.iter().find(|(_, (least, most))| *most >= 5 * least);
        assert!(far.is_none(), "{far:?}");
    }

    #[test]
    fn time_passes_chunk_by_chunk() {
        let slow = city(400);
        assert_eq!((slow.days(0), slow.days(3)), (0..5, 0..5));
        let fast =
            City::make(7, Size { manifests: 100_000, chunks_a_week: 300, with_faults: false }).unwrap();
        assert_eq!(
            (fast.days(0), fast.days(59), fast.days(60), fast.days(299), fast.days(300)),
            (0..1, 0..1, 1..2, 4..5, 0..1)
        );
        let full = City::make(7, Size { manifests: 100_000, chunks_a_week: 1, with_faults: false }).unwrap();
        assert_eq!(full.chunks_a_week(), 23, "the year has room for all");
    }

    #[test]
    fn a_city_has_what_its_size_needs() {
        let (small, large) = (city(100), city(1_250_000));
        let count = |city: &City, role: Role| {
            city.world().parties().iter().filter(|party| party.roles().contains(&role)).count()
        };
        for (role, of_small, of_large) in
            [(Role::Officer, 4, 4), (Role::Driver, 3, 200), (Role::Operator, 20, 2_262)]
        {
            assert_eq!((count(&small, role), count(&large, role)), (of_small, of_large), "{role:?}");
        }
        assert!(large.world().parties().iter().all(|party| party.uscc.check_ok()));
        assert!(
            large
                .world()
                .founding(LOG, large.founded_at(), large.world().key("bureau", Role::Officer).public())
                .unwrap()
                .len()
                < 24 * 3_600,
            "invitations are good for a day"
        );
    }
}
