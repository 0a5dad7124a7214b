//! A desktop session for tests: a bus of its own with a keyring.

use super::*;

/// A desktop session: a separate bus, the keyring's daemon, a state folder.
pub(crate) struct Desktop {
    folder: tempfile::TempDir,
    bus: Child,
    pub(crate) address: String,
    daemon: Option<Child>,
}

/// A program of the system, or the package to install.
pub(crate) fn program(name: &str, package: &str) -> Command {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    assert!(
        std::env::split_paths(&paths).any(|folder| folder.join(name).is_file()),
        "{name} is missing: apt-get install {package}"
    );
    Command::new(name)
}

impl Desktop {
    /// A bus, and nothing on it yet.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = program("dbus-daemon", "dbus-daemon");
        command.args(["--session", "--nofork", "--print-address=1"]).stdout(Stdio::piped());
        isolate(&mut command, folder.path());
        let mut bus = command.stderr(Stdio::null()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { folder, bus, address: address.trim().to_owned(), daemon: None }
    }

    /// A desktop whose keyring was unlocked at login.
    pub(crate) fn unlocked() -> Self {
        let mut desktop = Self::new();
        desktop.start_keyring(Some("the login password"));
        desktop
    }

    /// Starts the keyring; with a password it creates the login collection, or unlocks it if the password is
    /// right.
    pub(crate) fn start_keyring(&mut self, password: Option<&str>) {
        self.stop_keyring();
        let mut command = self.on_bus("gnome-keyring-daemon", "gnome-keyring");
        command.args(["--foreground", "--components=secrets"]).stdin(Stdio::piped());
        if password.is_some() {
            command.arg("--unlock");
        }
        let mut daemon = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        daemon.stdin.take().unwrap().write_all(password.unwrap_or_default().as_bytes()).unwrap();
        self.serve_secrets(daemon);
    }

    /// Waits until `daemon` is the Secret Service; it ends with the desktop.
    pub(crate) fn serve_secrets(&mut self, daemon: Child) {
        self.daemon = Some(daemon);
        while !self.keyring_has_bus_name() {
            let ended = self.daemon.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "the program of the Secret Service ended with {}", ended.unwrap());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until a collection exists and reports that it is open.
    pub(crate) fn until_opened(&mut self, collection: &str) {
        let property = "org.freedesktop.DBus.Properties.Get";
        loop {
            let mut command = self.on_bus("dbus-send", "dbus-bin");
            command.args([
                "--session",
                "--print-reply",
                "--dest=org.freedesktop.secrets",
                collection,
                property,
            ]);
            command.args(["string:org.freedesktop.Secret.Collection", "string:Locked"]);
            if text(&command.output().unwrap()).contains("boolean false") {
                return;
            }
            let ended = self.daemon.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "the program of the Secret Service ended with {}", ended.unwrap());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The home of the desktop's user.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn stop_keyring(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }

    fn keyring_has_bus_name(&self) -> bool {
        let answer = self.bus_call(
            "org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus.NameHasOwner",
            "string:org.freedesktop.secrets",
        );
        answer.contains("true")
    }

    pub(crate) fn lock_collection(&self) {
        let method = "org.freedesktop.Secret.Service.Lock";
        let login = "array:objpath:/org/freedesktop/secrets/collection/login";
        let answer = self.bus_call("org.freedesktop.secrets", "/org/freedesktop/secrets", method, login);
        assert!(answer.contains("/collection/login"), "{answer}");
    }

    fn bus_call(&self, to: &str, path: &str, method: &str, argument: &str) -> String {
        let mut command = self.on_bus("dbus-send", "dbus-bin");
        command.args(["--session", "--print-reply", &format!("--dest={to}"), path, method, argument]);
        text(&command.output().unwrap())
    }

    /// How many keys of jit's the keyring holds.
    pub(crate) fn items(&self) -> usize {
        let mut command = self.on_bus("secret-tool", "libsecret-tools");
        let found = text(&command.args(["search", "--all", "service", "jit"]).output().unwrap());
        found.matches("label = jit").count()
    }

    pub(crate) fn signal_keyring(&self, signal: &str) {
        let pid = self.daemon.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    pub(crate) fn on_bus(&self, name: &str, package: &str) -> Command {
        let mut command = program(name, package);
        isolate(&mut command, self.folder.path());
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        command
    }

    pub(super) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// A child on this desktop.
    pub(super) fn child(&self, steps: &str, variables: &[(&str, &str)]) -> Command {
        let mut command = child(&self.state(), steps, &[("DBUS_SESSION_BUS_ADDRESS", &self.address)]);
        command.envs(variables.iter().copied());
        command
    }

    /// The answers of a child on this desktop.
    pub(crate) fn run(&self, steps: &str, variables: &[(&str, &str)]) -> Vec<String> {
        results(&self.child(steps, variables).output().unwrap())
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        let _ = child(&self.state(), "drop", &[]).output();
        self.stop_keyring();
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}

/// An empty environment, a home of its own.
pub(super) fn isolate(command: &mut Command, folder: &Path) {
    let run = folder.join("run");
    jit::sys::fs::private_folder(&run).unwrap();
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", folder).env("XDG_DATA_HOME", folder.join("share")).env("XDG_RUNTIME_DIR", run);
}
