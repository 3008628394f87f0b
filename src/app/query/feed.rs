//! The feed of one furnace day: a total as weighed, shared out over the lots on hand.

use super::stock::visible_site;
use crate::app::access::Viewer;
use crate::app::{App, Fault};
use crate::catalogue::WasteCode;
use crate::custody::payload::waste::MAX_LOTS;
use crate::custody::share::largest_remainder;
use crate::id::SiteId;
use crate::registry::SiteRecord;
use crate::shape::Grams;
use crate::store::stock::{self, OnHand};

/// Most codes of one feed.
pub const MAX_FEED_CODES: usize = 16;

/// One lot of a feed, and its computed part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPart {
    /// The lot and what is on hand of it.
    pub lot: OnHand,
    /// Its part of the total, in grams.
    pub mass_g: i64,
}

/// A proposal: what to state as the inputs of a treatment whose total was weighed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedSheet {
    /// The site.
    pub site: SiteRecord,
    /// The total as weighed, in grams. The parts add up to it.
    pub weighed_g: i64,
    /// What is on hand of the lots it was shared over, in grams.
    pub there_g: i64,
    /// The parts, by lot id; none is more than the lot has.
    pub parts: Vec<FeedPart>,
}

/// Less is on hand than is to be fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{wanted_g} g are to be fed and {there_g} g are on hand in {lots} lots of these codes (of a feed at most {MAX_LOTS} lots, the oldest first)"
)]
pub struct StockShort {
    /// To be fed, in grams.
    pub wanted_g: i64,
    /// On hand, in grams.
    pub there_g: i64,
    /// In how many lots.
    pub lots: usize,
}

impl StockShort {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        let Self { wanted_g, there_g, lots } = self;
        format!(
            "拟投料 {wanted_g} 克，这些代码在库 {lots} 个批次，共 {there_g} 克（一次投料最多 {MAX_LOTS} 个批次，先入库的在前）"
        )
    }
}

impl App {
    /// Share the total of one feed out over the lots on hand of these codes, in proportion to what is there of each, to the
    /// gram. Of more lots than one statement may name the oldest count.
    pub async fn feed_sheet(
        &self,
        viewer: &Viewer,
        id: SiteId,
        codes: &[WasteCode],
        weighed: Grams,
    ) -> Result<Option<Result<FeedSheet, StockShort>>, Fault> {
        let mut tx = self.reading().await?;
        let Some(site) = visible_site(&mut tx, viewer, id).await? else { return Ok(None) };
        let mut lots: Vec<OnHand> = Vec::new();
        for code in codes {
            lots.extend(stock::to_draw_from(&mut tx, (site.party, id), *code, MAX_LOTS as u64).await?);
        }
        Ok(Some(shared(site, lots, weighed.get())))
    }
}

fn shared(site: SiteRecord, mut lots: Vec<OnHand>, weighed_g: i64) -> Result<FeedSheet, StockShort> {
    lots.sort_unstable_by_key(|lot| (lot.first_index, lot.lot));
    lots.dedup_by_key(|lot| lot.lot);
    lots.truncate(MAX_LOTS);
    lots.sort_unstable_by_key(|lot| lot.lot);
    let balances: Vec<i64> = lots.iter().map(|lot| lot.balance_g).collect();
    let there_g = balances.iter().copied().fold(0, i64::saturating_add);
    if weighed_g > there_g {
        return Err(StockShort { wanted_g: weighed_g, there_g, lots: lots.len() });
    }
    let parts = lots.into_iter().zip(largest_remainder(weighed_g, &balances));
    let parts = parts.filter(|(_, mass_g)| *mass_g > 0).map(|(lot, mass_g)| FeedPart { lot, mass_g });
    Ok(FeedSheet { site, weighed_g, there_g, parts: parts.collect() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::custody::stock::StockCode;
    use crate::id::LotId;

    fn site() -> SiteRecord {
        SiteRecord {
            site: SiteId::from_uuid(crate::id::derived(&[b"site"])),
            party: "91371300MA3C000019".parse().unwrap(),
            name: "yard".to_owned(),
            division: "371302".parse().unwrap(),
            place: None,
            classes: Vec::new(),
            facilities: Vec::new(),
            closed_on: None,
            registered_at: crate::clock::Timestamp::default(),
            index: 1,
        }
    }

    fn lots(balances: &[i64]) -> Vec<OnHand> {
        let lot = |(n, balance_g): (u64, &i64)| OnHand {
            lot: LotId::from_uuid(crate::id::derived(&[&n.to_be_bytes()])),
            lot_code: None,
            code: StockCode::Unknown,
            first_index: n,
            balance_g: *balance_g,
        };
        (1..).zip(balances).map(lot).collect()
    }

    #[test]
    fn parts_add_up_and_none_is_more_than_its_lot_has() {
        for (balances, weighed_g) in
            [(&[10, 1, 1][..], 12), (&[10, 1, 1], 11), (&[1, 1, 1], 2), (&[7, 3_000_000, 1], 1_000_000)]
        {
            let sheet = shared(site(), lots(balances), weighed_g).unwrap();
            assert_eq!(sheet.parts.iter().map(|part| part.mass_g).sum::<i64>(), weighed_g);
            assert!(sheet.parts.iter().all(|part| (1..=part.lot.balance_g).contains(&part.mass_g)));
            assert!(sheet.parts.is_sorted_by_key(|part| part.lot.lot));
        }
    }

    #[test]
    fn more_than_is_there_is_short_and_a_statement_names_only_so_many_lots() {
        let short = shared(site(), lots(&[10, 5]), 16).unwrap_err();
        assert_eq!(short, StockShort { wanted_g: 16, there_g: 15, lots: 2 });
        assert!(short.zh().contains("15 克") && short.to_string().contains("15 g"));
        let many = vec![2; MAX_LOTS + 10];
        let sheet = shared(site(), lots(&many), 2 * MAX_LOTS as i64).unwrap();
        assert!(sheet.parts.iter().all(|part| part.lot.first_index <= MAX_LOTS as u64));
        assert_eq!(shared(site(), lots(&many), 2 * MAX_LOTS as i64 + 1).unwrap_err().lots, MAX_LOTS);
    }
}
