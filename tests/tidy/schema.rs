//! Reading `create table` and `alter table … add` as far as to compare two dialects.

use std::collections::{BTreeMap, BTreeSet};

/// The columns of each table that a migration creates or extends.
pub(crate) fn columns_per_table(script: &str) -> BTreeMap<String, BTreeSet<String>> {
    let script = plain(script);
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for statement in split_top_level(&script, ';') {
        let words: Vec<&str> = statement.split_whitespace().collect();
        match words[..] {
            ["create", "table", "if", "not", "exists", name, ..] | ["create", "table", name, ..] => {
                let columns = tables.entry(bare(name)).or_default();
                let Some((_, body)) = statement.split_once('(') else { continue };
                let inside = body.rfind(')').map_or(body, |end| &body[..end]);
                columns.extend(split_top_level(inside, ',').into_iter().filter_map(column));
            }
            ["alter", "table", table, "add", "column", column, ..] => {
                tables.entry(bare(table)).or_default().insert(bare(column));
            }
            _ => {}
        }
    }
    tables
}

/// The column that an item of a `create table` declares; `None` for a constraint of the table.
fn column(item: &str) -> Option<String> {
    const CONSTRAINTS: [&str; 6] = ["primary", "unique", "check", "foreign", "constraint", "exclude"];
    let first = item.split_whitespace().next()?;
    let word = first.split('(').next().unwrap_or(first);
    (!CONSTRAINTS.contains(&word)).then(|| bare(first))
}

fn bare(name: &str) -> String {
    name.split('(').next().unwrap_or(name).trim_matches('"').to_owned()
}

/// Lower case, without comments, quoted text and `$$` bodies.
fn plain(script: &str) -> String {
    let lines = script.lines().map(|line| line.split("--").next().unwrap_or(""));
    let text = lines.collect::<Vec<_>>().join("\n").to_lowercase();
    let outside = |text: &str, quote: &str| text.split(quote).step_by(2).collect::<Vec<_>>().join(" ");
    outside(&outside(&text, "$$"), "'")
}

/// The parts of a text between separators that stand outside parentheses.
fn split_top_level(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if c == separator && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[test]
fn columns_are_read_and_constraints_are_not() {
    let script = "-- create table no (x);\nCREATE TABLE t(id blob PRIMARY KEY CHECK (length(id) in (16, 17)), \"key\" \
                  text default 'a,b;(', primary key(id, \"key\"), unique (id)) strict;\nalter table t add column more bigint;
                  create function f() $$ begin; create table no (y); end $$;";
    let tables = columns_per_table(script);
    let columns: Vec<&str> = tables["t"].iter().map(String::as_str).collect();
    assert_eq!((tables.len(), columns), (1, vec!["id", "key", "more"]));
}
