//! The lines of waste: numbered from one on, described, measured and coded.

use std::collections::BTreeMap;

use super::super::spot::Spot;
use super::bench::{Bench, Stage, Submission};
use super::{fault, pcb};
use crate::catalogue::{Catalogue, Dimension, Unit, is_management_method, us};
use crate::custody::finding::Figures;

/// Largest number of containers, and largest quantity, of a line: the places of the form.
const MAX_CONTAINERS: i64 = 99_999;
const MAX_QUANTITY: i64 = 99_999_999_999;
/// Largest density.
const MAX_DENSITY_MILLIONTHS: i128 = 999_990_000;

pub(super) fn judge(bench: &mut Bench<'_>) {
    let root = bench.root.clone();
    let wastes = root.list("wastes");
    if wastes.is_empty() && bench.is_whole() {
        bench.mark(&fault::NO_LINES, &root.get("wastes").unwrap_or(root));
    }
    numbers(bench, &wastes);
    for waste in &wastes {
        described(bench, waste);
        measured(bench, waste);
        coded(bench, waste);
        biennial(bench, waste);
        pcb::judge(bench, waste);
    }
}

/// The unit of a line, if documents may use it.
pub(super) fn unit_of(bench: &Bench<'_>, waste: &Spot<'_>) -> Option<&'static Unit> {
    let code = waste.get("quantity")?.code_of("unitOfMeasurement")?;
    bench.documents()?.units.iter().find(|unit| *unit == code)?;
    Catalogue::embedded().unit(bench.profile.id(), code)
}

fn numbers(bench: &mut Bench<'_>, wastes: &[Spot<'_>]) {
    let mut seen: BTreeMap<i64, Spot<'_>> = BTreeMap::new();
    for number in wastes.iter().filter_map(|waste| waste.get("lineNumber")) {
        let Some(decimal) = number.number() else { continue };
        let Some(n) = decimal.whole().filter(|n| *n >= 1) else {
            bench.mark_written(&fault::LINE_NUMBER, &number);
            continue;
        };
        if let Some(first) = seen.get(&n) {
            let figures = Figures::none().with("line", n).with("first", first.pointer());
            bench.mark_with(&fault::LINE_TWICE, &number, figures);
        } else {
            seen.insert(n, number);
        }
    }
    let mut wanted = 1;
    for (n, number) in &seen {
        if *n != wanted {
            let figures = Figures::none().with("line", *n).with("wanted", wanted);
            bench.mark_with(&fault::LINE_GAP, number, figures);
        }
        wanted = n.saturating_add(1);
    }
}

fn described(bench: &mut Bench<'_>, waste: &Spot<'_>) {
    let is_hazardous = waste.flag_of("dotHazardous");
    let dot = waste.get("dotInformation").filter(|_| waste.has("dotInformation"));
    match (is_hazardous, &dot) {
        (Some(true), None) if bench.is_whole() => {
            let figures = Figures::none().with("member", "dotInformation");
            let flag = waste.get("dotHazardous").unwrap_or_else(|| waste.clone());
            bench.mark_with(&fault::FLAG_WITHOUT_INFO, &flag, figures);
        }
        (Some(false), Some(dot)) => {
            bench.mark_with(&fault::INFO_WITHOUT_FLAG, dot, Figures::none().with("flag", "dotHazardous"));
        }
        (Some(false), None) if bench.is_whole() => bench.need(waste, &["wasteDescription"]),
        _ => {}
    }
    let Some(dot) = dot else { return };
    let Some(id) = dot.find(&["idNumber", "code"]) else { return };
    let code = id.text().unwrap_or_default();
    if !us::is_dot_id(code) {
        bench.mark_written(&fault::DOT_ID_IRREGULAR, &id);
        return;
    }
    let Some(printed) = dot.get("printedDotInformation") else { return };
    let others: Vec<&str> = us::dot_ids_in(printed.text().unwrap_or_default());
    if let Some(other) = others.first().filter(|_| code != us::NO_DOT_ID && !others.contains(&code)) {
        bench.mark_with(
            &fault::DOT_ID_DIFFERS,
            &printed,
            Figures::none().with("written", *other).with("id", code),
        );
    }
}

fn measured(bench: &mut Bench<'_>, waste: &Spot<'_>) {
    let Some(amount) = waste.get("quantity") else {
        if bench.is_whole() {
            bench.need(waste, &["quantity"]);
        }
        return;
    };
    if bench.is_whole() {
        bench.need(&amount, &["containerNumber", "containerType", "quantity", "unitOfMeasurement"]);
    } else if amount.has("quantity") {
        bench.need(&amount, &["unitOfMeasurement"]);
    }
    if let Some(containers) = amount.get("containerNumber")
        && let Some(number) = containers.number()
        && !number.whole().is_some_and(|n| (1..=MAX_CONTAINERS).contains(&n))
    {
        bench.mark_written(&fault::CONTAINERS_IRREGULAR, &containers);
    }
    if let Some(quantity) = amount.get("quantity")
        && let Some(number) = quantity.number()
    {
        if !number.is_positive() {
            bench.mark_written(&fault::QUANTITY_NOT_POSITIVE, &quantity);
        } else if number.decimals() > 0 {
            bench.mark_written(&fault::QUANTITY_NOT_WHOLE, &quantity);
        } else if number.whole().is_none_or(|n| n > MAX_QUANTITY) {
            bench.mark_written(&fault::QUANTITY_TOO_LARGE, &quantity);
        }
    }
    let Some(known) = bench.documents() else { return };
    if let Some(unit) = amount.find(&["unitOfMeasurement", "code"])
        && unit.text().is_some_and(|code| known.units.iter().all(|unit| unit != code))
    {
        bench.mark_written(&fault::UNIT_UNLISTED, &unit);
    }
    if let Some(container) = amount.find(&["containerType", "code"])
        && container
            .text()
            .is_some_and(|code| known.containers.iter().all(|container| container.code != code))
    {
        bench.mark_written(&fault::CONTAINER_UNLISTED, &container);
    }
}

fn coded(bench: &mut Bench<'_>, waste: &Spot<'_>) {
    let codes = waste.get("hazardousWaste");
    let federal = codes.as_ref().map(|codes| codes.list("federalWasteCodes")).unwrap_or_default();
    for code in federal.iter().filter_map(|code| code.get("code")) {
        if code.text().is_some_and(|code| !us::is_federal_waste_code(code)) {
            bench.mark_written(&fault::WASTE_CODE_IRREGULAR, &code);
        }
    }
    for code in codes.as_ref().map(|codes| codes.list("txWasteCodes")).unwrap_or_default() {
        if code.text().is_some_and(|code| !us::is_texas_waste_code(code)) {
            bench.mark_written(&fault::TEXAS_CODE_IRREGULAR, &code);
        }
    }
    if let Some(flag) = waste.get("epaWaste").filter(|flag| flag.flag() == Some(false) && !federal.is_empty())
    {
        bench.mark(&fault::CODES_OF_NO_WASTE, &flag);
    }
    method(bench, waste);
    if let Some(consent) = waste.find(&["additionalInfo", "consentNumber"])
        && consent.text().is_some_and(|number| !us::is_consent_number(number))
    {
        bench.mark_written(&fault::CONSENT_IRREGULAR, &consent);
    }
}

/// What the facility did with it: said once it is there.
fn method(bench: &mut Bench<'_>, waste: &Spot<'_>) {
    let is_due = bench.submission == Submission::DataImage
        || (bench.stage == Stage::Signed && bench.submission != Submission::Image);
    match waste.find(&["managementMethod", "code"]) {
        Some(method) if method.text().is_some_and(|code| !is_management_method(code)) => {
            bench.mark_written(&fault::METHOD_IRREGULAR, &method);
        }
        None if is_due && waste.flag_of("epaWaste") == Some(true) => bench.need(waste, &["managementMethod"]),
        _ => {}
    }
}

/// The fields of the biennial report.
fn biennial(bench: &mut Bench<'_>, waste: &Spot<'_>) {
    let info = waste.get("brInfo");
    if let Some(info) = &info {
        for (name, fits, fault) in [
            ("formCode", us::is_form_code as fn(&str) -> bool, &fault::FORM_CODE_IRREGULAR),
            ("sourceCode", us::is_source_code, &fault::SOURCE_CODE_IRREGULAR),
            ("densityUnitOfMeasurement", us::is_density_unit, &fault::VALUE_UNLISTED),
        ] {
            if let Some(code) =
                info.find(&[name, "code"]).filter(|code| code.text().is_some_and(|code| !fits(code)))
            {
                bench.mark_written(fault, &code);
            }
        }
    }
    let is_volume = unit_of(bench, waste).map(|unit| unit.dimension == Dimension::Volume);
    density(bench, waste, info.as_ref(), is_volume);
}

/// A density turns a volume into a mass; a mass needs none.
fn density(bench: &mut Bench<'_>, waste: &Spot<'_>, info: Option<&Spot<'_>>, is_volume: Option<bool>) {
    let density = info.and_then(|info| info.get("density"));
    let unit = info.and_then(|info| info.get("densityUnitOfMeasurement"));
    let is_reported = waste.flag_of("br") == Some(true);
    if let Some(spot) = &density {
        let is_fine = |number: super::super::json::Decimal| {
            number.is_positive()
                && number.decimals() <= 2
                && number.millionths().is_some_and(|n| n <= MAX_DENSITY_MILLIONTHS)
        };
        if spot.number().is_some_and(|number| !is_fine(number)) {
            bench.mark_written(&fault::DENSITY_IRREGULAR, spot);
        }
        if is_volume == Some(false) {
            bench.mark_written(&fault::DENSITY_OF_MASS, spot);
        }
    }
    match (density, unit) {
        (Some(spot), None) | (None, Some(spot)) => bench.mark(&fault::DENSITY_UNIT, &spot),
        (None, None) if is_reported && is_volume == Some(true) => {
            let amount = waste.get("quantity").unwrap_or_else(|| waste.clone());
            bench.mark(&fault::DENSITY_MISSING, &amount);
        }
        _ => {}
    }
}
