//! PCB items of a line: each whole in itself, and all of them together the line.

use std::collections::BTreeSet;

use super::super::json::Decimal;
use super::super::spot::Spot;
use super::bench::Bench;
use super::fault;
use super::lines::unit_of;
use crate::catalogue::Dimension;
use crate::custody::finding::Figures;

/// Most decimals, and one more than the largest weight in millionths of a kilogram: eleven whole digits.
const MAX_WEIGHT_DECIMALS: u32 = 6;
const WEIGHT_LIMIT_MG: i128 = 100_000_000_000 * 1_000_000;

pub(super) fn judge(bench: &mut Bench<'_>, waste: &Spot<'_>) {
    let items = waste.list("pcbInfos");
    for item in &items {
        whole(bench, item);
    }
    if !items.is_empty() {
        weights(bench, waste, &items);
        containers(bench, waste, &items);
    }
}

fn whole(bench: &mut Bench<'_>, item: &Spot<'_>) {
    let load = item.find(&["loadType", "code"]);
    let kind = load.as_ref().and_then(Spot::text);
    if let Some(load) = load.filter(|_| {
        !matches!(kind, Some("Container" | "BulkWaste" | "ArticleInContainer" | "ArticleNotInContainer"))
    }) {
        bench.mark_written(&fault::VALUE_UNLISTED, &load);
    }
    if let Some(weight) = item.get("weight")
        && let Some(number) = weight.number()
        && !is_weight(number)
    {
        bench.mark_written(&fault::WEIGHT_IRREGULAR, &weight);
    }
    if !bench.is_whole() {
        return;
    }
    bench.need(item, &["loadType", "dateOfRemoval", "weight"]);
    match kind {
        Some("Container" | "ArticleInContainer") => bench.need(item, &["articleContainerId", "wasteType"]),
        Some("ArticleNotInContainer") => bench.need(item, &["articleContainerId"]),
        Some("BulkWaste") => bench.need(item, &["bulkIdentity"]),
        _ => {}
    }
}

fn is_weight(number: Decimal) -> bool {
    number.is_positive()
        && number.decimals() <= MAX_WEIGHT_DECIMALS
        && number.millionths().is_some_and(|mg| mg < WEIGHT_LIMIT_MG)
}

/// The weights, in kilograms, add up to the line, as exactly as the line is written: to half of its unit.
fn weights(bench: &mut Bench<'_>, waste: &Spot<'_>, items: &[Spot<'_>]) {
    let each: Option<Vec<i128>> = items
        .iter()
        .map(|item| item.get("weight")?.number().filter(|number| is_weight(*number))?.millionths())
        .collect();
    let quantity = waste.find(&["quantity", "quantity"]).and_then(|quantity| quantity.number());
    let unit = unit_of(bench, waste).filter(|unit| unit.dimension == Dimension::Mass);
    let (Some(each), Some(quantity), Some(unit)) = (each, quantity, unit) else { return };
    let Some(line_millionths) = quantity.millionths().filter(|n| (0..WEIGHT_LIMIT_MG).contains(n)) else {
        return;
    };
    let sum_mg: i128 = each.iter().sum();
    // A unit is numerator / denominator grams. Both sides times a thousand times the denominator, so that nothing is rounded.
    let (numerator, denominator) = (i128::from(unit.numerator), i128::from(unit.denominator));
    let difference = sum_mg * 1_000 * denominator - line_millionths * numerator;
    let unit_size = 1_000_000 * numerator;
    if 2 * difference.abs() <= unit_size {
        return;
    }
    let (Some(list), written) = (waste.get("pcbInfos"), format!("{quantity} {}", unit.code)) else { return };
    let grams = |mg: i128| i64::try_from(mg / 1_000).unwrap_or(i64::MAX);
    let line_g = i64::try_from(line_millionths * numerator / denominator / 1_000_000).unwrap_or(i64::MAX);
    let figures =
        Figures::none().with("pcb_g", grams(sum_mg)).with("line_g", line_g).with("written", written);
    bench.mark_with(&fault::PCB_WEIGHTS, &list, figures);
}

/// No more containers are named than the line has.
fn containers(bench: &mut Bench<'_>, waste: &Spot<'_>, items: &[Spot<'_>]) {
    let is_container = |item: &&Spot<'_>| item.code_of("loadType") == Some("Container");
    let named: BTreeSet<&str> =
        items.iter().filter(is_container).filter_map(|item| item.words_of("articleContainerId")).collect();
    let stated = waste.find(&["quantity", "containerNumber"]).and_then(|number| number.number()?.whole());
    let listed = i64::try_from(named.len()).unwrap_or(i64::MAX);
    if let (Some(stated), Some(list)) =
        (stated.filter(|stated| *stated < listed && *stated > 0), waste.get("pcbInfos"))
    {
        let figures = Figures::none().with("listed", listed).with("containers", stated);
        bench.mark_with(&fault::PCB_CONTAINERS, &list, figures);
    }
}
