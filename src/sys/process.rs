//! Other programs, and this process itself.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::secret::Secret;

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
    std::env::args_os().collect()
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
    set: impl IntoIterator<Item = (Cow<'static, str>, Zeroizing<String>)>,
) -> Command {
    let mut command = Command::new(startable(program));
    command.args(arguments);
    for name in remove {
        command.env_remove(name);
    }
    for (name, value) in set {
        command.env(&*name, &*value);
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
    set: impl IntoIterator<Item = (Cow<'static, str>, Zeroizing<String>)>,
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
    set: impl IntoIterator<Item = (Cow<'static, str>, Zeroizing<String>)>,
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

/// Runs `program` as a child of this runtime, and waits for its end. Ctrl-C reaches it by itself; a terminal that closes
/// and `kill` are handed on. The answer is how it ended.
///
/// # Errors
/// It could not be started.
pub async fn attend(
    program: &OsString,
    arguments: &[OsString],
    remove: &[&str],
    set: impl IntoIterator<Item = (Cow<'static, str>, Zeroizing<String>)>,
) -> io::Result<ExitStatus> {
    let mut child = tokio::process::Command::from(command(program, arguments, remove, set)).spawn()?;
    loop {
        tokio::select! {
            status = child.wait() => return status,
            told = told_to_end() => hand_on(told?, &child),
        }
    }
}

/// Runs the program that the first of `words` names, with the others as its arguments and the variables in `set` added, and
/// gives what it prints. It speaks to the person through this process's stderr, and reads this process's stdin where it
/// `may_ask`. It is ended when it takes longer than `at_most`, or prints more than `limit` bytes.
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
    let mut child = command.spawn().map_err(|error| format!("cannot be started: {error}"))?;
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
    let late = || Err(format!("has not answered within {} seconds", at_most.as_secs()));
    tokio::time::timeout(at_most, run).await.unwrap_or_else(|_| late())
}

/// Its exit code, or 128 and the number of the signal that ended it.
fn code_of(status: ExitStatus) -> i32 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return 128 + signal;
    }
    status.code().unwrap_or(1)
}

/// `code` is that of [`told_to_end`].
fn hand_on(code: u8, child: &tokio::process::Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process};
        let id = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let signal = match code {
            129 => Some(Signal::HUP),
            143 => Some(Signal::TERM),
            _ => None,
        };
        if let (Some(id), Some(signal)) = (id, signal) {
            let _ = kill_process(id, signal);
        }
    }
    #[cfg(not(unix))]
    let _ = (code, child);
}

/// Waits until this process is told to end: by Ctrl-C and, on Unix, by a terminal that closes or by `kill`. The answer
/// is the exit code for that, 128 and the signal's number, as shells tell it.
///
/// # Errors
/// The system does not tell of such things.
pub async fn told_to_end() -> io::Result<u8> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut signals = [
            signal(SignalKind::interrupt())?,
            signal(SignalKind::hangup())?,
            signal(SignalKind::terminate())?,
        ];
        let [interrupt, hangup, terminate] = &mut signals;
        tokio::select! {
            _ = interrupt.recv() => Ok(128 + 2),
            _ = hangup.recv() => Ok(128 + 1),
            _ = terminate.recv() => Ok(128 + 15),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.map(|()| 128 + 2)
}

/// Has Ctrl-C and its like end this process again, once [`told_to_end`] has been waited for and is no more: the
/// system's own way is not restored by that.
pub fn end_when_told() {
    std::thread::spawn(|| {
        if let Ok(code) = block_on(told_to_end()) {
            end(code);
        }
    });
}

/// Ends this process at once, with this exit code.
pub fn end(code: u8) -> ! {
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
