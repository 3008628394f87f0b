//! The parts of a jurisdiction profile, as they stand in its TOML file.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::columns::ColumnOrder;
use super::division::Division;
use super::exemption::{Exemption, Incompatible};
use super::numbering::Numbering;
use super::period::DeclarationPeriod;

/// The whole file. Unknown keys are refused, so that a misspelt one is never silently ignored.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    pub(super) id: String,
    pub(super) version: u32,
    #[serde(default)]
    pub(super) documents_only: bool,
    pub(super) mass_required: bool,
    pub(super) name: Names,
    pub(super) zone: Zone,
    pub(super) numbering: Numbering,
    pub(super) waste_codes: WasteCodes,
    pub(super) treatments: Treatments,
    pub(super) retention: Retention,
    #[serde(default)]
    pub(super) demands: Demands,
    pub(super) levels: Levels,
    pub(super) documents: Option<Documents>,
    #[serde(default)]
    pub(super) declarations: Declared,
    #[serde(default)]
    pub(super) columns: Vec<ColumnOrder>,
    #[serde(default)]
    pub(super) cases: CaseDays,
    pub(super) approvals: Option<ApprovalTerms>,
    #[serde(default, rename = "exemption")]
    pub(super) exemptions: Vec<Exemption>,
    #[serde(default)]
    pub(super) incompatible: Vec<Incompatible>,
    /// By their ids. Every event asks for dozens of them.
    pub(super) rules: HashMap<String, RuleEntry>,
}

/// One `[rules.<id>]` table: every key that is not named here is a threshold.
#[derive(Debug, Deserialize)]
pub(super) struct RuleEntry {
    pub(super) disposition: Disposition,
    pub(super) severity: Option<Severity>,
    /// Not in force: its figures stand here for later, or for what else they are used for.
    #[serde(default)]
    pub(super) off: bool,
    #[serde(flatten)]
    pub(super) thresholds: BTreeMap<String, i64>,
}

/// What a rule does to a declaration. Facts are never refused by a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disposition {
    /// The declaration is refused.
    Refuse,
    /// The signer states why; then it is taken and becomes a finding.
    Reason,
    /// It is taken and becomes a finding.
    Finding,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// For information.
    Notice,
    /// Should be looked at.
    Minor,
    /// Must be answered.
    Major,
    /// Custody unknown or unlawful.
    Critical,
}

impl Severity {
    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::Major => "major",
            Severity::Minor => "minor",
            Severity::Notice => "notice",
        }
    }

    /// The Chinese name on pages.
    pub fn name_zh(self) -> &'static str {
        match self {
            Severity::Critical => "严重",
            Severity::Major => "重要",
            Severity::Minor => "一般",
            Severity::Notice => "提示",
        }
    }
}

/// A name in two languages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// The zone in which days and years begin.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// Name in the time-zone database, for people.
    pub name: String,
    /// Fixed offset from UTC, e.g. `+08:00`. China has had no summer time since 1991.
    pub utc_offset: String,
}

/// Which waste codes are good.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WasteCodes {
    /// `in-force`: the edition in force on the day of registration; `none`: no catalogue is carried.
    pub edition: String,
    /// What happens to a well-formed code the edition does not list.
    pub unlisted: UnlistedCode,
}

/// What happens to a well-formed code that is not listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnlistedCode {
    /// Taken, with the finding `code-edition-unverified`.
    Notice,
    /// Refused.
    Refuse,
}

/// Which treatment codes are good: lists of the catalogue, or a pattern.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Treatments {
    /// First letters of the lists that apply.
    #[serde(default)]
    pub lists: Vec<char>,
    /// `9` a digit, `A` a capital letter, where no list is carried.
    pub pattern: Option<String>,
    /// The first letter a code of the pattern must have.
    pub first_letter: Option<char>,
}

/// How long documents are kept at least.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Years after a manifest is closed.
    pub manifest_years: u32,
    /// Years after the entry in a firm's own ledger.
    pub ledger_years: u32,
    /// Days after a track was recorded for which its points are kept; for as long as the record where a profile says nothing.
    #[serde(default)]
    pub points_days: Option<u32>,
    /// The same where the track tells of alarms or silence.
    #[serde(default)]
    pub remarkable_points_days: Option<u32>,
}

/// When somebody is reminded of a case, and when the authority above looks at it.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseDays {
    /// Working days before its date from which on whoever owes the answer is reminded.
    pub remind_working_days: u32,
    /// Working days after its date for which it stays with its officer.
    pub escalate_working_days: u32,
}

/// What practice asks for beyond the law.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demands {
    /// The consignee confirms before the waste leaves (rule `unconfirmed-collection`).
    pub consignee_confirmation: bool,
    /// A national number is bound at departure (rule `number-unbound`).
    pub national_number: bool,
    /// Waste is weighed, labelled and stored where it arose before it leaves (rule `not-stored`).
    pub stored_before_leaving: bool,
    /// Handovers on the road say by satellite where they happen (rule `track-gap`).
    pub positions: bool,
    /// Carriers send tracks of their rides (rule `track-gap`).
    #[serde(default)]
    pub tracks: bool,
}

/// How well a handover is signed, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureLevel {
    /// One side only.
    OneSide,
    /// One key and an SMS code or handwriting.
    KeyAndCode,
    /// Two keys.
    TwoKeys,
}

/// Class of a unit under HJ 1259-2022.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnitClass {
    /// 重点监管.
    Key,
    /// 简化管理.
    Simplified,
    /// 登记管理.
    Registered,
}

/// What units of each class declare to the authority; nothing where a profile says nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// 重点监管.
    pub key: Vec<DeclarationPeriod>,
    /// 简化管理.
    pub simplified: Vec<DeclarationPeriod>,
    /// 登记管理.
    pub registered: Vec<DeclarationPeriod>,
}

/// Working days for each stage of an application for an interprovincial transfer, counted from the end of the one before.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalTerms {
    /// Until it is taken up, or what is missing is told.
    pub accept_working_days: u32,
    /// Until it is examined and the receiving place is asked.
    pub examine_working_days: u32,
    /// Until the receiving place answers.
    pub answer_working_days: u32,
    /// Until it is decided.
    pub decide_working_days: u32,
}

impl UnitClass {
    /// The kebab-case name, as it stands in payloads.
    pub fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Simplified => "simplified",
            Self::Registered => "registered",
        }
    }
}

/// The signature level in force, and where it is relaxed during roll-out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Levels {
    /// The level asked for wherever nothing else is said.
    pub default: SignatureLevel,
    /// Relaxations; the first that fits counts.
    #[serde(default)]
    pub relaxed: Vec<RelaxedLevel>,
}

/// One relaxation of the signature level.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelaxedLevel {
    /// In this division; everywhere when absent.
    pub division: Option<Division>,
    /// For units of this class; for all when absent.
    pub class: Option<UnitClass>,
    /// The level asked for.
    pub level: SignatureLevel,
    /// Last day of the relaxation.
    pub until: NaiveDate,
}

/// What is known about imported documents.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Documents {
    /// Unit codes that may stand in a document.
    pub units: Vec<String>,
    /// Container types that may stand in a document.
    #[serde(rename = "container")]
    pub containers: Vec<Container>,
    /// States and territories of an address.
    #[serde(default)]
    pub states: Vec<String>,
    /// The first day there were such documents.
    pub since: Option<NaiveDate>,
    /// Days after receipt in which the facility submits the signed copy.
    pub submission_days: Option<u32>,
    /// When a missing signed copy has to be asked for and reported.
    pub exception_report: Option<ExceptionReport>,
}

/// A container type.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// Two letters.
    pub code: String,
    /// Name in English.
    pub en: String,
}

/// Terms of the exception report, in calendar days since the first transporter took the waste.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExceptionReport {
    /// Then transporter and facility are asked.
    pub contact_days: u32,
    /// Then the report is due.
    pub report_days: u32,
}
