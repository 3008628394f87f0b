//! A value of a document with the pointer that leads to it.

use super::json::{Decimal, Node, Value, push_name};
use super::moment::Moment;

/// A value and its pointer. What is absent, `null` or of another type than is asked for is none: that it is so is told once, by the walk over
/// the form of the document.
#[derive(Clone, Debug)]
pub struct Spot<'a> {
    node: &'a Node,
    pointer: String,
}

impl<'a> Spot<'a> {
    /// The root of a document.
    pub fn root(node: &'a Node) -> Self {
        Self { node, pointer: String::new() }
    }

    /// The value.
    pub fn node(&self) -> &'a Node {
        self.node
    }

    /// JSON pointer (RFC 6901) of it.
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// A member that is there and not `null`.
    pub fn get(&self, name: &str) -> Option<Spot<'a>> {
        let node = self.node.member(name).filter(|node| node.value != Value::Null)?;
        Some(self.child(name, node))
    }

    /// A member as it stands there.
    pub fn child(&self, name: &str, node: &'a Node) -> Spot<'a> {
        let mut pointer = self.pointer.clone();
        push_name(&mut pointer, name);
        Self { node, pointer }
    }

    /// A member by the names that lead to it.
    pub fn find(&self, path: &[&str]) -> Option<Spot<'a>> {
        path.iter().try_fold(self.clone(), |spot, name| spot.get(name))
    }

    /// The items of a list; none where it is no list.
    pub fn items(&self) -> Vec<Spot<'a>> {
        let Value::List(items) = &self.node.value else { return Vec::new() };
        let spot = |(n, node)| Spot { node, pointer: format!("{}/{n}", self.pointer) };
        items.iter().enumerate().map(spot).collect()
    }

    /// The items of a member that is a list.
    pub fn list(&self, name: &str) -> Vec<Spot<'a>> {
        self.get(name).map(|list| list.items()).unwrap_or_default()
    }

    /// A text.
    pub fn text(&self) -> Option<&'a str> {
        if let Value::Text(text) = &self.node.value { Some(text) } else { None }
    }

    /// True or false.
    pub fn flag(&self) -> Option<bool> {
        if let Value::Bool(flag) = self.node.value { Some(flag) } else { None }
    }

    /// A number.
    pub fn number(&self) -> Option<Decimal> {
        if let Value::Number(text) = &self.node.value { Decimal::read(text) } else { None }
    }

    /// A moment.
    pub fn moment(&self) -> Option<Moment> {
        Moment::read(self.text()?).ok()
    }

    /// The text of a member.
    pub fn text_of(&self, name: &str) -> Option<&'a str> {
        self.get(name)?.text()
    }

    /// The text of a member, if it is not blank.
    pub fn words_of(&self, name: &str) -> Option<&'a str> {
        self.text_of(name).filter(|text| !text.trim().is_empty())
    }

    /// The flag of a member.
    pub fn flag_of(&self, name: &str) -> Option<bool> {
        self.get(name)?.flag()
    }

    /// The `code` inside a member.
    pub fn code_of(&self, name: &str) -> Option<&'a str> {
        self.get(name)?.text_of("code")
    }

    /// True where the member is an object with something in it, or a list with items.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some_and(|spot| match &spot.node.value {
            Value::Object(members) => members.iter().any(|member| member.node.value != Value::Null),
            Value::List(items) => !items.is_empty(),
            Value::Text(text) => !text.trim().is_empty(),
            _ => true,
        })
    }
}
