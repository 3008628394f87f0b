//! What the first step sends: ticked lots, masses by code.

use std::collections::BTreeMap;

use reqwest::Url;

use super::DraftLine;
use super::stock::Stock;
use crate::catalogue::WasteCode;
use crate::id::{LotId, ManifestId, SiteId};
use crate::shape::{Basis, half_width};
use crate::web::failure::Failure;
use crate::web::pages::feed::grams_of;
use crate::web::visit::Visit;

/// Rows of the form for wastes that no lot on hand is of.
pub(super) const FREE_ROWS: usize = 3;

/// The query.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) site: Option<SiteId>,
    pub(super) again: Option<ManifestId>,
    /// True when the form was sent, however empty.
    pub(super) is_sent: bool,
    pub(super) lots: Vec<LotId>,
    /// Kilograms of codes on hand, as they were typed.
    pub(super) masses: BTreeMap<WasteCode, String>,
    /// Codes and kilograms of the free rows, as they were typed.
    pub(super) free: [(String, String); FREE_ROWS],
}

impl Asked {
    /// What is no part of the form is passed over.
    pub(super) fn read(query: &str) -> Self {
        let mut asked = Self::default();
        let Ok(url) = Url::parse(&format!("http://ledger.invalid/?{query}")) else { return asked };
        for (name, value) in url.query_pairs() {
            let value = value.trim();
            match name.split_once('-') {
                None if name == "site" => asked.site = value.parse().ok(),
                None if name == "again" => asked.again = value.parse().ok(),
                None if name == "sent" => asked.is_sent = true,
                None if name == "lot" => asked.lots.extend(value.parse::<LotId>()),
                Some(("kg", code)) if !value.is_empty() => {
                    if let Ok(code) = WasteCode::parse_loose(code) {
                        asked.masses.insert(code, value.to_owned());
                    }
                }
                Some((part @ ("freecode" | "freekg"), row)) => {
                    let Some(row) = row.parse().ok().and_then(|row: usize| asked.free.get_mut(row)) else {
                        continue;
                    };
                    if part == "freecode" { row.0 = value.to_owned() } else { row.1 = value.to_owned() }
                }
                _ => {}
            }
        }
        asked
    }

    /// One line for each code: the mass that was typed, else that of the ticked lots together. The key of what is wrong, where a field
    /// cannot be read.
    pub(super) async fn lines(
        &self,
        visit: &Visit,
        stock: &Stock<'_>,
    ) -> Result<Result<Vec<DraftLine>, &'static str>, Failure> {
        let mut lines: BTreeMap<WasteCode, DraftLine> = BTreeMap::new();
        for lot in stock.lots.iter().filter(|lot| self.lots.contains(&lot.lot)) {
            let line = lines.entry(lot.code).or_insert_with(|| DraftLine::of(lot.code, 0));
            line.grams = line.grams.map(|grams| grams.wrapping_add(lot.grams));
            let Some(detail) = visit.app.lot(&visit.viewer, lot.lot).await? else { continue };
            let filled = u16::try_from(detail.containers.len()).unwrap_or_default();
            if filled > 0 {
                line.containers = Some(line.containers.unwrap_or_default().saturating_add(filled));
                line.litres = detail.containers.iter().find_map(|row| u32::try_from(row.litres?).ok());
            }
        }
        for (code, kilograms) in &self.masses {
            let Some(grams) = grams_of(&narrowed(kilograms)) else {
                return Ok(Err("new-manifest.mass-wrong"));
            };
            lines.entry(*code).or_insert_with(|| DraftLine::of(*code, 0)).grams = Some(grams.get());
        }
        for (code, kilograms) in self.free.iter().filter(|(code, _)| !code.is_empty()) {
            let Ok(code) = WasteCode::parse_loose(code) else { return Ok(Err("new-manifest.code-wrong")) };
            let Some(grams) = grams_of(&narrowed(kilograms)) else {
                return Ok(Err("new-manifest.mass-wrong"));
            };
            let line = lines.entry(code).or_insert_with(|| DraftLine::of(code, 0));
            (line.grams, line.basis) = (Some(grams.get()), Basis::Estimated);
        }
        Ok(Ok(lines.into_values().collect()))
    }
}

/// Full-width digits come from Chinese keyboards, commas and blanks with copying.
fn narrowed(text: &str) -> String {
    let plain = |c: char| if c == '。' { '.' } else { half_width(c) };
    text.chars().map(plain).filter(|c| !c.is_whitespace() && *c != ',').collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_read_as_it_is_sent() {
        let lot = "01890a5d-ac96-774b-bcce-b302099a8057";
        let asked = Asked::read(&format!(
            "site={lot}&lot={lot}&lot=x&kg-90004149=1%2C200.5&kg-90024908=&freecode-1=900%20252%2012&freekg-1=3&freecode-9=x&sent="
        ));
        assert!(asked.is_sent && asked.site.is_some() && asked.again.is_none());
        assert_eq!(asked.lots, [lot.parse().unwrap()]);
        assert_eq!(Vec::from_iter(asked.masses.values()), ["1,200.5"]);
        assert_eq!(asked.free[1], ("900 252 12".to_owned(), "3".to_owned()));
        assert!(!Asked::read("again=nonsense&a=%ff").is_sent);
    }

    #[test]
    fn masses_are_taken_as_people_type_them() {
        let grams = |text: &str| grams_of(&narrowed(text)).map(|grams| grams.get());
        assert_eq!(grams("１，２００．５"), Some(1_200_500));
        assert_eq!(grams("1 200"), Some(1_200_000));
        assert_eq!(grams("1200kg"), None);
    }
}
