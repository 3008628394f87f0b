//! Reading Rust sources as far as the house rules need: without comments, strings and tests.

use std::path::{Path, PathBuf};

/// One source file of `src/`.
pub(crate) struct Source {
    /// Path from the repository's root, with `/`.
    pub(crate) path: String,
    /// Its lines with comments and strings blanked and unit tests cut out.
    pub(crate) code: String,
}

impl Source {
    fn read(root: &Path, path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let path = relative(root, path);
        let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
        let code = if is_test { String::new() } else { without_tests(&blank(&text)) };
        Self { path, code }
    }

    /// `store` for `src/store/sql.rs` and `src/store.rs`.
    pub(crate) fn module(&self) -> &str {
        let inside = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        inside.split('/').next().unwrap_or(inside)
    }

    /// How many `super` lead from this file's module to the crate's root.
    fn depth(&self) -> usize {
        let inside = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        inside.trim_end_matches("/mod").split('/').count()
    }

    /// Lines that count against the budget of a file: all but the unit tests.
    pub(crate) fn line_count(&self) -> usize {
        self.code.lines().count()
    }

    /// The crate's own modules that the code names, as `(line, module)`: `crate::x`, `crate::{x, y::z}`, `super::super::x`.
    pub(crate) fn own_modules(&self) -> Vec<(usize, String)> {
        let climb = format!("{}::", vec!["super"; self.depth()].join("::"));
        let mut found = Vec::new();
        for prefix in ["crate::", climb.as_str()] {
            for at in whole_paths(&self.code, prefix) {
                let line = line_of(&self.code, at);
                let names = first_names(&self.code[at + prefix.len()..]);
                found.extend(names.into_iter().map(|name| (line, name)));
            }
        }
        found
    }

    /// Lines that name `word` as a path's beginning (`sqlx::`, `std::env`) or as a word of its own.
    pub(crate) fn lines_naming(&self, word: &str) -> Vec<usize> {
        let follows =
            |at: usize| self.code[at + word.len()..].chars().next().is_none_or(|next| !is_word(next));
        whole_paths(&self.code, word)
            .into_iter()
            .filter(|at| follows(*at))
            .map(|at| line_of(&self.code, at))
            .collect()
    }

    /// Every function with a body, as `(line, name, lines)`.
    pub(crate) fn functions(&self) -> Vec<(usize, String, usize)> {
        let mut found = Vec::new();
        for at in whole_paths(&self.code, "fn ") {
            let name: String = self.code[at + 3..].chars().take_while(|c| is_word(*c)).collect();
            // `fn(u8)` is a type, `fn x();` has no body.
            let rest = &self.code[at..];
            let Some(open) = rest.find(['{', ';']).filter(|open| rest[*open..].starts_with('{')) else {
                continue;
            };
            if name.is_empty() {
                continue;
            }
            let end = at + open + block_length(&rest[open..]);
            let (first, last) = (line_of(&self.code, at), line_of(&self.code, end - 1));
            found.push((first, name, last - first + 1));
        }
        found
    }
}

/// All Rust files under `src/`, by path.
pub(crate) fn sources(root: &Path) -> Vec<Source> {
    let files = files_under(&root.join("src")).into_iter();
    files
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(|path| Source::read(root, &path))
        .collect()
}

/// Every file below `folder`, sorted, but not what the build and the tools leave behind.
pub(crate) fn files_under(folder: &Path) -> Vec<PathBuf> {
    const LEFT_BEHIND: [&str; 6] =
        [".git", "target", "node_modules", "demo-data", "test-results", "__pycache__"];
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let entry = entry.unwrap();
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() && !LEFT_BEHIND.contains(&name.as_str()) {
                folders.push(entry.path());
            } else if kind.is_file() && !name.contains(".sqlite") {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    files
}

/// The path from the repository's root.
pub(crate) fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap().to_string_lossy().into_owned()
}

/// Line number, from 1, of a byte position.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where `path` stands and is not the continuation of a longer word or path.
fn whole_paths(code: &str, path: &str) -> Vec<usize> {
    let fresh =
        |at: usize| code[..at].chars().next_back().is_none_or(|before| !is_word(before) && before != ':');
    code.match_indices(path).map(|(at, _)| at).filter(|at| fresh(*at)).collect()
}

/// The first name after `crate::`, or each first name of a group in braces.
fn first_names(rest: &str) -> Vec<String> {
    let word = |text: &str| text.trim_start().chars().take_while(|c| is_word(*c)).collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let mut names = vec![word(group)];
    let mut depth = 0;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(word(&group[at + 1..])),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Bytes from an opening brace to behind its closing one.
fn block_length(from_brace: &str) -> usize {
    let mut depth = 0;
    for (at, c) in from_brace.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return at + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    from_brace.len()
}

/// The code without `#[cfg(test)]` blocks.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(test)]") {
        kept.push_str(&rest[..at]);
        let item = &rest[at..];
        let end = match item.find(['{', ';']) {
            Some(open) if item[open..].starts_with('{') => open + block_length(&item[open..]),
            Some(semicolon) => semicolon + 1,
            None => item.len(),
        };
        rest = &item[end..];
    }
    kept + rest
}

/// Comments, strings and character literals replaced by spaces; the lines stay.
fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let length = literal_length(&chars[at..], at.checked_sub(1).map(|before| chars[before]));
        if length == 0 {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        let end = (at + length).min(chars.len());
        out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        at = end;
    }
    out
}

/// Length of the comment or literal that begins here; 0 when none does.
fn literal_length(chars: &[char], before: Option<char>) -> usize {
    match (chars[0], chars.get(1)) {
        ('/', Some('/')) => chars.iter().position(|c| *c == '\n').unwrap_or(chars.len()),
        ('/', Some('*')) => block_comment_length(chars),
        ('"', _) => quoted_length(chars, '"'),
        ('r', Some('"' | '#')) if !before.is_some_and(|c| is_word(c) && c != 'b') => raw_string_length(chars),
        // A lifetime has no closing quote two places on; an escape has a backslash.
        ('\'', Some('\\')) => quoted_length(chars, '\''),
        ('\'', Some(_)) if chars.get(2) == Some(&'\'') => 3,
        _ => 0,
    }
}

fn quoted_length(chars: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < chars.len() && chars[at] != quote {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn raw_string_length(chars: &[char]) -> usize {
    let hashes = chars[1..].iter().take_while(|c| **c == '#').count();
    if chars.get(1 + hashes) != Some(&'"') {
        return 0;
    }
    let mut at = 2 + hashes;
    while at < chars.len() {
        if chars[at] == '"' && chars[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes {
            return at + 1 + hashes;
        }
        at += 1;
    }
    at
}

fn block_comment_length(chars: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at + 1 < chars.len() {
        match (chars[at], chars[at + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') if depth == 1 => return at + 2,
            ('*', '/') => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
    }
    chars.len()
}

#[test]
fn blanking_keeps_code_and_lines_and_nothing_else() {
    let text =
        "a(\"x // y\", 'c', '\\'', b\"z\"); // gone\nlet r = r#\"q\"q\"#; /* a /* b */ c */ fn f<'a>() {}";
    let code = blank(text);
    assert_eq!(code.lines().count(), 2);
    let words = code.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words, "a( , , , b ); let r = ; fn f<'a>() {}");
}

#[test]
fn modules_functions_and_tests_are_told_apart() {
    let code = "use crate::{clock::{A, B}, id};\nuse super::app;\nfn one() {\n}\nfn none();\ntype F = fn (u8);\n\
                #[cfg(test)]\nmod tests { use crate::web; }\nfn two() { x() }\n";
    let code = without_tests(&blank(code));
    let source = Source { path: "src/store/mod.rs".into(), code };
    let names: Vec<String> = source.own_modules().into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["clock", "id", "app"]);
    assert_eq!(source.functions(), [(3, "one".into(), 2), (8, "two".into(), 1)]);
}
