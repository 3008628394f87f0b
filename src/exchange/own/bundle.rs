//! A bundle as a stream of events: the life of the keys in it and its events, by log index. That they are in the log, and that none is
//! missing, `liandan verify bundle` checks; here it is what they say.

use std::collections::BTreeMap;

use super::{Lint, Problem, SYSTEM, Spot, Taken};
use crate::clock::Timestamp;
use crate::custody::books::asks_for_standing;
use crate::custody::bundle::{Bundle, Item, Opening};
use crate::custody::document::json;
use crate::custody::{Observation, Subject};
use crate::exchange::document::{Checked, Format, Schema};
use crate::ledger::tlog_proof::TlogProof;

/// Name of the format.
const NAME: &str = "liandan-bundle";
/// How far into a file its format is looked for.
const HEAD_BYTES: usize = 512;

/// Rules that ask for what a bundle does not hold, beside those about standing: the tree of the log, and vehicles of other manifests.
const UNTOLD: [&str; 2] = ["anchor-invalid", "unplanned-carrier"];

/// A bundle holds everything about a manifest, and of lots, labels and pairs of firms only what this manifest did to them. Permits,
/// papers and licences are not in it.
fn is_told(seen: &Observation) -> bool {
    let is_told = !asks_for_standing(&seen.rule) && !UNTOLD.contains(&seen.rule.as_str());
    is_told && matches!(seen.subject, Subject::Manifest(_))
}

/// The format.
pub struct OwnBundle;

impl Format for OwnBundle {
    fn name(&self) -> &'static str {
        NAME
    }

    fn media(&self) -> &'static str {
        "application/json"
    }

    fn schema(&self) -> Schema {
        Schema { version: "liandan-bundle/v1", origin: "this project, docs/formats.md" }
    }

    fn profile(&self) -> &'static str {
        SYSTEM
    }

    fn fits(&self, bytes: &[u8]) -> bool {
        let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD_BYTES)]);
        head.trim_start().starts_with('{') && head.contains("\"liandan-bundle/")
    }

    fn check(&self, bytes: &[u8], as_of: Option<Timestamp>, _now: Timestamp) -> Checked {
        let reading = match json::text_of(bytes).map(json::read) {
            Ok(reading) => reading,
            Err(flaws) => return Checked::unreadable(bytes, flaws),
        };
        let json::Reading { root: Some(root), flaws } = reading else {
            return Checked::unreadable(bytes, reading.flaws);
        };
        if !flaws.is_empty() {
            return Checked::unreadable(bytes, flaws);
        }
        let Some(mut lint) = Lint::new() else { return Checked::default() };
        let bundle = match Bundle::parse(bytes) {
            Ok(bundle) => bundle,
            Err(error) => {
                let problem = Problem::new("bundle-malformed", "", "证据包无法读取", error.to_string());
                lint.errors.push((Spot { at: root.at, pointer: String::new() }, problem));
                return lint.checked(bytes, self.name(), as_of, is_told);
            }
        };
        let spot = |pointer: String| {
            let at = pointer
                .split('/')
                .skip(1)
                .try_fold(&root, |node, name| node.step(name))
                .map_or(0, |node| node.at);
            Spot { at, pointer }
        };
        for (_, (pointer, opening)) in entries(&bundle, &mut lint, &spot) {
            let recorded_at = Timestamp::from_millis(opening.recorded_at_ms);
            let taken = Taken { recorded_at, skew_ms: opening.skew_ms };
            lint.event(spot(pointer), opening.event.as_bytes(), Some(taken));
        }
        lint.checked(bytes, self.name(), as_of, is_told)
    }
}

/// What can be opened, by log index, each once.
fn entries<'a>(
    bundle: &'a Bundle,
    lint: &mut Lint,
    spot: &impl Fn(String) -> Spot,
) -> BTreeMap<u64, (String, &'a Opening)> {
    let keys =
        (0..).zip(&bundle.keys).map(|(n, key)| (format!("/keys/{n}"), &key.proof, key.opening.as_ref()));
    let events = (0..).zip(&bundle.events).map(|(n, item)| match item {
        Item::Said { opening, proof } => (format!("/events/{n}"), proof, Some(opening)),
        Item::Erased { proof, .. } => (format!("/events/{n}"), proof, None),
    });
    let mut entries = BTreeMap::new();
    for (pointer, proof, opening) in keys.chain(events) {
        match (TlogProof::parse(proof), opening) {
            (Ok(proof), Some(opening)) => {
                entries.entry(proof.index).or_insert((pointer, opening));
            }
            (Ok(_), None) => {
                let (zh, en) =
                    ("该条目只有叶，未计入", "of this entry there is only the leaf: it is not folded");
                lint.notices.push((spot(pointer), Problem::new("leaf-only", "", zh, en)));
            }
            (Err(error), _) => {
                lint.errors.push((
                    spot(pointer),
                    Problem::new("proof", "", "证明文本格式不正确", error.to_string()),
                ));
            }
        }
    }
    entries
}
