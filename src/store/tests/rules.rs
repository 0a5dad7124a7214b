//! What the administrator of the machine sets, and what the store records of it.

use super::*;

fn rules() -> MachineRules {
    MachineRules { store: Some(StoreKind::Kernel), ..MachineRules::default() }
}

fn with<'w>(world: &'w World, homes: &TestHomes, machine: MachineSettings, own: Option<u64>) -> Store<'w> {
    let homes = homes.clone();
    let home = move |kind, _: &str| -> Box<dyn KeyHome + 'w> {
        match kind {
            StoreKind::Keychain => Box::new(homes.keychain.clone()),
            _ => Box::new(homes.kernel.clone()),
        }
    };
    let key_cache = own.map(Duration::from_secs);
    let options = Options { key_cache, prompts: Prompts::Never, machine };
    Store::with_homes(world, options, Box::new(home)).unwrap()
}

fn read(rules: MachineRules) -> MachineSettings {
    MachineSettings::Read { rules, store_set_at: Some("/etc/jit/enforced.toml:1".to_owned()) }
}

#[test]
fn an_enforced_kind_comes_before_the_variable_and_the_record() {
    let root = tempfile::tempdir().unwrap();
    let world = world(root.path(), "keychain");
    let homes = TestHomes::default();
    put(&store(&world, &homes, false), "a", "one").unwrap();
    let enforced = with(&world, &homes, read(rules()), None);
    enforced.record_rules().unwrap();
    assert_eq!(get(&enforced, "a").unwrap(), None, "it is in the keychain");
    put(&enforced, "a", "two").unwrap();
    assert_eq!(homes.kernel.0.lock().unwrap().creates, 1);
    assert_eq!(enforced.describe().why, "enforced by /etc/jit/enforced.toml:1");
    // A command that reads the files in part finds it in the record.
    let warm = with(&world, &homes, MachineSettings::Recorded, None);
    assert_eq!(get(&warm, "a").unwrap().as_deref(), Some("two"));
    // And no longer, once a command has seen that nothing is enforced.
    with(&world, &homes, read(MachineRules::default()), None).record_rules().unwrap();
    let warm = with(&world, &homes, MachineSettings::Recorded, None);
    assert_eq!(get(&warm, "a").unwrap().as_deref(), Some("one"));
}

#[test]
fn rules_are_recorded_only_where_something_is_stored_and_only_if_they_differ() {
    let root = tempfile::tempdir().unwrap();
    let world = world(root.path(), "keychain");
    let homes = TestHomes::default();
    with(&world, &homes, read(rules()), None).record_rules().unwrap();
    assert!(!world.folders.state.exists(), "there is nothing that it could be about");
    put(&store(&world, &homes, false), "a", "one").unwrap();
    let record = || std::fs::read(world.folders.state.join("store.json")).unwrap();
    let before = record();
    with(&world, &homes, read(MachineRules::default()), None).record_rules().unwrap();
    assert_eq!(record(), before, "a machine without rules leaves the record as it is");
    with(&world, &homes, read(rules()), None).record_rules().unwrap();
    assert!(String::from_utf8(record()).unwrap().ends_with(r#","machine":{"store":"kernel"}}"#));
    let changed = std::fs::metadata(world.folders.state.join("store.json")).unwrap().modified().unwrap();
    with(&world, &homes, read(rules()), None).record_rules().unwrap();
    let after = std::fs::metadata(world.folders.state.join("store.json")).unwrap().modified().unwrap();
    assert_eq!(after, changed);
    // What is stored next keeps it, and so does a logout.
    let enforced = with(&world, &homes, read(rules()), None);
    put(&enforced, "b", "two").unwrap();
    enforced.forget_everything().unwrap();
    assert!(String::from_utf8(record()).unwrap().contains(r#""machine":{"store":"kernel"}"#));
}

#[test]
fn the_limit_of_a_copy_is_the_enforced_one_else_ones_own_else_the_machines() {
    let root = tempfile::tempdir().unwrap();
    let world = world(root.path(), "keychain");
    let homes = TestHomes::default();
    put(&store(&world, &homes, false), "a", "one").unwrap();
    for (enforced, own, usual, limit) in [
        (None, None, None, Some(3600)),
        (None, None, Some(60), Some(60)),
        (None, None, Some(0), None),
        (None, Some(120), Some(60), Some(120)),
        (None, Some(0), Some(60), None),
        (Some(30), Some(120), Some(60), Some(30)),
        (Some(0), Some(120), Some(60), None),
        (Some(30), None, None, Some(30)),
    ] {
        let rules = MachineRules { key_cache: enforced, usual_key_cache: usual, ..MachineRules::default() };
        let cold = with(&world, &homes, read(rules), own);
        cold.record_rules().unwrap();
        let warm = with(&world, &homes, MachineSettings::Recorded, own);
        // It is known once the record was read, which comes before any key.
        warm.place().unwrap();
        let expected = limit.map(Duration::from_secs);
        assert_eq!(
            (cold.key_cache(), warm.key_cache()),
            (expected, expected),
            "{enforced:?} {own:?} {usual:?}"
        );
    }
}

#[test]
fn a_refusal_is_known_to_commands_that_read_the_files_in_part() {
    let root = tempfile::tempdir().unwrap();
    let world = world(root.path(), "keychain");
    let homes = TestHomes::default();
    put(&store(&world, &homes, false), "a", "one").unwrap();
    let refused = MachineRules { refused: true, ..MachineRules::default() };
    for (rules, expected) in [(refused, true), (MachineRules::default(), false)] {
        with(&world, &homes, read(rules), None).record_rules().unwrap();
        let warm = with(&world, &homes, MachineSettings::Recorded, None);
        get(&warm, "a").unwrap();
        assert_eq!(warm.needs_all_files(), expected);
    }
}
