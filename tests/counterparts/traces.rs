//! Every command under `strace`, at the most talkative level of the log: what it writes into files, even those that are gone
//! afterwards, the paths it names, the arguments and the environment of every program that is started. No secret that the
//! servers issued is among it, but in the environment of the one program that `exec` is told to become.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use clap::CommandFactory as _;
use jit::cli::Cli;
use jit::demo::{Approval, Call, Refusal, Settings, Trouble};

use crate::demo_room::{Output, Room, Run};
use crate::support::on_path;

/// What a role is handed to, by name: the one that may have keys in its environment.
const CHILD: &str = "the-child";
/// Where nothing is kept.
const DEVICES: [&str; 4] = ["/dev/null", "/dev/tty", "/dev/pts/", "/proc/self/"];

/// A room, and beside it what was seen of the programs in it.
struct Watched {
    room: Room,
    traces: tempfile::TempDir,
    commands: std::cell::RefCell<BTreeSet<String>>,
}

impl Watched {
    fn new(room: Room) -> Self {
        // Without power over it, `strace` cannot read the memory of a process that is not dumpable.
        assert!(
            rustix::process::geteuid().is_root(),
            "what `jit` passes to the kernel can only be read as root"
        );
        on_path("strace", "strace");
        room.write(CHILD, "#!/bin/sh\nexit 0\n");
        fs::set_permissions(room.path(CHILD), fs::Permissions::from_mode(0o755)).unwrap();
        Self { room, traces: tempfile::tempdir().unwrap(), commands: Default::default() }
    }

    /// `jit` under `strace`, a file of its own for each process, so that no line is torn.
    fn jit(&self, arguments: &[&str]) -> Run<'_> {
        let number = self.commands.borrow().len();
        self.commands.borrow_mut().insert(format!("{number:02} {}", arguments.join(" ")));
        let prefix = self.traces.path().join(format!("{number:02}")).display().to_string();
        let mut line = vec!["-ff", "-qq", "-v", "-y", "-s", "1000000", "-o", &prefix];
        line.extend(["-e", "trace=%file,execve,write,writev,pwrite64,pwritev", env!("CARGO_BIN_EXE_jit")]);
        line.extend(arguments);
        self.room.program("strace", &line).env("JIT_LOG", "trace").env("RUST_BACKTRACE", "full")
    }

    /// It ends with `code`, and what it prints is no secret.
    fn says(&self, code: i32, arguments: &[&str]) -> Output {
        self.ends(code, self.jit(arguments))
    }

    /// It ends with `code`, and is meant to print a secret.
    fn hands_over(&self, arguments: &[&str]) -> Output {
        self.ends(0, self.jit(arguments).hands_over())
    }

    fn ends(&self, code: i32, run: Run<'_>) -> Output {
        let output = run.run();
        assert_eq!(output.code(), code, "{:?}: {output}", self.commands.borrow().last());
        output
    }

    /// Searches what was seen; the names of the commands that ran.
    fn check(&self) -> BTreeSet<String> {
        let mut lines: Vec<(String, String)> = Vec::new();
        for file in fs::read_dir(self.traces.path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            lines.extend(text.lines().filter_map(|line| Some((name.clone(), visible(line)?))));
        }
        let commands = self.commands.borrow();
        let command = |trace: &str| commands.iter().find(|one| one[..2] == trace[..2]).unwrap().clone();
        let texts: Vec<&str> = lines.iter().map(|(_, line)| line.as_str()).collect();
        for ((trace, line), found) in lines.iter().zip(self.room.secrets_in(&texts)) {
            let start: String = line.chars().take(300).collect();
            assert!(found.is_empty(), "{found:?} seen in `{}`: {start}", command(trace));
            if let Some(path) = written(line) {
                let own = Path::new(path).starts_with(self.room.path(""));
                let device = DEVICES.iter().any(|device| path.starts_with(device));
                assert!(
                    own || device || path.starts_with("/proc/thread-self"),
                    "`{}` writes {path}",
                    command(trace)
                );
            }
        }
        // That the eyes were open: what is no secret was seen where secrets would have been.
        let all = texts.join("\n");
        for sign in ["\"JIT_LOG=trace\"", "state/jit/locks", ".jit-"] {
            assert!(all.contains(sign), "{sign} was not seen");
        }
        commands.iter().filter_map(|line| line.split(' ').nth(1).map(str::to_owned)).collect()
    }
}

/// What others could see of a call: nothing of what goes to a socket or a pipe, of the environment of the one child, and of
/// the two outputs, which the room searches itself.
fn visible(line: &str) -> Option<String> {
    let (call, rest) = line.split_once('(')?;
    match call {
        "write" | "writev" | "pwrite64" | "pwritev" => {
            let (number, target) = rest.split_once('<')?;
            (target.starts_with('/') && !["1", "2"].contains(&number)).then(|| line.to_owned())
        }
        "execve" => {
            let (program, arguments) = rest.split_once(", [")?;
            let (arguments, _) = arguments.split_once("], [")?;
            let is_child = program.ends_with(&format!("/{CHILD}\""));
            Some(if is_child { format!("{program} {arguments}") } else { line.to_owned() })
        }
        _ => Some(line.to_owned()),
    }
}

/// The path of a file that is opened to be written, if that worked.
fn written(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("openat(").or_else(|| line.strip_prefix("creat("))?;
    let writes = ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| rest.contains(flag));
    if !writes || line.contains(") = -1 ") {
        return None;
    }
    let path = rest.split('"').nth(1)?;
    path.starts_with('/').then_some(path)
}

#[test]
fn no_command_shows_a_secret_to_others() {
    let settings = Settings {
        approval: Approval::AtOnce,
        device_interval: Duration::from_secs(1),
        ..Settings::default()
    };
    let watched = Watched::new(Room::with(settings));
    let room = &watched.room;
    let child = room.path(CHILD).display().to_string();
    let manual = room.path("man").display().to_string();

    watched.says(0, &["login", "admin"]);
    for line in
        ["status", "status --json", "status --check", "roles", "explain admin", "explain admin --json"]
    {
        watched.says(0, &line.split(' ').collect::<Vec<_>>());
    }
    watched.says(0, &["whoami", "admin", "--json"]);
    for shell in ["bash", "fish", "powershell", "json", "dotenv"] {
        watched.hands_over(&["env", "admin", "--shell", shell]);
    }
    watched.says(0, &["exec", "admin", "--", &child]);
    watched.says(0, &["exec", "admin", "--refresh", "--", &child]);
    watched.says(0, &["exec", "admin", "--read-only", "--", &child]);
    watched.says(127, &["exec", "admin", "--", "/nowhere/the-child"]);
    watched.hands_over(&["console", "admin", "--print"]);
    let visits = room.count(Call::Federation);
    watched.says(0, &["console", "admin"]);
    room.until("the browser's visit", |room| room.count(Call::Federation) == visits + 2);
    watched.ends(0, watched.jit(&["doctor"]));
    watched.says(0, &["completions", "bash"]);
    watched.says(0, &["man", &manual]);
    watched.says(0, &["configure", "profiles", "admin"]);
    room.write("shared.toml", &room.usual_config().replace("demo", "company").replace("role.", "role.c-"));
    watched.says(2, &["configure", "add", &room.path("shared.toml").display().to_string()]);
    watched.says(1, &["configure", "import", "aws-vault", "--dry-run"]);

    // From the refresh token; refused with words that repeat what was sent; refused by AWS; nowhere to print.
    room.leave_a_refresh_token();
    watched.hands_over(&["credential-process", "admin"]);
    room.leave_a_refresh_token();
    let refused = Trouble::Refuse(Refusal::new(403, "AccessDenied", "not you"));
    room.servers().faults(|faults| faults.next(1, Call::AssumeRole, refused));
    watched.says(4, &["credential-process", "admin"]);
    let full = watched.jit(&["credential-process", "admin"]).into_file("/dev/full");
    watched.ends(1, full);
    watched.says(0, &["lock"]);
    watched.says(0, &["logout", "admin"]);
    watched.says(0, &["login", "admin", "--device"]);
    watched.says(0, &["logout", "--all"]);
    watched.says(0, &["demo", "--no-browser"]);

    let seen = watched.check();
    let every: BTreeSet<String> =
        Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    assert_eq!(
        every.difference(&seen).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "commands that were not seen"
    );
}

#[test]
fn no_sign_in_shows_a_secret_to_others() {
    let rooms: [(Room, &str); 2] =
        [(Room::by_saml(Settings::default()), "admin"), (Room::by_center(Settings::default()), "dev")];
    for (room, role) in rooms {
        let watched = Watched::new(room);
        watched.says(0, &["login", role]);
        watched.hands_over(&["credential-process", role]);
        watched.says(0, &["roles", "--refresh"]);
        watched.says(0, &["login", "--force", "admin"]);
        watched.says(0, &["logout", "--all"]);
        watched.check();
    }
}
