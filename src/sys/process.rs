//! Other programs, and this process itself: what was typed, its runtime, and its memory.
//!
//! | module | what it does |
//! | --- | --- |
//! | `find` | which file a program is |
//! | `start` | how a program takes over |
//! | `answer` | how a program is asked for what it prints |
//! | `caller` | who started this process |
//! | `children` | how several programs run side by side |
//! | `told` | what happens when this process is told to end |

mod answer;
mod caller;
mod children;
mod find;
mod start;
mod told;

use std::ffi::OsString;

pub use answer::answer;
pub use caller::{CallingProgram, caller};
pub use children::{Children, OutputStream};
pub use find::{absolute, behind_links, find_program, own_path, program_folders};
#[cfg(windows)]
pub use start::attend;
pub use start::{become_program, end_as, run_program};
pub use told::{Told, end, end_when_told, when_told_to_end};

/// The command line, starting with the program's name.
pub fn words() -> Vec<OsString> {
    #[cfg(unix)]
    let words = super::companion::typed();
    #[cfg(not(unix))]
    let words = std::env::args_os();
    words.collect()
}

/// Whether `--json` is on the command line before a `--`; for when the command line cannot be parsed.
pub fn asked_for_json() -> bool {
    std::env::args_os().skip(1).take_while(|argument| argument != "--").any(|argument| argument == "--json")
}

/// Runs `future` on a new runtime in this thread. The warm path never calls this.
pub fn block_on<F: Future>(future: F) -> F::Output {
    #[expect(
        clippy::expect_used,
        reason = "fails only where the system has no file descriptors left to give"
    )]
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("an event queue");
    runtime.block_on(future)
}

/// Protects the memory of this process from other processes of the same user, and keeps it out of core dumps.
/// Linux resets this at `execve`, so children are not affected.
pub fn shield_memory() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
