//! The rows of `seeds/demo/world.toml`, and how they are read.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Deserialize;

use super::{TONNE_G, WorldContract, WorldParty, WorldPermit, WorldSite};
use crate::catalogue::{CodePattern, Division, TreatmentCode, UnitClass, Uscc, WasteCode};
use crate::registry::PartyKind;
use crate::registry::standing::{Facility, PermitItem, PlanLine};
use crate::scenario::ScenarioError;
use crate::shape::{Grams, List, Plate, Text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorldRow {
    pub(super) party: Vec<PartyRow>,
    #[serde(default)]
    pub(super) plan: Vec<PlanRow>,
    #[serde(default)]
    pub(super) contract: Vec<WorldContract>,
    #[serde(default)]
    pub(super) approval: Vec<ApprovalRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanRow {
    /// `acme/paint`.
    pub(super) site: String,
    pub(super) yearly_t: BTreeMap<WasteCode, i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApprovalRow {
    pub(super) number: Text<64>,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) yearly_t: BTreeMap<WasteCode, i64>,
    pub(super) methods: List<TreatmentCode, 1, 16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartyRow {
    pub(super) label: String,
    /// The first 17 characters; the check character is computed.
    pub(super) uscc: String,
    pub(super) zh: Text<100>,
    pub(super) en: Text<100>,
    pub(super) kinds: List<PartyKind, 1, 5>,
    pub(super) division: Division,
    #[serde(default)]
    pub(super) usual_method: Option<TreatmentCode>,
    #[serde(default)]
    pub(super) site: Vec<SiteRow>,
    #[serde(default)]
    pub(super) permit: Vec<PermitRow>,
    #[serde(default)]
    pub(super) vehicles: Vec<Plate>,
    #[serde(default)]
    pub(super) rated_t: Option<i64>,
    #[serde(default)]
    pub(super) unlicensed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SiteRow {
    pub(super) label: String,
    pub(super) zh: Text<100>,
    pub(super) division: Division,
    #[serde(default)]
    pub(super) class: Option<UnitClass>,
    #[serde(default)]
    pub(super) facility: Vec<FacilityRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FacilityRow {
    pub(super) code: Text<32>,
    pub(super) zh: Text<100>,
    #[serde(default)]
    pub(super) stores_t: Option<i64>,
    #[serde(default)]
    pub(super) treats_t: Option<i64>,
    #[serde(default)]
    pub(super) point: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PermitRow {
    pub(super) number: Text<64>,
    pub(super) valid_from: NaiveDate,
    pub(super) valid_to: NaiveDate,
    pub(super) items: Vec<ItemRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ItemRow {
    pub(super) codes: List<CodePattern, 1, 600>,
    pub(super) methods: List<TreatmentCode, 1, 64>,
    pub(super) yearly_t: i64,
}

/// A flaw of a world.
pub(in crate::scenario) fn wrong(message: impl Into<String>) -> ScenarioError {
    ScenarioError::World(message.into())
}

pub(super) fn read_party(row: PartyRow) -> Result<WorldParty, ScenarioError> {
    let label = row.label;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if label.is_empty() || !label.chars().all(plain) {
        return Err(wrong(format!("the label {label:?} is not made of a-z, 0-9 and hyphens")));
    }
    let uscc = Uscc::with_check(&row.uscc).map_err(|error| wrong(format!("{label}: {error}")))?;
    let sites = row.site.into_iter().map(|site| WorldSite {
        class: site.class,
        facilities: List::new(site.facility.into_iter().map(read_facility).collect()).unwrap_or_default(),
        ..WorldSite::new(&label, &site.label, site.zh, site.division)
    });
    let sites = sites.collect();
    let permits = row.permit.into_iter().map(|permit| read_permit(&label, permit));
    let permits = permits.collect::<Result<_, _>>()?;
    Ok(WorldParty {
        label,
        uscc,
        zh: row.zh,
        en: row.en,
        kinds: row.kinds,
        division: row.division,
        usual_method: row.usual_method,
        sites,
        permits,
        vehicles: row.vehicles,
        rated_load: row.rated_t.and_then(|rated_t| Grams::new(rated_t.checked_mul(TONNE_G)?)),
        is_licensed: !row.unlicensed,
    })
}

fn amount(label: &str, yearly_t: i64) -> Result<Grams, ScenarioError> {
    let yearly_g = yearly_t.checked_mul(TONNE_G).and_then(Grams::new);
    yearly_g.ok_or_else(|| wrong(format!("{label}: {yearly_t} t a year is no amount")))
}

pub(super) fn read_lines(
    label: &str,
    yearly_t: &BTreeMap<WasteCode, i64>,
) -> Result<Vec<PlanLine>, ScenarioError> {
    let line = |(code, yearly_t): (&WasteCode, &i64)| {
        Ok(PlanLine { code: *code, yearly_g: amount(label, *yearly_t)?, consignees: List::default() })
    };
    yearly_t.iter().map(line).collect()
}

fn read_facility(row: FacilityRow) -> Facility {
    let grams = |tonnes: Option<i64>| Grams::new(tonnes?.checked_mul(TONNE_G)?);
    Facility {
        code: row.code,
        name: row.zh,
        capacity_g: grams(row.stores_t),
        day_capacity_g: grams(row.treats_t),
        cameras: List::default(),
        is_point: row.point,
    }
}

fn read_permit(label: &str, row: PermitRow) -> Result<WorldPermit, ScenarioError> {
    let items = row.items.into_iter().map(|item| {
        let yearly_g = amount(label, item.yearly_t)?;
        Ok(PermitItem { codes: item.codes, methods: item.methods, yearly_g, collection: None })
    });
    let items =
        List::new(items.collect::<Result<_, _>>()?).map_err(|why| wrong(format!("{label}: {why}")))?;
    Ok(WorldPermit::new(row.number, [row.valid_from, row.valid_to], items))
}
