//! How the ledger fares, as figures of the moment.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::{Registry, Unit};

use super::PREFIX;
use crate::app::Mode;
use crate::app::query::Vitals;
use crate::app::replica::ReplicaState;
use crate::clock::Timestamp;

const MILLIS: i64 = 1_000;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct State {
    state: &'static str,
}

/// All of them; only that it is not ready where nothing is known.
pub(super) fn registry(seen: Option<&Vitals>, now: Timestamp) -> Registry {
    let mut registry = Registry::with_prefix(PREFIX);
    let is_ready = seen.is_some_and(|seen| seen.readiness.is_ready());
    registry.register(
        "ready",
        "1 when events are taken in and all that is committed is signed",
        ConstGauge::new(i64::from(is_ready)),
    );
    if let Some(seen) = seen {
        of_the_log(&mut registry, seen);
        of_what_goes_out(&mut registry, seen);
        of_copies(&mut registry, seen, now);
    }
    registry
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: u64) {
    registry.register(name, help, ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX)));
}

fn of_the_log(registry: &mut Registry, seen: &Vitals) {
    let ready = &seen.readiness;
    let is_read_only = matches!(ready.mode, Mode::ReadOnly(_));
    gauge(registry, "read_only", "1 when the ledger is only read: see /readyz", is_read_only.into());
    gauge(registry, "log_entries", "Entries that are committed", ready.size);
    gauge(registry, "log_signed_entries", "Entries that a signed checkpoint covers", ready.signed);
    gauge(registry, "uploads_waiting", "Uploads that wait for their place in the log", seen.waiting.0 as u64);
    gauge(registry, "uploads_waiting_limit", "How many may wait", seen.waiting.1 as u64);
}

fn of_what_goes_out(registry: &mut Registry, seen: &Vitals) {
    let unnoticed = seen.newest_change.saturating_sub(seen.noticed);
    gauge(registry, "feed_newest", "Number of the newest message of the feed", seen.newest_change);
    gauge(registry, "feed_unnoticed", "Messages of which notices are still to be made", unnoticed);
    gauge(registry, "webhooks_stopped", "Webhooks that are sent nothing any more", seen.parked_count);
    let pushes = Family::<State, Gauge>::default();
    for (state, count) in ["waiting", "parked", "refused", "partly"].into_iter().zip(seen.pushes) {
        pushes.get_or_create(&State { state }).set(i64::try_from(count).unwrap_or(i64::MAX));
    }
    registry.register("pushes", "Steps that platforms of the state are told of", pushes);
}

fn of_copies(registry: &mut Registry, seen: &Vitals, now: Timestamp) {
    if let Some(replica) = &seen.replica {
        let is_used = matches!(replica.state, ReplicaState::InUse);
        gauge(registry, "replica_in_use", "1 when the standby answers reads", is_used.into());
    }
    let Some(newest) = &seen.backup else { return };
    let missing = seen.readiness.size.saturating_sub(newest.as_ref().map_or(0, |backup| backup.size));
    gauge(registry, "backup_missing_entries", "Entries that the newest backup lacks", missing);
    if let Some(newest) = newest {
        let age = ConstGauge::new(now.since(newest.at) / MILLIS);
        registry.register_with_unit("backup_age", "Age of the newest backup", Unit::Seconds, age);
    }
}
