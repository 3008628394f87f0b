//! Problems of tracing, and of asking what was known once.

use super::{AS_OF_LIMIT, MALFORMED, Problem, TRACE_LIMIT};
use crate::app::query::{
    MAX_AS_OF_ENTRIES, MAX_LATER_POSTINGS, MAX_RECODED_LOTS, MAX_TRACE_EDGES, NoAsOf, NoTrace,
};

impl From<NoTrace> for Problem {
    fn from(error: NoTrace) -> Self {
        match error {
            NoTrace::TooLarge => {
                let zh = format!("一次溯源最多经过 {MAX_TRACE_EDGES} 条批次关系");
                Self::one(TRACE_LIMIT, "trace-limit", "/path", zh, error.to_string())
            }
            NoTrace::AsOf(why) => why.into(),
            NoTrace::Fault(fault) => fault.into(),
        }
    }
}

impl From<NoAsOf> for Problem {
    fn from(error: NoAsOf) -> Self {
        const AT: &str = "/query/as_of";
        let en = error.to_string();
        match error {
            NoAsOf::Ahead { size } => {
                let zh = format!("日志现有 {size} 条记录，不能问更多条时所知");
                Self::one(MALFORMED, "as-of-ahead", AT, zh, en)
            }
            NoAsOf::TooManyEntries => {
                let zh = format!("当时所知由至多 {MAX_AS_OF_ENTRIES} 条记录重新算出，此问超过此数");
                Self::one(AS_OF_LIMIT, "as-of-limit", AT, zh, en)
            }
            NoAsOf::TooMuchSince => {
                let zh = format!(
                    "至多扣除该场所其后的 {MAX_LATER_POSTINGS} 笔过账和其后改变代码的 {MAX_RECODED_LOTS} 个批次，此问超过此数"
                );
                Self::one(AS_OF_LIMIT, "as-of-limit", AT, zh, en)
            }
            NoAsOf::Fault(fault) => fault.into(),
        }
    }
}
