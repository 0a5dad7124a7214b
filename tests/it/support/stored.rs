//! The contents of the room's store, read and aged with the program's own code, so that no test has to wait.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use jit::broker::{Broker, BrokerError, Interaction, Need};
use jit::config::file::File;
use jit::config::resolve::{self, Flags};
use jit::idp::IdpLogin;
use jit::plan::EntryKind;
use jit::store::{Options, Prompts, Store};
use jit::sys::browser::SystemBrowser;
use jit::sys::clock::SystemClock;
use jit::ui::{Terminal, Ui};
use jit::world::{Asking, Folders, World};
use jit_wire::credentials::Session;
use jit_wire::env::Env;
use jit_wire::http::Http;
use jit_wire::secret::Secret;

use super::{PATIENCE, Room};

impl Room {
    /// Makes every session of `role` older by this much, as if it had been issued then.
    pub(crate) fn age_session(&self, role: &str, by: Duration) {
        self.rewrite(EntryKind::Session, |bytes| {
            let mut session = Session::from_bytes(bytes).unwrap();
            if session.role == role {
                session.issued_at = session.issued_at - by;
                session.credentials.expires_at = session.credentials.expires_at - by;
            }
            session.to_bytes()
        });
    }

    /// Makes every login older by this much.
    pub(crate) fn age_login(&self, by: Duration) {
        self.rewrite(EntryKind::Login, |bytes| {
            let mut login = IdpLogin::from_bytes(bytes).unwrap();
            let (obtained_at, identity) = match &mut login {
                IdpLogin::Oidc(login) => (&mut login.obtained_at, &mut login.identity),
                IdpLogin::Saml(login) => (&mut login.obtained_at, &mut login.identity),
                IdpLogin::Okta(login) => (&mut login.saml.obtained_at, &mut login.saml.identity),
                IdpLogin::IdentityCenter(login) => (&mut login.obtained_at, &mut login.identity),
            };
            *obtained_at = *obtained_at - by;
            identity.proof_expires_at = identity.proof_expires_at - by;
            login.to_bytes()
        });
    }

    /// Removes from every login what earlier versions did not store: which client it was issued to.
    pub(crate) fn as_older_versions_stored_it(&self) {
        self.rewrite(EntryKind::Login, |bytes| {
            let mut login: serde_json::Value = serde_json::from_slice(bytes).unwrap();
            assert!(login["oidc"].as_object_mut().unwrap().remove("client").is_some());
            jit_wire::secret::Secret::new(serde_json::to_vec(&login).unwrap())
        });
    }

    /// Leaves only a refresh token: no session, and an expired ID token.
    pub(crate) fn leave_a_refresh_token(&self) {
        self.entries("session-").into_iter().for_each(|entry| fs::remove_file(entry).unwrap());
        self.age_login(Duration::from_secs(2 * 3600));
    }

    /// The files of the kernel store whose names begin with `prefix`.
    pub(crate) fn entries(&self, prefix: &str) -> Vec<PathBuf> {
        let Ok(folder) = fs::read_dir(self.path("state/jit/kernel")) else { return Vec::new() };
        let paths = folder.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(prefix)).collect()
    }

    /// Checks that every entry is intact, that no lock is held and that no half-written file was left behind.
    pub(crate) fn is_tidy(&self) {
        self.is_whole();
        for folder in ["state/jit", "state/jit/kernel", "state/jit/locks"] {
            for entry in fs::read_dir(self.path(folder)).into_iter().flatten() {
                let path = entry.unwrap().path();
                assert!(path.extension().is_none_or(|end| end != "tmp"), "{} was left", path.display());
            }
        }
    }

    /// What a caller gets for `role` that waits no longer than `wait`, while another process is busy with it
    /// all the time.
    pub(crate) fn session_while_busy(&self, role: &str, wait: Duration) -> Result<Session, BrokerError> {
        let world = self.world();
        let store = Store::open(&world, Options::plain(Prompts::Never)).unwrap();
        let text = fs::read_to_string(&world.folders.config_file).unwrap();
        let file = File::parse("config.toml", &text).unwrap();
        let env = Env::of([("AWS_ENDPOINT_URL_STS", self.servers.sts_url())]);
        let plan = resolve::plan(&file, role, Flags::default(), &env, Vec::new).unwrap();
        let key = plan.session_key(plan.legs.len() - 1);
        let _busy = store.lock(&key, &*world.person, "a test", PATIENCE).unwrap();
        let interaction = Interaction::Never;
        let need = Need { min_ttl: Duration::ZERO, force: false, interaction, wait };
        Broker::new(&world, &store).session(&plan, &need)
    }

    /// Checks that every entry is intact and that no lock is held.
    pub(crate) fn is_whole(&self) {
        let status = self.jit(&["status", "--json"]).run();
        let status: serde_json::Value = serde_json::from_str(&status.stdout).expect(&status.stderr);
        assert_eq!(status["unreadable_entries"], 0, "{status}");
        for entry in fs::read_dir(self.path("state/jit/locks")).into_iter().flatten() {
            // A program that is being started may hold a copy of the file descriptor for a moment, until its
            // exec.
            let file = fs::File::open(entry.unwrap().path()).unwrap();
            self.until("a lock that is free", |_| file.try_lock().is_ok());
        }
    }

    /// The key that its sessions are sealed under.
    #[cfg(target_os = "linux")]
    pub(crate) fn key_in_kernel(&self) -> linux_keyutils::Key {
        use linux_keyutils::{KeyRing, KeyRingIdentifier};
        let record = fs::read(self.path("state/jit/store.json")).unwrap();
        let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
        let user = KeyRing::from_special_id(KeyRingIdentifier::User, false).unwrap();
        user.search(&format!("jit:{}:key", record["id"].as_str().unwrap())).unwrap()
    }

    fn rewrite(&self, kind: EntryKind, change: impl Fn(&[u8]) -> Secret<Vec<u8>>) {
        let world = self.world();
        let store = Store::open(&world, Options::plain(Prompts::Never)).unwrap();
        for key in store.keys().unwrap().into_iter().filter(|key| key.kind == kind) {
            let lock = store.lock(&key, &*world.person, "a test", PATIENCE).unwrap();
            let bytes = store.get(&key).unwrap().unwrap();
            store.put(&lock, &key, &change(bytes.expose())).unwrap();
        }
    }

    fn world(&self) -> World {
        let env = Env::of([("JIT_STORE", "kernel")]);
        World {
            http: Http::new(&env),
            clock: Box::new(SystemClock),
            browser: Box::new(SystemBrowser::new(&env)),
            person: Box::new(Terminal::new(Ui::new(&env, true, false), false)),
            folders: Folders {
                config_file: self.path("config/jit/config.toml"),
                state: self.path("state/jit"),
                aws_config: self.path(".aws/config"),
                aws_credentials: self.path(".aws/credentials"),
                home: self.path(""),
                machine: self.path("machine"),
            },
            asking: Asking::Nobody,
            env,
        }
    }
}
