//! Manifest tracking numbers: its own, and those of other manifests it names.

use std::collections::HashSet;

use super::super::spot::Spot;
use super::bench::{Bench, Stage, Submission};
use super::fault;
use crate::catalogue::{NumberForm, judge as form_of};
use crate::custody::finding::Figures;

pub(super) fn judge(bench: &mut Bench<'_>) {
    let root = bench.root.clone();
    match root.get("manifestTrackingNumber") {
        Some(own) => form(bench, &own),
        None if is_numbered(bench) => bench.mark(&fault::NUMBER_MISSING, &root),
        None => {}
    }
    let own = root.text_of("manifestTrackingNumber");
    let named = [
        root.find(&["rejectionInfo", "newManifestTrackingNumbers"]),
        root.get("residueNewManifestTrackingNumbers"),
        root.find(&["additionalInfo", "originalManifestTrackingNumbers"]),
    ];
    for list in named.into_iter().flatten() {
        others(bench, &list, own);
    }
    scan(bench, own);
}

/// A manifest has its number from the printer of the form, or from the system once it is scheduled and saved; a request to save an
/// electronic one has none yet.
fn is_numbered(bench: &Bench<'_>) -> bool {
    let is_on_paper = matches!(bench.submission, Submission::DataImage | Submission::Image);
    is_on_paper || bench.stage >= Stage::InTransit
}

fn form(bench: &mut Bench<'_>, spot: &Spot<'_>) {
    match spot.text().map(form_of) {
        Some(NumberForm::Irregular) => bench.mark_written(&fault::NUMBER_IRREGULAR, spot),
        Some(NumberForm::Suffixed) => bench.mark_written(&fault::NUMBER_SUFFIXED, spot),
        Some(NumberForm::Regular) | None => {}
    }
}

fn others(bench: &mut Bench<'_>, list: &Spot<'_>, own: Option<&str>) {
    let mut seen = HashSet::new();
    for number in list.items() {
        let Some(text) = number.text() else { continue };
        form(bench, &number);
        if own == Some(text) {
            bench.mark_written(&fault::NUMBER_OF_ITSELF, &number);
        }
        if !seen.insert(text) {
            bench.mark_written(&fault::NUMBER_TWICE, &number);
        }
    }
}

/// The number that the system reads from the scan. Where somebody looked and says that both are right, it is so.
fn scan(bench: &mut Bench<'_>, own: Option<&str>) {
    let Some(info) = bench.root.get("mtnValidationInfo") else { return };
    if info.flag_of("mtnCorrect") == Some(true) {
        return;
    }
    if let (Some(scan), Some(own)) = (info.get("pdfMtn"), own)
        && scan.text().is_some_and(|text| text != own)
    {
        let figures = Figures::none().with("written", scan.text().unwrap_or_default()).with("number", own);
        bench.mark_with(&fault::NUMBER_OF_SCAN, &scan, figures);
    }
    if let Some(unique) = info.get("pdfMtnUnique").filter(|unique| unique.flag() == Some(false)) {
        bench.mark(&fault::SCAN_NOT_UNIQUE, &unique);
    }
}
