//! A script as it is written: lines with a time, an actor and a deed, and below them what must come out.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::ScenarioError;
use super::deed::{Deed, Line};
use super::grammar;
use super::words::{Words, local, read_day, read_time};
use crate::clock::Timestamp;

/// What divides the lines of a script from what must come out.
const DIVIDER: &str = "=====";
/// The Monday on which a script without `day` begins.
const FIRST_DAY: NaiveDate =
    NaiveDate::from_ymd_opt(2026, 3, 2).expect("a Monday outside holidays and shifted working days");

/// A script, read and not yet played.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    pub(super) name: String,
    pub(super) lines: Vec<Line>,
    pub(super) ends_at: Timestamp,
    expected: Vec<String>,
    /// Their line numbers.
    pub(super) expected_at: Vec<usize>,
}

impl Script {
    /// Read a script. `name` names it in errors and goes into the ids it makes.
    pub fn parse(name: &str, text: &str) -> Result<Script, ScenarioError> {
        let mut reader = Reader { day: None, last: None, until: None, lines: Vec::new() };
        let mut rows = text.lines().zip(1..);
        for (row, no) in rows.by_ref() {
            if row.trim_end() == DIVIDER {
                break;
            }
            reader.read(no, row).map_err(|message| ScenarioError::Script {
                file: name.to_owned(),
                line: no,
                message,
            })?;
        }
        let expected = rows.map(|(row, no)| (no, normal(row)));
        let expected = expected.filter(|(_, row)| !row.is_empty() && !row.starts_with('#'));
        let (expected_at, expected) = expected.unzip();
        let ends_at = reader.until.or(reader.last);
        Ok(Script {
            name: name.to_owned(),
            expected,
            expected_at,
            ends_at: ends_at.unwrap_or_else(|| local(FIRST_DAY, chrono::NaiveTime::MIN)),
            lines: reader.lines,
        })
    }

    /// The lines below `=====`: what must come out, blanks made single.
    pub fn expected(&self) -> &[String] {
        &self.expected
    }

    /// True when its facts may reach the ledger in any order: nothing in it is by order, as the revocation of a key, the
    /// ownership of an id or act said twice, and what is refused at one time and not at another.
    pub fn is_free_of_order(&self) -> bool {
        self.lines.iter().all(|line| {
            let how = &line.how;
            let by_order = matches!(
                line.deed,
                Deed::RevokesKey { .. }
                    | Deed::EnrolsKey { .. }
                    | Deed::RotatesKey
                    | Deed::Restates { .. }
                    | Deed::RevokesMandate { .. }
                    | Deed::Finding { .. }
                    | Deed::Case { .. }
                    | Deed::SendsAgain { .. }
            );
            !by_order && how.same_act.is_none() && how.same_id.is_none() && how.refused.is_none()
        })
    }

    /// The moment at which the result is looked at: as `until` says, else that of the last line.
    pub fn ends_at(&self) -> Timestamp {
        self.ends_at
    }
}

/// One blank between words, comments cut off.
fn normal(row: &str) -> String {
    let words: Vec<&str> = row.split_whitespace().take_while(|word| *word != "#").collect();
    words.join(" ")
}

struct Reader {
    day: Option<NaiveDate>,
    last: Option<Timestamp>,
    until: Option<Timestamp>,
    lines: Vec<Line>,
}

impl Reader {
    fn read(&mut self, no: usize, row: &str) -> Result<(), String> {
        let mut words = Words::of(row)?;
        let Some(first) = words.peek().map(str::to_owned) else {
            return if words.is_empty() { Ok(()) } else { Err("a line cannot begin with a text".to_owned()) };
        };
        if first.starts_with('#') {
            return Ok(());
        }
        words.next("a day, a time or `until`")?;
        match first.as_str() {
            "day" => self.day = Some(read_day(&words.next("a day such as 2026-03-02")?)?),
            "until" => self.until = Some(words.moment(local(self.today(), chrono::NaiveTime::MIN))?),
            weekday if weekday.parse::<Weekday>().is_ok() => {
                let weekday: Weekday = weekday.parse().map_err(|_| "no weekday")?;
                self.day = Some(next(self.day, weekday));
            }
            time => return self.line(no, time, words),
        }
        end(&words)
    }

    fn line(&mut self, no: usize, time: &str, mut words: Words) -> Result<(), String> {
        let time = read_time(time)
            .map_err(|why| format!("{why}; a line begins with a time, `day`, a weekday or `until`"))?;
        let at = local(self.today(), time);
        if self.last.is_some_and(|last| at < last) {
            return Err(
                "times may not go back; write `sent +3d` for what reaches the ledger later".to_owned()
            );
        }
        let actor = grammar::stop(&words.next("who acts")?);
        let deed = grammar::deed(&mut words, at)?;
        let how = grammar::how(&mut words, at)?;
        end(&words)?;
        self.last = Some(at);
        self.lines.push(Line { no, at, actor, deed, how });
        Ok(())
    }

    fn today(&self) -> NaiveDate {
        self.day.unwrap_or(FIRST_DAY)
    }
}

fn end(words: &Words) -> Result<(), String> {
    match words.peek() {
        Some(word) => Err(format!("expected the end of the line, found `{word}`")),
        None if words.is_empty() => Ok(()),
        None => Err("expected the end of the line, found a text in quotes".to_owned()),
    }
}

/// The next such weekday: in the first week, or after the day before.
fn next(day: Option<NaiveDate>, weekday: Weekday) -> NaiveDate {
    let from = day.map_or(FIRST_DAY, |day| day + Days::new(1));
    let ahead = (7 + weekday.num_days_from_monday() - from.weekday().num_days_from_monday()) % 7;
    from + Days::new(u64::from(ahead))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn days_weekdays_and_the_end_are_read() {
        let text = "# hello\n08:00 acme opens 900-041-49 1200 kg\nTue\n08:00 acme opens L2 900-041-49 1 t # why\n\
                    day 2026-03-10\nuntil 18:00\n=====\n# none\nM1   received  at x\n";
        let script = Script::parse("s", text).unwrap();
        let times: Vec<String> = script.lines.iter().map(|line| line.at.to_string()).collect();
        assert_eq!(times, ["2026-03-02T00:00:00.000Z", "2026-03-03T00:00:00.000Z"]);
        assert_eq!(script.ends_at().to_string(), "2026-03-10T10:00:00.000Z");
        assert_eq!(script.expected(), ["M1 received at x"]);
        assert_eq!(next(Some(FIRST_DAY), Weekday::Mon), FIRST_DAY + Days::new(7));
    }

    #[test]
    fn errors_name_file_line_and_what_was_expected() {
        for (line, says) in [
            ("8 acme opens 900-041-49 1 t", "expected a time"),
            ("08:00", "expected who acts"),
            ("08:00 acme eats M1", "expected a verb"),
            ("08:00 acme opens 900-041-49", "expected a whole number"),
            ("08:00 acme opens 900-041-99 1 t", "category"),
            ("08:00 acme registers M1 900-041-49 1 t acme", "expected a route"),
            ("08:00 acme hands M1 swift", "expected `to`"),
            ("08:00 acme hands M1 to swift gladly", "expected a modifier"),
            ("08:00 acme opens 900-041-49 1 t \"x\"", "text in quotes"),
            ("day 2026-02-30", "expected a day"),
        ] {
            let error = Script::parse("s", &format!("\n{line}\n")).unwrap_err().to_string();
            assert!(error.starts_with("s:2: ") && error.contains(says), "{line}: {error}");
        }
        let back = "09:00 acme opens 900-041-49 1 t\n08:00 acme opens 900-041-49 1 t";
        assert!(Script::parse("s", back).unwrap_err().to_string().contains("go back"));
    }
}
