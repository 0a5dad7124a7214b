//! The store with a real KeePassXC, which answers every call with a prompt and completes most of them by
//! itself.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::keychain::{Desktop, program};

const PASSWORD: &str = "the database's password";
/// The group that the Secret Service exposes, as `FDO_SECRETS_EXPOSED_GROUP` and as the base64 of a `UUID`.
const GROUP: [&str; 2] = ["{b9d6c1d4-3d3f-4d7b-9f7a-6c2b3a4d5e6f}", "udbB1D0/TXufemwrOk1ebw=="];

/// A desktop whose Secret Service is KeePassXC with one database. With `confirm` it asks before each access.
fn desktop(confirm: bool) -> Desktop {
    let mut desktop = Desktop::new();
    let home = desktop.folder();
    let database = home.join("passwords.kdbx");
    let xml = home.join("passwords.xml");
    let [exposed, group] = GROUP;
    fs::write(
        &xml,
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><KeePassFile><Meta><DatabaseName>passwords</DatabaseName><CustomData>\
             <Item><Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{exposed}</Value></Item></CustomData></Meta>\
             <Root><Group><UUID>{group}</UUID><Name>Root</Name></Group></Root></KeePassFile>"
        ),
    )
    .unwrap();
    let mut import = on(&desktop, "keepassxc-cli");
    import.args(["import", "--set-password"]).arg(&xml).arg(&database);
    typed(&mut import, &format!("{PASSWORD}\n{PASSWORD}\n"));
    let settings = home.join(".config/keepassxc");
    fs::create_dir_all(&settings).unwrap();
    fs::write(
        settings.join("keepassxc.ini"),
        format!(
            "[General]\nConfigVersion=2\nUpdateCheckMessageShown=true\n[GUI]\nCheckForUpdates=false\n\
             [FdoSecrets]\nEnabled=true\nConfirmAccessItem={confirm}\nConfirmDeleteItem={confirm}\nShowNotification=false\n"
        ),
    )
    .unwrap();
    let mut command = on(&desktop, "keepassxc");
    command.arg("--pw-stdin").arg(&database).stdin(Stdio::piped());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut daemon = command.spawn().unwrap();
    daemon.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    desktop.serve_secrets(daemon);
    // The bus name is taken before the database is open.
    desktop.until_opened("/org/freedesktop/secrets/collection/passwords");
    desktop
}

/// A program of the package, with no window and nothing outside the desktop's folder.
fn on(desktop: &Desktop, name: &str) -> Command {
    let mut command = desktop.on_bus(name, "keepassxc");
    command.env("QT_QPA_PLATFORM", "offscreen").env("TMPDIR", desktop.folder().join("run"));
    command.env("XDG_CONFIG_HOME", desktop.folder().join(".config")).env("LANG", "C.UTF-8");
    command
}

/// Runs `command` with `text` on its stdin.
fn typed(command: &mut Command, text: &str) {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_prompt_that_completes_by_itself_is_run_and_nobody_is_asked() {
    let desktop = desktop(false);
    let _ = program("keepassxc", "keepassxc");
    let no_copy = [("STORE_TEST_NO_COPY", "1")];
    // Each child is a separate caller, for whom KeePassXC unlocks the item again.
    assert_eq!(desktop.run("put one", &no_copy), ["put: ok"]);
    assert_eq!(desktop.items(), 1);
    let answers = desktop.run("get one,describe", &no_copy);
    assert_eq!(answers[0], "get: the value");
    assert!(answers[1].starts_with("describe: Some(Keychain)") && answers[1].contains("None"), "{answers:?}");
    assert_eq!(desktop.run("try", &no_copy), ["try: ok"]);
    assert_eq!(desktop.items(), 1, "a trial leaves nothing behind");
    // A person at a terminal is told about a dialog only if one is shown.
    let typist = [("STORE_TEST_NO_COPY", "1"), ("STORE_TEST_PASSPHRASE", "x"), ("DISPLAY", ":0")];
    assert_eq!(desktop.run("get one", &typist), ["get: the value"]);
    assert_eq!(desktop.run("forget", &no_copy), ["forget: ok"]);
    assert_eq!(desktop.items(), 0);
}

#[test]
fn an_unanswered_dialog_is_abandoned_and_nothing_is_lost() {
    let desktop = desktop(true);
    let no_copy = [("STORE_TEST_NO_COPY", "1")];
    let refused = desktop.run("put one", &no_copy);
    // To create an item it asks nothing; to read it back it does.
    assert!(refused[0].starts_with("put: Locked"), "{refused:?}");
    let tried = desktop.run("try", &no_copy);
    assert!(tried[0].starts_with("try: Locked"), "doctor finds it out: {tried:?}");
}
