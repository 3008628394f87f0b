//! What parties are found by: their names as people type them, those in short, and the initials of how Chinese ones are read.
//!
//! It is written down with the party, so that a search reads no more than it does for a name, and means the same on every database.

use pinyin::ToPinyinMulti;

use super::standing::{Alias, Party};
use crate::shape::half_width;

/// The system of those aliases that are names: what a party is called in short (简称).
pub const SHORT_NAME: &str = "short-name";
/// Most spellings of one name in initials.
const MAX_SPELLINGS: usize = 32;

/// A text as it is compared: in half-width and small letters, without blanks.
pub fn plain(text: &str) -> String {
    let kept = text.chars().map(half_width).filter(|c| !c.is_whitespace());
    kept.flat_map(char::to_lowercase).collect()
}

/// What anybody finds a party of these names by, a line each.
pub fn by_names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let lines: Vec<String> =
        names.into_iter().flat_map(|name| std::iter::once(plain(name)).chain(initials(name))).collect();
    lines.join("\n")
}

/// What anybody finds a registered party by.
pub(crate) fn by_anybody(party: &Party) -> String {
    let short = party.aliases.iter().filter(|alias| is_name(alias)).map(|alias| &*alias.value);
    let names = std::iter::once(&*party.name).chain(party.name_en.as_deref());
    by_names(names.chain(short))
}

/// What authorities find it by besides: what it is called in other systems, which is told to nobody else.
pub(crate) fn by_authorities(party: &Party) -> String {
    let elsewhere = party.aliases.iter().filter(|alias| !is_name(alias));
    elsewhere.map(|alias| plain(&alias.value)).collect::<Vec<_>>().join("\n")
}

fn is_name(alias: &Alias) -> bool {
    &*alias.system == SHORT_NAME
}

/// The initials that a Chinese name is read by (拼音首字母), the commonest reading first; none of a name without Chinese characters. Some characters
/// are read in several ways: of each spelling at most one is not the commonest, or a long name would have millions.
fn initials(name: &str) -> Vec<String> {
    let readings: Vec<Vec<char>> =
        name.chars().map(readings).filter(|initials| !initials.is_empty()).collect();
    if !name.chars().any(|c| c.to_pinyin_multi().is_some()) {
        return Vec::new();
    }
    let common: Vec<char> = readings.iter().map(|initials| initials[0]).collect();
    let others = readings.iter().enumerate().flat_map(|(at, initials)| {
        let read_otherwise = |other: &char| {
            let mut spelling = common.clone();
            spelling[at] = *other;
            spelling
        };
        initials[1..].iter().map(read_otherwise).collect::<Vec<_>>()
    });
    let spellings = std::iter::once(common.clone()).chain(others);
    spellings.take(MAX_SPELLINGS).map(String::from_iter).collect()
}

/// The initials of a character, each once, the commonest first; of a letter or digit itself.
fn readings(c: char) -> Vec<char> {
    let c = half_width(c);
    if c.is_ascii_alphanumeric() {
        return vec![c.to_ascii_lowercase()];
    }
    let mut initials = Vec::new();
    for reading in c.to_pinyin_multi().into_iter().flatten() {
        let initial = reading.plain().chars().next().filter(char::is_ascii_lowercase);
        initials.extend(initial.filter(|initial| !initials.contains(initial)));
    }
    initials
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compared_as_people_type_them() {
        assert_eq!(plain(" Ｌｉｎｙｉ　Ltd（临沂） "), "linyiltd(临沂)");
    }

    #[test]
    fn names_are_found_by_their_initials_whichever_way_they_are_read() {
        for (name, typed) in [
            ("临沂恒发环保科技有限公司", "lyhf"),
            ("临沂恒发环保科技有限公司", "hbkjyxgs"),
            ("重庆某某公司", "cqmm"),
            ("重庆某某公司", "zqmm"),
            ("厦门港务", "xmgw"),
            ("长安（山东）Ａ3化工", "casda3hg"),
        ] {
            let found = initials(name);
            assert!(found.iter().any(|spelling| spelling.contains(typed)), "{name}: {found:?}");
        }
        assert_eq!(initials("Acme Ltd 3"), Vec::<String>::new());
        let longest = initials(&"重".repeat(100));
        assert!(longest.len() == MAX_SPELLINGS && longest.iter().all(|spelling| spelling.len() == 100));
    }
}
