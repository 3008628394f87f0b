//! The chain of custody of a manifest as an EPCIS document: every statement of a bundle that EPCIS has words for, in the order of the log.
//!
//! It says what was signed, no more: nothing is folded, no correction applied, no identifier of GS1 made up. What it cannot say is named in it. What
//! proves something is the bundle; each event carries the digest of the statement it stands for.

use serde_json::{Map, Value, json};

use crate::clock::Timestamp;
use crate::custody::bundle::{About, Bundle, Item};
use crate::custody::{Event, Statement};
use crate::exchange::document::{NoDocument, Writing};
use crate::exchange::escaped;
use crate::id::{LotId, ManifestId, derived};
use crate::ledger::{Envelope, EventId, Typ, Unverified};

mod events;
mod parts;

/// The context of EPCIS 2.0 at GS1: named, never fetched.
pub(super) const CONTEXT: &str = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld";

/// One statement of a bundle.
struct Said {
    id: EventId,
    event: Event,
    recorded_at: Timestamp,
}

/// What the parts of a document have in common.
struct Ledger<'a> {
    /// Where its identifiers live: `https://` and the origin.
    home: String,
    /// Offset of the zone in which things happened, for example `+08:00`.
    zone: &'a str,
    /// Own events that their party disavowed, and when that was recorded.
    disavowed: Vec<(EventId, Timestamp)>,
}

/// Writes a bundle as an EPCIS document. The bundle is not checked: whoever wants proof keeps it.
pub(super) fn document(bundle: &Bundle, moment: &Writing<'_>) -> Result<String, NoDocument> {
    let mut said = Vec::new();
    let mut erased = 0_u64;
    for (n, item) in bundle.events.iter().enumerate() {
        match item {
            Item::Erased { .. } => erased += 1,
            Item::Said { opening, .. } => said.push(said_of(opening, n)?),
        }
    }
    let disavowed = said.iter().filter_map(|said| match &said.event.statement {
        Statement::EventDisavowed(about) => Some((about.event, said.recorded_at)),
        _ => None,
    });
    let ledger = Ledger { home: home_of(&bundle.log), zone: moment.zone, disavowed: disavowed.collect() };
    let mut events = Vec::new();
    let mut left_out: Vec<&str> = Vec::new();
    for said in &said {
        let told = events::of(&ledger, said);
        if told.is_empty() && !matches!(said.event.statement, Statement::EventDisavowed(_)) {
            left_out.push(said.event.kind().name());
        }
        events.extend(told);
    }
    left_out.sort_unstable();
    left_out.dedup();
    let subject = match bundle.about {
        About::Manifest(id) => ledger.manifest(id),
        About::Event(id) => digest_uri(id),
    };
    let document = json!({
        "@context": [CONTEXT, {"liandan": format!("{}/epcis/ns/", ledger.home)}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": moment.made.to_string(),
        "liandan:log": *bundle.log,
        "liandan:subject": subject,
        "liandan:leftOut": left_out,
        "liandan:erased": erased,
        "epcisBody": {"eventList": events},
    });
    Ok(serde_json::to_string_pretty(&document).unwrap_or_default())
}

fn said_of(opening: &crate::custody::bundle::Opening, n: usize) -> Result<Said, NoDocument> {
    let unreadable = || NoDocument::unreadable(n);
    let envelope: Envelope<Unverified> =
        Envelope::parse(opening.event.as_bytes(), Typ::Event).map_err(|_| unreadable())?;
    let event = Event::parse_recorded(envelope.payload()).map_err(|_| unreadable())?;
    let recorded_at = Timestamp::from_millis(opening.recorded_at_ms);
    Ok(Said { id: envelope.event_id(), event, recorded_at })
}

/// Where the identifiers of a log live. An origin is a name without a scheme (C2SP); what no URI may have is escaped.
fn home_of(origin: &str) -> String {
    format!("https://{}", escaped(origin, "/:"))
}

/// A statement by the digest that names it (RFC 6920).
fn digest_uri(id: EventId) -> String {
    format!("ni:///sha-256;{id}")
}

impl Ledger<'_> {
    fn uri(&self, kind: &str, id: &str) -> String {
        format!("{}/epcis/{kind}/{}", self.home, escaped(id, ""))
    }

    fn manifest(&self, id: ManifestId) -> String {
        self.uri("manifest", &id.to_string())
    }

    fn lot(&self, id: LotId) -> String {
        self.uri("lot", &id.to_string())
    }

    /// The members that every event has. `n`: which of the events that one statement becomes.
    fn event(&self, said: &Said, kind: &str, n: u8) -> Map<String, Value> {
        let id = derived(&[b"liandan/epcis-event/v1", said.id.to_string().as_bytes(), &[n]]);
        let mut event = Map::new();
        let mut put = |name: &str, value: Value| drop(event.insert(name.to_owned(), value));
        put("type", json!(kind));
        put("eventTime", json!(said.event.occurred_at.to_string()));
        put("recordTime", json!(said.recorded_at.to_string()));
        put("eventTimeZoneOffset", json!(self.zone));
        put("eventID", json!(format!("urn:uuid:{id}")));
        put("liandan:kind", json!(said.event.kind().name()));
        put("liandan:statement", json!(digest_uri(said.id)));
        put("liandan:party", json!(self.uri("party", &said.event.party.to_string())));
        if let Some((_, at)) = self.disavowed.iter().find(|(id, _)| *id == said.id) {
            put("errorDeclaration", json!({"declarationTime": at.to_string(), "reason": "incorrect_data"}));
        }
        event
    }
}
