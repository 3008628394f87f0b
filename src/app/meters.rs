//! What this process counts as it goes, for whoever operates it: how many and how long, never who and never what an event says.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::App;
use super::error::SubmitError;
use super::submit::Submitted;

/// Upper ends of the counts of events that one commit holds; a batch has at most a thousand.
const EVENTS_OF_A_BATCH: [f64; 8] = [1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 700.0, 1_000.0];
/// Upper ends of what a batch takes, in seconds.
const SECONDS_OF_A_BATCH: [f64; 9] = [0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Code {
    code: String,
}

/// Counted since the process began.
#[derive(Debug)]
pub struct Meters {
    events: Family<Outcome, Counter>,
    refusals: Family<Code, Counter>,
    batch_events: Histogram,
    batch_seconds: Histogram,
}

impl Default for Meters {
    fn default() -> Self {
        Self {
            events: Family::default(),
            refusals: Family::default(),
            batch_events: Histogram::new(EVENTS_OF_A_BATCH),
            batch_seconds: Histogram::new(SECONDS_OF_A_BATCH),
        }
    }
}

impl Meters {
    /// Put them where they are read.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "events",
            "Events that were sent: recorded, known (in the log before), refused, busy, read_only, failed",
            self.events.clone(),
        );
        registry.register("refusals", "Refused events by the code of the problem", self.refusals.clone());
        registry.register(
            "batch_events",
            "Events that were committed or refused as one",
            self.batch_events.clone(),
        );
        registry.register_with_unit(
            "batch",
            "What a batch takes, from its lock to its signed checkpoint",
            Unit::Seconds,
            self.batch_seconds.clone(),
        );
    }

    /// What became of events that were sent, each of which got this answer.
    pub(super) fn events(&self, answer: Result<&Submitted, &SubmitError>, count: usize) {
        let count = count as u64;
        let outcome = match answer {
            Ok(submitted) if submitted.is_new => "recorded",
            Ok(_) => "known",
            Err(SubmitError::Refused(refusal)) => {
                self.refusals.get_or_create(&Code { code: refusal.code.clone() }).inc_by(count);
                "refused"
            }
            Err(SubmitError::Busy { .. }) => "busy",
            Err(SubmitError::ReadOnly(_)) => "read_only",
            Err(SubmitError::Fault(_)) => "failed",
        };
        self.events.get_or_create(&Outcome { outcome }).inc_by(count);
    }

    /// A batch was committed, or came to nothing.
    pub(super) fn batch(&self, events: usize, seconds: f64) {
        self.batch_events.observe(events as f64);
        self.batch_seconds.observe(seconds);
    }
}

impl App {
    /// What this process counted.
    pub fn meters(&self) -> &Meters {
        &self.inner.meters
    }
}
