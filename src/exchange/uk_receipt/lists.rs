//! The code lists of the service, from `seeds/uk/`.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

const EWC: &str = include_str!("../../../seeds/uk/ewc-codes.csv");
const CODES: &str = include_str!("../../../seeds/uk/codes.csv");

/// The lists as read.
pub(super) struct Lists {
    ewc: HashMap<&'static str, bool>,
    codes: BTreeMap<&'static str, Vec<&'static str>>,
}

/// The lists; a test reads every row.
pub(super) fn lists() -> &'static Lists {
    static LISTS: OnceLock<Lists> = OnceLock::new();
    LISTS.get_or_init(|| {
        let mut codes: BTreeMap<&'static str, Vec<&'static str>> = BTreeMap::new();
        for (list, code) in rows(CODES) {
            codes.entry(list).or_default().push(code);
        }
        Lists { ewc: rows(EWC).map(|(code, hazardous)| (code, hazardous == "true")).collect(), codes }
    })
}

/// The two columns of every row below the head.
fn rows(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    text.lines().filter(|line| !line.starts_with('#')).skip(1).filter_map(|line| line.split_once(','))
}

impl Lists {
    /// Whether a code stands in the catalogue, and then whether it is hazardous.
    pub(super) fn ewc(&self, code: &str) -> Option<bool> {
        self.ewc.get(code).copied()
    }

    /// The codes of a list, in the order of their publisher.
    pub(super) fn codes(&self, list: &str) -> &[&'static str] {
        self.codes.get(list).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_whole() {
        let lists = lists();
        assert_eq!((lists.ewc.len(), lists.ewc.values().filter(|hazardous| **hazardous).count()), (842, 408));
        let sizes: Vec<(&str, usize)> =
            lists.codes.iter().map(|(list, codes)| (*list, codes.len())).collect();
        let expected = [
            ("component-source", 4),
            ("container", 16),
            ("haz-code", 16),
            ("metric", 3),
            ("no-consignment-reason", 3),
            ("no-registration-reason", 4),
            ("physical-form", 6),
            ("pop-code", 31),
            ("transport", 7),
            ("treatment", 28),
        ];
        assert_eq!(sizes, expected);
        assert_eq!(
            (lists.ewc("200121"), lists.ewc("200101"), lists.ewc("999999")),
            (Some(true), Some(false), None)
        );
    }
}
