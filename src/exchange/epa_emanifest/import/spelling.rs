//! The one spelling of a document, so that the same manifest saved by two programs is the same bytes.

use crate::custody::document::json::{Member, Node, Value};

/// A value with its members by name, without blanks, in ASCII. Numbers stay as they are written.
pub(super) fn spell(node: &Node) -> String {
    let mut text = String::new();
    value(&mut text, &node.value);
    text
}

fn value(text: &mut String, written: &Value) {
    match written {
        Value::Null => text.push_str("null"),
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => text.push_str(number),
        Value::Text(words) => quoted(text, words),
        Value::List(items) => {
            text.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    text.push(',');
                }
                value(text, &item.value);
            }
            text.push(']');
        }
        Value::Object(members) => object(text, members),
    }
}

fn object(text: &mut String, members: &[Member]) {
    let mut members: Vec<&Member> = members.iter().collect();
    members.sort_by_key(|member| &member.name);
    text.push('{');
    for (n, member) in members.into_iter().enumerate() {
        if n > 0 {
            text.push(',');
        }
        quoted(text, &member.name);
        text.push(':');
        value(text, &member.node.value);
    }
    text.push('}');
}

fn quoted(text: &mut String, words: &str) {
    text.push('"');
    for c in words.chars() {
        match c {
            '"' | '\\' => {
                text.push('\\');
                text.push(c);
            }
            ' '..='~' => text.push(c),
            // A text of the ledger holds no control or invisible characters, and nobody has to know which those are.
            _ => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::custody::document::json::read;

    #[test]
    fn one_spelling_whoever_wrote_it() {
        let spelled = |text| read(text).root.map(|root| spell(&root)).unwrap_or_default();
        let one =
            spelled("{\"b\": [1.50, true, null],\r\n \"a\": \"\\u00e9\\/\\n\\\"\\ud83d\\ude00 \\u200b\"}");
        assert_eq!(one, r#"{"a":"\u00e9/\u000a\"\ud83d\ude00 \u200b","b":[1.50,true,null]}"#);
        assert_eq!(spelled(&one), one);
        assert_eq!(spelled("{\"a\":\"é/\\u000A\\\"😀 \u{200b}\",\"b\":[1.50,true,null]}"), one);
    }
}
