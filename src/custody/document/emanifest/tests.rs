use serde_json::{Value as Json, json};

use super::super::{Judged, json};
use super::{FAULTS, judge};
use crate::catalogue::Profile;
use crate::clock::Timestamp;

/// A manifest of four signatures and two lines in which nothing is wrong.
const SIGNED: &str = include_str!("../../../../seeds/us/emanifest-signed-example.json");
const SAVED: &str = include_str!("../../../../seeds/us/emanifest-save-valid-Full-Electronic-example.json");
const ENTERED: &str =
    include_str!("../../../../seeds/us/emanifest-save-valid-Data-and-Image-Manual-Entry-example.json");

fn now() -> Timestamp {
    "2026-04-01T00:00:00Z".parse().unwrap()
}

fn judged(text: &str) -> Judged {
    let reading = json::read(text);
    assert_eq!(reading.flaws, []);
    judge(&reading.root.unwrap(), Profile::embedded("us").unwrap(), now())
}

type Codes = Vec<(String, String)>;

/// Codes and pointers of the faults, of the notices, and of what cannot be read.
fn told(text: &str) -> (Codes, Codes, Codes) {
    let judged = judged(text);
    let of = |is_fault: bool| {
        let marked = judged.marked.iter().filter(|marked| marked.is_fault() == is_fault);
        sorted(marked.map(|marked| (marked.fault.code.to_owned(), marked.pointer.clone())).collect())
    };
    let unread = judged.unread.iter().map(|flaw| (flaw.code.to_owned(), flaw.pointer.clone()));
    (of(true), of(false), sorted(unread.collect()))
}

fn sorted(mut codes: Codes) -> Codes {
    codes.sort();
    codes
}

/// What an edit leaves out.
fn gone() -> Json {
    json!("<gone>")
}

fn edited(base: &str, edits: &[(&str, Json)]) -> String {
    let mut document: Json = serde_json::from_str(base).unwrap();
    for (pointer, value) in edits {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"));
        match parent {
            Json::Object(members) if *value == gone() => drop(members.remove(name)),
            Json::Object(members) => drop(members.insert(name.to_owned(), value.clone())),
            Json::Array(items) if *value == gone() => drop(items.remove(name.parse().unwrap())),
            Json::Array(items) if name == "-" => items.push(value.clone()),
            Json::Array(items) => items[name.parse::<usize>().unwrap()] = value.clone(),
            _ => panic!("{pointer}"),
        }
    }
    document.to_string()
}

fn pairs(expected: &[(&str, &str)]) -> Codes {
    sorted(expected.iter().map(|(code, pointer)| ((*code).to_owned(), (*pointer).to_owned())).collect())
}

#[test]
fn a_clean_manifest_is_clean() {
    assert_eq!(told(SIGNED), (vec![], vec![], vec![]));
}

#[test]
fn examples_of_the_interface() {
    // 432 kg and 432 kg of PCB on a line of 432 kg.
    assert_eq!(told(SAVED), (pairs(&[("pcb-weights", "/wastes/1/pcbInfos")]), vec![], vec![]));
    let (faults, notices, unread) = told(ENTERED);
    assert_eq!(
        faults,
        pairs(&[
            ("flag-of-lines", "/discrepancy"),
            ("number-irregular", "/manifestTrackingNumber"),
            ("removed-after-shipped", "/wastes/0/pcbInfos/0/dateOfRemoval"),
            ("removed-after-shipped", "/wastes/0/pcbInfos/1/dateOfRemoval"),
        ])
    );
    assert_eq!((notices, unread), (vec![], vec![]));
}

/// Edits, and all that is found then: codes and pointers.
type Case<'a> = (Vec<(&'a str, Json)>, Vec<(&'a str, &'a str)>);

/// Every fault: what is edited in the clean manifest, and all that is found then.
#[test]
#[rustfmt::skip]
fn every_fault_has_an_edit_that_earns_it() {
    let sign = |at: &str| json!([{ "signatureDate": at }]);
    let cases: Vec<Case> = vec![
        // numbers
        (vec![("/manifestTrackingNumber", json!("CHANGE ME"))], vec![("number-irregular", "/manifestTrackingNumber")]),
        (vec![("/manifestTrackingNumber", json!("100033134elc"))], vec![("number-irregular", "/manifestTrackingNumber")]),
        (vec![("/manifestTrackingNumber", json!("100033134ELCB"))], vec![("number-suffixed", "/manifestTrackingNumber")]),
        (vec![("/manifestTrackingNumber", gone())], vec![("number-missing", "")]),
        (vec![("/mtnValidationInfo", json!({"pdfMtn": "100033135ELC", "mtnsMatch": false}))], vec![("number-of-scan-differs", "/mtnValidationInfo/pdfMtn")]),
        (vec![("/mtnValidationInfo", json!({"pdfMtn": "100033135ELC", "mtnCorrect": true}))], vec![]),
        (vec![("/mtnValidationInfo", json!({"pdfMtnUnique": false}))], vec![("number-of-scan-not-unique", "/mtnValidationInfo/pdfMtnUnique")]),
        (vec![("/residue", json!(true)), ("/wastes/0/discrepancyResidueInfo/residue", json!(true)),
              ("/residueNewManifestTrackingNumbers", json!(["100033134ELC", "123456789JJK", "123456789JJK", "12"]))],
         vec![("number-of-itself", "/residueNewManifestTrackingNumbers/0"), ("number-twice", "/residueNewManifestTrackingNumbers/2"),
              ("number-irregular", "/residueNewManifestTrackingNumbers/3")]),
        // sums
        (vec![("/wastes/1/lineNumber", json!(1))], vec![("line-twice", "/wastes/1/lineNumber")]),
        (vec![("/wastes/1/lineNumber", json!(3))], vec![("line-gap", "/wastes/1/lineNumber")]),
        (vec![("/wastes/0/lineNumber", json!(0)), ("/wastes/1/lineNumber", json!(1))], vec![("line-number", "/wastes/0/lineNumber")]),
        (vec![("/wastes/0/lineNumber", json!(1.5)), ("/wastes/1/lineNumber", json!(1))], vec![("line-number", "/wastes/0/lineNumber")]),
        (vec![("/wastes/1/quantity/quantity", json!(433))], vec![("pcb-weights", "/wastes/1/pcbInfos")]),
        (vec![("/wastes/1/pcbInfos/0/weight", json!(401.0))], vec![]),
        (vec![("/wastes/1/pcbInfos/0/weight", json!(401.000001))], vec![("pcb-weights", "/wastes/1/pcbInfos")]),
        (vec![("/wastes/1/pcbInfos/1/weight", json!(30))], vec![("pcb-weights", "/wastes/1/pcbInfos")]),
        // 952 pounds are 431.82 kg, 953 are 432.27, 954 are 432.73.
        (vec![("/wastes/1/quantity/quantity", json!(952)), ("/wastes/1/quantity/unitOfMeasurement/code", json!("P"))], vec![]),
        (vec![("/wastes/1/quantity/quantity", json!(951)), ("/wastes/1/quantity/unitOfMeasurement/code", json!("P"))], vec![("pcb-weights", "/wastes/1/pcbInfos")]),
        (vec![("/wastes/1/quantity/containerNumber", json!(1)),
              ("/wastes/1/pcbInfos/1", json!({"loadType": {"code": "Container"}, "articleContainerId": "C-2", "dateOfRemoval": "2026-02-18", "weight": 31.5, "wasteType": "Rags"}))],
         vec![("pcb-containers", "/wastes/1/pcbInfos")]),
        // dates
        (vec![("/receivedDate", json!("2026-02-30T19:20:41.924+0000"))], vec![("date-impossible", "/receivedDate")]),
        (vec![("/potentialShipDate", json!("2026-13-01"))], vec![("date-impossible", "/potentialShipDate")]),
        (vec![("/createdDate", json!("0001-01-01T00:00:00"))], vec![("date-too-early", "/createdDate")]),
        (vec![("/wastes/1/pcbInfos/0/dateOfRemoval", json!("1978-01-01"))], vec![]),
        (vec![("/updatedDate", json!("2926-03-05T19:22:02.857+0000"))], vec![("date-in-future", "/updatedDate")]),
        (vec![("/updatedDate", json!("2026-04-01T23:59:59Z"))], vec![]),
        (vec![("/updatedDate", json!("2026-04-02T00:00:00Z"))], vec![("date-in-future", "/updatedDate")]),
        (vec![("/potentialShipDate", json!("2036-04-01T23:59:59Z"))], vec![]),
        (vec![("/transporters/1/electronicSignaturesInfo", sign("2026-03-02T19:19:28.422Z"))],
         vec![("signed-out-of-order", "/transporters/1/electronicSignaturesInfo/0/signatureDate")]),
        (vec![("/transporters/1/electronicSignaturesInfo", sign("2026-03-02T19:19:28.423Z"))], vec![]),
        (vec![("/createdDate", json!("2026-03-02T16:00:00.001Z"))], vec![("signed-before-created", "/generator/electronicSignaturesInfo/0/signatureDate")]),
        (vec![("/shippedDate", json!("2026-03-02T15:56:07.135Z"))], vec![("shipped-before-signed", "/shippedDate")]),
        (vec![("/receivedDate", json!("2026-03-01T19:20:41.924+0000"))], vec![("received-before-shipped", "/receivedDate"), ("received-before-signed", "/receivedDate")]),
        (vec![("/receivedDate", json!("2026-03-03T19:20:41.924+0000"))], vec![("received-before-signed", "/receivedDate")]),
        (vec![("/certifiedDate", json!("2026-03-04T19:22:02.857+0000"))], vec![("certified-before-received", "/certifiedDate")]),
        (vec![("/updatedDate", json!("2026-03-02T15:51:04.142+0000"))], vec![("updated-before-created", "/updatedDate")]),
        (vec![("/wastes/1/pcbInfos/1/dateOfRemoval", json!("2026-03-18"))], vec![("removed-after-shipped", "/wastes/1/pcbInfos/1/dateOfRemoval")]),
        (vec![("/createdDate", json!("2025-12-01T00:00:01Z")), ("/generator/electronicSignaturesInfo", sign("2026-01-01T00:00:01Z")),
              ("/transporters/0/electronicSignaturesInfo", sign("2026-01-02T00:00:01Z")), ("/shippedDate", json!("2026-01-02T00:00:01Z")),
              ("/wastes/1/pcbInfos/0/dateOfRemoval", gone()), ("/wastes/1/pcbInfos/1/dateOfRemoval", gone())],
         vec![("received-late", "/receivedDate"), ("missing", "/wastes/1/pcbInfos/0"), ("missing", "/wastes/1/pcbInfos/1")]),
        (vec![("/certifiedDate", json!("2026-03-31T10:00:01Z")), ("/receivedDate", json!("2026-03-05T19:20:41.924+0000"))], vec![]),
        // transporters
        (vec![("/transporters/1/order", json!(1))], vec![("order-twice", "/transporters/1/order"), ("order-gap", "/transporters/2/order")]),
        (vec![("/transporters/2", gone()), ("/transporters/1/order", json!(1))], vec![("order-twice", "/transporters/1/order")]),
        (vec![("/transporters/2/order", json!(4))], vec![("order-gap", "/transporters/2/order")]),
        (vec![("/transporters/0", gone())], vec![("order-gap", "/transporters/0/order")]),
        (vec![("/transporters/2/order", gone())], vec![("order-missing", "/transporters/2")]),
        (vec![("/transporters/2/order", json!(2.5))], vec![("order-irregular", "/transporters/2/order")]),
        (vec![("/transporters/2/order", json!(-3))], vec![("order-irregular", "/transporters/2/order")]),
        (vec![("/transporters/2/order", json!(3.0))], vec![]),
        (vec![("/transporters", json!([]))], vec![("transporter-missing", "/transporters")]),
        (vec![("/transporters", gone())], vec![("transporter-missing", "")]),
        (vec![("/transporters/1/electronicSignaturesInfo", json!([]))], vec![("signature-skipped", "/transporters/1")]),
        // quantities
        (vec![("/wastes/0/quantity/quantity", json!(1.67))], vec![("quantity-not-whole", "/wastes/0/quantity/quantity")]),
        (vec![("/wastes/0/quantity/quantity", json!(0))], vec![("quantity-not-positive", "/wastes/0/quantity/quantity")]),
        (vec![("/wastes/0/quantity/quantity", json!(-480))], vec![("quantity-not-positive", "/wastes/0/quantity/quantity")]),
        (vec![("/wastes/0/quantity/quantity", json!(99_999_999_999_i64))], vec![]),
        (vec![("/wastes/0/quantity/quantity", json!(100_000_000_000_i64))], vec![("quantity-too-large", "/wastes/0/quantity/quantity")]),
        (vec![("/wastes/0/quantity/containerNumber", json!(0))], vec![("container-number", "/wastes/0/quantity/containerNumber")]),
        (vec![("/wastes/0/quantity/containerNumber", json!(100_000))], vec![("container-number", "/wastes/0/quantity/containerNumber")]),
        (vec![("/wastes/1/pcbInfos/0/weight", json!(-400.5))], vec![("pcb-weight", "/wastes/1/pcbInfos/0/weight")]),
        (vec![("/wastes/0/brInfo/density", json!(0))], vec![("density", "/wastes/0/brInfo/density")]),
        (vec![("/wastes/0/brInfo/density", json!(1000))], vec![("density", "/wastes/0/brInfo/density")]),
        (vec![("/wastes/0/brInfo/density", json!(7.123))], vec![("density", "/wastes/0/brInfo/density")]),
        (vec![("/wastes/0/quantity/unitOfMeasurement/code", json!("P"))], vec![("density-of-mass", "/wastes/0/brInfo/density")]),
        (vec![("/wastes/0/brInfo/densityUnitOfMeasurement", gone())], vec![("density-unit-missing", "/wastes/0/brInfo/density")]),
        (vec![("/wastes/0/brInfo/density", gone())], vec![("density-unit-missing", "/wastes/0/brInfo/densityUnitOfMeasurement")]),
        // codes
        (vec![("/status", json!("Finished"))], vec![("value-unlisted", "/status")]),
        (vec![("/wastes/1/pcbInfos/0/loadType/code", json!("Box"))], vec![("value-unlisted", "/wastes/1/pcbInfos/0/loadType/code")]),
        (vec![("/wastes/0/quantity/unitOfMeasurement/code", json!("KG"))], vec![("unit-unlisted", "/wastes/0/quantity/unitOfMeasurement/code")]),
        (vec![("/wastes/0/quantity/containerType/code", json!("AB"))], vec![("container-unlisted", "/wastes/0/quantity/containerType/code")]),
        (vec![("/wastes/0/quantity/containerType/code", json!("HG"))], vec![]),
        (vec![("/designatedFacility/epaSiteId", json!("VSQG FACILITY")), ("/wastes/0/additionalInfo/comments", json!([])), ("/wastes/1/additionalInfo/comments", json!([]))],
         vec![("site-id", "/designatedFacility/epaSiteId")]),
        (vec![("/generator/siteAddress/state/code", json!("XX"))], vec![("state-unlisted", "/generator/siteAddress/state/code")]),
        (vec![("/generator/siteAddress/zip", json!("2220"))], vec![("zip", "/generator/siteAddress/zip")]),
        (vec![("/generator/mailingAddress", json!({"address1": "1 RUE", "country": {"code": "CA"}, "state": {"code": "QC"}, "zip": "E4H 4S9"}))], vec![]),
        (vec![("/wastes/0/hazardousWaste/federalWasteCodes/0/code", json!("X001"))], vec![("waste-code", "/wastes/0/hazardousWaste/federalWasteCodes/0/code")]),
        (vec![("/wastes/0/hazardousWaste/txWasteCodes", json!(["3211"]))], vec![("texas-code", "/wastes/0/hazardousWaste/txWasteCodes/0")]),
        (vec![("/wastes/0/managementMethod/code", json!("D10"))], vec![("method-irregular", "/wastes/0/managementMethod/code")]),
        (vec![("/wastes/0/dotInformation/idNumber/code", json!("1993"))], vec![("dot-id", "/wastes/0/dotInformation/idNumber/code")]),
        (vec![("/wastes/0/brInfo/formCode/code", json!("X203"))], vec![("form-code", "/wastes/0/brInfo/formCode/code")]),
        (vec![("/wastes/0/brInfo/sourceCode/code", json!("G5"))], vec![("source-code", "/wastes/0/brInfo/sourceCode/code")]),
        (vec![("/import", json!(true)), ("/importInfo", json!({"portOfEntry": {"cityPort": "Detroit", "state": {"code": "MI"}}})), ("/wastes/0/additionalInfo/consentNumber", json!("12"))],
         vec![("consent-number", "/wastes/0/additionalInfo/consentNumber")]),
        // what must be there
        (vec![("/submissionType", gone())], vec![("missing", "")]),
        (vec![("/receivedDate", gone())], vec![("missing", "")]),
        (vec![("/wastes/0/pcb", gone())], vec![("missing", "/wastes/0")]),
        (vec![("/wastes/0/pcb", json!(null))], vec![("missing", "/wastes/0")]),
        (vec![("/wastes/0/quantity", gone()), ("/wastes/0/managementMethod", gone())], vec![("missing", "/wastes/0"), ("missing", "/wastes/0")]),
        (vec![("/generator/emergencyPhone", gone())], vec![("missing", "/generator")]),
        (vec![("/rejection", gone())], vec![("missing", "")]),
        (vec![("/wastes", json!([]))], vec![("no-lines", "/wastes")]),
        // contradictions
        (vec![("/rejection", json!(true))], vec![("flag-without-info", "/rejection")]),
        (vec![("/rejectionInfo", json!({"rejectionType": "FullReject"}))], vec![("info-without-flag", "/rejectionInfo")]),
        (vec![("/wastes/0/pcb", json!(true))], vec![("flag-without-info", "/wastes/0/pcb")]),
        (vec![("/wastes/1/pcb", json!(false))], vec![("info-without-flag", "/wastes/1/pcbInfos")]),
        (vec![("/wastes/0/br", json!(false))], vec![("info-without-flag", "/wastes/0/brInfo")]),
        (vec![("/wastes/1/dotHazardous", json!(true))], vec![("flag-without-info", "/wastes/1/dotHazardous")]),
        (vec![("/containsPreviousRejectOrResidue", json!(true))], vec![("flag-without-info", "/containsPreviousRejectOrResidue")]),
        (vec![("/import", json!(true))], vec![("flag-without-info", "/import")]),
        (vec![("/wastes/0/additionalInfo/consentNumber", json!("123456I12345"))], vec![("info-without-flag", "/wastes/0/additionalInfo/consentNumber")]),
        (vec![("/residue", json!(true))], vec![("flag-of-lines", "/residue")]),
        (vec![("/wastes/0/discrepancyResidueInfo/residue", json!(true))], vec![("flag-of-lines", "/residue")]),
        (vec![("/discrepancy", json!(true)), ("/wastes/1/discrepancyResidueInfo/wasteQuantity", json!(true))], vec![("comment-missing", "/wastes/1/discrepancyResidueInfo/wasteQuantity")]),
        (vec![("/discrepancy", json!(true)), ("/wastes/1/discrepancyResidueInfo", json!({"wasteQuantity": true, "wasteType": false, "residue": false, "discrepancyComments": "430 kg"}))], vec![]),
        (vec![("/wastes/1/discrepancyResidueInfo/discrepancyComments", json!("430 kg"))], vec![("comment-without-flag", "/wastes/1/discrepancyResidueInfo/discrepancyComments")]),
        (vec![("/wastes/1/discrepancyResidueInfo/residueComments", json!("2 kg"))], vec![("comment-without-flag", "/wastes/1/discrepancyResidueInfo/residueComments")]),
        (vec![("/rejection", json!(true)), ("/rejectionInfo", json!({"transporterOnSite": true, "rejectionType": "PartialReject", "alternateDesignatedFacilityType": "Generator", "rejectionComments": "wet", "newManifestTrackingNumbers": ["123456789JJK"]}))],
         vec![("rejection-on-site", "/rejectionInfo/rejectionType"), ("rejection-on-site", "/rejectionInfo/newManifestTrackingNumbers")]),
        (vec![("/rejection", json!(true)), ("/rejectionInfo", json!({"transporterOnSite": false, "rejectionType": "PartialReject", "rejectionComments": "wet", "newManifestTrackingNumbers": ["123456789JJK"]}))], vec![]),
        (vec![("/rejection", json!(true)), ("/rejectionInfo", json!({"transporterOnSite": false, "rejectionType": "FullReject", "alternateDesignatedFacilityType": "Generator", "rejectionComments": "wet"}))],
         vec![("rejection-off-site", "/rejectionInfo/alternateDesignatedFacilityType")]),
        (vec![("/rejection", json!(true)), ("/rejectionInfo", json!({"transporterOnSite": true, "alternateDesignatedFacilityType": "Generator", "rejectionComments": "wet", "alternateDesignatedFacility": {"epaSiteId": "VATEST000003"}}))],
         vec![("alternate-differs", "/rejectionInfo/alternateDesignatedFacility")]),
        (vec![("/rejection", json!(true)), ("/rejectionInfo", json!({"transporterOnSite": true, "alternateDesignatedFacilityType": "Tsdf", "rejectionComments": "wet"}))], vec![("missing", "/rejectionInfo")]),
        (vec![("/rejection", json!(true)), ("/containsPreviousRejectOrResidue", json!(true)), ("/additionalInfo", json!({"newManifestDestination": "OriginalGenerator", "originalManifestTrackingNumbers": ["123456789JJK"]})),
              ("/rejectionInfo", json!({"transporterOnSite": false, "rejectionType": "FullReject", "rejectionComments": "wet"}))],
         vec![("return-rejected", "/additionalInfo/newManifestDestination")]),
        (vec![("/status", json!("InTransit"))], vec![("status-too-early", "/receivedDate"), ("status-too-early", "/designatedFacility/electronicSignaturesInfo/0/signatureDate")]),
        (vec![("/designatedFacility/electronicSignaturesInfo", json!([]))], vec![("not-signed", "/status")]),
        (vec![("/signatureStatus", json!(false))], vec![("not-signed", "/signatureStatus")]),
        (vec![("/generator/paperSignatureInfo", json!({"printedName": "G", "signatureDate": "2026-03-02T05:00:00.000+0000"}))],
         vec![("paper-in-electronic", "/generator/paperSignatureInfo")]),
        (vec![("/wastes/0/dotInformation/printedDotInformation", json!("UN1203, Waste Gasoline, 3, II"))], vec![("dot-id-differs", "/wastes/0/dotInformation/printedDotInformation")]),
        (vec![("/generator/siteAddress/state/code", json!("MD"))], vec![("state-differs", "/generator/siteAddress/state/code")]),
        (vec![("/wastes/0/epaWaste", json!(false))], vec![("codes-of-no-waste", "/wastes/0/epaWaste")]),
        (vec![("/correctionInfo/versionNumber", json!(2))], vec![("version", "/correctionInfo/versionNumber")]),
        (vec![("/correctionInfo/versionNumber", json!(2)), ("/status", json!("Corrected"))], vec![]),
        (vec![("/correctionInfo/versionNumber", json!(0))], vec![("version", "/correctionInfo/versionNumber")]),
    ];
    let mut met: std::collections::BTreeSet<String> = ["no-facility".to_owned(), "receipt-overdue".to_owned(), "certified-late".to_owned()].into();
    let mut wrong = Vec::new();
    for (edits, expected) in cases {
        let (faults, _, unread) = told(&edited(SIGNED, &edits));
        if (&faults, unread.len()) != (&pairs(&expected), 0) {
            wrong.push(format!("{edits:?}: {faults:?} {unread:?}"));
        }
        met.extend(expected.iter().map(|(code, _)| (*code).to_owned()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let missed: Vec<_> = FAULTS.iter().filter(|fault| fault.rule.is_some() && !met.contains(fault.code)).collect();
    assert!(missed.is_empty(), "{missed:?}");
}
