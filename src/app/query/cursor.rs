//! Where a page begins.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Behind this one, in a list whose order is that of a number, and of ids where two have the same. Its text is the number, `-` and the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor<Id>(pub(super) (i64, Id));

/// The text is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the next of a page of this list")]
pub struct NoCursor;

impl<Id: fmt::Display> fmt::Display for Cursor<Id> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, id) = &self.0;
        write!(f, "{number}-{id}")
    }
}

impl<Id: FromStr> FromStr for Cursor<Id> {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let (number, id) = text.split_once('-').ok_or(NoCursor)?;
        let number = number.parse::<u64>().ok().and_then(|number| i64::try_from(number).ok());
        Ok(Self((number.ok_or(NoCursor)?, id.parse().map_err(|_| NoCursor)?)))
    }
}

impl<'de, Id: FromStr> Deserialize<'de> for Cursor<Id> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::id::ManifestId;

    #[test]
    fn cursors_are_read_back_and_nothing_else_is() {
        let id = ManifestId::from_uuid(crate::id::derived(&[b"m"]));
        let cursor = Cursor((1_200, id));
        assert_eq!(cursor.to_string().parse::<Cursor<ManifestId>>().unwrap(), cursor);
        for bad in ["", "1200", "-1-x", "1200-", &format!("x-{id}"), &format!("99999999999999999999-{id}")] {
            assert!(bad.parse::<Cursor<ManifestId>>().is_err(), "{bad}");
        }
    }
}
