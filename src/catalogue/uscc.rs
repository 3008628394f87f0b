//! Unified social credit code (统一社会信用代码, GB 32100-2015): 18 characters, the last one a check character.

use std::fmt;
use std::str::FromStr;

/// The 31 characters of the code in order of value; I, O, S, V, Z are left out.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Characters of a code.
const LENGTH: usize = 18;

/// Weight of each of the first 17 characters: 3^(i-1) mod 31 (GB 32100-2015).
const WEIGHTS: [u32; LENGTH - 1] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

/// A code of right length and alphabet. A wrong check character is allowed: registered codes that fail the check exist, so callers warn
/// by [`Uscc::check_ok`] and do not refuse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uscc([u8; LENGTH]);

/// Why a text is not a unified social credit code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UsccError {
    /// Too short or too long.
    #[error("unified social credit code has {0} characters, it needs {1}")]
    Length(usize, usize),
    /// A character outside the alphabet.
    #[error(
        "unified social credit code contains {0:?}; allowed are digits and capital letters except I, O, S, V, Z"
    )]
    Alphabet(char),
}

impl Uscc {
    /// True when the check character is the right one.
    pub fn check_ok(&self) -> bool {
        check_character(&self.0[..LENGTH - 1]) == self.0[LENGTH - 1]
    }

    /// The code that begins with these 17 characters, with its check character: for demonstration data.
    pub fn with_check(prefix17: &str) -> Result<Uscc, UsccError> {
        let prefix: [u8; LENGTH - 1] = read_characters(prefix17)?;
        let mut code = [0; LENGTH];
        code[..LENGTH - 1].copy_from_slice(&prefix);
        code[LENGTH - 1] = check_character(&prefix);
        Ok(Uscc(code))
    }

    /// The 18 characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("all characters come from an ASCII alphabet")
    }
}

/// Reads exactly `N` characters of the alphabet.
fn read_characters<const N: usize>(text: &str) -> Result<[u8; N], UsccError> {
    if let Some(stranger) = text.chars().find(|c| !c.is_ascii() || !ALPHABET.contains(&(*c as u8))) {
        return Err(UsccError::Alphabet(stranger));
    }
    text.as_bytes().try_into().map_err(|_| UsccError::Length(text.len(), N))
}

/// (31 - sum mod 31) mod 31, as a character of the alphabet.
fn check_character(prefix: &[u8]) -> u8 {
    let value =
        |character: &u8| ALPHABET.iter().position(|known| known == character).unwrap_or_default() as u32;
    let sum: u32 = prefix.iter().zip(WEIGHTS).map(|(character, weight)| value(character) * weight).sum();
    ALPHABET[((31 - sum % 31) % 31) as usize]
}

impl FromStr for Uscc {
    type Err = UsccError;

    fn from_str(text: &str) -> Result<Uscc, UsccError> {
        read_characters(text).map(Uscc)
    }
}

impl fmt::Display for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uscc({self})")
    }
}

serde_as_text!(Uscc);

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const VALID: [&str; 3] = ["91350100M000100Y43", "91130200699229617X", "91110000101623741K"];

    #[test]
    fn valid_codes_pass_and_read_back() {
        for text in VALID {
            let code: Uscc = text.parse().unwrap();
            assert!(code.check_ok(), "{text}");
            assert_eq!(code.to_string(), text);
            assert_eq!(Uscc::with_check(&text[..17]), Ok(code));
        }
    }

    #[test]
    fn a_wrong_check_character_only_fails_the_check() {
        for text in VALID {
            let original = text.parse::<Uscc>().unwrap().0[17];
            for other in ALPHABET.iter().filter(|c| **c != original) {
                let changed = format!("{}{}", &text[..17], char::from(*other));
                assert!(!changed.parse::<Uscc>().unwrap().check_ok(), "{changed}");
            }
        }
    }

    #[test]
    fn every_single_slip_is_noticed() {
        let text = VALID[0].as_bytes();
        for position in 0..LENGTH {
            for replacement in ALPHABET.iter().filter(|c| **c != text[position]) {
                let mut changed = text.to_vec();
                changed[position] = *replacement;
                let changed = String::from_utf8(changed).unwrap();
                assert!(!changed.parse::<Uscc>().unwrap().check_ok(), "{changed}");
            }
        }
    }

    #[test]
    fn weights_are_powers_of_three() {
        let mut power = 1;
        for weight in WEIGHTS {
            assert_eq!(weight, power);
            power = power * 3 % 31;
        }
    }

    #[test]
    fn wrong_length_or_alphabet_is_refused() {
        assert_eq!("9135".parse::<Uscc>(), Err(UsccError::Length(4, 18)));
        assert_eq!("".parse::<Uscc>(), Err(UsccError::Length(0, 18)));
        assert_eq!("91350100M000100Y430".parse::<Uscc>(), Err(UsccError::Length(19, 18)));
        for (text, stranger) in [
            ("91350100I000100Y43", 'I'),
            ("91350100m000100Y43", 'm'),
            ("91350100M000100Y4 ", ' '),
            ("９1350100M000100Y", '９'),
        ] {
            assert_eq!(text.parse::<Uscc>(), Err(UsccError::Alphabet(stranger)));
        }
        assert_eq!(Uscc::with_check("913501"), Err(UsccError::Length(6, 17)));
    }

    #[test]
    fn serde_uses_the_text() {
        let code: Uscc = serde_json::from_str("\"91110000101623741K\"").unwrap();
        assert_eq!(serde_json::to_string(&code).unwrap(), "\"91110000101623741K\"");
    }
}
