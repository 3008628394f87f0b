//! Element strings of GS1: the second form of a container's label, an application identifier before each value.
//!
//! GB/T 38920-2020 codes a dispatch unit of hazardous waste as the place of a participant (a global location number), the waste
//! code and the container, behind application identifiers. Identifiers, lengths, characters and check digits here are those of
//! the GS1 Barcode Syntax Dictionary (ref.gs1.org). Which identifier carries which part stands in clause 6.2 of the standard,
//! whose printed text was not at hand: so none is demanded, and no value is taken for a waste code.

use std::fmt;
use std::str::FromStr;

/// Longest text of element strings, in characters.
pub const MAX_ELEMENT_TEXT: usize = 256;

/// Ends a value whose length is not fixed, where another follows; at the beginning, says what follows. FNC1 as scanners send it.
const SEPARATOR: char = '\u{1d}';
/// What scanners send before element strings: the symbology identifiers of GS1-128, DataBar, Data Matrix, QR and DotCode.
const SYMBOLOGIES: [&str; 5] = ["]C1", "]e0", "]d2", "]Q3", "]J1"];
/// Identifier of a returnable asset, GRAI: a zero, 13 digits with a check digit, and perhaps a serial number.
const GRAI: &str = "8003";
/// Identifier of a place, GLN.
const PLACE: &str = "414";
/// Identifier of a part of a place; it stands beside a place only.
const PART_OF_PLACE: &str = "254";

/// What an application identifier says of its value: digits of which the last checks the others, then further characters.
#[derive(Clone, Copy)]
struct Form {
    digits: usize,
    further: usize,
}

impl Form {
    /// The form of an identifier that may stand on a container: what it is (SSCC 00, GRAI 8003, GIAI 8004), where it belongs (GLN
    /// 410 to 417, and 254), and what its owner adds (21, 240, 90 to 99). No identifier is the beginning of another.
    fn of(ai: &str) -> Option<Form> {
        let form = |digits, further| Some(Form { digits, further });
        match ai {
            "00" => form(18, 0),
            "21" | PART_OF_PLACE => form(0, 20),
            "240" | "8004" | "90" => form(0, 30),
            "91" | "92" | "93" | "94" | "95" | "96" | "97" | "98" | "99" => form(0, 90),
            "410" | "411" | "412" | "413" | PLACE | "415" | "416" | "417" => form(13, 0),
            GRAI => form(14, 16),
            _ => None,
        }
    }

    /// True when the length is known beforehand, so that no separator need follow.
    fn is_fixed(self) -> bool {
        self.further == 0
    }
}

/// One element: an application identifier and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The application identifier, for example `414`.
    pub ai: String,
    /// Its value, without identifier and separator.
    pub value: String,
}

/// Elements in the order they were read, each identifier once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elements(Vec<Element>);

/// Why a text is no element string, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementError {
    /// The character that does not fit, counted from 1.
    pub at: usize,
    /// What is wrong with it.
    pub fault: ElementFault,
}

/// What is wrong with an element string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ElementFault {
    /// More characters than [`MAX_ELEMENT_TEXT`].
    TooLong(usize),
    /// No identifier that may stand on a container begins here.
    Identifier,
    /// The value of this identifier is too short or too long.
    Length(String),
    /// A character that the value of this identifier cannot have there.
    Sign(String, char),
    /// The check digit of this identifier should be another.
    CheckDigit(String, char),
    /// This identifier stood before.
    Twice(String),
    /// A part of a place without the place.
    Alone,
}

impl ElementError {
    /// The reason in Chinese.
    pub fn zh(&self) -> String {
        let why = match &self.fault {
            ElementFault::TooLong(found) => {
                return format!("GS1 单元数据串最多 {MAX_ELEMENT_TEXT} 个字符，实为 {found} 个");
            }
            ElementFault::Identifier => "此处不是容器可用的应用标识符".to_owned(),
            ElementFault::Length(ai) => format!("应用标识符 {ai} 的数据长度不符"),
            ElementFault::Sign(ai, found) => format!("应用标识符 {ai} 的数据此处不能是 {found:?}"),
            ElementFault::CheckDigit(ai, wanted) => format!("应用标识符 {ai} 的校验码应为 {wanted}"),
            ElementFault::Twice(ai) => format!("应用标识符 {ai} 重复"),
            ElementFault::Alone => format!("应用标识符 {PART_OF_PLACE} 须与 {PLACE} 一起使用"),
        };
        format!("GS1 单元数据串第 {} 个字符：{why}", self.at)
    }
}

impl fmt::Display for ElementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let ElementFault::TooLong(found) = self.fault {
            return write!(f, "element strings have at most {MAX_ELEMENT_TEXT} characters, not {found}");
        }
        write!(f, "character {} of the element string: ", self.at)?;
        match &self.fault {
            ElementFault::TooLong(_) => Ok(()),
            ElementFault::Identifier => {
                f.write_str("no identifier that may stand on a container begins here")
            }
            ElementFault::Length(ai) => write!(f, "the value of {ai} is too short or too long"),
            ElementFault::Sign(ai, found) => write!(f, "the value of {ai} cannot have {found:?} here"),
            ElementFault::CheckDigit(ai, wanted) => write!(f, "the check digit of {ai} should be {wanted}"),
            ElementFault::Twice(ai) => write!(f, "{ai} stood before"),
            ElementFault::Alone => write!(f, "{PART_OF_PLACE} stands beside {PLACE} only"),
        }
    }
}

impl std::error::Error for ElementError {}

impl Elements {
    /// True when a text begins as element strings do: with a bracket, a symbology identifier or FNC1.
    pub fn is_begun_by(text: &str) -> bool {
        text.starts_with(['(', SEPARATOR]) || SYMBOLOGIES.iter().any(|symbology| text.starts_with(symbology))
    }

    /// The elements, in the order they were read.
    pub fn all(&self) -> &[Element] {
        &self.0
    }

    /// The text for a printer of codes, FNC1 as the separator of ASCII. [`fmt::Display`] gives the one for people, in brackets.
    pub fn encoded(&self) -> String {
        let mut text = SEPARATOR.to_string();
        for (n, Element { ai, value }) in self.0.iter().enumerate() {
            text.push_str(ai);
            text.push_str(value);
            let is_last = n + 1 == self.0.len();
            if !is_last && !Form::of(ai).is_some_and(Form::is_fixed) {
                text.push(SEPARATOR);
            }
        }
        text
    }

    /// Check a value and put it to the others; `at` is the place of its first character.
    fn push(&mut self, at: usize, ai: &str, form: Form, value: &str) -> Result<(), ElementError> {
        let fault = |at, fault| Err(ElementError { at, fault });
        let length = value.chars().count();
        if length < form.digits.max(1) || length > form.digits + form.further {
            return fault(at, ElementFault::Length(ai.to_owned()));
        }
        for (n, sign) in value.chars().enumerate() {
            let fits = match n {
                0 if ai == GRAI => sign == '0',
                _ if n < form.digits => sign.is_ascii_digit(),
                _ => is_further(sign),
            };
            if !fits {
                return fault(at + n, ElementFault::Sign(ai.to_owned(), sign));
            }
        }
        if let Some((check, others)) = value.as_bytes()[..form.digits].split_last()
            && *check != check_digit(others)
        {
            let wanted = char::from(check_digit(others));
            return fault(at + form.digits - 1, ElementFault::CheckDigit(ai.to_owned(), wanted));
        }
        if self.0.iter().any(|element| element.ai == ai) {
            return fault(at, ElementFault::Twice(ai.to_owned()));
        }
        self.0.push(Element { ai: ai.to_owned(), value: value.to_owned() });
        Ok(())
    }
}

/// The characters of further parts: those of GS1's set 82 but the brackets, which would make the text for people ambiguous.
fn is_further(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || "!\"%&'*+,-./:;<=>?_".contains(sign)
}

/// The digit that makes the sum a multiple of ten, every other digit counted thrice, beginning with the last (GS1 General
/// Specifications, 7.9).
fn check_digit(digits: &[u8]) -> u8 {
    let weighed = digits.iter().rev().zip([3, 1].into_iter().cycle());
    let sum: u32 = weighed.map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    b'0' + ((10 - sum % 10) % 10) as u8
}

/// What is left of a text that is read from the front, and the place of its first character, from 1.
struct Rest<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Rest<'a> {
    /// Take the first `bytes` bytes, which end with a character.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, left) = self.text.split_at(bytes);
        self.at += taken.chars().count();
        self.text = left;
        taken
    }

    /// Take what stands before the first `sign`, or everything.
    fn take_before(&mut self, sign: char) -> &'a str {
        self.take(self.text.find(sign).unwrap_or(self.text.len()))
    }

    /// Skip a sign that stands here; false when another does.
    fn skip(&mut self, sign: char) -> bool {
        let stands = self.text.starts_with(sign);
        if stands {
            self.take(sign.len_utf8());
        }
        stands
    }

    /// Take the identifier that stands here.
    fn identifier(&mut self) -> Result<(&'a str, Form), ElementError> {
        let known = |length: &usize| self.text.get(..*length).and_then(Form::of);
        let found = (2..=4).find_map(|length| Some((length, known(&length)?)));
        let (length, form) = found.ok_or(ElementError { at: self.at, fault: ElementFault::Identifier })?;
        Ok((self.take(length), form))
    }
}

impl FromStr for Elements {
    type Err = ElementError;

    /// Reads either form: for people, `(414)6901234567892(8003)06901234567892A1`, or as scanners send it.
    fn from_str(text: &str) -> Result<Elements, ElementError> {
        let length = text.chars().count();
        if length > MAX_ELEMENT_TEXT {
            return Err(ElementError { at: MAX_ELEMENT_TEXT + 1, fault: ElementFault::TooLong(length) });
        }
        let mut rest = Rest { text, at: 1 };
        let is_for_people = text.starts_with('(');
        if let Some(symbology) = SYMBOLOGIES.iter().find(|symbology| text.starts_with(**symbology)) {
            rest.take(symbology.len());
        }
        rest.skip(SEPARATOR);
        let mut elements = Elements(Vec::new());
        while elements.0.is_empty() || !rest.text.is_empty() {
            let opened = !is_for_people || rest.skip('(');
            let (ai, form) = rest.identifier()?;
            if !opened || (is_for_people && !rest.skip(')')) {
                return Err(ElementError { at: rest.at, fault: ElementFault::Identifier });
            }
            let at = rest.at;
            let value = match (is_for_people, form.is_fixed()) {
                (true, _) => rest.take_before('('),
                (false, true) if rest.text.is_char_boundary(form.digits) => rest.take(form.digits),
                (false, _) => rest.take_before(SEPARATOR),
            };
            elements.push(at, ai, form, value)?;
            if !is_for_people && rest.skip(SEPARATOR) && rest.text.is_empty() {
                return Err(ElementError { at: rest.at, fault: ElementFault::Identifier });
            }
        }
        let has = |ai: &str| elements.0.iter().any(|element| element.ai == ai);
        match has(PART_OF_PLACE) && !has(PLACE) {
            true => Err(ElementError { at: rest.at, fault: ElementFault::Alone }),
            false => Ok(elements),
        }
    }
}

impl fmt::Display for Elements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|Element { ai, value }| write!(f, "({ai}){value}"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const FOR_PEOPLE: &str = "(414)6901234567892(254)B2(8003)06901234567892DRUM-7";
    const SCANNED: &str = "\u{1d}4146901234567892254B2\u{1d}800306901234567892DRUM-7";

    #[test]
    fn check_digits_are_those_of_published_numbers() {
        // A GTIN and an SSCC that GS1 documents use as examples, and the first example of EAN-13.
        for number in ["6901234567892", "106141412345678908", "4006381333931"] {
            let (check, others) = number.as_bytes().split_last().unwrap();
            assert_eq!(check_digit(others), *check, "{number}");
        }
    }

    #[test]
    fn both_forms_say_the_same() {
        let elements: Elements = FOR_PEOPLE.parse().unwrap();
        assert_eq!(elements.to_string(), FOR_PEOPLE);
        assert_eq!(elements.encoded(), SCANNED);
        let parts: Vec<(&str, &str)> =
            elements.all().iter().map(|element| (&*element.ai, &*element.value)).collect();
        assert_eq!(parts, [("414", "6901234567892"), ("254", "B2"), ("8003", "06901234567892DRUM-7")]);
        for before in ["]C1", "]e0", "]d2", "]Q3", "]J1", "]C1\u{1d}", "\u{1d}"] {
            let scanned = format!("{before}{}", &SCANNED[1..]);
            assert!(Elements::is_begun_by(&scanned));
            assert_eq!(scanned.parse(), Ok(elements.clone()), "{scanned:?}");
        }
        let needless = SCANNED.replace("2254", "2\u{1d}254");
        assert_eq!(needless.parse(), Ok(elements), "a separator behind a value of fixed length does no harm");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let ai = |ai: &str| ai.to_owned();
        for (text, at, fault) in [
            ("(", 2, ElementFault::Identifier),
            ("(01)06901234567892", 2, ElementFault::Identifier),
            ("(414", 5, ElementFault::Identifier),
            ("(414)6901234567892x", 6, ElementFault::Length(ai("414"))),
            ("(414)690123456789", 6, ElementFault::Length(ai("414"))),
            ("(414)69012345678 2", 17, ElementFault::Sign(ai("414"), ' ')),
            ("(414)6901234567891", 18, ElementFault::CheckDigit(ai("414"), '2')),
            ("(8003)16901234567892", 7, ElementFault::Sign(ai("8003"), '1')),
            ("(8004)", 7, ElementFault::Length(ai("8004"))),
            ("(8004)桶1", 7, ElementFault::Sign(ai("8004"), '桶')),
            ("(8004)A)", 8, ElementFault::Sign(ai("8004"), ')')),
            ("(8004)A(8004)B", 14, ElementFault::Twice(ai("8004"))),
            ("(254)B2", 8, ElementFault::Alone),
            ("]C1", 4, ElementFault::Identifier),
            ("]C1桶", 4, ElementFault::Identifier),
            ("]C1414690123", 7, ElementFault::Length(ai("414"))),
            ("]C1414690123456789桶", 19, ElementFault::Sign(ai("414"), '桶')),
            ("]C18004A\u{1d}", 10, ElementFault::Identifier),
        ] {
            let error = text.parse::<Elements>().unwrap_err();
            assert_eq!(error, ElementError { at, fault }, "{text}");
            for said in [error.zh(), error.to_string()] {
                assert!(said.contains(&at.to_string()), "{said}");
            }
        }
        let long = format!("(8004){}", "A".repeat(MAX_ELEMENT_TEXT));
        let error = long.parse::<Elements>().unwrap_err();
        assert_eq!(error.fault, ElementFault::TooLong(MAX_ELEMENT_TEXT + 6));
        assert!(error.zh().contains("256") && error.to_string().contains("256"));
    }
}
