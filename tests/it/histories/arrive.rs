//! The orders in which a history may reach a ledger.

use liandan::clock::Timestamp;

use super::make::Said;
use crate::support::random::Random;

/// As it happened, with some of it sent twice.
pub(super) fn as_it_happened(said: &[Said], random: &mut Random) -> Vec<Said> {
    let mut arrived: Vec<Said> = Vec::new();
    for said in said {
        arrived.push(said.clone());
        if random.below(6) == 0 {
            let again = arrived[random.below(arrived.len())].clone();
            arrived.push(Said { recorded_at: said.recorded_at, ..again });
        }
    }
    arrived
}

/// Facts arrive whenever they like once they happened, some of them twice; declarations when they are made. Acts about
/// statements come when everything is there: what ended a key or disavows an event goes by log index.
pub(super) fn in_another_order(said: &[Said], random: &mut Random) -> Vec<Said> {
    let facts = said.iter().filter(|said| said.is_fact());
    let last = facts.map(|said| said.recorded_at).max().unwrap_or_default();
    let mut arriving: Vec<(Timestamp, usize, Said)> = Vec::new();
    for said in said {
        let mut said = said.clone();
        if said.is_fact() && random.below(4) > 0 {
            let most_ms = last.since(said.event.occurred_at).unsigned_abs();
            let late_ms = random.below(most_ms as usize + 1) as i64;
            said.recorded_at = said.event.occurred_at.plus_millis(late_ms);
        }
        let rank = if said.is_fact() { random.below(1_000) } else { 1_000 };
        if said.is_fact() && random.below(6) == 0 {
            arriving.push((last, rank, Said { recorded_at: last, ..said.clone() }));
        }
        arriving.push((said.recorded_at, rank, said));
    }
    // Stable, so that what an office says stays in its order.
    arriving.sort_by_key(|(at, rank, _)| (*at, *rank));
    arriving.into_iter().map(|(_, _, said)| said).collect()
}

/// In the order in which it happened, each at its time.
pub(super) fn in_time(arriving: &[Said]) -> Vec<Said> {
    let mut arriving = arriving.to_vec();
    for said in arriving.iter_mut().filter(|said| said.is_fact()) {
        said.recorded_at = said.event.occurred_at;
    }
    arriving.sort_by_key(|said| said.recorded_at);
    arriving
}
