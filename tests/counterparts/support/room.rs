//! The empty room: a separate home, and an environment with nothing inherited. When it is dropped, everything
//! written and printed in it is searched for every secret that its servers issued.

use std::cell::{Cell, RefCell};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::leaks::Leaks;
use super::{Journal, OidcProvider, PATIENCE, Sts, wait_for};

/// A home, a temporary folder and the outputs of what ran in them.
pub(crate) struct Room {
    folder: tempfile::TempDir,
    journals: RefCell<Vec<PathBuf>>,
    runs: Cell<usize>,
}

/// The result of a command.
pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// The exit code.
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap_or(-1)
    }

    /// The output, if the command succeeded.
    ///
    /// # Panics
    /// If it did not.
    pub(crate) fn ok(self) -> String {
        assert!(self.status.success(), "{}\n{}{}", self.status, self.stdout, self.stderr);
        self.stdout
    }
}

/// A command that runs in the background; killed if it is dropped before its end.
pub(crate) struct Running {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Running {
    /// Its stderr so far.
    pub(crate) fn stderr_so_far(&self) -> String {
        read(&self.stderr)
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it takes longer than any command may.
    pub(crate) fn outcome(mut self) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(
                Instant::now() < deadline,
                "no end after {PATIENCE:?}: {}{}",
                read(&self.stdout),
                read(&self.stderr)
            );
            std::thread::sleep(Duration::from_millis(5));
        };
        Outcome { status, stdout: read(&self.stdout), stderr: read(&self.stderr) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}

impl Room {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home/.config/jit", "home/.aws", "tmp", "outside", "said"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        Self { folder, journals: RefCell::default(), runs: Cell::new(0) }
    }

    /// A room in whose configuration alice signs in at `op`, and reaches the role `prod-admin` through a hub.
    pub(crate) fn with_roles(self, op: &OidcProvider, more: &str) -> Self {
        let config = format!(
            r#"
            [idp.acme]
            type      = "oidc"
            issuer    = "{}"
            client_id = "jit-cli"

            [role.hub]
            idp      = "acme"
            role_arn = "arn:aws:iam::111111111111:role/jit-hub"

            [role.prod-admin]
            via      = "hub"
            role_arn = "arn:aws:iam::222222222222:role/admin"
            region   = "eu-west-1"
            {more}"#,
            op.issuer()
        );
        std::fs::write(self.home().join(".config/jit/config.toml"), config).unwrap();
        self
    }

    /// The user's home.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A file that belongs to the test and not to the user, so it is not searched for secrets.
    pub(crate) fn outside(&self, name: &str) -> PathBuf {
        self.folder.path().join("outside").join(name)
    }

    /// A journal whose secrets will be searched for.
    pub(crate) fn journal(&self, name: &str) -> Journal {
        let path = self.outside(&format!("{name}.jsonl"));
        self.journals.borrow_mut().push(path.clone());
        Journal(path)
    }

    /// An executable shell script.
    pub(crate) fn script(&self, name: &str, body: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.outside(name);
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// A program that finds this home and nothing else.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        let home = self.home();
        command.env_clear().current_dir(&home).stdin(Stdio::null());
        command
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", &home)
            .env("TMPDIR", self.folder.path().join("tmp"));
        command.env("JIT_STORE", "kernel").env("LANG", "C.UTF-8").env("USER", "alice");
        // Neither looks for its network location or for updates.
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_PAGER", "").env("CHECKPOINT_DISABLE", "1");
        command
    }

    /// A program that runs next to `jit` and uses `sts` instead of AWS.
    pub(crate) fn client(&self, program: impl AsRef<OsStr>, sts: &Sts) -> Command {
        let mut command = self.command(program);
        command.env("AWS_ENDPOINT_URL", sts.url()).env("AWS_ENDPOINT_URL_STS", sts.url());
        command.env("AWS_DEFAULT_REGION", "eu-west-1");
        command
    }

    /// The program under test.
    pub(crate) fn jit(&self, sts: &Sts, arguments: &[&str]) -> Command {
        let mut command = self.client(env!("CARGO_BIN_EXE_jit"), sts);
        command.args(arguments);
        command
    }

    /// Signs alice in for `prod-admin`, over HTTP.
    ///
    /// # Panics
    /// If it does not work.
    pub(crate) fn sign_in(&self, op: &OidcProvider, sts: &Sts) {
        let person = op.person(self, "agree");
        self.run(self.jit(sts, &["login", "prod-admin"]).env("BROWSER", person)).ok();
    }

    /// Runs a command whose output may not contain a secret.
    pub(crate) fn run(&self, command: &mut Command) -> Outcome {
        self.start(command).outcome()
    }

    /// Starts a command whose output may not contain a secret.
    pub(crate) fn start(&self, command: &mut Command) -> Running {
        self.start_saying(command, "said")
    }

    /// Runs a command whose stdout is credentials: it is not searched, its stderr is.
    pub(crate) fn run_for_credentials(&self, command: &mut Command) -> Outcome {
        self.start_for_credentials(command).outcome()
    }

    /// Starts a command whose stdout is credentials.
    pub(crate) fn start_for_credentials(&self, command: &mut Command) -> Running {
        self.start_saying(command, "outside")
    }

    fn start_saying(&self, command: &mut Command, stdout: &str) -> Running {
        self.runs.set(self.runs.get() + 1);
        let stdout = self.folder.path().join(stdout).join(format!("{}.out", self.runs.get()));
        let stderr = self.folder.path().join("said").join(format!("{}.err", self.runs.get()));
        command
            .stdout(std::fs::File::create(&stdout).unwrap())
            .stderr(std::fs::File::create(&stderr).unwrap());
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Running { child, stdout, stderr }
    }

    /// Waits until `jit status --check` reports that no session is left.
    pub(crate) fn wait_until_expired(&self, sts: &Sts) {
        wait_for("the sessions to expire", || {
            (self.run(&mut self.jit(sts, &["status", "--check"])).code() == 3).then_some(())
        });
    }

    /// The issued secrets that are exposed in the home, the temporary folder or the output.
    fn leaks(&self) -> Vec<String> {
        let journals = self.journals.borrow();
        let secrets: Vec<_> = journals.iter().flat_map(|path| Journal(path.clone()).secrets()).collect();
        let leaks = Leaks::of(&secrets);
        ["home", "tmp", "said"]
            .iter()
            .flat_map(|name| leaks.in_folder(&self.folder.path().join(name)))
            .collect()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // Before anything is cleaned up, and not in addition to a failure.
        let leaks = if std::thread::panicking() { Vec::new() } else { self.leaks() };
        // The kernel's keyring outlives the room.
        let mut logout = self.command("timeout");
        logout.args(["20", env!("CARGO_BIN_EXE_jit"), "logout", "--all"]).env("BROWSER", "/bin/true");
        let _ = logout.stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(leaks.is_empty(), "secrets lie open:\n{}", leaks.join("\n"));
    }
}
