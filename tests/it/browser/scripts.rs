//! tests/interop/browser.mjs: the scripts of the page, run by Node.

use std::collections::BTreeMap;
use std::path::Path;

use crate::interop::tools::{NODE_ALONE, Tool};

const TOOL: &Tool = &NODE_ALONE;

/// What the scripts print, given these arguments; `None`, said loudly, where there is no Node.
pub(super) fn run(arguments: &[&str]) -> Option<String> {
    TOOL.run(&[&["tests/interop/browser.mjs"], arguments].concat())
}

/// The report on every bundle of a folder, by name.
pub(super) fn reports(folder: &Path) -> Option<BTreeMap<String, serde_json::Value>> {
    let text = run(&["bundles", folder.to_str().expect("a temporary folder has a plain name")])?;
    let report = |line: &str| {
        let (name, report) = line.split_once(' ').expect("a name and a report");
        (name.to_owned(), serde_json::from_str(report).expect("a report is JSON"))
    };
    Some(text.lines().map(report).collect())
}
