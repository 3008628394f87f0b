//! The members of an e-Manifest and their types, by the schema of the interface (version 1.3, `Services-Information/Schema/emanifest.json` of
//! the repository USEPA/e-manifest) and what its client programs write. The table of the documentation is made from this one.

mod party;
mod waste;

use party::{ELECTRONIC_SIGNATURE, LOCALITY, PAPER_SIGNATURE, SIGNER, SITE};
use waste::WASTE;

/// What a member must be.
#[derive(Debug)]
pub enum Is {
    /// True or false.
    Flag,
    /// A text.
    Words,
    /// A text, one of a list.
    OneOf(&'static [&'static str]),
    /// A number.
    Number,
    /// A date or a time.
    Moment,
    /// An object.
    Object(&'static Shape),
    /// A list of these.
    List(&'static Is),
}

/// An object.
#[derive(Debug)]
pub struct Shape {
    /// Its name in the schema.
    pub name: &'static str,
    /// Its members.
    pub fields: &'static [Field],
}

/// A member.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it must be.
    pub is: Is,
    /// True where the schema asks for it in every object.
    pub is_required: bool,
    /// The rules that judge it, apart; empty for what is read and kept.
    pub rules: &'static str,
}

const fn may(name: &'static str, is: Is, rules: &'static str) -> Field {
    Field { name, is, is_required: false, rules }
}

const fn must(name: &'static str, is: Is, rules: &'static str) -> Field {
    Field { name, is, is_required: true, rules }
}

const KEPT: &str = "";
const CODE: &str = "code";
const CONTRADICTION: &str = "contradiction";
const DATE: &str = "date";
const NUMBER: &str = "number";
const INCOMPLETE: &str = "incomplete";
const QUANTITY: &str = "quantity";
const TRANSPORTER: &str = "transporter";

/// The whole document.
pub static MANIFEST: Shape = Shape {
    name: "Emanifest",
    fields: &[
        may("createdDate", Is::Moment, DATE),
        may("updatedBy", Is::Object(&SIGNER), KEPT),
        may("updatedDate", Is::Moment, DATE),
        may("manifestTrackingNumber", Is::Words, NUMBER),
        may("status", Is::OneOf(STATUSES), "code contradiction incomplete"),
        may("isPublic", Is::Flag, KEPT),
        must("submissionType", Is::OneOf(SUBMISSION_TYPES), "code contradiction incomplete"),
        may("signatureStatus", Is::Flag, CONTRADICTION),
        may("originType", Is::OneOf(&["Web", "Service", "Mail"]), CODE),
        may("shippedDate", Is::Moment, "date incomplete"),
        may("potentialShipDate", Is::Moment, DATE),
        may("receivedDate", Is::Moment, "date contradiction incomplete"),
        may("certifiedDate", Is::Moment, DATE),
        may("certifiedBy", Is::Object(&SIGNER), KEPT),
        may("generator", Is::Object(&SITE), INCOMPLETE),
        may("transporters", Is::List(&Is::Object(&SITE)), "transporter incomplete"),
        may("designatedFacility", Is::Object(&SITE), INCOMPLETE),
        may("broker", Is::Object(&SITE), KEPT),
        may("wastes", Is::List(&Is::Object(&WASTE)), "sum incomplete"),
        may("rejection", Is::Flag, CONTRADICTION),
        may("rejectionInfo", Is::Object(&REJECTION), CONTRADICTION),
        may("discrepancy", Is::Flag, CONTRADICTION),
        may("residue", Is::Flag, CONTRADICTION),
        may("residueNewManifestTrackingNumbers", Is::List(&Is::Words), "number contradiction"),
        may("import", Is::Flag, CONTRADICTION),
        may("importInfo", Is::Object(&IMPORT), CONTRADICTION),
        may("correctionRequests", Is::List(&Is::Object(&CORRECTION_REQUEST)), KEPT),
        may("containsPreviousRejectOrResidue", Is::Flag, "contradiction incomplete"),
        may("printedDocument", Is::Object(&DOCUMENT), KEPT),
        may("formDocument", Is::Object(&DOCUMENT), KEPT),
        may("additionalInfo", Is::Object(&ADDITIONAL), KEPT),
        may("correctionInfo", Is::Object(&CORRECTION), CONTRADICTION),
        may("ppcStatus", Is::OneOf(PPC_STATUSES), CODE),
        may("mtnValidationInfo", Is::Object(&NUMBER_VALIDATION), NUMBER),
        may("provideImageGeneratorInfo", Is::Flag, KEPT),
        may("locked", Is::Flag, KEPT),
        may("lockReason", Is::OneOf(&["AsyncSign", "EpaChangeBiller", "EpaCorrection"]), CODE),
    ],
};

const STATUSES: &[&str] = &[
    "NotAssigned",
    "Pending",
    "Scheduled",
    "InTransit",
    "Received",
    "ReadyForSignature",
    "Signed",
    "SignedComplete",
    "Corrected",
    "UnderCorrection",
    "MtnValidationFailed",
];
const SUBMISSION_TYPES: &[&str] = &["FullElectronic", "DataImage5Copy", "Hybrid", "Image"];
const PPC_STATUSES: &[&str] = &[
    "Draft",
    "PendingDataEntry",
    "DataEntryInProgress",
    "PendingDataQc",
    "PendingDataQa",
    "DataQaCompleted",
];
const ROLES: &[&str] = &["Industry", "State", "Ppc", "Epa"];

static DOCUMENT: Shape = Shape {
    name: "Document",
    fields: &[
        may("name", Is::Words, KEPT),
        may("size", Is::Number, KEPT),
        may("mimeType", Is::OneOf(&["APPLICATION_PDF", "TEXT_HTML"]), CODE),
    ],
};

static ADDITIONAL: Shape = Shape {
    name: "AdditionalInfo",
    fields: &[
        may("originalManifestTrackingNumbers", Is::List(&Is::Words), "number contradiction"),
        may("newManifestDestination", Is::OneOf(&["OriginalGenerator", "Tsdf"]), "code contradiction"),
        may("consentNumber", Is::Words, "code contradiction"),
        may("comments", Is::List(&Is::Object(&COMMENT)), KEPT),
        may("handlingInstructions", Is::Words, KEPT),
        may("pcbAlternateDesignatedFacility", Is::Object(&SITE), CODE),
    ],
};

static COMMENT: Shape = Shape {
    name: "Comment",
    fields: &[
        may("label", Is::Words, KEPT),
        may("description", Is::Words, KEPT),
        may("handlerId", Is::Words, KEPT),
    ],
};

static REJECTION: Shape = Shape {
    name: "RejectionInfo",
    fields: &[
        may("transporterOnSite", Is::Flag, "contradiction incomplete"),
        may("rejectionType", Is::OneOf(&["FullReject", "PartialReject"]), "code contradiction incomplete"),
        may(
            "alternateDesignatedFacilityType",
            Is::OneOf(&["Generator", "Tsdf"]),
            "code contradiction incomplete",
        ),
        may("generatorPaperSignature", Is::Object(&PAPER_SIGNATURE), DATE),
        may("generatorElectronicSignature", Is::Object(&ELECTRONIC_SIGNATURE), DATE),
        may("alternateDesignatedFacility", Is::Object(&SITE), "date contradiction incomplete"),
        may("newManifestTrackingNumbers", Is::List(&Is::Words), "number contradiction"),
        may("rejectionComments", Is::Words, INCOMPLETE),
    ],
};

static IMPORT: Shape = Shape {
    name: "ImportInfo",
    fields: &[
        may("importGenerator", Is::Object(&FOREIGN), KEPT),
        may("portOfEntry", Is::Object(&PORT), KEPT),
    ],
};

static FOREIGN: Shape = Shape {
    name: "ImportGenerator",
    fields: &[
        may("name", Is::Words, KEPT),
        may("address", Is::Words, KEPT),
        may("city", Is::Words, KEPT),
        may("country", Is::Object(&LOCALITY), KEPT),
        may("postalCode", Is::Words, KEPT),
        may("province", Is::Words, KEPT),
    ],
};

static PORT: Shape = Shape {
    name: "PortOfEntry",
    fields: &[may("state", Is::Object(&LOCALITY), CODE), may("cityPort", Is::Words, KEPT)],
};

static CORRECTION: Shape = Shape {
    name: "CorrectionInfo",
    fields: &[
        may("versionNumber", Is::Number, CONTRADICTION),
        may("active", Is::Flag, KEPT),
        may("ppcActive", Is::Flag, KEPT),
        may("electronicSignatureInfo", Is::Object(&ELECTRONIC_SIGNATURE), DATE),
        may("epaSiteId", Is::Words, CODE),
        may("initiatorRole", Is::OneOf(ROLES), CODE),
        may("updateRole", Is::OneOf(ROLES), CODE),
    ],
};

static CORRECTION_REQUEST: Shape = Shape {
    name: "CorrectionRequest",
    fields: &[
        may(
            "correctionRequestStatus",
            Is::OneOf(&["NotSent", "Sent", "IndustryResponded", "Cancelled"]),
            CODE,
        ),
        may("correctionRequestDate", Is::Moment, DATE),
        may("initiatorState", Is::Object(&CODE_DESCRIPTION), KEPT),
        may("active", Is::Flag, KEPT),
        may("stateUser", Is::Object(&SIGNER), KEPT),
        may("sections", Is::List(&Is::Object(&SECTION)), KEPT),
    ],
};

static SECTION: Shape = Shape {
    name: "Section",
    fields: &[may("sectionNumber", Is::Words, KEPT), may("comments", Is::Words, KEPT)],
};

static NUMBER_VALIDATION: Shape = Shape {
    name: "MtnValidationInfo",
    fields: &[
        may("mtnExtractionStatus", Is::OneOf(&["NotStarted", "Completed", "Failed"]), CODE),
        may("mtnsMatch", Is::Flag, NUMBER),
        may("pdfMtn", Is::Words, NUMBER),
        may("pdfMtnUnique", Is::Flag, NUMBER),
        may("mtnCorrect", Is::Flag, NUMBER),
        may("mtnRerunCounter", Is::Number, KEPT),
        may("mtnDiscrepancyCorrection", Is::Flag, KEPT),
    ],
};

static CODE_DESCRIPTION: Shape = Shape {
    name: "CodeDescription",
    fields: &[must("code", Is::Words, "code incomplete"), may("description", Is::Words, KEPT)],
};
