//! This program once more, beside the process that becomes a command. Unix only.
//!
//! A command that runs under `jit exec --refresh` needs somebody who serves its credentials, and it is to behave as if nobody
//! stood between it and whoever started it: signals, job control, process group, exit status. A parent that hands signals on
//! cannot do that: it cannot tell whether a signal went to it alone or to the command as well, it loses what comes before it
//! listens, and a `SIGKILL` leaves the command behind. So nobody stands between. The process that was started becomes the
//! command, and another one serves beside it:
//!
//! ```text
//! started ── spawns ─▶ first half ── spawns ─▶ companion
//!    │                  ends at once,           signs in, asks, gets the session, listens
//!    │ ◀─────────── one line by a pipe ──────── and reports: what the command is to be given
//!  becomes                                      leaves the terminal, and serves
//!    ▼                                               │
//!  command ─────────────── ends ───────────────▶  ends
//! ```
//!
//! The first half is there so that the command has no child that it did not start, and would wait for. The companion
//! holds the command's process by a descriptor (`pidfd_open(2)`), so that a number which is used again misleads nobody.

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
// For the companion, a pipe to its principal and no terminal.
use rustix::stdio::{dup2_stdin, dup2_stdout, stdout};
use zeroize::Zeroizing;

use super::process;

/// No report is near this size.
const LONGEST_REPORT: u64 = 1024 * 1024;
/// How often it is looked whether a process is still there, where the system cannot tell of its end.
const LOOKED_EVERY: Duration = Duration::from_millis(100);

/// What a companion said.
pub struct Report {
    /// One line; empty if it ended without a word.
    pub line: Zeroizing<Vec<u8>>,
    /// How its first half ended. Unknown where this process was started with the ends of its children ignored.
    pub first_half: Option<ExitStatus>,
}

/// The word by which a companion is told whose it is: before all others that follow the command's name. Nobody types it.
const COMPANION_OF: &str = "--companion-of=";
const ITS_PLACE: usize = 2;

/// What a person has typed, the program's name first.
pub(super) fn typed() -> impl Iterator<Item = OsString> {
    let words = std::env::args_os().enumerate();
    words.filter(|(place, word)| *place != ITS_PLACE || value(word).is_none()).map(|(_, word)| word)
}

fn value(word: &OsStr) -> Option<&str> {
    word.to_str()?.strip_prefix(COMPANION_OF)
}

/// The process that this one is a companion of.
pub fn whose() -> Option<Pid> {
    let id = value(&std::env::args_os().nth(ITS_PLACE)?)?.parse().ok()?;
    Pid::from_raw(id)
}

/// Starts this program once more, with the words that it was started by, as the companion of this process. Waits for what it
/// reports.
///
/// # Errors
/// It cannot be started, or not be heard.
pub fn start() -> io::Result<Report> {
    let mut words = process::words();
    words.insert(ITS_PLACE.min(words.len()), format!("{COMPANION_OF}{}", std::process::id()).into());
    let mut child = again(&words).stdout(Stdio::piped()).spawn()?;
    let mut line = Zeroizing::new(Vec::with_capacity(16 * 1024));
    if let Some(stdout) = child.stdout.take() {
        // Not to the end: something that the companion has started may hold the other end of the pipe open.
        BufReader::new(stdout.take(LONGEST_REPORT)).read_until(b'\n', &mut line)?;
    }
    Ok(Report { line, first_half: child.wait().ok() })
}

/// This program, to be started with `words`, its name first.
fn again(words: &[OsString]) -> Command {
    // The file that runs, also when another one lies at its path by now.
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
    /// Linux alone has it, and not where a container forbids it.
    #[cfg(target_os = "linux")]
    handle: Option<std::os::fd::OwnedFd>,
    /// Whether the companion has reported, and is there for the command.
    serves: AtomicBool,
}

/// Becomes the companion of the process `id`, or starts it and is only its first half: `None`. A companion ends when that
/// process does: before it has reported as if it were told to by `SIGTERM`, and then at once.
///
/// # Errors
/// The other half cannot be started, or the process has gone.
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
    // Nobody but that process holds the other end of the pipe: while it is open, the number is still its own.
    let mut pipe = [PollFd::from_borrowed_fd(stdout(), PollFlags::empty())];
    let _ = poll(&mut pipe, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
    if pipe[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) {
        return Err(io::ErrorKind::BrokenPipe.into());
    }
    let watched = Arc::clone(&principal);
    std::thread::Builder::new().name("companion".to_owned()).spawn(move || {
        watched.wait();
        if !watched.serves.load(Ordering::SeqCst) {
            // Whatever has to be cleared away first is cleared away by who listens for that.
            let _ = rustix::process::kill_process(rustix::process::getpid(), Signal::TERM);
            std::thread::sleep(GRACE);
        }
        process::end(0)
    })?;
    Ok(Some(principal))
}

/// How long a companion may take to clear away what it was at when its principal went.
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

    /// What the system tells by itself, where it does: within `at_most`, or whenever it comes.
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

    /// Leaves the terminal, so that neither its signals nor what is typed there come here, and reports `line`: from then on
    /// the principal is the command, and this process ends with it.
    ///
    /// # Errors
    /// Whatever the system says, or nobody listens any more.
    pub fn report(&self, line: &[u8]) -> io::Result<()> {
        self.serves.store(true, Ordering::SeqCst);
        // Refused to who leads a group, which is nobody's case but that of a person who tries it out.
        let _ = rustix::process::setsid();
        let nothing = File::options().read(true).write(true).open("/dev/null")?;
        dup2_stdin(&nothing)?;
        say(line)?;
        dup2_stdout(&nothing)?;
        Ok(())
    }
}

/// Reports `line` before the end, when there will be nothing to serve.
///
/// # Errors
/// Nobody listens any more.
pub fn say(line: &[u8]) -> io::Result<()> {
    let mut pipe = File::from(stdout().try_clone_to_owned()?);
    pipe.write_all(line)?;
    pipe.write_all(b"\n")
}
