//! Other programs, and this process itself.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use zeroize::Zeroizing;

use jit_wire::secret::Secret;

/// The path that this program was started by, links left as they are, so that a package upgrade behind a link does
/// not break what was written down.
///
/// # Errors
/// Whatever the system says.
pub fn own_path() -> io::Result<PathBuf> {
    let started_as = std::env::args_os().next().map(PathBuf::from);
    match started_as {
        Some(path) if path.is_absolute() && path.is_file() => Ok(path),
        Some(path) if path.components().count() > 1 => std::path::absolute(path),
        Some(name) => on_path(&name).map_or_else(std::env::current_exe, Ok),
        None => std::env::current_exe(),
    }
}

/// `path` from the root on, seen from the folder that this process is in; links and dots are left as they are.
///
/// # Errors
/// Whatever the system says.
pub fn absolute(path: &std::path::Path) -> io::Result<PathBuf> {
    std::path::absolute(path)
}

/// What was typed, the program's name first.
pub fn words() -> Vec<OsString> {
    #[cfg(unix)]
    let words = super::companion::typed();
    #[cfg(not(unix))]
    let words = std::env::args_os();
    words.collect()
}

/// Whether `--json` is on the command line before a `--`, for when that cannot be parsed.
pub fn asked_for_json() -> bool {
    std::env::args_os().skip(1).take_while(|argument| argument != "--").any(|argument| argument == "--json")
}

fn on_path(name: &std::path::Path) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path);
    folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// The program that `name` means: a path as it is, a bare name on the search path.
pub fn find_program(name: &std::path::Path) -> Option<PathBuf> {
    let bare = name.components().count() == 1 && !name.is_absolute();
    if bare { on_path(name) } else { Some(name.to_owned()).filter(|path| path.is_file()) }
}

/// The file that `program` is, behind all links; itself where that cannot be told.
pub fn behind_links(program: &std::path::Path) -> PathBuf {
    program.canonicalize().unwrap_or_else(|_| program.to_owned())
}

/// Where programs with windows are installed: `/Applications`, `%ProgramFiles%` and their like.
pub fn program_folders() -> Vec<PathBuf> {
    if cfg!(windows) {
        let names = ["ProgramFiles", "ProgramFiles(x86)", "LocalAppData"];
        names.iter().filter_map(std::env::var_os).map(PathBuf::from).collect()
    } else if cfg!(target_os = "macos") {
        let own = std::env::var_os("HOME").map(|home| PathBuf::from(home).join("Applications"));
        std::iter::once(PathBuf::from("/Applications")).chain(own).collect()
    } else {
        Vec::new()
    }
}

/// The file that Windows means by `program`: as cmd.exe does it, in each folder with each ending of `PATHEXT` unless it has
/// one of them. By itself, starting a program finds `.exe` alone, and `npm`, or an `aws` that pip installed, is none.
/// Nothing is looked for in the current folder unless it is named.
#[cfg(any(windows, test))]
fn with_ending(program: &std::path::Path, endings: &str, folders: &[PathBuf]) -> Option<PathBuf> {
    let endings: Vec<&str> = endings.split(';').filter(|ending| ending.starts_with('.')).collect();
    let bare = program.components().count() == 1 && !program.is_absolute();
    let places = if bare {
        folders.iter().map(|folder| folder.join(program)).collect()
    } else {
        vec![program.to_owned()]
    };
    let has_one = program
        .extension()
        .is_some_and(|extension| endings.iter().any(|ending| extension.eq_ignore_ascii_case(&ending[1..])));
    places.into_iter().find_map(|place| {
        if has_one {
            return place.is_file().then_some(place);
        }
        let mut candidates = endings.iter().map(|ending| {
            let mut name = place.clone().into_os_string();
            name.push(ending.to_ascii_lowercase());
            PathBuf::from(name)
        });
        candidates.find(|candidate| candidate.is_file())
    })
}

/// `program` as it is to be started: on Windows the file that it means, if there is one.
fn startable(program: &OsString) -> OsString {
    #[cfg(windows)]
    {
        let endings = std::env::var("PATHEXT").unwrap_or_else(|_| ".COM;.EXE;.BAT;.CMD".to_owned());
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> =
            std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
        let found = with_ending(std::path::Path::new(program), &endings, &folders);
        found.map_or_else(|| program.clone(), PathBuf::into_os_string)
    }
    #[cfg(not(windows))]
    program.clone()
}

fn command(
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

/// Runs `program` as a child, with the variables in `remove` gone and those in `set` added, and waits for its end.
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

/// Becomes `program` (on Unix by `execve`, so that signals and the exit code are its own), with the variables in
/// `remove` gone and those in `set` added. Returns only if that failed. On Windows the program runs as a child and
/// this process ends with its code.
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
        // Ctrl-C reaches both of us, and it is the child's to answer: without these, this process would end at once, and leave
        // a child that tidies up to fight with the shell over the console.
        let _ours = (tokio::signal::windows::ctrl_c(), tokio::signal::windows::ctrl_break());
        match command.status() {
            Ok(status) => end_as(status),
            Err(error) => error,
        }
    }
}

/// Ends this process as another one ended: with all of its code, of which Windows has 32 bits.
pub fn end_as(status: ExitStatus) -> ! {
    end_with(code_of(status))
}

fn end_with(code: i32) -> ! {
    #[expect(clippy::exit, reason = "the child's code becomes ours; nothing is left to do")]
    std::process::exit(code)
}

/// Runs `program` as a child of this runtime, and waits for its end: the way of Windows, where no process can become another.
/// Ctrl-C and its like reach the child by themselves, and are its to answer.
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

/// Runs the program that the first of `words` names, with the others as its arguments and the variables in `set` added, and
/// gives what it prints. It speaks to the person through this process's stderr, and reads this process's stdin where it
/// `may_ask`. It is ended, with what it started where it may not ask, when it takes longer than `at_most`, prints more than
/// `limit` bytes, or this process is told to end.
///
/// # Errors
/// What became of it, as the end of a sentence that begins with its name.
pub async fn answer(
    words: &[String],
    set: &[(&str, String)],
    may_ask: bool,
    at_most: Duration,
    limit: u64,
) -> Result<Secret<Vec<u8>>, String> {
    use tokio::io::AsyncReadExt as _;
    let [program, arguments @ ..] = words else { return Err("names no program".to_owned()) };
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).envs(set.iter().map(|(name, value)| (name, value)));
    command.stdin(if may_ask { Stdio::inherit() } else { Stdio::null() });
    command.stdout(Stdio::piped()).kill_on_drop(true);
    // Who asks needs the terminal, and so has to stay in its group.
    #[cfg(unix)]
    if !may_ask {
        command.process_group(0);
    }
    let mut told = Told::listen().map_err(|error| format!("cannot be looked after: {error}"))?;
    let mut child = command.spawn().map_err(|error| format!("cannot be started: {error}"))?;
    let mut group = Group::of(&child, may_ask);
    let run = async {
        // As large as it may become, so that no copy of a secret is left where it grew.
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
            Ok(status) => Err(format!("ended with {status}")),
            Err(error) => Err(format!("is lost: {error}")),
        }
    };
    tokio::select! {
        answer = run => {
            if child.id().is_none() {
                group.is_gone();
            }
            answer
        }
        () = tokio::time::sleep(at_most) => Err(format!("has not answered within {} seconds", at_most.as_secs())),
        code = told.wait() => {
            group.end();
            end(code)
        }
    }
}

/// A program and what it started, ended when this is dropped before the program has ended.
struct Group {
    #[cfg(unix)]
    id: Option<rustix::process::Pid>,
    #[cfg(unix)]
    alone: bool,
}

impl Group {
    /// `shared`: it is in the group of this process, so that only the program itself can be ended.
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

    /// The program has ended, and its number may be another's.
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
            // One that shares the terminal may have to set it right first.
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

/// Its exit code, or 128 and the number of the signal that ended it.
fn code_of(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + signal;
    }
    status.code().unwrap_or(1)
}

/// Hears when this process is told to end, by Ctrl-C and, on Unix, by a terminal that closes or by `kill`, from its making on:
/// so it is made before whatever has to be cleared away is started. What comes while nobody waits is kept until somebody does.
///
/// The system's own way, which is to end at once, does not come back once this has been made. So while there is none of
/// these, a thread ends the process ([`end_when_told`]), and nothing that comes in between is lost.
pub struct Told(Signals);

/// How many [`Told`] there are.
static LISTENERS: AtomicUsize = AtomicUsize::new(0);

impl Told {
    /// Listens from now on. Needs a runtime.
    ///
    /// # Errors
    /// The system does not tell of such things.
    pub fn listen() -> io::Result<Self> {
        end_when_told()?;
        let signals = Signals::listen()?;
        LISTENERS.fetch_add(1, Ordering::SeqCst);
        Ok(Self(signals))
    }

    /// Waits until this process is told to end. The answer is the exit code for that: 128 and the signal's number, as shells
    /// tell it.
    pub async fn wait(&mut self) -> u8 {
        self.0.wait().await
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        LISTENERS.fetch_sub(1, Ordering::SeqCst);
        // What has come unseen, which the thread has left to this one.
        let mut unseen = std::pin::pin!(self.0.wait());
        if let Poll::Ready(code) = unseen.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            end(code);
        }
    }
}

/// Has this process end when it is told to, what has to be put right at the terminal put right, unless a [`Told`] is there to
/// do more. It is listened for when this returns, and for as long as the process lives.
///
/// # Errors
/// The system does not tell of such things.
pub fn end_when_told() -> io::Result<()> {
    static STARTED: Mutex<bool> = Mutex::new(false);
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    if !*started {
        in_a_thread(Signals::listen, async |mut signals| {
            loop {
                let code = signals.wait().await;
                if LISTENERS.load(Ordering::SeqCst) == 0 {
                    end(code);
                }
            }
        })?;
        *started = true;
    }
    Ok(())
}

/// Has `then` done, with the exit code, when this process is told to end; for who has no runtime to wait in. It is listened
/// for when this returns.
///
/// # Errors
/// The system does not tell of such things.
pub fn when_told_to_end(then: impl FnOnce(u8) + Send + 'static) -> io::Result<()> {
    in_a_thread(Told::listen, async |mut told| then(told.wait().await))
}

/// Listens in a thread with a runtime of its own, and returns when it does.
fn in_a_thread<L>(
    listen: impl FnOnce() -> io::Result<L> + Send + 'static,
    then: impl AsyncFnOnce(L) + Send + 'static,
) -> io::Result<()> {
    let (listening, listens) = std::sync::mpsc::channel();
    let listener = move || {
        block_on(async {
            match listen() {
                Ok(signals) => {
                    let _ = listening.send(Ok(()));
                    then(signals).await;
                }
                Err(error) => drop(listening.send(Err(error))),
            }
        });
    };
    std::thread::Builder::new().name("told to end".to_owned()).spawn(listener)?;
    listens.recv().unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))
}

/// What tells a process to end.
#[cfg(unix)]
struct Signals([(u8, tokio::signal::unix::Signal); 3]);

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self([
            (128 + 2, signal(SignalKind::interrupt())?),
            (128 + 1, signal(SignalKind::hangup())?),
            (128 + 15, signal(SignalKind::terminate())?),
        ]))
    }

    async fn wait(&mut self) -> u8 {
        let [interrupt, hangup, terminate] = &mut self.0;
        tokio::select! {
            _ = interrupt.1.recv() => interrupt.0,
            _ = hangup.1.recv() => hangup.0,
            _ = terminate.1.recv() => terminate.0,
        }
    }
}

/// What tells a process to end.
#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC, tokio::signal::windows::CtrlBreak);

#[cfg(windows)]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self(tokio::signal::windows::ctrl_c()?, tokio::signal::windows::ctrl_break()?))
    }

    async fn wait(&mut self) -> u8 {
        tokio::select! { _ = self.0.recv() => {} _ = self.1.recv() => {} }
        128 + 2
    }
}

/// Ends this process at once, with this exit code. The terminal is left as it was found.
pub fn end(code: u8) -> ! {
    super::terminal::put_modes_back();
    #[expect(clippy::exit, reason = "the person asked for the end, and what was to be cleared is cleared")]
    std::process::exit(code.into())
}

/// Runs `future` on a runtime of this thread, made for it. The warm path never comes here.
pub fn block_on<F: Future>(future: F) -> F::Output {
    #[expect(
        clippy::expect_used,
        reason = "fails only where the system has no file descriptors left to give"
    )]
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("an event queue");
    runtime.block_on(future)
}

/// Keeps the memory of this process from other processes of the same user, and out of core dumps. Linux forgets
/// this at `execve`, so a child is not changed by it.
pub fn shield_memory() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_windows_a_command_is_a_file_with_one_of_the_endings() {
        let [first, second] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        for (folder, name) in
            [(&first, "npm.cmd"), (&first, "npm"), (&second, "npm.exe"), (&second, "aws.exe")]
        {
            super::super::fs::write_atomically(&folder.path().join(name), b"").unwrap();
        }
        let folders = [first.path().to_owned(), second.path().to_owned()];
        let find = |name: &str| with_ending(std::path::Path::new(name), ".COM;.EXE;.BAT;.CMD;;x", &folders);
        let cases = [
            ("npm", Some(first.path().join("npm.cmd"))),
            ("npm.exe", Some(second.path().join("npm.exe"))),
            ("aws", Some(second.path().join("aws.exe"))),
            ("aws.1", None),
            ("", None),
        ];
        for (name, expected) in cases {
            assert_eq!(find(name), expected, "{name}");
        }
        let path = second.path().join("aws");
        assert_eq!(
            with_ending(&path, ".EXE", &[]),
            Some(second.path().join("aws.exe")),
            "a path is not searched for"
        );
    }
}
