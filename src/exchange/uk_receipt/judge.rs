//! The judging of single values as the service judges them: the same types, the same order, all faults at once.
//!
//! The service validates with Joi and stops nowhere (`abortEarly: false`). What matters of its order: a value of the wrong type is told once and
//! its rules are passed over; a value outside a list of choices is told, and then its type as well; the rules over an object as a whole are only
//! asked where nothing inside it was told.

use crate::custody::document::json::{Decimal, Value};
use crate::custody::document::spot::Spot;
use crate::exchange::document::MAX_TOLD;
use crate::shape::MAX_SAFE_INTEGER;

/// The classes of errors that the service tells (`errorType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    NotProvided,
    NotAllowed,
    InvalidType,
    InvalidFormat,
    InvalidValue,
    OutOfRange,
    BusinessRuleViolation,
    UnexpectedError,
}

impl Class {
    /// As the service writes it, and in kebab-case.
    pub(super) fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::NotProvided => ("NotProvided", "not-provided"),
            Self::NotAllowed => ("NotAllowed", "not-allowed"),
            Self::InvalidType => ("InvalidType", "invalid-type"),
            Self::InvalidFormat => ("InvalidFormat", "invalid-format"),
            Self::InvalidValue => ("InvalidValue", "invalid-value"),
            Self::OutOfRange => ("OutOfRange", "out-of-range"),
            Self::BusinessRuleViolation => ("BusinessRuleViolation", "business-rule-violation"),
            Self::UnexpectedError => ("UnexpectedError", "unexpected-error"),
        }
    }
}

/// One error or warning at its place in the request.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) class: Class,
    /// A warning: the service takes the document all the same.
    pub(super) is_warning: bool,
    pub(super) pointer: String,
    pub(super) at: usize,
    /// What the service calls the place.
    pub(super) key: String,
    pub(super) zh: String,
    /// The message of the service.
    pub(super) en: String,
}

/// What was told of one request.
#[derive(Debug, Default)]
pub(super) struct Judge {
    pub(super) told: Vec<Told>,
    /// How much more was told than is kept.
    pub(super) left_off: usize,
}

/// The way the service writes a place in `key` and in messages: `wasteItems.0.weight`, `wasteItems[0].weight`.
pub(super) fn key_and_label(pointer: &str) -> (String, String) {
    let mut label = String::new();
    let mut key = String::new();
    for name in pointer.split('/').skip(1) {
        let name = name.replace("~1", "/").replace("~0", "~");
        if !key.is_empty() {
            key.push('.');
        }
        key.push_str(&name);
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
            label.push_str(&format!("[{name}]"));
        } else {
            if !label.is_empty() {
                label.push('.');
            }
            label.push_str(&name);
        }
    }
    (key, label)
}

impl Judge {
    /// How much was told so far: a mark to tell whether more came.
    pub(super) fn mark(&self) -> usize {
        self.told.len() + self.left_off
    }

    /// Words what was just told otherwise, where it was kept.
    pub(super) fn reword(&mut self, reword: impl FnOnce(&mut Told)) {
        if self.left_off == 0
            && let Some(told) = self.told.last_mut()
        {
            reword(told);
        }
    }

    /// Keeps what was told, up to as much as an answer may hold.
    pub(super) fn keep(&mut self, told: Told) {
        if self.told.len() < MAX_TOLD {
            self.told.push(told);
        } else {
            self.left_off += 1;
        }
    }

    /// An error at a value; `en` follows the name of the place.
    pub(super) fn tell(&mut self, class: Class, spot: &Spot<'_>, zh: &str, en: &str) {
        self.tell_at(class, spot.pointer().to_owned(), spot.node().at, zh, en);
    }

    /// An error at a place that need not be there.
    pub(super) fn tell_at(&mut self, class: Class, pointer: String, at: usize, zh: &str, en: &str) {
        let (key, label) = key_and_label(&pointer);
        let en = format!("\"{label}\" {en}");
        self.keep(Told { class, is_warning: false, pointer, at, key, zh: zh.to_owned(), en });
    }

    /// An error with a message of its own, in which the place is not named first.
    pub(super) fn say(&mut self, class: Class, spot: &Spot<'_>, zh: &str, en: &str) {
        let pointer = spot.pointer().to_owned();
        let (key, _) = key_and_label(&pointer);
        let (at, zh, en) = (spot.node().at, zh.to_owned(), en.to_owned());
        self.keep(Told { class, is_warning: false, pointer, at, key, zh, en });
    }

    /// The members of an object, `null` or not; those the service does not know are told. None where it is no object.
    pub(super) fn object<'a>(&mut self, spot: &Spot<'a>, known: &[&str]) -> Option<Spot<'a>> {
        let Value::Object(members) = &spot.node().value else {
            self.tell(Class::InvalidType, spot, "应为对象", "must be of type object");
            return None;
        };
        for member in members.iter().filter(|member| !known.contains(&&*member.name)) {
            let unknown = spot.child(&member.name, &member.node);
            let pointer = unknown.pointer().to_owned();
            self.tell_at(Class::NotAllowed, pointer, member.at, "接口没有此项", "is not allowed");
        }
        Some(spot.clone())
    }

    /// A member that must be there; `null` is there.
    pub(super) fn required<'a>(&mut self, of: &Spot<'a>, name: &str) -> Option<Spot<'a>> {
        let member = member(of, name);
        if member.is_none() {
            self.absent(of, name);
        }
        member
    }

    /// Tells that a member is not there.
    pub(super) fn absent(&mut self, of: &Spot<'_>, name: &str) {
        let pointer = below(of, name);
        self.tell_at(Class::NotProvided, pointer, of.node().at, "缺少必填项", "is required");
    }

    /// The items of a list; none where it is no list.
    pub(super) fn list<'a>(&mut self, spot: &Spot<'a>) -> Option<Vec<Spot<'a>>> {
        if matches!(spot.node().value, Value::List(_)) {
            return Some(spot.items());
        }
        self.tell(Class::InvalidType, spot, "应为列表", "must be an array");
        None
    }

    /// A text that is not empty.
    pub(super) fn text<'a>(&mut self, spot: &Spot<'a>) -> Option<&'a str> {
        match spot.text() {
            None => self.tell(Class::InvalidType, spot, "应为文本", "must be a string"),
            Some("") => self.tell(Class::InvalidValue, spot, "文本不能为空", "is not allowed to be empty"),
            Some(text) => return Some(text),
        }
        None
    }

    /// A text, if the member is there.
    pub(super) fn optional_text(&mut self, of: &Spot<'_>, name: &str) {
        if let Some(spot) = member(of, name) {
            self.text(&spot);
        }
    }

    /// A text that must be there.
    pub(super) fn required_text<'a>(&mut self, of: &Spot<'a>, name: &str) -> Option<&'a str> {
        let spot = self.required(of, name)?;
        self.text(&spot)
    }

    /// One of a list of choices.
    pub(super) fn choice(&mut self, spot: &Spot<'_>, choices: &[&str]) -> bool {
        if spot.text().is_some_and(|text| choices.contains(&text)) {
            return true;
        }
        let one_of = if choices.len() == 1 { "" } else { "one of " };
        let all = choices.join(", ");
        let zh = format!("只能是：{}", choices.join("、"));
        self.tell(Class::InvalidValue, spot, &zh, &format!("must be {one_of}[{all}]"));
        self.text(spot);
        false
    }

    /// True or false.
    pub(super) fn flag(&mut self, spot: &Spot<'_>) {
        if spot.flag().is_none() {
            self.tell(Class::InvalidType, spot, "应为 true 或 false", "must be a boolean");
        }
    }

    /// A number that a double holds; texts of digits are none.
    pub(super) fn number(&mut self, spot: &Spot<'_>) -> Option<Decimal> {
        let Value::Number(_) = &spot.node().value else {
            self.tell(Class::InvalidType, spot, "应为数值", "must be a number");
            return None;
        };
        let number = spot.number().filter(|number| {
            let whole = number.millionths().map(|millionths| millionths.unsigned_abs() / 1_000_000);
            // Finer than a millionth is small; what has no millionths for its size is refused below.
            whole.is_none_or(|whole| whole <= MAX_SAFE_INTEGER as u128)
                && (number.decimals() > 6 || whole.is_some())
        });
        if number.is_none() {
            self.tell(Class::UnexpectedError, spot, "数值超出接口能读的范围", "must be a safe number");
        }
        number
    }

    /// A number above zero.
    pub(super) fn positive(&mut self, spot: &Spot<'_>) {
        if self.number(spot).is_some_and(|number| !number.is_positive()) {
            self.tell(Class::OutOfRange, spot, "应大于零", "must be a positive number");
        }
    }

    /// Whether a number is whole, told where it is not.
    pub(super) fn whole(&mut self, spot: &Spot<'_>, number: Decimal) {
        if number.whole().is_none() {
            self.tell(Class::OutOfRange, spot, "应为整数", "must be an integer");
        }
    }

    /// An address of electronic mail, if the member is there.
    pub(super) fn email(&mut self, of: &Spot<'_>, name: &str) {
        let Some(spot) = member(of, name) else { return };
        if self.text(&spot).is_some_and(|text| !super::pattern::is_email(text)) {
            self.tell(Class::InvalidFormat, &spot, "应为电子邮件地址", "must be a valid email");
        }
    }
}

/// A member as it stands there, `null` or not.
pub(super) fn member<'a>(of: &Spot<'a>, name: &str) -> Option<Spot<'a>> {
    of.node().member(name).map(|node| of.child(name, node))
}

/// The pointer of a member that need not be there.
pub(super) fn below(of: &Spot<'_>, name: &str) -> String {
    let mut pointer = of.pointer().to_owned();
    crate::custody::document::json::push_name(&mut pointer, name);
    pointer
}
