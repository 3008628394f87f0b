//! One line of CSV (RFC 4180 §2) into its fields and back. A quoted field does not run over a line break here, so that one stray quote
//! spoils one line and not the rest of the file; and broken quoting is refused, where a lenient reader would quietly repair what
//! somebody is about to sign.

/// The fields of one line, or `None` when a quote is not closed or something follows a closing quote.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return after.is_empty().then_some(fields),
        }
    }
}

/// The field behind an opening quote, and what follows its closing one.
fn quoted_field(text: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let end = rest.find('"')?;
        field.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(next) => {
                field.push('"');
                rest = next;
            }
            None => return Some((field, rest)),
        }
    }
}

/// The one spelling of a line: a field is quoted only where it must be. Blank ends are quoted too, because a text of the ledger does not
/// end with a blank.
pub(super) fn join(fields: &[String]) -> String {
    let spelled = fields.iter().map(|field| {
        if field.contains([',', '"']) || field.trim() != field {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            field.clone()
        }
    });
    spelled.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn fields_survive_a_round_trip() {
        for (line, fields, spelled) in [
            ("a,b", vec!["a", "b"], "a,b"),
            ("", vec![""], ""),
            (",", vec!["", ""], ","),
            ("\"a\",\"\"", vec!["a", ""], "a,"),
            ("\"a,b\",c", vec!["a,b", "c"], "\"a,b\",c"),
            ("\"say \"\"no\"\"\"", vec!["say \"no\""], "\"say \"\"no\"\"\""),
            ("5\" PIPE,x", vec!["5\" PIPE", "x"], "\"5\"\" PIPE\",x"),
            ("a, b ", vec!["a", " b "], "a,\" b \""),
        ] {
            let split_fields = split(line).unwrap();
            assert_eq!(split_fields, fields, "{line:?}");
            assert_eq!(join(&split_fields), spelled, "{line:?}");
            assert_eq!(split(spelled).unwrap(), fields, "{spelled:?}");
        }
    }

    #[test]
    fn broken_quotes_are_refused() {
        for bad in ["\"a", "\"a\"b", "a,\"", "a,\"b\"\"", "\"a\" ,b"] {
            assert_eq!(split(bad), None, "{bad:?}");
        }
    }
}
