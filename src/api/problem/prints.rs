//! Problems of documents on paper.

use super::{NO_FONT, Problem, UNACCEPTABLE};
use crate::app::Fault;
use crate::app::prints::{MAX_PRINTED_ROWS, MAX_STORE_ROWS, NoPrint};
use crate::print::PrintError;

impl From<NoPrint> for Problem {
    fn from(error: NoPrint) -> Self {
        let refused = |code: &str, zh: String, en: String| Self::one(UNACCEPTABLE, code, "/query", zh, en);
        match error {
            NoPrint::Font(error) => {
                // Which files there are on the machine is the operator's business.
                tracing::error!(%error, "no document can be printed");
                Self::new(NO_FONT, Vec::new())
            }
            NoPrint::TooManyRows => refused(
                "print-rows",
                format!("一份文件最多 {MAX_PRINTED_ROWS} 行，请缩短日期范围"),
                format!("a document holds at most {MAX_PRINTED_ROWS} rows: ask for fewer days"),
            ),
            NoPrint::TooManyBefore => refused(
                "store-rows",
                format!(
                    "该场所至此的台账超过 {MAX_STORE_ROWS} 行，无法逐行计算单个设施的结存；请不指定 facility"
                ),
                format!(
                    "the registers of the site hold more than {MAX_STORE_ROWS} rows until then, too many to add up for one facility: ask without one"
                ),
            ),
            NoPrint::Print(error @ PrintError::TooLong) => {
                refused("print-pages", error.zh(), error.to_string())
            }
            NoPrint::Print(error) => Fault::Print(error).into(),
            NoPrint::Fault(fault) => fault.into(),
        }
    }
}
