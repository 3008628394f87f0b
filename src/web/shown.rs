//! Which columns the list of manifests shows: chosen on its page, kept in a cookie.

use std::collections::BTreeSet;

use axum::http::HeaderMap;

use super::components::{Column, number, text};
use super::visit::cookie;

/// Cookie and parameter that keep the columns.
pub(super) const SHOWN: &str = "shown";
/// What stands between their names in the cookie.
const BETWEEN: char = '.';

/// A column of the list, in the order in which they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ListColumn {
    Number,
    ExternalNumber,
    Status,
    Consignor,
    Consignee,
    Carrier,
    Vehicle,
    Code,
    Planned,
    Accepted,
    Leaves,
    Received,
    Open,
}

impl ListColumn {
    /// Every column that may be left out: each but the number, by which a row is known and opened.
    pub(super) const CHOICES: [Self; 12] = [
        Self::ExternalNumber,
        Self::Status,
        Self::Consignor,
        Self::Consignee,
        Self::Carrier,
        Self::Vehicle,
        Self::Code,
        Self::Planned,
        Self::Accepted,
        Self::Leaves,
        Self::Received,
        Self::Open,
    ];

    /// The name in cookies and forms.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::ExternalNumber => "external",
            Self::Status => "status",
            Self::Consignor => "consignor",
            Self::Consignee => "consignee",
            Self::Carrier => "carrier",
            Self::Vehicle => "vehicle",
            Self::Code => "code",
            Self::Planned => "planned",
            Self::Accepted => "accepted",
            Self::Leaves => "leaves",
            Self::Received => "received",
            Self::Open => "open",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Number].into_iter().chain(Self::CHOICES).find(|column| column.name() == name)
    }

    /// How it is headed.
    pub(super) fn head(self) -> Column {
        match self {
            Self::Number => text("col.number"),
            Self::ExternalNumber => text("manifests.external"),
            Self::Status => text("col.status"),
            Self::Consignor => text("col.consignor"),
            Self::Consignee => text("col.consignee"),
            Self::Carrier => text("manifests.carrier"),
            Self::Vehicle => text("col.vehicle"),
            Self::Code => text("col.code"),
            Self::Planned => number("col.planned"),
            Self::Accepted => number("col.accepted"),
            Self::Leaves => text("col.leaves"),
            Self::Received => text("manifests.received"),
            Self::Open => number("col.open"),
        }
    }
}

/// The columns that somebody sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown(BTreeSet<ListColumn>);

impl Default for Shown {
    fn default() -> Self {
        use ListColumn as Of;
        Self(BTreeSet::from([
            Of::Number,
            Of::Status,
            Of::Consignor,
            Of::Consignee,
            Of::Planned,
            Of::Accepted,
            Of::Leaves,
            Of::Open,
        ]))
    }
}

impl Shown {
    /// The columns of these names, whichever of them there are; `None` where there is none.
    pub(super) fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut columns: BTreeSet<ListColumn> = names.into_iter().filter_map(ListColumn::named).collect();
        let is_any = !columns.is_empty();
        columns.insert(ListColumn::Number);
        is_any.then_some(Self(columns))
    }

    /// What a visitor chose before, else what everybody sees.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let chosen = cookie(headers, SHOWN);
        chosen.and_then(|names| Self::named(names.split(BETWEEN))).unwrap_or_default()
    }

    /// The value of the cookie.
    pub(super) fn kept(&self) -> String {
        let names: Vec<&str> = self.columns().map(ListColumn::name).collect();
        names.join(&BETWEEN.to_string())
    }

    /// The columns in their order.
    pub(super) fn columns(&self) -> impl Iterator<Item = ListColumn> {
        self.0.iter().copied()
    }

    /// How they are headed.
    pub(super) fn heads(&self) -> Vec<Column> {
        self.columns().map(ListColumn::head).collect()
    }

    /// Whether a column is among them.
    pub(super) fn has(&self, column: ListColumn) -> bool {
        self.0.contains(&column)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use axum::http::header::COOKIE;

    use super::*;

    fn seen_with(cookie: &str) -> Shown {
        Shown::of(&HeaderMap::from_iter([(COOKIE, cookie.parse().unwrap())]))
    }

    #[test]
    fn every_choice_is_kept_and_whatever_is_no_column_is_not() {
        for column in ListColumn::CHOICES {
            let chosen = Shown::named([column.name()]).unwrap();
            assert_eq!(seen_with(&format!("shown={}", chosen.kept())), chosen);
            assert!(chosen.has(column) && chosen.has(ListColumn::Number));
        }
        assert_eq!(Shown::named(["open", "x", "status", "status"]).unwrap().kept(), "number.status.open");
        assert_eq!(seen_with("shown=status;x").kept(), "number.status");
        for odd in ["", "lang=en", "shown=", "shown=x", "shown=..", "shown=number%00"] {
            assert_eq!(seen_with(odd), Shown::default(), "{odd}");
        }
    }
}
