//! Figures with what they should be, and the table of them.

use std::io::ErrorKind;
use std::path::Path;

use super::Error;

/// What a figure should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Goal {
    /// It says something of the machine, or stands beside another one.
    None,
    /// At least.
    AtLeast(f64),
    /// At most.
    AtMost(f64),
}

/// One figure of a measure, as often as it was taken.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// `P1`; empty for a yardstick.
    pub(super) measure: &'static str,
    pub(super) what: String,
    pub(super) values: Vec<f64>,
    pub(super) decimals: usize,
    pub(super) goal: Goal,
}

impl Row {
    pub(super) fn new(measure: &'static str, what: impl Into<String>, values: Vec<f64>) -> Self {
        Self { measure, what: what.into(), values, decimals: 0, goal: Goal::None }
    }

    pub(super) fn to(self, goal: Goal, decimals: usize) -> Self {
        Self { goal, decimals, ..self }
    }

    pub(super) fn with(self, decimals: usize) -> Self {
        Self { decimals, ..self }
    }

    /// Whether the one in the middle is what it should be.
    fn is_reached(&self) -> Option<bool> {
        let middle = median(&mut self.values.clone());
        match self.goal {
            Goal::None => None,
            Goal::AtLeast(least) => Some(middle >= least),
            Goal::AtMost(most) => Some(middle <= most),
        }
    }

    fn line(&self) -> String {
        let Self { measure, what, decimals, .. } = self;
        let mut values = self.values.clone();
        let middle = median(&mut values);
        let cell =
            |value: Option<&f64>| value.map_or("n/a".to_owned(), |value| format!("{value:.decimals$}"));
        let goal = match self.goal {
            Goal::None => String::new(),
            Goal::AtLeast(least) => format!("≥ {least}"),
            Goal::AtMost(most) => format!("≤ {most}"),
        };
        let reached = self.is_reached().map_or("", |is_reached| if is_reached { "yes" } else { "no" });
        let (first, last) = (cell(values.first()), cell(values.last()));
        let middle = cell(values.first().map(|_| &middle));
        format!("| {measure} | {what} | {first} | {middle} | {last} | {goal} | {reached} |\n")
    }
}

/// The one in the middle; the values are put in order.
pub(super) fn median(values: &mut [f64]) -> f64 {
    quantile(values, 500)
}

/// The value that so many of a thousand do not exceed; the values are put in order. 0 for none.
pub(super) fn quantile(values: &mut [f64], permille: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() * permille / 1_000).min(values.len().saturating_sub(1));
    values.get(place).copied().unwrap_or_default()
}

/// The table of some figures.
pub(super) fn table(rows: &[Row]) -> String {
    let mut table =
        "| | figure | smallest | median | largest | target | reached |\n|---|---|---|---|---|---|---|\n"
            .to_owned();
    for row in rows {
        table.push_str(&row.line());
    }
    table
}

/// Puts a section in the place of the one of the same title, or at the end of the report; all others stay. Fails where
/// the report cannot be read or written.
pub fn write_section(path: &Path, title: &str, body: &str) -> Result<(), Error> {
    let report = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => "# Benchmarks\n".to_owned(),
        report => report.map_err(|error| format!("{}: {error}", path.display()))?,
    };
    let mut parts: Vec<String> = report.split("\n## ").map(|part| part.trim_end().to_owned()).collect();
    let new = format!("{title}\n\n{}", body.trim_end());
    match parts.iter().position(|part| part.lines().next() == Some(title)) {
        Some(at) => parts[at] = new,
        None => parts.push(new),
    }
    Ok(std::fs::write(path, parts.join("\n\n## ") + "\n")?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_row_shows_the_spread_and_whether_the_middle_reaches_its_goal() {
        let row = Row::new("P1", "bulk", vec![0.7, 0.4, 0.5]).to(Goal::AtLeast(0.5), 2);
        assert_eq!(row.line(), "| P1 | bulk | 0.40 | 0.50 | 0.70 | ≥ 0.5 | yes |\n");
        let row = Row::new("P4", "memory", vec![300.0]).to(Goal::AtMost(256.0), 0);
        assert_eq!(row.line(), "| P4 | memory | 300 | 300 | 300 | ≤ 256 | no |\n");
        assert!(Row::new("", "none", vec![]).line().contains("| n/a | n/a | n/a |  |  |"));
        assert_eq!(quantile(&mut (0..200).map(f64::from).collect::<Vec<_>>(), 990), 198.0);
    }

    #[test]
    fn a_section_is_written_in_its_place_and_leaves_the_others() {
        let path = std::env::temp_dir().join(format!("liandan-section-{}.md", std::process::id()));
        std::fs::write(&path, "# R\n\n## A\n\nold\n\n## B\n\nkept\n").unwrap();
        write_section(&path, "A", "new\n").unwrap();
        write_section(&path, "C", "more").unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "# R\n\n## A\n\nnew\n\n## B\n\nkept\n\n## C\n\nmore\n"
        );
        std::fs::remove_file(&path).unwrap();
    }
}
