//! The document: its members, and nothing else in it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::custody::form::same_form;
use crate::custody::kind::parse_json;
use crate::id::ManifestId;
use crate::ledger::{EventId, Salt, b64};
use crate::shape::{List, Text};

/// What a document of this version says it is.
pub const FORMAT: &str = "liandan-bundle/v1";
/// The longest bundle that is made or read, in bytes.
pub const MAX_BUNDLE_BYTES: usize = 32 * 1024 * 1024;
/// Most events of a bundle.
pub const MAX_BUNDLE_EVENTS: usize = 1_000;
/// Most key entries of a bundle.
pub const MAX_BUNDLE_KEYS: usize = 4_000;

/// Why bytes are not a bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Over [`MAX_BUNDLE_BYTES`].
    #[error("{0} bytes; a bundle has at most {MAX_BUNDLE_BYTES}")]
    TooLarge(usize),
    /// Not the JSON of a bundle.
    #[error("not a bundle: {pointer}: {message}")]
    Form {
        /// JSON pointer (RFC 6901) of the member.
        pointer: String,
        /// What is wrong with it.
        message: String,
    },
    /// A document of another kind or version.
    #[error("the format is {0:?}, this program reads {FORMAT}")]
    Format(String),
}

/// What a bundle is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum About {
    /// Everything that touches a manifest.
    #[serde(rename = "manifest")]
    Manifest(ManifestId),
    /// One event.
    #[serde(rename = "event")]
    Event(EventId),
}

/// What opens a sealed leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The compact JWS of the event.
    pub event: String,
    /// The salt of the commitment.
    pub salt: Salt,
    /// When it was recorded, in milliseconds since 1970.
    pub recorded_at_ms: i64,
    /// Measured skew of the uploading device in milliseconds.
    pub skew_ms: i64,
}

/// One event of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// With everything that opens it.
    Said {
        /// The event.
        opening: Opening,
        /// Where it lies (C2SP tlog-proof).
        proof: String,
    },
    /// Erased: only its leaf is left.
    Erased {
        /// The public leaf.
        leaf: Vec<u8>,
        /// Where it lies (C2SP tlog-proof).
        proof: String,
    },
}

impl Item {
    /// Where it lies.
    pub fn proof(&self) -> &str {
        match self {
            Self::Said { proof, .. } | Self::Erased { proof, .. } => proof,
        }
    }
}

/// One entry in the life of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyItem {
    /// The public leaf.
    pub leaf: Vec<u8>,
    /// Where it lies (C2SP tlog-proof).
    pub proof: String,
    /// The event behind it; a revocation shows its leaf alone.
    pub opening: Option<Opening>,
}

/// A bundle as it is written. Whether it holds is another question: see [`super::check()`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// Origin of the log.
    pub log: Text<200>,
    /// What it is about.
    pub about: About,
    /// The head statement, a compact JWS: of a bundle about a manifest.
    pub head: Option<String>,
    /// Events by log index.
    pub events: Vec<Item>,
    /// The life of every key that signed something in it, up to the founding, by log index.
    pub keys: Vec<KeyItem>,
}

impl Bundle {
    /// The document.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.to_wire()).unwrap_or_default()
    }

    /// Read the document. Unknown and repeated members are refused, and so is everything that only this reader would take.
    pub fn parse(bytes: &[u8]) -> Result<Self, BundleError> {
        if bytes.len() > MAX_BUNDLE_BYTES {
            return Err(BundleError::TooLarge(bytes.len()));
        }
        let form = |pointer: &str, message: &str| BundleError::Form {
            pointer: pointer.to_owned(),
            message: message.to_owned(),
        };
        let text = std::str::from_utf8(bytes).map_err(|_| form("", "it is not UTF-8"))?;
        let wire: Wire = parse_json(text, "").map_err(|error| form(&error.pointer, &error.message))?;
        if wire.format != FORMAT {
            return Err(BundleError::Format(wire.format.chars().take(40).collect()));
        }
        let bundle = Self::of_wire(wire).map_err(|(pointer, message)| form(&pointer, message))?;
        let meant = serde_json::to_value(bundle.to_wire()).unwrap_or_default();
        same_form(text, &meant).map_err(|error| form(&error.pointer, &error.message))?;
        Ok(bundle)
    }

    fn of_wire(wire: Wire) -> Result<Self, (String, &'static str)> {
        let is_manifest = matches!(wire.subject, About::Manifest(_));
        if is_manifest != wire.head.is_some() {
            return Err(("/head".to_owned(), "a bundle about a manifest has a head statement, no other has"));
        }
        let events = (0..).zip(wire.events).map(|(n, event)| {
            item_of(event).ok_or((format!("/events/{n}"), "either event, salt and times, or erased and leaf"))
        });
        let keys = (0..).zip(wire.keys).map(|(n, key)| {
            let wrong = (format!("/keys/{n}"), "event, salt and times come together or not at all");
            let opening = opening_of(key.event, key.salt, key.recorded_at_ms, key.skew_ms).ok_or(wrong)?;
            Ok(KeyItem { leaf: key.leaf.0, proof: key.proof, opening })
        });
        Ok(Self {
            log: wire.log,
            about: wire.subject,
            head: wire.head,
            events: events.collect::<Result<_, _>>()?,
            keys: keys.collect::<Result<_, _>>()?,
        })
    }

    fn to_wire(&self) -> Wire {
        let event = |item: &Item| match item {
            Item::Said { opening, proof } => WireEvent {
                event: Some(opening.event.clone()),
                salt: Some(opening.salt),
                recorded_at_ms: Some(opening.recorded_at_ms),
                skew_ms: Some(opening.skew_ms),
                erased: None,
                leaf: None,
                proof: proof.clone(),
            },
            Item::Erased { leaf, proof } => WireEvent {
                event: None,
                salt: None,
                recorded_at_ms: None,
                skew_ms: None,
                erased: Some(true),
                leaf: Some(Bytes(leaf.clone())),
                proof: proof.clone(),
            },
        };
        let key = |item: &KeyItem| WireKey {
            leaf: Bytes(item.leaf.clone()),
            proof: item.proof.clone(),
            event: item.opening.as_ref().map(|opening| opening.event.clone()),
            salt: item.opening.as_ref().map(|opening| opening.salt),
            recorded_at_ms: item.opening.as_ref().map(|opening| opening.recorded_at_ms),
            skew_ms: item.opening.as_ref().map(|opening| opening.skew_ms),
        };
        Wire {
            format: FORMAT.to_owned(),
            log: self.log.clone(),
            subject: self.about,
            head: self.head.clone(),
            events: self.events.iter().map(event).collect(),
            keys: self.keys.iter().map(key).collect(),
        }
    }
}

fn opening_of(
    event: Option<String>,
    salt: Option<Salt>,
    recorded_at_ms: Option<i64>,
    skew_ms: Option<i64>,
) -> Option<Option<Opening>> {
    match (event, salt, recorded_at_ms, skew_ms) {
        (None, None, None, None) => Some(None),
        (Some(event), Some(salt), Some(recorded_at_ms), Some(skew_ms)) => {
            Some(Some(Opening { event, salt, recorded_at_ms, skew_ms }))
        }
        _ => None,
    }
}

fn item_of(wire: WireEvent) -> Option<Item> {
    let opening = opening_of(wire.event, wire.salt, wire.recorded_at_ms, wire.skew_ms)?;
    match (opening, wire.erased, wire.leaf) {
        (Some(opening), None, None) => Some(Item::Said { opening, proof: wire.proof }),
        (None, Some(true), Some(leaf)) => Some(Item::Erased { leaf: leaf.0, proof: wire.proof }),
        _ => None,
    }
}

/// Bytes in base64url.
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&b64::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        b64::decode(&String::deserialize(deserializer)?).map(Self).map_err(serde::de::Error::custom)
    }
}

/// A member that may be left out, and is not null when it is there.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A list of at most `MAX` items.
fn few<'de, D: Deserializer<'de>, T: Deserialize<'de>, const MAX: usize>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    List::<T, 0, MAX>::deserialize(deserializer).map(List::into_vec)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    format: String,
    log: Text<200>,
    subject: About,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    head: Option<String>,
    #[serde(deserialize_with = "few::<_, _, MAX_BUNDLE_EVENTS>")]
    events: Vec<WireEvent>,
    #[serde(deserialize_with = "few::<_, _, MAX_BUNDLE_KEYS>")]
    keys: Vec<WireKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEvent {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    event: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    salt: Option<Salt>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    recorded_at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    skew_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    erased: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    leaf: Option<Bytes>,
    proof: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireKey {
    leaf: Bytes,
    proof: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    event: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    salt: Option<Salt>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    recorded_at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    skew_ms: Option<i64>,
}
