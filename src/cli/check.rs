//! `liandan check`: judge documents before anybody signs or imports them. Exit 0 when they are clean, 1 when something was found, 2 when
//! something cannot be read.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;

use super::{Error, fail, say};
use crate::catalogue::Severity;
use crate::clock::{Clock, Timestamp};
use crate::custody::document::json::MAX_BYTES;
use crate::custody::finding::{Figure, Figures};
use crate::exchange::document::{Checked, FORMATS, Found, Unreadable, check, profiles};

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The file; `-` for standard input.
    #[arg(required_unless_present = "list")]
    file: Option<PathBuf>,
    /// Who judges: us for documents of the United States (e-Manifest JSON, waste lines), uk for receipts of the United Kingdom's Digital Waste
    /// Tracking, epcis for EPCIS 2.0, cn for events and bundles of a ledger.
    #[arg(long, required_unless_present = "list")]
    profile: Option<String>,
    /// Name the formats there are, with the version and origin of the schema of each, and stop.
    #[arg(long, conflicts_with_all = ["file", "profile"])]
    list: bool,
    /// How to print.
    #[arg(long, value_enum, default_value_t = As::Text)]
    format: As,
    /// The moment to judge by, for example 2026-03-08T00:00:00Z; now, or the last event, when absent.
    #[arg(long)]
    as_of: Option<Timestamp>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum As {
    Text,
    Json,
}

pub(super) fn run(args: &Args) -> ExitCode {
    let (Some(file), Some(profile)) = (&args.file, &args.profile) else {
        list(args.format);
        return ExitCode::SUCCESS;
    };
    let checked = judge(file, profile, args.as_of).unwrap_or_else(|failed| {
        fail(&failed.en.clone().into());
        Checked { errors: vec![*failed], ..Checked::default() }
    });
    match args.format {
        As::Json => say(checked.to_json(profile)),
        As::Text => print(file, &checked),
    }
    ExitCode::from(checked.verdict().exit_code())
}

/// The formats there are.
fn list(form: As) {
    if form == As::Json {
        let all: Vec<serde_json::Value> = FORMATS
            .iter()
            .map(|format| {
                serde_json::json!({
                    "name": format.name(),
                    "profile": format.profile(),
                    "media": format.media(),
                    "schema": format.schema(),
                })
            })
            .collect();
        return say(serde_json::to_string_pretty(&all).unwrap_or_default());
    }
    for format in FORMATS {
        let schema = format.schema();
        say(format!("{} (--profile {}, {})", format.name(), format.profile(), format.media()));
        say(format!("    {} — {}", schema.version, schema.origin));
    }
}

fn judge(file: &Path, profile: &str, as_of: Option<Timestamp>) -> Result<Checked, Box<Unreadable>> {
    let bytes = read(file).map_err(|error| {
        let en = error.to_string();
        Box::new(Unreadable::of_file("file-unreadable", format!("文件无法读取：{en}"), en))
    })?;
    check(&bytes, profile, as_of, Clock::System.now()).ok_or_else(|| {
        let (all, list) = (profiles().join("、"), profiles().join(", "));
        let zh = format!("没有名为 {profile:?} 的规则集，有 {all}");
        let en = format!("there is no profile {profile:?}; there are {list}");
        Box::new(Unreadable::of_file("profile-unknown", zh, en))
    })
}

/// All bytes of a file or of standard input, one more than the limit at most.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let shown = path.display();
    let limit = MAX_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|error| format!("{shown}: {error}"))?;
    Ok(bytes)
}

/// The answer for people.
pub(super) fn print(path: &Path, checked: &Checked) {
    for (n, document) in checked.documents.iter().enumerate() {
        let (zh, en) = document.verdict.words();
        let number = document.number.as_deref().unwrap_or("…");
        let at = if document.pointer.is_empty() { String::new() } else { format!(" [{}]", document.pointer) };
        say(format!("{} {number}{at}: {zh} {en}", document.kind));
        print_items(checked, Some(n));
    }
    print_items(checked, None);
    let (zh, en) = checked.verdict().words();
    let (findings, errors, notices) = (checked.findings.len(), checked.errors.len(), checked.notices.len());
    say(format!(
        "{}: {zh} — {en}。问题 {findings}，错误 {errors}，提示 {notices}。 {findings} findings, {errors} errors, {notices} notices.",
        path.display()
    ));
    if checked.left_off > 0 {
        say(format!("另有 {0} 项未列出。 {0} more were left off.", checked.left_off));
    }
}

fn print_items(checked: &Checked, document: Option<usize>) {
    checked.errors.iter().filter(|error| error.document == document).for_each(print_error);
    let found = checked.findings.iter().chain(&checked.notices);
    found.filter(|found| found.document == document).for_each(print_found);
}

fn print_error(error: &Unreadable) {
    let place = error.place.map(|place| format!("{}:{} ", place.line, place.column)).unwrap_or_default();
    say(format!("  ✗ {place}{} {}\n      {}\n      {}", error.code, error.pointer, error.zh, error.en));
}

fn print_found(found: &Found) {
    let place = found.place.map(|place| format!("{}:{} ", place.line, place.column)).unwrap_or_default();
    let sign = if found.severity == Severity::Notice { "·" } else { "!" };
    let rule = found.rule.as_deref().map(|rule| format!("{rule} ")).unwrap_or_default();
    let figures = figures(&found.figures);
    say(format!(
        "  {sign} {place}{} {rule}{} {}\n      {}\n      {}{figures}",
        found.severity.name(),
        found.code,
        found.pointer,
        found.zh,
        found.en
    ));
}

fn figures(figures: &Figures) -> String {
    let one = |(name, figure): (&String, &Figure)| match figure {
        Figure::Number(number) => format!("{name} {number}"),
        Figure::Text(text) => format!("{name} {text:?}"),
    };
    let all: Vec<String> = figures.0.iter().map(one).collect();
    if all.is_empty() { String::new() } else { format!(" ({})", all.join(", ")) }
}
