//! The program: everything is in the library.

use std::process::ExitCode;

/// A batch makes and drops some hundred thousand small things on several threads; the system's allocator took a sixth of the time for it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    liandan::cli::run()
}
