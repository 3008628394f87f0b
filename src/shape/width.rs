//! Full-width signs (全角), as Chinese keyboards write them.

/// How far the full-width forms (U+FF01 to U+FF5E) lie behind the signs of ASCII that they stand for.
const SHIFT: u32 = 0xfee0;

/// The sign of ASCII that a full-width one stands for; any other as it is.
pub fn half_width(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '！'..='～' => char::from_u32(u32::from(c) - SHIFT).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_forms_of_ascii_change() {
        let narrow = |text: &str| text.chars().map(half_width).collect::<String>();
        assert_eq!(narrow("鲁Ｑ１２３４５　（ａ）～"), "鲁Q12345 (a)~");
        assert_eq!(narrow("。、￥ｱ·A1"), "。、￥ｱ·A1");
    }
}
