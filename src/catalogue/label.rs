//! Label codes of containers (容器标签编码, HJ 1259-2022): 37 characters, by whom, of what, from which day, and a serial number.
//!
//! Strict reading and writing know one spelling. [`read`] also takes what scanners and people send, and says when it had to;
//! it hands the second form of labels, element strings of GS1, to [`Elements`].

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};

use super::gs1::{ElementError, Elements};
use super::waste::is_dash;
use super::{Uscc, UsccError, WasteCode};
use crate::shape::half_width;

/// Characters of a label code.
pub const LABEL_CHARACTERS: usize = 37;
/// The highest serial number of a day, so also how many containers of one waste a party can label on one day.
pub const MAX_SERIAL: u16 = 999;

/// Where the waste code, the day and the serial number begin.
const PARTS: [usize; 3] = [18, 26, 34];

/// A label code: credit code 18, waste code 8, day 8, serial number 3. It need not be unique in the world: two sites of one
/// company may print the same one, so a container has an id of its own beside it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelCode {
    uscc: Uscc,
    code: WasteCode,
    on: NaiveDate,
    serial: u16,
}

impl LabelCode {
    /// The label code of these parts; `None` when the day is not from 1970 to 9999, or the serial number not 1 to [`MAX_SERIAL`].
    pub fn new(uscc: Uscc, code: WasteCode, on: NaiveDate, serial: u16) -> Option<LabelCode> {
        let fits = (1970..=9999).contains(&on.year()) && (1..=MAX_SERIAL).contains(&serial);
        fits.then_some(LabelCode { uscc, code, on, serial })
    }

    /// Whose waste it is.
    pub fn uscc(&self) -> Uscc {
        self.uscc
    }

    /// What is in the container.
    pub fn code(&self) -> WasteCode {
        self.code
    }

    /// The day it arose.
    pub fn on(&self) -> NaiveDate {
        self.on
    }

    /// Which container of that waste and day, from 1.
    pub fn serial(&self) -> u16 {
        self.serial
    }
}

/// Why a text is not a label code, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelError {
    /// The character that does not fit, counted from 1 in the text as it was sent.
    pub at: usize,
    /// What is wrong with it.
    pub fault: LabelFault,
}

/// What is wrong with a label code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelFault {
    /// So many characters and not [`LABEL_CHARACTERS`].
    Length(usize),
    /// A character that no credit code has.
    Party(char),
    /// A character that is no digit, behind the credit code.
    Digit(char),
    /// The waste code ends in no category from 01 to 50.
    Category,
    /// There is no such day from 1970 to 9999.
    Day,
    /// The serial number is 000.
    Serial,
}

impl LabelError {
    /// The reason in Chinese.
    pub fn zh(&self) -> String {
        let why = match self.fault {
            LabelFault::Length(found) => {
                return format!("标签编码应为 {LABEL_CHARACTERS} 位，实为 {found} 位");
            }
            LabelFault::Party(found) => {
                format!("“{found}”不是统一社会信用代码的字符（数字和大写字母，不含 I、O、S、V、Z）")
            }
            LabelFault::Digit(found) => format!("“{found}”不是数字"),
            LabelFault::Category => "废物代码末两位应为 01 至 50".to_owned(),
            LabelFault::Day => "这不是 1970 至 9999 年的日期（年 4 位、月 2 位、日 2 位）".to_owned(),
            LabelFault::Serial => format!("序号应为 001 至 {MAX_SERIAL}"),
        };
        format!("标签编码第 {} 位：{why}", self.at)
    }
}

impl fmt::Display for LabelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let LabelFault::Length(found) = self.fault {
            return write!(f, "a label code has {LABEL_CHARACTERS} characters, this text has {found}");
        }
        write!(f, "character {} of the label code: ", self.at)?;
        match self.fault {
            LabelFault::Length(_) => Ok(()),
            LabelFault::Party(found) => write!(
                f,
                "{found:?} is in no credit code; allowed are digits and capital letters except I, O, S, V, Z"
            ),
            LabelFault::Digit(found) => write!(f, "{found:?} is no digit"),
            LabelFault::Category => f.write_str("the last two digits of the waste code are 01 to 50"),
            LabelFault::Day => f.write_str("this is no day from 1970 to 9999, written as year, month, day"),
            LabelFault::Serial => write!(f, "a serial number is 001 to {MAX_SERIAL}"),
        }
    }
}

impl std::error::Error for LabelError {}

/// A character and its place in the text it was sent in, from 1.
type Sign = (usize, char);

fn signs(text: &str) -> impl Iterator<Item = Sign> {
    (1..).zip(text.chars())
}

fn parse(signs: &[Sign]) -> Result<LabelCode, LabelError> {
    if signs.len() != LABEL_CHARACTERS {
        let at = signs.get(LABEL_CHARACTERS).or(signs.last()).map_or(1, |(at, _)| *at);
        return Err(LabelError { at, fault: LabelFault::Length(signs.len()) });
    }
    let (party, rest) = signs.split_at(PARTS[0]);
    let uscc = text_of(party).parse().map_err(|error| party_error(party, error))?;
    if let Some((at, stranger)) = rest.iter().find(|(_, c)| !c.is_ascii_digit()) {
        return Err(LabelError { at: *at, fault: LabelFault::Digit(*stranger) });
    }
    let error = |part: usize, fault| LabelError { at: signs[part].0, fault };
    let digits = |part: std::ops::Range<usize>| text_of(&signs[part]);
    let code = WasteCode::parse_loose(&digits(PARTS[0]..PARTS[1]))
        .map_err(|_| error(PARTS[1] - 2, LabelFault::Category))?;
    let on = NaiveDate::parse_from_str(&digits(PARTS[1]..PARTS[2]), "%Y%m%d")
        .map_err(|_| error(PARTS[1], LabelFault::Day))?;
    let serial = digits(PARTS[2]..LABEL_CHARACTERS).parse().unwrap_or_default();
    let fault = if serial == 0 { (PARTS[2], LabelFault::Serial) } else { (PARTS[1], LabelFault::Day) };
    LabelCode::new(uscc, code, on, serial).ok_or_else(|| error(fault.0, fault.1))
}

fn text_of(signs: &[Sign]) -> String {
    signs.iter().map(|(_, c)| *c).collect()
}

fn party_error(party: &[Sign], error: UsccError) -> LabelError {
    let stranger = match error {
        UsccError::Alphabet(stranger) => stranger,
        UsccError::Length(..) => unreachable!("eighteen characters were cut off"),
    };
    let at = party.iter().find(|(_, c)| *c == stranger).map_or(1, |(at, _)| *at);
    LabelError { at, fault: LabelFault::Party(stranger) }
}

impl FromStr for LabelCode {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<LabelCode, LabelError> {
        parse(&signs(text).collect::<Vec<_>>())
    }
}

impl fmt::Display for LabelCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}{:03}", self.uscc, self.code.digits(), self.on.format("%Y%m%d"), self.serial)
    }
}

impl fmt::Debug for LabelCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LabelCode({self})")
    }
}

/// What a scan of a label gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scan {
    /// A label code.
    Code(LabelCode),
    /// Element strings of GS1.
    Elements(Elements),
}

impl Scan {
    /// The one text of what was scanned.
    pub fn text(&self) -> String {
        match self {
            Self::Code(code) => code.to_string(),
            Self::Elements(elements) => elements.to_string(),
        }
    }

    /// True when what was scanned is spelled in this text as a label is printed; false when signs were made half-width or
    /// capital, hyphens and blanks left out, or a scanner's form was read.
    pub fn is_spelled_by(&self, text: &str) -> bool {
        self.text() == text
    }
}

/// Why a scan is no label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// It is no label code.
    #[error(transparent)]
    Code(#[from] LabelError),
    /// It begins like element strings of GS1, and is none.
    #[error(transparent)]
    Elements(#[from] ElementError),
}

impl ScanError {
    /// The reason in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Code(error) => error.zh(),
            Self::Elements(error) => error.zh(),
        }
    }
}

/// Reads what scanners and people send: a label code also with full-width signs, small letters, hyphens and blanks; element
/// strings of GS1 by how they begin. No letter is taken for another: an O is never read as 0.
pub fn read(text: &str) -> Result<Scan, ScanError> {
    if Elements::is_begun_by(text) {
        return Ok(Scan::Elements(text.parse()?));
    }
    let kept: Vec<Sign> = signs(text)
        .map(|(at, c)| (at, half_width(c).to_ascii_uppercase()))
        .filter(|(_, c)| !c.is_whitespace() && !is_dash(*c))
        .collect();
    Ok(Scan::Code(parse(&kept)?))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TEXT: &str = "91110000101623741K9000414920260302007";

    #[test]
    fn the_parts_stand_where_the_form_puts_them() {
        let label: LabelCode = TEXT.parse().unwrap();
        assert_eq!(label.uscc().to_string(), "91110000101623741K");
        assert_eq!(label.code().to_string(), "900-041-49");
        assert_eq!((label.on().to_string().as_str(), label.serial()), ("2026-03-02", 7));
        assert_eq!(label.to_string(), TEXT);
        assert_eq!(TEXT.len(), LABEL_CHARACTERS);
    }

    #[test]
    fn only_days_and_serials_of_the_form_make_a_label() {
        let label: LabelCode = TEXT.parse().unwrap();
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let made = |on, serial| LabelCode::new(label.uscc(), label.code(), on, serial);
        assert_eq!(made(day("2026-03-02"), 7), Some(label));
        for (on, serial) in [("2026-03-02", 0), ("2026-03-02", 1_000), ("1969-12-31", 1), ("+10000-01-01", 1)]
        {
            assert_eq!(made(day(on), serial), None, "{on} {serial}");
        }
        assert_eq!(
            made(day("9999-12-31"), 999).unwrap().to_string(),
            "91110000101623741K9000414999991231999"
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let with = |at: usize, sign: char| {
            let mut signs: Vec<char> = TEXT.chars().collect();
            signs[at - 1] = sign;
            signs.into_iter().collect::<String>()
        };
        for (text, at, fault) in [
            (String::new(), 1, LabelFault::Length(0)),
            (TEXT[..36].to_owned(), 36, LabelFault::Length(36)),
            (format!("{TEXT}0"), 38, LabelFault::Length(38)),
            (with(3, 'O'), 3, LabelFault::Party('O')),
            (with(18, 'k'), 18, LabelFault::Party('k')),
            (with(19, 'A'), 19, LabelFault::Digit('A')),
            (with(36, '０'), 36, LabelFault::Digit('０')),
            (with(25, '9'), 25, LabelFault::Category),
            (with(31, '3'), 27, LabelFault::Day),
            (with(27, '1'), 27, LabelFault::Day),
            (with(37, '0'), 35, LabelFault::Serial),
        ] {
            let error = text.parse::<LabelCode>().unwrap_err();
            assert_eq!(error, LabelError { at, fault }, "{text}");
            for said in [error.zh(), error.to_string()] {
                let place = if matches!(fault, LabelFault::Length(_)) { LABEL_CHARACTERS } else { at };
                assert!(said.contains(&place.to_string()), "{said}");
            }
        }
    }

    #[test]
    fn scanners_and_people_are_understood_and_it_is_said() {
        let label: LabelCode = TEXT.parse().unwrap();
        assert_eq!(read(TEXT), Ok(Scan::Code(label)));
        assert!(Scan::Code(label).is_spelled_by(TEXT));
        for text in [
            "91110000101623741k9000414920260302007",
            "91110000101623741K-900-041-49-20260302-007",
            " 91110000101623741K 90004149 20260302 007\r\n",
            "９１１１００００１０１６２３７４１Ｋ　９００－０４１－４９　２０２６０３０２　００７",
        ] {
            assert_eq!(read(text), Ok(Scan::Code(label)), "{text}");
            assert!(!Scan::Code(label).is_spelled_by(text), "{text}");
            assert!(text.parse::<LabelCode>().is_err());
        }
    }

    #[test]
    fn no_letter_is_taken_for_another_and_places_are_those_of_the_text_sent() {
        let error = read("9111 OOOO 101623741K 90004149 20260302 007").unwrap_err();
        assert_eq!(error, ScanError::Code(LabelError { at: 6, fault: LabelFault::Party('O') }));
        assert!(error.zh().contains("第 6 位"), "{}", error.zh());
    }

    #[test]
    fn element_strings_are_told_by_their_beginning() {
        let scan = read("(8004)6901234BOX1").unwrap();
        assert!(matches!(scan, Scan::Elements(_)));
        assert!(scan.is_spelled_by("(8004)6901234BOX1") && !scan.is_spelled_by("]C180046901234BOX1"));
        assert!(matches!(read("(8004)"), Err(ScanError::Elements(_))));
    }
}
