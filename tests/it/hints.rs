//! The next step in an error is true in exactly this case: each row here makes something go wrong, reads what
//! the error suggests, does that, and is better off. A command that any error suggests has to be in a row, or
//! in [`ELSEWHERE`] with the reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use jit_emulator::{Call, Faults, KeyUser, Refusal, Role, Settings, Trouble};

use crate::support::{Output, Room};

mod config;
mod more;
mod plain;

/// One thing that goes wrong, and the way out.
struct Row {
    name: &'static str,
    room: fn() -> Room,
    /// What makes it go wrong.
    arrange: fn(&Room),
    typed: &'static [&'static str],
    /// Types it.
    run: fn(&Room, &[&str]) -> Output,
    /// What it says to do next, all of it.
    next: &'static [&'static str],
    /// What is done elsewhere: by the person at the IdP, by an administrator, or by whoever runs the network.
    elsewhere: fn(&Room),
    /// Follows the hints literally.
    follow: fn(&Room, &[String]),
    /// The original command works from then on.
    again: bool,
}

fn nothing(_: &Room) {}

fn well(room: &Room) {
    room.servers().faults(Faults::clear);
}

fn refuse(room: &Room, call: Call, status: u16, code: &str) {
    let refusal = Refusal::new(status, code, "no");
    room.servers().faults(|faults| faults.always(call, Trouble::Refuse(refusal)));
}

fn hints(output: &Output) -> Vec<String> {
    // On a terminal both are one stream.
    let lines = output.stderr.lines().chain(output.stdout.lines());
    lines.filter_map(|line| line.trim_end().strip_prefix("  next: ")).map(str::to_owned).collect()
}

/// The command in a hint: the text in backticks, or the beginning of the hint, up to two spaces.
fn command_in(hint: &str) -> Vec<String> {
    let quoted = hint.split('`').skip(1).step_by(2).find(|part| part.starts_with("jit "));
    let line = quoted.or_else(|| hint.split("  ").next().filter(|line| line.starts_with("jit ")));
    let line = line.unwrap_or_else(|| panic!("no command in {hint:?}"));
    assert!(!line.contains(['\'', '"', '|', '<', '>', '…']), "this cannot be typed: {line}");
    line.split_whitespace().skip(1).map(str::to_owned).collect()
}

fn run(room: &Room, hint: &str) -> Output {
    let words = command_in(hint);
    room.jit(&words.iter().map(String::as_str).collect::<Vec<_>>()).hands_over().run()
}

/// Types the first hint that is a command.
fn type_it(room: &Room, hints: &[String]) {
    let hint = hints.iter().find(|hint| hint.contains("jit ")).unwrap();
    let output = run(room, hint);
    assert_eq!(output.code(), 0, "{hint}: {output}");
}

/// Types the first, and the first hint of what that prints, until all is well.
fn type_on(room: &Room, hints_so_far: &[String]) {
    let mut hint = hints_so_far[0].clone();
    for _ in 0..3 {
        let output = run(room, &hint);
        if output.code() == 0 {
            return;
        }
        hint = hints(&output).into_iter().next().unwrap_or_else(|| panic!("{output}"));
    }
    panic!("it leads nowhere: {hint}");
}

/// Logs in for `role`.
fn login(room: &Room, role: &str) {
    let output = room.jit(&["login", role]).run();
    assert_eq!(output.code(), 0, "{output}");
}

/// Writes the section that `hint` gives, and uses its name.
fn write_section(room: &Room, hint: &str) {
    let (_, section) = hint.split_once("[role.").unwrap();
    let (name, keys) = section.split_once("] with ").unwrap();
    let keys = keys.split(", ").collect::<Vec<_>>().join("\n");
    let config = fs::read_to_string(room.path("config/jit/config.toml")).unwrap();
    room.write_config(&format!("{config}\n[role.{name}]\n{keys}\n"));
    login(room, name);
}

fn by_saml() -> Room {
    Room::by_saml(Settings::default())
}

/// Two IdPs that offer the same roles, and no configured role.
fn two_idps(room: &Room) {
    let config = room.saml_config("");
    let (idp, _) = config.split_once("[role.").unwrap();
    room.write_config(&format!("{idp}\n{}", idp.replace("idp.demo", "idp.partner")));
}

/// Rows state only what differs from this one.
fn usual() -> Row {
    Row {
        name: "",
        room: Room::new,
        arrange: nothing,
        typed: &["login", "admin"],
        run: |room, typed| room.jit(typed).hands_over().run(),
        next: &[],
        elsewhere: well,
        follow: type_it,
        again: true,
    }
}

fn rows() -> Vec<Row> {
    let mut rows = plain::rows();
    rows.extend(more::rows());
    rows
}

const ALICE: &str = "arn:aws:iam::666666666666:user/alice";
const OPS: &str = "arn:aws:iam::666666666666:role/ops";

/// A home with a profile that starts from keys, and no IdP.
fn of_keys() -> Room {
    let mut settings = Settings::default();
    settings.key_users.push(KeyUser {
        arn: ALICE.to_owned(),
        key_id: "AKIAALICE".to_owned(),
        secret_key: "alice+static+secret".to_owned(),
        mfa_code: "123456".to_owned(),
    });
    settings.roles.push(Role::spoke(OPS, ALICE, 3600));
    let room = Room::with(settings);
    fs::remove_file(room.path("config/jit/config.toml")).unwrap();
    let keys = "[keys]\naws_access_key_id = AKIAALICE\naws_secret_access_key = alice+static+secret\n";
    room.write(".aws/credentials", keys);
    room.write(
        ".aws/config",
        &format!("[profile ops]\nrole_arn = {OPS}\nsource_profile = keys\nregion = eu-west-1\n"),
    );
    room
}

#[test]
fn following_a_hint_helps() {
    let told = |row: &Row| {
        let room = (row.room)();
        (row.arrange)(&room);
        let failed = (row.run)(&room, row.typed);
        assert_ne!(failed.code(), 0, "{failed}");
        let next = hints(&failed);
        assert_eq!(next, row.next, "{failed}");
        (row.elsewhere)(&room);
        (row.follow)(&room, &next);
        if row.again {
            let again = room.jit(row.typed).hands_over().run();
            assert_eq!(again.code(), 0, "after what it says was done: {again}");
        }
    };
    // All of them, so that one failure does not hide another.
    let fails = |row: &Row| std::panic::catch_unwind(|| told(row)).is_err();
    let wrong: Vec<&str> = rows().iter().filter(|row| fails(row)).map(|row| row.name).collect();
    assert!(wrong.is_empty(), "these lead nowhere, as said above: {wrong:#?}");
}

#[test]
fn a_sign_in_that_cannot_ask_says_how_to_allow_it() {
    let room = Room::new();
    let failed = room.jit(&["login", "hub"]).without("BROWSER").run();
    assert_eq!(
        (failed.code(), hints(&failed)),
        (3, vec!["jit login --no-browser hub".to_owned()]),
        "{failed}"
    );
    let words = command_in(&hints(&failed)[0]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let login = room.jit(&words).without("BROWSER").start();
    let said = login.says("S256&prompt=consent\n");
    let address = said.split_whitespace().find(|word| word.contains("/authorize?")).unwrap();
    let browser = room.path("browser").display().to_string();
    assert_eq!(room.program(&browser, &[address]).run().code(), 0);
    let login = login.wait();
    assert_eq!(login.code(), 0, "{login}");
}

/// Commands that are suggested but not executed by a row, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    ("jit configure", "asks questions: wizard.rs answers them"),
    ("jit configure add", "takes a URL that only the person knows: shared.rs"),
    ("jit configure import", "takes an org that only the person knows: import.rs"),
    ("jit env", "said where a shell cannot hold a value: env.rs"),
    ("jit console --print", "the console's own tests: console.rs"),
    ("jit configure profiles", "said after a success, as what may come next: profiles.rs"),
    ("jit configure profiles --prune", "said after a success, as what may come next: profiles.rs"),
    (
        "jit configure profiles --replace",
        "said after a success, as what may come next: import.rs, replace.rs",
    ),
    ("jit configure profiles --restore", "the first line of a file: replace.rs"),
    ("jit configure remove", "takes the URL of a shared file: shared_moves.rs"),
    (
        "jit exec",
        "said where a role of jit's is asked for as a profile, and after a success: profiles.rs, wizard.rs",
    ),
    ("jit console", "the console's own tests: console.rs"),
];

#[test]
fn every_command_that_is_advised_is_executed() {
    let rows = rows();
    let names: BTreeSet<&str> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), rows.len(), "two rows have one name");
    // By the words of the command alone: which role or IdP follows depends on the case.
    let executed: BTreeSet<String> =
        rows.iter().flat_map(|row| row.next).flat_map(|hint| commands_in(hint)).collect();
    let advised = advised();
    let mut missing: Vec<String> = Vec::new();
    for (command, places) in &advised {
        let elsewhere = ELSEWHERE.iter().any(|(one, _)| one == command);
        if !executed.contains(command) && !elsewhere {
            missing.push(format!("{command} ({})", places.iter().cloned().collect::<Vec<_>>().join(", ")));
        }
    }
    assert!(missing.is_empty(), "no row executes these:\n{}", missing.join("\n"));
    let stale: Vec<&str> =
        ELSEWHERE.iter().map(|(one, _)| *one).filter(|one| !advised.contains_key(*one)).collect();
    assert!(stale.is_empty(), "nobody advises these any more: {stale:?}");
}

/// Which piece of typed advice (`Next` of jit-wire) a hint is.
fn kind_of(hint: &str) -> &'static str {
    let has = |text: &str| hint.contains(text);
    match hint {
        _ if hint.starts_with("jit login --force") => "SignInAnew",
        _ if hint.starts_with("jit login ") => "SignIn",
        _ if hint.starts_with("jit explain ") => "EveryValue",
        _ if hint.starts_with("jit ") => "Run",
        _ if has(", then: `jit login --force") => "ThenSignInAnew",
        _ if has(", then: `jit login") => "ThenSignIn",
        _ if has(": `jit login --") => "SignInWith",
        _ if hint.starts_with("unlock your keychain") => "Unlock",
        _ if hint.starts_with("run `jit login") && hint.ends_with("` again") => "SignInAgain",
        _ if hint.starts_with("run `jit login") && has("` on ") => "SignInAt",
        _ if has(": `jit explain ") => "Explain",
        "run `jit doctor`" => "Doctor",
        "check this machine's clock: `jit doctor`" => "Clock",
        _ if hint.ends_with("the network and the proxy") => "Network",
        _ if hint.starts_with("`jit roles ") => "Offered",
        _ if hint.starts_with("`jit logout --all`") => "StartAfresh",
        "try again in a minute" => "TryAgain",
        _ => "Do",
    }
}

/// Advice that no room can produce, and where it is tested.
const FOLLOWED_ELSEWHERE: &[(&str, &str)] =
    &[("Unlock", "a keychain that is locked: tests/counterparts has a real one, unlocked by a sign-in")];

#[test]
fn every_kind_of_advice_is_followed() {
    let source = include_str!("../../crates/jit-wire/src/explain.rs");
    let (_, kinds) = source.split_once("pub enum Next {\n").unwrap();
    let (kinds, _) = kinds.split_once("\n}\n").unwrap();
    let kinds = kinds.lines().filter_map(|line| line.strip_prefix("    "));
    let kinds: BTreeSet<&str> = kinds
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|line| line.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap())
        .collect();
    let rows = rows();
    let mut followed: BTreeSet<&str> =
        rows.iter().flat_map(|row| row.next).map(|hint| kind_of(hint)).collect();
    for (kind, _) in FOLLOWED_ELSEWHERE {
        assert!(followed.insert(kind), "a row follows {kind}, so it need not be named");
    }
    assert_eq!(followed, kinds, "each kind of advice has a row that follows it, and a place in kind_of");
}

/// Only suggested ones, so that "jit takes …" does not count.
const COMMANDS: [&str; 11] = [
    "configure",
    "console",
    "demo",
    "doctor",
    "env",
    "exec",
    "explain",
    "login",
    "logout",
    "roles",
    "status",
];
/// Those below `jit configure`.
const BELOW: [&str; 4] = ["add", "import", "profiles", "remove"];

/// The commands in a text, each without the parts that depend on the case: role, account or URL.
fn commands_in(text: &str) -> Vec<String> {
    let quoted = text.split('`').skip(1).step_by(2);
    let all = quoted.chain([text]).filter(|part| part.starts_with("jit "));
    let command = |part: &str| {
        let mut words = part.split_whitespace().skip(1);
        let first = words.next().filter(|word| COMMANDS.contains(word))?;
        let more =
            words.take_while(|word| word.starts_with("--") || (first == "configure" && BELOW.contains(word)));
        Some([first].into_iter().chain(more).fold("jit".to_owned(), |line, word| line + " " + word))
    };
    all.filter_map(command).collect()
}

/// Every command named in a text of the layers that give hints, and the files that do so.
fn advised() -> BTreeMap<String, BTreeSet<String>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut folders: Vec<_> =
        ["aws", "broker", "commands", "idp", "store", "sys"].map(|name| source.join(name)).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(&source).unwrap().display().to_string();
            if path.is_dir() {
                folders.extend(
                    (!["tests", "demo", "man"].iter().any(|end| name.ends_with(end))).then_some(path),
                );
                continue;
            }
            if name.ends_with("tests.rs") || name.ends_with("fuzzing.rs") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let own = text.split("#[cfg(test)]\nmod").next().unwrap_or_default();
            // Neither comments nor the help of a command are advice.
            let is_code = |line: &&str| !line.starts_with("//") && !line.starts_with("#[");
            for line in own.lines().map(str::trim).filter(is_code) {
                // A `Next::Run` holds what comes after `jit`.
                let typed = line.contains("Next::run(") || line.contains("command: ");
                for (index, literal) in line.split('"').skip(1).step_by(2).enumerate() {
                    let literal =
                        if typed && index == 0 { format!("jit {literal}") } else { literal.to_owned() };
                    for command in commands_in(&literal) {
                        found.entry(command).or_default().insert(name.clone());
                    }
                }
            }
        }
    }
    found
}
