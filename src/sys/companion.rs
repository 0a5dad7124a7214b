//! A second process of this program, next to the process that becomes a command. Unix only.
//!
//! A command that runs under `jit exec --refresh` needs a process that serves its credentials, and should
//! behave as if nothing were between it and its caller: signals, job control, process group, exit status. A
//! parent that forwards signals cannot do that: it cannot tell whether a signal was sent to it alone or to
//! the command as well, it loses signals that arrive before it listens, and a `SIGKILL` leaves the command
//! behind. So there is no such parent. The process that the caller started becomes the command, and another
//! one next to it serves the credentials:
//!
//! ```text
//! started ── spawns ─▶ first half ── spawns ─▶ companion
//!    │                  ends at once,           signs in, asks, gets the session, listens
//!    │ ◀─────── one line through a pipe ─────── and reports: what to give to the command
//!  becomes                                      leaves the terminal, and serves
//!    ▼                                               │
//!  command ─────────────── ends ───────────────▶  ends
//! ```
//!
//! Because of the first half, the command has no child that it did not start itself: it might wait for such a
//! child. The companion watches the command's process by a descriptor (`pidfd_open(2)`), so a reused process
//! id misleads nobody.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
pub use rustix::process::Pid;
use rustix::process::Signal;
// For the companion: a pipe to its principal instead of a terminal.
use rustix::stdio::{dup2_stdin, dup2_stdout, stdout};
use zeroize::Zeroizing;

use super::process;

/// The size limit of a report, far above what any needs.
const LONGEST_REPORT: u64 = 1024 * 1024;
/// How often to check whether a process still exists, if the system cannot report its end.
const LOOKED_EVERY: Duration = Duration::from_millis(100);

/// What a companion reported.
pub struct CompanionReport {
    /// One line; empty if it ended without a report.
    pub line: Zeroizing<Vec<u8>>,
    /// How its first half ended. Unknown if this process was started with `SIGCHLD` ignored.
    pub first_half: Option<ExitStatus>,
}

/// The argument that tells a companion which process it belongs to, and after a comma what else that process told it; it comes
/// right after the command's name. Users never type it.
const COMPANION_OF: &str = "--companion-of=";
const ITS_PLACE: usize = 2;

/// The command line, starting with the program's name.
pub(super) fn typed() -> impl Iterator<Item = OsString> {
    let words = std::env::args_os().enumerate();
    words.filter(|(place, word)| *place != ITS_PLACE || value(word).is_none()).map(|(_, word)| word)
}

fn value(word: &OsStr) -> Option<&str> {
    word.to_str()?.strip_prefix(COMPANION_OF)
}

/// The process that this one is a companion of.
pub fn whose() -> Option<Pid> {
    let argument = std::env::args_os().nth(ITS_PLACE)?;
    let value = value(&argument)?;
    Pid::from_raw(value.split_once(',').map_or(value, |(id, _)| id).parse().ok()?)
}

/// What that process told it.
pub fn told() -> Option<String> {
    let argument = std::env::args_os().nth(ITS_PLACE)?;
    value(&argument)?.split_once(',').map(|(_, told)| told.to_owned())
}

/// Starts this program a second time, with the same arguments, as the companion of this process, and tells it
/// `what`. Waits for its report.
///
/// # Errors
/// It cannot be started, or its report cannot be read.
pub fn start(what: Option<&str>) -> io::Result<CompanionReport> {
    let mut words = process::words();
    let what = what.map(|what| format!(",{what}")).unwrap_or_default();
    words.insert(ITS_PLACE.min(words.len()), format!("{COMPANION_OF}{}{what}", std::process::id()).into());
    let mut child = again(&words).stdout(Stdio::piped()).spawn()?;
    let mut line = Zeroizing::new(Vec::with_capacity(16 * 1024));
    if let Some(stdout) = child.stdout.take() {
        // Not to the end of the stream: a program that the companion started may keep the pipe open.
        BufReader::new(stdout.take(LONGEST_REPORT)).read_until(b'\n', &mut line)?;
    }
    Ok(CompanionReport { line, first_half: child.wait().ok() })
}

/// This program, to be started with `words`, the first of which is its name.
fn again(words: &[OsString]) -> Command {
    // The running file, even if another one is at its path by now.
    let running = Path::new("/proc/self/exe");
    let program = if running.exists() { running.to_owned() } else { process::own_path().unwrap_or_default() };
    let mut command = Command::new(program);
    let (name, arguments) =
        words.split_first().map_or((PathBuf::new(), &[][..]), |(name, rest)| (name.into(), rest));
    command.arg0(name).args(arguments);
    command
}

/// The process that becomes the command, as its companion sees it.
pub struct Principal {
    id: Pid,
    /// Only Linux has it, unless a container forbids it.
    #[cfg(target_os = "linux")]
    handle: Option<std::os::fd::OwnedFd>,
    /// Whether the companion has reported, and serves the command.
    serves: AtomicBool,
}

/// Becomes the companion of the process `id`, or starts it and is only its first half: `None`. A companion
/// ends when that process does: before its report as on `SIGTERM`, after it immediately.
///
/// # Errors
/// The other half cannot be started, or the process has ended.
pub fn step_aside(id: Pid) -> io::Result<Option<Arc<Principal>>> {
    if rustix::process::getppid() == Some(id) {
        let words: Vec<OsString> = std::env::args_os().collect();
        return again(&words).spawn().map(|_| None);
    }
    let principal = Arc::new(Principal {
        id,
        #[cfg(target_os = "linux")]
        handle: rustix::process::pidfd_open(id, rustix::process::PidfdFlags::empty()).ok(),
        serves: AtomicBool::new(false),
    });
    // Only that process holds the other end of the pipe: while it is open, the id still belongs to it.
    let mut pipe = [PollFd::from_borrowed_fd(stdout(), PollFlags::empty())];
    let _ = poll(&mut pipe, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
    if pipe[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) {
        return Err(io::ErrorKind::BrokenPipe.into());
    }
    let watched = Arc::clone(&principal);
    std::thread::Builder::new().name("companion".to_owned()).spawn(move || {
        watched.wait();
        if !watched.serves.load(Ordering::SeqCst) {
            // The signal listener cleans up first.
            let _ = rustix::process::kill_process(rustix::process::getpid(), Signal::TERM);
            std::thread::sleep(GRACE);
        }
        process::end(0)
    })?;
    Ok(Some(principal))
}

/// How long a companion may take to clean up after its principal has ended.
const GRACE: Duration = Duration::from_secs(10);

impl Principal {
    /// Whether the process has ended.
    pub fn has_ended(&self) -> bool {
        match self.ended(Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) {
            Some(ended) => ended,
            None => self.is_nowhere(),
        }
    }

    /// Waits for the end of the process.
    fn wait(&self) {
        loop {
            match self.ended(None) {
                Some(true) => return,
                Some(false) => {}
                None if self.is_nowhere() => return,
                None => std::thread::sleep(LOOKED_EVERY),
            }
        }
    }

    /// The end as the system reports it, if it can: within `at_most`, or without a limit.
    fn ended(&self, at_most: Option<&Timespec>) -> Option<bool> {
        #[cfg(target_os = "linux")]
        {
            let handle = self.handle.as_ref()?;
            Some(matches!(poll(&mut [PollFd::new(handle, PollFlags::IN)], at_most), Ok(1..)))
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = at_most;
            None
        }
    }

    fn is_nowhere(&self) -> bool {
        rustix::process::test_kill_process(self.id) == Err(Errno::SRCH)
    }

    /// Leaves the terminal, so that its signals and input do not arrive here, and reports `line`: from then
    /// on the principal is the command, and this process ends with it.
    ///
    /// # Errors
    /// Whatever the system reports, or nobody is reading any more.
    pub fn report(&self, line: &[u8]) -> io::Result<()> {
        self.serves.store(true, Ordering::SeqCst);
        // Fails for a group leader, which happens only if a person tries this out by hand.
        let _ = rustix::process::setsid();
        let nothing = File::options().read(true).write(true).open("/dev/null")?;
        dup2_stdin(&nothing)?;
        say(line)?;
        dup2_stdout(&nothing)?;
        Ok(())
    }
}

/// Reports `line` before the end, if there will be nothing to serve.
///
/// # Errors
/// Nobody is reading any more.
pub fn say(line: &[u8]) -> io::Result<()> {
    let mut pipe = File::from(stdout().try_clone_to_owned()?);
    pipe.write_all(line)?;
    pipe.write_all(b"\n")
}
