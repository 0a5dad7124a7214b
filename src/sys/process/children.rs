//! Programs that run side by side as children, and that all end when this process is told to end.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use zeroize::Zeroizing;

use super::start::command;
use super::told::{end, when_told_to_end};

/// How long a child that was told to end may take before it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// How long this process may take after its last child, to say what came of them.
const LAST_WORDS: Duration = Duration::from_secs(10);
/// How long the output of a child that has ended is waited for: something that it started may hold it open.
const LAST_OUTPUT: Duration = Duration::from_secs(2);
/// How often it is looked whether all children have ended.
const LOOK: Duration = Duration::from_millis(20);
/// A longer line is handed on in pieces of this many bytes.
const LONGEST_LINE: u64 = 64 * 1024;

/// Which output a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputStream {
    /// Its standard output.
    Stdout,
    /// Its standard error.
    Stderr,
}

/// Children of this process. Each is in a process group of its own, with all that it starts.
pub struct Children(Arc<Mutex<Family>>);

#[derive(Default)]
struct Family {
    /// The process groups.
    groups: BTreeSet<u32>,
    /// The exit code of a process that was told to end.
    told: Option<u8>,
}

impl Children {
    /// None yet. From now on, what tells this process to end is passed on to all children; those that do not end are killed
    /// after a few seconds.
    ///
    /// # Errors
    /// The system does not report signals.
    pub fn new() -> io::Result<Self> {
        let family = Arc::new(Mutex::new(Family::default()));
        let told = Arc::clone(&family);
        when_told_to_end(move |code| end_all(&told, code))?;
        Ok(Self(family))
    }

    /// The exit code for it, once this process was told to end.
    pub fn told(&self) -> Option<u8> {
        locked(&self.0).told
    }

    /// Runs `program` to its end, without the variables in `remove` and with those in `set`, with nothing to read, and hands
    /// over each line of its output without its end.
    ///
    /// # Errors
    /// It could not be started; `Interrupted` once this process was told to end.
    pub async fn run(
        &self,
        program: &OsString,
        arguments: &[OsString],
        remove: &[&str],
        set: impl IntoIterator<Item = (impl AsRef<OsStr>, Zeroizing<String>)>,
        line: impl Fn(OutputStream, &[u8]),
    ) -> io::Result<ExitStatus> {
        let mut command = tokio::process::Command::from(command(program, arguments, remove, set));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let (mut child, member) = {
            // Nobody is told to end between the start and the entry in the list.
            let mut family = locked(&self.0);
            if family.told.is_some() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let child = command.spawn()?;
            family.groups.extend(child.id());
            let member = Member { family: &self.0, group: child.id() };
            (child, member)
        };
        // It has its own copy of the variables.
        drop(command);
        let stdout = child.stdout.take();
        let stderr = child.stderr.take();
        let reading = async {
            tokio::join!(
                lines(stdout, |text| line(OutputStream::Stdout, text)),
                lines(stderr, |text| line(OutputStream::Stderr, text)),
            );
        };
        let mut reading = std::pin::pin!(reading);
        let status = tokio::select! {
            status = child.wait() => {
                let _ = tokio::time::timeout(LAST_OUTPUT, reading).await;
                status
            }
            () = &mut reading => child.wait().await,
        };
        drop(member);
        status
    }
}

/// A child that runs. When it has ended, or nobody waits for it any more, its group is not told anything: the system may
/// give its number to another one.
struct Member<'f> {
    family: &'f Mutex<Family>,
    group: Option<u32>,
}

impl Drop for Member<'_> {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            locked(self.family).groups.remove(&group);
        }
    }
}

fn locked(family: &Mutex<Family>) -> MutexGuard<'_, Family> {
    family.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hands over each line of `from`, the last one as well if it has no end.
async fn lines(from: Option<impl AsyncRead + Unpin>, each: impl Fn(&[u8])) {
    let Some(from) = from else { return };
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while (&mut from).take(LONGEST_LINE).read_until(b'\n', &mut line).await.is_ok_and(|length| length > 0) {
        each(line.strip_suffix(b"\n").unwrap_or(&line));
        line.clear();
    }
}

/// Tells every child to end, kills those that do not, and ends this process if that does not end by itself.
fn end_all(family: &Mutex<Family>, code: u8) {
    locked(family).told = Some(code);
    signal(&locked(family).groups, code.saturating_sub(128));
    let is_alone = || locked(family).groups.is_empty();
    wait_for(GRACE, is_alone);
    signal(&locked(family).groups, KILL);
    wait_for(LAST_WORDS, || false);
    end(code)
}

fn wait_for(at_most: Duration, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() && begun.elapsed() < at_most {
        std::thread::sleep(LOOK);
    }
}

/// The signal that nothing survives.
const KILL: u8 = 9;

/// Sends a signal to each of `groups`. A stopped process hears of it only when it goes on. On Windows Ctrl-C reaches all
/// processes of the console by itself.
fn signal(groups: &BTreeSet<u32>, number: u8) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        let signal = match number {
            1 => Signal::HUP,
            2 => Signal::INT,
            KILL => Signal::KILL,
            _ => Signal::TERM,
        };
        let ids = groups.iter().filter_map(|id| Pid::from_raw(i32::try_from(*id).ok()?));
        for id in ids {
            let _ = kill_process_group(id, signal);
            let _ = kill_process_group(id, Signal::CONT);
        }
    }
    #[cfg(not(unix))]
    let _ = (groups, number);
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn run(script: &str) -> (Vec<String>, Option<i32>) {
        let said = RefCell::default();
        let children = Children(Arc::default());
        let line = |stream: OutputStream, line: &[u8]| {
            let sign = if stream == OutputStream::Stdout { '1' } else { '2' };
            RefCell::<Vec<String>>::borrow_mut(&said)
                .push(format!("{sign}{}", String::from_utf8_lossy(line)));
        };
        let shell = OsString::from("/bin/sh");
        let arguments = ["-c", script].map(OsString::from);
        let none: [(&str, Zeroizing<String>); 0] = [];
        let run = children.run(&shell, &arguments, &["HOME"], none, line);
        let status = super::super::block_on(run).unwrap();
        assert!(locked(&children.0).groups.is_empty());
        (said.into_inner(), status.code())
    }

    #[test]
    fn every_line_is_handed_over() {
        let (said, code) = run("echo a; printf 'b\\n\\nc'; exit 3");
        assert_eq!((said, code), (["1a", "1b", "1", "1c"].map(str::to_owned).to_vec(), Some(3)));
        assert_eq!(run("echo x >&2; read line || echo ${HOME-unset}").0, ["2x", "1unset"]);
        let (said, _) = run("printf '%070000d' 0");
        assert_eq!(said.iter().map(String::len).collect::<Vec<_>>(), [65_537, 70_000 - 65_536 + 1]);
    }

    /// A child that leaves something behind holds nobody up.
    #[test]
    fn what_a_child_leaves_behind_is_not_waited_for() {
        let (said, code) = run("sleep 600 & echo $!; exit 0");
        assert_eq!(code, Some(0));
        let id: i32 = said[0][1..].parse().unwrap();
        let id = rustix::process::Pid::from_raw(id).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::KILL).unwrap();
    }
}
