//! What stands on a manifest, as plain texts.

/// One end of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// Name of the party.
    pub name: String,
    /// Its credit code.
    pub uscc: String,
    /// Its site, and where that lies.
    pub place: String,
    /// When the waste should leave or arrive, by the plan.
    pub planned: String,
    /// When it did.
    pub actual: String,
}

/// One carrier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leg {
    /// Name of the party.
    pub name: String,
    /// Its credit code.
    pub uscc: String,
    /// By what, where it is no road vehicle.
    pub mode: String,
    /// Plates of vehicles.
    pub vehicle: String,
    /// When it took the waste over.
    pub from: String,
    /// When it handed it on.
    pub until: String,
}

/// One line of waste.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Its number.
    pub line: String,
    /// Its name.
    pub name: String,
    /// Its code.
    pub code: String,
    /// Its hazards.
    pub hazards: String,
    /// Its form.
    pub form: String,
    /// How it is packed.
    pub packaging: String,
    /// How many containers.
    pub count: String,
    /// Planned, in tonnes.
    pub planned: String,
    /// At departure, in tonnes.
    pub shipped: String,
    /// Whether a large difference was declared.
    pub differs: String,
    /// What the consignee made of it.
    pub opinion: String,
    /// Treatment intended.
    pub treatment: String,
    /// Accepted, in tonnes.
    pub accepted: String,
}

/// Who stated what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// What.
    pub what: String,
    /// Who.
    pub party: String,
    /// When it was effective.
    pub at: String,
    /// Where it stands in the log.
    pub index: String,
    /// The digest of what was signed, which names it.
    pub id: String,
}

/// Everything that stands on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Its number.
    pub number: String,
    /// Numbers of other systems.
    pub others: String,
    /// The consignor's business key.
    pub erp_no: String,
    /// The beginning of the digest of its registration, in groups.
    pub code: String,
    /// What the code leads to.
    pub link: String,
    /// Why it is none any more, in Chinese and English; empty for one that is.
    pub ended: (String, String),
    /// True for a print that is not the first one.
    pub again: bool,
    /// True where all of it is invented.
    pub invented: bool,
    /// Whom the waste leaves.
    pub consignor: End,
    /// Who carries it, in order.
    pub legs: Vec<Leg>,
    /// Whom it goes to.
    pub consignee: End,
    /// What it is.
    pub lines: Vec<Line>,
    /// The sum of the lines: shipped and accepted, in tonnes.
    pub sums: (String, String),
    /// Containers: the line that each was loaded for, and its label.
    pub containers: Vec<[String; 2]>,
    /// Statements, in order.
    pub statements: Vec<Statement>,
    /// How many more there are.
    pub more: u64,
}
