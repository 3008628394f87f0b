//! One manifest on the bench: what it says of itself, and what was found so far.

use super::super::json::Flaw;
use super::super::moment::Moment;
use super::super::spot::Spot;
use super::super::{Fault, Judged, Marked};
use super::{MAX_MARKED, fault};
use crate::catalogue::{Documents, Profile};
use crate::custody::finding::Figures;

/// How far a manifest has come, by its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Being written, or of no status.
    Draft,
    /// Ready to be shipped.
    Scheduled,
    /// On the road.
    InTransit,
    /// At the facility.
    Received,
    /// Complete but for the signature.
    ReadyForSignature,
    /// Signed, or corrected after that.
    Signed,
}

impl Stage {
    fn of(status: Option<&str>) -> Self {
        match status {
            Some("Scheduled") => Self::Scheduled,
            Some("InTransit") => Self::InTransit,
            Some("Received") => Self::Received,
            Some("ReadyForSignature") => Self::ReadyForSignature,
            Some("Signed" | "SignedComplete" | "Corrected" | "UnderCorrection") => Self::Signed,
            _ => Self::Draft,
        }
    }
}

/// How a manifest is submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Submission {
    FullElectronic,
    Hybrid,
    DataImage,
    Image,
    Unknown,
}

impl Submission {
    fn of(written: Option<&str>) -> Self {
        match written {
            Some("FullElectronic") => Self::FullElectronic,
            Some("Hybrid") => Self::Hybrid,
            Some("DataImage5Copy") => Self::DataImage,
            Some("Image") => Self::Image,
            _ => Self::Unknown,
        }
    }
}

/// One manifest and what was found.
pub(super) struct Bench<'a> {
    pub(super) root: Spot<'a>,
    pub(super) profile: &'a Profile,
    pub(super) as_of: Moment,
    pub(super) stage: Stage,
    pub(super) submission: Submission,
    judged: Judged,
}

impl<'a> Bench<'a> {
    pub(super) fn new(root: Spot<'a>, profile: &'a Profile, as_of: Moment) -> Self {
        let stage = Stage::of(root.text_of("status"));
        let submission = Submission::of(root.text_of("submissionType"));
        Self { root, profile, as_of, stage, submission, judged: Judged::default() }
    }

    /// What is known about documents in the profile.
    pub(super) fn documents(&self) -> Option<&'a Documents> {
        self.profile.documents()
    }

    /// True where every party and every line must be there: anything but a draft, and but an image, whose data are on the scan.
    pub(super) fn is_whole(&self) -> bool {
        let is_image = self.submission == Submission::Image;
        !is_image && (self.stage >= Stage::Scheduled || self.submission == Submission::DataImage)
    }

    /// True where it is said to be ready for the last signature, or signed.
    pub(super) fn is_ready(&self) -> bool {
        self.submission != Submission::Image && self.stage >= Stage::ReadyForSignature
    }

    /// Mark a fault.
    pub(super) fn mark(&mut self, fault: &'static Fault, spot: &Spot<'_>) {
        self.mark_with(fault, spot, Figures::none());
    }

    /// Mark a fault with what was compared.
    pub(super) fn mark_with(&mut self, fault: &'static Fault, spot: &Spot<'_>, figures: Figures) {
        if self.judged.marked.len() < MAX_MARKED {
            let (pointer, at) = (spot.pointer().to_owned(), spot.node().at);
            self.judged.marked.push(Marked { fault, pointer, at, figures });
        }
    }

    /// Mark a fault with what is written there.
    pub(super) fn mark_written(&mut self, fault: &'static Fault, spot: &Spot<'_>) {
        let figures = Figures::none().with("written", written(spot));
        self.mark_with(fault, spot, figures);
    }

    /// Mark members that must be there and are not.
    pub(super) fn need(&mut self, spot: &Spot<'_>, members: &[&str]) {
        for member in members.iter().filter(|member| !spot.has(member)) {
            self.mark_with(&fault::MISSING, spot, Figures::none().with("member", *member));
        }
    }

    /// Tell a value that cannot be read.
    pub(super) fn unread(&mut self, code: &'static str, spot: &Spot<'_>, zh: String, en: String) {
        if self.judged.unread.len() < MAX_MARKED {
            let (pointer, at) = (spot.pointer().to_owned(), spot.node().at);
            self.judged.unread.push(Flaw { code, at, pointer, zh, en });
        }
    }

    /// Everything that was found, by place.
    pub(super) fn judged(mut self) -> Judged {
        self.judged
            .marked
            .sort_by(|a, b| (a.at, a.fault.code, &a.figures).cmp(&(b.at, b.fault.code, &b.figures)));
        self.judged.marked.dedup();
        self.judged.unread.sort_by_key(|flaw| flaw.at);
        self.judged
    }
}

/// Most characters of a value that a finding repeats.
const MAX_WRITTEN_CHARS: usize = 80;

/// What stands at a spot, for people.
pub(super) fn written(spot: &Spot<'_>) -> String {
    use super::super::json::Value;
    match &spot.node().value {
        Value::Text(text) | Value::Number(text) => text.chars().take(MAX_WRITTEN_CHARS).collect(),
        Value::Bool(flag) => flag.to_string(),
        other => other.kind().1.to_owned(),
    }
}
