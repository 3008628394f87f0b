//! Every statement that stands in the source of the program as one text.

use std::path::{Path, PathBuf};

use liandan::store::Kind;

/// A statement, and the file it stands in.
pub(super) struct Written {
    pub(super) file: String,
    pub(super) text: String,
}

/// The statements of the program for one database, those of its tests left out, and those put together from parts: they are caught where they are executed.
pub(super) fn statements(kind: Kind) -> Vec<Written> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut files = Vec::new();
    sources_below(&root, &mut files);
    files.sort();
    let mut found = Vec::new();
    for path in files {
        let file = path.strip_prefix(&root).unwrap().display().to_string();
        let source = std::fs::read_to_string(&path).unwrap();
        let source = source.split("#[cfg(test)]").next().unwrap();
        for (name, texts) in CALLS.iter().flat_map(|name| arguments_of(source, name)) {
            let text = match (&texts[..], kind) {
                ([both], _) if !name.contains("each") => both,
                ([sqlite, _], Kind::Sqlite) => sqlite,
                ([_, postgres], Kind::Postgres) => postgres,
                _ => continue,
            };
            found.push(Written { file: file.clone(), text: with_keys(text) });
        }
    }
    found
}

const CALLS: [&str; 4] = ["Sql::both(", "Sql::each(", "SqlIn::new(", "SqlIn::each("];

fn sources_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path.file_name().is_some_and(|name| name == "tests.rs" || name == "tests");
        match path.is_dir() {
            _ if is_test => {}
            true => sources_below(&path, files),
            false => files.push(path),
        }
    }
}

/// The literals that each call is given; a call that is given anything else is left out.
fn arguments_of<'a>(source: &'a str, call: &'a str) -> impl Iterator<Item = (&'a str, Vec<String>)> {
    let calls = source.match_indices(call).map(move |(at, _)| &source[at + call.len()..]);
    calls.filter_map(move |rest| Some((call, literals(rest)?)))
}

/// Literals, commas, spaces and comments until the bracket is closed; `None` when there is anything else.
fn literals(mut rest: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\n', ',']);
        if rest.starts_with(')') {
            return Some(found);
        }
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n')?..];
            continue;
        }
        let (text, behind) = literal(rest)?;
        found.push(text);
        rest = behind;
    }
}

/// A literal and what comes behind it. Of what a backslash may mean there are ends of lines and quotes here.
fn literal(source: &str) -> Option<(String, &str)> {
    if let Some(raw) = source.strip_prefix("r#\"") {
        let (text, behind) = raw.split_once("\"#")?;
        return Some((text.to_owned(), behind));
    }
    let mut rest = source.strip_prefix('"')?;
    let mut text = String::new();
    loop {
        let end = rest.find(['"', '\\'])?;
        text.push_str(&rest[..end]);
        if let Some(behind) = rest[end..].strip_prefix('"') {
            return Some((text, behind));
        }
        rest = &rest[end + 1..];
        match rest.strip_prefix('\n') {
            Some(next_line) => rest = next_line.trim_start(),
            None => {
                text.push_str(rest.get(..1).filter(|meant| ["\"", "\\"].contains(meant))?);
                rest = &rest[1..];
            }
        }
    }
}

/// In one line, with two keys where a list of them goes.
fn with_keys(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((before, _)) = text.split_once("{keys}") else { return text };
    let highest = (1..100).rev().find(|number| text.contains(&format!("${number}"))).unwrap_or_default();
    let key = |n: usize| format!("${}", highest + n);
    let is_pair = before.trim_end_matches(" in (").ends_with(')');
    let keys = match is_pair {
        true => format!("values ({}, {}), ({}, {})", key(1), key(2), key(3), key(4)),
        false => format!("{}, {}", key(1), key(2)),
    };
    text.replace("{keys}", &keys)
}
