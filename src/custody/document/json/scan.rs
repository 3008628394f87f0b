//! The signs of JSON: blanks, words, numbers and texts, one after the other.

/// A place in a text.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

/// A text that was read, and what in it cannot be.
pub(super) struct ReadText {
    pub(super) text: String,
    pub(super) flaws: Vec<(usize, TextFlaw)>,
}

/// What a text must not hold.
#[derive(Clone, Copy)]
pub(super) enum TextFlaw {
    /// Half of a surrogate pair.
    LoneSurrogate,
    /// An escape that JSON does not have.
    Escape,
    /// A control character that is not escaped, or the character NUL.
    Control,
}

impl TextFlaw {
    pub(super) fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::LoneSurrogate => (
                "lone-surrogate",
                "转义只写出代理对的一半，不是字符",
                "half of a surrogate pair is no character",
            ),
            Self::Escape => ("not-json", "JSON 没有这种转义", "JSON has no such escape"),
            Self::Control => (
                "control-character",
                "文本含有未转义的控制字符或 NUL 字符",
                "the text holds a control character that is not escaped, or the character NUL",
            ),
        }
    }
}

/// Most flaws that are told of one text.
const MAX_TEXT_FLAWS: usize = 100;

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn offset(&self) -> usize {
        self.at
    }

    pub(super) fn end(&self) -> usize {
        self.text.len()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    pub(super) fn skip_mark(&mut self) {
        if self.text.starts_with(super::BYTE_ORDER_MARK) {
            self.at = super::BYTE_ORDER_MARK.len_utf8();
        }
    }

    pub(super) fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Takes a word that no letter or digit follows.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        let is_word = rest.starts_with(word.as_bytes())
            && !rest.get(word.len()).is_some_and(|byte| byte.is_ascii_alphanumeric());
        self.at += if is_word { word.len() } else { 0 };
        is_word
    }

    /// A number in the grammar of JSON; `None` where it is written otherwise.
    pub(super) fn number(&mut self) -> Option<&'a str> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') && self.digits() == 0 {
            return None;
        }
        if self.take(b'.') && self.digits() == 0 {
            return None;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            if self.digits() == 0 {
                return None;
            }
        }
        let goes_on = self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
        (!goes_on).then(|| &self.text[start..self.at])
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    /// The text behind the quote that stands here; `None` when it has no end.
    pub(super) fn text(&mut self) -> Option<ReadText> {
        self.at += 1;
        let mut read = ReadText { text: String::new(), flaws: Vec::new() };
        loop {
            let run = self.at;
            while self.peek().is_some_and(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
                self.at += 1;
            }
            read.text.push_str(&self.text[run..self.at]);
            let at = self.at;
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(read);
                }
                b'\\' => {
                    self.at += 1;
                    match self.escape()? {
                        Ok('\0') => read.flaw(at, TextFlaw::Control),
                        Ok(c) => read.text.push(c),
                        Err(flaw) => read.flaw(at, flaw),
                    }
                }
                _ => {
                    read.flaw(at, TextFlaw::Control);
                    self.at += 1;
                }
            }
        }
    }

    /// What stands behind a backslash; `None` at the end of the text.
    fn escape(&mut self) -> Option<Result<char, TextFlaw>> {
        let c = self.text[self.at..].chars().next()?;
        self.at += c.len_utf8();
        let plain = match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return Some(self.unicode()),
            _ => return Some(Err(TextFlaw::Escape)),
        };
        Some(Ok(plain))
    }

    fn unicode(&mut self) -> Result<char, TextFlaw> {
        let unit = self.unit().ok_or(TextFlaw::Escape)?;
        if let Some(c) = char::from_u32(unit) {
            return Ok(c);
        }
        let behind = self.at;
        let is_high = (0xd800..0xdc00).contains(&unit);
        if is_high && self.text.as_bytes()[self.at..].starts_with(b"\\u") {
            self.at += 2;
            if let Some(low) = self.unit().filter(|low| (0xdc00..0xe000).contains(low)) {
                let code = 0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                return char::from_u32(code).ok_or(TextFlaw::LoneSurrogate);
            }
        }
        self.at = behind;
        Err(TextFlaw::LoneSurrogate)
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}

impl ReadText {
    fn flaw(&mut self, at: usize, flaw: TextFlaw) {
        self.text.push(char::REPLACEMENT_CHARACTER);
        if self.flaws.len() < MAX_TEXT_FLAWS {
            self.flaws.push((at, flaw));
        }
    }
}
