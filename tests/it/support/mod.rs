//! The empty room: a home that contains only a configuration, the demo's servers, and the real program.
//!
//! ```ignore
//! let room = Room::new();
//! let login = room.jit(&["login", "admin"]).run();
//! assert_eq!(login.code(), 0, "{login}");
//! let answer = room.jit(&["credential-process", "admin"]).hands_over().run();
//! ```
//!
//! When a room is dropped, everything written and printed in it is searched for every secret that was issued.
#![allow(clippy::disallowed_methods, reason = "tests start programs and write files as a user does")]
#![allow(dead_code, unused_imports, reason = "each topic takes what it needs")]

pub(crate) mod front;
mod leaks;
pub(crate) mod okta;
mod plain;
mod run;
mod screen;
mod stored;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jit_emulator::{ADMIN, Approval, CLIENT_ID, Call, DEVELOPER, HUB, Issued, Role, Servers, Settings};
use tempfile::TempDir;

use self::leaks::Leaks;
pub(crate) use self::run::{Output, Run, Signal, Started};

/// What every browser here starts with: it records what it was started with (`opened`), has a cookie jar,
/// which all its calls of `curl` use, and opens the page that redirects it. From there on `$1` is where it
/// was sent, which is recorded too (`sent_to`), unless that URL signs its holder in.
const BEGINS: &str = r#"#!/bin/sh
printf '%s\n' "$1" >> "$HOME/opened"
CURL_HOME="$HOME/curl.$$"; export CURL_HOME
mkdir "$CURL_HOME"; : > "$CURL_HOME/jar"
printf 'cookie = "%s"\ncookie-jar = "%s"\n' "$CURL_HOME/jar" "$CURL_HOME/jar" > "$CURL_HOME/.curlrc"
for host in 127.0.0.1 localhost; do
    path=${1#http://$host:*/}
    if test ${#path} = 43 && test "$path" != "$1"; then
        sent_to=$(curl -sS --max-time 30 -o /dev/null -w '%{redirect_url}' "$1") || exit
        test -z "$sent_to" || set -- "$sent_to"
    fi
done
case $1 in *SigninToken*) ;; *) printf '%s\n' "$1" >> "$HOME/sent_to" ;; esac
"#;

/// A browser whose user agrees to everything. Needs `curl`.
const BROWSER: &str = r#"
# Not as an argument: a browser that was sent on has it nowhere else either.
page=$(printf 'url = "%s"\n' "$1" | curl -sSL --max-time 30 -K -) || exit
in_page() { printf '%s' "$page" | sed -n "s/.*$1.*/\\1/p"; }
request=$(in_page 'name="request" value="\([^"]*\)"')
action=$(in_page '<form method="post" action="\([^"]*\)"')
response=$(in_page 'name="SAMLResponse" value="\([^"]*\)"')
if test -n "$response"; then
    printf '%s' "$response" | curl -sSL --max-time 30 -o "$HOME/shown" --data-urlencode SAMLResponse@- \
        --data-urlencode "RelayState=$(in_page 'name="RelayState" value="\([^"]*\)"')" "$action"
elif test -n "$(in_page 'name="SAMLRequest" value="\([^"]*\)"')"; then
    page=$(curl -sSL --max-time 30 --data-urlencode "SAMLRequest=$(in_page 'name="SAMLRequest" value="\([^"]*\)"')" \
        --data-urlencode "RelayState=$(in_page 'name="RelayState" value="\([^"]*\)"')" "$action")
    printf '%s' "$(in_page 'name="SAMLResponse" value="\([^"]*\)"')" | curl -sSL --max-time 30 -o "$HOME/shown" \
        --data-urlencode SAMLResponse@- \
        --data-urlencode "RelayState=$(in_page 'name="RelayState" value="\([^"]*\)"')" \
        "$(in_page '<form method="post" action="\([^"]*\)"')"
elif test -n "$request"; then
    curl -sSL --max-time 30 -o /dev/null -d "request=$request" -d decision=allow "${1%%[?]*}"
fi
"#;

/// A spoke that trusts the permission set `Developer`.
const CENTER_ADMIN: &str = "arn:aws:iam::555555555555:role/center-admin";

/// Far longer than anything takes, even on a very busy machine: whatever takes longer hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// A separate home with the demo's servers next to it.
pub(crate) struct Room {
    folder: TempDir,
    servers: Servers,
    /// What was printed, to be searched at the end, by the command that printed it.
    printed: RefCell<Vec<(String, String)>>,
    /// Secrets of servers other than those next to it.
    confided: RefCell<Vec<Issued>>,
}

impl Room {
    /// A room whose IdP approves without asking, with the roles `hub`, `admin` and `developer`.
    pub(crate) fn new() -> Self {
        Self::with(Settings { approval: Approval::AtOnce, ..Settings::default() })
    }

    /// A room with these servers.
    pub(crate) fn with(settings: Settings) -> Self {
        let folder = tempfile::Builder::new().prefix("jit-room-").tempdir().unwrap();
        let room = Self {
            folder,
            servers: Servers::start(settings).unwrap(),
            printed: RefCell::default(),
            confided: RefCell::default(),
        };
        for folder in ["config/jit", "state", "run", "tmp", ".aws"] {
            fs::create_dir_all(room.path(folder)).unwrap();
        }
        // What XDG_RUNTIME_DIR has to be.
        fs::set_permissions(room.path("run"), fs::Permissions::from_mode(0o700)).unwrap();
        room.write("browser", &format!("{BEGINS}{BROWSER}"));
        fs::set_permissions(room.path("browser"), fs::Permissions::from_mode(0o755)).unwrap();
        room.write_config(&room.usual_config());
        room
    }

    /// A room in which somebody has just signed in for `role`.
    pub(crate) fn signed_in(role: &str) -> Self {
        let room = Self::new();
        let login = room.jit(&["login", role]).run();
        assert_eq!(login.code(), 0, "{login}");
        room
    }

    /// What an AWS tool gets when it asks for credentials of `role`.
    pub(crate) fn asks_for(&self, role: &str) -> Output {
        self.jit(&["credential-process", role]).hands_over().run()
    }

    /// The servers.
    pub(crate) fn servers(&self) -> &Servers {
        &self.servers
    }

    /// A path below the home.
    pub(crate) fn path(&self, below: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(below)
    }

    /// Writes a file below the home.
    pub(crate) fn write(&self, below: &str, content: &str) {
        fs::write(self.path(below), content).unwrap();
    }

    /// Replaces `config.toml`.
    pub(crate) fn write_config(&self, content: &str) {
        self.write("config/jit/config.toml", content);
    }

    /// A value that must not appear anywhere in plain text at the end of the room.
    pub(crate) fn confide(&self, what: &'static str, value: &str) {
        self.confided.borrow_mut().push(Issued { what, value: value.to_owned() });
    }

    /// A room whose people sign in by SAML, with the same roles.
    pub(crate) fn by_saml(settings: Settings) -> Self {
        let room = Self::with(Settings { approval: Approval::AtOnce, ..settings });
        room.write_config(&room.saml_config(""));
        room
    }

    /// The configuration of such a room; `more` is put into its `[idp.demo]`.
    pub(crate) fn saml_config(&self, more: &str) -> String {
        let (_, roles) = self
            .usual_config()
            .split_once("\n\n")
            .map(|(idp, roles)| (idp.to_owned(), roles.to_owned()))
            .unwrap();
        format!(
            "[idp.demo]\ntype = \"saml\"\nsso_url = \"{}\"\nacs_port = 0\n{more}\n{roles}",
            self.servers.sso_url()
        )
    }

    /// A room whose people sign in at Identity Center, automatically. `dev` and `audit` are permission sets
    /// there, `admin` is reached from `dev`.
    pub(crate) fn by_center(mut settings: Settings) -> Self {
        let via = Servers::assigned_role("333333333333", "Developer");
        settings.roles.push(Role::spoke(CENTER_ADMIN, &via, 3600));
        let room = Self::with(Settings { approval: Approval::AtOnce, ..settings });
        room.write_config(&room.center_config(""));
        room
    }

    /// The configuration of such a room; `more` is put into its `[idp.demo]`.
    pub(crate) fn center_config(&self, more: &str) -> String {
        format!(
            "[idp.demo]\ntype = \"identity-center\"\nstart_url = \"{}\"\nregion = \"eu-west-1\"\n{more}\n\n\
             [role.dev]\nidp = \"demo\"\naccount = \"333333333333\"\npermission_set = \"Developer\"\n\n\
             [role.audit]\nidp = \"demo\"\naccount = \"444444444444\"\npermission_set = \"ReadOnly\"\n\n\
             [role.admin]\nvia = \"dev\"\nrole_arn = \"{CENTER_ADMIN}\"\n",
            self.servers.start_url()
        )
    }

    /// The configuration that a room starts with.
    pub(crate) fn usual_config(&self) -> String {
        format!(
            "[idp.demo]\ntype = \"oidc\"\nissuer = \"{}\"\nclient_id = \"{CLIENT_ID}\"\n\n\
             [role.hub]\nidp = \"demo\"\nrole_arn = \"{HUB}\"\n\n\
             [role.admin]\nvia = \"hub\"\nrole_arn = \"{ADMIN}\"\nregion = \"eu-west-1\"\n\n\
             [role.developer]\nvia = \"hub\"\nrole_arn = \"{DEVELOPER}\"\nregion = \"eu-west-1\"\n",
            self.servers.issuer()
        )
    }

    /// Replaces the browser with a shell script, whose `$1` is where the first page sent it.
    pub(crate) fn write_browser(&self, script: &str) {
        self.write("browser", &format!("{BEGINS}{script}\n"));
    }

    /// Replaces the browser with a shell script, whose `$1` is what it was started with.
    pub(crate) fn write_program_for_urls(&self, script: &str) {
        self.write("browser", &format!("#!/bin/sh\nprintf '%s\\n' \"$1\" >> \"$HOME/opened\"\n{script}\n"));
    }

    /// How often the servers received `call`.
    pub(crate) fn count(&self, call: Call) -> usize {
        self.servers.journal().count(call)
    }

    /// How often they received each of `calls`.
    pub(crate) fn counts<const N: usize>(&self, calls: [Call; N]) -> [usize; N] {
        calls.map(|call| self.count(call))
    }

    /// Waits for `condition`; the test fails if it never comes.
    pub(crate) fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !condition(self) {
            assert!(begun.elapsed() < PATIENCE, "{what} never came");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// What the browser was started with, each time.
    pub(crate) fn opened(&self) -> Vec<String> {
        self.lines_of("opened")
    }

    /// Where the page that the browser was started with sent it.
    pub(crate) fn sent_to(&self) -> Vec<String> {
        self.lines_of("sent_to")
    }

    fn lines_of(&self, file: &str) -> Vec<String> {
        let list = fs::read_to_string(self.path(file)).unwrap_or_default();
        list.lines().map(str::to_owned).collect()
    }

    /// `jit` with `arguments`, in this room's environment.
    pub(crate) fn jit(&self, arguments: &[&str]) -> Run<'_> {
        self.program(env!("CARGO_BIN_EXE_jit"), arguments)
    }

    /// Another program in this room's environment.
    pub(crate) fn program(&self, program: &str, arguments: &[&str]) -> Run<'_> {
        let path = |below| self.path(below).display().to_string();
        let run = Run::new(self, program, arguments)
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .env("HOME", &path(""))
            .env("XDG_CONFIG_HOME", &path("config"))
            .env("XDG_STATE_HOME", &path("state"))
            .env("XDG_RUNTIME_DIR", &path("run"))
            .env("TMPDIR", &path("tmp"))
            .env("BROWSER", &path("browser"))
            .env("AWS_ENDPOINT_URL_STS", self.servers.sts_url())
            .env("AWS_ENDPOINT_URL_SIGNIN", self.servers.sts_url())
            .env("AWS_ENDPOINT_URL_SSO", self.servers.center_url())
            .env("AWS_ENDPOINT_URL_SSO_OIDC", self.servers.center_url());
        // Without a session bus, the kernel's keyring is the store that asks nobody.
        run.env("JIT_STORE", "kernel")
    }

    /// Starts all of `runs`, then waits for each.
    pub(crate) fn at_once<'r>(&'r self, runs: impl IntoIterator<Item = Run<'r>>) -> Vec<Output> {
        let started: Vec<_> = runs.into_iter().map(Run::start).collect();
        started.into_iter().map(run::Started::wait).collect()
    }

    /// Finds every secret so far.
    fn search(&self) -> Leaks {
        let journal = self.servers.journal();
        let secrets: Vec<Issued> =
            journal.secrets().iter().chain(&*self.confided.borrow()).cloned().collect();
        Leaks::of(&secrets)
    }

    /// The names of the secrets that are exposed in each of `texts`.
    pub(crate) fn secrets_in(&self, texts: &[&str]) -> Vec<BTreeSet<&'static str>> {
        let leaks = self.search();
        texts.iter().map(|text| leaks.in_text(text).collect()).collect()
    }

    /// The places where a secret can be read, each with the name of the secret.
    pub(crate) fn leaks(&self) -> Vec<String> {
        let leaks = self.search();
        let mut found = leaks.in_folder(self.folder.path());
        for (command, text) in &*self.printed.borrow() {
            found.extend(leaks.in_text(text).map(|what| format!("{what} printed by {command}")));
        }
        found
    }

    fn remember(&self, command: &str, printed: &str) {
        self.printed.borrow_mut().push((command.to_owned(), printed.to_owned()));
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // Before anything is cleaned up, and not in addition to a failure.
        let leaks = if std::thread::panicking() { Vec::new() } else { self.leaks() };
        // The kernel's keyring outlives the room.
        drop(self.jit(&["logout", "--all"]).start().end());
        assert!(leaks.is_empty(), "secrets lie open:\n{}", leaks.join("\n"));
    }
}

/// Compares `text` with the committed `tests/it/snapshots/NAME`. With `UPDATE_SNAPSHOTS`, as
/// `scripts/generate` sets it, the file is written instead.
pub(crate) fn snapshot(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots").join(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        return fs::write(path, text).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    for (number, (is, was)) in text.lines().zip(committed.lines()).enumerate() {
        assert_eq!(is, was, "{name}, line {}: if that is meant, run scripts/generate", number + 1);
    }
    assert_eq!(
        text.lines().count(),
        committed.lines().count(),
        "{name}: if that is meant, run scripts/generate"
    );
}
