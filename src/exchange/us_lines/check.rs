//! US waste lines as documents that are checked.

use super::fault::Fault;
use super::{GZIP_MAGIC, Reading, SYSTEM, judge::Flag, read};
use crate::catalogue::{Profile, Severity};
use crate::clock::Timestamp;
use crate::custody::document::json::Place;
use crate::custody::finding::Figures;
use crate::exchange::document::{
    CheckVerdict, Checked, CheckedDocument, Format, Found, Schema, Unreadable, severity,
};

/// The format.
pub struct UsLines;

impl Format for UsLines {
    fn name(&self) -> &'static str {
        "us-lines"
    }

    fn media(&self) -> &'static str {
        super::MEDIA
    }

    fn schema(&self) -> Schema {
        Schema { version: "1", origin: "this project, docs/formats.md" }
    }

    fn profile(&self) -> &'static str {
        SYSTEM
    }

    fn fits(&self, bytes: &[u8]) -> bool {
        let text = bytes.strip_prefix(super::BYTE_ORDER_MARK).unwrap_or(bytes);
        bytes.starts_with(&GZIP_MAGIC) || text.starts_with(b"mtn,") || text.starts_with(b"\"mtn\",")
    }

    fn check(&self, bytes: &[u8], _as_of: Option<Timestamp>, _now: Timestamp) -> Checked {
        let Some(profile) = Profile::embedded(SYSTEM) else { return Checked::default() };
        match read(bytes) {
            Ok(reading) => checked(self.name(), &reading, profile),
            Err(error) => {
                let en = error.to_string();
                let zh = format!("文件无法读取：{en}");
                Checked { errors: vec![unreadable("file", 1, zh, en)], ..Checked::default() }
            }
        }
    }
}

fn checked(kind: &'static str, reading: &Reading, profile: &Profile) -> Checked {
    let mut checked = Checked::default();
    for (n, document) in reading.documents.iter().enumerate() {
        for flag in &document.flags {
            let list = if flag.is_fault() { &mut checked.findings } else { &mut checked.notices };
            list.push(found(n, flag, profile));
        }
        let number = Some(document.number.to_string());
        let verdict = CheckVerdict::Clean;
        checked.documents.push(CheckedDocument { kind, number, pointer: String::new(), verdict });
    }
    for refused in &reading.refused {
        let Fault { code, zh, en, .. } = *refused.fault;
        checked.errors.push(unreadable(code, refused.line_no, zh.to_owned(), en.to_owned()));
    }
    checked.judged()
}

/// The pointer is one into the rows of the document: its lines by number, not the lines of the file, whose order says nothing.
fn found(document: usize, flag: &Flag, profile: &Profile) -> Found {
    let rule = rule_of(flag.fault);
    let field = flag.fault.field.unwrap_or_default();
    let pointer = flag.row.map(|row| format!("/{}/{field}", row - 1)).unwrap_or_default();
    let severity = if flag.fault.severity == Severity::Notice {
        Severity::Notice
    } else {
        severity(Some(rule), profile)
    };
    Found {
        document: Some(document),
        rule: Some(rule.to_owned()),
        code: flag.fault.code.to_owned(),
        severity,
        pointer,
        field: flag.fault.field.map(str::to_owned),
        place: None,
        zh: flag.fault.zh.to_owned(),
        en: flag.fault.en.to_owned(),
        figures: Figures::none().with("written", flag.written.as_str()),
        publisher: None,
    }
}

/// The rule a fault of a line belongs to.
fn rule_of(fault: &Fault) -> &'static str {
    match fault.code {
        "number-suffixed" | "number-irregular" => "document-number",
        "line-number" | "line-twice" => "document-sum",
        "container-count" | "quantity" | "mass-not-comparable" => "document-quantity",
        "waste-code-missing" | "method-missing" => "document-incomplete",
        _ => "document-code",
    }
}

fn unreadable(code: &str, line: usize, zh: String, en: String) -> Unreadable {
    let place = Some(Place { line, column: 1 });
    Unreadable { document: None, code: code.to_owned(), pointer: String::new(), field: None, place, zh, en }
}

#[cfg(test)]
mod tests {
    use super::super::fault::FLAGS;
    use super::*;

    #[test]
    fn every_flag_belongs_to_a_rule_of_documents() {
        assert!(
            FLAGS.iter().all(|fault| Profile::embedded(SYSTEM).is_some_and(|us| us.has_rule(rule_of(fault))))
        );
    }
}
