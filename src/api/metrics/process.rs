//! What the process takes of the machine, by the names that Prometheus gives such figures. Linux tells them in `/proc`; elsewhere there are none.

use std::fs;

use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

/// Ticks of a second in `/proc/self/stat`, the same on every machine that Linux tells them on (USER_HZ).
const TICKS_PER_SECOND: f64 = 100.0;
const KIB: i64 = 1_024;
/// Where the two times stand behind the name of the program (proc(5): fields 14 and 15, the name being the second).
const USER_TIME: usize = 11;
const SYSTEM_TIME: usize = 12;

pub(super) fn registry() -> Registry {
    let mut registry = Registry::with_prefix("process");
    if let Some(bytes) = resident_bytes() {
        registry.register_with_unit("resident_memory", "Memory in use", Unit::Bytes, ConstGauge::new(bytes));
    }
    if let Some(seconds) = cpu_seconds() {
        registry.register_with_unit("cpu", "Processor time", Unit::Seconds, ConstCounter::new(seconds));
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        registry.register("open_fds", "File descriptors in use", ConstGauge::new(open.count() as i64));
    }
    if let Some(most) = most_fds() {
        registry.register("max_fds", "File descriptors that there may be", ConstGauge::new(most));
    }
    registry
}

fn resident_bytes() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<i64>().ok().map(|kib| kib * KIB)
}

fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program stands in parentheses and may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |n: usize| fields.get(n)?.parse::<f64>().ok();
    Some((ticks(USER_TIME)? + ticks(SYSTEM_TIME)?) / TICKS_PER_SECOND)
}

/// How many file descriptors there may be; `None` where the kernel does not tell, or sets no limit.
pub fn most_fds() -> Option<i64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}
