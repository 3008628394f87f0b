//! The page `/verify`: its scripts in Node and in a browser, on good and hostile bundles. What they say must be what
//! `liandan verify bundle` says.

mod cases;
mod chromium;
mod parity;
mod scripts;
