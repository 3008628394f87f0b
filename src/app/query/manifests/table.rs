//! The manifests of a search as a sheet.

use std::collections::BTreeSet;

use super::{ManifestFilter, ManifestItem};
use crate::app::access::{PartyName, Viewer};
use crate::app::query::sheet::{Gathered, write};
use crate::app::{App, Fault};
use crate::catalogue::{MassUnit, Profile, Uscc};
use crate::exchange::sheet::{Cell, Sheet, SheetForm};
use crate::shape::Lang;

/// Most texts of one cell: as many as a manifest has lines, and fewer than a spreadsheet refuses.
const MAX_IN_A_CELL: usize = 256;

/// Heads of the columns, in Chinese and in English.
const HEADS: [(&str, &str); 17] = [
    ("编号", "Number"),
    ("外部编号", "Numbers of other systems"),
    ("状态", "Status"),
    ("移出人", "Consignor"),
    ("移出人统一社会信用代码", "Credit code of the consignor"),
    ("承运人", "Carriers"),
    ("承运人统一社会信用代码", "Credit codes of the carriers"),
    ("车牌", "Vehicles"),
    ("接受人", "Consignee"),
    ("接受人统一社会信用代码", "Credit code of the consignee"),
    ("废物代码", "Waste codes"),
    ("计划（千克）", "Planned (kg)"),
    ("接受（千克）", "Accepted (kg)"),
    ("移出日期", "Leaves"),
    ("接受时间", "Received at"),
    ("未结预警", "Open findings"),
    ("联单标识", "Id"),
];

impl App {
    /// The manifests that a search finds as a file, newest first. One that would hold too many, or has to look at too much, is cut and says so in its
    /// last row. Beside the bytes it gives the parties that stand in it.
    pub async fn manifests_sheet(
        &self,
        viewer: &Viewer,
        filter: &ManifestFilter,
        lang: Lang,
        form: SheetForm,
    ) -> Result<(Vec<u8>, BTreeSet<Uscc>), Fault> {
        let mut all = Gathered::new();
        while let Some(wanted) = all.wanted() {
            all.take(self.manifests(viewer, filter, all.next, wanted).await?);
        }
        let profile = self.rulebook().profile;
        let mut sheet = Sheet {
            name: lang.pick("转移联单", "Manifests").to_owned(),
            heads: HEADS.map(|(zh, en)| lang.pick(zh, en).to_owned()).to_vec(),
            rows: all.items.iter().map(|item| row(item, lang, profile)).collect(),
        };
        if all.next.is_some() {
            sheet.end_with(lang.pick(
                "以下未列出：还有更早的联单，请缩小查询范围",
                "Not everything: there are older manifests; ask for fewer",
            ));
        }
        let parties = all.items.iter().flat_map(|item| {
            let sides = [&item.consignor, &item.consignee].into_iter().flatten();
            sides.chain(&item.carriers).map(|name| name.party)
        });
        Ok((write(&sheet, form)?, parties.collect()))
    }
}

fn row(item: &ManifestItem, lang: Lang, profile: &Profile) -> Vec<Cell> {
    let text = |text: Option<String>| Cell::Text(text.unwrap_or_default());
    let mass = |mass_g: Option<i64>| match mass_g {
        Some(mass_g) => Cell::Mass(mass_g, MassUnit::Kg),
        None => Cell::Text(String::new()),
    };
    let names = |parties: &[PartyName]| joined(parties.iter().map(|party| party.in_words(lang)));
    let codes = |parties: &[PartyName]| joined(parties.iter().map(|party| party.party.to_string()));
    let (consignor, consignee) = (item.consignor.as_slice(), item.consignee.as_slice());
    let received = item.received_at.map(|at| at.to_utc().with_timezone(&profile.offset()));
    vec![
        text(item.number.clone()),
        joined(item.external_numbers.iter().cloned()),
        Cell::Text(lang.pick(item.status.name_zh(), item.status.name()).to_owned()),
        names(consignor),
        codes(consignor),
        names(&item.carriers),
        codes(&item.carriers),
        joined(item.vehicles.iter().map(|plate| plate.to_string())),
        names(consignee),
        codes(consignee),
        joined(item.codes.iter().map(ToString::to_string)),
        mass(item.planned_g),
        mass(item.accepted_g),
        text(item.leaves_on.map(|day| day.to_string())),
        text(received.map(|at| at.format("%Y-%m-%d %H:%M").to_string())),
        Cell::Count(i64::try_from(item.open_findings).unwrap_or(i64::MAX)),
        Cell::Text(item.id.to_string()),
    ]
}

/// Several texts in one cell.
fn joined(texts: impl Iterator<Item = String>) -> Cell {
    Cell::Text(texts.take(MAX_IN_A_CELL).collect::<Vec<_>>().join(", "))
}
