//! Documents of other systems: read with the place of everything, and judged by pure rules. What contradicts itself is a finding with its JSON
//! pointer; what cannot be read is told with line and field; nothing is guessed.
//!
//! A document is judged alike where a file is checked and where an imported one is folded: both call [`judge`].

pub mod emanifest;
pub mod json;
pub mod moment;
pub mod spot;

use crate::catalogue::Profile;
use crate::clock::Timestamp;
use crate::custody::finding::Figures;

/// One kind of fault, with its texts.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// The rule it belongs to; none for a mere notice, which is no fault.
    pub rule: Option<&'static str>,
    /// Kebab-case name.
    pub code: &'static str,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
}

/// A fault at its place in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// What is wrong.
    pub fault: &'static Fault,
    /// JSON pointer (RFC 6901) into the document; empty for the whole of it.
    pub pointer: String,
    /// Offset in the text of what the pointer names.
    pub at: usize,
    /// What was compared.
    pub figures: Figures,
}

impl Marked {
    /// True for a fault, false for a mere notice.
    pub fn is_fault(&self) -> bool {
        self.fault.rule.is_some()
    }
}

/// What was found in one document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// Faults and notices, by place.
    pub marked: Vec<Marked>,
    /// What cannot be read, by place. Then the faults are those of what could be.
    pub unread: Vec<json::Flaw>,
}

/// Judge the content of an imported document of a format that is known here, as of the moment it was recorded; `None` for any other media type.
pub fn judge(media: &str, content: &str, profile: &Profile, as_of: Timestamp) -> Option<Judged> {
    if media != emanifest::MEDIA {
        return None;
    }
    let json::Reading { root, flaws } = json::read(content);
    let Some(root) = root else { return Some(Judged { marked: Vec::new(), unread: flaws }) };
    let mut judged = emanifest::judge(&root, profile, as_of);
    judged.unread.extend(flaws);
    judged.unread.sort_by_key(|flaw| flaw.at);
    Some(judged)
}
