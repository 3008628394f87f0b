//! The dialect seam: one SQL text with `$N` for SQLite and Postgres, two texts side by side only where they truly differ.
//!
//! Everything above this file speaks [`Sql`], [`Param`], [`Row`] and the two transactions; nothing above it sees a driver.
//! Conventions of the schema: whole numbers, grams and milliseconds are BIGINT on Postgres and INTEGER on SQLite and travel
//! as `i64`; booleans are 0 and 1 in the same columns; identifiers are UUID and BLOB(16); digests are BYTEA and BLOB.

mod bulk;
mod error;
mod lists;
mod param;
mod row;
mod statement;
mod tx;
mod work;

pub use error::StoreError;
pub use lists::MAX_KEYS_PER_QUERY;
pub use param::{ColType, Param, params};
pub use row::Row;
pub use statement::{SqlIn, Table};
pub use tx::{ReadTx, WriteTx};
pub use work::Work;

pub(super) use tx::Tx;

/// Which database a store speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One file, one process, one writer.
    Sqlite,
    /// A server, any number of processes.
    Postgres,
}

/// One statement for both databases. Parameters are `$1`, `$2`, … without gaps, in either text the same number of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sql {
    sqlite: &'static str,
    postgres: &'static str,
    params: usize,
}

impl Sql {
    /// One text that both databases understand.
    pub const fn both(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text, params: highest_param(text) }
    }

    /// Two texts, for where the dialects truly differ. Fails to compile in a `const` when the texts take unlike numbers of parameters.
    pub const fn each(sqlite: &'static str, postgres: &'static str) -> Self {
        let params = highest_param(sqlite);
        assert!(params == highest_param(postgres), "both texts of a statement must take the same parameters");
        Self { sqlite, postgres, params }
    }

    /// The text for one database.
    pub const fn text(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Sqlite => self.sqlite,
            Kind::Postgres => self.postgres,
        }
    }

    /// How many parameters the statement takes: the highest `$N` in it.
    pub const fn param_count(&self) -> usize {
        self.params
    }

    /// SQLite binds a missing parameter as NULL without a word, so the number is checked here for both.
    fn check(&self, params: &[Param]) -> Result<(), StoreError> {
        if params.len() == self.params {
            return Ok(());
        }
        Err(StoreError::ParamCount { query: self.sqlite, expected: self.params, given: params.len() })
    }
}

/// The highest N of all `$N` in `text`; 0 when there is none. Quoted text is not told apart: no statement here quotes a `$1`.
const fn highest_param(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut highest) = (0, 0);
    while at < bytes.len() {
        if bytes[at] == b'$' {
            let mut number = 0;
            while at + 1 < bytes.len() && bytes[at + 1].is_ascii_digit() {
                number = number * 10 + (bytes[at + 1] - b'0') as usize;
                at += 1;
            }
            if number > highest {
                highest = number;
            }
        }
        at += 1;
    }
    highest
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_parameter_counts_however_often_and_in_whatever_order_they_stand() {
        assert_eq!(Sql::both("select 1").param_count(), 0);
        assert_eq!(Sql::both("select $2, $1, $2").param_count(), 2);
        assert_eq!(Sql::both("where a = $9 and b = $10").param_count(), 10);
        assert_eq!(Sql::both("ends with $").param_count(), 0);
    }

    #[test]
    fn a_wrong_number_of_parameters_is_an_error_that_names_both_numbers() {
        let sql = Sql::both("select $1, $2");
        assert!(sql.check(&[Param::from(1), Param::from(2)]).is_ok());
        let error = sql.check(&[Param::from(1)]).unwrap_err();
        assert_eq!(error.to_string(), "the statement takes 2 parameters and got 1: select $1, $2");
    }

    #[test]
    fn two_texts_are_kept_apart() {
        let sql = Sql::each("a $1", "b $1");
        assert_eq!(
            (sql.text(Kind::Sqlite), sql.text(Kind::Postgres), sql.param_count()),
            ("a $1", "b $1", 1)
        );
    }
}
