//! A driven program that ends with this one: a browser with a separate profile.
//!
//! On Unix it is started through `sh`, in its own process group, with a pipe that only the two processes
//! have. When this process ends, even by `SIGKILL`, the kernel closes the pipe, and a Chromium-based browser
//! then exits by itself.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

/// The size limit of a message, far above what a browser sends.
const LARGEST_MESSAGE: usize = 8 * 1024 * 1024;
/// How long to wait for the last line of a program that has ended.
const LAST_WORDS_WITHIN: Duration = Duration::from_millis(200);
/// How many of its last lines are kept, and their maximum length.
const KEPT_LINES: usize = 20;
const KEPT_LENGTH: usize = 300;

/// Whether a program can be given a pipe here in addition to its standard streams. On Windows that is
/// impossible without unsafe code.
pub const HAS_PIPE: bool = cfg!(unix);

/// A running program.
pub struct Driven {
    child: Child,
    to: Option<ChildStdin>,
    from: Option<BufReader<ChildStdout>>,
    said: Arc<LastLines>,
    listener: Option<JoinHandle<()>>,
}

/// The last lines that it wrote to stderr.
#[derive(Default)]
struct LastLines {
    lines: Mutex<VecDeque<String>>,
    more: Notify,
}

impl Driven {
    /// Starts `program`, which reads messages that end in NUL from file descriptor 3, and writes them to 4.
    /// Its output does not reach the terminal.
    ///
    /// # Errors
    /// Whatever the system reports.
    pub fn start(program: &Path, arguments: &[OsString]) -> io::Result<Self> {
        let mut command = tethered(program, arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let said = Arc::new(LastLines::default());
        let listener = child.stderr.take().map(|stderr| tokio::spawn(listen(stderr, Arc::clone(&said))));
        let to = child.stdin.take();
        let from = child.stdout.take().map(BufReader::new);
        Ok(Self { child, to, from, said, listener })
    }

    /// Sends a message through the pipe.
    ///
    /// # Errors
    /// The program has ended.
    pub async fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let to = self.to.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        to.write_all(message).await?;
        to.write_all(&[0]).await?;
        to.flush().await
    }

    /// The next message from the pipe; `None` once the program has ended. If this future is dropped while it
    /// waits, do not call it again.
    ///
    /// # Errors
    /// A message without an end.
    pub async fn receive(
        &mut self,
        unfinished: &mut Zeroizing<Vec<u8>>,
    ) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        let Some(from) = self.from.as_mut() else { return Ok(None) };
        loop {
            let available = from.fill_buf().await?;
            if available.is_empty() {
                return Ok(None);
            }
            let end = available.iter().position(|byte| *byte == 0);
            let taken = end.unwrap_or(available.len());
            unfinished.extend_from_slice(&available[..taken]);
            from.consume(taken + usize::from(end.is_some()));
            if unfinished.len() > LARGEST_MESSAGE {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            if end.is_some() {
                return Ok(Some(std::mem::take(unfinished)));
            }
        }
    }

    /// The first of its lines, past or future, that contains `words`. Never ready if there is none.
    #[cfg(all(test, unix))]
    async fn says(&self, words: &str) -> String {
        loop {
            let more = self.said.more.notified();
            if let Some(line) = self.lines().into_iter().find(|line| line.contains(words)) {
                return line;
            }
            more.await;
        }
    }

    /// Its last line, for an error.
    pub fn last_words(&self) -> Option<String> {
        self.lines().pop()
    }

    /// How it ended, or `None` if it did not within `at_most`.
    pub async fn ended(&mut self, at_most: Duration) -> Option<ExitStatus> {
        let status = tokio::time::timeout(at_most, self.child.wait()).await.ok()?.ok();
        // Its last output is still arriving. A program that it started may keep that end open.
        if let Some(listener) = &mut self.listener {
            let _ = tokio::time::timeout(LAST_WORDS_WITHIN, listener).await;
        }
        self.listener = None;
        status
    }

    fn lines(&self) -> Vec<String> {
        self.said.lines.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

async fn listen(stderr: ChildStderr, said: Arc<LastLines>) {
    let mut reader = BufReader::new(stderr.take(64 * 1024 * 1024));
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).await.is_ok_and(|length| length > 0) {
        let text: String = String::from_utf8_lossy(&line).trim().chars().take(KEPT_LENGTH).collect();
        line.clear();
        if text.is_empty() {
            continue;
        }
        let mut lines = said.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_back(text);
        if lines.len() > KEPT_LINES {
            lines.pop_front();
        }
        drop(lines);
        said.more.notify_waiters();
    }
}

#[cfg(unix)]
fn tethered(program: &Path, arguments: &[OsString]) -> Command {
    // The browser replaces the shell, and exits when the other end of the pipe is closed.
    let script = r#"exec "$@" 3<&0 4>&1 </dev/null >/dev/null"#;
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(script).arg("sh").arg(program).args(arguments);
    // Ctrl-C on the terminal is meant for this process, whose end also ends the browser.
    command.process_group(0);
    command
}

#[cfg(not(unix))]
fn tethered(program: &Path, arguments: &[OsString]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).kill_on_drop(true);
    command
}

impl Drop for Driven {
    /// Ends the program and everything that it started.
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) =
            self.child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?))
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.start_kill();
        let _ = self.child.try_wait();
    }
}

/// Whether this process runs as root. Chromium's sandbox does not work then.
pub fn is_root() -> bool {
    #[cfg(unix)]
    {
        rustix::process::geteuid().is_root()
    }
    #[cfg(not(unix))]
    false
}

/// Whether a process with this id exists.
pub fn is_alive(id: i32) -> bool {
    #[cfg(unix)]
    {
        rustix::process::Pid::from_raw(id).is_some_and(|id| rustix::process::test_kill_process(id).is_ok())
    }
    #[cfg(not(unix))]
    {
        let _ = id;
        false
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Driven {
        let arguments = ["-c", script].map(OsString::from);
        Driven::start(Path::new("/bin/sh"), &arguments).unwrap()
    }

    #[tokio::test(flavor = "current_thread")]
    async fn messages_go_through_the_pipe() {
        let mut cat = shell("cat <&3 >&4");
        cat.send(b"{\"id\":1}").await.unwrap();
        cat.send(b"two").await.unwrap();
        let mut unfinished = Zeroizing::default();
        let first = cat.receive(&mut unfinished).await.unwrap().unwrap();
        let second = cat.receive(&mut unfinished).await.unwrap().unwrap();
        assert_eq!((&**first, &**second), (&b"{\"id\":1}"[..], &b"two"[..]));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn the_exit_and_the_last_line_are_reported() {
        let mut broken = shell("echo no display >&2; exit 3");
        assert!(broken.receive(&mut Zeroizing::default()).await.unwrap().is_none());
        assert_eq!(broken.ended(Duration::from_secs(60)).await.and_then(|status| status.code()), Some(3));
        assert_eq!(broken.says("display").await, "no display");
        assert_eq!(broken.last_words().as_deref(), Some("no display"));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn dropping_ends_the_whole_group() {
        let driven = shell("sleep 600 & echo started $! >&2; wait");
        let line = driven.says("started").await;
        let grandchild: i32 = line.rsplit(' ').next().unwrap().parse().unwrap();
        assert!(is_alive(grandchild));
        drop(driven);
        while is_alive(grandchild) && !is_zombie(grandchild) {
            tokio::task::yield_now().await;
        }
    }

    fn is_zombie(id: i32) -> bool {
        let stat =
            super::super::fs::read_limited(Path::new(&format!("/proc/{id}/stat")), 4096).unwrap_or_default();
        String::from_utf8_lossy(&stat).contains(") Z")
    }
}
