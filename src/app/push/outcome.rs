//! What an answer makes of an item. Pure.

use super::{Item, LineMark, PushState};
use crate::app::sending::{is_given_up, pause_ms};
use crate::clock::{HOUR_MS, Timestamp};
use crate::exchange::platform::Told;
use crate::shape::Lang;

/// How long after it was taken a platform is asked again whether it still says so, in milliseconds.
const LOOK_AGAIN_MS: i64 = 24 * HOUR_MS;
/// When it is asked no more, in milliseconds: what is due is looked for by this, and does not walk through all that is over.
const NEVER_MS: i64 = i64::MAX;
/// The longest that a platform that asks to be left alone is, in seconds: a day.
const MAX_LEFT_ALONE_S: u64 = 24 * 3_600;
/// How often it is asked again: for a week.
pub(super) const MAX_CHECKS: u64 = 7;

/// A clear answer: what became of each line, the number, whether that is another answer than before.
pub(super) fn told(item: &mut Item, told: Told, is_shared: bool, now: Timestamp) {
    let (was_number, was_marks) = (item.number.clone(), marks(item));
    let was_told = item.told_at.is_some();
    for line in &told.lines {
        let known = item.lines.iter_mut().find(|known| known.line == line.line);
        if let Some(known) = known.filter(|known| known.mark != LineMark::Replaced) {
            known.mark = if line.accepted { LineMark::Accepted } else { LineMark::Refused };
            (known.code, known.said) = (Some(line.code.clone()), line.text.clone());
        }
    }
    if told.number.is_some() {
        item.number = told.number;
    }
    let refused = item.lines.iter().filter(|line| line.mark == LineMark::Refused).count();
    let taken = item.lines.iter().filter(|line| line.mark == LineMark::Accepted).count();
    item.state = match (taken, refused) {
        (_, 0) => PushState::Accepted,
        (0, _) => PushState::Refused,
        _ => PushState::Partly,
    };
    item.said = told.text.filter(|_| refused > 0);
    (item.failing_since, item.failures, item.is_unclear) = (None, 0, false);
    (item.told_at, item.next_at) = (Some(now), now.plus_millis(LOOK_AGAIN_MS));
    let (was_taken, is_renumbered) =
        (was_marks.contains(&LineMark::Accepted), was_number.is_some() && was_number != item.number);
    let is_other = was_marks != marks(item);
    let news = if refused > 0 && is_other {
        Some(if was_taken { "returned" } else { "refused" })
    } else if was_told && is_renumbered {
        Some("another-number")
    } else if is_shared && was_number != item.number {
        Some("number-twice")
    } else {
        None
    };
    // The same answer again is no news; a better one ends what was wrong.
    match news {
        Some(news) => (item.why, item.changed_at) = (Some(news.to_owned()), Some(now)),
        None if is_other => item.why = None,
        None => {}
    }
}

fn marks(item: &Item) -> Vec<LineMark> {
    item.lines.iter().map(|line| line.mark).collect()
}

/// It was not sent: what the platform wants is not known.
pub(super) fn incomplete(item: &mut Item, missing: &[String], now: Timestamp) {
    for line in &mut item.lines {
        line.mark = LineMark::Refused;
    }
    (item.state, item.is_unclear) = (PushState::Refused, false);
    item.why = Some(format!("missing {}", missing.join(" ")));
    item.changed_at = Some(now);
}

/// Nothing clear came back, or it was not taken now: again later, parked after a day.
pub(super) fn failed(item: &mut Item, state: PushState, after_s: Option<u64>, now: Timestamp) {
    let since = *item.failing_since.get_or_insert(now);
    let pause = pause_ms(item.failures);
    item.failures += 1;
    item.state = state;
    item.is_unclear = state == PushState::Sent;
    let asked = after_s.map_or(0, |after| after.min(MAX_LEFT_ALONE_S).cast_signed() * 1_000);
    item.next_at = now.plus_millis(pause.max(asked));
    if is_given_up(since, now) {
        (item.state, item.why, item.changed_at) =
            (PushState::Parked, Some("not-taken".to_owned()), Some(now));
    }
}

/// What was taken is looked at again later, so many times; what went wrong with looking changes nothing.
pub(super) fn looked_at(item: &mut Item, now: Timestamp) {
    item.checks += 1;
    let is_over = item.checks >= MAX_CHECKS && item.state != PushState::Sent;
    item.next_at = if is_over { Timestamp::from_millis(NEVER_MS) } else { now.plus_millis(LOOK_AGAIN_MS) };
}

/// Why an item stands where it stands, or what was left out of it, in words.
pub fn in_words(name: &str, lang: Lang) -> String {
    let (name, rest) = name.split_once(' ').unwrap_or((name, ""));
    let (zh, en) = match name {
        "refused" => ("平台未接受", "the platform did not take it"),
        "returned" => ("平台先接受、后退回", "the platform took it and then returned it"),
        "another-number" => ("平台改了编号", "the platform gave another number than before"),
        "number-twice" => {
            ("平台把同一编号给了另一联单", "the platform gave this number to another manifest too")
        }
        "not-taken" => ("连续 24 小时没有明确答复", "no clear answer for 24 hours"),
        "unmapped" => (
            "平台接口没有已知的报文，请自行告知平台",
            "no message for it is known; tell the platform yourself",
        ),
        "withdrawn" => ("单位已撤回同意", "the firm took its consent back"),
        "erased" => ("内容已清除", "its content was erased"),
        "voided" => ("报送前已作废", "voided before the platform heard of it"),
        "replaced" => ("内容已变，由后一条报送", "its content changed; a later one tells it"),
        "as-taken" => ("内容与平台已接受的相同", "what it says was taken before"),
        "forgotten" => ("平台称没有这条记录", "the platform says that it has no such record"),
        "missing" => ("平台要求的内容缺失：", "the platform wants what is not known: "),
        "treatment-not-stated" => {
            ("接收单位未说明利用处置方式，不报送", "the consignee did not state how it treats it; not sent")
        }
        "difference-not-declared" => (
            "重量有差异而无人声明差异，不报送是否存在重大差异",
            "masses differ and nobody declared a discrepancy; the flag is not sent",
        ),
        "rounded" => {
            ("重量按吨保留三位小数，不足一千克部分四舍五入", "masses are rounded to a thousandth of a tonne")
        }
        "value-unknown" => {
            ("该值在平台的代码不明，不报送：", "what the platform calls this value is not known; not sent: ")
        }
        _ => (name, name),
    };
    format!("{}{rest}", lang.pick(zh, en))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_told_in_both_languages() {
        for name in [
            "refused",
            "returned",
            "another-number",
            "number-twice",
            "not-taken",
            "unmapped",
            "withdrawn",
            "erased",
            "voided",
            "replaced",
            "as-taken",
            "forgotten",
            "missing zyjhbh",
            "treatment-not-stated",
            "difference-not-declared",
            "rounded",
            "value-unknown sfczzdcy=yes",
        ] {
            let (zh, en) = (in_words(name, Lang::Zh), in_words(name, Lang::En));
            assert!(!zh.is_ascii() && en.is_ascii() && en.contains(' '), "{name}: {zh} {en}");
            let rest = name.split_once(' ').map_or("", |(_, rest)| rest);
            assert!(zh.ends_with(rest) && en.ends_with(rest), "{name}");
        }
    }
}
