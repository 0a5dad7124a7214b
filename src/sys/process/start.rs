//! Starts another program: as a child, or in place of this process.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Command, ExitStatus};

use zeroize::Zeroizing;

use super::find::startable;

pub(super) fn command(
    program: &OsString,
    arguments: &[OsString],
    remove: &[&str],
    set: impl IntoIterator<Item = (impl AsRef<OsStr>, Zeroizing<String>)>,
) -> Command {
    let mut command = Command::new(startable(program));
    command.args(arguments);
    for name in remove {
        command.env_remove(name);
    }
    for (name, value) in set {
        command.env(name, &*value);
    }
    command
}

/// Runs `program` as a child, without the variables in `remove` and with those in `set`, and waits for its end.
///
/// # Errors
/// It could not be started.
pub fn run_program(
    program: &OsString,
    arguments: &[OsString],
    remove: &[&str],
    set: impl IntoIterator<Item = (impl AsRef<OsStr>, Zeroizing<String>)>,
) -> io::Result<ExitStatus> {
    command(program, arguments, remove, set).status()
}

/// Becomes `program`, without the variables in `remove` and with those in `set`. Returns only if that failed.
/// On Unix this is `execve`, so that signals and the exit code are the program's own. On Windows the program
/// runs as a child, and this process ends with its exit code.
pub fn become_program(
    program: &OsString,
    arguments: &[OsString],
    remove: &[&str],
    set: impl IntoIterator<Item = (impl AsRef<OsStr>, Zeroizing<String>)>,
) -> io::Error {
    let mut command = command(program, arguments, remove, set);
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        command.exec()
    }
    #[cfg(windows)]
    {
        // Ctrl-C reaches both processes, and the child decides how to react. Without these, this process
        // would end immediately, and a child that is still cleaning up would share the console with the
        // shell.
        let _ours = (tokio::signal::windows::ctrl_c(), tokio::signal::windows::ctrl_break());
        match command.status() {
            Ok(status) => end_as(status),
            Err(error) => error,
        }
    }
}

/// Runs `program` as a child of this runtime, and waits for its end. For Windows, where no process can become
/// another. Ctrl-C reaches the child by itself, and the child decides how to react.
///
/// # Errors
/// It could not be started.
#[cfg(windows)]
pub async fn attend(
    program: &OsString,
    arguments: &[OsString],
    remove: &[&str],
    set: impl IntoIterator<Item = (impl AsRef<OsStr>, Zeroizing<String>)>,
) -> io::Result<ExitStatus> {
    let _ours = (tokio::signal::windows::ctrl_c(), tokio::signal::windows::ctrl_break());
    tokio::process::Command::from(command(program, arguments, remove, set)).spawn()?.wait().await
}

/// Ends this process with the whole exit code of another one: on Windows a code has 32 bits.
pub fn end_as(status: ExitStatus) -> ! {
    end_with(code_of(status))
}

fn end_with(code: i32) -> ! {
    #[expect(clippy::exit, reason = "the child's code becomes ours; nothing is left to do")]
    std::process::exit(code)
}

/// Its exit code, or 128 plus the number of the signal that ended it.
fn code_of(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + signal;
    }
    status.code().unwrap_or(1)
}
