//! Mandates, looked up in the whole log: who had granted whom what when an entry came in.

use liandan::catalogue::Uscc;
use liandan::custody::{Class, Kind, Statement};
use liandan::ledger::Kid;
use liandan::registry::standing::MandateGranted;

use super::Entry;
use super::order::Judged;

/// Whose key signed a fact for another party, and why no mandate between the two covers it.
pub(super) fn beyond(earlier: &[Judged<'_>], entry: &Entry) -> Option<(Uscc, &'static str)> {
    let signer = party_of(earlier, &entry.kid)?;
    if signer == entry.event.party || entry.event.kind().class() != Class::Fact {
        return None;
    }
    let between: Vec<&MandateGranted> = earlier
        .iter()
        .filter(|event| event.verdict.moves() && event.entry.event.party == entry.event.party)
        .filter_map(|event| match &event.entry.event.statement {
            Statement::MandateGranted(s) if s.to == signer => Some(s),
            _ => None,
        })
        .collect();
    let named = between.iter().find(|s| Some(s.mandate) == entry.event.mandate);
    let Some(mandate) = named else { return Some((signer, "unnamed")) };
    let is_revoked = earlier.iter().filter(|event| event.verdict.moves()).any(
        |event| matches!(&event.entry.event.statement, Statement::MandateRevoked(s) if s.mandate == mandate.mandate),
    );
    let holds = mandate.from <= entry.recorded_at && entry.recorded_at < mandate.until;
    let kinds: Vec<Option<Kind>> = mandate.kinds.iter().map(|kind| Kind::named(kind)).collect();
    let excess = match () {
        () if is_revoked => "revoked",
        () if !holds => "term",
        () if mandate.key.is_some_and(|key| key != entry.kid) => "key",
        () if !kinds.contains(&Some(entry.event.kind())) => "kind",
        () => return None,
    };
    Some((signer, excess))
}

/// Whose key it is: that of the party that brought it into the log.
fn party_of(earlier: &[Judged<'_>], kid: &Kid) -> Option<Uscc> {
    let brings = |event: &&Judged<'_>| match &event.entry.event.statement {
        Statement::LedgerFounded(s) => s.key.kid() == *kid,
        Statement::KeyEnrolled(s) => s.key.kid() == *kid,
        Statement::KeyRotated(s) => s.key.kid() == *kid,
        _ => false,
    };
    earlier.iter().find(brings).map(|event| event.entry.event.party)
}
