//! What events enclose: photos, scans and papers that they name by digest. The bytes themselves are kept beside the log.

use super::kind::Statement;
use super::payload::handover::GivenWord;
use crate::ledger::Digest;

/// The digests of files that a statement names, each once, in order of their bytes. Digests of what the log holds itself, as of imported documents
/// and of sets of containers, are not among them.
pub fn attached(statement: &Statement) -> Vec<Digest> {
    let mut digests: Vec<Digest> = match statement {
        Statement::FindingExplained(s) | Statement::FindingUpheld(s) => s.attachments.to_vec(),
        Statement::FindingClosed(s) => s.attachments.to_vec(),
        Statement::CaseAnswered(s) => s.attachments.to_vec(),
        Statement::InspectionRecorded(s) => s.attachments.to_vec(),
        Statement::IncidentReported(s) => s.photos.to_vec(),
        Statement::PaperBackfilled(s) => vec![s.scan],
        Statement::NumberBound(s) => s.evidence.into_iter().collect(),
        Statement::ApprovalRequested(s) => s.documents.to_vec(),
        Statement::ContractFiled(s) => s.sha256.into_iter().collect(),
        Statement::VehicleLicensed(s) => s.papers.to_vec(),
        Statement::WasteCollected(s)
        | Statement::WasteTransferred(s)
        | Statement::WasteDelivered(s)
        | Statement::WasteReturned(s) => {
            let sheet = match &s.confirmed {
                Some(GivenWord::Handwriting(by)) => Some(by.sha256),
                Some(GivenWord::Code(_)) | None => None,
            };
            s.photos.iter().copied().chain(sheet).collect()
        }
        Statement::WasteReceived(s) => s.photos.to_vec(),
        Statement::TrackRecorded(s) => vec![s.sha256],
        _ => Vec::new(),
    };
    digests.sort_unstable();
    digests.dedup();
    digests
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::custody::payload::oversight::CaseAnswered;
    use crate::shape::{List, Text};

    #[test]
    fn each_file_is_named_once() {
        let (one, other) = (Digest([1; 32]), Digest([2; 32]));
        let answered = CaseAnswered {
            case: crate::id::CaseId::from_uuid(uuid::Uuid::nil()),
            text: Text::new("done".to_owned()).unwrap(),
            attachments: List::new(vec![other, one, other]).unwrap(),
        };
        assert_eq!(attached(&Statement::CaseAnswered(answered)), [one, other]);
    }
}
