//! Forgetting entries and replacing their key.

use super::*;

#[test]
fn forgetting_destroys_key_and_entries_of_every_kind() {
    let root = tempfile::tempdir().unwrap();
    let homes = TestHomes::default();
    let auto = world(root.path(), "auto");
    put(&store(&auto, &homes, false), "a", "one").unwrap();
    put(&store(&world(root.path(), "kernel"), &homes, false), "b", "two").unwrap();
    // If one of them refuses, the other is still forgotten.
    homes.keychain.0.lock().unwrap().fails = Some(locked);
    let store = store(&auto, &homes, false);
    assert!(matches!(store.forget_everything(), Err(StoreError::Locked { .. })));
    assert!(homes.kernel.0.lock().unwrap().key.is_none());
    assert!(store.keys().unwrap().is_empty());
    assert_eq!(get(&store, "a").unwrap(), None);

    homes.keychain.0.lock().unwrap().fails = None;
    store.forget_everything().unwrap();
    assert!(homes.keychain.0.lock().unwrap().key.is_none());
    let files = std::fs::read_dir(auto.folders.state.join("keychain")).unwrap();
    assert_eq!(files.count(), 0);
}

#[test]
fn a_running_process_does_not_write_under_a_key_that_was_destroyed() {
    let root = tempfile::tempdir().unwrap();
    let (one, other) = (world(root.path(), "auto"), world(root.path(), "auto"));
    let homes = TestHomes::default();
    let running = store(&one, &homes, false);
    put(&running, "a", "one").unwrap();
    store(&other, &homes, false).forget_everything().unwrap();
    put(&running, "a", "two").unwrap();
    assert_eq!(get(&store(&other, &homes, false), "a").unwrap().as_deref(), Some("two"));
    assert_eq!(homes.keychain.0.lock().unwrap().creates, 2);
}

#[test]
fn a_broken_record_is_named_and_can_be_forgotten() {
    let root = tempfile::tempdir().unwrap();
    let world = world(root.path(), "auto");
    let store = store(&world, &TestHomes::default(), false);
    put(&store, "a", "one").unwrap();
    crate::sys::fs::write_atomically(&world.folders.state.join("store.json"), b"{").unwrap();
    assert!(matches!(get(&store, "a"), Err(StoreError::Corrupt { .. })));
    assert!(matches!(store.describe().problem, Some(StoreError::Corrupt { .. })));
    store.forget_everything().unwrap();
    assert_eq!(get(&store, "a").unwrap(), None);
}

#[test]
fn a_record_with_a_foreign_id_is_broken_and_can_be_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(folder.path(), "keychain");
    let store = store(&world, &TestHomes::default(), false);
    put(&store, "a", "token").unwrap();
    for id in ["", "../../elsewhere", "a\0b", &"A".repeat(32), &"a".repeat(5000)] {
        let record = json!({ "id": id, "auto": null }).to_string();
        store.made_state().unwrap().write(RECORD, record.as_bytes()).unwrap();
        assert!(matches!(get(&store, "a"), Err(StoreError::Corrupt { .. })), "{id:?}");
    }
    store.forget_everything().unwrap();
    put(&store, "a", "token").unwrap();
}

#[test]
fn what_a_killed_logout_left_is_invalid_and_cleared_by_the_next_write() {
    for key_is_gone in [false, true] {
        let root = tempfile::tempdir().unwrap();
        let (auto, homes) = (world(root.path(), "auto"), TestHomes::default());
        let store = store(&auto, &homes, false);
        put(&store, "a", "one").unwrap();
        let record = store.record().unwrap();
        write_json(&store.made_state().unwrap(), RECORD, &Record { forgetting: true, ..record }).unwrap();
        if key_is_gone {
            homes.keychain.0.lock().unwrap().key = None;
        }
        let fresh = self::store(&auto, &homes, false);
        assert_eq!((get(&fresh, "a").unwrap(), fresh.keys().unwrap().len()), (None, 0));
        put(&fresh, "b", "two").unwrap();
        assert_eq!(fresh.keys().unwrap(), [key("b")], "what was left is gone");
        assert_eq!(get(&fresh, "b").unwrap().as_deref(), Some("two"));
        assert_eq!(homes.keychain.0.lock().unwrap().creates, 2, "and so is the key");
        assert!(!fresh.record().unwrap().forgetting);
    }
}

/// Every entry, by its file.
fn kept(world: &World, kind: &str) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let files = std::fs::read_dir(world.folders.state.join(kind)).unwrap().map(|file| file.unwrap().path());
    let entries = files.filter(|path| path.file_name().unwrap().to_string_lossy().contains('-'));
    entries.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

fn put_back(files: &[(std::path::PathBuf, Vec<u8>)]) {
    files.iter().for_each(|(path, bytes)| crate::sys::fs::write_atomically(path, bytes).unwrap());
}

#[test]
fn forgotten_entries_do_not_open_when_restored() {
    let root = tempfile::tempdir().unwrap();
    let homes = TestHomes { keychain: MemoryHome::default(), kernel: MemoryHome::default() };
    for setting in ["keychain", "kernel", "file"] {
        let folder = root.path().join(setting);
        let answers: &[&'static str] = if setting == "file" { &["correct horse"; 20] } else { &[] };
        let typed = World { person: Box::new(Typist::new(answers)), ..world(&folder, setting) };
        let first = store(&typed, &homes, true);
        put(&first, "gone", "one").unwrap();
        put(&first, "stays", "two").unwrap();
        let old = kept(&typed, setting);
        // One login is ended.
        assert!(first.delete(&key("gone")).unwrap());
        first.renew_key().unwrap();
        let later = store(&typed, &homes, true);
        assert_eq!(get(&later, "stays").unwrap().as_deref(), Some("two"), "{setting}");
        put_back(&old);
        for name in ["gone", "stays"] {
            assert_eq!(get(&later, name).unwrap(), None, "{setting}: {name}");
            assert_eq!(get(&first, name).unwrap(), None, "{setting}: {name}");
        }
        // Again, with the same key: the remaining entry can be read and written.
        put(&later, "stays", "three").unwrap();
        later.renew_key().unwrap();
        assert_eq!(
            get(&store(&typed, &homes, true), "stays").unwrap().as_deref(),
            Some("three"),
            "{setting}"
        );
        // All of them.
        let old = kept(&typed, setting);
        later.forget_everything().unwrap();
        put_back(&old);
        let after = store(&typed, &homes, true);
        assert_eq!(get(&after, "stays").unwrap(), None, "{setting}");
        put(&after, "new", "four").unwrap();
        assert_eq!(get(&after, "stays").unwrap(), None, "{setting}");
        assert_eq!(get(&after, "new").unwrap().as_deref(), Some("four"), "{setting}");
    }
}

#[test]
fn a_killed_key_replacement_leaves_everything_readable() {
    for killed_after in ["the mark", "one entry", "all entries", "the home"] {
        let root = tempfile::tempdir().unwrap();
        let (world, homes) = (world(root.path(), "keychain"), TestHomes::default());
        let running = store(&world, &homes, false);
        put(&running, "a", "one").unwrap();
        put(&running, "b", "two").unwrap();
        let place = running.place().unwrap().unwrap();
        let (old, mark) = (running.key_in_use(&place).unwrap().unwrap(), place.mark().unwrap().unwrap());
        let (new, new_mark) = place.home.successor(&old, &mark).unwrap();
        place.write_mark(&mark.followed_by(&old, &new, new_mark.clone()).unwrap()).unwrap();
        let anew = match killed_after {
            "the mark" => 0,
            "one entry" => 1,
            _ => 2,
        };
        for (name, text) in [("a", "one"), ("b", "two")].into_iter().take(anew) {
            let sealed = sealed::seal(&new, &key(name).file_name(), &secret(text)).unwrap();
            place.made_folder().unwrap().write(&key(name).file_name(), &sealed).unwrap();
        }
        if killed_after == "the home" {
            place.home.adopt(&new, Prompts::Never).unwrap();
        }
        let both = |store: &Store<'_>| ["a", "b"].map(|name| get(store, name).unwrap());
        let all = ["one", "two"].map(|text| Some(text.to_owned()));
        let next = store(&world, &homes, false);
        assert_eq!(both(&next), all, "{killed_after}");
        put(&next, "c", "three").unwrap();
        assert_eq!(place.mark().unwrap().unwrap(), new_mark, "{killed_after}: the next one to store ends it");
        let after = store(&world, &homes, false);
        assert_eq!(
            (both(&after), get(&after, "c").unwrap().as_deref()),
            (all, Some("three")),
            "{killed_after}"
        );
        assert!(homes.keychain.0.lock().unwrap().key.as_ref() == Some(&new));
    }
}
