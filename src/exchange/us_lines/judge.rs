//! The document rules of the profile `us`, line by line. They mark; they refuse nothing, because the document exists as it is.

use std::collections::HashSet;

use serde::Serialize;

use super::fault::{self, Fault};
use super::rows::{positive, unit};
use super::{COLUMNS, SYSTEM, column};
use crate::catalogue::{Dimension, NumberForm, Profile, Severity, is_management_method, judge};
use crate::exchange::document::DocumentLine;

/// Most characters of a field that a flag repeats.
const MAX_WRITTEN_CHARS: usize = 80;

/// One fault of a document that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flag {
    /// Row of the content, from 1, the header not counted; none for the manifest as a whole.
    pub row: Option<i64>,
    /// The row's line number, where it has a good one.
    pub line: Option<i64>,
    /// What the field holds, cut after 80 characters.
    pub written: String,
    /// What is wrong with it.
    #[serde(flatten)]
    pub fault: &'static Fault,
}

impl Flag {
    /// True for a fault of the document, false for a mere notice about it.
    pub fn is_fault(&self) -> bool {
        self.fault.severity > Severity::Notice
    }
}

/// The flag for a number that is not of the prescribed form.
pub(super) fn number_flag(number: &str) -> Option<Flag> {
    let fault = match judge(number) {
        NumberForm::Regular => return None,
        NumberForm::Suffixed => &fault::NUMBER_SUFFIXED,
        NumberForm::Irregular => &fault::NUMBER_IRREGULAR,
    };
    Some(Flag { row: None, line: None, written: number.to_owned(), fault })
}

/// The flags of one line. `seen` holds the line numbers of the rows before it.
pub(super) fn line_flags(fields: &[String], row: &DocumentLine, seen: &mut HashSet<u16>) -> Vec<Flag> {
    let text = |position: usize| fields[position].as_str();
    let mut faults = Vec::new();
    match positive(text(column::LINE)) {
        None => faults.push(&fault::LINE_NUMBER),
        Some(number) if !seen.insert(number) => faults.push(&fault::LINE_TWICE),
        Some(_) => {}
    }
    if positive(text(column::CONTAINER_COUNT)).is_none() {
        faults.push(&fault::CONTAINER_COUNT);
    }
    if !is_container_type(text(column::CONTAINER_TYPE)) {
        faults.push(&fault::CONTAINER_TYPE);
    }
    if row.quantity_milli.is_none_or(|milli| milli == 0) {
        faults.push(&fault::QUANTITY);
    }
    match unit(text(column::UNIT)) {
        Some(unit) if is_listed_unit(&unit.code) && unit.dimension == Dimension::Mass => {}
        Some(unit) if is_listed_unit(&unit.code) => faults.push(&fault::VOLUME_ONLY),
        _ => faults.push(&fault::UNIT_UNKNOWN),
    }
    if fields[column::WASTE_CODES].iter().all(String::is_empty) {
        faults.push(&fault::WASTE_CODE_MISSING);
    }
    match text(column::METHOD) {
        "" => faults.push(&fault::METHOD_MISSING),
        method if !is_management_method(method) => faults.push(&fault::METHOD_IRREGULAR),
        _ => {}
    }
    faults.into_iter().map(|fault| on_line(fields, row, fault)).collect()
}

fn on_line(fields: &[String], row: &DocumentLine, fault: &'static Fault) -> Flag {
    let position = fault.field.and_then(|field| COLUMNS.iter().position(|column| *column == field));
    let written = position.map(|position| fields[position].chars().take(MAX_WRITTEN_CHARS).collect());
    Flag { row: Some(row.row), line: row.line, written: written.unwrap_or_default(), fault }
}

fn is_container_type(code: &str) -> bool {
    let documents = Profile::embedded(SYSTEM).and_then(Profile::documents);
    documents.is_some_and(|documents| documents.containers.iter().any(|container| container.code == code))
}

fn is_listed_unit(code: &str) -> bool {
    let documents = Profile::embedded(SYSTEM).and_then(Profile::documents);
    documents.is_some_and(|documents| documents.units.iter().any(|unit| unit == code))
}
