//! Rules about one entry by itself. They never close, but for what is reaffirmed.

use liandan::custody::{Class, Figures, Observation, Statement, Subject};

use super::{Entry, Log, saw};

/// Every finding about single entries. By what clock one was signed, and how late, its bytes say; no correction of its time does.
pub(super) fn check(log: &Log<'_>, as_signed: &[Entry]) -> Vec<Observation> {
    let late_hours = log.threshold("late-entry", "fact_hours");
    let skew_minutes = log.threshold("clock-skew", "minutes");
    let mut seen = Vec::new();
    for (judged, signed) in log.judged.iter().zip(as_signed) {
        let (entry, event) = (judged.entry, &judged.entry.event);
        // Of what it touches, manifests come first, then lots: the order of `Subject`.
        let Some(subject) = judged.touches.first().copied() else { continue };
        let about = |rule: &str, subject: Subject, figures| {
            saw(rule, subject, format!("event:{}", entry.id), figures)
        };

        let imports = matches!(event.statement, Statement::DocumentImported(_));
        let late_ms = entry.recorded_at.as_millis() - signed.event.occurred_at.as_millis();
        if event.kind().class() == Class::Fact && !imports && late_ms > late_hours.saturating_mul(3_600_000) {
            let figures = Figures::none().with("late_hours", late_ms / 3_600_000).with("hours", late_hours);
            seen.push(about("late-entry", subject, figures));
        }

        let ahead_ms = (-late_ms).max(0);
        let off_ms =
            if entry.skew_ms.unsigned_abs() > ahead_ms.unsigned_abs() { entry.skew_ms } else { ahead_ms };
        if off_ms.unsigned_abs() > skew_minutes.saturating_mul(60_000).unsigned_abs() {
            let figures = Figures::none().with("off_minutes", off_ms / 60_000).with("minutes", skew_minutes);
            seen.push(about("clock-skew", subject, figures));
        }

        if judged.act_conflict {
            let figures = Figures::none().with("act", event.act.to_string());
            seen.push(about("act-conflict", subject, figures));
        }
        if let Some(owned) = judged.id_conflict {
            seen.push(about("id-conflict", owned, Figures::none().with("id", owned.key())));
        }
        let count = |index: u64| i64::try_from(index).unwrap();
        if let Some(ended) = judged.key_ended.filter(|_| !judged.is_reaffirmed()) {
            let figures = Figures::none()
                .with("index", count(entry.index))
                .with("ended_index", count(ended))
                .with("kid", entry.kid.to_string());
            seen.push(about("signed-after-revocation", subject, figures));
        }
        if let Some((signer, excess)) = judged.beyond_mandate.filter(|_| !judged.is_reaffirmed()) {
            let figures = Figures::none().with("fault", excess).with("signer", signer.to_string());
            seen.push(about("mandate-exceeded", subject, figures));
        }
        if let Some(anchor) = event.anchor.filter(|_| !entry.is_anchored()) {
            let fault = if anchor.size > entry.index { "ahead" } else { "other" };
            let figures = Figures::none()
                .with("fault", fault)
                .with("size", count(anchor.size))
                .with("index", count(entry.index));
            seen.push(about("anchor-invalid", subject, figures));
        }
        if let Statement::DocumentImported(document) = &event.statement
            && judged.verdict.moves()
        {
            let figures = Figures::none().with("source", &*document.source).with("number", &*document.number);
            seen.push(about("imported-unsigned", subject, figures));
        }
    }
    seen
}
