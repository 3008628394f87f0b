//! Rules about one entry of the log by itself: late, by a wrong clock, in conflict with an earlier one, unsigned by its subjects.

use super::{EntryView, observation};
use crate::clock::{HOUR_MS, MINUTE_MS};
use crate::custody::event::Anchored;
use crate::custody::finding::{Figures, Observation};
use crate::custody::kind::{Class, Statement};

/// A log index or size as a figure.
fn figure(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

fn saw(view: &EntryView<'_>, rule: &str) -> Observation {
    let recorded = view.recorded;
    let mut seen = observation(rule, recorded.event.main_subject(), format!("event:{}", recorded.id));
    seen.concerns = vec![recorded.event.party];
    seen.evidence = vec![recorded.id];
    seen
}

/// `late-entry`: a fact recorded long after it happened.
pub(super) fn late(view: &EntryView<'_>, seen: &mut Vec<Observation>) {
    let recorded = view.recorded;
    let hours = view.profile.threshold("late-entry", "fact_hours");
    let delay_ms = recorded.recorded_at.since(recorded.event.occurred_at);
    let counts = recorded.kind().class() == Class::Fact
        && !matches!(recorded.event.statement, Statement::DocumentImported(_));
    if counts && delay_ms > hours.saturating_mul(HOUR_MS) {
        let mut late = saw(view, "late-entry");
        late.figures = Figures::none().with("late_hours", delay_ms / HOUR_MS).with("hours", hours);
        seen.push(late);
    }
}

/// `clock-skew`: the device's clock is off, or states a time that has not come.
pub(super) fn clock_skew(view: &EntryView<'_>, seen: &mut Vec<Observation>) {
    let recorded = view.recorded;
    let minutes = view.profile.threshold("clock-skew", "minutes");
    let ahead_ms = recorded.event.occurred_at.since(recorded.recorded_at).max(0);
    let off_ms =
        if recorded.skew_ms.unsigned_abs() > ahead_ms.unsigned_abs() { recorded.skew_ms } else { ahead_ms };
    if off_ms.unsigned_abs() > minutes.saturating_mul(MINUTE_MS).unsigned_abs() {
        let mut skewed = saw(view, "clock-skew");
        skewed.figures = Figures::none().with("off_minutes", off_ms / MINUTE_MS).with("minutes", minutes);
        seen.push(skewed);
    }
}

/// `act-conflict`: one act used for two statements; the second moves nothing.
pub(super) fn act_conflict(view: &EntryView<'_>, seen: &mut Vec<Observation>) {
    let Some(first) = view.circumstances.act_conflict else { return };
    let mut conflict = saw(view, "act-conflict");
    conflict.figures = Figures::none().with("act", view.recorded.event.act.to_string());
    conflict.evidence.push(first);
    seen.push(conflict);
}

/// `id-conflict`: one id used for two things; the second moves nothing.
pub(super) fn id_conflict(view: &EntryView<'_>, seen: &mut Vec<Observation>) {
    let Some((subject, owner)) = view.circumstances.id_conflict else { return };
    let mut conflict = saw(view, "id-conflict");
    conflict.subject = subject;
    conflict.figures = Figures::none().with("id", subject.key());
    conflict.evidence.push(owner);
    seen.push(conflict);
}

/// `signed-after-revocation`: a fact under a key that had ended; it moves nothing until its party reaffirms it.
pub(super) fn after_revocation(view: &EntryView<'_>, seen: &mut Vec<Observation>) {
    let Some(ended) = view.circumstances.key_ended else { return };
    let mut late = saw(view, "signed-after-revocation");
    late.figures = Figures::none()
        .with("index", figure(view.recorded.index))
        .with("ended_index", figure(ended))
        .with("kid", view.recorded.kid.to_string());
    seen.push(late);
}

/// `mandate-exceeded`: a fact that another party signed, and its mandate does not cover it.
pub(super) fn beyond_mandate(view: &EntryView<'_>, seen: &mut Vec<Observation>) {
    let Some((signer, excess)) = view.circumstances.beyond_mandate else { return };
    let mut beyond = saw(view, "mandate-exceeded");
    beyond.concerns.push(signer);
    beyond.figures = Figures::none().with("fault", excess.name()).with("signer", signer.to_string());
    seen.push(beyond);
}

/// `anchor-invalid`: the anchor names entries that do not exist yet, or a root that this log never had.
pub(super) fn anchor(view: &EntryView<'_>, seen: &mut Vec<Observation>) {
    let fault = match view.recorded.anchored {
        Anchored::Ahead => "ahead",
        Anchored::Other => "other",
        Anchored::None | Anchored::Fits => return,
    };
    let Some(anchor) = view.recorded.event.anchor else { return };
    let mut invalid = saw(view, "anchor-invalid");
    invalid.figures = Figures::none()
        .with("fault", fault)
        .with("size", figure(anchor.size))
        .with("index", figure(view.recorded.index));
    seen.push(invalid);
}

/// `imported-unsigned`: a document of another system, attested by its importer alone.
pub(super) fn imported(view: &EntryView<'_>, seen: &mut Vec<Observation>) {
    let Statement::DocumentImported(document) = &view.recorded.event.statement else { return };
    if !view.recorded.verdict.moves() {
        return;
    }
    let mut unsigned = saw(view, "imported-unsigned");
    unsigned.figures = Figures::none().with("source", &*document.source).with("number", &*document.number);
    seen.push(unsigned);
}
