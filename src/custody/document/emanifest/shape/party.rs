//! The parties of a manifest and their signatures.

use super::{CODE, DATE, DOCUMENT, INCOMPLETE, Is, KEPT, ROLES, Shape, TRANSPORTER, may, must};

const SITE_TYPES: &[&str] =
    &["Tsdf", "Generator", "Transporter", "Broker", "Rejection_AlternateTsdf", "RejectionInfo_AlternateTsdf"];

/// A party of the manifest.
pub(super) static SITE: Shape = Shape {
    name: "ManifestHandlerSite",
    fields: &[
        may("siteType", Is::OneOf(SITE_TYPES), CODE),
        may("epaSiteId", Is::Words, "code incomplete"),
        may("name", Is::Words, INCOMPLETE),
        may("mailingAddress", Is::Object(&ADDRESS), KEPT),
        may("siteAddress", Is::Object(&ADDRESS), "code incomplete"),
        may("contact", Is::Object(&CONTACT), KEPT),
        may("emergencyPhone", Is::Object(&PHONE), INCOMPLETE),
        may("paperSignatureInfo", Is::Object(&PAPER_SIGNATURE), "contradiction incomplete"),
        may("electronicSignaturesInfo", Is::List(&Is::Object(&ELECTRONIC_SIGNATURE)), DATE),
        may("electronicSignatureInfo", Is::Object(&ELECTRONIC_SIGNATURE), DATE),
        may("order", Is::Number, TRANSPORTER),
        may("registered", Is::Flag, KEPT),
        may("modified", Is::Flag, KEPT),
        may("limitedEsign", Is::Flag, KEPT),
        may("canEsign", Is::Flag, KEPT),
        may("siteState", Is::Object(&LOCALITY), KEPT),
        may("hasRegisteredEmanifestUser", Is::Flag, KEPT),
        may("gisPrimary", Is::Flag, KEPT),
    ],
};

pub(super) static ADDRESS: Shape = Shape {
    name: "Address",
    fields: &[
        may("streetNumber", Is::Words, KEPT),
        must("address1", Is::Words, INCOMPLETE),
        may("address2", Is::Words, KEPT),
        may("city", Is::Words, KEPT),
        may("state", Is::Object(&LOCALITY), CODE),
        may("country", Is::Object(&LOCALITY), KEPT),
        may("zip", Is::Words, CODE),
    ],
};

pub(super) static LOCALITY: Shape = Shape {
    name: "Locality",
    fields: &[must("code", Is::Words, "code incomplete"), may("name", Is::Words, KEPT)],
};

pub(super) static CONTACT: Shape = Shape {
    name: "Contact",
    fields: &[
        may("firstName", Is::Words, KEPT),
        may("middleInitial", Is::Words, KEPT),
        may("lastName", Is::Words, KEPT),
        may("phone", Is::Object(&PHONE), KEPT),
        may("email", Is::Words, KEPT),
        may("companyName", Is::Words, KEPT),
    ],
};

pub(super) static PHONE: Shape = Shape {
    name: "Phone",
    fields: &[must("number", Is::Words, INCOMPLETE), may("extension", Is::Words, KEPT)],
};

pub(super) static PAPER_SIGNATURE: Shape = Shape {
    name: "PaperSignature",
    fields: &[may("printedName", Is::Words, KEPT), may("signatureDate", Is::Moment, "date incomplete")],
};

pub(super) static ELECTRONIC_SIGNATURE: Shape = Shape {
    name: "ElectronicSignature",
    fields: &[
        may("signer", Is::Object(&SIGNER), KEPT),
        may("signatureDate", Is::Moment, DATE),
        may("humanReadableDocument", Is::Object(&DOCUMENT), KEPT),
        may("cromerrActivityId", Is::Words, KEPT),
        may("cromerrDocumentId", Is::Words, KEPT),
        may("signerRole", Is::OneOf(ROLES), CODE),
        may("signatureMethod", Is::OneOf(&["QuickerSign", "QuickSign"]), CODE),
        may("onBehalf", Is::Flag, KEPT),
    ],
};

pub(super) static SIGNER: Shape = Shape {
    name: "Signer",
    fields: &[
        may("userId", Is::Words, KEPT),
        may("firstName", Is::Words, KEPT),
        may("middleInitial", Is::Words, KEPT),
        may("lastName", Is::Words, KEPT),
        may("phone", Is::Object(&PHONE), KEPT),
        may("email", Is::Words, KEPT),
        may("companyName", Is::Words, KEPT),
        may("contactType", Is::OneOf(&["Email", "Text", "Voice"]), CODE),
    ],
};
