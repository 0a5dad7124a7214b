//! Every command under `strace`, at the highest log level: what it writes into files, even those that are
//! removed later, the paths it names, the arguments and the environment of every program that is started. No
//! secret that the servers issued is among it, except in the environment of the one program that `exec`
//! becomes. And whom it talks to: only the servers that the room names, all of them on this machine.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use clap::CommandFactory as _;
use jit::commands::Cli;
use jit_access::policy::Policy;
use jit_emulator::{Approval, Call, Deployment, HUB, Layout, Refusal, Settings, Trouble, User, role_id};
use serde_json::{Value, json};

use crate::demo_room::okta::{CODE, Okta, PASSWORD, SECRETS, Script, factor};
use crate::demo_room::{Output, Room, Run};
use crate::support::on_path;

/// The name of the one program that may have keys in its environment.
const CHILD: &str = "the-child";
/// Nothing is stored there.
const DEVICES: [&str; 5] = ["/dev/null", "/dev/tty", "/dev/pts/", "/proc/self/", "/proc/thread-self/"];

/// A room, and next to it what was seen of the programs in it.
struct Watched {
    room: Room,
    traces: tempfile::TempDir,
    commands: std::cell::RefCell<BTreeSet<String>>,
}

impl Watched {
    fn new(room: Room) -> Self {
        // Without privileges over it, `strace` cannot read the memory of a process that is not dumpable.
        assert!(
            rustix::process::geteuid().is_root(),
            "what `jit` passes to the kernel can only be read as root"
        );
        on_path("strace", "strace");
        room.write(CHILD, "#!/bin/sh\nexit 0\n");
        fs::set_permissions(room.path(CHILD), fs::Permissions::from_mode(0o755)).unwrap();
        Self { room, traces: tempfile::tempdir().unwrap(), commands: Default::default() }
    }

    fn jit(&self, arguments: &[&str]) -> Run<'_> {
        self.watch(env!("CARGO_BIN_EXE_jit"), arguments)
    }

    /// A program under `strace`, with a separate file for each process, so that no line is split.
    fn watch(&self, program: &str, arguments: &[&str]) -> Run<'_> {
        let number = self.commands.borrow().len();
        self.commands.borrow_mut().insert(format!("{number:02} {}", arguments.join(" ")));
        let prefix = self.traces.path().join(format!("{number:02}")).display().to_string();
        let mut line = vec!["-ff", "-qq", "-v", "-y", "-s", "1000000", "-o", &prefix];
        line.extend(["-e", "trace=%file,execve,connect,write,writev,pwrite64,pwritev", program]);
        line.extend(arguments);
        self.room.program("strace", &line).env("JIT_LOG", "trace").env("RUST_BACKTRACE", "full")
    }

    /// It exits with `code`, and prints no secret.
    fn says(&self, code: i32, arguments: &[&str]) -> Output {
        self.ends(code, self.jit(arguments))
    }

    /// It exits with `code`, and should print a secret.
    fn hands_over(&self, arguments: &[&str]) -> Output {
        self.ends(0, self.jit(arguments).hands_over())
    }

    fn ends(&self, code: i32, run: Run<'_>) -> Output {
        let output = run.run();
        assert_eq!(output.code(), code, "{:?}: {output}", self.commands.borrow().last());
        output
    }

    /// What was seen of each command, call by call.
    fn calls(&self) -> Vec<(String, String)> {
        let commands = self.commands.borrow();
        let files = fs::read_dir(self.traces.path()).unwrap().map(|file| file.unwrap().path());
        let calls = files.flat_map(|path| {
            let number = path.file_name().unwrap().to_string_lossy()[..2].to_owned();
            let command = commands.iter().find(|command| command.starts_with(&number)).unwrap();
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            let calls = text.lines().filter_map(visible);
            calls.map(|call| (command.clone(), call)).collect::<Vec<_>>()
        });
        calls.collect()
    }

    /// The secrets in what was seen, the files outside of the room that were written, and who else was called.
    fn findings(&self) -> Vec<String> {
        let calls = self.calls();
        let texts: Vec<&str> = calls.iter().map(|(_, call)| call.as_str()).collect();
        let mut findings = Vec::new();
        for ((command, call), secrets) in calls.iter().zip(self.room.secrets_in(&texts)) {
            let start: String = call.chars().take(200).collect();
            findings.extend(secrets.iter().map(|what| format!("{what} by `{command}`: {start}")));
            findings.extend(called(call).then(|| format!("`{command}` calls somebody: {start}")));
            if let Some(path) = written(call) {
                let own = Path::new(path).starts_with(self.room.path(""));
                let kept = !own && !DEVICES.iter().any(|device| path.starts_with(device));
                findings.extend(kept.then(|| format!("{path} is written by `{command}`")));
            }
        }
        findings
    }

    /// Nothing was found, and the search works: harmless values were seen where secrets would have been.
    /// Returns the commands that ran.
    fn is_clean(&self) -> BTreeSet<String> {
        assert_eq!(self.findings(), Vec::<String>::new());
        let calls = self.calls();
        for sign in ["\"JIT_LOG=trace\"", "/jit/locks", ".jit-", "inet_addr(\"127.0.0.1\")"] {
            assert!(calls.iter().any(|(_, call)| call.contains(sign)), "{sign} was not seen");
        }
        let commands = self.commands.borrow();
        commands.iter().filter_map(|line| line.split(' ').nth(1).map(str::to_owned)).collect()
    }
}

/// What others could see of a call: nothing of what goes to a socket or a pipe, of the environment of the one
/// child, and of the two outputs, which the room searches itself.
fn visible(line: &str) -> Option<String> {
    let (call, rest) = line.split_once('(')?;
    match call {
        "write" | "writev" | "pwrite64" | "pwritev" => {
            let (number, target) = rest.split_once('<')?;
            let (path, after) = target.split_once('>')?;
            let is_output = path.starts_with("/dev/") || format!("{path}{after}").contains("(deleted)");
            let is_own = ["1", "2"].contains(&number) && is_output;
            (path.starts_with('/') && !is_own).then(|| line.to_owned())
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

/// Whether it is a call to anybody except the room's servers: on another machine, or on a socket with a path,
/// where only the cache of the system's own look-ups is used.
fn called(line: &str) -> bool {
    let is_own = |to: &str| {
        ["inet_addr(\"127.0.0.1\")", "\"::1\"", "AF_UNSPEC", "/nscd/"].iter().any(|own| to.contains(own))
    };
    line.strip_prefix("connect(").is_some_and(|to| !is_own(to))
}

/// The path of a file that was successfully opened for writing.
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
fn the_trace_notices_a_shown_secret() {
    let watched = Watched::new(Room::new());
    let word = "the-open-word-of-this-test";
    watched.room.confide("a word", word);
    let elsewhere = tempfile::tempdir().unwrap();
    let outside = elsewhere.path().join("file").display().to_string();
    let child = watched.room.path(CHILD).display().to_string();
    for (script, seen) in [
        ("printf %s \"$0\" > tmp/short; rm tmp/short", true),
        ("mkdir \"tmp/$0\"; rmdir \"tmp/$0\"", true),
        ("/bin/true \"$0\"", true),
        ("WORD=$0 /bin/true", true),
        (&format!("WORD=$0 {child}"), false),
        (&format!("{child} \"$0\""), true),
        ("printf %s \"$0\" | cat > /dev/null", false),
        (&format!(": > {outside}"), true),
        // Addresses that belong to nobody (RFC 5737).
        ("curl -s -m 1 http://192.0.2.1/ || true", true),
        ("curl -s -m 1 http://127.0.0.1:9/ || true", false),
    ] {
        // The word itself comes through a pipe, so that the shell's own arguments do not contain it.
        let script =
            format!("read -r word; sh() {{ set -- \"$word\"; {}; }}; sh", script.replace("$0", "$1"));
        watched.watch("sh", &["-c", &script]).stdin(&format!("{word}\n")).hands_over().run();
        let found = watched.findings();
        assert_eq!(!found.is_empty(), seen, "{script}: {found:?}");
        fs::read_dir(watched.traces.path())
            .unwrap()
            .for_each(|file| fs::remove_file(file.unwrap().path()).unwrap());
    }
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
    room.write_config(&format!("audit_log = \"~/audit.jsonl\"\n{}", room.usual_config()));
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
    watched.says(0, &["exec", "--each", "ad*", "--each", "developer", "-v", "--", &child]);
    watched.says(0, &["exec", "--each", "admin", "--json", "--", &child]);
    watched.says(127, &["exec", "admin", "--", "/nowhere/the-child"]);
    watched.hands_over(&["console", "admin", "--print"]);
    let visits = room.count(Call::Federation);
    watched.says(0, &["console", "admin"]);
    room.until("the browser's visit", |room| room.count(Call::Federation) == visits + 2);
    watched.ends(0, watched.jit(&["doctor"]));
    watched.says(0, &["completions", "bash"]);
    watched.says(0, &["man", "--out", &manual]);
    watched.says(0, &["configure", "profiles", "admin"]);
    room.write("shared.toml", &room.usual_config().replace("demo", "company").replace("role.", "role.c-"));
    watched.says(2, &["configure", "add", &room.path("shared.toml").display().to_string()]);
    watched.says(1, &["configure", "import", "aws-vault", "--dry-run"]);

    // From the refresh token; refused with text that repeats what was sent; refused by AWS; nowhere to print.
    room.leave_a_refresh_token();
    watched.hands_over(&["credential-process", "admin"]);
    room.leave_a_refresh_token();
    let refused = Trouble::Refuse(Refusal::new(403, "AccessDenied", "not you"));
    room.servers().faults(|faults| faults.next(1, Call::AssumeRole, refused));
    watched.says(4, &["credential-process", "admin"]);
    let full = watched.jit(&["credential-process", "admin"]).into_file("/dev/full");
    watched.ends(1, full);
    // Access on request, which is not configured here; `no_command_of_access_on_request_shows_a_secret_to_others` has it.
    for line in [
        "request pay",
        "requests",
        "approve abc",
        "deny abc -m no",
        "drop",
        "revoke abc -m no",
        "policy show",
    ] {
        watched.says(2, &line.split(' ').collect::<Vec<_>>());
    }
    watched.says(0, &["lock"]);
    watched.says(0, &["logout", "admin"]);
    watched.says(0, &["login", "admin", "--device"]);
    watched.says(0, &["logout", "--all"]);
    watched.says(0, &["demo", "--no-browser"]);

    assert!(fs::read_to_string(room.path("audit.jsonl")).unwrap().lines().count() > 10);
    let seen = watched.is_clean();
    let every: BTreeSet<String> =
        Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    assert_eq!(
        every.difference(&seen).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "commands that were not seen"
    );
}

/// A small company. Alice asks, Bob and Carol own; whoever approves last applies it.
const POLICY: &str = r#"
[deployment]
apply = "approver"
security = ["owners"]
accounts = ["222222222222"]

[door.hub]
role = "arn:aws:iam::111111111111:role/jit-hub"
ids = ["DOOR"]
may = ["request", "vote", "publish"]

[group]
eng = ["alice@example.com"]
owners = ["bob@example.com", "carol@example.com"]

[access.deploy]
role = "arn:aws:iam::222222222222:role/jit/engineer"
ceiling = "read"
who = ["eng"]
approve = [{ group = "owners" }]
max = "2h"
"#;

/// The company's ledger, in a bucket of the embedded AWS, which authorises every call by the real documents.
struct Ledgered {
    watched: Watched,
}

impl Ledgered {
    fn new() -> Self {
        let text = POLICY.replace("DOOR", &role_id(HUB));
        let policy = Policy::read_published("policy.toml", &text).unwrap();
        let layout = Layout { ledger_account: "999999999999".to_owned(), ..Layout::default() };
        let deployment = Deployment::of(&policy, &layout);
        let settings = Settings { approval: Approval::AtOnce, ..Settings::default() };
        let room = Room::with(deployment.settings(settings));
        deployment.install(room.servers()).unwrap();
        room.write_config(&format!(
            "audit_log = \"~/audit.jsonl\"\n{}\n[access]\nledger = \"s3://{}\"\nregion = \"{}\"\n",
            room.usual_config(),
            layout.ledger,
            layout.region
        ));
        room.write("policy.toml", &text);
        Self { watched: Watched::new(room) }
    }

    /// `jit` as this person uses it: signed in under their own name, with a state folder of their own.
    fn jit(&self, person: &str, line: &str) -> Run<'_> {
        let room = &self.watched.room;
        let user = User {
            subject: format!("00u-{person}"),
            email: format!("{person}@example.com"),
            name: person.to_owned(),
            ..Settings::default().user
        };
        room.servers().faults(|faults| faults.user = Some(user));
        let state = room.path(format!("state/{person}"));
        if !state.exists() {
            fs::create_dir(&state).unwrap();
            self.says(0, person, "login hub");
        }
        let words: Vec<&str> = line.split(' ').collect();
        let run = self.watched.jit(&words).env("XDG_STATE_HOME", &state.display().to_string());
        room.servers().endpoints().into_iter().fold(run, |run, (name, url)| run.env(name, url))
    }

    fn says(&self, code: i32, person: &str, line: &str) -> Output {
        self.watched.ends(code, self.jit(person, line))
    }

    /// What Alice asks for: its short id and the beginning of its hash.
    fn asks(&self) -> (String, String) {
        let asked = self.says(0, "alice", "request deploy -d 1h -m refunds --json");
        let asked: Value = serde_json::from_str(&asked.stdout).unwrap();
        let text = |key: &str| asked[key].as_str().unwrap().to_owned();
        (text("short"), text("sha256")[..12].to_owned())
    }
}

#[test]
fn no_command_of_access_on_request_shows_a_secret_to_others() {
    let company = Ledgered::new();
    let child = company.watched.room.path(CHILD).display().to_string();
    let looked_at = company.says(0, "pat", "policy publish policy.toml --dry-run").stderr;
    let hash = looked_at.split("SHA-256 ").nth(1).and_then(|rest| rest.split_whitespace().next());
    let hash = hash.unwrap_or_else(|| panic!("{looked_at}"));
    company.says(0, "pat", &format!("policy publish policy.toml --yes --sha256 {hash}"));
    company.says(0, "pat", "policy show");
    company.says(0, "pat", "policy show --history");
    for line in ["requests", "requests --json", "explain deploy", "explain deploy --json"] {
        company.says(0, "alice", line);
    }
    company.says(4, "alice", "credential-process deploy");
    let (id, hash) = company.asks();
    for line in [format!("requests {id}"), format!("requests {id} --json"), "requests --mine".to_owned()] {
        company.says(0, "alice", &line);
    }
    company.says(6, "alice", "credential-process deploy");
    company.says(0, "bob", "requests --for-me");
    company.says(2, "bob", &format!("approve {id}"));
    // The completing vote decides, becomes the grantor, and writes to IAM.
    company.says(0, "bob", &format!("approve {id} --yes --sha256 {hash}"));
    company.says(0, "alice", &format!("exec deploy -- {child}"));
    company.watched.ends(0, company.jit("alice", "credential-process deploy").hands_over());
    company.watched.ends(0, company.jit("alice", "env deploy --shell bash").hands_over());
    for line in ["whoami deploy --json", "status", "roles", "explain deploy --action ec2:DescribeInstances"] {
        company.says(0, "alice", line);
    }
    company.says(0, "alice", "drop deploy");
    company.says(0, "carol", "requests --all");
    let (id, hash) = company.asks();
    company.says(0, "carol", &format!("deny {id} -m no --yes --sha256 {hash}"));
    let (id, hash) = company.asks();
    company.says(0, "carol", &format!("approve {id} --yes --sha256 {hash}"));
    company.says(0, "bob", &format!("revoke {id} -m lost"));
    company.says(0, "pat", "doctor");

    let seen = company.watched.is_clean();
    for command in ["request", "requests", "approve", "deny", "drop", "revoke", "policy", "explain"] {
        assert!(seen.contains(command), "{command}: {seen:?}");
    }
    // The sessions of the door, of the role on request and of the grantor are among what was looked for.
    let assumed = company.watched.room.count(Call::AssumeRole);
    assert!(assumed >= 4, "{assumed}");
}

#[test]
fn no_password_or_code_is_shown_to_others() {
    let room = Room::new();
    let factor = factor("token:software:totp", "GOOGLE", "uft1", json!({}));
    let script = Script { status: "MFA_REQUIRED", factors: vec![factor], ..Script::default() };
    let okta = Okta::start(room.servers().issuer(), script);
    SECRETS.into_iter().for_each(|(what, value)| room.confide(what, value));
    let (_, roles) =
        room.usual_config().split_once("\n\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let org = okta.url();
    room.write_config(&format!(
        "[idp.demo]\ntype = \"okta\"\norg = \"{org}\"\napp_url = \"{org}/home/amazon_aws/0oa1/272\"\n\
         username = \"alice\"\n\n{roles}"
    ));
    let watched = Watched::new(room);
    let mut login = watched.jit(&["login", "admin", "--keep-password"]).somebody_types().start();
    login.says("Password of alice");
    login.types_unseen(&format!("{PASSWORD}\n"));
    login.says("[hidden]");
    login.says("Code");
    login.types(&format!("{CODE}\n"));
    let login = login.wait();
    assert_eq!(login.code(), 0, "{login}");
    watched.hands_over(&["credential-process", "admin"]);
    watched.says(0, &["logout", "--all"]);
    watched.is_clean();
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
        watched.is_clean();
    }
}
