//! The manifest for the cab (危险废物转移联单), on A4: its three parts as drivers and officers know them, boxes for seals, and what it is checked by.

mod content;

use super::drawing::{Area, Colour, Drawing, Style};
use super::flow::{Column, Flow, Name, Row, SMALL, TEXT, TINY, column, field, stamp};
use super::qr::Squares;
use super::text::{Align, write};
use super::typeface::Face;

pub use content::{End, Leg, Line, Manifest, Statement};

/// A4, upright, in millimetres.
const A4: (f32, f32) = (210.0, 297.0);
const MARGIN: f32 = 13.0;
/// Side of the code.
const CODE: f32 = 28.0;
/// How high a box for a seal is: the round seal of a firm has 40 mm, and may overlap its frame.
const SEAL: f32 = 36.0;
/// Width of the names of fields.
const NAMES: f32 = 27.6;

impl Manifest {
    /// Lay it out.
    pub fn pages(&self, face: &Face) -> Vec<Drawing> {
        let again = format!("危险废物转移联单（续）Hazardous waste manifest, continued　{}", self.number);
        let mut flow = Flow::new(face, A4, MARGIN, again);
        self.top(&mut flow);
        self.consignor(&mut flow);
        self.carriers(&mut flow);
        self.consignee(&mut flow);
        self.seals(&mut flow);
        self.statements(&mut flow);
        self.containers(&mut flow);
        flow.finish(&format!("联单编号 Number {}　核验码 Code {}", self.number, self.code))
    }

    fn top(&self, flow: &mut Flow) {
        let (face, left, width) = (flow.face, flow.left(), flow.width());
        let page = flow.page();
        invented(page, face, self.invented);
        let title = Area::new(left, MARGIN + 1.0, width, 10.0);
        write(page, face, title, Style::of(7.4).bold(), Align::Centre, "危险废物转移联单");
        let below = Area::new(left, MARGIN + 11.0, width, 4.0);
        let grey = Style::of(2.8).in_colour(Colour::GREY);
        write(page, face, below, grey, Align::Centre, "Manifest of the transfer of hazardous waste");
        if self.again {
            stamp(page, face, Area::new(left, MARGIN + 2.0, 18.0, 10.0), "补打", "Reprint");
        }
        if !self.ended.0.is_empty() {
            let area = Area::new(left + 21.0, MARGIN + 2.0, 24.0, 10.0);
            stamp(page, face, area, &self.ended.0, &self.ended.1);
        }
        let box_of_code = Area::new(left + width - CODE, MARGIN - 2.0, CODE, CODE);
        if let Some(squares) = Squares::of(&self.link) {
            page.code(box_of_code, squares);
        }
        let caption = Area::new(box_of_code.x - 4.0, box_of_code.bottom() - 1.6, CODE + 8.0, 3.0);
        write(page, face, caption, Style::of(2.2), Align::Centre, "扫码核验 Scan to check");
        let room = width - CODE - 6.0;
        let number = Area::new(left, MARGIN + 16.0, room, 6.0);
        write(page, face, number, Style::of(4.4).bold(), Align::Left, &format!("联单编号 {}", self.number));
        let code = Area::new(left, MARGIN + 22.0, room, 4.6);
        write(page, face, code, Style::of(TEXT), Align::Left, &format!("核验码 Code：{}", self.code));
        flow.y = MARGIN + 28.6;
    }

    fn consignor(&self, flow: &mut Flow) {
        let end = &self.consignor;
        flow.section("第一部分　危险废物移出信息（由移出人填写）", "Part 1: the consignor", 60.0);
        flow.form_row(&party(end), NAMES);
        flow.form_row(
            &[field("单位地址", "Site", &end.place, 0.6), field("联系人、电话", "Contact", "", 0.4)],
            NAMES,
        );
        flow.form_row(
            &[
                field("计划移出时间", "Planned departure", &end.planned, 0.5),
                field("实际交付时间", "Handed over", &end.actual, 0.5),
            ],
            NAMES,
        );
        if !self.others.is_empty() || !self.erp_no.is_empty() {
            flow.form_row(
                &[
                    field("国家联单号", "Other numbers", &self.others, 0.5),
                    field("单位业务编号", "Business key", &self.erp_no, 0.5),
                ],
                NAMES,
            );
        }
        let columns = waste_columns();
        let row = |line: &Line| Row {
            cells: [
                &line.line,
                &line.name,
                &line.code,
                &line.hazards,
                &line.form,
                &line.packaging,
                &line.count,
                &line.planned,
                &line.shipped,
            ]
            .map(Clone::clone)
            .to_vec(),
            strong: false,
        };
        let mut rows: Vec<Row> = self.lines.iter().map(row).collect();
        if rows.len() > 1 {
            rows.push(sum(columns.len(), &self.sums.0));
        }
        flow.table(&columns, &rows);
    }

    fn carriers(&self, flow: &mut Flow) {
        for (leg, n) in self.legs.iter().zip(1..) {
            let (zh, en) = match self.legs.len() {
                1 => (String::new(), String::new()),
                all => (format!("　第 {n} 程，共 {all} 程"), format!(", leg {n} of {all}")),
            };
            flow.section(
                &format!("第二部分　危险废物运输信息（由承运人填写）{zh}"),
                &format!("Part 2: the carrier{en}"),
                30.0,
            );
            flow.form_row(
                &[
                    field("单位名称", "Carrier", &leg.name, 0.58),
                    field("统一社会信用代码", "Credit code", &leg.uscc, 0.42),
                ],
                NAMES,
            );
            let by = if leg.mode.is_empty() { &leg.vehicle } else { &leg.mode };
            flow.form_row(
                &[
                    field("运输工具及牌号", "Vehicle", by, 0.5),
                    field("驾驶员、押运员", "Driver, escort", "", 0.5),
                ],
                NAMES,
            );
            flow.form_row(
                &[
                    field("实际起运时间", "Taken over", &leg.from, 0.5),
                    field("实际到达时间", "Handed on", &leg.until, 0.5),
                ],
                NAMES,
            );
        }
    }

    fn consignee(&self, flow: &mut Flow) {
        let end = &self.consignee;
        flow.section("第三部分　危险废物接受信息（由接受人填写）", "Part 3: the consignee", 40.0);
        flow.form_row(&party(end), NAMES);
        flow.form_row(
            &[field("单位地址", "Site", &end.place, 0.6), field("联系人、电话", "Contact", "", 0.4)],
            NAMES,
        );
        flow.form_row(
            &[
                field("计划接受时间", "Planned arrival", &end.planned, 0.5),
                field("实际接受时间", "Received", &end.actual, 0.5),
            ],
            NAMES,
        );
        let columns = [
            column("序号", "No.", 9.0, Align::Centre),
            column("废物名称", "Waste", 42.0, Align::Left),
            column("废物代码", "Code", 22.0, Align::Centre),
            column("是否存在重大差异", "Large difference", 24.0, Align::Centre),
            column("接受人处理意见", "Opinion", 28.0, Align::Centre),
            column("拟利用处置方式", "Treatment intended", 38.0, Align::Left),
            column("接受量（吨）", "Accepted (t)", 21.0, Align::Right),
        ];
        let row = |line: &Line| Row {
            cells: [
                &line.line,
                &line.name,
                &line.code,
                &line.differs,
                &line.opinion,
                &line.treatment,
                &line.accepted,
            ]
            .map(Clone::clone)
            .to_vec(),
            strong: false,
        };
        let mut rows: Vec<Row> = self.lines.iter().map(row).collect();
        if rows.len() > 1 {
            rows.push(sum(columns.len(), &self.sums.1));
        }
        flow.table(&columns, &rows);
    }

    fn seals(&self, flow: &mut Flow) {
        let mut names = vec![Name::new("移出人（盖章处）", "Seal of the consignor")];
        for n in 1..=self.legs.len() {
            names.push(match self.legs.len() {
                1 => Name::new("承运人（盖章处）", "Seal of the carrier"),
                _ => Name::new(format!("承运人 {n}（盖章处）"), format!("Seal of carrier {n}")),
            });
        }
        names.push(Name::new("接受人（盖章处）", "Seal of the consignee"));
        flow.gap(2.5);
        flow.seals(&names, SEAL);
    }

    fn statements(&self, flow: &mut Flow) {
        flow.gap(2.5);
        flow.section("电子签名记录", "What was signed, by the digest that names it in the log", 18.0);
        let columns = [
            column("记录", "Statement", 24.0, Align::Left),
            column("签名单位", "Party", 42.0, Align::Left),
            column("时间", "When", 25.5, Align::Left),
            column("账本序号", "Entry", 12.5, Align::Right),
            column("签名摘要（SHA-256）", "Digest", 80.0, Align::Left),
        ];
        let row = |said: &Statement| Row {
            cells: [&said.what, &said.party, &said.at, &said.index, &said.id].map(Clone::clone).to_vec(),
            strong: false,
        };
        let rows: Vec<Row> = self.statements.iter().map(row).collect();
        flow.table(&columns, &rows);
        flow.gap(1.2);
        let style = Style::of(2.4);
        if self.more > 0 {
            flow.note(
                &format!(
                    "另有 {} 条记录，见账本。{} more statements are in the ledger.",
                    self.more, self.more
                ),
                style,
            );
        }
        flow.note(
            "扫码打开账本中的本联单；所列摘要和核验码（登记记录摘要的开头）应与页面一致，以账本为准。证据包可在 /verify 离线核验。",
            style,
        );
        flow.note(
            "The code opens this manifest in the ledger: digests and verification code (the beginning of the digest of the registration) must be the same there, and the ledger counts. Bundles are checked at /verify without trusting it.",
            Style::of(TINY).in_colour(Colour::GREY),
        );
    }

    fn containers(&self, flow: &mut Flow) {
        if self.containers.is_empty() {
            return;
        }
        flow.gap(2.5);
        let title = format!("容器清单（{} 个）", self.containers.len());
        flow.section(&title, "Containers", 16.0);
        let of_one =
            || [column("行", "Line", 9.0, Align::Centre), column("标签", "Label", 82.0, Align::Left)];
        let columns = [of_one(), of_one()].concat();
        let row = |pair: &[[String; 2]]| {
            let mut cells = pair.concat();
            cells.resize(columns.len(), String::new());
            Row { cells, strong: false }
        };
        let rows: Vec<Row> = self.containers.chunks(2).map(row).collect();
        flow.table(&columns, &rows);
    }
}

fn party(end: &End) -> [super::flow::Field; 2] {
    [field("单位名称", "Party", &end.name, 0.58), field("统一社会信用代码", "Credit code", &end.uscc, 0.42)]
}

fn waste_columns() -> [Column; 9] {
    [
        column("序号", "No.", 9.0, Align::Centre),
        column("废物名称", "Waste", 42.0, Align::Left),
        column("废物代码", "Code", 22.0, Align::Centre),
        column("危险特性", "Hazards", 16.0, Align::Centre),
        column("形态", "Form", 15.0, Align::Centre),
        column("包装方式", "Packaging", 18.0, Align::Centre),
        column("包装数量", "Containers", 17.0, Align::Right),
        column("计划量（吨）", "Planned (t)", 21.0, Align::Right),
        column("移出量（吨）", "Shipped (t)", 21.0, Align::Right),
    ]
}

/// The last row of a table of waste.
fn sum(columns: usize, sum: &str) -> Row {
    let mut cells = vec![String::new(); columns];
    cells[1] = "合计 Sum".to_owned();
    cells[columns - 1] = sum.to_owned();
    Row { cells, strong: true }
}

/// On papers of a demonstration: they must not pass for real ones.
pub(super) fn invented(page: &mut Drawing, face: &Face, is_invented: bool) {
    if is_invented {
        let area = Area::new(0.0, 4.0, page.width, 4.0);
        let style = Style::of(SMALL).bold().in_colour(Colour::RED);
        write(
            page,
            face,
            area,
            style,
            Align::Centre,
            "演示 · 数据虚构，不具效力　Demonstration: invented, without effect",
        );
    }
}
