//! Limits over the masses of one event: what is lost, counted, fed in and shared out must add up.

use super::{fault, unique, within};
use crate::custody::kind::PayloadError;
use crate::custody::payload::manifest::MAX_LINES;
use crate::custody::payload::waste::{CountedStock, Repacked, Treated, TripWeighed};
use crate::custody::share::largest_remainder;

/// No more is lost than what inputs exceed outputs by.
pub(super) fn losses(repacked: &Repacked) -> Result<(), PayloadError> {
    let sum = |grams: &mut dyn Iterator<Item = i64>| grams.fold(0, i64::saturating_add);
    let in_g = sum(&mut repacked.inputs.iter().map(|input| input.mass_g.get()));
    let out_g = sum(&mut repacked.outputs.iter().map(|output| output.quantity.grams()));
    let lost_g = sum(&mut repacked.losses.iter().map(|loss| loss.mass_g.get()));
    if lost_g <= in_g.saturating_sub(out_g).max(0) {
        return Ok(());
    }
    let zh = format!("损耗 {lost_g} 克，而投入 {in_g} 克、产出 {out_g} 克");
    let en = format!("{lost_g} g lost, of {in_g} g that went in and {out_g} g that came out");
    Err(fault("/data/losses", zh, en))
}

/// A difference changes the books of one lot, so it names the lot; a cause explains a difference.
pub(super) fn counts(counts: &[CountedStock]) -> Result<(), PayloadError> {
    for (n, counted) in counts.iter().enumerate() {
        if counted.differs_g.is_some() && counted.lot.is_none() {
            return Err(fault(
                format!("/data/counts/{n}/lot"),
                "差额须写明在哪个批次发现",
                "a difference needs the lot it was found in",
            ));
        }
        if counted.cause.is_some() && counted.differs_g.is_none() {
            return Err(fault(
                format!("/data/counts/{n}/cause"),
                "写明原因须同时写差额",
                "a cause needs `differs_g`",
            ));
        }
    }
    unique(counts.iter().filter_map(|counted| counted.lot), "/data/counts", "lot")
}

/// Inputs that were computed from one weighing add up to it.
pub(super) fn feed(treated: &Treated) -> Result<(), PayloadError> {
    let Some(weighed) = &treated.weighed else { return Ok(()) };
    let fed_g = treated.inputs.iter().map(|input| input.mass_g.get()).fold(0, i64::saturating_add);
    if fed_g == weighed.grams() {
        return Ok(());
    }
    let weighed_g = weighed.grams();
    let zh = format!("投入合计 {fed_g} 克，过磅为 {weighed_g} 克");
    Err(fault("/data/weighed", zh, format!("the inputs add up to {fed_g} g, and {weighed_g} g were weighed")))
}

/// The shares of a weighing are what anybody would compute from the masses stated.
pub(super) fn shares(weighed: &TripWeighed) -> Result<(), PayloadError> {
    if weighed.shares.is_empty() {
        return Ok(());
    }
    let ascending =
        weighed.shares.windows(2).all(|p| (p[0].manifest, p[0].line) < (p[1].manifest, p[1].line));
    if !ascending {
        return Err(fault(
            "/data/shares",
            "分摊应按联单和行号排列，每项一次",
            "shares are wanted in order of manifest and line, each once",
        ));
    }
    let stated: Vec<i64> = weighed.shares.iter().map(|share| share.stated_g.get()).collect();
    let computed = largest_remainder(weighed.quantity.grams(), &stated);
    for (n, (share, mass_g)) in weighed.shares.iter().zip(computed).enumerate() {
        let pointer = |field: &str| format!("/data/shares/{n}/{field}");
        if !weighed.manifests.contains(&share.manifest) {
            return Err(fault(
                pointer("manifest"),
                "该联单不在本次过磅之内",
                "this manifest does not share the weighing",
            ));
        }
        within(i64::from(share.line), MAX_LINES, &pointer("line"))?;
        if i64::try_from(share.mass_g) != Ok(mass_g) {
            let zh = format!("按最大余数法应分得 {mass_g} 克");
            return Err(fault(
                pointer("mass_g"),
                zh,
                format!("the share by largest remainder is {mass_g} g"),
            ));
        }
    }
    Ok(())
}
