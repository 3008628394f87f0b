//! The lines of waste.

use super::{
    ADDITIONAL, CODE, CODE_DESCRIPTION, CONTRADICTION, INCOMPLETE, Is, KEPT, QUANTITY, Shape, may, must,
};

/// A line of waste.
pub(super) static WASTE: Shape = Shape {
    name: "Waste",
    fields: &[
        must("dotHazardous", Is::Flag, "contradiction incomplete"),
        may("dotInformation", Is::Object(&DOT), CONTRADICTION),
        may("wasteDescription", Is::Words, CONTRADICTION),
        may("quantity", Is::Object(&AMOUNT), INCOMPLETE),
        may("brInfo", Is::Object(&BIENNIAL), CONTRADICTION),
        must("br", Is::Flag, "contradiction incomplete"),
        may("hazardousWaste", Is::Object(&CODES), KEPT),
        must("pcb", Is::Flag, "contradiction incomplete"),
        may("pcbInfos", Is::List(&Is::Object(&PCB)), "sum contradiction"),
        may("discrepancyResidueInfo", Is::Object(&DISCREPANCY), CONTRADICTION),
        may("managementMethod", Is::Object(&CODE_DESCRIPTION), "code incomplete"),
        may("additionalInfo", Is::Object(&ADDITIONAL), KEPT),
        must("lineNumber", Is::Number, "sum incomplete"),
        must("epaWaste", Is::Flag, "contradiction incomplete"),
    ],
};

pub(super) static DOT: Shape = Shape {
    name: "DotInformation",
    fields: &[
        must("idNumber", Is::Object(&BARE_CODE), "code contradiction incomplete"),
        must("printedDotInformation", Is::Words, "contradiction incomplete"),
    ],
};

pub(super) static AMOUNT: Shape = Shape {
    name: "Quantity",
    fields: &[
        may("containerNumber", Is::Number, "quantity incomplete"),
        may("containerType", Is::Object(&CODE_DESCRIPTION), "code incomplete"),
        may("quantity", Is::Number, "quantity sum incomplete"),
        may("unitOfMeasurement", Is::Object(&CODE_DESCRIPTION), "code incomplete"),
    ],
};

pub(super) static BIENNIAL: Shape = Shape {
    name: "BrInfo",
    fields: &[
        may("density", Is::Number, QUANTITY),
        may("densityUnitOfMeasurement", Is::Object(&CODE_OR_DESCRIPTION), "code quantity"),
        may("formCode", Is::Object(&CODE_DESCRIPTION), CODE),
        may("sourceCode", Is::Object(&CODE_DESCRIPTION), CODE),
        may("wasteMinimizationCode", Is::Object(&CODE_DESCRIPTION), CODE),
        may("mixedRadioactiveWaste", Is::Flag, KEPT),
    ],
};

pub(super) static CODES: Shape = Shape {
    name: "HazardousWaste",
    fields: &[
        may("federalWasteCodes", Is::List(&Is::Object(&CODE_DESCRIPTION)), "code contradiction"),
        may("tsdfStateWasteCodes", Is::List(&Is::Object(&CODE_DESCRIPTION)), KEPT),
        may("txWasteCodes", Is::List(&Is::Words), CODE),
        may("generatorStateWasteCodes", Is::List(&Is::Object(&CODE_DESCRIPTION)), KEPT),
    ],
};

pub(super) static PCB: Shape = Shape {
    name: "PcbInfo",
    fields: &[
        may("loadType", Is::Object(&CODE_DESCRIPTION), "code incomplete"),
        may("articleContainerId", Is::Words, "sum incomplete"),
        may("dateOfRemoval", Is::Moment, "date incomplete"),
        may("weight", Is::Number, "quantity sum incomplete"),
        may("wasteType", Is::Words, INCOMPLETE),
        may("bulkIdentity", Is::Words, INCOMPLETE),
    ],
};

pub(super) static DISCREPANCY: Shape = Shape {
    name: "DiscrepancyResidueInfo",
    fields: &[
        may("wasteQuantity", Is::Flag, CONTRADICTION),
        may("wasteType", Is::Flag, CONTRADICTION),
        may("discrepancyComments", Is::Words, CONTRADICTION),
        may("residue", Is::Flag, CONTRADICTION),
        may("residueComments", Is::Words, CONTRADICTION),
    ],
};

pub(super) static CODE_OR_DESCRIPTION: Shape = Shape {
    name: "DensityUnitsOfMeasurement",
    fields: &[may("code", Is::Words, CODE), may("description", Is::Words, KEPT)],
};

pub(super) static BARE_CODE: Shape = Shape {
    name: "Code",
    fields: &[must("code", Is::Words, "code incomplete"), may("description", Is::Words, KEPT)],
};
