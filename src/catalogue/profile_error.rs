//! Why a profile is refused.

use super::columns::ColumnsError;
use super::profile::MAX_THRESHOLD;

/// Why a profile is refused.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not well-formed, or with an unknown key.
    #[error("profile cannot be read: {0}")]
    Toml(#[from] toml::de::Error),
    /// The offset is not of the form `+08:00`.
    #[error("zone.utc_offset {0:?} is not of the form +08:00")]
    Offset(String),
    /// A rule this program does not have.
    #[error("rule {0:?} does not exist; compare its spelling with the list of rules")]
    UnknownRule(String),
    /// A rule is missing.
    #[error("rule {0:?} is missing; give it an entry or say documents_only = true")]
    MissingRule(&'static str),
    /// A threshold the rule does not have.
    #[error("rule {rule:?} has no threshold {name:?}; it has {known:?}")]
    UnknownThreshold {
        /// The rule.
        rule: String,
        /// The name in the profile.
        name: String,
        /// The names it may have.
        known: &'static [&'static str],
    },
    /// A threshold is missing.
    #[error("rule {rule:?} needs the threshold {name:?}; add it")]
    MissingThreshold {
        /// The rule.
        rule: String,
        /// The missing name.
        name: &'static str,
    },
    /// A threshold out of range.
    #[error("threshold {rule}.{name} is {value}; it must be 0 to {MAX_THRESHOLD}")]
    ThresholdRange {
        /// The rule.
        rule: String,
        /// The threshold.
        name: String,
        /// What the profile says.
        value: i64,
    },
    /// Units of a class declare the same period twice, or nothing at all.
    #[error(
        "declarations.{0} should name each period that units of this class declare once, and one at least"
    )]
    Declared(&'static str),
    /// Custody is computed, and nothing says how long an interprovincial application may take.
    #[error("the table [approvals] is missing; give it, or say documents_only = true")]
    Approvals,
    /// A day on which declarations are due that no year has.
    #[error("declaration-overdue gives month {month}, day {day}: no year has that day")]
    DueDay {
        /// The month, 1 to 12.
        month: i64,
        /// The day in it.
        day: i64,
    },
    /// A profile under which custody is computed says in which order registers and declarations are written.
    #[error("the profile has no [[columns]]; give one order at least")]
    NoColumns,
    /// Orders of columns that cannot be.
    #[error(transparent)]
    Columns(#[from] ColumnsError),
    /// Two exemptions of one name.
    #[error("exemption {0:?} is there twice; give each its own id")]
    DoubleExemption(String),
    /// A pattern with other signs than `9` and `A`.
    #[error("pattern {0:?} may hold only 9 (a digit) and A (a capital letter)")]
    Pattern(String),
}
