//! Registers and declarations as sheets, in the order of columns that somebody wants.

use super::declaration::Prefill;
use super::register::RegisterItem;
use super::{MAX_PAGE, Page};
use crate::app::{App, Fault};
use crate::catalogue::{ColumnOrder, ColumnsError, DeclarationColumn, MassUnit, RegisterColumn, WasteCode};
use crate::custody::measure::Measure;
use crate::custody::register::Register;
use crate::exchange::sheet::{Cell, Sheet, SheetForm};

impl App {
    /// The orders of columns that sheets come in: those of the profile, then the operator's. The first one is meant where none is named.
    pub fn column_orders(&self) -> impl Iterator<Item = &ColumnOrder> {
        let own = self.inner.columns.get().map_or(&[][..], Vec::as_slice);
        self.rulebook().profile.column_orders().iter().chain(own)
    }

    /// The order of this id, or the first one; `None` for an id that no order has.
    pub fn column_order(&self, id: Option<&str>) -> Option<&ColumnOrder> {
        self.column_orders().find(|order| id.is_none_or(|id| order.id == id))
    }

    /// Take the orders of an operator's file beside those of the profile. Once in the life of a process: later calls change nothing.
    pub fn load_columns(&self, text: &str) -> Result<(), ColumnsError> {
        let orders = ColumnOrder::parse(text, self.rulebook().profile.column_orders())?;
        self.inner.columns.get_or_init(|| orders);
        Ok(())
    }

    /// What the ledger says of a period, as a file in an order of columns.
    pub fn declaration_sheet(
        &self,
        prefill: &Prefill,
        order: &ColumnOrder,
        form: SheetForm,
    ) -> Result<Vec<u8>, Fault> {
        let figures = prefill.figures.iter();
        let rows = figures.map(|figure| {
            order.declaration.iter().map(|column| self.figure_cell(*column, order, prefill, figure)).collect()
        });
        let sheet = Sheet {
            name: "申报 Declaration".to_owned(),
            heads: order.declaration.iter().map(|column| declaration_head(*column, order)).collect(),
            rows: rows.collect(),
        };
        write(&sheet, form)
    }

    fn figure_cell(
        &self,
        column: DeclarationColumn,
        order: &ColumnOrder,
        prefill: &Prefill,
        (code, measure, mass_g): (WasteCode, Measure, i64),
    ) -> Cell {
        use DeclarationColumn as Of;
        let waste = || self.rulebook().catalogue.waste(&code);
        Cell::Text(match column {
            Of::Mass => return Cell::Mass(mass_g, order.unit),
            Of::Unit => order.unit.sign().to_owned(),
            Of::Uscc => prefill.site.party.to_string(),
            Of::Site => prefill.site.name.clone(),
            Of::From => prefill.slot.from.to_string(),
            Of::Until => prefill.slot.last_day().to_string(),
            Of::Category => waste().map_or(String::new(), |waste| waste.category.clone()),
            Of::Code => code.to_string(),
            Of::Waste => waste().map_or(String::new(), |waste| waste.description.clone()),
            Of::Measure => of_measure(measure, order),
        })
    }
}

/// Most rows of a list that one sheet holds.
pub const MAX_LISTED: usize = 10_000;
/// Most pages that are read for one: a search that has to look at much finds little on each.
const MAX_LISTED_PAGES: usize = 40;

/// What a list holds, gathered page by page, up to what one sheet holds.
pub(super) struct Gathered<T, C> {
    /// The items.
    pub(super) items: Vec<T>,
    /// Where the next page begins; once no more are wanted, that there are more.
    pub(super) next: Option<C>,
    pages: usize,
}

impl<T, C> Gathered<T, C> {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self { items: Vec::new(), next: None, pages: 0 }
    }

    /// How many items the next page should have; `None` when the list ends or enough of it is there.
    pub(super) fn wanted(&self) -> Option<u64> {
        let is_over = self.pages > 0 && self.next.is_none();
        let missing = MAX_LISTED.saturating_sub(self.items.len()) as u64;
        (!is_over && missing > 0 && self.pages < MAX_LISTED_PAGES).then_some(missing.min(MAX_PAGE))
    }

    /// Take one page more.
    pub(super) fn take(&mut self, page: Page<T, C>) {
        self.items.extend(page.items);
        self.next = page.next;
        self.pages += 1;
    }
}

/// The bytes of a sheet.
pub fn write(sheet: &Sheet, form: SheetForm) -> Result<Vec<u8>, Fault> {
    sheet.write(form).map_err(|error| Fault::Tree(error.to_string()))
}

/// Rows of a register as a sheet.
pub(in crate::app) fn of_register(register: Register, order: &ColumnOrder, items: &[RegisterItem]) -> Sheet {
    let (name, columns) = match register {
        Register::Generation => ("B.1 产生环节", &order.generation),
        Register::Inbound => ("B.2 入库环节", &order.inbound),
        Register::Outbound => ("B.3 出库环节", &order.outbound),
        Register::OwnTreatment => ("B.4 自行利用处置", &order.own_treatment),
        Register::OutsideTreatment => ("B.5 委外利用处置", &order.outside_treatment),
    };
    Sheet {
        name: name.to_owned(),
        heads: columns.iter().map(|column| register_head(*column, order)).collect(),
        rows: items
            .iter()
            .map(|item| columns.iter().map(|column| row_cell(*column, order, item)).collect())
            .collect(),
    }
}

fn row_cell(column: RegisterColumn, order: &ColumnOrder, item: &RegisterItem) -> Cell {
    use RegisterColumn as Of;
    let (row, said) = (&item.row, item.said.as_ref());
    let of_other = |text: fn(&crate::app::access::PartyName) -> String| item.other.as_ref().map(text);
    let text = match column {
        Of::Mass => return Cell::Mass(row.mass_g, order.unit),
        Of::Unit => Some(order.unit.sign().to_owned()),
        Of::Lot => Some(row.lot_code.clone().unwrap_or_else(|| row.lot.to_string())),
        Of::Day => Some(row.day.to_string()),
        Of::Category => item.waste.map(|waste| waste.category.clone()),
        Of::Code => Some(row.code.to_string()),
        Of::Waste => item.waste.map(|waste| waste.description.clone()),
        Of::Containers => said.map(|said| said.containers).filter(|n| *n > 0).map(|n| n.to_string()),
        Of::Way => Some(match row.measure {
            Some(measure) => of_measure(measure, order),
            None => order.words.pick("贮存设施", "storage facility"),
        }),
        Of::Facility => said.and_then(|said| said.facility.clone()),
        Of::Method => said.and_then(|said| said.method).map(|method| method.to_string()),
        Of::Manifest => item.number.clone(),
        Of::Other => of_other(|name| name.name.clone()),
        Of::OtherUscc => of_other(|name| name.party.to_string()),
        Of::Permits => Some(item.permits.join(", ")),
        Of::Event => Some(row.event.to_string()),
    };
    Cell::Text(text.unwrap_or_default())
}

fn register_head(column: RegisterColumn, order: &ColumnOrder) -> String {
    use RegisterColumn as Of;
    let (zh, en) = match column {
        Of::Lot => ("批次编码", "Batch code"),
        Of::Day => ("日期", "Day"),
        Of::Category => ("废物类别", "Category"),
        Of::Code => ("废物代码", "Waste code"),
        Of::Waste => ("废物名称", "Waste"),
        Of::Mass => return mass_head(order),
        Of::Unit => ("计量单位", "Unit"),
        Of::Containers => ("容器/包装数量", "Containers"),
        Of::Way => ("方式", "How"),
        Of::Facility => ("贮存设施编码", "Facility"),
        Of::Method => ("利用/处置方式代码", "Treatment code"),
        Of::Manifest => ("转移联单编号", "Manifest"),
        Of::Other => ("对方单位", "Other party"),
        Of::OtherUscc => ("对方单位统一社会信用代码", "Credit code of the other party"),
        Of::Permits => ("接收单位许可证编码", "Permit of the receiver"),
        Of::Event => ("记录编号", "Event"),
    };
    order.words.pick(zh, en)
}

fn declaration_head(column: DeclarationColumn, order: &ColumnOrder) -> String {
    use DeclarationColumn as Of;
    let (zh, en) = match column {
        Of::Uscc => ("统一社会信用代码", "Credit code"),
        Of::Site => ("场所", "Site"),
        Of::From => ("申报期起", "From"),
        Of::Until => ("申报期止", "Until"),
        Of::Category => ("废物类别", "Category"),
        Of::Code => ("废物代码", "Waste code"),
        Of::Waste => ("废物名称", "Waste"),
        Of::Measure => ("指标", "Figure"),
        Of::Mass => return mass_head(order),
        Of::Unit => ("计量单位", "Unit"),
    };
    order.words.pick(zh, en)
}

fn mass_head(order: &ColumnOrder) -> String {
    let unit: MassUnit = order.unit;
    order.words.pick(&format!("数量（{}）", unit.zh()), &format!("Amount ({})", unit.sign()))
}

/// A figure in words.
fn of_measure(measure: Measure, order: &ColumnOrder) -> String {
    let (zh, en) = measure_words(measure);
    order.words.pick(zh, en)
}

/// A figure in Chinese and English.
pub(in crate::app) fn measure_words(measure: Measure) -> (&'static str, &'static str) {
    match measure {
        Measure::Opening => ("期初结存", "opening"),
        Measure::OpeningShort => ("期初欠账", "short at the opening"),
        Measure::Opened => ("建账", "opened"),
        Measure::Generated => ("产生", "generated"),
        Measure::Received => ("接收", "received"),
        Measure::MovedIn => ("调入", "moved in"),
        Measure::Made => ("产出", "made"),
        Measure::VarianceFound => ("盘盈", "found"),
        Measure::UnexplainedFound => ("未说明盘盈", "found, unexplained"),
        Measure::SentOn => ("委外转出", "sent on"),
        Measure::MovedOut => ("调出", "moved out"),
        Measure::Used => ("自行利用", "used"),
        Measure::Disposed => ("自行处置", "disposed"),
        Measure::Repacked => ("重新包装", "repacked"),
        Measure::VarianceLost => ("盘亏", "lost"),
        Measure::UnexplainedLost => ("未说明盘亏", "lost, unexplained"),
        Measure::Closing => ("期末结存", "closing"),
        Measure::ClosingShort => ("期末欠账", "short at the closing"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gather(pages: impl IntoIterator<Item = (usize, bool)>) -> (usize, usize, bool) {
        let (mut all, mut pages) = (Gathered::new(), pages.into_iter());
        while let Some(wanted) = all.wanted() {
            let (found, has_more) = pages.next().expect("no page is asked for behind the last");
            let items = vec![(); found.min(wanted as usize)];
            all.take(Page { items, next: has_more.then_some(()) });
        }
        (all.items.len(), all.pages, all.next.is_some())
    }

    #[test]
    fn a_list_is_gathered_to_its_end_or_to_what_a_sheet_holds() {
        assert_eq!(gather([(0, false)]), (0, 1, false));
        assert_eq!(gather([(500, true), (0, true), (3, false)]), (503, 3, false));
        assert_eq!(gather(std::iter::repeat((500, true))), (MAX_LISTED, 20, true));
        assert_eq!(gather(std::iter::repeat((1, true))), (MAX_LISTED_PAGES, MAX_LISTED_PAGES, true));
    }
}
