use super::*;
use crate::id::derived;

const MANIFESTS: &str = "业务编号,移出场所,接受单位代码,接受场所编号,承运单位代码,废物代码,废物名称,形态,包装方式,容器数量,计划数量,计量单位,处置方式,计划移出时间\n";
const LOTS: &str = "site,code,mass,unit,time,facility,label\n";
const THERE: &str = "91350100M000100Y43,01890a5d-ac96-774b-bcce-b302099a8057,91130200699229617X";

fn own() -> BTreeMap<String, SiteId> {
    BTreeMap::from([("一车间".to_owned(), SiteId::from_uuid(derived(&[b"own"])))])
}

fn read_sheet(kind: SheetKind, bytes: &[u8]) -> Result<SheetRead, Vec<CellError>> {
    let (sites, mut n) = (own(), 0_u8);
    let mut new_id = || {
        n += 1;
        Some(uuid::Builder::from_unix_timestamp_millis(1_772_414_400_000, &[n; 10]).into_uuid())
    };
    let zone = FixedOffset::east_opt(8 * 3_600).unwrap();
    read(kind, bytes, &mut Desk { sites: &sites, zone, new_id: &mut new_id })
}

fn places(errors: &[CellError]) -> Vec<(u32, &str)> {
    errors.iter().map(|error| (error.row, error.column)).collect()
}

#[test]
fn rows_of_one_key_are_lines_of_one_manifest() {
    let sheet = format!(
        "{MANIFESTS}A-1,一车间,{THERE},900-041-49,废桶,固态,桶,12,1.2,吨,D10,2026-03-02 09:20\nA-1,一车间,{THERE},90025212,,,,,300,kg,R1,2026/3/2 9:20\n,一车间,{THERE},900-041-49,,,,,1,t,D10,2026-03-03\n"
    );
    let read = read_sheet(SheetKind::Manifests, sheet.as_bytes()).unwrap();
    assert_eq!(read.errors, []);
    let rows: Vec<&[u32]> = read.asked.iter().map(|asked| asked.rows.as_slice()).collect();
    assert_eq!(rows, [&[2, 3][..], &[4]]);
    let Statement::ManifestRegistered(said) = &read.asked[0].statement else { panic!("no registration") };
    assert_eq!(said.erp_no.as_deref(), Some("A-1"));
    assert_eq!(
        said.planned_departure.to_string(),
        "2026-03-02T01:20:00Z".parse::<Timestamp>().unwrap().to_string()
    );
    let masses: Vec<(u16, i64)> = said.lines.iter().map(|line| (line.line, line.planned.grams())).collect();
    assert_eq!(masses, [(1, 1_200_000), (2, 300_000)]);
}

#[test]
fn a_row_that_is_wrong_spoils_its_manifest_and_no_other() {
    let sheet = format!(
        "{MANIFESTS}A-1,一车间,{THERE},900-041-49,,,,,1.2,吨,D10,2026-03-02 09:20\nA-1,二车间,{THERE},9000,,雾态,,x,-1,斤斤,Q,明天\nA-2,一车间,{THERE},900-041-49,,,,,1,t,D10,2026-03-03\nA-2,一车间,{THERE},900-041-49,,,,,1,t,D10,2026-03-04\nA-3,一车间,{THERE},900-041-49,,,,,1,t,D10,2026-03-03\n"
    );
    let read = read_sheet(SheetKind::Manifests, sheet.as_bytes()).unwrap();
    assert_eq!(
        places(&read.errors),
        [
            (3, "site"),
            (3, "departure"),
            (3, "code"),
            (3, "form"),
            (3, "containers"),
            (3, "mass"),
            (3, "treatment"),
            (5, "erp_no")
        ]
    );
    let rows: Vec<&[u32]> = read.asked.iter().map(|asked| asked.rows.as_slice()).collect();
    assert_eq!(rows, [&[6][..]], "of A-1 and A-2 nothing is registered by halves");
}

#[test]
fn what_is_wrong_is_written_back_beside_its_row() {
    let sheet = format!(
        "{LOTS}一车间,900-041-49,1.5,t,2026-03-02 08:00,涂装,L-1\n一车间,900-041-49,=1+1,t,2026-03-02,,\n"
    );
    let read = read_sheet(SheetKind::Lots, sheet.as_bytes()).unwrap();
    let Statement::WasteGenerated(said) = &read.asked[0].statement else { panic!("no lot") };
    assert_eq!((said.lots[0].quantity.grams(), said.lots[0].containers.len()), (1_500_000, 1));
    assert_eq!(read.asked[0].occurred_at, Some("2026-03-02T08:00:00+08:00".parse().unwrap()));
    assert_eq!(places(&read.errors), [(3, "mass")]);
    let copy = String::from_utf8(read.with_errors(SheetForm::Csv).unwrap()).unwrap();
    let lines: Vec<&str> = copy.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines[0], "site,code,mass,unit,time,facility,label,错误,Errors");
    assert_eq!(lines[1], "一车间,900-041-49,1.5,t,2026-03-02 08:00,涂装,L-1,,");
    assert!(
        lines[2].starts_with("一车间,900-041-49,'=1+1,t,2026-03-02,,,数量：不是普通的十进制数，例如 1.25,"),
        "{}",
        lines[2]
    );
    // The copy can be put right and sent again: its two columns are no part of the table.
    let again = read_sheet(SheetKind::Lots, read.with_errors(SheetForm::Xlsx).unwrap().as_slice()).unwrap();
    assert_eq!(places(&again.errors), [(3, "mass")]);
}

#[test]
fn sheets_without_their_columns_are_refused_as_a_whole() {
    let errors = read_sheet(SheetKind::Lots, b"site,code\n").unwrap_err();
    assert_eq!(places(&errors), [(1, "mass"), (1, "unit"), (1, "time")]);
    assert_eq!(places(&read_sheet(SheetKind::Lots, b"PK\x03\x04 no workbook").unwrap_err()), [(0, "")]);
}

#[test]
fn no_event_is_longer_than_it_may_be() {
    // As many lines as a manifest may have still make one; one more does not.
    let line = format!("A-1,一车间,{THERE},900-041-49,,,,,1,t,D10,2026-03-03\n");
    let most =
        read_sheet(SheetKind::Manifests, format!("{MANIFESTS}{}", line.repeat(256)).as_bytes()).unwrap();
    assert_eq!((most.asked.len(), most.errors.len()), (1, 0));
    let more =
        read_sheet(SheetKind::Manifests, format!("{MANIFESTS}{}", line.repeat(257)).as_bytes()).unwrap();
    assert_eq!((more.asked.len(), places(&more.errors)), (0, vec![(2, "")]));
}
