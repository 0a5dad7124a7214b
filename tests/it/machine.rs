//! The files of a machine's administrator, below and above each person's own.

use std::fs;

use serde_json::Value;

use crate::shared::Page;
use crate::support::{Output, Room};

const OWN: &str = "config/jit/config.toml";

/// A room whose configuration is the machine's, without one of its person's own.
fn managed() -> Room {
    let room = Room::new();
    room.write_machine("config.toml", &room.usual_config());
    fs::remove_file(room.path(OWN)).unwrap();
    room
}

fn enforce(room: &Room, text: &str) {
    room.write_machine("enforced.toml", text);
}

fn run(room: &Room, arguments: &[&str]) -> Output {
    room.on_machine(arguments).run()
}

fn asks(room: &Room, role: &str) -> Output {
    room.on_machine(&["credential-process", role]).hands_over().run()
}

fn done(output: &Output) {
    assert_eq!(output.code(), 0, "{output}");
}

fn json(room: &Room, arguments: &[&str]) -> Value {
    let output = run(room, &[arguments, &["--json"]].concat());
    serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"))
}

/// What the store has recorded of the administrator's files.
fn recorded(room: &Room) -> Value {
    let record = fs::read_to_string(room.path("state/jit/store.json")).unwrap();
    serde_json::from_str::<Value>(&record).unwrap()["machine"].clone()
}

#[test]
fn a_colleague_needs_no_configuration_of_their_own() {
    let room = managed();
    done(&run(&room, &["login", "admin"]));
    done(&asks(&room, "admin"));
    let explained = run(&room, &["explain", "admin"]);
    assert!(explained.stdout.contains("/etc/jit/config.toml:12"), "{explained}");
    let doctor = run(&room, &["doctor"]);
    assert!(doctor.stdout.contains("/etc/jit/config.toml: 3 roles"), "{doctor}");
    let names = run(&room, &["roles"]);
    assert!(names.stdout.contains("admin") && names.stdout.contains("developer"), "{names}");
    done(&run(&room, &["configure", "profiles"]));
    let profiles = fs::read_to_string(room.path(".aws/config")).unwrap();
    assert!(profiles.contains("credential-process admin"), "{profiles}");
}

#[test]
fn ones_own_tables_and_settings_come_before_the_machines() {
    let room = managed();
    let admin = "[role.admin]\nvia = \"hub\"\nrole_arn = \"arn:aws:iam::222222222222:role/admin\"\n";
    let own = format!("default_role = \"admin\"\n{admin}description = \"mine\"\n");
    room.write_config(&own);
    let explained = run(&room, &["explain"]);
    assert!(explained.stdout.starts_with("admin (from ~/config/jit/config.toml:1): mine\n"), "{explained}");
    let origin = |role: &str| {
        let plan = json(&room, &["explain", role]);
        let step = plan["steps"].as_array().unwrap().last().unwrap().clone();
        step["values"]["role_arn"]["origin"].as_str().unwrap().to_owned()
    };
    assert_eq!(origin("admin"), "~/config/jit/config.toml:4");
    assert_eq!(origin("developer"), "/etc/jit/config.toml:17");
    let doctor = run(&room, &["doctor"]);
    let both = "~/config/jit/config.toml: 1 role; /etc/jit/config.toml: 2 roles";
    assert!(doctor.stdout.contains(both), "{doctor}");
    // Its own roles may start from the machine's, also where they are written by a command.
    room.write("more.toml", &admin.replace("admin", "other").replace("hub", "hub2"));
    let refused = run(&room, &["configure", "add", "--yes", "more.toml"]);
    assert_eq!(refused.code(), 2, "a shared file uses its own tables only: {refused}");
    done(&run(&room, &["login"]));
    done(&asks(&room, "admin"));
}

#[test]
fn an_enforced_store_comes_before_the_environment() {
    let room = managed();
    enforce(&room, "store = \"kernel\"\n");
    let with_file =
        |arguments: &[&str]| room.on_machine(arguments).env("JIT_STORE", "file").hands_over().run();
    done(&with_file(&["login", "admin"]));
    done(&with_file(&["credential-process", "admin"]));
    let status = json(&room, &["status"]);
    assert_eq!(status["store"]["kind"], "kernel");
    assert_eq!(status["store"]["why"], "enforced by /etc/jit/enforced.toml:1");
    assert_eq!(
        status["enforced"].to_string(),
        r#"[{"key":"store","line":1,"path":"/etc/jit/enforced.toml","value":"kernel"}]"#
    );
    let doctor = with_file(&["doctor"]);
    let said = "JIT_STORE=file has no effect: /etc/jit/enforced.toml:1 decides";
    assert!(doctor.stdout.contains(said) && doctor.stdout.contains("unset JIT_STORE"), "{doctor}");
    let quiet = with_file(&["exec", "admin", "-q", "--", "true"]);
    assert!(quiet.code() == 0 && quiet.stderr.is_empty(), "said once, by doctor: {quiet}");
    let explained = run(&room, &["explain", "admin"]);
    assert!(
        explained.stdout.contains("enforced on this machine: store = kernel (/etc/jit/enforced.toml)"),
        "{explained}"
    );
}

#[test]
fn what_is_enforced_later_holds_on_the_warm_path_after_the_next_cold_command() {
    let room = Room::signed_in("admin");
    done(&asks(&room, "admin"));
    enforce(&room, "store = \"file\"\nkey_cache = \"off\"\n");
    run(&room, &["status"]);
    assert_eq!(recorded(&room).to_string(), r#"{"key_cache":0,"store":"file"}"#);
    // That it was the kernel's store does not matter, nor does JIT_STORE: nobody can type a passphrase here.
    let refused = asks(&room, "admin");
    assert!(refused.code() == 3 || refused.code() == 5, "{refused}");
    assert_eq!(refused.stdout, "");
    room.without_machine();
    run(&room, &["status"]);
    assert_eq!(recorded(&room), Value::Null);
    done(&asks(&room, "admin"));
}

#[test]
fn what_the_machine_sets_about_key_cache_and_audit_log_holds_on_the_warm_path() {
    let room = Room::signed_in("admin");
    room.write_machine("config.toml", "key_cache = \"5m\"\naudit_log = \"~/taken.log\"\n");
    run(&room, &["status"]);
    assert_eq!(recorded(&room).to_string(), r#"{"audit_log":"~/taken.log","usual_key_cache":300}"#);
    done(&asks(&room, "admin"));
    let log = fs::read_to_string(room.path("taken.log")).unwrap();
    assert!(log.lines().count() == 1 && log.contains("credential-process"), "{log}");
    // What the person sets themselves counts, on the warm path as well.
    let own = fs::read_to_string(room.path(OWN)).unwrap();
    room.write_config(&format!("key_cache = \"off\"\naudit_log = \"off\"\n{own}"));
    done(&asks(&room, "admin"));
    run(&room, &["status"]);
    assert_eq!(recorded(&room), Value::Null);
    done(&asks(&room, "admin"));
    assert_eq!(fs::read_to_string(room.path("taken.log")).unwrap(), log);
}

#[test]
fn an_enforced_auto_login_comes_before_the_option_and_the_file() {
    let room = managed();
    enforce(&room, "auto_login = false\n");
    let own = format!("auto_login = true\n{}", room.usual_config());
    room.write_config(&own);
    let refused = room.on_machine(&["credential-process", "admin", "--auto-login"]).run();
    assert!(refused.code() == 3 && !room.path("opened").exists(), "{refused}");
    let doctor = run(&room, &["doctor"]);
    let said = "~/config/jit/config.toml:1: `auto_login` has no effect: /etc/jit/enforced.toml:1 decides";
    assert!(doctor.stdout.contains(said), "{doctor}");
    enforce(&room, "auto_login = true\n");
    room.write_config(&own.replace("true", "false"));
    done(&asks(&room, "admin"));
    assert!(room.path("opened").exists());
}

#[test]
fn a_program_that_is_too_old_hands_over_nothing_more() {
    let room = Room::signed_in("admin");
    enforce(&room, "# Everybody was told.\nminimum_version = \"99.1\"\nof_the_future = true\n");
    let refused = run(&room, &["status"]);
    assert_eq!(refused.code(), 2, "{refused}");
    let own = env!("CARGO_PKG_VERSION");
    assert_eq!(
        refused.stderr,
        format!(
            "error: this is jit {own}, and /etc/jit/enforced.toml:2 requires at least 99.1.0\n  \
             next: install jit 99.1.0 or newer, as you installed this one\n"
        )
    );
    for arguments in [
        &["credential-process", "admin"][..],
        &["exec", "admin", "--", "true"],
        &["env", "admin", "--shell", "bash"],
        &["exec", "--each", "*", "--", "true"],
        &["login", "admin"],
        &["whoami", "admin"],
        &["configure", "profiles"],
    ] {
        let refused = run(&room, arguments);
        assert!(refused.code() == 2 && refused.stderr.contains("requires at least 99.1.0"), "{refused}");
        assert_eq!(refused.stdout, "");
    }
    // What needs no configuration works, and so does logging out everywhere.
    for arguments in [&["--version"][..], &["man"], &["completions", "bash"], &["logout", "--all"]] {
        done(&run(&room, arguments));
    }
    enforce(&room, "minimum_version = \"0.0.1\"\n");
    done(&run(&room, &["login", "admin"]));
    done(&asks(&room, "admin"));
}

#[test]
fn the_recorded_refusal_ends_when_the_files_allow_it_again() {
    let room = Room::signed_in("admin");
    enforce(&room, "minimum_version = \"99.0\"\n");
    run(&room, &["status"]);
    assert_eq!(recorded(&room).to_string(), r#"{"refused":true}"#);
    assert_eq!(asks(&room, "admin").code(), 2);
    room.without_machine();
    done(&asks(&room, "admin"));
    assert_eq!(recorded(&room), Value::Null, "the warm path has read everything, and recorded it");
}

#[test]
fn shared_files_come_from_where_the_administrator_allows() {
    let room = Room::new();
    let company = room.usual_config();
    fs::remove_file(room.path(OWN)).unwrap();
    let page = Page::of(&company);
    enforce(&room, "shared_files = [\"https://acme.example/jit/\"]\n");
    let refused = run(&room, &["configure", "add", "--yes", &page.url]);
    assert_eq!(refused.code(), 2, "{refused}");
    let said = format!("error: /etc/jit/enforced.toml:1 does not allow the shared file {}", page.url);
    assert!(refused.stderr.contains(&said), "{refused}");
    let why = "because: this machine allows shared files from https://acme.example/jit/";
    assert!(refused.stderr.contains(why) && !room.path(OWN).exists(), "{refused}");
    // One that is pinned already is not used any more, and can be removed.
    room.without_machine();
    done(&run(&room, &["configure", "add", "--yes", &page.url]));
    done(&run(&room, &["login", "admin"]));
    enforce(&room, "shared_files = []\n");
    let refused = run(&room, &["roles"]);
    let remove = format!("next: jit configure remove {}  removes it from your config.toml", page.url);
    assert!(refused.code() == 2 && refused.stderr.contains(&remove), "{refused}");
    assert!(refused.stderr.contains("because: this machine allows no shared files"), "{refused}");
    assert_eq!(asks(&room, "admin").code(), 2);
    done(&run(&room, &["configure", "remove", "--yes", &page.url]));
    assert!(!fs::read_to_string(room.path(OWN)).unwrap().contains("[role."));
    // The page itself, and what is below a folder, are allowed.
    for allowed in [page.url.clone(), page.url.replace("jit.toml", "")] {
        enforce(&room, &format!("shared_files = [\"{allowed}\"]\n"));
        done(&run(&room, &["configure", "add", "--yes", &page.url]));
        done(&run(&room, &["roles"]));
    }
}

#[test]
fn files_that_somebody_else_may_have_written_are_refused() {
    let room = Room::signed_in("admin");
    enforce(&room, "store = \"kernel\"\n");
    for (after, said) in [
        ("chown 65534 /etc/jit/enforced.toml", "/etc/jit/enforced.toml: it does not belong to root"),
        ("chmod 666 /etc/jit/enforced.toml", "/etc/jit/enforced.toml: others than root may write it"),
        ("chmod 664 /etc/jit/enforced.toml", "/etc/jit/enforced.toml: others than root may write it"),
        ("chmod 1777 /etc/jit", "/etc/jit: others than root may write it"),
        ("chown 65534 /etc/jit", "/etc/jit: it does not belong to root"),
        (
            "echo > /etc/jit/config.toml; chmod 666 /etc/jit/config.toml",
            "/etc/jit/config.toml: others than root",
        ),
        (
            "rm /etc/jit/enforced.toml; mkfifo -m 600 /etc/jit/enforced.toml",
            "/etc/jit/enforced.toml: it is not a file",
        ),
    ] {
        let refused = room.on_machine_after(after, &["roles"]).run();
        assert_eq!(refused.code(), 2, "{after}: {refused}");
        assert!(refused.stderr.starts_with(&format!("error: jit does not use {said}")), "{after}: {refused}");
        assert!(refused.stderr.contains("\n  next: the administrator can fix it: chown root"), "{refused}");
        let warm = room.on_machine_after(after, &["credential-process", "admin"]).run();
        assert!(warm.code() == 2 && warm.stdout.is_empty(), "{after}: {warm}");
    }
    done(&run(&room, &["roles"]));
    let linked =
        "mkdir /etc/store; mv /etc/jit/enforced.toml /etc/store; ln -s /etc/store/enforced.toml /etc/jit";
    done(&room.on_machine_after(linked, &["roles"]).run());
}

#[test]
fn mistakes_in_the_administrators_files_have_their_place() {
    let room = Room::new();
    for (name, text, said) in [
        ("enforced.toml", "stroe = \"kernel\"\n", "enforced.toml:1:1: unknown key `stroe`"),
        ("enforced.toml", "\nstore = \"vault\"\n", "enforced.toml:2:9: `vault` is not a store"),
        ("enforced.toml", "store = \n", "enforced.toml:1:9: "),
        ("config.toml", "[role.x]\nvai = \"hub\"\n", "config.toml:2:1: unknown key `vai` in [role.x]"),
        ("config.toml", "default_role = \"amdin\"\n", "config.toml:1:16: there is no [role.amdin]"),
    ] {
        room.write_machine(name, text);
        let refused = run(&room, &["roles"]);
        assert_eq!(refused.code(), 2, "{text}: {refused}");
        assert!(refused.stderr.starts_with(&format!("error: /etc/jit/{said}")), "{text}: {refused}");
        assert!(refused.stderr.contains("next: "), "{text}: {refused}");
        let doctor = run(&room, &["doctor"]);
        assert!(doctor.code() == 1 && doctor.stdout.contains(said), "{doctor}");
        room.without_machine();
    }
    fs::create_dir_all(room.path("machine")).unwrap();
    fs::write(room.path("machine/enforced.toml"), b"store = \"\xff\"\n").unwrap();
    let refused = run(&room, &["roles"]);
    assert!(refused.stderr.starts_with("error: /etc/jit/enforced.toml is not UTF-8 text"), "{refused}");
}
