//! The pages `/verify` and `/login`: their scripts in Node and in a browser, on good and hostile bundles. What they say must be what
//! `liandan verify bundle` says.

mod cases;
mod chromium;
mod keys;
mod login;
mod parity;
mod scripts;
mod ui;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Browsers are heavy: two at once on a small machine have starved each other.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static BROWSER: Mutex<()> = Mutex::new(());
    BROWSER.lock().unwrap_or_else(PoisonError::into_inner)
}
