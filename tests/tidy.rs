//! The house rules that a machine can check, read from the sources. Every message says what to do instead.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[path = "tidy/schema.rs"]
mod schema;
#[path = "tidy/source.rs"]
mod source;

use source::{Source, files_under, line_of, relative, sources};

/// Lines of a file, unit tests not counted.
const LINES_PER_FILE: usize = 400;
/// Lines of a function, from its `fn` to its closing brace.
const LINES_PER_FUNCTION: usize = 70;

/// Where a budget is exceeded on purpose: (file, function or "" for the whole file, its own budget, why).
/// An entry that is no longer needed fails the test, so the list only holds what is true.
const EXCEPTIONS: &[(&str, &str, usize, &str)] = &[];

/// One module of the crate, what of the crate it may use, and what it must never name.
struct Layer {
    module: &'static str,
    may_use: &'static [&'static str],
    never: &'static [&'static str],
    instead: &'static str,
}

/// What a pure module must not name: with these it could no longer be replayed to the same result.
const IMPURE: &[&str] =
    &["tokio", "sqlx", "axum", "getrandom", "rand", "std::env", "Clock", "SystemTime", "Instant", "std::fs"];
const PURE: &str = "a pure module gets bytes, times and random numbers passed in; let src/app fetch them";
const APP: &str = "go through a function of src/app (or write one there)";

const LAYERS: &[Layer] = &[
    Layer { module: "clock", may_use: &[], never: &["sqlx", "axum"], instead: "the clock knows only time" },
    Layer { module: "id", may_use: &["clock", "shape"], never: &["sqlx", "axum", "tokio"], instead: PURE },
    Layer {
        module: "files",
        may_use: &[],
        never: &["sqlx", "axum", "tokio"],
        instead: "it knows only files",
    },
    Layer { module: "shape", may_use: &["clock", "id"], never: IMPURE, instead: PURE },
    Layer {
        module: "config",
        may_use: &["clock", "id", "shape"],
        never: &["sqlx", "axum"],
        instead: "read settings here and build things in src/cli",
    },
    Layer {
        module: "telemetry",
        may_use: &["config"],
        never: &["sqlx", "axum"],
        instead: "telemetry only sets up tracing",
    },
    Layer { module: "ledger", may_use: &["clock", "id", "shape", "config"], never: IMPURE, instead: PURE },
    Layer { module: "catalogue", may_use: &["clock", "id", "shape"], never: IMPURE, instead: PURE },
    Layer {
        module: "registry",
        may_use: &["clock", "id", "shape", "ledger", "catalogue"],
        never: IMPURE,
        instead: PURE,
    },
    Layer {
        module: "custody",
        may_use: &["clock", "id", "shape", "ledger", "catalogue", "registry"],
        never: IMPURE,
        instead: PURE,
    },
    Layer {
        module: "exchange",
        may_use: &["clock", "id", "shape", "ledger", "catalogue", "registry", "custody", "scenario"],
        never: IMPURE,
        instead: PURE,
    },
    Layer {
        module: "scenario",
        may_use: &["clock", "id", "shape", "ledger", "catalogue", "registry", "custody"],
        never: IMPURE,
        instead: PURE,
    },
    Layer { module: "print", may_use: &[], never: IMPURE, instead: PURE },
    Layer {
        module: "store",
        may_use: &["clock", "id", "shape", "config", "files", "ledger", "catalogue", "registry", "custody"],
        never: &["axum", "std::env", "Clock"],
        instead: "the store only keeps and finds; decide in src/app and pass the result in",
    },
    Layer {
        module: "app",
        may_use: &[
            "clock",
            "id",
            "shape",
            "config",
            "files",
            "telemetry",
            "exchange",
            "ledger",
            "catalogue",
            "registry",
            "custody",
            "print",
            "store",
        ],
        never: &["axum", "sqlx", "std::env"],
        instead: "src/app knows neither HTTP nor SQL: put them in src/api, src/web or src/store",
    },
    Layer {
        module: "sandbox",
        may_use: &["clock", "id", "shape", "ledger", "catalogue", "registry", "custody", "scenario", "app"],
        never: &["axum", "sqlx", "std::env"],
        instead: "src/sandbox acts as a client of src/app: put HTTP in src/api",
    },
    Layer {
        module: "api",
        may_use: &[
            "clock",
            "id",
            "shape",
            "config",
            "ledger",
            "catalogue",
            "registry",
            "custody",
            "print",
            "app",
            "sandbox",
        ],
        never: &["sqlx", "std::env"],
        instead: APP,
    },
    Layer {
        module: "web",
        may_use: &[
            "clock",
            "id",
            "shape",
            "config",
            "ledger",
            "catalogue",
            "registry",
            "custody",
            "print",
            "app",
        ],
        never: &["sqlx", "std::env"],
        instead: APP,
    },
    Layer {
        module: "bench",
        may_use: &[
            "clock",
            "id",
            "shape",
            "scenario",
            "ledger",
            "catalogue",
            "registry",
            "custody",
            "store",
            "app",
            "api",
            "web",
        ],
        never: &["sqlx"],
        instead: "write the statement in src/store and call it",
    },
    Layer {
        module: "cli",
        may_use: &[
            "bench",
            "clock",
            "id",
            "shape",
            "config",
            "files",
            "telemetry",
            "exchange",
            "scenario",
            "sandbox",
            "ledger",
            "catalogue",
            "registry",
            "custody",
            "store",
            "app",
            "api",
            "web",
        ],
        never: &["sqlx"],
        instead: "write the statement in src/store and call it",
    },
];

/// The two roots compose and are under no rule.
const ROOTS: &[&str] = &["lib", "main"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn fail_on(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n\n{}\n", complaints.join("\n"));
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let mut complaints = Vec::new();
    let sources = sources(&root());
    let modules: BTreeSet<&str> = sources.iter().map(Source::module).collect();
    for source in sources.iter().filter(|source| !ROOTS.contains(&source.module())) {
        let Some(layer) = LAYERS.iter().find(|layer| layer.module == source.module()) else {
            complaints.push(format!(
                "{}: the module `{}` has no place yet: give it a Layer in tests/tidy.rs and in ARCHITECTURE.md",
                source.path,
                source.module()
            ));
            continue;
        };
        for (line, used) in source.own_modules() {
            let is_module =
                modules.contains(used.as_str()) || LAYERS.iter().any(|layer| layer.module == used);
            if is_module && used != layer.module && !layer.may_use.contains(&used.as_str()) {
                complaints.push(format!(
                    "{}:{line}: `{}` must not use `{used}`: {}",
                    source.path, layer.module, layer.instead
                ));
            }
        }
        for word in layer.never {
            for line in source.lines_naming(word) {
                complaints
                    .push(format!("{}:{line}: `{word}` has no place here: {}", source.path, layer.instead));
            }
        }
    }
    fail_on(&complaints);
}

#[test]
fn sql_is_written_only_in_the_store() {
    let mut complaints = Vec::new();
    for source in sources(&root()).iter().filter(|source| source.module() != "store") {
        for word in ["Sql::both", "Sql::each", "SqlIn::new", "sqlx"] {
            for line in source.lines_naming(word) {
                complaints.push(format!(
                    "{}:{line}: `{word}`: write the statement as a function of src/store and call that",
                    source.path
                ));
            }
        }
    }
    fail_on(&complaints);
}

#[test]
fn files_and_functions_stay_within_their_budgets() {
    let mut complaints = Vec::new();
    let mut needed = BTreeSet::new();
    let mut check = |path: &str, function: &str, place: String, lines: usize, budget: usize| {
        if lines <= budget {
            return;
        }
        let exception = EXCEPTIONS.iter().find(|entry| (entry.0, entry.1) == (path, function));
        needed.extend(exception.map(|entry| (entry.0, entry.1)));
        if exception.is_none_or(|entry| lines > entry.2) {
            complaints.push(format!(
                "{place} has {lines} lines, the budget is {budget}: split it by what it is about"
            ));
        }
    };
    for source in sources(&root()) {
        check(&source.path, "", source.path.clone(), source.line_count(), LINES_PER_FILE);
        for (line, name, lines) in source.functions() {
            let place = format!("{}:{line}: function `{name}`", source.path);
            check(&source.path, &name, place, lines, LINES_PER_FUNCTION);
        }
    }
    for (path, function, ..) in EXCEPTIONS.iter().filter(|entry| !needed.contains(&(entry.0, entry.1))) {
        complaints.push(format!(
            "EXCEPTIONS in tests/tidy.rs: `{path}` `{function}` is within the budget: remove the entry"
        ));
    }
    fail_on(&complaints);
}

#[test]
fn sources_leave_nothing_for_later() {
    let mut complaints = Vec::new();
    for path in files_under(&root().join("src")) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for word in ["TODO", "FIXME"] {
            for (at, _) in text.match_indices(word) {
                let (path, line) = (relative(&root(), &path), line_of(&text, at));
                complaints.push(format!(
                    "{path}:{line}: {word}: do it now, or write an issue and leave the code as it is true"
                ));
            }
        }
    }
    fail_on(&complaints);
}

#[test]
fn migrations_come_in_pairs_with_the_same_columns() {
    let read = |dialect: &str| -> BTreeMap<String, String> {
        let files = files_under(&root().join("migrations").join(dialect)).into_iter();
        files
            .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
            .map(|path| {
                (
                    path.file_name().unwrap().to_string_lossy().into_owned(),
                    std::fs::read_to_string(&path).unwrap(),
                )
            })
            .collect()
    };
    let (sqlite, postgres) = (read("sqlite"), read("postgres"));
    let mut complaints = Vec::new();
    for name in sqlite.keys().chain(postgres.keys()).collect::<BTreeSet<_>>() {
        let (Some(one), Some(other)) = (sqlite.get(name), postgres.get(name)) else {
            complaints
                .push(format!("migrations/*/{name} exists for one database only: write the other one too"));
            continue;
        };
        let (one, other) = (schema::columns_per_table(one), schema::columns_per_table(other));
        for table in one.keys().chain(other.keys()).collect::<BTreeSet<_>>() {
            let columns =
                |side: &BTreeMap<String, BTreeSet<String>>| side.get(table).cloned().unwrap_or_default();
            let differing: Vec<String> =
                columns(&one).symmetric_difference(&columns(&other)).cloned().collect();
            if !differing.is_empty() {
                let differing = differing.join(", ");
                complaints.push(format!(
                    "migrations/*/{name}: table `{table}` has these columns on one database only: {differing}"
                ));
            }
        }
    }
    for (number, name) in (1..).zip(sqlite.keys()) {
        if !name.starts_with(&format!("{number:04}_")) {
            complaints.push(format!(
                "migrations/*/{name} should have the number {number:04}: numbers have no gaps"
            ));
        }
    }
    fail_on(&complaints);
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let mut complaints = Vec::new();
    for path in files_under(&root()) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let name = relative(&root(), &path);
        // Put together here, so that this file does not find itself.
        for folder in ["root", "home", "Users", "work"].map(|folder| format!("/{folder}/")) {
            for (at, _) in text.match_indices(&folder) {
                let before = text[..at].chars().next_back().unwrap_or(' ');
                if !(before.is_alphanumeric() || "._-~/*{}<>$%\\".contains(before)) {
                    let line = line_of(&text, at);
                    complaints.push(format!(
                        "{name}:{line}: `{folder}…` is a path of one machine: write it relative"
                    ));
                }
            }
        }
        complaints.extend(foreign_registries(&name, &text));
    }
    fail_on(&complaints);
}

/// Lock files that point at a mirror, and settings that redirect a package manager, work on one machine only.
fn foreign_registries(name: &str, text: &str) -> Vec<String> {
    let file = name.rsplit('/').next().unwrap_or(name);
    let is_foreign = |line: &str| match file {
        "Cargo.lock" => {
            line.starts_with("source = ") && !line.contains("github.com/rust-lang/crates.io-index\"")
        }
        "package-lock.json" => {
            line.trim_start().starts_with("\"resolved\": \"http")
                && !line.contains("https://registry.npmjs.org/")
        }
        ".npmrc" => line.contains("registry"),
        "requirements.txt" | "pip.conf" => line.contains("index-url"),
        "config.toml" if name.ends_with(".cargo/config.toml") => {
            line.contains("registry") || line.contains("source.")
        }
        _ => false,
    };
    text.lines()
        .enumerate()
        .filter(|(_, line)| is_foreign(line))
        .map(|(at, _)| format!("{name}:{}: a package source of one machine: use the public one", at + 1))
        .collect()
}

#[test]
fn relative_links_of_documents_lead_somewhere() {
    let mut complaints = Vec::new();
    for path in
        files_under(&root()).iter().filter(|path| path.extension().is_some_and(|extension| extension == "md"))
    {
        let text = std::fs::read_to_string(path).unwrap();
        for (line, target) in links(&text) {
            let file = target.split('#').next().unwrap_or("");
            let is_elsewhere = target.contains("://") || target.starts_with("mailto:") || file.is_empty();
            if !is_elsewhere && !path.parent().unwrap_or(Path::new("")).join(file).exists() {
                let path = relative(&root(), path);
                complaints.push(format!(
                    "{path}:{line}: the link to `{target}` leads nowhere: correct or remove it"
                ));
            }
        }
    }
    fail_on(&complaints);
}

/// The targets of `[text](target)` outside code, with their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (line, content) in (1..).zip(text.lines()) {
        if content.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        let prose: String = content.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for part in prose.split("](").skip(1) {
            let target = part.split([')', ' ']).next().unwrap_or("");
            found.push((line, target.trim_matches(['<', '>']).to_owned()));
        }
    }
    found
}

#[test]
fn links_are_found_outside_code_only() {
    let text = "see [a](docs/a.md#top) and [b](https://x.example \"b\") `[c](c.md)`\n```\n[d](d.md)\n```\n![e](e.png)";
    let targets: Vec<(usize, String)> = links(text);
    let targets: Vec<(usize, &str)> = targets.iter().map(|(line, target)| (*line, target.as_str())).collect();
    assert_eq!(targets, [(1, "docs/a.md#top"), (1, "https://x.example"), (5, "e.png")]);
}
