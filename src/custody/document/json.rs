//! Reading JSON (RFC 8259) of others with the place of everything in it. A value read twice out of one text is the danger here: names that
//! stand twice, halves of surrogate pairs and numbers beyond every type are flaws, each named with its place, and all of them at once.
//!
//! Numbers stay as they were written. What is no JSON at all ends the reading; its place is told like the others.

use std::collections::HashSet;
use std::fmt::Write as _;

mod number;
mod place;
mod scan;

pub use number::Decimal;
pub use place::{Place, places};

use scan::Scanner;

/// Most bytes of a text.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Most values in a text, members and items counted: what is held of it stays within a few times its bytes.
pub const MAX_VALUES: usize = 2_000_000;
/// Deepest nesting; a manifest has seven levels.
pub const MAX_DEPTH: usize = 64;
/// Most flaws that are told of one text.
pub const MAX_FLAWS: usize = 1_000;

/// One value and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Offset of its first byte.
    pub at: usize,
    /// What it is.
    pub value: Value,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written.
    Number(Box<str>),
    /// A text.
    Text(Box<str>),
    /// A list.
    List(Vec<Node>),
    /// An object; its members in the order of the text, each name once.
    Object(Vec<Member>),
}

/// One member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name.
    pub name: Box<str>,
    /// Offset of the first byte of the name.
    pub at: usize,
    /// Its value.
    pub node: Node,
}

impl Value {
    /// What it is, in Chinese and English.
    pub fn kind(&self) -> (&'static str, &'static str) {
        match self {
            Self::Null => ("空值", "null"),
            Self::Bool(_) => ("真假值", "a boolean"),
            Self::Number(_) => ("数值", "a number"),
            Self::Text(_) => ("文本", "a text"),
            Self::List(_) => ("列表", "a list"),
            Self::Object(_) => ("对象", "an object"),
        }
    }
}

impl Node {
    /// The member of this name, `null` or not.
    pub fn member(&self, name: &str) -> Option<&Node> {
        let Value::Object(members) = &self.value else { return None };
        members.iter().find(|member| &*member.name == name).map(|member| &member.node)
    }

    /// The member or item that one step of a pointer leads to.
    pub fn step(&self, name: &str) -> Option<&Node> {
        match &self.value {
            Value::List(items) => items.get(name.parse::<usize>().ok()?),
            _ => self.member(name),
        }
    }
}

/// Something in a text that cannot be read, or not in one way only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Kebab-case name.
    pub code: &'static str,
    /// Offset of the first byte it is about.
    pub at: usize,
    /// JSON pointer (RFC 6901) of the value it lies in.
    pub pointer: String,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// What was read: the value, if the text is JSON at all, and every flaw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The value; none when the text is no JSON. With flaws it is what could be made of it, to say more about it at once.
    pub root: Option<Node>,
    /// What cannot be read, by place.
    pub flaws: Vec<Flaw>,
}

/// The bytes as text, a UTF-8 byte order mark left out, or why they are none.
pub fn text_of(bytes: &[u8]) -> Result<&str, Vec<Flaw>> {
    let flaw = |code, at, zh: &str, en: &str| {
        vec![Flaw { code, at, pointer: String::new(), zh: zh.to_owned(), en: en.to_owned() }]
    };
    if bytes.len() > MAX_BYTES {
        let zh = format!("文件超过 {MAX_BYTES} 字节，请拆分");
        let en = format!("the file has more than {MAX_BYTES} bytes; split it");
        return Err(flaw("too-large", 0, &zh, &en));
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(flaw(
            "not-utf-8",
            0,
            "文件是 UTF-16，请以 UTF-8 另存",
            "the file is UTF-16; save it as UTF-8",
        ));
    }
    std::str::from_utf8(bytes).map_err(|_| broken_bytes(bytes))
}

/// The first byte order mark of UTF-8, which RFC 8259 §8.1 lets a reader pass over.
pub const BYTE_ORDER_MARK: char = '\u{feff}';

/// Every place at which bytes are no UTF-8.
fn broken_bytes(bytes: &[u8]) -> Vec<Flaw> {
    let mut at = 0;
    let mut flaws = Vec::new();
    for chunk in bytes.utf8_chunks() {
        at += chunk.valid().len();
        if !chunk.invalid().is_empty() && flaws.len() < MAX_FLAWS {
            flaws.push(Flaw {
                code: "not-utf-8",
                at,
                pointer: String::new(),
                zh: "此处的字节不是 UTF-8，请以 UTF-8 另存".to_owned(),
                en: "the bytes here are not UTF-8; save the file as UTF-8".to_owned(),
            });
        }
        at += chunk.invalid().len();
    }
    flaws
}

/// Reads one JSON text and nothing behind it.
pub fn read(text: &str) -> Reading {
    let mut reader = Reader { scan: Scanner::new(text), path: Vec::new(), flaws: Vec::new(), values: 0 };
    let root = reader.document();
    let mut flaws = reader.flaws;
    if let Err(flaw) = &root {
        flaws.push(flaw.clone());
    }
    flaws.sort_by_key(|flaw| flaw.at);
    Reading { root: root.ok(), flaws }
}

/// One step of a pointer.
enum Step {
    Name(Box<str>),
    Item(usize),
}

struct Reader<'a> {
    scan: Scanner<'a>,
    path: Vec<Step>,
    flaws: Vec<Flaw>,
    values: usize,
}

/// What ends the reading.
type Fatal = Flaw;

impl Reader<'_> {
    fn document(&mut self) -> Result<Node, Fatal> {
        self.scan.skip_mark();
        self.scan.skip_blanks();
        let root = self.value()?;
        self.scan.skip_blanks();
        match self.scan.peek() {
            None => Ok(root),
            Some(_) => Err(self.fatal(
                "trailing-text",
                "文档之后还有内容；多份文档请放入一个列表",
                "something follows the document; put several documents into one list",
            )),
        }
    }

    fn value(&mut self) -> Result<Node, Fatal> {
        self.count_value()?;
        let at = self.scan.offset();
        let value = match self.scan.peek() {
            Some(b'{') => self.object()?,
            Some(b'[') => self.list()?,
            Some(b'"') => Value::Text(self.text()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') if self.scan.take_word("true") => Value::Bool(true),
            Some(b'f') if self.scan.take_word("false") => Value::Bool(false),
            Some(b'n') if self.scan.take_word("null") => Value::Null,
            None => return Err(self.cut_off()),
            Some(_) => {
                return Err(self.fatal("not-json", "此处应为 JSON 的值", "a JSON value is wanted here"));
            }
        };
        Ok(Node { at, value })
    }

    fn object(&mut self) -> Result<Value, Fatal> {
        self.scan.take(b'{');
        let mut members: Vec<Member> = Vec::new();
        let mut names = HashSet::new();
        self.scan.skip_blanks();
        if self.scan.take(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            self.scan.skip_blanks();
            let at = self.scan.offset();
            if self.scan.peek() != Some(b'"') {
                return Err(self.wanted("成员名（双引号内）", "a member's name in double quotes"));
            }
            let name = self.text()?;
            self.scan.skip_blanks();
            if !self.scan.take(b':') {
                return Err(self.wanted("冒号", "a colon"));
            }
            self.scan.skip_blanks();
            self.path.push(Step::Name(name.clone()));
            if names.contains(&name) {
                self.twice(at, &name);
                self.value()?;
            } else {
                names.insert(name.clone());
                let node = self.value()?;
                members.push(Member { name, at, node });
            }
            self.path.pop();
            self.scan.skip_blanks();
            if self.scan.take(b',') {
                continue;
            }
            if self.scan.take(b'}') {
                return Ok(Value::Object(members));
            }
            return Err(self.wanted("逗号或右花括号", "a comma or a closing brace"));
        }
    }

    fn list(&mut self) -> Result<Value, Fatal> {
        self.scan.take(b'[');
        let mut items = Vec::new();
        self.scan.skip_blanks();
        if self.scan.take(b']') {
            return Ok(Value::List(items));
        }
        loop {
            self.scan.skip_blanks();
            self.path.push(Step::Item(items.len()));
            let item = self.value()?;
            items.push(item);
            self.path.pop();
            self.scan.skip_blanks();
            if self.scan.take(b',') {
                continue;
            }
            if self.scan.take(b']') {
                return Ok(Value::List(items));
            }
            return Err(self.wanted("逗号或右方括号", "a comma or a closing bracket"));
        }
    }

    fn text(&mut self) -> Result<Box<str>, Fatal> {
        let read = self.scan.text();
        let read = read.ok_or_else(|| self.cut_off())?;
        for (at, flaw) in read.flaws {
            let (code, zh, en) = flaw.words();
            self.note(code, at, zh.to_owned(), en.to_owned());
        }
        Ok(read.text.into_boxed_str())
    }

    fn number(&mut self) -> Result<Value, Fatal> {
        let at = self.scan.offset();
        let Some(text) = self.scan.number() else {
            return Err(self.fatal(
                "not-json",
                "此处的数值不符合 JSON 的写法",
                "this is not how JSON writes a number",
            ));
        };
        if text.len() > number::MAX_NUMBER_BYTES {
            let zh = format!("数值超过 {} 个字符", number::MAX_NUMBER_BYTES);
            let en = format!("the number has more than {} characters", number::MAX_NUMBER_BYTES);
            self.note("number-too-long", at, zh, en);
            return Ok(Value::Null);
        }
        Ok(Value::Number(text.into()))
    }

    fn count_value(&mut self) -> Result<(), Fatal> {
        self.values += 1;
        if self.values > MAX_VALUES {
            let zh = format!("文件中的值超过 {MAX_VALUES} 个，请拆分");
            let en = format!("the file has more than {MAX_VALUES} values; split it");
            return Err(self.fatal("too-large", &zh, &en));
        }
        if self.path.len() > MAX_DEPTH {
            let zh = format!("嵌套超过 {MAX_DEPTH} 层");
            let en = format!("nested more than {MAX_DEPTH} levels deep");
            return Err(self.fatal("too-deep", &zh, &en));
        }
        Ok(())
    }

    fn twice(&mut self, at: usize, name: &str) {
        let name: String = name.chars().take(80).collect();
        let zh = format!("成员名 {name:?} 在同一对象中出现两次");
        let en = format!("the name {name:?} stands twice in one object");
        self.note("duplicate-key", at, zh, en);
    }

    fn note(&mut self, code: &'static str, at: usize, zh: String, en: String) {
        if self.flaws.len() < MAX_FLAWS {
            let pointer = pointer_of(&self.path);
            self.flaws.push(Flaw { code, at, pointer, zh, en });
        }
    }

    fn wanted(&self, zh: &str, en: &str) -> Fatal {
        if self.scan.peek().is_none() {
            return self.cut_off();
        }
        self.fatal("not-json", &format!("此处应为{zh}"), &format!("{en} is wanted here"))
    }

    fn cut_off(&self) -> Fatal {
        let (zh, en) = ("文件在此中断，JSON 不完整", "the text ends here, in the middle of JSON");
        let mut flaw = self.fatal("cut-off", zh, en);
        flaw.at = self.scan.end();
        flaw
    }

    fn fatal(&self, code: &'static str, zh: &str, en: &str) -> Fatal {
        let (zh, en) = (zh.to_owned(), en.to_owned());
        Flaw { code, at: self.scan.offset(), pointer: pointer_of(&self.path), zh, en }
    }
}

fn pointer_of(path: &[Step]) -> String {
    path.iter().fold(String::new(), |mut pointer, step| {
        match step {
            Step::Name(name) => push_name(&mut pointer, name),
            Step::Item(n) => drop(write!(pointer, "/{n}")),
        }
        pointer
    })
}

/// One more name at the end of a pointer (RFC 6901 §3).
pub fn push_name(pointer: &mut String, name: &str) {
    pointer.push('/');
    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
