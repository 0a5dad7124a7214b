//! The store as a whole, with keys kept in memory.

mod forgetting;
mod rules;

use std::path::Path;
use std::sync::{Arc, Barrier, Mutex};

use serde_json::json;

use super::home::Mark;
use super::passphrase::tests::{TEST_COST, Typist};
use super::*;
use crate::plan::EntryKind;
use crate::world::doubles;
use jit_wire::env::Env;

/// The contents of a home in memory, and the calls that it got.
#[derive(Default)]
struct Memory {
    key: Option<DataKey>,
    fails: Option<fn() -> StoreError>,
    loads: usize,
    creates: usize,
}

#[derive(Clone, Default)]
struct MemoryHome(Arc<Mutex<Memory>>);

impl MemoryHome {
    fn failing(error: fn() -> StoreError) -> Self {
        let home = Self::default();
        home.0.lock().unwrap().fails = Some(error);
        home
    }

    fn check(&self) -> Result<std::sync::MutexGuard<'_, Memory>, StoreError> {
        let memory = self.0.lock().unwrap();
        memory.fails.map_or(Ok(memory), |error| Err(error()))
    }
}

impl KeyHome for MemoryHome {
    fn load(&self, _: Option<&Mark>, prompts: Prompts) -> Result<Option<DataKey>, StoreError> {
        if prompts == Prompts::Allowed {
            self.0.lock().unwrap().fails = None;
        }
        let mut memory = self.check()?;
        memory.loads += 1;
        Ok(memory.key.clone())
    }

    fn create(&self, _: Prompts) -> Result<(DataKey, Mark), StoreError> {
        let mut memory = self.check()?;
        memory.creates += 1;
        let key: DataKey = Secret::new(*sealed::random()?);
        memory.key = Some(key.clone());
        let mark = Mark::of(&key);
        Ok((key, mark))
    }

    fn adopt(&self, key: &DataKey, _: Prompts) -> Result<(), StoreError> {
        self.check()?.key = Some(key.clone());
        Ok(())
    }

    fn destroy(&self, _: Prompts) -> Result<(), StoreError> {
        self.check()?.key = None;
        Ok(())
    }
}

/// One home for each kind.
#[derive(Clone, Default)]
struct TestHomes {
    keychain: MemoryHome,
    kernel: MemoryHome,
}

fn absent() -> StoreError {
    StoreError::unavailable("none here")
}

fn locked() -> StoreError {
    StoreError::locked("the keychain is locked")
}

fn options(may_prompt: bool) -> Options {
    let prompts = if may_prompt { Prompts::Allowed } else { Prompts::Never };
    Options::plain(prompts)
}

fn world(root: &Path, setting: &str) -> World {
    let env = Env::of([(JIT_STORE, setting), ("DISPLAY", ":0")]);
    World { env, ..doubles::world(root, 0) }
}

fn store<'w>(world: &'w World, homes: &TestHomes, may_prompt: bool) -> Store<'w> {
    let (homes, person) = (homes.clone(), &*world.person);
    let home = move |kind, _: &str| -> Box<dyn KeyHome + 'w> {
        match kind {
            StoreKind::Keychain => Box::new(homes.keychain.clone()),
            StoreKind::Kernel => Box::new(homes.kernel.clone()),
            StoreKind::File => Box::new(Passphrase { person, cost: TEST_COST }),
        }
    };
    Store::with_homes(world, options(may_prompt), Box::new(home)).unwrap()
}

fn key(name: &str) -> EntryKey {
    EntryKey::of(EntryKind::Session, &json!(name))
}

fn secret(text: &str) -> Secret<Vec<u8>> {
    Secret::new(text.as_bytes().to_vec())
}

fn put(store: &Store<'_>, name: &str, text: &str) -> Result<(), StoreError> {
    let lock = store.lock(&key(name), &doubles::Nobody::default(), "a test", Duration::from_secs(60))?;
    store.put(&lock, &key(name), &secret(text))
}

fn get(store: &Store<'_>, name: &str) -> Result<Option<String>, StoreError> {
    let value = store.get(&key(name))?;
    Ok(value.map(|value| String::from_utf8(value.expose().clone()).unwrap()))
}

#[test]
fn a_setting_that_names_no_store_is_refused() {
    let root = tempfile::tempdir().unwrap();
    for (setting, good) in
        [("auto", true), ("", true), ("keychain", true), ("file", true), ("Keychain", false), ("pass", false)]
    {
        let world = world(root.path(), setting);
        let opened = Store::open(&world, options(false));
        assert_eq!(opened.is_ok(), good, "{setting}");
        assert!(!matches!(opened, Err(error) if !matches!(error, StoreError::BadSetting { .. })));
    }
}

#[test]
fn entries_are_kept_replaced_listed_and_deleted() {
    let root = tempfile::tempdir().unwrap();
    let world = world(root.path(), "auto");
    let homes = TestHomes::default();
    let store = store(&world, &homes, false);
    assert_eq!(get(&store, "a").unwrap(), None);
    assert_eq!(homes.keychain.0.lock().unwrap().loads, 0, "nothing stored, nothing asked");
    assert!(!world.folders.state.exists(), "reading makes nothing");

    put(&store, "a", "one").unwrap();
    put(&store, "b", "two").unwrap();
    put(&store, "a", "three").unwrap();
    assert_eq!(get(&store, "a").unwrap().as_deref(), Some("three"));
    assert_eq!(get(&store, "b").unwrap().as_deref(), Some("two"));
    let mut keys: Vec<_> = store.keys().unwrap().iter().map(EntryKey::file_name).collect();
    keys.sort();
    let mut expected = [key("a").file_name(), key("b").file_name()];
    expected.sort();
    assert_eq!(keys, expected);
    assert!(store.delete(&key("a")).unwrap());
    assert!(!store.delete(&key("a")).unwrap());
    assert_eq!(get(&store, "a").unwrap(), None);
    assert_eq!(homes.keychain.0.lock().unwrap().creates, 1);
}

#[test]
fn fifty_first_users_agree_on_one_key() {
    let root = tempfile::tempdir().unwrap();
    let homes = TestHomes::default();
    let start = Barrier::new(50);
    let name = |i: usize| format!("entry {i}");
    std::thread::scope(|scope| {
        for i in 0..50 {
            let (homes, start, root) = (&homes, &start, root.path());
            scope.spawn(move || {
                let world = world(root, "auto");
                let store = store(&world, homes, false);
                start.wait();
                put(&store, &name(i), &name(i)).unwrap();
            });
        }
    });
    assert_eq!(homes.keychain.0.lock().unwrap().creates, 1);
    let world = world(root.path(), "auto");
    let store = store(&world, &homes, false);
    for i in 0..50 {
        assert_eq!(get(&store, &name(i)).unwrap().as_deref(), Some(&*name(i)));
    }
}

#[test]
fn auto_skips_absent_stores_and_keeps_its_choice() {
    let root = tempfile::tempdir().unwrap();
    let world = world(root.path(), "auto");
    let homes = TestHomes { keychain: MemoryHome::failing(absent), ..TestHomes::default() };
    let first = store(&world, &homes, false);
    let before = first.describe();
    assert_eq!(before.kind, Some(StoreKind::Kernel));
    assert!(before.why.contains("empty") && before.why.contains("keychain: none here"));
    put(&first, "a", "one").unwrap();

    // The keychain becomes available; the sessions stay where they are, and the reason is remembered.
    homes.keychain.0.lock().unwrap().fails = None;
    let later = store(&world, &homes, false);
    put(&later, "b", "two").unwrap();
    assert_eq!(get(&later, "a").unwrap().as_deref(), Some("one"));
    let description = later.describe();
    assert_eq!((description.kind, description.problem.is_none()), (Some(StoreKind::Kernel), true));
    assert!(description.why.contains("(keychain: none here)"), "{}", description.why);

    // After a restart of the machine the kernel's entries are forgotten, which is no error, and `auto` may
    // choose again.
    homes.kernel.0.lock().unwrap().key = None;
    let after = store(&world, &homes, false);
    assert_eq!(get(&after, "a").unwrap(), None);
    put(&after, "a", "three").unwrap();
    assert_eq!(after.describe().kind, Some(StoreKind::Keychain));
}

#[test]
fn a_locked_keychain_is_not_skipped() {
    let root = tempfile::tempdir().unwrap();
    let world = world(root.path(), "auto");
    let homes = TestHomes { keychain: MemoryHome::failing(locked), ..TestHomes::default() };
    let quiet = store(&world, &homes, false);
    assert!(matches!(put(&quiet, "a", "one"), Err(StoreError::Locked { .. })));
    assert!(matches!(quiet.describe().problem, Some(StoreError::Locked { .. })));
    assert_eq!(homes.kernel.0.lock().unwrap().loads, 0);

    // A person may unlock it.
    put(&store(&world, &homes, true), "a", "one").unwrap();
    homes.keychain.0.lock().unwrap().fails = Some(locked);
    assert!(matches!(get(&store(&world, &homes, false), "a"), Err(StoreError::Locked { .. })));
    assert_eq!(get(&store(&world, &homes, true), "a").unwrap().as_deref(), Some("one"));
}

#[test]
fn with_no_store_at_all_every_reason_is_named_and_nothing_is_written() {
    let root = tempfile::tempdir().unwrap();
    let world = world(root.path(), "auto");
    let homes = TestHomes { keychain: MemoryHome::failing(absent), kernel: MemoryHome::failing(absent) };
    let store = store(&world, &homes, true);
    let error = put(&store, "a", "one").unwrap_err().to_string();
    assert!(
        ["keychain: none here", "kernel: none here", "file: "].iter().all(|r| error.contains(r)),
        "{error}"
    );
    assert_eq!(store.describe().kind, None);
    for kind in StoreKind::ALL {
        assert!(!world.folders.state.join(kind.name()).exists());
    }
}

#[test]
fn a_passphrase_is_the_last_resort() {
    let root = tempfile::tempdir().unwrap();
    let homes = TestHomes { keychain: MemoryHome::failing(absent), kernel: MemoryHome::failing(absent) };
    let typing = |answers: &[&'static str]| World {
        person: Box::new(Typist::new(answers)),
        ..world(root.path(), "auto")
    };
    put(&store(&typing(&["correct horse"; 2]), &homes, true), "a", "one").unwrap();
    let world = typing(&["correct horse"]);
    let unlocked = store(&world, &homes, true);
    assert_eq!(get(&unlocked, "a").unwrap().as_deref(), Some("one"));
    put(&unlocked, "b", "two").unwrap();
    assert_eq!(get(&unlocked, "b").unwrap().as_deref(), Some("two"), "asked once only");
    let nobody = typing(&["correct horse"]);
    assert!(matches!(get(&store(&nobody, &homes, false), "a"), Err(StoreError::Locked { .. })));
    assert_eq!(store(&nobody, &homes, false).describe().kind, Some(StoreKind::File));
}

#[test]
fn a_lost_or_replaced_key_has_its_own_error_and_fix() {
    for replaced in [false, true] {
        let root = tempfile::tempdir().unwrap();
        let world = world(root.path(), "keychain");
        let homes = TestHomes::default();
        put(&store(&world, &homes, false), "a", "one").unwrap();
        homes.keychain.0.lock().unwrap().key = replaced.then(|| Secret::new([7; 32]));
        let store = store(&world, &homes, false);
        let lost = |error| matches!(error, StoreError::KeyLost { kind: StoreKind::Keychain, .. });
        assert!(lost(get(&store, "a").unwrap_err()));
        assert!(lost(put(&store, "b", "two").unwrap_err()), "no new key over entries of an old one");
        assert!(lost(store.describe().problem.unwrap()));
        store.forget_everything().unwrap();
        put(&store, "b", "two").unwrap();
        assert_eq!(get(&store, "b").unwrap().as_deref(), Some("two"));
    }
}

#[test]
fn swapped_damaged_or_newer_files_are_named() {
    let root = tempfile::tempdir().unwrap();
    let world = world(root.path(), "keychain");
    let store = store(&world, &TestHomes::default(), false);
    put(&store, "a", "one").unwrap();
    put(&store, "b", "two").unwrap();
    let path = |name| world.folders.state.join("keychain").join(key(name).file_name());
    std::fs::copy(path("b"), path("a")).unwrap();
    assert!(matches!(get(&store, "a"), Err(StoreError::Corrupt { path: at, .. }) if at == path("a")));
    let mut bytes = std::fs::read(path("b")).unwrap();
    bytes[3] = 2;
    crate::sys::fs::write_atomically(&path("b"), &bytes).unwrap();
    assert!(matches!(get(&store, "b"), Err(StoreError::Newer { version: 2, path: at }) if at == path("b")));
    put(&store, "a", "again").unwrap();
    assert_eq!(get(&store, "a").unwrap().as_deref(), Some("again"), "writing mends");
}

/// The threat model allows this for an attacker who can write to the folder, as long as nobody has signed
/// out.
#[test]
fn an_older_version_of_an_entry_opens() {
    let root = tempfile::tempdir().unwrap();
    let world = world(root.path(), "keychain");
    let store = store(&world, &TestHomes::default(), false);
    put(&store, "a", "old").unwrap();
    let path = world.folders.state.join("keychain").join(key("a").file_name());
    let old = std::fs::read(&path).unwrap();
    put(&store, "a", "new").unwrap();
    crate::sys::fs::write_atomically(&path, &old).unwrap();
    assert_eq!(get(&store, "a").unwrap().as_deref(), Some("old"));
}

#[test]
fn auto_keeps_an_existing_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    let homes = TestHomes { keychain: MemoryHome::failing(absent), kernel: MemoryHome::failing(absent) };
    let typed = |setting, answers: &[&'static str]| World {
        person: Box::new(Typist::new(answers)),
        ..world(folder.path(), setting)
    };
    let passphrase = "correct horse";
    let asked_for = typed("file", &[passphrase, passphrase]);
    put(&store(&asked_for, &homes, true), "a", "token").unwrap();
    let settled = typed("auto", &[passphrase]);
    put(&store(&settled, &homes, true), "b", "token").unwrap();
    let later = typed("auto", &[passphrase]);
    assert_eq!(get(&store(&later, &homes, true), "a").unwrap().as_deref(), Some("token"));
}
