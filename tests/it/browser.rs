//! The pages `/verify` and `/login`: their scripts in Node and in a browser, on good and hostile bundles. What they say must be what
//! `liandan verify bundle` says.

mod cases;
mod chromium;
mod login;
mod parity;
mod scripts;
