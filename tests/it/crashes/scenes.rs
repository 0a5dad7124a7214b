//! What is killed: commands that write, each in a room that can be restored, and what must hold afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jit_emulator::{ADMIN, Account, Settings};

use super::calls::{Call, written_by};
use crate::support::{Room, Run, Started};

/// A command, its starting state, and what it may leave.
pub(super) struct Scene {
    pub(super) name: &'static str,
    pub(super) room: Room,
    pub(super) arguments: Vec<String>,
    /// Below these, every file is byte for byte what it was, or what the command writes.
    watched: &'static [&'static str],
    old: Files,
    new: Files,
    /// Whether the sealed entries are restored by signing in, and then what should be left of them.
    ready: Option<fn(&Room)>,
    /// A role that must be available afterwards: at once, or after a sign-in if the kill made that necessary.
    role: Option<&'static str>,
}

/// Files and links by their path, without temporary files.
type Files = BTreeMap<PathBuf, Entry>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    File(Vec<u8>, u32),
    Link(PathBuf),
}

impl Scene {
    fn new(name: &'static str, room: Room, arguments: &[&str], watched: &'static [&'static str]) -> Self {
        let arguments = arguments.iter().map(|&word| word.to_owned()).collect();
        let old = files(&room, watched);
        Self { name, room, arguments, watched, old, new: Files::new(), ready: None, role: None }
    }

    /// Runs it once, completely, to see the result.
    fn played(mut self) -> Self {
        self.before();
        let whole = self.run(&self.arguments).hands_over().run();
        assert_eq!(whole.code(), 0, "{}: {whole}", self.name);
        self.new = files(&self.room, self.watched);
        self
    }

    fn with_sessions(self, ready: fn(&Room), role: &'static str) -> Self {
        Self { ready: Some(ready), role: Some(role), ..self }.played()
    }

    pub(super) fn run(&self, arguments: &[String]) -> Run<'_> {
        self.room.jit(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Starts it after this many milliseconds.
    pub(super) fn start_after(&self, milliseconds: usize) -> Started<'_> {
        let wait = format!("sleep {}; exec \"$0\" \"$@\"", milliseconds as f64 / 1000.0);
        let words = ["-c", &wait, env!("CARGO_BIN_EXE_jit")];
        let words: Vec<&str> = words.into_iter().chain(self.arguments.iter().map(String::as_str)).collect();
        self.room.program("sh", &words).hands_over().start()
    }

    /// Its calls that write.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.before();
        let calls = written_by(&self.room, &self.arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(calls.len() >= 3, "{}: {calls:?}", self.name);
        calls
    }

    /// Restores the room.
    pub(super) fn before(&self) {
        self.ready.iter().for_each(|ready| ready(&self.room));
        for folder in self.watched {
            _ = fs::remove_dir_all(self.room.path(folder));
        }
        for (path, entry) in &self.old {
            let path = self.room.path(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            match entry {
                Entry::Link(to) => symlink(to, &path).unwrap(),
                Entry::File(content, mode) => {
                    fs::write(&path, content).unwrap();
                    fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
                }
            }
        }
    }

    /// Checks what was left, and that the next run completes it.
    pub(super) fn after(&self, at: &str) {
        let left = files(&self.room, self.watched);
        for path in self.old.keys().chain(self.new.keys()).chain(left.keys()) {
            let is = left.get(path);
            let fine = is == self.old.get(path) || is == self.new.get(path);
            assert!(fine, "{at}: {} is neither old nor new: {is:?}", path.display());
        }
        if self.role.is_some() {
            self.room.is_whole();
        }
        let next = self.run(&self.arguments).hands_over().run();
        match self.role {
            None => assert_eq!(next.code(), 0, "{at}: the next run: {next}"),
            Some(role) => {
                // A state that only a person can fix has its exit code, and a sign-in fixes it.
                assert!([0, 3].contains(&next.code()), "{at}: the next run: {next}");
                let login = self.room.jit(&["login", role]).run();
                assert_eq!(login.code(), 0, "{at}: a login: {login}");
                let asked = self.room.asks_for(role);
                assert_eq!(asked.code(), 0, "{at}: {asked}");
                self.room.is_whole();
            }
        }
        assert_eq!(files(&self.room, self.watched), self.new, "{at}: after the next run");
    }

    /// How many temporary files there are.
    pub(super) fn leftovers(&self) -> usize {
        self.siblings().len()
    }

    /// Makes the temporary files older by this much.
    pub(super) fn age_leftovers(&self, by: Duration) {
        for path in self.siblings() {
            fs::File::open(path).unwrap().set_modified(SystemTime::now() - by).unwrap();
        }
    }

    fn siblings(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        walk(&self.room.path(""), &mut |path| found.extend(is_sibling(path).then(|| path.to_owned())));
        found
    }
}

fn is_sibling(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(".jit-") && name.ends_with(".tmp")
}

fn walk(folder: &Path, see: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() { walk(&path, see) } else { see(&path) }
    }
}

fn files(room: &Room, folders: &[&str]) -> Files {
    let mut files = Files::new();
    for folder in folders {
        walk(&room.path(folder), &mut |path| {
            if is_sibling(path) {
                return;
            }
            let entry = match fs::read_link(path) {
                Ok(to) => Entry::Link(to),
                Err(_) => {
                    Entry::File(fs::read(path).unwrap(), fs::metadata(path).unwrap().permissions().mode())
                }
            };
            files.insert(path.strip_prefix(room.path("")).unwrap().to_owned(), entry);
        });
    }
    files
}

const FILES: &[&str] = &["config", ".aws", "dotfiles"];
const FOREIGN: &str = "# mine\n[default]\nregion = us-east-1\n\n[profile old]\nrole_arn = arn:aws:iam::111111111111:role/dev\nsource_profile = default\nregion = eu-west-1\n";

/// Commands that edit files which people edit too.
pub(super) fn edits() -> Vec<Scene> {
    let shared = |room: &Room, region: &str| {
        let start = room.servers().start_url();
        room.write(
            "shared.toml",
            &format!(
                "[idp.acme]\ntype = \"identity-center\"\nstart_url = \"{start}\"\nregion = \"{region}\"\n"
            ),
        );
    };
    let profiles: &[&str] = &["configure", "profiles"];
    let add: &[&str] = &["configure", "add", "shared.toml", "--yes"];
    let scene = |name, room, arguments| Scene::new(name, room, arguments, FILES).played();
    let mut scenes = vec![scene("profiles in a file that was not there", Room::new(), profiles)];

    let room = Room::new();
    room.write(".aws/config", FOREIGN);
    fs::set_permissions(room.path(".aws/config"), fs::Permissions::from_mode(0o640)).unwrap();
    scenes.push(scene("profiles in a file of others", room, profiles));

    let room = Room::new();
    fs::create_dir(room.path("dotfiles")).unwrap();
    room.write("dotfiles/aws", &FOREIGN.replace('\n', "\r\n"));
    symlink("../dotfiles/aws", room.path(".aws/config")).unwrap();
    scenes.push(scene("profiles behind a link", room, profiles));

    let room = Room::new();
    room.write(".aws/config", FOREIGN);
    assert_eq!(room.jit(profiles).run().code(), 0);
    room.write_config(room.usual_config().split("[role.developer]").next().unwrap());
    scenes.push(scene("profiles that go", room, &["configure", "profiles", "--prune"]));

    let taken_over = || {
        let room = Room::new();
        let old =
            format!("{FOREIGN}[profile admin]\nrole_arn = {ADMIN}\nsource_profile = old\noutput = json\n");
        room.write(".aws/config", &old);
        room
    };
    let replace: &[&str] = &["configure", "profiles", "--replace"];
    scenes.push(scene("profiles that are taken over", taken_over(), replace));

    let room = taken_over();
    assert_eq!(room.jit(replace).run().code(), 0);
    scenes.push(scene("profiles that are put back", room, &["configure", "profiles", "--restore"]));

    let room = Room::new();
    fs::remove_file(room.path("config/jit/config.toml")).unwrap();
    shared(&room, "eu-west-1");
    scenes.push(scene("a shared file where there was none", room, add));

    let room = Room::new();
    shared(&room, "eu-west-1");
    assert_eq!(room.jit(add).run().code(), 0);
    shared(&room, "eu-west-2");
    scenes.push(scene("a shared file that has changed", room, add));

    let room = Room::new();
    room.write(
        ".aws/config",
        "[okta]\naws_saml_url = home/amazon_aws/0oa1/272\n\n[profile dev]\nrole_arn = arn:aws:iam::111111111111:role/okta-dev\n",
    );
    let import = ["configure", "import", "aws-okta", "--org", "acme.okta.com", "--yes"];
    scenes.push(scene("an import", room, &import));
    scenes
}

/// Commands that write sealed entries, locks, the index of roles.
pub(super) fn sessions() -> Vec<Scene> {
    fn nobody(room: &Room) {
        assert_eq!(room.jit(&["logout", "--all"]).run().code(), 0);
        _ = fs::remove_dir_all(room.path("state/jit"));
    }
    fn signed_in(room: &Room) {
        let login = room.jit(&["login", "admin"]).run();
        assert_eq!(login.code(), 0, "{login}");
    }
    fn with_a_refresh_token(room: &Room) {
        signed_in(room);
        room.leave_a_refresh_token();
    }
    fn signed_in_at_center(room: &Room) {
        assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    }
    let scene =
        |name, arguments, ready| Scene::new(name, Room::new(), arguments, &[]).with_sessions(ready, "admin");
    let mut scenes = vec![
        scene("a first login", &["login", "admin"], nobody),
        scene("a login that starts over", &["login", "admin", "--force"], signed_in),
        scene("a renewal", &["credential-process", "admin"], with_a_refresh_token),
        scene("a logout", &["logout", "admin"], signed_in),
        scene("a logout of everything", &["logout", "--all"], signed_in),
    ];
    let accounts = vec![
        Account::new("333333333333", "acme-dev", &["Developer", "ReadOnly"]),
        Account::new("444444444444", "acme-prod", &["ReadOnly"]),
    ];
    for (name, index) in [
        ("an index that was not there", None),
        ("an index that has changed", Some("jit roles 1\n333333333333\tGone\t-\t-\t-\n")),
    ] {
        let room = Room::by_center(Settings { accounts: accounts.clone(), ..Settings::default() });
        if let Some(index) = index {
            fs::create_dir_all(room.path("state/jit/roles")).unwrap();
            room.write("state/jit/roles/demo", index);
            // As `jit` writes it; reading a file that others may read closes it to them.
            let own = fs::Permissions::from_mode(0o600);
            fs::set_permissions(room.path("state/jit/roles/demo"), own).unwrap();
        }
        let scene = Scene::new(name, room, &["roles", "--refresh"], &["state/jit/roles"]);
        scenes.push(scene.with_sessions(signed_in_at_center, "dev"));
    }
    scenes
}
