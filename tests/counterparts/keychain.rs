//! The store with a real gnome-keyring on a private bus, and the kernel's own keyring.
//!
//! `libdbus` reads the bus's address from the environment of the process, so the observed code runs in a
//! child: this very test binary, told by [`STEPS`] what to do with the store of [`STATE`].
#![allow(
    clippy::disallowed_methods,
    reason = "tests start programs and read the environment they gave to a child"
)]
#![allow(clippy::print_stderr, reason = "a child reports on stderr, where the test harness writes nothing")]

mod desktop;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

pub(crate) use desktop::{Desktop, program};
use jit::plan::{EntryKey, EntryKind};
use jit::store::{DEFAULT_KEY_CACHE, Lock, Options, Prompts, Store, StoreError};
use jit::sys::clock::SystemClock;
use jit::world::{Asking, Browser, Folders, Note, Person, World};
use jit_wire::env::Env;
use jit_wire::http::Http;
use jit_wire::secret::Secret;

/// What the child does, separated by commas: `put NAME`, `get NAME`, `hold NAME`, `describe`, `try`, `drop`,
/// `forget`.
const STEPS: &str = "STORE_TEST_STEPS";
/// The state folder it works in.
const STATE: &str = "STORE_TEST_STATE";
/// Set if the child has a person, with this passphrase.
const PASSPHRASE: &str = "STORE_TEST_PASSPHRASE";
/// Set if the kernel may not hold a copy of the key.
const NO_COPY: &str = "STORE_TEST_NO_COPY";
/// A session with long tokens and many tags.
const SIZE: usize = 10_000;

struct NoBrowser;

impl Browser for NoBrowser {
    fn available(&self) -> bool {
        false
    }
    fn open(&self, _: &jit_wire::trusted_url::TrustedUrl) -> Result<(), String> {
        Err("none".to_owned())
    }
}

/// Types one passphrase, and reports if it is told that a keychain is being unlocked.
struct Typist(Option<String>);

impl Person for Typist {
    fn can_be_asked(&self) -> bool {
        self.0.is_some()
    }
    fn tell(&self, note: Note<'_>) {
        if matches!(note, Note::Unlocking { .. }) {
            eprintln!("RESULT told of unlocking");
        }
    }
    fn pasted_line(&self) -> Pin<Box<dyn Future<Output = Secret<String>> + '_>> {
        Box::pin(std::future::pending())
    }
    fn password(&self, _: &str) -> Option<Secret<String>> {
        self.0.as_deref().map(Secret::from)
    }
    fn confirm(&self, _: &str) -> Option<bool> {
        None
    }
}

fn world(state: &Path) -> World {
    let env = Env::of_process();
    World {
        http: Http::new(&env),
        clock: Box::new(SystemClock),
        browser: Box::new(NoBrowser),
        person: Box::new(Typist(env.get(PASSPHRASE).map(str::to_owned))),
        folders: Folders {
            config_file: state.join("config.toml"),
            state: state.to_owned(),
            aws_config: state.join("aws-config"),
            aws_credentials: state.join("aws-credentials"),
            home: state.to_owned(),
            machine: state.join("machine"),
        },
        asking: Asking::Person,
        env,
    }
}

fn key(name: &str) -> EntryKey {
    EntryKey::of(EntryKind::Session, &name)
}

fn value(name: &str) -> Secret<Vec<u8>> {
    Secret::new(name.bytes().cycle().take(SIZE).collect())
}

fn lock(store: &Store<'_>, world: &World, name: &str) -> Result<Lock, StoreError> {
    store.lock(&key(name), &*world.person, "a test", Duration::from_secs(60))
}

/// Not a separate test: the child's side, which does nothing unless told to.
#[test]
fn inside() {
    let (Some(steps), Some(state)) = (std::env::var_os(STEPS), std::env::var_os(STATE)) else { return };
    let world = world(Path::new(&state));
    let prompts = match world.env.get(PASSPHRASE) {
        Some(_) => Prompts::Allowed,
        None => Prompts::Brief,
    };
    let key_cache = Some(DEFAULT_KEY_CACHE).filter(|_| world.env.get(NO_COPY).is_none());
    let store = Store::open(
        &world,
        Options { key_cache: Some(key_cache.unwrap_or_default()), ..Options::plain(prompts) },
    )
    .unwrap();
    for step in steps.to_str().unwrap().split(',') {
        let (verb, name) = step.split_once(' ').unwrap_or((step, ""));
        let answer = match verb {
            "put" => lock(&store, &world, name)
                .and_then(|lock| store.put(&lock, &key(name), &value(name)))
                .map(|()| "ok".to_owned()),
            "get" => store.get(&key(name)).map(|found| match found {
                None => "nothing".to_owned(),
                Some(found) if found == value(name) => "the value".to_owned(),
                Some(_) => "another value".to_owned(),
            }),
            "hold" => lock(&store, &world, name).map(|lock| {
                eprintln!("RESULT held");
                std::thread::sleep(Duration::from_secs(600));
                drop(lock);
                "over".to_owned()
            }),
            "describe" => {
                let it = store.describe();
                Ok(format!(
                    "{:?} cached={} for={:?} {:?} {}",
                    it.kind, it.key_cached, it.key_cached_for, it.problem, it.why
                ))
            }
            "drop" => store.drop_cached_key().map(|dropped| dropped.to_string()),
            "try" => store.try_home(jit::store::StoreKind::Keychain).map(|()| "ok".to_owned()),
            "forget" => store.forget_everything().map(|_| "ok".to_owned()),
            other => panic!("no such step: {other}"),
        };
        match answer {
            Ok(answer) => eprintln!("RESULT {verb}: {answer}"),
            Err(error) => eprintln!("RESULT {verb}: {error:?}"),
        }
    }
}

fn child(state: &Path, steps: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    desktop::isolate(&mut command, state.parent().unwrap());
    command.args(["--exact", "keychain::inside", "--nocapture"]);
    command.env(STEPS, steps).env(STATE, state).envs(variables.iter().copied());
    command.stdin(Stdio::null());
    command
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

fn results(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    text.lines().filter_map(|line| line.strip_prefix("RESULT ")).map(str::to_owned).collect()
}

/// The one answer starts with `expected`, and names every one of `words`.
fn assert_answer(answers: &[String], expected: &str, words: &[&str]) {
    let last = answers.last().unwrap();
    assert!(last.starts_with(expected) && words.iter().all(|word| last.contains(word)), "{answers:?}");
}

#[test]
fn an_unlocked_keychain_holds_the_key_and_the_copy_avoids_asking_it() {
    let desktop = Desktop::unlocked();
    let no_bus = [("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")];
    assert_eq!(desktop.run("get a,put a,get a", &[]), ["get: nothing", "put: ok", "get: the value"]);
    assert_eq!(desktop.items(), 1);
    let cached = "describe: Some(Keychain) cached=true for=Some(";
    assert_answer(&desktop.run("describe", &[]), cached, &["chosen", "None"]);

    // The warm path uses no bus; without the copy the missing bus is the error, and no other store is chosen.
    assert_eq!(desktop.run("get a", &no_bus), ["get: the value"]);
    assert_eq!(desktop.run("drop,drop", &[]), ["drop: true", "drop: false"]);
    assert_answer(&desktop.run("get a", &no_bus), "get: Unavailable", &[]);
    assert_answer(&desktop.run("put b", &no_bus), "put: Unavailable", &[]);
    assert_eq!(desktop.run("get a", &[(NO_COPY, "1")]), ["get: the value"]);
    assert_eq!(desktop.run("drop", &[]), ["drop: false"], "no copy where none is allowed");
    assert_eq!(desktop.run("get a,drop", &[]), ["get: the value", "drop: true"]);

    assert_eq!(desktop.run("forget,get a", &[]), ["forget: ok", "get: nothing"]);
    assert_eq!(desktop.items(), 0);
}

#[test]
fn a_locked_keychain_says_so_at_once_and_asks_only_for_a_person() {
    let mut desktop = Desktop::unlocked();
    assert_eq!(desktop.run("put a", &[(NO_COPY, "1")]), ["put: ok"]);
    let person = [(NO_COPY, "1"), (PASSPHRASE, "irrelevant"), ("DISPLAY", ":1")];
    for locked_from_the_start in [false, true] {
        if locked_from_the_start {
            desktop.start_keyring(Some("a wrong password"));
        } else {
            desktop.lock_collection();
        }
        assert_answer(&desktop.run("get a", &[(NO_COPY, "1")]), "get: Locked", &[]);
        assert_answer(&desktop.run("put b", &[(NO_COPY, "1")]), "put: Locked", &[]);
        assert_answer(&desktop.run("describe", &[(NO_COPY, "1")]), "describe: Some(Keychain)", &["Locked"]);
        // Without a display, nobody can see a dialog.
        assert_answer(&desktop.run("get a", &person[..2]), "get: Locked", &[]);
        // The bus has no display for the dialog, so the keyring dismisses it.
        let asked = desktop.run("get a", &person);
        assert_eq!(asked[0], "told of unlocking");
        assert_answer(&asked, "get: Refused", &["cancelled"]);
    }
    desktop.start_keyring(Some("the login password"));
    assert_eq!(desktop.run("get a", &[(NO_COPY, "1")]), ["get: the value"]);
}

#[test]
fn a_locked_keychain_on_first_use_is_not_skipped() {
    let mut desktop = Desktop::unlocked();
    desktop.start_keyring(Some("a wrong password"));
    assert_answer(&desktop.run("put a", &[]), "put: Locked", &[]);
    assert_answer(&desktop.run("describe", &[]), "describe: Some(Keychain)", &["Locked", "empty; "]);
    assert!(!desktop.state().join("kernel").exists());
}

#[test]
fn without_a_collection_or_a_bus_the_kernel_is_used() {
    let mut desktop = Desktop::new();
    desktop.start_keyring(None);
    let cases: [(&[(&str, &str)], &str); 2] =
        [(&[], "no default collection"), (&[("DBUS_SESSION_BUS_ADDRESS", "")], "no D-Bus session")];
    for (variables, reason) in cases {
        let keychain = [variables, &[("JIT_STORE", "keychain")]].concat();
        assert_answer(&desktop.run("put a", &keychain), "put: Unavailable", &[reason]);
        assert_eq!(desktop.run("put a,get a", variables), ["put: ok", "get: the value"]);
        assert_answer(&desktop.run("describe", variables), "describe: Some(Kernel)", &[reason, "None"]);
        assert_eq!(desktop.run("forget", variables), ["forget: ok"]);
    }
}

#[test]
fn a_keychain_that_hangs_or_dies_during_a_call_is_reported_gone() {
    let mut desktop = Desktop::unlocked();
    assert_eq!(desktop.run("put a", &[(NO_COPY, "1")]), ["put: ok"]);
    desktop.signal_keyring("-STOP");
    assert_answer(&desktop.run("get a", &[(NO_COPY, "1")]), "get: Gone", &["no answer within 1 s"]);

    let asking =
        desktop.child("get a", &[(NO_COPY, "1")]).stderr(Stdio::piped()).stdout(Stdio::null()).spawn();
    // Long enough to be in the call, and shorter than the call waits.
    std::thread::sleep(Duration::from_millis(400));
    desktop.stop_keyring();
    assert_answer(&results(&asking.unwrap().wait_with_output().unwrap()), "get: Gone", &[]);
}

#[test]
fn twenty_first_processes_agree_on_one_key() {
    let desktop = Desktop::unlocked();
    let names: Vec<_> = (0..20).map(|i| format!("entry {i}")).collect();
    let start = |name: &String| {
        desktop
            .child(&format!("put {name}"), &[])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = names.iter().map(start).collect();
    for child in children {
        assert_eq!(results(&child.wait_with_output().unwrap()), ["put: ok"]);
    }
    assert_eq!(desktop.items(), 1);
    let all: Vec<_> = names.iter().map(|name| format!("get {name}")).collect();
    assert_eq!(desktop.run(&all.join(","), &[(NO_COPY, "1")]), vec!["get: the value"; names.len()]);
}

#[test]
fn a_large_session_fits_the_kernel_store() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let kernel = [("JIT_STORE", "kernel")];
    let run = |steps: &str| results(&child(&state, steps, &kernel).output().unwrap());
    assert_eq!(run("put a,get a"), ["put: ok", "get: the value"]);
    assert_eq!(run("get a,drop,get a"), ["get: the value", "drop: false", "get: the value"]);

    // In a separate session, which does not possess the user's keyring, the key's own rights apply.
    let mut inside = program("keyctl", "keyutils");
    let template = child(&state, "get a,put b,get b", &kernel);
    inside.args(["session", "-"]).arg(template.get_program()).args(template.get_args()).env_clear();
    for (name, value) in template.get_envs().filter_map(|(name, value)| Some((name, value?))) {
        inside.env(name, value);
    }
    assert_eq!(results(&inside.output().unwrap()), ["get: the value", "put: ok", "get: the value"]);
    assert_eq!(run("forget,get a"), ["forget: ok", "get: nothing"]);
}

#[test]
fn a_large_session_fits_the_passphrase_store() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let run = |steps: &str, passphrase: &str| {
        let variables = [("JIT_STORE", "file"), (PASSPHRASE, passphrase)];
        results(&child(&state, steps, &variables).output().unwrap())
    };
    assert_answer(&run("put a", ""), "put: Unavailable", &["passphrase"]);
    assert_eq!(run("put a,get a", "correct horse"), ["put: ok", "get: the value"]);
    // The copy of the derived key makes the question unnecessary.
    assert_eq!(run("get a,drop", ""), ["get: the value", "drop: true"]);
    assert_answer(&run("get a", ""), "get: Locked", &["passphrase"]);
    assert_answer(&run("get a", "wrong horse"), "get: Refused", &["wrong passphrase"]);
    assert_eq!(run("get a,forget,get a", "correct horse"), ["get: the value", "forget: ok", "get: nothing"]);
}

#[test]
fn the_copys_time_is_renewed_by_use() {
    let desktop = Desktop::unlocked();
    assert_eq!(desktop.run("put a", &[]), ["put: ok"]);
    let keys =
        String::from_utf8(jit::sys::fs::read_limited(Path::new("/proc/keys"), 1 << 20).unwrap()).unwrap();
    let record = jit::sys::fs::read_limited(&desktop.state().join("store.json"), 4096).unwrap();
    let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
    let name = format!("jit:{}:copy-of-keychain", record["id"].as_str().unwrap());
    let line = keys.lines().find(|line| line.contains(&name)).unwrap();
    let serial = format!("0x{}", line.split(' ').next().unwrap());
    let mut shorten = program("keyctl", "keyutils");
    assert!(shorten.args(["timeout", &serial, "50"]).status().unwrap().success());
    let left = |answer: &[String]| {
        answer.last().unwrap().contains("for=Some(50s)") || answer.last().unwrap().contains("for=Some(4")
    };
    assert!(left(&desktop.run("describe", &[])), "looking is no use");
    assert!(!left(&desktop.run("get a,describe", &[])));
}

#[test]
fn a_lock_is_released_when_its_holder_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let mut holder =
        child(&state, "hold a", &[]).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let said = BufReader::new(holder.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(said.into_iter().any(|line| line == "RESULT held"));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let world = world(&state);
            let options = Options::plain(Prompts::Never);
            let store = Store::open(&world, options).unwrap();
            lock(&store, &world, "a").unwrap().waited()
        });
        std::thread::sleep(Duration::from_millis(100));
        holder.kill().unwrap();
        assert!(waiting.join().unwrap());
    });
    holder.wait().unwrap();
}
