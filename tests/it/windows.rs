//! The Windows program by itself: its store in the Credential Manager, locks, `exec` and its exit codes, and
//! the sign-in on loopback, against the built-in servers. `scripts/check-platforms` runs this under wine; on
//! Windows it is `cargo test`.
//!
//! Windows decides where the state is, so there is one for all tests, and they take turns.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jit::commands::demo::PretendBrowser;
use jit::world::Browser as _;
use jit_emulator::{ADMIN, Approval, CLIENT_ID, Call, HUB, Refusal, Servers, Settings, Trouble};
use jit_wire::trusted_url::{Purpose, TrustedUrl};
use tempfile::TempDir;

/// Far longer than any command takes.
const PATIENCE: Duration = Duration::from_secs(120);
static TURN: Mutex<()> = Mutex::new(());

struct Room {
    folder: TempDir,
    servers: Servers,
    _turn: MutexGuard<'static, ()>,
}

impl Room {
    fn new() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let servers = Servers::start(Settings { approval: Approval::AtOnce, ..Settings::default() }).unwrap();
        let room = Self { folder: tempfile::tempdir().unwrap(), servers, _turn: turn };
        let config = format!(
            "[idp.demo]\ntype = \"oidc\"\nissuer = \"{}\"\nclient_id = \"{CLIENT_ID}\"\n\n\
             [role.hub]\nidp = \"demo\"\nrole_arn = \"{HUB}\"\n\n\
             [role.admin]\nvia = \"hub\"\nrole_arn = \"{ADMIN}\"\nregion = \"eu-west-1\"\n",
            room.servers.issuer()
        );
        fs::write(room.path("config.toml"), config).unwrap();
        // What an interrupted run may have left.
        room.run(&["logout", "--all", "--no-browser"]);
        room
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn jit(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jit"));
        command.args(arguments).stdin(Stdio::null());
        for name in ["AWS_CA_BUNDLE", "BROWSER", "HTTPS_PROXY", "https_proxy", "JIT_ROLE", "SSH_CONNECTION"] {
            command.env_remove(name);
        }
        command.env("JIT_CONFIG", self.path("config.toml")).env("JIT_STORE", "keychain");
        command
            .env("AWS_CONFIG_FILE", self.path("aws"))
            .env("AWS_SHARED_CREDENTIALS_FILE", self.path("keys"));
        command.env("AWS_ENDPOINT_URL_STS", self.servers.sts_url());
        command.current_dir(self.folder.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.jit(arguments).output().unwrap()
    }

    /// Signs in: waits for the URL that should be opened, and opens it as a browser on this machine would.
    fn sign_in(&self, role: &str) {
        let mut command = self.jit(&["login", role, "--no-browser"]);
        let mut login = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(login.stderr.take().unwrap());
        let (tell, told) = mpsc::channel();
        let listener = std::thread::spawn(move || {
            let lines: Vec<String> = stderr
                .lines()
                .map_while(Result::ok)
                .inspect(|line| {
                    let _ = tell.send(line.clone());
                })
                .collect();
            lines.join("\n")
        });
        // Nothing can be pasted here, so the local page leads to the IdP.
        let page = std::iter::from_fn(|| told.recv_timeout(PATIENCE).ok()).find_map(|line| {
            let word = line.split_whitespace().find(|word| word.starts_with("http://127.0.0.1:"))?;
            TrustedUrl::parse(word, Purpose::Page).ok()
        });
        if let Some(page) = page {
            PretendBrowser.open(&page).unwrap();
        }
        let code = ended(&mut login);
        let said = listener.join().unwrap();
        assert_eq!(code, Some(0), "{said}");
    }

    fn count(&self, call: Call) -> usize {
        self.servers.journal().count(call)
    }

    /// Every file of the state, with its contents.
    fn state(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![PathBuf::from(std::env::var_os("LOCALAPPDATA").unwrap()).join("jit")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                match entry.file_type().unwrap().is_dir() {
                    true => folders.push(entry.path()),
                    // Nobody can read a file that another process has locked.
                    false => found.push((entry.path(), fs::read(entry.path()).unwrap_or_default())),
                }
            }
        }
        found
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let journal = self.servers.journal();
        let contains = |content: &[u8], secret: &str| {
            content.windows(secret.len()).any(|part| part == secret.as_bytes())
        };
        let mut open = Vec::new();
        for (path, content) in self.state() {
            open.extend(
                journal
                    .secrets()
                    .iter()
                    .filter(|secret| contains(&content, &secret.value))
                    .map(|secret| format!("{} in {}", secret.what, path.display())),
            );
        }
        self.run(&["logout", "--all", "--no-browser"]);
        assert!(std::thread::panicking() || open.is_empty(), "secrets lie open: {open:?}");
    }
}

/// The exit code of `child`; nothing if it had to be ended.
fn ended(child: &mut Child) -> Option<i32> {
    let begun = std::time::Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    None
}

fn said(output: &Output) -> String {
    format!("{}\n{}\n{}", output.status, text(&output.stdout), text(&output.stderr))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

#[test]
fn a_login_on_loopback_is_kept_in_the_credential_manager() {
    let room = Room::new();
    let before = room.run(&["credential-process", "admin"]);
    assert_eq!(before.status.code(), Some(3), "{}", said(&before));
    room.sign_in("admin");
    let calls = [Call::AssumeRoleWithWebIdentity, Call::AssumeRole].map(|call| room.count(call));
    assert_eq!(calls, [1, 1]);

    // Other processes, which have only the store.
    let answer = room.run(&["credential-process", "admin"]);
    assert_eq!(answer.status.code(), Some(0), "{}", said(&answer));
    let given: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!((given["Version"].as_i64(), given["AccountId"].as_str()), (Some(1), Some("222222222222")));
    assert_eq!(room.run(&["status", "--check"]).status.code(), Some(0));
    let status = room.run(&["status"]);
    assert!(text(&status.stdout).contains("admin"), "{}", said(&status));
    assert_eq!(
        [Call::AssumeRoleWithWebIdentity, Call::AssumeRole].map(|call| room.count(call)),
        calls,
        "all of it from the store"
    );
    assert!(
        room.state().iter().any(|(path, _)| path.to_string_lossy().contains("keychain")),
        "no entry is there"
    );

    let logout = room.run(&["logout", "--all", "--no-browser"]);
    assert_eq!(logout.status.code(), Some(0), "{}", said(&logout));
    assert_eq!(room.run(&["credential-process", "admin"]).status.code(), Some(3));
    assert_eq!(room.run(&["status", "--check"]).status.code(), Some(3));
}

#[test]
fn a_child_gets_credentials_and_its_full_exit_code_is_ours() {
    let room = Room::new();
    room.sign_in("admin");
    fs::write(room.path("tool.cmd"), "@echo tool got %1 for %JIT_ROLE%\r\n@exit /b 7\r\n").unwrap();
    let exec = |more: &[&str], command: &[&str]| {
        let words: Vec<&str> =
            ["exec", "-q", "admin"].iter().chain(more).chain(&["--"]).chain(command).copied().collect();
        let path = std::env::join_paths(
            std::iter::once(room.folder.path().to_owned())
                .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
        );
        room.jit(&words).env("PATH", path.unwrap()).env("AWS_PROFILE", "other").output().unwrap()
    };
    let shown =
        exec(&[], &["cmd", "/c", "echo %AWS_ACCESS_KEY_ID% %AWS_REGION% %JIT_ACCOUNT_ID% [%AWS_PROFILE%]"]);
    let words = text(&shown.stdout);
    assert!(words.starts_with("ASIA") && words.contains(" eu-west-1 222222222222 "), "{}", said(&shown));
    assert!(!words.contains("other"), "a variable that would win is gone: {words}");

    for more in [&[][..], &["--refresh"]] {
        // Windows has 32 bits for it; a 256 of which only the lower byte is passed on would be a success.
        for code in [0, 1, 7, 255, 256, 3010, -1_073_741_510] {
            let output = exec(more, &["cmd", "/c", &format!("exit {code}")]);
            assert_eq!(output.status.code(), Some(code), "{more:?}: {}", said(&output));
        }
        let tool = exec(more, &["tool", "one"]);
        assert_eq!(
            (tool.status.code(), text(&tool.stdout).trim()),
            (Some(7), "tool got one for admin"),
            "{}",
            said(&tool)
        );
        let missing = exec(more, &["no-such-command"]);
        assert_eq!(missing.status.code(), Some(127), "{}", said(&missing));
        fs::write(room.path("plain.exe"), "this is no program").unwrap();
        let plain = exec(more, &["plain"]);
        assert_eq!(plain.status.code(), Some(126), "{}", said(&plain));
    }
}

#[test]
fn exit_codes_are_those_of_every_system() {
    let room = Room::new();
    assert_eq!(room.run(&["exec", "admin", "--", "cmd"]).status.code(), Some(3));
    assert_eq!(room.run(&["no-such-word"]).status.code(), Some(2));
    let unknown = room.run(&["credential-process", "nobody"]);
    assert_eq!(unknown.status.code(), Some(2), "{}", said(&unknown));
    fs::write(room.path("bad.toml"), "[role.x]\nnonsense = 1\n").unwrap();
    let bad = room.jit(&["roles"]).env("JIT_CONFIG", room.path("bad.toml")).output().unwrap();
    assert!(bad.status.code() == Some(2) && text(&bad.stderr).contains("has neither"), "{}", said(&bad));
    room.sign_in("hub");
    let denied =
        || Trouble::Refuse(Refusal::new(403, "AccessDenied", "not authorized to perform sts:AssumeRole"));
    room.servers.faults(|faults| faults.always(Call::AssumeRole, denied()));
    let refused = room.run(&["credential-process", "admin"]);
    assert_eq!(refused.status.code(), Some(4), "{}", said(&refused));
}

#[test]
fn many_callers_make_one_call_and_a_killed_holder_blocks_nobody() {
    let room = Room::new();
    room.sign_in("hub");
    let before = [Call::AssumeRoleWithWebIdentity, Call::AssumeRole].map(|call| room.count(call));
    let started: Vec<Child> = (0..8)
        .map(|_| {
            room.jit(&["credential-process", "admin"])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in started {
        let code = ended(&mut child);
        let mut why = String::new();
        child.stderr.take().unwrap().read_to_string(&mut why).unwrap();
        assert_eq!(code, Some(0), "{why}");
    }
    let after = [Call::AssumeRoleWithWebIdentity, Call::AssumeRole].map(|call| room.count(call));
    assert!(after[0] - before[0] <= 1 && after[1] - before[1] == 1, "{before:?} {after:?}");

    // Killed while it holds the lock and waits for a sign-in, which nobody completes.
    let mut login = room.jit(&["login", "admin", "--force", "--no-browser"]);
    let mut login = login.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(login.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("http://127.0.0.1:")), "it asks nobody to sign in");
    login.kill().unwrap();
    login.wait().unwrap();
    room.sign_in_again();
}

impl Room {
    fn sign_in_again(&self) {
        self.run(&["logout", "--all", "--no-browser"]);
        self.sign_in("admin");
        assert_eq!(self.run(&["credential-process", "admin"]).status.code(), Some(0));
    }
}
