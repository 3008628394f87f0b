//! Examples of rules: the scripts of `seeds/scenarios/` that bear a rule's name. What the tests play is what a reader of a rule is shown.

use std::borrow::Cow;

use rust_embed::RustEmbed;

/// The scripts as they are committed.
#[derive(RustEmbed)]
#[folder = "seeds/scenarios"]
struct Scripts;

/// What divides the lines of a script from what must come out.
const DIVIDER: &str = "=====";

/// What an example shows of its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The rule finds it.
    Raised,
    /// One value is at the threshold, and the rule finds nothing.
    Near,
    /// The rule found it, and it is no longer so.
    Cleared,
}

impl Shows {
    /// Every one, in the order they are shown.
    pub const ALL: [Self; 3] = [Self::Raised, Self::Near, Self::Cleared];

    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Near => "near",
            Self::Cleared => "cleared",
        }
    }

    /// What the names of such scripts have behind that of the rule.
    fn ending(self) -> &'static str {
        match self {
            Self::Raised => "",
            Self::Near => "-near",
            Self::Cleared => "-cleared",
        }
    }
}

/// A script that shows what a rule finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What it shows.
    pub shows: Shows,
    /// Name of its file, without the ending.
    pub name: String,
    /// What it tells, in Chinese.
    pub zh: String,
    /// What it tells, in English.
    pub en: String,
    /// Its lines: who does what, and when.
    pub lines: Vec<String>,
    /// What comes out: where manifests stand, what is found, what is cleared.
    pub found: Vec<String>,
}

impl Example {
    /// Every example of a rule; none where no script bears its name.
    pub fn of_rule(rule: &str) -> Vec<Example> {
        let named = |shows: Shows| {
            let name = format!("{rule}{}", shows.ending());
            let text = Scripts::get(&format!("{name}.txt"))?.data;
            Some(Self::read(shows, name, &text_of(&text)))
        };
        Shows::ALL.into_iter().filter_map(named).collect()
    }

    /// The comment at the head of a script says what it tells, in Chinese and then in English.
    fn read(shows: Shows, name: String, text: &str) -> Example {
        let head = text.lines().take_while(|row| row.starts_with('#'));
        let head = head.map(|row| row.trim_start_matches('#').trim());
        let (zh, en): (Vec<&str>, Vec<&str>) = head.partition(|row| is_chinese(row));
        let (zh, en) = (zh.concat(), en.join(" "));
        let mut rows = text.lines().map(str::trim).filter(|row| !row.is_empty() && !row.starts_with('#'));
        let lines = rows.by_ref().take_while(|row| *row != DIVIDER).map(single_blanks).collect();
        Example { shows, name, zh, en, lines, found: rows.map(single_blanks).collect() }
    }
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

fn single_blanks(row: &str) -> String {
    row.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::custody::rules::rules;

    #[test]
    fn every_example_says_in_both_languages_what_it_shows() {
        let examples: Vec<Example> = rules().flat_map(|rule| Example::of_rule(rule.id)).collect();
        assert!(examples.len() > 60, "{}", examples.len());
        for example in examples {
            assert!(is_chinese(&example.zh), "{}: {}", example.name, example.zh);
            assert!(!example.en.is_empty() && !is_chinese(&example.en), "{}: {}", example.name, example.en);
            assert!(!example.lines.is_empty(), "{}", example.name);
        }
    }

    #[test]
    fn a_script_that_bears_a_rules_name_raises_it_and_its_neighbours_do_not() {
        for rule in rules() {
            for example in Example::of_rule(rule.id) {
                let begins = |word: &str| format!("{word} {} ", rule.id);
                let raised = example.found.iter().any(|line| line.starts_with(&begins("finding")));
                let cleared = example.found.iter().any(|line| line.starts_with(&begins("cleared")));
                match example.shows {
                    Shows::Raised => assert!(raised, "{} does not raise it", example.name),
                    Shows::Near => assert!(!raised, "{} raises it", example.name),
                    Shows::Cleared => assert!(cleared, "{} does not clear it", example.name),
                }
            }
        }
    }

    #[test]
    fn lines_and_what_comes_out_are_told_apart() {
        let text =
            "# 中\n# en\n# more\n08:00  acme  opens  x\n\n=====\nM1   received\n# none\nfinding  fork  M1\n";
        let example = Example::read(Shows::Raised, "fork".to_owned(), text);
        assert_eq!((&*example.zh, &*example.en), ("中", "en more"));
        assert_eq!(example.lines, ["08:00 acme opens x"]);
        assert_eq!(example.found, ["M1 received", "finding fork M1"]);
    }
}
