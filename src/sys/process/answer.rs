//! Runs a program and reads its output, with a time limit and a size limit.

use std::process::Stdio;
use std::time::Duration;

use zeroize::Zeroizing;

use super::told::{Told, end};
use jit_wire::secret::Secret;

/// The output of a program. The first of `words` is its name, the others are its arguments, and the variables
/// in `set` are added. It shares the stderr of this process, and its stdin if it `may_ask` the person. It is
/// killed if it takes longer than `at_most`, prints more than `limit` bytes, or this process is told to end;
/// if it may not ask, together with the processes that it started.
///
/// # Errors
/// What happened, as the end of a sentence that begins with the program's name.
pub async fn answer(
    words: &[String],
    set: &[(&str, String)],
    may_ask: bool,
    at_most: Duration,
    limit: u64,
) -> Result<Secret<Vec<u8>>, String> {
    use tokio::io::AsyncReadExt as _;
    let [program, arguments @ ..] = words else { return Err("contains no program".to_owned()) };
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).envs(set.iter().map(|(name, value)| (name, value)));
    command.stdin(if may_ask { Stdio::inherit() } else { Stdio::null() });
    command.stdout(Stdio::piped()).kill_on_drop(true);
    // A program that asks needs the terminal, so it must stay in the terminal's process group.
    #[cfg(unix)]
    if !may_ask {
        command.process_group(0);
    }
    let mut told = Told::listen().map_err(|error| format!("cannot be supervised: {error}"))?;
    let mut child = command.spawn().map_err(|error| format!("cannot be started: {error}"))?;
    let mut group = Group::of(&child, may_ask);
    let run = async {
        // Allocated at its maximum size, because a buffer that grows leaves copies of secrets in memory.
        let mut printed = Zeroizing::new(Vec::with_capacity(usize::try_from(limit).unwrap_or(0) + 1));
        if let Some(stdout) = child.stdout.take() {
            let read = stdout.take(limit + 1).read_to_end(&mut printed).await;
            read.map_err(|error| format!("cannot be read: {error}"))?;
        }
        if u64::try_from(printed.len()).unwrap_or(u64::MAX) > limit {
            return Err(format!("prints more than {limit} bytes"));
        }
        match child.wait().await {
            Ok(status) if status.success() => Ok(Secret::new(std::mem::take(&mut *printed))),
            Ok(status) => Err(format!("failed ({status})")),
            Err(error) => Err(format!("could not be waited for: {error}")),
        }
    };
    tokio::select! {
        answer = run => {
            if child.id().is_none() {
                group.is_gone();
            }
            answer
        }
        () = tokio::time::sleep(at_most) => Err(format!("did not finish within {} s", at_most.as_secs())),
        code = told.wait() => {
            group.end();
            end(code)
        }
    }
}

/// A program and the processes that it started. Dropping this before the program has ended kills them.
struct Group {
    #[cfg(unix)]
    id: Option<rustix::process::Pid>,
    #[cfg(unix)]
    alone: bool,
}

impl Group {
    /// `shared`: the program is in the process group of this process, so only the program itself can be
    /// killed.
    fn of(child: &tokio::process::Child, shared: bool) -> Self {
        #[cfg(unix)]
        {
            let id = child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?));
            Self { id, alone: !shared }
        }
        #[cfg(not(unix))]
        {
            let _ = (child, shared);
            Self {}
        }
    }

    /// The program has ended, and the system may reuse its process id.
    fn is_gone(&mut self) {
        #[cfg(unix)]
        {
            self.id = None;
        }
    }

    fn end(&mut self) {
        #[cfg(unix)]
        if let Some(id) = self.id.take() {
            use rustix::process::{Signal, kill_process, kill_process_group};
            // A program that shares the terminal may have to restore its modes first.
            let _ = if self.alone {
                kill_process_group(id, Signal::KILL)
            } else {
                kill_process(id, Signal::TERM)
            };
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}
