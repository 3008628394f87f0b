//! What was found, a line each as it is found.

use std::fmt::Display;
use std::process::ExitCode;

use crate::cli::say;

/// How many faults and remarks there were.
#[derive(Debug, Default)]
pub(super) struct Report {
    faults: usize,
    remarks: usize,
}

impl Report {
    /// It is as it should be.
    pub(super) fn good(&mut self, what: &str, told: impl Display) {
        line("ok", what, told);
    }

    /// The operator should know, and may want it so.
    pub(super) fn remark(&mut self, what: &str, told: impl Display) {
        self.remarks += 1;
        line("note 提示", what, told);
    }

    /// It stops a start, or endangers what is recorded.
    pub(super) fn fault(&mut self, what: &str, told: impl Display) {
        self.faults += 1;
        line("FAULT 故障", what, told);
    }

    /// As it turned out: an error is a fault.
    pub(super) fn tried<T: Display, E: Display>(&mut self, what: &str, tried: Result<T, E>) {
        match tried {
            Ok(told) => self.good(what, told),
            Err(error) => self.fault(what, error),
        }
    }

    /// The sum, and what the program ends with.
    pub(super) fn end(self) -> ExitCode {
        let Self { faults, remarks } = self;
        say(format!("{faults} faults, {remarks} notes. {faults} 项故障，{remarks} 项提示。"));
        ExitCode::from(u8::from(faults > 0))
    }
}

fn line(level: &str, what: &str, told: impl Display) {
    say(format!("{level} {what}: {told}"));
}
