//! docs/verify.md, followed to the letter: its commands run against a demonstration, and print what the page says they print.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::interop::tools::{NODE_ALONE, OPENSSL, PYTHON, Tool};
use crate::support::ledger::Folder;

const PAGE: &str = include_str!("../../docs/verify.md");
/// Stands for the rest of a line, or alone for any lines.
const ANYTHING: &str = "…";

/// Commands, and what they must print, if the page says so.
struct Step {
    commands: String,
    expected: Option<String>,
}

fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = vec![];
    for block in PAGE.split("\n```").collect::<Vec<_>>().chunks(2) {
        let [_, fenced] = block else { continue };
        let (language, body) = fenced.split_once('\n').unwrap();
        match language {
            "sh" => steps.push(Step { commands: body.to_owned(), expected: None }),
            "text" => steps.last_mut().unwrap().expected = Some(body.to_owned()),
            other => panic!("a block of {other:?}, which nobody runs"),
        }
    }
    steps
}

/// Whether a line is the expected one, `…` standing for anything.
fn fits(line: &str, expected: &str) -> bool {
    let mut parts = expected.split(ANYTHING);
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    for (n, part) in parts.iter().enumerate() {
        let is_last = n + 1 == parts.len();
        let at =
            if is_last { rest.ends_with(part).then(|| rest.len() - part.len()) } else { rest.find(part) };
        let Some(at) = at else { return false };
        rest = &rest[at + part.len()..];
    }
    parts.is_empty() && rest.is_empty() || !parts.is_empty()
}

/// Whether lines are the expected ones, a lone `…` standing for any lines.
fn all_fit(lines: &[&str], expected: &[&str]) -> bool {
    match expected {
        [] => lines.is_empty(),
        [ANYTHING, rest @ ..] => (0..=lines.len()).any(|skipped| all_fit(&lines[skipped..], rest)),
        [first, rest @ ..] => {
            lines.split_first().is_some_and(|(line, others)| fits(line, first) && all_fit(others, rest))
        }
    }
}

#[test]
fn expectations_are_taken_literally_but_for_the_ellipsis() {
    assert!(fits("a b c", "a … c") && fits("a", "a") && fits("ab", "a…") && fits("xx yy", "xx …"));
    assert!(!fits("a b d", "a … c") && !fits("ab", "a") && !fits("b", "a…"));
    assert!(all_fit(&["a", "b", "c"], &["a", "…", "c"]) && all_fit(&["a"], &["…", "a", "…"]));
    assert!(!all_fit(&["a", "b"], &["a"]) && !all_fit(&["a"], &["…", "b"]));
}

/// A demonstration that is being served.
struct Demo {
    child: Child,
    address: String,
}

impl Demo {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_liandan"));
        command.args(["demo", "--addr", "127.0.0.1:0", "--data"]).arg(folder.join("demo-data"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut pages = lines.skip_while(|line| !line.contains("pages 页面"));
        let line = pages.next().expect("it says where it serves");
        let address = line.trim_start_matches("http://").split('/').next().unwrap().to_owned();
        // Whatever else it says must find a reader.
        std::thread::spawn(move || pages.for_each(drop));
        Self { child, address }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The page's commands as one script that says where each step's output begins.
fn script(address: &str) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    let program = Path::new(env!("CARGO_BIN_EXE_liandan")).parent().unwrap().display();
    let mut script = String::new();
    for (n, step) in steps().iter().enumerate() {
        script.push_str(&format!(
            "printf '\\n=== {n}\\n'\n{}\n",
            step.commands.replace("127.0.0.1:8371", address)
        ));
        if n == 0 {
            script.push_str(&format!("export PATH=\"{program}:{root}/target/interop-venv/bin:$PATH\"\n"));
        }
    }
    script
}

#[test]
fn the_page_does_what_it_says() {
    let needed: [&Tool; 3] = [&PYTHON, &NODE_ALONE, &OPENSSL];
    if !needed.iter().all(|tool| tool.is_there_or_skipped()) {
        return;
    }
    let folder = Folder::new();
    let demo = Demo::start(folder.path());
    let mut bash = Command::new("bash");
    bash.current_dir(folder.path())
        .env("NO_PROXY", "*")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut bash = bash.spawn().unwrap();
    let text = format!("exec 2>&1\n{}", script(&demo.address));
    std::fs::write(folder.path().join("page.sh"), text).unwrap();
    bash.stdin.take().unwrap().write_all(b"source page.sh </dev/null\n").unwrap();
    let output = bash.wait_with_output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();

    let steps = steps();
    assert!(steps.len() > 8, "{} steps", steps.len());
    for (n, step) in steps.iter().enumerate() {
        let (_, rest) =
            printed.split_once(&format!("\n=== {n}\n")).unwrap_or_else(|| panic!("step {n}:\n{printed}"));
        let seen: Vec<&str> = rest.split("\n=== ").next().unwrap().trim_end().lines().collect();
        let expected: Vec<&str> = step.expected.as_deref().unwrap_or_default().trim_end().lines().collect();
        assert!(all_fit(&seen, &expected), "step {n}:\n{}\nprinted:\n{}\n", step.commands, seen.join("\n"));
    }
}
