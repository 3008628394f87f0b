//! What a manifest says in flags and in its status, against what it says in full.

use super::super::spot::Spot;
use super::bench::{Bench, Stage, Submission};
use super::dates::signed_at;
use super::fault;
use crate::custody::finding::Figures;

pub(super) fn judge(bench: &mut Bench<'_>) {
    let root = bench.root.clone();
    if bench.is_ready() {
        bench.need(&root, &["rejection", "containsPreviousRejectOrResidue"]);
    }
    pair(bench, &root, "rejection", "rejectionInfo");
    rejection(bench);
    imported(bench);
    successor(bench);
    for waste in root.list("wastes") {
        pair(bench, &waste, "pcb", "pcbInfos");
        pair(bench, &waste, "br", "brInfo");
        discrepancy(bench, &waste);
    }
    of_lines(bench, "discrepancy", &["wasteQuantity", "wasteType"]);
    of_lines(bench, "residue", &["residue"]);
    residue(bench);
    status(bench);
    version(bench);
}

/// A flag and what it announces: both or neither.
fn pair(bench: &mut Bench<'_>, holder: &Spot<'_>, flag: &str, info: &str) {
    let Some(spot) = holder.get(flag) else { return };
    match (spot.flag(), holder.get(info).filter(|_| holder.has(info))) {
        (Some(true), None) => {
            bench.mark_with(&fault::FLAG_WITHOUT_INFO, &spot, Figures::none().with("member", info));
        }
        (Some(false), Some(said)) => {
            bench.mark_with(&fault::INFO_WITHOUT_FLAG, &said, Figures::none().with("flag", flag));
        }
        _ => {}
    }
}

/// Said although the flag for it is false.
fn without_flag(bench: &mut Bench<'_>, said: Option<Spot<'_>>, flag: &str) {
    if let Some(said) = said {
        bench.mark_with(&fault::INFO_WITHOUT_FLAG, &said, Figures::none().with("flag", flag));
    }
}

fn rejection(bench: &mut Bench<'_>) {
    let root = bench.root.clone();
    let Some(info) = root.get("rejectionInfo").filter(|_| root.flag_of("rejection") == Some(true)) else {
        return;
    };
    let alternate =
        info.get("alternateDesignatedFacility").filter(|_| info.has("alternateDesignatedFacility"));
    let kind = info.get("alternateDesignatedFacilityType");
    if bench.is_whole() {
        bench.need(&info, &["transporterOnSite", "rejectionComments"]);
    }
    match info.flag_of("transporterOnSite") {
        Some(true) => {
            if let Some(partial) =
                info.get("rejectionType").filter(|kind| kind.text() == Some("PartialReject"))
            {
                bench.mark(&fault::REJECTION_ON_SITE, &partial);
            }
            if let Some(new) = info.get("newManifestTrackingNumbers").filter(|new| !new.items().is_empty()) {
                bench.mark(&fault::REJECTION_ON_SITE, &new);
            }
            if bench.is_whole() {
                bench.need(&info, &["alternateDesignatedFacilityType"]);
            }
        }
        Some(false) => {
            if bench.is_whole() {
                bench.need(&info, &["rejectionType"]);
            }
            if let Some(said) = kind.clone().or_else(|| alternate.clone()) {
                bench.mark(&fault::REJECTION_OFF_SITE, &said);
            }
        }
        None => {}
    }
    match (kind.as_ref().and_then(Spot::text), &alternate) {
        (Some("Tsdf"), None) => bench.need(&info, &["alternateDesignatedFacility"]),
        (Some("Generator"), Some(named)) => bench.mark(&fault::ALTERNATE_DIFFERS, named),
        _ => {}
    }
}

fn imported(bench: &mut Bench<'_>) {
    let root = bench.root.clone();
    let said = root.get("importInfo").filter(|_| root.has("importInfo"));
    match root.get("import").and_then(|import| import.flag().map(|flag| (import, flag))) {
        Some((import, true)) if said.is_none() && bench.is_whole() => {
            bench.mark_with(&fault::FLAG_WITHOUT_INFO, &import, Figures::none().with("member", "importInfo"));
        }
        Some((_, false)) => {
            without_flag(bench, said, "import");
            for waste in root.list("wastes") {
                without_flag(bench, waste.find(&["additionalInfo", "consentNumber"]), "import");
            }
        }
        _ => {}
    }
}

/// A manifest for waste that an earlier one could not leave at its facility.
fn successor(bench: &mut Bench<'_>) {
    let root = bench.root.clone();
    let info = root.get("additionalInfo");
    let destination = info.as_ref().and_then(|info| info.get("newManifestDestination"));
    let originals = info.as_ref().and_then(|info| info.get("originalManifestTrackingNumbers"));
    let originals = originals.filter(|list| !list.items().is_empty());
    if let Some(flag) = root.get("containsPreviousRejectOrResidue") {
        match flag.flag() {
            Some(true) if destination.is_none() => {
                let figures = Figures::none().with("member", "newManifestDestination");
                bench.mark_with(&fault::FLAG_WITHOUT_INFO, &flag, figures);
            }
            Some(false) => {
                without_flag(bench, destination.clone(), "containsPreviousRejectOrResidue");
                without_flag(bench, originals, "containsPreviousRejectOrResidue");
            }
            _ => {}
        }
    }
    let goes_back = destination.filter(|destination| destination.text() == Some("OriginalGenerator"));
    if let Some(destination) = goes_back.filter(|_| root.flag_of("rejection") == Some(true)) {
        bench.mark(&fault::RETURN_REJECTED, &destination);
    }
}

fn discrepancy(bench: &mut Bench<'_>, waste: &Spot<'_>) {
    let Some(info) = waste.get("discrepancyResidueInfo") else {
        if bench.is_ready() {
            bench.need(waste, &["discrepancyResidueInfo"]);
        }
        return;
    };
    if bench.is_ready() {
        bench.need(&info, &["wasteQuantity", "wasteType", "residue"]);
    }
    let differs = ["wasteQuantity", "wasteType"].into_iter().find(|name| info.flag_of(name) == Some(true));
    match (differs.and_then(|name| info.get(name)), info.get("discrepancyComments")) {
        (Some(flag), _) if !info.has("discrepancyComments") => bench.mark(&fault::COMMENT_MISSING, &flag),
        (None, Some(comment)) if info.has("discrepancyComments") => {
            bench.mark(&fault::COMMENT_WITHOUT_FLAG, &comment)
        }
        _ => {}
    }
    if let Some(comment) = info.get("residueComments").filter(|_| info.has("residueComments"))
        && info.flag_of("residue") == Some(false)
    {
        bench.mark(&fault::COMMENT_WITHOUT_FLAG, &comment);
    }
}

/// The flag of the manifest is true where one of its lines has it, and only there.
fn of_lines(bench: &mut Bench<'_>, name: &str, of_line: &[&str]) {
    let root = bench.root.clone();
    let Some(flag) = root.get(name) else { return };
    let infos: Vec<Spot<'_>> =
        root.list("wastes").iter().filter_map(|waste| waste.get("discrepancyResidueInfo")).collect();
    let has = |info: &Spot<'_>| of_line.iter().any(|name| info.flag_of(name) == Some(true));
    let line = infos.iter().find(|info| has(info));
    match (flag.flag(), line) {
        (Some(false), Some(info)) => {
            bench.mark_with(&fault::FLAG_OF_LINES, &flag, Figures::none().with("line_at", info.pointer()));
        }
        // A rejection is a discrepancy of the whole manifest.
        (Some(true), None) if !infos.is_empty() && root.flag_of("rejection") != Some(true) => {
            bench.mark(&fault::FLAG_OF_LINES, &flag);
        }
        _ => {}
    }
}

fn residue(bench: &mut Bench<'_>) {
    let root = bench.root.clone();
    let Some(flag) = root.get("residue") else { return };
    let new = root.get("residueNewManifestTrackingNumbers").filter(|list| !list.items().is_empty());
    match (flag.flag(), new) {
        (Some(false), Some(new)) => without_flag(bench, Some(new), "residue"),
        (Some(true), None) => bench.mark(&fault::RESIDUE_WITHOUT_NUMBER, &flag),
        _ => {}
    }
}

fn status(bench: &mut Bench<'_>) {
    let root = bench.root.clone();
    let Some(status) = root.get("status").filter(|status| status.text().is_some()) else { return };
    let early = |bench: &mut Bench<'_>, said: Option<Spot<'_>>| {
        if let Some(said) = said {
            let figures = Figures::none().with("status", status.text().unwrap_or_default());
            bench.mark_with(&fault::STATUS_TOO_EARLY, &said, figures);
        }
    };
    let facility =
        root.get("designatedFacility").and_then(|facility| signed_at(&facility)).map(|(date, _)| date);
    let is_electronic = matches!(bench.submission, Submission::FullElectronic | Submission::Hybrid);
    let written = status.text().unwrap_or_default();
    if matches!(written, "NotAssigned" | "Pending" | "Scheduled") {
        early(bench, root.get("shippedDate"));
        let carriers = root.list("transporters");
        let signed = carriers.iter().find_map(signed_at).map(|(date, _)| date);
        early(bench, signed.filter(|_| is_electronic));
    }
    if matches!(written, "NotAssigned" | "Pending" | "Scheduled" | "InTransit") {
        early(bench, root.get("receivedDate"));
        early(bench, facility.clone().filter(|_| is_electronic));
    }
    if bench.submission == Submission::Image {
        return;
    }
    if bench.stage >= Stage::InTransit && is_electronic {
        bench.need(&root, &["shippedDate"]);
    }
    if bench.stage == Stage::Signed {
        bench.need(&root, &["receivedDate"]);
        signed(bench, &status, facility.is_some());
    }
}

/// A signed manifest bears the signature of the facility that has the waste.
fn signed(bench: &mut Bench<'_>, status: &Spot<'_>, by_facility: bool) {
    let root = bench.root.clone();
    let rejection = root.get("rejectionInfo");
    let elsewhere = rejection.is_some_and(|info| {
        info.get("alternateDesignatedFacility").is_some_and(|alternate| signed_at(&alternate).is_some())
            || info.has("generatorPaperSignature")
            || info.has("generatorElectronicSignature")
    });
    let denied = root.get("signatureStatus").filter(|flag| flag.flag() == Some(false));
    if let Some(denied) = denied.filter(|_| status.text() != Some("UnderCorrection")) {
        bench.mark(&fault::NOT_SIGNED, &denied);
    } else if !by_facility && !elsewhere {
        bench.mark(&fault::NOT_SIGNED, status);
    }
}

fn version(bench: &mut Bench<'_>) {
    let Some(spot) = bench.root.find(&["correctionInfo", "versionNumber"]) else { return };
    let Some(number) = spot.number() else { return };
    let is_corrected = matches!(bench.root.text_of("status"), None | Some("Corrected" | "UnderCorrection"));
    if !number.whole().is_some_and(|n| n == 1 || (n > 1 && is_corrected)) {
        bench.mark_written(&fault::VERSION_IRREGULAR, &spot);
    }
}
