//! Problems of asking for months that are not told.

use super::{MALFORMED, Problem, UNACCEPTABLE};
use crate::app::query::{MAX_STATISTICS_MONTHS, NoMonths};

impl From<NoMonths> for Problem {
    fn from(error: NoMonths) -> Self {
        let (kind, code, pointer, zh) = match error {
            NoMonths::Backwards => {
                (MALFORMED, "query-malformed", "/query/to", "结束月份早于开始月份".to_owned())
            }
            NoMonths::TooMany => {
                let zh = format!("一次最多 {MAX_STATISTICS_MONTHS} 个月，请分次查询");
                (UNACCEPTABLE, "period-too-long", "/query/from", zh)
            }
            NoMonths::NotOver(last) => {
                let zh = format!("对公众只公布已结束的月份，最近为 {}", last.format("%Y-%m"));
                (UNACCEPTABLE, "month-not-over", "/query/to", zh)
            }
        };
        Self::one(kind, code, pointer, zh, error.to_string())
    }
}
