//! Running a program in a room, with a deadline and captured output.

use std::cell::Cell;
use std::fmt;
use std::fs::{self, File};
use std::io::{Seek as _, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
pub(crate) use rustix::process::Signal;

use super::{PATIENCE, Room};

/// A program about to be run.
pub(crate) struct Run<'r> {
    room: &'r Room,
    program: String,
    arguments: Vec<String>,
    env: Vec<(String, String)>,
    stdin: Vec<u8>,
    hands_over: bool,
    on_terminal: bool,
    kept_open: bool,
    into_file: Option<String>,
    own_group: bool,
}

/// A program that runs.
pub(crate) struct Started<'r> {
    room: &'r Room,
    child: Child,
    stdout: File,
    stderr: File,
    hands_over: bool,
    /// How much of its output was waited for.
    heard: Cell<usize>,
    line: String,
}

/// What a program did.
#[derive(Debug)]
pub(crate) struct Output {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// Its standard output; on a terminal, both outputs as the terminal got them.
    pub(crate) stdout: String,
    /// Its standard error.
    pub(crate) stderr: String,
}

impl Output {
    /// The exit code; 128 plus the signal if one ended it, as in shells.
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| 128 + self.status.signal().unwrap_or(0))
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n--- stdout\n{}\n--- stderr\n{}", self.status, self.stdout, self.stderr)
    }
}

impl<'r> Run<'r> {
    pub(super) fn new(room: &'r Room, program: &str, arguments: &[&str]) -> Self {
        Self {
            room,
            program: program.to_owned(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            env: Vec::new(),
            stdin: Vec::new(),
            hands_over: false,
            on_terminal: false,
            kept_open: false,
            into_file: None,
            own_group: false,
        }
    }

    /// With the variable `name`.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without the variable `name`.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.env.retain(|(of, _)| of != name);
        self
    }

    /// With this on its standard input, or typed on its terminal; without, there is nothing to read.
    pub(crate) fn stdin(mut self, text: &str) -> Self {
        self.stdin = text.as_bytes().to_vec();
        self
    }

    /// It should print secrets on its standard output, which is therefore not searched for them.
    pub(crate) fn hands_over(mut self) -> Self {
        self.hands_over = true;
        self
    }

    /// On a terminal of its own (with `script` of util-linux).
    pub(crate) fn on_terminal(mut self) -> Self {
        self.on_terminal = true;
        self
    }

    /// On a terminal where somebody types while it runs; see [`Started::types`].
    pub(crate) fn somebody_types(mut self) -> Self {
        self.kept_open = true;
        self.on_terminal()
    }

    /// Its standard output is the file `path`.
    pub(crate) fn into_file(mut self, path: &str) -> Self {
        self.into_file = Some(path.to_owned());
        self
    }

    /// Subject to the modes of files and folders, which root otherwise is not.
    pub(crate) fn bound_by_modes(self) -> Self {
        self.less("-dac_override,-dac_read_search")
    }

    /// Without any capabilities, even as root.
    pub(crate) fn without_powers(self) -> Self {
        self.less("-all")
    }

    fn less(mut self, powers: &str) -> Self {
        if rustix::process::geteuid().is_root() {
            let program = std::mem::replace(&mut self.program, "setpriv".to_owned());
            self.arguments.splice(0..0, [format!("--bounding-set={powers}"), program]);
        }
        self
    }

    /// As another user of the machine, who owns nothing and is in no group.
    pub(crate) fn by_somebody_else(mut self) -> Self {
        let words: &[&str] = match rustix::process::geteuid().is_root() {
            true => &["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"],
            false => &["sudo", "-n", "-u", "nobody"],
        };
        let program = std::mem::replace(&mut self.program, words[0].to_owned());
        let before = words[1..].iter().map(|&word| word.to_owned()).chain([program]);
        self.arguments.splice(0..0, before);
        self
    }

    /// Started by these words.
    pub(super) fn behind(mut self, words: Vec<String>) -> Self {
        let program = std::mem::take(&mut self.program);
        let mut words = words.into_iter().chain([program]);
        self.program = words.next().unwrap_or_default();
        self.arguments.splice(0..0, words);
        self
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Output {
        self.start().wait()
    }

    /// In its own process group, as a shell with job control starts it. An orphaned one, as in a test, is not
    /// stopped by TSTP (POSIX, "Orphaned process group").
    pub(crate) fn job_of_its_own(mut self) -> Self {
        self.own_group = true;
        self
    }

    /// Starts it.
    pub(crate) fn start(self) -> Started<'r> {
        // Files instead of pipes: nothing has to be read while it runs, and a grandchild cannot block
        // anything.
        let (mut stdout, stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        if let Some(path) = &self.into_file {
            stdout = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
        }
        let mut stdin = tempfile::tempfile().unwrap();
        stdin.write_all(&self.stdin).unwrap();
        stdin.rewind().unwrap();
        let line = format!("{} {}", self.program, self.arguments.join(" "));
        let mut command = if self.on_terminal {
            let words = std::iter::once(&self.program).chain(&self.arguments);
            let quoted: Vec<String> =
                words.map(|word| format!("'{}'", word.replace('\'', r"'\''"))).collect();
            let mut script = Command::new("script");
            script.args(["-qec", &format!("exec {}", quoted.join(" ")), "/dev/null"]);
            script
        } else {
            let mut command = Command::new(&self.program);
            command.args(&self.arguments);
            command
        };
        if self.own_group {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        let child = command
            .env_clear()
            .envs(self.on_terminal.then_some(("TERM", "xterm-256color")))
            .envs(self.env)
            .current_dir(self.room.path(""))
            .stdin(if self.kept_open { Stdio::piped() } else { Stdio::from(stdin) })
            .stdout(Stdio::from(stdout.try_clone().unwrap()))
            .stderr(Stdio::from(stderr.try_clone().unwrap()))
            .spawn();
        let child = child.unwrap_or_else(|error| panic!("cannot start {line}: {error}"));
        Started {
            room: self.room,
            child,
            stdout,
            stderr,
            hands_over: self.hands_over,
            heard: Cell::new(0),
            line,
        }
    }
}

impl Started<'_> {
    /// Waits until it prints `text`, on its terminal or on either output, after what was waited for before;
    /// returns what it has printed since then.
    pub(crate) fn says(&self, text: &str) -> String {
        let begun = Instant::now();
        loop {
            let all = whole(&self.stdout) + &whole(&self.stderr);
            let said = &all[self.heard.get()..];
            if let Some(at) = said.find(text) {
                let said = said.to_owned();
                self.heard.set(self.heard.get() + at + text.len());
                return said;
            }
            assert!(begun.elapsed() < PATIENCE, "{} never said {text:?}, but: {said}", self.line);
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Whether it has printed `text` so far.
    pub(crate) fn has_said(&self, text: &str) -> bool {
        (whole(&self.stdout) + &whole(&self.stderr)).contains(text)
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The processes that serve it: the companion of `exec --refresh`.
    pub(crate) fn companions(&self) -> Vec<u32> {
        companions(self.child.id())
    }

    /// Types on its terminal.
    pub(crate) fn types(&mut self, text: &str) {
        let stdin = self.child.stdin.as_mut().expect("nobody types here");
        stdin.write_all(text.as_bytes()).and_then(|()| stdin.flush()).unwrap();
    }

    /// Types what its terminal should not show, once it does not echo: a program that hides its input
    /// discards what was typed before.
    pub(crate) fn types_unseen(&mut self, text: &str) {
        let begun = Instant::now();
        while self.echoes() {
            assert!(begun.elapsed() < PATIENCE, "{} hides nothing", self.line);
            std::thread::sleep(Duration::from_millis(2));
        }
        self.types(text);
    }

    /// Whether its terminal echoes. `script` holds the other end, which knows the terminal's number.
    pub(crate) fn echoes(&self) -> bool {
        let ends = fs::read_dir(format!("/proc/{}/fdinfo", self.child.id())).unwrap();
        let number = ends.flatten().find_map(|end| {
            let text = fs::read_to_string(end.path()).ok()?;
            text.lines().find_map(|line| Some(line.strip_prefix("tty-index:")?.trim().to_owned()))
        });
        let Some(number) = number else { return true };
        let mut options = fs::OpenOptions::new();
        options.read(true).custom_flags(OFlags::NOCTTY.bits().cast_signed());
        let terminal = options.open(format!("/dev/pts/{number}")).unwrap();
        let modes = rustix::termios::tcgetattr(&terminal).unwrap().local_modes;
        modes.contains(rustix::termios::LocalModes::ECHO)
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// Waits for its end; the test fails if that does not come.
    pub(crate) fn wait(mut self) -> Output {
        let output = self.end().unwrap_or_else(|| {
            panic!("{} hangs after saying: {}{}", self.line, whole(&self.stdout), whole(&self.stderr))
        });
        if !self.hands_over {
            self.room.remember(&self.line, &output.stdout);
        }
        self.room.remember(&self.line, &output.stderr);
        output
    }

    /// How it ended, or nothing if it had to be killed.
    pub(super) fn end(&mut self) -> Option<Output> {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if begun.elapsed() > PATIENCE {
                self.child.kill().unwrap();
                self.child.wait().unwrap();
                return None;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        Some(Output { status, stdout: whole(&self.stdout), stderr: whole(&self.stderr) })
    }
}

/// The processes that serve the process `id`.
fn companions(id: u32) -> Vec<u32> {
    let of = format!("--companion-of={id}\0");
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let serve = processes.filter(|process| {
        fs::read(process.path().join("cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains(&of))
    });
    serve.filter_map(|process| process.file_name().to_str()?.parse().ok()).collect()
}

/// Everything in `file`, read without moving the position, which the writing program shares.
fn whole(file: &File) -> String {
    let mut bytes = vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}
