//! `mass-bias`: differences that are each within the tolerance, and all lean one way.

use chrono::NaiveDate;

use super::{TallyView, observation};
use crate::catalogue::Severity;
use crate::custody::finding::{Figures, Observation};
use crate::custody::subject::Subject;
use crate::custody::tally::{Cell, Sum, TallyKey};

/// Differences of some days in a row, added up.
#[derive(Clone, Copy, Default)]
struct Span {
    first_day: i64,
    last_day: i64,
    total_g: i64,
    gross_g: i64,
    loads: i64,
}

impl Span {
    /// Add the sum of a day, or take it off again.
    fn add(&mut self, sum: &Sum, sign: i64) {
        self.total_g = self.total_g.wrapping_add(sum.mass_g.wrapping_mul(sign));
        self.gross_g = self.gross_g.wrapping_add(sum.mass_g.wrapping_abs().wrapping_mul(sign));
        self.loads += sum.loads * sign;
    }

    /// True when most of the differences lean one way: weighings that err both ways add up to less the more there are.
    fn leans(&self, permille: i64) -> bool {
        i128::from(self.total_g.unsigned_abs()) * 1000 >= i128::from(self.gross_g) * i128::from(permille)
    }
}

/// `mass-bias`: what was found differs from what was shipped between two parties, always the same way.
pub(super) fn mass_bias(view: &TallyView<'_>, seen: &mut Vec<Observation>) {
    let TallyKey::Between { consignor, consignee, year } = view.key else { return };
    let figure = |name| view.profile.threshold("mass-bias", name);
    let Some(worst) = worst_span(view, year, figure("days"), figure("lean_permille")) else { return };
    if worst.total_g.unsigned_abs() <= figure("total_g").unsigned_abs() {
        return;
    }
    let discriminator = format!("to:{consignee}:{year}");
    let mut bias = observation("mass-bias", Subject::Party(consignor), discriminator);
    bias.figures = Figures::none()
        .with("difference_g", worst.total_g.wrapping_neg())
        .with("loads", worst.loads)
        .with("first_day", date(worst.first_day))
        .with("last_day", date(worst.last_day))
        .with("limit_g", figure("total_g"))
        .with("consignor", consignor.to_string())
        .with("consignee", consignee.to_string());
    let is_criminal = worst.total_g.unsigned_abs() > figure("criminal_g").unsigned_abs();
    bias.severity = is_criminal.then_some(Severity::Critical);
    bias.concerns = view.key.concerns();
    bias.evidence = view.state.evidence();
    seen.push(bias);
}

/// Of all periods of so many days that end in the year: the one with the largest sum that leans one way.
fn worst_span(view: &TallyView<'_>, year: i32, days: i64, lean_permille: i64) -> Option<Span> {
    let of_day: Vec<(i64, Sum)> = view.state.cells().iter().filter_map(of_day).collect();
    let starts = NaiveDate::from_ymd_opt(year, 1, 1).map_or(0, |first| i64::from(first.to_epoch_days()));
    let mut worst: Option<Span> = None;
    let (mut span, mut first) = (Span::default(), 0);
    for (day, sum) in &of_day {
        span.add(sum, 1);
        while of_day[first].0 <= day - days {
            span.add(&of_day[first].1, -1);
            first += 1;
        }
        (span.first_day, span.last_day) = (of_day[first].0, *day);
        let is_worse = worst.is_none_or(|worst| worst.total_g.unsigned_abs() < span.total_g.unsigned_abs());
        if *day >= starts && is_worse && span.leans(lean_permille) {
            worst = Some(span);
        }
    }
    worst
}

fn of_day((cell, sum): &(Cell, Sum)) -> Option<(i64, Sum)> {
    if let Cell::Day { day } = cell { Some((*day, *sum)) } else { None }
}

fn date(day: i64) -> String {
    let date = i32::try_from(day).ok().and_then(NaiveDate::from_epoch_days).unwrap_or_default();
    date.to_string()
}
