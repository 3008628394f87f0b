//! Sheets as people send them, and as others do.

#![allow(clippy::unwrap_used)]

use std::io::{Cursor, Write};

use rust_xlsxwriter::{ExcelDateTime, Formula, Workbook};

use super::*;
use crate::catalogue::Profile;

fn form() -> &'static ExternalNumber {
    Profile::embedded("cn").unwrap().external_number("cn-national").unwrap()
}

fn csv(text: &str) -> Result<NumberList, Vec<SheetFault>> {
    read(text.as_bytes(), form())
}

/// Code and pointer of each fault.
fn faults(result: Result<NumberList, Vec<SheetFault>>) -> Vec<(&'static str, String)> {
    let faults = result.unwrap_err();
    assert!(faults.iter().all(|fault| !fault.zh.is_empty() && !fault.en.is_empty()));
    faults.iter().map(|fault| (fault.code, fault.pointer())).collect()
}

#[test]
fn heads_are_found_in_both_languages_under_a_title() {
    for text in [
        "临沂市转移联单,,\n联单编号,数量（吨）,日期\n20263713000001,1.2,2026-03-02\n合计,1.2,\n",
        "\u{feff}number;mass (kg);date\n20263713000001;1200;2026/3/2 10:20\n",
        "Number\tQuantity\tUnit\tDay\n２０２６３７１３００００01\t1200000\tg\t2026年3月2日\n",
    ] {
        let list = csv(text).unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
        let [listed] = &list.numbers[..] else { panic!("{list:?}") };
        assert_eq!((list.rows, listed.number.as_str(), listed.mass_g()), (1, "20263713000001", 1_200_000));
        assert_eq!(listed.day, NaiveDate::from_ymd_opt(2026, 3, 2));
    }
}

#[test]
fn every_bad_row_is_named_with_its_column() {
    let text = "联单编号,移出单位,废物代码,数量,单位,日期\n\
        20263713000001,91371302MA3ACME019,90004149,1.2,吨,2026-03-02\n\
        2026371300000,,900-041-49,1.2,吨,\n\
        20263713000003,acme,900-041-99,\"1,200\",磅,yesterday\n\
        20263713000004,,,1.23456789,吨,\n\
        =1+1,,,1,吨,\n\
        20263713000006,,,-1,吨,\n";
    let wanted = [
        ("sheet-number", "/rows/3/联单编号"),
        ("sheet-unit", "/rows/4/单位"),
        ("sheet-code", "/rows/4/废物代码"),
        ("sheet-party", "/rows/4/移出单位"),
        ("sheet-day", "/rows/4/日期"),
        ("sheet-mass", "/rows/5/数量"),
        ("sheet-number", "/rows/6/联单编号"),
        ("sheet-mass", "/rows/7/数量"),
    ];
    assert_eq!(faults(csv(text)), wanted.map(|(code, pointer)| (code, pointer.to_owned())));
}

#[test]
fn rows_of_one_number_are_its_wastes_or_a_fault() {
    let head = "number,code,mass(kg),date\n20263713000001,900-041-49,700,2026-03-02\n";
    let list = csv(&format!("{head}20263713000001,900-252-12,500,2026-03-02\n")).unwrap();
    assert_eq!((list.rows, list.numbers.len(), list.numbers[0].mass_g()), (2, 1, 1_200_000));
    assert_eq!(list.numbers[0].rows, [2, 3]);
    for again in [
        "20263713000001,900-041-49,700,2026-03-02",
        "20263713000001,900-252-12,500,2026-03-03",
        "20263713000001,,500,2026-03-02",
    ] {
        let twice = faults(csv(&format!("{head}{again}\n")));
        assert_eq!(twice, [("sheet-number-twice", "/rows/3/number".to_owned())], "{again}");
    }
}

#[test]
fn what_is_no_list_is_said_so() {
    for (text, code, pointer) in [
        ("", "sheet-heads", ""),
        ("a,b\n1,2\n", "sheet-heads", ""),
        ("number,mass\n20263713000001,1\n", "sheet-unit", "/rows/1/mass"),
        ("number,mass(kg),联单编号\n", "sheet-column-twice", "/rows/1/联单编号"),
        ("PK\u{3}\u{4}and nothing", "sheet-unreadable", ""),
    ] {
        assert_eq!(faults(csv(text)), [(code, pointer.to_owned())], "{text:?}");
    }
    assert_eq!(faults(read(&[0xbb, 0xb6], form())), [("sheet-encoding", String::new())]);
    assert_eq!(faults(read(&vec![b','; MAX_SHEET_BYTES + 1], form()))[0].0, "sheet-too-large");
    let rows = "20263713000001,1\n".repeat(MAX_ROWS);
    assert_eq!(faults(csv(&format!("number,mass(kg)\n{rows}")))[0].0, "sheet-rows");
    let bad = "x,1\n".repeat(MAX_FAULTS + 50);
    assert_eq!(faults(csv(&format!("number,mass(kg)\n{bad}"))).len(), MAX_FAULTS);
}

#[test]
fn a_workbook_is_read_with_its_numbers_dates_and_what_formulas_came_to() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, head) in (0..).zip(["联单编号", "数量（吨）", "日期"]) {
        sheet.write(0, column, head).unwrap();
    }
    let day = rust_xlsxwriter::Format::new().set_num_format("yyyy-mm-dd");
    sheet.write(1, 0, 20_263_713_000_001_f64).unwrap();
    sheet.write(1, 1, 12.345).unwrap();
    sheet.write_with_format(1, 2, ExcelDateTime::from_ymd(2026, 3, 2).unwrap(), &day).unwrap();
    sheet.write(2, 0, "20263713000002").unwrap();
    sheet.write(2, 1, Formula::new("=0.1+0.2").set_result("0.30000000000000004")).unwrap();
    // Far away, where a sheet of so many rows and columns would not fit into any machine.
    sheet.write(1_048_575, 16_383, "x").unwrap();
    let list = read(&book.save_to_buffer().unwrap(), form()).unwrap();
    let masses: Vec<i64> = list.numbers.iter().map(ListedNumber::mass_g).collect();
    assert_eq!(masses, [12_345_000, 300_000]);
    assert_eq!(list.numbers[0].day, NaiveDate::from_ymd_opt(2026, 3, 2));
}

#[test]
fn a_sheet_that_unpacks_to_more_than_it_may_is_refused_before_it_is_read() {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let packed =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    archive.start_file("xl/worksheets/sheet1.xml", packed).unwrap();
    let megabyte = vec![b' '; 1024 * 1024];
    for _ in 0..=MAX_UNPACKED_BYTES / 1_048_576 {
        archive.write_all(&megabyte).unwrap();
    }
    let bomb = archive.finish().unwrap().into_inner();
    assert!(bomb.len() < 100_000);
    assert_eq!(faults(read(&bomb, form())), [("sheet-unpacks-too-large", String::new())]);
}
