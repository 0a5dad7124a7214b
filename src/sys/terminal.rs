//! The terminal the program was started on.

use std::future::Future;
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(unix)]
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use jit_wire::secret::Secret;

/// Whether a person can see messages and answer them: stderr is a terminal, and there is one to read from
/// even if stdin is a file for the command to run.
pub fn interactive() -> bool {
    let readable = std::io::stdin().is_terminal() || (cfg!(unix) && std::fs::File::open("/dev/tty").is_ok());
    std::io::stderr().is_terminal() && readable
}

/// Whether a person types into stdin, so that a shell can read from it.
pub fn types_into_stdin() -> bool {
    std::io::stdin().is_terminal()
}

/// The number of rows and columns of stderr's terminal; `None` if it is not a terminal.
pub fn size() -> Option<(usize, usize)> {
    let (rows, columns) = dialoguer::console::Term::stderr().size_checked()?;
    Some((rows.into(), columns.into()))
}

/// A name for the terminal that is the same for all commands there, and is not used again after it was
/// closed; `None` without a terminal. On Unix it is made of the terminal's device, the session leader and, on
/// Linux, the leader's start time. Other systems do not report that reliably, so there a reused process id on
/// the same device looks like the same terminal.
pub fn id() -> Option<String> {
    #[cfg(unix)]
    {
        let device =
            rustix::fs::fstat(rustix::stdio::stderr()).ok().filter(|_| std::io::stderr().is_terminal())?;
        let leader = rustix::process::getsid(None).ok()?.as_raw_nonzero();
        // Field 22 of /proc/PID/stat (proc(5)); the name before it may contain spaces but ends at the last
        // parenthesis.
        let stat = std::fs::read_to_string(format!("/proc/{leader}/stat")).unwrap_or_default();
        let started = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(19)).unwrap_or("0");
        Some(format!("{}-{leader}-{started}", device.st_rdev))
    }
    #[cfg(not(unix))]
    {
        // Windows Terminal gives each of its tabs a name.
        std::env::var("WT_SESSION").ok().filter(|_| std::io::stderr().is_terminal())
    }
}

/// While this exists, anything that tells this process to end restores the terminal's modes first. The picker
/// and a hidden passphrase change them, and a shell without its own line editor would be left with a terminal
/// that does not echo.
pub struct Modes(());

/// Saves the terminal's current modes. Does nothing if there is no terminal, or no such modes.
pub fn keep_modes() -> Option<Modes> {
    #[cfg(unix)]
    {
        let terminal = std::fs::File::open("/dev/tty").ok()?;
        let modes = rustix::termios::tcgetattr(&terminal).ok()?;
        super::process::end_when_told().ok()?;
        *KEPT.lock().unwrap_or_else(PoisonError::into_inner) = Some((terminal, modes));
        Some(Modes(()))
    }
    #[cfg(not(unix))]
    None
}

#[cfg(unix)]
static KEPT: Mutex<Option<(std::fs::File, rustix::termios::Termios)>> = Mutex::new(None);

impl Drop for Modes {
    fn drop(&mut self) {
        #[cfg(unix)]
        KEPT.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Restores the saved modes.
pub(super) fn put_modes_back() {
    #[cfg(unix)]
    if let Some((terminal, modes)) = KEPT.lock().unwrap_or_else(PoisonError::into_inner).take() {
        use rustix::termios::{OptionalActions, tcgetpgrp, tcsetattr};
        // A background process must not change the terminal, and would be stopped for trying.
        if tcgetpgrp(&terminal).is_ok_and(|group| group == rustix::process::getpgrp()) {
            let _ = tcsetattr(&terminal, OptionalActions::Now, &modes);
        }
    }
}

/// Reads one line from the terminal, without a time limit.
pub fn read_answer() -> Option<Secret<String>> {
    read_line(&AtomicBool::new(false))
}

/// Tells the reading thread to stop once nobody waits for it any more.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The next line typed on the terminal. The terminal is read only while the future is being awaited; later
/// input goes to the next reader.
pub fn next_line() -> impl Future<Output = Secret<String>> {
    let stop = Arc::new(AtomicBool::new(false));
    let (send, receive) = tokio::sync::oneshot::channel();
    let seen = Arc::clone(&stop);
    std::thread::spawn(move || {
        if let Some(line) = read_line(&seen) {
            let _ = send.send(line);
        }
    });
    async move {
        let _stop = StopOnDrop(stop);
        match receive.await {
            Ok(line) => line,
            // The terminal went away; the other ways to finish are still possible.
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(unix)]
fn read_line(stop: &AtomicBool) -> Option<Secret<String>> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use std::io::Read as _;
    let mut tty = std::fs::File::open("/dev/tty").ok()?;
    let tick = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    let mut line = Zeroizing::new(Vec::with_capacity(16 * 1024));
    while !stop.load(Ordering::Relaxed) {
        // macOS cannot wait for `/dev/tty` like this and says so immediately (poll(2), "BUGS"); then the read
        // waits.
        match poll(&mut [PollFd::new(&tty, PollFlags::IN)], Some(&tick)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => continue,
            Ok(_) | Err(_) => {}
        }
        let mut chunk = Zeroizing::new([0; 4096]);
        let read = tty.read(&mut *chunk).ok().filter(|read| *read > 0)?;
        line.extend_from_slice(&chunk[..read]);
        if line.contains(&b'\n') || line.len() > 12 * 1024 {
            return String::from_utf8(std::mem::take(&mut *line)).ok().map(Secret::new);
        }
    }
    None
}

#[cfg(not(unix))]
fn read_line(_: &AtomicBool) -> Option<Secret<String>> {
    // A console read cannot be cancelled on Windows; the thread ends with the program.
    let mut line = Zeroizing::new(String::new());
    match std::io::stdin().read_line(&mut line) {
        Ok(1..) => Some(Secret::new(std::mem::take(&mut *line))),
        _ => None,
    }
}
