//! What can be wrong with a line or a manifest: the table of codes and texts. Figures and lists stand in the profile `us`.

use serde::Serialize;

use crate::catalogue::Severity;

/// One kind of fault, with its texts.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Kebab-case name.
    pub code: &'static str,
    /// Column it is about; none for the line or the manifest as a whole.
    pub field: Option<&'static str>,
    /// How bad it is. What is `notice` is not a fault of the sender.
    pub severity: Severity,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
}

macro_rules! faults {
    ($(#[$list_doc:meta])* $list:ident: $($name:ident $code:literal $field:expr, $severity:ident, $zh:literal, $en:literal;)+) => {
        $(pub(super) static $name: Fault =
            Fault { code: $code, field: $field, severity: Severity::$severity, zh: $zh, en: $en };)+

        $(#[$list_doc])*
        pub static $list: &[&Fault] = &[$(&$name),+];
    };
}

faults! {
    /// Faults that are marked on a document that is taken all the same: the real world is like this.
    FLAGS:
    NUMBER_SUFFIXED "number-suffixed" Some("mtn"), Minor,
        "联单追踪号带后缀字母", "the manifest tracking number has a suffix";
    NUMBER_IRREGULAR "number-irregular" Some("mtn"), Minor,
        "联单追踪号不符合格式", "the manifest tracking number is not of the prescribed form";
    LINE_NUMBER "line-number" Some("line"), Minor,
        "行号不是 1 至 65535 的整数", "the line number is not a whole number from 1 to 65535";
    LINE_TWICE "line-twice" Some("line"), Major,
        "同一联单中行号重复", "the line number stands twice in this manifest";
    CONTAINER_COUNT "container-count" Some("container_count"), Minor,
        "容器数量不是 1 至 65535 的整数", "the number of containers is not a whole number from 1 to 65535";
    CONTAINER_TYPE "container-type" Some("container_type"), Minor,
        "容器类型缺失或不在代码表中", "the container type is missing or not in the list of codes";
    QUANTITY "quantity" Some("quantity"), Major,
        "数量不是正的十进制数（至多三位小数，至多 10,000,000）",
        "the quantity is not a positive decimal number with at most three decimals and of at most 10,000,000";
    UNIT_UNKNOWN "unit-unknown" Some("unit"), Major,
        "计量单位缺失或不在代码表中", "the unit is missing or not in the list of codes";
    VOLUME_ONLY "mass-not-comparable" Some("unit"), Notice,
        "只有体积、没有密度，质量不可比较", "a volume without a density: its mass cannot be compared";
    WASTE_CODE_MISSING "waste-code-missing" Some("waste_code_1"), Minor,
        "没有废物代码", "no waste code is given";
    METHOD_MISSING "method-missing" Some("management_method"), Minor,
        "没有管理方式代码", "no management method is given";
    METHOD_IRREGULAR "method-irregular" Some("management_method"), Minor,
        "管理方式代码不符合格式", "the management method is not of the prescribed form";
}

faults! {
    /// Faults for which a line is not taken.
    REFUSALS:
    NOT_UTF8 "not-utf-8" None, Major,
        "该行不是有效的 UTF-8，请以 UTF-8 另存", "the line is not valid UTF-8; save the file as UTF-8";
    LINE_TOO_LONG "line-too-long" None, Major,
        "该行超过 8192 字节", "the line is longer than 8192 bytes";
    QUOTING "quoting" None, Major,
        "引号没有正确闭合", "a quoted field is not closed, or something follows its closing quote";
    COLUMN_COUNT "column-count" None, Major,
        "列数不是 14", "the line does not have 14 columns";
    NUMBER_UNUSABLE "number-unusable" Some("mtn"), Major,
        "联单追踪号为空、超过 64 个字符或首尾有空格",
        "the manifest tracking number is empty, longer than 64 characters or has blank ends";
    CHARACTERS "characters" None, Major,
        "该行含有控制字符或不可见字符", "the line holds control or invisible characters";
    MANIFEST_INCOMPLETE "manifest-incomplete" None, Major,
        "同一联单的另一行被拒，联单须完整导入；请改正后重新导入",
        "another line of this manifest was refused and a manifest is taken whole; correct it and import again";
    MANIFEST_TOO_LARGE "manifest-too-large" None, Major,
        "联单超过 1000 行或 192000 字节", "the manifest has more than 1000 lines or 192000 bytes";
}

#[cfg(test)]
mod tests {
    use super::super::{COLUMNS, MAX_CONTENT_BYTES, MAX_LINE_BYTES, MAX_LINES_PER_MANIFEST};
    use super::*;
    use crate::exchange::document::MAX_QUANTITY_MILLI;

    #[test]
    fn codes_are_unique_and_fields_are_columns() {
        let all: Vec<&Fault> = FLAGS.iter().chain(REFUSALS).copied().collect();
        for (position, fault) in all.iter().enumerate() {
            assert!(all[..position].iter().all(|earlier| earlier.code != fault.code), "{}", fault.code);
            assert!(fault.field.is_none_or(|field| COLUMNS.contains(&field)), "{}", fault.code);
        }
    }

    #[test]
    fn texts_quote_the_limits_as_they_are() {
        assert!(LINE_TOO_LONG.en.contains(&MAX_LINE_BYTES.to_string()));
        assert!(COLUMN_COUNT.en.contains(&COLUMNS.len().to_string()));
        assert!(MANIFEST_TOO_LARGE.en.contains(&MAX_LINES_PER_MANIFEST.to_string()));
        assert!(MANIFEST_TOO_LARGE.en.contains(&MAX_CONTENT_BYTES.to_string()));
        assert_eq!(MAX_QUANTITY_MILLI, 10_000_000 * 1_000);
    }
}
