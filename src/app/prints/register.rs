//! Pages of registers (管理台账, HJ 1259-2022).

use super::{MAX_PRINTED_ROWS, NoPrint, Printing, about, code_of, name_of};
use crate::app::App;
use crate::app::access::Viewer;
use crate::app::query::{Cell, MAX_PAGE, RegisterAsked, RegisterItem, Sheet};
use crate::app::query::{SiteRecord, sheet::of_register};
use crate::catalogue::ColumnOrder;
use crate::custody::register::Register;
use crate::ledger::Digest;
use crate::print::flow::{Name, Row};
use crate::print::register::Register as Table;
use crate::print::{PrintError, pdf};
use crate::store::registry;

impl App {
    /// A register between two days as a PDF, in an order of columns. `None` where the viewer may not see the site's stock.
    pub async fn print_register(
        &self,
        viewer: &Viewer,
        asked: &RegisterAsked,
        order: &ColumnOrder,
        printing: &Printing,
    ) -> Result<Option<Vec<u8>>, NoPrint> {
        let Some(items) = self.rows_to_print(viewer, asked).await? else { return Ok(None) };
        let sheet = of_register(asked.register, order, &items);
        let (zh, en) = title(asked.register);
        let title = Name::new(format!("危险废物管理台账　{} {zh}", number(asked.register)), en);
        let facts = vec![(Name::new("日期", "Days"), format!("{} 至 {}", asked.from, asked.to))];
        let table = Table { title, facts, ..table_of(&sheet) };
        let title = format!("{} {} {}–{}", table.title.zh, asked.site, asked.from, asked.to);
        self.print_table(asked.site, table, (title, asked.to), printing).await.map(Some)
    }

    /// The rows of a register, as many as a table on paper holds.
    pub(super) async fn rows_to_print(
        &self,
        viewer: &Viewer,
        asked: &RegisterAsked,
    ) -> Result<Option<Vec<RegisterItem>>, NoPrint> {
        let (mut items, mut after) = (Vec::new(), None);
        loop {
            let Some(page) = self.register(viewer, asked, after, MAX_PAGE).await? else { return Ok(None) };
            items.extend(page.items);
            if items.len() > MAX_PRINTED_ROWS {
                return Err(NoPrint::TooManyRows);
            }
            after = page.next;
            if after.is_none() {
                return Ok(Some(items));
            }
        }
    }

    /// A table of a site as a PDF, with who it is, and the digest of what it says.
    pub(super) async fn print_table(
        &self,
        site: crate::id::SiteId,
        mut table: Table,
        (title, day): (String, chrono::NaiveDate),
        printing: &Printing,
    ) -> Result<Vec<u8>, NoPrint> {
        let mut tx = self.reading().await?;
        let record = registry::sites(&mut tx, &[site]).await?.into_iter().next();
        let parties: Vec<_> = record.iter().map(|site| site.party).collect();
        let names = registry::parties(&mut tx, &parties).await?;
        let names: Vec<_> = names.iter().map(crate::app::access::PartyName::of).collect();
        drop(tx);
        let mut facts = record.map_or_else(Vec::new, |site| self.whose(&site, &name_of(&names, &site.party)));
        facts.append(&mut table.facts);
        let table = Table {
            code: code_of(&digest_of(&facts, &table).to_string()),
            facts,
            link: printing.link.clone(),
            again: printing.again,
            invented: self.is_invented(),
            ..table
        };
        let about = about(title, day);
        let made = self.printed(move |typeface| {
            let face = typeface.face().map_err(|error| PrintError::Font(error.to_string()))?;
            pdf::write(&about, &table.pages(&face), typeface)
        });
        made.await
    }

    fn whose(&self, site: &SiteRecord, name: &str) -> Vec<(Name, String)> {
        let division = self.rulebook().catalogue.full_name(site.division).unwrap_or_default();
        vec![
            (Name::new("单位名称", "Party"), name.to_owned()),
            (Name::new("统一社会信用代码", "Credit code"), site.party.to_string()),
            (Name::new("场所", "Site"), format!("{division}　{}", site.name)),
        ]
    }
}

/// SHA-256 over everything that a table says, each text with its length before it.
fn digest_of(facts: &[(Name, String)], table: &Table) -> Digest {
    let mut texts: Vec<&str> = vec![&table.title.zh];
    texts.extend(facts.iter().flat_map(|(name, value)| [name.zh.as_str(), value.as_str()]));
    texts.extend(table.columns.iter().map(|(name, _)| name.zh.as_str()));
    texts.extend(table.rows.iter().flat_map(|row| row.cells.iter().map(String::as_str)));
    let lengths: Vec<[u8; 8]> = texts.iter().map(|text| (text.len() as u64).to_be_bytes()).collect();
    let parts: Vec<&[u8]> =
        texts.iter().zip(&lengths).flat_map(|(text, length)| [length.as_slice(), text.as_bytes()]).collect();
    Digest::sha256(&parts)
}

/// The table of a sheet: heads in both languages stand apart, masses stand right.
fn table_of(sheet: &Sheet) -> Table {
    let is_figure =
        |n: usize| sheet.rows.first().is_some_and(|row| !matches!(row.get(n), Some(Cell::Text(_))));
    let columns = sheet.heads.iter().enumerate().map(|(n, head)| (halves(head), is_figure(n)));
    Table {
        title: Name::new("", ""),
        facts: Vec::new(),
        columns: columns.collect(),
        rows: sheet
            .rows
            .iter()
            .map(|row| Row { cells: row.iter().map(Cell::shown).collect(), strong: false })
            .collect(),
        notes: vec![
            "本表由账本记录自动汇总，每行的记录编号（签名摘要）可在账本中核验；核验码为本表内容 SHA-256 摘要的开头，内容不变则不变。".to_owned(),
            "Computed from the ledger: every row names the event behind it. The code is the beginning of the SHA-256 of what the table says.".to_owned(),
        ],
        link: String::new(),
        code: String::new(),
        again: false,
        invented: false,
    }
}

/// `废物代码 Waste code` as Chinese and English; a head of one language stands alone.
fn halves(head: &str) -> Name {
    let is_english = |rest: &str| rest.is_ascii() && rest.starts_with(|c: char| c.is_ascii_alphabetic());
    match head.split_once(' ') {
        Some((zh, en)) if !zh.is_ascii() && is_english(en) => Name::new(zh, en),
        _ => Name::new(head, ""),
    }
}

fn number(register: Register) -> &'static str {
    match register {
        Register::Generation => "B.1",
        Register::Inbound => "B.2",
        Register::Outbound => "B.3",
        Register::OwnTreatment => "B.4",
        Register::OutsideTreatment => "B.5",
    }
}

fn title(register: Register) -> (&'static str, &'static str) {
    match register {
        Register::Generation => {
            ("危险废物产生环节记录表", "Register of hazardous waste: generation (HJ 1259-2022, table B.1)")
        }
        Register::Inbound => {
            ("危险废物入库环节记录表", "Register of hazardous waste: into store (HJ 1259-2022, table B.2)")
        }
        Register::Outbound => {
            ("危险废物出库环节记录表", "Register of hazardous waste: out of store (HJ 1259-2022, table B.3)")
        }
        Register::OwnTreatment => (
            "危险废物自行利用/处置环节记录表",
            "Register of hazardous waste: own treatment (HJ 1259-2022, table B.4)",
        ),
        Register::OutsideTreatment => (
            "危险废物委外利用/处置环节记录表",
            "Register of hazardous waste: treatment by others (HJ 1259-2022, table B.5)",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_come_apart_by_language() {
        assert_eq!(halves("废物代码 Waste code"), Name::new("废物代码", "Waste code"));
        assert_eq!(halves("废物代码"), Name::new("废物代码", ""));
        assert_eq!(halves("Waste code"), Name::new("Waste code", ""));
        assert_eq!(halves("数量（吨） Amount (t)"), Name::new("数量（吨）", "Amount (t)"));
    }
}
